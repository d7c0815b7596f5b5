"""A table with one row per trial: its first row, how it writes decimals, and its rows, each with its number."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence
from pathlib import PurePath

from msc_meta.adapters.study_ids import study_id, study_label
from msc_meta.adapters.table_kinds import header_of, more_cells, normal
from msc_meta.adapters.trial_columns import TrialColumn, trial_columns
from msc_meta.errors import Problem
from msc_meta.hookspecs import Position
from msc_meta.records.findings import WHOLE_FILE, Mistake, problem
from msc_meta.records.table_cells import DecimalMark, decimal_mark

MISSING = frozenset(("", "na", "n/a", "nan", "null", "-", "–", "."))
"""What R, spreadsheets and people write where there is no number."""

Row = tuple[int, Sequence[str]]


class TrialTable:
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
        self.logarithms = False

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
        width = len(self.columns)
        wide = [number for number, row in found[1:] if any(cell.strip() for cell in row[width:])]
        self.problems += [problem(more_cells(number, width), self.path) for number in wide]
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
        """Take in the first row; what has no place in a record is named."""
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
                self.note("W171", Position(number, place), f"column {shown(column.name)} is left out:"
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
        """Return what figures call the trial of a row: its name, with the year."""
        name = self.cell(row, self.name)
        return study_label(name, self.cell(row, self.year).removesuffix(".0")) if name else ""

    def takes_logarithms(self, measure: str, value: float | None, place: Position) -> None:
        """Say once for the table that effects of ratios are read as logarithms, by the first of them."""
        if value is not None and not self.logarithms:
            self.logarithms = True
            self.note("W172", place, f"yi, TE and limits of ratios are taken for natural logarithms, as in R:"
                      f" {value:g} in row {place.line} stands for {measure} {math.exp(value):.3g}",
                      "take the logarithm of ratios before, where they are none")  # fmt: skip

    @staticmethod
    def cell(row: Sequence[str], place: int | None) -> str:
        """Return a cell's text; empty where it says that there is nothing."""
        content = row[place].strip() if place is not None and place < len(row) else ""
        return "" if content.lower() in MISSING else content

    def note(self, code: str, place: Position, message: str, advice: str) -> None:
        """Add a complaint about the table."""
        self.problems.append(problem(Mistake(code, place, message, advice), self.path))


def shown(value: object) -> str:
    """Return a value as a complaint quotes it."""
    text = str(value)
    return repr(text if len(text) <= 40 else f"{text[:39]}…") if isinstance(value, str) else text
