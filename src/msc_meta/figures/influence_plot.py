"""The influence panel: eight diagnostics of each study, one small plot each, with what is far out marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite, sqrt
from typing import TYPE_CHECKING, NamedTuple

from msc_meta.effects.rows import StudyRow
from msc_meta.figures.axes import StyleChoice, shown
from msc_meta.figures.drawing import Box, Drawing, Item
from msc_meta.figures.forest_table import FigureInfo
from msc_meta.figures.metrics import text_width
from msc_meta.figures.plot_words import fewer, figure_title, name_of, refit_method, table
from msc_meta.figures.style import Style, load_style
from msc_meta.figures.tables import info_of, rows_of
from msc_meta.figures.xy_frame import frame_in, frame_items, left_room, title_line
from msc_meta.figures.xy_layout import page
from msc_meta.figures.xy_plot import Curve, Entry, Layer, Marker, Scale, Wording, XYPlot, across, reach
from msc_meta.pooling.results import PooledResult

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LEAST = 3  # studies; without one of two, nothing is left to compare
COLUMNS = 2
TITLES = {
    "rstudent": "Studentized deleted residual",
    "dffits": "DFFITS",
    "cook_d": "Cook's distance",
    "cov_r": "Covariance ratio",
    "tau2_del": "τ² without the study",
    "q_del": "Q without the study",
    "hat": "Hat value",
    "weight": "Weight, %",
}


class Diagnostic(NamedTuple):
    """One diagnostic: values by study, lines of reference, and bounds beyond which a study is far out."""

    name: str
    values: tuple[float, ...]
    references: tuple[float, ...]
    bounds: tuple[float, ...]


class InfluencePoints(NamedTuple):
    """Names of the studies, whether each is influential, and the diagnostics in the order of the panel."""

    keys: tuple[str, ...]
    labels: tuple[str, ...]
    influential: tuple[bool, ...]
    diagnostics: tuple[Diagnostic, ...]


def influence_points(rows: Sequence[StudyRow], result: PooledResult) -> InfluencePoints | None:
    """Return what `influence` says of the pooled studies, with metafor's lines; None for too few."""
    pooled = [row for row in rows if row.included]
    k = len(pooled)
    if k < LEAST:
        return None
    import numpy as np
    from scipy.special import chdtri

    from msc_meta.robustness.influence import deletions
    from msc_meta.robustness.leave_one_out import refits_without_each

    method = refit_method(result)
    yi, vi = np.array([row.yi for row in pooled]), np.array([row.vi for row in pooled])
    found = deletions(yi, vi, method, refits_without_each(yi, vi, method))
    critical, far = 1.959963984540054, 3 / sqrt(k - 1)
    lines: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {  # reference lines, bounds
        "rstudent": ((0.0,), (-critical, critical)),
        "dffits": ((0.0,), (-far, far)),
        "cook_d": ((), (float(chdtri(1, 0.5)),)),
        "cov_r": ((1.0,), ()),
        "tau2_del": ((result.tau2,), ()),
        "q_del": ((result.q,), ()),
        "hat": ((1 / k,), (3 / k,)),
        "weight": ((100 / k,), (300 / k,)),
    }
    diagnostics = tuple(
        Diagnostic(name, tuple(getattr(found, name).tolist()), *lines[name])
        for name in TITLES
    )  # fmt: skip
    return InfluencePoints(
        tuple(row.study for row in pooled), tuple(name_of(row) for row in pooled),
        tuple(found.influential.tolist()), diagnostics,
    )  # fmt: skip


def draw_influence(
    rows: Sequence[StudyRow], result: PooledResult, info: FigureInfo, *, style: StyleChoice = None
) -> Drawing:
    """Return the influence panel as a drawing; see `influence_plot`."""
    look, info = load_style(style), info.cleaned()
    points = influence_points(rows, result)
    wording = _wording(points, result, info, look)
    if points is None:
        return page([], look.funnel_width + 2 * look.margin, look.margin, wording, look)
    items, bottom = _panels(points, look)
    return page(items, look.page_width, bottom, wording, look)


def _panels(points: InfluencePoints, style: Style) -> tuple[list[Item], float]:
    """Return the small plots, in rows of two, and where they end below."""
    plots = [_plot(points, one, style) for one in points.diagnostics]
    room = max(left_room(plot, style.panel_height, style) for plot in plots)
    wide = (style.page_width - 2 * style.margin - (COLUMNS - 1) * 3 * style.column_gap) / COLUMNS
    items: list[Item] = []
    top = style.margin
    for at, plot in enumerate(plots):
        left = style.margin + (at % COLUMNS) * (wide + 3 * style.column_gap) + room
        plotted = top + 2.2 * style.size
        box = Box(left, plotted, left + wide - room, plotted + style.panel_height)
        gid = f"axis-{points.diagnostics[at].name}"
        items += frame_items(frame_in(box, plot, style), plot, style, gid=gid, start=left - room)
        if at % COLUMNS == COLUMNS - 1:
            top = title_line(box, style) - 0.4 * style.size
    return items, top + 0.6 * style.size


def _plot(points: InfluencePoints, one: Diagnostic, style: Style) -> XYPlot:
    k = len(one.values)
    finite = [value for value in one.values if isfinite(value)]
    shown_bounds = [bound for bound in one.bounds if _is_near(bound, finite)]
    low, high = reach([*finite, *one.references, *shown_bounds], pad=0.1)
    line = tuple((at + 1.0, value) for at, value in enumerate(one.values))
    layers: list[Layer] = [
        *(Curve(f"reference/{one.name}/line", across(value, 0.4, k + 0.6), style.guide, style.guide_width)
          for value in one.references),
        *(Curve(f"bound/{one.name}/line", across(value, 0.4, k + 0.6), style.muted, style.line_width, (4.0, 2.5))
          for value in shown_bounds),
        Curve(f"trace/{one.name}/line", line, style.guide, style.guide_width),
    ]  # fmt: skip
    for key, flagged, (x, y) in zip(points.keys, points.influential, line, strict=True):
        if isfinite(y):
            layers.append(_marker(f"study/{key}/{one.name}", x, y, style, flagged=flagged))
    every = next((step for step in (1, 2, 5, 10, 20, 50) if k / step <= 16), 100)
    ticks = tuple((float(i), str(i)) for i in range(1, k + 1) if every == 1 or i % every == 0)
    return XYPlot(
        x=Scale(title="", low=0.4, high=k + 0.6, ticks=ticks),
        y=Scale(title=TITLES[one.name], low=low, high=high),
        layers=tuple(layers),
    )


def _is_near(bound: float, values: Sequence[float]) -> bool:
    """Whether a bound is so near to the values that showing it does not flatten them."""
    low, high = min(values), max(values)
    return low - 2 * (high - low) <= bound <= high + 2 * (high - low)


def _marker(gid: str, x: float, y: float, style: Style, *, flagged: bool) -> Marker:
    if flagged:
        return Marker(key="", x=x, y=y, radius=0.62 * style.point_side, fill=style.accent, stroke=style.ink,
                      shape="diamond", gid=gid)  # fmt: skip
    return Marker(key="", x=x, y=y, radius=0.36 * style.point_side, fill=style.point_fill, stroke=style.paper, gid=gid,
                  width=0.3)  # fmt: skip


def _key(points: InfluencePoints, style: Style) -> Iterator[str]:
    """Yield the lines that say which number is which study; each as full as the page is wide."""
    line = ""
    for at, label in enumerate(points.labels, 1):
        part = f"{at} {label}"
        longer = f"{line}; {part}" if line else part
        if line and text_width(longer, style.size_small, style.font_family) > 0.95 * (
            style.page_width - 2 * style.margin
        ):
            yield line + ";"
            line = part
        else:
            line = longer
    yield line


def _wording(points: InfluencePoints | None, result: PooledResult, info: FigureInfo, style: Style) -> Wording:
    legend: tuple[Entry, ...] = ()
    if points is None:
        notes = fewer("influence panel", result.k, LEAST)
        said = " ".join(notes)
        data: tuple[tuple[str, ...], ...] = ()
    else:
        flagged = [label for label, far in zip(points.labels, points.influential, strict=True) if far]
        who = ", ".join(flagged) if flagged else "none"
        marked = (Entry(_marker("", 0, 0, style, flagged=True), f"influential: {who}"),) if flagged else ()
        legend = (
            *marked,
            Entry(Curve("", (), style.muted, style.line_width, (4.0, 2.5)), "bound beyond which a study is far out"),
            Entry(Curve("", (), style.guide, style.guide_width), "value with all studies, or expected"),
        )
        notes = tuple(_key(points, style))
        about = f"{info.title}: " if info.title else ""
        said = f"{about}eight diagnostics of {len(points.labels)} studies, each left out in turn. Influential: {who}."
        if not flagged:
            notes = ("No study is influential by the rules of the method.", *notes)
        columns = [one.values for one in points.diagnostics]
        rows = zip(points.labels, *columns, ("yes" if far else "no" for far in points.influential), strict=True)
        data = table(("Study", *TITLES.values(), "Influential"), [list(row) for row in rows])
    return Wording(
        name=f"influence-{info.name}",
        title=figure_title("Influence of single studies", info),
        description=f"Influence panel. {said}",
        caption=f"Influence of single studies. {said}",
        data=data,
        details=tuple(
            ". ".join(f"{name} {value}" for name, value in zip(data[0], row, strict=True)) for row in data[1:]
        ),
        legend=legend,
        notes=notes,
    )


def influence_plot(
    table: pd.DataFrame | Sequence[StudyRow],
    result: PooledResult,
    ax: Axes | None = None,
    style: StyleChoice = None,
    *,
    info: FigureInfo | None = None,
) -> Axes | Figure:
    """Draw eight diagnostics of each study's influence [1]_ as small plots; influential studies are marked.

    Parameters
    ----------
    table, result, ax, style, info
        As in `forest`.

    Returns
    -------
    Axes or Figure
        The Axes that was given, or else a new Figure; it is neither shown nor saved.

    Notes
    -----
    The numbers and the rule for "influential" are those of `influence`; solid lines show the value with all studies
    (tau2, Q) or the expected one, dashed lines the bounds of the rule, where they are near the data.

    References
    ----------
    .. [1] Viechtbauer & Cheung (2010). Research Synthesis Methods 1, 112-125.

    Examples
    --------
    >>> import pandas as pd
    >>> import msc_meta as mm
    >>> trials = pd.read_csv("examples/data/bcg.csv")
    >>> effect = mm.effect_size("RR", **trials[["event_e", "n_e", "event_c", "n_c"]])
    >>> trials = trials.assign(yi=effect.yi, vi=effect.vi)
    >>> result = mm.pool(effect.yi, effect.vi, measure="RR")
    >>> figure = influence_plot(trials, result)
    >>> len(figure.axes)
    1
    """
    rows = rows_of(table, result)
    return shown(draw_influence(rows, result, info or info_of(rows), style=style), ax)
