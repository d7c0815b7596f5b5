"""What a forest plot shows, as data: columns, rows, cells and numbers, with nothing placed or drawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import nan
from typing import Literal, final

from msc_meta.figures.footnotes import Footnote
from msc_meta.figures.text import clean

Align = Literal["left", "right"]
RowKind = Literal["study", "pooled", "prediction", "sentence", "left-out"]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class FigureInfo:
    """What a figure is about, in the reader's words.

    Attributes
    ----------
    name : str
        Short name for ids and files, "mortality" say.
    title : str
        Outcome with its time window, "Mortality at day 28" say.
    unit : str
        Unit of a difference, "days" say; empty for ratios and risks.
    better : {"lower", "higher"}
        Which direction is good for the patient; the "favours" labels follow from it.
    notes : tuple of str
        Sentences printed below the table, before the footnotes.
    """

    name: str = "figure"
    title: str = ""
    unit: str = ""
    better: Literal["lower", "higher"] = "lower"
    experimental: str = "Experimental"
    control: str = "Control"
    notes: tuple[str, ...] = ()

    def cleaned(self) -> FigureInfo:
        """Return the same on single lines and without control characters."""
        return FigureInfo(
            name=clean(self.name),
            title=clean(self.title),
            unit=clean(self.unit),
            better=self.better,
            experimental=clean(self.experimental),
            control=clean(self.control),
            notes=tuple(clean(note) for note in self.notes),
        )


@final
@dataclass(frozen=True, slots=True)
class Column:
    """A column: its header, the arm it belongs to (``group``), and how its cells are aligned."""

    key: str
    header: str
    align: Align = "right"
    group: str = ""


@final
@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a column; ``mark`` is raised behind it, ``span`` counts the columns taken, to the left."""

    text: str
    mark: str = ""
    span: int = 1


@final
@dataclass(frozen=True, slots=True)
class Effect:
    """An estimate with its interval on the analysis scale."""

    estimate: float
    low: float
    high: float


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class ForestRow:
    """One row of the plot. ``reason`` is running text: why a study is left out, or a sentence in place of a pool."""

    kind: RowKind
    key: str
    cells: dict[str, Cell] = field(default_factory=dict)
    effect: Effect | None = None
    weight: float = nan
    reason: str = ""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class ForestTable:
    """All that a forest plot shows.

    Attributes
    ----------
    effect_header, graph_header : tuple of str
        Two lines: the measure and its interval; above the graph, with the unit and how it was pooled.
    summary : tuple of str
        Heterogeneity, test, method; printed to the left of the axis.
    collapsed : tuple of str
        Studies without any number, in one line per reason.
    favours : tuple of str
        Below the axis, left and right of no effect.
    """

    info: FigureInfo
    measure: str
    log: bool
    level: float
    columns: tuple[Column, ...]
    rows: tuple[ForestRow, ...]
    effect_header: tuple[str, str]
    graph_header: tuple[str, str]
    favours: tuple[str, str]
    summary: tuple[str, ...]
    collapsed: tuple[str, ...]
    notes: tuple[str, ...]
    footnotes: tuple[Footnote, ...]
    pooled: Effect | None
