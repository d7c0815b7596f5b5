"""From a table with one row per trial to records; rows that name the same trial are reports of one record.

What the record format asks for and such a table does not say is given as unknown where the format has a word for it
(``unclear``, ``not-stated``), and is otherwise left out, so that the checks name it. Nothing is guessed.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePath
from typing import Any

from msc_meta.adapters.study_ids import study_id, study_label
from msc_meta.adapters.table_kinds import header_of, normal
from msc_meta.adapters.trial_columns import CONTROL, EXPERIMENTAL, TrialColumn, trial_columns
from msc_meta.errors import Problem
from msc_meta.hookspecs import FieldPath, Position, RawRecord
from msc_meta.records.findings import WHOLE_FILE, Mistake, problem
from msc_meta.records.rules.drafts import DRAFTED_BY
from msc_meta.records.table_cells import DecimalMark, UnclearNumberError, decimal_mark, read_cell

MISSING = frozenset(("", "na", "n/a", "nan", "null", "-", "–", "."))
"""What R, spreadsheets and people write where there is no number."""
RATIOS = ("RR", "OR", "HR", "ROM")
LARGEST_LOGARITHM = 300
"""No ratio of patients is as large as e to this power; a computer could not hold it either."""
DIFFERENCES = ("RD", "MD", "SMD")

_COMPUTED = re.compile(r"[-+]?\d{1,15}\.\d{10,25}(?:[eE][-+]?\d{1,2})?")

Row = tuple[int, Sequence[str]]


def records_of_trials(text: str, path: str, adapter: str = "metafor_csv") -> Iterator[RawRecord]:
    """Yield one record per trial of a table that was read already; ``path`` is its name in complaints."""
    reader = _Table(path, adapter)
    trials: dict[str, list[Row]] = {}
    for number, row in reader.rows(text):
        if (name := reader.trial_of(number, row)) is not None:
            trials.setdefault(name, []).append((number, row))
    if reader.problems:
        yield RawRecord(None, path, problems=tuple(reader.problems))
    for name, rows in trials.items():
        yield _Trial(name, reader).record(rows)


class _Table:
    """The first row of a table, how it writes decimals, and what is wrong with the table as a whole."""

    def __init__(self, path: str, adapter: str) -> None:
        self.path = path
        self.adapter = adapter
        self.file = PurePath(path).name
        self.columns: list[TrialColumn] = []
        self.decimal: DecimalMark | None = "."
        self.name: int | None = None
        self.year: int | None = None
        self.problems: list[Problem] = []

    def rows(self, text: str) -> Iterator[Row]:
        """Yield the rows below the header with their numbers; a row that can not be split ends the table."""
        mark, _ = header_of(text[:65_536])
        found: list[Row] = []
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
        try:
            for number, row in enumerate(rows, start=1):
                if any(row) and not (number == 1 and row[0].startswith("sep=")):
                    found.append((number, row))
        except csv.Error as error:
            place = Position(len(found) + 1, 0)
            advice = 'close the quotes; a quote inside a text is written twice: "so called ""severe"" ARDS"'
            self.note("E167", place, f"the row can not be split into cells: {error}", advice)
        if not found:
            self.note("E102", WHOLE_FILE, "the table is empty", "begin with a row of names: studlab, event.e, n.e")
            return
        if len(found) == 1:
            self.note(
                "E102", Position(found[0][0], 0), "the table has no rows below its names", "add a row for each trial"
            )
        self.begin(*found[0])
        found[1:] = self.agreed(found[0][1], found[1:])
        numbers = [place for place, column in enumerate(self.columns) if column.kind in {"number", "count"}]
        cells = (row[place].strip() for _, row in found[1:] for place in numbers if place < len(row))
        self.decimal = "." if mark == "," else decimal_mark([cell for cell in cells if cell.lower() not in MISSING])
        yield from found[1:]

    def agreed(self, header: Sequence[str], rows: list[Row]) -> list[Row]:
        """Keep the consensus of a table that has a row for each reviewer; without one a study is left out."""
        names = [normal(name) for name in header]
        if "reviewer name" not in names:
            return rows
        reviewer = names.index("reviewer name")
        studies: dict[str, list[Row]] = {}
        for number, row in rows:
            studies.setdefault(self.label_of(row), []).append((number, row))
        kept = []
        for label, own in studies.items():
            settled = [row for row in own if self.cell(row[1], reviewer).lower() == "consensus"]
            if settled or len(own) == 1:
                kept += settled or own
                continue
            who = ", ".join(self.cell(row, reviewer) or "no name" for _, row in own)
            self.note("W171", Position(own[0][0], 1), f"{label} is left out: reviewers without consensus ({who})",
                      "settle the differences in Covidence and export again")  # fmt: skip
        return kept

    def begin(self, number: int, header: Sequence[str]) -> None:
        self.columns = trial_columns(header)
        roles = [column.role for column in self.columns]
        self.name = roles.index("name") if "name" in roles else None
        self.year = roles.index("year") if "year" in roles else None
        if {"data", "effect"} <= set(roles):
            at = Position(number, roles.index("effect") + 1)
            self.note("W171", at, "effects (yi, vi, TE, seTE) are left out of rows that have the arms' numbers",
                      "they follow from those numbers")  # fmt: skip
        if self.name is None:
            self.note("E164", Position(number, 1), "no column names the trials",
                      "add a column study (or slab, studlab, author) with the name of each trial")  # fmt: skip
        for place, column in enumerate(self.columns, start=1):
            if column.role == "left out" and column.name.strip():
                self.note("W171", Position(number, place), f"column {_short(column.name)} is left out:"
                          " it has no place in a record, or another column has it",
                          "msc-meta export writes a table with every column that has a place")  # fmt: skip

    def trial_of(self, number: int, row: Sequence[str]) -> str | None:
        """Return what keeps the rows of a trial together: its id, made of its name and year."""
        if self.name is None:
            return None
        found = study_id(self.label_of(row))
        if not found:
            self.note("E166", Position(number, self.name + 1), "the row does not say which trial this is",
                      "fill in the name of the trial in every row")  # fmt: skip
        return found or None

    def label_of(self, row: Sequence[str]) -> str:
        name = self.cell(row, self.name)
        return study_label(name, self.cell(row, self.year).removesuffix(".0")) if name else ""

    @staticmethod
    def cell(row: Sequence[str], place: int | None) -> str:
        content = row[place].strip() if place is not None and place < len(row) else ""
        return "" if content.lower() in MISSING else content

    def note(self, code: str, place: Position, message: str, advice: str) -> None:
        self.problems.append(problem(Mistake(code, place, message, advice), self.path))


class _Trial:
    """One trial while its rows are read."""

    def __init__(self, name: str, table: _Table) -> None:
        self.id = name
        self.table = table
        self.positions: dict[FieldPath, Position] = {}
        self.problems: list[Problem] = []
        self.data: dict[str, Any] = {}

    def record(self, rows: Sequence[Row]) -> RawRecord:
        number, first = rows[0]
        label = self.table.label_of(first)
        self.data = {
            "id": self.id, "label": label,
            "design": {"allocation": "unclear"},
            "population": {"condition": "not stated", "syndrome": "not-stated"},
            "arms": {name: {"role": name, "label": name} for name in (EXPERIMENTAL, CONTROL)},
            "outcomes": [],
        }  # fmt: skip
        self.positions = {(): Position(number, 1), ("id",): Position(number, (self.table.name or 0) + 1)}
        for number, row in rows:
            if (other := self.table.label_of(row)) != label:
                self.note("E163", Position(number, (self.table.name or 0) + 1),
                          f"{_short(other)} and {_short(label)} of row {rows[0][0]} give the same id {self.id}",
                          "write the name of one trial alike in all its rows, and of two trials unlike")  # fmt: skip
            self.add(number, row)
        return RawRecord(self.data, self.table.path, self.positions, problems=tuple(self.problems))

    def add(self, number: int, row: Sequence[str]) -> None:
        """Add one row: one report of one outcome."""
        where = f"row {number} of {self.table.file}"
        source = {"kind": "secondary", "where": where, "extracted_by": f"{DRAFTED_BY} ({self.table.adapter})"}
        report: dict[str, Any] = {"source": source}
        at: FieldPath = ("outcomes", len(self.data["outcomes"]))
        self.positions[at] = Position(number, 1)
        arms: dict[str, dict[str, Any]] = {}
        effect: dict[str, Any] = {}
        for place, (content, column) in enumerate(zip(row, self.table.columns, strict=False), start=1):
            cell = content.strip()
            if column.role in {"name", "left out"} or cell.lower() in MISSING:
                continue
            value = self.value(cell, column, Position(number, place))
            if value is None:
                continue
            if column.role == "data":
                arm, key = str(column.path[0]), str(column.path[1])
                arms.setdefault(arm, {})[key] = value
                self.positions.setdefault((*at, "arms", arm), Position(number, place))
                self.positions[(*at, "arms", arm, key)] = Position(number, place)
            elif column.role == "effect":
                effect[str(column.path[0])] = value
                self.positions[(*at, "between", "estimate" if column.path[0] == "yi" else column.path[0])] = Position(
                    number, place
                )
            elif column.path[0] == "outcomes":
                _put(report, column.path[1:], value)
                self.positions[(*at, *column.path[1:])] = Position(number, place)
            else:
                self.state(column, value, Position(number, place))
        self.counts(arms, number)
        if arms:
            report["arms"] = arms
        if effect and not any(_centre(data) for data in arms.values()):
            self.effect(effect, report, number)
        self.data["outcomes"].append(report)

    def value(self, cell: str, column: TrialColumn, place: Position) -> Any:
        try:
            value = read_cell(cell, column.kind, self.table.decimal)
            # R writes the 17 digits of a computed number, more than a record takes for one that was printed
            return float(value) if column.kind == "number" and _COMPUTED.fullmatch(str(value)) else value
        except UnclearNumberError as error:
            advice = "write it without thousands separators, and all numbers with the same decimal mark"
            self.note("E165", place, str(error), advice, column.name)
            return None

    def state(self, column: TrialColumn, value: Any, place: Position) -> None:
        """Take in what belongs to the trial as a whole, which is the same in all its rows."""
        if column.path in self.positions and _get(self.data, column.path) != value:
            self.note("E163", place, f"{_short(value)} here, but {_short(_get(self.data, column.path))} in another row",
                      "a trial's value is the same in all its rows", column.name)  # fmt: skip
            return
        _put(self.data, column.path, list(value) if isinstance(value, tuple) else value)
        self.positions[column.path] = place

    def counts(self, arms: dict[str, dict[str, Any]], number: int) -> None:
        """Make n of the patients with and without the event, where the table has no n of its own."""
        for name, data in arms.items():
            others = data.pop("others", None)
            if others is None:
                continue
            events, total = data.get("events"), data.get("n")
            if not (isinstance(others, int) and isinstance(events, int)):
                self.note("E163", Position(number, 1), f"the {name} arm has {_short(others)} patients without the event"
                          f" and {_short(events)} with it", "both are counts of patients")  # fmt: skip
            elif total is None:
                data["n"] = events + others
            elif total != events + others:
                self.note("E163", Position(number, 1), f"the {name} arm has {events} + {others} patients, but n is"
                          f" {_short(total)}", "correct the wrong one, or leave one column out")  # fmt: skip

    def effect(self, effect: dict[str, Any], report: dict[str, Any], number: int) -> None:
        """Take in an effect as R holds it: a ratio and its interval as logarithms."""
        measure = str(effect.pop("measure", "")).upper()
        if not (effect.keys() - {"low", "high"}):
            return
        place = Position(number, 1)
        if measure not in (*RATIOS, *DIFFERENCES):
            what = f"measure {measure} is not known" if measure else "the table does not say of which measure"
            self.note("W171", place, f"the effect of row {number} (yi, vi) is left out: {what}",
                      f"add a column measure: {', '.join((*RATIOS, *DIFFERENCES))}; ratios as logarithms")  # fmt: skip
            return
        numbers = {key: value for key, value in effect.items() if isinstance(value, (int, float))}
        if (
            len(numbers) < len(effect)
            or min(numbers.get("vi", 1), numbers.get("sei", 1)) <= 0
            or (measure in RATIOS and any(abs(number) > LARGEST_LOGARITHM for number in numbers.values()))
        ):
            shown = ", ".join(f"{key} {_short(value)}" for key, value in effect.items())
            self.note("E163", place, f"{shown} can not be an effect with its variance",
                      "yi is a number, vi and sei are above 0")  # fmt: skip
            return
        shown_as: Callable[[float], float] = math.exp if measure in RATIOS else float
        between: dict[str, Any] = {**report.get("between", {}), "measure": measure}
        if "yi" in numbers:
            between["estimate"] = shown_as(numbers["yi"])
        if "sei" in numbers or "vi" in numbers:
            between["se"] = numbers["sei"] if "sei" in numbers else math.sqrt(numbers["vi"])
        if "low" in numbers and "high" in numbers:
            between["ci"] = [shown_as(numbers["low"]), shown_as(numbers["high"])]
        report["between"] = between

    def note(self, code: str, place: Position, message: str, advice: str, name: str = "") -> None:
        self.problems.append(problem(Mistake(code, place, message, advice), self.table.path, (name,) if name else ()))


def _centre(data: dict[str, Any]) -> bool:
    """Say whether an arm has a number of its own, from which an effect follows."""
    return bool(data.keys() & {"events", "mean", "median"})


def _put(tree: dict[str, Any], path: FieldPath, value: Any) -> None:
    *parents, last = path
    if isinstance(last, int):  # one end of an interval
        _put(tree, tuple(parents), [*(_get(tree, tuple(parents)) or [None, None])])
        _get(tree, tuple(parents))[last] = value
        return
    for key in parents:
        tree = tree.setdefault(str(key), {})
    tree[last] = value


def _get(tree: dict[str, Any], path: FieldPath) -> Any:
    found: Any = tree
    for key in path:
        if isinstance(found, list) and isinstance(key, int):
            found = found[key]
        else:
            found = found.get(key) if isinstance(found, dict) else None
    return found


def _short(value: object) -> str:
    text = str(value)
    return repr(text if len(text) <= 40 else f"{text[:39]}…") if isinstance(value, str) else text
