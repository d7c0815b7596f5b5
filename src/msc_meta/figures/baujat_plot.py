"""Baujat's plot: which studies make the heterogeneity, and which move the pooled effect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from msc_meta.effects.rows import StudyRow
from msc_meta.figures.axes import StyleChoice, shown
from msc_meta.figures.drawing import Drawing
from msc_meta.figures.forest_table import FigureInfo
from msc_meta.figures.plot_words import fewer, figure_title, name_of, refit_method, studies_in_words, table
from msc_meta.figures.style import Style, load_style
from msc_meta.figures.tables import info_of, rows_of
from msc_meta.figures.xy_layout import xy_drawing
from msc_meta.figures.xy_plot import Marker, Scale, Wording, XYPlot
from msc_meta.pooling.results import PooledResult

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAMED = 5  # studies on each axis that are named where not all are


class BaujatPoint(NamedTuple):
    """One study: its squared Pearson residual, and the square of how far the pooled effect moves without it."""

    key: str
    label: str
    x: float
    y: float


def baujat_points(rows: Sequence[StudyRow], result: PooledResult) -> tuple[BaujatPoint, ...]:
    """Return the coordinates of `msc_meta.robustness.influence.baujat` with the names of the studies."""
    from msc_meta.robustness.influence import baujat

    pooled = [row for row in rows if row.included]
    if len(pooled) < 2:
        return ()
    found = baujat([row.yi for row in pooled], [row.vi for row in pooled], refit_method(result))
    return tuple(
        BaujatPoint(row.study, name_of(row), float(x), float(y))
        for row, x, y in zip(pooled, found["x"], found["y"], strict=True)
    )


def draw_baujat(
    rows: Sequence[StudyRow], result: PooledResult, info: FigureInfo, *, style: StyleChoice = None
) -> Drawing:
    """Return Baujat's plot as a drawing; see `baujat_plot`."""
    look, info = load_style(style), info.cleaned()
    points = baujat_points(rows, result)
    return xy_drawing(_plot(points, look) if points else None, _wording(points, result, info), look)


def _plot(points: Sequence[BaujatPoint], style: Style) -> XYPlot:
    named = {point.key for point in _outstanding(points, style)}
    markers = tuple(
        Marker(key=point.key, x=point.x, y=point.y, radius=style.point_side / 2, fill=style.point_fill,
               stroke=style.paper, label=point.label if point.key in named else "")
        for point in points
    )  # fmt: skip
    wide, high = max(point.x for point in points) or 1.0, max(point.y for point in points) or 1.0
    x = Scale(title="Contribution to heterogeneity (squared Pearson residual)", low=-0.03 * wide, high=1.06 * wide)
    y = Scale(title="Influence on the pooled effect", low=-0.04 * high, high=1.08 * high)
    return XYPlot(x=x, y=y, layers=markers)


def _outstanding(points: Sequence[BaujatPoint], style: Style) -> Sequence[BaujatPoint]:
    """Return the studies to be named: all of a few, of many those far out."""
    if len(points) <= style.labels_up_to:
        return points
    ranked = (sorted(points, key=lambda p: -p.x)[:NAMED], sorted(points, key=lambda p: -p.y)[:NAMED])
    return list(dict.fromkeys(point for some in ranked for point in some))


def _wording(points: Sequence[BaujatPoint], result: PooledResult, info: FigureInfo) -> Wording:
    few = fewer("Baujat plot", result.k, 2)
    notes = few or (
        "Far right: a study that fits the pooled effect badly. High: a study without which it would be another.",
    )
    about = f"{info.title}: " if info.title else ""
    said = " ".join(notes)
    if points:
        right, top = max(points, key=lambda p: p.x), max(points, key=lambda p: p.y)
        most = f"Most heterogeneity: {right.label} ({right.x:.2f}); most influence: {top.label} ({top.y:.2f})."
        said = f"{about}{studies_in_words(len(points))}, heterogeneity across, influence upwards. {most} {said}"
    return Wording(
        name=f"baujat-{info.name}",
        title=figure_title("Baujat plot", info),
        description=f"Baujat plot. {said}",
        caption=f"Baujat plot. {said}",
        data=table(("Study", "Squared Pearson residual", "Influence"), [point[1:] for point in points]),
        details=tuple(f"{p.label}: heterogeneity {p.x:.3g}, influence {p.y:.3g}." for p in points),
        notes=notes,
    )


def baujat_plot(
    table: pd.DataFrame | Sequence[StudyRow],
    result: PooledResult,
    ax: Axes | None = None,
    style: StyleChoice = None,
    *,
    info: FigureInfo | None = None,
) -> Axes | Figure:
    """Draw Baujat's plot [1]_: heterogeneity of each study across, its influence on the pooled effect upwards.

    Parameters
    ----------
    table, result, ax, style, info
        As in `forest`.

    Returns
    -------
    Axes or Figure
        The Axes that was given, or else a new Figure; it is neither shown nor saved.

    Notes
    -----
    The coordinates are those of `baujat`, both without unit.

    References
    ----------
    .. [1] Baujat, Mahe, Pignon & Hill (2002). Statistics in Medicine 21, 2641-2652.

    Examples
    --------
    >>> from msc_meta.pooling.random_effects import pool
    >>> rows = [
    ...     StudyRow(study=s, label=s, year=2021, standing="pooled", yi=y, vi=0.2)
    ...     for s, y in (("A", -0.1), ("B", -0.4))
    ... ]
    >>> figure = baujat_plot(rows, pool([-0.1, -0.4], [0.2, 0.2], measure="RR"))
    >>> sorted(a.get_gid() for a in figure.axes[0].patches)
    ['study/A/point', 'study/B/point']
    """
    rows = rows_of(table, result)
    return shown(draw_baujat(rows, result, info or info_of(rows), style=style), ax)
