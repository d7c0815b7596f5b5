"""What a run or a lock left behind, read again: results.json and manifest.json, looked at before they are believed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msc_meta.effects.measures import MEASURES
from msc_meta.errors import UsageError
from msc_meta.input import read_ordinary
from msc_meta.output import MANIFEST

RESULTS = "results.json"
LARGEST = 1e300
MAX_BYTES = 256 * 1024 * 1024
MAX_DEPTH = 50
NUMBERS = ("estimate", "se", "p_value", "tau2", "i2", "q", "level")


def results_in(folder: Path) -> Mapping[str, Any] | None:
    """Return what a run wrote into a folder; None where there is no results.json.

    Raises
    ------
    UsageError
        If it can not be read, or is not what a run writes; says where.
    """
    path = folder / RESULTS
    if not path.is_file():
        return None
    found = _json(path, f"no {RESULTS} of a run")
    outcomes = found.get("outcomes")
    if not isinstance(outcomes, dict):
        raise UsageError(f"{path} is no {RESULTS} of a run: it has no outcomes")
    for name, side in outcomes.items():
        if wrong := _wrong_outcome(side):
            raise UsageError(f"{path} is damaged, or no {RESULTS} of a run: outcomes.{name}{wrong}")
    return found


def manifest_in(place: Path) -> Mapping[str, Any]:
    """Return the manifest of a run's output, a folder, or a manifest or lock file itself.

    Raises
    ------
    UsageError
        If there is none, or it can not be read.
    """
    path = place / MANIFEST if place.is_dir() else place
    if not path.is_file():
        missing = f"{place} has no {MANIFEST}: it is no output of msc-meta run"
        raise UsageError(missing if place.is_dir() or place.name == MANIFEST else f"there is no file {place}")
    found = _json(path, "no manifest of a run, and no lock")
    if wrong := _wrong_manifest(found):
        raise UsageError(f"{path} is no manifest of a run, and no lock: {wrong}")
    return found


def record_hashes_in(folder: Path) -> Mapping[str, str] | None:
    """Return the hash of each record that a run was made from; None where its manifest does not tell."""
    try:
        found = manifest_in(folder)["evidence"].get("records")
    except UsageError:
        return None
    return found or None


def screening_hash_in(folder: Path) -> str | None:
    """Return the hash of the screening file that a run was made from; None where its manifest has none."""
    try:
        found = manifest_in(folder).get("screening", {}).get("sha256")
    except UsageError:
        return None
    return found if isinstance(found, str) else None


def _json(path: Path, otherwise: str) -> dict[str, Any]:
    try:
        found = json.loads(read_ordinary(path, MAX_BYTES).decode("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"{path} is {otherwise}: {type(error).__name__} {error}") from None
    if _deeper(found, MAX_DEPTH):
        raise UsageError(f"{path} is {otherwise}: it is nested more than {MAX_DEPTH} deep")
    if not isinstance(found, dict):
        raise UsageError(f"{path} is {otherwise}: it holds no mapping")
    return found


def _deeper(value: Any, depth: int) -> bool:
    """Say whether lists and mappings lie in each other more than ``depth`` deep."""
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return depth < 0 or any(_deeper(one, depth - 1) for one in inside if isinstance(one, dict | list))


def _wrong_manifest(found: Mapping[str, Any]) -> str:
    """Say what is wrong with a manifest; nothing if its parts have their form."""
    if not isinstance(found.get("screening", {}), dict):
        return "screening is no table of texts"
    for part in ("evidence", "protocol"):
        if not isinstance(found.get(part), dict) or not isinstance(found[part].get("sha256"), str):
            return f"it has no hash of the {part}"
    tables = {
        "files": found.get("files", {}), "libraries": found.get("libraries", {}),
        "evidence.records": found["evidence"].get("records", {}),
    }  # fmt: skip
    for name, table in tables.items():
        if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
            return f"{name} is no table of texts"
    return ""


def _wrong_outcome(side: Any) -> str:
    """Say what is wrong with an outcome of results.json; nothing if all that is compared has its form."""
    if not isinstance(side, dict):
        return " is no mapping"
    measure, k = side.get("measure"), side.get("k")
    if not isinstance(measure, str) or measure not in MEASURES:
        return f".measure is {measure!r}, no measure"
    if not isinstance(k, int) or isinstance(k, bool) or k < 0:
        return f".k is {k!r}, no number of comparisons"
    shown = side.get("display")
    if not isinstance(shown, dict):
        return ".display is no mapping"
    for name in NUMBERS:
        if not _is_number(side.get(name)):
            return f".{name} is {side[name]!r}, no number"
    for place, part in (("", side), (".display", shown)):
        for name in ("ci", "prediction"):
            if not _is_pair(part.get(name)):
                return f"{place}.{name} is {part.get(name)!r}, no interval"
    if not _is_number(shown.get("estimate")):
        return f".display.estimate is {shown['estimate']!r}, no number"
    for name in ("title", "unit", "better", "method", "ci_method"):
        if not isinstance(side.get(name, ""), str):
            return f".{name} is {side[name]!r}, no text"
    return _wrong_rows(side)


def _wrong_rows(side: Mapping[str, Any]) -> str:
    rows = side.get("studies")
    if not isinstance(rows, list) or not isinstance(side.get("choices", {}), dict):
        return ".studies is no list" if not isinstance(rows, list) else ".choices is no mapping"
    for at, row in enumerate(rows):
        if not isinstance(row, dict) or not isinstance(row.get("id"), str):
            return f".studies[{at}] names no study"
        if not _is_number(row.get("yi")) or not _is_number(row.get("vi")):
            return f".studies[{at}] ({row['id']}) has no effect in numbers"
    return ""


def _is_number(value: Any) -> bool:
    """Whether a value is a number within reason, or undefined."""
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < LARGEST)


def _is_pair(value: Any) -> bool:
    return value is None or (isinstance(value, list) and len(value) == 2 and all(map(_is_number, value)))
