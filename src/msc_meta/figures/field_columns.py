"""Which columns a forest plot has: the style's own, any field of the record, numbers of the analysis, risk of bias.

A list that begins with ``study`` is the whole list, from left to right; any other is added to the columns that there
are, and a name with a minus in front is taken away.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from statistics import NormalDist
from typing import Final, final

from msc_meta.effects.rows import StudyRow
from msc_meta.figures.forest_table import LABEL, Cell, Column, ForestRow, ForestTable, Graph
from msc_meta.figures.refit_rows import bare_p
from msc_meta.figures.risk_of_bias_cells import (
    judgement_cell,
    judgement_cells,
    judgement_columns,
    legend,
    shown_domains,
)
from msc_meta.figures.row_order import Lookup
from msc_meta.figures.style import Style
from msc_meta.figures.subgroup_rows import field_text
from msc_meta.figures.text import count, number
from msc_meta.pooling.results import PooledResult
from msc_meta.study_fields import StudyFields

MISSING: Final = "–"
ARM_NUMBERS: Final = ("events", "n", "mean", "sd", "median")
OWN: Final = {
    "study": "the study's label; a list that begins with it is the whole list",
    "arms": "all numbers of both arms",
    "events": "events in each arm",
    "n": "patients in each arm",
    "mean": "mean in each arm",
    "sd": "standard deviation in each arm",
    "median": "median in each arm",
    "weight": "weight in percent",
    "effect": "effect with its interval",
    "graph": "the squares and diamonds",
    "patients": "patients in both arms",
    "se": "standard error on the analysis scale",
    "z": "effect by its standard error",
    "p": "p-value of the study alone, by z",
    "rob": "risk of bias: every domain of the tool that judged most of the pooled studies, and overall",
    "rob.overall": "overall risk of bias alone",
}

Columns = tuple[Column | Graph, ...]


@final
@dataclass(frozen=True, slots=True)
class Added:
    """One or more new columns: the cells of each row, the style's word for their kind, and a note."""

    columns: tuple[Column, ...]
    cells: Callable[[ForestRow, StudyRow | None], dict[str, Cell]]
    kind: str
    note: str = ""


def with_columns(
    table: ForestTable,
    wanted: Sequence[str],
    rows: Sequence[StudyRow],
    result: PooledResult,
    fields: Lookup,
    style: Style,
) -> ForestTable:
    """Return the plot with other columns.

    Parameters
    ----------
    wanted : sequence of str
        Names in `OWN`, fields of the record; with a minus to take one away.
    rows : sequence of StudyRow
        What the rows of the table were made from.
    fields : callable
        Returns a field of every study by its name.

    Raises
    ------
    UsageError
        For a name that is neither; with the nearest.
    """
    names = [name.strip().removeprefix("+") for name in wanted if name.strip()]
    dropped = {key for name in names if name.startswith("-") for key in _keys(name[1:], table)}
    names = [name for name in names if not name.startswith("-")]
    whole = names[:1] == [LABEL]
    base = [column for column in table.columns if column.key not in dropped]
    columns: list[Column | Graph] = [] if whole else base
    added: list[Added] = []
    for name in dict.fromkeys(names):
        kept = [column for column in table.columns if column.key in _keys(name, table)]
        if not kept:
            added.append(_added(name, rows, result, fields, style))
        if whole:
            columns += kept or added[-1].columns
        elif not kept:
            _insert(columns, added[-1], style)
    if whole and not any(isinstance(column, Graph) for column in columns):
        columns += table.graphs
    return _filled(replace(table, columns=tuple(columns)), table, rows, added)


def _keys(name: str, table: ForestTable) -> set[str]:
    """Return the columns of the table that a name means."""
    keys = {column.key for column in table.columns}
    if name == "arms":
        return {f"{number}_{suffix}" for number in ARM_NUMBERS for suffix in "ec"} & keys
    if name in ARM_NUMBERS:
        return {f"{name}_e", f"{name}_c"} & keys
    if name == "graph":
        return {graph.key for graph in table.graphs}
    return {name} & keys


def _insert(columns: list[Column | Graph], new: Added, style: Style) -> None:
    """Put new columns where the style has their kind, behind others of it."""
    order = style.columns.index(new.kind) if new.kind in style.columns else len(style.columns)
    before = [at for at, column in enumerate(columns) if _kind_order(column, style) <= order]
    at = before[-1] + 1 if before else len(columns)
    columns[at:at] = new.columns


def _kind_order(column: Column | Graph, style: Style) -> int:
    """Return the place of a column's kind in the style's order."""
    if isinstance(column, Graph):
        kind = "graph"
    elif column.key.startswith("rob"):
        kind = "judgements"
    elif column.key.startswith("field."):
        kind = "extra"
    elif column.key.startswith("own.") or column.key in ("effect", "p", "i2", "tau2"):
        kind = "effect"
    else:
        kind = column.key if column.key in style.columns else "arms"
    return style.columns.index(kind) if kind in style.columns else 0


def _added(name: str, rows: Sequence[StudyRow], result: PooledResult, fields: Lookup, style: Style) -> Added:
    if name == "rob" and isinstance(fields, StudyFields):
        return _risk_of_bias(fields, rows)
    if name == "rob.overall":
        return _judgement("risk_of_bias.overall", fields)
    if name in _COMPUTED:
        header, study, pooled = _COMPUTED[name]
        key = f"own.{name}"

        def own(at: ForestRow, row: StudyRow | None) -> dict[str, Cell]:
            text = study(row, style) if row is not None else pooled(rows, result, style) if at.kind == "pooled" else ""
            return {key: Cell(text)} if text else {}

        return Added((Column(key, header),), own, "extra" if name == "patients" else "effect")
    return _field(name, fields, style)


def _field(name: str, fields: Lookup, style: Style) -> Added:
    field = fields(name)
    key = f"field.{field.name}"

    def cells(_: ForestRow, row: StudyRow | None) -> dict[str, Cell]:
        return {} if row is None else {key: Cell(field_text(field, row.study, style) or MISSING)}

    return Added((Column(key, field.title, "right" if field.numeric else "left"),), cells, "extra")


def _judgement(path: str, fields: Lookup) -> Added:
    field = fields(path)

    def cells(_: ForestRow, row: StudyRow | None) -> dict[str, Cell]:
        if row is None:
            return {}
        value = field.values.get(row.study)
        return {"rob.overall": judgement_cell(value.text.partition(",")[0] if value is not None else "")}

    return Added((Column("rob.overall", "of bias", "center", "Risk", kind="judgement"),), cells, "judgements")


def _risk_of_bias(fields: StudyFields, rows: Sequence[StudyRow]) -> Added:
    """Return the domains of the tool by which most pooled studies were judged; nothing where none was."""
    tools = fields.tools()
    pooled = [row for row in rows if row.included]
    if not tools:
        return Added((), lambda *_: {}, "judgements", "Risk of bias: no published judgement of these studies was seen.")
    tool = tools[0]
    judged = fields.judgements(tool)
    domains = shown_domains(tool, judged, [row.study for row in pooled] or list(judged))

    def cells(_: ForestRow, row: StudyRow | None) -> dict[str, Cell]:
        return {} if row is None else judgement_cells(domains, judged.get(row.study, {}))

    silent = list(dict.fromkeys(row.label or row.study for row in pooled if row.study not in judged))
    return Added(judgement_columns(domains), cells, "judgements", legend(tool, domains, silent))


def _filled(table: ForestTable, before: ForestTable, rows: Sequence[StudyRow], added: Sequence[Added]) -> ForestTable:
    """Return the table with the cells of new columns, and with those that spanned dropped ones in their place."""
    remaining: dict[tuple[str, bool], list[StudyRow]] = {}
    for row in rows:
        remaining.setdefault((row.study, row.included), []).append(row)
    out = []
    for at in table.rows:
        of_row = remaining.get((at.key, at.kind == "study")) if at.kind in ("study", "left-out") else None
        mine = of_row.pop(0) if of_row else None
        cells = _respanned(at.cells, before, table)
        if at.kind != "left-out":  # whose place is taken by the reason
            for new in added:
                cells |= new.cells(at, mine)
        out.append(replace(at, cells=cells))
    notes = tuple(new.note for new in added if new.note)
    return replace(table, rows=tuple(out), notes=(*table.notes, *notes))


def _respanned(cells: dict[str, Cell], before: ForestTable, after: ForestTable) -> dict[str, Cell]:
    """Return the cells of columns that are still there; one that spans some that are not is narrowed to the rest."""
    old, new = [column.key for column in before.columns], {column.key for column in after.columns}
    kept: dict[str, Cell] = {}
    for key, cell in cells.items():
        spanned = old[old.index(key) - cell.span + 1 : old.index(key) + 1] if key in old else [key]
        if left := [one for one in spanned if one in new]:
            kept[left[-1]] = replace(cell, span=len(left))
    return kept


def _z(row: StudyRow) -> float:
    return row.yi / sqrt(row.vi)


def _p(row: StudyRow) -> float:
    return 2 * NormalDist().cdf(-abs(_z(row)))


def _patients(row: StudyRow) -> float:
    return row.e.n + row.c.n


StudyText = Callable[[StudyRow, Style], str]
PooledText = Callable[[Sequence[StudyRow], PooledResult, Style], str]
_COMPUTED: Final[dict[str, tuple[str, StudyText, PooledText]]] = {
    "patients": (
        "Patients",
        lambda row, style: count(_patients(row), style),
        lambda rows, _, style: count(sum(_patients(row) for row in rows if row.included), style),
    ),
    "se": (
        "SE",
        lambda row, style: number(sqrt(row.vi), style.decimals, style) if row.has_effect else "",
        lambda _, result, style: number(result.se, style.decimals, style),
    ),
    "z": (
        "z",
        lambda row, style: number(_z(row), style.decimals, style) if row.has_effect else "",
        lambda _, result, style: number(result.statistic, style.decimals, style) if result.df is None else "",
    ),
    "p": (
        "P",
        lambda row, style: bare_p(_p(row), style) if row.has_effect else "",
        lambda _, result, style: bare_p(result.p_value, style),
    ),
}
