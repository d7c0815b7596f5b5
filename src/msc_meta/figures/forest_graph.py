"""The graph of a forest plot: squares, intervals, diamond, axis, each as shapes at their place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, final

from msc_meta.figures.axis import Axis, axis_limits, make_axis
from msc_meta.figures.drawing import Anchor, Item, Line, Polygon, Text, square
from msc_meta.figures.metrics import CAP_HEIGHT, SLACK, text_width, wrap

if TYPE_CHECKING:
    from msc_meta.figures.forest_table import Effect, ForestTable, Graph
    from msc_meta.figures.style import Style

# The intervals of the answer are inside the axis, unless one is wider than this many times what the estimates span (no
# effect is one of them) and this many times the axis without it, as that of two studies that contradict each other:
# then the studies' own intervals would vanish in their squares, so it stretches the axis a little and is cut.
ABSURD_SPANS, ABSURD_AXES, STRETCH = 10, 3, 0.25


@final
@dataclass(frozen=True, slots=True)
class Panel:
    """Where effects are drawn: an axis over ``width`` points from ``left``."""

    axis: Axis
    left: float
    width: float
    heaviest: float
    style: Style

    @classmethod
    def of(cls, table: ForestTable, graph: Graph, left: float, width: float, style: Style) -> Panel | None:
        """Return the graph for a table; None where no study has an effect."""
        shown = [(row.kind, row.plotted[graph.key]) for row in table.rows if graph.key in row.plotted]
        effects = [plotted.effect for kind, plotted in shown if kind in {"study", "left-out"}]
        if not effects:
            return None
        main = [plotted for kind, plotted in shown if kind == "study"]
        inside = [plotted.effect for plotted in main] or effects
        points, lows, highs = [e.estimate for e in effects], [e.low for e in inside], [e.high for e in inside]
        limits = axis_limits(points, lows, highs, (), log=graph.log)
        answers = [plotted.effect for kind, plotted in shown if kind in {"pooled", "prediction"}]
        if answers:
            bounds = [bound for answer in answers for bound in _shown(answer, points, limits)]
            limits = axis_limits(points, lows, highs, bounds, log=graph.log)
        weights = [plotted.weight for plotted in main]
        axis = make_axis(*limits, width, log=graph.log, style=style)
        return cls(axis, left, width, max(weights, default=100.0), style)

    @property
    def right(self) -> float:
        """Right end in points."""
        return self.left + self.width

    @property
    def null(self) -> float:
        """Where no effect lies."""
        return self.x(0.0)

    def x(self, value: float) -> float:
        """Return the place of a value on the analysis scale."""
        return self.axis.place(value, self.left, self.width)

    def study(self, gid: str, effect: Effect, weight: float, y: float) -> Iterator[Item]:
        """Yield a study: its square, area by weight, and its interval."""
        style = self.style
        side = max(style.square_min_side, style.square_side * sqrt(max(weight, 0.0) / self.heaviest))
        yield square(f"{gid}/square", self.x(effect.estimate), y, side, fill=style.square_fill)
        yield from self._interval(gid, effect, y, style.ink)

    def left_out(self, gid: str, effect: Effect, y: float) -> Iterator[Item]:
        """Yield a study that is not pooled: a hollow square, because it has no weight."""
        style = self.style
        yield from self._interval(gid, effect, y, style.muted)
        at = self.x(effect.estimate)
        side = 0.45 * style.square_side
        yield square(f"{gid}/square", at, y, side, fill=style.paper, stroke=style.muted, width=style.line_width)

    def pooled(self, gid: str, effect: Effect, y: float) -> Iterator[Item]:
        """Yield the diamond; an end outside the axis is cut off and gets an arrow."""
        style = self.style
        middle, half = self.x(effect.estimate), style.diamond_height / 2
        low, high = self.x(effect.low), self.x(effect.high)
        points: list[tuple[float, float]] = []
        if low >= self.left:
            points.append((low, y))
        else:
            cut = half * (self.left - low) / (middle - low)
            points += [(self.left, y + cut), (self.left, y - cut)]
        points.append((middle, y - half))
        if high <= self.right:
            points.append((high, y))
        else:
            cut = half * (high - self.right) / (high - middle)
            points += [(self.right, y - cut), (self.right, y + cut)]
        points.append((middle, y + half))
        yield Polygon(f"{gid}/diamond", tuple(points), fill=style.diamond_fill)
        if low < self.left:
            yield self._arrow(gid, self.left, y, -1, style.diamond_fill)
        if high > self.right:
            yield self._arrow(gid, self.right, y, 1, style.diamond_fill)

    def prediction(self, gid: str, effect: Effect, y: float) -> Iterator[Item]:
        """Yield the prediction interval: a line with end caps, unlike any study's."""
        style = self.style
        yield from self._interval(gid, effect, y, style.prediction_color)
        for end in (effect.low, effect.high):
            at = self.x(end)
            if self.left <= at <= self.right:
                yield Line(f"{gid}/cap", at, y - 2.5, at, y + 2.5, style.prediction_color, style.line_width)

    def guides(self, top: float, bottom: float, pooled: Effect | None, pooled_y: float) -> Iterator[Item]:
        """Yield the line of no effect and the dotted line of the pooled effect."""
        style = self.style
        yield Line("null/null/line", self.null, top, self.null, bottom, style.ink, style.guide_width)
        if pooled is not None:
            at = self.x(pooled.estimate)
            yield Line("pooled-line/pooled/line", at, top, at, pooled_y, style.guide, style.guide_width, (1.2, 2.0))

    def axis_items(self, y: float, favours: tuple[str, str]) -> tuple[list[Item], float]:
        """Return the axis with its labels, and where it ends below."""
        style = self.style
        width = style.guide_width
        items: list[Item] = [Line("axis/axis/line", self.left, y, self.right, y, style.ink, width)]
        small = style.size_small
        baseline = y + 4.5 + small * CAP_HEIGHT + 1.5
        for at, label in self.axis.ticks:
            x = self.x(at)
            items.append(Line("axis/axis/tick", x, y, x, y + 3, style.ink, width))
            items.append(Text("axis/axis/label", x, baseline, label, small, style.ink, "middle"))
        labels = self._favours(favours, baseline + 1.45 * small)
        items += labels
        return items, max([baseline, *(label.y for label in labels)]) + 0.3 * small

    def _favours(self, favours: tuple[str, str], y: float) -> list[Text]:
        """Return which arm each direction favours: beside no effect if there is room, or else at the ends."""
        style, small, gap = self.style, self.style.size_small, 4.0
        texts = f"← {favours[0]}", f"{favours[1]} →"
        needed = [text_width(text, small, style.font_family) / SLACK + 0.01 for text in texts]
        places: tuple[tuple[float, Anchor], ...] = ((self.left, "start"), (self.right, "end"))
        if needed[0] + gap <= self.null - self.left and needed[1] + gap <= self.right - self.null:
            places = ((self.null - gap, "end"), (self.null + gap, "start"))
        elif sum(needed) + gap > self.width:
            texts, needed = favours, [(self.width - gap) / 2] * 2
        return [
            Text(f"favours/{side}/label", x, y + i * small * style.line_height, line, small, style.ink, anchor)
            for side, text, width, (x, anchor) in zip(("left", "right"), texts, needed, places, strict=True)
            for i, line in enumerate(wrap(text, width, small, style.font_family))
        ]

    def _interval(self, gid: str, effect: Effect, y: float, color: str) -> Iterator[Item]:
        low, high = self.x(effect.low), self.x(effect.high)
        start, end = max(low, self.left), min(high, self.right)
        if start < end:
            yield Line(f"{gid}/ci", start, y, end, y, color, self.style.line_width)
        if low < self.left:
            yield self._arrow(gid, self.left, y, -1, color)
        if high > self.right:
            yield self._arrow(gid, self.right, y, 1, color)

    def _arrow(self, gid: str, x: float, y: float, direction: int, color: str) -> Polygon:
        """Return an arrow head whose tip lies at the end of the axis: the interval goes on."""
        back = x - direction * self.style.arrow_length
        half = self.style.arrow_length / 2
        return Polygon(f"{gid}/arrow", ((x, y), (back, y - half), (back, y + half)), fill=color)


def _shown(answer: Effect, points: Sequence[float], limits: tuple[float, float]) -> tuple[float, float]:
    """Return what must be seen of an interval of the answer: all of it, unless it is absurdly wide."""
    low, high = limits
    span = max(*points, 0.0) - min(*points, 0.0)
    if answer.high - answer.low <= max(ABSURD_SPANS * span, ABSURD_AXES * (high - low)):
        return answer.low, answer.high
    slack = STRETCH * (high - low)
    return max(answer.low, low - slack), min(answer.high, high + slack)
