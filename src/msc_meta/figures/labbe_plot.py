"""L'Abbe's plot: the risk of each trial's experimental arm against that of its control arm."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import asin, exp, pi, sin, sqrt
from typing import TYPE_CHECKING, Literal, NamedTuple

from msc_meta.effects.rows import StudyRow
from msc_meta.errors import ArgumentError
from msc_meta.figures.axes import StyleChoice, shown
from msc_meta.figures.drawing import Drawing
from msc_meta.figures.forest_table import FigureInfo
from msc_meta.figures.plot_words import figure_title, name_of, pooled_phrase, radius_of, studies_in_words, table
from msc_meta.figures.style import Style, load_style
from msc_meta.figures.tables import info_of, rows_of
from msc_meta.figures.text import count
from msc_meta.figures.xy_layout import xy_drawing
from msc_meta.figures.xy_plot import Curve, Entry, Layer, Marker, Scale, Wording, XYPlot
from msc_meta.pooling.results import PooledResult

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MEASURES = ("RR", "OR", "PETO", "RD", "AS")
ScaleName = Literal["linear", "root"]
SCALES = ("linear", "root")
ROOT_TICKS = (0.0, 1.0, 5.0, 10.0, 20.0, 40.0, 60.0, 80.0, 100.0)  # percent
BENDS = 60  # points of the curve of the pooled effect


class LabbePoint(NamedTuple):
    """One trial: risks in percent, weight in percent, events and patients as text."""

    key: str
    label: str
    x: float
    y: float
    weight: float
    experimental: str
    control: str


def labbe_points(rows: Sequence[StudyRow], style: Style) -> tuple[LabbePoint, ...]:
    """Return the risks of pooled trials whose counts are known, as reported, the heaviest first."""
    points = [
        LabbePoint(
            row.study, name_of(row), 100 * row.c.events / row.c.n, 100 * row.e.events / row.e.n, row.weight,
            *(f"{count(arm.events, style)}/{count(arm.n, style)}" for arm in (row.e, row.c)),
        )
        for row in rows
        if row.included and row.has_counts
    ]  # fmt: skip
    return tuple(sorted(points, key=lambda point: -point.weight))


def experimental_risk(control: float, effect: float, measure: str) -> float:
    """Return the risk in the experimental arm that an effect on the analysis scale makes of a control risk.

    Examples
    --------
    >>> from math import log
    >>> [round(experimental_risk(0.5, log(0.5), measure), 3) for measure in ("RR", "OR")]
    [0.25, 0.333]
    >>> experimental_risk(0.5, -0.25, "RD")
    0.25
    """
    if measure == "RR":
        return control * exp(effect)
    if measure in ("OR", "PETO"):
        return control * exp(effect) / (1 - control + control * exp(effect))
    if measure == "RD":
        return control + effect
    return sin(min(max(asin(sqrt(control)) + effect, 0.0), pi / 2)) ** 2


def draw_labbe(
    rows: Sequence[StudyRow],
    result: PooledResult,
    info: FigureInfo,
    *,
    style: StyleChoice = None,
    scale: ScaleName = "linear",
) -> Drawing:
    """Return L'Abbe's plot as a drawing; see `labbe_plot`."""
    if scale not in SCALES:
        raise ArgumentError(f"scale is {scale!r}; there are: {', '.join(SCALES)}")
    if result.measure not in MEASURES:
        raise ArgumentError(
            f"L'Abbe's plot is of risks; the measure is {result.measure}, not one of {', '.join(MEASURES)}"
        )
    look, info = load_style(style), info.cleaned()
    points = labbe_points(rows, look)
    unknown = [name_of(row) for row in rows if row.included and not row.has_counts]
    plot = _plot(points, result, info, look, scale) if points else None
    width = look.funnel_width  # as high as it is wide: no difference is the diagonal
    return xy_drawing(plot, _wording(points, unknown, result, info, look, scale), look, height=width)


def _plot(
    points: Sequence[LabbePoint], result: PooledResult, info: FigureInfo, style: Style, scale: ScaleName
) -> XYPlot:
    weights = [point.weight for point in points]
    room = style.bubble_radius / style.funnel_width
    top = max(max(point.x, point.y) for point in points)
    spread: Callable[[float], float] = sqrt if scale == "root" else float
    if scale == "root":
        high = min(spread(100.0) * (1.0 + room), spread(top or 1.0) * (1 + 2 * room) + 0.1)
        ticks = tuple((spread(risk), f"{risk:g}") for risk in ROOT_TICKS if spread(risk) <= high)
    else:
        high, ticks = min(1.0 + room, (top / 100 or 0.1) * (1 + 2 * room) + 0.02) * 100, ()
    low, end = -room * high, spread(100.0)
    named = len(points) <= style.labels_up_to
    layers: tuple[Layer, ...] = (
        Curve("null/null/line", ((0.0, 0.0), (end, end)), style.guide, style.guide_width, (1.2, 2.0)),
        _pooled_curve(result, style, spread),
        *(
            Marker(key=point.key, x=spread(point.x), y=spread(point.y), radius=radius_of(point.weight, weights, style),
                   fill=style.point_fill, stroke=style.paper, label=point.label if named else "")
            for point in points
        ),
    )  # fmt: skip
    return XYPlot(
        x=Scale(title=f"Risk, {info.control}, %", low=low, high=high, ticks=ticks),
        y=Scale(title=f"Risk, {info.experimental}, %", low=low, high=high, ticks=ticks),
        layers=layers,
    )


def _pooled_curve(result: PooledResult, style: Style, spread: Callable[[float], float]) -> Curve:
    """Return the curve of the pooled effect, with bends at even distances on the scale that is drawn."""
    even = [i / BENDS for i in range(BENDS + 1)]
    risks = [part**2 for part in even] if spread is sqrt else even
    curve = ((risk, experimental_risk(risk, result.estimate, result.measure)) for risk in risks)
    inside = tuple((spread(100 * x), spread(100 * y)) for x, y in curve if 0 <= y <= 1)
    return Curve("pooled-line/pooled/line", inside, style.ink, style.line_width, (4.0, 2.5))


def _wording(
    points: Sequence[LabbePoint],
    unknown: Sequence[str],
    result: PooledResult,
    info: FigureInfo,
    style: Style,
    scale: ScaleName,
) -> Wording:
    pooled = pooled_phrase(result, style)
    better = {"lower": "Below", "higher": "Above"}[info.better]
    notes: tuple[str, ...] = (
        f"{better} the dotted line the {info.experimental} arm did better.",
        "Area of circles: weight in the pooled effect.",
    )
    if scale == "root":
        notes = (*notes, "Both axes are on a square-root scale, which gives rare risks more room.")
    if not points:
        notes = ("No pooled study has counts of both arms, so there is no L'Abbé plot.",)
    elif unknown:
        notes = (*notes, f"Counts not known: {', '.join(unknown)}.")
    said = " ".join(notes)
    if points:
        below, above = sum(p.y < p.x for p in points), sum(p.y > p.x for p in points)
        about = f"{info.title}: " if info.title else ""
        said = (
            f"{about}{studies_in_words(len(points))}, risk with {info.control} across, with {info.experimental} "
            f"upwards; {below} below the line of no difference, {above} above, {len(points) - below - above} on it. "
            f"Pooled effect {pooled}. {said}"
        )
    null = Curve("", (), style.guide, style.guide_width, (1.2, 2.0))
    legend = (Entry(_pooled_curve(result, style, float), f"pooled effect: {pooled}"), Entry(null, "no difference"))
    rows = [(p.label, p.experimental, p.control, p.y, p.x, p.weight) for p in points]
    arms = (f"{info.experimental}, events/total", f"{info.control}, events/total")
    return Wording(
        name=f"labbe-{info.name}",
        title=figure_title("L'Abbé plot", info),
        description=f"L'Abbé plot. {said}",
        caption=f"L'Abbé plot. {said}",
        data=table(("Study", *arms, "Risk, experimental, %", "Risk, control, %", "Weight, %"), rows),
        details=tuple(f"{p.label}: {p.experimental} against {p.control}, weight {p.weight:.1f}%." for p in points),
        legend=legend if points else (),
        notes=notes,
    )


def labbe_plot(
    table: pd.DataFrame | Sequence[StudyRow],
    result: PooledResult,
    ax: Axes | None = None,
    style: StyleChoice = None,
    *,
    info: FigureInfo | None = None,
    scale: ScaleName = "linear",
) -> Axes | Figure:
    """Draw L'Abbe's plot [1]_: risks of the control arms across, of the experimental arms upwards.

    Parameters
    ----------
    table, result, ax, style, info
        As in `forest`; the table has counts, and the measure is one of events.
    scale : {"linear", "root"}
        Of both axes; square roots give rare risks more room, and keep the place of a risk of zero.

    Returns
    -------
    Axes or Figure
        The Axes that was given, or else a new Figure; it is neither shown nor saved.

    Raises
    ------
    ArgumentError
        for a measure that is not of events, or an unknown scale.

    Notes
    -----
    Risks are shown as reported, without any correction of empty cells. The dashed curve is where all trials would lie
    if the pooled effect held in each.

    References
    ----------
    .. [1] L'Abbe, Detsky & O'Rourke (1987). Annals of Internal Medicine 107, 224-233.

    Examples
    --------
    >>> import pandas as pd
    >>> import msc_meta as mm
    >>> trials = pd.read_csv("examples/data/bcg.csv")
    >>> effect = mm.effect_size("RR", **trials[["event_e", "n_e", "event_c", "n_c"]])
    >>> trials = trials.assign(yi=effect.yi, vi=effect.vi)
    >>> result = mm.pool(effect.yi, effect.vi, measure="RR")
    >>> figure = labbe_plot(trials, result, scale="root")
    >>> len(figure.axes)
    1
    """
    rows = rows_of(table, result)
    return shown(draw_labbe(rows, result, info or info_of(rows), style=style, scale=scale), ax)
