"""One TrueType font file: which glyph a character has, how wide it is, and the part of it that a PDF embeds.

Read with nothing but `struct`: a millisecond, where loading a font library first would cost more than all figures.
Tables as in Microsoft's OpenType specification: ``cmap`` format 12, ``hhea``, ``hmtx``, ``loca``, ``glyf``.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import final

IN_A_PDF = ("cvt ", "fpgm", "glyf", "head", "hhea", "hmtx", "loca", "maxp", "prep")  # what ISO 32000-1, 9.9 asks for
# Flags of a glyph that is made of others (glyf table): arguments are words, and one of three kinds of scale.
WORDS, SCALE, MORE, XY_SCALE, TWO_BY_TWO = 0x0001, 0x0008, 0x0020, 0x0040, 0x0080


@final
class Face:
    """One font file.

    Attributes
    ----------
    path : Path
    units : int
        Font units per type size.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._data = path.read_bytes()
        count = self._read(">H", 4)[0]
        directory = [struct.unpack_from(">4sIII", self._data, 12 + 16 * i) for i in range(count)]
        self._tables: dict[str, tuple[int, int]] = {
            tag.decode("latin-1"): (offset, length) for tag, _, offset, length in directory
        }
        self.units: int = self._read(">H", self._at("head") + 18)[0]
        self._long_metrics: int = self._read(">H", self._at("hhea") + 34)[0]
        self._groups = self._character_groups()
        self._starts = [start for start, _, _ in self._groups]

    def glyph(self, character: str) -> int:
        """Return the number of a character's glyph, 0 where the font has none."""
        code = ord(character)
        at = bisect_right(self._starts, code) - 1
        if at < 0:
            return 0
        start, end, glyph = self._groups[at]
        return glyph + code - start if code <= end else 0

    def advance(self, glyph: int) -> int:
        """Return how far a glyph moves the pen, in font units."""
        width: int = self._read(">H", self._at("hmtx") + 4 * min(glyph, self._long_metrics - 1))[0]
        return width

    @cached_property
    def box(self) -> tuple[int, int, int, int]:
        """The rectangle that holds every glyph, in font units."""
        x_min, y_min, x_max, y_max = self._read(">4h", self._at("head") + 36)
        return x_min, y_min, x_max, y_max

    @cached_property
    def ascent_descent(self) -> tuple[int, int]:
        """Height above and, negative, below the baseline, in font units."""
        ascent, descent = self._read(">2h", self._at("hhea") + 4)
        return ascent, descent

    def subset(self, glyphs: Iterable[int]) -> tuple[bytes, dict[int, int]]:
        """Return a font file with some glyphs only, and their new numbers by their old ones."""
        order = self._with_parts(glyphs)
        number = {old: new for new, old in enumerate(order)}
        outlines = [self._renumbered(glyph, number) for glyph in order]
        ends = [0]
        for outline in outlines:
            ends.append(ends[-1] + len(outline))
        metrics = [self._metrics(glyph) for glyph in order]
        tables = {tag: self._table(tag) for tag in IN_A_PDF if tag in self._tables}
        tables["glyf"] = b"".join(outlines)
        tables["loca"] = struct.pack(f">{len(ends)}I", *ends)
        tables["hmtx"] = b"".join(struct.pack(">Hh", *pair) for pair in metrics)
        tables["maxp"] = _patched(tables["maxp"], 4, len(order))
        tables["hhea"] = _patched(tables["hhea"], 34, len(order))
        tables["head"] = _patched(tables["head"], 50, 1)  # offsets in loca are long
        return _font_file(tables), number

    def _at(self, tag: str) -> int:
        return self._tables[tag][0]

    def _read(self, form: str, offset: int) -> tuple[int, ...]:
        return struct.unpack_from(form, self._data, offset)

    def _table(self, tag: str) -> bytes:
        offset, length = self._tables[tag]
        return self._data[offset : offset + length]

    def _character_groups(self) -> list[tuple[int, int, int]]:
        """Return (first character, last character, first glyph) in ascending order."""
        cmap = self._at("cmap")
        for i in range(self._read(">H", cmap + 2)[0]):
            offset = cmap + self._read(">HHI", cmap + 4 + 8 * i)[2]
            if self._read(">H", offset)[0] == 12:
                number = self._read(">I", offset + 12)[0]
                flat = self._read(f">{3 * number}I", offset + 16)
                return list(zip(flat[::3], flat[1::3], flat[2::3], strict=True))
        raise ValueError(f"{self.path.name} has no character map of format 12")

    def _metrics(self, glyph: int) -> tuple[int, int]:
        """Return advance and left side bearing."""
        last = self._long_metrics - 1
        if glyph <= last:
            advance, bearing = self._read(">Hh", self._at("hmtx") + 4 * glyph)
            return advance, bearing
        return self.advance(glyph), self._read(">h", self._at("hmtx") + 4 * (last + 1) + 2 * (glyph - last - 1))[0]

    def _outline(self, glyph: int) -> bytes:
        if self._read(">h", self._at("head") + 50)[0]:
            start, end = self._read(">2I", self._at("loca") + 4 * glyph)
        else:
            start, end = (2 * half for half in self._read(">2H", self._at("loca") + 2 * glyph))
        return self._data[self._at("glyf") + start : self._at("glyf") + end]

    def _with_parts(self, glyphs: Iterable[int]) -> list[int]:
        """Return the glyphs, those they are made of, and glyph 0, in ascending order."""
        known = {0}
        waiting = list(glyphs)
        while waiting:
            glyph = waiting.pop()
            if glyph not in known:
                known.add(glyph)
                waiting += [part for _, part in _parts(self._outline(glyph))]
        return sorted(known)

    def _renumbered(self, glyph: int, number: dict[int, int]) -> bytes:
        outline = bytearray(self._outline(glyph))
        for offset, part in _parts(bytes(outline)):
            struct.pack_into(">H", outline, offset, number[part])
        return bytes(outline) + bytes(-len(outline) % 4)


def _parts(outline: bytes) -> list[tuple[int, int]]:
    """Return where a composite glyph names its parts, and which they are; a simple glyph has none."""
    if not outline or struct.unpack_from(">h", outline)[0] >= 0:
        return []
    found = []
    offset, flags = 10, MORE
    while flags & MORE:
        flags, part = struct.unpack_from(">2H", outline, offset)
        found.append((offset + 2, part))
        offset += 8 if flags & WORDS else 6
        offset += 2 * bool(flags & SCALE) + 4 * bool(flags & XY_SCALE) + 8 * bool(flags & TWO_BY_TWO)
    return found


def _patched(table: bytes, offset: int, value: int) -> bytes:
    return table[:offset] + struct.pack(">H", value) + table[offset + 2 :]


def _font_file(tables: dict[str, bytes]) -> bytes:
    """Put tables together, in the order of their names, with directory and checksums."""
    count = len(tables)
    power = count.bit_length() - 1
    head = struct.pack(">IHHHH", 0x00010000, count, 16 << power, power, 16 * (count - (1 << power)))
    offset = 12 + 16 * count
    directory, body = b"", b""
    for tag, table in sorted(tables.items()):
        padded = table + bytes(-len(table) % 4)
        checksum = sum(struct.unpack(f">{len(padded) // 4}I", padded)) & 0xFFFFFFFF
        directory += struct.pack(">4sIII", tag.encode("latin-1"), checksum, offset + len(body), len(table))
        body += padded
    return head + directory + body
