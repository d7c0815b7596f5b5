"""The pooled result in words: header of the effect column, heterogeneity, test and method."""

from __future__ import annotations

from math import isnan

from msc_meta.effects.measures import MEASURES
from msc_meta.figures.style import Style
from msc_meta.figures.text import interval, level_text, number, p_value, percent, same_between, three_digits
from msc_meta.pooling.results import PooledResult

WEIGHTING = {"FE": "IV", "MH": "M-H", "PETO": "Peto"}  # of the methods that suppose one common effect
ESTIMATORS = {
    "DL": "DerSimonian-Laird",
    "DL-MH": "DerSimonian-Laird about Mantel-Haenszel",
    "EB": "empirical Bayes",
    "HE": "Hedges",
    "HS": "Hunter-Schmidt",
    "ML": "maximum likelihood",
    "PM": "Paule-Mandel",
    "REML": "restricted maximum likelihood (REML)",
    "SJ": "Sidik-Jonkman",
}
INTERVALS = {
    "hksj": "Hartung-Knapp-Sidik-Jonkman",
    "hksj-adhoc": "Hartung-Knapp-Sidik-Jonkman, never narrower than Wald",
    "wald": "Wald",
}


def effect_header(result: PooledResult, style: Style) -> tuple[str, str]:
    """Return the two lines above the effects in numbers, ``Risk ratio`` and ``[95% CI]`` or how they were pooled."""
    level = level_text(result.level, style)
    below = _how(result, style) if style.effect_header == "method" else f"{style.ci_open}{level} CI{style.ci_close}"
    return MEASURES[result.measure].title, below


def graph_header(result: PooledResult, style: Style, unit: str) -> tuple[str, str]:
    """Return the two lines above the graph, ``Mean difference, days`` and ``IV, random, 95% CI``."""
    measure = MEASURES[result.measure]
    title = f"{measure.title}, {unit}" if unit and result.measure == "MD" else measure.title
    return title, _how(result, style)


def _how(result: PooledResult, style: Style) -> str:
    """Return the weights, the model and the level, ``IV, random, 95% CI``; of one study the level alone."""
    level = f"{level_text(result.level, style)} CI"
    model = style.texts["common" if result.method in WEIGHTING else "random"]
    return f"{WEIGHTING.get(result.method, 'IV')}, {model}, {level}" if result.k > 1 else level


def summary_lines(result: PooledResult, style: Style, *, subgroups: str = "") -> tuple[str, ...]:
    """Return heterogeneity, test for the overall effect, test for subgroups and method, a line each.

    Parameters
    ----------
    style : Style
        Its ``summary`` says which lines there are, and in which order.
    subgroups : str
        What the test for subgroup differences found; empty for a plot without subgroups.
    """
    lines = {
        "heterogeneity": lambda: heterogeneity_line(result, style),
        "test": lambda: overall_line(result, style),
        "subgroups": lambda: subgroups,
        "subgroups_always": lambda: subgroups or subgroup_line(style.texts["not_applicable"], style),
        "method": lambda: method_line(result, style),
    }
    return tuple(filter(None, (lines[name]() for name in style.summary if name in lines)))


def subgroup_line(found: str, style: Style) -> str:
    """Return the line of the test for subgroup differences."""
    return f"{style.texts['subgroup_differences']}: {found}"


def heterogeneity_line(result: PooledResult, style: Style) -> str:
    """Return ``Heterogeneity: Tau² = 0.12; Chi² = ...``, the statistics in the style's order."""
    write = {
        "tau2": lambda: f"Tau² {_tau2(result.tau2, style)}",
        "tau2_ci": lambda: f"Tau² {_tau2(result.tau2, style)}{_tau2_interval(result, style)}",
        "q": lambda: f"Chi² = {number(result.q, 2, style)}, df = {result.q_df} ({p_value(result.q_p, style)})",
        "i2": lambda: f"I² = {percent(result.i2, style.decimals_i2, style)}",
        "i2_ci": lambda: f"I² = {percent(result.i2, style.decimals_i2, style)}{_i2_interval(result, style)}",
    }
    defined = {"q": True, "tau2": result.method not in WEIGHTING, "i2": not isnan(result.i2)}
    parts = [write[name]() for name in style.heterogeneity if defined[name.removesuffix("_ci")]]
    return f"{style.texts['heterogeneity']}: {'; '.join(parts)}"


def overall_line(result: PooledResult, style: Style) -> str:
    """Return the test of no effect, ``Test for overall effect: z = −2.41 (P = 0.016)``."""
    letter = style.texts["z" if result.df is None else "t"]
    freedom = "" if result.df is None else f", df = {result.df}"
    test = f"{letter} = {number(result.statistic, 2, style)}{freedom} ({p_value(result.p_value, style)})"
    return f"{style.texts['overall']}: {test}"


def method_line(result: PooledResult, style: Style) -> str:
    """Return the model, the estimator of tau2 and how the interval was computed."""
    interval_by = f"{level_text(result.level, style)} CI: {INTERVALS.get(result.ci_method, result.ci_method)}"
    if result.method in WEIGHTING:
        return f"Common effect; {interval_by}"
    return f"Random effects: {ESTIMATORS.get(result.method, result.method)}; {interval_by}"


def _tau2_interval(result: PooledResult, style: Style) -> str:
    if isnan(result.tau2_ci.low):
        return ""
    low, high = (three_digits(bound, style.decimals_tau2, style) for bound in result.tau2_ci)
    return f" {interval(low, high, same_between(style, log=MEASURES[result.measure].log))}"


def _i2_interval(result: PooledResult, style: Style) -> str:
    if isnan(result.i2_ci.low):
        return ""
    low, high = (percent(bound, style.decimals_i2, style) for bound in result.i2_ci)
    return f" {interval(low, high, same_between(style, log=MEASURES[result.measure].log))}"


def _tau2(tau2: float, style: Style) -> str:
    """Return ``= 0.12``; a small value that is not zero is not printed as zero."""
    smallest = 10.0**-style.decimals_tau2
    if 0 < tau2 < smallest / 2:
        return f"< {number(smallest, style.decimals_tau2, style)}"
    return f"= {three_digits(tau2, style.decimals_tau2, style)}"
