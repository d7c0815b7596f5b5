"""The page of an x-y plot: the plotting area, the legend and the notes below it, in points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msc_meta.figures.drawing import Box, Drawing, Item, Polygon, Text
from msc_meta.figures.metrics import CAP_HEIGHT, text_width, wrap
from msc_meta.figures.style import Style
from msc_meta.figures.xy_frame import frame_in, frame_items, left_room, line_item, marker_item, right_room, title_line
from msc_meta.figures.xy_plot import Curve, Entry, Marker, Wording, XYPlot

SAMPLE = 14.0  # points: how long a line of the legend is


def xy_drawing(plot: XYPlot | None, wording: Wording, style: Style, height: float | None = None) -> Drawing:
    """Lay a plot out with its legend and notes; without a plot, the notes are the answer."""
    items: list[Item] = []
    bottom, width = style.margin, style.funnel_width + 2 * style.margin
    if plot is not None:
        high = style.funnel_height if height is None else height
        left, top = style.margin + left_room(plot, high, style), style.margin + 2.2 * style.size
        box = Box(left, top, left + style.funnel_width, top + high)
        items += frame_items(frame_in(box, plot, style), plot, style)
        ends = [item.box(style.font_family).right for item in items if isinstance(item, Text)]
        width = max(box.right + right_room(plot, style), *ends) + style.margin  # the last tick's label reaches out
        bottom = title_line(box, style) + 0.9 * style.size
    return page(items, width, bottom, wording, style)


def page(items: Sequence[Item], width: float, bottom: float, wording: Wording, style: Style) -> Drawing:
    """Return a figure of what is given, with legend and notes below ``bottom``."""
    legend, bottom = legend_items(wording.legend, width, bottom, style)
    notes: list[Item] = []
    small = style.size_small
    for sentence in wording.notes:
        for line in wrap(sentence, width - 2 * style.margin, small, style.font_family):
            notes.append(Text("note/note/text", style.margin, bottom + CAP_HEIGHT * small, line, small, style.ink))
            bottom += style.line_height * small
    return Drawing(
        name=wording.name,
        width=round(width, 2),
        height=round(bottom + style.margin, 2),
        items=(*items, *legend, *notes),
        font_family=style.font_family,
        svg_font_families=style.svg_font_families,
        paper=style.paper,
        title=wording.title,
        description=wording.description,
        details=wording.details,
        caption=wording.caption,
        data=wording.data,
    )


def legend_items(entries: Sequence[Entry], width: float, top: float, style: Style) -> tuple[list[Item], float]:
    """Return the legend in as many lines as it needs, and where it ends below."""
    if not entries:
        return [], top
    items: list[Item] = []
    small = style.size_small
    pitch = 1.5 * small
    x, y = style.margin, top + small / 2
    for entry in entries:
        room = _room(entry, style)
        texts = wrap(entry.text, width - 2 * style.margin - room, small, style.font_family)
        taken = room + max(text_width(text, small, style.font_family) for text in texts)
        if x > style.margin and (entry.sample is None or x + taken > width - style.margin):
            x, y = style.margin, y + pitch
        items += _sample(entry, x, y, style)
        for line, text in enumerate(texts):
            base = y + CAP_HEIGHT * small / 2 + line * style.line_height * small
            items.append(Text("legend/legend/label", x + room, base, text, small, style.ink))
        y += (len(texts) - 1) * style.line_height * small
        x += taken + 2 * small
    return items, y + small / 2 + 0.9 * small


def _room(entry: Entry, style: Style) -> float:
    """Return the width of a sample with the gap behind it."""
    sample = entry.sample
    if sample is None:
        return 0.0
    if isinstance(sample, Curve):
        return SAMPLE + 0.6 * style.size_small
    if isinstance(sample, Marker):
        return 2.4 * sample.radius + 0.6 * style.size_small
    return 1.6 * style.size_small


def _sample(entry: Entry, x: float, y: float, style: Style) -> Iterator[Item]:
    sample, small = entry.sample, style.size_small
    if isinstance(sample, Curve):
        yield line_item(Curve("legend/legend/line", (), sample.color, sample.width, sample.dash),
                        ((x, y), (x + SAMPLE, y)))  # fmt: skip
    elif isinstance(sample, Marker):
        look = {name: getattr(sample, name) for name in ("radius", "fill", "stroke", "shape", "width")}
        middle = x + 1.2 * sample.radius
        yield marker_item(Marker(key="", x=0, y=0, gid="legend/legend/point", **look), middle, y)
    elif sample is not None:
        half = small / 2
        corners = ((x, y - half), (x + small, y - half), (x + small, y + half), (x, y + half))
        yield Polygon("legend/legend/shade", corners, fill=sample.fill, stroke=style.guide, width=0.4)
