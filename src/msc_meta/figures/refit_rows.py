"""Cumulative and leave-one-out forest plots: each row is a pooled effect of some of the studies, not a study."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import isnan
from typing import Literal

from msc_meta.effects.rows import StudyRow
from msc_meta.figures.effect_text import EffectText, effect_of
from msc_meta.figures.forest_table import GRAPH, LABEL, Cell, Column, ForestRow, ForestTable, Graph, Plotted
from msc_meta.figures.style import Style
from msc_meta.figures.text import clean, number, percent, three_digits
from msc_meta.figures.text import p_value as p_text
from msc_meta.pooling.results import PooledResult

Kind = Literal["cumulative", "leave-one-out"]
CAPTIONS = {
    "cumulative": "Each row is the pooled effect of its study and all above it.",
    "leave-one-out": "Each row is the pooled effect of all studies but the one it names.",
}
Pool = Callable[[Sequence[StudyRow]], PooledResult]


def refitted(
    table: ForestTable,
    rows: Sequence[StudyRow],
    result: PooledResult,
    kind: Kind,
    style: Style,
    pool_again: Pool | None = None,
) -> ForestTable:
    """Return the plot in which a row is the effect of the studies so far, or of all but one.

    Parameters
    ----------
    table : ForestTable
        The ordinary plot of the same rows, whose pooled row, notes and axis are kept.
    rows : sequence of StudyRow
        In the order in which studies come in; only pooled ones count.
    result : PooledResult
        The main result, whose model is used and which stands at the end.
    kind : {"cumulative", "leave-one-out"}
        Which studies a row is made of.
    pool_again : callable, optional
        Pools some of the rows as the main result was; by its model on effects where left out.

    Returns
    -------
    ForestTable
        Columns ``study, k, effect, p, i2, tau2`` and the graph; the studies left out are as in ``table``.
    """
    pooled = [row for row in rows if row.included]
    fits = refits(pooled, result, kind, pool_again)
    write = EffectText.of(pooled, result.measure, style)
    labels = _labels(table)
    out = [_row(row, fit, labels[row.study].pop(0), write, style) for row, fit in zip(pooled, fits, strict=True)]
    for row in table.rows:
        if row.kind == "pooled":
            out.append(replace(row, cells={LABEL: row.cells[LABEL], **fit_cells(result, write, style)}))
        elif row.kind in ("prediction", "sentence"):
            out.append(row)
    kept = [column for column in table.columns if isinstance(column, Graph) or column.key in (LABEL, "effect")]
    columns = [column for one in kept for column in _with_numbers(one, kind)]
    unseen = [clean(row.label or row.study) for row in rows if not row.included and row.has_numbers]
    notes = (f"Not pooled, and so in no row: {', '.join(dict.fromkeys(unseen))}.",) if unseen else ()
    caption = f"{CAPTIONS[kind]} {table.caption}".strip()
    return replace(table, columns=tuple(columns), rows=tuple(out), notes=(*table.notes, *notes), caption=caption)


def refits(
    pooled: Sequence[StudyRow], result: PooledResult, kind: Kind, pool_again: Pool | None = None
) -> tuple[PooledResult, ...]:
    """Return a pooled effect per study: of those up to it, or of all but it, by the model of the main result."""
    from msc_meta.robustness.leave_one_out import refits_one_by_one, refits_without_each

    if pool_again is not None:
        places = range(len(pooled))
        sets = [pooled[: at + 1] if kind == "cumulative" else [*pooled[:at], *pooled[at + 1 :]] for at in places]
        return tuple(pool_again(members) for members in sets)
    refit = refits_one_by_one if kind == "cumulative" else refits_without_each
    yi, vi = [row.yi for row in pooled], [row.vi for row in pooled]
    return refit(yi, vi, result.method, result.ci_method, result.level, result.measure)


def fit_cells(fit: PooledResult, write: EffectText, style: Style) -> dict[str, Cell]:
    """Return how many studies a pooled effect is made of, the effect, its p-value and its heterogeneity."""
    cells = {
        "k": Cell(str(fit.k)),
        "effect": Cell(write.effect(effect_of(fit))),
        "p": Cell(bare_p(fit.p_value, style)),
        "i2": Cell(percent(fit.i2, style.decimals_i2, style)),
        "tau2": Cell(_tau2(fit.tau2, style)),
    }
    return {key: cell for key, cell in cells.items() if cell.text}


def _tau2(tau2: float, style: Style) -> str:
    """Return tau2; a small value that is not zero is not printed as zero."""
    if isnan(tau2):
        return ""
    smallest = 10.0**-style.decimals_tau2
    small = 0 < tau2 < smallest / 2
    return (
        f"<{number(smallest, style.decimals_tau2, style)}" if small else three_digits(tau2, style.decimals_tau2, style)
    )


def bare_p(p: float, style: Style) -> str:
    """Return a p-value without its letter, as a column of them shows it: ``0.04``, ``<0.001``."""
    if isnan(p):
        return ""
    return p_text(p, style).removeprefix(style.p_letter).strip().removeprefix("=").strip().replace("< ", "<")


def _labels(table: ForestTable) -> dict[str, list[Cell]]:
    """Return the labels of the studies with their marks, several where a study is compared more than once."""
    labels: dict[str, list[Cell]] = {}
    for row in table.rows:
        if row.kind == "study":
            labels.setdefault(row.key, []).append(row.cells[LABEL])
    return labels


def _row(row: StudyRow, fit: PooledResult, label: Cell, write: EffectText, style: Style) -> ForestRow:
    cells = {LABEL: label, **fit_cells(fit, write, style)}
    plotted = {} if isnan(fit.estimate) else {GRAPH: Plotted(effect_of(fit), "point")}
    return ForestRow(kind="study", key=row.study, cells=cells, plotted=plotted)


def _with_numbers(column: Column | Graph, kind: Kind) -> tuple[Column | Graph, ...]:
    """Return a column with those that go with it."""
    if isinstance(column, Graph):
        return (column,)
    if column.key == LABEL:
        header = "Study added" if kind == "cumulative" else "Study omitted"
        return replace(column, header=header), Column("k", "k")
    return column, Column("p", "P"), Column("i2", "I²"), Column("tau2", "Tau²")
