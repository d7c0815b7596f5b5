"""A drawing as an EPS file: vector shapes with letters as outlines, which no press can set in another font.

Written here, because matplotlib names the time of writing in it and takes 40 s to cut a Chinese font (3.11).
"""

from __future__ import annotations

import textwrap
import unicodedata
from math import ceil

from msc_meta.figures.drawing import Circle, Drawing, Item, Line, Path, Polygon, Text
from msc_meta.figures.outlines import Outline, outlines

PROLOG = """\
/m {moveto} bind def /l {lineto} bind def /c {curveto} bind def /h {closepath} bind def
/rgb {setrgbcolor} bind def /f {fill} bind def /s {stroke} bind def
/glyph {gsave 4 1 roll dup 4 2 roll translate scale exec fill grestore} bind def"""
LINE = 200  # of 255 characters that a line of an EPS may have


def eps_bytes(drawing: Drawing) -> bytes:
    """Return a drawing as an EPS file in ASCII; the same drawing gives the same bytes."""
    names: dict[Outline, str] = {}
    body = [line for item in drawing.items for line in _lines(item, drawing, names)]
    glyphs = [f"/{name} {{{_steps(outline)}}} bind def" for outline, name in names.items()]
    width, height = drawing.width, drawing.height
    head = [
        "%!PS-Adobe-3.0 EPSF-3.0",
        f"%%BoundingBox: 0 0 {ceil(width)} {ceil(height)}",
        f"%%HiResBoundingBox: 0 0 {_n(width)} {_n(height)}",
        f"%%Title: {_ascii(drawing.title)[:LINE]}",
        "%%Creator: msc_meta",
        "%%LanguageLevel: 2",
        "%%Pages: 1",
        "%%EndComments",
        *(f"% {line}" for line in textwrap.wrap(_ascii(drawing.description), LINE)),
        "%%BeginProlog",
        "8 dict begin" if not names else f"{8 + len(names)} dict begin",
        *PROLOG.splitlines(),
        *(line for glyph in glyphs for line in _folded(glyph)),
        "%%EndProlog",
        "%%Page: 1 1",
        "gsave",
        f"{_color(drawing.paper)} 0 0 {_n(width)} {_n(height)} rectfill",
    ]
    return "\n".join([*head, *body, "grestore", "end", "showpage", "%%EOF", ""]).encode("ascii")


def _lines(item: Item, drawing: Drawing, names: dict[Outline, str]) -> list[str]:
    """Return the commands that draw one item; ``names`` collects the letters it needs."""
    height = drawing.height
    if isinstance(item, Text):
        lines = [_color(item.color)]
        for run, family in item.runs(drawing.font_family):
            base = 0.0 if run.turned else height - run.y
            if run.turned:
                lines.append(f"gsave {_n(run.x)} {_n(height - run.y)} translate 90 rotate")
            for x, outline in outlines(run.level if run.turned else run, family):
                name = names.setdefault(outline, f"g{len(names)}")
                lines.append(f"{_n(x)} {_n(base)} {_n(run.size)} {{{name}}} glyph")
            if run.turned:
                lines.append("grestore")
        return lines
    if isinstance(item, Line):
        return [f"{_pen(item)} {_through(((item.x1, item.y1), (item.x2, item.y2)), height)} s"]
    if isinstance(item, Path):
        return [f"1 setlinejoin {_pen(item)}", *_folded(f"{_through(item.points, height)} s"), "0 setlinejoin"]
    if isinstance(item, Circle):
        shape = f"newpath {_n(item.x)} {_n(height - item.y)} {_n(item.radius)} 0 360 arc h"
    else:
        shape = f"{_through(item.points, height)} h"
    return _painted(item, _folded(shape))


def _painted(item: Polygon | Circle, shape: list[str]) -> list[str]:
    lines = [_color(item.fill), *shape, "f"] if item.fill else []
    if item.stroke:
        lines += [f"{_color(item.stroke)} {_n(item.width)} setlinewidth [] 0 setdash", *shape, "s"]
    return lines


def _through(points: tuple[tuple[float, float], ...], height: float) -> str:
    steps = [f"{_n(x)} {_n(height - y)} {'l' if number else 'm'}" for number, (x, y) in enumerate(points)]
    return "newpath " + " ".join(steps)


def _pen(item: Line | Path) -> str:
    return f"{_color(item.color)} {_n(item.width)} setlinewidth [{' '.join(map(_n, item.dash))}] 0 setdash"


def _steps(outline: Outline) -> str:
    letters = {"M": "m", "L": "l", "C": "c", "Z": "h"}
    return "newpath " + " ".join(" ".join([*map(_fine, numbers), letters[step]]) for step, numbers in outline.steps)


def _color(color: str) -> str:
    return " ".join(_n(int(color[at : at + 2], 16) / 255) for at in (1, 3, 5)) + " rgb"


def _folded(command: str) -> list[str]:
    return textwrap.wrap(command, LINE, break_long_words=False, break_on_hyphens=False)


def _ascii(text: str) -> str:
    """Return a comment in ASCII, all that is safe there: accents fall off, other letters become question marks."""
    plain = unicodedata.normalize("NFKD", text.replace("−", "-").replace("–", "-"))
    return "".join(c for c in plain if not unicodedata.combining(c)).encode("ascii", "replace").decode()


def _n(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".") if abs(value) >= 0.0005 else "0"


def _fine(value: float) -> str:
    """Return a coordinate of a letter, in type sizes: a ten-thousandth is less than a unit of most fonts."""
    return f"{value:.4f}".rstrip("0").rstrip(".") if abs(value) >= 0.00005 else "0"
