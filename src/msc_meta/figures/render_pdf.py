"""A drawing as a PDF file: one page, TrueType subsets embedded, text that can be searched and copied.

Written here because matplotlib spends 0.1 s per font and figure on cutting the fonts (3.11; fontTools carries the
tables for complex scripts along) and 0.3 s on loading. What needs those tables, Arabic say, is left to it.
References: ISO 32000-1:2008, sections 7.5 (file), 8.5 (paths), 9.4 (text), 9.7 (composite fonts).
"""

from __future__ import annotations

import hashlib
import zlib
from typing import final

from msc_meta.figures.drawing import Drawing, Item, Line, Polygon, Text
from msc_meta.figures.metrics import face, text_width
from msc_meta.figures.truetype import Face

FACE_KEY = tuple[bool, bool]


def pdf_bytes(drawing: Drawing) -> bytes:
    """Return a drawing as a PDF file; the same drawing gives the same bytes.

    None of its texts may be one that `Text.needs_shaping`.
    """
    fonts = {key: _Font(drawing, key, f"F{i}") for i, key in enumerate(sorted({_key(text) for text in drawing.texts}))}
    page = _content(drawing, fonts)
    file = _File()
    resources = " ".join(f"/{font.name} {file.add_font(font)} 0 R" for font in fonts.values())
    content = file.add_stream(page)
    box = f"[0 0 {_n(drawing.width)} {_n(drawing.height)}]"
    pages = file.next_number + 1
    leaf = file.add(
        f"<</Type /Page /Parent {pages} 0 R /MediaBox {box} /Contents {content} 0 R "
        f"/Resources <</Font <<{resources}>>>>>>"
    )
    file.add(f"<</Type /Pages /Kids [{leaf} 0 R] /Count 1>>")
    root = file.add(f"<</Type /Catalog /Pages {pages} 0 R /Lang (en) /ViewerPreferences <</DisplayDocTitle true>>>>")
    info = file.add(f"<</Title {_utf16(drawing.title)} /Subject {_utf16(drawing.description)} /Creator (msc_meta)>>")
    return file.finish(root, info)


@final
class _Font:
    """The part of a face that a drawing uses, under the name its page calls it."""

    def __init__(self, drawing: Drawing, key: FACE_KEY, name: str) -> None:
        self.name = name
        self.face: Face = face(drawing.font_family, bold=key[0], italic=key[1])
        self.bold, self.italic = key
        characters = sorted({c for text in drawing.texts if _key(text) == key for c in text.text})
        old = {c: self.face.glyph(c) for c in characters}
        self.file, number = self.face.subset(old.values())
        self.code = {c: number[glyph] for c, glyph in old.items()}
        self.advances = {number[glyph]: 1000 * self.face.advance(glyph) / self.face.units for glyph in old.values()}
        tag = hashlib.sha256(self.file).digest()[:6]
        self.postscript_name = "".join(chr(65 + byte % 26) for byte in tag) + "+" + self.face.path.stem

    def show(self, text: str) -> str:
        return "<" + "".join(f"{self.code[c]:04X}" for c in text) + ">"


def _key(text: Text) -> FACE_KEY:
    return text.bold, text.italic


def _content(drawing: Drawing, fonts: dict[FACE_KEY, _Font]) -> bytes:
    paper = f"{_rgb(drawing.paper)} rg 0 0 {_n(drawing.width)} {_n(drawing.height)} re f"
    return "\n".join([paper, *(_operators(item, drawing, fonts) for item in drawing.items)]).encode("ascii")


def _operators(item: Item, drawing: Drawing, fonts: dict[FACE_KEY, _Font]) -> str:
    if isinstance(item, Text):
        font = fonts[_key(item)]
        width = text_width(item.text, item.size, drawing.font_family, bold=item.bold, italic=item.italic)
        x = item.x - {"start": 0.0, "middle": width / 2, "end": width}[item.anchor]
        at = f"{_n(x)} {_n(drawing.height - item.y)}"
        return f"BT {_rgb(item.color)} rg /{font.name} {_n(item.size)} Tf {at} Td {font.show(item.text)} Tj ET"
    if isinstance(item, Line):
        ends = [f"{_n(x)} {_n(drawing.height - y)}" for x, y in ((item.x1, item.y1), (item.x2, item.y2))]
        dash = " ".join(_n(length) for length in item.dash)
        return f"{_rgb(item.color)} RG {_n(item.width)} w [{dash}] 0 d {ends[0]} m {ends[1]} l S"
    return _shape(item, drawing.height)


def _shape(item: Polygon, height: float) -> str:
    points = [f"{_n(x)} {_n(height - y)}" for x, y in item.points]
    path = " ".join([f"{points[0]} m", *(f"{point} l" for point in points[1:]), "h"])
    fill = f"{_rgb(item.fill)} rg " if item.fill else ""
    stroke = f"{_rgb(item.stroke)} RG {_n(item.width)} w [] 0 d " if item.stroke else ""
    return f"{fill}{stroke}{path} {'B' if fill and stroke else 'f' if fill else 'S'}"


@final
class _File:
    """Objects in the order they are added, then their table of places."""

    def __init__(self) -> None:
        self._objects: list[bytes] = []

    @property
    def next_number(self) -> int:
        return len(self._objects) + 1

    def add(self, body: str | bytes) -> int:
        """Add an object and return its number."""
        self._objects.append(body.encode("latin-1") if isinstance(body, str) else body)
        return len(self._objects)

    def add_stream(self, data: bytes, more: str = "") -> int:
        """Add compressed data and return its number."""
        packed = zlib.compress(data, 6)
        head = f"<</Length {len(packed)} /Filter /FlateDecode{more}>>\nstream\n".encode("ascii")
        return self.add(head + packed + b"\nendstream")

    def add_font(self, font: _Font) -> int:
        """Add a font with its file, metrics and the way back from glyphs to characters."""
        scale = 1000 / font.face.units
        box = " ".join(f"{value * scale:.0f}" for value in font.face.box)
        ascent, descent = (f"{value * scale:.0f}" for value in font.face.ascent_descent)
        file = self.add_stream(font.file, f" /Length1 {len(font.file)}")
        name, slant = font.postscript_name, -11 if font.italic else 0
        descriptor = self.add(
            f"<</Type /FontDescriptor /FontName /{name} /Flags 4 /FontBBox [{box}] /ItalicAngle {slant} "
            f"/Ascent {ascent} /Descent {descent} /CapHeight 729 /StemV {140 if font.bold else 80} "
            f"/FontFile2 {file} 0 R>>"
        )
        widths = " ".join(f"{code} [{_n(width)}]" for code, width in sorted(font.advances.items()))
        descendant = self.add(
            f"<</Type /Font /Subtype /CIDFontType2 /BaseFont /{name} /FontDescriptor {descriptor} 0 R "
            "/CIDSystemInfo <</Registry (Adobe) /Ordering (Identity) /Supplement 0>> "
            f"/CIDToGIDMap /Identity /DW 600 /W [{widths}]>>"
        )
        unicode = self.add_stream(_to_unicode(font.code))
        return self.add(
            f"<</Type /Font /Subtype /Type0 /BaseFont /{name} /Encoding /Identity-H "
            f"/DescendantFonts [{descendant} 0 R] /ToUnicode {unicode} 0 R>>"
        )

    def finish(self, root: int, info: int) -> bytes:
        """Return the file."""
        out = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
        places = []
        for number, body in enumerate(self._objects, 1):
            places.append(len(out))
            out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
        table = b"".join(b"%010d 00000 n \n" % place for place in places)
        head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
        trailer = (
            f"trailer\n<</Size {len(places) + 1} /Root {root} 0 R /Info {info} 0 R>>\nstartxref\n{len(out)}\n%%EOF\n"
        )
        return out + head + table + trailer.encode("ascii")


def _to_unicode(code: dict[str, int]) -> bytes:
    pairs = [f"<{number:04X}> <{c.encode('utf-16-be').hex().upper()}>" for c, number in sorted(code.items()) if number]
    blocks = [pairs[i : i + 100] for i in range(0, len(pairs), 100)]
    body = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n"
        "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
        f"1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n{body}\n"
        "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend"
    ).encode("ascii")


def _rgb(color: str) -> str:
    return " ".join(_n(int(color[i : i + 2], 16) / 255, 3) for i in (1, 3, 5))


def _utf16(text: str) -> str:
    return f"<FEFF{text.encode('utf-16-be').hex().upper()}>"


def _n(value: float, decimals: int = 2) -> str:
    """Return a number as PDF wants it: no exponent, a hundredth of a point being finer than any printer."""
    text = f"{value:.{decimals}f}".rstrip("0").rstrip(".")
    return "0" if text in {"", "-0"} else text
