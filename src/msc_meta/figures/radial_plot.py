"""The radial (Galbraith) plot: precise studies far right, the effect as the slope from the origin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan, sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple, final

from msc_meta.effects.rows import StudyRow
from msc_meta.figures.axes import StyleChoice, shown
from msc_meta.figures.axis import make_axis
from msc_meta.figures.drawing import Drawing
from msc_meta.figures.forest_table import FigureInfo
from msc_meta.figures.plot_words import (
    effect_text,
    effect_title,
    fewer,
    figure_title,
    is_log,
    name_of,
    studies_in_words,
    table,
)
from msc_meta.figures.style import Style, load_style
from msc_meta.figures.tables import info_of, rows_of
from msc_meta.figures.text import level_text
from msc_meta.figures.xy_layout import xy_drawing
from msc_meta.figures.xy_plot import Curve, Layer, Marker, Region, Scale, Wording, XYPlot, reach
from msc_meta.pooling.results import PooledResult

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


class RadialPoint(NamedTuple):
    """One study: precision ``1 / sqrt(v + tau2)``, and the effect times it."""

    key: str
    label: str
    x: float
    y: float
    effect: str


@final
@dataclass(frozen=True, slots=True)
class RadialPoints:
    """Studies, the slope of the pooled effect, and half the height of the band in standard errors."""

    points: tuple[RadialPoint, ...]
    slope: float
    half: float
    tau2: float


def radial_points(rows: Sequence[StudyRow], result: PooledResult, style: Style) -> RadialPoints:
    """Return the coordinates of a radial plot; the model's tau2 is part of each study's variance."""
    tau2 = 0.0 if isnan(result.tau2) else result.tau2
    points = []
    for row in rows:
        if row.included:
            precision = 1 / sqrt(row.vi + tau2)
            text = effect_text(row.yi, result.measure, style)
            points.append(RadialPoint(row.study, name_of(row), precision, row.yi * precision, text))
    half = NormalDist().inv_cdf((1 + result.level) / 2)
    return RadialPoints(tuple(points), result.estimate, half, tau2)


def draw_radial(
    rows: Sequence[StudyRow], result: PooledResult, info: FigureInfo, *, style: StyleChoice = None
) -> Drawing:
    """Return a radial plot as a drawing; see `radial_plot`."""
    look, info = load_style(style), info.cleaned()
    points = radial_points(rows, result, look)
    enough = len(points.points) > 1
    return xy_drawing(_plot(points, result, info, look) if enough else None, _wording(points, result, info, look), look)


def _plot(points: RadialPoints, result: PooledResult, info: FigureInfo, style: Style) -> XYPlot:
    end = 1.08 * max(point.x for point in points.points)
    at_end = points.slope * end
    band = (0.0, points.half), (end, at_end + points.half), (end, at_end - points.half), (0.0, -points.half)
    low, high = reach([point.y for point in points.points] + [y for _, y in band])
    more = f", τ² of {points.tau2:.2g} included" if points.tau2 else ""
    of = "1 / standard error" + more
    right = make_axis(low / end, high / end, style.funnel_height, log=is_log(result.measure), style=style, upright=True)
    named = len(points.points) <= style.labels_up_to
    layers: tuple[Layer, ...] = (
        Region("limits/limits/band", band, style.band),
        Curve("null/null/line", ((0.0, 0.0), (end, 0.0)), style.guide, style.guide_width, (1.2, 2.0)),
        Curve("pooled-line/pooled/line", ((0.0, 0.0), (end, at_end)), style.ink, style.line_width),
        *(
            Marker(key=point.key, x=point.x, y=point.y, radius=style.point_side / 2, fill=style.point_fill,
                   stroke=style.paper, label=point.label if named else "")
            for point in points.points
        ),
    )  # fmt: skip
    return XYPlot(
        x=Scale(title=f"Precision ({of})", low=0.0, high=end),
        y=Scale(title="Effect / standard error", low=low, high=high),
        layers=layers,
        right=tuple((at * end, label) for at, label in right.ticks),
        right_title=effect_title(result.measure, info),
    )


def _wording(points: RadialPoints, result: PooledResult, info: FigureInfo, style: Style) -> Wording:
    level = level_text(result.level, style)
    notes = fewer("radial plot", result.k, 2) or (
        "The slope of a line from the origin through a study is its effect, read at the right.",
        f"Line: pooled effect; band: where {level} of studies would lie.",
    )
    said = " ".join(notes)
    if len(points.points) > 1:
        out = [p.label for p in points.points if abs(p.y - points.slope * p.x) > points.half]
        beyond = f"Outside the band: {', '.join(out)}." if out else "No study is outside the band."
        about = f"{info.title}: " if info.title else ""
        pooled = effect_text(points.slope, result.measure, style)
        said = f"{about}{studies_in_words(len(points.points))}, pooled effect {pooled}. {beyond} {said}"
    header = ("Study", effect_title(result.measure, info), "Precision", "Effect / standard error")
    return Wording(
        name=f"radial-{info.name}",
        title=figure_title("Radial plot", info),
        description=f"Radial plot. {said}",
        caption=f"Radial (Galbraith) plot. {said}",
        data=table(header, [(p.label, p.effect, p.x, p.y) for p in points.points]),
        details=tuple(f"{p.label}: effect {p.effect}, precision {p.x:.3g}." for p in points.points),
        notes=notes,
    )


def radial_plot(
    table: pd.DataFrame | Sequence[StudyRow],
    result: PooledResult,
    ax: Axes | None = None,
    style: StyleChoice = None,
    *,
    info: FigureInfo | None = None,
) -> Axes | Figure:
    """Draw a radial plot [1]_: precision across, the effect in standard errors upwards, effects as slopes.

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
    ``x = 1 / sqrt(v + tau2)`` and ``y = yi x``; the band is ``estimate x +/- 1.96``.

    References
    ----------
    .. [1] Galbraith (1988). Technometrics 30, 271-281.

    Examples
    --------
    >>> from msc_meta.pooling.random_effects import pool
    >>> rows = [
    ...     StudyRow(study=s, label=s, year=2021, standing="pooled", yi=y, vi=0.25)
    ...     for s, y in (("A", -0.1), ("B", -0.4))
    ... ]
    >>> [point.x for point in radial_points(rows, pool([-0.1, -0.4], [0.25, 0.25]), load_style()).points]
    [2.0, 2.0]
    """
    rows = rows_of(table, result)
    return shown(draw_radial(rows, result, info or info_of(rows), style=style), ax)
