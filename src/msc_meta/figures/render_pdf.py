"""A drawing as a PDF file: TrueType subsets embedded, text that can be searched and copied, a tagged figure.

Drawn with ReportLab, because matplotlib spends 0.1 s per font and figure on cutting the fonts (3.11) and 0.3 s on
loading. What ReportLab can not set, Arabic or a font with PostScript outlines, is drawn as shapes with the text behind.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from reportlab.lib.colors import HexColor
from reportlab.pdfgen.canvas import Canvas

from msc_meta.figures.drawing import Circle, Drawing, Item, Line, Path, Polygon, Text
from msc_meta.figures.fonts import font
from msc_meta.figures.pdf_structure import attach, tag_figures
from msc_meta.figures.pdf_text import draw_shapes, settable_in

if TYPE_CHECKING:
    from reportlab.pdfgen.pathobject import PDFPathObject

MITER, ROUND = 0, 1  # joins of lines


def pdf_bytes(drawing: Drawing, table: bytes = b"") -> bytes:
    """Return a drawing as a PDF file, on its pages where it has some; the same drawing gives the same bytes.

    Parameters
    ----------
    table : bytes
        The figure's numbers as CSV, attached to the file.
    """
    buffer = io.BytesIO()
    initial = font(drawing.font_family)
    canvas = Canvas(
        buffer,
        pagesize=(drawing.width, drawing.height),
        pageCompression=1,
        invariant=1,  # no time of writing
        initialFontName=initial and initial.fontName,  # or else Helvetica is named, which is not embedded
        lang="en",
    )
    canvas.setTitle(drawing.title)
    canvas.setSubject(drawing.description)
    canvas.setAuthor("msc_meta")
    canvas.setCreator("msc_meta")
    canvas.setViewerPreference("DisplayDocTitle", "true")
    pages = drawing.pages or (drawing,)
    for page in pages:
        canvas.setPageSize((page.width, page.height))
        canvas.addLiteral("/Figure <</MCID 0>> BDC")
        canvas.setFillColor(HexColor(page.paper))
        canvas.rect(0, 0, page.width, page.height, stroke=0, fill=1)
        for item in page.items:
            _draw(canvas, item, page)
        canvas.addLiteral("EMC")
        canvas.showPage()
    tag_figures(canvas, [page.description or drawing.description for page in pages])
    if table:
        attach(canvas, f"{drawing.name}.csv", table)
    canvas.save()
    return buffer.getvalue()


def _draw(canvas: Canvas, item: Item, drawing: Drawing) -> None:
    if isinstance(item, Text):
        for run, family in item.runs(drawing.font_family):
            if run.turned:
                canvas.saveState()
                canvas.translate(run.x, drawing.height - run.y)
                canvas.rotate(90)
                _text(canvas, run.level, family, 0.0)
                canvas.restoreState()
            else:
                _text(canvas, run, family, drawing.height)
    elif isinstance(item, Line):
        _pen(canvas, item.color, item.width, item.dash)
        canvas.line(item.x1, drawing.height - item.y1, item.x2, drawing.height - item.y2)
    elif isinstance(item, Path):
        _pen(canvas, item.color, item.width, item.dash)
        canvas.setLineJoin(ROUND)
        canvas.drawPath(_outline(canvas, item.points, drawing.height), stroke=1, fill=0)
        canvas.setLineJoin(MITER)
    elif isinstance(item, Circle):
        canvas.circle(item.x, drawing.height - item.y, item.radius, **_paint(canvas, item))
    else:
        outline = _outline(canvas, item.points, drawing.height)
        outline.close()
        canvas.drawPath(outline, **_paint(canvas, item))


def _text(canvas: Canvas, text: Text, family: str, height: float) -> None:
    canvas.setFillColor(HexColor(text.color))
    face = settable_in(text, family)
    if face is None:
        draw_shapes(canvas, text, family, height)
        return
    canvas.setFont(face.fontName, text.size)
    draw = {"start": canvas.drawString, "middle": canvas.drawCentredString, "end": canvas.drawRightString}
    draw[text.anchor](text.x, height - text.y, text.text)


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
