"""What the R script starts from: each comparison of two arms as the trial reported it, and which analysis uses it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from math import nan
from typing import TYPE_CHECKING, Any

from msc_meta.effects.arms import NotUsableError, contrasts
from msc_meta.effects.choice import in_order_of_choice
from msc_meta.effects.eligibility import eligible_arms, why_not_eligible
from msc_meta.effects.medians import mean_sd
from msc_meta.effects.printed import printed_by, printed_effect
from msc_meta.protocol import EVENT_MEASURES, MEAN_MEASURES
from msc_meta.units import factor

if TYPE_CHECKING:
    from msc_meta.effects.rows import StudyRow
    from msc_meta.protocol import OutcomeProtocol, Protocol
    from msc_meta.records.study import Arm, ArmData, Outcome, Study

WRITTEN_OUT = ("luo-wan", "luo-shi", "wan", "hozo", "bland", "lnorm")
"""Conversions of medians that the R script has as formulas; the others maximise a likelihood."""
AS_REPORTED = ("n", "events", "percent", "survivors", "survival_percent", "mean", "sd", "se", "median", "q1", "q3",
               "min", "max")  # fmt: skip
Arms = Mapping[str, "Arm"]
Line = dict[str, Any]


@dataclass
class Comparisons:
    """Every different comparison once, numbered from 1 as R does, with the arms that it is made of."""

    lines: list[Line] = field(default_factory=list)
    arms: list[Line] = field(default_factory=list)
    _known: dict[str, int] = field(default_factory=dict)

    def add(self, line: Line, arms: Sequence[Line]) -> int:
        """Return the number of a comparison, a new one where there is none like it."""
        key = repr((line, arms))
        if key not in self._known:
            self.lines.append(line)
            self._known[key] = len(self.lines)
            self.arms += [{"comparison": len(self.lines), **arm} for arm in arms]
        return self._known[key]

    def of(self, rows: Iterable[StudyRow], studies: Mapping[str, Study], protocol: Protocol, name: str) -> list[int]:
        """Return the numbers of the comparisons behind some rows; 0 for a row that has none.

        Parameters
        ----------
        rows : iterable of StudyRow
            All rows of an outcome, those of one study side by side.
        studies : mapping of str to Study
            The records by their ids.
        protocol : Protocol
            The choices that the rows follow from.
        name : str
            The outcome.
        """
        labels = {study.id: study.label for study in studies.values()}
        numbers = []
        for owner, group in groupby(rows, key=lambda row: row.study):
            own = list(group)
            if any(row.has_effect or row.has_counts for row in own):
                numbers += self._of_study(own, studies[owner], protocol, name, labels)
            else:
                numbers += [0] * len(own)
        return numbers

    def _of_study(
        self, rows: list[StudyRow], study: Study, protocol: Protocol, name: str, labels: Mapping[str, str]
    ) -> list[int]:
        rules = protocol.outcome(name)
        barred = why_not_eligible(study, protocol.eligibility, labels)
        arms = study.arms_of("experimental") if barred else eligible_arms(study, protocol.eligibility)
        control = study.arms_of("control")
        for report in in_order_of_choice(study, name, rules):
            try:
                found = contrasts(report, arms, control, rules)
            except NotUsableError:
                if printed_effect(report, study, arms, control, rules) is not None:
                    return [self.add(_printed(rows[0], report, rules), ())]
                continue
            if len(found) == len(rows):
                parts = len(found)
                return [
                    self.add(_line(row, rules), _arms(report, arms, control, rules, at, parts))
                    for at, row in enumerate(rows)
                ]
        return [0] * len(rows)


def _line(row: StudyRow, rules: OutcomeProtocol) -> Line:
    zero = rules.zero_events
    means = rules.measure in MEAN_MEASURES
    return {
        "label": row.label,
        "way": "arms",
        "measure": rules.measure,
        "median_method": rules.median_method if means else "",
        "conventions": rules.conventions,
        "correction": zero.correction if zero else 0.0,
        "scope": zero.scope if zero else "only-zero",
        "drop": zero is not None and rules.measure != "RD" and zero.double_zero == "not-estimable",
        "p": row.p_value,
        "estimate": nan,
        "ci_low": nan,
        "ci_high": nan,
        "se": nan,
        "level": nan,
        "log": False,
        "factor": 1.0,
    }


def _printed(row: StudyRow, report: Outcome, rules: OutcomeProtocol) -> Line:
    from msc_meta.effects.measures import MEASURES

    between = report.between
    assert between is not None
    low, high = between.ci or (nan, nan)
    return _line(row, rules) | {
        "way": "printed",
        "estimate": printed_by(between)[1],
        "ci_low": low,
        "ci_high": high,
        "se": nan if between.se is None else between.se,
        "level": between.level,
        "log": MEASURES[rules.measure].log,
        "factor": _factor(report, rules) if rules.measure == "MD" else 1.0,
    }


def _arms(report: Outcome, arms: Arms, control: Arms, rules: OutcomeProtocol, at: int, parts: int) -> list[Line]:
    used = [name for name in arms if name in report.arms]
    if parts > 1:
        used = used[at : at + 1]
    elif rules.multi_arm == "first":
        used = used[:1]
    sides = [("e", name, 1.0) for name in used]
    sides += [("c", name, 1 / parts) for name in control if name in report.arms]
    return [
        {"side": side, "share": share, **_reported(report.arms[name], report, rules)} for side, name, share in sides
    ]


def _reported(data: ArmData, report: Outcome, rules: OutcomeProtocol) -> Line:
    low, high = data.ci or (nan, nan)
    line: Line = {name: getattr(data, name) for name in AS_REPORTED}
    line |= {"ci_low": low, "ci_high": high, "given_mean": nan, "given_sd": nan}
    line["factor"] = 1.0 if rules.measure in EVENT_MEASURES else _factor(report, rules)
    if is_given(data, rules) and data.n is not None and data.median is not None:
        pairs = {name: getattr(data, name) for name in ("q1", "q3", "min", "max")}
        for one, other in (("q1", "q3"), ("min", "max")):
            if pairs[one] is None or pairs[other] is None:
                pairs[one] = pairs[other] = None
        made = mean_sd(n=data.n, median=data.median, method=rules.median_method, **pairs)
        line |= {"given_mean": made.mean, "given_sd": made.sd}
    return line


def is_given(data: ArmData, rules: OutcomeProtocol) -> bool:
    """Whether an arm's mean is from a conversion that the R script takes over instead of doing it again."""
    converted = data.mean is None and data.median is not None and rules.measure in MEAN_MEASURES
    return converted and rules.median_method not in WRITTEN_OUT


def _factor(report: Outcome, rules: OutcomeProtocol) -> float:
    return factor(report.unit, rules.unit) if report.unit and rules.unit else 1.0
