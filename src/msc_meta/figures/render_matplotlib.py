"""A drawing on a matplotlib renderer: straight to PDF and PNG files, or as artists in an Axes.

No pyplot and no global rcParams: settings hold inside a context, so that a notebook's own are left alone.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.artist import Artist
from matplotlib.backend_bases import GraphicsContextBase, RendererBase
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.path import Path
from matplotlib.patches import Polygon as PolygonPatch
from matplotlib.transforms import Affine2D

from msc_meta.figures.drawing import Drawing, Item, Line, Polygon, Text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DPI = 300
SETTINGS = {
    "pdf.fonttype": 42,  # TrueType; journals refuse the default type 3
    "ps.fonttype": 42,
    "svg.fonttype": "none",
    "svg.hashsalt": "msc_meta",
    "path.simplify": False,
    "text.hinting": "none",
    "text.usetex": False,
}


class DrawingArtist(Artist):  # type: ignore[misc]
    """Draws a whole drawing through the renderer it is given: an artist per figure instead of one per line."""

    def __init__(self, drawing: Drawing) -> None:
        super().__init__()
        self.drawing = drawing

    def draw(self, renderer: RendererBase) -> None:
        """Draw everything; called by matplotlib."""
        drawing = self.drawing
        scale = renderer.points_to_pixels(1.0)
        transform = Affine2D().scale(scale, -scale).translate(0, drawing.height * scale)
        fonts = _Fonts(drawing.font_family)
        gc = renderer.new_gc()
        gc.set_capstyle("butt")
        gc.set_joinstyle("miter")
        for item in drawing.items:
            if isinstance(item, Text):
                _draw_text(renderer, gc, item, fonts, scale, drawing.height)
            else:
                _draw_shape(renderer, gc, item, transform)
        gc.restore()


class _Fonts:
    def __init__(self, family: str) -> None:
        self._family = family
        self._known: dict[tuple[float, bool, bool], FontProperties] = {}

    def of(self, item: Text) -> FontProperties:
        key = (item.size, item.bold, item.italic)
        if key not in self._known:
            weight, style = "bold" if item.bold else "normal", "italic" if item.italic else "normal"
            self._known[key] = FontProperties(family=self._family, size=item.size, weight=weight, style=style)
        return self._known[key]


def _draw_text(
    renderer: RendererBase, gc: GraphicsContextBase, item: Text, fonts: _Fonts, scale: float, height: float
) -> None:
    font = fonts.of(item)
    x = item.x * scale
    if item.anchor != "start":
        width = renderer.get_text_width_height_descent(item.text, font, ismath=False)[0]
        x -= width if item.anchor == "end" else width / 2
    y = item.y * scale if renderer.flipy() else (height - item.y) * scale
    gc.set_foreground(item.color)
    renderer.draw_text(gc, x, y, item.text, font, 0, ismath=False)


def _draw_shape(renderer: RendererBase, gc: GraphicsContextBase, item: Line | Polygon, transform: Affine2D) -> None:
    fill = None
    if isinstance(item, Line):
        path = Path(((item.x1, item.y1), (item.x2, item.y2)))
        gc.set_foreground(item.color)
        gc.set_linewidth(item.width)
        gc.set_dashes(0, item.dash or None)
    else:
        path = Path((*item.points, item.points[0]), closed=True)
        fill = mpl.colors.to_rgba(item.fill) if item.fill else None
        gc.set_foreground(item.stroke or item.fill)
        gc.set_linewidth(item.width if item.stroke else 0)
        gc.set_dashes(0, None)
    renderer.draw_path(gc, path, transform, fill)


def file_bytes(drawing: Drawing, kind: str) -> bytes:
    """Return a drawing as a PDF or PNG file; the same drawing gives the same bytes.

    Parameters
    ----------
    kind : {"pdf", "png"}
        PDF with embedded TrueType fonts, or PNG at 300 dpi.
    """
    figure = Figure(figsize=(drawing.width / 72, drawing.height / 72), dpi=72, facecolor=drawing.paper)
    figure.add_artist(DrawingArtist(drawing))
    buffer = io.BytesIO()
    with quiet_settings():
        figure.savefig(buffer, format=kind, dpi=DPI if kind == "png" else 72, **_save_options(drawing, kind))
    return buffer.getvalue()


def _save_options(drawing: Drawing, kind: str) -> dict[str, Any]:
    if kind == "pdf":
        about = {"Title": drawing.title, "Subject": drawing.description}
        return {"metadata": about | {"CreationDate": None, "Creator": "msc_meta", "Producer": None}}
    about = {"Title": drawing.title, "Description": drawing.description, "Software": None}
    return {"metadata": about, "pil_kwargs": {"compress_level": 3}}


@contextmanager
def quiet_settings() -> Iterator[None]:
    """Hold our settings, and say nothing of glyphs a font lacks: ``Drawing.missing_glyphs`` lists them."""
    with mpl.rc_context(SETTINGS), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield
