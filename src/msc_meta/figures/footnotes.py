"""Footnotes of a forest plot, and the lines that name the studies without numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from string import ascii_lowercase
from typing import NamedTuple, final

from msc_meta.effects.rows import StudyRow
from msc_meta.figures.style import Style
from msc_meta.figures.text import clean, prose

WORD = re.compile(r"[a-z]*[aeiouy][a-z]*(?=\.?(?:\s|$)|[,:;-])")  # no unit: mg, kPa and h are none


class Footnote(NamedTuple):
    """A sentence below the table and the mark that leads to it."""

    mark: str
    text: str


@final
class Footnotes:
    """Gives letters to sentences and daggers to conversions as they are met; the same one keeps its mark.

    Examples
    --------
    >>> from msc_meta.figures.style import load_style
    >>> notes = Footnotes(load_style())
    >>> notes.letters(("read in a review",)), notes.letters(("Read in a review.",))
    ('a', 'a')
    >>> notes.daggers(("count from a percentage",))
    '†'
    >>> notes.listed()
    (Footnote(mark='†', text='Count from a percentage.'), Footnote(mark='a', text='Read in a review.'))
    """

    def __init__(self, style: Style) -> None:
        self._style = style
        self._sentences: list[str] = []
        self._conversions: list[str] = []

    def letters(self, sentences: Sequence[str]) -> str:
        """Return the letters of a study's sentences, in alphabetical order, joined by commas."""
        return ",".join(_letter(place) for place in _places(sentences, self._sentences))

    def daggers(self, steps: Sequence[str]) -> str:
        """Return the marks of the steps by which numbers were converted, joined by commas."""
        return ",".join(self._dagger(place) for place in _places(steps, self._conversions))

    def listed(self) -> tuple[Footnote, ...]:
        """Return all footnotes: conversions first, then letters, each in the order of the rows."""
        marked = [(self._dagger(place), text) for place, text in enumerate(self._conversions)]
        marked += [(_letter(place), text) for place, text in enumerate(self._sentences)]
        return tuple(Footnote(mark, prose(text, self._style)) for mark, text in marked)

    def _dagger(self, place: int) -> str:
        """Return the mark of a place: one of the daggers, doubled when they are used up."""
        daggers = self._style.daggers
        times, which = divmod(place, len(daggers))
        return daggers[which] * (times + 1)


def _places(texts: Sequence[str], known: list[str]) -> list[int]:
    """Return the places of texts among the known ones, in ascending order; a new one is added at the end."""
    sentences = [_sentence(text) for text in texts if text.strip()]
    known += [sentence for sentence in dict.fromkeys(sentences) if sentence not in known]
    return sorted({known.index(sentence) for sentence in sentences})


def collapsed_lines(rows: Sequence[StudyRow], style: Style) -> tuple[str, ...]:
    """Return one line per reason that names the studies without any number: ``No data (not seen): A, B``."""
    groups: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        groups.setdefault((row.standing, prose(row.reason, style)), []).append(clean(row.label or row.study))
    order = sorted(groups.items(), key=lambda group: group[0][0] == "not eligible")
    lines = []
    for (standing, reason), labels in order:
        word = style.texts["no_data" if standing == "no data" else "not_eligible"]
        lines.append(f"{word}{f' ({reason})' if reason else ''}: {', '.join(labels)}.")
    return tuple(lines)


def _sentence(text: str) -> str:
    """Return text with a full stop, and with a capital where it begins with a word: ``kPa`` stays as it is."""
    text = clean(text)
    if WORD.match(text):
        text = text[0].upper() + text[1:]
    return text + ("" if text.endswith((".", "!", "?")) else ".")


def _letter(place: int) -> str:
    """Return a, b, ... z, aa, ab, ..."""
    before, which = divmod(place, len(ascii_lowercase))
    return (_letter(before - 1) if before else "") + ascii_lowercase[which]
