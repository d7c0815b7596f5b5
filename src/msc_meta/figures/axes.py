"""What functions for notebooks take and return: a style by name, an Axes in and out, or else a new Figure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msc_meta.figures.drawing import Drawing
from msc_meta.figures.style import Style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

StyleChoice = str | Path | Style | None  # as `load_style` takes it


def shown(drawing: Drawing, ax: Axes | None) -> Axes | Figure:
    """Return a drawing as matplotlib artists; it is neither shown nor saved."""
    from msc_meta.figures.render_matplotlib import add_to_axes, figure_of

    return figure_of(drawing) if ax is None else add_to_axes(ax, drawing)
