"""The plugin keeps msc-meta's contract, and a workbook gives the same studies as the table it was made from."""

from __future__ import annotations

import csv
import datetime
import io
from pathlib import Path

import pytest
from msc_meta_xlsx import Xlsx
from openpyxl import Workbook

from msc_meta.exporting.csv_table import csv_template
from msc_meta.loading import check_studies
from msc_meta.plugins import installed_plugins
from msc_meta.testing import check_adapter


def typed(cell: str) -> object:
    """Return a cell as a person who types into Excel leaves it."""
    return int(cell) if cell.isdigit() else cell or None


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    book = Workbook()
    for row in csv.reader(io.StringIO(csv_template())):
        book.worksheets[0].append([typed(cell) for cell in row])
    path = tmp_path / "trials.xlsx"
    book.save(path)
    return path


def test_it_keeps_the_contract(workbook: Path, tmp_path: Path) -> None:
    lock = tmp_path / "~$trials.xlsx"
    lock.write_bytes(b"")
    check_adapter(Xlsx(), accepts=workbook, records=1, rejects=[lock, tmp_path])


def test_it_is_installed() -> None:
    (plugin,) = [plugin for plugin in installed_plugins() if plugin.name == "xlsx"]
    assert (plugin.package, plugin.adapters, plugin.problem) == ("msc-meta-xlsx", ("xlsx",), "")


def test_a_workbook_is_as_good_as_the_table(workbook: Path, tmp_path: Path) -> None:
    table = tmp_path / "trials.csv"
    table.write_text(csv_template(), encoding="utf-8")
    assert check_studies(workbook).studies == check_studies(table).studies


def test_a_text_that_excel_made_a_date_is_refused(tmp_path: Path) -> None:
    header, first, *_ = csv.reader(io.StringIO(csv_template()))
    book = Workbook()
    book.worksheets[0].append([*header, "design.phase"])
    book.worksheets[0].append([*map(typed, first), datetime.date(2024, 1, 2)])
    path = tmp_path / "trials.xlsx"
    book.save(path)
    problems = {problem.code: problem for problem in check_studies(path).errors}
    assert (problems["E168"].line, problems["E168"].column) == (2, len(header) + 1)
