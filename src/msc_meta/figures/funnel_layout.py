"""Where everything of a funnel plot stands, in points."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, cos, floor, log10, pi, sin
from typing import NamedTuple

from msc_meta.figures.axis import Axis, make_axis
from msc_meta.figures.drawing import Box, Drawing, Item, Line, Polygon, Text, square
from msc_meta.figures.funnel_labels import labels
from msc_meta.figures.funnel_points import FunnelPoints
from msc_meta.figures.metrics import CAP_HEIGHT, text_width, wrap
from msc_meta.figures.style import Style
from msc_meta.figures.text import number


class Frame(NamedTuple):
    """The plotting area: a box on the page, the axis of effects, and the largest standard error."""

    box: Box
    axis: Axis
    se_max: float

    def x(self, value: float) -> float:
        """Return the place of an effect on the analysis scale."""
        return self.axis.place(value, self.box.left, self.box.right - self.box.left)

    def y(self, se: float) -> float:
        """Return the place of a standard error; zero is on top."""
        return self.box.top + (self.box.bottom - self.box.top) * se / self.se_max


def funnel_drawing(points: FunnelPoints, style: Style, description: str = "", details: tuple[str, ...] = ()) -> Drawing:
    """Lay a funnel plot out; without a study it is the sentence that says so."""
    items: list[Item] = []
    bottom = style.margin
    width = style.funnel_width + 2 * style.margin
    if points.points:
        frame = _frame(points, style)
        width = frame.box.right + style.margin
        items += _contours(frame, points, style)
        items += _axes(frame, points, style)
        items += _lines(frame, points, style)
        items += _studies(frame, points, style)
        bottom = frame.box.bottom + 9 + 3.2 * style.size
        legend, bottom = _legend(points, style, bottom, width)
        items += legend
    small = style.size_small
    for sentence in points.sentences:
        for line in wrap(sentence, width - 2 * style.margin, small, style.font_family):
            items.append(Text("note/note/text", style.margin, bottom + CAP_HEIGHT * small, line, small, style.ink))
            bottom += style.line_height * small
    return Drawing(
        name=f"funnel-{points.info.name}",
        width=round(width, 2),
        height=round(bottom + style.margin, 2),
        items=tuple(items),
        font_family=style.font_family,
        svg_font_families=style.svg_font_families,
        paper=style.paper,
        title=f"Funnel plot: {points.info.title}" if points.info.title else "Funnel plot",
        description=description,
        details=details,
    )


def _frame(points: FunnelPoints, style: Style) -> Frame:
    """Return a frame that holds every study and the whole funnel."""
    step, se_max = _error_axis(max(point.se for point in points.points))
    errors = [number(i * step, _decimals(step), style) for i in range(round(se_max / step) + 1)]
    left = style.margin + max(text_width(error, style.size_small, style.font_family) for error in errors) + 6
    reach = points.critical * se_max
    low = min(points.estimate - reach, 0.0, *(point.estimate for point in points.points))
    high = max(points.estimate + reach, 0.0, *(point.estimate for point in points.points))
    pad = 0.03 * (high - low)
    axis = make_axis(low - pad, high + pad, style.funnel_width, log=points.log, style=style)
    top = style.margin + 2.2 * style.size
    return Frame(Box(left, top, left + style.funnel_width, top + style.funnel_height), axis, se_max)


def _error_axis(largest: float) -> tuple[float, float]:
    """Return step and end of the axis of standard errors: four to eight steps of 1, 2 or 5."""
    power = 10.0 ** floor(log10(largest))
    step = next(m * power for m in (0.1, 0.2, 0.5, 1, 2) if largest / (m * power) <= 6)
    return step, step * ceil(1.02 * largest / step)


def _decimals(step: float) -> int:
    return max(0, -floor(log10(step) + 1e-9))


def _axes(frame: Frame, points: FunnelPoints, style: Style) -> Iterator[Item]:
    box, small = frame.box, style.size_small
    yield Line("axis/axis/line", box.left, box.bottom, box.right, box.bottom, style.ink, style.guide_width)
    yield Line("axis/axis/line", box.left, box.top, box.left, box.bottom, style.ink, style.guide_width)
    for at, label in frame.axis.ticks:
        x = frame.x(at)
        yield Line("axis/axis/tick", x, box.bottom, x, box.bottom + 3, style.ink, style.guide_width)
        yield Text("axis/axis/label", x, box.bottom + 6 + CAP_HEIGHT * small, label, small, style.ink, "middle")
    step, end = _error_axis(max(point.se for point in points.points))
    for i in range(round(end / step) + 1):
        y = frame.y(i * step)
        yield Line("axis/axis/tick", box.left - 3, y, box.left, y, style.ink, style.guide_width)
        label = number(i * step, _decimals(step), style)
        yield Text("axis/axis/label", box.left - 5, y + CAP_HEIGHT * small / 2, label, small, style.ink, "end")
    middle = (box.left + box.right) / 2
    yield Text(
        "axis/axis/title", middle, box.bottom + 9 + 2.3 * style.size, points.x_title, style.size, style.ink, "middle"
    )
    yield Text(
        "axis/axis/title", style.margin, style.margin + CAP_HEIGHT * style.size, points.y_title, style.size, style.ink
    )


def _lines(frame: Frame, points: FunnelPoints, style: Style) -> Iterator[Line]:
    box, width = frame.box, style.line_width
    yield Line(
        "null/null/line", frame.x(0.0), box.top, frame.x(0.0), box.bottom, style.guide, style.guide_width, (1.2, 2.0)
    )
    apex = frame.x(points.estimate)
    yield Line("pooled-line/pooled/line", apex, box.top, apex, box.bottom, style.ink, style.guide_width)
    for sign in (-1, 1):
        end = frame.x(points.estimate + sign * points.critical * frame.se_max)
        yield Line("limits/limits/line", apex, box.top, end, box.bottom, style.muted, width, (4.0, 2.5))


def _contours(frame: Frame, points: FunnelPoints, style: Style) -> Iterator[Item]:
    """Yield the regions from outside in, each painted over the one before."""
    if not points.contours:
        return
    box = frame.box
    corners = ((box.left, box.top), (box.right, box.top), (box.right, box.bottom), (box.left, box.bottom))
    yield Polygon("contours/contours/region", corners, fill=style.contours[-1])
    shades = (style.paper, *style.contours[:-1])
    for (_, deviate), shade in zip(reversed(points.contours), reversed(shades), strict=True):
        yield Polygon("contours/contours/region", _wedge(frame, deviate), fill=shade)


def _wedge(frame: Frame, deviate: float) -> tuple[tuple[float, float], ...]:
    """Return where an effect is less than ``deviate`` standard errors from none, cut at the frame."""
    box, axis = frame.box, frame.axis
    left: list[tuple[float, float]] = []
    right: list[tuple[float, float]] = []
    for bound, side, edge in ((axis.low, left, box.left), (axis.high, right, box.right)):
        sign = -1 if bound < 0 else 1
        if deviate * frame.se_max <= abs(bound):
            side.append((frame.x(sign * deviate * frame.se_max), box.bottom))
        else:
            side += [(edge, frame.y(abs(bound) / deviate)), (edge, box.bottom)]
    return ((frame.x(0.0), box.top), *right, *reversed(left))


def _studies(frame: Frame, points: FunnelPoints, style: Style) -> Iterator[Item]:
    places = [(frame.x(point.estimate), frame.y(point.se)) for point in points.points]
    for point, (x, y) in zip(points.points, places, strict=True):
        yield _disc(f"study/{point.key}/point", x, y, style)
    if len(points.points) <= style.labels_up_to:
        named = [(point.key, point.label, x, y) for point, (x, y) in zip(points.points, places, strict=True)]
        yield from labels(named, frame.box, list(_lines(frame, points, style)), style)


def _disc(gid: str, x: float, y: float, style: Style) -> Polygon:
    radius = style.point_side / 2
    around = [2 * pi * i / 24 for i in range(24)]
    outline = tuple((x + radius * cos(angle), y + radius * sin(angle)) for angle in around)
    return Polygon(gid, outline, fill=style.point_fill, stroke=style.paper, width=style.guide_width)


def _legend(points: FunnelPoints, style: Style, top: float, width: float) -> tuple[list[Item], float]:
    """Return the key to the shades, and where it ends below."""
    if not points.contours:
        return [], top
    items: list[Item] = []
    small = style.size_small
    x, y = style.margin, top + small / 2
    letter = style.p_letter
    names = (f"{letter} > 0.10", f"0.05 < {letter} ≤ 0.10", f"0.01 < {letter} ≤ 0.05", f"{letter} ≤ 0.01")
    for name, shade in zip(names, (style.paper, *style.contours), strict=True):
        items.append(square("legend/legend/shade", x + small / 2, y, small, fill=shade, stroke=style.guide, width=0.4))
        items.append(Text("legend/legend/label", x + 1.5 * small, y + CAP_HEIGHT * small / 2, name, small, style.ink))
        x += 1.5 * small + text_width(name, small, style.font_family) + 2 * small
    return items, top + 1.9 * small
