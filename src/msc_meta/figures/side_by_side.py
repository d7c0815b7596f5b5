"""Several outcomes in one forest plot: a row per study, and for each outcome its graph, its effects and its diamond."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from msc_meta.figures.forest_table import (
    GRAPH,
    LABEL,
    Cell,
    Column,
    FigureInfo,
    ForestRow,
    ForestTable,
    Graph,
    Plotted,
    RowKind,
)

ANSWERS: Final[tuple[RowKind, ...]] = ("pooled", "prediction", "sentence")


def side_by_side(tables: Mapping[str, ForestTable], order: Sequence[str], info: FigureInfo) -> ForestTable:
    """Return one plot of several, with shared rows.

    Parameters
    ----------
    tables : mapping of str to ForestTable
        The plot of each outcome, by its name.
    order : sequence of str
        Study ids, in the order to be shown. A study is there if it is pooled in any outcome; where it is not pooled
        in one, the effect says "not estimable", or nothing where there is none.
    info : FigureInfo
        What the figure is about.
    """
    columns: list[Column | Graph] = []
    for name, table in tables.items():
        columns += [_panel_column(column, name, table) for column in table.columns if _is_shown(column)]
    label = next(column for column in next(iter(tables.values())).columns if column.key == LABEL)
    pooled = {row.key for table in tables.values() for row in table.rows if row.kind == "study"}
    studies = [row for key in order if key in pooled for row in _study_rows(key, tables)]
    notes = [note for table in tables.values() for note in _notes(table)]
    if any(table.footnotes for table in tables.values()):
        notes.append("Conversions, secondary sources and choices are marked in the plot of each outcome.")
    return ForestTable(
        info=info,
        columns=(label, *columns),
        rows=(*studies, *_answers(tables)),
        notes=tuple(notes),
        caption=" ".join(filter(None, (table.caption for table in tables.values()))),
    )


def _is_shown(column: Column | Graph) -> bool:
    return isinstance(column, Graph) or column.key == "effect"


def _panel_column(column: Column | Graph, name: str, table: ForestTable) -> Column | Graph:
    if isinstance(column, Graph):
        return replace(column, key=f"{name}.{GRAPH}", title=table.info.title)
    return replace(column, key=f"{name}.{column.key}", panel=f"{name}.{GRAPH}")


def _study_rows(key: str, tables: Mapping[str, ForestTable]) -> list[ForestRow]:
    """Return the rows of one study: one, or more where several of its arms are compared with a split control."""
    found = {name: [row for row in table.rows if row.key == key] for name, table in tables.items()}
    out = []
    for at in range(max(len(rows) for rows in found.values())):
        cells: dict[str, Cell] = {}
        plotted: dict[str, Plotted] = {}
        for name, rows in found.items():
            if at >= len(rows) or rows[at].kind not in ("study", "left-out"):
                continue
            row = rows[at]
            cells.setdefault(LABEL, Cell(row.label))
            if row.kind == "study" or not row.plotted:
                cells |= {f"{name}.effect": cell for column, cell in row.cells.items() if column == "effect"}
            if row.kind == "study":
                plotted |= {f"{name}.{GRAPH}": one for one in row.plotted.values()}
        out.append(ForestRow(kind="study", key=key, cells=cells, plotted=plotted))
    return out


def _answers(tables: Mapping[str, ForestTable]) -> list[ForestRow]:
    """Return the pooled effects in one row, and the prediction intervals in another; sentences where there are none."""
    out = []
    for kind in ANSWERS:
        rows = {name: row for name, table in tables.items() for row in table.rows if row.kind == kind}
        if kind == "sentence":
            out += [
                replace(row, key=f"{name}.answer", reason=f"{tables[name].info.title}. {row.reason}")
                for name, row in rows.items()
            ]
        elif rows:
            cells = {LABEL: next(iter(rows.values())).cells[LABEL]}
            cells |= {f"{name}.effect": row.cells["effect"] for name, row in rows.items() if "effect" in row.cells}
            plotted = {f"{name}.{GRAPH}": one for name, row in rows.items() for one in row.plotted.values()}
            out.append(ForestRow(kind=kind, key=kind, cells=cells, plotted=plotted))
    return out


def _notes(table: ForestTable) -> list[str]:
    """Return what is said about one outcome: its statistics in one line, and its notes, each with its title."""
    title = table.info.title
    statistics = [f"{title}: {'. '.join(table.summary)}."] if table.summary else []
    return [*(note if note.startswith(title) else f"{title}: {note}" for note in table.notes), *statistics]
