"""What a reader of a study's numbers should know: the sentences that become footnotes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from msc_meta.protocol import OutcomeProtocol
    from msc_meta.records.study import Outcome, Study

SECONDARY_IN_WORDS = {
    "secondary": "Read in a secondary source, not in the trial's own report.",
    "sponsor": "From a statement by the sponsor.",
}


KIND_IN_WORDS = {"change": "Change from baseline.", "final": "Value at follow-up, not a change."}


def marks_of(report: Outcome, study: Study, rules: OutcomeProtocol) -> tuple[str, ...]:
    """Return the sentences on where, when and by whom a report's numbers were given."""
    marks = []
    if report.source.kind in SECONDARY_IN_WORDS:
        marks.append(SECONDARY_IN_WORDS[report.source.kind])
    if rules.window is not None and report.day is None:
        marks.append("Day of follow-up not stated by the source.")
    if rules.window is not None and report.day is not None and report.day != rules.window.target:
        marks.append(f"Follow-up to day {report.day:g}.")
    if rules.kinds and report.kind:
        marks.append(KIND_IN_WORDS[report.kind])
    if report.preferred:
        marks.append(f"Reports disagree; this one is preferred: {report.reason}")
    elif rules.conflicts == "other" and any(other.preferred for other in study.reports(report.outcome)):
        marks.append("Reports disagree; this is not the preferred one.")
    return (*marks, *_fewer_than_randomised(study, report))


def _fewer_than_randomised(study: Study, report: Outcome) -> tuple[str, ...]:
    fewer = [
        f"{data.n} of {study.arms[name].randomised} ({study.arms[name].label})"
        for name, data in report.arms.items()
        if data.n is not None and (study.arms[name].randomised or 0) > data.n
    ]
    return (f"Not all randomised patients are counted: {', '.join(fewer)}.",) if fewer else ()
