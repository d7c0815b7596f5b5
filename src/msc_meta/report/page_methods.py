"""What a page says about how it was made: methods, checklist, choices, references, versions and hashes.

Methods, checklist and references are written by modules of their own, which the manuscript shares.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from msc_meta.report.page_records import Piece, linked
from msc_meta.report.page_tables import Cell, Column, Table
from msc_meta.report.prisma import checklist
from msc_meta.report.references import reference_of

if TYPE_CHECKING:
    from msc_meta.records.study import Study
    from msc_meta.report.page_records import RecordText
    from msc_meta.synthesis import OutcomeSynthesis, Synthesis


class Reference(NamedTuple):
    """A study's reference, its addresses as links, with its label and the link to its record."""

    label: str
    href: str
    pieces: tuple[Piece, ...]


def choices_table(outcome: OutcomeSynthesis) -> Table:
    """Return every choice of the protocol for an outcome, as it was used."""
    chosen = outcome.rules.model_dump(mode="json", exclude={"title", "sensitivity", "numbers"})
    return Table(
        id=f"{outcome.name}-choices",
        caption=f"{outcome.rules.title}: every choice of the analysis",
        columns=(Column("Choice"), Column("Used")),
        rows=tuple((Cell(name), Cell(value)) for name, value in _flat(chosen)),
    )


def _flat(values: Mapping[str, Any], head: str = "") -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{head}{name}.")
        else:
            yield f"{head}{name}", _choice(value)


def _choice(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value in (None, "") else f"{value:g}" if isinstance(value, float) else str(value)


def checklist_table(synthesis: Synthesis) -> Table:
    """Return the checklist of PRISMA 2020, filled as far as records and protocol answer it."""
    return Table(
        id="prisma",
        caption="PRISMA 2020 checklist: what this synthesis reports, and what is left for the authors",
        columns=(Column("Item"), Column("Topic"), Column("What to report", prose=True), Column("Where", prose=True)),
        rows=tuple(tuple(map(Cell, (one.item, one.topic, one.text, one.where))) for one in checklist(synthesis)),
    )


def software_table(synthesis: Synthesis, evidence_hash: str) -> Table:
    """Return the versions of everything that numbers depend on, and the hashes of what went in."""
    from importlib.metadata import version

    from msc_meta import __version__
    from msc_meta.report.manifest import LIBRARIES

    protocol = synthesis.protocol
    rows = [("msc_meta", __version__), *((name, version(name)) for name in LIBRARIES)]
    rows += [(f"protocol {protocol.id}, SHA-256", protocol.sha256), ("evidence, SHA-256", evidence_hash)]
    return Table(
        id="versions",
        caption="Versions and fingerprints",
        columns=(Column("What"), Column("Version or hash")),
        rows=tuple((Cell(name), Cell(value)) for name, value in rows),
        notes=("manifest.json beside this page has the hash of every file of the run.",),
    )


def references(studies: Sequence[Study], records: Mapping[str, RecordText]) -> tuple[Reference, ...]:
    """Return the reference of each study, with the link to its record."""
    return tuple(
        Reference(study.label, records[study.id].href("citation"), linked(_without_label(study))) for study in studies
    )


def _without_label(study: Study) -> str:
    """Return a study's reference; what is known by its label alone does not say it twice."""
    text = reference_of(study)
    return text.removeprefix(f"{study.label}.").lstrip() or "No report seen."
