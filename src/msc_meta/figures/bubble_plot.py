"""The bubble plot: effects over one continuous moderator, with the line of the meta-regression and its bands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor, log10
from typing import TYPE_CHECKING, NamedTuple, final

from msc_meta.effects.rows import StudyRow
from msc_meta.figures.axes import StyleChoice, shown
from msc_meta.figures.drawing import Drawing
from msc_meta.figures.forest_table import FigureInfo
from msc_meta.figures.plot_words import (
    effect_text,
    effect_title,
    figure_title,
    is_log,
    lower_first,
    name_of,
    radius_of,
    refit_method,
    table,
)
from msc_meta.figures.style import Style, load_style
from msc_meta.figures.tables import info_of, number_column, rows_of
from msc_meta.figures.text import level_text, number, p_value
from msc_meta.figures.xy_layout import xy_drawing
from msc_meta.figures.xy_plot import Curve, Entry, Layer, Marker, Region, Scale, Wording, XYPlot, reach
from msc_meta.pooling.results import PooledResult
from msc_meta.study_fields import title_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from msc_meta.pooling.regression import Regression

BENDS = 40  # of the bands
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
LEAST = 3  # studies; with two the line goes through both


class Bubble(NamedTuple):
    """One study: moderator, effect on the analysis scale and as text, weight in the regression in percent."""

    key: str
    label: str
    x: float
    y: float
    effect: str
    weight: float


@final
@dataclass(frozen=True, slots=True)
class BubblePoints:
    """Studies that state the moderator, the regression on it (None for too few), and who is silent.

    ``unit`` is a power of ten that makes numbers of the moderator short enough to be read: its axis and the slope
    are in it.
    """

    points: tuple[Bubble, ...]
    fit: Regression | None
    silent: tuple[str, ...]
    unit: int = 0


def bubble_points(
    rows: Sequence[StudyRow], result: PooledResult, values: Mapping[str, float], moderator: str, style: Style
) -> BubblePoints:
    """Regress the pooled effects on the moderator, as the result was pooled.

    Parameters
    ----------
    values : mapping of str to float
        The moderator by the study's id; a study without it is in no plot, and named.
    """
    from msc_meta.pooling.regression import meta_regression

    pooled = [row for row in rows if row.included]
    stated = [row for row in pooled if row.study in values]
    silent = tuple(name_of(row) for row in pooled if row.study not in values)
    if len(stated) < LEAST or len({values[row.study] for row in stated}) < 2:
        return BubblePoints((), None, silent)
    fit = meta_regression(
        [row.yi for row in stated], [row.vi for row in stated], [[values[row.study]] for row in stated],
        names=[moderator], method=refit_method(result), ci_method=result.ci_method, level=result.level,
    )  # fmt: skip
    weights = [1 / (row.vi + fit.tau2) for row in stated]
    points = (
        Bubble(row.study, name_of(row), values[row.study], row.yi, effect_text(row.yi, result.measure, style), weight)
        for row, weight in zip(stated, (100 * weight / sum(weights) for weight in weights), strict=True)
    )
    return BubblePoints(
        tuple(sorted(points, key=lambda point: -point.weight)),
        fit,
        silent,
        _unit([values[row.study] for row in stated]),
    )


def _unit(values: Sequence[float]) -> int:
    """Return the power of ten to read values in: of 3, 6 and so on, 0 for what is short as it is."""
    power = floor(log10(max(values) - min(values)))
    return 0 if -2 <= power < 4 else 3 * (power // 3)


def _named(moderator: str, unit: int) -> str:
    """Return the moderator with its power of ten: ``Cells per kg, 10⁶``."""
    return f"{moderator}, 10{str(unit).translate(SUPERSCRIPTS)}" if unit else moderator


def draw_bubble(
    rows: Sequence[StudyRow],
    result: PooledResult,
    info: FigureInfo,
    *,
    values: Mapping[str, float],
    moderator: str,
    style: StyleChoice = None,
) -> Drawing:
    """Return a bubble plot as a drawing; see `bubble_plot`."""
    look, info = load_style(style), info.cleaned()
    points = bubble_points(rows, result, values, moderator, look)
    plot = None if points.fit is None else _plot(points, points.fit, moderator, result, info, look)
    return xy_drawing(plot, _wording(points, moderator, result, info, look), look)


def _plot(
    points: BubblePoints, fit: Regression, moderator: str, result: PooledResult, info: FigureInfo, style: Style
) -> XYPlot:
    per = 10.0**points.unit
    low, high = reach([point.x / per for point in points.points], pad=0.08)
    grid = [low + (high - low) * i / BENDS for i in range(BENDS + 1)]
    line = fit.predict([x * per for x in grid])
    ends = [*line.ci_low.tolist(), *line.ci_high.tolist()]
    y_low, y_high = reach([*(point.y for point in points.points), *ends, 0.0], pad=0.06)
    band = (
        *zip(grid, line.ci_low.tolist(), strict=True),
        *reversed(list(zip(grid, line.ci_high.tolist(), strict=True))),
    )
    named = len(points.points) <= style.labels_up_to
    weights = [point.weight for point in points.points]
    layers: tuple[Layer, ...] = (
        Region("limits/limits/band", band, style.band),
        Curve("null/null/line", ((low, 0.0), (high, 0.0)), style.guide, style.guide_width, (1.2, 2.0)),
        *(
            Curve("limits/limits/prediction", tuple(zip(grid, bound.tolist(), strict=True)), style.muted,
                  style.line_width, (4.0, 2.5))
            for bound in (line.pi_low, line.pi_high)
        ),
        Curve("pooled-line/pooled/line", tuple(zip(grid, line.estimate.tolist(), strict=True)), style.ink, 1.0),
        *(
            Marker(key=point.key, x=point.x / per, y=point.y,
                   radius=radius_of(point.weight, weights, style), fill=style.point_fill,
                   stroke=style.paper, label=point.label if named else "")
            for point in points.points
        ),
    )  # fmt: skip
    y = Scale(title=effect_title(result.measure, info), low=y_low, high=y_high, log=is_log(result.measure))
    return XYPlot(x=Scale(title=_named(moderator, points.unit), low=low, high=high), y=y, layers=layers)


def slope_phrase(fit: Regression, measure: str, style: Style, unit: int = 0) -> str:
    """Return ``slope per unit 0.02 [−0.01, 0.05], P = 0.21``; of a ratio, the factor per unit of the axis."""
    one = fit.coefficients[1]
    values = [value * 10.0**unit for value in (one.estimate, *one.ci)]
    per = f"10{str(unit).translate(SUPERSCRIPTS)}" if unit else "unit"
    if is_log(measure):
        shown = [effect_text(value, measure, style) for value in values]
        what = f"ratio of effects per {per}"
    else:
        shown = [number(value, 3, style) for value in values]
        what = f"slope per {per}"
    return f"{what} {shown[0]} {style.ci_open}{shown[1]}{style.ci_between}{shown[2]}{style.ci_close}, " + p_value(
        one.p_value, style
    )


def _wording(points: BubblePoints, moderator: str, result: PooledResult, info: FigureInfo, style: Style) -> Wording:
    notes: tuple[str, ...]
    legend: tuple[Entry, ...] = ()
    if points.fit is None:
        notes = (f"A bubble plot needs {LEAST} studies that state {moderator} and differ in it.",)
        said = " ".join(notes)
    else:
        level = level_text(result.level, style)
        legend = (
            Entry(Curve("", (), style.ink, 1.0), "meta-regression"),
            Entry(Region("", (), style.band), f"{level} confidence band"),
            Entry(Curve("", (), style.muted, style.line_width, (4.0, 2.5)), f"{level} prediction band"),
        )
        slope = slope_phrase(points.fit, result.measure, style, points.unit)
        notes = (
            f"{slope[0].upper()}{slope[1:]}; {len(points.points)} studies. Area of circles: weight.",
            "An association between studies is not one between patients.",
        )
        about = f"{info.title}: " if info.title else ""
        said = f"{about}{lower_first(effect_title(result.measure, info))} over {moderator}. {' '.join(notes)}"
    if points.silent:
        notes = (*notes, f"Not stated, not in the plot: {', '.join(points.silent)}.")
    header = ("Study", moderator, effect_title(result.measure, info), "Weight, %")
    return Wording(
        name=f"bubble-{info.name}",
        title=figure_title("Bubble plot", info),
        description=f"Bubble plot. {said}",
        caption=f"Bubble plot. {said}",
        data=table(header, [(p.label, p.x, p.effect, p.weight) for p in points.points]),
        details=tuple(
            f"{p.label}: {moderator} {p.x:g}, effect {p.effect}, weight {p.weight:.1f}%." for p in points.points
        ),
        legend=legend,
        notes=notes,
    )


def bubble_plot(
    table: pd.DataFrame | Sequence[StudyRow],
    result: PooledResult,
    ax: Axes | None = None,
    style: StyleChoice = None,
    *,
    moderator: str,
    values: Mapping[str, float] | None = None,
    info: FigureInfo | None = None,
) -> Axes | Figure:
    """Draw a bubble plot [1]_: effects over a moderator, with the meta-regression and its bands.

    Parameters
    ----------
    table, result, ax, style, info
        As in `forest`.
    moderator : str
        Name of the moderator, and without ``values`` the column of the table that holds it.
    values : mapping of str to float, optional
        The moderator by the study's id; a study without it is in no plot.

    Returns
    -------
    Axes or Figure
        The Axes that was given, or else a new Figure; it is neither shown nor saved.

    Raises
    ------
    ArgumentError
        for a column that the table does not have or that is no number.

    Notes
    -----
    The line and the confidence band are those of `meta_regression` with the methods of the result; the prediction band
    has tau2 in it. Areas of the circles are proportional to ``1 / (v + tau2)``.

    References
    ----------
    .. [1] Thompson & Higgins (2002). Statistics in Medicine 21, 1559-1573.

    Examples
    --------
    >>> import pandas as pd
    >>> import msc_meta as mm
    >>> trials = pd.read_csv("examples/data/bcg.csv")
    >>> effect = mm.effect_size("RR", **trials[["event_e", "n_e", "event_c", "n_c"]])
    >>> trials = trials.assign(yi=effect.yi, vi=effect.vi)
    >>> result = mm.pool(effect.yi, effect.vi, measure="RR")
    >>> figure = bubble_plot(trials, result, moderator="latitude")
    >>> len(figure.axes)
    1
    """
    rows = rows_of(table, result)
    found = number_column(table, moderator) if values is None else values
    title = title_of((moderator,))
    return shown(draw_bubble(rows, result, info or info_of(rows), values=found, moderator=title, style=style), ax)
