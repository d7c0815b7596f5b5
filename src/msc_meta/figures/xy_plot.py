"""A plot with two measured axes as data: scales, and what is drawn in the units of the scales.

Nothing is placed on a page here, and nothing is known of studies or statistics: each plot says what it shows in these
words, and `xy_layout` places them all alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, final

Shape = Literal["circle", "square", "diamond", "triangle", "wedge", "cross"]
SHAPES: tuple[Shape, ...] = ("circle", "square", "diamond", "triangle", "wedge", "cross")
PAD = 0.04  # of a scale lies between the outermost point and its end

Points = tuple[tuple[float, float], ...]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """One axis.

    Attributes
    ----------
    low, high : float
        Limits, in the unit of what is drawn; for ``log`` natural logs, whose ticks are labelled as ratios.
    inverted : bool
        Whether an upright axis has its low end on top.
    ticks : tuple of (float, str)
        Where ticks are and what they say; by default round numbers, as many as have room.
    """

    title: str
    low: float
    high: float
    log: bool = False
    inverted: bool = False
    ticks: tuple[tuple[float, str], ...] = ()


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """A point. A ``label`` is the name that is printed beside it; ``gid`` without one is ``study/KEY/point``."""

    key: str
    x: float
    y: float
    radius: float
    fill: str
    stroke: str
    shape: Shape = "circle"
    width: float = 0.5
    label: str = ""
    gid: str = ""


@final
@dataclass(frozen=True, slots=True)
class Curve:
    """A line through points, cut at the frame; ``dash`` in points on the page."""

    gid: str
    points: Points
    color: str
    width: float
    dash: tuple[float, ...] = ()


@final
@dataclass(frozen=True, slots=True)
class Region:
    """A filled area, cut at the frame."""

    gid: str
    points: Points
    fill: str
    stroke: str = ""


Layer = Marker | Curve | Region


@final
@dataclass(frozen=True, slots=True)
class Entry:
    """A part of the legend: a sample of what is drawn (where does not matter; None for a heading) and its meaning."""

    sample: Layer | None
    text: str


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class XYPlot:
    """One plotting area: two scales, and the layers in drawing order.

    ``right`` are ticks of another reading of the upright scale, at the right side, with their title.
    """

    x: Scale
    y: Scale
    layers: tuple[Layer, ...]
    right: tuple[tuple[float, str], ...] = ()
    right_title: str = ""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What is said of a figure: on the page (``legend``, ``notes``), beside it, and in its place (see `Drawing`)."""

    name: str
    title: str
    description: str
    caption: str
    data: tuple[tuple[str, ...], ...]
    details: tuple[str, ...] = ()
    legend: tuple[Entry, ...] = ()
    notes: tuple[str, ...] = ()


def reach(values: Iterable[float], *, pad: float = PAD) -> tuple[float, float]:
    """Return limits that hold all values with some room; a single value gets a unit on either side.

    Examples
    --------
    >>> reach([0.0, 1.0], pad=0.1)
    (-0.1, 1.1)
    """
    found = list(values)
    low, high = min(found), max(found)
    room = pad * (high - low) or 1.0
    return low - room, high + room


def across(at: float, low: float, high: float) -> Points:
    """Return the ends of a level line."""
    return (low, at), (high, at)


def upright(at: float, low: float, high: float) -> Points:
    """Return the ends of an upright line."""
    return (at, low), (at, high)
