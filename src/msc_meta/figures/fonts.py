"""The fonts that text is measured and drawn with: one place where a font file is looked up."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

BUNDLED = {"DejaVu Sans": "DejaVuSans"}  # the family that matplotlib brings with it, so it is on every machine


def font_file(family: str, *, bold: bool = False, italic: bool = False) -> Path:
    """Return the file of a font family; any family but the bundled one is looked up by matplotlib.

    Examples
    --------
    >>> font_file("DejaVu Sans", bold=True).name
    'DejaVuSans-Bold.ttf'
    """
    if family in BUNDLED:
        spec = find_spec("matplotlib")  # found, not loaded: that takes 0.3 s
        assert spec is not None
        assert spec.origin is not None
        suffix = ("Bold" if bold else "") + ("Oblique" if italic else "")
        name = BUNDLED[family] + (f"-{suffix}" if suffix else "") + ".ttf"
        return Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf" / name
    from matplotlib.font_manager import FontProperties, findfont

    wanted = FontProperties(family=family, weight="bold" if bold else "normal", style="italic" if italic else "normal")
    return Path(findfont(wanted))


@cache
def font(family: str, *, bold: bool = False, italic: bool = False) -> TTFont:
    """Return a font as ReportLab reads it, under the name that its canvas knows it by."""
    name = f"{family}{' bold' if bold else ''}{' italic' if italic else ''}"
    found = TTFont(name, str(font_file(family, bold=bold, italic=italic)), asciiReadable=False)
    pdfmetrics.registerFont(found)
    return found


@cache
def advance(character: str, family: str, bold: bool, italic: bool) -> float | None:
    """Return how far a character moves the pen, as a fraction of the type size; None where the font lacks it."""
    width: float | None = font(family, bold=bold, italic=italic).face.charWidths.get(ord(character))
    return None if width is None else width / 1000
