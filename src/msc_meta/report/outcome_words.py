"""Sentences on several outcomes: said once where the same holds for all, else for the outcomes it holds for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from msc_meta.records.study import QUANTITIES

if TYPE_CHECKING:
    from msc_meta.synthesis import OutcomeSynthesis

SMALL_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def title_within(outcome: OutcomeSynthesis) -> str:
    """Return an outcome's title for the middle of a sentence; one of the review's own stays as the protocol has it.

    Examples
    --------
    >>> import msc_meta as mm
    >>> [title_within(outcome) for outcome in mm.synthesize(mm.load_studies("studies/")).values()]
    ['all-cause mortality', 'PaO2/FiO2', 'length of hospital stay']
    """
    title = outcome.rules.title
    word = title.partition(" ")[0]
    return title[0].lower() + title[1:] if outcome.name in QUANTITIES and word[1:].islower() else title


def listed(words: Iterable[str], last: str = "and") -> str:
    """Return words as a list in a sentence.

    Examples
    --------
    >>> listed(["a", "b", "c"]), listed(["a", "b"], "or"), listed(["a"])
    ('a, b and c', 'a or b', 'a')
    """
    *first, final = words
    return f"{', '.join(first)} {last} {final}" if first else final


def trials(count: int) -> str:
    """Return a number of trials in words.

    Examples
    --------
    >>> trials(1), trials(4), trials(12)
    ('one trial', 'four trials', '12 trials')
    """
    number = SMALL_NUMBERS[count] if count < len(SMALL_NUMBERS) else str(count)
    return f"{number} {'trial' if count == 1 else 'trials'}"


def capital(text: str) -> str:
    """Return a sentence with a capital at its beginning; the rest stays as it is."""
    return text[:1].upper() + text[1:]


def by_outcome(outcomes: Iterable[OutcomeSynthesis], clause: Callable[[OutcomeSynthesis], str]) -> tuple[str, ...]:
    """Return what ``clause`` says of each outcome as sentences; outcomes of which it says the same share one.

    Parameters
    ----------
    outcomes : iterable of OutcomeSynthesis
    clause : callable
        Returns what holds for an outcome, beginning in lower case and without a full stop; empty where nothing does.

    Examples
    --------
    >>> import msc_meta as mm
    >>> outcomes = mm.synthesize(mm.load_studies("studies/")).values()
    >>> by_outcome(outcomes, lambda outcome: "one rule held")
    ('One rule held.',)
    >>> by_outcome(outcomes, lambda outcome: f"the measure was {outcome.rules.measure}")[1]
    'For PaO2/FiO2 and length of hospital stay, the measure was MD.'
    """
    outcomes = tuple(outcomes)
    groups: dict[str, list[str]] = {}
    for outcome in outcomes:
        if said := clause(outcome):
            groups.setdefault(said, []).append(title_within(outcome))
    return tuple(
        f"{capital(said)}." if len(titles) == len(outcomes) else f"For {listed(titles)}, {said}."
        for said, titles in groups.items()
    )
