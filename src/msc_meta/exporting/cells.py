"""Tables as CSV bytes: numbers with every digit, and no text that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from math import isfinite
from typing import Any

RUN_BY_SPREADSHEETS = ("=", "+", "-", "@", "\t", "\r")


def cell(value: Any) -> str:
    """Return a value as the text of a cell: empty for nothing, a number in full, a text that is no formula.

    A text that a spreadsheet would run begins with an apostrophe, which spreadsheets take for "this is text".

    Examples
    --------
    >>> cell(-0.1), cell(20.0), cell(float("nan")), cell("=1+1"), cell(None), cell(True)
    ('-0.1', '20', '', "'=1+1", '', 'TRUE')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return "" if not isfinite(value) else f"{value:.0f}" if value == int(value) else repr(float(value))
    text = str(value)
    return f"'{text}" if text.startswith(RUN_BY_SPREADSHEETS) else text


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[Any]], *, mark: bool = True) -> bytes:
    """Return a table as UTF-8, with a byte-order mark where the reader wants one; lines end as RFC 4180 has it."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(header)
    writer.writerows([cell(value) for value in row] for row in rows)
    return buffer.getvalue().encode("utf-8-sig" if mark else "utf-8")
