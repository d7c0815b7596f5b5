"""What a screening file may say: the numbers of search and selection that no record holds, as typed frozen objects.

How many studies and reports are included is never typed: it is counted from the records.
"""

from __future__ import annotations

from typing import Any

from pydantic import model_validator

from msc_meta.records.study import Count, Part, Several, Text


class SearchedSource(Part):
    """A place that was searched."""

    name: Text
    """Name of the database, register or other source: PubMed, ClinicalTrials.gov, websites, citation searching."""
    searched: Text | None = None
    """Day of the last search: 2026-05-01."""
    records: Count | None = None
    """Records identified there; leave the line out where it is not known."""


class Removed(Part):
    """Records removed before anybody screened them."""

    duplicates: Count | None = None
    """Duplicate records."""
    automation_tools: Count | None = None
    """Records that automation tools marked as ineligible."""
    other: Count | None = None
    """Records removed for other reasons."""


class Screened(Part):
    """Records screened by title and abstract."""

    records: Count | None = None
    """Records screened."""
    excluded: Count | None = None
    """Records excluded."""
    excluded_by_tools: Count | None = None
    """How many of the excluded ones an automation tool excluded, and no person."""


class Reason(Part):
    """Why reports were excluded: a number of reports, or one report by name."""

    reason: Text
    """The reason, as the figure prints it: not randomised, wrong population."""
    reports: Count | None = None
    """How many reports were excluded for it."""
    citation: Text | None = None
    """One report that was excluded for it, as a reader finds it."""
    study: Text | None = None
    """Id of the record of the excluded trial, where the review keeps one."""


class Reports(Part):
    """Reports looked for and read in full."""

    sought: Count | None = None
    """Reports sought for retrieval."""
    not_retrieved: Count | None = None
    """Reports that could not be had."""
    assessed: Count | None = None
    """Reports assessed for eligibility."""
    excluded: Count | None = None
    """Reports excluded; may be left out where reasons has all of them."""
    reasons: Several[Reason] = ()
    """Why they were excluded, as numbers or report by report; a report counts once, under its main reason."""


class OtherMethods(Part):
    """The second column of the diagram: what other ways of searching found."""

    sources: Several[SearchedSource] = ()
    """Websites, organisations, citation searching, each with its records."""
    reports: Reports = Reports()
    """What became of their reports."""


class FurtherReport(Part):
    """A report of an included study, beside the one that its record cites."""

    study: Text
    """Id of the study's record."""
    citation: Text
    """The report, as a reader finds it."""


class PreviousVersion(Part):
    """The version of the review that this one updates."""

    studies: Several[Text]
    """Ids of the records that the previous version included."""
    reports: Count | None = None
    """Reports of these studies in the previous version."""
    version: Text | None = None
    """What the figure calls it: version of 2023."""


class ScreeningNumbers(Part):
    """The numbers of search and selection. What is left out is shown as not stated, and never guessed."""

    databases: Several[SearchedSource] | None = None
    """Databases searched; an empty list says that none was."""
    registers: Several[SearchedSource] | None = None
    """Registers searched; an empty list says that none was."""
    removed: Removed = Removed()
    """Records removed before screening."""
    screened: Screened = Screened()
    """Records screened."""
    reports: Reports = Reports()
    """What became of the reports that databases and registers led to."""
    other_methods: OtherMethods | None = None
    """Other methods: websites, organisations, citation searching."""
    further_reports: Several[FurtherReport] = ()
    """Reports of included studies that have no record of their own."""
    register_entries: bool = False
    """true where entries of registers were sought and assessed as reports: then each registration is one."""
    previous: PreviousVersion | None = None
    """For an update: the version before."""
    note: Text | None = None
    """Anything a reader of the diagram should know; printed below it."""

    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, data: Any) -> Any:
        """Take a heading of the template that nobody filled in for one that is not there."""
        return {key: value for key, value in data.items() if value is not None} if isinstance(data, dict) else data
