"""Study information, arms, results and risk of bias in tables of their own, as Covidence exports them for RevMan.

A table is known by its columns, not by its file's name. A column that none of the tables is known to have is left out
and named.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from msc_meta.adapters.registry_arms import arm_id, given_by, is_control
from msc_meta.adapters.registry_numbers import unit_of
from msc_meta.adapters.registry_words import day_of, meaning, months_as_day, plain
from msc_meta.adapters.study_ids import study_id, study_label
from msc_meta.adapters.table_kinds import header_of, more_cells, normal
from msc_meta.errors import Problem
from msc_meta.hookspecs import FieldPath, Position, RawRecord
from msc_meta.records.findings import WHOLE_FILE, Mistake, problem
from msc_meta.records.rules.drafts import DRAFTED_BY
from msc_meta.records.table_cells import DecimalMark, UnclearNumberError, decimal_mark, read_cell
from msc_meta.records.table_columns import Kind

NUMBERS: dict[str, tuple[str, Kind]] = {
    "n": ("n", "count"), "total": ("n", "count"), "participants": ("n", "count"), "events": ("events", "count"),
    "cases": ("events", "count"), "number of events": ("events", "count"), "mean": ("mean", "number"),
    "sd": ("sd", "number"), "standard deviation": ("sd", "number"), "se": ("se", "number"),
    "standard error": ("se", "number"), "median": ("median", "number"), "q1": ("q1", "number"), "q3": ("q3", "number"),
    "min": ("min", "number"), "max": ("max", "number"),
}  # fmt: skip
"""Column of the results -> the number of an arm that it holds."""
ARM_NAMES = ("arm", "arm name", "study arm")
TIMES = ("timepoint", "time point", "period")
JUDGEMENTS = {
    "low": "low", "low risk": "low", "low risk of bias": "low", "high": "high", "high risk": "high",
    "high risk of bias": "high", "unclear": "unclear", "unclear risk": "unclear", "unclear risk of bias": "unclear",
    "some concerns": "some concerns",
}  # fmt: skip
_JUDGED, _SUPPORTED = "domain (judgement): ", "domain (support): "

Row = Mapping[str, str]


READ: Mapping[str, frozenset[str]] = {
    "_information": frozenset(("study", "year")),
    "_arm": frozenset(("study", *ARM_NAMES, "intervention")),
    "_result": frozenset(("study", "outcome", *ARM_NAMES, *TIMES, "intervention", "unit", *NUMBERS)),
    "_judgement": frozenset(("study",)),
}
"""Columns that are read of each table, beside characteristics and domains."""


@dataclass(slots=True)
class _Study:
    label: str
    path: str
    place: Position
    data: dict[str, Any]
    positions: dict[FieldPath, Position] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    reports: dict[tuple[str, str], int] = field(default_factory=dict)

    def note(self, code: str, path: str, place: Position, message: str, advice: str) -> None:
        self.problems.append(problem(Mistake(code, place, f"{self.label}: {message}", advice), path))


_Reader = Callable[[_Study, str, int, Row, DecimalMark | None], None]


def records_of_tables(texts: Mapping[str, str]) -> Iterator[RawRecord]:
    """Yield one record per study of tables that were read already: path -> text."""
    studies: dict[str, _Study] = {}
    problems: list[RawRecord] = []
    tables: list[tuple[_Reader, str, list[tuple[int, Row]]]] = []
    for path, text in texts.items():
        rows, broken = _rows(text, path)
        names = rows[0][1].keys() if rows else set()
        reader = _reader(names)
        if broken is None and reader is None:
            what = "this is none of study information, arms, results and risk of bias"
            advice = "name the columns as Covidence does, or read the file on its own"
            broken = problem(Mistake("E170" if len(texts) == 1 else "W171", WHOLE_FILE, what, advice), path)
        if broken is not None:
            problems.append(RawRecord(None, path, problems=(broken,)))
        elif reader is not None:
            tables.append((reader, path, rows))
            problems += [RawRecord(None, path, problems=(one,)) for one in _unread(reader, rows, path)]
    order = (_information, _arm, _result, _judgement)
    for reader, path, rows in sorted(tables, key=lambda table: order.index(table[0])):
        cells = [row.get(name, "") for _, row in rows for name in NUMBERS if row.get(name)]
        decimal: DecimalMark | None = "." if header_of(texts[path])[0] == "," else decimal_mark(cells)
        for number, row in rows:
            label = study_label(row.get("study", ""), "")
            if not (name := study_id(label)):
                mistake = Mistake("E166", Position(number, 1), "the row does not say which study this is",
                               "fill in the column Study in every row")  # fmt: skip
                problems.append(RawRecord(None, path, problems=(problem(mistake, path),)))
                continue
            if name not in studies:
                studies[name] = _begun(name, label, path, number)
            reader(studies[name], path, number, row, decimal)
    yield from problems
    for study in studies.values():
        yield RawRecord(study.data, study.path, study.positions, problems=tuple(study.problems))


def _begun(name: str, label: str, path: str, number: int) -> _Study:
    place = Position(number, 1)
    data: dict[str, Any] = {
        "id": name, "label": label, "design": {"allocation": "unclear"},
        "population": {"condition": "not stated", "syndrome": "not-stated"}, "arms": {}, "outcomes": [],
    }  # fmt: skip
    return _Study(label, path, place, data, {(): place, ("id",): place})


def _rows(text: str, path: str) -> tuple[list[tuple[int, Row]], Problem | None]:
    mark, _ = header_of(text)
    try:
        rows = list(enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True), 1))
    except csv.Error as error:
        return [], problem(
            Mistake("E167", WHOLE_FILE, f"a row can not be split into cells: {error}", "close the quotes"), path
        )
    kept = [(number, row) for number, row in rows if any(row) and not row[0].startswith("sep=")]
    if len(kept) < 2:
        return [], problem(Mistake("E102", WHOLE_FILE, "the table is empty", "it has a row of names and no more"), path)
    names = [normal(name) for name in kept[0][1]]
    for number, row in kept[1:]:
        if any(cell.strip() for cell in row[len(names) :]):
            return [], problem(more_cells(number, len(names)), path)
    twice = next((place for place, name in enumerate(names) if name and name in names[:place]), None)
    if twice is not None:
        mistake = Mistake("E161", Position(kept[0][0], twice + 1), f"two columns are called {names[twice]}",
                          "keep one of the two")  # fmt: skip
        return [], problem(mistake, path)
    return [(number, dict(zip(names, (cell.strip() for cell in row), strict=False))) for number, row in kept[1:]], None


def _unread(reader: _Reader, rows: list[tuple[int, Row]], path: str) -> Iterator[Problem]:
    """Name the columns that hold something and have no place in a record."""
    filled = dict.fromkeys(name for _, row in rows for name, cell in row.items() if cell and name)
    for name in filled:
        if name not in READ[reader.__name__] and not name.startswith(("char: ", _JUDGED, _SUPPORTED)):
            mistake = Mistake("W171", WHOLE_FILE, f"column {name!r} is left out: it has no place in a record",
                              "enter by hand what is needed of it")  # fmt: skip
            yield problem(mistake, path)


def _reader(names: Any) -> _Reader | None:
    if "study" not in names:
        return None
    if any(name.startswith(_JUDGED) for name in names):
        return _judgement
    if any(name.startswith("char: ") for name in names):
        return _information
    if "outcome" in names and any(name in names for name in ARM_NAMES):
        return _result
    return _arm if any(name in names for name in ARM_NAMES) else None


def _source(path: str, number: int) -> dict[str, str]:
    where = f"row {number} of {PurePath(path).name}"
    return {"kind": "secondary", "where": where, "extracted_by": f"{DRAFTED_BY} (covidence)"}


def _information(study: _Study, path: str, number: int, row: Row, _decimal: DecimalMark | None) -> None:
    """Take in the year, and the characteristics as words."""
    if (year := row.get("year", "")).isdigit():
        study.data.setdefault("citation", {})["year"] = int(year)
        study.positions["citation", "year"] = Position(number, 1)
    told = [f"{name.removeprefix('char: ').capitalize()}: {text}" for name, text in row.items()
            if name.startswith("char: ") and text]  # fmt: skip
    if told:
        study.data["note"] = " ".join("; ".join(told).split())


def _arm(study: _Study, path: str, number: int, row: Row, _decimal: DecimalMark | None) -> None:
    """Take in an arm; a control is known by its words."""
    label = _first(row, ARM_NAMES)
    if not label:
        study.note("W171", path, Position(number, 1), f"row {number} is left out: it names no arm", "name the arm")
        return
    _arm_of(study, path, number, label, row.get("intervention", ""))


def _arm_of(study: _Study, path: str, number: int, label: str, intervention: str = "") -> str:
    arms = study.data["arms"]
    name = next((name for name, arm in arms.items() if plain(arm["label"]) == plain(label)), "")
    if not name:
        name = arm_id(label, arms)
        cells = "product" in given_by(label)  # then what is said of the intervention makes it no control
        control = is_control(label) or (not cells and is_control(f"{label} {intervention}"))
        role = "control" if control else "experimental"
        what = {"comparator": intervention or label} if control else given_by(f"{label} {intervention}")
        arms[name] = {"role": role, "label": label, **what}
        study.positions["arms", name] = Position(number, 1)
        message = f"arm {label} is taken for {'the control' if control else 'an experimental arm'}, by its words"
        study.note("W172", path, Position(number, 1), message, "correct its role where it is wrong")
    return name


def _result(study: _Study, path: str, number: int, row: Row, decimal: DecimalMark | None) -> None:
    """Take in one arm's numbers for one outcome at one time."""
    place = Position(number, 1)
    title, time, label = row.get("outcome", ""), _first(row, TIMES), _first(row, ARM_NAMES)
    found = meaning(title)
    if found.outcome is None or not label:
        reason = found.reason if found.outcome is None else "it names no arm"
        study.note(
            "W171", path, place, f"row {number}, {title or 'no outcome'}: {reason}", "enter it by hand if needed"
        )
        return
    index = study.reports.setdefault((plain(title), plain(time)), len(study.data["outcomes"]))
    at: FieldPath = ("outcomes", index)
    if index == len(study.data["outcomes"]):
        report: dict[str, Any] = {"outcome": found.outcome}
        deaths = found.outcome == "mortality"
        if (day := day_of(time, cumulative=deaths)) is not None:
            report["day"] = day
        elif (day := months_as_day(time, cumulative=deaths)) is not None:
            report["day"] = day
            study.note("W172", path, place, f"{time} is taken for day {day:g}", "correct the day where it is another")
        report |= {key: value for key, value in (("timepoint", time), ("quantity", found.quantity)) if value}
        if unit := row.get("unit", ""):
            report["unit"] = unit_of(unit)
        if found.outcome == "oxygenation" and "change" in plain(title):
            report["kind"] = "change"
        report |= {"arms": {}, "source": _source(path, number)}
        study.data["outcomes"].append(report)
        study.positions[at] = place
        study.positions[*at, "day"] = place
    arm = _arm_of(study, path, number, label, row.get("intervention", ""))
    numbers: dict[str, Any] = {}
    for name, cell in row.items():
        if name in NUMBERS and cell:
            key, kind = NUMBERS[name]
            try:
                numbers[key] = read_cell(cell, kind, decimal)
            except UnclearNumberError as error:
                study.note("E165", path, place, str(error), "write all numbers with the same decimal mark")
    there = study.data["outcomes"][index]["arms"]
    if arm in there and there[arm] != numbers:
        study.note("E163", path, place, f"row {number} gives {title} of {label} another time, with other numbers",
                   "keep the right row")  # fmt: skip
    there.setdefault(arm, numbers)
    study.positions[*at, "arms", arm] = place


def _judgement(study: _Study, path: str, number: int, row: Row, _decimal: DecimalMark | None) -> None:
    """Take in a study's judgements of risk of bias, domain by domain, with their support."""
    domains, support = {}, []
    for name, text in row.items():
        if name.startswith(_JUDGED) and text:
            domain = name.removeprefix(_JUDGED)
            domains[domain] = JUDGEMENTS.get(plain(text), text)
            if reason := row.get(_SUPPORTED + domain, ""):
                support.append(f"{domain}: {reason}")
    if not domains:
        return
    tool = "RoB 2" if "some concerns" in domains.values() else "Cochrane RoB 1"
    entry: dict[str, Any] = {"tool": tool, "domains": domains, "source": _source(path, number)}
    if support:
        entry["support"] = "; ".join(support)
    study.data["risk_of_bias"] = [entry]
    study.positions["risk_of_bias", 0] = Position(number, 1)


def _first(row: Row, names: tuple[str, ...]) -> str:
    return next((row[name] for name in names if row.get(name)), "")
