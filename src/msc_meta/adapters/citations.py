"""References from a reference manager: RIS, BibTeX and CSL-JSON. A record begins with its citation and no more."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msc_meta.errors import Problem
from msc_meta.hookspecs import Adapter, FieldPath, Position, RawRecord, hookimpl

if TYPE_CHECKING:
    from msc_meta.adapters.references import Reference

MAX_BYTES = 32 * 1024 * 1024
MAX_REFERENCES = 50_000
SUFFIXES = (".ris", ".bib")
MARKS = ('"container-title"', '"date-parts"', '"issued"')
"""What a CSL-JSON file has and other JSON files have not."""


class Citations:
    """Reads references; one that the file has twice comes once."""

    name = "citations"
    description = "references of papers: RIS, BibTeX, CSL-JSON (*.ris, *.bib, *.json); they fill in citations"

    def accepts(self, path: Path) -> bool:
        """Say whether ``path`` is a file of references."""
        suffix = path.suffix.lower()
        if suffix in SUFFIXES or suffix != ".json" or path.is_dir():
            return suffix in SUFFIXES and not path.is_dir()
        from msc_meta.adapters.clinicaltrials_gov import MARKS as REGISTRY
        from msc_meta.adapters.json_text import mentions

        return mentions(path, MARKS) and not mentions(path, REGISTRY)

    def read(self, path: Path) -> Iterator[RawRecord]:
        """Yield one record per reference, in the order of the file, with nothing but its citation."""
        found = _references(path)
        if isinstance(found, Problem):
            yield RawRecord(None, str(path), problems=(found,))
            return
        yield from _records(found, path)


@hookimpl
def register_adapters(register: Callable[[Adapter], None]) -> None:
    """Offer the references."""
    register(Citations())


def _references(path: Path) -> list[Reference] | Problem:
    from msc_meta.adapters.bibtex import references_of_bibtex
    from msc_meta.adapters.csl_json import references_of_csl
    from msc_meta.adapters.files import read_bytes
    from msc_meta.adapters.json_text import read_json
    from msc_meta.adapters.ris import references_of_ris
    from msc_meta.records.findings import WHOLE_FILE, Mistake, problem

    if path.suffix.lower() == ".json":
        found = read_json(path)
        return found if isinstance(found, Problem) else _limited(references_of_csl(found), path)
    content = read_bytes(path, MAX_BYTES)
    if isinstance(content, Problem):
        return content
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        place = Position(content.count(b"\n", 0, error.start) + 1, 0)
        advice = "export it again with encoding UTF-8"
        return problem(Mistake("E101", place, "the file is not UTF-8", advice), str(path))
    read = references_of_ris if path.suffix.lower() == ".ris" else references_of_bibtex
    references = _limited(read(text), path)
    if not references:
        advice = "an RIS file has lines that begin with TY, a BibTeX file entries that begin with @"
        return problem(Mistake("E102", WHOLE_FILE, "the file has no references", advice), str(path))
    return references


def _limited(references: Iterator[Reference], path: Path) -> list[Reference] | Problem:
    from msc_meta.records.findings import WHOLE_FILE, Mistake, problem

    found = list(itertools.islice(references, MAX_REFERENCES + 1))
    if len(found) <= MAX_REFERENCES:
        return found
    message, advice = f"the file has more than {MAX_REFERENCES:,} references", "export those that may be included"
    return problem(Mistake("E103", WHOLE_FILE, message, advice), str(path))


def _records(references: list[Reference], path: Path) -> Iterator[RawRecord]:
    from msc_meta.adapters.study_ids import study_id
    from msc_meta.records.findings import Mistake, problem

    seen: dict[tuple[str, str], int] = {}
    ids: set[str] = set()
    spellings: dict[str, Iterator[str]] = {}  # each goes on where it was, or many of one name would take for ever
    for reference in references:
        place = Position(reference.line, 1)
        if reference.complaint:
            advice = "export the references again, or mend it by hand"
            problems = (problem(Mistake("E170", place, reference.complaint, advice), str(path)),)
            yield RawRecord(None, str(path), problems=problems)
            continue
        keys = identity(reference.citation)
        first = next((seen[key] for key in keys if key in seen), None)
        for key in keys:
            seen.setdefault(key, reference.line)
        if first is not None:
            message = f"the reference is left out: it is that of line {first} again"
            yield RawRecord(None, str(path), problems=(problem(Mistake("W171", place, message), str(path)),))
            continue
        label = _label(reference.citation)
        wanted = study_id(label) or "reference"
        name = next(one for one in spellings.setdefault(wanted, _spellings(wanted)) if one not in ids)
        ids.add(name)
        data: dict[str, Any] = {"id": name, "label": label, "citation": dict(reference.citation)}
        positions: dict[FieldPath, Position] = dict.fromkeys([(), ("id",), ("citation",)], place)
        yield RawRecord(data, str(path), positions)


def identity(citation: Any) -> list[tuple[str, str]]:
    """Return what a paper is known by: DOI, PubMed number, and a title that is long enough with its year.

    Examples
    --------
    >>> identity({"doi": "10.1000/X", "title": "Cells!", "year": 2022})
    [('doi', '10.1000/x')]
    """
    from msc_meta.adapters.study_ids import study_id

    found = [(key, str(citation[key]).lower()) for key in ("doi", "pmid") if citation.get(key)]
    words = study_id(str(citation.get("title") or ""))
    if words.count("-") >= 3 and citation.get("year"):
        found.append(("title", f"{citation['year']} {words}"))
    return found


def _label(citation: Any) -> str:
    people = citation.get("authors") or [citation.get("collaboration") or citation.get("title") or "Reference"]
    family = str(people[0]).rpartition(" ")[0] if citation.get("authors") else str(people[0])
    return f"{(family or str(people[0]))[:34].strip()} {citation.get('year', '')}".strip()


def _spellings(wanted: str) -> Iterator[str]:
    """Yield an id, and what it is called where it is taken: doe-2022, doe-2022b, doe-2022c, ... doe-2022-10."""
    yield wanted
    yield from (f"{wanted}{letter}" for letter in "bcdefghi")
    yield from (f"{wanted}-{number}" for number in itertools.count(10))
