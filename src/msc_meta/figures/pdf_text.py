"""Text that a PDF gets as shapes, with the letters unseen behind them, so that it can be found and copied."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from msc_meta.figures.drawing import Text
from msc_meta.figures.fonts import font
from msc_meta.figures.metrics import text_width
from msc_meta.figures.outlines import outlines

if TYPE_CHECKING:
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.pdfgen.canvas import Canvas

SEEN, UNSEEN = 0, 3  # modes of text
NONZERO = 1  # a hole is where the outline turns back
STAND_IN = "DejaVu Sans"  # the font of unseen letters; one that it lacks is found all the same
LAST_OF_PLANE = "\uffff"  # ReportLab's way back from glyphs to characters ends here


def settable_in(text: Text, family: str) -> TTFont | None:
    """Return the font in which ReportLab can set a text letter by letter, to be found again; None if it can not."""
    if text.needs_shaping or max(text.text, default="") > LAST_OF_PLANE:
        return None
    return font(family, bold=text.bold, italic=text.italic)


def draw_shapes(canvas: Canvas, text: Text, family: str, height: float) -> None:
    """Draw a text as shapes over its unseen letters, in the fill colour of the canvas."""
    for x, shape in outlines(text, family):
        path = canvas.beginPath()
        for step, numbers in shape.steps:
            placed = [
                text.size * number + (height - text.y if index % 2 else x) for index, number in enumerate(numbers)
            ]
            {"M": path.moveTo, "L": path.lineTo, "C": path.curveTo, "Z": path.close}[step](*placed)
        canvas.drawPath(path, stroke=0, fill=1, fillMode=NONZERO)
    if max(text.text) <= LAST_OF_PLANE:
        _unseen(canvas, text, family, height, visual_order(text.text))
        return
    canvas.addLiteral(f"/Span <</ActualText <feff{text.text.encode('utf-16-be').hex()}>>> BDC")
    _unseen(canvas, text, family, height, " ")
    canvas.addLiteral("EMC")


def _unseen(canvas: Canvas, text: Text, family: str, height: float, letters: str) -> None:
    face, box = font(STAND_IN), text.box(family)
    assert face is not None
    lines = canvas.beginText(box.left, height - text.y)
    lines.setFont(face.fontName, text.size)
    lines.setTextRenderMode(UNSEEN)
    lines.setHorizScale(100 * (box.right - box.left) / (text_width(letters, text.size, STAND_IN) or 1.0))
    lines.textOut(letters)
    lines.setHorizScale(100)
    lines.setTextRenderMode(SEEN)
    canvas.drawText(lines)


def visual_order(text: str) -> str:
    """Return a line as it stands on paper from left to right, which is the order that readers of PDF expect.

    The parts of the Unicode bidirectional algorithm (UAX 9) that a name and a year need, without embeddings.

    Examples
    --------
    >>> visual_order("אבג 2020") == "2020 גבא"
    True
    """
    kinds = ["R" if kind == "AL" else kind for kind in map(unicodedata.bidirectional, text)]
    base = 1 if next((kind for kind in kinds if kind in "LR"), "L") == "R" else 0
    levels: list[int | None] = []
    strong = "R" if base else "L"
    for kind in kinds:
        strong = kind if kind in {"L", "R"} else strong
        if kind in {"EN", "AN"}:
            levels.append(2 if strong == "R" else 2 * base)
        else:
            levels.append({"R": 1, "L": 2 * base}.get(strong if kind == "NSM" else kind))
    order = list(zip(text, _filled(levels, base), strict=True))
    for level in range(max((level for _, level in order), default=0), 0, -1):
        order = _reversed_from(order, level)
    return "".join(character for character, _ in order)


def _filled(levels: list[int | None], base: int) -> list[int]:
    """Give spaces and signs the level of what stands around them, or that of the line."""
    filled = []
    for index, level in enumerate(levels):
        before = next((other for other in reversed(levels[:index]) if other is not None), base)
        after = next((other for other in levels[index:] if other is not None), base)
        between = before if before == after else max(base, 1) if min(before, after) > 0 else base
        filled.append(between if level is None else level)
    return filled


def _reversed_from(order: list[tuple[str, int]], level: int) -> list[tuple[str, int]]:
    """Turn round every stretch of characters at this level or above."""
    turned: list[tuple[str, int]] = []
    stretch: list[tuple[str, int]] = []
    for entry in [*order, ("", 0)]:
        if entry[1] >= level:
            stretch.append(entry)
            continue
        turned += [*reversed(stretch), entry]
        stretch = []
    return turned[:-1]
