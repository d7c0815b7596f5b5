"""Subgroups in a forest plot: headings, subtotals, and the test of whether the groups differ.

The studies of a group stand together; the total below all of them stays that of the main result. A group of one study
has no subtotal, which is said, and studies that do not state the trait keep a group of their own, in no comparison.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import fsum, isnan
from typing import final

from msc_meta.effects.rows import StudyRow
from msc_meta.figures.effect_text import EffectText, effect_of
from msc_meta.figures.forest_table import GRAPH, LABEL, Cell, ForestRow, ForestTable, Plotted
from msc_meta.figures.pooled_text import heterogeneity_line, subgroup_line, summary_lines
from msc_meta.figures.style import Style
from msc_meta.figures.text import count, level_text, number, p_value, percent
from msc_meta.pooling.results import PooledResult
from msc_meta.pooling.subgroups import Subgroups, subgroups
from msc_meta.study_fields import FieldValues

NOT_STATED = "Not stated"
ON_EFFECTS = {"MH": "FE", "Peto": "FE", "PETO": "FE", "DL-MH": "DL"}  # what stands in for methods on counts


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """The pooled studies by one trait.

    Attributes
    ----------
    title : str
        What the trait is called.
    members : mapping of str to tuple of StudyRow
        Pooled rows by group, in the order to be shown; those without the trait are not among them.
    silent : tuple of StudyRow
        Pooled rows that do not state the trait.
    found : Subgroups or None
        Their pooled effects and the test; None with one group only.
    """

    title: str
    members: Mapping[str, tuple[StudyRow, ...]]
    silent: tuple[StudyRow, ...]
    found: Subgroups | None


def grouped(
    rows: Sequence[StudyRow], result: PooledResult, trait: FieldValues, style: Style, tau2: str = "common"
) -> Groups:
    """Return the pooled rows by a trait, with their effects by the model of the main result.

    Parameters
    ----------
    rows : sequence of StudyRow
        In the order to be shown; only pooled ones count.
    result : PooledResult
        The main result, whose model is used.
    trait : FieldValues
        By what to group. Groups stand in the order of the trait's values.
    style : Style
        Writes the numbers that groups are named after.
    tau2 : {"common", "separate"}
        As in `subgroups`.
    """
    pooled = [row for row in rows if row.included]
    stated = [row for row in pooled if row.study in trait.values]
    stated.sort(key=lambda row: trait.values[row.study].rank)
    members: dict[str, tuple[StudyRow, ...]] = {}
    for row in stated:
        name = field_text(trait, row.study, style)
        members[name] = (*members.get(name, ()), row)
    silent = tuple(row for row in pooled if row.study not in trait.values)
    found = _pooled(members, result, tau2) if len(members) > 1 else None
    return Groups(title=trait.title, members=members, silent=silent, found=found)


def field_text(field: FieldValues, study: str, style: Style) -> str:
    """Return a study's value of a field as text; empty where it is not stated."""
    from msc_meta.figures.text import as_reported, clean

    value = field.values.get(study)
    if value is None:
        return ""
    return clean(value.text) if value.text else as_reported(value.number, style)


def with_subgroups(table: ForestTable, groups: Groups, result: PooledResult, style: Style) -> ForestTable:
    """Return a forest plot with its studies under the headings of their groups, and a subtotal for each."""
    by_key: dict[str, list[ForestRow]] = {}
    for row in table.rows:
        if row.kind == "study":
            by_key.setdefault(row.key, []).append(row)
    everyone = [row for members in (*groups.members.values(), groups.silent) for row in members]
    write = EffectText.of(everyone, result.measure, style)
    writer = _Subtotals(table, write, style)
    out: list[ForestRow] = []
    for name, members in groups.members.items():
        out.append(_heading(name, name))
        out += [replace(by_key[row.study].pop(0), indent=1) for row in members]
        out += writer.of_group(name, members, groups.found.results[name] if groups.found is not None else None)
    if groups.silent:
        out.append(_heading(NOT_STATED, "not-stated"))
        out += [replace(by_key[row.study].pop(0), indent=1) for row in groups.silent]
        out.append(_text("not-stated", "Not compared with the groups above."))
    rest = [row for row in table.rows if row.kind != "study"]
    return replace(table, rows=(*out, *rest), summary=summary_lines(result, style, subgroups=test_line(groups, style)))


def test_line(groups: Groups, style: Style) -> str:
    """Return the test for subgroup differences in the style's numbers, with what it rests on."""
    found = groups.found
    if found is None or isnan(found.q_between):
        return subgroup_line(style.texts["not_applicable"], style)
    if found.df2 is None:
        statistic = f"Chi² = {number(found.q_between, 2, style)}, df = {found.df}"
    else:
        statistic = f"F = {number(found.q_between, 2, style)}, df = {found.df} and {found.df2}"
    common_effect = all(answer.method == "FE" for answer in found.results.values())
    shared = "one Tau² for all groups" if found.tau2 == "common" else "a Tau² for each group"
    shared = "common effect in each group" if common_effect else shared
    return subgroup_line(f"{statistic} ({p_value(found.p_value, style)}); {shared}", style)


def _pooled(members: Mapping[str, tuple[StudyRow, ...]], result: PooledResult, tau2: str) -> Subgroups:
    rows = [row for group in members.values() for row in group]
    return subgroups(
        [row.yi for row in rows],
        [row.vi for row in rows],
        [name for name, group in members.items() for _ in group],
        method=ON_EFFECTS.get(result.method, result.method),
        ci_method=result.ci_method,
        tau2=tau2,
        level=result.level,
        measure=result.measure,
        prediction=result.prediction_method,
    )


@final
@dataclass(frozen=True, slots=True)
class _Subtotals:
    """Writes what stands below the studies of a group."""

    table: ForestTable
    write: EffectText
    style: Style

    def of_group(self, name: str, members: Sequence[StudyRow], result: PooledResult | None) -> list[ForestRow]:
        """Return the subtotal of a group with its heterogeneity, or the sentence why there is none."""
        if len(members) == 1:
            return [_text(name, "One study: no subtotal.")]
        if result is None:  # the only group there is: its subtotal is the total
            return []
        level = level_text(result.level, self.style)
        effect, weight = effect_of(result), fsum(row.weight for row in members)
        cells = {
            LABEL: Cell(f"Subtotal ({level} CI)"),
            "weight": Cell(percent(weight, self.style.decimals_weight, self.style)),
            "effect": Cell(self.write.effect(effect)),
        }
        cells |= arm_totals(self.table, members, self.style)
        cells = {key: cell for key, cell in cells.items() if cell.text}
        plotted = {GRAPH: Plotted(effect, "diamond", weight)}
        return [
            ForestRow(kind="subtotal", key=f"subtotal/{name}", cells=cells, plotted=plotted, indent=1),
            _text(name, heterogeneity_line(result, self.style)),
        ]


def arm_totals(table: ForestTable, rows: Sequence[StudyRow], style: Style) -> dict[str, Cell]:
    """Return the patients and events of several studies, for the columns that the table has."""
    keys = {column.key for column in table.texts}
    return {
        f"{name}_{suffix}": Cell(count(sum(getattr(getattr(row, suffix), name) for row in rows), style))
        for suffix in ("e", "c")
        for name in ("events", "n")
        if f"{name}_{suffix}" in keys
    }


def _heading(text: str, key: str) -> ForestRow:
    shown = text[:1].upper() + text[1:]
    return ForestRow(kind="heading", key=f"heading/{key}", cells={LABEL: Cell(shown)})


def _text(key: str, text: str) -> ForestRow:
    return ForestRow(kind="text", key=f"text/{key}", cells={LABEL: Cell(text)}, indent=1)
