"""The first row of a table, and the cells below it as values with a column and a place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from msc_meta.errors import Problem
from msc_meta.hookspecs import Position
from msc_meta.records.findings import Mistake, did_you_mean, problem
from msc_meta.records.table_cells import DecimalMark, UnclearNumberError, read_cell, write_cell
from msc_meta.records.table_columns import KEYS, Column, columns, find_columns


@dataclass(slots=True)
class Cell:
    """One filled cell."""

    column: Column
    value: Any
    place: Position


class Header:
    """Which column of the file holds what; ``problems`` says what is wrong with the first row.

    Parameters
    ----------
    row : sequence
        The first row: names of columns.
    number : int
        Its number in the file.
    path : str
        The file, as complaints name it.
    decimal : {".", ","} or None
        How cells that are text write decimals; None where the table does not show it.
    """

    def __init__(self, row: Sequence[object], number: int, path: str, decimal: DecimalMark | None) -> None:
        self.path = path
        self.decimal = decimal
        self.names = ["" if name is None else str(name).strip() for name in row]
        self.problems: list[Problem] = []
        self.study = next((i for i, name in enumerate(self.names) if columns()["study"] in find_columns(name)), None)
        self.columns: list[Column | None] = []
        if self.study is None:
            names = _short(", ".join(filter(None, self.names)))
            self._note("E164", Position(number, 1), f"the first row names no column study; it has {names}",
                       "begin with a row of column names; study holds the id of the study in every row")  # fmt: skip
            return
        for index, name in enumerate(self.names, start=1):
            self.columns.append(self._column(name, Position(number, index)))

    def _column(self, name: str, place: Position) -> Column | None:
        found = find_columns(name)
        if len(found) > 1:
            meant = ", ".join(column.name for column in found)
            self._note("E161", place, f"{name} may be one of several columns", f"write one of {meant}", name)
        elif name and not found:
            self._note("E160", place, f"there is no column {name}", did_you_mean(name, columns()), name)
        elif found and found[0] in self.columns:
            message = f"column {self.columns.index(found[0]) + 1} is {found[0].name} already"
            self._note("E161", place, message, "keep one of the two", name)
        return found[0] if len(found) == 1 else None

    def study_of(self, row: Sequence[object]) -> str | None:
        """Return the study's id, which is all that is needed to keep the rows of a study together."""
        content = row[self.study] if self.study is not None and self.study < len(row) else None
        text = "" if content is None else str(content).strip()
        return str(_value(text, columns()["study"], self.decimal)) if text else None

    def cells(self, number: int, row: Sequence[object]) -> tuple[dict[str, Cell], list[Problem]]:
        """Return the filled cells of a row by the names of their columns, and the cells that make no sense."""
        cells: dict[str, Cell] = {}
        problems: list[Problem] = []
        for index, content in enumerate(row):
            value = content.strip() if isinstance(content, str) else content
            if value is None or value == "":
                continue
            place = Position(number, index + 1)
            column = self.columns[index] if index < len(self.columns) else None
            if column is None:
                if index >= len(self.names) or not self.names[index]:
                    message = f"{_short(value)} stands in a column without a name"
                    advice = "a text that holds the separator needs double quotes around it"
                    problems.append(problem(Mistake("E162", place, message, advice), self.path))
                continue
            try:
                cells[column.name] = Cell(column, _value(value, column, self.decimal), place)
            except (ValueError, TypeError) as error:
                code, advice = _ADVICE[type(error)]
                problems.append(problem(Mistake(code, place, str(error), advice), self.path, (column.name,)))
        return cells, problems

    def _note(self, code: str, place: Position, message: str, advice: str, name: str = "") -> None:
        self.problems.append(problem(Mistake(code, place, message, advice), self.path, (name,) if name else ()))


_ADVICE: dict[type[Exception], tuple[str, str]] = {
    UnclearNumberError: ("E165", "write it without thousands separators, and all numbers with the same decimal mark"),
    ValueError: ("E166", "count 1, 2, 3 within the study"),
    TypeError: ("E168", "format the cell as text, and enter it again"),
}


def _value(content: object, column: Column, decimal: DecimalMark | None) -> Any:
    """Return the value of a cell, which is text, or already typed where the file has types."""
    if isinstance(content, str):
        value = read_cell(content, column.kind, decimal)
    elif not isinstance(content, (bool, int, float)):
        raise TypeError(f"the cell holds a {type(content).__name__} ({content}), not text or a number")
    elif column.kind in {"text", "list"}:
        value = read_cell(write_cell(content, "truth" if isinstance(content, bool) else "number"), column.kind)
    else:
        whole = isinstance(content, float) and column.kind == "count" and content.is_integer()
        value = int(content) if whole else content
    if column in KEYS.values() and column.kind == "count" and (not isinstance(value, int) or value < 1):
        raise ValueError(f"{_short(content)} is no number of a {column.level}")
    return value


def _short(value: object) -> str:
    text = str(value)
    return repr(text if len(text) <= 40 else f"{text[:39]}…")
