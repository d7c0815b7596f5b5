"""The methods section from the effects on: models, heterogeneity, and how far the answers were put to the test."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from importlib.metadata import version as version_of
from math import isnan
from typing import TYPE_CHECKING, Final

from msc_meta.evidence import Evidence
from msc_meta.report.method_references import cite
from msc_meta.report.outcome_words import by_outcome, listed, trials
from msc_meta.robustness.asymmetry import ENOUGH

if TYPE_CHECKING:
    from msc_meta.synthesis import OutcomeSynthesis, Synthesis

COMMON: Final = {
    "FE": f"with inverse-variance weights {cite('handbook')}",
    "MH": f"by the method of Mantel and Haenszel {cite('mantel-1959', 'greenland-1985')}",
}
TAU2: Final = {
    "REML": f"restricted maximum likelihood {cite('viechtbauer-2005')}",
    "ML": f"maximum likelihood {cite('hardy-1996')}",
    "DL": f"the method of DerSimonian and Laird {cite('dersimonian-1986')}",
    "DL-MH": "the method of DerSimonian and Laird, with Cochran's Q about the Mantel-Haenszel estimate "
    f"{cite('dersimonian-1986', 'mantel-1959')}",
    "PM": f"the method of Paule and Mandel {cite('paule-1982')}",
}
INTERVALS: Final = {
    "hksj": f"are Hartung-Knapp-Sidik-Jonkman intervals on t with k − 1 degrees of freedom "
    f"{cite('hartung-2001', 'sidik-2002')}",
    "hksj-adhoc": "are Hartung-Knapp-Sidik-Jonkman intervals on t with k − 1 degrees of freedom, their standard error "
    f"never below Wald's {cite('hartung-2001', 'sidik-2002', 'knapp-2003')}",
    "wald": "are Wald intervals by the normal distribution",
}
PREDICTED: Final = {
    "t(k-1)": "t with k − 1 degrees of freedom",
    "t(k-2)": "t with k − 2 degrees of freedom",
    "normal": "the normal distribution",
}
TRAITS: Final = {
    "source": "source of the cells",
    "severity": "severity",
    "condition": "condition",
    "syndrome": "syndrome",
    "masking": "masking",
    "year": "year of publication",
    "infusions": "number of infusions",
    "cells_per_kg": "cells per kg and infusion",
}
RARE: Final = {
    "MH": f"Mantel-Haenszel without correction {cite('mantel-1959', 'greenland-1985')}",
    "Peto": f"Peto's method {cite('yusuf-1985')}",
    "Inverse": "inverse variance with a correction of 0.5",
    "GLMM": f"generalised linear mixed models {cite('stijnen-2010')}",
    "Beta-binomial": f"beta-binomial regression {cite('kuss-2015')}",
}
"""How the name of a method for rare events begins -> the method."""
TESTS: Final = {
    "egger": f"Egger's test {cite('egger-1997')}",
    "egger with predictor 'sqrtninv'": f"Egger's test on sample size {cite('pustejovsky-2019')}",
    "peters": f"Peters' test {cite('peters-2006')}",
    "harbord": f"Harbord's test {cite('harbord-2006')}",
    "begg": "Begg's test",
}


ASKED_FOR: Final = {
    "gosh": f"pooling of all subsets of the trials {cite('olkin-2012')}",
    "multiverse": f"pooling under all combinations of the protocol's choices {cite('voracek-2019')}",
    "bayes": f"Bayesian random-effects meta-analysis {cite('rover-2020')}",
    "sequential": f"trial sequential analysis {cite('wetterslev-2008')}",
    "next_trial": "simulation of one further trial",
}
"""Analysis of trust, by its name in the protocol -> what was done."""


def model(synthesis: Synthesis) -> str:
    """Return how effects were pooled, with which intervals."""
    clauses = (_not_pooled, _model, _interval, _narrower, _prediction)
    sentences = [said for clause in clauses for said in by_outcome(synthesis.values(), clause)]
    if any(outcome.result.k > 1 for outcome in synthesis.values()):
        sentences.append("No model was chosen from the heterogeneity that was found.")
    return " ".join(sentences)


def _not_pooled(outcome: OutcomeSynthesis) -> str:
    if outcome.result.k == 0:
        return "no trial could be pooled"
    if outcome.result.k == 1:
        own = f"its own effect is given with its {100 * outcome.result.level:g}% Wald interval"
        return f"a single trial had usable data; {own}, and nothing was pooled"
    return ""


def _model(outcome: OutcomeSynthesis) -> str:
    result = outcome.result
    if result.k < 2:
        return ""
    if result.method in COMMON:
        return f"effects were pooled in a common-effect model {COMMON[result.method]}"
    wanted = outcome.rules.model.method
    why = "" if result.method == wanted else f", as not every trial gives the counts that {wanted} needs"
    return (
        "effects were pooled in a random-effects model with inverse-variance weights, the variance between trials (τ²) "
        f"by {TAU2[result.method]}{why}"
    )


def _interval(outcome: OutcomeSynthesis) -> str:
    result = outcome.result
    return f"{100 * result.level:g}% confidence intervals {INTERVALS[result.ci_method]}" if result.k > 1 else ""


def _narrower(outcome: OutcomeSynthesis) -> str:
    narrower = outcome.result.narrower_than_wald
    return "this interval is narrower than Wald's, and Wald's is shown beside it" if narrower else ""


def _prediction(outcome: OutcomeSynthesis) -> str:
    result = outcome.result
    if isnan(result.prediction.low):
        return ""
    name = f"the {100 * result.level:g}% prediction interval, for the effect of a new trial,"
    return f"{name} is by {PREDICTED[result.prediction_method]} {cite('higgins-2009')}"


def heterogeneity(synthesis: Synthesis) -> str:
    """Return how heterogeneity is described, and which subgroups and moderators were looked at."""
    clauses = (_heterogeneity, _subgroups, _idle_subgroups, _regressions, _idle_regressions)
    return " ".join(said for clause in clauses for said in by_outcome(synthesis.values(), clause))


def _heterogeneity(outcome: OutcomeSynthesis) -> str:
    result = outcome.result
    if result.k < 2:
        return ""
    by_tau2 = "I² as the share of τ² in the sum of τ² and the typical sampling variance"
    share = {"tau2": by_tau2, "q": "I² as 100% (Q − df)/Q"}[result.i2_definition]
    said = [f"Cochran's Q {cite('cochran-1954')}", f"{share} {cite('higgins-2002')}"]
    if not isnan(result.tau2_ci.low):
        said.insert(0, f"τ² with its Q-profile interval {cite('viechtbauer-2007')}")
    return f"heterogeneity is described by {listed(said)}"


def _subgroups(outcome: OutcomeSynthesis) -> str:
    found = outcome.subgroups
    if not found:
        return ""
    tests = {"an F test" if answer.df2 is not None else "a chi-square test" for answer in found.values()}
    tau2 = {answer.tau2 for answer in found.values()}
    one = "with one τ² for all subgroups, " if tau2 == {"common"} else "with a τ² of each subgroup, "
    if outcome.rules.model.on_effects == "FE":
        one = ""
    return (
        f"subgroups were compared by {_traits(found)}, {one}by {listed(sorted(tests))} for differences "
        f"{cite('borenstein-2013')}; trials that do not state the trait were left out of its comparison"
    )


def _idle_subgroups(outcome: OutcomeSynthesis) -> str:
    idle = [trait for trait in outcome.rules.subgroups if trait not in outcome.subgroups]
    return (
        f"subgroups by {_traits(idle)} were planned and could not be compared: fewer than two values were stated"
        if idle
        else ""
    )


def _regressions(outcome: OutcomeSynthesis) -> str:
    found = outcome.regressions
    if not found:
        return ""
    fewest = min(answer.k for answer in found.values())
    few = f"; with fewer than {ENOUGH} trials for a moderator this is exploration" if fewest < ENOUGH else ""
    return (
        f"random-effects meta-regressions were fitted on {_traits(found)}, one moderator at a time"
        f" {cite('thompson-2002', 'knapp-2003')}{few}"
    )


def _idle_regressions(outcome: OutcomeSynthesis) -> str:
    idle = [trait for trait in outcome.rules.moderators if trait not in outcome.regressions]
    if not idle:
        return ""
    why = (
        "the model has no variance between trials"
        if outcome.rules.model.on_effects == "FE"
        else "fewer than three trials with different values stated it"
    )
    return f"meta-regression on {_traits(idle)} was planned and not done: {why}"


def _traits(names: Iterable[str]) -> str:
    return listed([TRAITS.get(name, name) for name in names])


def robustness(synthesis: Synthesis) -> str:
    """Return what was done to see how far the answers hold: each trial left out, other settings, rare events."""
    clauses = (_leave_one_out, _sensitivity, _rare_events, _asked_for, _refused)
    return " ".join(said for clause in clauses for said in by_outcome(synthesis.values(), clause))


def _leave_one_out(outcome: OutcomeSynthesis) -> str:
    return "each trial was left out in turn" if outcome.leave_one_out else ""


def _sensitivity(outcome: OutcomeSynthesis) -> str:
    if not outcome.sensitivity:
        return ""
    titles = [
        f"({number}) {variant.title}{'' if variant.result.k else ' (no trial could be pooled)'}"
        for number, variant in enumerate(outcome.sensitivity.values(), start=1)
    ]
    return f"the sensitivity analyses were, all else as in the main analysis: {'; '.join(titles)}"


def _rare_events(outcome: OutcomeSynthesis) -> str:
    found = outcome.rare_events
    if found is None or not len(found):
        return ""
    done = [words for start, words in RARE.items() if any(row.name.startswith(start) for row in found)]
    return f"methods for rare events {cite('bradburn-2007')} were set beside the main analysis: {listed(done)}"


def _asked_for(outcome: OutcomeSynthesis) -> str:
    done = {name: answer for name, answer in outcome.robustness.items() if not answer.why_not}
    if not done:
        return ""
    assumed = " ".join(dict.fromkeys(sentence for answer in done.values() for sentence in answer.assumed))
    said = f"further analyses were {listed(ASKED_FOR[name] for name in done)}"
    return f"{said}. {assumed}".removesuffix(".") if assumed else said


def _refused(outcome: OutcomeSynthesis) -> str:
    idle = {name: answer.why_not for name, answer in outcome.robustness.items() if answer.why_not}
    said = [f"{ASKED_FOR[name]} was planned and not done: {why}" for name, why in idle.items()]
    return " ".join(said).removesuffix(".")


def small_studies(synthesis: Synthesis) -> str:
    """Return which tests for small-study effects were done, and which were not and why."""
    return " ".join(by_outcome(synthesis.values(), _small_studies))


def _small_studies(outcome: OutcomeSynthesis) -> str:
    k, found = outcome.result.k, outcome.small_study_effects
    if not k:
        return ""
    if not found.offer.enough:
        few = f"fewer than {ENOUGH} trials can not tell chance from asymmetry {cite('sterne-2011')}"
        return f"small-study effects were not tested (k = {k}): {few}"
    done = [TESTS[name] for name in found.tests]
    advised = cite("sterne-2011")
    said = (
        f"small-study effects were tested, as recommended {advised}, by {listed(done)}"
        if done
        else f"small-study effects were not tested: no test fits the measure and the data {advised}"
    )
    filled = found.filled
    return said if filled is None else f"{said}; trim and fill ({filled.estimator}) {cite('duval-2000')} was done"


def judgements(synthesis: Synthesis) -> str:
    """Return where judgements of risk of bias came from, and who rated the certainty of the evidence."""
    judged = [study for study in synthesis.studies if study.risk_of_bias]
    tools = sorted({judgement.tool for study in judged for judgement in study.risk_of_bias})
    bias = (
        f"Risk of bias is shown as published judgements have it ({listed(tools)}; {trials(len(judged))})."
        if judged
        else "Risk of bias was not assessed here: the records hold no judgement."
    )
    return " ".join([bias, *by_outcome(synthesis.values(), _certainty)])


def _certainty(outcome: OutcomeSynthesis) -> str:
    rated = outcome.rules.certainty
    if rated is None:
        return "the certainty of the evidence was not assessed"
    return f"the certainty of the evidence was rated in GRADE's four levels by {rated.by} ({rated.date})"


def software(synthesis: Synthesis) -> str:
    """Return the programs with their versions, and fingerprints of records and protocol."""
    from msc_meta import __version__

    records, protocol = Evidence(synthesis.studies).sha256, synthesis.protocol
    return (
        f"Analyses were done with msc_meta {__version__} in Python {platform.python_version()} with NumPy "
        f"{version_of('numpy')} {cite('harris-2020')} and SciPy {version_of('scipy')} {cite('virtanen-2020')}. Every "
        f"choice is in the protocol {protocol.id} (SHA-256 {protocol.sha256[:12]}); the records have the SHA-256 "
        f"{records[:12]}. The checklist of PRISMA 2020 {cite('prisma-2020')} says what is reported here and what is "
        "for the authors to add."
    )
