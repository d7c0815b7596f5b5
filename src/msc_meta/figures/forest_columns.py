"""Where the columns of a forest plot stand, by measured text; graphs share what is left of the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from msc_meta.figures.drawing import Anchor
from msc_meta.figures.forest_sheet import MARK_GAP, MARK_SIZE
from msc_meta.figures.forest_table import LABEL, Cell, Column, ForestRow, ForestTable, Graph
from msc_meta.figures.metrics import SLACK, text_width, wrap
from msc_meta.figures.style import Style

MARK_CLEAR = 4.0  # points between a raised mark and the next column
LIGHT = 1.15  # diameter of a traffic light in type sizes
BOLD = frozenset({"heading", "subtotal", "pooled"})
RUNNING = frozenset({"heading", "prediction", "text"})  # whose label runs on over empty columns


@final
@dataclass(frozen=True, slots=True)
class Places:
    """Left and right end of each column in points, by its key, and the width of the page."""

    left: dict[str, float]
    right: dict[str, float]
    width: float

    @classmethod
    def of(cls, table: ForestTable, style: Style, *, narrow: bool = False) -> Places:
        """Return the places of a table's columns; in a ``narrow`` figure a graph may be smaller than is usual."""
        widths, gaps = column_widths(table, style), column_gaps(table, style)
        graphs = table.graphs
        taken = sum(widths.values()) + sum(gaps.values()) + 2 * style.margin
        least = style.graph_narrow_width if narrow or len(graphs) > 1 else style.graph_min_width
        if graphs:
            room = (style.page_width - taken) / len(graphs)
            widths |= {graph.key: min(max(room, least), style.graph_max_width) for graph in graphs}
        left, right = {}, {}
        x = style.margin
        for column in table.columns:
            left[column.key], right[column.key] = x, x + widths[column.key]
            x = right[column.key] + gaps[column.key]
        return cls(left, right, round(x + style.margin, 2))

    def anchor(self, column: Column) -> tuple[float, Anchor]:
        """Return where the texts of a column are anchored."""
        left, right = self.left[column.key], self.right[column.key]
        anchors: dict[str, tuple[float, Anchor]] = {
            "left": (left, "start"), "right": (right, "end"), "center": ((left + right) / 2, "middle"),
        }  # fmt: skip
        return anchors[column.align]

    def span(self, columns: Sequence[Column | Graph]) -> tuple[float, float]:
        """Return the ends of neighbouring columns."""
        return self.left[columns[0].key], self.right[columns[-1].key]


def column_widths(table: ForestTable, style: Style) -> dict[str, float]:
    """Return the width of each column of text in points: its widest cell or header line.

    A cell that spans columns widens the first of them if together they are too narrow; so does a shared header that
    has a word wider than its columns. A label that runs on widens the label column where it has no room to run.
    """
    widths = {column.key: 0.0 for column in table.texts}
    for row in table.rows:
        for column in table.texts:
            cell = row.cells.get(column.key)
            if cell is None or cell.span > 1 or (column.key == LABEL and row.kind in RUNNING):
                continue
            widths[column.key] = max(widths[column.key], _cell_width(row, column, cell, style))
    for column in table.texts:
        lines = header_lines(column, style, widths[column.key])
        widths[column.key] = max([widths[column.key], *(_bold_width(line, style) for line in lines)])
    gaps = column_gaps(table, style)
    keys = [column.key for column in table.columns]
    for row in table.rows:
        for key, cell in row.cells.items():
            if cell.span > 1 and key in widths:
                at = keys.index(key)
                needed = max(text_width(part, style.size_small, style.font_family) for part in cell_parts(cell))
                _widen(widths, keys[at - cell.span + 1 : at + 1], needed, gaps)
        if row.kind in RUNNING and LABEL in row.cells:
            words = row.label.split()
            needed = max((_label_text_width(word, row, style) for word in words), default=0.0)
            if row.kind != "text":
                needed = _label_text_width(row.label, row, style) / SLACK
            _widen(widths, free_keys(table, row), min(needed, style.label_max_width), gaps)
    for columns in header_groups(table).values():
        word = max((_bold_width(word, style) for word in columns[0].group.split()), default=0.0) / SLACK
        _widen(widths, [column.key for column in columns], min(word, style.label_max_width), gaps)
    return widths


def header_groups(table: ForestTable) -> dict[str, list[Column]]:
    """Return the columns that share a header, by their ``group_key``."""
    groups: dict[str, list[Column]] = {}
    for column in table.texts:
        if column.group_key:
            groups.setdefault(column.group_key, []).append(column)
    return groups


def header_lines(column: Column, style: Style, width: float) -> list[str]:
    """Return the lines above a column: its header, and its own group's above that, both broken where they are long."""
    texts = [column.header] if column.group_key else [column.group, column.header]
    lines = []
    for text in texts:
        word = max((_bold_width(word, style) for word in text.split()), default=0.0)
        room = max(style.header_max_width, word, width) / SLACK + 0.01
        lines += wrap(text, room, style.size, style.font_family, bold=True)
    return lines


def column_gaps(table: ForestTable, style: Style) -> dict[str, float]:
    """Return the space to the right of each column in points; marks hang into it and keep clear of what follows."""
    following = [*table.columns[1:], None]
    gaps = {}
    for column, after in zip(table.columns, following, strict=True):
        gap = style.column_gap if after is not None else 0.0
        if isinstance(column, Column):
            if isinstance(after, Column) and column.group_key and column.group_key == after.group_key:
                gap = style.inner_gap
            marked = [row.cells[column.key] for row in table.rows if column.key in row.cells and column.key != LABEL]
            gap = max([gap, *(mark_width(cell, style) + MARK_CLEAR for cell in marked if cell.mark)])
        gaps[column.key] = gap
    return gaps


def free_keys(table: ForestTable, row: ForestRow) -> list[str]:
    """Return the columns from the label on that a row leaves empty, up to a graph or a cell."""
    taken = {key for key, cell in row.cells.items() if key != LABEL}
    for key, cell in row.cells.items():
        if cell.span > 1:
            at = [column.key for column in table.columns].index(key)
            taken |= {column.key for column in table.columns[at - cell.span + 1 : at]}
    free = []
    for column in table.columns:
        if isinstance(column, Graph) or column.key in taken:
            break
        free.append(column.key)
    return free


def label_lines(row: ForestRow, style: Style, room: float = 0.0) -> list[str]:
    """Return a row's name, broken where it is wider than the style lets names be, or than ``room``."""
    cell = row.cells.get(LABEL, Cell(""))
    room = room or style.label_max_width - mark_width(cell, style) - row.indent * style.indent
    return wrap(cell.text, room, label_size(row, style), style.font_family, bold=row.kind in BOLD) or [""]


def label_size(row: ForestRow, style: Style) -> float:
    """Return the type size of a row's name: small for running text."""
    return style.size_small if row.kind == "text" else style.size


def cell_lines(column: Column, cell: Cell, style: Style) -> list[str]:
    """Return a cell's text; words in a column that begins at the left are broken where they are long."""
    if column.align == "right":
        return [cell.text]
    return wrap(cell.text, style.cell_max_width, style.size, style.font_family) or [""]


def cell_parts(cell: Cell) -> list[str]:
    """Return a cell's text before its bracket, and the bracket."""
    head, bracket, spread = cell.text.partition(" (")
    return [head, f"({spread}"] if bracket else [head]


def mark_width(cell: Cell, style: Style) -> float:
    """Return the room that a raised mark takes behind its text."""
    return text_width(cell.mark, MARK_SIZE * style.size, style.font_family) + MARK_GAP if cell.mark else 0.0


def _widen(widths: dict[str, float], keys: Sequence[str], needed: float, gaps: dict[str, float]) -> None:
    has = sum(widths[key] for key in keys) + sum(gaps[key] for key in keys[:-1])
    widths[keys[0]] += max(0.0, needed - has)


def _cell_width(row: ForestRow, column: Column, cell: Cell, style: Style) -> float:
    if column.key == LABEL:
        widest = max(_label_text_width(line, row, style) for line in label_lines(row, style))
        return widest + mark_width(cell, style)
    if cell.judgement:
        return LIGHT * style.size
    bold = row.kind in BOLD
    return max(text_width(s, style.size, style.font_family, bold=bold) for s in cell_lines(column, cell, style))


def _label_text_width(text: str, row: ForestRow, style: Style) -> float:
    width = text_width(text, label_size(row, style), style.font_family, bold=row.kind in BOLD)
    return width + row.indent * style.indent


def _bold_width(text: str, style: Style) -> float:
    return text_width(text, style.size, style.font_family, bold=True)
