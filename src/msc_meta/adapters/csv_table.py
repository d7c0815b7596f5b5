"""A flat CSV table with one row per arm, as a spreadsheet writes it; `msc_meta.exporting.csv_table` writes the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from msc_meta.adapters.table_kinds import table_kind
from msc_meta.errors import Problem
from msc_meta.hookspecs import Adapter, RawRecord, hookimpl


class CsvTable:
    """Reads a CSV table in UTF-8, separated by commas, semicolons or tabs; its columns tell which."""

    name = "csv_table"
    description = "a CSV table with one row per arm (*.csv)"

    def accepts(self, path: Path) -> bool:
        """Say whether ``path`` is a CSV file, and not one whose first row is known to be of another kind."""
        return path.suffix.lower() == ".csv" and not path.is_dir() and table_kind(path) == "arms"

    def read(self, path: Path) -> Iterator[RawRecord]:
        """Yield one record per study of the table, in the order of their first rows."""
        from msc_meta.adapters.csv_text import records_from_text, table_text  # the columns cost each start 15 ms

        text = table_text(path)
        if isinstance(text, Problem):
            yield RawRecord(None, str(path), problems=(text,))
            return
        yield from records_from_text(text, str(path))


@hookimpl
def register_adapters(register: Callable[[Adapter], None]) -> None:
    """Offer the CSV table."""
    register(CsvTable())
