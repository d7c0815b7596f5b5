"""Footnotes of a forest plot, and the lines that name the studies without numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, final

from msc_meta.effects.rows import StudyRow
from msc_meta.figures.style import Style
from msc_meta.figures.text import clean


class Footnote(NamedTuple):
    """A sentence below the table and the mark that leads to it."""

    mark: str
    text: str


@final
class Footnotes:
    """Gives letters to sentences as they are met; the same sentence keeps its letter.

    Examples
    --------
    >>> notes = Footnotes("†")
    >>> notes.marks_for(("read in a review",)), notes.marks_for(("Read in a review.",))
    ('a', 'a')
    >>> notes.listed()
    (Footnote(mark='a', text='Read in a review.'),)
    """

    def __init__(self, converted_mark: str) -> None:
        self._converted_mark = converted_mark
        self._letters: dict[str, str] = {}
        self._conversions: dict[str, list[str]] = {}

    def marks_for(self, sentences: Sequence[str]) -> str:
        """Return the letters of a study's sentences, joined by commas."""
        kept = [_sentence(sentence) for sentence in sentences if sentence.strip()]
        letters = {self._letters.setdefault(sentence, _letter(len(self._letters))) for sentence in kept}
        return ",".join(sorted(letters, key=lambda letter: (len(letter), letter)))

    def conversion(self, text: str, label: str) -> str:
        """Note how a study's numbers were converted and return the mark."""
        self._conversions.setdefault(clean(text), []).append(label)
        return self._converted_mark

    def listed(self) -> tuple[Footnote, ...]:
        """Return all footnotes: conversions first, then letters in the order of the rows."""
        several = len(self._conversions) > 1
        conversions = [
            Footnote(self._converted_mark, _sentence(f"{', '.join(labels)}: {text}" if several else text))
            for text, labels in self._conversions.items()
        ]
        return (*conversions, *(Footnote(letter, text) for text, letter in self._letters.items()))


def collapsed_lines(rows: Sequence[StudyRow], style: Style) -> tuple[str, ...]:
    """Return one line per reason that names the studies without any number: ``No data (not seen): A, B``."""
    groups: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        groups.setdefault((row.standing, clean(row.reason)), []).append(clean(row.label or row.study))
    order = sorted(groups.items(), key=lambda group: group[0][0] == "not eligible")
    lines = []
    for (standing, reason), labels in order:
        word = style.texts["no_data" if standing == "no data" else "not_eligible"]
        lines.append(f"{word}{f' ({reason})' if reason else ''}: {', '.join(labels)}.")
    return tuple(lines)


def _sentence(text: str) -> str:
    """Return text with a capital and a full stop."""
    text = clean(text)
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def _letter(index: int) -> str:
    letters = "abcdefghijklmnopqrstuvwxyz"
    return (
        letters[index] if index < len(letters) else _letter(index // len(letters) - 1) + letters[index % len(letters)]
    )
