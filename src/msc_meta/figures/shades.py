"""Shades between the paper and a colour, so that density reads the same in print without colour."""

from __future__ import annotations

from msc_meta.figures.style import Style

PALEST = 0.16  # of the way from paper to colour


def shade(style: Style, share: float, color: str = "") -> str:
    """Return the colour at ``share`` (0 to 1) of the way from the palest shade to the full colour.

    Examples
    --------
    >>> from msc_meta.figures.style import load_style
    >>> shade(load_style("plain"), 1.0), shade(load_style("plain"), 0.0)
    ('#000000', '#d6d6d6')
    """
    part = PALEST + (1 - PALEST) * min(max(share, 0.0), 1.0)
    pairs = zip(_channels(style.paper), _channels(color or style.point_fill), strict=True)
    return "#" + "".join(f"{round(paper + part * (full - paper)):02x}" for paper, full in pairs)


def _channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)
