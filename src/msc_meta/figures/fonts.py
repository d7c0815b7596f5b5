"""The fonts that text is measured and drawn with: one place where a font file is looked up."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from msc_meta.errors import UsageError
from msc_meta.figures.fallback_fonts import font_with, glyph_advance

if TYPE_CHECKING:
    from reportlab.pdfbase.ttfonts import TTFont

BUNDLED = {"DejaVu Sans": "DejaVuSans"}  # the family that matplotlib brings with it, so it is on every machine
SIGNATURES = {b"\0\1\0\0", b"true", b"OTTO", b"ttcf"}  # how TrueType, OpenType and their collections begin
FACES = ("regular", "bold", "italic", "bold italic")
MISSING, MISSING_WIDE = 0.7, 1.0  # width of the box in place of a character, and of a wide one, in type sizes
REGISTERED: dict[str, dict[str, Path]] = {}  # families of a user or of this machine, by name and face


def register_family(name: str, files: Mapping[str, str | Path]) -> None:
    """Make a font of one's own known, Arial say, so that figures can be set in it.

    Parameters
    ----------
    name : str
        The family, as a style's ``font_family`` names it. One that comes with the package can not be replaced.
    files : mapping of str to path
        TrueType or OpenType files by face: ``regular``, ``bold``, ``italic``, ``bold italic``. A face that is not
        there is set in the nearest one that is; of a collection (.ttc) the first font is taken.

    Raises
    ------
    UsageError
        If there is no regular face, a face is unknown, or a file does not exist or is no font.
    """
    unknown = [face for face in files if face not in FACES]
    if unknown or "regular" not in files:
        problem = f"face {unknown[0]!r} is unknown" if unknown else "the regular face is missing"
        raise UsageError(f"font {name}: {problem}; faces are: {', '.join(FACES)}")
    if name in BUNDLED:
        raise UsageError(f"font {name} comes with the package; give your files another name")
    paths = {face: Path(path).expanduser() for face, path in files.items()}
    for face, path in paths.items():
        if not path.is_file():
            raise UsageError(f"font {name}: {path} ({face}) is not a file")
        with path.open("rb") as file:
            if file.read(4) not in SIGNATURES:
                raise UsageError(f"font {name}: {path} ({face}) is no TrueType or OpenType font")
    if REGISTERED.get(name) != paths:
        REGISTERED[name] = paths
        for cached in (font, advance, room):
            cached.cache_clear()


def font_file(family: str, *, bold: bool = False, italic: bool = False) -> Path:
    """Return the file of a font family; one that is neither bundled nor registered is looked up by matplotlib.

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
    if family in REGISTERED:
        wanted = [face for face, has in (("bold italic", bold and italic), ("bold", bold), ("italic", italic)) if has]
        faces = REGISTERED[family]
        return next(faces[face] for face in (*wanted, "regular") if face in faces)
    from matplotlib.font_manager import FontProperties, findfont

    properties = FontProperties(
        family=family, weight="bold" if bold else "normal", style="italic" if italic else "normal"
    )
    return Path(findfont(properties))


@cache
def font(family: str, *, bold: bool = False, italic: bool = False) -> TTFont | None:
    """Return a font as ReportLab reads it, under the name its canvas knows it by; None if it is not TrueType."""
    from reportlab.pdfbase import pdfmetrics  # not at the top: a forest plot of characters measures no font
    from reportlab.pdfbase.ttfonts import TTFError, TTFont

    name = f"{family}{' bold' if bold else ''}{' italic' if italic else ''}"
    try:
        found = TTFont(name, str(font_file(family, bold=bold, italic=italic)), asciiReadable=False)
    except TTFError:
        return None
    pdfmetrics.registerFont(found)
    return found


@cache
def advance(character: str, family: str, bold: bool, italic: bool) -> float | None:
    """Return how far a character moves the pen, as a fraction of the type size; None where the font lacks it."""
    found = font(family, bold=bold, italic=italic)
    if found is None:
        return glyph_advance(font_file(family, bold=bold, italic=italic), character)
    width: float | None = found.face.charWidths.get(ord(character))
    return None if width is None else width / 1000


def family_for(character: str, family: str, *, bold: bool = False, italic: bool = False) -> str | None:
    """Return the family that shows a character: the wanted one, else one of this machine, else None."""
    if advance(character, family, bold, italic) is not None:
        return family
    found = font_with(character)
    if found is None:
        return None
    name, path = found
    register_family(name, {"regular": path})
    return name


@cache
def room(character: str, family: str, bold: bool, italic: bool) -> float:
    """Return the width that a character is given in a layout, as a fraction of the type size.

    A wide one (Chinese, Japanese, Korean) of another font has the type size in every font, and gets it here, so that
    a layout is the same where there is no such font.
    """
    if unicodedata.combining(character) or unicodedata.category(character) == "Cf":
        return 0.0
    width = advance(character, family, bold, italic)
    if width is not None:
        return width
    if unicodedata.east_asian_width(character) in "WF":
        return MISSING_WIDE
    other = family_for(character, family, bold=bold, italic=italic)
    return MISSING if other is None else advance(character, other, bold, italic) or MISSING
