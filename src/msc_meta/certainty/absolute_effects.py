"""What a relative effect means for patients: how many more or fewer of 1,000 have the event, and how many to treat.

A pooled effect is moved to a stated baseline risk, and its interval limit by limit, as GRADE tables do [1]_. The
interval is that of the effect alone: the baseline risk is taken as known.

References
----------
.. [1] Higgins & Green (2011). Cochrane Handbook 5.1, sections 12.5.4.1 to 12.5.4.5; number needed to treat and its
   interval through infinity: Altman (1998). BMJ 317, 1309-1312; hazard ratio: Altman & Andersen (1999). BMJ 319,
   1492-1495; arcsine: Rücker, Schwarzer, Carpenter & Olkin (2009). Statistics in Medicine 28, 721-738.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import asin, ceil, exp, floor, inf, isfinite, isnan, pi, sin, sqrt
from statistics import median
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, final

from msc_meta.effects.arguments import one_of
from msc_meta.errors import ArgumentError
from msc_meta.plain_values import plain_value
from msc_meta.pooling.results import Interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from msc_meta.effects.rows import StudyRow
    from msc_meta.synthesis import OutcomeSynthesis

PER: Final = 1000
MOVABLE: Final = ("RR", "OR", "PETO", "RD", "HR", "AS")
NO_DIFFERENCE: Final = 1e-12  # of risks: what rounding in a computer leaves of none
Better = Literal["lower", "higher"]


class BaselineRisk(NamedTuple):
    """A risk without the treatment, what it is called, and where it comes from in a sentence."""

    label: str
    risk: float
    sentence: str


@final
@dataclass(frozen=True, slots=True)
class NumberNeeded:
    """How many patients to treat for one more to benefit or to be harmed; ``inf`` where the effect is none.

    Attributes
    ----------
    kind : {"NNTB", "NNTH"}
        Which of both the estimate is.
    value : float
        Not rounded.
    benefit, harm : float or None
        The limits of the interval on either side: of a benefit the least number, of a harm the least number. An
        interval with both reaches through infinity. None where the interval does not reach that side.
    far : float or None
        The other limit, where both limits lie on one side.
    """

    kind: Literal["NNTB", "NNTH"]
    value: float
    benefit: float | None
    harm: float | None
    far: float | None

    def __str__(self) -> str:
        """Return ``NNTB 10 (NNTB 4 to ∞ to NNTH 20)``: a benefit rounded up, a harm down, away from the promise.

        Examples
        --------
        >>> print(number_needed(-0.1, Interval(-0.25, 0.05), "lower"))
        NNTB 10 (NNTB 4 to ∞ to NNTH 20)
        """
        whole = f"{self.kind} {_whole(self.value, self.kind)}"
        if self.benefit is not None and self.harm is not None:
            return f"{whole} (NNTB {_whole(self.benefit, 'NNTB')} to ∞ to NNTH {_whole(self.harm, 'NNTH')})"
        near = self.benefit if self.benefit is not None else self.harm
        if near is None or self.far is None:
            return whole
        return f"{whole} ({_whole(near, self.kind)} to {_whole(self.far, self.kind)})"

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values; infinite numbers as None."""
        return {
            "kind": self.kind,
            "value": plain_value(self.value),
            "benefit": plain_value(self.benefit),
            "harm": plain_value(self.harm),
            "far": plain_value(self.far),
            "text": str(self),
        }


@final
@dataclass(frozen=True, slots=True)
class AbsoluteEffect:
    """An effect at one baseline risk; risks and differences are shares of patients, not of 1,000.

    Attributes
    ----------
    baseline : BaselineRisk
        Risk without the treatment.
    risk, risk_ci : float, Interval
        Risk with it.
    difference, difference_ci : float, Interval
        With less without.
    needed : NumberNeeded
        Patients to treat.
    capped : bool
        Whether the estimate or a limit would have been a risk below 0 or above 1 and was set to it.
    """

    baseline: BaselineRisk
    risk: float
    risk_ci: Interval
    difference: float
    difference_ci: Interval
    needed: NumberNeeded
    capped: bool

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values, risks per 1,000."""
        return {
            "baseline": {"label": self.baseline.label, "risk": PER * self.baseline.risk,
                         "source": self.baseline.sentence},
            "per": PER,
            "risk": PER * self.risk,
            "risk_ci": [PER * bound for bound in self.risk_ci],
            "difference": PER * self.difference,
            "difference_ci": [PER * bound for bound in self.difference_ci],
            "number_needed": self.needed.to_dict(),
            "capped": self.capped,
        }  # fmt: skip


def risk_with(measure: str, effect: float, baseline: float) -> float:
    """Return the risk that an effect makes of a baseline risk; below 0 or above 1 where it is not capped yet.

    Parameters
    ----------
    measure : {"RR", "OR", "PETO", "RD", "HR", "AS"}
        Effect measure.
    effect : float
        On the analysis scale: the natural log of a ratio.
    baseline : float
        Risk without the treatment, from 0 to 1.

    Notes
    -----
    With the baseline risk p: RR p; OR p / (1 - p + OR p); p + RD; 1 - (1 - p)^HR; sin(asin(sqrt(p)) + d)^2 for the
    arcsine difference d. A Peto odds ratio is taken as an odds ratio.

    Raises
    ------
    ArgumentError
        For another measure, and for a baseline that is no risk.

    Examples
    --------
    >>> from math import log
    >>> round(1000 * (risk_with("OR", log(0.73), 0.3) - 0.3))
    -62
    """
    one_of("measure", measure, MOVABLE)
    if not 0 <= baseline <= 1:
        raise ArgumentError(f"baseline is {baseline:g}; a risk from 0 to 1 is needed")
    if measure == "RD":
        return baseline + effect
    if measure == "AS":
        return sin(min(pi / 2, max(0.0, asin(sqrt(baseline)) + effect))) ** 2
    ratio = exp(min(effect, 700.0))
    if measure == "RR":
        return baseline * ratio
    if measure == "HR":
        return 1 - float((1 - baseline) ** ratio)
    return baseline * ratio / (1 - baseline + baseline * ratio)


def number_needed(difference: float, ci: Interval, better: Better) -> NumberNeeded:
    """Return the number needed to treat of a risk difference and its interval (shares, with less without).

    Examples
    --------
    >>> print(number_needed(-0.062, Interval(-0.1, -0.02), "lower"))
    NNTB 17 (10 to 50)
    """
    sign = -1 if better == "lower" else 1  # what turns a difference into a gain
    gain, *gains = (0.0 if abs(one) <= NO_DIFFERENCE else sign * one for one in (difference, *ci))
    low, high = sorted(gains)
    kind: Literal["NNTB", "NNTH"] = "NNTB" if gain >= 0 else "NNTH"
    value = _inverse(gain)
    if isnan(low) or isnan(high):
        return NumberNeeded(kind, value, None, None, None)
    if low >= 0:
        return NumberNeeded(kind, value, _inverse(high), None, _inverse(low))
    if high <= 0:
        return NumberNeeded(kind, value, None, _inverse(low), _inverse(high))
    return NumberNeeded(kind, value, _inverse(high), _inverse(low), None)


def absolute_effect(
    measure: str, estimate: float, ci: Interval, baseline: BaselineRisk, better: Better
) -> AbsoluteEffect:
    """Return what an effect (analysis scale) and its interval make of a baseline risk.

    Examples
    --------
    >>> from math import log
    >>> made = absolute_effect(
    ...     "RR", log(0.92), Interval(log(0.8), log(1.06)), BaselineRisk("assumed", 0.3, ""), "lower"
    ... )
    >>> round(1000 * made.difference), str(made.needed)
    (-24, 'NNTB 42 (NNTB 17 to ∞ to NNTH 55)')
    """
    raw = [risk_with(measure, effect, baseline.risk) for effect in (estimate, *ci)]
    risk, low, high = (min(1.0, max(0.0, one)) if isfinite(one) else one for one in raw)
    capped = any(one != kept for one, kept in zip(raw, (risk, low, high), strict=True) if isfinite(one))
    difference = Interval(low - baseline.risk, high - baseline.risk)
    needed = number_needed(risk - baseline.risk, difference, better)
    return AbsoluteEffect(baseline, risk, Interval(low, high), risk - baseline.risk, difference, needed, capped)


def trial_risks(rows: Sequence[StudyRow]) -> tuple[float, ...]:
    """Return the control risks of the trials that give counts, in ascending order."""
    return tuple(sorted(row.c.events / row.c.n for row in rows if row.has_counts and row.c.n > 0))


def baseline_risks(outcome: OutcomeSynthesis) -> tuple[BaselineRisk, ...]:
    """Return the protocol's baseline risks; without any those of the pooled trials' control arms.

    Of the trials: that of all control patients together, and, from three trials, the lowest, the median and the
    highest. None where no pooled trial gives counts.

    Examples
    --------
    >>> import msc_meta as mm
    >>> mortality = mm.synthesize(mm.load_studies("studies/"), sensitivity=False)["mortality"]
    >>> [baseline.label for baseline in baseline_risks(mortality)]
    ['control arms together', 'lowest of the trials', 'median of the trials', 'highest of the trials']
    """
    stated = outcome.rules.baseline_risks
    if stated:
        return tuple(BaselineRisk(one.label, one.risk, "Stated in the protocol.") for one in stated)
    counted = [row.c for row in outcome.pooled if row.has_counts]
    patients = sum(arm.n for arm in counted)
    if not patients:
        return ()
    events = sum(arm.events for arm in counted)
    by_trial = trial_risks(outcome.pooled)
    whole = BaselineRisk(
        "control arms together", events / patients, f"{events:g} of {patients:g} control patients of the pooled trials."
    )
    if len(by_trial) < 3:
        return (whole,)
    return (
        whole,
        BaselineRisk("lowest of the trials", by_trial[0], f"Lowest control risk of {len(by_trial)} trials."),
        BaselineRisk("median of the trials", median(by_trial), f"Median control risk of {len(by_trial)} trials."),
        BaselineRisk("highest of the trials", by_trial[-1], f"Highest control risk of {len(by_trial)} trials."),
    )


def absolute_effects(outcome: OutcomeSynthesis) -> tuple[AbsoluteEffect, ...]:
    """Return the pooled effect at each baseline risk; none for a measure that has no risks, or without any trial.

    A hazard ratio needs a risk at a stated time, which only the protocol can give.

    Examples
    --------
    >>> import msc_meta as mm
    >>> synthesis = mm.synthesize(mm.load_studies("studies/"), outcomes=["mortality"], sensitivity=False)
    >>> print(absolute_effects(synthesis["mortality"])[0].needed)
    NNTB 14 (NNTB 8 to ∞ to NNTH 187)
    """
    result, rules = outcome.result, outcome.rules
    if rules.measure not in MOVABLE or isnan(result.estimate):
        return ()
    if rules.measure == "HR" and not rules.baseline_risks:
        return ()
    return tuple(
        absolute_effect(rules.measure, result.estimate, result.ci, baseline, rules.better)
        for baseline in baseline_risks(outcome)
    )


def _inverse(gain: float) -> float:
    return inf if gain == 0 else 1 / abs(gain)


def _whole(number: float, kind: str) -> str:
    """Round a number away from what is promised: more patients to treat for a benefit, fewer for a harm."""
    if not isfinite(number):
        return "∞"
    nearly = 1e-9 * number
    whole = ceil(number - nearly) if kind == "NNTB" else max(1, floor(number + nearly))
    return f"{whole:,}"
