"""Citations of the trials in the synthesis, as RIS and as CSL-JSON."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from msc_meta.hookspecs import Exported

if TYPE_CHECKING:
    from msc_meta.records.study import Study
    from msc_meta.synthesis import Synthesis

RESOLVER = "https://doi.org/"


def included(synthesis: Synthesis) -> tuple[Study, ...]:
    """Return the trials that are pooled for any outcome, in the order of the records."""
    pooled = {row.study for outcome in synthesis.values() for row in outcome.pooled}
    return tuple(study for study in synthesis.studies if study.id in pooled)


def ris(synthesis: Synthesis) -> Exported:
    """Return the citations of the included trials as RIS, which every reference manager reads."""
    studies = included(synthesis)
    text = "".join("".join(f"{tag}  - {_line(value)}\r\n" for tag, value in _tags(study)) + "\r\n" for study in studies)
    return Exported({"included.ris": text}, tuple(_left_out(synthesis, studies)))


def _tags(study: Study) -> list[tuple[str, Any]]:
    said = study.citation
    first, last = _pages(said.pages)
    values: list[tuple[str, Any]] = [
        ("TY", "JOUR" if said.journal else "GEN"), ("ID", study.id),
        *(("AU", _ris_name(name)) for name in said.authors),
        ("AU", said.collaboration), ("TI", said.title), ("JO", said.journal), ("PY", said.year), ("VL", said.volume),
        ("SP", first), ("EP", last), ("DO", said.doi), ("AN", said.pmid), ("C2", said.pmcid),
        ("LB", study.label), *(("M1", number) for number in study.registrations),
        ("UR", f"{RESOLVER}{said.doi}" if said.doi else None),
    ]  # fmt: skip
    return [*((tag, value) for tag, value in values if value is not None), ("ER", "")]


def _ris_name(name: str) -> str:
    """Return "Martinez-Munoz ME" as RIS has names: family, given."""
    family, initials = _parts(name)
    return f"{family}, {initials}" if initials else family


def _line(value: Any) -> str:
    return " ".join(str(value).split())  # a line break would begin another tag


def _parts(name: str) -> tuple[str, str]:
    """Return family name and initials, where the last word is initials.

    Examples
    --------
    >>> _parts("Martinez-Munoz ME"), _parts("de la Cruz J"), _parts("DECOVID group")
    (('Martinez-Munoz', 'ME'), ('de la Cruz', 'J'), ('DECOVID group', ''))
    """
    family, _, last = name.strip().rpartition(" ")
    return (family, last) if family and re.fullmatch(r"[^\W\d_a-z][^\W\d_a-z.\-]{0,4}\.?", last) else (name.strip(), "")


def _pages(pages: str | None) -> tuple[str | None, str | None]:
    if pages is None:
        return None, None
    first, dash, last = pages.replace("\u2013", "-").partition("-")
    return (first.strip(), last.strip()) if dash and first and last else (pages, None)


def csl_json(synthesis: Synthesis) -> Exported:
    """Return the citations of the included trials as CSL-JSON, which pandoc and Zotero read."""
    studies = included(synthesis)
    text = json.dumps([_csl(study) for study in studies], indent=2, ensure_ascii=False) + "\n"
    return Exported({"included.json": text}, tuple(_left_out(synthesis, studies)))


def _csl(study: Study) -> dict[str, Any]:
    said = study.citation
    names: list[dict[str, str]] = []
    for name in said.authors:
        family, given = _parts(name)
        names.append({"family": family, "given": given} if given else {"family": family})
    if said.collaboration:
        names.append({"literal": said.collaboration})
    values: dict[str, Any] = {
        "id": study.id, "type": "article-journal" if said.journal else "document", "author": names or None,
        "title": said.title, "container-title": said.journal, "volume": said.volume, "page": said.pages,
        "issued": {"date-parts": [[said.year]]} if said.year is not None else None, "DOI": said.doi, "PMID": said.pmid,
        "PMCID": said.pmcid, "title-short": study.label,
        "note": "; ".join(study.registrations) or None,
    }  # fmt: skip
    return {key: value for key, value in values.items() if value is not None}


def _left_out(synthesis: Synthesis, studies: tuple[Study, ...]) -> list[str]:
    found = ["everything but the citations"]
    others = len(synthesis.studies) - len(studies)
    if others:
        found.append(f"{others} studies that are not pooled for any outcome")
    found += [f"a note on the citation of {study.label}" for study in studies if study.citation.note]
    return found
