"""What a figure shows, in a few sentences: for screen readers, and for the file's metadata."""

from __future__ import annotations

from collections.abc import Sequence

from msc_meta.effects.measures import MEASURES
from msc_meta.figures.forest_table import ForestRow, ForestTable
from msc_meta.figures.funnel_points import FunnelPoints


def forest_alt_text(table: ForestTable) -> str:
    """Return the content of a forest plot in words: what was compared, the answer, and what is left out."""
    info = table.info
    studies = [row for row in table.rows if row.kind == "study"]
    left_out = [row for row in table.rows if row.kind == "left-out"]
    title = MEASURES[table.measure].title
    about = f"{info.title}: " if info.title else ""
    sentences = [f"Forest plot. {about}{title}{f' in {info.unit}' if info.unit else ''}, {_arms(table)}."]
    for row in table.rows:
        effect = row.cells["effect"].text if "effect" in row.cells else ""
        if row.kind == "pooled":
            sentences.append(f"Pooled effect of {_studies(len(studies))}: {effect} ({table.graph_header[1]}).")
            sentences += [f"{line}." for line in table.summary]
            heaviest = max(studies, key=lambda study: study.weight)
            share = heaviest.cells["weight"].text
            sentences.append(f"The largest weight, {share}, is that of {heaviest.cells['study'].text}.")
        elif row.kind == "prediction":
            sentences.append(f"{row.cells['study'].text}: {effect}.")
        elif row.kind == "sentence":
            sentences.append(row.reason)
            sentences += [f"{s.cells['study'].text}: {s.cells['effect'].text}." for s in studies]
    if left_out:
        sentences.append(f"Shown but not in the pooled estimate: {_by_reason(left_out)}.")
    return " ".join([*sentences, *table.collapsed])


def funnel_alt_text(points: FunnelPoints) -> str:
    """Return the content of a funnel plot in words."""
    about = f"{points.info.title}: " if points.info.title else ""
    if not points.points:
        return f"Funnel plot. {about}{' '.join(points.sentences)}"
    on_left = sum(point.estimate < points.estimate for point in points.points)
    errors = [point.se for point in points.points]
    return (
        f"Funnel plot. {about}{points.x_title} of {_studies(len(points.points))} against its standard error, "
        f"from {min(errors):.2f} to {max(errors):.2f}. {on_left} of them lie below the pooled estimate of "
        f"{points.estimate_text}. {' '.join(points.sentences)}"
    )


def _arms(table: ForestTable) -> str:
    sides = f"left of no effect: {table.favours[0]}; right: {table.favours[1]}"
    return f"{table.info.experimental} against {table.info.control}; {sides}"


def _by_reason(rows: Sequence[ForestRow]) -> str:
    groups: dict[str, list[str]] = {}
    for row in rows:
        groups.setdefault(row.reason, []).append(row.cells["study"].text)
    return "; ".join(", ".join(names) + (f" ({reason})" if reason else "") for reason, names in groups.items())


def _studies(k: int) -> str:
    return "one study" if k == 1 else f"{k} studies"
