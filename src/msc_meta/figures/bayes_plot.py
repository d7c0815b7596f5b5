"""The Bayesian forest plot: studies as reported and as believed, and what is believed of the mean and of tau."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import isfinite, sqrt
from typing import TYPE_CHECKING

import numpy as np

from msc_meta.figures.axes import StyleChoice
from msc_meta.figures.axis import axis_limits
from msc_meta.figures.drawing import Box, Drawing, Item, Text
from msc_meta.figures.forest_table import FigureInfo
from msc_meta.figures.metrics import text_width
from msc_meta.figures.plot_words import effect_text, effect_title, effect_with_interval, figure_title, is_log, table
from msc_meta.figures.style import Style, load_style
from msc_meta.figures.text import clean, level_text
from msc_meta.figures.xy_frame import frame_in, frame_items, right_room, title_line
from msc_meta.figures.xy_layout import page
from msc_meta.figures.xy_plot import Curve, Entry, Layer, Marker, Region, Scale, Wording, XYPlot

if TYPE_CHECKING:
    from msc_meta.pooling.bayesian import BayesResult, Posterior
    from msc_meta.trust.beliefs import BayesAnswer

NORMAL = 1.959963984540054
GRID = 160  # points of a density
APART = 0.17  # of a row: reported above the middle, believed below
FARTHEST = 0.995  # quantile of tau where its panel ends
TAIL = 1.0  # widths of the central interval to either side of the median, where tails are heavy


def draw_bayes(answer: BayesAnswer, info: FigureInfo, *, style: StyleChoice = None) -> Drawing:
    """Return the Bayesian forest plot of an outcome, with the densities of the mean effect and of tau, as a drawing."""
    look, info = load_style(style), info.cleaned()
    wording = _wording(answer, info, look)
    if answer.why_not:
        return page([], look.funnel_width + 2 * look.margin, look.margin, wording, look)
    items, bottom = _forest(answer, info, look)
    more, bottom = _densities(answer, info, bottom, look)
    return page([*items, *more], look.page_width, bottom, wording, look)


def _forest(answer: BayesAnswer, info: FigureInfo, style: Style) -> tuple[list[Item], float]:
    fit, measure = answer.found, answer.subject.measure
    k = len(answer.labels)
    rows = [float(k + 2 - at) for at in range(k)]
    names = [clean(label) for label in answer.labels]
    ticks = [*zip(rows, names, strict=True), (1.0, "Mean effect"), (0.0, "Next study")]
    posteriors = [*zip(rows, fit.studies, strict=True), (1.0, fit.mu), (0.0, fit.prediction)]
    texts = [(at, effect_with_interval(p.median, p.shortest, measure, style)) for at, p in posteriors]
    bounds = [bound for _, p in posteriors for bound in p.shortest]
    reported = [(y - NORMAL * sqrt(v), y + NORMAL * sqrt(v)) for y, v in zip(answer.yi, answer.vi, strict=True)]
    low, high = axis_limits(answer.yi, [a for a, _ in reported], [b for _, b in reported], bounds, log=is_log(measure))
    span = -0.8, k + 2.8 if k else 2.0
    layers: list[Layer] = [Curve("null/null/line", ((0.0, span[0]), (0.0, span[1])), style.guide, style.guide_width,
                                 (1.2, 2.0))]  # fmt: skip
    if answer.important is not None:
        layers.append(Curve("important/important/line", ((answer.important, span[0]), (answer.important, span[1])),
                            *_important(style)))  # fmt: skip
    for key, at, y, ends, study in zip(answer.keys, rows, answer.yi, reported, fit.studies, strict=True):
        layers += _study(key, at, y, ends, study, style)
    layers += [_diamond(fit.mu, 1.0, style), _next(fit.prediction, 0.0, style)]
    plot = XYPlot(
        x=Scale(title=effect_title(measure, info), low=low, high=high, log=is_log(measure)),
        y=Scale(title="", low=span[0], high=span[1], ticks=tuple(ticks)),
        layers=tuple(layers), right=tuple(texts), right_title=f"Believed [{level_text(fit.level, style)} CrI]",
    )  # fmt: skip
    room = max(text_width(text, style.size_small, style.font_family) for _, text in ticks) + 6
    height = (span[1] - span[0]) * 1.15 * style.row_height
    top = style.margin + 2.2 * style.size
    box = Box(style.margin + room, top, style.page_width - style.margin - right_room(plot, style), top + height)
    drawn = frame_items(frame_in(box, plot, style), plot, style, start=style.margin)
    return [item for item in drawn if not isinstance(item, Text) or item.text], title_line(box, style)


def _study(key: str, at: float, y: float, ends: tuple[float, float], study: Posterior, style: Style) -> Iterator[Layer]:
    above, below = at + APART, at - APART
    yield Curve(f"reported/{key}/line", ((ends[0], above), (ends[1], above)), style.guide, style.guide_width)
    yield Marker(key=key, x=y, y=above, radius=0.36 * style.point_side, fill=style.paper, stroke=style.muted,
                 gid=f"reported/{key}/point")  # fmt: skip
    yield Curve(f"study/{key}/line", ((study.shortest.low, below), (study.shortest.high, below)), style.ink,
                style.line_width)  # fmt: skip
    yield Marker(key=key, x=study.median, y=below, radius=0.46 * style.point_side, fill=style.point_fill,
                 stroke=style.paper, width=0.3)  # fmt: skip


def _diamond(posterior: Posterior, at: float, style: Style) -> Layer:
    low, high = posterior.shortest
    points = ((low, at), (posterior.median, at + 0.33), (high, at), (posterior.median, at - 0.33))
    return Region("mean/mean/diamond", points, style.diamond_fill, style.diamond_stroke)


def _next(posterior: Posterior, at: float, style: Style) -> Layer:
    return Curve(
        "next/next/line", tuple((bound, at) for bound in posterior.shortest), style.ink, 2.4 * style.line_width
    )


def _important(style: Style) -> tuple[str, float, tuple[float, ...]]:
    return style.accent, style.guide_width, (4.0, 2.0)


def _densities(answer: BayesAnswer, info: FigureInfo, above: float, style: Style) -> tuple[list[Item], float]:
    """Return the panels of the mean effect and of tau, side by side, and where they end below."""
    gap = 3 * style.column_gap
    wide = (style.page_width - 2 * style.margin - gap) / 2
    top = above + 3.6 * style.size
    items: list[Item] = []
    plots = (_mean_plot(answer, info, style), _tau_plot(answer.found, style))
    for at, (name, plot) in enumerate(zip(("mean", "tau"), plots, strict=True)):
        left = style.margin + at * (wide + gap)
        box = Box(left + 2, top, left + wide, top + style.panel_height)
        drawn = frame_items(frame_in(box, plot, style), plot, style, gid=f"axis-{name}", start=left)
        items += [item for item in drawn if not isinstance(item, Text) or item.text]
    return items, title_line(box, style) + 0.9 * style.size


def _mean_plot(answer: BayesAnswer, info: FigureInfo, style: Style) -> XYPlot:
    fit, measure = answer.found, answer.subject.measure
    mu = fit.mu.distribution
    tail = TAIL * fit.mu.central.width
    low = min(max(mu.quantile(0.001), fit.mu.median - tail), 0.0)
    high = max(min(mu.quantile(0.999), fit.mu.median + tail), 0.0)
    room = 0.04 * (high - low)
    grid = np.linspace(low - room, high + room, GRID).tolist()
    heights = [mu.density(x) for x in grid]
    good = [x <= 0 if answer.subject.better == "lower" else x >= 0 for x in grid]
    layers: list[Layer] = [
        Region("posterior/mean/area", _under(grid, heights), style.band),
        Region("posterior/benefit/area",
               _under([x for x, is_good in zip(grid, good, strict=True) if is_good],
                      [y for y, is_good in zip(heights, good, strict=True) if is_good]), style.contours[0]),
        Curve("posterior/mean/line", tuple(zip(grid, heights, strict=True)), style.ink, style.line_width),
    ]  # fmt: skip
    if fit.mu_prior is not None:
        mean, sd = fit.mu_prior
        prior = [float(np.exp(-(((x - mean) / sd) ** 2) / 2) / sd / sqrt(2 * np.pi)) for x in grid]
        layers.append(Curve("prior/mean/line", tuple(zip(grid, prior, strict=True)), *_prior(style)))
    top = 1.08 * max(heights)
    layers.append(Curve("null/mean/line", ((0.0, 0.0), (0.0, top)), style.guide, style.guide_width, (1.2, 2.0)))
    if answer.important is not None:
        layers.append(Curve("important/mean/line", ((answer.important, 0.0), (answer.important, top)),
                            *_important(style)))  # fmt: skip
    title = effect_title(measure, info)
    return XYPlot(
        x=Scale(title=title, low=grid[0], high=grid[-1], log=is_log(measure)),
        y=Scale(title="Belief in the mean effect", low=0.0, high=top, ticks=((0.0, ""),)), layers=tuple(layers),
    )  # fmt: skip


def _tau_plot(fit: BayesResult, style: Style) -> XYPlot:
    tau = fit.tau.distribution
    end = min(tau.quantile(FARTHEST), 2 * fit.tau.shortest.high)
    grid = (np.arange(GRID) + 0.5) * end / GRID
    heights = [tau.density(float(x)) for x in grid]
    prior: Callable[..., np.ndarray] = fit.tau_prior.log_density
    layers: list[Layer] = [
        Region("posterior/tau/area", _under(grid.tolist(), heights), style.band),
        Curve("posterior/tau/line", tuple(zip(grid.tolist(), heights, strict=True)), style.ink, style.line_width),
    ]
    top = 1.08 * max(heights)
    if fit.tau_prior.proper:
        curve = tuple(zip(grid.tolist(), np.exp(prior(grid)).tolist(), strict=True))
        layers.append(Curve("prior/tau/line", curve, *_prior(style)))
        top = max(top, min(1.08 * max(y for _, y in curve), 2 * top))
    return XYPlot(
        x=Scale(title="τ, on the scale of the analysis", low=0.0, high=end),
        y=Scale(title="Belief in the heterogeneity", low=0.0, high=top, ticks=((0.0, ""),)), layers=tuple(layers),
    )  # fmt: skip


def _under(xs: Sequence[float], ys: Sequence[float]) -> tuple[tuple[float, float], ...]:
    """Return the area between a curve and the axis."""
    if not xs:
        return ()
    return ((xs[0], 0.0), *zip(xs, ys, strict=True), (xs[-1], 0.0))


def _prior(style: Style) -> tuple[str, float, tuple[float, ...]]:
    return style.muted, style.line_width, (4.0, 2.5)


def _wording(answer: BayesAnswer, info: FigureInfo, style: Style) -> Wording:
    name, title = f"bayes-{info.name}", figure_title("Bayesian forest plot", info)
    if answer.why_not:
        return Wording(name=name, title=title, description=f"Bayesian forest plot. {answer.why_not}",
                       caption=f"Bayesian forest plot. {answer.why_not}", data=(), notes=(answer.why_not,))  # fmt: skip
    fit, measure = answer.found, answer.subject.measure
    notes = (*answer.verdict, *answer.assumed)
    sample = {"key": "", "x": 0.0, "y": 0.0, "gid": "legend/legend/point"}
    legend = [
        Entry(Marker(radius=0.36 * style.point_side, fill=style.paper, stroke=style.muted, **sample),  # type: ignore[arg-type]
              "as reported"),
        Entry(Marker(radius=0.46 * style.point_side, fill=style.point_fill, stroke=style.paper, **sample),  # type: ignore[arg-type]
              "as believed"),
        Entry(Region("", (), style.contours[0]), "benefit"),
        Entry(Curve("", (), *_prior(style)), "prior"),
    ]  # fmt: skip
    if answer.important is not None:
        shown = effect_text(answer.important, measure, style)
        legend.append(Entry(Curve("", (), *_important(style)), f"minimal important difference: {shown}"))
    parts: list[tuple[str, float | None, Posterior]] = [
        *zip(answer.labels, answer.yi, fit.studies, strict=True),
        ("Mean effect", None, fit.mu), ("Next study", None, fit.prediction), ("τ", None, fit.tau),
    ]  # fmt: skip
    rows = [(clean(label), y, p.median, *p.shortest) for label, y, p in parts]
    about = f"{info.title}: " if info.title else ""
    said = f"{about}{' '.join(notes)}"
    return Wording(
        name=name, title=title, description=f"Bayesian forest plot. {said}", caption=f"Bayesian forest plot. {said}",
        data=table(("", "Reported", "Believed, median", "Low", "High"), rows), legend=tuple(legend), notes=notes,
        details=tuple(f"{label}: {effect_with_interval(p.median, p.shortest, measure, style)}." for label, _, p in parts
                      if label != "τ" and isfinite(p.median)),
    )  # fmt: skip
