"""A reference of a paper as reference managers hold it, and as the record's citation wants it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

_DOI = re.compile(r"10\.\d{4,9}/\S+")
_YEAR = re.compile(r"(?:19|20)\d\d")
_PARTICLES = {"van", "von", "de", "der", "den", "del", "della", "di", "da", "dos", "du", "la", "le", "ten", "ter"}


@dataclass(frozen=True, slots=True)
class Reference:
    """One reference: the fields of a citation that it fills, and the line where it begins."""

    line: int
    citation: Mapping[str, Any] = field(default_factory=dict)
    complaint: str = ""
    """What keeps the reference from being read; empty where nothing does."""


def citation(
    *,
    authors: Iterable[str] = (),
    collaboration: str = "",
    title: str = "",
    journal: str = "",
    year: str = "",
    volume: str = "",
    issue: str = "",
    pages: str = "",
    doi: str = "",
    pmid: str = "",
    pmcid: str = "",
) -> dict[str, Any]:
    """Return a citation in the record format; what is empty, or has not its shape, is left out.

    Examples
    --------
    >>> citation(authors=["Doe, Jane A."], year="2019/03/01/", volume="59", issue="5", doi="https://doi.org/10.1/x")
    {'authors': ['Doe JA'], 'year': 2019, 'volume': '59(5)'}
    """
    found_doi = _DOI.search(doi)
    found_year = _YEAR.search(year)
    digits = re.fullmatch(r"(?:PMID:? ?)?([1-9]\d{0,8})", pmid.strip(), re.IGNORECASE)
    central = re.fullmatch(r"(PMC)?(\d+)", pmcid.strip(), re.IGNORECASE)
    found = {
        "authors": [name for name in map(author, authors) if name],
        "collaboration": _line(collaboration),
        "title": _line(title).rstrip("."),
        "journal": _line(journal),
        "year": int(found_year[0]) if found_year else None,
        "volume": f"{_line(volume)}({_line(issue)})" if _line(volume) and _line(issue) else _line(volume),
        "pages": _line(pages).replace("--", "-").replace("–", "-"),
        "doi": found_doi[0].rstrip(".,;)") if found_doi else "",
        "pmid": digits[1] if digits else "",
        "pmcid": f"PMC{central[2]}" if central else "",
    }
    return {key: value for key, value in found.items() if value}


def author(name: str) -> str:
    """Return an author as journals print the name: family name and initials.

    Examples
    --------
    >>> author("Martínez-Muñoz, María E."), author("Jane Doe"), author("van der Berg, Jan"), author("Doe JA")
    ('Martínez-Muñoz ME', 'Doe J', 'van der Berg J', 'Doe JA')
    """
    family, comma, given = _line(name).partition(",")
    if not comma:
        words = family.split()
        if len(words) < 2 or words[-1].isupper():
            return " ".join(words)
        first = next((place for place, word in enumerate(words[:-1]) if word.lower() in _PARTICLES), len(words) - 1)
        family, given = " ".join(words[first:]), " ".join(words[:first])
    initials = "".join(part[0].upper() for part in re.split(r"[\s.\-]+", given) if part and part[0].isalpha())
    plain = given.replace(".", "").replace(" ", "")
    return f"{family.strip()} {plain if plain.isupper() and len(plain) <= 4 else initials}".strip()


def _line(text: str) -> str:
    return " ".join(text.split())
