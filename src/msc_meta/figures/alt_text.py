"""What a figure shows, in words: a few sentences for screen readers and metadata, and the rest line by line."""

from __future__ import annotations

from collections.abc import Sequence

from msc_meta.effects.measures import MEASURES
from msc_meta.figures.forest_table import LABEL, ForestRow, ForestTable, Graph
from msc_meta.figures.funnel_points import FunnelPoints
from msc_meta.figures.plot_words import studies_in_words


def forest_alt_text(table: ForestTable) -> str:
    """Return the content of a forest plot in words: what was compared, the answer, and what is left out."""
    info = table.info
    studies = [row for row in table.rows if row.kind == "study"]
    left_out = [row for row in table.rows if row.kind == "left-out"]
    titles = " and ".join(dict.fromkeys(MEASURES[graph.measure].title for graph in table.graphs))
    about = f"{table.title or info.title}: " if table.title or info.title else ""
    sentences = [f"Forest plot. {about}{titles}{f' in {info.unit}' if info.unit else ''}, {_arms(table)}."]
    for row in table.rows:
        if row.kind == "pooled":
            sentences += [_answer(row, graph, table, studies) for graph in table.graphs if graph.key in row.plotted]
            sentences += [f"{line}." for line in table.summary]
            sentences += _heaviest(studies, table)
        elif row.kind in ("subtotal", "prediction"):
            sentences.append(f"{row.label}: {'; '.join(_effects(row, table))}.")
        elif row.kind == "heading":
            sentences.append(f"{row.label}:")
        elif row.kind == "sentence":
            sentences.append(row.reason)
            sentences += [f"{study.label}: {', '.join(_effects(study, table))}." for study in studies]
    if left_out:
        sentences.append(f"Shown but not in the pooled estimate: {_by_reason(left_out)}.")
    return " ".join([*sentences, *table.collapsed])


def _answer(row: ForestRow, graph: Graph, table: ForestTable, studies: Sequence[ForestRow]) -> str:
    shown = "".join(_effects(row, table, graph))
    of = f"{graph.title}: pooled effect" if graph.title else "Pooled effect"
    counted = sum(graph.key in study.plotted for study in studies)
    return f"{of} of {studies_in_words(counted)}: {shown} ({graph.header[1]})."


def _effects(row: ForestRow, table: ForestTable, graph: Graph | None = None) -> list[str]:
    """Return the effects of a row as text, those of one graph or of all."""
    panels = [one.key for one in ([graph] if graph is not None else table.graphs)]
    keys = ["effect"] if len(table.graphs) == 1 else [f"{panel.rpartition('.')[0]}.effect" for panel in panels]
    return [row.cells[key].text for key in keys if key in row.cells]


def _heaviest(studies: Sequence[ForestRow], table: ForestTable) -> list[str]:
    """Say which study has the largest weight, where weights are shown."""
    if len(table.graphs) > 1 or not any("weight" in study.cells for study in studies):
        return []
    heaviest = max(studies, key=lambda study: study.plotted[table.graphs[0].key].weight)
    return [f"The largest weight, {heaviest.cells['weight'].text}, is that of {heaviest.label}."]


def funnel_alt_text(points: FunnelPoints) -> str:
    """Return the content of a funnel plot in words."""
    about = f"{points.info.title}: " if points.info.title else ""
    if not points.points:
        return f"Funnel plot. {about}{' '.join(points.sentences)}"
    effect, error = _lower(points.x_title), _lower(points.y_title)
    if len(points.points) == 1:
        only = points.points[0]
        height = _error(points.height(only.se, only.n))
        sentences = [f"Funnel plot. {about}one study, {only.label}; {effect}: {only.text}; {error}: {height}."]
    else:
        errors = [points.height(point.se, point.n) for point in points.points]
        below = sum(point.estimate < points.estimate for point in points.points)
        above = sum(point.estimate > points.estimate for point in points.points)
        on_it = len(points.points) - below - above
        centre = points.estimate_text
        place = f"{_lie(below)} below the pooled estimate of {centre} and {_lie(above)} above it"
        sentences = [
            f"Funnel plot. {about}{len(points.points)} studies; across: {effect}; down: {error},",
            f"from {_error(min(errors))} to {_error(max(errors))}.",
            place.capitalize() + (f"; {_lie(on_it)} on it." if on_it else "."),
        ]
    return " ".join([*sentences, *points.sentences])


def forest_details(table: ForestTable) -> tuple[str, ...]:
    """Return what `forest_alt_text` leaves out, line by line: the rows with their numbers, notes and footnotes."""
    rows = [_row_line(row, table) for row in table.rows if row.kind != "sentence"]
    return (*rows, *table.notes, *(f"{_marked(mark, table)}: {text}" for mark, text in table.footnotes))


def funnel_details(points: FunnelPoints) -> tuple[str, ...]:
    """Return the studies of a funnel plot, a line each."""
    return tuple(f"{point.label}: {point.text}, standard error {_error(point.se)}." for point in points.points)


def _row_line(row: ForestRow, table: ForestTable) -> str:
    """Return a row as one line: ``Shu 2020 (†). MSC: Mean 20.0 (†), SD 6.7 (†), Total 12. ... Weight 31.1%.``."""
    parts: dict[str, list[str]] = {}
    for column in table.texts:
        if (cell := row.cells.get(column.key)) is not None:
            says_itself = cell.span > 1 or column.key == LABEL or (column.group and not column.group_key)
            header = "" if says_itself else column.header
            mark = f"({cell.mark.replace(',', ', ')})" if cell.mark else ""
            words = " ".join(filter(None, (header, cell.text, mark)))
            parts.setdefault(column.group_key and f"{column.group_key}/{column.group}: ", []).append(words)
    alone = parts.pop("", [""])
    arms = [f"{arm.partition('/')[2]}{', '.join(cells)}" for arm, cells in parts.items()]
    return ". ".join(filter(None, (alone[0], *arms, *alone[1:], row.reason))) + "."


def _marked(mark: str, table: ForestTable) -> str:
    """Return a mark with the studies that bear it: ``† (Shu 2020, Zhu 2021)``."""
    names = [row.cells["study"].text for row in table.rows
             if any(mark in cell.mark.split(",") for cell in row.cells.values())]  # fmt: skip
    return f"{mark} ({', '.join(names)})"


def _arms(table: ForestTable) -> str:
    left, right = table.graphs[0].favours
    sides = f"left of no effect: {left}; right: {right}"
    return f"{table.info.experimental} against {table.info.control}; {sides}"


def _by_reason(rows: Sequence[ForestRow]) -> str:
    groups: dict[str, list[str]] = {}
    for row in rows:
        groups.setdefault(row.reason, []).append(row.cells["study"].text)
    return "; ".join(", ".join(names) + (f" ({reason})" if reason else "") for reason, names in groups.items())


def _lie(k: int) -> str:
    return {0: "none lies", 1: "one lies"}.get(k, f"{k} lie")


def _lower(title: str) -> str:
    return title[:1].lower() + title[1:]


def _error(se: float) -> str:
    """Return a standard error with three significant digits."""
    return f"{float(f'{se:.3g}'):g}"
