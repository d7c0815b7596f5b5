"""Where everything of a forest plot stands, in points; the size of the page follows from the content.

Columns are as wide as their widest cell by measured text, the graph takes the rest of the page, long texts wrap.
Nothing overlaps because nothing has to fit a given frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import final

from msc_meta.figures.drawing import Anchor, Drawing, Item, Line, Text
from msc_meta.figures.forest_columns import (
    MARK_GAP,
    MARK_RISE,
    MARK_SIZE,
    cell_parts,
    column_gaps,
    column_widths,
    header_groups,
    label_lines,
)
from msc_meta.figures.forest_graph import Panel
from msc_meta.figures.forest_table import GRAPH, Cell, Column, ForestRow, ForestTable
from msc_meta.figures.metrics import CAP_HEIGHT, text_width, wrap
from msc_meta.figures.style import Style


def forest_drawing(table: ForestTable, style: Style, description: str = "", details: tuple[str, ...] = ()) -> Drawing:
    """Lay a forest plot out.

    Parameters
    ----------
    table : ForestTable
        What to show, see `forest_rows`.
    description, details : str and tuple of str
        Alternative text, in short and line by line.
    """
    page = _Page(table, style)
    page.header()
    main = [row for row in table.rows if row.kind in {"study", "pooled", "prediction", "sentence"}]
    page.main_block(main)
    page.left_out_block([row for row in table.rows if row not in main], table.collapsed)
    page.notes()
    return Drawing(
        name=f"forest-{table.info.name}",
        width=page.width,
        height=round(page.y + style.margin, 2),
        items=tuple(page.items),
        font_family=style.font_family,
        svg_font_families=style.svg_font_families,
        paper=style.paper,
        title=f"Forest plot: {table.info.title}" if table.info.title else "Forest plot",
        description=description,
        details=details,
    )


@final
@dataclass(slots=True)
class _Page:
    """Collects items from the top down; ``y`` is how far the page is filled."""

    table: ForestTable
    style: Style
    items: list[Item] = field(default_factory=list)
    y: float = 0.0
    left: dict[str, float] = field(default_factory=dict)
    right: dict[str, float] = field(default_factory=dict)
    width: float = 0.0
    graph_left: float = 0.0
    graph: Panel | None = None

    def __post_init__(self) -> None:
        style = self.style
        widths, gaps = column_widths(self.table, style), column_gaps(self.table, style)
        x = style.margin
        for column in self.table.texts:
            self.left[column.key], self.right[column.key] = x, x + widths[column.key]
            x += widths[column.key] + gaps[column.key]
        self.graph_left = x
        room = style.page_width - style.margin - x
        graph_width = min(max(room, style.graph_min_width), style.graph_max_width)
        self.width = round(x + graph_width + style.margin, 2)
        self.graph = Panel.of(self.table, self.table.graphs[0], x, graph_width, style)
        self.y = style.margin

    # Text

    def text(
        self, gid: str, x: float, y: float, text: str, *, size: float = 0, color: str = "", anchor: Anchor = "start",
        bold: bool = False, italic: bool = False,
    ) -> None:  # fmt: skip
        """Add a line of text whose capitals are centred at height y."""
        size = size or self.style.size
        baseline = y + size * CAP_HEIGHT / 2
        self.items.append(Text(gid, x, baseline, text, size, color or self.style.ink, anchor, bold, italic))

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

    # Header

    def header(self) -> None:
        """Add two lines of headers: arms and measure above, columns below, and a rule."""
        style, table = self.style, self.table
        pitch = style.size * style.line_height
        groups = self._group_spans()
        labels = {
            group: wrap(group, max(right - left, 0) + style.column_gap * 0.6, style.size, style.font_family, bold=True)
            for group, (left, right) in groups.items()
        }
        above = max([len(lines) for lines in labels.values()], default=1)
        last = self.y + (above - 0.5) * pitch
        for group, lines in labels.items():
            left, right = groups[group]
            for i, line in enumerate(lines):
                y = last - (len(lines) - 1 - i) * pitch
                self.text("header/header/group", (left + right) / 2, y, line, anchor="middle", bold=True)
            rule_y = last + pitch * 0.55
            self.items.append(Line("header/header/rule", left, rule_y, right, rule_y, style.ink, style.guide_width))
        below = last + pitch * 1.2
        for column in table.texts:
            right_aligned = column.align == "right"
            x = (self.right if right_aligned else self.left)[column.key]
            anchor: Anchor = "end" if right_aligned else "start"
            if column.group and not column.group_key:
                self.text("header/header/column", x, last, column.group, anchor=anchor, bold=True)
            if column.header:
                self.text("header/header/column", x, below, column.header, anchor=anchor, bold=True)
        if self.graph is not None:
            x = self.graph_left + self.graph.width / 2
            for line, y in zip(table.graphs[0].header, (last, below), strict=True):
                self.text("header/header/graph", x, y, line, anchor="middle", bold=True)
        self.y = below + pitch * 0.75
        self.rule("header/header/rule")
        self.y += style.block_gap * 0.6

    def rule(self, gid: str) -> None:
        """Add a rule across the page."""
        margin = self.style.margin
        self.items.append(Line(gid, margin, self.y, self.width - margin, self.y, self.style.ink, self.style.rule_width))

    def _group_spans(self) -> dict[str, tuple[float, float]]:
        spans: dict[str, tuple[float, float]] = {}
        for columns in header_groups(self.table).values():
            group = columns[0].group
            name = group if group not in spans else f"{group} "  # two arms of one name stay two arms
            spans[name] = (self.left[columns[0].key], self.right[columns[-1].key])
        return spans

    # Rows

    def main_block(self, rows: Sequence[ForestRow]) -> None:
        """Add the pooled studies and the answer, then the axis beside heterogeneity and test."""
        graph, style = self.graph, self.style
        top, at = self.y, len(self.items)
        pooled_y = 0.0
        plotted = any(row.kind == "study" for row in rows)
        for row in rows:
            if row.kind == "pooled":
                self.y += style.block_gap * 0.4
                pooled_y = self.y + style.row_height / 2
            if row.kind != "sentence":
                self._row(row)
        self.y += style.block_gap * 0.6
        bottom = self.y
        if graph is not None and plotted:
            self.items[at:at] = list(graph.guides(top, bottom, self.table.graphs[0].pooled, pooled_y))
            axis, bottom = graph.axis_items(self.y, self.table.graphs[0].favours)
            self.items += axis
        self.y += style.block_gap * 0.4
        right = self.graph_left - style.column_gap if plotted and graph is not None else self.width - style.margin
        for sentence in [row.reason for row in rows if row.kind == "sentence"]:
            self.paragraph("answer/answer/text", sentence, left=style.margin, right=right, color=style.ink)
        for line in self.table.summary:
            self.paragraph("summary/summary/text", line, left=style.margin, right=right, color=style.ink)
        self.y = max(self.y, bottom) + style.block_gap

    def _row(self, row: ForestRow) -> None:
        style = self.style
        left_out = row.kind == "left-out"
        color = style.muted if left_out else style.ink
        bold = row.kind == "pooled"
        gid = f"{row.kind}/{row.key}"
        middle = self.y + style.row_height / 2
        pitch = style.size * style.line_height
        label = row.cells["study"]
        lines = label_lines(label, style, bold=bold) if row.kind != "prediction" else [label.text]
        for i, line in enumerate(lines):
            y = middle + i * pitch
            self.text(f"{gid}/label", self.left["study"], y, line, color=color, bold=bold)
        end = self.left["study"] + text_width(lines[-1], style.size, style.font_family, bold=bold)
        deepest = middle + (len(lines) - 1) * pitch
        self._mark(gid, label.mark, end, deepest, color)
        deepest = max(deepest, self._cells(row, gid, middle, color, bold=bold))
        self._glyph(row, gid, middle)
        below = deepest + style.row_height / 2
        self.y = max(below, self._reason(row, gid, middle, below)) if row.reason else below

    def _cells(self, row: ForestRow, gid: str, middle: float, color: str, *, bold: bool) -> float:
        """Add the cells after the study's name; return the middle of their last line."""
        style, deepest = self.style, middle
        for column in self.table.texts[1:]:
            if (cell := row.cells.get(column.key)) is None:
                continue
            size = style.size if cell.span == 1 else style.size_small
            for i, line in enumerate(self._cell_lines(column, cell)):
                y = middle + i * style.size_small * style.line_height
                deepest = max(deepest, y)
                self.text(f"{gid}/{column.key}", self.right[column.key], y, line,
                          size=size, color=color, anchor="end", bold=bold)  # fmt: skip
            self._mark(gid, cell.mark, self.right[column.key], middle, color)
        return deepest

    def _cell_lines(self, column: Column, cell: Cell) -> list[str]:
        """Return one line, or two for a cell that is wider than its columns: a median, and its quartiles below."""
        keys = [known.key for known in self.table.texts]
        first = keys[keys.index(column.key) - cell.span + 1]
        width = text_width(cell.text, self.style.size_small, self.style.font_family)
        if cell.span == 1 or width <= self.right[column.key] - self.left[first] + 0.01:
            return [cell.text]
        return cell_parts(cell)

    def _mark(self, gid: str, mark: str, x: float, middle: float, color: str) -> None:
        if mark:
            y = middle - MARK_RISE * self.style.size
            self.text(f"{gid}/mark", x + MARK_GAP, y, mark, size=MARK_SIZE * self.style.size, color=color)

    def _glyph(self, row: ForestRow, gid: str, y: float) -> None:
        plotted = row.plotted.get(GRAPH)
        if self.graph is None or plotted is None:
            return
        if row.kind == "study":
            self.items += self.graph.study(gid, plotted.effect, plotted.weight, y)
        elif row.kind == "pooled":
            self.items += self.graph.pooled(gid, plotted.effect, y)
        elif row.kind == "prediction":
            self.items += self.graph.prediction(gid, plotted.effect, y)
        else:
            self.items += self.graph.left_out(gid, plotted.effect, y)

    def _reason(self, row: ForestRow, gid: str, middle: float, below: float) -> float:
        """Add the reason at the first free place: right of the cells, or below them where the graph is taken."""
        style, small = self.style, self.style.size_small
        pitch = small * style.line_height
        if row.plotted:
            left, right = self.left["study"] + style.size, self.graph_left - style.column_gap
            first = below - style.row_height / 2 + style.size * 0.5 + pitch / 2
        else:
            left = self.graph_left if "effect" in row.cells else self.left["weight"]
            right, first = self.width - style.margin, middle
        lines = wrap(row.reason, right - left, small, style.font_family)
        for i, line in enumerate(lines):
            self.text(f"{gid}/reason", left, first + i * pitch, line, size=small, color=style.muted)
        return first + (len(lines) - 1) * pitch + (pitch / 2 + 2 if row.plotted else style.row_height / 2)

    def left_out_block(self, rows: Sequence[ForestRow], collapsed: Sequence[str]) -> None:
        """Add, in grey, the studies that are not in the pooled estimate, each with its reason."""
        if not rows and not collapsed:
            return
        style, graph = self.style, self.graph
        self.items.append(
            Line("heading/left-out/rule", style.margin, self.y, self.width - style.margin, self.y,
                 style.guide, style.guide_width)
        )  # fmt: skip
        self.y += style.block_gap * 0.6
        heading = style.texts["left_out"]
        self.text("heading/left-out/label", style.margin, self.y + style.row_height / 2, heading,
                  color=style.muted, bold=True)  # fmt: skip
        self.y += style.row_height
        top, at = self.y, len(self.items)
        guide_bottom = top
        for row in rows:
            self._row(row)
            if row.plotted:
                guide_bottom = self.y
        if graph is not None and guide_bottom > top:
            line = Line("null/left-out/line", graph.null, top, graph.null, guide_bottom, style.guide,
                        style.guide_width, (1.2, 2.0))  # fmt: skip
            self.items.insert(at, line)
        self.y += style.block_gap * 0.4
        for text in collapsed:
            self.paragraph("collapsed/collapsed/text", text, left=style.margin,
                           right=self.width - style.margin, color=style.muted)  # fmt: skip
        self.y += style.block_gap * 0.6

    def notes(self) -> None:
        """Add notes and footnotes below everything."""
        style = self.style
        left, right = style.margin, self.width - style.margin
        if self.table.notes or self.table.footnotes:
            self.y += style.block_gap * 0.4
        for note in self.table.notes:
            self.paragraph("note/note/text", note, left=left, right=right, color=style.ink)
        for mark, text in self.table.footnotes:
            self.paragraph("footnote/footnote/text", text, left=left, right=right, color=style.ink, mark=mark)
