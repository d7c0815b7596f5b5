"""Which report of an outcome is used, and in words why the others are not.

The rule: of the reports that the protocol admits, those of the stated day nearest to the target come first (the
earlier of two that are as near) and those without a stated day last; numbers of arms come before a printed effect, and
among reports that contradict each other the preferred one is taken. What can not be turned into an effect is passed
over for the next day, never for a contradicting report that the record does not prefer.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from msc_meta.units import convertible

if TYPE_CHECKING:
    from msc_meta.protocol import OutcomeProtocol
    from msc_meta.records.study import Outcome, Study

QUANTITY_IN_WORDS = {
    "pf_ratio": "PaO2/FiO2",
    "oxygenation_index": "oxygenation index",
    "spo2_fio2": "SpO2/FiO2",
    "hospital_stay": "hospital stay",
    "icu_stay": "intensive-care stay",
}
REPORTED_IN_WORDS = {
    "measured-without-data": "measured, numbers not reported",
    "not-measured": "not measured",
    "not-seen": "no report of this outcome seen",
}


def why_not_admitted(report: Outcome, study: Study, rules: OutcomeProtocol) -> str:
    """Return why the protocol does not admit a report; empty for an admitted one."""
    if not report.has_numbers:
        if report.between is not None and report.between.p is not None:
            return "only a p-value was reported"
        return REPORTED_IN_WORDS.get(report.reported or "", "reported in words only")
    if report.subgroup is not None:
        return "only a subgroup was reported"
    if rules.quantity and report.measured != rules.quantity:
        return f"reported as {QUANTITY_IN_WORDS[report.measured]}, which is not {QUANTITY_IN_WORDS[rules.quantity]}"
    if report.unit and rules.unit and not convertible(report.unit, rules.unit):
        return f"reported in {report.unit}, not in {rules.unit}"
    if rules.kinds and report.kind not in rules.kinds:
        return f"reported as {report.kind or 'neither change nor final'} value"
    return _why_not_source(report, study, rules) or _why_not_day(report, rules)


def _why_not_source(report: Outcome, study: Study, rules: OutcomeProtocol) -> str:
    kind = report.source.kind
    if kind not in rules.sources:
        return f"known only from a {kind} source"
    if kind != "sponsor" or rules.sponsor_statements == "include":
        return ""
    others = (other for other in study.reports(report.outcome) if other.source.kind != "sponsor" and not other.subgroup)
    corroborated = rules.sponsor_statements == "corroborated" and any(other.has_numbers for other in others)
    return "" if corroborated else "known only from a sponsor's statement"


def _why_not_day(report: Outcome, rules: OutcomeProtocol) -> str:
    window = rules.window
    if window is None:
        return ""
    if report.day is None:
        return "" if window.unstated == "include" else "day of follow-up not stated"
    if window.earliest <= report.day <= window.latest:
        return ""
    return f"reported for day {report.day:g}, outside day {window.earliest:g} to {window.latest:g}"


def in_order_of_choice(study: Study, name: str, rules: OutcomeProtocol) -> list[Outcome]:
    """Return the admitted reports that may be used, the one to try first in front, whatever the record's order."""
    admitted = [report for report in study.reports(name) if not why_not_admitted(report, study, rules)]
    if len(admitted) < 2:  # nothing to choose
        return admitted
    admitted.sort(key=lambda report: _rank(report, rules))
    order: list[Outcome] = []
    for _, group in groupby(admitted, key=lambda report: _rank(report, rules)):
        reports = list(group)
        preferred = next((report for report in reports if report.preferred), reports[0])
        if rules.conflicts == "other" and preferred.preferred:
            undated = (report for report in admitted if report.day is None and _is_like(report, preferred))
            order += [report for report in (*reports, *undated) if not report.preferred]
        order.append(preferred)
    return list({id(report): report for report in order}.values())


def _rank(report: Outcome, rules: OutcomeProtocol) -> tuple[float, int, bool, float]:
    """Order reports: nearest day, the protocol's order of kinds, arms before printed effects, earlier day."""
    kind = rules.kinds.index(report.kind) if rules.kinds and report.kind in rules.kinds else 0
    day = float("inf") if report.day is None else report.day
    distance = abs(day - rules.window.target) if rules.window is not None else 0.0
    return (distance, kind, not report.arms, day)


def _is_like(report: Outcome, preferred: Outcome) -> bool:
    """Whether a report without a stated day may be of the same time as the preferred one, and so contradict it."""
    return report.kind == preferred.kind and bool(report.arms) == bool(preferred.arms)


def why_nothing_admitted(study: Study, name: str, rules: OutcomeProtocol) -> tuple[bool, str]:
    """Return whether numbers were reported, and why no report of the outcome is admitted."""
    reports = study.reports(name)
    if not reports:
        registered = study.status in ("registered", "ongoing")
        return False, "registered, no result seen" if registered else "no report of this outcome seen"
    numeric = [report for report in reports if report.has_numbers]
    reasons = dict.fromkeys(why_not_admitted(report, study, rules) for report in numeric or reports)
    return bool(numeric), "; ".join(reason for reason in reasons if reason)
