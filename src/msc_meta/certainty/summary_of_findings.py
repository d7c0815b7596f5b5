"""The summary of findings: what each outcome's evidence says, in relative and absolute terms, and how sure one may be.

Everything in it comes from the same synthesis as the figures. The certainty is what the protocol says that people
rated; without that the table says "not rated" and lists what they may want to look at.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, isnan
from typing import TYPE_CHECKING, Any, Final, final

from msc_meta.certainty.absolute_effects import MOVABLE, NO_DIFFERENCE, PER, AbsoluteEffect, absolute_effects
from msc_meta.certainty.missing_evidence import MissingEvidence, missing_evidence
from msc_meta.certainty.suggestions import Suggestion, suggestions
from msc_meta.trust.answer import subject_of
from msc_meta.trust.assumptions import typical_sd

if TYPE_CHECKING:
    from msc_meta.synthesis import OutcomeSynthesis, Synthesis

NOT_RATED: Final = "not rated"


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One outcome's row.

    Attributes
    ----------
    follow_up : str
        Days that count, in words; empty where the outcome has none.
    trials, participants : int, float
        Of the pooled trials; patients whose number is known.
    effect : str
        Measure, estimate and interval, with the unit of a mean difference.
    per_sd : tuple of float or None
        A mean difference and its interval in standard deviations, and the standard deviation: the median over the
        trials of the one within arms. None for other measures, and where no trial gives one.
    absolute : tuple of AbsoluteEffect
        One per baseline risk; none for measures without risks.
    certainty, rated_by : str
        As the protocol has it; "not rated" and empty without.
    reasons : tuple of str
        Why it was rated down or up, by the same people.
    suggestions : tuple of Suggestion
        What the numbers suggest to look at.
    notes : tuple of str
        What a reader of the row needs.
    """

    name: str
    title: str
    measure: str
    follow_up: str
    trials: int
    participants: float
    effect: str
    per_sd: tuple[float, float, float, float] | None
    absolute: tuple[AbsoluteEffect, ...]
    certainty: str
    rated_by: str
    reasons: tuple[str, ...]
    suggestions: tuple[Suggestion, ...]
    missing: MissingEvidence
    notes: tuple[str, ...]

    @property
    def hints(self) -> tuple[str, ...]:
        """Domains that may be a reason to rate down, by the numbers."""
        return tuple(one.domain for one in self.suggestions if one.verdict == "may be a reason to rate down")

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "title": self.title,
            "measure": self.measure,
            "follow_up": self.follow_up or None,
            "trials": self.trials,
            "participants": self.participants,
            "effect": self.effect or None,
            "per_sd": list(self.per_sd) if self.per_sd else None,
            "absolute": [one.to_dict() for one in self.absolute],
            "certainty": {"rating": self.certainty, "by": self.rated_by or None, "reasons": list(self.reasons)},
            "suggestions": [one.to_dict() for one in self.suggestions],
            "missing_evidence": self.missing.to_dict(),
            "notes": list(self.notes),
        }


def summary_of_findings(synthesis: Synthesis) -> tuple[Finding, ...]:
    """Return one finding per outcome, in the protocol's order.

    Examples
    --------
    >>> import msc_meta as mm
    >>> rows = summary_of_findings(mm.synthesize(mm.load_studies("studies/"), sensitivity=False))
    >>> [(row.name, row.trials, row.certainty) for row in rows]
    [('mortality', 12, 'not rated'), ('oxygenation', 1, 'not rated'), ('discharge_time', 2, 'not rated')]
    """
    return tuple(finding(outcome) for outcome in synthesis.values())


def finding(outcome: OutcomeSynthesis) -> Finding:
    """Return one outcome's row."""
    rules, rows, missing = outcome.rules, outcome.pooled, missing_evidence(outcome)
    rated = rules.certainty
    sizes = [row.e.n + row.c.n for row in rows]
    return Finding(
        name=outcome.name, title=rules.title, measure=rules.measure, follow_up=_follow_up(outcome),
        trials=len({row.study for row in rows}), participants=sum(size for size in sizes if isfinite(size)),
        effect=_effect(outcome), per_sd=_per_sd(outcome), absolute=absolute_effects(outcome),
        certainty=rated.rating if rated else NOT_RATED, rated_by=f"{rated.by}, {rated.date}" if rated else "",
        reasons=rated.reasons if rated else (), suggestions=suggestions(outcome, missing), missing=missing,
        notes=tuple(_notes(outcome, sizes)),
    )  # fmt: skip


def _effect(outcome: OutcomeSynthesis) -> str:
    result, subject = outcome.result, subject_of(outcome)
    if isnan(result.estimate):
        return ""
    interval = f"{subject.shown(result.ci.low)} to {subject.shown(result.ci.high)}"
    return f"{result.measure} {subject.shown(result.estimate)}{subject.of_unit} ({interval})"


def _follow_up(outcome: OutcomeSynthesis) -> str:
    window = outcome.rules.window
    if window is None:
        return ""
    return f"day {window.target:g} (day {window.earliest:g} to {window.latest:g})"


def _per_sd(outcome: OutcomeSynthesis) -> tuple[float, float, float, float] | None:
    if outcome.rules.measure != "MD" or isnan(outcome.result.estimate):
        return None
    sd = typical_sd(outcome.pooled)
    if isnan(sd):
        return None
    result = outcome.result
    return result.estimate / sd, result.ci.low / sd, result.ci.high / sd, sd


def _notes(outcome: OutcomeSynthesis, sizes: list[float]) -> list[str]:
    """Return the sentences of one row."""
    rules, rows, notes = outcome.rules, outcome.pooled, []
    if len({row.study for row in rows}) < 2:
        notes.append(_sentence(outcome.finding.removeprefix(rules.title).lstrip(": ")))
    if not rows:
        return notes
    if unknown := sum(isnan(size) for size in sizes):
        notes.append(f"Of {unknown} of the pooled comparisons the number of patients is not known.")
    made = absolute_effects(outcome)
    if made:
        level = f"{100 * outcome.result.level:g}%"
        notes.append(
            f"Absolute effects are the pooled {rules.measure} and the limits of its {level} interval at a baseline "
            "risk that is taken as known."
        )
        if not rules.baseline_risks:
            notes.append("Baseline risks are those of the trials' control arms, for want of others in the protocol.")
        if any(one.capped for one in made):
            notes.append(f"A risk above {PER:,} or below 0 per {PER:,} was set to it.")
        if rules.measure == "PETO":
            notes.append("Peto's odds ratio is taken as an odds ratio.")
    elif rules.measure in MOVABLE:
        why = (
            "a hazard ratio needs a baseline_risks of the protocol" if rules.measure == "HR" else "no trial has counts"
        )
        notes.append(f"There are no absolute effects: {why}.")
    for words, said in (("no events", "no event in either arm"), ("every patient", "an event in every patient")):
        count = sum(row.standing == "not estimable" and words in row.reason for row in outcome.rows)
        if count:
            are = "it is" if count == 1 else "they are"
            notes.append(f"{count} more reported {said}: {are} not in the pool.")
    if (converted := sum(bool(row.conversion) for row in rows)) and rules.measure in ("MD", "SMD", "SMDH", "ROM"):
        notes.append(f"In {converted} of {len(rows)} comparisons means or standard deviations were converted.")
    return notes


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def per_1000(share: float) -> str:
    """Return a share of patients as a number of 1,000.

    Examples
    --------
    >>> per_1000(0.3367), per_1000(0.0004), per_1000(0.00002)
    ('337', '0.4', '0.02')
    """
    value = PER * share
    if abs(share) <= NO_DIFFERENCE:
        return "0"
    if abs(value) >= 1:
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 0.05 else f"{value:.1g}"


def difference_per_1000(effect: AbsoluteEffect) -> str:
    """Return ``74 fewer (135 fewer to 6 more)``.

    Examples
    --------
    >>> from msc_meta.certainty.absolute_effects import BaselineRisk, absolute_effect
    >>> from msc_meta.pooling.results import Interval
    >>> made = absolute_effect("RD", -0.05, Interval(-0.1, 0.01), BaselineRisk("", 0.3, ""), "lower")
    >>> difference_per_1000(made)
    '50 fewer (100 fewer to 10 more)'
    """
    low, high = effect.difference_ci
    return f"{_fewer(effect.difference)} ({_fewer(low)} to {_fewer(high)})"


def _fewer(share: float) -> str:
    number = per_1000(abs(share))
    if number == "0":
        return "no difference"
    return f"{number} {'fewer' if share < 0 else 'more'}"
