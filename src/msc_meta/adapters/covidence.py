"""Data extraction from Covidence: its one table with a row per reviewer and study, or a folder of its study tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from msc_meta.adapters.table_kinds import table_kind
from msc_meta.errors import Problem
from msc_meta.hookspecs import Adapter, RawRecord, hookimpl


class Covidence:
    """Reads the extraction table (one file), or study information, arms, results and risk of bias (a folder)."""

    name = "covidence"
    description = "data extraction from Covidence: one CSV table, or a folder of its study tables"

    def accepts(self, path: Path) -> bool:
        """Say whether ``path`` is a table of Covidence, or a folder that has one and no records."""
        if not path.is_dir():
            return path.suffix.lower() == ".csv" and table_kind(path) == "covidence"
        children = [child for child in path.iterdir() if not child.name.startswith(".")]
        suffixes = {child.suffix.lower() for child in children}
        if ".csv" not in suffixes or suffixes & {".yaml", ".yml"} or any("data-rows" in one.name for one in children):
            return False  # the last is a data package of RevMan
        return any(child.suffix.lower() == ".csv" and table_kind(child) == "covidence" for child in children)

    def read(self, path: Path) -> Iterator[RawRecord]:
        """Yield one record per study, in the order of the first table that names it."""
        from msc_meta.adapters.csv_text import table_text
        from msc_meta.adapters.study_tables import records_of_tables
        from msc_meta.adapters.trial_rows import records_of_trials

        files = [path]
        if path.is_dir():
            files = sorted(child for child in path.iterdir() if child.suffix.lower() == ".csv")
        if not files:
            yield _no_files(path)
        texts: dict[str, str] = {}
        for file in files:
            text = table_text(file)
            if isinstance(text, Problem):
                yield RawRecord(None, str(file), problems=(text,))
            else:
                texts[str(file)] = text
        if len(texts) == 1 and not path.is_dir() and "eviewer" in next(iter(texts.values()))[:MAX_HEAD]:
            yield from records_of_trials(texts[str(path)], str(path), self.name)
        elif texts:
            yield from records_of_tables(texts)


MAX_HEAD = 65_536


def _no_files(folder: Path) -> RawRecord:
    from msc_meta.records.findings import WHOLE_FILE, Mistake, problem

    found = Mistake("E102", WHOLE_FILE, "the folder holds no table", "name the folder with the .csv files of Covidence")
    return RawRecord(None, str(folder), problems=(problem(found, str(folder)),))


@hookimpl
def register_adapters(register: Callable[[Adapter], None]) -> None:
    """Offer the tables of Covidence."""
    register(Covidence())
