"""Tables of the trials: what they are, what each reported and how it was used, who is left out, and risk of bias."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isnan
from typing import TYPE_CHECKING, Final

from msc_meta.effects.rows import MARK_SEPARATOR, ArmNumbers, StudyRow
from msc_meta.figures.text import as_reported, count, number
from msc_meta.report.page_tables import Cell, Column, Table

if TYPE_CHECKING:
    from msc_meta.records.study import Arm, Role, Study
    from msc_meta.report.page_records import RecordText
    from msc_meta.report.page_words import Words
    from msc_meta.synthesis import OutcomeSynthesis, Synthesis

Records = Mapping[str, "RecordText"]
NOT_STATED: Final = "not stated"
_STANDING: Final = {
    "not estimable": "reported, no effect can be estimated",
    "not usable": "reported, not usable",
    "no data": "no data",
    "not eligible": "not eligible",
}
_CHARACTERISTICS: Final = (
    Column("Study"), Column("Countries"), Column("Allocation"), Column("Masking"), Column("Condition"),
    Column("Severity"), Column("Patients", True, "cells v control"), Column("Cells from"), Column("Dose"),
    Column("Infusions", True), Column("Status"), Column("Registration"),
)  # fmt: skip


def characteristics(studies: Sequence[Study], records: Records) -> Table:
    """Return what describes each trial, every cell linked to its line in the record."""
    return Table(
        id="characteristics",
        caption=f"Characteristics of the {len(studies)} trials in the evidence",
        columns=_CHARACTERISTICS,
        rows=tuple(_characteristics(study, records[study.id]) for study in studies),
        notes=(
            "Each cell links to the line of the record that states it.",
            "Patients: randomised, else analysed, cells v control. – or ?: not stated in the sources seen.",
        ),
    )


def _characteristics(study: Study, record: RecordText) -> tuple[Cell, ...]:
    def said(text: str | None, *path: str | int) -> Cell:
        return Cell(text, record.href(*path)) if text and text != "not-stated" else Cell("–")

    arms = study.arms_of("experimental")
    first = next(iter(arms), "")
    sources = ", ".join(dict.fromkeys(arm.source for arm in arms.values() if arm.source))
    doses = "; ".join(dict.fromkeys(filter(None, map(_dose, arms.values()))))
    infusions = ", ".join(dict.fromkeys(str(arm.infusions) for arm in arms.values() if arm.infusions))
    patients = " v ".join(_size(study.arms_of(role).values()) for role in ("experimental", "control"))
    return (
        Cell(study.label, record.href()),
        said(", ".join(study.design.countries), "design", "countries"),
        said(study.design.allocation, "design", "allocation"),
        said(study.design.masking, "design", "masking"),
        said(_condition(study), "population", "condition"),
        said(study.population.severity.replace("-", " ").replace("not stated", ""), "population", "severity"),
        said(patients, "arms", first, "randomised"),
        said(sources, "arms", first, "source"),
        said(doses, "arms", first, "dose"),
        said(infusions, "arms", first, "infusions"),
        said(study.status.replace("-", " "), "status"),
        said(", ".join(study.registrations), "registrations"),
    )


def _condition(study: Study) -> str:
    population = study.population
    syndrome = "" if population.syndrome in ("not-stated", "other") else population.syndrome.replace("-", " ")
    return population.condition if syndrome in ("", population.condition) else f"{population.condition}, {syndrome}"


def _size(arms: Iterable[Arm]) -> str:
    sizes = [arm.randomised if arm.randomised is not None else arm.analysed for arm in arms]
    return "?" if not sizes or None in sizes else str(sum(size for size in sizes if size is not None))


def _dose(arm: Arm) -> str:
    if arm.dose is None:
        return ""
    value = arm.dose.value
    if value < 1e5:
        return f"{value:g}\u00a0{arm.dose.unit}"
    return f"{value / 1e6:g}\u00a0×\u00a010⁶ {arm.dose.unit}"


def outcome_studies(words: Words, records: Records) -> Table:
    """Return the pooled trials of an outcome: the numbers as used, each linked to the line it came from."""
    outcome = words.outcome
    events = any(not isnan(row.e.events) for row in outcome.pooled)
    what = "events / patients" if events else "mean (SD), patients"
    columns = (
        Column("Study"), Column("Cells", True), Column("Control", True), Column("Day", True),
        Column(f"{outcome.rules.measure} (CI)", True), Column("Weight", True), Column("Source"),
    )  # fmt: skip
    return Table(
        id=f"{outcome.name}-studies",
        caption=f"{outcome.rules.title}: the pooled trials, with the numbers that were used",
        columns=columns,
        rows=tuple(_pooled_row(row, words, records[row.study]) for row in outcome.pooled),
        notes=(f"Cells and Control: {what}. A number links to the line of the record it was read from.",),
    )


def _pooled_row(row: StudyRow, words: Words, record: RecordText) -> tuple[Cell, ...]:
    report = ("outcomes", row.report) if row.report >= 0 else ("outcomes",)
    half = words.outcome.result.level
    low, high = row.wald_interval(half)
    effect = f"{words.estimate(row.yi)} ({words.estimate(low)} to {words.estimate(high)})"
    return (
        Cell(row.label, record.href()),
        Cell(_arm(row.e, words), arm_href(row, "e", record)),
        Cell(_arm(row.c, words), arm_href(row, "c", record)),
        Cell("–" if isnan(row.day) else f"{row.day:g}", record.href(*report, "day")),
        Cell(effect, record.href(*report)),
        Cell("" if isnan(row.weight) else f"{row.weight:.1f}%"),
        Cell(f"{row.source_kind}: {_where(row, record)}", record.href(*report, "source")),
    )


def _where(row: StudyRow, record: RecordText) -> str:
    return record.study.outcomes[row.report].source.where if row.report >= 0 else row.source


def arm_href(row: StudyRow, suffix: str, record: RecordText) -> str:
    """Return the link to the line of an arm's number; to the report where several arms or a comparison gave it."""
    if row.report < 0:
        return record.href()
    report = record.study.outcomes[row.report]
    used: ArmNumbers = getattr(row, suffix)
    role: Role = "experimental" if suffix == "e" else "control"
    arms = [name for name, arm in record.study.arms_of(role).items() if name in report.arms]
    named = [name for name in arms if record.study.arms[name].label == used.label] or arms
    path = ("outcomes", row.report)
    if len(named) != 1:
        return record.href(*path, "arms" if report.arms else "between")
    data = report.arms[named[0]]
    fields = ("events", "percent", "survivors", "survival_percent", "mean", "median", "value", "n")
    first = next((field for field in fields if getattr(data, field) is not None), "n")
    return record.href(*path, "arms", named[0], first)


def _arm(arm: ArmNumbers, words: Words) -> str:
    style = words.style
    if not isnan(arm.events):
        return f"{count(arm.events, style)} / {count(arm.n, style)}"
    if not isnan(arm.mean):
        return f"{number(arm.mean, 1, style)} ({number(arm.sd, 1, style)}), {count(arm.n, style)}"
    return reported_arm(arm, words) or "–"


def reported_arm(arm: ArmNumbers, words: Words) -> str:
    """Return an arm's numbers as the source gives them; empty where it gives none."""

    def said(value: float) -> str:
        return as_reported(value, words.style)

    parts = []
    if not isnan(arm.median):
        parts.append(f"median {said(arm.median)}")
    elif not isnan(arm.mean):
        parts.append(f"mean {said(arm.mean)}")
    elif not isnan(arm.value):
        parts.append(f"{said(arm.value)} (mean or median)")
    elif not isnan(arm.percent):
        parts.append(f"{said(arm.percent)}%")
    if not isnan(arm.q1):
        parts.append(f"quartiles {said(arm.q1)} to {said(arm.q3)}")
    if not isnan(arm.min):
        parts.append(f"range {said(arm.min)} to {said(arm.max)}")
    if not isnan(arm.events):
        parts.append(f"{said(arm.events)} events")
    if not isnan(arm.n):
        parts.append(f"n = {said(arm.n)}")
    return ", ".join(parts)


def not_pooled(words: Words, records: Records) -> Table:
    """Return the trials that an outcome does not pool, what they reported of it, and why they are out."""
    outcome = words.outcome
    rows = sorted((row for row in outcome.rows if not row.included), key=lambda row: [*_STANDING].index(row.standing))
    return Table(
        id=f"{outcome.name}-not-pooled",
        caption=f"{outcome.rules.title}: trials that are not in the pooled estimate, each with its reason",
        columns=(
            Column("Study"),
            Column("Standing"),
            Column("Cells, as reported"),
            Column("Control, as reported"),
            Column("Reason", prose=True),
        ),
        rows=tuple(
            (
                Cell(row.label, records[row.study].href(*(("outcomes", row.report) if row.report >= 0 else ()))),
                Cell(_STANDING[row.standing]),
                _as_reported(row, "e", words, records[row.study]),
                _as_reported(row, "c", words, records[row.study]),
                Cell(row.reason),
            )
            for row in rows
        ),
    )


def _as_reported(row: StudyRow, suffix: str, words: Words, record: RecordText) -> Cell:
    text = reported_arm(getattr(row, suffix), words)
    return Cell(text, arm_href(row, suffix, record)) if text else Cell("–")


def conversions(words: Words, records: Records) -> Table:
    """Return how reported numbers became the ones used, step by step, and what a reader should know of them."""
    outcome = words.outcome
    rows = [row for row in outcome.pooled if row.conversion or row.marks or row.e.conversion or row.c.conversion]
    return Table(
        id=f"{outcome.name}-conversions",
        caption=f"{outcome.rules.title}: how reported numbers became the ones used",
        columns=(
            Column("Study"),
            Column("Cells, as reported"),
            Column("Control, as reported"),
            Column("Steps"),
            Column("To be known", prose=True),
        ),
        rows=tuple(
            (
                Cell(row.label, records[row.study].href("outcomes", row.report)),
                _as_reported(row, "e", words, records[row.study]),
                _as_reported(row, "c", words, records[row.study]),
                Cell(row.conversion or "as reported"),
                Cell(" ".join(_sentence(mark) for mark in row.marks)),
            )
            for row in rows
        ),
    )


def _sentence(mark: str) -> str:
    mark = mark.replace(MARK_SEPARATOR, ". ")
    return mark if mark.endswith((".", "?", "!")) else f"{mark}."


def excluded(synthesis: Synthesis, records: Records) -> Table:
    """Return the trials that no outcome pools, each with its reasons."""
    outcomes = tuple(synthesis.values())
    pooled = {row.study for outcome in outcomes for row in outcome.pooled}
    rows = []
    for study in synthesis.studies:
        if study.id not in pooled:
            rows.append((Cell(study.label, records[study.id].href()), Cell("; ".join(_reasons(study.id, outcomes)))))
    return Table(
        id="excluded-studies",
        caption=f"{len(rows)} of {len(synthesis.studies)} trials are in no pooled estimate",
        columns=(Column("Study"), Column("Reason")),
        rows=tuple(rows),
    )


def _reasons(study: str, outcomes: Sequence[OutcomeSynthesis]) -> Iterator[str]:
    """Yield each reason with the outcomes it holds for, none named where it holds for all."""
    by_reason: dict[str, list[str]] = {}
    for outcome in outcomes:
        for reason in dict.fromkeys(row.reason for row in outcome.rows if row.study == study):
            by_reason.setdefault(reason, []).append(outcome.rules.title)
    for reason, titles in by_reason.items():
        if len(titles) == len(outcomes):
            yield reason.replace("this outcome", "any outcome") if len(outcomes) > 1 else reason
        else:
            yield f"{', '.join(titles)}: {reason}"
