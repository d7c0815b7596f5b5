"""The funnel plot: each pooled study's effect against its standard error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, overload

from msc_meta.effects.rows import StudyRow
from msc_meta.figures.alt_text import funnel_alt_text, funnel_details
from msc_meta.figures.drawing import Drawing
from msc_meta.figures.forest_table import FigureInfo
from msc_meta.figures.funnel_layout import funnel_drawing
from msc_meta.figures.funnel_points import funnel_points
from msc_meta.figures.style import load_style
from msc_meta.figures.tables import info_of, rows_of
from msc_meta.pooling.results import PooledResult

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw_funnel(
    rows: Sequence[StudyRow],
    result: PooledResult,
    info: FigureInfo,
    *,
    contours: bool = False,
    style: str = "cochrane",
) -> Drawing:
    """Return a funnel plot as a drawing, to be written with `write_figures`; see `funnel` and `draw_forest`."""
    look = load_style(style)
    points = funnel_points(rows, result, info, look, contours=contours)
    return funnel_drawing(points, look, funnel_alt_text(points), funnel_details(points))


@overload
def funnel(
    table: pd.DataFrame | Sequence[StudyRow],
    result: PooledResult,
    ax: Axes,
    *,
    contours: bool = ...,
    style: str = ...,
    info: FigureInfo | None = ...,
) -> Axes: ...
@overload
def funnel(
    table: pd.DataFrame | Sequence[StudyRow],
    result: PooledResult,
    ax: None = ...,
    *,
    contours: bool = ...,
    style: str = ...,
    info: FigureInfo | None = ...,
) -> Figure: ...
def funnel(
    table: pd.DataFrame | Sequence[StudyRow],
    result: PooledResult,
    ax: Axes | None = None,
    *,
    contours: bool = False,
    style: str = "cochrane",
    info: FigureInfo | None = None,
) -> Axes | Figure:
    """Draw a funnel plot: effects across, standard errors downwards, precise studies on top [1]_.

    Parameters
    ----------
    table, result, ax, style, info
        As in `forest`.
    contours : bool
        Shade where a study alone would have p above 0.1, 0.05 and 0.01, around no effect [2]_.

    Returns
    -------
    Axes or Figure
        The Axes that was given, or else a new Figure; it is neither shown nor saved.

    Notes
    -----
    The dashed lines are ``estimate +/- 1.96 se``: where 95% of studies would lie if they differed by chance only.

    References
    ----------
    .. [1] Sterne et al. (2011), BMJ 343, d4002.
    .. [2] Peters et al. (2008), Journal of Clinical Epidemiology 61, 991-996.

    Examples
    --------
    >>> from msc_meta.pooling.random_effects import pool
    >>> rows = [
    ...     StudyRow(study=s, label=s, year=2021, standing="pooled", yi=y, vi=0.2)
    ...     for s, y in (("A", -0.1), ("B", -0.4))
    ... ]
    >>> figure = funnel(rows, pool([-0.1, -0.4], [0.2, 0.2], measure="RR"))
    >>> [artist.get_text() for artist in figure.axes[0].texts if artist.get_gid() == "axis/axis/title"]
    ['Risk ratio', 'Standard error of the log risk ratio']
    """
    from msc_meta.figures.render_matplotlib import add_to_axes, figure_of

    rows = rows_of(table, result)
    drawing = draw_funnel(rows, result, info or info_of(rows), contours=contours, style=style)
    return figure_of(drawing) if ax is None else add_to_axes(ax, drawing)
