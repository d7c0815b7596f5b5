"""The drapery plot: p-value functions of each study, of the pooled effect, and of a new study's effect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple, final

from msc_meta.effects.rows import StudyRow
from msc_meta.figures.axes import StyleChoice, shown
from msc_meta.figures.axis import axis_limits
from msc_meta.figures.drawing import Drawing
from msc_meta.figures.forest_table import FigureInfo
from msc_meta.figures.plot_words import (
    effect_title,
    effect_with_interval,
    fewer,
    figure_title,
    is_log,
    name_of,
    pooled_phrase,
    studies_in_words,
    table,
)
from msc_meta.figures.style import Style, load_style
from msc_meta.figures.tables import info_of, rows_of
from msc_meta.figures.text import level_text, number
from msc_meta.figures.xy_layout import xy_drawing
from msc_meta.figures.xy_plot import Curve, Entry, Layer, Scale, Wording, XYPlot, across
from msc_meta.pooling.results import Interval, PooledResult

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BENDS = 80  # of a curve, on either side of its peak and over the axis
REACH = 4.0  # standard errors from the peak, beyond which a curve lies on the axis
LEVELS = (0.0, 0.2, 0.4, 0.6, 0.8, 0.95)  # of confidence, named at the right


@final
@dataclass(frozen=True, slots=True)
class PFunction:
    """The two-sided p-value of each effect, against an estimate with a standard error; ``df`` None for the normal."""

    estimate: float
    se: float
    df: int | None = None

    def __call__(self, effects: Sequence[float]) -> list[float]:
        """Return the p-values of effects on the analysis scale."""
        deviates = [abs(effect - self.estimate) / self.se for effect in effects]
        if self.df is None:
            return [2 * NormalDist().cdf(-deviate) for deviate in deviates]
        from scipy.special import stdtr

        return [2 * float(stdtr(self.df, -deviate)) for deviate in deviates]


class Drape(NamedTuple):
    """A study's curve, with its effect and interval as text."""

    key: str
    label: str
    curve: PFunction
    effect: str


@final
@dataclass(frozen=True, slots=True)
class Drapes:
    """The curves of the studies, of the pooled effect and of a new study (None where there is no prediction)."""

    studies: tuple[Drape, ...]
    pooled: PFunction
    prediction: PFunction | None


def drapes(rows: Sequence[StudyRow], result: PooledResult, style: Style) -> Drapes:
    """Return the p-value functions; those of the pooled effect have its own interval at its level."""
    critical = NormalDist().inv_cdf((1 + result.level) / 2)
    studies = []
    for row in rows:
        if row.included:
            se = sqrt(row.vi)
            ci = Interval(row.yi - critical * se, row.yi + critical * se)
            text = effect_with_interval(row.yi, ci, result.measure, style)
            studies.append(Drape(row.study, name_of(row), PFunction(row.yi, se), text))
    df = {"t(k-1)": result.k - 1, "t(k-2)": result.k - 2, "normal": None}[result.prediction_method]
    return Drapes(
        tuple(studies),
        PFunction(result.estimate, result.se, result.df),
        _through(result.estimate, result.prediction, df, result.level),
    )


def _through(estimate: float, interval: Interval, df: int | None, level: float) -> PFunction | None:
    """Return the curve that has an interval at its level."""
    from msc_meta.pooling.predictions import quantile_of

    if not isfinite(interval.width):
        return None
    return PFunction(estimate, interval.width / 2 / quantile_of(level, df), df)


def draw_drapery(
    rows: Sequence[StudyRow], result: PooledResult, info: FigureInfo, *, style: StyleChoice = None
) -> Drawing:
    """Return a drapery plot as a drawing; see `drapery_plot`."""
    look, info = load_style(style), info.cleaned()
    found = drapes(rows, result, look)
    return xy_drawing(
        _plot(found, result, info, look) if found.studies else None, _wording(found, result, info, look), look
    )


def _plot(found: Drapes, result: PooledResult, info: FigureInfo, style: Style) -> XYPlot:
    critical = NormalDist().inv_cdf((1 + result.level) / 2)
    curves = [drape.curve for drape in found.studies]
    bounds = [bound for bound in (*result.ci, *result.prediction) if isfinite(bound)]
    low, high = axis_limits(
        [curve.estimate for curve in curves],
        [curve.estimate - critical * curve.se for curve in curves],
        [curve.estimate + critical * curve.se for curve in curves],
        bounds,
        log=is_log(result.measure),
    )
    alpha = 1 - result.level
    lines: list[Layer] = [
        Curve("null/null/line", ((0.0, 0.0), (0.0, 1.0)), style.guide, style.guide_width, (1.2, 2.0)),
        Curve("level/level/line", across(alpha, low, high), style.guide, style.guide_width, (1.2, 2.0)),
    ]
    lines += [_curve(f"study/{d.key}/curve", d.curve, low, high, _study_line(found, style)) for d in found.studies]
    if found.prediction is not None:
        lines.append(_curve("prediction/prediction/curve", found.prediction, low, high, _prediction_line(style)))
    if len(found.studies) > 1:
        lines.append(_curve("pooled/pooled/curve", found.pooled, low, high, _pooled_line(style)))
    return XYPlot(
        x=Scale(title=effect_title(result.measure, info), low=low, high=high, log=is_log(result.measure)),
        y=Scale(title="P-value (two-sided)", low=0.0, high=1.02,
                ticks=tuple((p, number(p, 2, style)) for p in (0.0, 0.05, 0.2, 0.4, 0.6, 0.8, 1.0))),
        layers=tuple(lines),
        right=tuple((1 - level, level_text(level, style)) for level in LEVELS),
        right_title="Confidence",
    )  # fmt: skip


def _curve(gid: str, function: PFunction, low: float, high: float, look: Curve) -> Curve:
    """Return a curve with points where it bends: a grid alone would cut its peak and break a steep one."""
    own = (function.estimate + function.se * REACH * i / BENDS for i in range(-BENDS, BENDS + 1))
    grid = sorted({low + (high - low) * i / BENDS for i in range(BENDS + 1)} | {at for at in own if low < at < high})
    return Curve(gid, tuple(zip(grid, function(grid), strict=True)), look.color, look.width, look.dash)


def _study_line(found: Drapes, style: Style) -> Curve:
    """Return the look of a study's curve, paler where there are many."""
    few = len(found.studies) <= style.labels_up_to
    return Curve("", (), style.guide if few else style.contours[0], style.guide_width)


def _pooled_line(style: Style) -> Curve:
    return Curve("", (), style.ink, 2 * style.line_width)


def _prediction_line(style: Style) -> Curve:
    return Curve("", (), style.accent, 1.4 * style.line_width, (4.0, 2.0))


def _wording(found: Drapes, result: PooledResult, info: FigureInfo, style: Style) -> Wording:
    notes = fewer("drapery plot", result.k, 1) or (
        "A curve at height p spans the 100(1 − p)% interval of its study.",
        f"Dotted: {level_text(result.level, style)} intervals, and no effect.",
    )
    legend: tuple[Entry, ...] = ()
    said = " ".join(notes)
    if found.studies:
        legend = (Entry(_study_line(found, style), "each study"),)
        if len(found.studies) > 1:
            legend += (Entry(_pooled_line(style), f"pooled effect: {pooled_phrase(result, style)}"),)
        prediction = ""
        if found.prediction is not None:
            bounds = effect_with_interval(result.estimate, result.prediction, result.measure, style).partition(" ")[2]
            legend += (Entry(_prediction_line(style), f"prediction for a new study: {bounds}"),)
            prediction = f" Prediction interval {bounds}."
        about = f"{info.title}: " if info.title else ""
        said = (
            f"{about}p-value functions of {studies_in_words(len(found.studies))}; "
            f"pooled effect {pooled_phrase(result, style)}.{prediction} {said}"
        )
    rows = [(d.label, d.effect, d.curve.estimate, d.curve.se) for d in found.studies]
    return Wording(
        name=f"drapery-{info.name}",
        title=figure_title("Drapery plot", info),
        description=f"Drapery plot. {said}",
        caption=f"Drapery plot. {said}",
        data=table(
            ("Study", f"{effect_title(result.measure, info)} with interval", "Estimate", "Standard error"), rows
        ),
        details=tuple(f"{d.label}: {d.effect}." for d in found.studies),
        legend=legend,
        notes=notes,
    )


def drapery_plot(
    table: pd.DataFrame | Sequence[StudyRow],
    result: PooledResult,
    ax: Axes | None = None,
    style: StyleChoice = None,
    *,
    info: FigureInfo | None = None,
) -> Axes | Figure:
    """Draw a drapery plot [1]_: the p-value of every possible effect, by study, pooled, and for a new study.

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
    ``p = 2 (1 - F(|estimate - effect| / se))``, F normal for a study, and of t or normal for the pooled effect and the
    prediction, as the result has it: all its intervals, at any level, are read from one curve.

    References
    ----------
    .. [1] Ruecker & Schwarzer (2021). Research Synthesis Methods 12, 308-319.

    Examples
    --------
    >>> round(PFunction(0.0, 1.0)([1.959964])[0], 4)
    0.05
    """
    rows = rows_of(table, result)
    return shown(draw_drapery(rows, result, info or info_of(rows), style=style), ax)
