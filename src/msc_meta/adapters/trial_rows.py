"""From a table with one row per trial to records; rows that name the same trial are reports of one record.

What the record format asks for and such a table does not say is given as unknown where the format has a word for it
(``unclear``, ``not-stated``), and is otherwise left out, so that the checks name it. Nothing is guessed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from msc_meta.adapters.trial_columns import CONTROL, EXPERIMENTAL, TrialColumn
from msc_meta.adapters.trial_table import MISSING, Row, TrialTable, shown
from msc_meta.errors import Problem
from msc_meta.hookspecs import FieldPath, Position, RawRecord
from msc_meta.records.findings import Mistake, problem
from msc_meta.records.rules.drafts import DRAFTED_BY
from msc_meta.records.table_cells import UnclearNumberError, read_cell

RATIOS = ("RR", "OR", "HR", "ROM")
LARGEST_LOGARITHM = 300
"""No ratio of patients is as large as e to this power; a computer could not hold it either."""
DIFFERENCES = ("RD", "MD", "SMD")
_Z = 1.959964  # of a 95% interval
_ROUNDED = 0.05  # as far as rounding of what was printed with two digits goes

_COMPUTED = re.compile(r"[-+]?\d{1,15}\.\d{10,25}(?:[eE][-+]?\d{1,2})?")


def records_of_trials(text: str, path: str, adapter: str = "metafor_csv") -> Iterator[RawRecord]:
    """Yield one record per trial of a table that was read already; ``path`` is its name in complaints."""
    reader = TrialTable(path, adapter)
    trials: dict[str, list[Row]] = {}
    for number, row in reader.rows(text):
        if (name := reader.trial_of(number, row)) is not None:
            trials.setdefault(name, []).append((number, row))
    records = [_Trial(name, reader).record(rows) for name, rows in trials.items()]
    if reader.problems:
        yield RawRecord(None, path, problems=tuple(reader.problems))
    yield from records


class _Trial:
    """One trial while its rows are read."""

    def __init__(self, name: str, table: TrialTable) -> None:
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
                          f"{shown(other)} and {shown(label)} of row {rows[0][0]} give the same id {self.id}",
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
            self.note("E163", place, f"{shown(value)} here, but {shown(_get(self.data, column.path))} in another row",
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
                self.note("E163", Position(number, 1), f"the {name} arm has {shown(others)} patients without the event"
                          f" and {shown(events)} with it", "both are counts of patients")  # fmt: skip
            elif total is None:
                data["n"] = events + others
            elif total != events + others:
                self.note("E163", Position(number, 1), f"the {name} arm has {events} + {others} patients, but n is"
                          f" {shown(total)}", "correct the wrong one, or leave one column out")  # fmt: skip

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
            listed = ", ".join(f"{key} {shown(value)}" for key, value in effect.items())
            self.note("E163", place, f"{listed} can not be an effect with its variance",
                      "yi is a number, vi and sei are above 0")  # fmt: skip
            return
        shown_as: Callable[[float], float] = math.exp if measure in RATIOS else float
        between: dict[str, Any] = {**report.get("between", {}), "measure": measure}
        if "yi" in numbers:
            between["estimate"] = shown_as(numbers["yi"])
        if "sei" in numbers or "vi" in numbers:
            between["se"] = numbers["sei"] if "sei" in numbers else math.sqrt(numbers["vi"])
        if "low" in numbers and "high" in numbers and self.is_of_95_percent(numbers, between.get("se"), place):
            between["ci"] = [shown_as(numbers["low"]), shown_as(numbers["high"])]
        report["between"] = between
        if measure in RATIOS:
            self.table.takes_logarithms(measure, numbers.get("yi"), place)

    def is_of_95_percent(self, numbers: dict[str, float], se: float | None, place: Position) -> bool:
        """Say whether an interval is the standard error's at 95%; one of another level would hide the right error."""
        if se is None or abs((numbers["high"] - numbers["low"]) / (2 * _Z * se) - 1) < _ROUNDED:
            return True
        self.note("W171", place, f"the interval {numbers['low']:g} to {numbers['high']:g} is left out: it is not the"
                  f" 95% interval of a standard error of {se:g}",
                  "compare the two with the source; the standard error is used")  # fmt: skip
        return False

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
