"""One cell of a table and the value it stands for, so that nothing is lost on the way there and back.

Spreadsheets run what begins like a formula and turn ``1:1`` into a time and ``1/2`` into a date. Such a text is written
with an apostrophe before it, which is taken away again when it is read; a number never gets one.
"""

from __future__ import annotations

import re
from typing import Any, Literal

from msc_meta.records.table_columns import Kind

DecimalMark = Literal[".", ","]

_RISKY = re.compile(
    r"[=+\-@\t\r＝＋－＠]"  # a formula
    r"|0\d|\d[\d .]*[/:\-–.][\d ./:\-–]*$|\d+[eE][-+]?\d+$|\d{12,}$"  # a date, a time, a rounded number
    r"|(?:true|false)$",
    re.IGNORECASE,
)
_ITEM = re.compile(r"((?:\\[\\;]|[^;])*)(?:;|\Z)")
_GROUPED = re.compile(r"[-+]?[1-9]\d{0,2}([.,])\d{3}(?:\1\d{3})*")
_MARKED = re.compile(r"[-+]?\d+([.,])\d+(?:[eE][-+]?\d+)?")


class UnclearNumberError(ValueError):
    """A number that can be read in two ways."""


def write_cell(value: Any, kind: Kind, decimal: DecimalMark = ".") -> str:
    r"""Return the cell for a value.

    Examples
    --------
    >>> [write_cell("1:1", "text"), write_cell(("NCT1", "a; b"), "list"), write_cell(-2.0, "number")]
    ["'1:1", 'NCT1; a\\; b', '-2']
    """
    if kind == "list":
        value = "; ".join(item.replace("\\", "\\\\").replace(";", "\\;") for item in value)
    elif kind == "truth":
        return "true" if value else "false"
    elif kind != "text":
        return _write_number(value, decimal)
    return f"'{value}" if _RISKY.match(value.lstrip("'")) else value


def read_cell(cell: str, kind: Kind, decimal: DecimalMark | None = ".") -> Any:
    r"""Return the value of a cell that is not empty; what is no number where one is needed stays text.

    Parameters
    ----------
    decimal : {".", ","} or None
        How the table writes decimals; None where it does not show.

    Raises
    ------
    UnclearNumberError
        If the cell is a number that can be read in two ways: ``1,234``.

    Examples
    --------
    >>> [read_cell("'1:1", "text"), read_cell("NCT1; a\\; b", "list"), read_cell("10.0", "count")]
    ['1:1', ('NCT1', 'a; b'), 10]
    >>> read_cell("17,5", "number", ",")
    17.5
    """
    if kind in {"text", "list"}:
        text = cell[1:] if cell.startswith("'") and _RISKY.match(cell.lstrip("'")) else cell
        return _read_list(text) if kind == "list" else text
    if kind == "truth":
        return {"true": True, "false": False}.get(cell.lower(), cell)
    return _read_number(cell, kind, decimal)


def decimal_mark(cells: list[str]) -> DecimalMark | None:
    """Return how the number cells of a table write decimals, if they show it and agree.

    ``1,234`` shows nothing: it may be a thousand. ``17,5`` and ``0,042`` can only be decimals.

    Examples
    --------
    >>> decimal_mark(["10", "17,5", "1,234"]), decimal_mark(["1,234"]), decimal_mark(["17,5", "17.5"])
    (',', None, None)
    """
    marked = [(cell, found[1]) for cell in cells if (found := _MARKED.fullmatch(cell))]
    marks = {mark for _, mark in marked}
    if len(marks) != 1 or all(_GROUPED.fullmatch(cell) for cell, _ in marked):
        return None
    return "," if "," in marks else "."


def _write_number(value: object, decimal: DecimalMark) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    text = repr(value)
    if decimal == ",":
        text = text.replace(".", ",")
        return f"{text}0" if _GROUPED.fullmatch(text) else text  # 1,2340 can not be taken for a thousand
    return text


def _read_number(cell: str, kind: Kind, decimal: DecimalMark | None) -> Any:
    from msc_meta.records.strict_yaml import scalar

    found = _GROUPED.fullmatch(cell) or _MARKED.fullmatch(cell)
    if found and decimal is None:
        plain, point = re.sub("[.,]", "", cell), cell.replace(",", ".")
        raise UnclearNumberError(f"{cell} may be {plain} or {point}: the table does not show how it writes decimals")
    if found and (found[1] != decimal or cell.count(str(found[1])) > 1):
        mark = "point" if found[1] == "." else "comma"
        raise UnclearNumberError(f"{cell} has a {mark}, and that is not how the table writes decimals")
    number = scalar(cell.replace(",", ".") if found else cell)
    if kind == "count" and isinstance(number, float) and number.is_integer():
        return int(number)  # a program that knows only decimals wrote 10.0
    return cell if number is None else number


def _read_list(text: str) -> tuple[str, ...]:
    items = _ITEM.findall(text)[:-1]  # the last match is the empty end
    return tuple(re.sub(r"\\([\\;])", r"\1", item).strip() for item in items)
