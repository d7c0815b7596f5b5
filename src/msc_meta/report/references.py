"""A trial's report as a reference list prints it: Vancouver style, from what the record says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from msc_meta.records.study import Citation, Study

MOST_AUTHORS: Final = 6  # more than these are "et al." (ICMJE)


def reference_of(study: Study) -> str:
    """Return a study's reference in Vancouver style, with its DOI, else its PubMed number, and registry numbers.

    What the record does not hold is left out, never filled in; a study without authors and title begins with its
    label.

    Examples
    --------
    >>> import msc_meta as mm
    >>> studies = mm.load_studies("studies/")
    >>> reference_of(studies["aghayan-2022"]).partition(" Registered")[0]
    'Aghayan HR, et al. Stem Cell Res Ther. 2022;13:365. doi:10.1186/s13287-022-02953-6.'
    """
    said = study.citation
    parts = [_authors(said), _sentence(said.title), _place(said), _identifier(said)]
    if not any(parts[:2]):
        parts = [_sentence(study.label), *parts]
    registered = ", ".join(study.registrations)
    return " ".join(filter(None, [*parts, f"Registered as {registered}." if registered else ""]))


def _authors(said: Citation) -> str:
    names = list(said.authors)
    if len(names) > MOST_AUTHORS or (names and _others(said)):
        names = [*names[:MOST_AUTHORS], "et al"]
    people = ", ".join(names)
    return _sentence("; ".join(filter(None, (people, said.collaboration))))


def _others(said: Citation) -> bool:
    """Whether the record says that only the first of several authors was seen."""
    return len(said.authors) == 1 and "et al" in (said.note or "")


def _place(said: Citation) -> str:
    """Return journal, year, volume and pages."""
    year = str(said.year) if said.year is not None else ""
    volume = f";{said.volume}" if said.volume else ""
    pages = f":{said.pages}" if said.pages else ""
    when = f"{year}{volume}{pages}".lstrip(";:")
    return " ".join(_sentence(part) for part in (said.journal, when) if part)


def _identifier(said: Citation) -> str:
    if said.doi:
        return f"doi:{said.doi}."
    return f"PMID {said.pmid}." if said.pmid else f"PMCID {said.pmcid}." if said.pmcid else ""


def _sentence(text: str | None) -> str:
    """Return text with a full stop at its end, where it has no stop of its own.

    Examples
    --------
    >>> _sentence("Why add anything to nothing?"), _sentence("Cell Transplant"), _sentence(None)
    ('Why add anything to nothing?', 'Cell Transplant.', '')
    """
    words = " ".join((text or "").split())
    return words if not words or words[-1] in ".!?" else f"{words}."
