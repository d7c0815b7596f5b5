"""Effects that a paper gives between its arms: medians with a p-value, an estimate with its error."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from msc_meta.effects.arguments import Array, broadcast, level_of, numbers, require
from msc_meta.effects.estimates import EffectSize, estimable
from msc_meta.errors import ArgumentError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def log_ratio_of_medians(median_e: ArrayLike, median_c: ArrayLike, p_value: ArrayLike) -> EffectSize:
    """Log ratio of medians, experimental over control, with a standard error from the p-value: an approximation [1]_.

    Parameters
    ----------
    median_e, median_c : array_like, shape (k,)
        Medians of the two arms, above 0.
    p_value : array_like, shape (k,)
        Two-sided p-value.

    Returns
    -------
    EffectSize
        Natural log, shape (k,); nan where the p-value is 0 or 1 or the medians are equal: no standard error follows.

    Raises
    ------
    ArgumentError
        A median not above 0, a p-value outside 0 to 1.

    Notes
    -----
    ``yi = log(median_e / median_c)``, ``se = |yi| / z``, z the normal quantile of ``1 - p / 2``. It assumes that the
    p-value is of a two-sided test of this same contrast with an approximately normal statistic. A rank or log-rank test
    is not quite that, so use it only where a paper gives medians and a p-value and nothing else, and say so.

    References
    ----------
    .. [1] Higgins et al. Cochrane Handbook for Systematic Reviews of Interventions, section 6.3.2 (standard error from
       a p-value) and section 6.5.2 (medians).

    Examples
    --------
    >>> effect = log_ratio_of_medians(17.5, 28, 0.042)
    >>> effect.yi.round(4).tolist(), effect.sei.round(4).tolist()
    ([-0.47], [0.2311])
    """
    from scipy.special import ndtri  # 0.2 s to import, and only this measure needs it

    e, c, p = broadcast(median_e=median_e, median_c=median_c, p_value=p_value)
    require(e > 0, "median_e", e, "a median above 0 is needed for a ratio")
    require(c > 0, "median_c", c, "a median above 0 is needed for a ratio")
    require((p >= 0) & (p <= 1), "p_value", p, "a p-value is between 0 and 1")
    yi = np.log(e / c)
    with np.errstate(divide="ignore", invalid="ignore"):
        return estimable(lambda: yi, lambda: (yi / ndtri(p / 2)) ** 2)


def generic(
    estimate: ArrayLike,
    se: ArrayLike | None = None,
    ci_low: ArrayLike | None = None,
    ci_high: ArrayLike | None = None,
    p_value: ArrayLike | None = None,
    *,
    level: float = 0.95,
) -> EffectSize:
    """Estimates as reported, on the scale they are analysed on, with standard error, interval or p-value [1]_.

    Parameters
    ----------
    estimate : array_like, shape (k,)
        Estimates.
    se, ci_low, ci_high, p_value : array_like, shape (k,), optional
        Standard errors above 0, bounds of a confidence interval, or two-sided p-values; nan where a study has none. Of
        several, the standard error is used before the interval, and that before the p-value.
    level : float
        Level of the intervals.

    Returns
    -------
    EffectSize
        On the given scale, shape (k,); nan where no standard error follows (a p-value of 0 or 1, an estimate of 0).

    Raises
    ------
    ArgumentError
        None of the three, a standard error not above 0, bounds out of order, a p-value outside 0 to 1.

    Notes
    -----
    ``se = (ci_high - ci_low) / (2 z)`` with z the normal quantile of ``(1 + level) / 2``, or ``|estimate| / z`` with
    that of ``1 - p / 2``: a Wald interval and test are assumed.

    References
    ----------
    .. [1] Higgins et al. Cochrane Handbook for Systematic Reviews of Interventions, sections 6.3.1 and 6.3.2.

    Examples
    --------
    >>> generic(-0.2, 0.1).vi.round(4).tolist()
    [0.01]
    >>> generic(-3.1, ci_low=-5.6, ci_high=-0.6).sei.round(4).tolist()
    [1.2755]
    """
    return _reported(lambda values: values, estimate, se, ci_low, ci_high, p_value, level)


def log_hazard_ratio(
    estimate: ArrayLike,
    se: ArrayLike | None = None,
    ci_low: ArrayLike | None = None,
    ci_high: ArrayLike | None = None,
    p_value: ArrayLike | None = None,
    *,
    level: float = 0.95,
) -> EffectSize:
    """Log hazard ratio from the hazard ratio as reported; parameters and errors as in `generic` [1]_.

    Parameters
    ----------
    estimate, ci_low, ci_high : array_like, shape (k,)
        Hazard ratio (experimental over control) and its bounds as printed, above 0.
    se : array_like, shape (k,)
        Standard error of the log hazard ratio.

    Returns
    -------
    EffectSize
        Natural log, shape (k,).

    References
    ----------
    .. [1] Parmar, Torri & Stewart (1998). Statistics in Medicine 17, 2815-2834; Tierney et al. (2007). Trials 8, 16.

    Examples
    --------
    >>> effect = log_hazard_ratio(0.72, ci_low=0.51, ci_high=1.02)
    >>> effect.yi.round(4).tolist(), effect.sei.round(4).tolist()
    ([-0.3285], [0.1768])
    """
    for name, values in (("estimate", estimate), ("ci_low", ci_low), ("ci_high", ci_high)):
        if values is not None:
            ratios = numbers(name, values)
            require(ratios > 0, name, ratios, "a hazard ratio is above 0")
    return _reported(np.log, estimate, se, ci_low, ci_high, p_value, level)


def _reported(
    scale: Callable[[Array], Array],
    estimate: ArrayLike,
    se: ArrayLike | None,
    ci_low: ArrayLike | None,
    ci_high: ArrayLike | None,
    p_value: ArrayLike | None,
    level: float,
) -> EffectSize:
    """Take estimate and bounds to the analysis scale, and the first standard error there is for each study."""
    if (ci_low is None) != (ci_high is None):
        raise ArgumentError("ci_low and ci_high are needed together")
    if se is None and ci_low is None and p_value is None:
        raise ArgumentError("an estimate needs se, ci_low and ci_high, or p_value")
    given = {"se": se, "ci_low": ci_low, "ci_high": ci_high, "p_value": p_value}
    known = {name: np.nan if values is None else values for name, values in given.items()}
    yi, sei, low, high, p = broadcast(estimate=estimate, **known)
    require(sei > 0, "se", sei, "a standard error is above 0")
    require(~(low >= high), "ci_low", low, "an interval needs ci_low < ci_high")
    require((p >= 0) & (p <= 1), "p_value", p, "a p-value is between 0 and 1")
    yi = scale(yi)
    if ci_low is not None:
        sei = np.where(
            np.isnan(sei), (scale(high) - scale(low)) / (2 * _normal_quantile((1 + level_of(level)) / 2)), sei
        )
    if p_value is not None:
        with np.errstate(divide="ignore", invalid="ignore"):
            sei = np.where(np.isnan(sei), np.abs(yi) / -_normal_quantile(p / 2), sei)
    return estimable(lambda: yi, lambda: sei**2)


def _normal_quantile(p: ArrayLike) -> Array:
    from scipy.special import ndtri  # 0.2 s to import, and a standard error needs none

    return np.asarray(ndtri(p), dtype=np.float64)
