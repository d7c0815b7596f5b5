"""A forest plot from what it shows: fitted into its width, laid out, with caption, alternative text and numbers."""

from __future__ import annotations

from collections.abc import Sized
from dataclasses import replace
from pathlib import Path

from msc_meta.figures.alt_text import forest_alt_text, forest_details
from msc_meta.figures.drawing import Drawing
from msc_meta.figures.forest_caption import full_caption, left_out_sentence
from msc_meta.figures.forest_data import forest_data
from msc_meta.figures.forest_layout import forest_drawing
from msc_meta.figures.forest_table import Column, ForestTable
from msc_meta.figures.forest_width import fitted, width_in_points
from msc_meta.figures.style import Style, load_style


def figure_of_table(
    table: ForestTable,
    style: Style,
    *,
    width: str | float | None = None,
    narrow: bool = False,
    page_height: float | None = None,
) -> Drawing:
    """Return a forest plot as a drawing.

    Parameters
    ----------
    table : ForestTable
        What to show.
    width : str or float, optional
        A name of the style (``column``, ``full``, ``page``) or millimetres, to be kept to; see `fitted` for what gives
        way. Without one, the figure is as wide as its columns need, at least the style's ``page_width`` if it can be.
    narrow : bool
        Whether the style's ``page_width`` is to be kept to, as ``width`` is.
    page_height : float, optional
        In points, for ``pages``; the style's where not given.
    """
    shown, dropped = table, tuple[Column, ...]()
    if width is not None:
        style = replace(style, page_width=width_in_points(width, style))
    keeps_width = narrow or width is not None
    if keeps_width:
        shown, style, dropped = fitted(table, style)
    description = forest_alt_text(table) + (f" {left_out_sentence(dropped)}" if dropped else "")
    details = forest_details(table)
    drawing = forest_drawing(shown, style, description, details, page_height=page_height, narrow=keeps_width)
    caption, data = full_caption(shown, drawing, style, dropped), forest_data(table)
    pages = tuple(replace(page, caption=caption, data=data) for page in drawing.pages)
    return replace(drawing, caption=caption, data=data, pages=pages)


def figure_size_for(
    rows: int | Sized, *, style: str | Path | Style | None = None, width: str | float | None = None
) -> tuple[float, float]:
    """Return the width and height in inches that suit a forest plot of so many rows.

    Parameters
    ----------
    rows : int or sized
        Number of rows, or a table or list with one entry per row. Headings and subtotals count.
    style, width
        As in `forest`.

    Returns
    -------
    tuple of float
        Room for the rows, the header, the total, the prediction interval, the axis and three lines beside it. Notes and
        studies below the plot need more; a figure that `forest` makes itself has the exact size.

    Examples
    --------
    >>> [round(length, 2) for length in figure_size_for(15)]
    [7.08, 4.1]
    >>> round(figure_size_for(15, width="column")[0] * 25.4)
    85
    """
    look = load_style(style)
    number = rows if isinstance(rows, int) else len(rows)
    across = look.page_width if width is None else width_in_points(width, look)
    line, small = look.size * look.line_height, look.size_small * look.line_height
    head = look.margin + 2.45 * line + 0.6 * look.block_gap
    foot = 4 * small + 2 * look.block_gap + look.margin
    return across / 72, (head + (number + 2) * look.row_height + 0.4 * look.block_gap + foot) / 72
