"""The head of a forest plot: names of columns, of arms and of outcomes above them, and the rule below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from msc_meta.figures.drawing import Item, Line, Text
from msc_meta.figures.forest_columns import Places, header_groups, header_lines
from msc_meta.figures.forest_sheet import Sheet, moved
from msc_meta.figures.forest_table import Column, ForestTable, Graph
from msc_meta.figures.metrics import CAP_HEIGHT, wrap
from msc_meta.figures.style import Style

if TYPE_CHECKING:
    from msc_meta.figures.forest_graph import Panel

GROUP_STEP = 1.2  # lines from a shared header down to the columns' own


def header(
    table: ForestTable, places: Places, panels: Mapping[str, Panel], style: Style, continued: str = ""
) -> tuple[list[Item], float]:
    """Return the head at the top of a page, and where it ends.

    It is set from the rule upwards, so that headers of different height end on one line.

    Parameters
    ----------
    continued : str
        What stands above all on a later page.
    """
    pitch = style.size * style.line_height
    sheet = Sheet(style)
    groups = header_groups(table)
    grouped = [column for columns in groups.values() for column in columns]
    deepest = max((len(_lines(column, places, style)) for column in grouped), default=1)
    for column in table.columns:
        if isinstance(column, Graph):
            _graph(sheet, column, places, panels, style)
        else:
            _column(sheet, column, places, style)
    shared = -(deepest - 1) * pitch - GROUP_STEP * pitch
    for columns in groups.values():
        _spanning(sheet, columns[0].group, places.span(columns), shared, "group")
    titled = _titled(table)
    above = _top(sheet) - 1.4 * pitch
    for graph, panel in titled:
        _spanning(sheet, graph.title, places.span(panel), above, "title")
    if continued:
        y = _top(sheet) - 1.6 * pitch
        sheet.text("header/header/continued", style.margin, y, continued, size=style.size_small,
                   color=style.muted, italic=True)  # fmt: skip
    down = style.margin + pitch / 2 - _top(sheet)
    bottom = down + 0.75 * pitch
    ends = style.margin, places.width - style.margin
    rule = Line("header/header/rule", ends[0], bottom, ends[1], bottom, style.ink, style.rule_width)
    return [*(moved(item, down) for item in sheet.items), rule], bottom + style.block_gap * 0.6


def _top(sheet: Sheet) -> float:
    """Return the middle of the highest line of text so far."""
    return min((item.y - CAP_HEIGHT * item.size / 2 for item in sheet.items if isinstance(item, Text)), default=0.0)


def _lines(column: Column, places: Places, style: Style) -> list[str]:
    return header_lines(column, style, places.right[column.key] - places.left[column.key])


def _column(sheet: Sheet, column: Column, places: Places, style: Style) -> None:
    """Add the header of one column; the line above a header of its own keeps the height of shared ones."""
    pitch = style.size * style.line_height
    lines = _lines(column, places, style)
    own = len(lines) if column.group_key or not column.group else len(
        header_lines(Column(column.key, column.header), style, places.right[column.key] - places.left[column.key])
    )  # fmt: skip
    x, anchor = places.anchor(column)
    for i, line in enumerate(reversed(lines)):
        y = -i * pitch - ((GROUP_STEP - 1) * pitch if i >= own else 0.0)
        sheet.text("header/header/column", x, y, line, anchor=anchor, bold=True)


def _graph(sheet: Sheet, graph: Graph, places: Places, panels: Mapping[str, Panel], style: Style) -> None:
    """Add the measure and how it was pooled, unless the style has them below; the directions, if it has them here."""
    panel = panels.get(graph.key)
    if panel is None:
        return
    pitch, y = style.size * style.line_height, 0.0
    if style.favours_place == "above":
        texts = panel.favours(graph.favours, 0.0, upwards=True)
        sheet.items += texts
        y = min(text.y for text in texts) - GROUP_STEP * pitch
    if style.measure_place == "above":
        x, width = (panel.left + panel.right) / 2, panel.width + style.column_gap
        for line in reversed(graph.header):
            for part in reversed(wrap(line, width, style.size, style.font_family, bold=True)):
                sheet.text("header/header/graph", x, y, part, anchor="middle", bold=True)
                y -= pitch
            y -= (GROUP_STEP - 1) * pitch


def _spanning(sheet: Sheet, text: str, ends: tuple[float, float], y: float, part: str) -> None:
    """Add a text over several columns, with a rule below it; its last line stands at y."""
    style = sheet.style
    left, right = ends
    pitch = style.size * style.line_height
    lines = wrap(text, right - left + style.column_gap * 0.6, style.size, style.font_family, bold=True)
    for i, line in enumerate(reversed(lines)):
        sheet.text(f"header/header/{part}", (left + right) / 2, y - i * pitch, line, anchor="middle", bold=True)
    rule = y + 0.55 * pitch
    sheet.items.append(Line("header/header/rule", left, rule, right, rule, style.ink, style.guide_width))


def _titled(table: ForestTable) -> list[tuple[Graph, Sequence[Column | Graph]]]:
    """Return the graphs with a title, and the columns from the first to the last of their panel."""
    found: list[tuple[Graph, Sequence[Column | Graph]]] = []
    for graph in table.graphs:
        if graph.title:
            places = [
                i
                for i, column in enumerate(table.columns)
                if column.key == graph.key or (isinstance(column, Column) and column.panel == graph.key)
            ]
            together = all(b - a == 1 for a, b in pairwise(places))
            found.append((graph, table.columns[places[0] : places[-1] + 1] if together else (graph,)))
    return found
