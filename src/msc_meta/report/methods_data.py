"""The methods section up to the effects: which trials, which of their reports, and how numbers became effects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from msc_meta.effects.choice import QUANTITY_IN_WORDS
from msc_meta.effects.medians import CONVERSIONS
from msc_meta.effects.rows import STEP_SEPARATOR
from msc_meta.protocol import EVENT_MEASURES, MEAN_MEASURES
from msc_meta.records.study import QUANTITIES
from msc_meta.report.method_references import cite
from msc_meta.report.outcome_words import by_outcome, capital, listed, title_within, trials

if TYPE_CHECKING:
    from msc_meta.protocol import Eligibility, PopulationRule
    from msc_meta.synthesis import OutcomeSynthesis, Synthesis

ALLOCATED: Final = {
    "randomised": "at random",
    "unclear": "in a way that the sources leave unclear",
    "non-randomised": "not at random",
}
PRODUCTS: Final = {"cells": "a cell product", "cell-free": "a cell-free product", "other": "another product"}
SOURCE_KINDS: Final = {
    "primary": "the trials' own papers and registry entries",
    "secondary": "secondary sources such as reviews",
    "sponsor": "statements by sponsors",
}
_LARGE_SAMPLE: Final = "analysed as its natural logarithm with the large-sample variance"
MEASURE_USED: Final = {
    "RR": f"the risk ratio, {_LARGE_SAMPLE}",
    "OR": f"the odds ratio, {_LARGE_SAMPLE}",
    "RD": "the risk difference",
    "PETO": f"Peto's odds ratio {cite('yusuf-1985')}",
    "AS": f"the arcsine difference {cite('rucker-2009')}",
    "HR": "the hazard ratio as the trials printed it, analysed as its natural logarithm",
    "GEN": "the effect as the trials printed it",
    "MD": "the difference of means, with a separate variance of each arm",
    "SMD": f"the standardised mean difference (Hedges' g) {cite('hedges-1981')}",
    "SMDH": f"the mean difference standardised for unequal variances {cite('bonett-2009')}",
    "ROM": f"the ratio of means, analysed as its natural logarithm {cite('hedges-1999')}",
    "LRM": f"the ratio of medians, its standard error taken from the printed p-value {cite('handbook')}",
}
FORMULAS: Final = {
    "Luo 2018": "luo-2018",
    "Wan 2014": "wan-2014",
    "Shi 2020 for log-normal": "shi-2020-log",
    "Shi 2020": "shi-2020",
    "Hozo 2005": "hozo-2005",
    "Bland 2015": "bland-2015",
    "McGrath 2020": "mcgrath-2020",
    "Cai 2021": "cai-2021",
}
"""How the trail of a conversion names a formula -> its reference."""
STEPS: Final = {
    "count from a percentage": "numbers of events were counted back from printed percentages",
    "events are patients less survivors": "events were counted as patients less survivors",
    "SD from the standard error": f"standard deviations were computed from standard errors {cite('handbook')}",
    "SD from the confidence interval": "standard deviations were computed from confidence intervals of means "
    f"{cite('handbook')}",
    "effect and interval as the trial printed them": "the effect and its interval were taken as printed",
}
"""A step of a conversion's trail -> what was done."""


def eligibility(synthesis: Synthesis) -> str:
    """Return who was eligible, and where numbers were read."""
    rules = synthesis.protocol.eligibility
    arms = listed([PRODUCTS[product] for product in rules.products], "or")
    said = (
        f"Studies were eligible for the synthesis if patients were allocated {_allocated(rules)}, an experimental arm "
        f"received {arms}, and the population was {rules.populations_in_words} "
        f"({'; or '.join(map(_population, rules.populations))})."
    )
    companions = sum(study.companion_of is not None for study in synthesis.studies)
    again = (
        f"{capital(trials(companions))} with the patients of another {_were(companions)} shown and not pooled."
        if companions
        else ""
    )
    sources = by_outcome(synthesis.values(), _sources)
    return " ".join(filter(None, (said, again, *sources)))


def _allocated(rules: Eligibility) -> str:
    return listed([ALLOCATED[way] for way in rules.allocation], "or")


def _population(rule: PopulationRule) -> str:
    said = []
    if rule.condition:
        said.append(listed(rule.condition, "or"))
    if rule.syndrome:
        said.append(f"syndrome {listed(rule.syndrome, 'or')}" if rule.condition else listed(rule.syndrome, "or"))
    if rule.severity:
        said.append(f"severity {listed(rule.severity, 'or')}")
    return ", ".join(said) or "any"


def _sources(outcome: OutcomeSynthesis) -> str:
    rules = outcome.rules
    kinds = [kind for kind in rules.sources if kind != "sponsor" or rules.sponsor_statements != "exclude"]
    said = f"numbers were taken from {listed([SOURCE_KINDS[kind] for kind in kinds])}"
    if "sponsor" in kinds and rules.sponsor_statements == "corroborated":
        said += "; a sponsor's statement was used only where another kind of source reports the outcome too"
    return said


def outcomes(synthesis: Synthesis) -> str:
    """Return what was analysed, at which time, and which of several reports was used."""
    return " ".join([*map(_outcome, synthesis.values()), *by_outcome(synthesis.values(), _conflicts)])


def _outcome(outcome: OutcomeSynthesis) -> str:
    rules = outcome.rules
    unit = f"in {rules.unit}, " if rules.unit else ""
    sentences = [f"{rules.title} ({unit}{rules.better} is better) was analysed{_time(outcome)}."]
    if len(rules.kinds) > 1:
        sentences.append("Changes from baseline and values at follow-up could be pooled together.")
    elif rules.kinds:
        only = {"change": "changes from baseline", "final": "values at follow-up"}[rules.kinds[0]]
        sentences.append(f"Only {only} were used.")
    others = [QUANTITY_IN_WORDS[name] for name in QUANTITIES.get(outcome.name, {}) if name != rules.quantity]
    if rules.quantity and others:
        sentences.append(f"{capital(listed(others, 'or'))} was never pooled with it.")
    return " ".join(sentences)


def _time(outcome: OutcomeSynthesis) -> str:
    window = outcome.rules.window
    if window is None:
        return " whatever the length of follow-up"
    unstated = {
        "include": "one without a stated day was used only where there was no other, and is marked",
        "exclude": "one without a stated day was not used",
    }[window.unstated]
    return (
        f" at day {window.target:g}: of the reports for day {window.earliest:g} to {window.latest:g} the one nearest "
        f"to day {window.target:g} was used, the earlier of two as near; {unstated}"
    )


def _conflicts(outcome: OutcomeSynthesis) -> str:
    disagreeing = _marked(outcome, "Reports disagree;")
    if not disagreeing:
        return ""
    which = {
        "preferred": "the report that the record prefers, with a stated reason, was used",
        "other": "a report other than the preferred one was used",
    }[outcome.rules.conflicts]
    return f"reports of the same time disagreed in {trials(disagreeing)}, and {which}"


def _marked(outcome: OutcomeSynthesis, *words: str) -> int:
    """Return how many pooled trials have a mark with these words."""
    return len({row.study for row in outcome.pooled if any(all(word in mark for word in words) for mark in row.marks)})


def measures(synthesis: Synthesis) -> str:
    """Return the effect measure of each outcome."""
    return " ".join(by_outcome(synthesis.values(), _measure))


def _measure(outcome: OutcomeSynthesis) -> str:
    rules = outcome.rules
    revman = ", by the formulas of RevMan" if rules.conventions == "revman" else ""
    return f"the effect measure was {MEASURE_USED[rules.measure]}{revman}"


def preparation(synthesis: Synthesis) -> str:
    """Return what was done to reported numbers before effects were computed, and for how many trials."""
    found = synthesis.values()
    sentences = [f"{capital(step)} ({listed(where)})." for step, where in _steps(synthesis)]
    if not sentences and any(outcome.pooled for outcome in found):
        sentences.append("All numbers were used as reported, without any conversion.")
    clauses = (_medians, _skewness, _missing_spread, _zero_events, _double_zero, _several_arms)
    return " ".join([*sentences, *(said for clause in clauses for said in by_outcome(found, clause))])


def _steps(synthesis: Synthesis) -> Iterator[tuple[str, list[str]]]:
    """Yield every step that was taken, with the number of trials of each outcome."""
    found: dict[str, list[str]] = {}
    for outcome in synthesis.values():
        taken = {(row.study, step) for row in outcome.pooled for step in row.conversion.split(STEP_SEPARATOR) if step}
        counts = Counter(_step(step) for _, step in sorted(taken))
        for step, count in counts.items():
            found.setdefault(step, []).append(f"{trials(count)} for {title_within(outcome)}")
    yield from found.items()


def _step(step: str) -> str:
    if step in STEPS:
        return STEPS[step]
    what, colon, formula = step.partition(": ")
    if colon:
        return f"means and standard deviations were estimated {what}, {_cited(formula)}"
    return f"values were converted from {step}" if " to " in step else step


def _cited(formula: str) -> str:
    """Return ``mean by Luo 2018, SD by Wan 2014`` with its references."""
    for name, key in FORMULAS.items():
        if name in formula:
            formula = formula.replace(name, f"{name.replace(' for log-normal', '')} {cite(key)}" + (
                " for log-normal" if "log-normal" in name else ""
            ))  # fmt: skip
            if "log-normal" in name:
                break
    return formula


def _medians(outcome: OutcomeSynthesis) -> str:
    left = _left_out(outcome, "only medians reported, and the protocol does not convert them")
    return f"medians were not converted, and {trials(left)} with medians alone {_were(left)} left out" if left else ""


def _skewness(outcome: OutcomeSynthesis) -> str:
    normal = CONVERSIONS[outcome.rules.median_method].normal
    if not normal or not any("from median" in row.conversion for row in outcome.pooled):
        return ""
    skewed = _marked(outcome, "skewed by the test of Shi 2023")
    verdict = f"it found skewness in {trials(skewed)}, which are marked" if skewed else "it found none"
    tested = f"converted medians were tested for skewness where there were five patients or more {cite('shi-2023')}"
    return f"{tested}; {verdict}"


def _missing_spread(outcome: OutcomeSynthesis) -> str:
    if outcome.rules.measure not in MEAN_MEASURES:
        return ""
    words = ("no measure of spread", "means without standard deviation", "medians without quartiles")
    left = sum(_left_out(outcome, word) for word in words)
    if not left:
        return ""
    none = f"{trials(left)} without any measure of spread"
    return f"a missing standard deviation was never imputed, and {none} {_were(left)} left out"


def _were(count: int) -> str:
    return "was" if count == 1 else "were"


def _left_out(outcome: OutcomeSynthesis, words: str) -> int:
    return len({row.study for row in outcome.rows if row.standing == "not usable" and words in row.reason})


def _zero_events(outcome: OutcomeSynthesis) -> str:
    zero, corrected = outcome.rules.zero_events, _marked(outcome, "is added to each cell")
    if zero is None or outcome.rules.measure not in EVENT_MEASURES or not corrected:
        return ""
    if zero.scope == "treatment-arm":
        by = f"in proportion to the size of the other arm {cite('sweeting-2004')}"
        how = f"a correction of {zero.correction:g} on average, {by},"
    else:
        how = f"{zero.correction:g}"
    where = "of all tables" if zero.scope == "all" else "of tables with an empty cell"
    why = ", for the variance only" if outcome.rules.measure == "RD" else ""
    counts = outcome.result.method == "MH" and outcome.rules.conventions == "metafor"
    sums = "; the Mantel-Haenszel sums are without correction" if counts else ""
    return f"{how} was added to each cell {where} ({trials(corrected)}){why}{sums}"


def _double_zero(outcome: OutcomeSynthesis) -> str:
    none = len({row.study for row in outcome.rows if row.standing == "not estimable"})
    if not none:
        return ""
    why = "whose effect can not be estimated, as no or every patient had the event,"
    return f"{trials(none)} {why} {_were(none)} shown and not pooled"


def _several_arms(outcome: OutcomeSynthesis) -> str:
    several = {
        "combine": (_marked(outcome, "Arms combined:"), "several arms of a trial were combined into one"),
        "split-control": (
            _marked(outcome, "The control arm is split"),
            "the control arm of a trial with several experimental arms was split evenly between them",
        ),
        "first": (
            _marked(outcome, "experimental arms only the first is used"),
            "of several experimental arms of a trial only the first was used",
        ),
    }
    count, said = several[outcome.rules.multi_arm]
    return f"{said} ({trials(count)})" if count else ""
