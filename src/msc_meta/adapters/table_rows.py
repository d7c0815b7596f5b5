"""From the rows of a table, wherever it comes from, to records: all that a plugin for another kind of table needs.

A value that belongs to a study, an arm or a report may stand in each of its rows or in one of them; two rows that
disagree are a problem, and so is a row that does not say what it is about. Nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from msc_meta.adapters.table_header import Cell, Header
from msc_meta.errors import Problem
from msc_meta.hookspecs import FieldPath, Position, RawRecord
from msc_meta.records.findings import WHOLE_FILE, Mistake, problem
from msc_meta.records.table_cells import DecimalMark
from msc_meta.records.table_columns import DOMAIN, JUDGEMENT, KEYS, Level, columns

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
    header: Header | None = None
    studies: dict[str, list[tuple[int, Sequence[object]]]] = {}
    problems: list[Problem] = []
    for number, row in enumerate(rows, start=first_row):
        if all(cell is None or cell == "" for cell in row):
            continue
        if header is None:
            header = Header(row, number, path, decimal)
            problems += header.problems
            if header.study is None:
                break
        elif (study_id := header.study_of(row)) is not None:
            studies.setdefault(study_id, []).append((number, row))
        else:
            message, advice = "the row does not say which study this is about", "fill in the column study in every row"
            problems.append(problem(Mistake("E166", Position(number, 1), message, advice), path))
    if header is None:
        advice = "begin with a row of column names: study, arm, outcome"
        problems.append(problem(Mistake("E102", WHOLE_FILE, "the table is empty", advice), path))
        header = Header([], first_row, path, decimal)
    elif not studies and not problems:
        advice = "add a row for each arm of a trial, and for each outcome of an arm"
        message = "the table has no rows below its names"
        problems.append(problem(Mistake("E102", WHOLE_FILE, message, advice), path))
    if problems:
        yield RawRecord(None, path, problems=tuple(problems))
    for numbered_rows in studies.values():
        yield _Study.of(numbered_rows, header).record()  # one at a time: a study's cells take more room than its rows


@dataclass(slots=True)
class _Group:
    """The cells about one thing: the study itself, an arm, a report, a judgement or a source."""

    place: Position
    number: int = 0
    cells: dict[FieldPath, Cell] = field(default_factory=dict)


@dataclass(slots=True)
class _Study:
    """What the rows of one study said so far."""

    path: str
    place: Position
    groups: dict[Level, dict[object, _Group]] = field(default_factory=lambda: {level: {} for level in STEMS})
    problems: list[Problem] = field(default_factory=list)

    @classmethod
    def of(cls, rows: Iterable[tuple[int, Sequence[object]]], header: Header) -> _Study:
        """Return what all rows of one study say."""
        study: _Study | None = None
        for number, row in rows:
            cells, problems = header.cells(number, row)
            study = study or cls(header.path, Position(number, 1))
            study.problems += problems
            study.add(cells)
        assert study is not None, "a study has at least the row that names it"
        study.check_reports()
        return study

    def note(self, code: str, cell: Cell, message: str, advice: str) -> None:
        self.problems.append(problem(Mistake(code, cell.place, message, advice), self.path, (cell.column.name,)))

    def add(self, row: dict[str, Cell]) -> None:
        """Take in one row, by what its cells are about."""
        levels: dict[Level, list[Cell]] = {}
        for cell in row.values():
            levels.setdefault(cell.column.level, []).append(cell)
        arm = row.get("arm")
        self.fill(self.group("study", "", self.place), levels.get("study", ()))
        if arm is not None:
            self.fill(self.group("arm", arm.value, arm.place), levels["arm"])
        elif needy := (*levels.get("arm", ()), *levels.get("data", ())):
            self.note("E166", needy[0], "the row does not say which arm this is about", "fill in the column arm")
        if report := (*levels.get("report", ()), *levels.get("data", ())):
            self.add_report(row, report, arm)
        for level in ("judgement", "source"):
            if found := levels.get(level):
                self.add_listed(level, found, row)

    def add_report(self, row: dict[str, Cell], cells: Sequence[Cell], arm: Cell | None) -> None:
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
            group.cells.setdefault(stem, Cell(arm.column, {}, arm.place))
            self.fill(group, [cell for cell in cells if cell.column.level == "data"], stem)

    def add_listed(self, level: Level, cells: list[Cell], row: dict[str, Cell]) -> None:
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
                value = judgement or Cell(JUDGEMENT, None, domain.place)
                self.put(group, ("domains", domain.value), value)

    def group(self, level: Level, key: object, place: Position, number: Cell | None = None) -> _Group:
        fresh = _Group(place, 0 if number is None else number.value)
        return self.groups[level].setdefault(key, fresh)

    def fill(self, group: _Group, cells: Iterable[Cell], stem: FieldPath = ()) -> None:
        for cell in cells:
            if cell.column.path:
                self.put(group, (*stem, *cell.column.path), cell)

    def put(self, group: _Group, at: FieldPath, cell: Cell) -> None:
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
            self.note("E166", Cell(column, None, place), "some reports of this study are numbered, this one is not",
                      "fill in the column report in all rows, or in none")  # fmt: skip
            return
        for index, (key, group) in enumerate(loose):
            for other_key, other in loose[:index]:
                if _half_filled(key, other_key) and not (_arms(group) & _arms(other)):
                    message = f"is this the report of row {other.place.line}? One leaves empty what the other fills in"
                    self.note("E166", Cell(columns()["outcome"], None, group.place), message,
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
