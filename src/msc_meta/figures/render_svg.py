"""A drawing as SVG text: text stays text, so that it can be selected, searched and read aloud."""

from __future__ import annotations

import re
from collections import Counter
from itertools import groupby
from xml.sax.saxutils import escape, quoteattr

from msc_meta.figures.drawing import Circle, Drawing, Item, Line, Path, Polygon, Text

DATA = "urn:msc-meta:figure-data"


def svg_text(drawing: Drawing) -> str:
    """Return a drawing as one SVG document; the same drawing gives the same bytes.

    All text is escaped. Ids begin with the drawing's name, so that several figures can stand in one page.
    """
    title_id, description_id = f"{_slug(drawing.name)}-title", f"{_slug(drawing.name)}-desc"
    width, height = _n(drawing.width), _n(drawing.height)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}pt" height="{height}pt" '
            f'viewBox="0 0 {width} {height}" role="img" aria-labelledby="{title_id} {description_id}" '
            # or else a browser rounds each letter to whole pixels, and texts are as wide as laid out only when zoomed
            f'text-rendering="geometricPrecision" font-family={quoteattr(drawing.svg_font_families)}>'
        ),
        f'<title id="{title_id}">{escape(drawing.title)}</title>',
        f'<desc id="{description_id}">{escape(drawing.description)}</desc>',
        *_metadata(drawing),
        f'<rect width="{width}" height="{height}" fill="{drawing.paper}"/>',
    ]
    seen: Counter[str] = Counter()
    for (kind, key), items in groupby(drawing.items, key=lambda item: tuple(item.gid.split("/")[:2])):
        name = _slug(f"{drawing.name}-{kind}-{key}")
        seen[name] += 1
        unique = name if seen[name] == 1 else f"{name}-{seen[name]}"
        lines.append(f'<g id="{unique}" class="{_slug(kind)}">')
        lines += [_element(item, drawing.font_family) for item in items]
        lines.append("</g>")
    return "\n".join([*lines, "</svg>", ""])


def _metadata(drawing: Drawing) -> list[str]:
    """Return caption and numbers for programs; the names have a prefix, so that none is an HTML tag in a page."""
    caption = [f"<data:caption>{escape(drawing.caption)}</data:caption>"] if drawing.caption else []
    rows = [
        f"<data:{'row' if number else 'header'}>"
        + "".join(f"<data:cell>{escape(cell)}</data:cell>" for cell in row)
        + f"</data:{'row' if number else 'header'}>"
        for number, row in enumerate(drawing.data)
    ]
    if not (caption or rows):
        return []
    return [f'<metadata><data:table xmlns:data="{DATA}">', *caption, *rows, "</data:table></metadata>"]


def _element(item: Item, family: str) -> str:
    part = _slug(item.gid.rsplit("/", 1)[-1])
    if isinstance(item, Text):
        anchor = f' text-anchor="{item.anchor}"' if item.anchor != "start" else ""
        weight = ' font-weight="bold"' if item.bold else ""
        slant = ' font-style="italic"' if item.italic else ""
        at = f'x="{_n(item.x)}" y="{_n(item.y)}" font-size="{_n(item.size)}" fill="{item.color}"'
        length = ""
        if item.missing(family):  # the reader's font for them may be wider or narrower; a mark follows the text
            box = item.box(family)
            width = box.bottom - box.top if item.turned else box.right - box.left
            length = f' textLength="{_n(width)}"'
        turn = f' transform="rotate(-90 {_n(item.x)} {_n(item.y)})"' if item.turned else ""
        return f'<text class="{part}" {at}{anchor}{weight}{slant}{length}{turn}>{escape(item.text)}</text>'
    if isinstance(item, Line):
        at = f'x1="{_n(item.x1)}" y1="{_n(item.y1)}" x2="{_n(item.x2)}" y2="{_n(item.y2)}"'
        return f'<line class="{part}" {at} {_pen(item.color, item.width, item.dash)}/>'
    if isinstance(item, Circle):
        at = f'cx="{_n(item.x)}" cy="{_n(item.y)}" r="{_n(item.radius)}"'
        return f'<circle class="{part}" {at} {_paint(item)}/>'
    points = " ".join(f"{_n(x)},{_n(y)}" for x, y in item.points)
    if isinstance(item, Path):
        pen = _pen(item.color, item.width, item.dash)
        return f'<polyline class="{part}" points="{points}" fill="none" stroke-linejoin="round" {pen}/>'
    return f'<polygon class="{part}" points="{points}" {_paint(item)}/>'


def _pen(color: str, width: float, dash: tuple[float, ...] = ()) -> str:
    dashes = f' stroke-dasharray="{" ".join(map(_n, dash))}"' if dash else ""
    return f'stroke="{color}" stroke-width="{_n(width)}"{dashes}'


def _paint(shape: Polygon | Circle) -> str:
    return f'fill="{shape.fill or "none"}"' + (f" {_pen(shape.stroke, shape.width)}" if shape.stroke else "")


def _n(value: float) -> str:
    """Return a length with at most two decimals, a hundredth of a point being finer than any printer."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if value else "0"


def _slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "-", text).strip("-") or "figure"
