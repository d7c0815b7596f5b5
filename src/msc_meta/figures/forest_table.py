"""What a forest plot shows, as data: columns, rows, cells and numbers, with nothing placed or drawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import nan
from typing import Literal, final

from msc_meta.figures.footnotes import Footnote
from msc_meta.figures.text import clean

Align = Literal["left", "right", "center"]
RowKind = Literal["heading", "study", "subtotal", "pooled", "prediction", "text", "sentence", "left-out"]
Shape = Literal["square", "hollow", "diamond", "open-diamond", "prediction-line", "prediction-bar", "point"]
Judgement = Literal[
    "", "low", "some-concerns", "moderate", "high", "serious", "critical", "no-information", "unclear"
]  # fmt: skip
LABEL = "study"  # key of the first column, which holds each row's name
GRAPH = "graph"  # key of the graph of a plot that has one


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
class Effect:
    """An estimate with its interval on the analysis scale."""

    estimate: float
    low: float
    high: float


@final
@dataclass(frozen=True, slots=True)
class Column:
    """A column of text, or of risk-of-bias judgements.

    Attributes
    ----------
    group : str
        Text above the header.
    group_key : str
        Columns of one key share one ``group`` with a rule below it, as the numbers of an arm do; empty for a column
        whose ``group`` is simply the first line of its header.
    panel : str
        Key of the graph that the column belongs to, where several outcomes stand side by side.
    """

    key: str
    header: str
    align: Align = "right"
    group: str = ""
    group_key: str = ""
    kind: Literal["text", "judgement"] = "text"
    panel: str = ""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """A column of squares, intervals and diamonds over an axis of its own; one for each outcome.

    Attributes
    ----------
    log : bool
        Whether the analysis scale is the natural log of what is printed on the axis.
    header : tuple of str
        Two lines: the measure with its unit; how it was pooled, and the level of the interval.
    favours : tuple of str
        Left and right of no effect.
    pooled : Effect or None
        Where the dotted line stands.
    minimal_important : tuple of float or None
        Bounds on the analysis scale, shaded behind the studies: differences inside are too small to matter.
    limits : tuple of float or None
        Ends of the axis on the analysis scale; chosen from the effects where not given.
    ticks : tuple of float
        Places on the analysis scale; chosen for the limits where not given.
    title : str
        Above the graph and the columns of its panel, where there are several.
    """

    key: str = GRAPH
    measure: str
    log: bool
    level: float
    header: tuple[str, str]
    favours: tuple[str, str]
    pooled: Effect | None = None
    minimal_important: tuple[float, float] | None = None
    limits: tuple[float, float] | None = None
    ticks: tuple[float, ...] = ()
    title: str = ""


@final
@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a column; ``mark`` is raised behind it, ``span`` counts the columns taken, to the left.

    A ``judgement`` is drawn as a traffic light with its symbol.
    """

    text: str
    mark: str = ""
    span: int = 1
    judgement: Judgement = ""


@final
@dataclass(frozen=True, slots=True)
class Plotted:
    """What a row shows in a graph; ``weight`` in percent decides the size of a square."""

    effect: Effect
    shape: Shape = "square"
    weight: float = nan


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class ForestRow:
    """One row of the plot.

    Attributes
    ----------
    cells : dict
        By the key of their column; the label may run on over empty columns in rows that are no study's.
    plotted : dict
        By the key of the graph.
    reason : str
        Running text: why a study is left out, or a sentence in place of a pool.
    indent : int
        Steps by which the label is moved to the right, as a study's below the heading of its subgroup.
    """

    kind: RowKind
    key: str
    cells: dict[str, Cell] = field(default_factory=dict)
    plotted: dict[str, Plotted] = field(default_factory=dict)
    reason: str = ""
    indent: int = 0

    @property
    def label(self) -> str:
        """The row's name; empty for a sentence."""
        return self.cells[LABEL].text if LABEL in self.cells else ""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class ForestTable:
    """All that a forest plot shows.

    Attributes
    ----------
    columns : tuple of Column or Graph
        In the order to be drawn; the first one holds the labels.
    summary : tuple of str
        Heterogeneity, test, method; printed to the left of the axis.
    collapsed : tuple of str
        Studies without any number, in one line per reason.
    silent : tuple of (str, str)
        The same studies with their reason, one by one, for the table of numbers.
    title : str
        Of the figure; that of ``info`` where empty.
    caption : str
        What the caption says of the analysis.
    """

    info: FigureInfo
    columns: tuple[Column | Graph, ...]
    rows: tuple[ForestRow, ...]
    summary: tuple[str, ...] = ()
    collapsed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    footnotes: tuple[Footnote, ...] = ()
    silent: tuple[tuple[str, str], ...] = ()
    title: str = ""
    caption: str = ""

    @property
    def graphs(self) -> tuple[Graph, ...]:
        """The columns that are graphs, from left to right."""
        return tuple(column for column in self.columns if isinstance(column, Graph))

    @property
    def texts(self) -> tuple[Column, ...]:
        """The columns that are no graphs, from left to right."""
        return tuple(column for column in self.columns if isinstance(column, Column))
