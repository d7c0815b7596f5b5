"""Evidence that is missing: which eligible trials give nothing to an outcome's pool, and what that could do to it.

Every eligible trial has a place in the matrix of outcomes, as in the first step of ROB-ME [1]_. What the missing trials
could do is said in two ways, and nothing is imputed: a bound on the bias over all ways in which results may have been
withheld, and the effects that the missing patients would need to have for the answer to be another.

References
----------
.. [1] Page et al. (2023). BMJ 383, e076754.
.. [2] Copas & Jackson (2004). Biometrics 60, 146-153.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, fsum, isnan, log, nan, pi, sqrt
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, final

from msc_meta.certainty.risk_of_bias import missing_evidence_risk
from msc_meta.effects.measures import MEASURES
from msc_meta.errors import ArgumentError
from msc_meta.plain_values import plain_value
from msc_meta.pooling.results import NOWHERE, Interval

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from msc_meta.certainty.risk_of_bias import MissingEvidenceRisk
    from msc_meta.effects.rows import StudyRow
    from msc_meta.records.study import Arm, Study
    from msc_meta.synthesis import OutcomeSynthesis, Synthesis

Place = Literal[
    "pooled", "no event", "not usable", "measured, not reported", "not seen", "registered", "not measured"
]  # fmt: skip
Side = Literal["below", "above", "includes"]
PLACES: Final[Mapping[Place, str]] = {
    "pooled": "numbers are pooled",
    "no event": "reported, no effect can be estimated: no event in either arm, or one in every patient",
    "not usable": "reported in a form that the analysis can not use",
    "measured, not reported": "measured, numbers not reported",
    "not seen": "no report of the outcome was seen",
    "registered": "registered or ongoing, no result seen",
    "not measured": "a source says that it was not measured",
}
SYMBOLS: Final[Mapping[Place, str]] = {
    "pooled": "✓", "no event": "0", "not usable": "~", "measured, not reported": "✗", "not seen": "?",
    "registered": "○", "not measured": "–",
}  # fmt: skip
KNOWN: Final = ("not usable", "measured, not reported")  # a result exists, and is not in the pool
UNKNOWN: Final = ("not seen", "registered")  # whether there is one was not seen
GRID: Final = 801  # effects that are tried for the missing patients
CELLS: Final = 500_000  # of trials by effects, above which fewer are tried
WIDEST_RATIO: Final = 10.0  # and the farthest of them, either way


@final
@dataclass(frozen=True, slots=True)
class TrialPlace:
    """Where one eligible trial stands for one outcome; patients of both arms are nan where they are not known."""

    study: str
    label: str
    place: Place
    reason: str
    n_e: float
    n_c: float

    @property
    def n(self) -> float:
        """Patients of both arms."""
        return self.n_e + self.n_c


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class MissingEvidence:
    """What is missing of one outcome, and what it could do.

    Attributes
    ----------
    trials : tuple of TrialPlace
        Every eligible trial.
    bias : float
        Largest bias of the pooled estimate (analysis scale) if the trials without usable results, known or not, are
        all that is missing [2]_; nan without a pool.
    bounds : Interval
        The confidence interval, grown by the bias on both sides.
    tipping : TippingPoint or None
        Effects of the missing patients that would change the answer; None where it can not be computed.
    why_not : str
        Why there is no tipping point.
    risk : MissingEvidenceRisk
        The risk of bias by what is missing, as the protocol says that somebody judged it.
    """

    name: str
    title: str
    measure: str
    trials: tuple[TrialPlace, ...]
    bias: float
    bounds: Interval
    tipping: TippingPoint | None
    why_not: str
    risk: MissingEvidenceRisk

    def count(self, *places: str) -> int:
        """Return how many trials stand at any of these places."""
        return sum(trial.place in places for trial in self.trials)

    def patients(self, *places: str) -> float:
        """Return the known patients of the trials at these places."""
        return sum(trial.n for trial in self.trials if trial.place in places and not isnan(trial.n))

    @property
    def missing(self) -> tuple[TrialPlace, ...]:
        """Eligible trials that measured the outcome, or may have, and are not in the pool."""
        return tuple(trial for trial in self.trials if trial.place in (*KNOWN, *UNKNOWN))

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values; effects on the analysis scale."""
        return {
            "measure": self.measure,
            "counts": dict(Counter(trial.place for trial in self.trials)),
            "trials": [
                {"study": one.study, "place": one.place, "reason": one.reason, "n_e": plain_value(one.n_e),
                 "n_c": plain_value(one.n_c)}
                for one in self.trials
            ],
            "largest_bias": plain_value(self.bias),
            "interval_with_bias": plain_value(self.bounds),
            "tipping": self.tipping.to_dict() if self.tipping else None,
            "why_not": self.why_not or None,
            "rob_me": self.risk.to_dict() if self.risk.by else None,
        }  # fmt: skip


class EffectRange(NamedTuple):
    """Effects from ``low`` to ``high`` (analysis scale), and where the interval lies with any of them."""

    low: float
    high: float
    side: Side


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class TippingPoint:
    """Effects that the missing patients, taken as one more trial, need for the interval to say something else.

    Attributes
    ----------
    n_e, n_c : float
        Missing patients whose number is known.
    trials : int
        Trials that they come from.
    today : {"below", "above", "includes"}
        Where today's interval lies against no effect.
    ranges : tuple of EffectRange
        Effects of the missing patients, in ascending order, and where the interval of all would lie with them.
    assumed : str
        What their variance was taken from.
    """

    n_e: float
    n_c: float
    trials: int
    today: Side
    ranges: tuple[EffectRange, ...]
    assumed: str

    @property
    def changes(self) -> tuple[EffectRange, ...]:
        """The ranges that make another answer than today's."""
        return tuple(one for one in self.ranges if one.side != self.today)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "n_e": self.n_e, "n_c": self.n_c, "trials": self.trials, "interval_today": self.today,
            "ranges": [{"low": one.low, "high": one.high, "interval": one.side} for one in self.ranges],
            "assumed": self.assumed,
        }  # fmt: skip


def trial_places(outcome: OutcomeSynthesis) -> tuple[TrialPlace, ...]:
    """Return where every eligible trial stands, in the order of the evidence.

    Examples
    --------
    >>> import msc_meta as mm
    >>> oxygenation = mm.synthesize(mm.load_studies("studies/"), sensitivity=False)["oxygenation"]
    >>> {one.label: one.place for one in trial_places(oxygenation)}["Martínez-Muñoz 2024"]
    'not usable'
    """
    rows: dict[str, list[StudyRow]] = {}
    for row in outcome.rows:
        if row.standing != "not eligible":
            rows.setdefault(row.study, []).append(row)
    return tuple(_place(comparisons, outcome) for comparisons in rows.values())


def missing_evidence(outcome: OutcomeSynthesis) -> MissingEvidence:
    """Return what is missing of an outcome, and what it could do.

    Notes
    -----
    With n trials pooled and m missing, whatever decides which results are seen, and as long as a more precise trial is
    at least as likely to be seen, the bias is at most ``(n + m) / n * phi(Phi^-1(n / (n + m)))`` times
    ``sum(1 / s) / sum(1 / s^2)``, where s^2 is a trial's variance with tau2 [1]_.

    References
    ----------
    .. [1] Copas & Jackson (2004). Biometrics 60, 146-153.

    Examples
    --------
    >>> import msc_meta as mm
    >>> found = missing_evidence(mm.synthesize(mm.load_studies("studies/"), sensitivity=False)["mortality"])
    >>> found.count("pooled"), found.count("measured, not reported")
    (12, 1)
    """
    trials = trial_places(outcome)
    missing = [trial for trial in trials if trial.place in (*KNOWN, *UNKNOWN)]
    tipping, why_not = None, ""
    try:
        tipping = _tipping_point(outcome, missing)
    except ArgumentError as error:
        why_not = f"No tipping point: {error}."
    bias, ci = largest_bias(outcome, len(missing)), outcome.result.ci
    bounds = NOWHERE if isnan(bias) or isnan(ci.low) else Interval(ci.low - bias, ci.high + bias)
    return MissingEvidence(
        name=outcome.name, title=outcome.rules.title, measure=outcome.rules.measure, trials=trials, bias=bias,
        bounds=bounds, tipping=tipping, why_not=why_not, risk=missing_evidence_risk(outcome.rules),
    )  # fmt: skip


def largest_bias(outcome: OutcomeSynthesis, missing: int) -> float:
    """Return the bound of Copas and Jackson for a number of missing trials; nan without any pooled trial."""
    from scipy.special import ndtri

    rows = outcome.pooled
    if not rows:
        return nan
    if not missing:
        return 0.0
    pooled = len(rows)
    tau2 = 0.0 if isnan(outcome.result.tau2) else outcome.result.tau2
    errors = [sqrt(row.vi + tau2) for row in rows]
    quantile = float(ndtri(pooled / (pooled + missing)))
    density = exp(-(quantile**2) / 2) / sqrt(2 * pi)
    return (pooled + missing) / pooled * density * fsum(1 / s for s in errors) / fsum(1 / s**2 for s in errors)


def evidence_matrix(synthesis: Synthesis) -> dict[str, dict[str, TrialPlace]]:
    """Return study -> outcome -> place, for every trial that is eligible for any outcome."""
    matrix: dict[str, dict[str, TrialPlace]] = {}
    for name, outcome in synthesis.items():
        for place in trial_places(outcome):
            matrix.setdefault(place.study, {})[name] = place
    return matrix


def _place(comparisons: Sequence[StudyRow], outcome: OutcomeSynthesis) -> TrialPlace:
    """Return a trial's place; a pooled comparison counts before others, and a shared control arm is shared already."""
    counted = [row for row in comparisons if row.included] or list(comparisons[:1])
    row = counted[0]
    study = outcome.studies.get(row.study)
    n_e, n_c = sum(one.e.n for one in counted), sum(one.c.n for one in counted)
    if study is not None and (isnan(n_e) or isnan(n_c)):
        n_e, n_c = _arms(study, outcome)
    return TrialPlace(row.study, row.label, _standing(row, study, outcome.name), row.reason, n_e, n_c)


def _standing(row: StudyRow, study: Study | None, outcome: str) -> Place:
    if row.standing == "pooled":
        return "pooled"
    if row.standing == "not estimable":
        return "no event"
    if row.standing == "not usable":
        return "not usable"
    reported = {report.reported for report in study.reports(outcome)} if study is not None else set()
    if "measured-without-data" in reported:
        return "measured, not reported"
    if "not-measured" in reported:
        return "not measured"
    waiting = study is not None and study.status in ("registered", "ongoing")
    return "registered" if waiting else "not seen"


def _arms(study: Study, outcome: OutcomeSynthesis) -> tuple[float, float]:
    """Return the patients of the arms that would have been compared: analysed where stated, else randomised."""
    from msc_meta.effects.eligibility import eligible_arms

    experimental = eligible_arms(study, outcome.eligibility) if outcome.eligibility else study.arms_of("experimental")
    return _patients(experimental), _patients(study.arms_of("control"))


def _patients(arms: Mapping[str, Arm]) -> float:
    sizes = [arm.analysed if arm.analysed is not None else arm.randomised for arm in arms.values()]
    return sum(size for size in sizes if size is not None) if any(sizes) else nan


def _tipping_point(outcome: OutcomeSynthesis, missing: Sequence[TrialPlace]) -> TippingPoint | None:
    import numpy as np

    from msc_meta.pooling.batch import pool_batch

    rows, result = outcome.pooled, outcome.result
    if not missing:
        return None
    if not rows or isnan(result.ci.low):
        raise ArgumentError("there is no pooled interval to compare with")
    sized = [trial for trial in missing if trial.n_e > 0 and trial.n_c > 0]
    if not sized:
        raise ArgumentError("of no missing trial the number of patients is known")
    n_e, n_c = sum(trial.n_e for trial in sized), sum(trial.n_c for trial in sized)
    widest = log(WIDEST_RATIO) if MEASURES[result.measure].log else 4 * max(abs(result.ci.low), abs(result.ci.high))
    effects = np.linspace(-widest, widest, min(GRID, max(GRID // 8, CELLS // len(rows))))
    variance, assumed = _variances(outcome, effects, n_e, n_c)
    usable = np.isfinite(variance)
    effects, variance = effects[usable], variance[usable]
    yi = np.column_stack([np.tile([row.yi for row in rows], (effects.size, 1)), effects])
    vi = np.column_stack([np.tile([row.vi for row in rows], (effects.size, 1)), variance])
    model = outcome.rules.model
    batch = pool_batch(yi, vi, model.on_effects, model.ci_method, model.level)
    sides = [_side(*ends) for ends in zip(batch.ci_low.tolist(), batch.ci_high.tolist(), strict=True)]
    return TippingPoint(
        n_e=n_e, n_c=n_c, trials=len(sized), today=_side(*result.ci), assumed=assumed,
        ranges=tuple(_ranges(effects.tolist(), sides)),
    )  # fmt: skip


def _ranges(effects: Sequence[float], sides: Sequence[Side]) -> Iterator[EffectRange]:
    """Join neighbouring effects that make the same answer."""
    start = 0
    for at in range(1, len(effects) + 1):
        if at == len(effects) or sides[at] != sides[start]:
            yield EffectRange(effects[start], effects[at - 1], sides[start])
            start = at


def _variances(outcome: OutcomeSynthesis, effects: Any, n_e: float, n_c: float) -> tuple[Any, str]:
    """Return the expected variance of one trial with these patients at each effect, and what was assumed."""
    import numpy as np

    from msc_meta.certainty.absolute_effects import risk_with
    from msc_meta.trust.assumptions import risk_of_control, standard_deviation

    measure = outcome.rules.measure
    if measure == "MD":
        spread = standard_deviation(outcome.pooled, outcome.rules.unit)
        return np.full(effects.size, spread.value**2 * (1 / n_e + 1 / n_c)), spread.sentence
    if measure not in ("RR", "OR", "RD"):
        raise ArgumentError(f"none is offered for the measure {measure}")
    control = risk_of_control(outcome.pooled)
    risk = np.array([risk_with(measure, effect, control.value) for effect in effects.tolist()])
    with np.errstate(divide="ignore", invalid="ignore"):
        per_e = {"RR": (1 - risk) / risk, "OR": 1 / (risk * (1 - risk)), "RD": risk * (1 - risk)}[measure]
        p = control.value
        per_c = {"RR": (1 - p) / p, "OR": 1 / (p * (1 - p)), "RD": p * (1 - p)}[measure]
        variance = per_e / n_e + per_c / n_c
    return np.where((risk > 0) & (risk < 1) & (variance > 0), variance, np.nan), control.sentence


def _side(low: float, high: float) -> Side:
    return "below" if high < 0 else "above" if low > 0 else "includes"
