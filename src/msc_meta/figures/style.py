"""How figures look: every size, colour, number format and label, read from a data file.

The modules that lay figures out decide nothing of this themselves, so that a style is one JSON file.
Lengths are in points (1/72 inch), colours as ``#rrggbb``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, final, get_type_hints

from msc_meta.figures.style_files import read_style, style_names

__all__ = ["Style", "current_style", "load_style", "style", "style_names"]

COLORS = frozenset(
    {
        "ink", "muted", "guide", "square_fill", "diamond_fill", "diamond_stroke", "prediction_color", "paper",
        "contours", "point_fill", "palette", "band", "accent", "unimportant", "judgement_fills", "judgement_inks",
    }
)  # fmt: skip


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """The look of a figure.

    Attributes
    ----------
    font_files : dict
        Files of a family that matplotlib does not know: ``regular``, ``bold``, ``italic``, ``bold italic``,
        by paths from the style's own folder.
    size, size_small, size_min : float
        Type size of the table, and of reasons, footnotes and ticks; nothing but raised marks is smaller than the last.
    graph_narrow_width : float
        Least width of a graph that shares the page with others, or whose figure is to have a given width.
    label_max_width, header_max_width, cell_max_width : float
        Where names, headers and words in cells break into lines; numbers never do.
    widths : dict
        Named widths in millimetres: ``column``, ``full``, ``page``.
    page_width, page_height : float
        What the forest plot aims at: the graph takes what the columns leave, between ``graph_min_width`` and
        ``graph_max_width``. A table that is wider makes the figure wider; nothing is squeezed. One that is taller
        continues on further pages in PDF.
    columns : tuple of str
        Order of the columns: ``study``, ``extra`` (fields of the record), ``arms``, ``weight``, ``effect``, ``graph``,
        ``judgements``.
    dropped_first : tuple of str
        Which of them leave a figure that is too narrow, in this order.
    column_gap, inner_gap : float
        Between columns, and between those of one arm.
    indent : float
        By which studies of a subgroup stand to the right of its heading.
    square_sizing : {"area", "side"}
        ``area``: proportional to the weight, the heaviest study's square has ``square_side``, none is smaller than
        ``square_min_side``. ``side``: ``square_base`` and ``square_per_percent`` for each percent of weight, as RevMan.
    subtotal_diamond : {"open", "small", "full"}
        How the diamonds of subgroups differ from that of all studies.
    prediction : {"line", "bar", "none"}
        How the prediction interval is drawn.
    favours_place, favours_bold, favours_arrows : str, bool, bool
        Above or below the graph.
    measure_place : {"above", "below"}
        Where the two lines stand that name the measure of a graph.
    ratio_ticks, difference_ticks : tuple of float
        Fixed ticks, as printed, whose ends are those of the axis unless an estimate lies outside; empty: chosen.
    decimals, decimals_large : int
        Decimals of effects; the second for differences that reach 10 units.
    p_decimals, p_decimals_small, p_small, p_smallest : int, int, float, float
        Decimals of p-values, those below ``p_small``, and the smallest that is printed as a number.
    p_guarded : bool
        Whether a p-value that would be printed as 0.05 gets a third decimal.
    heterogeneity : tuple of str
        Statistics in their order: ``tau2``, ``tau2_ci`` (with its interval), ``q``, ``i2``, ``i2_ci``.
    summary : tuple of str
        Lines below the table: ``heterogeneity``, ``test``, ``subgroups`` (the test for their differences, where there
        are some), ``subgroups_always``, ``method``.
    effect_header : {"interval", "method"}
        Below the measure, above the effects in numbers: ``[95% CI]``, or ``IV, random, 95% CI``.
    events_in_row : bool
        Whether the events of all studies stand in a row of their own.
    contours : tuple of str
        Shades of the contour-enhanced funnel: p below 0.01, 0.01 to 0.05, 0.05 to 0.1.
    palette : tuple of str
        Fills of groups, told apart without colour by their shapes.
    band, accent : str
        Fill of a confidence band, dark enough for print; fill of what is marked among many.
    bubble_radius : float
        Radius of the heaviest study's circle. Area is proportional to weight.
    panel_height : float
        Of each of several small plots on one page.
    daggers : str
        Marks of conversions, a character each, in the order of use.
    texts : dict
        Words printed in figures, by what they name.
    """

    name: str
    font_family: str
    svg_font_families: str
    font_files: dict[str, str]
    size: float
    size_small: float
    size_min: float
    line_height: float
    row_height: float
    block_gap: float
    margin: float
    column_gap: float
    inner_gap: float
    widths: dict[str, float]
    page_width: float
    page_height: float
    columns: tuple[str, ...]
    dropped_first: tuple[str, ...]
    indent: float
    label_max_width: float
    header_max_width: float
    cell_max_width: float
    graph_min_width: float
    graph_narrow_width: float
    graph_max_width: float
    square_sizing: Literal["area", "side"]
    square_side: float
    square_min_side: float
    square_base: float
    square_per_percent: float
    subtotal_diamond: Literal["open", "small", "full"]
    prediction: Literal["line", "bar", "none"]
    favours_place: Literal["above", "below"]
    favours_bold: bool
    favours_arrows: bool
    measure_place: Literal["above", "below"]
    ratio_ticks: tuple[float, ...]
    difference_ticks: tuple[float, ...]
    diamond_height: float
    arrow_length: float
    line_width: float
    rule_width: float
    guide_width: float
    ink: str
    muted: str
    guide: str
    square_fill: str
    diamond_fill: str
    diamond_stroke: str
    unimportant: str
    judgement_fills: dict[str, str]
    judgement_inks: dict[str, str]
    judgement_symbols: dict[str, str]
    prediction_color: str
    paper: str
    contours: tuple[str, str, str]
    point_fill: str
    palette: tuple[str, ...]
    band: str
    accent: str
    bubble_radius: float
    panel_height: float
    funnel_width: float
    funnel_height: float
    point_side: float
    labels_up_to: int
    decimals: int
    decimals_large: int
    decimals_weight: int
    decimals_tau2: int
    decimals_i2: int
    minus: str
    leading_zero: bool
    ci_open: str
    ci_between: str
    ci_close: str
    percent: str
    p_letter: str
    p_leading_zero: bool
    p_decimals: int
    p_decimals_small: int
    p_small: float
    p_smallest: float
    p_guarded: bool
    heterogeneity: tuple[str, ...]
    summary: tuple[str, ...]
    effect_header: Literal["interval", "method"]
    events_in_row: bool
    daggers: str
    texts: dict[str, str]


_CURRENT: ContextVar[Style | None] = ContextVar("msc_meta figure style", default=None)


def load_style(style: str | Path | Style | None = None) -> Style:
    """Return a style by its name, from a file, or the one of the context.

    Parameters
    ----------
    style : str, Path, Style or None
        Name of a style of the package, see `style_names`; a file that ends in ``.json``, which needs only the fields
        in which it differs from the style that its ``extends`` names (cochrane by default); None for the one that
        `style` set, or else cochrane.

    Raises
    ------
    ArgumentError
        If there is no such style; with every problem of a file, the nearest known field beside an unknown one.

    Examples
    --------
    >>> load_style("cochrane").ci_open, load_style("jama").ci_open
    ('[', '(')
    """
    if isinstance(style, Style):
        return style
    if style is None:
        return current_style()
    path = Path(style)
    if path.suffix.lower() != ".json":
        return _packaged(str(style))
    loaded = Style(**read_style(path, get_type_hints(Style), COLORS))
    if loaded.font_files:
        from msc_meta.figures.fonts import register_family

        register_family(loaded.font_family, {face: path.parent / file for face, file in loaded.font_files.items()})
    return loaded


@cache
def _packaged(name: str) -> Style:
    return Style(**read_style(name, get_type_hints(Style), COLORS))


def current_style() -> Style:
    """Return the style that figures get where none is named."""
    return _CURRENT.get() or _packaged("cochrane")


@contextmanager
def style(look: str | Path | Style) -> Iterator[Style]:
    """Draw the figures of a ``with`` block in a style.

    Only the present thread or task is concerned, and no setting of matplotlib is changed.

    Examples
    --------
    >>> with style("jama"):
    ...     current_style().name
    'jama'
    >>> current_style().name
    'cochrane'
    """
    token = _CURRENT.set(load_style(look))
    try:
        yield current_style()
    finally:
        _CURRENT.reset(token)
