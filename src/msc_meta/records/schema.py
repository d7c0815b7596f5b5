"""Check one record: structure first, by the models of the format, then the clinical and arithmetic rules."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from msc_meta.errors import Problem
from msc_meta.hookspecs import RawRecord
from msc_meta.records.findings import Finding
from msc_meta.records.rules import check_study
from msc_meta.records.salvage import Salvaged, salvage
from msc_meta.records.structure import parse, placed, validate
from msc_meta.records.study import Study

__all__ = ["check_record", "validate"]

_STAND_INS: Final = {
    "id": "unknown",
    "label": "unknown",
    "status": "completed",
    "design": {"allocation": "unclear"},
    "population": {"condition": "unknown", "syndrome": "not-stated"},
}
"""For a broken record only, so that its numbers are checked although its description is not understood."""


def check_record(raw: RawRecord, own_outcomes: Collection[str] = ()) -> tuple[Study | None, list[Problem]]:
    """Return the study of one record, and everything that is wrong with the record.

    Parameters
    ----------
    raw : RawRecord
        A record as an adapter found it; one without positions gets problems without a line.
    own_outcomes : collection of str, optional
        Outcomes that the protocol defines, beside those of the format and those that the record itself brings along.

    Returns
    -------
    study : Study or None
        None if there is any error; warnings do not keep a study back.
    problems : list of Problem
        In the order of the file.

    Examples
    --------
    >>> study, problems = check_record(RawRecord({"id": "doe-2024", "label": "Doe 2024"}, "doe-2024.yaml"))
    >>> study is None
    True
    >>> print(problems[0])
    doe-2024.yaml: error E202: arms is missing
      help: add arms: Arm id of your own choice -> the arm
    """
    if raw.data is None:
        return None, list(raw.problems)
    own = raw.own_outcomes.union(own_outcomes)
    study, findings = parse(Study, raw.data, own)
    findings += check_study(study) if study else _of_the_sound_parts(raw, own)
    if not any(found.field == ("id",) for found in findings):
        findings += _file_name(raw)
    problems = [*raw.problems, *placed(raw, findings)]
    problems.sort(key=lambda problem: problem.sort_key)
    broken = any(problem.severity == "error" for problem in problems)
    return (None if broken else study), problems


def _of_the_sound_parts(raw: RawRecord, own_outcomes: Collection[str]) -> Iterator[Finding]:
    assert raw.data is not None
    sound: Salvaged[Study] | None = salvage(Study, raw.data, _STAND_INS, own_outcomes)
    if sound is None:
        return
    arm_lost = any(gone[0] == "arms" and len(gone) <= 2 for gone in sound.dropped)
    for finding in check_study(sound.model):
        field = sound.original(finding.field)
        first = sound.original(finding.first) if finding.first else None
        if not sound.doubtful(field) and not (arm_lost and field[0] in ("arms", "outcomes")):
            yield finding._replace(field=field, first=first)


def _file_name(raw: RawRecord) -> Iterator[Finding]:
    name = raw.data.get("id") if raw.data else None
    if raw.named is not None and isinstance(name, str) and name != raw.named:
        yield Finding("E301", ("id",), f"the id is {name}, but the file is named {raw.named}",
                      f"rename the file to {name}.yaml, or write id: {raw.named}")  # fmt: skip
