"""The specification curve: all estimates in their order, and below which choices each of them is made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import isnan
from typing import TYPE_CHECKING, final

import numpy as np

from msc_meta.figures.axes import StyleChoice
from msc_meta.figures.axis import axis_limits
from msc_meta.figures.drawing import Box, Drawing, Item, Line, Polygon, Text
from msc_meta.figures.forest_table import FigureInfo
from msc_meta.figures.metrics import CAP_HEIGHT, text_width
from msc_meta.figures.plot_words import effect_text, effect_title, figure_title, is_log, table
from msc_meta.figures.shades import shade
from msc_meta.figures.style import Style, load_style
from msc_meta.figures.text import clean
from msc_meta.figures.xy_frame import Frame, frame_in, frame_items, left_room
from msc_meta.figures.xy_layout import page
from msc_meta.figures.xy_plot import Curve, Entry, Layer, Marker, Region, Scale, Wording, XYPlot

if TYPE_CHECKING:
    from msc_meta.effects.arguments import Array
    from msc_meta.robustness.specification_curve import SpecificationCurve
    from msc_meta.trust.specifications import SpecificationsAnswer

COLUMNS = 120  # of the matrix; of more specifications, neighbours share one
HEIGHT = 150.0  # points, of the curve
LEVELS = 4  # shades of the matrix
MOST_OPTIONS = 26  # of a choice; a longer one is left to the table


@final
@dataclass(frozen=True, slots=True)
class Columns:
    """Neighbouring specifications together: each array of shape (columns,), ``shares`` by choice (options, columns)."""

    estimate: Array
    low: Array
    high: Array
    shares: dict[str, Array]
    main: float  # place of the protocol's specification, in columns


def columns_of(curve: SpecificationCurve) -> Columns:
    """Return medians of the estimates and bounds of neighbours in the order of the curve, and what they chose."""
    order = curve.order
    parts = np.array_split(order, min(COLUMNS, order.size))
    medians = {
        name: np.array([np.median(getattr(curve, name)[part]) for part in parts])
        for name in ("estimate", "ci_low", "ci_high")
    }
    shares = {
        name: np.array(
            [[(curve.chosen[part, at] == option).mean() for part in parts] for option in range(len(options))]
        )
        for at, (name, options) in enumerate(zip(curve.dimensions, curve.options, strict=True))
        if len(options) > 1
    }
    place = np.flatnonzero(order == curve.main)
    main = (float(place[0]) + 0.5) / order.size * len(parts) if place.size else float("nan")
    return Columns(medians["estimate"], medians["ci_low"], medians["ci_high"], shares, main)


def draw_multiverse(answer: SpecificationsAnswer, info: FigureInfo, *, style: StyleChoice = None) -> Drawing:
    """Return the specification curve of an outcome [1]_ as a drawing.

    References
    ----------
    .. [1] Simonsohn, Simmons & Nelson (2020). Nature Human Behaviour 4, 1208-1214.
    """
    look, info = load_style(style), info.cleaned()
    wording = _wording(answer, info, look)
    if answer.why_not or not answer.found.pooled.any():
        return page([], look.funnel_width + 2 * look.margin, look.margin, wording, look)
    curve = answer.found
    columns = columns_of(curve)
    options = {name: names for name, names in zip(curve.dimensions, curve.options, strict=True)
               if name in columns.shares and len(names) <= MOST_OPTIONS}  # fmt: skip
    words = [clean(text) for names in options.values() for text in names]
    room = max([text_width(text, look.size_small, look.font_family) for text in words], default=0.0) + 2 * look.indent
    plot = _plot(curve, columns, answer.subject.measure, info, look)
    left = look.margin + max(room, left_room(plot, HEIGHT, look))
    top = look.margin + 2.2 * look.size
    box = Box(left, top, look.page_width - look.margin, top + HEIGHT)
    frame = frame_in(box, plot, look)
    items = [item for item in frame_items(frame, plot, look, start=look.margin)
             if not (isinstance(item, Text) and not item.text)]  # fmt: skip
    matrix, bottom = _matrix(columns, options, frame, look)
    return page([*items, *matrix], look.page_width, bottom + look.size, wording, look)


def _plot(curve: SpecificationCurve, columns: Columns, measure: str, info: FigureInfo, style: Style) -> XYPlot:
    n = columns.estimate.size
    low, high = axis_limits(
        columns.estimate.tolist(), columns.low.tolist(), columns.high.tolist(), [], log=is_log(measure)
    )
    steps = [edge for at in range(n) for edge in (float(at), float(at + 1))]
    upper = [float(value) for value in columns.high for _ in range(2)]
    lower = [float(value) for value in columns.low for _ in range(2)]
    middle = [float(value) for value in columns.estimate for _ in range(2)]
    band = (*zip(steps, upper, strict=True), *reversed(list(zip(steps, lower, strict=True))))
    layers: list[Layer] = [
        Region("interval/interval/area", band, style.band),
        Curve("null/null/line", ((0.0, 0.0), (float(n), 0.0)), style.guide, style.guide_width, (1.2, 2.0)),
        Curve("curve/curve/line", tuple(zip(steps, middle, strict=True)), style.ink, 1.5 * style.line_width),
    ]
    if not isnan(columns.main):
        layers.append(_main(columns.main, float(curve.estimate[curve.main]), style))
    return XYPlot(
        x=Scale(title="", low=0.0, high=float(n), ticks=((0.0, ""),)),
        y=Scale(title=effect_title(measure, info), low=low, high=high, log=is_log(measure)),
        layers=tuple(layers),
    )


def _main(x: float, y: float, style: Style) -> Marker:
    return Marker(key="protocol", x=x, y=y, radius=0.7 * style.point_side, fill=style.accent, stroke=style.paper,
                  shape="diamond", gid="protocol/protocol/point")  # fmt: skip


def _matrix(
    columns: Columns, options: dict[str, tuple[str, ...]], frame: Frame, style: Style
) -> tuple[list[Item], float]:
    """Return the rows of the options below the curve, and where they end."""
    items: list[Item] = []
    pitch = 1.3 * style.size_small
    y = frame.box.bottom + 0.9 * style.size
    for name, names in options.items():
        baseline = y + pitch / 2 + CAP_HEIGHT * style.size_small / 2
        items.append(Text(f"choice/{_key(name)}/title", style.margin, baseline, clean(name), style.size_small,
                          style.ink, bold=True))  # fmt: skip
        y += pitch
        for at, option in enumerate(names):
            baseline = y + pitch / 2 + CAP_HEIGHT * style.size_small / 2
            gid = f"option/{_key(name)}-{at}"
            items.append(Text(f"{gid}/label", style.margin + style.indent, baseline, clean(option), style.size_small,
                              style.ink))  # fmt: skip
            items += _row(columns.shares[name][at], gid, y + 0.12 * pitch, y + 0.88 * pitch, frame, style)
            y += pitch
        items.append(Line(f"choice/{_key(name)}/rule", style.margin, y + 0.2 * pitch, frame.box.right, y + 0.2 * pitch,
                          style.guide, 0.5 * style.guide_width))  # fmt: skip
        y += 0.4 * pitch
    if not isnan(columns.main):
        x = frame.x(columns.main)
        items.append(Line("protocol/protocol/line", x, frame.box.top, x, y, style.accent, style.line_width))
    return items, y


def _row(shares: Array, gid: str, top: float, bottom: float, frame: Frame, style: Style) -> Iterator[Item]:
    """Yield what part of each column took an option, equal neighbours joined."""
    levels = np.ceil(shares * LEVELS - 1e-9).astype(int).tolist()
    at = 0
    for level, run in groupby(levels):
        width = len(list(run))
        if level:
            left, right = frame.x(float(at)), frame.x(float(at + width))
            fill = shade(style, (level - 1) / (LEVELS - 1))
            yield Polygon(f"{gid}/cell", ((left, top), (right, top), (right, bottom), (left, bottom)), fill)
        at += width


def _key(name: str) -> str:
    return clean(name).replace("/", "-").replace(" ", "-")


def _wording(answer: SpecificationsAnswer, info: FigureInfo, style: Style) -> Wording:
    name, title = f"multiverse-{info.name}", figure_title("Specification curve", info)
    if answer.why_not or not answer.found.pooled.any():
        why = answer.why_not or "No specification has a study that can be pooled, so there is no curve."
        return Wording(name=name, title=title, description=f"Specification curve. {why}",
                       caption=f"Specification curve. {why}", data=(), notes=(why,))  # fmt: skip
    curve, measure = answer.found, answer.subject.measure
    notes = [*answer.verdict]
    together = int(curve.pooled.sum()) > COLUMNS
    if together:
        notes.append(
            f"{int(curve.pooled.sum()):,} specifications in {COLUMNS} columns of neighbours: medians above; below, "
            "the darker the more of them took the option."
        )
    long = [one for one, names in zip(curve.dimensions, curve.options, strict=True) if len(names) > MOST_OPTIONS]
    if long:
        notes.append(f"Not shown, because it has too many options: {', '.join(long)}.")
    main = float(curve.estimate[curve.main])
    legend = [
        Entry(Curve("", (), style.ink, 1.5 * style.line_width), "estimates in their order"),
        Entry(Region("", (), style.band), f"their {100 * curve.level:g}% intervals"),
    ]
    if not isnan(main):
        legend.append(Entry(_main(0.0, 0.0, style), f"the protocol's: {effect_text(main, measure, style)}"))
    rows: Sequence[Sequence[str | float]] = [
        (str(row["choice"]), str(row["option"]), float(row["specifications"]), row["median"], row["lowest"],
         row["highest"], row["share"])
        for row in curve.influence().to_dict("records")
    ]  # fmt: skip
    about = f"{info.title}: " if info.title else ""
    said = f"{about}{' '.join(notes)}"
    header = ("Choice", "Option", "Specifications", "Median", "Lowest", "Highest", "Part of the variance")
    return Wording(
        name=name, title=title, description=f"Specification curve. {said}", caption=f"Specification curve. {said}",
        data=table(header, rows), legend=tuple(legend), notes=tuple(notes),
    )  # fmt: skip
