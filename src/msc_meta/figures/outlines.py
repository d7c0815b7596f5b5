"""Letters as shapes, for what a renderer can not set as text: EPS, other fonts than TrueType, joined scripts.

matplotlib reads the outlines from the font file, and orders and joins the letters of right-to-left scripts. It is
loaded for these texts only.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from msc_meta.figures.drawing import Text
from msc_meta.figures.fonts import advance, font_file

Numbers = tuple[float, ...]
PARTS = 8  # straight pieces of a curve, where a renderer has none


class Outline(NamedTuple):
    """The shape of a letter or a text: ``("M" | "L" | "C" | "Z", coordinates)``, in type sizes, y upwards."""

    steps: tuple[tuple[str, Numbers], ...]

    @property
    def width(self) -> float:
        """How far the ink reaches to the right of the origin."""
        return max((x for _, numbers in self.steps for x in numbers[::2]), default=0.0)


def outlines(text: Text, family: str) -> Iterator[tuple[float, Outline]]:
    """Yield the shapes of a text set in one family, each with the place of its origin in points.

    Letters stand as far apart as they were measured; a text that needs shaping is one shape.
    """
    path = font_file(family, bold=text.bold, italic=text.italic)
    box = text.box(family)
    if text.needs_shaping:
        whole = outline(text.text, path)
        spare = box.right - box.left - whole.width * text.size
        yield box.left + spare * {"start": 0.0, "middle": 0.5, "end": 1.0}[text.anchor], whole
        return
    x = box.left
    for character in text.text:
        if not character.isspace():
            yield x, outline(character, path)
        x += text.size * (advance(character, family, text.bold, text.italic) or 0.0)


@cache
def outline(text: str, path: Path) -> Outline:
    """Return the shape of a text in the font of a file; curves are cubic, as PDF and PostScript have them."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.path import Path as Shape
    from matplotlib.textpath import TextPath

    shape = TextPath((0, 0), text, size=1, prop=FontProperties(fname=str(path)), usetex=False)
    steps: list[tuple[str, Numbers]] = []
    at = start = (0.0, 0.0)
    for points, code in shape.iter_segments(simplify=False, curves=True):
        numbers = tuple(float(number) for number in points)
        if code == Shape.CLOSEPOLY:
            steps.append(("Z", ()))
            at = start
            continue
        end = (numbers[-2], numbers[-1])
        if code == Shape.CURVE3:
            numbers = (*_third(at, numbers[:2]), *_third(end, numbers[:2]), *end)
        steps.append(({Shape.MOVETO: "M", Shape.LINETO: "L"}.get(code, "C"), numbers))
        if code == Shape.MOVETO:
            start = end
        at = end
    return Outline(tuple(steps))


def contours(shape: Outline) -> list[tuple[list[tuple[float, float]], bool]]:
    """Return the shape as polygons, from the largest to the smallest, and whether each is ink or a hole in it."""
    polygons: list[list[tuple[float, float]]] = []
    for step, numbers in shape.steps:
        if step == "M":
            polygons.append([(numbers[0], numbers[1])])
        elif step == "L":
            polygons[-1].append((numbers[0], numbers[1]))
        elif step == "C":
            polygons[-1] += _along(polygons[-1][-1], numbers)
    areas = sorted(((_area(polygon), polygon) for polygon in polygons), key=lambda pair: -abs(pair[0]))
    return [(polygon, area * areas[0][0] > 0) for area, polygon in areas]


def _along(start: tuple[float, float], curve: Numbers) -> list[tuple[float, float]]:
    x = (start[0], *curve[::2])
    y = (start[1], *curve[1::2])
    return [(_bezier(x, part / PARTS), _bezier(y, part / PARTS)) for part in range(1, PARTS + 1)]


def _bezier(p: Numbers, t: float) -> float:
    return (1 - t) ** 3 * p[0] + 3 * (1 - t) ** 2 * t * p[1] + 3 * (1 - t) * t**2 * p[2] + t**3 * p[3]


def _area(points: list[tuple[float, float]]) -> float:
    """Return the signed area of a polygon, by the shoelace formula."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, [*points[1:], points[0]], strict=True)) / 2


def _third(end: Numbers, control: Numbers) -> Numbers:
    """Return a control point of the cubic curve that equals a quadratic one."""
    return tuple(a + 2 / 3 * (b - a) for a, b in zip(end, control, strict=True))
