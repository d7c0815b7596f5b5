"""Cells of a CSV file that a spreadsheet can open safely."""

from __future__ import annotations

import csv
import io
from math import isnan
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# a spreadsheet reads text that starts with one of these as a formula
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def records_csv(records: Iterable[Mapping[str, Any]], columns: Iterable[str]) -> str:
    """Return records as CSV with these columns."""
    names = list(columns)
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([cell(record.get(name)) for name in names] for record in records)
    return buffer.getvalue()


def cell(value: Any) -> str:
    """Return one value as the text of a cell: full precision, and text never a formula."""
    if value is None or (isinstance(value, float) and isnan(value)):
        return ""
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(FORMULA_STARTS) else text
