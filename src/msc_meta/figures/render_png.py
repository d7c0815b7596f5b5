"""A drawing as a PNG file at print resolution.

Drawn with Pillow, because that loads in 0.05 s where matplotlib takes 0.4 s, and sets a line of text in one call.
Pillow draws shapes without smooth edges; they are drawn here at `FINE` times the size and reduced.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise
from math import ceil, cos, floor, hypot, inf, sin, tau
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont, features

from msc_meta.figures.drawing import Circle, Drawing, Line, Path, Polygon, Text
from msc_meta.figures.fonts import font_file
from msc_meta.figures.outlines import contours, outlines

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

DPI = 300
COMPRESSION = 3  # of 9: beyond it zlib takes twice as long for a tenth of the size
CRISP = 200  # dpi; below it letters rounded to whole pixels would make a line up to 15% longer than it was measured
FINE = 4  # 16 shades between paper and ink
MASK = 16_000_000  # bytes that a shape may take while it is filled
Point = tuple[float, float]
Points = Sequence[Point]


def png_bytes(drawing: Drawing, dpi: int = DPI) -> bytes:
    """Return a drawing as a PNG file without transparency; the same drawing gives the same bytes.

    The file is put together here: Pillow tries five filters on each line, which triples the time and, on paper
    that is mostly white, saves nothing.
    """
    image = picture(drawing, dpi)
    width, height = image.size
    # A line of pixels is preceded by the number of its filter, 0 for none. Lines one byte longer than the picture's
    # end in a 0, which is the number of the next one.
    lines = b"\0" + image.tobytes("raw", "RGB", 3 * width + 1)[:-1]
    per_metre = round(dpi / 0.0254)
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"pHYs", struct.pack(">IIB", per_metre, per_metre, 1)),
        (b"iTXt", b"Title\0\0\0\0\0" + drawing.title.encode("utf-8")),
        (b"iTXt", b"Description\0\0\0\0\0" + drawing.description.encode("utf-8")),
        (b"IDAT", zlib.compress(lines, COMPRESSION)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


def picture(drawing: Drawing, dpi: int = DPI) -> Image.Image:
    """Return a drawing as a picture of red, green and blue."""
    scale = dpi / 72
    image = Image.new("RGB", (round(drawing.width * scale), round(drawing.height * scale)), drawing.paper)
    pen = ImageDraw.Draw(image)
    for item in drawing.items:
        if isinstance(item, Text):
            for run, family in item.runs(drawing.font_family):
                if run.turned:
                    _turned(image, run, family, scale)
                else:
                    _text(image, pen, run, family, scale)
        else:
            for points, color in _shapes(item):
                _fill(image, [([(x * scale, y * scale) for x, y in points], True)], color)
    return image


def _text(image: Image.Image, pen: ImageDraw.ImageDraw, text: Text, family: str, scale: float) -> None:
    if text.needs_shaping and not features.check("raqm"):
        size = text.size * scale
        for x, shape in outlines(text, family):
            placed = [
                ([(x * scale + size * px, text.y * scale - size * py) for px, py in points], inked)
                for points, inked in contours(shape)
            ]
            _fill(image, placed, text.color)
        return
    fine = 1 if scale * 72 >= CRISP else FINE
    font = _font(family, text.bold, text.italic, text.size * scale * fine, text.needs_shaping)
    anchor = {"start": "ls", "middle": "ms", "end": "rs"}[text.anchor]
    x, y = text.x * scale * fine, text.y * scale * fine
    if fine == 1:
        pen.text((x, y), text.text, text.color, font, anchor)
        return
    box = font.getbbox(text.text, anchor=anchor)
    left, top = floor((x + box[0]) / fine), floor((y + box[1]) / fine)
    right, bottom = ceil((x + box[2]) / fine) + 1, ceil((y + box[3]) / fine) + 1
    mask = Image.new("L", (fine * (right - left), fine * (bottom - top)))
    ImageDraw.Draw(mask).text((x - fine * left, y - fine * top), text.text, 255, font, anchor)
    image.paste(text.color, (left, top), mask.reduce(fine))


def _turned(image: Image.Image, text: Text, family: str, scale: float) -> None:
    """Draw a text that reads upwards: on a strip of its own, which is then turned."""
    box = text.level.box(family)
    margin = text.size  # letters may reach out of the room that their advances take
    left, top = floor((box.left - margin) * scale), floor((box.top - margin) * scale)
    right, bottom = ceil((box.right + margin) * scale), ceil((box.bottom + margin) * scale)
    strip = Image.new("RGB", (right - left, bottom - top), "black")
    level = replace(text.level, x=-left / scale, y=-top / scale, color="#ffffff")
    _text(strip, ImageDraw.Draw(strip), level, family, scale)
    mask = strip.convert("L").transpose(Image.Transpose.ROTATE_90)
    image.paste(text.color, (round(text.x * scale) + top, round(text.y * scale) - right), mask)


@cache
def _font(family: str, bold: bool, italic: bool, pixels: float, shaped: bool) -> FreeTypeFont:
    path = font_file(family, bold=bold, italic=italic)
    engine = ImageFont.Layout.RAQM if shaped else ImageFont.Layout.BASIC
    return ImageFont.truetype(str(path), pixels, layout_engine=engine)


def _shapes(item: Line | Path | Polygon | Circle) -> Iterator[tuple[Points, str]]:
    """Yield filled shapes: a line is a thin rectangle, a dashed one several."""
    if isinstance(item, Line | Path):
        points = item.points if isinstance(item, Path) else ((item.x1, item.y1), (item.x2, item.y2))
        for start, end, joins in _dashes(points, item.dash):
            yield _bar(start, end, item.width), item.color
            if joins:
                yield _disc(*end, item.width / 2), item.color
        return
    outline = _disc(item.x, item.y, item.radius) if isinstance(item, Circle) else item.points
    if item.fill:
        yield outline, item.fill
    if item.stroke and isinstance(item, Circle):
        outer, inner = (_disc(item.x, item.y, item.radius + by * item.width / 2) for by in (1, -1))
        yield (*outer, outer[0], inner[0], *reversed(inner)), item.stroke
    elif item.stroke:
        for start, end in zip(outline, (*outline[1:], outline[0]), strict=True):
            yield _bar(start, end, item.width, longer=item.width / 2), item.stroke


def _disc(x: float, y: float, radius: float) -> Points:
    """Return a circle as a polygon with so many corners that none is seen."""
    corners = max(12, ceil(12 * radius**0.5))
    return [(x + radius * cos(tau * i / corners), y + radius * sin(tau * i / corners)) for i in range(corners)]


def _dashes(points: Points, dash: tuple[float, ...]) -> Iterator[tuple[Point, Point, bool]]:
    """Yield the straight inked pieces of a line, and whether the ink runs on around the corner at its end."""
    pattern = dash or (inf,)
    index, left = 0, pattern[0]
    for number, (start, end) in enumerate(pairwise(points), 2):
        length = hypot(end[0] - start[0], end[1] - start[1])
        at, last = 0.0, number == len(points)
        while at < length:
            ends = at + left <= length  # the ink or the gap, before the corner
            stop = at + left if ends else length
            if index % 2 == 0:
                yield _between(start, end, at / length), _between(start, end, stop / length), not ends and not last
            left -= stop - at
            at = stop
            if ends:
                index = (index + 1) % len(pattern)
                left = pattern[index]


def _between(start: Point, end: Point, part: float) -> Point:
    return start[0] + part * (end[0] - start[0]), start[1] + part * (end[1] - start[1])


def _bar(start: tuple[float, float], end: tuple[float, float], width: float, longer: float = 0.0) -> Points:
    length = hypot(end[0] - start[0], end[1] - start[1]) or 1.0
    ux, uy = (end[0] - start[0]) / length, (end[1] - start[1]) / length
    nx, ny = -uy * width / 2, ux * width / 2
    x1, y1, x2, y2 = start[0] - longer * ux, start[1] - longer * uy, end[0] + longer * ux, end[1] + longer * uy
    return ((x1 + nx, y1 + ny), (x2 + nx, y2 + ny), (x2 - nx, y2 - ny), (x1 - nx, y1 - ny))


def _fill(image: Image.Image, shapes: Sequence[tuple[Points, bool]], color: str) -> None:
    """Fill a shape given in pixels, with smooth edges: polygons one upon the other, each ink or a hole in it."""
    corners = [point for points, _ in shapes for point in points]
    left, top = floor(min(x for x, _ in corners)), floor(min(y for _, y in corners))
    right, bottom = ceil(max(x for x, _ in corners)), ceil(max(y for _, y in corners))
    width = max(1, right - left)
    rows = max(1, MASK // (FINE**2 * width))  # a shape as large as a page is filled in strips
    for row in range(top, max(bottom, top + 1), rows):
        mask = Image.new("L", (FINE * width, FINE * max(1, min(rows, bottom - row))))
        pen = ImageDraw.Draw(mask)
        for points, inked in shapes:
            # Pillow paints the pixels at both ends of an edge; half a fine pixel less on each side keeps the area.
            pen.polygon([(FINE * (x - left) - 0.5, FINE * (y - row) - 0.5) for x, y in points], 255 if inked else 0)
        image.paste(color, (left, row), mask.reduce(FINE))
