"""What a funnel plot says: points, limits and sentences, before anything is placed or drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import NamedTuple, final

from msc_meta.effects.measures import MEASURES
from msc_meta.effects.rows import StudyRow
from msc_meta.figures.forest_table import FigureInfo
from msc_meta.figures.style import Style
from msc_meta.figures.text import clean, displayed, level_text, number, ratio
from msc_meta.pooling.results import PooledResult

ENOUGH = 10  # studies; Sterne et al. (2011), BMJ 343, d4002


class Point(NamedTuple):
    """One pooled study: its effect on the analysis scale, the standard error, and the effect as it is shown."""

    key: str
    label: str
    estimate: float
    se: float
    text: str


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelPoints:
    """All that a funnel plot shows.

    Attributes
    ----------
    points : tuple of Point
        Pooled studies; what is not pooled has no place in a funnel.
    estimate : float
        Where the funnel is centred, on the analysis scale.
    critical : float
        Normal deviate of the pseudo-limits, which leave tau2 out: estimate plus or minus ``critical`` times se.
    contours : tuple of (p, normal deviate)
        Borders of shaded regions around no effect, widest p first; empty without contours.
    sentences : tuple of str
        What a reader may and may not conclude.
    """

    info: FigureInfo
    log: bool
    points: tuple[Point, ...]
    estimate: float
    estimate_text: str
    critical: float
    contours: tuple[tuple[float, float], ...]
    x_title: str
    y_title: str
    sentences: tuple[str, ...]


def funnel_points(
    rows: Sequence[StudyRow], result: PooledResult, info: FigureInfo, style: Style, *, contours: bool = False
) -> FunnelPoints:
    """Decide what a funnel plot shows.

    Parameters
    ----------
    contours : bool
        Shade where a study alone would have p above 0.1, 0.05 and 0.01 (Peters et al. (2008), J Clin Epidemiol 61).
    """
    info = info.cleaned()
    measure = MEASURES[result.measure]
    points = tuple(
        Point(
            row.study, clean(row.label or row.study), row.yi, sqrt(row.vi), _shown(row.yi, log=measure.log, style=style)
        )
        for row in rows
        if row.included
    )
    unit = f", {info.unit}" if info.unit and result.measure == "MD" else ""
    of = f" of the log {measure.title[0].lower()}{measure.title[1:]}" if measure.log else ""
    deviates = tuple((p, NormalDist().inv_cdf(1 - p / 2)) for p in (0.1, 0.05, 0.01)) if contours else ()
    return FunnelPoints(
        info=info,
        log=measure.log,
        points=points,
        estimate=result.estimate,
        estimate_text=_shown(result.estimate, log=measure.log, style=style),
        critical=NormalDist().inv_cdf((1 + result.level) / 2),
        contours=deviates,
        x_title=measure.title + unit,
        y_title=f"Standard error{of}",
        sentences=_sentences(len(points), result, style),
    )


def _shown(value: float, *, log: bool, style: Style) -> str:
    shown = displayed(value, log=log)
    return ratio(shown, style.decimals, style) if log else number(shown, style.decimals, style)


def _sentences(k: int, result: PooledResult, style: Style) -> tuple[str, ...]:
    if k == 0:
        return ("No study can be pooled, so there is no funnel plot.",)
    level = level_text(result.level, style)
    what = "Vertical line: pooled effect" if k > 1 else "Vertical line: the study's effect"
    limits = f"{what}; dashed: pseudo {level} limits, without variance between studies."
    if k < ENOUGH:
        count = "one study" if k == 1 else f"{k} studies"
        return limits, f"With {count} asymmetry can not be judged; tests need ten."
    return limits, "Asymmetry has other causes than missing studies: heterogeneity, quality, chance."
