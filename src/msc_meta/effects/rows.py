"""One row per study and outcome: the numbers as used, the effect, or why it is left out.

Every study of the evidence has a row for every outcome, pooled or not, so nothing can be dropped silently.
Tables, figures, JSON and report are all made from these rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from math import isnan, nan
from typing import TYPE_CHECKING, Any, Literal, final

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

MARK_SEPARATOR = " | "  # between the sentences of one cell
STEP_SEPARATOR = "; "  # between the steps of a conversion
SD_STEP = "SD from "  # how a step begins that made the standard deviation and nothing else
Standing = Literal["pooled", "not estimable", "not usable", "no data", "not eligible"]
"""Where a study stands for one outcome.

``not estimable``: reported, eligible, but no effect exists (no event in either arm);
``not usable``: something was reported that the protocol's analysis can not use;
``no data``: eligible, but nothing was reported or seen;
``not eligible``: the protocol leaves the study out, whatever it reports.
"""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class ArmNumbers:
    """One arm's numbers as the analysis uses them, in the protocol's unit; ``nan`` where not reported.

    ``events``, ``mean`` and ``sd`` may be converted, in the steps that ``conversion`` names; the rest is as reported.
    ``percent`` of patients had the event: as printed, or 100 less the printed percentage of survivors.
    """

    label: str = ""
    n: float = nan
    events: float = nan
    percent: float = nan
    mean: float = nan
    sd: float = nan
    median: float = nan
    q1: float = nan
    q3: float = nan
    min: float = nan
    max: float = nan
    value: float = nan  # a number that the source calls neither mean nor median
    conversion: str = ""

    @property
    def steps(self) -> tuple[str, ...]:
        """How reported numbers became the ones used, step by step."""
        return tuple(self.conversion.split(STEP_SEPARATOR)) if self.conversion else ()


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class StudyRow:
    """One study's part in one outcome.

    Attributes
    ----------
    standing, reason
        Where the study stands, and in words why; ``reason`` is empty for a pooled study.
    e, c : ArmNumbers
        Experimental and control arm.
    yi, vi : float
        Effect and sampling variance on the analysis scale (natural log for ratios), ``nan`` without one.
        A study that is not eligible may have them; only a pooled one has a ``weight``.
    weight : float
        Percent of the pooled estimate, ``nan`` where not pooled.
    conversion : str
        How reported numbers became the ones used; empty where they were used as reported.
    marks : tuple of str
        Sentences for footnotes: secondary source, no stated time point, choice among conflicting reports.
    report : int
        Place of the report among the record's outcomes, from 0, so that a number leads back to its line; -1 where
        there is none. It is no column of the tables.
    """

    study: str
    label: str
    year: int | None
    standing: Standing
    reason: str = ""
    e: ArmNumbers = ArmNumbers()
    c: ArmNumbers = ArmNumbers()
    yi: float = nan
    vi: float = nan
    weight: float = nan
    day: float = nan
    timepoint: str = ""
    quantity: str = ""
    kind: str = ""
    unit: str = ""
    p_value: float = nan
    conversion: str = ""
    marks: tuple[str, ...] = ()
    source_kind: str = ""
    source: str = ""
    other_reports: int = 0
    report: int = field(default=-1, compare=False)

    @property
    def included(self) -> bool:
        """Whether the study is part of the pooled estimate."""
        return self.standing == "pooled"

    @property
    def has_effect(self) -> bool:
        """Whether an effect and its variance exist."""
        return not (isnan(self.yi) or isnan(self.vi))

    def wald_interval(self, level: float) -> tuple[float, float]:
        """Return the interval of the study's own effect by the normal distribution, analysis scale."""
        from statistics import NormalDist  # not every reader of rows asks

        half = NormalDist().inv_cdf((1 + level) / 2) * self.vi**0.5
        return self.yi - half, self.yi + half

    @property
    def has_counts(self) -> bool:
        """Whether events and patients of both arms are known."""
        return not any(isnan(number) for arm in (self.e, self.c) for number in (arm.events, arm.n))

    @property
    def has_numbers(self) -> bool:
        """Whether any number of either arm was reported."""
        values = [getattr(arm, field.name) for arm in (self.e, self.c) for field in fields(ArmNumbers)]
        return any(not isinstance(value, str) and not isnan(value) for value in values)

    def to_flat(self) -> dict[str, Any]:
        """Return the row as one flat mapping, in the column names of tables: ``event_e, n_e, mean_c, ...``."""
        flat: dict[str, Any] = {
            "study": self.study, "label": self.label, "year": self.year, "included": self.included,
            "standing": self.standing, "reason": self.reason,
        }  # fmt: skip
        for suffix, arm in (("e", self.e), ("c", self.c)):
            flat |= {
                f"arm_{suffix}": arm.label, f"event_{suffix}": arm.events, f"n_{suffix}": arm.n,
                f"mean_{suffix}": arm.mean, f"sd_{suffix}": arm.sd, f"median_{suffix}": arm.median,
                f"q1_{suffix}": arm.q1, f"q3_{suffix}": arm.q3, f"min_{suffix}": arm.min,
                f"max_{suffix}": arm.max, f"value_{suffix}": arm.value, f"percent_{suffix}": arm.percent,
                f"conversion_{suffix}": arm.conversion,
            }  # fmt: skip
        rest = (
            "yi", "vi", "weight", "day", "timepoint", "quantity", "kind", "unit", "p_value", "conversion",
            "source_kind", "source", "other_reports",
        )  # fmt: skip
        flat |= {name: getattr(self, name) for name in rest}
        flat["sei"] = self.vi**0.5 if self.has_effect else nan
        flat["marks"] = MARK_SEPARATOR.join(self.marks)
        return flat

    @classmethod
    def from_flat(cls, flat: dict[str, Any]) -> StudyRow:
        """Build a row from a mapping with the column names of `to_flat`; columns may be missing."""
        arms = {
            suffix: ArmNumbers(
                label=_text(flat.get(f"arm_{suffix}")),
                events=_number(flat.get(f"event_{suffix}")),
                **{
                    name: _number(flat.get(f"{name}_{suffix}"))
                    for name in ("n", "percent", "mean", "sd", "median", "q1", "q3", "min", "max", "value")
                },
                conversion=_text(flat.get(f"conversion_{suffix}")),
            )
            for suffix in ("e", "c")
        }
        yi, vi = _number(flat.get("yi")), _number(flat.get("vi"))
        usable = not (isnan(yi) or isnan(vi))
        included = flat.get("included", usable) not in (False, "False", 0)
        year = _number(flat.get("year"))
        marks = _text(flat.get("marks"))
        default: Standing = "pooled" if included else "not usable"
        return cls(
            study=_text(flat.get("study")),
            label=_text(flat.get("label")) or _text(flat.get("study")),
            year=None if isnan(year) else int(year),
            standing=flat.get("standing") or default,
            reason=_text(flat.get("reason")),
            e=arms["e"],
            c=arms["c"],
            yi=yi,
            vi=vi,
            weight=_number(flat.get("weight")),
            day=_number(flat.get("day")),
            timepoint=_text(flat.get("timepoint")),
            quantity=_text(flat.get("quantity")),
            kind=_text(flat.get("kind")),
            unit=_text(flat.get("unit")),
            p_value=_number(flat.get("p_value")),
            conversion=_text(flat.get("conversion")),
            marks=tuple(marks.split(MARK_SEPARATOR)) if marks else (),
            source_kind=_text(flat.get("source_kind")),
            source=_text(flat.get("source")),
            other_reports=int(_number(flat.get("other_reports", 0)) or 0),
        )


def to_frame(rows: Iterable[StudyRow]) -> pd.DataFrame:
    """Return the rows as a frame, one row per study."""
    import pandas as pd

    flat = [row.to_flat() for row in rows]
    columns = list(flat[0]) if flat else list(StudyRow(study="", label="", year=None, standing="no data").to_flat())
    frame = pd.DataFrame(flat, columns=columns)
    return frame.astype({"year": "Int64"})


def _number(value: Any) -> float:
    if value is None:
        return nan
    try:
        return float(value)
    except (TypeError, ValueError):  # pandas.NA
        return nan


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
