"""How wide the columns of a forest plot are, by measured text."""

from __future__ import annotations

from collections.abc import Sequence

from msc_meta.figures.forest_table import Cell, Column, ForestTable
from msc_meta.figures.metrics import text_width, wrap
from msc_meta.figures.style import Style

MARK_SIZE, MARK_RISE, MARK_GAP = 0.72, 0.35, 0.6  # of a raised mark: its size and rise in type sizes, gap in points
MARK_CLEAR = 4.0  # points between a raised mark and the next column


def column_widths(table: ForestTable, style: Style) -> dict[str, float]:
    """Return the width of each column in points: its widest cell or header, labels wrapped.

    A cell that spans columns widens the last of them if together they are too narrow; so does an arm's name that
    has a word wider than its columns.
    """
    widths = {column.key: _header_width(column, style) for column in table.texts}
    for row in table.rows:
        bold = row.kind == "pooled"
        for key, cell in row.cells.items():
            if row.kind == "prediction" and key == "study":
                continue
            if cell.span == 1:
                widths[key] = max(widths[key], _cell_width(cell, style, bold=bold, is_label=key == "study"))
    keys, gaps = [column.key for column in table.texts], column_gaps(table, style)
    for row in table.rows:
        for key, cell in row.cells.items():
            if cell.span > 1:
                at = keys.index(key)
                needed = max(text_width(part, style.size_small, style.font_family) for part in cell_parts(cell))
                _widen(widths, keys[at - cell.span + 1 : at + 1], needed, gaps)
    for columns in header_groups(table).values():
        word = max(
            (text_width(w, style.size, style.font_family, bold=True) for w in columns[0].group.split()), default=0
        )
        _widen(widths, [column.key for column in columns], min(word, style.label_max_width), gaps)
    return widths


def header_groups(table: ForestTable) -> dict[str, list[Column]]:
    """Return the columns that share a header, by their ``group_key``."""
    groups: dict[str, list[Column]] = {}
    for column in table.texts:
        if column.group_key:
            groups.setdefault(column.group_key, []).append(column)
    return groups


def column_gaps(table: ForestTable, style: Style) -> dict[str, float]:
    """Return the space to the right of each column in points; marks hang into it and keep clear of what follows."""
    following = [*table.texts[1:], None]
    gaps = {}
    for column, after in zip(table.texts, following, strict=True):
        same_group = after is not None and column.group_key and column.group_key == after.group_key
        gap = style.inner_gap if same_group else style.column_gap
        cells = [row.cells[column.key] for row in table.rows if column.key in row.cells and column.key != "study"]
        gaps[column.key] = max([gap, *(_mark_width(cell, style) + MARK_CLEAR for cell in cells if cell.mark)])
    return gaps


def _widen(widths: dict[str, float], keys: Sequence[str], needed: float, gaps: dict[str, float]) -> None:
    has = sum(widths[key] for key in keys) + sum(gaps[key] for key in keys[:-1])
    widths[keys[0]] += max(0.0, needed - has)


def _header_width(column: Column, style: Style) -> float:
    headers = (column.header,) if column.group_key else (column.group, column.header)
    return max(text_width(header, style.size, style.font_family, bold=True) for header in headers)


def _cell_width(cell: Cell, style: Style, *, bold: bool = False, is_label: bool = False) -> float:
    if not is_label:
        return text_width(cell.text, style.size, style.font_family, bold=bold)
    widest = max(
        text_width(line, style.size, style.font_family, bold=bold) for line in label_lines(cell, style, bold=bold)
    )
    return widest + _mark_width(cell, style)


def label_lines(cell: Cell, style: Style, *, bold: bool = False) -> list[str]:
    """Return a study's name, broken where it is wider than the style lets names be."""
    room = style.label_max_width - _mark_width(cell, style)
    return wrap(cell.text, room, style.size, style.font_family, bold=bold) or [""]


def cell_parts(cell: Cell) -> list[str]:
    """Return a cell's text before its bracket, and the bracket."""
    head, bracket, spread = cell.text.partition(" (")
    return [head, f"({spread}"] if bracket else [head]


def _mark_width(cell: Cell, style: Style) -> float:
    return text_width(cell.mark, MARK_SIZE * style.size, style.font_family) + MARK_GAP if cell.mark else 0.0
