"""Which kind of CSV table a file is, told by its first row alone: so that one adapter and no other reads it."""

from __future__ import annotations

import itertools
import re
from functools import lru_cache
from pathlib import Path
from typing import Literal

from msc_meta.hookspecs import Position
from msc_meta.records.findings import Mistake

TableKind = Literal["arms", "trials", "covidence"]

DELIMITERS = (",", ";", "\t")
_SEPARATOR = re.compile(r'"?sep=([,;\t])"?')
_HEAD = 65_536  # bytes; a first row with all the columns of an extraction form has some thousands

TRIALS = (
    {"ai", "bi"}, {"ai", "n1i"}, {"tpos", "tneg"}, {"event.e", "n.e"}, {"m1i", "sd1i"}, {"mean.e", "n.e"},
    {"median.e", "n.e"}, {"yi", "vi"}, {"yi", "sei"}, {"te", "sete"}, {"event.arm1"}, {"mean.arm1"},
)  # fmt: skip
"""Columns that only a table with one row per trial has: any of these sets together."""
_COVIDENCE = re.compile(r"covidence #|char: |domain \(judge?ment\)|risk of bias judgement")


def table_kind(path: Path) -> TableKind:
    """Return the kind of a CSV file: one row per arm (our own), one per trial (as R has it), or from Covidence."""
    try:
        status = path.stat()
        return _kind(str(path), status.st_mtime_ns, status.st_size)
    except OSError:  # whoever reads it will say so
        return "arms"


@lru_cache(maxsize=64)
def _kind(path: str, _changed: int, _size: int) -> TableKind:
    if not Path(path).is_file():
        return "arms"
    with Path(path).open("rb") as file:
        names = first_row(file.read(_HEAD))
    if any(_COVIDENCE.match(name) for name in names):
        return "covidence"
    return "trials" if "arm" not in names and any(needed <= names for needed in TRIALS) else "arms"


def first_row(head: bytes) -> frozenset[str]:
    r"""Return the names in the first row of a table, as `normal` spells them.

    Examples
    --------
    >>> sorted(first_row(b"\xef\xbb\xbfstudlab;event_e;n.e\nDoe;2;10\n"))
    ['event.e', 'n.e', 'studlab']
    """
    encoding = "utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    mark, line = header_of(head.decode(encoding, errors="replace"))
    return frozenset(normal(name) for name in line.split(mark))


def header_of(text: str) -> tuple[str, str]:
    r"""Return the separator of a table, the commonest in its first row, and that row.

    A spreadsheet may name the separator itself, in a row ``sep=;`` before it.

    Examples
    --------
    >>> header_of("slab;ai;n1i\nDoe;2;10"), header_of("sep=;\nslab;ai\n")
    ((';', 'slab;ai;n1i'), (';', 'slab;ai'))
    """
    lines = [line for line in itertools.islice(text.lstrip("\r\n").splitlines(), 50) if line.strip()] or [""]
    if (named := _SEPARATOR.fullmatch(lines[0])) and len(lines) > 1:
        return named[1], lines[1]
    return max(DELIMITERS, key=lines[0].count), lines[0]


def more_cells(number: int, names: int) -> Mistake:
    """Return the complaint about a row with more filled cells than the first row has names: they may be shifted."""
    return Mistake("E162", Position(number, names + 1), f"the row has more cells than the first row ({names})",
                   "put double quotes around a text or a number that holds the separator: \"17,5\"")  # fmt: skip


def normal(name: str) -> str:
    """Return a column's name as it is compared: lower case, with a point where people write _ or nothing else.

    Examples
    --------
    >>> normal(' "Event_E" '), normal("Covidence #")
    ('event.e', 'covidence #')
    """
    return " ".join(name.strip(" \"'\r\ufeff").lower().split()).replace("_", ".")
