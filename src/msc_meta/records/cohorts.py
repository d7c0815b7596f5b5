"""Checks over all records: the same trial, or the same patients, in two files."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from msc_meta.errors import Problem
from msc_meta.hookspecs import FieldPath, Position, RawRecord
from msc_meta.records.findings import WHOLE_FILE, Mistake, nearest, problem
from msc_meta.records.structure import place_of
from msc_meta.records.study import Study

SMALLEST_SUSPECT: Final = 20
"""Fewer patients than this agree by chance too often."""

Counts = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class CohortEntry:
    """One record as the checks across files need it; the positions of everything else can be forgotten."""

    study: Study
    path: str
    places: Mapping[FieldPath, Position]

    @classmethod
    def of(cls, study: Study, raw: RawRecord) -> CohortEntry:
        """Keep what is needed of a checked record."""
        asked = [("id",), ("companion_of",), ("citation", "doi"), ("citation", "pmid")]
        wanted: list[FieldPath] = [*asked, *(("registrations", number) for number in range(len(study.registrations)))]
        if (counted := _counted(study)) is not None:
            wanted.append(counted[0])
        return cls(study, raw.path, {field: place_of(raw, field) for field in wanted})

    def problem(self, code: str, field: FieldPath, message: str, advice: str) -> Problem:
        """Return a complaint about one field of this record."""
        return problem(Mistake(code, self.places.get(field, WHOLE_FILE), message, advice), self.path, field)


def check_cohort(entries: Iterable[CohortEntry], broken: Collection[str] = ()) -> list[Problem]:
    """Return the problems that only show when all records are seen together.

    Parameters
    ----------
    entries : iterable of CohortEntry
        Every record that could be read, in any order; the first by file name is never the one complained about.
    broken : collection of str, optional
        Ids of records that exist but could not be used, so that nobody is told that they do not exist.
    """
    ordered = sorted(entries, key=lambda entry: entry.path)
    return [*_same_identity(ordered), *_companions(ordered, broken), *_same_counts(ordered)]


def _same_identity(entries: list[CohortEntry]) -> Iterator[Problem]:
    first: dict[tuple[str, str], CohortEntry] = {}
    for entry in entries:
        for code, name, field, value in _identities(entry.study):
            other = first.setdefault((code, _same(value)), entry)
            if other is entry or (code != "E501" and _declared(entry.study, other.study)):
                continue
            same_trial = (
                "give each trial one record; if both report the same patients, add companion_of to the later one"
            )
            advice = "give each study its own id" if code == "E501" else same_trial
            yield entry.problem(code, field, f"the {name} {value} is also that of {other.path}", advice)


def _same(number: str) -> str:
    """Return what two spellings of one number have in common: "EudraCT 2020-002193-27" and "2020-002193-27" do."""
    return re.sub(r"^(eudract|euctr|ctis|eu ct)[\s:#]*", "", number.casefold()).replace(" ", "")


def _identities(study: Study) -> Iterator[tuple[str, str, FieldPath, str]]:
    yield "E501", "id", ("id",), study.id
    if study.citation.doi is not None:
        yield "E502", "DOI", ("citation", "doi"), study.citation.doi
    if study.citation.pmid is not None:
        yield "E503", "PubMed number", ("citation", "pmid"), study.citation.pmid
    for number, registration in enumerate(study.registrations):
        yield "E504", "registration", ("registrations", number), registration


def _companions(entries: list[CohortEntry], broken: Collection[str]) -> Iterator[Problem]:
    studies = {entry.study.id: entry.study for entry in entries}
    for entry in entries:
        main = entry.study.companion_of
        if main is None or main == entry.study.id or (main in broken and main not in studies):
            continue
        if main not in studies:
            near = nearest(main, list(studies))
            advice = f"did you mean {near}?" if near else "name the id of a study among the records"
            yield entry.problem("E505", ("companion_of",), f"there is no study {main}", advice)
        elif (root := studies[main].companion_of) is not None:
            advice = f"name the study that is pooled: companion_of: {root}"
            if root == entry.study.id:  # of a circle nothing would be pooled
                advice = "take companion_of out of the record of the study that is pooled"
            yield entry.problem("E506", ("companion_of",), f"{main} is itself a companion of {root}", advice)


def _same_counts(entries: list[CohortEntry]) -> Iterator[Problem]:
    seen: dict[Counts, list[CohortEntry]] = defaultdict(list)
    for entry in entries:
        counted = _counted(entry.study)
        if counted is None:
            continue
        field, counts = counted
        for other in seen[counts]:
            if not _declared(entry.study, other.study):
                deaths = " and ".join(f"{events}/{n}" for events, n in counts)
                yield entry.problem("W507", field, f"the same deaths of the same numbers ({deaths}) as in {other.path}",
                                    "if both report the same patients, add companion_of")  # fmt: skip
                break
        seen[counts].append(entry)


def _counted(study: Study) -> tuple[FieldPath, Counts] | None:
    """Return the first whole-trial report of deaths in the compared arms, if it is enough to recognise a trial by."""
    for number, outcome in enumerate(study.outcomes):
        if outcome.outcome != "mortality" or outcome.subgroup is not None:
            continue
        compared = [
            name for role in ("experimental", "control") for name in study.arms_of(role) if name in outcome.arms
        ]
        data = [outcome.arms[name] for name in compared]
        counts = tuple((arm.events, arm.n) for arm in data if arm.events is not None and arm.n is not None)
        enough = len(counts) == len(data) >= 2 and sum(n for _, n in counts) >= SMALLEST_SUSPECT
        return (("outcomes", number), counts) if enough and any(events for events, _ in counts) else None
    return None


def _declared(one: Study, other: Study) -> bool:
    """Whether two studies are said to have the same patients."""
    return (one.companion_of or one.id) == (other.companion_of or other.id)
