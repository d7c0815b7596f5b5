"""How figures look: every size, colour, number format and label, read from a data file.

The modules that lay figures out decide nothing of this themselves, so that a style is one JSON file.
Lengths are in points (1/72 inch), colours as ``#rrggbb``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from typing import final


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """The look of a figure.

    Attributes
    ----------
    size, size_small : float
        Type size of the table, and of reasons, footnotes and ticks.
    page_width : float
        What the forest plot aims at: the graph takes what the columns leave, between ``graph_min_width`` and
        ``graph_max_width``. A table that is wider makes the figure wider; nothing is squeezed.
    column_gap, inner_gap : float
        Between columns, and between those of one arm.
    square_side, square_min_side : float
        Side of the heaviest study's square, and the smallest side still drawn. Area is proportional to weight.
    decimals, decimals_large : int
        Decimals of effects; the second for differences that reach 10 units.
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
    size: float
    size_small: float
    line_height: float
    row_height: float
    block_gap: float
    margin: float
    column_gap: float
    inner_gap: float
    page_width: float
    label_max_width: float
    graph_min_width: float
    graph_max_width: float
    square_side: float
    square_min_side: float
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
    daggers: str
    texts: dict[str, str]


def style_names() -> tuple[str, ...]:
    """Return the names of the styles that come with the package."""
    folder = files("msc_meta.figures") / "styles"
    return tuple(sorted(entry.name.removesuffix(".json") for entry in folder.iterdir() if entry.name.endswith(".json")))


@cache
def load_style(name: str = "cochrane") -> Style:
    """Return a style of the package by its name.

    Raises
    ------
    ValueError
        If there is no such style, or its file has a missing or an unknown field.

    Examples
    --------
    >>> load_style("cochrane").ci_open
    '['
    """
    if name not in style_names():
        raise ValueError(f"style is {name!r}; there are: {', '.join(style_names())}")
    data = json.loads((files("msc_meta.figures") / "styles" / f"{name}.json").read_text(encoding="utf-8"))
    known = {field.name for field in fields(Style)}
    if wrong := known ^ set(data):
        raise ValueError(f"style {name}: fields missing or unknown: {', '.join(sorted(wrong))}")
    data["contours"], data["palette"] = tuple(data["contours"]), tuple(data["palette"])
    return Style(**data)
