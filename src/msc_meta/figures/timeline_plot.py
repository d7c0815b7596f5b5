"""The timeline: how the cumulative estimate settled over the years, and on how many participants it rests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite, isnan
from typing import TYPE_CHECKING, NamedTuple, final

from msc_meta.effects.rows import StudyRow
from msc_meta.figures.axes import StyleChoice, shown
from msc_meta.figures.drawing import Box, Drawing, Item
from msc_meta.figures.forest_table import FigureInfo
from msc_meta.figures.plot_words import (
    effect_title,
    effect_with_interval,
    fewer,
    figure_title,
    is_log,
    lower_first,
    name_of,
    refit_method,
    studies_in_words,
    table,
)
from msc_meta.figures.style import Style, load_style
from msc_meta.figures.tables import info_of, rows_of
from msc_meta.figures.text import level_text
from msc_meta.figures.xy_frame import frame_in, frame_items, left_room, title_line
from msc_meta.figures.xy_layout import page
from msc_meta.figures.xy_plot import Curve, Layer, Marker, Region, Scale, Wording, XYPlot, across, reach, upright
from msc_meta.pooling.results import PooledResult

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BAR = 0.3  # of a year on either side
BARS_HEIGHT = 0.3  # of the plot of the estimates
EDGE = 0.75  # years before the first and after the last


class Step(NamedTuple):
    """The end of one year: what is pooled by then, who came in, and how many participants there are in all."""

    year: int
    result: PooledResult
    added: tuple[str, ...]
    participants: float


@final
@dataclass(frozen=True, slots=True)
class Timeline:
    """One step per year with a new study; studies without a year, and those without known participants, by name."""

    steps: tuple[Step, ...]
    undated: tuple[str, ...]
    uncounted: tuple[str, ...]


def timeline_of(rows: Sequence[StudyRow], result: PooledResult) -> Timeline:
    """Return the pool of all studies up to each year, by `refits_one_by_one` with the methods of the result."""
    from msc_meta.robustness.leave_one_out import refits_one_by_one

    pooled = [row for row in rows if row.included]
    dated = sorted((row for row in pooled if row.year is not None), key=lambda row: row.year or 0)
    steps: list[Step] = []
    if dated:
        refits = refits_one_by_one(
            [row.yi for row in dated], [row.vi for row in dated], refit_method(result), result.ci_method, result.level,
            result.measure,
        )  # fmt: skip
        for row, fit in zip(dated, refits, strict=True):
            people = row.e.n + row.c.n
            before = steps[-1] if steps else Step(0, fit, (), 0.0)
            same = before.year == row.year
            names = (*before.added, name_of(row)) if same else (name_of(row),)
            total = before.participants + (0.0 if isnan(people) else people)
            step = Step(row.year or 0, fit, names, total)
            steps = [*steps[:-1], step] if same else [*steps, step]
    return Timeline(
        tuple(steps),
        tuple(name_of(row) for row in pooled if row.year is None),
        tuple(name_of(row) for row in dated if isnan(row.e.n + row.c.n)),
    )


def draw_timeline(
    rows: Sequence[StudyRow], result: PooledResult, info: FigureInfo, *, style: StyleChoice = None
) -> Drawing:
    """Return the timeline as a drawing; see `timeline_plot`."""
    look, info = load_style(style), info.cleaned()
    found = timeline_of(rows, result)
    wording = _wording(found, result, info, look)
    if not found.steps:
        return page([], look.funnel_width + 2 * look.margin, look.margin, wording, look)
    years = _years(found, look)
    above, below = _estimates(found, years, result, info, look), _participants(found, years, look)
    left = look.margin + max(left_room(plot, look.funnel_height, look) for plot in (above, below))
    right = left + look.funnel_width
    top = look.margin + 2.2 * look.size
    items: list[Item] = []
    for plot, height, name in (
        (above, look.funnel_height, "estimate"),
        (below, BARS_HEIGHT * look.funnel_height, "size"),
    ):
        box = Box(left, top, right, top + height)
        items += frame_items(frame_in(box, plot, look), plot, look, gid=f"axis-{name}", start=look.margin)
        top = title_line(box, look) + (1.0 if plot is above else 0.9) * look.size
    return page(items, right + look.margin, top, wording, look)


def _years(found: Timeline, style: Style) -> Scale:
    first, last = found.steps[0].year, found.steps[-1].year
    every = next((step for step in (1, 2, 5, 10, 20) if (last - first) / step <= 12), 50)
    ticks = tuple((float(year), str(year)) for year in range(first, last + 1) if every == 1 or year % every == 0)
    return Scale(title="", low=first - EDGE, high=last + EDGE, ticks=ticks or ((float(first), str(first)),))


def _estimates(found: Timeline, years: Scale, result: PooledResult, info: FigureInfo, style: Style) -> XYPlot:
    drawn = [(step.year, step.result) for step in found.steps]
    shown_bounds = sorted(bound for _, fit in drawn for bound in fit.ci if isfinite(bound))
    inner = shown_bounds[len(shown_bounds) // 10 : len(shown_bounds) - len(shown_bounds) // 10] or shown_bounds
    low, high = reach([0.0, *inner, *(fit.estimate for _, fit in drawn)], pad=0.06)
    layers: list[Layer] = [
        Curve("null/null/line", across(0.0, years.low, years.high), style.guide, style.guide_width, (1.2, 2.0)),
        Curve("trace/trace/line", tuple((float(year), fit.estimate) for year, fit in drawn), style.guide,
              style.guide_width),
    ]  # fmt: skip
    for year, fit in drawn:
        bounds = (fit.ci.low, fit.ci.high) if isfinite(fit.ci.width) else (low, high)
        layers.append(Curve(f"step/{year}/ci", upright(year, *bounds), style.ink, style.line_width))
    layers += [
        Marker(key=str(year), x=year, y=fit.estimate, radius=0.6 * style.point_side, fill=style.point_fill,
               stroke=style.ink, shape="square", gid=f"step/{year}/point", label=f"{fit.k}" if len(drawn) <= 25 else "")
        for year, fit in drawn
    ]  # fmt: skip
    y = Scale(title=f"Cumulative {lower_first(effect_title(result.measure, info))}", low=low, high=high,
              log=is_log(result.measure))  # fmt: skip
    return XYPlot(x=years, y=y, layers=tuple(layers))


def _participants(found: Timeline, years: Scale, style: Style) -> XYPlot:
    bars = tuple(
        Region(f"step/{step.year}/bar", _bar(step.year, step.participants), style.contours[0], style.guide)
        for step in found.steps
    )
    most = max(step.participants for step in found.steps) or 1.0
    title = Scale(title="Year of publication", low=years.low, high=years.high, ticks=years.ticks)
    return XYPlot(x=title, y=Scale(title="Participants so far", low=0.0, high=1.08 * most), layers=bars)


def _bar(year: int, height: float) -> tuple[tuple[float, float], ...]:
    return (year - BAR, 0.0), (year - BAR, height), (year + BAR, height), (year + BAR, 0.0)


def _wording(found: Timeline, result: PooledResult, info: FigureInfo, style: Style) -> Wording:
    level = level_text(result.level, style)
    notes = fewer("timeline", result.k, 1) or tuple(_notes(found, level))
    said = " ".join(notes)
    if found.steps:
        first, last = found.steps[0], found.steps[-1]
        about = f"{info.title}: " if info.title else ""
        said = f"{about}{_phrase(first, style)}; {_phrase(last, style)}. {said}"
    rows = [
        (str(step.year), ", ".join(step.added), str(step.result.k), f"{step.participants:g}",
         effect_with_interval(step.result.estimate, step.result.ci, step.result.measure, style))
        for step in found.steps
    ]  # fmt: skip
    header = ("Year", "Added", "Studies", "Participants", f"{effect_title(result.measure, info)} [{level} CI]")
    return Wording(
        name=f"timeline-{info.name}",
        title=figure_title("Timeline of the evidence", info),
        description=f"Timeline. {said}",
        caption=f"Timeline of the cumulative estimate. {said}",
        data=table(header, rows),
        details=tuple(f"{year}: {added}; {k} studies, {people} participants, {effect}."
                      for year, added, k, people, effect in rows),
        notes=notes,
    )  # fmt: skip


def _notes(found: Timeline, level: str) -> Iterator[str]:
    yield (
        f"Squares: estimate of all studies up to that year, their number beside it; lines: {level} CI, which goes on "
        "where it meets the frame."
    )
    yield "Repeated looks at growing evidence find an effect by chance more often than one test does."
    if found.undated:
        yield f"Without a year, not in the timeline: {', '.join(found.undated)}."
    if found.uncounted:
        yield f"Participants not known: {', '.join(found.uncounted)}."


def _phrase(step: Step, style: Style) -> str:
    effect = effect_with_interval(step.result.estimate, step.result.ci, step.result.measure, style)
    return f"{step.year}, {studies_in_words(step.result.k)} with {step.participants:g} participants: {effect}"


def timeline_plot(
    table: pd.DataFrame | Sequence[StudyRow],
    result: PooledResult,
    ax: Axes | None = None,
    style: StyleChoice = None,
    *,
    info: FigureInfo | None = None,
) -> Axes | Figure:
    """Draw the cumulative estimate [1]_ over the years of publication, and the participants it rests on.

    Parameters
    ----------
    table, result, ax, style, info
        As in `forest`; the table has years.

    Returns
    -------
    Axes or Figure
        The Axes that was given, or else a new Figure; it is neither shown nor saved.

    Notes
    -----
    All studies of a year come in together. Numbers are those of `cumulative`, sorted by year.

    References
    ----------
    .. [1] Lau et al. (1992). New England Journal of Medicine 327, 248-254.

    Examples
    --------
    >>> import pandas as pd
    >>> import msc_meta as mm
    >>> trials = pd.read_csv("examples/data/bcg.csv")
    >>> effect = mm.effect_size("RR", **trials[["event_e", "n_e", "event_c", "n_c"]])
    >>> trials = trials.assign(yi=effect.yi, vi=effect.vi)
    >>> result = mm.pool(effect.yi, effect.vi, measure="RR")
    >>> figure = timeline_plot(trials, result)
    >>> len(figure.axes)
    1
    """
    rows = rows_of(table, result)
    return shown(draw_timeline(rows, result, info or info_of(rows), style=style), ax)
