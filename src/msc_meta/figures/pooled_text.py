"""The pooled result in words: header of the effect column, heterogeneity, test and method."""

from __future__ import annotations

from math import isnan

from msc_meta.effects.measures import MEASURES
from msc_meta.figures.style import Style
from msc_meta.figures.text import interval, level_text, number, p_value, percent, three_digits
from msc_meta.pooling.results import PooledResult

WEIGHTING = {"FE": "IV, common", "MH": "M-H, common", "PETO": "Peto, common"}
ESTIMATORS = {
    "DL": "DerSimonian-Laird",
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
    """Return the two lines above the effects in numbers, ``Risk ratio`` and ``[95% CI]``."""
    level = level_text(result.level, style)
    return MEASURES[result.measure].title, f"{style.ci_open}{level} CI{style.ci_close}"


def graph_header(result: PooledResult, style: Style, unit: str) -> tuple[str, str]:
    """Return the two lines above the graph, ``Mean difference, days`` and ``IV, random, 95% CI``."""
    measure = MEASURES[result.measure]
    title = f"{measure.title}, {unit}" if unit and result.measure == "MD" else measure.title
    level = f"{level_text(result.level, style)} CI"
    return title, f"{WEIGHTING.get(result.method, 'IV, random')}, {level}" if result.k > 1 else level


def summary_lines(result: PooledResult, style: Style) -> tuple[str, ...]:
    """Return heterogeneity, test for the overall effect and method, a line each."""
    common = result.method in WEIGHTING
    parts = []
    if not common:
        bounds = ""
        if not isnan(result.tau2_ci.low):
            low, high = (three_digits(bound, style.decimals_tau2, style) for bound in result.tau2_ci)
            bounds = f" {interval(low, high, style)}"
        parts.append(f"Tau² {_tau2(result.tau2, style)}{bounds}")
    q = number(result.q, 2, style)
    parts.append(f"Chi² = {q}, df = {result.q_df} ({p_value(result.q_p, style)})")
    if not isnan(result.i2):
        parts.append(f"I² = {percent(result.i2, style.decimals_i2, style)}")
    letter = "z" if result.df is None else "t"
    freedom = "" if result.df is None else f", df = {result.df}"
    test = f"{letter} = {number(result.statistic, 2, style)}{freedom} ({p_value(result.p_value, style)})"
    ci = INTERVALS.get(result.ci_method, result.ci_method)
    if common:
        method = f"Common effect; {level_text(result.level, style)} CI: {ci}"
    else:
        estimator = ESTIMATORS.get(result.method, result.method)
        method = f"Random effects: {estimator}; {level_text(result.level, style)} CI: {ci}"
    return f"Heterogeneity: {'; '.join(parts)}", f"Test for overall effect: {test}", method


def _tau2(tau2: float, style: Style) -> str:
    """Return ``= 0.12``; a small value that is not zero is not printed as zero."""
    smallest = 10.0**-style.decimals_tau2
    if 0 < tau2 < smallest / 2:
        return f"< {number(smallest, style.decimals_tau2, style)}"
    return f"= {three_digits(tau2, style.decimals_tau2, style)}"
