"""References in CSL-JSON, as Zotero and other managers export them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msc_meta.adapters.json_text import JsonText, mapping, mappings, words
from msc_meta.adapters.references import Reference, citation


def references_of_csl(found: JsonText) -> Iterator[Reference]:
    """Yield the references of a list of CSL items, or of one item."""
    items = found.value if isinstance(found.value, list) else [found.value]
    offset = 0
    for item in items:
        if not isinstance(item, dict):
            yield Reference(found.position(offset).line, complaint="an item of the list is no reference")
            continue
        offset = max(found.find(words(item.get("title")), offset), offset)
        yield Reference(max(found.position(offset).line, 1), _citation(item))


def _citation(item: dict[str, Any]) -> dict[str, Any]:
    people = mappings(item.get("author"))
    return citation(
        authors=[_name(person) for person in people if not person.get("literal")],
        collaboration=next((words(person["literal"]) for person in people if person.get("literal")), ""),
        title=words(item.get("title")),
        journal=words(item.get("container-title")),
        year=_year(mapping(item, "issued")),
        volume=words(item.get("volume")),
        issue=words(item.get("issue")),
        pages=words(item.get("page")),
        doi=words(item.get("DOI")),
        pmid=words(item.get("PMID")),
        pmcid=words(item.get("PMCID")),
    )


def _name(person: dict[str, Any]) -> str:
    parts = [words(person.get(key)) for key in ("non-dropping-particle", "family")]
    return f"{' '.join(filter(None, parts))}, {words(person.get('given'))}"


def _year(issued: dict[str, Any]) -> str:
    dates = issued.get("date-parts")
    first = dates[0] if isinstance(dates, list) and dates else None
    found = first[0] if isinstance(first, list) and first else issued.get("raw") or issued.get("literal")
    return words(found)
