"""Reads trial records from an Excel workbook: the columns of msc-meta's CSV table, on the first sheet."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from msc_meta.adapters.table_rows import records_from_rows
from msc_meta.errors import Problem
from msc_meta.hookspecs import Adapter, RawRecord, hookimpl

# what openpyxl raises for files that are no workbook, or half of one
UNREADABLE = (OSError, KeyError, ValueError, zipfile.BadZipFile, InvalidFileException)


class Xlsx:
    """One row per arm; the rest is the work of the table that msc-meta has already."""

    name = "xlsx"
    description = "an Excel workbook with the columns of the CSV table on its first sheet (*.xlsx)"

    def accepts(self, path: Path) -> bool:
        """Say whether the file is a workbook."""
        return path.suffix.lower() == ".xlsx" and not path.name.startswith("~$")  # Excel's own mark of an open file

    def read(self, path: Path) -> Iterator[RawRecord]:
        """Yield one record per study, or why there is none."""
        try:
            # data_only: the value that Excel computed, not the formula behind it
            workbook = load_workbook(path, read_only=True, data_only=True)
            rows = list(workbook.worksheets[0].iter_rows(values_only=True))
            workbook.close()
        except UNREADABLE as error:
            problem = Problem(
                code="E150",
                severity="error",
                path=str(path),
                line=0,
                column=0,
                field="",
                message=f"the workbook can not be read: {error}",
                help="open it in Excel and save it again as .xlsx",
            )
            yield RawRecord(None, str(path), problems=(problem,))
        else:
            yield from records_from_rows(rows, str(path))


@hookimpl
def register_adapters(register: Callable[[Adapter], None]) -> None:
    """Offer the workbook to msc-meta."""
    register(Xlsx())
