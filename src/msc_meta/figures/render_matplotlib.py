"""A drawing as matplotlib artists, for notebooks and for what other people want to add to a figure.

No pyplot and no global rcParams: a figure is made with its own canvas, and settings hold inside a context.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import Circle as CirclePatch
from matplotlib.patches import Polygon as PolygonPatch
from matplotlib.text import Text as TextArtist

from msc_meta.figures.drawing import Circle, Drawing, Item, Line, Path, Text
from msc_meta.figures.fonts import REGISTERED, font_file

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

ALIGNMENT: dict[str, Literal["left", "center", "right"]] = {"start": "left", "middle": "center", "end": "right"}
SETTINGS = {
    "pdf.fonttype": 42,  # TrueType; journals refuse the default type 3
    "ps.fonttype": 42,
    "svg.fonttype": "none",
    "svg.hashsalt": "msc_meta",
    "text.usetex": False,
}


def figure_of(drawing: Drawing) -> Figure:
    """Return a figure of the drawing's size with one Axes that fills it."""
    figure = Figure(figsize=(drawing.width / 72, drawing.height / 72), dpi=150, facecolor=drawing.paper)
    add_to_axes(figure.add_axes((0, 0, 1, 1)), drawing)
    return figure


def add_to_axes(ax: Axes, drawing: Drawing) -> Axes:
    """Draw into an Axes and return it; its data coordinates become the drawing's points, y downwards.

    A smaller or larger Axes scales everything, texts included. Each artist's ``gid`` says what it is.
    """
    frame = ax.get_window_extent()  # in pixels
    points = 72 / ax.figure.dpi
    scale = min(frame.width * points / drawing.width, frame.height * points / drawing.height)
    ax.set(xlim=(0, drawing.width), ylim=(drawing.height, 0), aspect="equal")
    ax.set_axis_off()
    for order, item in enumerate(drawing.items):
        parts = item.runs(drawing.font_family) if isinstance(item, Text) else [(item, "")]
        for part, family in parts:
            artist = _artist(part, scale, family)
            artist.set(gid=item.gid, zorder=1 + order / len(drawing.items), clip_on=False)
            ax.add_artist(artist)
    return ax


def _artist(item: Item, scale: float, family: str) -> Artist:
    if isinstance(item, Text):
        return TextArtist(
            item.x,
            item.y,
            item.text,
            color=item.color,
            verticalalignment="baseline",
            horizontalalignment=ALIGNMENT[item.anchor],
            parse_math=False,
            rotation=90 if item.turned else 0,
            rotation_mode="anchor" if item.turned else None,
            fontproperties=_font(item, scale, family),
        )
    if isinstance(item, Line | Path):
        points = item.points if isinstance(item, Path) else ((item.x1, item.y1), (item.x2, item.y2))
        artist = Line2D(*zip(*points, strict=True), color=item.color, linewidth=item.width * scale)
        artist.set_solid_capstyle("butt")
        artist.set_solid_joinstyle("round")
        if item.dash:
            artist.set_dashes([length / item.width for length in item.dash])  # in line widths
        return artist
    paint = {
        "facecolor": item.fill or "none",
        "edgecolor": item.stroke or "none",
        "linewidth": item.width * scale if item.stroke else 0,
    }
    if isinstance(item, Circle):
        return CirclePatch((item.x, item.y), item.radius, **paint)
    return PolygonPatch(item.points, closed=True, joinstyle="miter", **paint)


def _font(text: Text, scale: float, family: str) -> FontProperties:
    if family in REGISTERED:
        return FontProperties(fname=font_file(family, bold=text.bold, italic=text.italic), size=text.size * scale)
    return FontProperties(
        family=family,
        size=text.size * scale,
        weight="bold" if text.bold else "normal",
        style="italic" if text.italic else "normal",
    )


@contextmanager
def quiet_settings() -> Iterator[None]:
    """Hold our settings, and say nothing of glyphs a font lacks: `Drawing.missing_glyphs` lists them."""
    with mpl.rc_context(SETTINGS), warnings.catch_warnings():  # type: ignore[arg-type]
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield
