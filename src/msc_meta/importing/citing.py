"""Citations for records that exist: matched by DOI, PubMed number, or title and year; added, never overwritten."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from msc_meta.adapters.citations import identity
from msc_meta.hookspecs import FieldPath, Position
from msc_meta.importing.incoming import Incoming
from msc_meta.records.strict_yaml import Document, read_yaml
from msc_meta.records.study import Citation
from msc_meta.records.write_yaml import word

SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Merge:
    """What references do to a folder of records."""

    files: Mapping[Path, str] = field(default_factory=dict)
    """Records whose citation gains something -> their new text."""
    lines: tuple[str, ...] = ()
    """What was done with each reference, in words."""
    unmatched: tuple[Incoming, ...] = ()


def merge_citations(references: Iterable[Incoming], folder: Path) -> Merge:
    """Match references with the records of a folder, and fill in what their citations lack.

    A reference that may belong to two records, or that contradicts the record, changes nothing.
    """
    records = dict(_records(folder))
    known: dict[tuple[str, str], set[Path]] = {}
    for path, document in records.items():
        for key in _known_by(document):
            known.setdefault(key, set()).add(path)
    texts: dict[Path, str] = {}
    lines: list[str] = []
    unmatched: list[Incoming] = []
    for reference in references:
        citation = (reference.raw.data or {})["citation"]
        found = set().union(*(known.get(key, set()) for key in identity(citation)))
        if not found and any(path.stem == reference.id for path in records):
            known_as = f"{reference.id}.yaml has that name, but no DOI, PubMed number or title to tell by"
            lines.append(f"{reference.id}: left out: {known_as}")
            continue
        if not found:
            unmatched.append(reference)
            continue
        if len(found) > 1:
            names = ", ".join(sorted(path.name for path in found))
            lines.append(f"{reference.id}: left out: it may be any of {names}")
            continue
        (path,) = found
        text = texts.get(path) or path.read_bytes().decode("utf-8-sig")
        changed, said = add_citation(text, citation)
        lines.append(f"{reference.id}: {path}: {said}")
        if changed != text:
            texts[path] = changed
    return Merge(texts, tuple(lines), tuple(unmatched))


def add_citation(text: str, citation: Mapping[str, Any], mark: str = "") -> tuple[str, str]:
    r"""Return a record's text with what its citation lacks, and what was done in words; comments stay.

    Parameters
    ----------
    text : str
        A record as YAML, also one that is still to be filled in.
    citation : mapping
        Fields of a citation.
    mark : str
        A comment for each added line.

    Examples
    --------
    >>> add_citation("id: doe-2024\ncitation:\n  year: 2024  # seen\n", {"year": 2024, "doi": "10.1000/x"})
    ('id: doe-2024\ncitation:\n  doi: 10.1000/x\n  year: 2024  # seen\n', 'added doi')
    """
    document = read_yaml(text, "record.yaml")
    there = (document.data or {}).get("citation") or {}
    if document.data is None or not isinstance(there, dict):
        return text, "left as it is: the record can not be read"
    lacking = {key: citation[key] for key in Citation.model_fields if key in citation and there.get(key) in (None, [])}
    named = {key: _without(citation[key], there.get("collaboration")) for key in citation}
    differing = [key for key in named if there.get(key) not in (None, []) and not _same(there[key], named[key])]
    changed = text
    for key, value in lacking.items():
        changed = _with(changed, key, value, mark)
    after = read_yaml(changed, "record.yaml")
    wanted = {**document.data, "citation": {**there, **lacking}}
    if lacking and (after.problems or _said(after.data) != _said(wanted)):
        return text, "left as it is: its citation is written in a way that can not be added to; edit it by hand"
    said = [f"added {', '.join(lacking)}"] if lacking else ["nothing new"]
    said += [f"{key} is {there[key]} there and {citation[key]} here" for key in differing]
    return changed, "; ".join(said)


def _with(text: str, key: str, value: Any, mark: str) -> str:
    """Return the text with one more field in its citation: in its empty line, or as the first of its fields."""
    document = read_yaml(text, "record.yaml")
    lines = text.splitlines(keepends=True)
    path: FieldPath = ("citation", key)
    written = f"{key}: {_flow(value)}"
    comment = f"  {mark}" if mark else ""
    if (here := document.keys.get(path)) is not None:
        line = lines[here.line - 1]
        start = here.column - 1 + len(key) + 1
        rest = re.sub(r"^ *(\[ *\]|~|null)?", "", line[start:], count=1)
        blank = " " if rest.lstrip().startswith("#") else ""
        lines[here.line - 1] = f"{line[:start]} {_flow(value)}{blank}{rest}"
        return "".join(lines)
    children = [place for name, place in document.keys.items() if len(name) == 2 and name[0] == "citation"]
    opened = document.positions.get(("citation",))
    head = document.keys.get(("citation",))
    if head is None:
        place = _after_head(document, len(lines))
        lines.insert(place, f"citation:\n  {written}{comment}\n")
    elif opened is not None and lines[opened.line - 1][opened.column - 1 :].startswith("{"):
        line = lines[opened.line - 1]
        lines[opened.line - 1] = f"{line[: opened.column]}{written}, {line[opened.column :]}"
    else:
        indent = " " * (min(children, default=Position(0, 3)).column - 1)
        lines.insert(head.line, f"{indent}{written}{comment}\n")
    return "".join(lines)


def _flow(value: Any) -> str:
    """Return a value on one line, so that it can stand within brackets too."""
    if isinstance(value, list):
        return f"[{', '.join(word(str(item), inside=True) for item in value)}]"
    return word(value, inside=True) if isinstance(value, str) else str(value)


def _after_head(document: Document, count: int) -> int:
    """Return the line before which a citation goes: after id, label and status."""
    head = ("id", "label", "status")
    later = [place.line for name, place in document.keys.items() if len(name) == 1 and name[0] not in head]
    return min(later) - 1 if later else count


def _records(folder: Path) -> Iterator[tuple[Path, Document]]:
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.suffix.lower() in SUFFIXES and path.is_file():
            document = read_yaml(path.read_bytes(), str(path))
            if document.data is not None:
                yield path, document


def _known_by(document: Document) -> list[tuple[str, str]]:
    found = (document.data or {}).get("citation")
    return identity(found) if isinstance(found, dict) else []


def _without(value: Any, collaboration: Any) -> Any:
    """Return authors without the group that the record names apart from them: RIS and BibTeX have one list."""
    return [name for name in value if not _same(name, collaboration)] if isinstance(value, list) else value


def _same(one: Any, other: Any) -> bool:
    def plain(value: Any) -> str:
        return re.sub(r"[\W_]+", "", str(value)).lower()

    return plain(one) == plain(other)


def _said(data: Any) -> Any:
    """Return a record without what it leaves empty."""
    if isinstance(data, dict):
        return {key: _said(value) for key, value in data.items() if value not in (None, [])}
    return [_said(item) for item in data] if isinstance(data, list) else data
