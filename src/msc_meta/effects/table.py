"""From studies and protocol to one row per study: the effect, or why there is none."""

from __future__ import annotations

import math
from dataclasses import replace
from math import isnan, nan
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

from msc_meta.effects.arms import Contrast, NotUsableError, as_reported, contrasts
from msc_meta.effects.choice import has_numbers, in_order_of_choice, why_nothing_admitted
from msc_meta.effects.eligibility import eligible_arms, why_not_eligible
from msc_meta.effects.rows import STEP_SEPARATOR, StudyRow
from msc_meta.protocol import EVENT_MEASURES, MEAN_MEASURES, MEDIAN_MEASURES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from msc_meta.protocol import OutcomeProtocol, Protocol
    from msc_meta.records.study import Arm, Outcome, Study

SECONDARY_IN_WORDS = {
    "secondary": "Read in a secondary source, not in the trial's own report.",
    "sponsor": "From a statement by the sponsor.",
}


def study_rows(studies: Sequence[Study], protocol: Protocol, name: str) -> tuple[StudyRow, ...]:
    """Return the rows of one outcome: every study has at least one, pooled or not.

    Parameters
    ----------
    studies : sequence of Study
        The evidence.
    protocol : Protocol
        The decisions of the review.
    name : str
        Outcome: ``mortality``, ``oxygenation`` or ``discharge_time``.

    Returns
    -------
    tuple of StudyRow
        In the order of the studies, with effects but without weights.
    """
    rules = protocol.outcome(name)
    labels = {study.id: study.label for study in studies}
    barred = {study.id: why_not_eligible(study, protocol.eligibility, labels) for study in studies}
    rows: list[StudyRow] = []
    for study in studies:
        arms = study.arms_of("experimental") if barred[study.id] else eligible_arms(study, protocol.eligibility)
        rows += _reported_rows(study, name, rules, arms)
    rows = _with_effects(rows, rules)
    return tuple(
        replace(row, standing="not eligible", reason=barred[row.study]) if barred[row.study] else row for row in rows
    )


def _reported_rows(study: Study, name: str, rules: OutcomeProtocol, arms: Mapping[str, Arm]) -> list[StudyRow]:
    blank = StudyRow(study=study.id, label=study.label, year=study.year, standing="no data", unit=rules.unit)
    control = study.arms_of("control")
    refusals: dict[str, Outcome] = {}
    for report in in_order_of_choice(study, name, rules):
        row = _with_report(blank, report, study, name)
        try:
            printed = _as_printed(row, report, rules)
            if printed is not None:
                return [printed]
            found = contrasts(report, arms, control, rules)
        except NotUsableError as error:
            refusals.setdefault(str(error), report)
            continue
        passed_over = tuple(f"Another report was passed over: {reason}." for reason in refusals)
        return [_with_contrast(row, one, study, report, passed_over, several=len(found) > 1) for one in found]
    if refusals:
        reason, report = next(iter(refusals.items()))
        return [_not_usable(blank, report, study, name, rules, arms, "; ".join(refusals) or reason)]
    reported, reason = why_nothing_admitted(study, name, rules)
    if not reported:
        return [replace(blank, reason=reason)]
    shown = next(report for report in study.reports(name) if has_numbers(report))
    return [_not_usable(blank, shown, study, name, rules, arms, reason)]


def _not_usable(
    blank: StudyRow,
    report: Outcome,
    study: Study,
    name: str,
    rules: OutcomeProtocol,
    arms: Mapping[str, Arm],
    reason: str,
) -> StudyRow:
    same = not rules.quantity or report.measured == rules.quantity
    e, c = as_reported(report, arms, study.arms_of("control"), rules.unit if same else report.unit or "")
    row = _with_report(blank, report, study, name)
    return replace(row, standing="not usable", reason=reason, e=e, c=c, unit=rules.unit if same else report.unit or "")


def _with_report(row: StudyRow, report: Outcome, study: Study, name: str) -> StudyRow:
    between = report.between
    exact = between is not None and between.p is not None and between.p_relation == "="
    return replace(
        row,
        day=report.day if report.day is not None else nan,
        timepoint=report.timepoint or "",
        quantity=report.measured,
        kind=report.kind or "",
        p_value=between.p if exact and between is not None and between.p is not None else nan,
        source_kind=report.source.kind,
        source=f"{report.source.url} ({report.source.where})",
        other_reports=sum(has_numbers(other) for other in study.reports(name)) - 1,
    )


def _as_printed(row: StudyRow, report: Outcome, rules: OutcomeProtocol) -> StudyRow | None:
    """Take the effect as the trial printed it, where the arms' own numbers are not given."""
    from msc_meta.effects.measures import MEASURES

    between = report.between
    if report.arms or between is None or between.measure != rules.measure or between.estimate is None:
        return None
    if between.ci is None and between.se is None:
        raise NotUsableError("an effect without interval or standard error")
    log = MEASURES[rules.measure].log
    if log and min(between.estimate, *(between.ci or ())) <= 0:
        raise NotUsableError("a ratio or its interval is not above 0")
    change = math.log if log else float
    quantile = NormalDist().inv_cdf(0.5 + between.level / 2)
    if between.ci is not None:
        se = (change(between.ci[1]) - change(between.ci[0])) / (2 * quantile)
    else:
        se = between.se or nan
    if not se > 0:
        raise NotUsableError("an effect whose interval has no width")
    trail, marks = "effect and interval as the trial printed them", _marks(row, report, ())
    return replace(row, standing="pooled", yi=change(between.estimate), vi=se**2, conversion=trail, marks=marks)


def _with_contrast(
    row: StudyRow, found: Contrast, study: Study, report: Outcome, passed_over: tuple[str, ...], *, several: bool
) -> StudyRow:
    marks = (*_marks(row, report, found.marks), *_fewer_than_randomised(study, report), *passed_over)
    return replace(
        row,
        label=f"{row.label} ({found.e.label})" if several else row.label,
        standing="pooled",
        e=found.e,
        c=found.c,
        conversion=STEP_SEPARATOR.join(found.trail),
        marks=marks,
    )


def _marks(row: StudyRow, report: Outcome, more: tuple[str, ...]) -> tuple[str, ...]:
    marks = [*more]
    if row.source_kind in SECONDARY_IN_WORDS:
        marks.append(SECONDARY_IN_WORDS[row.source_kind])
    if report.outcome != "discharge_time" and report.day is None:
        marks.append("Day of follow-up not stated by the source.")
    if report.preferred:
        marks.append(f"Reports disagree. Used here: {report.reason}")
    return tuple(marks)


def _fewer_than_randomised(study: Study, report: Outcome) -> tuple[str, ...]:
    fewer = [
        f"{data.n} of {study.arms[name].randomised} ({study.arms[name].label})"
        for name, data in report.arms.items()
        if data.n is not None and (study.arms[name].randomised or 0) > data.n
    ]
    return (f"Not all randomised patients are counted: {', '.join(fewer)}.",) if fewer else ()


def _with_effects(rows: list[StudyRow], rules: OutcomeProtocol) -> list[StudyRow]:
    """Compute the effects of all rows that have a contrast at once."""
    import numpy as np

    from msc_meta.effects.measures import effect_size

    rows = [_refused(row, rules) for row in rows]
    ready = [i for i, row in enumerate(rows) if row.standing == "pooled" and not row.has_effect]
    if not ready:
        return rows
    names = _needs(rules.measure)
    arms = {
        f"{'event' if name == 'events' else name}_{suffix}": np.array(
            [getattr(getattr(rows[i], suffix), name) for i in ready]
        )
        for suffix in ("e", "c")
        for name in names
    }
    if rules.measure in MEDIAN_MEASURES:
        arms["p_value"] = np.array([rows[i].p_value for i in ready])
    effects = effect_size(rules.measure, **arms, **_zero_options(rules))
    for i, yi, vi in zip(ready, effects.yi.tolist(), effects.vi.tolist(), strict=True):
        rows[i] = _with_effect(rows[i], yi, vi, rules)
    return rows


def _refused(row: StudyRow, rules: OutcomeProtocol) -> StudyRow:
    """Set aside a row whose numbers the measure does not exist for: a ratio of values that are not above 0."""
    if row.standing != "pooled" or row.has_effect or rules.measure not in ("ROM", "LRM"):
        return row
    what = "mean" if rules.measure == "ROM" else "median"
    if all(getattr(arm, what) > 0 for arm in (row.e, row.c)):
        return row
    return replace(row, standing="not usable", reason=f"a ratio needs {what}s above 0")


def _needs(measure: str) -> tuple[str, ...]:
    if measure in MEDIAN_MEASURES:
        return ("median",)
    return ("events", "n") if measure in EVENT_MEASURES else ("mean", "sd", "n")


def _zero_options(rules: OutcomeProtocol) -> dict[str, Any]:
    zero = rules.zero_events
    if zero is None or rules.measure not in EVENT_MEASURES:
        return {}
    drop = rules.measure != "RD" and zero.double_zero == "not-estimable"  # a difference of 0 is an estimate
    return {"cc": zero.correction, "scope": zero.scope, "drop00": drop}


def _with_effect(row: StudyRow, yi: float, vi: float, rules: OutcomeProtocol) -> StudyRow:
    if not isnan(yi) and vi > 0:
        return replace(row, yi=yi, vi=vi)
    if rules.measure in EVENT_MEASURES:
        arms = "no events in either arm" if row.e.events == 0 else "every patient has the event in both arms"
        return replace(row, standing="not estimable", reason=f"not estimable: {arms}")
    if rules.measure not in MEAN_MEASURES:
        return replace(row, standing="not usable", reason="medians without an exact p-value between 0 and 1")
    return replace(row, standing="not usable", reason=f"no {rules.measure} can be computed from these numbers")
