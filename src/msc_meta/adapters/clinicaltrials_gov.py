"""Entries of ClinicalTrials.gov, as its API (version 2) and its website save them: JSON of one study or of many."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msc_meta.errors import Problem
from msc_meta.hookspecs import Adapter, FieldPath, Position, RawRecord, hookimpl

if TYPE_CHECKING:
    from msc_meta.adapters.json_text import JsonText

MARKS = ('"protocolSection"', '"FullStudiesResponse"', '"clinical_study"')


class ClinicalTrialsGov:
    """Reads saved registry entries; nothing is fetched, and no value counts as checked by a person."""

    name = "clinicaltrials_gov"
    description = "entries of ClinicalTrials.gov, JSON of its API v2 (*.json), or a folder of them"

    def accepts(self, path: Path) -> bool:
        """Say whether ``path`` is such a JSON file, or a folder that has one and no records."""
        children = sorted(path.iterdir()) if path.is_dir() else [path]
        suffixes = {child.suffix.lower() for child in children}
        if ".json" not in suffixes or suffixes & {".yaml", ".yml"}:
            return False
        from msc_meta.adapters.json_text import mentions  # what starts the program reads no JSON

        return any(mentions(child, MARKS) for child in children)

    def read(self, path: Path) -> Iterator[RawRecord]:
        """Yield one record per entry, in the order of the file, or of the files' names."""
        from msc_meta.adapters.json_text import mentions, read_json

        files = [path]
        if path.is_dir():
            files = sorted(child for child in path.iterdir() if mentions(child, MARKS))
        if not files:
            yield _no_files(path)
        for file in files:
            found = read_json(file)
            if isinstance(found, Problem):
                yield RawRecord(None, str(file), problems=(found,))
            else:
                yield from _records(found)


def _no_files(folder: Path) -> RawRecord:
    from msc_meta.records.findings import WHOLE_FILE, Mistake, problem

    found = Mistake(
        "E102", WHOLE_FILE, "the folder holds no entry", "name the folder with the .json files of the registry"
    )
    return RawRecord(None, str(folder), problems=(problem(found, str(folder)),))


@hookimpl
def register_adapters(register: Callable[[Adapter], None]) -> None:
    """Offer the registry entries."""
    register(ClinicalTrialsGov())


def _records(found: JsonText) -> Iterator[RawRecord]:
    from msc_meta.records.findings import WHOLE_FILE, Mistake, problem

    value, path = found.value, str(found.path)
    listed = value.get("studies", [value]) if isinstance(value, dict) else value
    if not isinstance(listed, list) or not listed:
        advice = "an entry has a protocolSection; a download of several has them in a list, studies"
        problems = (problem(Mistake("E170", WHOLE_FILE, "this holds no entry of ClinicalTrials.gov", advice), path),)
        yield RawRecord(None, path, problems=problems)
        return
    offset = 0
    for place, entry in enumerate(listed, start=1):
        record, offset = _record(entry, place, found, offset)
        yield record


def _record(entry: Any, place: int, found: JsonText, offset: int) -> tuple[RawRecord, int]:
    from msc_meta.adapters.json_text import mapping, words
    from msc_meta.adapters.registry_entry import record_of
    from msc_meta.adapters.registry_results import Results
    from msc_meta.records.findings import WHOLE_FILE, Mistake, problem

    path = str(found.path)
    protocol = mapping(entry, "protocolSection")
    number = words(mapping(protocol, "identificationModule").get("nctId"))
    if not number:
        what = f"entry {place} has no protocolSection with an nctId"
        if isinstance(entry, dict) and ("FullStudiesResponse" in entry or "clinical_study" in entry):
            what = "this is in the format that ClinicalTrials.gov gave up in 2024"
        advice = "download the study again as JSON from the website, or from the API, version 2"
        return RawRecord(None, path, problems=(problem(Mistake("E170", WHOLE_FILE, what, advice), path),)), offset
    start = max(found.find(number, offset), 0)
    here = found.position(start)
    data, assumed = record_of(protocol)
    results = Results(number, data["arms"])
    results.read(mapping(entry, "resultsSection"), randomised=data.get("design", {}).get("allocation") == "randomised")
    data["outcomes"] = results.reports
    positions: dict[FieldPath, Position] = {(): here, ("id",): here}
    for path_of_part in _numbered(data, ()):
        positions.setdefault(path_of_part, here)
    for index, title in enumerate(results.titles):
        if (at := found.find(title, start)) >= 0:
            for path_of_part in _numbered(data["outcomes"][index], ("outcomes", index)):
                positions[path_of_part] = found.position(at)
    notes = [("W172", sentence) for sentence in (*assumed, *results.assumed)]
    notes += [("W171", sentence) for sentence in results.left]
    asks = {"W171": f"see {number} on clinicaltrials.gov", "W172": "compare the titles in the registry"}
    problems = tuple(problem(Mistake(code, here, f"{number}: {text}", asks[code]), path) for code, text in notes)
    return RawRecord(data, path, positions, problems=problems), start


def _numbered(value: Any, path: FieldPath) -> Iterator[FieldPath]:
    """Yield the path of every part, and of every value that is a number."""
    if isinstance(value, dict):
        yield path
        for key, inner in value.items():
            yield from _numbered(inner, (*path, key))
    elif isinstance(value, list):
        yield path
        for index, inner in enumerate(value):
            yield from _numbered(inner, (*path, index))
    elif isinstance(value, (int, float)):
        yield path
