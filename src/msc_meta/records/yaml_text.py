"""From the bytes of a file to text that shows everything it means: UTF-8, no hidden characters, no tab indentation."""

from __future__ import annotations

import re
from typing import Final

from msc_meta.hookspecs import Position
from msc_meta.records.findings import WHOLE_FILE, Mistake

MAX_BYTES: Final = 1024 * 1024
"""Largest file that is read; a record has a few kilobytes."""

BLANKS: Final = "\u00a0\u1680\u2000-\u200b\u202f\u205f\u2060\u3000"
"""Blanks that look like a space or like nothing, for use inside a character class."""

# what YAML calls unprintable, and line breaks and marks that no editor shows
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_HIDDEN_INDENT: Final = re.compile(f"^ *(?P<blank>[{BLANKS}])", re.MULTILINE)
_TAB_INDENT: Final = re.compile(r"^ *(?P<blank>\t)[ \t]*(?=[^\s#])", re.MULTILINE)


def decode(source: str | bytes) -> str | Mistake:
    """Return the text of a file without its byte-order mark, or why there is none."""
    if isinstance(source, str):
        size, text = len(source.encode("utf-8", "surrogatepass")), source.removeprefix("\ufeff")
    else:
        size, text = len(source), ""
    if size > MAX_BYTES:
        return Mistake("E103", WHOLE_FILE, f"the file has {size:,} bytes; a record has at most {MAX_BYTES:,}",
                       "keep only the trial's numbers here, and documents elsewhere")  # fmt: skip
    if isinstance(source, bytes):
        try:
            text = source.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            return _not_utf8(source, error.start)
    text = text.replace("\r\n", "\n").replace("\r", "\n")  # as YAML reads them, and as editors count lines
    return _hidden(text) or text


def place_of(text: str, offset: int) -> Position:
    """Return line and column of a character, both counted from 1."""
    start = text.rfind("\n", 0, offset) + 1
    return Position(text.count("\n", 0, offset) + 1, offset - start + 1)


def _not_utf8(source: bytes, offset: int) -> Mistake:
    if source.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Mistake("E101", Position(1, 1), "the file is UTF-16, not UTF-8", "save it again with encoding UTF-8")
    place = place_of(source[:offset].decode("utf-8-sig", "replace") + "?", len(source[:offset].decode("utf-8-sig")))
    if b"\0" in source:
        return Mistake("E101", place, "the file is binary, not text", "give the record's YAML file instead")
    byte = source[offset : offset + 1]
    meant = byte.decode("cp1252", "replace")
    guess = "" if meant == "\ufffd" else f" ({meant} in Latin-1)"
    return Mistake("E101", place, f"the file is not UTF-8: byte 0x{byte.hex()}{guess}",
                   "save it again with encoding UTF-8")  # fmt: skip


def _hidden(text: str) -> Mistake | None:
    if found := _CONTROL.search(text):
        name = f"U+{ord(found[0]):04X}"
        return Mistake("E124", place_of(text, found.start()), f"a control character ({name}) that no editor shows",
                       "delete it; it often comes from text copied out of a PDF")  # fmt: skip
    if found := _TAB_INDENT.search(text):
        return Mistake("E111", place_of(text, found.start("blank")), "a tab stands in the indentation",
                       "indent with spaces, two per level")  # fmt: skip
    if found := _HIDDEN_INDENT.search(text):
        name = f"U+{ord(found['blank']):04X}"
        return Mistake("E112", place_of(text, found.start("blank")),
                       f"the indentation holds a blank that is no space ({name})",
                       "type the blanks again; they often come from text copied out of a web page")  # fmt: skip
    return None
