"""Tables of what the protocol asks for beside the pooled effect: sensitivity, subgroups, regressions and the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isnan
from typing import TYPE_CHECKING, Final

from msc_meta.effects.measures import MEASURES
from msc_meta.figures.text import number, prose, three_digits
from msc_meta.report.page_studies import Records
from msc_meta.report.page_tables import Cell, Column, Table
from msc_meta.report.page_trust import trust

if TYPE_CHECKING:
    from msc_meta.pooling.results import PooledResult
    from msc_meta.report.page_words import Words
    from msc_meta.synthesis import SensitivityResult

MANY: Final = 6  # labels named in a cell before they are counted
FEW_PER_MODERATOR: Final = 10


def tables_of(words: Words, records: Records) -> tuple[Table, ...]:
    """Return every table of analyses that an outcome has, in the order in which they are read."""
    found = (
        sensitivity(words),
        *subgroup_tables(words),
        *regression_tables(words),
        rare_events(words),
        leave_one_out(words, records),
        small_study_effects(words),
        trust(words),
    )
    return tuple(table for table in found if table)


def _columns(words: Words, first: str, last: str = "") -> tuple[Column, ...]:
    level = f"{100 * words.outcome.rules.model.level:g}% CI"
    head = (Column(first), Column("Trials", True), Column(f"Estimate ({level})", True), Column("P", True),
            Column("Tau²", True), Column("I²", True))  # fmt: skip
    return (*head, Column(last, prose=True)) if last else head


def _row(name: str, result: PooledResult, words: Words, *more: str) -> tuple[Cell, ...]:
    answer = (
        f"{_own(result, words)}{'' if result.measure == words.outcome.rules.measure else f' {result.measure}'}"
        if result.k
        else "no trial"
    )
    texts = (str(result.k), answer, words.p(result.p_value), words.tau2(result) or "–", words.i2(result) or "–")
    return tuple(map(Cell, (name, *texts, *more)))


def _own(result: PooledResult, words: Words) -> str:
    """Return an answer with its interval; of another measure than the outcome's, on that measure's own scale."""
    if result.measure == words.outcome.rules.measure:
        return words.answer(result)
    shown = result.display()
    texts = [number(value, 2, words.style) or "–" for value in (shown.estimate, *shown.ci)]
    return f"{texts[0]} ({texts[1]} to {texts[2]})"


def sensitivity(words: Words) -> Table:
    """Return the named sensitivity analyses under the main one, with the trials that each adds and drops."""
    outcome = words.outcome
    rows = [_row("Main analysis", outcome.result, words, "")] if outcome.sensitivity else []
    rows += [_row(one.title, one.result, words, _changed(one, words)) for one in outcome.sensitivity.values()]
    return Table(
        id=f"{outcome.name}-sensitivity",
        caption=f"{outcome.rules.title}: sensitivity analyses that the protocol names",
        columns=_columns(words, "Analysis", "Trials that differ"),
        rows=tuple(rows),
    )


def _changed(variant: SensitivityResult, words: Words) -> str:
    labels = {row.study: row.label for row in (*words.outcome.rows, *variant.rows)}
    before = {row.study for row in words.outcome.pooled}
    after = {row.study for row in variant.rows if row.included}
    parts = (("with", after - before), ("without", before - after))
    said = [
        f"{word} {_named([label for study, label in labels.items() if study in ids])}" for word, ids in parts if ids
    ]
    return "; ".join(said) or "the same trials"


def _named(labels: Sequence[str]) -> str:
    return ", ".join(labels) if len(labels) <= MANY else f"{', '.join(labels[:MANY])} and {len(labels) - MANY} more"


def subgroup_tables(words: Words) -> Iterator[Table]:
    """Yield the subgroups by each trait, with the test of their difference in the notes."""
    for trait, found in words.outcome.subgroups.items():
        kind = f"chi²({found.df})" if found.df2 is None else f"F({found.df}, {found.df2})"
        statistic = three_digits(found.q_between, 2, words.style)
        test = "" if isnan(found.p_value) else (
            f"Difference between subgroups: {kind} = {statistic}, P {_equals(words.p(found.p_value))}, "
            f"{found.tau2} tau². An observed association among trials, not an effect of the trait."
        )  # fmt: skip
        yield Table(
            id=f"{words.outcome.name}-subgroups-{trait}",
            caption=f"{words.outcome.rules.title}: subgroups by {_trait(trait)}",
            columns=_columns(words, _trait(trait).capitalize()),
            rows=tuple(_row(name, result, words) for name, result in found.results.items()),
            notes=tuple(filter(None, (test, *found.notes, *words.outcome.left_out_of(trait)))),
        )


def regression_tables(words: Words) -> Iterator[Table]:
    """Yield the meta-regression on each moderator, coefficients on the analysis scale."""
    scale = "natural logarithm" if MEASURES[words.outcome.rules.measure].log else "scale of the measure"
    for trait, found in words.outcome.regressions.items():
        rows = tuple(
            tuple(
                map(
                    Cell,
                    (
                        one.name, _digits(one.estimate, words),
                        f"{_digits(one.ci.low, words)} to {_digits(one.ci.high, words)}", words.p(one.p_value),
                    ),
                )
            )
            for one in found.coefficients
        )  # fmt: skip
        about = (
            f"{found.k} trials, residual tau² {words.variance(found.tau2)}; coefficients on the {scale}, per unit of "
            "the moderator."
        )
        few = f"{found.k} trials: with fewer than {FEW_PER_MODERATOR} per moderator this is exploration."
        yield Table(
            id=f"{words.outcome.name}-regression-{trait}",
            caption=f"{words.outcome.rules.title}: meta-regression on {_trait(trait)}",
            columns=(
                Column("Coefficient"),
                Column("Estimate", True),
                Column(f"{100 * found.level:g}% CI", True),
                Column("P", True),
            ),
            rows=rows,
            notes=tuple(
                filter(
                    None,
                    (
                        about,
                        few if found.k < FEW_PER_MODERATOR else "",
                        "An association among trials, not an effect of the moderator.",
                        *words.outcome.left_out_of(trait),
                    ),
                )
            ),
        )


def rare_events(words: Words) -> Table:
    """Return the methods for rare events side by side."""
    found = words.outcome.rare_events
    rows = []
    for row in found or ():
        show = MEASURES[row.measure].display
        shown = [number(show(value), 2, words.style) or "–" for value in (row.estimate, *row.ci)]
        tau2 = words.variance(row.tau2) or "–"
        rows.append(tuple(map(Cell, (row.name, row.measure, str(row.k), f"{shown[0]} ({shown[1]} to {shown[2]})",
                                     words.p(row.p_value), tau2, row.rule))))  # fmt: skip
    head = (
        f"{found.k} trials, {found.double_zero} without any event, {found.single_zero} with events in one arm only."
        if found
        else ""
    )
    return Table(
        id=f"{words.outcome.name}-rare-events",
        caption=f"{words.outcome.rules.title}: methods for rare events side by side",
        columns=(
            Column("Method"),
            Column("Measure"),
            Column("Trials", True),
            Column("Estimate (CI)", True),
            Column("P", True),
            Column("Tau²", True),
            Column("Empty cells", prose=True),
        ),
        rows=tuple(rows),
        notes=(head,) if head else (),
    )


def leave_one_out(words: Words, records: Records) -> Table:
    """Return the pooled effect without each trial in turn."""
    links = {row.label: records[row.study].href() for row in words.outcome.pooled}
    rows = ((label, _row(label, result, words)) for label, result in words.outcome.leave_one_out.items())
    return Table(
        id=f"{words.outcome.name}-leave-one-out",
        caption=f"{words.outcome.rules.title}: the pooled estimate without each trial in turn",
        columns=_columns(words, "Without"),
        rows=tuple((Cell(label, links[label]), *cells[1:]) for label, cells in rows),
    )


def small_study_effects(words: Words) -> Table:
    """Return the tests for small-study effects where there are enough trials; else no table, the verdict says why."""
    found = words.outcome.small_study_effects
    rows = []
    if found.offer.enough:
        rows = [
            (Cell(name.capitalize()), Cell(words.p(test.p_value)), Cell(test.verdict))
            for name, test in found.tests.items()
        ]
        if found.filled is not None:
            filled = f"{found.filled.verdict} Pool with them, no correction: {words.answer(found.filled.result)}."
            rows.append((Cell("Trim and fill"), Cell("–"), Cell(filled)))
    return Table(
        id=f"{words.outcome.name}-small-study-effects",
        caption=f"{words.outcome.rules.title}: tests for small-study effects",
        columns=(Column("Test"), Column("P", True), Column("What it says", prose=True)),
        rows=tuple(rows),
        notes=(prose(found.offer.verdict, words.style),),
    )


def _digits(value: float, words: Words) -> str:
    return three_digits(value, 3, words.style) or "–"


def _equals(p: str) -> str:
    return p if p.startswith("<") else f"= {p}"


def _trait(trait: str) -> str:
    return {"cells_per_kg": "cells per kg", "source": "source of the cells"}.get(trait, trait.replace("_", " "))
