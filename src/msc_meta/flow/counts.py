"""The flow of a review by PRISMA 2020: what was typed of search and selection, and what the records say themselves.

The included studies and their reports are those of the records that the protocol includes. What was typed is compared
with them, and what does not agree is a problem with a line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, final

from msc_meta.flow.agreement import disagreements
from msc_meta.flow.boxes import FlowBox, boxes_of_included, boxes_of_records, boxes_of_search, boxes_of_syntheses
from msc_meta.flow.from_records import FromRecords, from_records
from msc_meta.records.structure import placed

if TYPE_CHECKING:
    from msc_meta.errors import Problem
    from msc_meta.protocol import Eligibility
    from msc_meta.records.findings import Finding
    from msc_meta.records.study import Study
    from msc_meta.screening.numbers import ScreeningNumbers, SearchedSource
    from msc_meta.screening.screening_file import Screening
    from msc_meta.synthesis import Synthesis

NOT_GIVEN: Final = "The numbers of search and screening were not given: there is no screening file."


@final
@dataclass(frozen=True)
class Flow:
    """The flow of a review: boxes with numbers, what they rest on, and what does not agree.

    Attributes
    ----------
    boxes : tuple of FlowBox
        Row by row.
    records : FromRecords
        What the records say.
    pooled : mapping of str to tuple of str
        Title of an outcome -> ids of the studies in its synthesis; empty where nothing was pooled yet.
    problems : tuple of Problem
        Where typed numbers and records do not agree.
    notes : tuple of str
        Sentences below the figure.
    typed : bool
        Whether there is a screening file.
    searched : str
        What was searched, and when, as a sentence.
    """

    boxes: tuple[FlowBox, ...]
    records: FromRecords
    pooled: Mapping[str, tuple[str, ...]]
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    typed: bool = True
    searched: str = ""

    @property
    def unpooled(self) -> dict[str, str]:
        """Id -> label of the included studies that are in no synthesis."""
        pooled = {study for studies in self.pooled.values() for study in studies}
        return {study: label for study, label in self.records.included.items() if study not in pooled}

    @cached_property
    def counts(self) -> dict[str, int | None]:
        """Every number of the diagram by its key; None where it is not stated."""
        return {line.key: line.n for box in self.boxes for line in box.lines if not line.heading}

    def rows(self) -> tuple[tuple[str, ...], ...]:
        """Return the numbers as a table, the header first."""
        lines = (
            (box.phase, box.lines[0].label if line is not box.lines[0] else "", line)
            for box in self.boxes
            for line in box.lines
            if not line.heading
        )
        told = (
            (phase, within, one.label, "not stated" if one.n is None else str(one.n)) for phase, within, one in lines
        )
        return (("Phase", "Box", "What", "n"), *told)

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        return {
            "typed": self.typed,
            "counts": dict(self.counts),
            "included": [
                {"id": study, "label": label, "reports": self.records.reports[study]}
                for study, label in self.records.included.items()
            ],
            "excluded_by_protocol": [one._asdict() for one in self.records.excluded],
            "syntheses": {title: list(studies) for title, studies in self.pooled.items()},
            "in_no_synthesis": list(self.unpooled) if self.pooled else [],
            "problems": [{"code": one.code, "field": one.field, "message": one.message} for one in self.problems],
            "notes": list(self.notes),
        }


def flow_of(synthesis: Synthesis, screening: Screening | None = None) -> Flow:
    """Return the flow of a review down to its syntheses.

    Parameters
    ----------
    synthesis : Synthesis
        What `synthesize` returns.
    screening : Screening, optional
        What `load_screening` returns; the one that was found with the records if left out.

    Examples
    --------
    >>> import msc_meta as mm
    >>> flow = flow_of(mm.synthesize(mm.load_studies("studies/"), sensitivity=False))
    >>> flow.typed, flow.counts["included.studies"] == len(flow.records.included)
    (False, True)
    """
    titles = Counter(one.rules.title for one in synthesis.values())  # two outcomes may have the same one
    pooled = {
        one.rules.title if titles[one.rules.title] == 1 else f"{one.rules.title} ({name})": tuple(
            dict.fromkeys(row.study for row in one.pooled)
        )
        for name, one in synthesis.items()
    }
    return flow_counts(synthesis.studies, synthesis.protocol.eligibility, screening or synthesis.screening, pooled)


def flow_counts(
    studies: Sequence[Study],
    eligibility: Eligibility,
    screening: Screening | None = None,
    pooled: Mapping[str, tuple[str, ...]] | None = None,
) -> Flow:
    """Return the flow of a review from its records, and from a screening file where there is one."""
    numbers = screening.numbers if screening is not None else None
    found = from_records(studies, eligibility, numbers)
    pooled = pooled or {}
    if screening is None or numbers is None:
        return Flow(
            (*boxes_of_records(found), *boxes_of_syntheses(found, pooled, 2)), found, pooled, (), (NOT_GIVEN,), False
        )
    findings = list(disagreements(numbers, found))
    problems = tuple(placed(screening.document, findings))
    notes = tuple(
        filter(
            None,
            (numbers.note, *dict.fromkeys(_sentence(one.message) for one in findings if _shows(one))),
        )
    )
    boxes = (*boxes_of_search(numbers), *boxes_of_included(numbers, found, pooled))
    return Flow(
        tuple(sorted(boxes, key=lambda box: box.row)), found, pooled, problems, notes, searched=_searched(numbers)
    )


def _shows(finding: Finding) -> bool:
    """Whether who adds up the numbers of the figure sees what does not agree."""
    return finding.code == "W611" or finding.field[0] == "previous"


def _sentence(message: str) -> str:
    first = message.split(" ", 1)[0]  # an id stays as it is written
    begun = message if "-" in first else message[:1].upper() + message[1:]
    return f"{begun}.".replace(" - ", " − ")


def searches(numbers: ScreeningNumbers) -> tuple[SearchedSource, ...]:
    """Return every database, register and other source that was searched."""
    others = numbers.other_methods.sources if numbers.other_methods is not None else ()
    return (*(numbers.databases or ()), *(numbers.registers or ()), *others)


def _searched(numbers: ScreeningNumbers) -> str:
    named = [
        f"{source.name} (searched {source.searched})" if source.searched else f"{source.name} (day not stated)"
        for source in searches(numbers)
    ]
    return f"Sources: {', '.join(named)}." if named else ""
