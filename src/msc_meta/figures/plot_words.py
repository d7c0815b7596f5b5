"""What plots say alike: names of axes and figures, effects as text, and full numbers for tables."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan, sqrt

from msc_meta.effects.measures import MEASURES
from msc_meta.effects.rows import StudyRow
from msc_meta.errors import ArgumentError
from msc_meta.figures.forest_table import FigureInfo
from msc_meta.figures.style import Style
from msc_meta.figures.text import clean, displayed, interval, level_text, number, ratio, same_between
from msc_meta.pooling.results import Interval, PooledResult

DIGITS = 6  # of numbers in tables


def is_log(measure: str) -> bool:
    """Whether a measure is analysed as a natural log and shown as a ratio."""
    return MEASURES[measure].log


def effect_title(measure: str, info: FigureInfo) -> str:
    """Return the title of an axis of effects: ``Risk ratio``, ``Mean difference, days``."""
    unit = f", {info.unit}" if info.unit and measure == "MD" else ""
    return MEASURES[measure].title + unit


def analysed_title(measure: str) -> str:
    """Return the name of the effect on the scale of the analysis: ``log risk ratio``, ``mean difference``."""
    return ("log " if is_log(measure) else "") + lower_first(MEASURES[measure].title)


def lower_first(title: str) -> str:
    """Return a title inside a sentence: ``mean difference, mmHg``.

    Examples
    --------
    >>> lower_first("Mean difference, mmHg")
    'mean difference, mmHg'
    """
    return title[:1].lower() + title[1:]


def effect_text(value: float, measure: str, style: Style) -> str:
    """Return an effect as it is shown, ratios back-transformed."""
    log = is_log(measure)
    shown = displayed(value, log=log)
    return ratio(shown, style.decimals, style) if log else number(shown, style.decimals, style)


def effect_with_interval(estimate: float, ci: Interval, measure: str, style: Style) -> str:
    """Return ``0.81 [0.64, 1.02]``."""
    low, high = (effect_text(bound, measure, style) for bound in ci)
    return f"{effect_text(estimate, measure, style)} {interval(low, high, same_between(style, log=is_log(measure)))}"


def pooled_phrase(result: PooledResult, style: Style) -> str:
    """Return ``0.81 [0.64, 1.02] (95% CI)``, of one study or of all."""
    shown = effect_with_interval(result.estimate, result.ci, result.measure, style)
    return f"{shown} ({level_text(result.level, style)} CI)"


def figure_title(kind: str, info: FigureInfo) -> str:
    """Return the title of a figure: ``Baujat plot: Mortality at day 28``."""
    return f"{kind}: {info.title}" if info.title else kind


def name_of(row: StudyRow) -> str:
    """Return the label of a study, on one line."""
    return clean(row.label or row.study)


def studies_in_words(k: int) -> str:
    """Return ``one study`` or ``12 studies``."""
    return "one study" if k == 1 else f"{k} studies"


def fewer(what: str, k: int, least: int) -> tuple[str, ...]:
    """Return the sentence that stands in place of a plot with too few studies; empty for enough."""
    if k >= least:
        return ()
    if k == 0:
        return (f"No study can be pooled, so there is no {what}.",)
    return (f"A {what} needs {least} studies; {'one is' if k == 1 else f'{k} are'} pooled.",)


def refit_method(result: PooledResult) -> str:
    """Return the method that a result is pooled by again, study by study.

    Raises
    ------
    ArgumentError
        for a method that needs counts.
    """
    from msc_meta.pooling.tau2 import ESTIMATORS

    if result.method not in ESTIMATORS:
        raise ArgumentError(f"this plot pools again without single studies, which method {result.method} can not do")
    return result.method


def radius_of(weight: float, weights: Sequence[float], style: Style) -> float:
    """Return the radius of a circle whose area is proportional to weight; smaller among many, but to be seen."""
    largest = style.bubble_radius * min(1.0, sqrt(style.labels_up_to / len(weights)))
    return max(largest * sqrt(weight / max(weights)), 1.3) if max(weights) > 0 else style.point_side / 2


def exact(value: float) -> str:
    """Return a number for a table of data, with six significant digits; empty for ``nan``."""
    return "" if isnan(value) else f"{value:.{DIGITS}g}"


def table(header: Sequence[str], rows: Sequence[Sequence[str | float | None]]) -> tuple[tuple[str, ...], ...]:
    """Return the numbers of a figure as texts, the header first."""
    return (
        tuple(header),
        *(tuple(_cell(value) for value in row) for row in rows),
    )


def _cell(value: str | float | None) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else exact(float(value))
