"""The axis of effects: limits from the bulk of the data, and ticks a reader expects.

Positions are on the analysis scale; only the labels are on the shown one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor, isfinite, log, log10
from typing import TYPE_CHECKING, final

from msc_meta.figures.text import as_reported, number

if TYPE_CHECKING:
    from msc_meta.figures.style import Style

BULK = 0.8  # of the intervals end inside the axis; the rest get arrows
SQUARE_MARGIN = 0.07  # of the axis lies between an estimate and the end, so that no square is cut or holds an arrow
NULL_MARGIN = 0.2  # of the axis lies at least on either side of no effect, so that both sides are seen


@final
@dataclass(frozen=True, slots=True)
class Axis:
    """Limits on the analysis scale, and what is printed where."""

    low: float
    high: float
    log: bool
    ticks: tuple[tuple[float, str], ...]

    def place(self, value: float, left: float, width: float) -> float:
        """Return the position in points of a value; outside the limits it is outside the graph."""
        return left + width * (value - self.low) / (self.high - self.low)


def axis_limits(
    points: Sequence[float], lows: Sequence[float], highs: Sequence[float], must_show: Sequence[float], *, log: bool
) -> tuple[float, float]:
    """Return limits that hold all points, most intervals, and no effect with room on both sides.

    Parameters
    ----------
    points : sequence of float
        Estimates; all are inside.
    lows, highs : sequence of float
        Ends of intervals; the bulk is inside, so that one wide interval does not squash the others.
    must_show : sequence of float
        Bounds that are inside in any case, as those of the pooled effect.
    """
    low = min([*points, *must_show, _bulk([-value for value in lows], -1.0), 0.0])
    high = max([*points, *must_show, _bulk(highs, 1.0), 0.0])
    if high - low == 0:
        low, high = -1.0, 1.0
    pad = SQUARE_MARGIN * (high - low)
    low, high = min(low - pad / 2, min(points, default=low) - pad), max(high + pad / 2, max(points, default=high) + pad)
    least = NULL_MARGIN / (1 - NULL_MARGIN)
    low, high = min(low, -least * high), max(high, -least * low)
    if log:  # an axis from 0.9 to 1.1 would make noise look like a finding
        low, high = min(low, -_LOG_LEAST), max(high, _LOG_LEAST)
    return low, high


_LOG_LEAST = log(2)
MOST_DECADES = 300  # of a float


def _bulk(values: Sequence[float], sign: float) -> float:
    finite = sorted(value for value in values if isfinite(value))
    if not finite:
        return 0.0
    return sign * finite[min(len(finite) - 1, ceil(BULK * len(finite)))]


def make_axis(low: float, high: float, width: float, *, log: bool, style: Style, upright: bool = False) -> Axis:
    """Return the axis with as many ticks as have room in ``width`` points; labels of an upright one are stacked."""
    choices = _ratio_ticks(low, high) if log else _linear_ticks(low, high)
    for ticks in choices:
        labels = [(at, text) for at, text in ((at, _label(at, step, log=log, style=style)) for at, step in ticks)]
        if _has_room(labels, width / (high - low), style, upright=upright):
            return Axis(low, high, log, tuple(labels))
    return Axis(low, high, log, ((0.0, "1" if log else "0"),))


def ticked_axis(
    limits: tuple[float, float], ticks: Sequence[tuple[float, float]], width: float, *, log: bool, style: Style
) -> Axis:
    """Return an axis with given ticks, each with the shown value; every second or third where they have no room."""
    low, high = limits
    inside = [(at, value) for at, value in ticks if low <= at <= high]
    for step in range(1, len(inside) + 1):
        kept = inside[(len(inside) // 2) % step :: step]  # the middle one, no effect as a rule, always stays
        labels = [(at, _ratio_label(value, style) if log else as_reported(value, style)) for at, value in kept]
        if _has_room(labels, width / (high - low), style, upright=False):
            return Axis(low, high, log, tuple(labels))
    return Axis(low, high, log, ())


def _ratio_ticks(low: float, high: float) -> list[list[tuple[float, float]]]:
    """Return sets of ticks at 1-2-5, then thinner ones; each tick with the shown value, which is its own step."""
    decades = range(max(floor(low / log(10)) - 1, -MOST_DECADES), min(ceil(high / log(10)) + 2, MOST_DECADES))
    fine = [m * 10.0**d for d in decades for m in (1, 2, 5)]
    one = fine.index(1.0)
    # Each second of 1-2-5 is 0.05, 0.2, 1, 5, 20: still even, and still the same on both sides of 1.
    sets = [[v for i, v in enumerate(fine) if (i - one) % step == 0] for step in (1, 2, 3, 6, 9, 12, 18, 24)]
    if high - low < 1.5:  # less than a factor of about four: halves of it need names too
        sets.insert(0, [0.25, 0.33, 0.5, 0.67, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0])
    inside = [[(log(v), v) for v in values if low <= log(v) <= high] for values in sets]
    return [ticks for ticks in inside if ticks]


def _linear_ticks(low: float, high: float) -> list[list[tuple[float, float]]]:
    """Return sets of ticks at steps of 1, 2, 2.5 or 5 times a power of ten, fine ones first; each with its step."""
    start = floor(log10((high - low) / 8))
    steps = [m * 10.0 ** (start + d) for d in range(3) for m in (1, 2, 2.5, 5)]
    return [
        [(i * step, step) for i in range(ceil(low / step), floor(high / step) + 1)]
        for step in steps
        if (high - low) / step <= 9
    ]


def _label(at: float, step: float, *, log: bool, style: Style) -> str:
    if log:
        return _ratio_label(step, style)
    decimals = max(0, -floor(log10(step) + 1e-9))
    if round(step * 10**decimals, 6) % 1:  # 2.5
        decimals += 1
    return number(at, decimals, style)


def _ratio_label(value: float, style: Style) -> str:
    decimals = max(0, -floor(log10(value) + 1e-9))
    for _ in range(2):  # 1.25 and 0.125 stand where they say; a third of a unit has no end
        if round(value * 10**decimals, 6) % 1:
            decimals += 1
    if value >= 1e6 or value < 1e-5:
        return f"{value:.0e}".replace("e+0", "e").replace("e-0", "e" + style.minus)
    return number(value, decimals, style)


def _has_room(labels: Sequence[tuple[float, str]], scale: float, style: Style, *, upright: bool) -> bool:
    gap = style.size_small
    if upright:
        return bool(labels) and all(scale * (b - a) >= 2 * gap for (a, _), (b, _) in pairwise(labels))
    from msc_meta.figures.metrics import text_width  # loads fonts, which a plot of characters needs not

    ends = [(at * scale, text_width(text, style.size_small, style.font_family) / 2) for at, text in labels]
    return all(b - a - wa - wb >= gap for (a, wa), (b, wb) in pairwise(ends)) if ends else False
