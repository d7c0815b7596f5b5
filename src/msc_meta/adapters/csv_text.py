"""The text of a CSV table as records: delimiter, encoding, decimal mark, and rows split into cells."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

from msc_meta.adapters.files import read_bytes
from msc_meta.adapters.table_rows import records_from_rows
from msc_meta.errors import Problem
from msc_meta.hookspecs import Position, RawRecord
from msc_meta.records.findings import WHOLE_FILE, Mistake, problem
from msc_meta.records.table_cells import DecimalMark, decimal_mark
from msc_meta.records.table_columns import find_columns

MAX_BYTES = 32 * 1024 * 1024
MAX_ROWS = 200_000
MAX_COLUMNS = 5_000
MAX_CELLS = 2_000_000
DELIMITERS = (",", ";", "\t")


def records_from_text(text: str, path: str) -> Iterator[RawRecord]:
    """Yield one record per study of a CSV table that was read already; ``path`` is its name in complaints."""
    delimiter, skipped = find_delimiter(text)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    kept: list[list[str]] = []
    broken: RawRecord | None = None
    try:
        kept.extend(itertools.islice(rows, skipped, None))
    except csv.Error as error:
        help_ = 'close the quotes; a quote inside a text is written twice: "so called ""severe"" ARDS"'
        place = Position(len(kept) + skipped + 1, 0)
        found = Mistake("E167", place, f"the row can not be split into cells: {error}", help_)
        broken = RawRecord(None, path, problems=(problem(found, path),))
    decimal: DecimalMark | None = "." if delimiter == "," else _decimal(kept)
    if broken is None or len(kept) > 1:
        yield from records_from_rows(kept, path, decimal=decimal, first_row=skipped + 1)
    if broken is not None:
        yield broken


def find_delimiter(text: str) -> tuple[str, int]:
    r"""Return the separator under which the first row has the most known columns, and how many rows stand before it.

    A spreadsheet may name the separator itself, in a first row ``sep=;``.

    Examples
    --------
    >>> find_delimiter("study;arm;n\n"), find_delimiter("sep=;\nstudy;arm\n"), find_delimiter("who,what\n")
    ((';', 0), (';', 1), (',', 0))
    """
    if named := re.match(r'"?sep=([,;\t])"?\r?\n', text):
        return named[1], 1
    first = text.lstrip("\r\n").partition("\n")[0]
    known = {mark: sum(len(find_columns(name.strip(' "\r'))) == 1 for name in first.split(mark)) for mark in DELIMITERS}
    return max(DELIMITERS, key=lambda mark: known[mark]), 0


def table_text(path: Path) -> str | Problem:
    """Return the text of a table in a file, or the complaint that there is none that can be read."""
    content = read_bytes(path, MAX_BYTES)
    text = decode(content, path) if isinstance(content, bytes) else content
    if isinstance(text, str) and (much := too_much(text)):
        advice = "give the trials' summary numbers; data of single patients are another thing"
        return problem(Mistake("E103", WHOLE_FILE, f"the table has {much}", advice), str(path))
    return text


def too_much(text: str) -> str:
    r"""Say how a table is larger than any is; empty where it is not. Each row and cell costs memory, an empty one too.

    Examples
    --------
    >>> too_much("study,arm\n" + "\n" * 200_000), too_much("study,arm\n")
    ('200,001 lines; at most 200,000 are read', '')
    """
    lines = text.count("\n") or text.count("\r")
    if lines > MAX_ROWS:
        return f"{lines:,} lines; at most {MAX_ROWS:,} are read"
    first = text.lstrip("\r\n").partition("\n")[0]
    columns = max(first.count(mark) for mark in DELIMITERS) + 1
    if columns > MAX_COLUMNS:
        return f"{columns:,} columns; at most {MAX_COLUMNS:,} are read"
    cells = max(text.count(mark) for mark in DELIMITERS)
    return f"more than {MAX_CELLS:,} cells" if cells > MAX_CELLS else ""


def decode(content: bytes, path: Path) -> str | Problem:
    """Return the text of a table without its byte-order mark, or the complaint that it is not UTF-8."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        kind = "UTF-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else f"byte 0x{content[error.start]:02x}"
        message = f"the table is not UTF-8 ({kind})"
    else:
        line = text.count("\n", 0, text.find("\0")) + 1
        if "\0" not in text:
            return text
        message = "the file is binary, not a CSV table"
    advice = "save it again as “CSV UTF-8”; a spreadsheet file (.xlsx) needs its own plugin"
    return problem(Mistake("E101", Position(line, 0), message, advice), str(path))


def _decimal(rows: list[list[str]]) -> DecimalMark | None:
    """Return how the cells of the number columns write decimals."""
    header = next((row for row in rows if any(row)), [])
    found = [find_columns(name) for name in header]
    places = [index for index, match in enumerate(found) if len(match) == 1 and match[0].kind in {"number", "count"}]
    return decimal_mark([row[index].strip() for row in rows[1:] for index in places if index < len(row)])
