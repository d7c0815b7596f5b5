"""A drawing as a PDF file: one page, TrueType subsets embedded, text that can be searched and copied.

Drawn with ReportLab, because matplotlib spends 0.1 s per font and figure on cutting the fonts (3.11) and 0.3 s on
loading. What ReportLab can not set, Arabic say, is left to matplotlib, see `settable`.
"""

from __future__ import annotations

import io

from reportlab.lib.colors import HexColor
from reportlab.pdfgen.canvas import Canvas

from msc_meta.figures.drawing import Drawing, Line, Polygon, Text
from msc_meta.figures.fonts import font

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
        if isinstance(item, Text):
            _text(canvas, item, drawing)
        elif isinstance(item, Line):
            _line(canvas, item, drawing.height)
        else:
            _shape(canvas, item, drawing.height)
    canvas.save()
    return buffer.getvalue()


def _text(canvas: Canvas, text: Text, drawing: Drawing) -> None:
    face = font(drawing.font_family, bold=text.bold, italic=text.italic)
    canvas.setFont(face.fontName, text.size)
    canvas.setFillColor(HexColor(text.color))
    draw = {"start": canvas.drawString, "middle": canvas.drawCentredString, "end": canvas.drawRightString}
    for run in text.runs(drawing.font_family):
        draw[run.anchor](run.x, drawing.height - run.y, run.text)


def _line(canvas: Canvas, line: Line, height: float) -> None:
    canvas.setStrokeColor(HexColor(line.color))
    canvas.setLineWidth(line.width)
    canvas.setDash(line.dash)
    canvas.line(line.x1, height - line.y1, line.x2, height - line.y2)


def _shape(canvas: Canvas, shape: Polygon, height: float) -> None:
    path = canvas.beginPath()
    path.moveTo(shape.points[0][0], height - shape.points[0][1])
    for x, y in shape.points[1:]:
        path.lineTo(x, height - y)
    path.close()
    if shape.fill:
        canvas.setFillColor(HexColor(shape.fill))
    if shape.stroke:
        canvas.setStrokeColor(HexColor(shape.stroke))
        canvas.setLineWidth(shape.width)
        canvas.setDash(())
    canvas.drawPath(path, stroke=bool(shape.stroke), fill=bool(shape.fill))
