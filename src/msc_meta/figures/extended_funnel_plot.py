"""The extended funnel plot: where one more study would have to lie to change what the pool says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from msc_meta.figures.axes import StyleChoice
from msc_meta.figures.drawing import Drawing
from msc_meta.figures.forest_table import FigureInfo
from msc_meta.figures.plot_words import (
    analysed_title,
    effect_text,
    effect_title,
    figure_title,
    is_log,
    name_of,
    pooled_phrase,
    refit_method,
    table,
)
from msc_meta.figures.shades import shade
from msc_meta.figures.style import Style, load_style
from msc_meta.figures.xy_layout import xy_drawing
from msc_meta.figures.xy_plot import Curve, Entry, Layer, Marker, Region, Scale, Wording, XYPlot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from msc_meta.effects.arguments import Array
    from msc_meta.effects.rows import StudyRow
    from msc_meta.pooling.results import PooledResult

ACROSS, DOWN = 160, 80  # places of a new study that are tried


def draw_extended_funnel(
    rows: Sequence[StudyRow], result: PooledResult, info: FigureInfo, *, beyond: float = 0.0, style: StyleChoice = None
) -> Drawing:
    """Return the extended funnel plot [1]_ as a drawing.

    Parameters
    ----------
    rows, result, info, style
        As in `draw_funnel`.
    beyond : float
        What the updated interval is to exclude, analysis scale.

    References
    ----------
    .. [1] Langan, Higgins, Gregory & Sutton (2012). Journal of Clinical Epidemiology 65, 511-519.
    """
    look, info = load_style(style), info.cleaned()
    pooled = [row for row in rows if row.included]
    plot = _plot(pooled, result, info, beyond, look) if pooled else None
    return xy_drawing(plot, _wording(plot, pooled, result, info, beyond, look), look)


def _plot(pooled: Sequence[StudyRow], result: PooledResult, info: FigureInfo, beyond: float, style: Style) -> XYPlot:
    from msc_meta.robustness.next_trial import extended_funnel

    deepest = 1.08 * max(sqrt(row.vi) for row in pooled)
    half = max(1.2 * max(abs(row.yi - result.estimate) for row in pooled), 2.2 * deepest,
               1.1 * abs(result.estimate))  # fmt: skip
    low, high = result.estimate - half, result.estimate + half
    effects, errors = np.linspace(low, high, ACROSS), (np.arange(DOWN) + 0.5) * deepest / DOWN
    yi, vi = [row.yi for row in pooled], [row.vi for row in pooled]
    sides = extended_funnel(yi, vi, effects, errors, refit_method(result), result.ci_method, result.level, beyond)
    named = len(pooled) <= style.labels_up_to
    layers: tuple[Layer, ...] = (
        *_regions(sides, effects, errors, style),
        Curve("null/null/line", ((beyond, 0.0), (beyond, deepest)), style.guide, style.guide_width, (1.2, 2.0)),
        Curve("pooled-line/pooled/line", ((result.estimate, 0.0), (result.estimate, deepest)), style.ink,
              style.line_width, (4.0, 2.5)),
        *(
            Marker(key=row.study, x=row.yi, y=sqrt(row.vi), radius=style.point_side / 2, fill=style.ink,
                   stroke=style.paper, label=name_of(row) if named else "")
            for row in pooled
        ),
    )  # fmt: skip
    return XYPlot(
        x=Scale(title=effect_title(result.measure, info), low=low, high=high, log=is_log(result.measure)),
        y=Scale(title=f"Standard error of the {analysed_title(result.measure)}", low=0.0, high=deepest, inverted=True),
        layers=layers,
    )


def _fill(side: float, style: Style) -> str:
    return {-1.0: shade(style, 0.2), 1.0: shade(style, 0.0, style.accent)}[side]


def _regions(sides: Array, effects: Array, errors: Array, style: Style) -> Iterator[Region]:
    """Yield the places that change the answer as areas: runs of one answer that touch from row to row."""
    step, row = float(effects[1] - effects[0]) / 2, float(errors[1] - errors[0]) / 2
    open_ones: list[_Area] = []
    for at, error in enumerate(errors.tolist()):
        found: list[_Area] = []
        for side, left, right in _runs(sides[at], effects, step):
            above = next((area for area in open_ones if area.touches(side, left, right)), None)
            if above is None:
                above = _Area(side, [(error - row, left, right)])
            else:
                open_ones.remove(above)
            above.rows.append((error, left, right))
            found.append(above)
        yield from (area.region(row, style) for area in open_ones)
        open_ones = found
    yield from (area.region(row, style) for area in open_ones)


@dataclass
class _Area:
    """An area that grows row by row: its side of the bound, and depth, begin and end of each row."""

    side: float
    rows: list[tuple[float, float, float]]

    def touches(self, side: float, left: float, right: float) -> bool:
        _, begin, end = self.rows[-1]
        return side == self.side and left < end and right > begin

    def region(self, row: float, style: Style) -> Region:
        depth, left, right = self.rows[-1]
        rows = [*self.rows, (depth + row, left, right)]
        points = (*((begin, at) for at, begin, _ in rows), *((end, at) for at, _, end in reversed(rows)))
        return Region(f"settled/{'above' if self.side > 0 else 'below'}/area", points, _fill(self.side, style))


def _runs(sides: Array, effects: Array, step: float) -> Iterator[tuple[float, float, float]]:
    """Yield side, begin and end of each run of places with the same answer."""
    edges = np.flatnonzero(np.diff(sides)) + 1
    for part in np.split(np.arange(sides.size), edges):
        side = float(sides[part[0]])
        if side:
            yield side, float(effects[part[0]]) - step, float(effects[part[-1]]) + step


def _wording(
    plot: XYPlot | None, pooled: Sequence[StudyRow], result: PooledResult, info: FigureInfo, beyond: float, style: Style
) -> Wording:
    name, title = f"extended-funnel-{info.name}", figure_title("Extended funnel plot", info)
    if plot is None:
        why = "No study can be pooled, so there is no extended funnel plot."
        return Wording(name=name, title=title, description=why, caption=why, data=(), notes=(why,))
    bound = effect_text(beyond, result.measure, style)
    what = "no effect" if beyond == 0 else bound
    today = "excludes" if result.ci.low > beyond or result.ci.high < beyond else "includes"
    favoured = (info.experimental, info.control) if info.better == "lower" else (info.control, info.experimental)
    areas = {layer.fill for layer in plot.layers if isinstance(layer, Region)}
    notes: tuple[str, ...] = (
        f"Shaded: where one more study would make the pooled interval exclude {what}. Today's {today} it.",
        "Elsewhere it would include it. High up are large studies, far down small ones.",
        "A study far from the others adds heterogeneity, which widens the interval.",
    )
    about = f"{info.title}: " if info.title else ""
    if not areas:
        notes = (f"No study in this range would make the pooled interval exclude {what}. Today's {today} it.",)
    sides = zip((-1.0, 1.0), favoured, strict=True)
    legend = (
        *(Entry(Region("", (), _fill(side, style)), f"then favours {who}") for side, who in sides
          if _fill(side, style) in areas),
        Entry(Curve("", (), style.ink, style.line_width, (4.0, 2.5)), f"today: {pooled_phrase(result, style)}"),
        Entry(Curve("", (), style.guide, style.guide_width, (1.2, 2.0)), what),
    )  # fmt: skip
    rows = [(name_of(row), row.yi, sqrt(row.vi)) for row in pooled]
    said = f"{about}pooled effect {pooled_phrase(result, style)}. {' '.join(notes)}"
    return Wording(
        name=name, title=title, description=f"Extended funnel plot. {said}", caption=f"Extended funnel plot. {said}",
        data=table(("Study", "Estimate", "Standard error"), rows), legend=legend, notes=notes,
    )  # fmt: skip
