"""A drawing as a PDF file: one page, TrueType subsets embedded, text that can be searched and copied.

Drawn with ReportLab, because matplotlib spends 0.1 s per font and figure on cutting the fonts (3.11) and 0.3 s on
loading. What ReportLab can not set, Arabic say, is left to matplotlib, see `settable`.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from reportlab.lib.colors import HexColor
from reportlab.pdfgen.canvas import Canvas

from msc_meta.figures.drawing import Circle, Drawing, Item, Line, Path, Polygon, Text
from msc_meta.figures.fonts import font

if TYPE_CHECKING:
    from reportlab.pdfgen.pathobject import PDFPathObject

MITER, ROUND = 0, 1  # joins of lines
LAST_OF_PLANE = "\uffff"  # ReportLab's way back from glyphs to characters ends here


def settable(drawing: Drawing) -> bool:
    """Whether every text of a drawing can be set letter by letter, and found again in the file."""
    return not any(text.needs_shaping or max(text.text, default="") > LAST_OF_PLANE for text in drawing.texts)


def pdf_bytes(drawing: Drawing) -> bytes:
    """Return a drawing as a PDF file; the same drawing gives the same bytes."""
    buffer = io.BytesIO()
    canvas = Canvas(
        buffer,
        pagesize=(drawing.width, drawing.height),
        pageCompression=1,
        invariant=1,  # no time of writing
        initialFontName=font(drawing.font_family).fontName,  # or else Helvetica is named, which is not embedded
        lang="en",
    )
    canvas.setTitle(drawing.title)
    canvas.setSubject(drawing.description)
    canvas.setAuthor("msc_meta")
    canvas.setCreator("msc_meta")
    canvas.setViewerPreference("DisplayDocTitle", "true")
    canvas.setFillColor(HexColor(drawing.paper))
    canvas.rect(0, 0, drawing.width, drawing.height, stroke=0, fill=1)
    for item in drawing.items:
        _draw(canvas, item, drawing)
    canvas.save()
    return buffer.getvalue()


def _draw(canvas: Canvas, item: Item, drawing: Drawing) -> None:
    if isinstance(item, Text):
        _text(canvas, item, drawing)
    elif isinstance(item, Line):
        _line(canvas, item, drawing.height)
    elif isinstance(item, Path):
        _path(canvas, item, drawing.height)
    elif isinstance(item, Circle):
        canvas.circle(item.x, drawing.height - item.y, item.radius, **_paint(canvas, item))
    else:
        _polygon(canvas, item, drawing.height)


def _text(canvas: Canvas, text: Text, drawing: Drawing) -> None:
    face = font(drawing.font_family, bold=text.bold, italic=text.italic)
    canvas.setFont(face.fontName, text.size)
    canvas.setFillColor(HexColor(text.color))
    draw = {"start": canvas.drawString, "middle": canvas.drawCentredString, "end": canvas.drawRightString}
    for run in text.runs(drawing.font_family):
        draw[run.anchor](run.x, drawing.height - run.y, run.text)


def _line(canvas: Canvas, line: Line, height: float) -> None:
    _pen(canvas, line.color, line.width, line.dash)
    canvas.line(line.x1, height - line.y1, line.x2, height - line.y2)


def _path(canvas: Canvas, path: Path, height: float) -> None:
    _pen(canvas, path.color, path.width, path.dash)
    canvas.setLineJoin(ROUND)
    canvas.drawPath(_outline(canvas, path.points, height), stroke=1, fill=0)
    canvas.setLineJoin(MITER)


def _polygon(canvas: Canvas, shape: Polygon, height: float) -> None:
    outline = _outline(canvas, shape.points, height)
    outline.close()
    canvas.drawPath(outline, **_paint(canvas, shape))


def _outline(canvas: Canvas, points: tuple[tuple[float, float], ...], height: float) -> PDFPathObject:
    outline = canvas.beginPath()
    outline.moveTo(points[0][0], height - points[0][1])
    for x, y in points[1:]:
        outline.lineTo(x, height - y)
    return outline


def _pen(canvas: Canvas, color: str, width: float, dash: tuple[float, ...] = ()) -> None:
    canvas.setStrokeColor(HexColor(color))
    canvas.setLineWidth(width)
    canvas.setDash(dash)


def _paint(canvas: Canvas, shape: Polygon | Circle) -> dict[str, int]:
    """Take up the colours of a shape, and return which of inside and edge it has, as ReportLab asks for them."""
    if shape.fill:
        canvas.setFillColor(HexColor(shape.fill))
    if shape.stroke:
        _pen(canvas, shape.stroke, shape.width)
    return {"stroke": int(bool(shape.stroke)), "fill": int(bool(shape.fill))}
