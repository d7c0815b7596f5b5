"""What the records say of selection: which studies the protocol includes, and how many reports they have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, final

from msc_meta.effects.eligibility import why_not_eligible

if TYPE_CHECKING:
    from msc_meta.protocol import Eligibility
    from msc_meta.records.study import Study
    from msc_meta.screening.numbers import ScreeningNumbers


class Excluded(NamedTuple):
    """A study with a record that the protocol does not include, and why."""

    study: str
    label: str
    reason: str


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class FromRecords:
    """What the records say of selection.

    Attributes
    ----------
    included : mapping of str to str
        Id -> label of the studies that the protocol includes.
    reports : mapping of str to int
        Id -> reports of an included study: its record, its companions', and those that the screening file adds.
    unpublished : tuple of str
        Ids of included studies that are ongoing or only registered.
    excluded : tuple of Excluded
        Studies with a record that the protocol does not include.
    trials : mapping of str to str
        Id of every record -> id of the study whose patients these are: its own, but for a companion.
    """

    included: Mapping[str, str]
    reports: Mapping[str, int]
    unpublished: tuple[str, ...]
    excluded: tuple[Excluded, ...]
    trials: Mapping[str, str]


UNFINISHED: Final = ("ongoing", "registered")


def from_records(
    studies: Sequence[Study], eligibility: Eligibility, numbers: ScreeningNumbers | None = None
) -> FromRecords:
    """Count studies and reports in the records: a companion is a further report of its study, and no study."""
    labels = {study.id: study.label for study in studies}
    own = [study for study in studies if study.companion_of not in labels]
    reasons = {study.id: why_not_eligible(study, eligibility, labels) for study in own}
    included = {study.id: study.label for study in own if not reasons[study.id]}
    entries = numbers is not None and numbers.register_entries
    reports = dict.fromkeys(included, 0)
    by_id = {study.id: study for study in studies}
    trials = {study.id: _trial_of(study, by_id) for study in studies}
    for study in studies:
        if (trial := trials[study.id]) in reports:
            published = study.citation.title is not None or study.citation.doi is not None
            reports[trial] += max(1, published + len(study.registrations)) if entries else 1
    for further in numbers.further_reports if numbers is not None else ():
        if further.study in reports:
            reports[further.study] += 1
    return FromRecords(
        included=included,
        reports=reports,
        unpublished=tuple(study.id for study in own if study.id in included and study.status in UNFINISHED),
        excluded=tuple(Excluded(study.id, study.label, reasons[study.id]) for study in own if reasons[study.id]),
        trials=trials,
    )


def _trial_of(study: Study, by_id: Mapping[str, Study]) -> str:
    seen: set[str] = set()
    while (main := by_id.get(study.companion_of or "")) is not None and study.id not in seen:
        seen.add(study.id)
        study = main
    return study.id
