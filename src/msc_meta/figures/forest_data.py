"""The numbers of a forest plot as a table: for a CSV file, and for people who can not see the figure."""

from __future__ import annotations

from itertools import groupby

from msc_meta.figures.forest_table import LABEL, Column, ForestRow, ForestTable

ROWS = frozenset({"study", "subtotal", "pooled", "prediction", "left-out"})


def forest_data(table: ForestTable) -> tuple[tuple[str, ...], ...]:
    """Return a header and a line for every study and every total, with what is printed, in full words.

    The last column holds why a study is not pooled, and the footnotes of the line.
    """
    titles = {graph.key: graph.title for graph in table.graphs}
    headings = any(row.kind == "heading" for row in table.rows)
    columns = [column for column in table.texts if column.key != LABEL]
    label = next(column.header for column in table.texts if column.key == LABEL)
    header = (*(["Subgroup"] if headings else []), label, *(_header(column, titles) for column in columns), "Notes")
    notes = dict(table.footnotes)
    lines = [header]
    group = ""
    for row in table.rows:
        if row.kind == "heading":
            group = row.label
        if row.kind not in ROWS and not (row.kind == "text" and len(row.cells) > 1):
            continue
        inside = group if row.indent else ""
        cells = [row.cells[column.key].text if column.key in row.cells else "" for column in columns]
        lines.append((*([inside] if headings else []), row.label, *cells, _notes(row, notes)))
    blank = [""] * len(columns)
    lines += [(*([""] if headings else []), name, *blank, reason) for name, reason in table.silent]
    return tuple(lines)


def column_names(columns: tuple[Column, ...]) -> str:
    """Return the names of columns in words, those of one arm together: ``MSC: Events, Total; Weight``."""
    parts = []
    for (key, group), members in groupby(columns, key=lambda column: (column.group_key, column.group)):
        names = ", ".join(column.header for column in members)
        parts.append(f"{group}: {names}" if key else " ".join(filter(None, (group, names))))
    return "; ".join(parts)


def _header(column: Column, titles: dict[str, str]) -> str:
    joint = ": " if column.group_key else " "
    own = joint.join(filter(None, (column.group, column.header)))
    return ", ".join(filter(None, (titles.get(column.panel, ""), own)))


def _notes(row: ForestRow, notes: dict[str, str]) -> str:
    marks = dict.fromkeys(mark for cell in row.cells.values() for mark in cell.mark.split(",") if mark)
    reason = f"{row.reason[:1].upper()}{row.reason[1:]}." if row.reason and row.reason[-1] not in ".!?" else row.reason
    return " ".join(filter(None, (reason, *(notes.get(mark, "") for mark in marks))))
