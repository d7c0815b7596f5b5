"""A forest plot in a given width: smaller type down to a limit, then without the columns that can be spared."""

from __future__ import annotations

import re
import warnings
from dataclasses import replace

from msc_meta.errors import ArgumentError
from msc_meta.figures.forest_columns import Places
from msc_meta.figures.forest_table import LABEL, Column, ForestTable, Graph
from msc_meta.figures.style import Style

POINTS_PER_MM = 72 / 25.4
SCALED = (
    "size", "size_small", "row_height", "block_gap", "column_gap", "inner_gap", "indent", "square_side",
    "square_min_side", "square_base", "square_per_percent", "diamond_height", "arrow_length", "label_max_width",
    "header_max_width", "cell_max_width",
)  # fmt: skip
STEP = 0.02  # by which type gets smaller
LABEL_SHARE = 0.42  # of the width at most for names


def width_in_points(width: str | float, style: Style) -> float:
    """Return a width in points, of a name of the style (``column``, ``full``, ``page``) or of millimetres (``85mm``).

    Raises
    ------
    ArgumentError
        If it is neither, or narrower than 40 or wider than 1000 mm.

    Examples
    --------
    >>> from msc_meta.figures.style import load_style
    >>> [round(width_in_points(width, load_style())) for width in ("column", "85mm", 85)]
    [241, 241, 241]
    """
    number = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(?:mm)?\s*", str(width))
    millimetres = float(number[1]) if number else style.widths.get(str(width).strip(), 0.0)
    if not 40 <= millimetres <= 1000:
        named = ", ".join(f"{name} ({value:g} mm)" for name, value in style.widths.items())
        raise ArgumentError(f"width is {width!r}; give {named}, or millimetres between 40 and 1000, as 85mm")
    return millimetres * POINTS_PER_MM


def fitted(table: ForestTable, style: Style) -> tuple[ForestTable, Style, tuple[Column, ...]]:
    """Return a table and a style that are no wider than ``page_width`` of the style, and the columns left out for it.

    Type gets smaller first, down to ``size_min``; if that is not enough, columns go in the order of
    ``dropped_first``, and type is as large as the rest allows. What is wider even so stays wider, with a warning.
    """
    style = replace(style, label_max_width=min(style.label_max_width, LABEL_SHARE * style.page_width))
    smallest = min(1.0, style.size_min / style.size)
    kept, dropped = table, tuple[Column, ...]()
    for name in (None, *style.dropped_first):
        if name is not None:
            gone = tuple(column for column in kept.texts if role(column) == name)
            dropped += gone
            kept = _without(kept, gone)
        if _least_width(kept, scaled(style, smallest)) <= style.page_width:
            steps = [1.0 - STEP * i for i in range(int((1.0 - smallest) / STEP) + 1)]
            fitting = (step for step in steps if _least_width(kept, scaled(style, step)) <= style.page_width)
            return kept, scaled(style, next(fitting, smallest)), dropped
    style = scaled(style, smallest)
    needed = _least_width(kept, style) / POINTS_PER_MM
    warnings.warn(
        f"the forest plot needs {needed:.0f} mm and was to have {style.page_width / POINTS_PER_MM:.0f} mm; it is wider",
        stacklevel=3,
    )
    return kept, style, dropped


def scaled(style: Style, by: float) -> Style:
    """Return a style with smaller type and everything that goes with it; no text is set below ``size_min``."""
    smaller = {name: getattr(style, name) * by for name in SCALED}
    smaller["size_small"] = max(smaller["size_small"], min(style.size_min, style.size_small))
    return replace(style, **smaller)


def role(column: Column | Graph) -> str:
    """Return what a column is to a style's ``columns`` and ``dropped_first``.

    Examples
    --------
    >>> [role(Column(key, "")) for key in ("study", "weight", "mortality.effect", "field.year")]
    ['study', 'weight', 'effect', 'extra']
    """
    if isinstance(column, Graph):
        return "graph"
    if column.key == LABEL:
        return "study"
    if column.kind == "judgement":
        return "judgements"
    names = {*column.key.split(".")}
    if column.group_key in {"e", "c"}:
        return "arms"
    return next((name for name in ("weight", "effect") if name in names), "extra")


def _least_width(table: ForestTable, style: Style) -> float:
    return Places.of(table, replace(style, page_width=0.0), narrow=True).width


def _without(table: ForestTable, columns: tuple[Column, ...]) -> ForestTable:
    gone = {column.key for column in columns}
    rows = tuple(
        replace(row, cells={key: cell for key, cell in row.cells.items() if key not in gone}) for row in table.rows
    )
    return replace(table, columns=tuple(c for c in table.columns if c.key not in gone), rows=rows)
