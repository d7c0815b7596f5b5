"""What a forest plot says: columns, rows, notes, as text cells and numbers, before anything is placed or drawn.

Every decision about content is taken here: which columns there are, what is printed for a study that could not be
pooled, which footnote belongs to whom. Sizes and places are decided in ``forest_layout``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import fsum, isnan
from typing import final

from msc_meta.effects.measures import MEASURES
from msc_meta.effects.rows import SD_STEP, STEP_SEPARATOR, ArmNumbers, StudyRow
from msc_meta.figures.effect_text import EffectText
from msc_meta.figures.footnotes import Footnotes, collapsed_lines
from msc_meta.figures.forest_caption import analysis_caption
from msc_meta.figures.forest_table import (
    GRAPH,
    Cell,
    Column,
    Effect,
    FigureInfo,
    ForestRow,
    ForestTable,
    Graph,
    Plotted,
    RowKind,
    Shape,
)
from msc_meta.figures.forest_width import role
from msc_meta.figures.pooled_text import effect_header, graph_header, summary_lines
from msc_meta.figures.style import Style
from msc_meta.figures.text import (
    as_reported,
    clean,
    count,
    level_text,
    number,
    percent,
    prose,
)
from msc_meta.pooling.results import PooledResult


def forest_rows(rows: Sequence[StudyRow], result: PooledResult, info: FigureInfo, style: Style) -> ForestTable:
    """Decide what a forest plot shows.

    Parameters
    ----------
    rows : sequence of StudyRow
        Every study of the evidence, pooled or not; the order is kept.
    result : PooledResult
        The pooled effect of the rows whose standing is "pooled".
    """
    info = info.cleaned()
    measure = MEASURES[result.measure]
    pooled = [row for row in rows if row.included]
    shown = [row for row in rows if not row.included and _has_its_own_row(row)]
    shown.sort(key=lambda row: (not row.has_effect, row.standing != "not estimable", row.standing == "not eligible"))
    arm_columns = _arm_columns(result.measure, rows)
    table = _CellWriter(arm_columns, EffectText.of(pooled or shown, result.measure, style), info, style)
    footnotes = Footnotes(style)
    out = [table.study_row(row, result, "study", footnotes) for row in pooled]
    out += table.answer_rows(pooled, result)
    out += [table.study_row(row, result, "left-out", footnotes) for row in shown]
    arms = (info.experimental, info.control)
    favours = tuple(style.texts["favours"].format(arm=arm) for arm in (arms if info.better == "lower" else arms[::-1]))
    graph = Graph(
        measure=result.measure,
        log=measure.log,
        level=result.level,
        header=graph_header(result, style, info.unit),
        favours=(favours[0], favours[1]),
        pooled=Effect(result.estimate, result.ci.low, result.ci.high) if result.k > 1 else None,
    )
    columns = _columns(arm_columns, graph, effect_header(result, style), info, style)
    silent = [row for row in rows if not row.included and not _has_its_own_row(row)]
    answers = {row.kind: row.cells["effect"].text for row in out if "effect" in row.cells}
    effect = answers.get("pooled" if result.k > 1 else "study", "")
    return ForestTable(
        info=info,
        columns=tuple(sorted(columns, key=lambda column: style.columns.index(role(column)))),
        rows=tuple(out),
        summary=summary_lines(result, style) if result.k > 1 else (),
        collapsed=collapsed_lines(silent, style),
        silent=tuple((clean(row.label or row.study), prose(row.reason, style)) for row in silent),
        notes=tuple(prose(note, style) for note in (*info.notes, *(result.notes if result.k > 1 else ()))),
        footnotes=footnotes.listed(),
        caption=analysis_caption(pooled, result, info, effect, answers.get("prediction", ""), style),
    )


def _has_its_own_row(row: StudyRow) -> bool:
    return row.standing in {"not estimable", "not usable"} or row.has_effect or row.has_numbers


def _arm_columns(measure: str, rows: Sequence[StudyRow]) -> tuple[str, ...]:
    """Return which of an arm's numbers are printed: by the measure, or by what was reported for a generic one."""
    kind = MEASURES[measure].arms
    if not any(row.has_numbers for row in rows):
        return ()
    if kind == "events":
        return ("events", "n")
    if kind == "means":
        return ("mean", "sd", "n")
    arms = [arm for row in rows if row.included for arm in (row.e, row.c)]
    for name in ("median", "events", "mean"):
        if any(not isnan(getattr(arm, name)) for arm in arms):
            return (name, "sd", "n") if name == "mean" else (name, "n")
    return ("median", "n") if measure == "LRM" else ()


def _columns(
    arm_columns: tuple[str, ...], graph: Graph, effect: tuple[str, str], info: FigureInfo, style: Style
) -> tuple[Column | Graph, ...]:
    texts = style.texts
    headers = {name: texts[name] for name in ("events", "mean", "sd", "median")} | {"n": texts["total"]}
    arms = [
        Column(f"{name}_{key}", headers[name], group=label, group_key=key)
        for key, label in (("e", info.experimental), ("c", info.control))
        for name in arm_columns
    ]
    return (
        Column("study", texts["study"], align="left"),
        *arms,
        Column("weight", texts["weight"]),
        Column("effect", effect[1], group=effect[0]),
        graph,
    )


@final
@dataclass(frozen=True, slots=True)
class _CellWriter:
    """Turns studies and answers into rows of text cells."""

    arm_columns: tuple[str, ...]
    write: EffectText
    info: FigureInfo
    style: Style

    def study_row(self, row: StudyRow, result: PooledResult, kind: RowKind, footnotes: Footnotes) -> ForestRow:
        """Return the row of one study."""
        steps = row.conversion.split(STEP_SEPARATOR) if row.has_effect else [*row.e.steps, *row.c.steps]
        marks = footnotes.daggers(steps), footnotes.letters(row.marks)
        effect = _study_effect(row, result.level) if row.has_effect else None
        cells = {"study": Cell(clean(row.label or row.study), ",".join(filter(None, marks)))}
        by_arm = any(arm.steps for arm in (row.e, row.c))
        for suffix, arm in (("e", row.e), ("c", row.c)):
            cells |= self._arm_cells(suffix, arm, row)
            taken = arm.steps if by_arm else steps
            for name in self.arm_columns[:-1]:
                mark = footnotes.daggers([step for step in taken if name == "sd" or not step.startswith(SD_STEP)])
                cells[f"{name}_{suffix}"] = replace(cells[f"{name}_{suffix}"], mark=mark)
        if row.included:
            cells["weight"] = Cell(percent(row.weight, self.style.decimals_weight, self.style))
        if effect is not None:
            cells["effect"] = Cell(self.write.effect(effect))
        elif row.standing == "not estimable":
            cells["effect"] = Cell(self.style.texts["not_estimable"])
        cells = {key: cell for key, cell in cells.items() if cell.text}
        reason = self._reason(row, cells) if kind == "left-out" else ""
        if "effect" in cells:  # which says that there is none
            reason = reason.removeprefix(f"{self.style.texts['not_estimable']}: ")
        plotted = {}
        if effect is not None:
            shape: Shape = "hollow" if kind == "left-out" else "square"
            plotted[GRAPH] = Plotted(effect, shape, row.weight)
        return ForestRow(kind=kind, key=row.study, cells=cells, plotted=plotted, reason=reason)

    def _reason(self, row: StudyRow, cells: dict[str, Cell]) -> str:
        """Return why a study is not pooled, with the unit of its numbers where that is another than the outcome's."""
        unit = clean(row.unit)
        said = any(unit in cell.text for cell in cells.values())
        foreign = row.has_numbers and unit and self.info.unit and unit != self.info.unit and not said
        return (f"in {unit}: " if foreign else "") + prose(row.reason, self.style)

    def answer_rows(self, pooled: Sequence[StudyRow], result: PooledResult) -> list[ForestRow]:
        """Return the pooled row and the prediction interval, or the sentence why there is none."""
        texts = self.style.texts
        if result.k < 2:
            default = texts["one_study"] if result.k == 1 else texts["none"]
            sentence = " ".join(result.notes) or default
            return [ForestRow(kind="sentence", key="answer", reason=prose(sentence, self.style))]
        level = level_text(result.level, self.style)
        effect = Effect(result.estimate, result.ci.low, result.ci.high)
        cells = {"study": Cell(texts["pooled"].format(level=level)), "effect": Cell(self.write.effect(effect))}
        total_weight = fsum(row.weight for row in pooled)
        cells["weight"] = Cell(percent(total_weight, self.style.decimals_weight, self.style))
        for suffix, arms in (("e", [row.e for row in pooled]), ("c", [row.c for row in pooled])):
            for name in self.arm_columns:
                if name in {"events", "n"}:
                    cells[f"{name}_{suffix}"] = Cell(count(sum(getattr(arm, name) for arm in arms), self.style))
        cells = {key: cell for key, cell in cells.items() if cell.text}
        diamond = {GRAPH: Plotted(effect, "diamond", total_weight)}
        events = {key: cell for key, cell in cells.items() if self.style.events_in_row and key.startswith("events_")}
        cells = {key: cell for key, cell in cells.items() if key not in events}
        out = [ForestRow(kind="pooled", key="pooled", cells=cells, plotted=diamond)]
        if events:
            events["study"] = Cell(texts["total_events"])
            out.append(ForestRow(kind="text", key="total-events", cells=events))
        if not isnan(result.prediction.low) and self.style.prediction != "none":
            low, high = result.prediction
            bounds = self.write.interval(low, high)
            cells = {"study": Cell(texts["prediction"].format(level=level)), "effect": Cell(bounds)}
            shape: Shape = "prediction-bar" if self.style.prediction == "bar" else "prediction-line"
            line = {GRAPH: Plotted(Effect(result.estimate, low, high), shape)}
            out.append(ForestRow(kind="prediction", key="prediction", cells=cells, plotted=line))
        return out

    def _arm_cells(self, suffix: str, arm: ArmNumbers, row: StudyRow) -> dict[str, Cell]:
        write: dict[str, Callable[[], str]] = {
            "events": lambda: count(arm.events, self.style),
            "n": lambda: count(arm.n, self.style),
            "mean": lambda: self._mean(arm.mean),
            "sd": lambda: self._mean(arm.sd),
            "median": lambda: as_reported(arm.median, self.style),
        }
        cells = {f"{name}_{suffix}": Cell(write[name]()) for name in self.arm_columns}
        if self.arm_columns and isnan(getattr(arm, self.arm_columns[0])):
            cells |= self._reported_instead(suffix, arm, row)
        return cells

    def _reported_instead(self, suffix: str, arm: ArmNumbers, row: StudyRow) -> dict[str, Cell]:
        """Show what was reported in place of the numbers the analysis wants: ``median 17.5``, ``83.3 (unclear)``."""
        main = self.arm_columns[:-1]
        for name in ("median", "mean", "events", "percent", "value"):
            value = getattr(arm, name)
            if isnan(value):
                continue
            text = as_reported(value, self.style)
            is_percent = name == "percent" or (row.unit == "%" and self.info.unit != "%")
            if is_percent:
                text += self.style.percent
            if name == "percent" or (is_percent and main == ("events",)):
                return {f"{main[0]}_{suffix}": Cell(text)}
            if name == "value":  # under the header "Mean" alone it would pass for one
                return {f"{main[-1]}_{suffix}": Cell(f"{text} ({self.style.texts['unclear']})", span=len(main))}
            spread = (arm.q1, arm.q3) if not isnan(arm.q1 + arm.q3) else (arm.min, arm.max)
            if name == "median" and not isnan(sum(spread)):
                text += f" ({as_reported(spread[0], self.style)}–{as_reported(spread[1], self.style)})"
            return {f"{main[-1]}_{suffix}": Cell(f"{name} {text}", span=len(main))}
        return {}

    def _mean(self, value: float) -> str:
        return number(value, self.style.decimals if abs(value) < 1 else self.style.decimals_large, self.style)


def _study_effect(row: StudyRow, level: float) -> Effect:
    return Effect(row.yi, *row.wald_interval(level))
