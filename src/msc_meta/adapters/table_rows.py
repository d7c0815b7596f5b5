"""From the rows of a table, wherever it comes from, to records: all that a plugin for another kind of table needs.

A value that belongs to a study, an arm or a report may stand in each of its rows or in one of them; two rows that
disagree are a problem, and so is a row that does not say what it is about. Nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from msc_meta.errors import Problem
from msc_meta.hookspecs import FieldPath, Position, RawRecord
from msc_meta.records.findings import WHOLE_FILE, Mistake, did_you_mean, problem
from msc_meta.records.table_cells import DecimalMark, UnclearNumberError, read_cell, write_cell
from msc_meta.records.table_columns import DOMAIN, JUDGEMENT, KEYS, Column, Level, columns, find_columns

IDENTITY = ("outcome", "day", "timepoint", "quantity", "kind", "subgroup")
"""What tells the reports of a study apart where the column ``report`` is not used."""

STEMS: dict[Level, FieldPath] = {
    "study": (),
    "arm": ("arms",),
    "report": ("outcomes",),
    "judgement": ("risk_of_bias",),
    "source": ("sources",),
}
"""What a row can be about -> where that stands in a record."""

CONTRADICTION: dict[Level, str] = {
    "study": "a study's value is the same in all its rows, or stands in one of them",
    "arm": "an arm's value is the same in all its rows, or stands in one of them",
    "report": "two reports of one outcome are numbered in the column report",
    "data": "two reports of one outcome are numbered in the column report",
    "judgement": "two judgements with one tool are numbered in the column risk_of_bias",
    "source": "two sources are numbered in the column sources",
}
"""What to do where two rows about one thing disagree."""


def records_from_rows(
    rows: Iterable[Sequence[object]], path: str, *, decimal: DecimalMark | None = ".", first_row: int = 1
) -> Iterator[RawRecord]:
    """Yield one record per study of a table that has the columns of the CSV table.

    Parameters
    ----------
    rows : iterable of sequences
        The header, then the rows: text, numbers, true or false, None for an empty cell. An empty row is skipped.
    path : str
        The file, as complaints name it.
    decimal : {".", ","} or None
        How cells that are text write decimals; None where the table does not show it.
    first_row : int
        The number of the first row in the file.

    Yields
    ------
    RawRecord
        In the order of the studies' first rows; positions are row and column. A record with ``data=None`` carries
        the problems of the table itself.
    """
    table = _Table(path, decimal)
    for number, row in enumerate(rows, start=first_row):
        if any(cell is not None and cell != "" for cell in row):
            if table.header is None:
                table.header = table.read_header(number, row)
                if not table.header:
                    break
            else:
                table.read_row(number, row)
    if table.header is None:
        table.note("E102", WHOLE_FILE, "the table is empty", "begin with a row of column names: study, arm, outcome")
    if table.problems:
        yield RawRecord(None, path, problems=tuple(table.problems))
    for study in table.studies.values():
        study.check_reports()
        yield study.record()


@dataclass(slots=True)
class _Cell:
    column: Column
    value: Any
    place: Position


@dataclass(slots=True)
class _Group:
    """The cells about one thing: the study itself, an arm, a report, a judgement or a source."""

    place: Position
    number: int = 0
    cells: dict[FieldPath, _Cell] = field(default_factory=dict)


@dataclass(slots=True)
class _Study:
    """What the rows of one study said so far."""

    path: str
    place: Position
    groups: dict[Level, dict[object, _Group]] = field(default_factory=lambda: {level: {} for level in STEMS})
    problems: list[Problem] = field(default_factory=list)

    def note(self, code: str, cell: _Cell, message: str, advice: str) -> None:
        self.problems.append(problem(Mistake(code, cell.place, message, advice), self.path, (cell.column.name,)))

    def add(self, row: dict[str, _Cell]) -> None:
        """Take in one row, by what its cells are about."""
        levels: dict[Level, list[_Cell]] = {}
        for cell in row.values():
            levels.setdefault(cell.column.level, []).append(cell)
        arm = row.get("arm")
        self.fill(self.group("study", "", row["study"].place), levels["study"])
        if arm is not None:
            self.fill(self.group("arm", arm.value, arm.place), levels["arm"])
        elif needy := (*levels.get("arm", ()), *levels.get("data", ())):
            self.note("E166", needy[0], "the row does not say which arm this is about", "fill in the column arm")
        if report := (*levels.get("report", ()), *levels.get("data", ())):
            self.add_report(row, report, arm)
        for level in ("judgement", "source"):
            if found := levels.get(level):
                self.add_listed(level, found, row)

    def add_report(self, row: dict[str, _Cell], cells: Sequence[_Cell], arm: _Cell | None) -> None:
        number = row.get("report")
        if number is None and "outcome" not in row:
            self.note("E166", cells[0], "the row does not say which outcome this is about",
                      "fill in the column outcome")  # fmt: skip
            return
        identity = tuple(row[name].value if name in row else None for name in IDENTITY)
        group = self.group("report", identity if number is None else number.value, cells[0].place, number)
        self.fill(group, [cell for cell in cells if cell.column.level == "report"])
        if arm is not None:
            stem: FieldPath = ("arms", arm.value)
            group.cells.setdefault(stem, _Cell(arm.column, {}, arm.place))
            self.fill(group, [cell for cell in cells if cell.column.level == "data"], stem)

    def add_listed(self, level: Level, cells: list[_Cell], row: dict[str, _Cell]) -> None:
        """Add to a judgement or a source; without a number, rows that say the same are about the same one."""
        number, domain, judgement = (row.get(column.name) for column in (KEYS[level], DOMAIN, JUDGEMENT))
        own = [cell for cell in cells if cell.column not in (DOMAIN, JUDGEMENT)]
        said = tuple((cell.column.name, cell.value) for cell in own)
        group = self.group(level, said if number is None else number.value, cells[0].place, number)
        self.fill(group, own)
        if level == "judgement" and (one := domain or judgement):
            if domain is None:
                self.note("E166", one, "the row does not say which domain this is about",
                          "fill in the column risk_of_bias.domain")  # fmt: skip
            else:
                value = judgement or _Cell(JUDGEMENT, None, domain.place)
                self.put(group, ("domains", domain.value), value)

    def group(self, level: Level, key: object, place: Position, number: _Cell | None = None) -> _Group:
        fresh = _Group(place, 0 if number is None else number.value)
        return self.groups[level].setdefault(key, fresh)

    def fill(self, group: _Group, cells: Iterable[_Cell], stem: FieldPath = ()) -> None:
        for cell in cells:
            if cell.column.path:
                self.put(group, (*stem, *cell.column.path), cell)

    def put(self, group: _Group, at: FieldPath, cell: _Cell) -> None:
        first = group.cells.setdefault(at, cell)
        if first.value != cell.value:
            message = f"{cell.value!r} here, but {first.value!r} in row {first.place.line}"
            self.note("E163", cell, message, CONTRADICTION[cell.column.level])

    def check_reports(self) -> None:
        """Complain where rows may or may not be about the same report."""
        groups = list(self.groups["report"].items())
        loose = [(key, group) for key, group in groups if not group.number]
        if loose and len(loose) < len(groups):
            place, column = loose[0][1].place, KEYS["report"]
            self.note("E166", _Cell(column, None, place), "some reports of this study are numbered, this one is not",
                      "fill in the column report in all rows, or in none")  # fmt: skip
            return
        for index, (key, group) in enumerate(loose):
            for other_key, other in loose[:index]:
                if _half_filled(key, other_key) and not (_arms(group) & _arms(other)):
                    message = f"is this the report of row {other.place.line}? One leaves empty what the other fills in"
                    self.note("E166", _Cell(columns()["outcome"], None, group.place), message,
                              f"fill in {', '.join(IDENTITY)} alike in all rows of a report, or number the reports in"
                              " the column report")  # fmt: skip

    def record(self) -> RawRecord:
        """Return the record, with the place of every value."""
        tree: dict[Any, Any] = {"arms": {}}
        positions: dict[FieldPath, Position] = {}
        for level, stem in STEMS.items():
            ordered = sorted(self.groups[level].items(), key=lambda item: item[1].number)
            for index, (key, group) in enumerate(ordered):
                at: FieldPath = stem if level == "study" else (*stem, str(key) if level == "arm" else index)
                positions[at] = group.place
                if at:
                    _put(tree, at, {})
                for inner, cell in group.cells.items():
                    _put(tree, (*at, *inner), cell.value)
                    positions[(*at, *inner)] = cell.place
        return RawRecord(_listed(tree), self.path, positions, problems=tuple(self.problems))


class _Table:
    """The header, and the studies that the rows so far are about."""

    def __init__(self, path: str, decimal: DecimalMark | None) -> None:
        self.path = path
        self.decimal = decimal
        self.header: list[Column | None] | None = None
        self.names: list[object] = []
        self.studies: dict[str, _Study] = {}
        self.problems: list[Problem] = []

    def note(self, code: str, place: Position, message: str, advice: str, name: str = "") -> None:
        self.problems.append(problem(Mistake(code, place, message, advice), self.path, (name,) if name else ()))

    def read_header(self, number: int, row: Sequence[object]) -> list[Column | None]:
        self.names = list(row)
        if all(columns()["study"] not in find_columns(str(name or "")) for name in row):
            names = ", ".join(str(name).strip() for name in row if name)
            self.note("E164", Position(number, 1), f"the first row names no column study; it has {_short(names)}",
                      "begin with a row of column names; study holds the id of the study in every row")  # fmt: skip
            return []
        header: list[Column | None] = []
        for index, cell in enumerate(row, start=1):
            name, place = str(cell or "").strip(), Position(number, index)
            found = find_columns(name)
            header.append(found[0] if len(found) == 1 else None)
            if len(found) > 1:
                meant = ", ".join(column.name for column in found)
                self.note("E161", place, f"{name} may be one of several columns", f"write one of {meant}", name)
            elif name and not found:
                self.note("E160", place, f"there is no column {name}", did_you_mean(name, columns()), name)
            elif found and found[0] in header[:-1]:
                first = header.index(found[0]) + 1
                message = f"column {first} is {found[0].name} already"
                self.note("E161", place, message, "keep one of the two", name)
        return header

    def read_row(self, number: int, row: Sequence[object]) -> None:
        cells: dict[str, _Cell] = {}
        problems: list[Problem] = []
        for index, content in enumerate(row):
            text = content.strip() if isinstance(content, str) else content
            if text is None or text == "":
                continue
            place = Position(number, index + 1)
            column = self.header[index] if self.header and index < len(self.header) else None
            if column is None:
                if index >= len(self.names) or not self.names[index]:
                    self.note("E162", place, f"{_short(text)} stands in a column without a name",
                              "a text that holds the separator needs double quotes around it")  # fmt: skip
                continue
            try:
                cells[column.name] = _Cell(column, _value(text, column, self.decimal), place)
            except (ValueError, TypeError) as error:
                code, advice = _ADVICE[type(error)]
                problems.append(problem(Mistake(code, place, str(error), advice), self.path, (column.name,)))
        if "study" not in cells:
            self.note("E166", Position(number, 1), "the row does not say which study this is about",
                      "fill in the column study in every row")  # fmt: skip
            self.problems += problems
            return
        study = self.studies.setdefault(cells["study"].value, _Study(self.path, Position(number, 1)))
        study.problems += problems
        study.add(cells)


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
        value = (
            int(content) if isinstance(content, float) and column.kind == "count" and content.is_integer() else content
        )
    if column in KEYS.values() and column.kind == "count" and (not isinstance(value, int) or value < 1):
        raise ValueError(f"{_short(content)} is no number of a {column.level}")
    return value


def _half_filled(one: object, other: object) -> bool:
    """Say whether two identities of one outcome differ only in what one of them leaves empty."""
    pairs = list(zip(one, other, strict=True)) if isinstance(one, tuple) and isinstance(other, tuple) else []
    return bool(pairs) and all(left == right or left is None or right is None for left, right in pairs)


def _arms(group: _Group) -> set[object]:
    return {path[1] for path in group.cells if path[0] == "arms"}


def _put(tree: dict[Any, Any], path: FieldPath, value: Any) -> None:
    for key in path[:-1]:
        tree = tree.setdefault(key, {})
    tree[path[-1]] = value


def _listed(tree: Any) -> Any:
    """Turn mappings that count their entries into lists; what was not said is None."""
    if isinstance(tree, tuple):
        return list(tree)
    if not isinstance(tree, dict):
        return tree
    if tree and all(isinstance(key, int) for key in tree):
        return [_listed(tree.get(index)) for index in range(max(tree) + 1)]
    return {key: _listed(value) for key, value in tree.items()}


def _short(value: object) -> str:
    text = str(value)
    return repr(text if len(text) <= 40 else f"{text[:39]}…")
