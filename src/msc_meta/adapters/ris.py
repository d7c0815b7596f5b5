"""References in the RIS format, read strictly: one that has no end is a complaint, and never dropped."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from msc_meta.adapters.references import Reference, citation

_TAG: Final = re.compile(r"([A-Z][A-Z0-9])  ?-(?: (.*)|)$")
_GROUP: Final = re.compile(r"\b(investigators|group|consortium|collaboration|network|trialists)\b", re.IGNORECASE)


def references_of_ris(text: str) -> Iterator[Reference]:
    r"""Yield the references of an RIS file, in its order.

    Examples
    --------
    >>> [found] = references_of_ris("TY  - JOUR\nAU  - Doe, Jane\nPY  - 2022\nER  - \n")
    >>> found.citation
    {'authors': ['Doe J'], 'year': 2022}
    """
    fields: dict[str, list[list[str]]] = {}  # tag -> its texts, each as the lines that it stands in
    begun = 0
    last: list[str] | None = None
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")  # splitlines knows ends that no editor counts
    for number, line in enumerate(lines, start=1):
        content = line.rstrip()
        found = _TAG.match(content)
        if found is None:
            if begun and last is not None and content.strip():
                last.append(content.strip())
            elif content.strip():
                yield Reference(number, complaint=f"text before a reference begins (TY): {_short(content)}")
                return
            continue
        tag, value = found[1], (found[2] or "").strip()
        if tag == "TY":
            if begun:
                yield Reference(begun, complaint="the reference has no end (ER) before the next one begins")
            fields, begun, last = {}, number, None
        elif tag == "ER" and begun:
            whole = {tag: [" ".join(text) for text in texts] for tag, texts in fields.items()}
            yield Reference(begun, _citation(whole))
            begun, last = 0, None
        elif not begun:
            yield Reference(number, complaint=f"{tag} stands before a reference begins (TY)")
            return
        else:
            last = [value]
            fields.setdefault(tag, []).append(last)
    if begun:
        yield Reference(begun, complaint="the reference has no end (ER); the file may be cut off")


def _citation(fields: dict[str, list[str]]) -> dict[str, object]:
    def first(*tags: str) -> str:
        return next((text for tag in tags for text in fields.get(tag, ()) if text), "")

    authors = [name for tag in ("AU", "A1") for name in fields.get(tag, ())]
    groups = [name for name in authors if _GROUP.search(name)]
    pages = "-".join(dict.fromkeys(filter(None, (first("SP"), first("EP")))))
    database = first("DB", "DP").lower()
    listed = "pubmed" in database or "medline" in database or "nlm" in database
    return citation(
        authors=[name for name in authors if name not in groups],
        collaboration=groups[0] if groups else "",
        title=first("TI", "T1"),
        journal=first("JO", "JF", "T2", "JA", "J2"),
        year=first("PY", "Y1", "DA"),
        volume=first("VL"),
        issue=first("IS"),
        pages=pages,
        doi=first("DO") or next((url for url in fields.get("UR", ()) if "doi.org/" in url), ""),
        pmid=first("AN") if listed else "",
        pmcid=first("C2") if first("C2").upper().startswith("PMC") else "",
    )


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:39]}…")
