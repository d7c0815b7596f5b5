"""The GOSH plot: every subset's estimate against its I², with and without the study that splits the cloud most."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import cos, log1p, pi, sin
from typing import TYPE_CHECKING

import numpy as np

from msc_meta.figures.axes import StyleChoice
from msc_meta.figures.drawing import Box, Circle, Drawing, Item, Line, Polygon, Text
from msc_meta.figures.forest_table import FigureInfo
from msc_meta.figures.metrics import text_width
from msc_meta.figures.plot_words import effect_text, effect_title, figure_title, is_log, table
from msc_meta.figures.shades import shade
from msc_meta.figures.style import Style, load_style
from msc_meta.figures.text import clean
from msc_meta.figures.xy_frame import TICK, Frame, frame_in, frame_items, left_room, title_line
from msc_meta.figures.xy_layout import page
from msc_meta.figures.xy_plot import Curve, Entry, Region, Scale, Wording, XYPlot

if TYPE_CHECKING:
    from msc_meta.effects.arguments import Array
    from msc_meta.trust.subsets import SubsetsAnswer

FEW = 200  # subsets of a panel: from here on, cells in place of points
CELL = 3.3  # points, from the middle of a hexagon to its corners
BARS = 40  # of a marginal histogram
MARGINAL = 30.0  # points: its height
HEIGHT = 165.0
TAIL = 0.002  # of the subsets may lie beyond either end of the axis
LEVELS = 8  # shades


def draw_gosh(answer: SubsetsAnswer, info: FigureInfo, *, style: StyleChoice = None) -> Drawing:
    """Return the GOSH plot of an outcome [1]_ as a drawing.

    References
    ----------
    .. [1] Olkin, Dahabreh & Trikalinos (2012). Research Synthesis Methods 3, 214-223.
    """
    look, info = load_style(style), info.cleaned()
    if answer.why_not:
        return page([], look.funnel_width + 2 * look.margin, look.margin, _none(answer, info), look)
    cloud = answer.found
    several = cloud.counts > 1
    estimates, i2 = cloud.estimate[several], cloud.i2[several]
    splitter = str(cloud.splits().iloc[0]["study"])
    inside = cloud.includes(cloud.study.index(splitter))[several]
    low, high = np.quantile(estimates, [TAIL, 1 - TAIL]).tolist()
    low, high = min(low, 0.0, answer.whole), max(high, 0.0, answer.whole)
    room = 0.05 * (high - low) or 1.0
    limits = low - room, high + room
    outside = int(((estimates < limits[0]) | (estimates > limits[1])).sum())
    groups = [("With", inside), ("Without", ~inside)]
    items, bottom = _panels(
        [(f"{word} {clean(splitter)}: {int(held.sum()):,} subsets", estimates[held], i2[held])
         for word, held in groups],
        limits, answer, info, look,
    )  # fmt: skip
    return page(items, look.page_width, bottom, _wording(answer, info, outside, look), look)


def _panels(
    groups: Sequence[tuple[str, Array, Array]], limits: tuple[float, float], answer: SubsetsAnswer, info: FigureInfo,
    style: Style,
) -> tuple[list[Item], float]:  # fmt: skip
    measure = answer.subject.measure
    plot = XYPlot(
        x=Scale(title=effect_title(measure, info), low=limits[0], high=limits[1], log=is_log(measure)),
        y=Scale(title="", low=-4.0, high=104.0, ticks=tuple((float(at), str(at)) for at in (0, 25, 50, 75, 100))),
        layers=(),
    )
    y_title = "I², %"
    left = max(left_room(plot, HEIGHT, style), text_width(y_title, style.size, style.font_family) + TICK)
    gap = 3 * style.column_gap
    wide = (style.page_width - 2 * style.margin - 2 * left - gap - MARGINAL) / 2
    top = style.margin + 1.8 * style.size + MARGINAL
    most = max(int(cells.max(initial=1)) for cells in (_counts(*group[1:], limits, wide)[1] for group in groups))
    tallest = max(_bars(group[1], limits).max(initial=1) for group in groups)
    items: list[Item] = []
    for at, (name, estimates, i2) in enumerate(groups):
        start = style.margin + at * (left + wide + gap)
        box = Box(start + left, top, start + left + wide, top + HEIGHT)
        frame, gid = frame_in(box, plot, style), ("with", "without")[at]
        whole = Curve(f"whole/{gid}/line", ((answer.whole, -4.0), (answer.whole, 104.0)), style.ink, style.line_width,
                      (4.0, 2.5))  # fmt: skip
        null = Curve(f"null/{gid}/line", ((0.0, -4.0), (0.0, 104.0)), style.guide, style.guide_width, (1.2, 2.0))
        items += _cells(frame, estimates, i2, limits, most, style, gid)
        drawn = frame_items(frame, replace(plot, layers=(null, whole)), style, gid=f"axis-{gid}", start=start)
        items += [item for item in drawn if not isinstance(item, Text) or item.text]
        items += _histogram(frame, _bars(estimates, limits) / tallest, style, gid)
        items.append(Text(f"panel/{gid}/title", box.left, style.margin + style.size, name, style.size, style.ink,
                          bold=True))  # fmt: skip
        items.append(Text(f"panel/{gid}/i2", box.left - TICK, top - 2.5, y_title, style.size, style.ink, "end"))
    items += _beside(frame, np.concatenate([group[2] for group in groups]), style)
    return items, title_line(box, style) + 0.9 * style.size


def _counts(estimates: Array, i2: Array, limits: tuple[float, float], wide: float) -> tuple[Array, Array]:
    """Return middles (n, 2) of hexagons that hold a subset, in points from the lower left corner, and how many."""
    x = (estimates - limits[0]) / (limits[1] - limits[0]) * wide
    y = (i2 + 4.0) / 108.0 * HEIGHT
    kept = (x >= 0) & (x <= wide)
    across, up = CELL * 3**0.5, CELL * 1.5
    row = np.round(y[kept] / up)
    column = np.round(x[kept] / across - (row % 2) / 2)
    places, numbers = np.unique(np.stack([row, column]), axis=1, return_counts=True)
    middles = np.stack([(places[1] + (places[0] % 2) / 2) * across, places[0] * up], axis=1)
    return middles, numbers.astype(float)


def _cells(
    frame: Frame, estimates: Array, i2: Array, limits: tuple[float, float], most: int, style: Style, gid: str
) -> Iterator[Item]:
    box = frame.box
    if estimates.size <= FEW:
        for at, (x, y) in enumerate(zip(estimates.tolist(), i2.tolist(), strict=True)):
            if limits[0] <= x <= limits[1]:
                yield Circle(
                    f"subset/{gid}-{at}/point", frame.x(x), frame.y(y), 1.6, style.point_fill, style.paper, 0.3
                )
        return
    middles, numbers = _counts(estimates, i2, limits, box.right - box.left)
    corners = [(CELL * sin(i * pi / 3), CELL * cos(i * pi / 3)) for i in range(6)]
    for (x, y), number in zip(middles.tolist(), numbers.tolist(), strict=True):
        level = round(LEVELS * log1p(number) / log1p(most)) / LEVELS
        fill = shade(style, level)
        points = tuple(
            (min(max(box.left + x + dx, box.left), box.right), min(max(box.bottom - y + dy, box.top), box.bottom))
            for dx, dy in corners
        )
        yield Polygon(f"subsets/{gid}/cell", points, fill, fill, 0.2)


def _bars(estimates: Array, limits: tuple[float, float]) -> Array:
    numbers, _ = np.histogram(estimates, bins=BARS, range=limits)
    return numbers.astype(float)


def _histogram(frame: Frame, heights: Array, style: Style, gid: str) -> Iterator[Item]:
    """Yield how the estimates are spread, above the panel; both panels have one scale."""
    box = frame.box
    step = (box.right - box.left) / BARS
    base = box.top - 2
    for at, height in enumerate(heights.tolist()):
        if height > 0:
            left, top = box.left + at * step, base - height * (MARGINAL - 4)
            points = ((left, base), (left, top), (left + step, top), (left + step, base))
            yield Polygon(f"marginal/{gid}/bar", points, style.muted, style.paper, 0.3)
    yield Line(f"marginal/{gid}/base", box.left, base, box.right, base, style.guide, style.guide_width)


def _beside(frame: Frame, i2: Array, style: Style) -> Iterator[Item]:
    """Yield how I2 is spread in both panels together, to the right of the last one."""
    box = frame.box
    numbers, edges = np.histogram(i2, bins=BARS // 2, range=(0.0, 100.0))
    base = box.right + 3
    for number, low, high in zip(numbers.tolist(), edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        if number:
            right = base + number / int(numbers.max()) * (MARGINAL - 6)
            top, bottom = frame.y(high), frame.y(low)
            points = ((base, top), (right, top), (right, bottom), (base, bottom))
            yield Polygon("marginal/i2/bar", points, style.muted, style.paper, 0.3)


def _wording(answer: SubsetsAnswer, info: FigureInfo, outside: int, style: Style) -> Wording:
    measure, cloud = answer.subject.measure, answer.found
    whole = effect_text(answer.whole, measure, style)
    about = f"{info.title}: " if info.title else ""
    method = "common effect" if cloud.method == "FE" else cloud.method
    notes = [
        "Darker: more subsets, on a logarithmic scale of shades. Bars: how estimates and, at the right, I² are spread.",
        *answer.verdict,
    ]
    if outside:
        notes.append(f"{outside:,} subsets lie beyond the axis.")
    rows = [
        (str(row["study"]), row["share"], *(row[name] for name in ("estimate_with", "estimate_without", "i2_with",
                                                                  "i2_without")))
        for row in cloud.splits().to_dict("records")
    ]  # fmt: skip
    said = f"{about}pooled effects ({method}) of subsets of {cloud.k} studies against I². {' '.join(notes)}"
    header = ("Study", "Part of the variance", "Estimate with", "Estimate without", "I² with, %", "I² without, %")
    return Wording(
        name=f"gosh-{info.name}",
        title=figure_title("GOSH plot", info),
        description=f"GOSH plot. {said}",
        caption=f"GOSH plot. {said}",
        data=table(header, rows),
        legend=(
            Entry(Region("", (), shade(style, 0.0)), "few subsets"),
            Entry(Region("", (), shade(style, 1.0)), "many"),
            Entry(Curve("", (), style.ink, style.line_width, (4.0, 2.5)), f"all studies: {whole}"),
            Entry(Curve("", (), style.guide, style.guide_width, (1.2, 2.0)), "no effect"),
        ),
        notes=tuple(notes),
    )


def _none(answer: SubsetsAnswer, info: FigureInfo) -> Wording:
    return Wording(
        name=f"gosh-{info.name}", title=figure_title("GOSH plot", info), description=f"GOSH plot. {answer.why_not}",
        caption=f"GOSH plot. {answer.why_not}", data=(), notes=(answer.why_not,),
    )  # fmt: skip
