"""From studies and protocol to one row per study: the effect, or why there is none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from math import isnan, nan
from typing import TYPE_CHECKING, Any

from msc_meta.effects.arms import Contrast, NotUsableError, as_reported, contrasts
from msc_meta.effects.choice import in_order_of_choice, why_not_admitted, why_nothing_admitted
from msc_meta.effects.eligibility import eligible_arms, why_not_by_risk_of_bias, why_not_eligible
from msc_meta.effects.marks import marks_of
from msc_meta.effects.printed import Arms, compares, printed_by, printed_effect
from msc_meta.effects.row_effects import numbers_of, with_effects
from msc_meta.effects.rows import STEP_SEPARATOR, StudyRow
from msc_meta.protocol import MEDIAN_MEASURES
from msc_meta.units import convertible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from msc_meta.protocol import Eligibility, OutcomeProtocol, Protocol
    from msc_meta.records.study import Outcome, Study

SOMETIMES_IDLE = ("conflicts", "sponsor_statements", "measure", "multi_arm")

Rows = tuple[StudyRow, ...]
Key = tuple[str, ...]


@dataclass(slots=True)
class Known:
    """What was found out about the studies already; sensitivity analyses share most of it with the main analysis.

    Attributes
    ----------
    reported : dict
        Rows without effects, by what they depend on: outcome, the choices that matter, study, and arms.
    rows : dict
        Rows with effects, by measure, the reason that bars the study, and the same.
    eligible : dict
        For each set of eligibility rules: why each study is barred, and the arms that count.
    about : dict
        What a row says of the report it uses, by the report.
    features : dict
        Whether an outcome of a study has several reports, a sponsor's, and one with a printed effect.
    """

    reported: dict[Key, list[StudyRow]] = field(default_factory=dict)
    rows: dict[Key, Rows] = field(default_factory=dict)
    eligible: dict[str, list[tuple[str, Arms, Arms]]] = field(default_factory=dict)
    about: dict[tuple[object, ...], dict[str, Any]] = field(default_factory=dict)
    features: dict[tuple[str, str], tuple[bool, bool, bool]] = field(default_factory=dict)


def study_rows(studies: Sequence[Study], protocol: Protocol, name: str, known: Known | None = None) -> Rows:
    """Return the rows of one outcome: every study has at least one, pooled or not.

    Parameters
    ----------
    studies : sequence of Study
        The evidence.
    protocol : Protocol
        The decisions of the review.
    name : str
        Outcome: ``mortality``, ``oxygenation`` or ``discharge_time``.
    known : Known, optional
        Filled by a call, and used by the next one for the same studies.

    Returns
    -------
    tuple of StudyRow
        In the order of the studies, with effects but without weights.
    """
    rules, known = protocol.outcome(name), known or Known()
    choices: dict[tuple[str, ...], str] = {}
    effects = f"{rules.measure} {rules.zero_events}"
    keys: list[Key] = []
    fresh: dict[Key, list[StudyRow]] = {}
    for study, (ineligible, arms, control) in zip(
        studies, _eligible(studies, protocol.eligibility, known), strict=True
    ):
        barred = ineligible
        if rules.risk_of_bias and not barred:
            barred = why_not_by_risk_of_bias(study, name, rules.risk_of_bias)
        idle = _idle(study, name, arms, known)
        if idle not in choices:
            choices[idle] = _choices_but(idle, rules)
        reported = (name, choices[idle], study.id, *arms)
        if reported not in known.reported:
            known.reported[reported] = _reported_rows(study, name, rules, arms, control, known)
        key = (effects, barred, *reported)
        keys.append(key)
        if key not in known.rows:
            fresh[key] = known.reported[reported]
    known.rows.update(_settled(fresh, rules))
    return tuple(row for key in keys for row in known.rows[key])


def _idle(study: Study, name: str, arms: Arms, known: Known) -> tuple[str, ...]:
    """Return the choices that can make no difference to a study's numbers, such as one between conflicting reports."""
    if (name, study.id) not in known.features:
        reports = study.reports(name)
        known.features[name, study.id] = (
            len(reports) > 1,
            any(report.source.kind == "sponsor" for report in reports),
            any(printed_by(report.between)[1] is not None for report in reports),
        )
    several, sponsor, printed = known.features[name, study.id]
    idle = (not several, not sponsor, not printed, len(arms) < 2)
    return tuple(name for name, off in zip(SOMETIMES_IDLE, idle, strict=True) if off)


def _choices_but(idle: Iterable[str], rules: OutcomeProtocol) -> str:
    """Return, as text, the choices that decide which numbers are used, without those that are ``idle``."""
    never = (
        "model",
        "sensitivity",
        "title",
        "better",
        "zero_events",
        "rare_events",
        "subgroups",
        "moderators",
        "risk_of_bias",
        "baseline_risks",
        "certainty",
    )  # these decide what becomes of the numbers
    return f"{numbers_of(rules.measure)} {rules.model_dump_json(exclude={*never, *idle})}"


def _eligible(studies: Sequence[Study], rules: Eligibility, known: Known) -> list[tuple[str, Arms, Arms]]:
    words = rules.model_dump_json()
    if words not in known.eligible:
        labels = {study.id: study.label for study in studies}
        barred = [why_not_eligible(study, rules, labels) for study in studies]
        known.eligible[words] = [
            (reason, study.arms_of("experimental") if reason else eligible_arms(study, rules), study.arms_of("control"))
            for study, reason in zip(studies, barred, strict=True)
        ]
    return known.eligible[words]


def _settled(fresh: dict[Key, list[StudyRow]], rules: OutcomeProtocol) -> dict[Key, Rows]:
    """Compute the effects of new rows, all at once, and set those of barred studies aside."""
    owners = [key for key, rows in fresh.items() for _ in rows]
    rows = with_effects([row for made in fresh.values() for row in made], rules)
    settled: dict[Key, list[StudyRow]] = {key: [] for key in fresh}
    for key, row in zip(owners, rows, strict=True):
        barred = key[1]
        settled[key].append(replace(row, standing="not eligible", reason=barred) if barred else row)
    return {key: tuple(made) for key, made in settled.items()}


def _reported_rows(
    study: Study, name: str, rules: OutcomeProtocol, arms: Arms, control: Arms, known: Known
) -> list[StudyRow]:
    who: dict[str, Any] = {"study": study.id, "label": study.label, "year": study.year, "unit": rules.unit}
    refusals: dict[str, Outcome] = {}
    for report in in_order_of_choice(study, name, rules):
        about = _about(report, study, rules, known)
        if refusals:
            over = (f"Another report was passed over: {reason}." for reason in refusals)
            about = about | {"marks": (*about["marks"], *over)}
        try:
            if rules.measure in MEDIAN_MEASURES and not compares(report, study, arms, control):
                about = about | {"p_value": nan}  # of other arms
            found = contrasts(report, arms, control, rules)
        except NotUsableError as error:
            if (printed := printed_effect(report, study, arms, control, rules)) is not None:
                marks = (*about["marks"], *printed["marks"])
                return [StudyRow(**who | about | printed | {"marks": marks}, standing="pooled")]
            refusals.setdefault(str(error), report)
            continue
        labels = [f"{study.label} ({one.e.label})" if len(found) > 1 else study.label for one in found]
        return [
            StudyRow(**who | about | _contrast(one, about["marks"]) | {"label": label})
            for label, one in zip(labels, found, strict=True)
        ]
    if refusals:
        report = next(iter(refusals.values()))
        return [_not_usable(who, report, study, rules, arms, "; ".join(refusals), known)]
    reported, reason = why_nothing_admitted(study, name, rules)
    if not reported:
        return [StudyRow(**who, standing="no data", reason=reason)]
    whole = (report for report in study.reports(name) if report.has_numbers and report.subgroup is None)
    if (shown := next(whole, None)) is None:  # the numbers of a part of the patients are not the trial's
        return [StudyRow(**who, standing="not usable", reason=reason)]
    reason = why_not_admitted(shown, study, rules)
    return [_not_usable(who, shown, study, rules, arms, reason, known)]


def _not_usable(
    who: dict[str, Any],
    report: Outcome,
    study: Study,
    rules: OutcomeProtocol,
    arms: Arms,
    reason: str,
    known: Known,
) -> StudyRow:
    alike = not rules.quantity or report.measured == rules.quantity
    unit = rules.unit if alike and convertible(report.unit or rules.unit, rules.unit) else report.unit or ""
    e, c = as_reported(report, arms, study.arms_of("control"), unit)
    about = _about(report, study, rules, known) | {"marks": ()}
    if not isnan(about["p_value"]):
        reason = f"{reason}; reported P = {about['p_value']:g}"
    return StudyRow(**who | {"unit": unit}, **about, standing="not usable", reason=reason, e=e, c=c)


def _about(report: Outcome, study: Study, rules: OutcomeProtocol, known: Known) -> dict[str, Any]:
    """Return what a row says of the report it uses."""
    target = None if rules.window is None else rules.window.target
    key = (
        id(report),
        target,
        rules.conflicts,
        rules.kinds,
    )  # the studies, and so their reports, outlive what is known of them
    if key not in known.about:
        between = report.between
        exact = between is not None and between.p is not None and between.p_relation == "="
        known.about[key] = {
            "day": report.day if report.day is not None else nan,
            "timepoint": report.timepoint or "",
            "quantity": report.measured,
            "kind": report.kind or "",
            "p_value": between.p if exact and between is not None else nan,
            "source_kind": report.source.kind,
            "source": report.source.place,
            "other_reports": sum(other.has_numbers for other in study.reports(report.outcome)) - 1,
            "marks": marks_of(report, study, rules),
            "report": next(at for at, one in enumerate(study.outcomes) if one is report),
        }
    return known.about[key]


def _contrast(found: Contrast, marks: tuple[str, ...]) -> dict[str, Any]:
    return {
        "standing": "pooled",
        "e": found.e,
        "c": found.c,
        "conversion": STEP_SEPARATOR.join(found.trail),
        "marks": (*found.marks, *marks),
    }
