"""A part of a forest plot that is drawn from its own top down, and put on a page when all heights are known."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal, final

from msc_meta.figures.drawing import Anchor, Circle, Item, Line, Path, Polygon, Text
from msc_meta.figures.metrics import CAP_HEIGHT, text_width, wrap
from msc_meta.figures.style import Style

MARK_SIZE, MARK_RISE, MARK_GAP = 0.72, 0.35, 0.6  # of a raised mark: its size and rise in type sizes, gap in points
Section = Literal["main", "left-out", "foot", "notes"]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """What no page break divides.

    Attributes
    ----------
    items : tuple of Item
        At heights from 0 to ``height``.
    guided : bool
        Whether the line of no effect runs behind it.
    keep : bool
        Whether it stays on one page with what follows.
    pooled : dict
        Height of the middle of the pooled row, by graph.
    again : Block or None
        The heading it stands under, to be said again where a page begins with it.
    """

    items: tuple[Item, ...]
    height: float
    section: Section
    guided: bool = False
    keep: bool = False
    pooled: dict[str, float] = field(default_factory=dict)
    again: Block | None = None


@final
@dataclass(slots=True)
class Sheet:
    """Collects items from the top down; ``y`` is how far it is filled."""

    style: Style
    items: list[Item] = field(default_factory=list)
    y: float = 0.0

    def text(
        self, gid: str, x: float, y: float, text: str, *, size: float = 0, color: str = "", anchor: Anchor = "start",
        bold: bool = False, italic: bool = False,
    ) -> None:  # fmt: skip
        """Add a line of text whose capitals are centred at height y."""
        size = size or self.style.size
        baseline = y + size * CAP_HEIGHT / 2
        self.items.append(Text(gid, x, baseline, text, size, color or self.style.ink, anchor, bold, italic))

    def mark(self, gid: str, mark: str, x: float, middle: float, color: str) -> None:
        """Add a raised mark behind a text that ends at x."""
        if mark:
            y = middle - MARK_RISE * self.style.size
            self.text(f"{gid}/mark", x + MARK_GAP, y, mark, size=MARK_SIZE * self.style.size, color=color)

    def paragraph(self, gid: str, text: str, *, left: float, right: float, color: str, mark: str = "") -> None:
        """Add running text in the small size below what is there, broken into lines; a mark hangs before it."""
        style, small = self.style, self.style.size_small
        pitch = small * style.line_height
        if mark:
            self.text(gid, left, self.y + pitch / 2 - MARK_RISE * small, mark, size=MARK_SIZE * small, color=color)
            left += max(5.0, text_width(mark, MARK_SIZE * small, style.font_family) + 1.5)
        for line in wrap(text, right - left, small, style.font_family):
            self.text(gid, left, self.y + pitch / 2, line, size=small, color=color)
            self.y += pitch

    def block(self, section: Section, *, guided: bool = False, keep: bool = False) -> Block:
        """Return what was drawn as one block."""
        return Block(items=tuple(self.items), height=self.y, section=section, guided=guided, keep=keep)


def moved(item: Item, by: float) -> Item:
    """Return an item further down."""
    if isinstance(item, Text | Circle):
        return replace(item, y=item.y + by)
    if isinstance(item, Line):
        return replace(item, y1=item.y1 + by, y2=item.y2 + by)
    assert isinstance(item, Polygon | Path)
    return replace(item, points=tuple((x, y + by) for x, y in item.points))
