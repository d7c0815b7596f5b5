"""The rows of a forest plot, each as a block: its texts, its marks, its traffic lights, what it plots, its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, final

from msc_meta.figures.drawing import Circle
from msc_meta.figures.forest_columns import (
    BOLD,
    LIGHT,
    RUNNING,
    Places,
    cell_lines,
    cell_parts,
    free_keys,
    label_lines,
    label_size,
)
from msc_meta.figures.forest_sheet import Block, Sheet
from msc_meta.figures.forest_table import LABEL, Cell, Column, ForestRow, ForestTable, Graph
from msc_meta.figures.metrics import CAP_HEIGHT, SLACK, text_width, wrap
from msc_meta.figures.style import Style

if TYPE_CHECKING:
    from msc_meta.figures.forest_graph import Panel


@final
@dataclass(frozen=True, slots=True)
class RowWriter:
    """Draws rows into the columns of a table."""

    table: ForestTable
    places: Places
    panels: Mapping[str, Panel]
    style: Style

    def block(self, row: ForestRow, *, first_pooled: bool = False) -> Block:
        """Return one row; a little space stands above the total of all studies."""
        style = self.style
        sheet = Sheet(style)
        if first_pooled:
            sheet.y = style.block_gap * 0.4
        middle = sheet.y + style.row_height / 2
        gid = f"{row.kind}/{row.key.replace('/', '-')}"
        color = style.muted if row.kind == "left-out" else style.ink
        deepest = max(self._label(sheet, row, gid, middle, color), self._cells(sheet, row, gid, middle, color))
        for key, plotted in row.plotted.items():
            if (panel := self.panels.get(key)) is not None:
                part = gid if len(self.panels) == 1 else f"{gid}/{key}"
                sheet.items += panel.draw(part, plotted, middle, color, subtotal=row.kind == "subtotal")
        sheet.y = deepest + style.row_height / 2
        if row.reason:
            self._reason(sheet, row, gid, middle)
        block = sheet.block("left-out" if row.kind == "left-out" else "main", guided=row.kind != "left-out")
        if row.kind == "left-out":
            return replace(block, guided=bool(row.plotted))
        if row.kind == "pooled":
            return replace(block, keep=True, pooled=dict.fromkeys(row.plotted, middle))
        return replace(block, keep=row.kind in {"heading", "prediction"})

    def _label(self, sheet: Sheet, row: ForestRow, gid: str, middle: float, color: str) -> float:
        """Add the row's name; return the middle of its last line."""
        if LABEL not in row.cells:
            return middle
        style, bold, size = self.style, row.kind in BOLD, label_size(row, self.style)
        room = 0.0
        left = self.places.left[LABEL] + row.indent * style.indent
        if row.kind in RUNNING:
            room = (self.places.right[free_keys(self.table, row)[-1]] - left + 0.01) / SLACK
        lines = label_lines(row, style, room)
        pitch = size * style.line_height
        for i, line in enumerate(lines):
            sheet.text(f"{gid}/label", left, middle + i * pitch, line, size=size, color=color, bold=bold)
        end = left + text_width(lines[-1], size, style.font_family, bold=bold)
        deepest = middle + (len(lines) - 1) * pitch
        sheet.mark(gid, row.cells[LABEL].mark, end, deepest, color)
        return deepest

    def _cells(self, sheet: Sheet, row: ForestRow, gid: str, middle: float, color: str) -> float:
        """Add the cells after the row's name; return the middle of their last line."""
        style, deepest, bold = self.style, middle, row.kind in BOLD
        for column in self.table.texts:
            cell = row.cells.get(column.key)
            if cell is None or column.key == LABEL:
                continue
            if cell.judgement:
                self._light(sheet, column, cell, gid, middle)
                continue
            size = style.size if cell.span == 1 else style.size_small
            x, anchor = self.places.anchor(column)
            for i, line in enumerate(self._lines(column, cell)):
                y = middle + i * size * style.line_height
                deepest = max(deepest, y)
                sheet.text(f"{gid}/{column.key}", x, y, line, size=size, color=color, anchor=anchor, bold=bold)
            sheet.mark(gid, cell.mark, self.places.right[column.key], middle, color)
        return deepest

    def _lines(self, column: Column, cell: Cell) -> list[str]:
        """Return the lines of a cell; two for one wider than its columns: a median, and its quartiles below."""
        if cell.span == 1:
            return cell_lines(column, cell, self.style)
        keys = [known.key for known in self.table.columns]
        first = keys[keys.index(column.key) - cell.span + 1]
        width = text_width(cell.text, self.style.size_small, self.style.font_family)
        if width <= self.places.right[column.key] - self.places.left[first] + 0.01:
            return [cell.text]
        return cell_parts(cell)

    def _light(self, sheet: Sheet, column: Column, cell: Cell, gid: str, middle: float) -> None:
        x = (self.places.left[column.key] + self.places.right[column.key]) / 2
        light(sheet, f"{gid}/{column.key}", cell.judgement, x, middle, self.style)

    def _reason(self, sheet: Sheet, row: ForestRow, gid: str, middle: float) -> None:
        """Add the reason in the widest run of columns that the row leaves empty, or below, clear of the graph."""
        style, small = self.style, self.style.size_small
        pitch = small * style.line_height
        left, right = self._free_run(row)
        beside = not row.plotted and right - left >= style.graph_narrow_width
        first = middle
        if not beside:
            graphs = [self.places.left[graph.key] for graph in self.table.graphs if graph.key in row.plotted]
            left = self.places.left[LABEL] + style.size
            right = min(graphs) - style.column_gap if graphs else self.places.width - style.margin
            if right - left < style.graph_narrow_width:
                right = self.places.width - style.margin
            first = sheet.y - style.row_height / 2 + style.size * 0.5 + pitch / 2
        lines = wrap(row.reason, right - left, small, style.font_family)
        for i, line in enumerate(lines):
            sheet.text(f"{gid}/reason", left, first + i * pitch, line, size=small, color=style.muted)
        end = first + (len(lines) - 1) * pitch + (style.row_height / 2 if beside else pitch / 2 + 2)
        sheet.y = max(sheet.y, end)

    def _free_run(self, row: ForestRow) -> tuple[float, float]:
        """Return the ends of the widest run of columns without a cell; the last one reaches to the margin."""
        columns = self.table.columns
        taken = {key for key, cell in row.cells.items() if cell.span == 1} | set(row.plotted)
        for at, column in enumerate(columns):
            if (cell := row.cells.get(column.key)) is not None and cell.span > 1:
                taken |= {one.key for one in columns[at - cell.span + 1 : at + 1]}
        runs: list[list[Column | Graph]] = [[]]
        for column in columns:
            if column.key in taken or column.key == LABEL:
                runs.append([])
            else:
                runs[-1].append(column)
        ends = [self.places.span(run) for run in runs if run]
        if not ends:
            return (0.0, 0.0)
        if runs[-1]:
            ends[-1] = (ends[-1][0], self.places.width - self.style.margin)
        return max(ends, key=lambda run: run[1] - run[0])


def light(sheet: Sheet, gid: str, judgement: str, x: float, middle: float, style: Style) -> None:
    """Add the traffic light of a judgement, which its symbol tells too."""
    fill, ink = style.judgement_fills[judgement], style.judgement_inks[judgement]
    radius = LIGHT * style.size / 2
    sheet.items.append(Circle(f"{gid}-light", x, middle, radius, fill, style.muted, style.guide_width))
    size = 0.85 * style.size
    symbol = style.judgement_symbols[judgement]
    lift = size * CAP_HEIGHT / 2 - _ink_middle(symbol) * size
    sheet.text(gid, x, middle - lift, symbol, size=size, color=ink, anchor="middle", bold=True)


def _ink_middle(symbol: str) -> float:
    """Return how high above the baseline the middle of a symbol lies, in type sizes; signs lie lower than letters."""
    return 0.313 if symbol in "+−×–-" else CAP_HEIGHT / 2
