"""The boxes of the flow diagram, as the templates of PRISMA 2020 have them: what each says, and in which row.

Page, McKenzie, Bossuyt et al. (2021). BMJ 372, n71.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

from msc_meta.screening.arithmetic import counted

if TYPE_CHECKING:
    from msc_meta.flow.from_records import FromRecords
    from msc_meta.screening.numbers import Reports, ScreeningNumbers

Phase = Literal["Identification", "Screening", "Included"]
Column = Literal["previous", "main", "main-side", "other", "other-side"]


class FlowLine(NamedTuple):
    """A line of a box: its words, and its number; ``n`` is None where it is not stated. A heading counts nothing."""

    key: str
    label: str
    n: int | None = None
    heading: bool = False
    indent: int = 0

    @property
    def text(self) -> str:
        """The line as the figure prints it: ``Records screened (n = 342)``."""
        if self.heading:
            return self.label
        return f"{self.label} (n = {'not stated' if self.n is None else self.n})"


class FlowBox(NamedTuple):
    """A box of the diagram; ``row`` counts from the top."""

    key: str
    phase: Phase
    column: Column
    row: int
    lines: tuple[FlowLine, ...]


def boxes_of_search(numbers: ScreeningNumbers) -> Iterator[FlowBox]:
    """Yield the boxes down to the reports assessed, all of them with typed numbers."""
    yield FlowBox("identified", "Identification", "main", 0, tuple(_identified(numbers)))
    removed = numbers.removed
    yield FlowBox("removed", "Identification", "main-side", 0, (
        FlowLine("removed", "Records removed before screening:", heading=True),
        FlowLine("removed.duplicates", "Duplicate records removed", removed.duplicates, indent=1),
        FlowLine("removed.automation_tools", "Records marked as ineligible by automation tools",
                 removed.automation_tools, indent=1),
        FlowLine("removed.other", "Records removed for other reasons", removed.other, indent=1),
    ))  # fmt: skip
    screened = numbers.screened
    yield _one("screened.records", "Screening", "main", 1, "Records screened", screened.records)
    excluded = [FlowLine("screened.excluded", "Records excluded", screened.excluded)]
    if screened.excluded_by_tools is not None:
        people = None if screened.excluded is None else screened.excluded - screened.excluded_by_tools
        excluded += [
            FlowLine("screened.excluded_by_people", "by a person", people, indent=1),
            FlowLine("screened.excluded_by_tools", "by automation tools", screened.excluded_by_tools, indent=1),
        ]
    yield FlowBox("screened.excluded", "Screening", "main-side", 1, tuple(excluded))
    yield from _reports(numbers.reports, "reports", "main", "main-side")
    if (other := numbers.other_methods) is not None:
        head = FlowLine("other", "Records identified from:", heading=True)
        lines = [
            FlowLine(f"other.sources.{at}", source.name, source.records, indent=1)
            for at, source in enumerate(other.sources)
        ]
        unsaid = [FlowLine("other.sources", "Other methods", None, indent=1)]
        yield FlowBox("other", "Identification", "other", 0, (head, *(lines or unsaid)))
        yield from _reports(other.reports, "other.reports", "other", "other-side")


def _identified(numbers: ScreeningNumbers) -> Iterator[FlowLine]:
    yield FlowLine("identified", "Records identified from:", heading=True)
    for kind, sources in (("databases", numbers.databases), ("registers", numbers.registers)):
        counts = [source.records for source in sources or ()]
        known = sources is not None and None not in counts
        yield FlowLine(kind, kind.capitalize(), sum(one or 0 for one in counts) if known else None, indent=1)
        for at, source in enumerate(sources or ()):
            yield FlowLine(f"{kind}.{at}", source.name, source.records, indent=2)


def _reports(found: Reports, key: str, column: Column, side: Column) -> Iterator[FlowBox]:
    yield _one(f"{key}.sought", "Screening", column, 2, "Reports sought for retrieval", found.sought)
    yield _one(f"{key}.not_retrieved", "Screening", side, 2, "Reports not retrieved", found.not_retrieved)
    yield _one(f"{key}.assessed", "Screening", column, 3, "Reports assessed for eligibility", found.assessed)
    lines = [FlowLine(f"{key}.excluded", "Reports excluded", excluded_reports(found))]
    for at, (reason, n) in enumerate(by_reason(found).items()):
        lines.append(FlowLine(f"{key}.reasons.{at}", reason, n, indent=1))
    yield FlowBox(f"{key}.excluded", "Screening", side, 3, tuple(lines))


def excluded_reports(found: Reports) -> int | None:
    """Return how many reports were excluded: as typed, or else the sum of all reasons; None where neither is said."""
    if found.excluded is not None or not found.reasons:
        return found.excluded
    return sum(filter(None, by_reason(found).values()))


def by_reason(found: Reports) -> dict[str, int]:
    """Return how many reports each reason excluded, the most frequent first."""
    tally: Counter[str] = Counter()
    for one in found.reasons:
        tally[one.reason] += counted(one) or 0
    return dict(sorted(tally.items(), key=lambda item: -item[1]))


def boxes_of_included(
    numbers: ScreeningNumbers, found: FromRecords, pooled: Mapping[str, tuple[str, ...]]
) -> Iterator[FlowBox]:
    """Yield the boxes of what is included, in an update with those of the version before."""
    studies, reports = len(found.included), sum(found.reports.values())
    if (previous := numbers.previous) is None:
        yield FlowBox("included", "Included", "main", 4, tuple(_tallied(found)))
        yield from boxes_of_syntheses(found, pooled, 5)
        return
    old = [study for study in previous.studies if study in found.included]
    version = f" ({previous.version})" if previous.version else ""
    yield FlowBox("previous", "Identification", "previous", 0, (
        FlowLine("previous.studies", f"Studies included in previous version of review{version}",
                 len(set(previous.studies))),
        FlowLine("previous.reports", "Reports of studies included in previous version of review", previous.reports),
    ))  # fmt: skip
    fresh = [study for study in found.included if study not in old]
    of_fresh = sum(found.reports[study] for study in fresh)
    lines = [
        FlowLine("new.studies", "New studies included in review", len(fresh)),
        FlowLine("new.reports", "Reports of new included studies", of_fresh),
    ]
    if previous.reports is not None and reports - previous.reports > of_fresh:
        more = reports - previous.reports - of_fresh
        lines.append(FlowLine("new.further_reports", "New reports of previously included studies", more))
    yield FlowBox("new", "Included", "main", 4, tuple(lines))
    yield FlowBox("included", "Included", "main", 5, (
        FlowLine("included.studies", "Total studies included in review", studies),
        *_unfinished(found),
        FlowLine("included.reports", "Reports of total included studies", reports),
    ))  # fmt: skip
    yield from boxes_of_syntheses(found, pooled, 6)


def boxes_of_records(found: FromRecords) -> Iterator[FlowBox]:
    """Yield the boxes of a review without a screening file: its records, and what the protocol makes of them."""
    yield _one("records", "Screening", "main", 0, "Studies with a record", len(found.included) + len(found.excluded))
    reasons = Counter(one.reason for one in found.excluded).most_common()
    lines = (
        FlowLine(f"excluded.reasons.{at}", reason[:1].upper() + reason[1:], n, indent=1)
        for at, (reason, n) in enumerate(reasons)
    )
    total = FlowLine("excluded", "Studies that the protocol excludes", len(found.excluded))
    yield FlowBox("excluded", "Screening", "main-side", 0, (total, *lines))
    yield FlowBox("included", "Included", "main", 1, tuple(_tallied(found)))


def _tallied(found: FromRecords) -> Iterator[FlowLine]:
    yield FlowLine("included.studies", "Studies included in review", len(found.included))
    yield from _unfinished(found)
    yield FlowLine("included.reports", "Reports of included studies", sum(found.reports.values()))


def _unfinished(found: FromRecords) -> Iterator[FlowLine]:
    if found.unpublished:
        yield FlowLine("included.unfinished", "of these, ongoing or only registered", len(found.unpublished),
                       indent=1)  # fmt: skip


def boxes_of_syntheses(found: FromRecords, pooled: Mapping[str, tuple[str, ...]], row: int) -> Iterator[FlowBox]:
    """Yield the box of the studies in each synthesis, where something was pooled."""
    if not pooled:
        return
    anywhere = {study for studies in pooled.values() for study in studies}
    yield FlowBox("syntheses", "Included", "main", row, (
        FlowLine("syntheses", "Studies included in syntheses", len(anywhere)),
        *(FlowLine(f"syntheses.{at}", title, len(studies), indent=1)
          for at, (title, studies) in enumerate(pooled.items())),
        FlowLine("syntheses.none", "in no synthesis", len(found.included.keys() - anywhere), indent=1),
    ))  # fmt: skip


def _one(key: str, phase: Phase, column: Column, row: int, label: str, n: int | None) -> FlowBox:
    return FlowBox(key, phase, column, row, (FlowLine(key, label, n),))
