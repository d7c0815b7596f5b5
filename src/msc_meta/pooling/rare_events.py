"""Methods for rare events side by side on the same tables, each with what it does about studies without events."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from msc_meta.effects.arguments import level_of, one_of
from msc_meta.effects.measures import MEASURES, effect_size
from msc_meta.plain_values import plain_value
from msc_meta.pooling.beta_binomial import beta_binomial
from msc_meta.pooling.counts import counts_of
from msc_meta.pooling.glmm import glmm
from msc_meta.pooling.mantel_haenszel import MH_MEASURES, mantel_haenszel
from msc_meta.pooling.one_stage import OneStageResult
from msc_meta.pooling.peto import peto
from msc_meta.pooling.random_effects import pool
from msc_meta.pooling.results import Interval, PooledResult

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

_SINGLE: Final = "A study with events in one arm only is used as it is"
_LEFT_OUT: Final = "one without any event, or with events in all patients, is left out: it says nothing about the odds"
_CONDITIONAL: Final = f"{_SINGLE}; {_LEFT_OUT}."
_CORRECTED: Final = (
    "0.5 is added to the four cells of a study with an empty cell; one without any event, or with events in all "
    "patients, is left out."
)
RULES: Final = {
    "MH RR": f"{_SINGLE}; one without any event is left out: it adds 0 to both sums.",
    "MH OR": _CONDITIONAL,
    "MH RD": "Every study is used as it is; one without any event counts as a difference of 0.",
    "Peto OR": _CONDITIONAL,
    "Inverse variance, common effect": _CORRECTED,
    "Inverse variance, random effects": _CORRECTED,
    "GLMM UM.FS": _CONDITIONAL,
    "GLMM UM.RS": f"{_SINGLE}; one without any event, or with events in all patients, is left out by convention.",
    "GLMM CM.AL": _CONDITIONAL,
    "GLMM CM.EL": _CONDITIONAL,
    "Beta-binomial": "Every study is used as it is, also one without any event: its arms have low risks.",
}
"""What each method does about empty cells, by its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RareEventsRow:
    """The answer of one method, on the analysis scale (natural log for ratios); nan where it is not estimable.

    ``k`` studies are used, ``left_out`` are not; ``rule`` says what the method does about empty cells.
    """

    name: str
    measure: str
    estimate: float
    se: float
    ci: Interval
    p_value: float
    tau2: float
    k: int
    left_out: int
    rule: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RareEvents:
    """Answers of all methods to the same tables, in the order of ``RULES``.

    Attributes
    ----------
    k, double_zero, single_zero : int
        Studies given; of these without events in both arms; with events in one arm only.
    level : float
        Level of all intervals.
    rows : tuple of RareEventsRow
        An answer per method.
    """

    k: int
    double_zero: int
    single_zero: int
    level: float
    rows: tuple[RareEventsRow, ...]

    def __getitem__(self, name: str) -> RareEventsRow:
        """Return the answer of a method by its name in ``RULES``."""
        return self.rows[[row.name for row in self.rows].index(one_of("method", name, RULES))]

    def __iter__(self) -> Iterator[RareEventsRow]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def rule(self) -> dict[str, str]:
        """What each method does about empty cells."""
        return {row.name: row.rule for row in self.rows}

    def to_frame(self) -> pd.DataFrame:
        """Return a row per method in full precision, analysis scale, the interval in two columns."""
        import pandas as pd

        return pd.DataFrame([_flat(row) for row in self.rows])

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values, undefined numbers as None."""
        head = {name: getattr(self, name) for name in ("k", "double_zero", "single_zero", "level")}
        return head | {"rows": [plain_value(_flat(row)) for row in self.rows]}

    def __str__(self) -> str:
        head = f"{self.k} studies, {self.double_zero} without any event, {self.single_zero} with events in one arm only"
        title = f"{'method':<32}  {'':<2}  {'estimate':>8}  {f'{100 * self.level:g}% CI':<20}  {'p':>7}  {'tau2':>6}  k"
        lines = [head, title]
        for row in self.rows:
            show = MEASURES[row.measure].display
            low, high = (_short(show(bound)) for bound in row.ci)
            lines.append(
                f"{row.name:<32}  {row.measure:<2}  {_short(show(row.estimate)):>8}  {f'{low} to {high}':<20}  "
                f"{_short(row.p_value):>7}  {_short(row.tau2):>6}  {row.k}"
            )
        lines += [f"{row.name}: {note}" for row in self.rows for note in row.notes if note.startswith("Not estimable")]
        by_rule: dict[str, list[str]] = {}
        for row in self.rows:
            by_rule.setdefault(row.rule, []).append(row.name)
        return "\n".join(lines + [f"{'; '.join(names)}: {rule}" for rule, names in by_rule.items()])


def rare_events(
    event_e: ArrayLike,
    n_e: ArrayLike,
    event_c: ArrayLike,
    n_c: ArrayLike,
    measure: str = "OR",
    level: float = 0.95,
) -> RareEvents:
    """Pool the same two-by-two tables by every method for rare events, side by side.

    Parameters
    ----------
    event_e, n_e, event_c, n_c : array_like, shape (k,)
        Patients with the event, and patients, of each arm; whole numbers.
    measure : {"OR", "RR", "RD"}
        Measure of the inverse-variance and beta-binomial rows. Mantel-Haenszel is given for all three; Peto and the
        mixed models are odds ratios by nature.
    level : float
        Level of all intervals.

    Returns
    -------
    RareEvents
        Mantel-Haenszel without correction, Peto, inverse variance with 0.5 (common effect; REML with HKSJ), the four
        mixed models of `glmm` and `beta_binomial`, each with its zero-event rule in words. A method without an
        answer is a row of nan with a note, never an exception.

    Raises
    ------
    ArgumentError
        Events outside 0 to n, n not above 0, a fraction of a patient, an unknown measure.

    Notes
    -----
    With rare events answers differ mainly by what they do about empty cells and unequal arms: Mantel-Haenszel and
    the mixed models need no correction, inverse variance with 0.5 is shown for comparison and pulls towards no effect
    [1]_ [2]_.

    References
    ----------
    .. [1] Bradburn, Deeks, Berlin & Russell Localio (2007). Statistics in Medicine 26, 53-77.
    .. [2] Cochrane Handbook for Systematic Reviews of Interventions, section 10.4.4.

    Examples
    --------
    >>> answers = rare_events([1, 0, 0, 7], [20, 40, 30, 60], [5, 0, 3, 9], [20, 40, 30, 60])
    >>> answers.double_zero, round(answers["MH OR"].estimate, 3), answers["GLMM CM.EL"].k
    (1, -0.852, 3)
    """
    one_of("measure", measure, MH_MEASURES)
    tables, complete = counts_of(event_e, n_e, event_c, n_c, whole=True)
    level = level_of(level)
    arms: dict[str, Any] = {
        "event_e": tables.a, "n_e": tables.n1, "event_c": tables.c, "n_c": tables.n2
    }  # fmt: skip
    effects = effect_size(measure, **arms, drop00=True)
    kept = ~np.isnan(effects.yi)
    yi, vi = effects.yi[kept], effects.vi[kept]
    answers: dict[str, PooledResult | OneStageResult] = {
        f"MH {name}": mantel_haenszel(name, **arms, level=level) for name in MH_MEASURES
    }  # fmt: skip
    answers["Peto OR"] = peto(**arms, level=level)
    answers["Inverse variance, common effect"] = pool(yi, vi, "FE", "wald", level, measure=measure)
    answers["Inverse variance, random effects"] = pool(yi, vi, "REML", "hksj", level, measure=measure)
    for model in ("UM.FS", "UM.RS", "CM.AL", "CM.EL"):
        answers[f"GLMM {model}"] = glmm(**arms, model=model, level=level)
    answers["Beta-binomial"] = beta_binomial(**arms, measure=measure, level=level)
    empty = tables.without_events
    return RareEvents(
        k=complete.size,
        double_zero=int(empty.sum()),
        single_zero=int((((tables.a == 0) | (tables.c == 0)) & ~empty).sum()),
        level=level,
        rows=tuple(_row(name, answers[name], complete.size) for name in RULES),
    )


def _row(name: str, answer: PooledResult | OneStageResult, k: int) -> RareEventsRow:
    return RareEventsRow(
        name=name,
        measure=answer.measure,
        estimate=answer.estimate,
        se=answer.se,
        ci=answer.ci,
        p_value=answer.p_value,
        tau2=answer.tau2,
        k=answer.k,
        left_out=k - answer.k,
        rule=RULES[name],
        notes=answer.notes,
    )


def _flat(row: RareEventsRow) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for field in fields(row):
        value = getattr(row, field.name)
        if field.name == "ci":
            flat |= {"ci_low": row.ci.low, "ci_high": row.ci.high}
        else:
            flat[field.name] = " ".join(value) if isinstance(value, tuple) else value
    return flat


def _short(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3g}"
