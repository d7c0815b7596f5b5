"""A figure as data: texts, lines and shapes at fixed places in points, which every renderer draws alike.

The origin is the top left corner and y grows downwards, as in SVG. Nothing here knows a file format or a statistic.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal, NamedTuple, final

from msc_meta.figures.fonts import advance, family_for
from msc_meta.figures.metrics import ASCENT, DESCENT, text_width

Anchor = Literal["start", "middle", "end"]


class Box(NamedTuple):
    """A rectangle; top is less than bottom."""

    left: float
    top: float
    right: float
    bottom: float

    def grown(self, by: float) -> Box:
        """Return the rectangle with a margin around it."""
        return Box(self.left - by, self.top - by, self.right + by, self.bottom + by)

    def inside(self, other: Box) -> bool:
        """Whether this rectangle lies within another."""
        return (
            other.left <= self.left
            and other.top <= self.top
            and self.right <= other.right
            and self.bottom <= other.bottom
        )

    def overlaps(self, other: Box, slack: float = 0.0) -> bool:
        """Whether two rectangles share more than ``slack`` points in both directions."""
        return (
            min(self.right, other.right) - max(self.left, other.left) > slack
            and min(self.bottom, other.bottom) - max(self.top, other.top) > slack
        )


@final
@dataclass(frozen=True, slots=True)
class Text:
    """One line of text; ``x`` is where its ``anchor`` lies, ``y`` its baseline.

    Text that is ``turned`` reads upwards: its baseline stands at ``x``, and its anchor at ``y``.
    """

    gid: str
    x: float
    y: float
    text: str
    size: float
    color: str
    anchor: Anchor = "start"
    bold: bool = False
    italic: bool = False
    turned: bool = False

    @property
    def level(self) -> Text:
        """A turned text before it is turned, with its anchor at the origin."""
        return replace(self, x=0.0, y=0.0, turned=False)

    @property
    def needs_shaping(self) -> bool:
        """Whether characters must be ordered, joined or stacked: right-to-left scripts, combining marks."""
        return not self.text.isascii() and any(
            unicodedata.bidirectional(c) in {"R", "AL", "AN"} or unicodedata.category(c)[0] == "M" for c in self.text
        )

    def missing(self, family: str) -> set[str]:
        """Return the characters that the font does not have."""
        if self.text.isascii():
            return set()
        return {
            character
            for character in self.text
            if not character.isspace() and advance(character, family, self.bold, self.italic) is None
        }

    def runs(self, family: str) -> Iterator[tuple[Text, str]]:
        """Yield the text in parts of one font each with the family, at the places they were laid out for.

        A character that no font has is a part of its own, because the box in its place is narrower than its room.
        Text that needs shaping stays whole where one font can show it, since its parts may change places.
        """
        missing = self.missing(family)
        if not missing:
            yield self, family
            return
        if self.turned:
            for piece, its_family in self.level.runs(family):
                yield replace(piece, x=self.x, y=self.y - piece.x, turned=True), its_family
            return
        shown = {character: family_for(character, family, bold=self.bold, italic=self.italic) for character in missing}
        if self.needs_shaping and (whole := self._font_of_all(set(shown.values()) - {None})):
            yield self, whole
            return
        x = self.box(family).left
        for other, run in groupby(self.text, lambda character: shown.get(character, family)):
            for part in ["".join(run)] if other else run:
                yield replace(self, x=x, text=part, anchor="start"), other or family
                x += text_width(part, self.size, family, bold=self.bold, italic=self.italic)

    def _font_of_all(self, families: set[str | None]) -> str | None:
        """Return the first of some families that has every character of the text; None if none has."""
        return next((name for name in sorted(filter(None, families)) if not self.missing(name)), None)

    def box(self, family: str) -> Box:
        """Return the rectangle the text needs."""
        width = text_width(self.text, self.size, family, bold=self.bold, italic=self.italic)
        before = {"start": 0.0, "middle": width / 2, "end": width}[self.anchor]
        if self.turned:
            top = self.y + before - width
            return Box(self.x - ASCENT * self.size, top, self.x + DESCENT * self.size, top + width)
        left = self.x - before
        return Box(left, self.y - ASCENT * self.size, left + width, self.y + DESCENT * self.size)


@final
@dataclass(frozen=True, slots=True)
class Line:
    """A straight line; ``dash`` is on and off in points, empty for a solid one."""

    gid: str
    x1: float
    y1: float
    x2: float
    y2: float
    color: str
    width: float
    dash: tuple[float, ...] = ()


@final
@dataclass(frozen=True, slots=True)
class Polygon:
    """A closed shape; ``fill`` or ``stroke`` may be empty."""

    gid: str
    points: tuple[tuple[float, float], ...]
    fill: str = ""
    stroke: str = ""
    width: float = 0.0


@final
@dataclass(frozen=True, slots=True)
class Circle:
    """A circle around x, y; ``fill`` or ``stroke`` may be empty."""

    gid: str
    x: float
    y: float
    radius: float
    fill: str = ""
    stroke: str = ""
    width: float = 0.0


@final
@dataclass(frozen=True, slots=True)
class Path:
    """An open line through several points, at least two; ``dash`` runs on around its corners."""

    gid: str
    points: tuple[tuple[float, float], ...]
    color: str
    width: float
    dash: tuple[float, ...] = ()


Item = Text | Line | Polygon | Circle | Path


@final
@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure ready to be drawn.

    Attributes
    ----------
    name : str
        Short and unique among the figures of a page; ids in SVG begin with it.
    width, height : float
        Size in points (1/72 inch).
    items : tuple
        In drawing order; later ones lie on top.
    title, description : str
        For people who can not see the figure, and for the file's metadata.
    details : tuple of str
        What the description leaves out, a line each; written with it as the alternative text of the figure.
    caption : str
        What a journal prints below the figure, written from the analysis; empty where there is none yet.
    data : tuple of tuple of str
        The numbers of the figure as a table, the header first, for screen readers and as CSV.
    pages : tuple of Drawing
        What a PDF shows in place of one tall page; empty where one page is enough.
    """

    name: str
    width: float
    height: float
    items: tuple[Item, ...]
    font_family: str
    svg_font_families: str
    paper: str
    title: str
    description: str
    details: tuple[str, ...] = ()
    caption: str = ""
    data: tuple[tuple[str, ...], ...] = ()
    pages: tuple[Drawing, ...] = ()

    @property
    def texts(self) -> tuple[Text, ...]:
        """All texts, in drawing order."""
        return tuple(item for item in self.items if isinstance(item, Text))

    @property
    def missing_glyphs(self) -> str:
        """Characters the font does not have; another font of this machine shows them, or a box where none has them."""
        return "".join(sorted(set().union(*(text.missing(self.font_family) for text in self.texts))))


def square(gid: str, x: float, y: float, side: float, *, fill: str, stroke: str = "", width: float = 0.0) -> Polygon:
    """Return a square with its middle at x, y."""
    h = side / 2
    return Polygon(gid, ((x - h, y - h), (x + h, y - h), (x + h, y + h), (x - h, y + h)), fill, stroke, width)
