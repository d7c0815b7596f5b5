"""A forest plot made of characters, for the terminal; loads no drawing library."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite
from textwrap import wrap
from typing import Final, final

from msc_meta.figures.axis import Axis, axis_limits, make_axis
from msc_meta.figures.forest_table import LABEL, Cell, Column, ForestRow, ForestTable, Graph, Plotted
from msc_meta.figures.style import Style

LEAST_WIDTH: Final = 80
LEAST_GRAPH: Final = 15
MOST_GRAPH: Final = 60
MOST_LABEL: Final = 30
GAP: Final = 2
TICK_ROOM: Final = 5
BIG: Final = 10.0  # percent of weight, from which a square is drawn as a big one


@final
@dataclass(frozen=True, slots=True)
class Ink:
    """The characters that stand for what a figure draws."""

    square: str
    small: str
    hollow: str
    diamond: str
    point: str
    whisker: str
    left_end: str
    right_end: str
    left_arrow: str
    right_arrow: str
    pooled: str
    prediction: str
    null: str
    guide: str
    rule: str
    tick: str
    cut: str


BOXES: Final = Ink("■", "▪", "□", "◆", "●", "─", "├", "┤", "◄", "►", "━", "┄", "│", "┊", "─", "┴", "…")
ASCII: Final = Ink("#", "+", "o", "*", "@", "-", "(", ")", "<", ">", "=", "~", "|", ":", "-", "+", "~")
PLAIN: Final = {
    "−": "-", "–": "-", "—": "-", "×": "x", "†": "+", "‡": "++", "§": "%", "¶": "&", "≥": ">=", "≤": "<=", "∞": "inf",
    "’": "'", "‘": "'", "“": '"', "”": '"', "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "ß": "ss", "æ": "ae", "Æ": "AE",
}  # fmt: skip


def forest_text(
    table: ForestTable, style: Style, width: int = LEAST_WIDTH, *, ascii_only: bool = False, notes: bool = True
) -> str:
    r"""Return a forest plot as lines of text.

    The numbers of an arm share a column, ``5/20``. In a narrow terminal the weights give way to the graph first.

    Parameters
    ----------
    table : ForestTable
        What to show, see `forest_rows`.
    style : Style
        Writes the numbers of the axis.
    width : int
        Columns of the terminal; below 80 lines may be longer.
    ascii_only : bool
        Whether every character is ASCII, for a terminal that has no others.
    notes : bool
        Whether heterogeneity, studies left out, notes and footnotes follow; without them there are no marks either.

    Examples
    --------
    >>> from msc_meta.effects.rows import StudyRow
    >>> from msc_meta.figures.forest_rows import forest_rows
    >>> from msc_meta.figures.forest_table import FigureInfo
    >>> from msc_meta.figures.style import load_style
    >>> from msc_meta.pooling.random_effects import pool
    >>> rows = [
    ...     StudyRow(study=s, label=s, year=2021, standing="pooled", yi=y, vi=0.1, weight=50)
    ...     for s, y in (("Doe 2021", -0.5), ("Roe 2022", 0.1))
    ... ]
    >>> result = pool([-0.5, 0.1], [0.1, 0.1], measure="RR", ci_method="wald")
    >>> plot = forest_text(forest_rows(rows, result, FigureInfo(), load_style()), load_style(), ascii_only=True)
    >>> print("\n".join(line for line in plot.splitlines() if "Doe" in line or "Total" in line))
    Doe 2021         50.0%  0.61 [0.33, 1.13]   (-----------#----:---|-)
    Total (95% CI)  100.0%  0.82 [0.45, 1.47]         ===========*===========
    """
    page = _Page(compacted(table, marks=notes), style, max(width, LEAST_WIDTH), ASCII if ascii_only else BOXES)
    lines = [*page.plot(), *(page.notes() if notes else [])]
    text = "\n".join(line.rstrip() for line in lines) + "\n"
    return plain(text) if ascii_only else text


def plain(text: str) -> str:
    """Return text in ASCII: letters without their accents, signs spelt.

    Examples
    --------
    >>> plain("Martínez-Muñoz: I² −1×10⁶†")
    'Martinez-Munoz: I2 -1x106+'
    """
    spelt = "".join(PLAIN.get(letter, letter) for letter in text)
    bare = (letter for letter in unicodedata.normalize("NFKD", spelt) if not unicodedata.combining(letter))
    return "".join(bare).encode("ascii", "replace").decode()


def cells_wide(text: str) -> int:
    """Return how many columns of a terminal a text takes: two for a wide character, none for an accent.

    Examples
    --------
    >>> cells_wide("Zhu 2021"), cells_wide("李 2021")
    (8, 7)
    """
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return len(text) + wide - sum(unicodedata.combining(letter) > 0 for letter in text)


def compacted(table: ForestTable, *, marks: bool = True) -> ForestTable:
    """Return the plot with one column per arm, ``5/20`` or ``15.9 (4.3)/20``, and without marks if so asked."""
    arms = [group for group in _groups(table.columns) if not group[0].key.startswith("rob")]
    merged = {group[-1].key: _merged(group) for group in arms}
    gone = {column.key for group in arms for column in group[:-1]}
    columns = [merged.get(column.key, column) for column in table.columns if column.key not in gone]
    rows = []
    for row in table.rows:
        cells = {key: cell for key, cell in row.cells.items() if key not in gone}
        for group in arms:
            texts = [row.cells[column.key].text if column.key in row.cells else "" for column in group]
            spanned = [row.cells[column.key] for column in group if column.key in row.cells]
            alone = len(spanned) == 1 or any(cell.span > 1 for cell in spanned)
            text = " ".join(filter(None, texts)) if alone else _joined(texts)
            cells[group[-1].key] = Cell(text)
        if not marks:
            cells = {key: replace(cell, mark="") for key, cell in cells.items()}
        rows.append(replace(row, cells={key: cell for key, cell in cells.items() if cell.text}))
    return replace(table, columns=tuple(columns), rows=tuple(rows))


def _merged(group: Sequence[Column]) -> Column:
    return Column(group[-1].key, _joined([column.header for column in group]), "right", group[0].group)


def _joined(texts: Sequence[str]) -> str:
    """Return ``5/20`` of two, ``15.9 (4.3)/20`` of three."""
    *first, last = texts
    if len(first) == 2 and first[1]:
        first = [f"{first[0]} ({first[1]})"]
    return "/".join(filter(None, (*first, last)))


@final
class _Page:
    """The widths of everything, and the lines that follow from them."""

    def __init__(self, table: ForestTable, style: Style, width: int, ink: Ink) -> None:
        self.table, self.style, self.width, self.ink = table, style, width, ink
        self.columns: list[Column | Graph] = list(table.columns)
        self.widths = {column.key: self._needed(column) for column in table.texts}
        self._widen_for_groups_and_spans()
        graphs = max(len(table.graphs), 1)
        for keys in self._dispensable():
            if self._room() >= LEAST_GRAPH * graphs:
                break
            self.columns = [column for column in self.columns if column.key not in keys]
        share = min(max(self._room() // graphs, LEAST_GRAPH), MOST_GRAPH)
        self.widths |= {graph.key: share for graph in table.graphs}
        self.axes = {graph.key: _axis(graph, table.rows, share, style) for graph in table.graphs}

    def plot(self) -> list[str]:
        """Return headers, rows and axis, line by line."""
        rule = self.ink.rule * self.total
        rows = [row for row in self.table.rows if row.kind != "left-out"]
        out = [*self._headers(), rule]
        for row in rows:
            out += self._row(row)
        if any(row.plotted for row in rows):
            out += self._axis_lines()
        return out

    def notes(self) -> list[str]:
        """Return what is said below the plot, line by line."""
        out = self._wrapped(self.table.summary)
        left_out = [row for row in self.table.rows if row.kind == "left-out"]
        if left_out:
            out += ["", f"{self.style.texts['left_out']}:"]
            out += self._wrapped([f"{row.label}: {row.reason}" for row in left_out])
        notes = [*self.table.collapsed, *self.table.notes]
        notes += [f"{mark} {text}" for mark, text in self.table.footnotes]
        return [*out, *([""] if notes else []), *self._wrapped(notes)]

    @property
    def total(self) -> int:
        """Columns of the terminal that the plot takes."""
        return self._width_of(self.columns)

    def _needed(self, column: Column) -> int:
        is_label = column.key == LABEL
        rows = [row for row in self.table.rows if _in_columns(row) and not (is_label and row.kind == "prediction")]
        named = [row.cells[column.key] for row in rows if column.key in row.cells]
        texts = [_shown(cell, is_label=is_label) for cell in named if cell.span == 1]
        indents = 2 * max((row.indent for row in self.table.rows), default=0) if column.key == LABEL else 0
        group = "" if column.group_key else column.group
        widest = max((cells_wide(text) for text in (column.header, group, *texts)), default=0)
        return min(widest + indents, MOST_LABEL) if column.key == LABEL else widest

    def _widen_for_groups_and_spans(self) -> None:
        keys = [column.key for column in self.table.columns]
        for row in self.table.rows:
            for key, cell in row.cells.items():
                if cell.span > 1 and key in keys and _in_columns(row):
                    self._widen(keys[keys.index(key) - cell.span + 1 : keys.index(key) + 1], cells_wide(cell.text))
        for group in _groups(self.table.texts):
            self._widen([column.key for column in group], min(cells_wide(group[0].group), 14))

    def _widen(self, keys: Sequence[str], needed: int) -> None:
        missing = needed - sum(self.widths[key] for key in keys) - GAP * (len(keys) - 1)
        self.widths[keys[-1]] += max(missing, 0)

    def _dispensable(self) -> list[set[str]]:
        """Return the columns that give way to the graph in a narrow terminal, the first ones first."""
        keys = {column.key for column in self.table.texts if not column.panel} - {LABEL, "effect"}
        bias = {key for key in keys if key.startswith("rob")}
        arms = {key for key in keys if key.endswith(("_e", "_c"))}
        return [keys & {"weight"}, bias, arms, keys - bias - arms]

    def _room(self) -> int:
        texts = [column for column in self.columns if isinstance(column, Column)]
        return self.width - sum(self.widths[column.key] for column in texts) - GAP * (len(self.columns) - 1)

    def _headers(self) -> list[str]:
        first, second = [], []
        grouped = {column.key: group for group in _groups(self.columns) for column in group}
        for column in self.columns:
            width = self.widths[column.key]
            if isinstance(column, Graph):
                first.append(_fit(_clause(column.title or column.header[0], width), width, "center", self.ink))
                second.append(_fit(_clause(column.header[1], width), width, "center", self.ink))
                continue
            second.append(_fit(column.header, width, column.align, self.ink))
            group = grouped.get(column.key, [column])
            if column is group[0]:
                wide = self._width_of(group)
                align = "center" if column.group_key else column.align
                first.append(_fit(column.group, wide, align, self.ink))
        gap = " " * GAP
        return [gap.join(first), gap.join(second)]

    def _row(self, row: ForestRow) -> list[str]:
        indent = "  " * row.indent
        if row.kind == "sentence":
            return ["", *self._wrapped([row.reason])]
        if not _in_columns(row):
            return wrap(row.label, self.width, initial_indent=indent, subsequent_indent=indent) or [""]
        parts = []
        for first, last, cell in self._slots(row):
            column, width = self.columns[last], self._width_of(self.columns[first : last + 1])
            if isinstance(column, Graph):
                parts.append(self._plotted(column, row))
            else:
                label = self.columns[first].key == LABEL
                text = f"{indent if label else ''}{_shown(cell, is_label=label)}"
                parts.append(_fit(text, width, "left" if label else column.align, self.ink))
        return [(" " * GAP).join(parts)]

    def _slots(self, row: ForestRow) -> list[tuple[int, int, Cell]]:
        """Return the cells of a row with the first and the last column each takes.

        A cell may span columns to its left; a label that is too long runs on over empty ones to its right.
        """
        slots: list[tuple[int, int, Cell]] = []
        at = len(self.columns) - 1
        while at >= 0:
            cell = row.cells.get(self.columns[at].key, Cell(""))
            first = max(at - cell.span + 1, 0)
            slots.insert(0, (first, at, cell))
            at = first - 1
        while len(slots) > 1:
            (first, last, label), (_, after, cell) = slots[:2]
            long = cells_wide(_shown(label, is_label=True)) > self._width_of(self.columns[first : last + 1])
            if not long or cell.text or isinstance(self.columns[after], Graph):
                break
            slots[:2] = [(first, after, label)]
        return slots

    def _width_of(self, columns: Sequence[Column | Graph]) -> int:
        return sum(self.widths[column.key] for column in columns) + GAP * (len(columns) - 1)

    def _plotted(self, graph: Graph, row: ForestRow) -> str:
        axis, width = self.axes[graph.key], self.widths[graph.key]
        line = [" "] * width
        shown = row.plotted.get(graph.key)
        if graph.pooled is not None and row.kind in ("study", "subtotal"):
            _put(line, _place(axis, graph.pooled.estimate, width), self.ink.guide)
        _put(line, _place(axis, 0.0, width), self.ink.null)
        if shown is not None and isfinite(shown.effect.low + shown.effect.high):
            self._draw(line, shown, axis)
        return "".join(line)

    def _draw(self, line: list[str], shown: Plotted, axis: Axis) -> None:
        ink, width, effect = self.ink, len(line), shown.effect
        stroke = {
            "diamond": ink.pooled, "open-diamond": ink.pooled, "prediction-line": ink.prediction,
            "prediction-bar": ink.prediction,
        }.get(shown.shape, ink.whisker)  # fmt: skip
        low, high = _place(axis, effect.low, width), _place(axis, effect.high, width)
        crossed = (_place(axis, 0.0, width), ink.null)
        for at in range(max(low, 0), min(high, width - 1) + 1):
            if line[at] == " " or stroke != ink.whisker:
                line[at] = stroke
        if stroke in (ink.whisker, ink.prediction):
            _put(line, low, ink.left_end)
            _put(line, high, ink.right_end)
        if stroke == ink.prediction and low < crossed[0] < high:
            _put(line, *crossed)
        if low < 0:
            line[0] = ink.left_arrow
        if high >= width:
            line[-1] = ink.right_arrow
        square = ink.square if not shown.weight < BIG else ink.small
        mark = {"square": square, "hollow": ink.hollow, "point": ink.point}.get(shown.shape, ink.diamond)
        if not shown.shape.startswith("prediction"):
            _put(line, min(max(_place(axis, effect.estimate, width), 0), width - 1), mark)

    def _axis_lines(self) -> list[str]:
        """Return the axis under every graph, with its numbers and what lies on either side."""
        rule, numbers, sides = ([" "] * self.total for _ in range(3))
        left = 0
        for column in self.columns:
            width = self.widths[column.key]
            if isinstance(column, Graph):
                axis = self.axes[column.key]
                rule[left : left + width] = self.ink.rule * width
                free = 0
                for value, label in axis.ticks:
                    at = left + _place(axis, value, width)
                    start = at - len(label) // 2
                    rule[at] = self.ink.tick
                    if start >= free and start + len(label) <= len(numbers):
                        _write(numbers, start, label)
                        free = start + len(label) + 1
                self._favours(sides, column, left, left + _place(axis, 0.0, width))
            left += width + GAP
        return ["".join(line) for line in (rule, numbers, sides)]

    def _favours(self, line: list[str], graph: Graph, left: int, null: int) -> None:
        """Write both sides beside no effect, moved to the left where the page ends; their arrows say what they mean."""
        first, second = f"{self.ink.left_arrow} {graph.favours[0]}", f"{graph.favours[1]} {self.ink.right_arrow}"
        begin = max(min(null + 2, len(line) - cells_wide(second)), 0)
        start = max(min(null - 1, begin - GAP) - cells_wide(first), 0 if len(self.axes) == 1 else left)
        _write(line, start, first)
        _write(line, max(begin, start + cells_wide(first) + 1), second)

    def _wrapped(self, texts: Sequence[str]) -> list[str]:
        return [line for text in texts for line in wrap(text, self.width, subsequent_indent="  ")]


def _axis(graph: Graph, rows: Sequence[ForestRow], width: int, style: Style) -> Axis:
    shown = [row.plotted[graph.key] for row in rows if graph.key in row.plotted and row.kind != "left-out"]
    effects = [one.effect for one in shown if isfinite(one.effect.low + one.effect.high)]
    must = [bound for one in (graph.pooled,) if one is not None for bound in (one.low, one.high)]
    points = [effect.estimate for effect in effects]
    low, high = graph.limits or axis_limits(
        points, [effect.low for effect in effects], [effect.high for effect in effects], must, log=graph.log
    )
    # as upright labels are, which no font measures: with room for TICK_ROOM characters between two of them
    return make_axis(low, high, width / TICK_ROOM * 2 * style.size_small, log=graph.log, style=style, upright=True)


def _place(axis: Axis, value: float, width: int) -> int:
    """Return the column of a value; outside of 0 to width - 1 for one outside of the axis."""
    return round((min(max(value, axis.low - 1e6), axis.high + 1e6) - axis.low) / (axis.high - axis.low) * (width - 1))


def _write(line: list[str], at: int, text: str) -> None:
    """Write a text from a column on, as far as there is room."""
    for place, letter in enumerate(text[: max(len(line) - at, 0)], start=at):
        line[place] = letter


def _put(line: list[str], at: int, mark: str) -> None:
    if 0 <= at < len(line):
        line[at] = mark


def _in_columns(row: ForestRow) -> bool:
    """Whether a row's cells stand in columns; the label of others runs on."""
    return row.kind in ("study", "subtotal", "pooled", "prediction") or len(row.cells) > 1


def _shown(cell: Cell, *, is_label: bool) -> str:
    """Return a cell's text; marks only of labels, which bear those of the whole row."""
    return f"{cell.text} {cell.mark}" if cell.mark and is_label else cell.text


def _groups(columns: Sequence[Column | Graph]) -> list[list[Column]]:
    """Return the columns that share a header, group by group."""
    groups: dict[str, list[Column]] = {}
    for column in columns:
        if isinstance(column, Column) and column.group_key:
            groups.setdefault(f"{column.panel}/{column.group_key}", []).append(column)
    return list(groups.values())


def _clause(text: str, width: int) -> str:
    """Return a header without its last parts where it is too long: ``IV, random`` of ``IV, random, 95% CI``."""
    while cells_wide(text) > width and ", " in text:
        text = text.rpartition(", ")[0]
    return text


def _fit(text: str, width: int, align: str, ink: Ink) -> str:
    """Return a text in exactly so many columns; one that is too long is cut."""
    if cells_wide(text) > width:
        while text and cells_wide(text) > width - 1:
            text = text[:-1]
        text += ink.cut if width else ""
    space = width - cells_wide(text)
    before = {"left": 0, "right": space}.get(align, space // 2)
    return " " * before + text + " " * (space - before)
