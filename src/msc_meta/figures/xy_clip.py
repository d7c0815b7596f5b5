"""Lines and areas cut at a rectangle: no format clips, so that print, EPS and screen show the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import isfinite

from msc_meta.figures.drawing import Box

Point = tuple[float, float]


def clipped_line(points: Sequence[Point], box: Box) -> list[tuple[Point, ...]]:
    """Return the parts of a line through points that lie in a box; a point that is not finite breaks the line.

    Examples
    --------
    >>> clipped_line([(-1, 1), (1, 1), (1, 3)], Box(0, 0, 2, 2))
    [((0.0, 1.0), (1, 1), (1.0, 2.0))]
    """
    parts: list[list[Point]] = []
    for start, end in pairwise(points):
        piece = _segment(start, end, box)
        if piece is None:
            continue
        if parts and parts[-1][-1] == piece[0]:
            parts[-1].append(piece[1])
        else:
            parts.append(list(piece))
    return [tuple(part) for part in parts]


def _segment(start: Point, end: Point, box: Box) -> tuple[Point, Point] | None:
    """Return the part of a straight line in a box (Liang and Barsky (1984), ACM Trans Graph 3, 1-22)."""
    if not all(map(isfinite, (*start, *end))):
        return None
    (x, y), dx, dy = start, end[0] - start[0], end[1] - start[1]
    first, last = 0.0, 1.0
    for toward, room in ((-dx, x - box.left), (dx, box.right - x), (-dy, y - box.top), (dy, box.bottom - y)):
        if toward == 0:
            if room < 0:
                return None
        elif toward < 0:
            first = max(first, room / toward)
        else:
            last = min(last, room / toward)
    if first >= last:
        return None
    entered = start if first == 0 else (x + first * dx, y + first * dy)
    left = end if last == 1 else (x + last * dx, y + last * dy)
    return entered, left


def clipped_area(points: Sequence[Point], box: Box) -> tuple[Point, ...]:
    """Return an area cut at a box, empty where nothing is left (Sutherland and Hodgman (1974), Commun ACM 17, 32-42).

    Examples
    --------
    >>> clipped_area([(-1, -1), (1, -1), (1, 1), (-1, 1)], Box(0, 0, 2, 2))
    ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    """
    area = [(float(x), float(y)) for x, y in points]
    sides: tuple[Callable[[Point], float], ...] = (
        lambda p: p[0] - box.left,
        lambda p: box.right - p[0],
        lambda p: p[1] - box.top,
        lambda p: box.bottom - p[1],
    )
    for inside in sides:
        area = _cut(area, inside)
    return tuple(area)


def _cut(area: list[Point], inside: Callable[[Point], float]) -> list[Point]:
    """Keep what lies on the inner side of one edge, where ``inside`` is not negative."""
    kept: list[Point] = []
    for before, point in zip([*area[-1:], *area[:-1]], area, strict=True):
        a, b = inside(before), inside(point)
        if (a < 0) != (b < 0):
            t = a / (a - b)
            kept.append((before[0] + t * (point[0] - before[0]), before[1] + t * (point[1] - before[1])))
        if b >= 0:
            kept.append(point)
    return kept
