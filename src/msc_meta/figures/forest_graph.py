"""The graph of a forest plot: squares, intervals, diamond, axis, each as shapes at their place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import exp, isnan, log, sqrt
from typing import TYPE_CHECKING, final

from msc_meta.figures.axis import SQUARE_MARGIN, Axis, axis_limits, make_axis, ticked_axis
from msc_meta.figures.drawing import Anchor, Circle, Item, Line, Polygon, Text, square
from msc_meta.figures.forest_table import GRAPH
from msc_meta.figures.metrics import CAP_HEIGHT, SLACK, text_width, wrap

if TYPE_CHECKING:
    from msc_meta.figures.forest_table import Effect, ForestTable, Graph, Plotted
    from msc_meta.figures.style import Style

# The intervals of the answer are inside the axis, unless one is wider than this many times what the estimates span (no
# effect is one of them) and this many times the axis without it, as that of two studies that contradict each other:
# then the studies' own intervals would vanish in their squares, so it stretches the axis a little and is cut.
ABSURD_SPANS, ABSURD_AXES, STRETCH = 10, 3, 0.25
ANSWERS = frozenset({"subtotal", "pooled", "prediction"})


@final
@dataclass(frozen=True, slots=True)
class Panel:
    """Where effects are drawn: an axis over ``width`` points from ``left``."""

    graph: Graph
    axis: Axis
    left: float
    width: float
    heaviest: float
    style: Style

    @classmethod
    def of(cls, table: ForestTable, graph: Graph, left: float, width: float, style: Style) -> Panel | None:
        """Return the panel of a graph; None where no study has an effect."""
        shown = [(row.kind, row.plotted[graph.key]) for row in table.rows if graph.key in row.plotted]
        effects = [plotted.effect for kind, plotted in shown if kind in {"study", "left-out"}]
        if not effects:
            return None
        main = [plotted for kind, plotted in shown if kind == "study"]
        answers = [plotted.effect for kind, plotted in shown if kind in ANSWERS]
        inside = [plotted.effect for plotted in main] or effects
        axis = _axis(graph, [e.estimate for e in effects], inside, answers, width, style)
        weights = [plotted.weight for plotted in main if not isnan(plotted.weight)]
        return cls(graph, axis, left, width, max(weights, default=100.0), style)

    @property
    def right(self) -> float:
        """Right end in points."""
        return self.left + self.width

    @property
    def null(self) -> float:
        """Where no effect lies, or the end of an axis that does not reach it."""
        return min(max(self.x(0.0), self.left), self.right)

    def x(self, value: float) -> float:
        """Return the place of a value on the analysis scale."""
        return self.axis.place(value, self.left, self.width)

    def draw(self, gid: str, plotted: Plotted, y: float, color: str, *, subtotal: bool = False) -> Iterator[Item]:
        """Yield what stands for an effect, in its shape."""
        shape, style = plotted.shape, self.style
        if shape == "diamond" and subtotal:
            shape = "open-diamond" if style.subtotal_diamond == "open" else "diamond"
        if shape in ("diamond", "open-diamond"):
            small = subtotal and style.subtotal_diamond == "small"
            yield from self._diamond(gid, plotted.effect, y, 0.65 if small else 1.0, is_open=shape == "open-diamond")
        elif shape == "prediction-line":
            yield from self._prediction_line(gid, plotted.effect, y)
        elif shape == "prediction-bar":
            yield from self._prediction_bar(gid, plotted.effect, y)
        elif shape == "square":  # below its interval, which stays to be seen
            side = self.side(plotted.weight)
            yield square(f"{gid}/square", self.x(plotted.effect.estimate), y, side, fill=style.square_fill)
            yield from self._interval(gid, plotted.effect, y, color)
        else:
            yield from self._interval(gid, plotted.effect, y, color)
            yield self._point(gid, plotted.effect, y, color, filled=shape == "point")

    def side(self, weight: float) -> float:
        """Return the side of a study's square: area by weight, or the side itself where the style says so."""
        style = self.style
        if isnan(weight):
            return 0.5 * style.square_side
        if style.square_sizing == "side":
            return style.square_base + style.square_per_percent * max(weight, 0.0)
        return max(style.square_min_side, style.square_side * sqrt(max(weight, 0.0) / self.heaviest))

    def _point(self, gid: str, effect: Effect, y: float, color: str, *, filled: bool) -> Item:
        """Return a small circle for an effect without weight, or a hollow square for a study that is not pooled."""
        style, at, side = self.style, self.x(effect.estimate), 0.45 * self.style.square_side
        if filled:
            return Circle(f"{gid}/point", at, y, side / 2, style.square_fill)
        return square(f"{gid}/square", at, y, side, fill=style.paper, stroke=color, width=style.line_width)

    def _diamond(self, gid: str, effect: Effect, y: float, size: float, *, is_open: bool) -> Iterator[Item]:
        """Yield the diamond; an end outside the axis is cut off and gets an arrow."""
        style = self.style
        middle, half = self.x(effect.estimate), size * style.diamond_height / 2
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
        stroke = style.diamond_stroke if is_open or style.diamond_stroke != style.diamond_fill else ""
        fill = style.paper if is_open else style.diamond_fill
        yield Polygon(f"{gid}/diamond", tuple(points), fill, stroke, style.line_width if stroke else 0.0)
        if low < self.left:
            yield self._arrow(gid, self.left, y, -1, style.diamond_stroke)
        if high > self.right:
            yield self._arrow(gid, self.right, y, 1, style.diamond_stroke)

    def _prediction_line(self, gid: str, effect: Effect, y: float) -> Iterator[Item]:
        """Yield the prediction interval: a line with end caps, unlike any study's."""
        style = self.style
        yield from self._interval(gid, effect, y, style.prediction_color)
        for end in (effect.low, effect.high):
            at = self.x(end)
            if self.left <= at <= self.right:
                yield Line(f"{gid}/cap", at, y - 2.5, at, y + 2.5, style.prediction_color, style.line_width)

    def _prediction_bar(self, gid: str, effect: Effect, y: float) -> Iterator[Item]:
        """Yield the prediction interval as a bar; an end outside the axis gets an arrow."""
        low, high = self.x(effect.low), self.x(effect.high)
        start, end, half = max(low, self.left), min(high, self.right), 0.17 * self.style.diamond_height
        color, tip = self.style.prediction_color, self.style.arrow_length
        if start < end:
            a, b = start + (tip / 2 if low < self.left else 0), end - (tip / 2 if high > self.right else 0)
            yield Polygon(f"{gid}/bar", ((a, y - half), (b, y - half), (b, y + half), (a, y + half)), color)
        if low < self.left:
            yield self._arrow(gid, self.left, y, -1, color)
        if high > self.right:
            yield self._arrow(gid, self.right, y, 1, color)

    def band(self, top: float, bottom: float) -> Iterator[Item]:
        """Yield the range of differences too small to matter, cut at the ends of the axis."""
        if self.graph.minimal_important is None:
            return
        low, high = (min(max(self.x(bound), self.left), self.right) for bound in self.graph.minimal_important)
        if low < high:
            gid = f"unimportant/{self.graph.key}/band"
            yield Polygon(gid, ((low, top), (high, top), (high, bottom), (low, bottom)), self.style.unimportant)

    def null_line(self, top: float, bottom: float) -> Line:
        """Return the line of no effect."""
        style = self.style
        return Line(f"null/{self._gid('null')}/line", self.null, top, self.null, bottom, style.ink, style.guide_width)

    def pooled_line(self, top: float, bottom: float) -> Line | None:
        """Return the dotted line of the pooled effect, unless it lies outside the axis."""
        if self.graph.pooled is None:
            return None
        at, style = self.x(self.graph.pooled.estimate), self.style
        if not self.left <= at <= self.right:
            return None
        gid = f"pooled-line/{self._gid('pooled')}/line"
        return Line(gid, at, top, at, bottom, style.guide, style.guide_width, (1.2, 2.0))

    def _gid(self, name: str) -> str:
        return name if self.graph.key == GRAPH else self.graph.key

    def axis_items(self, y: float, *, whole: bool = True) -> tuple[list[Item], float]:
        """Return the axis with its labels, and where it ends below; ``whole`` with what stands under the labels."""
        style, key = self.style, self._gid("axis")
        width = style.guide_width
        items: list[Item] = [Line(f"axis/{key}/line", self.left, y, self.right, y, style.ink, width)]
        small = style.size_small
        baseline = y + 4.5 + small * CAP_HEIGHT + 1.5
        for at, label in self.axis.ticks:
            x = self.x(at)
            items.append(Line(f"axis/{key}/tick", x, y, x, y + 3, style.ink, width))
            half, over = text_width(label, small, style.font_family) / 2, min(style.margin, style.column_gap / 2)
            x = min(max(x, self.left - over + half), self.right + over - half)
            items.append(Text(f"axis/{key}/label", x, baseline, label, small, style.ink, "middle"))
        if not whole:
            return items, baseline + 0.3 * small
        if style.favours_place == "below":
            items += self.favours(self.graph.favours, baseline + 1.45 * small)
        if style.measure_place == "below":
            lowest = max(item.y for item in items if isinstance(item, Text))
            for line in self.graph.header:
                for part in wrap(line, self.width, small, style.font_family):
                    lowest += 1.45 * small
                    at = (self.left + self.right) / 2
                    items.append(Text(f"axis/{key}/measure", at, lowest, part, small, style.ink, "middle"))
        return items, max(item.y for item in items if isinstance(item, Text)) + 0.3 * small

    def favours(self, favours: tuple[str, str], y: float, *, upwards: bool = False) -> list[Text]:
        """Return which arm each direction favours: beside no effect if there is room, or else at the ends.

        The first line stands at y; ``upwards`` the last.
        """
        style, small, gap = self.style, self.style.size_small, 4.0
        bold, pitch = style.favours_bold, small * style.line_height
        key = "" if self.graph.key == GRAPH else f"{self.graph.key}-"
        arrows = ("← ", " →") if style.favours_arrows else ("", "")
        texts = f"{arrows[0]}{favours[0]}", f"{favours[1]}{arrows[1]}"
        needed = [text_width(text, small, style.font_family, bold=bold) / SLACK + 0.01 for text in texts]
        places: tuple[tuple[float, Anchor], ...] = ((self.left, "start"), (self.right, "end"))
        if needed[0] + gap <= self.null - self.left and needed[1] + gap <= self.right - self.null:
            places = ((self.null - gap, "end"), (self.null + gap, "start"))
        elif sum(needed) + gap > self.width:
            texts, needed = favours, [(self.width - gap) / 2] * 2
        broken = [
            wrap(text, room, small, style.font_family, bold=bold) for text, room in zip(texts, needed, strict=True)
        ]
        first = y - (max(map(len, broken)) - 1) * pitch if upwards else y
        return [
            Text(f"favours/{key}{side}/label", x, first + i * pitch, line, small, style.ink, anchor, bold)
            for side, lines, (x, anchor) in zip(("left", "right"), broken, places, strict=True)
            for i, line in enumerate(lines)
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


def _axis(
    graph: Graph, points: list[float], inside: Sequence[Effect], answers: Sequence[Effect], width: float, style: Style
) -> Axis:
    """Return the axis that was asked for, that of the style if it holds every estimate, or a chosen one."""
    fixed = [log(tick) for tick in style.ratio_ticks] if graph.log else list(style.difference_ticks)
    if graph.limits is not None:
        limits = graph.limits
    elif fixed and _holds(fixed, points):
        labels = style.ratio_ticks if graph.log else style.difference_ticks
        return ticked_axis(
            (fixed[0], fixed[-1]), tuple(zip(fixed, labels, strict=True)), width, log=graph.log, style=style
        )
    else:
        lows, highs = [e.low for e in inside], [e.high for e in inside]
        limits = axis_limits(points, lows, highs, (), log=graph.log)
        if answers:
            bounds = [bound for answer in answers for bound in _shown(answer, points, limits)]
            limits = axis_limits(points, lows, highs, bounds, log=graph.log)
    if graph.ticks:
        wanted = tuple((at, exp(at) if graph.log else at) for at in graph.ticks)
        return ticked_axis(limits, wanted, width, log=graph.log, style=style)
    return make_axis(*limits, width, log=graph.log, style=style)


def _holds(ticks: Sequence[float], points: Sequence[float]) -> bool:
    """Whether estimates lie so far inside the ends that their squares do too."""
    slack = SQUARE_MARGIN / 2 * (ticks[-1] - ticks[0])
    return ticks[0] + slack <= min(points) and max(points) <= ticks[-1] - slack


def _shown(answer: Effect, points: Sequence[float], limits: tuple[float, float]) -> tuple[float, float]:
    """Return what must be seen of an interval of the answer: all of it, unless it is absurdly wide."""
    low, high = limits
    span = max(*points, 0.0) - min(*points, 0.0)
    if answer.high - answer.low <= max(ABSURD_SPANS * span, ABSURD_AXES * (high - low)):
        return answer.low, answer.high
    slack = STRETCH * (high - low)
    return max(answer.low, low - slack), min(answer.high, high + slack)
