"""Every record of a file or folder with the study it makes, or with what keeps it from being one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from msc_meta.errors import Problem, UsageError
from msc_meta.hookspecs import Adapter, Decisions, RawRecord, ReviewAdapter
from msc_meta.importing.stated import Stated, fill_in
from msc_meta.loading import choose_adapter
from msc_meta.plugins import PluginManager, plugin_manager
from msc_meta.records.findings import WHOLE_FILE, Mistake, problem

if TYPE_CHECKING:
    from msc_meta.records.study import Study

LEFT_OUT, ASSUMED, UNCHECKED = "W171", "W172", "W414"


@dataclass(frozen=True, slots=True)
class Incoming:
    """One record on its way in; ``study`` is None where it has an error."""

    raw: RawRecord
    study: Study | None
    problems: tuple[Problem, ...]

    @property
    def id(self) -> str:
        """The record's id, as far as it has one."""
        found = (self.raw.data or {}).get("id")
        return found if isinstance(found, str) else ""

    @property
    def errors(self) -> tuple[Problem, ...]:
        """What keeps the record from being a study."""
        return tuple(problem for problem in self.problems if problem.severity == "error")


@dataclass(frozen=True, slots=True)
class Import:
    """What a file or folder holds: its records, and what is said of it as a whole or across records."""

    adapter: str
    records: tuple[Incoming, ...]
    problems: tuple[Problem, ...]
    warnings: tuple[str, ...] = ()
    decisions: Decisions | None = None
    """What a whole review decided, where the file holds one."""

    @property
    def all_problems(self) -> tuple[Problem, ...]:
        """Every problem, by file and place."""
        found = [*self.problems, *(problem for record in self.records for problem in record.problems)]
        return tuple(sorted(found, key=lambda problem: problem.sort_key))

    @property
    def errors(self) -> tuple[Problem, ...]:
        """Every error, of the file and of its records."""
        return tuple(problem for problem in self.all_problems if problem.severity == "error")

    @property
    def broken(self) -> bool:
        """Whether the file itself has an error, so that records may be missing."""
        return any(problem.severity == "error" for problem in self.problems)


def read_import(
    path: Path, *, source: str = "", stated: Sequence[Stated] = (), without: Collection[str] = ()
) -> Import:
    """Read what an adapter makes of a file or folder, and check every record.

    Parameters
    ----------
    path : Path
        A file or folder in any format that an adapter reads.
    source : str
        Name of the adapter; empty to let the file tell.
    stated : sequence of Stated
        What all records have in common and the file does not say.
    without : collection of str
        Names of plugins to leave out.

    Raises
    ------
    UsageError
        If there is no such path or adapter, or if it is not clear which one to use.
    """
    from msc_meta.records.cohorts import CohortEntry, check_cohort
    from msc_meta.records.schema import check_record

    manager = plugin_manager(without=without)
    adapter = _adapter(path, source, manager)
    records: list[Incoming] = []
    problems: list[Problem] = []
    entries: list[CohortEntry] = []
    for raw in _read(adapter, path, manager):
        if raw.data is None:
            problems += raw.problems
            continue
        if stated:
            raw = replace(raw, data=fill_in(raw.data, stated))  # noqa: PLW2901
        study, found = check_record(raw)
        records.append(Incoming(raw, study, tuple(found)))
        if study is not None:
            entries.append(CohortEntry.of(study, raw))
    problems += check_cohort(entries, {record.id for record in records})
    decisions = adapter.decisions(path) if isinstance(adapter, ReviewAdapter) and records else None
    return Import(adapter.name, tuple(records), tuple(problems), manager.warnings, decisions)


def _adapter(path: Path, source: str, manager: PluginManager) -> Adapter:
    if not source:
        return choose_adapter(path, manager)
    if source not in manager.adapters:
        near = get_close_matches(source, manager.adapters, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there is {', '.join(manager.adapters)}"
        raise UsageError(f"there is no format {source}; {hint}")
    if not path.exists():
        raise UsageError(f"{path} does not exist")
    return manager.adapters[source]


def _read(adapter: Adapter, path: Path, manager: PluginManager) -> list[RawRecord]:
    try:
        return list(adapter.read(path))
    except Exception as error:
        found = f"adapter {adapter.name} of {manager.owner_of(adapter)} failed: {type(error).__name__}: {error}"
        advice = "tell the plugin's author; another format can be named with --source NAME"
        return [RawRecord(None, str(path), problems=(problem(Mistake("E151", WHOLE_FILE, found, advice), str(path)),))]
