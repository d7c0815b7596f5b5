"""The funnel plot: each pooled study's effect against its standard error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from msc_meta.effects.rows import StudyRow
from msc_meta.errors import ArgumentError
from msc_meta.figures.alt_text import funnel_alt_text, funnel_details
from msc_meta.figures.axes import StyleChoice, shown
from msc_meta.figures.drawing import Drawing
from msc_meta.figures.forest_table import FigureInfo
from msc_meta.figures.funnel_layout import funnel_drawing
from msc_meta.figures.funnel_points import funnel_points
from msc_meta.figures.style import load_style
from msc_meta.figures.tables import by_column, info_of, rows_of
from msc_meta.pooling.results import PooledResult

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from msc_meta.robustness.trim_and_fill import TrimAndFill


def draw_funnel(
    rows: Sequence[StudyRow],
    result: PooledResult,
    info: FigureInfo,
    *,
    contours: bool = False,
    limits: Sequence[float] = (),
    trim_and_fill: bool = False,
    y: str = "se",
    by: Mapping[str, str] | None = None,
    by_title: str = "",
    style: StyleChoice = None,
) -> Drawing:
    """Return a funnel plot as a drawing, to be written with `write_figures`; see `funnel` and `draw_forest`."""
    look = load_style(style)
    filled = filled_studies(rows, result) if trim_and_fill and result.k else None
    points = funnel_points(
        rows, result, info, look, contours=contours, limits=limits, filled=filled, down=y, by=by, by_title=by_title
    )
    return funnel_drawing(points, look, funnel_alt_text(points), funnel_details(points))


def filled_studies(rows: Sequence[StudyRow], result: PooledResult) -> TrimAndFill:
    """Return trim and fill of the pooled rows, pooled as the result was.

    Raises
    ------
    ArgumentError
        for a result of a method that needs counts, which filled studies do not have.
    """
    from msc_meta.pooling.tau2 import ESTIMATORS
    from msc_meta.robustness.trim_and_fill import trim_and_fill

    if result.method not in ESTIMATORS:
        raise ArgumentError(f"trim and fill adds effects without counts, which method {result.method} can not pool")
    pooled = [row for row in rows if row.included]
    yi, vi = [row.yi for row in pooled], [row.vi for row in pooled]
    return trim_and_fill(
        yi, vi, method=result.method, ci_method=result.ci_method, level=result.level, measure=result.measure
    )


def funnel(
    table: pd.DataFrame | Sequence[StudyRow],
    result: PooledResult,
    ax: Axes | None = None,
    *,
    contours: bool = False,
    limits: Sequence[float] = (),
    trim_and_fill: bool = False,
    y: str = "se",
    by: Mapping[str, str] | str | None = None,
    style: StyleChoice = None,
    info: FigureInfo | None = None,
) -> Axes | Figure:
    """Draw a funnel plot: effects across, standard errors downwards, precise studies on top [1]_.

    Parameters
    ----------
    table, result, ax, style, info
        As in `forest`.
    contours : bool
        Shade where a study alone would have p above 0.1, 0.05 and 0.01, around no effect [2]_.
    limits : sequence of float
        Levels of further pseudo-limits beside those of the result's level, 0.99 say.
    trim_and_fill : bool
        Add the studies that `trim_and_fill` adds, as open circles, and the estimate with them: a sensitivity analysis.
    y : {"se", "1/se", "n"}
        The upright axis: standard error, precision, or number of patients.
    by : mapping or str, optional
        Groups told apart by symbol and colour: the name of a column, or a mapping from study to group.

    Returns
    -------
    Axes or Figure
        The Axes that was given, or else a new Figure; it is neither shown nor saved.

    Raises
    ------
    ArgumentError
        for more groups than symbols, patients that are not known, and options that exclude each other.

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
    rows = rows_of(table, result)
    groups, by_title = by_column(table, by)
    drawing = draw_funnel(
        rows, result, info or info_of(rows), contours=contours, limits=limits, trim_and_fill=trim_and_fill, y=y,
        by=groups, by_title=by_title, style=style,
    )  # fmt: skip
    return shown(drawing, ax)
