"""Tables of certainty: the summary of findings, what the numbers suggest, and the matrix of missing evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from msc_meta.certainty.missing_evidence import PLACES, SYMBOLS, evidence_matrix
from msc_meta.certainty.risk_of_bias import suggested_judgements
from msc_meta.certainty.summary_of_findings import (
    Finding,
    difference_per_1000,
    per_1000,
    summary_of_findings,
)
from msc_meta.errors import ArgumentError
from msc_meta.report.page_tables import Cell, Column, Table
from msc_meta.trust.answer import percent, subject_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from msc_meta.certainty.missing_evidence import EffectRange, MissingEvidence, TippingPoint
    from msc_meta.records.study import RiskOfBias, Study
    from msc_meta.synthesis import OutcomeSynthesis, Synthesis

DASH: Final = "–"
WHERE: Final = {
    "below": "lies wholly below no effect", "above": "lies wholly above no effect", "includes": "includes no effect",
}  # fmt: skip


class CertaintySection(NamedTuple):
    """What a report shows of certainty, and sentences on what the missing trials could do, by outcome."""

    findings: Table
    suggestions: Table
    missing: Table
    could_do: tuple[tuple[str, tuple[str, ...]], ...]
    suggested: Table  # judgements that answers suggest; empty where no record has answers


def certainty_section(synthesis: Synthesis) -> CertaintySection:
    """Return the tables on certainty for a report.

    Examples
    --------
    >>> import msc_meta as mm
    >>> section = certainty_section(mm.synthesize(mm.load_studies("studies/"), sensitivity=False))
    >>> section.findings.columns[0].header, len(section.could_do)
    ('Outcome', 3)
    """
    rows = summary_of_findings(synthesis)
    could_do = tuple((row.title, what_missing_could_do(synthesis[row.name], row.missing)) for row in rows)
    suggested = suggested_table(synthesis)
    return CertaintySection(
        findings_table(rows), suggestions_table(rows), missing_table(synthesis), could_do, suggested
    )


def findings_table(rows: tuple[Finding, ...]) -> Table:
    """Return the summary of findings: a row per outcome, and one more per further baseline risk."""
    notes = [f"{row.title}: {note}" for row in rows for note in row.notes]
    notes += [f"{row.title}, certainty: {reason}" for row in rows for reason in row.reasons]
    return Table(
        id="summary-of-findings",
        caption="Summary of findings",
        columns=(
            Column("Outcome"), Column("Trials", True), Column("Participants", True), Column("Relative or mean effect"),
            Column("Baseline risk"), Column("Without, per 1,000", True), Column("With, per 1,000", True),
            Column("Difference per 1,000"), Column("Number needed to treat"), Column("Certainty"),
        ),
        rows=tuple(_lines(rows)),
        notes=tuple(dict.fromkeys(notes)),
    )  # fmt: skip


def _lines(rows: tuple[Finding, ...]) -> Iterator[tuple[Cell, ...]]:
    for row in rows:
        title = f"{row.title}, {row.follow_up}" if row.follow_up else row.title
        head = (title, str(row.trials), f"{row.participants:,.0f}", _effect(row))
        if not row.absolute:
            yield tuple(map(Cell, (*head, *[DASH] * 5, _certainty(row))))
        for place, one in enumerate(row.absolute):
            first = place == 0
            with_ci = f"{per_1000(one.risk)} ({per_1000(one.risk_ci.low)} to {per_1000(one.risk_ci.high)})"
            told = (one.baseline.label, per_1000(one.baseline.risk), with_ci, difference_per_1000(one), str(one.needed))
            yield tuple(
                map(Cell, (*(head if first else (row.title, "", "", "")), *told, _certainty(row) if first else ""))
            )


def _effect(row: Finding) -> str:
    if row.per_sd is None:
        return row.effect or DASH
    estimate, low, high, sd = row.per_sd
    return f"{row.effect}; {estimate:.2f} ({low:.2f} to {high:.2f}) standard deviations of {sd:.3g}"


def _certainty(row: Finding) -> str:
    if row.rated_by:
        return f"{row.certainty} ({row.rated_by})"
    return f"{row.certainty}; see {', '.join(row.hints)}" if row.hints else row.certainty


def suggestions_table(rows: tuple[Finding, ...]) -> Table:
    """Return what the numbers suggest for each outcome and domain."""
    return Table(
        id="grade-suggestions",
        caption="Numbers behind the domains of GRADE; they suggest, people rate",
        columns=(Column("Outcome"), Column("Domain"), Column("Suggestion"), Column("Numbers", prose=True)),
        rows=tuple(
            (Cell(row.title), Cell(one.domain), Cell(one.verdict), Cell(" ".join(one.sentences)))
            for row in rows
            for one in row.suggestions
        ),
    )


def missing_table(synthesis: Synthesis) -> Table:
    """Return the matrix of eligible trials and outcomes: where results are, and where they are missing."""
    labels = {study.id: study.label for study in synthesis.studies}
    rows = []
    for study, places in evidence_matrix(synthesis).items():
        found = [places.get(name) for name in synthesis]
        sizes = [one.n for one in found if one is not None and one.n == one.n]
        cells = [Cell(SYMBOLS[one.place] if one is not None else "") for one in found]
        rows.append((Cell(labels.get(study, study)), Cell(f"{max(sizes):g}" if sizes else DASH), *cells))
    return Table(
        id="missing-evidence",
        caption="Where the results of eligible trials are",
        columns=(
            Column("Trial"), Column("Participants", True),
            *(Column(outcome.rules.title) for outcome in synthesis.values()),
        ),
        rows=tuple(rows),
        notes=("; ".join(f"{SYMBOLS[place]} {words}" for place, words in PLACES.items()) + ".",),
    )  # fmt: skip


def suggested_table(synthesis: Synthesis) -> Table:
    """Return what the answers in records suggest, domain by domain, beside what was judged."""
    return Table(
        id="suggested-judgements",
        caption="Risk of bias: what answers to signalling questions suggest, beside what was judged",
        columns=(
            Column("Trial"), Column("Outcome"), Column("Tool"), Column("Domain"), Column("Judged"),
            Column("Suggested by the answers"),
        ),
        rows=tuple(
            row for study in synthesis.studies for entry in study.risk_of_bias for row in _suggested(study, entry)
        ),
        notes=("A suggestion is no judgement: it counts in no figure and in no analysis.",),
    )  # fmt: skip


def _suggested(study: Study, entry: RiskOfBias) -> Iterator[tuple[Cell, ...]]:
    if not entry.answers:
        return
    try:
        found = suggested_judgements(entry)
    except ArgumentError as error:
        texts = (study.label, entry.outcome or "whole trial", entry.tool, DASH, DASH, f"none: {error}")
        yield tuple(map(Cell, texts))
        return
    for domain, one in found.items():
        judged = entry.overall if domain == "overall" else entry.domains.get(domain)
        waiting = f"none yet; open: {', '.join(one.unanswered)}" if one.unanswered else "none: people judge it"
        made = one.judgement or waiting
        texts = (
            study.label,
            entry.outcome or "whole trial",
            entry.tool,
            domain.replace("_", " "),
            judged or DASH,
            made,
        )
        yield tuple(map(Cell, texts))


def what_missing_could_do(outcome: OutcomeSynthesis, missing: MissingEvidence) -> tuple[str, ...]:
    """Return sentences on the missing trials of an outcome: how many, the bound on their bias, the tipping effects."""
    subject = subject_of(outcome)
    lost = len(missing.missing)
    if not lost:
        return ("No eligible trial is missing.", missing.risk.sentence)
    patients = sum(trial.n for trial in missing.missing if trial.n == trial.n)
    of_all = patients + missing.patients("pooled", "no event")
    share = f", {percent(patients / of_all)} of those of all eligible trials" if of_all else ""
    sentences = [
        f"{lost} of {len(missing.trials)} eligible trials are missing, with {patients:g} known patients{share}."
    ]
    if missing.bounds.low == missing.bounds.low:
        sentences.append(
            f"Moved both ways by the largest bias that this can make, the interval is "
            f"{subject.interval(*missing.bounds)}: a bound that holds if precise trials are at least as likely to be "
            "seen as others (Copas and Jackson 2004)."
        )
    if missing.tipping is not None:
        tipping = missing.tipping
        sentences.append(
            f"Today's interval {WHERE[tipping.today]}. With the {tipping.n_e + tipping.n_c:g} patients of "
            f"{tipping.trials} of these trials as one more trial, it would be another if their effect were "
            f"{_named(tipping, outcome)}. {tipping.assumed}"
        )
    elif missing.why_not:
        sentences.append(missing.why_not)
    return (*sentences, missing.risk.sentence)


def _named(tipping: TippingPoint, outcome: OutcomeSynthesis) -> str:
    said = [f"{_effects(one, tipping, outcome)} (then it {WHERE[one.side]})" for one in tipping.changes]
    return "; or ".join(said) if said else "none that was tried: no effect within reach changes it"


def _effects(one: EffectRange, tipping: TippingPoint, outcome: OutcomeSynthesis) -> str:
    """Name a range of effects; where it goes on beyond what was tried, by its one end."""
    subject = subject_of(outcome)
    if one.low == tipping.ranges[0].low:
        return f"{subject.measure} {subject.shown(one.high)}{subject.of_unit} or less"
    if one.high == tipping.ranges[-1].high:
        return f"{subject.measure} {subject.shown(one.low)}{subject.of_unit} or more"
    return f"{subject.measure} {subject.interval(one.low, one.high)}"
