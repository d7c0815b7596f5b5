"""Check one record: structure first, by the models of `msc_meta.records.study`, then clinical and arithmetic rules."""

from __future__ import annotations

from msc_meta.errors import Problem
from msc_meta.hookspecs import RawRecord
from msc_meta.records.study import Study


def check_record(raw: RawRecord) -> tuple[Study | None, list[Problem]]:
    """Return the study, if the record has no error, and every problem of the record."""
    problems = list(raw.problems)
    if raw.data is None:
        return None, problems
    return Study.model_validate(dict(raw.data)), problems
