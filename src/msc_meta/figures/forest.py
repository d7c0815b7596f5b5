"""The forest plot: every study of the evidence, the pooled effect, and what was left out and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, overload

from msc_meta.effects.rows import StudyRow
from msc_meta.figures.drawing import Drawing
from msc_meta.figures.forest_choices import chosen_table, forest_choices
from msc_meta.figures.forest_figure import figure_of_table
from msc_meta.figures.forest_table import FigureInfo, ForestTable
from msc_meta.figures.row_order import Lookup
from msc_meta.figures.style import Style
from msc_meta.figures.table_fields import frame_fields, row_fields
from msc_meta.figures.tables import info_of, rows_of
from msc_meta.pooling.results import PooledResult

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw_forest(
    rows: Sequence[StudyRow],
    result: PooledResult,
    info: FigureInfo,
    *,
    fields: Lookup | None = None,
    **choices: Any,
) -> Drawing:
    """Return a forest plot as a drawing, to be written with `write_figures`; loads no drawing library.

    Parameters
    ----------
    rows : sequence of StudyRow
        Every study, pooled or not, in the order to be shown.
    result : PooledResult
        Pooled effect of the rows that stand as pooled.
    info : FigureInfo
        What the figure is about.
    fields : callable, optional
        Returns a field of every study by its name; those of the rows where left out.
    **choices
        As in `ForestChoices`: ``style``, ``columns``, ``sort``, ``subgroup`` and more.
    """
    chosen = forest_choices(**choices)
    look = chosen.look()
    table = chosen_table(rows, result, info, look, chosen, fields or row_fields(rows))
    return table_drawing(table, look, narrow=chosen.width is not None)


def table_drawing(table: ForestTable, look: Style, *, narrow: bool = False) -> Drawing:
    """Return what a forest plot shows as a drawing, with caption and numbers; see `figure_of_table`."""
    return figure_of_table(table, look, narrow=narrow)


@overload
def forest(
    table: pd.DataFrame | Sequence[StudyRow],
    result: PooledResult,
    ax: Axes,
    style: str | None = ...,
    *,
    info: FigureInfo | None = ...,
    **choices: Any,
) -> Axes: ...
@overload
def forest(
    table: pd.DataFrame | Sequence[StudyRow],
    result: PooledResult,
    ax: None = ...,
    style: str | None = ...,
    *,
    info: FigureInfo | None = ...,
    **choices: Any,
) -> Figure: ...
def forest(
    table: pd.DataFrame | Sequence[StudyRow],
    result: PooledResult,
    ax: Axes | None = None,
    style: str | None = None,
    *,
    info: FigureInfo | None = None,
    **choices: Any,
) -> Axes | Figure:
    """Draw a forest plot.

    Parameters
    ----------
    table : DataFrame or sequence of StudyRow
        One row per study, in the columns of `StudyRow.to_flat`; ``yi`` and ``vi`` on the analysis scale (natural log
        for ratios). Rows that are not ``included`` stand below the plot, in grey, with their reason.
    result : PooledResult
        Pooled effect of the included rows.
    ax : Axes, optional
        Where to draw; everything is scaled to its size. Without one, a figure of the right size is made.
    style : str, optional
        Name of a style, see `style_names`, or a style file.
    info : FigureInfo, optional
        Arms, unit and which direction is good; without it arm names and unit are taken from the table.
    **choices
        ``columns``, ``sort``, ``reverse``, ``subgroup``, ``cumulative``, ``leave_one_out``, ``prediction``,
        ``minimal_important``, ``title``, ``width``, ``left_out``, as in `ForestChoices`; a field is any column of the
        table.

    Returns
    -------
    Axes or Figure
        The Axes that was given, or else a new Figure; it is neither shown nor saved. Every artist has a ``gid``.

    Raises
    ------
    ValueError
        If the table does not have as many included rows as the result has studies.
    UsageError
        For an unknown choice, or a column that the table does not have.

    Examples
    --------
    >>> from msc_meta.pooling.random_effects import pool
    >>> rows = [
    ...     StudyRow(study=s, label=s, year=2021, standing="pooled", yi=y, vi=0.2)
    ...     for s, y in (("A", -0.1), ("B", -0.4))
    ... ]
    >>> figure = forest(rows, pool([-0.1, -0.4], [0.2, 0.2], measure="RR"))
    >>> sorted({artist.get_gid() for artist in figure.axes[0].texts if "pooled" in artist.get_gid()})
    ['pooled/pooled/effect', 'pooled/pooled/label', 'pooled/pooled/weight']
    """
    from msc_meta.figures.render_matplotlib import add_to_axes, figure_of

    rows = rows_of(table, result)
    fields = row_fields(rows) if isinstance(table, Sequence) else frame_fields(table)
    drawing = draw_forest(rows, result, info or info_of(rows), fields=fields, style=style, **choices)
    return figure_of(drawing) if ax is None else add_to_axes(ax, drawing)
