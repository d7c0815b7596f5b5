"""What a person may choose about a forest plot, and the plot as data that follows from the choices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from dataclasses import fields as fields_of
from difflib import get_close_matches
from math import isfinite, log
from typing import Any, Final, Literal, final

from msc_meta.effects.rows import StudyRow
from msc_meta.errors import UsageError
from msc_meta.figures.field_columns import with_columns
from msc_meta.figures.forest_rows import forest_rows
from msc_meta.figures.forest_table import FigureInfo, ForestTable, Graph
from msc_meta.figures.refit_rows import Kind, Pool, refitted
from msc_meta.figures.row_order import SHORT, Lookup, in_order
from msc_meta.figures.style import Style, load_style
from msc_meta.figures.subgroup_rows import grouped, with_subgroups
from msc_meta.figures.text import clean, prose
from msc_meta.pooling.results import PooledResult

Prediction = Literal["line", "bar", "none"]
PREDICTIONS: Final = ("line", "bar", "none")


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class ForestChoices:
    """What may be chosen about a forest plot; the default is the plot that needs no choice.

    Attributes
    ----------
    style : str, Style or None
        Name of a style, or the path of a style file; the one of the context where None.
    width : float, str or None
        Width of the figure in millimetres, or ``column``, ``full`` or ``page``; that of the style where None.
    columns : tuple of str
        Columns to add; or all of them, if the first is ``study``. ``-weight`` takes one away.
    sort : str
        ``effect``, ``weight``, ``year``, ``label``, ``rob`` or a field; ``-effect`` for the largest first.
    reverse : bool
        Turns the order round.
    subgroup : str
        A field by which studies are grouped, with subtotals and a test.
    cumulative : str
        A field in whose order studies come in, one by one.
    leave_one_out : bool
        Whether each row is the effect without a study.
    prediction : {"line", "bar", "none"} or None
        How the prediction interval is shown; as the style says where None.
    minimal_important : tuple of float or None
        Bounds between which a difference is too small to matter, as printed (a ratio as a ratio).
    title : str
        In place of the outcome's.
    left_out : bool
        Whether studies that are not pooled have rows; if not, a note says how many there are.
    """

    style: str | Style | None = None
    width: float | str | None = None
    columns: tuple[str, ...] = ()
    sort: str = ""
    reverse: bool = False
    subgroup: str = ""
    cumulative: str = ""
    leave_one_out: bool = False
    prediction: Prediction | None = None
    minimal_important: tuple[float, float] | None = None
    title: str = ""
    left_out: bool = True

    def look(self) -> Style:
        """Return the style, with the width that was asked for."""
        style = load_style(self.style)
        if self.width is None:
            return style
        from msc_meta.figures.forest_width import width_in_points

        return replace(style, page_width=width_in_points(self.width, style))

    def __post_init__(self) -> None:
        """Refuse what excludes each other, or is none of the words."""
        asked = [name for name in ("subgroup", "cumulative", "leave_one_out") if getattr(self, name)]
        if len(asked) > 1:
            raise UsageError(f"{' and '.join(asked)} are different plots; choose one")
        if self.prediction not in (None, *PREDICTIONS):
            raise UsageError(f"prediction is {self.prediction!r}; there are: {', '.join(PREDICTIONS)}")
        if self.cumulative.startswith("-"):
            raise UsageError("studies come in from the smallest value on; leave the minus out")
        if self.cumulative and (self.sort or self.reverse):
            raise UsageError("a cumulative plot has its studies in the order in which they come in; leave sort out")


def forest_choices(**choices: Any) -> ForestChoices:
    """Return choices as people give them: columns as a list or with commas between them, an unknown word refused.

    Raises
    ------
    UsageError
        For an unknown choice, with the nearest; for choices that exclude each other.

    Examples
    --------
    >>> forest_choices(columns="year,dose", sort="-effect").columns
    ('year', 'dose')
    """
    known = [field.name for field in fields_of(ForestChoices)]
    for name in choices:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known)}"
            raise UsageError(f"a forest plot has no choice {name!r}; {hint}")
    if "columns" in choices:
        wanted = choices["columns"] or ()
        choices["columns"] = tuple(name for name in (wanted.split(",") if isinstance(wanted, str) else wanted) if name)
    if choices.get("cumulative") is True:
        choices["cumulative"] = choices.pop("sort", None) or "year"
    given = {name: value for name, value in choices.items() if value is not None and value is not False}
    return ForestChoices(**given | ({"left_out": False} if choices.get("left_out") is False else {}))


def chosen_table(
    rows: Sequence[StudyRow],
    result: PooledResult,
    info: FigureInfo,
    style: Style,
    choices: ForestChoices,
    fields: Lookup,
    pool_again: Pool | None = None,
) -> ForestTable:
    """Return a forest plot as data, by what was chosen.

    Parameters
    ----------
    rows, result, info, style
        As in `forest_rows`.
    fields : callable
        Returns a field of every study by its name; raises UsageError for an unknown one.
    pool_again : callable, optional
        As in `refitted`.
    """
    if choices.prediction is not None:
        style = replace(style, prediction=choices.prediction)
    notes: list[str] = []
    rows, silent = ordered(rows, choices, fields)
    notes += [silent] if silent else []
    shown = rows if choices.left_out else [row for row in rows if row.included]
    if not choices.left_out and (number := len({row.study for row in rows if not row.included})):
        notes.append(f"Not shown: {number} {'study that is' if number == 1 else 'studies that are'} not pooled.")
    table = forest_rows(shown, result, info, style)
    columns = choices.columns
    if result.k > 1 and (choices.cumulative or choices.leave_one_out):
        kind: Kind = "cumulative" if choices.cumulative else "leave-one-out"
        table = refitted(table, shown, result, kind, style, pool_again)
        known = {"label", "effect", "weight"}
        columns = (*([choices.cumulative] if choices.cumulative and choices.cumulative not in known else []), *columns)
    elif result.k > 1 and choices.subgroup:
        trait = fields(SHORT.get(choices.subgroup, choices.subgroup))
        table = with_subgroups(table, grouped(rows, result, trait, style), result, style)
    if columns:
        table = with_columns(table, columns, rows, result, fields, style)
    if choices.minimal_important is not None:
        table = _with_band(table, choices.minimal_important)
    notes = [prose(note, style) for note in notes]
    return replace(table, title=clean(choices.title) or table.title, notes=(*table.notes, *notes))


def ordered(rows: Sequence[StudyRow], choices: ForestChoices, fields: Lookup) -> tuple[Sequence[StudyRow], str]:
    """Return the rows in the order that was chosen, and a sentence if pooled studies do not state what it goes by."""
    if by := choices.cumulative or choices.sort:
        return in_order(rows, by, fields, descending=choices.reverse)
    return (list(reversed(rows)) if choices.reverse else rows), ""


def _with_band(table: ForestTable, shown: tuple[float, float]) -> ForestTable:
    """Return the plot with the band of differences that are too small to matter; bounds as printed.

    Raises
    ------
    UsageError
        For bounds that are not in order, not positive for a ratio, or do not hold "no difference" between them.
    """
    columns = [_banded(column, shown) if isinstance(column, Graph) else column for column in table.columns]
    return replace(table, columns=tuple(columns))


def _banded(graph: Graph, shown: tuple[float, float]) -> Graph:
    low, high = shown
    null = 1.0 if graph.log else 0.0
    if not (isfinite(low) and isfinite(high)) or not low <= null <= high or low == high or (graph.log and low <= 0):
        raise UsageError(
            f"minimal important difference {low:g}, {high:g}: give the smaller bound first, on the scale that is "
            f"printed, with no difference ({null:g}) between the two"
        )
    return replace(graph, minimal_important=(log(low), log(high)) if graph.log else (low, high))
