"""Where the names of studies stand among points: near their own, clear of lines, other points and one another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import cos, hypot, pi, sin
from typing import NamedTuple

from msc_meta.figures.drawing import Anchor, Box, Item, Line, Polygon, Text
from msc_meta.figures.metrics import CAP_HEIGHT, DESCENT, text_width
from msc_meta.figures.style import Style

NEAR = 2.5  # points: a name so near to another study's point could be taken for that study's
ONE = 2.3  # points between points that overlap by half, which are named together
BESIDE = 1.5  # points between a point and its name
FAR = (
    9.0,
    14.0,
    20.0,
    27.0,
    35.0,
    45.0,
    60.0,
    80.0,
    105.0,
    135.0,
)  # points between a point and a name that is led to it by a line
DIRECTIONS = 16
CROSSED = 16.0  # what a line through a name counts, in points of distance


class Named(NamedTuple):
    """A point on the page that bears a name."""

    key: str
    name: str
    x: float
    y: float
    radius: float


class Spot(NamedTuple):
    """A place on the page where one study lies, or several that overlap by half: their names stand in a stack."""

    keys: tuple[str, ...]
    names: tuple[str, ...]
    x: float
    y: float
    radius: float


class Place(NamedTuple):
    """A stack of names at a place, the leader line if there is one, how far it is, and how bad with all."""

    texts: tuple[Text, ...]
    box: Box
    leader: Line | None
    distance: float
    cost: float


def labels(points: Sequence[Named], frame: Box, lines: Sequence[Line], style: Style) -> Iterator[Item]:
    """Yield the names of studies with their leader lines.

    In a crowd a leader line may pass over other points, and a name without any free place stands in a stack with the
    name of the nearest study.

    Parameters
    ----------
    points : sequence of Named
        Studies at their places.
    frame : Box
        Names stay inside.
    lines : sequence of Line
        Lines of the plot. A name keeps off them where it can; elsewhere paper lies between the line and the name.
    """
    spots = _spots(points)
    placed, homeless = _placed(spots, frame, lines, style)
    while homeless is not None and len(spots) > 1:
        others = [i for i in range(len(spots)) if i != homeless]
        gaps = {_apart(spots[i], spots[homeless]): i for i in reversed(others)}
        nearest = gaps[min(gaps)]
        joined = _joined(spots[nearest], spots[homeless])
        spots = [joined if i == nearest else spot for i, spot in enumerate(spots) if i != homeless]
        placed, homeless = _placed(spots, frame, lines, style)
    for place in placed:
        if place.leader is not None:
            yield place.leader
    for place in placed:
        if any(_meet(place.box, line) for line in lines):
            yield _paper(place, style)
        yield from place.texts


def _best(places: Iterator[Place], others: Sequence[Box], placed: Sequence[Place], *, crowded: bool) -> Place | None:
    best: Place | None = None
    for place in places:
        if best is not None and place.distance >= best.cost:
            break  # nothing farther can be better
        if (best is None or place.cost < best.cost) and _is_free(place, others, placed, crowded=crowded):
            best = place
    return best


def _placed(spots: Sequence[Spot], frame: Box, lines: Sequence[Line], style: Style) -> tuple[list[Place], int | None]:
    """Return a place for the names at each spot, or those before the first spot that found none, and which that is."""
    discs = [Box(spot.x, spot.y, spot.x, spot.y).grown(spot.radius) for spot in spots]
    placed: list[Place] = []
    for i in sorted(range(len(spots)), key=lambda i: -_crowd(spots[i], spots)):
        others = [disc.grown(NEAR) for j, disc in enumerate(discs) if j != i]
        for crowded in (False, True):
            best = _best(_places(spots[i], frame, lines, style), others, placed, crowded=crowded)
            if best is not None:
                break
        else:
            return placed, i
        placed.append(best)
    return placed, None


def _spots(points: Sequence[Named]) -> list[Spot]:
    spots: list[Spot] = []
    for key, name, x, y, radius in points:
        new = Spot((key,), (name,), x, y, radius)
        near = next((i for i, spot in enumerate(spots) if _apart(spot, new) < ONE), None)
        if near is None:
            spots.append(new)
        else:
            spots[near] = _joined(spots[near], new)
    return spots


def _apart(a: Spot, b: Spot) -> float:
    return hypot(a.x - b.x, a.y - b.y)


def _joined(a: Spot, b: Spot) -> Spot:
    return a._replace(keys=(*a.keys, *b.keys), names=(*a.names, *b.names))


def _crowd(spot: Spot, spots: Sequence[Spot]) -> float:
    """Return how crowded a spot is; studies in a crowd choose first, stacks before single names."""
    return len(spot.names) + sum(1 / (10 + _apart(spot, other)) for other in spots)


def _places(spot: Spot, frame: Box, lines: Sequence[Line], style: Style) -> Iterator[Place]:
    """Yield places inside the frame: beside a point, then farther ones with a leader line."""
    x, y, size, radius = spot.x, spot.y, 0.9 * style.size_small, spot.radius
    pitch = size * style.line_height
    height = (len(spot.names) - 1) * pitch
    width = max(text_width(name, size, style.font_family) for name in spot.names)
    drop = CAP_HEIGHT * size / 2  # from the middle of capitals to the baseline
    for distance in (BESIDE, *FAR):
        reach = radius + distance
        for step in range(DIRECTIONS):
            across, down = cos(2 * pi * step / DIRECTIONS), sin(2 * pi * step / DIRECTIONS)
            anchor: Anchor = "middle" if abs(across) < 0.3 else "start" if across > 0 else "end"
            edge = x + reach * across, y + reach * down
            first = edge[1] + drop * (1 + down) - height * (1 - down) / 2
            leader = None
            if distance != BESIDE:
                start = x + radius * across, y + radius * down
                end = edge[0] - BESIDE * across, edge[1] - BESIDE * down
                leader = Line(f"study/{spot.keys[0]}/leader", *start, *end, style.guide, style.guide_width)
            left = edge[0] - {"start": 0.0, "middle": width / 2, "end": width}[anchor]
            box = Box(left, first - 2 * drop - 0.5, left + width, first + height + DESCENT * size)
            if not box.inside(frame):
                continue
            texts = tuple(
                Text(f"study/{key}/label", edge[0], first + line * pitch, name, size, style.muted, anchor)
                for line, (key, name) in enumerate(zip(spot.keys, spot.names, strict=True))
            )
            crossed = sum(_meet(box.grown(1), line) for line in lines)
            slanted = 0.0 if step % (DIRECTIONS // 2) == 0 else 1.0
            yield Place(texts, box, leader, distance, distance + CROSSED * crossed + slanted)


def _is_free(place: Place, others: Sequence[Box], placed: Sequence[Place], *, crowded: bool) -> bool:
    if any(place.box.overlaps(other) for other in others):
        return False
    if any(place.box.overlaps(other.box.grown(1)) for other in placed):
        return False
    if any(other.leader is not None and _meet(place.box.grown(0.5), other.leader) for other in placed):
        return False
    if place.leader is None:
        return True
    leader = place.leader
    if any(_meet(other.box.grown(1), leader) for other in placed):
        return False
    return crowded or not (
        any(_meet(box, leader) for box in others)
        or any(other.leader is not None and _cross(leader, other.leader) for other in placed)
    )


def _paper(place: Place, style: Style) -> Polygon:
    left, top, right, bottom = place.box
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    return Polygon(place.texts[0].gid.replace("label", "paper"), corners, fill=style.paper)


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
