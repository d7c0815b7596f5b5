"""Blocks of a forest plot, one below the other: on one page as tall as they are, or on several of a given height."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, final

from msc_meta.figures.drawing import Item, Line
from msc_meta.figures.forest_sheet import Block, moved
from msc_meta.figures.style import Style

if TYPE_CHECKING:
    from msc_meta.figures.forest_graph import Panel

Header = Callable[[str], tuple[list[Item], float]]


@final
@dataclass(frozen=True, slots=True)
class Stack:
    """Puts blocks below a header and draws what runs behind them: bands, the line of no effect, the pooled line."""

    header: Header
    panels: Mapping[str, Panel]
    style: Style

    def page(self, blocks: Sequence[Block], *, continued: str = "", more: bool = False) -> tuple[list[Item], float]:
        """Return the items of a page, and the height they need; ``more`` of the studies follow on the next one."""
        head, y = self.header(continued)
        behind: list[Item] = []
        items: list[Item] = []
        for (section, guided), run in groupby(blocks, key=lambda block: (block.section, block.guided)):
            top, pooled = y, dict[str, float]()
            for block in run:
                items += [moved(item, y) for item in block.items]
                pooled |= {key: y + at for key, at in block.pooled.items() if key not in pooled}
                y += block.height
            if guided:
                behind += self._guides(section, top, y, pooled, last=not more)
        if more and blocks and blocks[-1].section == "main":
            y += self.style.block_gap * 0.6
            axes = [panel.axis_items(y, whole=False) for panel in self.panels.values()]
            items += [item for axis, _ in axes for item in axis]
            y = max([y, *(end for _, end in axes)])
        return [*behind, *head, *items], y

    def _guides(
        self, section: str, top: float, bottom: float, pooled: Mapping[str, float], *, last: bool
    ) -> list[Item]:
        style = self.style
        if section == "left-out":
            return [
                Line(
                    "null/left-out/line",
                    panel.null,
                    top,
                    panel.null,
                    bottom,
                    style.guide,
                    style.guide_width,
                    (1.2, 2.0),
                )
                for panel in self.panels.values()
            ]
        bottom += style.block_gap * 0.6  # down to the axis
        found: list[Item] = []
        for key, panel in self.panels.items():
            found += panel.band(top, bottom)
            found.append(panel.null_line(top, bottom))
            line = panel.pooled_line(top, pooled.get(key, bottom))
            if line is not None and (key in pooled or not last):
                found.append(line)
        return found

    def pages(self, blocks: Sequence[Block], height: float, continued: str) -> list[list[Block]]:
        """Return the blocks by page: no block divided, those that keep together on one page, the axis on each."""
        axis = max((panel.axis_items(0.0, whole=False)[1] for panel in self.panels.values()), default=0.0)
        room = height - self.style.margin
        pages: list[list[Block]] = [[]]
        filled = self.header("")[1]
        for chunk in _chunks(blocks):
            needed = sum(block.height for block in chunk)
            reserve = 0.0 if chunk[-1].section != "main" else axis + self.style.block_gap
            if pages[-1] and filled + needed + reserve > room:
                pages.append([])
                filled = self.header(continued)[1]
                if (heading := chunk[0].again) is not None:
                    pages[-1].append(heading)
                    filled += heading.height
            pages[-1] += chunk
            filled += needed
        return pages


def _chunks(blocks: Sequence[Block]) -> list[list[Block]]:
    """Return blocks in groups that no page break divides."""
    chunks: list[list[Block]] = [[]]
    for block in blocks:
        chunks[-1].append(block)
        if not block.keep:
            chunks.append([])
    return [chunk for chunk in chunks if chunk]
