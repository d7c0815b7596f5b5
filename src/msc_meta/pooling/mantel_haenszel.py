"""Mantel-Haenszel pooling of two-by-two tables, with the tests that belong to it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from msc_meta.effects.arguments import Array, level_of, one_of
from msc_meta.effects.measures import effect_size
from msc_meta.effects.zero_cells import Scope, Tables, additions
from msc_meta.pooling.counts import Counts, Mask, counts_of, left_out
from msc_meta.pooling.results import Interval, PooledResult

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

MH_MEASURES: Final = ("RR", "OR", "RD")
RdVariance = Literal["sato", "greenland-robins"]


def mantel_haenszel(
    measure: str,
    event_e: ArrayLike,
    n_e: ArrayLike,
    event_c: ArrayLike,
    n_c: ArrayLike,
    level: float = 0.95,
    *,
    cc: float = 0.5,
    scope: Scope = "none",
    rd_variance: RdVariance = "sato",
) -> PooledResult:
    """Pool two-by-two tables by Mantel-Haenszel: a common effect without continuity correction [1]_.

    Parameters
    ----------
    measure : {"RR", "OR", "RD"}
        Effect measure.
    event_e, n_e, event_c, n_c : array_like, shape (k,)
        Patients with the event, and patients, of each arm.
    level : float
        Level of the interval.
    cc : float
        Continuity correction, added to the four cells of the tables that ``scope`` names.
    scope : {"none", "only-zero", "all", "if-any", "treatment-arm"}
        As in `log_risk_ratio`. The default, none, is the method as it was published.
    rd_variance : {"sato", "greenland-robins"}
        Variance of the risk difference: of Sato, Greenland and Robins [4]_, right for few large and for many small
        studies (metafor), or of Greenland and Robins [2]_ (RevMan and R's meta).

    Returns
    -------
    PooledResult
        ``method`` "MH"; a common effect, so tau2 is 0 as with "FE"; ``k`` counts the studies that enter the sums; nan
        with a note where an arm has no event in all studies. A study that does not enter has weight 0.

    Raises
    ------
    ArgumentError
        Events outside 0 to n, n not above 0, an unknown name.

    Notes
    -----
    With events a, c of n1, n2 patients, b, d without, N in all: RR ``sum(a n2/N) / sum(c n1/N)``, OR
    ``sum(a d/N) / sum(b c/N)``, RD ``sum((a n2 - c n1)/N) / sum(n1 n2/N)``. Variances of Greenland and Robins [2]_ (RR)
    and of Robins, Breslow and Greenland [3]_ (OR). ``q`` is the sum of ``(yi - estimate)**2 / vi`` over the studies'
    own effects, with 0.5 added to tables with an empty cell and double zeros left out of ratios as in metafor: a sum
    over tables needs no correction, the effect of one table does.

    References
    ----------
    .. [1] Mantel & Haenszel (1959). Journal of the National Cancer Institute 22, 719-748.
    .. [2] Greenland & Robins (1985). Biometrics 41, 55-68.
    .. [3] Robins, Breslow & Greenland (1986). Biometrics 42, 311-323.
    .. [4] Sato, Greenland & Robins (1989). Biometrics 45, 1323-1324.

    Examples
    --------
    >>> result = mantel_haenszel("RR", event_e=[0, 3], n_e=[20, 40], event_c=[2, 6], n_c=[20, 40])
    >>> round(result.display().estimate, 4), result.k
    (0.375, 2)
    """
    one_of("measure", measure, MH_MEASURES)
    one_of("rd_variance", rd_variance, ("sato", "greenland-robins"))
    given, complete = counts_of(event_e, n_e, event_c, n_c)
    counts = given.plus(*additions(Tables(given.a, given.b, given.c, given.d), cc, scope))
    estimate, variance, weights = {
        "RR": _risk_ratio,
        "OR": _odds_ratio,
        "RD": _risk_difference if rd_variance == "sato" else _risk_difference_greenland_robins,
    }[measure](counts)
    used = _in_the_sums(measure, counts)
    result = common_effect_result(measure, "MH", estimate, variance, int(used.sum()), level)
    effects = effect_size(
        measure, event_e=given.a, n_e=given.n1, event_c=given.c, n_c=given.n2, cc=cc if scope != "none" else 0.5,
        scope=scope if scope != "none" else "only-zero", drop00=True,
    )  # fmt: skip
    result = with_q(result, effects.yi, effects.vi)
    spread = np.zeros(complete.size)
    if weights.sum() > 0:
        spread[complete] = 100 * weights / weights.sum()
    notes = left_out(given, complete, used)
    if math.isnan(result.estimate):
        notes += (_why_not(counts, estimate),)
    return replace(result, weights=tuple(spread.tolist()), notes=notes)


def common_effect_result(
    measure: str, method: str, estimate: float, variance: float, k: int, level: float
) -> PooledResult:
    """Return a common-effect answer with Wald's test and interval; nan where there is no variance above 0."""
    from scipy.special import ndtr, ndtri

    level = level_of(level)
    frame = PooledResult(
        measure=measure,
        k=k,
        method=method,
        ci_method="wald",
        prediction_method="t(k-1)",
        i2_definition="q",
        level=level,
    )
    if not (math.isfinite(estimate) and math.isfinite(variance) and variance > 0):
        return frame
    se = math.sqrt(variance)
    reach = -float(ndtri((1 - level) / 2)) * se
    ci = Interval(estimate - reach, estimate + reach)
    p_value = 2 * float(ndtr(-abs(estimate / se)))
    return replace(
        frame, estimate=estimate, se=se, ci=ci, wald_ci=ci, statistic=estimate / se, p_value=p_value, tau2=0.0
    )


def with_q(result: PooledResult, yi: Array, vi: Array) -> PooledResult:
    """Return the result with the heterogeneity of the studies' effects about its estimate; nan effects do not count."""
    from scipy.special import chdtrc

    there = ~np.isnan(yi)
    df = int(there.sum()) - 1
    if df < 1 or math.isnan(result.estimate):
        return result
    q = float(((yi[there] - result.estimate) ** 2 / vi[there]).sum())
    i2, h2 = 100 * max(0.0, (q - df) / q) if q > 0 else 0.0, q / df
    return replace(result, q=q, q_df=df, q_p=float(chdtrc(df, q)), i2=i2, h2=h2, i2_q=i2, h2_q=h2)


@dataclass(frozen=True, slots=True)
class TableTest:
    """A test over all tables."""

    statistic: float
    df: int
    p_value: float


def cochran_mantel_haenszel(
    event_e: ArrayLike, n_e: ArrayLike, event_c: ArrayLike, n_c: ArrayLike, continuity: bool = True
) -> TableTest:
    """Test of no association in any table, by Cochran, Mantel and Haenszel [1]_.

    Parameters
    ----------
    event_e, n_e, event_c, n_c : array_like, shape (k,)
        Patients with the event, and patients, of each arm.
    continuity : bool
        Whether 0.5 is taken off the distance of events and their expectation.

    Returns
    -------
    TableTest
        Chi-square on 1 degree of freedom; nan where no table has both events and non-events.

    Raises
    ------
    ArgumentError
        Events outside 0 to n, n not above 0.

    References
    ----------
    .. [1] Mantel & Haenszel (1959). Journal of the National Cancer Institute 22, 719-748.

    Examples
    --------
    >>> round(cochran_mantel_haenszel([1, 3], [20, 40], [5, 9], [20, 40]).p_value, 4)
    0.0225
    """
    from scipy.special import chdtrc

    counts, _ = counts_of(event_e, n_e, event_c, n_c)
    distance, variance = observed_minus_expected(counts)
    gap = abs(float(distance.sum())) - (0.5 if continuity else 0.0)
    total = float(variance.sum())
    statistic = gap**2 / total if total > 0 else math.nan
    return TableTest(statistic, 1, float(chdtrc(1, statistic)))


def breslow_day(
    event_e: ArrayLike, n_e: ArrayLike, event_c: ArrayLike, n_c: ArrayLike, tarone: bool = True
) -> TableTest:
    """Test that the odds ratio is the same in all tables, by Breslow and Day [1]_, with Tarone's correction [2]_.

    Parameters
    ----------
    event_e, n_e, event_c, n_c : array_like, shape (k,)
        Patients with the event, and patients, of each arm.
    tarone : bool
        Whether Tarone's term is taken off: only then is the statistic a chi-square in large samples.

    Returns
    -------
    TableTest
        Chi-square on k-1 degrees of freedom, of the k tables with events and non-events; nan below two, and where the
        Mantel-Haenszel odds ratio is 0, infinite or not defined.

    Raises
    ------
    ArgumentError
        Events outside 0 to n, n not above 0.

    References
    ----------
    .. [1] Breslow & Day (1980). Statistical Methods in Cancer Research, vol. 1, p. 142.
    .. [2] Tarone (1985). Biometrika 72, 91-95.

    Examples
    --------
    >>> round(breslow_day([1, 3], [20, 40], [5, 9], [20, 40]).p_value, 4)
    0.6711
    """
    from scipy.special import chdtrc

    counts, _ = counts_of(event_e, n_e, event_c, n_c)
    counts = counts.where(counts.informative)
    log_ratio, _, _ = _odds_ratio(counts)
    if counts.k < 2 or not math.isfinite(log_ratio):
        return TableTest(math.nan, max(counts.k - 1, 0), math.nan)
    expected = _expected_events(counts, math.exp(log_ratio))
    cells = np.stack((expected, counts.events - expected, counts.n1 - expected, counts.n2 - counts.events + expected))
    with np.errstate(divide="ignore"):
        variance = 1 / (1 / cells).sum(axis=0)
    gap = counts.a - expected
    statistic = float((gap**2 / variance).sum())
    if tarone:
        statistic -= float(gap.sum()) ** 2 / float(variance.sum())
    return TableTest(statistic, counts.k - 1, float(chdtrc(counts.k - 1, statistic)))


def observed_minus_expected(counts: Counts) -> tuple[Array, Array]:
    """Return events of the experimental arm minus their hypergeometric expectation, and its variance; shape (k,)."""
    n = counts.n
    variance = counts.events * (n - counts.events) * counts.n1 * counts.n2 / (n**2 * np.maximum(n - 1, 1))
    return counts.a - counts.events * counts.n1 / n, variance


def _expected_events(counts: Counts, ratio: float) -> Array:
    """Return the events of the experimental arm that have this odds ratio, given the margins."""
    a, b = ratio - 1, -(ratio * (counts.n1 + counts.events) + counts.n2 - counts.events)
    c = ratio * counts.n1 * counts.events
    # the stable form of the smaller root of a x**2 + b x + c: it exists for a ratio of 1 too
    expected: Array = 2 * c / (-b + np.sqrt(b**2 - 4 * a * c))
    return expected


# ---- the three estimates: log ratio or difference, variance, weights -------------------------------------------------


def _risk_ratio(t: Counts) -> tuple[float, float, Array]:
    r, s = t.a * t.n2 / t.n, t.c * t.n1 / t.n
    if not (r.sum() > 0 and s.sum() > 0):
        return math.nan, math.nan, s
    variance = ((t.n1 * t.n2 * t.events - t.a * t.c * t.n) / t.n**2).sum() / (r.sum() * s.sum())
    return float(np.log(r.sum() / s.sum())), float(variance), s


def _odds_ratio(t: Counts) -> tuple[float, float, Array]:
    r, s = t.a * t.d / t.n, t.b * t.c / t.n
    if not (r.sum() > 0 and s.sum() > 0):
        return math.nan, math.nan, s
    p, q, total_r, total_s = (t.a + t.d) / t.n, (t.b + t.c) / t.n, r.sum(), s.sum()
    terms = (p * r).sum() / total_r**2 + (p * s + q * r).sum() / (total_r * total_s) + (q * s).sum() / total_s**2
    return float(np.log(total_r / total_s)), float(terms / 2), s


def _risk_difference(t: Counts) -> tuple[float, float, Array]:
    weights = t.n1 * t.n2 / t.n
    if not t.k:
        return math.nan, math.nan, weights
    total = weights.sum()
    estimate = ((t.a * t.n2 - t.c * t.n1) / t.n).sum() / total
    p = (t.c * (t.n1 / t.n) ** 2 - t.a * (t.n2 / t.n) ** 2 + t.n1 * t.n2 / t.n**2 * (t.n2 - t.n1) / 2).sum()
    q = (t.a * t.d / t.n + t.c * t.b / t.n).sum() / 2
    return float(estimate), float((estimate * p + q) / total**2), weights


def _risk_difference_greenland_robins(t: Counts) -> tuple[float, float, Array]:
    estimate, _, weights = _risk_difference(t)
    if not t.k:
        return estimate, math.nan, weights
    variance = (t.a * t.b * t.n2**3 + t.c * t.d * t.n1**3) / (t.n1 * t.n2 * t.n**2)
    return estimate, float(variance.sum() / weights.sum() ** 2), weights


def _in_the_sums(measure: str, t: Counts) -> Mask:
    """Return which tables add anything to the sums of a measure."""
    return {"RR": ~t.without_events, "OR": t.informative, "RD": np.ones(t.k, dtype=bool)}[measure]


def _why_not(t: Counts, estimate: float) -> str:
    if not t.k:
        return "Not estimable: no study."
    if math.isnan(estimate):
        return "Not estimable: no events, or events in all patients, in one arm of all studies together."
    return "Not estimable: every arm has no events or events only, which leaves no variance."
