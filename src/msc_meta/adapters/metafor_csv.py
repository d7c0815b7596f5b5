"""A CSV table with one row per trial, named as R's metafor and meta name their columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from msc_meta.adapters.table_kinds import table_kind
from msc_meta.errors import Problem
from msc_meta.hookspecs import Adapter, RawRecord, hookimpl


class MetaforCsv:
    """Reads a table with one row per trial: counts, means, medians or effects of two arms, as R has them."""

    name = "metafor_csv"
    description = "a CSV table with one row per trial: ai bi ci di, m1i sd1i n1i, event.e n.e, yi vi (*.csv)"

    def accepts(self, path: Path) -> bool:
        """Say whether ``path`` is a CSV file whose first row has such columns."""
        return path.suffix.lower() == ".csv" and table_kind(path) == "trials"

    def read(self, path: Path) -> Iterator[RawRecord]:
        """Yield one record per trial, in the order of their first rows; rows of one name are one trial."""
        from msc_meta.adapters.csv_text import table_text  # the columns cost each start 15 ms
        from msc_meta.adapters.trial_rows import records_of_trials

        text = table_text(path)
        if isinstance(text, Problem):
            yield RawRecord(None, str(path), problems=(text,))
            return
        yield from records_of_trials(text, str(path))


@hookimpl
def register_adapters(register: Callable[[Adapter], None]) -> None:
    """Offer the table with one row per trial."""
    register(MetaforCsv())
