"""The record format itself: a folder with one YAML file per study, or one such file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from msc_meta.adapters.files import read_bytes
from msc_meta.errors import Problem
from msc_meta.hookspecs import Adapter, RawRecord, hookimpl
from msc_meta.records.own_outcomes import PROTOCOL, own_outcomes_of

SUFFIXES = (".yaml", ".yml")
MAX_FILES = 10_000
"""Records in a folder; more are no review, but a folder that was named by mistake."""


class YamlFolder:
    """Reads ``*.yaml`` and ``*.yml`` directly in a folder, by name; neither hidden files nor a README.

    A protocol and a screening file are no records either.
    """

    name = "yaml_folder"
    description = "a folder with one YAML file per study (*.yaml, *.yml), or one such file"

    def accepts(self, path: Path) -> bool:
        """Say whether ``path`` is a YAML file, or a folder with one directly in it."""
        if path.is_dir():
            return any(is_record(child) for child in path.iterdir())
        return path.suffix.lower() in SUFFIXES

    def read(self, path: Path) -> Iterator[RawRecord]:
        """Yield one record per file; a file that can not be opened is a problem of its own."""
        folder = path if path.is_dir() else path.parent
        own, problems = own_outcomes_of(folder)
        if problems:
            yield RawRecord(None, str(folder / PROTOCOL), problems=problems)
        records = [child for child in path.iterdir() if is_record(child)] if path.is_dir() else [path]
        if len(records) > MAX_FILES:
            yield RawRecord(None, str(path), problems=(_too_many(path, len(records)),))
            return
        for child in sorted(records, key=lambda child: child.name):
            yield read_record(child, own)


@hookimpl
def register_adapters(register: Callable[[Adapter], None]) -> None:
    """Offer the YAML folder."""
    register(YamlFolder())


def read_record(path: Path, own_outcomes: frozenset[str] = frozenset()) -> RawRecord:
    """Return what one YAML file holds, with its problems; nothing is raised for a bad file."""
    from msc_meta.records.strict_yaml import read_yaml
    from msc_meta.records.yaml_text import MAX_BYTES

    content = read_bytes(path, MAX_BYTES)
    if isinstance(content, Problem):
        return RawRecord(None, str(path), problems=(content,), named=path.stem)
    document = read_yaml(content, str(path))
    return RawRecord(
        document.data, str(path), document.positions, document.keys, document.problems, path.stem, own_outcomes
    )


def _too_many(folder: Path, number: int) -> Problem:
    from msc_meta.records.findings import WHOLE_FILE, Mistake, problem

    found = f"the folder has {number:,} records; at most {MAX_FILES:,} are read"
    return problem(Mistake("E103", WHOLE_FILE, found, "name the folder of one review"), str(folder))


def is_record(path: Path) -> bool:
    """Say whether a file of a folder is a record, by its name."""
    hidden = path.name.startswith(".")
    return (
        path.suffix.lower() in SUFFIXES and not hidden and path.stem.lower() not in ("readme", "protocol", "screening")
    )
