"""Where the typed numbers of selection and the records do not agree; each finding has its place in the file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msc_meta.flow.boxes import excluded_reports
from msc_meta.records.findings import Finding, did_you_mean

if TYPE_CHECKING:
    from msc_meta.flow.from_records import FromRecords
    from msc_meta.hookspecs import FieldPath
    from msc_meta.screening.numbers import Reports, ScreeningNumbers


def disagreements(numbers: ScreeningNumbers, found: FromRecords) -> Iterator[Finding]:
    """Compare what was typed with the records."""
    yield from _named_studies(numbers, found)
    columns = _columns(numbers)
    left = 0
    for _, column in columns:
        excluded = excluded_reports(column)
        if column.assessed is None or excluded is None:
            return
        left += column.assessed - excluded
    reports = sum(found.reports.values())
    if (previous := numbers.previous) is not None:
        if previous.reports is None:
            reports -= sum(found.reports.get(study, 0) for study in previous.studies)
        else:
            reports -= previous.reports
    if left != reports:
        sums = " + ".join(f"{column.assessed} - {excluded_reports(column)}" for _, column in columns)
        which = "new reports of included studies" if previous is not None else "reports of included studies"
        yield Finding("W611", (*columns[0][0], "assessed"),
                      f"{sums} = {left} reports were assessed and not excluded; {which} in the records: {reports}",
                      "add the record, the companion or the further_reports that are missing; or look at the reports "
                      "assessed and excluded")  # fmt: skip


def _columns(numbers: ScreeningNumbers) -> list[tuple[FieldPath, Reports]]:
    """Return the reports of each column of the diagram, and where they stand in the file."""
    columns: list[tuple[FieldPath, Reports]] = [(("reports",), numbers.reports)]
    if numbers.other_methods is not None:
        columns.append((("other_methods", "reports"), numbers.other_methods.reports))
    return columns


def _named_studies(numbers: ScreeningNumbers, found: FromRecords) -> Iterator[Finding]:
    """Find names of records that do not exist, or that the protocol treats otherwise than the file says."""
    excluding: list[tuple[FieldPath, str]] = []
    including: list[tuple[FieldPath, str]] = []
    for here, column in _columns(numbers):
        for at, one in enumerate(column.reasons):
            if one.study is not None:
                excluding.append(((*here, "reasons", at, "study"), one.study))
    for at, further in enumerate(numbers.further_reports):
        including.append((("further_reports", at, "study"), further.study))
    if numbers.previous is not None:
        including += [(("previous", "studies", at), study) for at, study in enumerate(numbers.previous.studies)]
    for place, study in (*excluding, *including):
        if study not in found.trials:
            near = did_you_mean(study, list(found.trials))
            advice = near if near.startswith("did you") else "look at the id"
            yield Finding("W612", place, f"no record has the id {study}", advice)
    for place, study in excluding:
        if found.trials.get(study) in found.included:
            yield Finding("W613", place, f"{study} is listed as excluded, and the protocol includes it",
                          "look at what the record says of design, product and population")  # fmt: skip
    whys = {one.study: one.reason for one in found.excluded}
    for place, study in including:
        if study in found.trials and study not in found.included:
            why = whys.get(study) or "it is a report of another study"
            yield Finding("W613", place, f"{study} is listed as included, and the protocol does not include it: {why}",
                          "look at the record, or drop the line")  # fmt: skip
