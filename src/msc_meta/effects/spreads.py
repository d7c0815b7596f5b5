"""Standard deviations and standard errors from what a paper gives instead: intervals, test statistics, p-values."""

from __future__ import annotations

import math

from msc_meta.effects.arguments import level_of, number, one_of, patients, positive
from msc_meta.errors import ArgumentError


def sd_from_se(se: float, n: float) -> float:
    """Return the standard deviation of an arm from the standard error of its mean: ``se * sqrt(n)`` [1]_.

    References
    ----------
    .. [1] Higgins et al. Cochrane Handbook for Systematic Reviews of Interventions, section 6.5.2.2.

    Examples
    --------
    >>> sd_from_se(2, 25)
    10.0
    """
    return positive("se", se) * math.sqrt(positive("n", n))


def sd_from_ci(low: float, high: float, n: float, level: float = 0.95, distribution: str = "t") -> float:
    """Return the standard deviation of an arm from the confidence interval of its mean [1]_.

    Parameters
    ----------
    low, high : float
        Bounds, in the outcome's unit.
    n : float
        Patients of the arm, at least 2.
    level : float
        Level of the interval.
    distribution : {"t", "normal"}
        What the paper used for the interval: t with n-1 df, right for small arms and hardly different for large ones,
        or the normal distribution, right only for large ones (the Handbook: 100 and more).

    Raises
    ------
    ArgumentError
        Bounds that are not in order, n below 2.

    References
    ----------
    .. [1] Higgins et al. Cochrane Handbook for Systematic Reviews of Interventions, section 6.5.2.2.

    Examples
    --------
    >>> round(sd_from_ci(30, 34.2, 25), 2), round(sd_from_ci(30, 34.2, 25, distribution="normal"), 2)
    (5.09, 5.36)
    """
    from scipy.special import ndtri, stdtrit

    one_of("distribution", distribution, ("t", "normal"))
    n = patients(n)
    tail = (1 - level_of(level)) / 2
    quantile = -float(stdtrit(n - 1, tail) if distribution == "t" else ndtri(tail))
    return _width(low, high) / (2 * quantile) * math.sqrt(n)


def sd_from_t(difference: float, t: float, n_e: float, n_c: float) -> float:
    """Return the standard deviation of two arms from the t statistic of the difference of their means [1]_.

    Parameters
    ----------
    difference : float
        Difference of the two means.
    t : float
        Its t statistic (Student's, so one standard deviation stands for both arms).
    n_e, n_c : float
        Patients of each arm.

    Raises
    ------
    ArgumentError
        A difference or t of 0, from which nothing follows; n below 1.

    Notes
    -----
    ``|difference / t| / sqrt(1 / n_e + 1 / n_c)``.

    References
    ----------
    .. [1] Higgins et al. Cochrane Handbook for Systematic Reviews of Interventions, section 6.5.2.3.

    Examples
    --------
    >>> round(sd_from_t(3.8, 2.78, 25, 22), 2)
    4.68
    """
    se = positive("difference", abs(difference)) / positive("t", abs(t))
    return se / math.sqrt(1 / positive("n_e", n_e) + 1 / positive("n_c", n_c))


def sd_from_p(difference: float, p_value: float, n_e: float, n_c: float) -> float:
    """Return the standard deviation of two arms from the p-value of Student's t test of their means [1]_.

    Parameters
    ----------
    difference : float
        Difference of the two means.
    p_value : float
        Exact two-sided p-value, between 0 and 1. (With "P < 0.05" the true SD is smaller than the one for 0.05.)
    n_e, n_c : float
        Patients of each arm; the t distribution has ``n_e + n_c - 2`` degrees of freedom.

    Raises
    ------
    ArgumentError
        A difference of 0, a p-value not between 0 and 1, fewer than 3 patients in all.

    References
    ----------
    .. [1] Higgins et al. Cochrane Handbook for Systematic Reviews of Interventions, section 6.5.2.3.

    Examples
    --------
    >>> round(sd_from_p(3.8, 0.008, 25, 22), 2)
    4.68
    """
    from scipy.special import stdtrit

    df = patients(positive("n_e", n_e) + positive("n_c", n_c), 3, "n_e + n_c") - 2
    return sd_from_t(difference, -float(stdtrit(df, _p_value(p_value) / 2)), n_e, n_c)


def sd_of_change(sd_baseline: float, sd_final: float, correlation: float) -> float:
    """Return the standard deviation of the change from baseline, by an assumed correlation of the two values [1]_.

    Parameters
    ----------
    sd_baseline, sd_final : float
        Standard deviations of an arm at baseline and at the end.
    correlation : float
        Of baseline and final values, -1 to 1: from another trial, or assumed and varied in a sensitivity analysis.

    Raises
    ------
    ArgumentError
        A correlation outside -1 to 1, or a change without any spread (equal SDs, correlation 1).

    Notes
    -----
    ``sqrt(sd_baseline**2 + sd_final**2 - 2 correlation sd_baseline sd_final)``.

    References
    ----------
    .. [1] Higgins et al. Cochrane Handbook for Systematic Reviews of Interventions, section 6.5.2.8.

    Examples
    --------
    >>> round(sd_of_change(4, 4.4, 0.78), 2)
    2.81
    """
    before, after, r = (
        positive("sd_baseline", sd_baseline),
        positive("sd_final", sd_final),
        number("correlation", correlation),
    )
    if not -1 <= r <= 1:
        raise ArgumentError(f"correlation is {r:g}; a correlation lies between -1 and 1")
    square = (before - after) ** 2 + 2 * (1 - r) * before * after
    if not square > 0:
        raise ArgumentError("equal standard deviations with a correlation of 1: the change has no spread")
    return math.sqrt(square)


def se_from_ci(low: float, high: float, level: float = 0.95, *, log: bool = False) -> float:
    """Return the standard error of an estimate from its confidence interval by the normal distribution [1]_.

    Parameters
    ----------
    low, high : float
        Bounds: of a difference, of a ratio's log, or with ``log`` of the ratio itself.
    level : float
        Level of the interval.
    log : bool
        Whether the bounds are those of a ratio, above 0; the standard error is that of its natural log.

    Raises
    ------
    ArgumentError
        Bounds that are not in order, a ratio not above 0.

    References
    ----------
    .. [1] Higgins et al. Cochrane Handbook for Systematic Reviews of Interventions, section 6.3.1.

    Examples
    --------
    >>> round(se_from_ci(0.51, 1.02, log=True), 4), round(se_from_ci(-5.6, -0.6), 4)
    (0.1768, 1.2755)
    """
    from scipy.special import ndtri

    if log:
        low, high = math.log(positive("low", low)), math.log(positive("high", high))
    return _width(low, high) / (-2 * float(ndtri((1 - level_of(level)) / 2)))


def se_from_p(estimate: float, p_value: float, *, log: bool = False) -> float:
    """Return the standard error of an estimate from its p-value by the normal distribution [1]_.

    Parameters
    ----------
    estimate : float
        A difference, a ratio's log, or with ``log`` the ratio itself.
    p_value : float
        Exact two-sided p-value of a Wald test of no difference, between 0 and 1.
    log : bool
        Whether the estimate is a ratio, above 0; the standard error is that of its natural log.

    Raises
    ------
    ArgumentError
        An estimate of no difference, from which nothing follows; a p-value not between 0 and 1.

    References
    ----------
    .. [1] Higgins et al. Cochrane Handbook for Systematic Reviews of Interventions, section 6.3.2.

    Examples
    --------
    >>> round(se_from_p(0.64, 0.03, log=True), 4)
    0.2057
    """
    from scipy.special import ndtri

    value = math.log(positive("estimate", estimate)) if log else number("estimate", estimate)
    if value == 0:
        raise ArgumentError(f"estimate is {estimate:g}; no standard error follows from no difference")
    return abs(value) / -float(ndtri(_p_value(p_value) / 2))


def _p_value(p_value: float) -> float:
    p = number("p_value", p_value)
    if not 0 < p < 1:
        raise ArgumentError(f"p_value is {p:g}; a number between 0 and 1 is needed, both excluded")
    return p


def _width(low: float, high: float) -> float:
    if not number("low", low) < number("high", high):
        raise ArgumentError(f"low is {low!r} and high is {high!r}; an interval needs low < high")
    return high - low
