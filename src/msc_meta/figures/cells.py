"""Cells of a CSV file that a spreadsheet can open safely."""

from __future__ import annotations

import csv
import io
import re
from math import isnan
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# a spreadsheet reads text that starts with one of these as a formula
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")


def records_csv(records: Iterable[Mapping[str, Any]], columns: Iterable[str]) -> str:
    """Return records as CSV with these columns."""
    names = list(columns)
    return rows_csv([names, *([record.get(name) for name in names] for record in records)])


def rows_csv(rows: Iterable[Iterable[Any]]) -> str:
    r"""Return rows of values as CSV.

    Examples
    --------
    >>> rows_csv([("study", "effect"), ("=1+1", "-0.5")])
    "study,effect\n'=1+1,-0.5\n"
    """
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows([cell(value) for value in row] for row in rows)
    return buffer.getvalue()


def cell(value: Any) -> str:
    """Return one value as the text of a cell: full precision, and text never a formula."""
    if value is None or (isinstance(value, float) and isnan(value)):
        return ""
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    text = str(value)
    risky = isinstance(value, str) and text.startswith(FORMULA_STARTS) and not NUMBER.fullmatch(text)
    return f"'{text}" if risky else text
