"""A funnel plot in the units of its axes: contours, limits, lines and studies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil, floor, log10

from msc_meta.figures.drawing import Drawing
from msc_meta.figures.funnel_points import FunnelPoints
from msc_meta.figures.plot_words import figure_title, lower_first, table
from msc_meta.figures.style import Style
from msc_meta.figures.text import number
from msc_meta.figures.xy_layout import xy_drawing
from msc_meta.figures.xy_plot import (
    Curve,
    Entry,
    Layer,
    Marker,
    Points,
    Region,
    Scale,
    Shape,
    Wording,
    XYPlot,
    reach,
    upright,
)

BENDS = 60  # points of a curved limit
DASHES = ((4.0, 2.5), (1.5, 2.0), (7.0, 2.0, 1.5, 2.0))  # of the first, second and further limits
FLAT = 1e-6  # of the axis of precision is where its curves begin, far outside


def funnel_drawing(points: FunnelPoints, style: Style, description: str = "", details: tuple[str, ...] = ()) -> Drawing:
    """Lay a funnel plot out; without a study it is the sentence that says so."""
    wording = Wording(
        name=f"funnel-{points.info.name}",
        title=figure_title("Funnel plot", points.info),
        description=description,
        details=details,
        caption=_caption(points),
        data=_data(points),
        legend=_legend(points, style) if points.points else (),
        notes=points.sentences,
    )
    return xy_drawing(funnel_plot(points, style) if points.points else None, wording, style)


def funnel_plot(points: FunnelPoints, style: Style) -> XYPlot:
    """Return the plot; it holds every study and the whole funnel."""
    y = _y_scale(points, style)
    errors_seen = [point.se for point in points.points] + [one.se for one in points.filled]
    se_max = y.high if points.down == "se" else max(errors_seen)
    wide = max(deviate for _, deviate in points.limits) * se_max if points.down != "n" else 0.0
    effects = [point.estimate for point in points.points] + [one.estimate for one in points.filled]
    ends = (
        points.estimate - wide,
        points.estimate + wide,
        0.0,
        *(() if points.adjusted is None else (points.adjusted,)),
    )
    low, high = reach([*effects, *ends], pad=0.03)
    x = Scale(title=points.x_title, low=low, high=high, log=points.log)
    errors = _errors(points, y)
    layers = (*_contours(points, errors, x, y, style), *_lines(points, errors, y, style), *_studies(points, style))
    return XYPlot(x=x, y=y, layers=layers)


def _y_scale(points: FunnelPoints, style: Style) -> Scale:
    values = [points.height(point.se, point.n) for point in points.points]
    if points.down != "se":
        return Scale(title=points.y_title, low=0.0, high=1.06 * max(values))
    step, end = _error_axis(max(values))
    decimals = max(0, -floor(log10(step) + 1e-9))
    ticks = tuple((i * step, number(i * step, decimals, style)) for i in range(round(end / step) + 1))
    return Scale(title=points.y_title, low=0.0, high=end, inverted=True, ticks=ticks)


def _error_axis(largest: float) -> tuple[float, float]:
    """Return step and end of the axis of standard errors: four to eight steps of 1, 2 or 5."""
    power = 10.0 ** floor(log10(largest))
    step = next(m * power for m in (0.1, 0.2, 0.5, 1, 2) if largest / (m * power) <= 6)
    return step, step * ceil(1.02 * largest / step)


def _errors(points: FunnelPoints, y: Scale) -> list[float]:
    """Return the standard errors that limits go through: the ends of a straight line, or many of a curve."""
    if points.down == "se":
        return [0.0, y.high]
    return [1 / (y.high * FLAT ** (i / BENDS)) for i in range(BENDS + 1)]


def _lines(points: FunnelPoints, errors: Sequence[float], y: Scale, style: Style) -> Iterator[Curve]:
    yield Curve("null/null/line", upright(0.0, y.low, y.high), style.guide, style.guide_width, (1.2, 2.0))
    yield Curve("pooled-line/pooled/line", upright(points.estimate, y.low, y.high), style.ink, style.guide_width)
    if points.adjusted is not None:
        yield _adjusted(points, y, style)
    if points.down == "n":
        return
    for at, (_, deviate) in enumerate(points.limits):
        for sign in (-1, 1):
            line = tuple((points.estimate + sign * deviate * se, points.height(se)) for se in errors)
            yield Curve("limits/limits/line", line, style.muted, style.line_width, DASHES[min(at, len(DASHES) - 1)])


def _adjusted(points: FunnelPoints, y: Scale, style: Style) -> Curve:
    at = points.estimate if points.adjusted is None else points.adjusted
    return Curve("adjusted-line/adjusted/line", upright(at, y.low, y.high), style.accent, style.line_width, (6.0, 2.0))


def _contours(points: FunnelPoints, errors: Sequence[float], x: Scale, y: Scale, style: Style) -> Iterator[Region]:
    """Yield the regions from outside in, each painted over the one before."""
    if not points.contours:
        return
    corners = ((x.low, y.low), (x.high, y.low), (x.high, y.high), (x.low, y.high))
    yield Region("contours/contours/region", corners, style.contours[-1])
    shades = (style.paper, *style.contours[:-1])
    for (_, deviate), shade in zip(reversed(points.contours), reversed(shades), strict=True):
        yield Region("contours/contours/region", _wedge(points, deviate, errors), shade)


def _wedge(points: FunnelPoints, deviate: float, errors: Sequence[float]) -> Points:
    """Return where an effect is less than ``deviate`` standard errors from none."""
    right = [(deviate * se, points.height(se)) for se in errors]
    return (*right, *((-effect, down) for effect, down in reversed(right)))


def _studies(points: FunnelPoints, style: Style) -> Iterator[Layer]:
    radius = style.point_side / 2
    for at, one in enumerate(points.filled):
        if points.down != "n":  # nobody knows how many patients a study has that is not there
            yield Marker(key=f"{at + 1}", x=one.estimate, y=points.height(one.se), radius=radius, fill=style.paper,
                         stroke=style.ink, width=style.line_width, gid=f"filled/{at + 1}/point")  # fmt: skip
    named = len(points.points) <= style.labels_up_to
    for point in points.points:
        shape, fill = _look(points, point.key, style)
        yield Marker(key=point.key, x=point.estimate, y=points.height(point.se, point.n), radius=radius, fill=fill,
                     stroke=style.paper if points.groups is None else style.ink, shape=shape,
                     width=style.guide_width if points.groups is None else 0.4,
                     label=point.label if named else "")  # fmt: skip


def _look(points: FunnelPoints, key: str, style: Style) -> tuple[Shape, str]:
    return ("circle", style.point_fill) if points.groups is None else points.groups.look(key, style)


def _legend(points: FunnelPoints, style: Style) -> tuple[Entry, ...]:
    """Return the key to the shades, to the groups, and to what trim and fill added."""
    letter = style.p_letter
    names = (f"{letter} > 0.10", f"0.05 < {letter} ≤ 0.10", f"0.01 < {letter} ≤ 0.05", f"{letter} ≤ 0.01")
    shades = [
        Entry(Region("", (), shade), name) for name, shade in zip(names, (style.paper, *style.contours), strict=True)
    ]
    entries = shades if points.contours else []
    if points.groups is not None:
        entries += points.groups.legend(style)
    if points.filled:
        line = _adjusted(points, Scale(title="", low=0, high=1), style)
        open_circle = Marker(key="", x=0, y=0, radius=style.point_side / 2, fill=style.paper, stroke=style.ink,
                             width=style.line_width)  # fmt: skip
        if points.down != "n":
            entries.append(Entry(open_circle, f"filled ({len(points.filled)})"))
        entries.append(Entry(line, f"with the filled studies: {points.adjusted_text}"))
    return tuple(entries)


def _caption(points: FunnelPoints) -> str:
    if not points.points:
        return " ".join(points.sentences)
    about = f" {points.info.title}." if points.info.title else ""
    shades = " Shades: p-value of a study alone, around no effect." if points.contours else ""
    symbols = f" Symbols: {points.groups.title or 'groups of studies'}." if points.groups else ""
    axes = f"{points.x_title} against {lower_first(points.y_title)}."
    return f"Funnel plot.{about} {axes}{shades}{symbols} {' '.join(points.sentences)}"


def _data(points: FunnelPoints) -> tuple[tuple[str, ...], ...]:
    scale = "natural log" if points.log else "analysis scale"
    header = ["Study", points.x_title, f"Effect ({scale})", "Standard error"]
    rows: list[list[str | float | None]] = [
        [point.label, point.text, point.estimate, point.se] for point in points.points
    ]
    rows += [[f"filled {at}", "", one.estimate, one.se] for at, one in enumerate(points.filled, 1)]
    if points.groups is not None:
        header.append(points.groups.title or "Group")
        for row, point in zip(rows, points.points, strict=False):
            row.append(points.groups.of[point.key])
        for row in rows[len(points.points) :]:
            row.append("")
    return table(header, rows)
