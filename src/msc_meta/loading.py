"""From a path to checked studies: choose the adapter, check every record alike, and report every problem at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, final

from msc_meta.errors import DataError, Problem, UsageError
from msc_meta.evidence import Evidence
from msc_meta.hookspecs import Adapter, RawRecord
from msc_meta.plugins import Plugin, PluginManager, adapters_of, plugin_manager
from msc_meta.records.findings import WHOLE_FILE, Mistake, problem

if TYPE_CHECKING:
    from msc_meta.records.study import Study
    from msc_meta.screening.screening_file import Screening

PathLike = str | os.PathLike[str]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a check of records found: the studies without errors, and every problem of all of them."""

    studies: tuple[Study, ...]
    problems: tuple[Problem, ...]
    files: tuple[str, ...]
    """The files that were read, in order."""
    sources: dict[str, str] = field(default_factory=dict)
    """Study id -> its file."""
    warnings: tuple[str, ...] = ()
    """One sentence for each installed plugin that is left out."""
    screening: Screening | None = None
    """The screening file beside the records, if there is one and it has no error."""

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that keep the records from being used."""
        return tuple(problem for problem in self.problems if problem.severity == "error")

    def evidence(self) -> Evidence:
        """Return the studies, if no record has an error.

        Raises
        ------
        DataError
            With all problems, if there is an error.
        """
        if self.errors:
            raise DataError(self.problems)
        return Evidence(self.studies, sources=self.sources, problems=self.problems, screening=self.screening)


def load_studies(
    path: PathLike | Iterable[PathLike],
    *,
    plugins: Collection[object] = (),
    own_outcomes: Collection[str] = (),
    screening: PathLike | None = None,
) -> Evidence:
    """Read and check study records, in any format that an adapter reads.

    Parameters
    ----------
    path : path or iterable of paths
        A folder of YAML files, one such file, a CSV table, or what an installed plugin reads.
    plugins : collection of object
        Plugins to use beside the installed ones.
    own_outcomes : collection of str
        Outcomes beside mortality, oxygenation and discharge_time that records may report: ``protocol.own_outcomes``. A
        ``protocol.yaml`` in a folder of records tells its own.
    screening : path, optional
        File with the numbers of search and screening; else ``screening.yaml`` in the folder or in the one above, if
        it is there.

    Returns
    -------
    Evidence
        The studies, with the warnings about them in ``problems``.

    Raises
    ------
    DataError
        If any record has an error; it lists all problems of all files, and nothing is half-loaded.
    UsageError
        If a path does not exist, or holds nothing that an adapter reads.
    PluginError
        If one of ``plugins`` can not be used. An installed plugin that can not be used is a warning.

    Examples
    --------
    >>> import msc_meta as mm
    >>> mm.load_studies("studies/martinez-munoz-2024.yaml")
    <Evidence: 1 study>
    """
    import warnings

    checked = check_studies(path, plugins=plugins, own_outcomes=own_outcomes, screening=screening)
    for sentence in checked.warnings:
        warnings.warn(sentence, stacklevel=2)
    return checked.evidence()


def check_studies(
    paths: PathLike | Iterable[PathLike],
    *,
    plugins: Collection[object] = (),
    without: Collection[str] = (),
    progress: Callable[[str], None] | None = None,
    own_outcomes: Collection[str] = (),
    screening: PathLike | None = None,
) -> Checked:
    """Read and check study records; bad data is never an exception.

    Parameters
    ----------
    paths : path or iterable of paths
        Folders and files. A file that two of them lead to is read once.
    plugins : collection of object
        Plugins to use beside the installed ones.
    without : collection of str
        Names of plugins, or of their packages, to leave out.
    progress : callable, optional
        Called with the file's name for every record.
    own_outcomes : collection of str
        As in `load_studies`.
    screening : path, optional
        As in `load_studies`.

    Raises
    ------
    UsageError, PluginError
        As in `load_studies`.
    """
    from msc_meta.records.cohorts import CohortEntry, check_cohort
    from msc_meta.records.schema import check_record

    manager = plugin_manager(*plugins, without=without)
    chosen = [(path, choose_adapter(path, manager)) for path in _each(paths)]
    entries: list[CohortEntry] = []
    problems: list[Problem] = []
    files: dict[str, None] = {}
    elsewhere: set[str] = set()
    for raw in _records(chosen, manager):
        files[raw.path] = None
        if progress is not None:
            progress(raw.path)
        study, complaints = check_record(raw, own_outcomes)
        problems += complaints
        if study is not None:
            entries.append(CohortEntry.of(study, raw))
        elsewhere |= _known_to_exist(raw, study)
    problems += check_cohort(entries, elsewhere)
    searched, found = _screening([path for path, _ in chosen], screening)
    problems += found
    return Checked(
        studies=tuple(entry.study for entry in entries),
        problems=tuple(sorted(problems, key=lambda problem: problem.sort_key)),
        files=tuple(files),
        sources={entry.study.id: entry.path for entry in entries},
        warnings=manager.warnings,
        screening=searched,
    )


def _screening(paths: Iterable[Path], named: PathLike | None) -> tuple[Screening | None, Iterable[Problem]]:
    """Read the screening file that was named, else the one that lies with the records."""
    from msc_meta.screening.place import screening_of

    beside = dict.fromkeys(filter(None, map(screening_of, paths))) if named is None else {Path(named): None}
    if not beside:
        return None, ()
    if len(beside) > 1:
        raise UsageError(f"there is more than one screening file: {', '.join(map(str, beside))}; name one")
    from msc_meta.adapters.files import read_bytes
    from msc_meta.records.yaml_text import MAX_BYTES
    from msc_meta.screening.screening_file import check_screening

    (path,) = beside
    if not _exists(path):
        raise UsageError(f"{path} does not exist; `msc-meta flow --template > {path}` writes one to fill in")
    content = read_bytes(path, MAX_BYTES)
    return (None, (content,)) if isinstance(content, Problem) else check_screening(content, str(path))


def choose_adapter(path: Path, manager: PluginManager) -> Adapter:
    """Return the one adapter that reads ``path``.

    Raises
    ------
    UsageError
        If the path does not exist, or if no adapter or more than one accepts it.
    """
    if not _exists(path):
        raise UsageError(f"{path} does not exist")
    accepting = [adapter for adapter in adapters_of(manager) if _accepts(adapter, path, manager)]
    if len(accepting) > 1:
        names = " and ".join(f"{adapter.name} ({manager.owner_of(adapter)})" for adapter in accepting)
        raise UsageError(f"{path} can be read in more than one way: {names}; leave one out with --no-plugin NAME")
    if not accepting:
        raise UsageError(_nothing_to_read(path, manager))
    return accepting[0]


def _exists(path: Path) -> bool:
    try:
        return path.exists() or path.is_symlink()  # a link that leads nowhere is the adapter's to complain about
    except OSError as error:
        raise UsageError(f"{path} can not be read: {error.strerror or type(error).__name__}") from error


def _accepts(adapter: Adapter, path: Path, manager: PluginManager) -> bool:
    try:
        return bool(adapter.accepts(path))
    except OSError as error:
        raise UsageError(f"{path} can not be read: {error.strerror or type(error).__name__}") from error
    except Exception as error:
        manager.complain(adapter, f"failed on {path}: {type(error).__name__}: {error}")
        return False


def _nothing_to_read(path: Path, manager: PluginManager) -> str:
    """Say what was looked for, and what lies next to it that could have been meant."""
    adapters = adapters_of(manager)
    kinds = "\n".join(f"  {adapter.name}: {adapter.description}" for adapter in adapters)
    if not path.is_dir():
        return f"{path} is in no format that can be read; there is\n{kinds}"
    children = sorted(child for child in path.iterdir() if not child.name.startswith("."))
    near = [child for child in children if any(_accepts(adapter, child, manager) for adapter in adapters)]
    hint = f"\nit holds {', '.join(str(child) for child in near[:3])}: name one of these" if near else ""
    what = "is empty" if not children else "holds no records"
    return f"{path} {what}; looked for\n{kinds}{hint}"


def _records(chosen: Iterable[tuple[Path, Adapter]], manager: PluginManager) -> Iterator[RawRecord]:
    """Yield what the adapters read; one that fails is a problem that names its plugin, and the others go on."""
    done: set[str] = set()
    for path, adapter in chosen:
        read: set[str] = set()
        try:
            for raw in adapter.read(path):
                if not isinstance(raw, RawRecord):
                    raise TypeError(f"read() yields RawRecord objects, and this is {raw!r}")
                where = os.path.realpath(raw.path)  # Path.resolve raises where links lead in a circle
                if where not in done:
                    read.add(where)
                    yield raw
        except Exception as error:
            yield RawRecord(None, str(path), problems=(_failure(manager.owner_of(adapter), adapter, path, error),))
        done |= read


def _known_to_exist(raw: RawRecord, study: Study | None) -> set[str]:
    """Return ids that another record may name although no study of theirs is loaded.

    These are the record's own where it has an error, and where one file is read on its own its companions beside it.
    """
    if study is None:
        return {str(name) for name in (raw.named, (raw.data or {}).get("id")) if name}
    if study.companion_of is None or raw.named is None:
        return set()
    beside = Path(raw.path).with_stem(study.companion_of)
    return {study.companion_of} if beside.exists() else set()


def _failure(plugin: Plugin, adapter: Adapter, path: Path, error: Exception) -> Problem:
    return problem(
        Mistake(
            "E151",
            WHOLE_FILE,
            f"adapter {adapter.name} of {plugin} failed: {type(error).__name__}: {error}",
            f"tell the plugin's author; --no-plugin {plugin.name} leaves it out",
        ),
        str(path),
    )


def _each(paths: PathLike | Iterable[PathLike]) -> list[Path]:
    several = [paths] if isinstance(paths, (str, os.PathLike)) else list(paths)
    if not several:
        raise UsageError("no path was given: name a folder of records, studies/ say")
    return [Path(path) for path in several]
