"""Where the names of studies stand in a funnel plot: near their points, clear of lines, points and one another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import cos, hypot, pi, sin
from typing import NamedTuple

from msc_meta.figures.drawing import Anchor, Box, Item, Line, Polygon, Text
from msc_meta.figures.metrics import CAP_HEIGHT, DESCENT
from msc_meta.figures.style import Style

NEAR = 2.5  # points: a name so near to another study's point could be taken for that study's
BESIDE = 1.5  # points between a point and its name
FAR = (9.0, 14.0, 20.0, 27.0, 35.0, 45.0)  # points between a point and a name that is led to it by a line
DIRECTIONS = 16
CROSSED = 16.0  # what a line through a name counts, in points of distance


class Place(NamedTuple):
    """A name at a place, the leader line if there is one, how far it is, and how bad with all."""

    text: Text
    box: Box
    leader: Line | None
    distance: float
    cost: float


def labels(
    points: Sequence[tuple[str, str, float, float]], frame: Box, lines: Sequence[Line], style: Style
) -> Iterator[Item]:
    """Yield the names of studies with their leader lines; a name without any free place is left out.

    Parameters
    ----------
    points : sequence of (key, name, x, y)
        Studies at their places.
    frame : Box
        Names stay inside.
    lines : sequence of Line
        Lines of the plot. A name keeps off them where it can; elsewhere paper lies between the line and the name.
    """
    half = style.point_side / 2
    discs = [Box(x - half, y - half, x + half, y + half) for _, _, x, y in points]
    placed: list[Place] = []
    for i in sorted(range(len(points)), key=lambda i: -_crowd(points[i], points)):
        others = [disc.grown(NEAR) for j, disc in enumerate(discs) if j != i]
        best: Place | None = None
        for place in _places(*points[i], lines, style):
            if best is not None and place.distance >= best.cost:
                break  # nothing farther can be better
            if (best is None or place.cost < best.cost) and _is_free(place, frame, others, placed):
                best = place
        placed += [best] if best is not None else []
    for place in placed:
        if place.leader is not None:
            yield place.leader
    for place in placed:
        if any(_meet(place.box, line) for line in lines):
            yield _paper(place, style)
        yield place.text


def _crowd(point: tuple[str, str, float, float], points: Sequence[tuple[str, str, float, float]]) -> float:
    """Return how crowded a study's place is; those in a crowd choose first."""
    return sum(1 / (10 + hypot(point[2] - x, point[3] - y)) for _, _, x, y in points)


def _places(key: str, name: str, x: float, y: float, lines: Sequence[Line], style: Style) -> Iterator[Place]:
    """Yield places beside a point, then farther ones with a leader line."""
    size, radius = 0.9 * style.size_small, style.point_side / 2
    drop = CAP_HEIGHT * size / 2  # from the middle of capitals to the baseline
    for distance in (BESIDE, *FAR):
        reach = radius + distance
        for step in range(DIRECTIONS):
            across, down = cos(2 * pi * step / DIRECTIONS), sin(2 * pi * step / DIRECTIONS)
            anchor: Anchor = "middle" if abs(across) < 0.3 else "start" if across > 0 else "end"
            edge = x + reach * across, y + reach * down
            text = Text(f"study/{key}/label", edge[0], edge[1] + drop * (1 + down), name, size, style.muted, anchor)
            leader = None
            if distance != BESIDE:
                start = x + radius * across, y + radius * down
                end = edge[0] - BESIDE * across, edge[1] - BESIDE * down
                leader = Line(f"study/{key}/leader", *start, *end, style.guide, style.guide_width)
            full = text.box(style.font_family)
            box = Box(full.left, text.y - 2 * drop - 0.5, full.right, text.y + DESCENT * size)
            crossed = sum(_meet(box.grown(1), line) for line in lines)
            slanted = 0.0 if step % (DIRECTIONS // 2) == 0 else 1.0
            yield Place(text, box, leader, distance, distance + CROSSED * crossed + slanted)


def _is_free(place: Place, frame: Box, others: Sequence[Box], placed: Sequence[Place]) -> bool:
    if not place.box.inside(frame) or any(place.box.overlaps(other) for other in others):
        return False
    if any(place.box.overlaps(other.box.grown(1)) for other in placed):
        return False
    if any(other.leader is not None and _meet(place.box.grown(0.5), other.leader) for other in placed):
        return False
    if place.leader is None:
        return True
    leader = place.leader
    return not any(_meet(box, leader) for box in (*others, *(other.box.grown(1) for other in placed))) and not any(
        other.leader is not None and _cross(leader, other.leader) for other in placed
    )


def _paper(place: Place, style: Style) -> Polygon:
    left, top, right, bottom = place.box
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    return Polygon(place.text.gid.replace("label", "paper"), corners, fill=style.paper)


def _meet(box: Box, line: Line) -> bool:
    """Whether a line passes through a box (Liang and Barsky (1984), ACM Trans Graph 3, 1-22)."""
    dx, dy = line.x2 - line.x1, line.y2 - line.y1
    first, last = 0.0, 1.0
    for toward, room in (
        (-dx, line.x1 - box.left), (dx, box.right - line.x1), (-dy, line.y1 - box.top), (dy, box.bottom - line.y1),
    ):  # fmt: skip
        if toward == 0:
            if room < 0:
                return False
        elif toward < 0:
            first = max(first, room / toward)
        else:
            last = min(last, room / toward)
    return first <= last


def _cross(a: Line, b: Line) -> bool:
    """Whether two lines cross."""

    def side(line: Line, x: float, y: float) -> bool:
        return (line.x2 - line.x1) * (y - line.y1) > (line.y2 - line.y1) * (x - line.x1)

    return side(a, b.x1, b.y1) != side(a, b.x2, b.y2) and side(b, a.x1, a.y1) != side(b, a.x2, a.y2)
