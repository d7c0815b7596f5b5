"""The numbers behind GRADE judgements, with a suggestion for each domain; nobody is rated by the program.

A suggestion says what is to be seen and whether it may be a reason to rate down. Whether it is, and by how many levels,
is for people, who see what no number says [1]_.

References
----------
.. [1] Imprecision: Guyatt et al. (2011). Journal of Clinical Epidemiology 64, 1283-1293, and Zeng et al. (2022).
   Journal of Clinical Epidemiology 150, 216-224; inconsistency: Guyatt et al. (2011). Journal of Clinical Epidemiology
   64, 1294-1302; publication bias: the same, 1277-1282.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf, isfinite, isnan, log, nan, sqrt
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, final

from msc_meta.certainty.missing_evidence import KNOWN, UNKNOWN, missing_evidence
from msc_meta.effects.measures import MEASURES
from msc_meta.errors import ArgumentError, counted
from msc_meta.plain_values import plain_value
from msc_meta.trust.answer import percent, subject_of
from msc_meta.trust.assumptions import effect_to_detect, risk_of_control, standard_deviation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from msc_meta.certainty.missing_evidence import MissingEvidence
    from msc_meta.effects.rows import StudyRow
    from msc_meta.synthesis import OutcomeSynthesis

Domain = Literal["risk of bias", "inconsistency", "indirectness", "imprecision", "missing evidence"]
Verdict = Literal["may be a reason to rate down", "no reason seen", "for people to judge", "can not be assessed"]
ROUGH_GUIDE: Final = 0.75  # appreciable benefit of a ratio, 1/0.8 = 1.25 appreciable harm: Guyatt et al. (2011)
ROUGH_HARM: Final = 1.25
SUBSTANTIAL_I2: Final = 50.0  # percent; the Cochrane Handbook's "may represent substantial heterogeneity" begins here
MISSING_SHARE: Final = 0.1  # of the known patients of eligible trials; our own line, no published one
SMALL_STUDY_P: Final = 0.10
QUANTILE: Final = 1.959963984540054


@final
@dataclass(frozen=True, slots=True)
class Suggestion:
    """What may be said of one GRADE domain.

    Attributes
    ----------
    domain : str
        Risk of bias, inconsistency, indirectness, imprecision or missing evidence.
    verdict : str
        Whether the numbers may be a reason to rate down, or who has to say.
    sentences : tuple of str
        What the numbers are, a sentence each.
    numbers : dict
        The same as plain values; effects on the analysis scale, undefined ones None.
    """

    domain: Domain
    verdict: Verdict
    sentences: tuple[str, ...]
    numbers: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "domain": self.domain,
            "suggestion": self.verdict,
            "because": list(self.sentences),
            "numbers": plain_value(self.numbers),
        }


class Thresholds(NamedTuple):
    """Effects that begin to matter, on the analysis scale, and where they come from; nan where nobody said."""

    benefit: float
    harm: float
    sentence: str


def suggestions(outcome: OutcomeSynthesis, missing: MissingEvidence | None = None) -> tuple[Suggestion, ...]:
    """Return a suggestion for each domain, in GRADE's order.

    Examples
    --------
    >>> import msc_meta as mm
    >>> mortality = mm.synthesize(mm.load_studies("studies/"), sensitivity=False)["mortality"]
    >>> {one.domain: one.verdict for one in suggestions(mortality)}["imprecision"]
    'may be a reason to rate down'
    """
    found = missing if missing is not None else missing_evidence(outcome)
    return (
        risk_of_bias(outcome), inconsistency(outcome), indirectness(outcome), imprecision(outcome),
        missing_results(outcome, found),
    )  # fmt: skip


def thresholds(outcome: OutcomeSynthesis) -> Thresholds:
    """Return what counts as an appreciable benefit and harm: the protocol's, or GRADE's rough guide for ratios.

    The harm of a minimal important difference is its mirror image: 1 / 0.9 for 0.9, 1 for -1.
    """
    rules, subject = outcome.rules, subject_of(outcome)
    important = rules.minimal_important_difference
    if important is not None:
        benefit = subject.analysed("minimal_important_difference", important)
        return Thresholds(benefit, -benefit, "The protocol's minimal important difference, and its mirror image.")
    if rules.measure in ("RR", "OR", "PETO", "HR"):
        low, high = log(ROUGH_GUIDE), log(ROUGH_HARM)
        benefit, harm = (low, high) if rules.better == "lower" else (high, low)
        return Thresholds(benefit, harm, "GRADE's rough guide of 0.75 and 1.25, for want of one in the protocol.")
    return Thresholds(nan, nan, "The protocol states no minimal important difference.")


def imprecision(outcome: OutcomeSynthesis) -> Suggestion:
    """Compare the interval with no effect and with effects that matter, and the patients with those required."""
    result, subject = outcome.result, subject_of(outcome)
    if isnan(result.ci.low):
        return Suggestion("imprecision", "can not be assessed", ("There is no pooled interval.",))
    low, high = result.ci
    limits, sides = thresholds(outcome), 1 if outcome.rules.better == "higher" else -1
    null_inside = low <= 0 <= high
    best, worst = (high, low) if sides > 0 else (low, high)
    benefit = not isnan(limits.benefit) and sides * best >= sides * limits.benefit
    harm = not isnan(limits.harm) and sides * worst <= sides * limits.harm
    sentences = [
        f"The interval, {subject.interval(low, high)}, {'includes' if null_inside else 'does not include'} no effect."
    ]
    if isnan(limits.benefit):
        sentences.append(f"{limits.sentence} Whether the interval includes effects that matter can not be said.")
    else:
        sentences.append(
            f"It {'includes' if benefit else 'does not include'} an appreciable benefit "
            f"({subject.shown(limits.benefit)}{subject.of_unit}) and "
            f"{'includes' if harm else 'does not include'} an appreciable harm "
            f"({subject.shown(limits.harm)}{subject.of_unit}). {limits.sentence}"
        )
    patients, required, diversity, words = _information(outcome)
    sentences.append(words)
    few = required is not None and patients < required
    unclear = null_inside and (benefit or harm or isnan(limits.benefit))
    numbers = {
        "ci_low": low, "ci_high": high, "includes_no_effect": null_inside, "important_benefit": limits.benefit,
        "important_harm": limits.harm, "includes_benefit": benefit, "includes_harm": harm, "patients": patients,
        "optimal_information_size": required, "grown_by_diversity": diversity,
    }  # fmt: skip
    verdict: Verdict = "may be a reason to rate down" if few or unclear else "no reason seen"
    return Suggestion("imprecision", verdict, tuple(sentences), numbers)


def inconsistency(outcome: OutcomeSynthesis) -> Suggestion:
    """Say how far the trials' effects differ: I2, tau2, the prediction interval, and which intervals overlap."""
    rows, result, subject = outcome.pooled, outcome.result, subject_of(outcome)
    if len(rows) < 2:
        return Suggestion("inconsistency", "can not be assessed", ("There are not two effects to compare.",))
    pairs, overlap = len(rows) * (len(rows) - 1) // 2, overlapping_pairs([_interval(row) for row in rows])
    apart = [row.label for row in rows if not _holds(row, result.estimate)]
    against = sum(row.yi * result.estimate < 0 for row in rows)
    i2_ci = "" if isnan(result.i2_ci.low) else f" ({result.i2_ci.low:.0f} to {result.i2_ci.high:.0f}%)"
    differing = (
        f"Intervals overlap in {overlap} of {counted(pairs, 'pair')} of trials; the pooled effect lies outside "
        f"the interval of {', '.join(apart) or 'no trial'}; {against} of {len(rows)} effects point the other way."
    )
    sentences = [f"I2 {result.i2:.0f}%{i2_ci}, tau2 {result.tau2:.3g}, P of Q {result.q_p:.2g}.", differing]
    low, high = result.prediction
    wider = False
    if isfinite(low):
        includes = low <= 0 <= high
        wider = includes and not result.ci.low <= 0 <= result.ci.high
        sentences.append(
            f"The effect of a new trial would lie in {subject.interval(low, high)}, which "
            f"{'includes' if includes else 'does not include'} no effect"
            f"{', while the interval of the mean does not' if wider else ''}."
        )
    else:
        sentences.append("There is no prediction interval: it needs three trials.")
    if len(rows) < 10:
        sentences.append("So few trials say little about how much effects differ.")
    numbers = {
        "i2": result.i2, "i2_low": result.i2_ci.low, "i2_high": result.i2_ci.high, "tau2": result.tau2,
        "q_p": result.q_p, "prediction_low": low, "prediction_high": high, "pairs": pairs,
        "pairs_that_overlap": overlap, "outside": len(apart), "opposite": against,
    }  # fmt: skip
    down = result.i2 >= SUBSTANTIAL_I2 or wider or overlap < pairs
    return Suggestion(
        "inconsistency", "may be a reason to rate down" if down else "no reason seen", tuple(sentences), numbers
    )


def missing_results(outcome: OutcomeSynthesis, missing: MissingEvidence) -> Suggestion:
    """Say what is known to be missing, and what tests for small-study effects say or why there is none."""
    found = outcome.small_study_effects
    known, unknown = missing.count(*KNOWN), missing.count(*UNKNOWN)
    patients, pooled = missing.patients(*KNOWN, *UNKNOWN), missing.patients("pooled", "no event")
    share = patients / (patients + pooled) if patients + pooled else nan
    standing = (
        f"{missing.count('pooled', 'no event')} of {len(missing.trials)} eligible trials report the outcome usably; of "
        f"{known} a result exists that could not be used, of {unknown} none was seen. These {known + unknown} have "
        f"{patients:g} known patients, {percent(share)} of those of all eligible trials."
    )
    sentences = [standing]
    tested = {name: test.p_value for name, test in found.tests.items()} if found.offer.enough else {}
    if tested:
        said = "; ".join(f"{name} P = {p:.2g}" for name, p in tested.items())
        sentences.append(f"Tests for small-study effects: {said}.")
        if found.filled is not None:
            sentences.append(f"Trim and fill would add {found.filled.k0} studies.")
    else:
        sentences.append(found.offer.verdict)
    if isfinite(missing.bias) and missing.bias > 0:
        subject = subject_of(outcome)
        sentences.append(
            f"Moved both ways by the largest bias that withheld results of {known + unknown} trials can make (Copas "
            f"and Jackson 2004), the interval is {subject.interval(*missing.bounds)}."
        )
    risk = missing.risk
    if risk.by:
        sentences.append(risk.sentence)
    numbers = {
        "eligible": len(missing.trials), "not_usable": known, "not_seen": unknown, "patients_missing": patients,
        "share_missing": share, "largest_bias": missing.bias, **{f"p_{name}": p for name, p in tested.items()},
    }  # fmt: skip
    down = risk.judged == "high" or share > MISSING_SHARE or any(p < SMALL_STUDY_P for p in tested.values())
    return Suggestion(
        "missing evidence", "may be a reason to rate down" if down else "no reason seen", tuple(sentences), numbers
    )


def risk_of_bias(outcome: OutcomeSynthesis) -> Suggestion:
    """Say how much of the weight comes from trials of which judgement; the rest is for people."""
    from msc_meta.certainty.risk_of_bias import overall_judgements

    if not outcome.pooled:
        return Suggestion("risk of bias", "can not be assessed", ("No trial is pooled.",))
    judged = overall_judgements(outcome)
    weights: dict[str, float] = {}
    for row in outcome.pooled:
        name = judged.get(row.study, "not judged")
        weights[name] = weights.get(name, 0.0) + (row.weight if isfinite(row.weight) else 0.0)
    heaviest = sorted(weights.items(), key=lambda item: -item[1])
    said = "; ".join(f"{name} {percent(weight / 100)}" for name, weight in heaviest)
    sentence = f"Weight of the pooled trials by the overall judgements in the records: {said}."
    return Suggestion("risk of bias", "for people to judge", (sentence,), dict(weights))


def indirectness(outcome: OutcomeSynthesis) -> Suggestion:
    """Say who was treated; whether that is the question's population is for people."""
    if not outcome.pooled:
        return Suggestion("indirectness", "can not be assessed", ("No trial is pooled.",))
    studies = [outcome.studies[row.study] for row in _once(outcome.pooled) if row.study in outcome.studies]
    populations = Counter(
        f"{one.population.condition}, {one.population.syndrome.replace('not-stated', 'syndrome not stated')}"
        for one in studies
    )
    undated = sum(isnan(row.day) for row in _once(outcome.pooled)) if outcome.rules.window is not None else 0
    sentences = []
    if populations:
        listed = "; ".join(f"{name} ({count})" for name, count in populations.most_common())
        sentences.append(f"Populations of the pooled trials: {listed}.")
    if undated:
        sentences.append(f"{undated} of them do not state the day of follow-up.")
    numbers = {"populations": dict(populations), "without_a_day": undated}
    return Suggestion("indirectness", "for people to judge", tuple(sentences), numbers)


def _information(outcome: OutcomeSynthesis) -> tuple[float, int | None, int | None, str]:
    """Return patients, those a single sufficient trial needs, the same grown by diversity, and a sentence."""
    from msc_meta.robustness.required_information import diversity, required_information

    rows, rules, subject = outcome.pooled, outcome.rules, subject_of(outcome)
    patients = sum(row.e.n + row.c.n for row in rows if isfinite(row.e.n + row.c.n))
    if rules.measure not in ("RR", "OR", "RD", "MD"):
        return patients, None, None, f"An optimal information size is not offered for {rules.measure}."
    risk = spread = nan
    try:
        if MEASURES[rules.measure].arms == "events":
            risk, basis = risk_of_control(rows)
        else:
            spread, basis = standard_deviation(rows, rules.unit)
        wanted = effect_to_detect(subject, rules, risk, spread)
        d2 = diversity([row.yi for row in rows], [row.vi for row in rows], rules.model.on_effects)
        found = required_information(rules.measure, wanted.value, control_risk=risk, sd=spread, d2=min(d2, 1 - 1e-9))
    except ArgumentError as error:
        return patients, None, None, f"The optimal information size can not be computed: {error}."
    sentence = (
        f"{patients:,.0f} patients, and {found.fixed:,} would be needed in one trial (two-sided error 0.05, power 0.8; "
        f"{found.by_diversity:,} with the diversity between trials). {wanted.sentence} {basis}"
    )
    return patients, found.fixed, found.by_diversity, sentence


def overlapping_pairs(intervals: Sequence[tuple[float, float]]) -> int:
    """Return how many pairs of intervals have a value in common.

    Examples
    --------
    >>> overlapping_pairs([(0, 1), (1, 2), (3, 4)])
    1
    """
    lows, count = sorted(low for low, _ in intervals), len(intervals)
    apart = sum(count - bisect_right(lows, high) for _, high in intervals)  # those that begin after this one ends
    return count * (count - 1) // 2 - apart


def _interval(row: StudyRow) -> tuple[float, float]:
    half = QUANTILE * sqrt(row.vi) if row.vi > 0 else inf
    return row.yi - half, row.yi + half


def _holds(row: StudyRow, estimate: float) -> bool:
    low, high = _interval(row)
    return low <= estimate <= high


def _once(rows: Sequence[StudyRow]) -> Iterator[StudyRow]:
    """Yield the first row of each study."""
    seen: set[str] = set()
    for row in rows:
        if row.study not in seen:
            seen.add(row.study)
            yield row
