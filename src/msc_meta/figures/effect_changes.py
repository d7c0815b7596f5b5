"""What a plot of moved effects shows: for each outcome its pooled effect before and now, as rows of a forest plot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import exp, isnan
from typing import Literal, final

from msc_meta.effects.measures import MEASURES
from msc_meta.figures.effect_text import EffectText
from msc_meta.figures.forest_table import (
    GRAPH,
    LABEL,
    Cell,
    Column,
    Effect,
    FigureInfo,
    ForestRow,
    ForestTable,
    Graph,
    Plotted,
    Shape,
)
from msc_meta.figures.style import Style
from msc_meta.figures.text import clean, level_text

Time = Literal["before", "now"]
NAMES: dict[Time, str] = {"before": "Before", "now": "Now"}
SHAPES: dict[tuple[Time, bool], Shape] = {  # of a state, and whether something is pooled
    ("before", True): "open-diamond", ("now", True): "diamond", ("before", False): "hollow", ("now", False): "square",
}  # fmt: skip


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class PooledSide:
    """The pooled answer for an outcome in one state of a review, on the analysis scale; ``k`` comparisons."""

    measure: str
    k: int
    level: float
    effect: Effect | None = None
    prediction: Effect | None = None


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class EffectMove:
    """How the answer for one outcome moved; a side is None where the outcome was not analysed.

    ``entered``, ``left`` and ``changed`` are labels of trials: pooled now only, pooled before only, pooled in both with
    another effect.
    """

    name: str
    title: str
    unit: str
    better: Literal["lower", "higher"]
    before: PooledSide | None
    now: PooledSide | None
    entered: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    @property
    def sides(self) -> tuple[tuple[Time, PooledSide | None], ...]:
        """The two states, the older one first."""
        return ("before", self.before), ("now", self.now)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of the plot with one axis: an outcome, or one of its sides where the two have different measures."""

    table: ForestTable
    title: str
    sentences: tuple[str, ...]


def sections(move: EffectMove, style: Style) -> tuple[Section, ...]:
    """Return the parts of an outcome, each of one measure; the last one has the sentences."""
    shown = [(time, side) for time, side in move.sides if side is not None and side.effect is not None]
    by_measure: dict[str, list[tuple[Time, PooledSide]]] = {}
    for time, side in shown:
        by_measure.setdefault(side.measure, []).append((time, side))
    said = tuple(_sentences(move, different=len(by_measure) > 1))
    title = clean(move.title or move.name)
    if not by_measure:
        return (Section(table=_table(move, "", (), style), title=title, sentences=said),)
    last = [*by_measure][-1]
    return tuple(
        Section(
            table=_table(move, measure, sides, style),
            title=f"{title}, {NAMES[sides[0][0]].lower()}" if len(by_measure) > 1 else title,
            sentences=said if measure == last else (),
        )
        for measure, sides in by_measure.items()
    )


def columns(moves: Sequence[EffectMove], style: Style) -> tuple[Column | Graph, ...]:
    """Return the columns that all sections share; the graph stands for those of the sections."""
    levels = {side.level for move in moves for _, side in move.sides if side is not None}
    level = f"{level_text(levels.pop(), style)} " if len(levels) == 1 else ""
    return (
        Column(LABEL, "", align="left"),
        Column("k", "k"),
        Graph(measure="", log=False, level=0.95, header=("", ""), favours=("", "")),
        Column("effect", f"[{level}CI]", group="Pooled effect"),
        Column("prediction", "interval", group="Prediction"),
    )


def _table(move: EffectMove, measure: str, sides: Sequence[tuple[Time, PooledSide]], style: Style) -> ForestTable:
    write = _writer(sides, measure, style)
    rows = [row for time, side in sides for row in _rows(move, time, side, write)]
    graphs = [_graph(move, measure, sides[0][1].level)] if sides else []
    names = [column for column in columns((move,), style) if isinstance(column, Column)]
    info = FigureInfo(name=clean(move.name), title=clean(move.title), unit=clean(move.unit), better=move.better)
    return ForestTable(info=info, columns=(*names[:2], *graphs, *names[2:]), rows=tuple(rows))


def _graph(move: EffectMove, measure: str, level: float) -> Graph:
    unit = f", {clean(move.unit)}" if move.unit and measure == "MD" else ""
    sides = ("better", "worse") if move.better == "lower" else ("worse", "better")
    return Graph(
        measure=measure,
        log=MEASURES[measure].log,
        level=level,
        header=(f"{MEASURES[measure].title}{unit}", ""),
        favours=sides,
    )


def _writer(sides: Sequence[tuple[Time, PooledSide]], measure: str, style: Style) -> EffectText | None:
    if not sides:
        return None
    log = MEASURES[measure].log
    effects = [side.effect for _, side in sides if side.effect is not None]
    largest = max(max(abs(effect.estimate), abs(effect.low), abs(effect.high)) for effect in effects)
    return EffectText(style.decimals if log or largest < 10 else style.decimals_large, log, style)


def _rows(move: EffectMove, time: Time, side: PooledSide, write: EffectText | None) -> Iterator[ForestRow]:
    """Yield the row of a state, and the prediction interval, which is drawn behind it."""
    assert write is not None
    assert side.effect is not None
    key = f"{clean(move.name)}-{time}"
    cells = {LABEL: Cell(NAMES[time]), "k": Cell(str(side.k)), "effect": Cell(write.effect(side.effect))}
    if side.prediction is not None:
        cells["prediction"] = Cell(write.interval(side.prediction.low, side.prediction.high))
        line = {GRAPH: Plotted(side.prediction, "prediction-line")}
        yield ForestRow(kind="prediction", key=f"{key}-prediction", plotted=line)
    shape = SHAPES[time, side.k > 1]
    yield ForestRow(kind="study", key=key, cells=cells, plotted={GRAPH: Plotted(side.effect, shape)})


def _sentences(move: EffectMove, *, different: bool) -> Iterator[str]:
    for time, side in move.sides:
        when = NAMES[time]
        if side is None:
            yield f"{when}: not analysed."
        elif side.k == 0:
            yield f"{when}: no study can be pooled."
        elif side.effect is None:
            yield f"{when}: the effect can not be estimated."
        elif side.k == 1:
            yield f"{when}: one comparison, whose own effect is shown; nothing is pooled."
    if move.before == move.now and not (move.entered or move.left or move.changed):
        yield "Unchanged."
    if different:
        yield "Two measures, which no axis shows together."
    for word, labels in (("Entered", move.entered), ("Left", move.left), ("Another effect", move.changed)):
        if labels:
            yield f"{word}: {', '.join(map(clean, labels))}."


def data_rows(moves: Sequence[EffectMove]) -> list[tuple[str | float, ...]]:
    """Return the numbers of the plot, a row per outcome and state, ratios back-transformed."""
    found: list[tuple[str | float, ...]] = []
    for move in moves:
        for time, side in move.sides:
            start: tuple[str | float, ...] = (clean(move.title or move.name), NAMES[time])
            if side is None:
                found.append((*start, "", *[""] * 6))
                continue
            values = [
                float("nan") if effect is None else getattr(effect, part)
                for effect, parts in ((side.effect, ("estimate", "low", "high")), (side.prediction, ("low", "high")))
                for part in parts
            ]
            if MEASURES[side.measure].log:
                values = [value if isnan(value) else exp(value) for value in values]
            found.append((*start, side.measure, float(side.k), *values))
    return found


HEADER = (
    "Outcome", "State", "Measure", "k", "Estimate", "CI low", "CI high", "Prediction low", "Prediction high",
)  # fmt: skip
