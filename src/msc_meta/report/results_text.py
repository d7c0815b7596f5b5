"""The results section of the review in words: what was pooled, the answer of each outcome, and how far it holds."""

from __future__ import annotations

from collections.abc import Iterable
from math import isnan
from typing import TYPE_CHECKING

from msc_meta.figures.text import number, p_value, prose
from msc_meta.report.methods_models import TRAITS
from msc_meta.report.outcome_words import title_within, trials
from msc_meta.report.page_words import Words

if TYPE_CHECKING:
    from msc_meta.pooling.results import PooledResult
    from msc_meta.records.study import Study
    from msc_meta.synthesis import Synthesis


def included_studies(synthesis: Synthesis) -> tuple[Study, ...]:
    """Return the trials that are pooled for any outcome, in the order of the records."""
    pooled = {row.study for outcome in synthesis.values() for row in outcome.pooled}
    return tuple(study for study in synthesis.studies if study.id in pooled)


def results_paragraphs(synthesis: Synthesis) -> tuple[str, ...]:
    """Return the results section: a text on the trials, and one per outcome.

    Numbers are printed as the forest plots print them. An interval is read from end to end; nothing is called
    significant, and the certainty of the evidence is what people rated, else it is said to be not assessed.

    Examples
    --------
    >>> import msc_meta as mm
    >>> mortality = results_paragraphs(mm.synthesize(mm.load_studies("studies/")))[1]
    >>> mortality[:58]
    'All-cause mortality. Risk ratio 0.78 (95% CI 0.60 to 1.02)'
    """
    return (_trials(synthesis), *(_outcome(Words.of(outcome)) for outcome in synthesis.values()))


def _trials(synthesis: Synthesis) -> str:
    every, used = len(synthesis.studies), len(included_studies(synthesis))
    counts = [f"{len({row.study for row in one.pooled})} for {title_within(one)}" for one in synthesis.values()]
    were = "was" if used == 1 else "were"
    return f"Of {every} trials in the records, {used} {were} pooled for at least one outcome ({'; '.join(counts)})."


def _outcome(words: Words) -> str:
    outcome, result = words.outcome, words.outcome.result
    answer = list(words.headline())
    if result.k > 1:
        degrees = "degree" if result.q_df == 1 else "degrees"
        answer.append(
            f"Cochran's Q was {number(result.q, 2, words.style)} on {result.q_df} {degrees} of freedom "
            f"({p_value(result.q_p, words.style)})."
        )
    more = (_left_out(words), _sensitivity(words), _subgroups(words), _regressions(words), _small_studies(words))
    return " ".join(filter(None, (f"{outcome.rules.title}.", *answer, *more, *_trust(words), words.certainty())))


def _trust(words: Words) -> tuple[str, ...]:
    """Return what the analyses say that the protocol asks for beside the pooled effect."""
    done = [answer for answer in words.outcome.robustness.values() if not answer.why_not]
    return tuple(prose(sentence, words.style) for answer in done for sentence in answer.verdict)


def _range(results: Iterable[PooledResult], words: Words) -> str:
    """Return the smallest and the largest estimate: ``0.72 to 0.81``."""
    estimates = [result.estimate for result in results]
    return f"{words.estimate(min(estimates))} to {words.estimate(max(estimates))}{words.unit}"


def _left_out(words: Words) -> str:
    found = words.outcome.leave_one_out
    return f"Without one trial each, the estimate ranged from {_range(found.values(), words)}." if found else ""


def _sensitivity(words: Words) -> str:
    variants = words.outcome.sensitivity.values()
    alike = [one.result for one in variants if one.result.k and one.result.measure == words.outcome.rules.measure]
    if not alike:
        return ""
    if len(alike) == 1:
        return f"In one sensitivity analysis with the same measure, the estimate was {words.answer(alike[0])}."
    many = trials(len(alike)).removesuffix(" trials")
    return f"In {many} sensitivity analyses with the same measure, estimates ranged from {_range(alike, words)}."


def _subgroups(words: Words) -> str:
    tests = [
        f"{TRAITS.get(trait, trait)}, {p_value(found.p_value, words.style)}"
        for trait, found in words.outcome.subgroups.items()
        if not isnan(found.p_value)
    ]
    return f"Tests for differences between subgroups: {'; '.join(tests)}." if tests else ""


def _regressions(words: Words) -> str:
    found = [
        f"{TRAITS.get(trait, trait)}, {p_value(answer.coefficients[-1].p_value, words.style)}"
        for trait, answer in words.outcome.regressions.items()
    ]
    return f"Meta-regression: {'; '.join(found)}." if found else ""


def _small_studies(words: Words) -> str:
    found = words.outcome.small_study_effects
    if not found.offer.enough:
        return ""
    said = [test.verdict for test in found.tests.values()]
    if found.filled is not None:
        filled = words.answer(found.filled.result)
        said.append(f"Trim and fill: {found.filled.verdict} With them the estimate would be {filled}.")
    return prose(" ".join(said), words.style)
