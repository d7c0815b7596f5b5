"""What a funnel plot says: points, limits and sentences, before anything is placed or drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, isnan, nan, sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING, Literal, NamedTuple, final

from msc_meta.effects.rows import StudyRow
from msc_meta.errors import ArgumentError
from msc_meta.figures.forest_table import FigureInfo
from msc_meta.figures.plot_words import analysed_title, effect_text, effect_title, is_log, name_of, pooled_phrase
from msc_meta.figures.point_groups import Groups, groups_of
from msc_meta.figures.style import Style
from msc_meta.figures.text import level_text
from msc_meta.pooling.results import PooledResult

if TYPE_CHECKING:
    from msc_meta.robustness.trim_and_fill import TrimAndFill

ENOUGH = 10  # studies; Sterne et al. (2011), BMJ 343, d4002
LINES = ("dotted", "dash-dotted")  # of the limits after the first
Down = Literal["se", "1/se", "n"]
DOWN: tuple[Down, ...] = ("se", "1/se", "n")


class Point(NamedTuple):
    """One pooled study: its effect on the analysis scale, the standard error, and the effect as it is shown."""

    key: str
    label: str
    estimate: float
    se: float
    text: str
    n: float


class Filled(NamedTuple):
    """A study that trim-and-fill adds."""

    estimate: float
    se: float


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
    limits : tuple of (level, normal deviate)
        Pseudo-limits, which leave tau2 out: estimate plus or minus the deviate times se. The first is the result's.
    contours : tuple of (p, normal deviate)
        Borders of shaded regions around no effect, widest p first; empty without contours.
    down : {"se", "1/se", "n"}
        What the upright axis shows.
    filled, adjusted, adjusted_text
        Studies that trim-and-fill adds, the estimate with them and as text; None where there are none.
    sentences : tuple of str
        What a reader may and may not conclude.
    """

    info: FigureInfo
    log: bool
    points: tuple[Point, ...]
    estimate: float
    estimate_text: str
    limits: tuple[tuple[float, float], ...]
    contours: tuple[tuple[float, float], ...]
    x_title: str
    y_title: str
    sentences: tuple[str, ...]
    down: Down = "se"
    filled: tuple[Filled, ...] = ()
    adjusted: float | None = None
    adjusted_text: str = ""
    groups: Groups | None = None

    @property
    def critical(self) -> float:
        """Normal deviate of the limits at the level of the result."""
        return self.limits[0][1]

    def height(self, se: float, n: float = nan) -> float:
        """Return where a study lies on the upright axis."""
        return {"se": se, "1/se": 1 / se if se else inf, "n": n}[self.down]


def funnel_points(
    rows: Sequence[StudyRow],
    result: PooledResult,
    info: FigureInfo,
    style: Style,
    *,
    contours: bool = False,
    limits: Sequence[float] = (),
    filled: TrimAndFill | None = None,
    down: str = "se",
    by: Mapping[str, str] | None = None,
    by_title: str = "",
) -> FunnelPoints:
    """Decide what a funnel plot shows; `funnel` says what the options mean."""
    info = info.cleaned()
    pooled = [row for row in rows if row.included]
    points = tuple(
        Point(
            row.study, name_of(row), row.yi, sqrt(row.vi), effect_text(row.yi, result.measure, style), row.e.n + row.c.n
        )
        for row in pooled
    )
    axis = _known(down)
    if axis == "n":
        _sizes_known(points, contours=contours)
    deviates = tuple((p, NormalDist().inv_cdf(1 - p / 2)) for p in (0.1, 0.05, 0.01)) if contours else ()
    found = FunnelPoints(
        info=info,
        log=is_log(result.measure),
        points=points,
        estimate=result.estimate,
        estimate_text=effect_text(result.estimate, result.measure, style),
        limits=_limits((result.level, *limits)),
        contours=deviates,
        x_title=effect_title(result.measure, info),
        y_title=_y_title(axis, result.measure),
        sentences=(),
        down=axis,
        groups=None if by is None or not points else groups_of([point.key for point in points], by, by_title),
    )
    if filled is not None and filled.k0:
        added = tuple(Filled(y, sqrt(v)) for y, v in zip(filled.filled_yi, filled.filled_vi, strict=True))
        text = pooled_phrase(filled.result, style)
        found = replace(found, filled=added, adjusted=filled.result.estimate, adjusted_text=text)
    return replace(found, sentences=_sentences(found, result, filled, style))


def _known(down: str) -> Down:
    for name in DOWN:
        if down == name:
            return name
    raise ArgumentError(f"y is {down!r}; it may be {', '.join(DOWN)}")


def _sizes_known(points: Sequence[Point], *, contours: bool) -> None:
    if unknown := [point.label for point in points if isnan(point.n)]:
        raise ArgumentError(f"the number of patients is not known of {', '.join(unknown)}; y may be se or 1/se")
    if contours:
        raise ArgumentError("contours of p follow from standard errors; with y of n there are none")


def _limits(levels: Sequence[float]) -> tuple[tuple[float, float], ...]:
    levels = tuple(dict.fromkeys(levels))
    if len(levels) > 1 + len(LINES):
        raise ArgumentError(f"limits has {len(levels) - 1} levels; {len(LINES)} can be told apart from the first")
    for level in levels:
        if not 0 < level < 1:
            raise ArgumentError(f"limits has {level:g}; a level lies between 0 and 1, as 0.99")
    return tuple((level, NormalDist().inv_cdf((1 + level) / 2)) for level in levels)


def _y_title(down: Down, measure: str) -> str:
    of = f" of the {analysed_title(measure)}" if is_log(measure) else ""
    return {"se": f"Standard error{of}", "1/se": f"Precision (1 / standard error{of})", "n": "Patients"}[down]


def _sentences(points: FunnelPoints, result: PooledResult, filled: TrimAndFill | None, style: Style) -> tuple[str, ...]:
    k = len(points.points)
    if k == 0:
        return ("No study can be pooled, so there is no funnel plot.",)
    what = "Vertical line: pooled effect" if k > 1 else "Vertical line: the study's effect"
    first, *others = (level_text(level, style) for level, _ in points.limits)
    more = "".join(f", {line}: {level}" for line, level in zip(LINES, others, strict=False))
    limits = f"{what}; dashed: pseudo {first} limits{more}, without variance between studies."
    said = [limits if points.down != "n" else f"{what}."]
    if filled is not None:
        said.append(_filled_sentence(filled))
    if k < ENOUGH:
        count = "one study" if k == 1 else f"{k} studies"
        said.append(f"With {count} asymmetry can not be judged; tests need ten.")
    else:
        said.append("Asymmetry has other causes than missing studies: heterogeneity, quality, chance.")
    return tuple(said)


def _filled_sentence(filled: TrimAndFill) -> str:
    if not filled.k0:
        return f"Trim and fill ({filled.estimator}) adds no study."
    studies = "one study" if filled.k0 == 1 else f"{filled.k0} studies"
    return (
        f"Open circles: {studies} that trim and fill ({filled.estimator}) adds on the {filled.side} to make the funnel "
        "symmetric. The estimate with them is a sensitivity analysis, not a corrected result."
    )
