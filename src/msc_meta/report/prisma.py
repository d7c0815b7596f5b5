"""The checklist of PRISMA 2020, filled in: where each item is reported, and which items are for the authors."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, final

from msc_meta.report.outcome_words import listed, title_within

if TYPE_CHECKING:
    from msc_meta.synthesis import OutcomeSynthesis, Synthesis

ITEMS: Final = Path(__file__).parent / "prisma_2020.toml"
AUTHORS: Final = "for the authors"


@final
@dataclass(frozen=True, slots=True)
class ChecklistItem:
    """An item of the checklist.

    Parameters
    ----------
    item : str
        Its number: ``13a``.
    topic : str
        What it is about.
    text : str
        What to report, in short words of our own [1]_.
    where : str
        Where it is reported; ``for the authors`` where nothing of it follows from records and protocol.

    References
    ----------
    .. [1] Page, McKenzie, Bossuyt et al. (2021). BMJ 372, n71.
    """

    item: str
    topic: str
    text: str
    where: str


def checklist(synthesis: Synthesis) -> tuple[ChecklistItem, ...]:
    """Return all 27 items of PRISMA 2020 with their parts, each with the place where it is reported.

    Examples
    --------
    >>> import msc_meta as mm
    >>> items = checklist(mm.synthesize(mm.load_studies("studies/")))
    >>> [item.where for item in items if item.item in ("12", "15")]
    ['Methods: Effect measures', 'for the authors']
    """
    return tuple(
        ChecklistItem(found["number"], found["topic"], found["text"], _where(found.get("place"), synthesis))
        for found in _items()
    )


@cache
def _items() -> tuple[dict[str, Any], ...]:
    return tuple(tomllib.loads(ITEMS.read_text(encoding="utf-8"))["item"])


def _where(place: str | None, synthesis: Synthesis) -> str:
    if place is None:
        return AUTHORS
    if place in PLAIN:
        return PLAIN[place]
    return ASKED[place](synthesis) or AUTHORS


def _for(synthesis: Synthesis, where: str, done: Callable[[OutcomeSynthesis], object]) -> str:
    """Return the place with the outcomes it is about, where that is not all of them; empty for none."""
    found = [outcome for outcome in synthesis.values() if done(outcome)]
    if not found or len(found) == len(synthesis):
        return where if found else ""
    return f"{where}, for {listed(map(title_within, found))}"


def _explored(outcome: OutcomeSynthesis) -> bool:
    return bool(outcome.subgroups or outcome.regressions)


def _risk_of_bias(synthesis: Synthesis, where: str) -> str:
    return where if any(study.risk_of_bias for study in synthesis.studies) else ""


def _searched(synthesis: Synthesis) -> str:
    """Return where sources and days of the searches are, as far as they are known."""
    if synthesis.screening is None:
        return ""
    from msc_meta.flow.counts import searches

    named = searches(synthesis.screening.numbers)
    complete = all(source.searched is not None for source in named)
    return f"Caption of the flow diagram{'' if complete else ' (some days are not stated)'}" if named else ""


def _flow(synthesis: Synthesis) -> str:
    if synthesis.screening is None:
        return ""
    unsaid = sum(n is None for n in synthesis.flow.counts.values())
    return "Results: Selection of studies; flow diagram" + (
        f" ({unsaid} of its numbers are not stated)" if unsaid else ""
    )


def _missing_results(outcome: OutcomeSynthesis) -> bool:
    return outcome.small_study_effects.offer.enough and bool(outcome.small_study_effects.tests)


PLAIN: Final = {
    "eligibility": "Methods: Eligibility",
    "outcomes": "Methods: Outcomes",
    "measures": "Methods: Effect measures",
    "preparation": "Methods: Preparation of data",
    "display": "Forest and funnel plots, tables of results",
    "model": "Methods: Synthesis, Heterogeneity, Software",
    "small_studies": "Methods: Small-study effects",
    "characteristics": "Table of study characteristics",
    "results": "Results; table of results",
    "protocol": "Methods: Software (settings of the synthesis); the review's own protocol is for the authors",
    "availability": "Methods: Software (program, versions, fingerprints); where files are kept is for the authors",
}
"""Places that every report has."""
ASKED: Final[dict[str, Callable[[Synthesis], str]]] = {
    "sources": _searched,
    "flow": _flow,
    "left_out": lambda synthesis: (
        "Table of studies that are not pooled, with reasons"
        + ("; flow diagram" if synthesis.screening is not None else "")
    ),
    "risk_of_bias_methods": lambda synthesis: _risk_of_bias(
        synthesis, "Methods: Risk of bias and certainty (published judgements); own judgements are for the authors"
    ),
    "risk_of_bias": lambda synthesis: _risk_of_bias(synthesis, "Table of risk of bias"),
    "studies": lambda synthesis: _for(synthesis, "Forest plots and tables of studies", lambda one: one.pooled),
    "exploration": lambda synthesis: _for(synthesis, "Methods: Heterogeneity", _explored),
    "exploration_results": lambda synthesis: _for(synthesis, "Results; tables of subgroups and regressions", _explored),
    "sensitivity": lambda synthesis: _for(synthesis, "Methods: Robustness", lambda one: one.sensitivity),
    "sensitivity_results": lambda synthesis: _for(
        synthesis, "Table of sensitivity analyses", lambda one: one.sensitivity
    ),
    "certainty_methods": lambda synthesis: _for(
        synthesis, "Methods: Risk of bias and certainty", lambda one: one.rules.certainty
    ),
    "certainty": lambda synthesis: _for(synthesis, "Results; table of results", lambda one: one.rules.certainty),
    "small_studies_results": lambda synthesis: _for(synthesis, "Results", _missing_results),
}
"""Places that depend on what was done."""
