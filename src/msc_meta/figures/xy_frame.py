"""The plotting area of an x-y plot on the page: two measured axes, and what is drawn between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import final

from msc_meta.figures.axis import Axis, make_axis
from msc_meta.figures.drawing import Box, Circle, Item, Line, Path, Polygon, Text
from msc_meta.figures.metrics import CAP_HEIGHT, text_width
from msc_meta.figures.point_labels import Named, labels
from msc_meta.figures.style import Style
from msc_meta.figures.xy_clip import clipped_area, clipped_line
from msc_meta.figures.xy_plot import Curve, Layer, Marker, Region, Scale, XYPlot

TICK = 3.0  # points
OUTLINES = {  # of a square of side 2 round the middle, y downwards, all of about the area of the circle in it
    "square": ((-0.89, -0.89), (0.89, -0.89), (0.89, 0.89), (-0.89, 0.89)),
    "diamond": ((0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)),
    "triangle": ((0, -1.3), (1.2, 0.8), (-1.2, 0.8)),
    "wedge": ((0, 1.3), (1.2, -0.8), (-1.2, -0.8)),
    "cross": (
        (-0.4, -1.2), (0.4, -1.2), (0.4, -0.4), (1.2, -0.4), (1.2, 0.4), (0.4, 0.4), (0.4, 1.2), (-0.4, 1.2),
        (-0.4, 0.4), (-1.2, 0.4), (-1.2, -0.4), (-0.4, -0.4),
    ),
}  # fmt: skip


@final
@dataclass(frozen=True, slots=True)
class Frame:
    """A box on the page with its two axes."""

    box: Box
    across: Axis
    down: Axis
    inverted: bool = False

    def x(self, value: float) -> float:
        """Return the place across of a value."""
        return self.across.place(value, self.box.left, self.box.right - self.box.left)

    def y(self, value: float) -> float:
        """Return the place down of a value."""
        height = self.box.bottom - self.box.top
        if self.inverted:
            return self.down.place(value, self.box.top, height)
        return self.down.place(value, self.box.bottom, -height)

    def points(self, points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
        """Return the places of points."""
        return [(self.x(x), self.y(y)) for x, y in points]


def axis_of(scale: Scale, length: float, style: Style, *, upright: bool = False) -> Axis:
    """Return the axis of a scale that is ``length`` points long."""
    if scale.ticks:
        return Axis(scale.low, scale.high, scale.log, scale.ticks)
    return make_axis(scale.low, scale.high, length, log=scale.log, style=style, upright=upright)


def left_room(plot: XYPlot, height: float, style: Style) -> float:
    """Return the width that the labels of the upright axis need."""
    ticks = axis_of(plot.y, height, style, upright=True).ticks
    return max(text_width(text, style.size_small, style.font_family) for _, text in ticks) + TICK + 3


def right_room(plot: XYPlot, style: Style) -> float:
    """Return the width that the labels at the right side need."""
    if not plot.right:
        return 0.0
    return max(text_width(text, style.size_small, style.font_family) for _, text in plot.right) + TICK + 3


def frame_in(box: Box, plot: XYPlot, style: Style) -> Frame:
    """Return the frame of a plot whose plotting area is the box."""
    across = axis_of(plot.x, box.right - box.left, style)
    down = axis_of(plot.y, box.bottom - box.top, style, upright=True)
    return Frame(box, across, down, plot.y.inverted)


def frame_items(
    frame: Frame, plot: XYPlot, style: Style, *, gid: str = "axis", start: float | None = None
) -> Iterator[Item]:
    """Yield axes with ticks and titles, layers, and the names of points: all of one plotting area.

    The title of the upright axis stands above it, where it can be read without turning the head; ``start`` is where
    it begins, by default where the labels do.
    """
    begin = frame.box.left - left_room(plot, frame.box.bottom - frame.box.top, style) if start is None else start
    areas = [layer for layer in plot.layers if isinstance(layer, Region)]
    yield from (item for layer in areas for item in layer_items(layer, frame, style))
    yield from _axes(frame, plot, style, gid)
    yield from _titles(frame, plot, style, gid, begin)
    for layer in plot.layers:
        if not isinstance(layer, Region):
            yield from layer_items(layer, frame, style)
    named = [
        Named(layer.key, layer.label, frame.x(layer.x), frame.y(layer.y), layer.radius)
        for layer in plot.layers
        if isinstance(layer, Marker) and layer.label
    ]
    if named:
        yield from labels(named, frame.box, _obstacles(frame, plot), style)


def layer_items(layer: Layer, frame: Frame, style: Style) -> Iterator[Item]:
    """Yield what a layer is on the page."""
    if isinstance(layer, Marker):
        yield marker_item(layer, frame.x(layer.x), frame.y(layer.y))
    elif isinstance(layer, Curve):
        for part in clipped_line(frame.points(layer.points), frame.box):
            yield line_item(layer, part)
    elif area := clipped_area(frame.points(layer.points), frame.box):
        yield Polygon(layer.gid, area, layer.fill, layer.stroke, style.guide_width if layer.stroke else 0.0)


def line_item(curve: Curve, points: Sequence[tuple[float, float]]) -> Item:
    """Return a curve through places on the page."""
    if len(points) == 2:
        (x1, y1), (x2, y2) = points
        return Line(curve.gid, x1, y1, x2, y2, curve.color, curve.width, curve.dash)
    return Path(curve.gid, tuple(points), curve.color, curve.width, curve.dash)


def marker_item(marker: Marker, x: float, y: float) -> Item:
    """Return a marker at a place on the page."""
    gid = marker.gid or f"study/{marker.key}/point"
    if marker.shape == "circle":
        return Circle(gid, x, y, marker.radius, marker.fill, marker.stroke, marker.width)
    outline = tuple((x + marker.radius * dx, y + marker.radius * dy) for dx, dy in OUTLINES[marker.shape])
    return Polygon(gid, outline, marker.fill, marker.stroke, marker.width)


def _obstacles(frame: Frame, plot: XYPlot) -> list[Line]:
    """Return the lines that names keep off."""
    return [
        Line(layer.gid, *start, *end, layer.color, layer.width)
        for layer in plot.layers
        if isinstance(layer, Curve)
        for part in clipped_line(frame.points(layer.points), frame.box)
        for start, end in pairwise(part)
    ]


def _axes(frame: Frame, plot: XYPlot, style: Style, gid: str) -> Iterator[Item]:
    box, small, thin = frame.box, style.size_small, style.guide_width
    yield Line(f"{gid}/axis/line", box.left, box.bottom, box.right, box.bottom, style.ink, thin)
    yield Line(f"{gid}/axis/line", box.left, box.top, box.left, box.bottom, style.ink, thin)
    for at, label in frame.across.ticks:
        x = frame.x(at)
        yield Line(f"{gid}/axis/tick", x, box.bottom, x, box.bottom + TICK, style.ink, thin)
        yield Text(f"{gid}/axis/label", x, below_axis(box, style), label, small, style.ink, "middle")
    for at, label in frame.down.ticks:
        y = frame.y(at)
        yield Line(f"{gid}/axis/tick", box.left - TICK, y, box.left, y, style.ink, thin)
        drop = CAP_HEIGHT * small / 2
        yield Text(f"{gid}/axis/label", box.left - TICK - 2, y + drop, label, small, style.ink, "end")
    if plot.right:
        yield Line(f"{gid}/right/line", box.right, box.top, box.right, box.bottom, style.ink, thin)
    for at, label in plot.right:
        y = frame.y(at)
        yield Line(f"{gid}/right/tick", box.right, y, box.right + TICK, y, style.ink, thin)
        yield Text(f"{gid}/right/label", box.right + TICK + 2, y + CAP_HEIGHT * small / 2, label, small, style.ink)


def below_axis(box: Box, style: Style) -> float:
    """Return the baseline of the labels below the axis."""
    return box.bottom + 2 * TICK + CAP_HEIGHT * style.size_small


def title_line(box: Box, style: Style) -> float:
    """Return the baseline of the axis's title."""
    return box.bottom + 9 + 2.3 * style.size


def _titles(frame: Frame, plot: XYPlot, style: Style, gid: str, start: float) -> Iterator[Item]:
    box, size = frame.box, style.size
    above = box.top - 1.2 * size
    if plot.x.title:
        yield Text(
            f"{gid}/axis/title",
            (box.left + box.right) / 2,
            title_line(box, style),
            plot.x.title,
            size,
            style.ink,
            "middle",
        )
    yield Text(f"{gid}/axis/title", start, above, plot.y.title, size, style.ink)
    if plot.right:
        end = box.right + right_room(plot, style)
        yield Text(f"{gid}/right/title", end, above, plot.right_title, size, style.ink, "end")
