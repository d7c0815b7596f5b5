"""Effects on means: difference, standardised difference, log ratio."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import numpy as np

from msc_meta.effects.arguments import Array, broadcast, one_of, require
from msc_meta.effects.estimates import EffectSize, estimable

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def mean_difference(
    mean_e: ArrayLike,
    sd_e: ArrayLike,
    n_e: ArrayLike,
    mean_c: ArrayLike,
    sd_c: ArrayLike,
    n_c: ArrayLike,
    *,
    vtype: Literal["LS", "HO"] = "LS",
) -> EffectSize:
    """Mean difference, experimental minus control.

    Parameters
    ----------
    mean_e, sd_e, n_e, mean_c, sd_c, n_c : array_like, shape (k,)
        Mean and standard deviation of the outcome, in one unit, and patients of each arm.
    vtype : {"LS", "HO"}
        Variance with each arm's own SD (metafor's default, and RevMan's), or with the pooled one (homoscedastic).

    Returns
    -------
    EffectSize
        In the outcome's unit, variance in its square, shape (k,).

    Raises
    ------
    ArgumentError
        A standard deviation or n that is not above 0.

    References
    ----------
    .. [1] Higgins et al. Cochrane Handbook for Systematic Reviews of Interventions, section 6.5.1.1.

    Examples
    --------
    >>> mean_difference(12, 4, 16, 10, 3, 9)
    EffectSize(yi=array([2.]), vi=array([2.]))
    """
    one_of("vtype", vtype, ("LS", "HO"))
    m1, s1, n1, m2, s2, n2 = _means(mean_e, sd_e, n_e, mean_c, sd_c, n_c)
    if vtype == "HO":
        s1 = s2 = _pooled_sd(s1, n1, s2, n2)
    return estimable(lambda: m1 - m2, lambda: s1**2 / n1 + s2**2 / n2)


def standardized_mean_difference(
    mean_e: ArrayLike,
    sd_e: ArrayLike,
    n_e: ArrayLike,
    mean_c: ArrayLike,
    sd_c: ArrayLike,
    n_c: ArrayLike,
    *,
    vtype: Literal["LS", "UB"] = "LS",
    correct: bool = True,
) -> EffectSize:
    """Standardised mean difference, Hedges' g; parameters and errors as in `mean_difference` [1]_.

    Parameters
    ----------
    vtype : {"LS", "UB"}
        Large-sample variance (metafor's default), or Hedges' unbiased one.
    correct : bool
        Whether the exact small-sample correction is applied (g) or not (Cohen's d with the pooled SD).

    Returns
    -------
    EffectSize
        In pooled standard deviations, shape (k,); nan where the two arms together have fewer than 4 patients.

    Notes
    -----
    ``g = J d`` with ``J = G(m/2) / (sqrt(m/2) G((m-1)/2))``, G the gamma function, ``m = n1 + n2 - 2``.
    LS: ``1/n1 + 1/n2 + g**2 / (2 (n1 + n2))``; UB: ``1/n1 + 1/n2 + (1 - (m-2) / (m J**2)) g**2``. Without
    the correction J is 1 in both.

    References
    ----------
    .. [1] Hedges (1981). Journal of Educational Statistics 6, 107-128; Hedges (1982). Psychological Bulletin 92,
       490-499.

    Examples
    --------
    >>> standardized_mean_difference(12, 4, 10, 10, 4, 10).yi.round(4).tolist()
    [0.4789]
    """
    one_of("vtype", vtype, ("LS", "UB"))
    m1, s1, n1, m2, s2, n2 = _means(mean_e, sd_e, n_e, mean_c, sd_c, n_c)
    m = np.where(n1 + n2 - 2 >= 2, n1 + n2 - 2, np.nan)
    factor = _hedges_factor(m) if correct else np.ones_like(m)
    g = factor * (m1 - m2) / _pooled_sd(s1, n1, s2, n2)
    of_g = 1 / (2 * (n1 + n2)) if vtype == "LS" else 1 - (m - 2) / (m * factor**2)
    return estimable(lambda: g, lambda: 1 / n1 + 1 / n2 + of_g * g**2)


def log_ratio_of_means(
    mean_e: ArrayLike,
    sd_e: ArrayLike,
    n_e: ArrayLike,
    mean_c: ArrayLike,
    sd_c: ArrayLike,
    n_c: ArrayLike,
    *,
    correct: bool = True,
) -> EffectSize:
    """Log ratio of means, experimental over control [1]_; parameters and errors as in `mean_difference`.

    Parameters
    ----------
    correct : bool
        Whether the second-order small-sample bias is removed [2]_, as metafor does since version 5; RevMan, R's meta
        and older metafor do not.

    Returns
    -------
    EffectSize
        Natural log, shape (k,); nan where the means are not of the same sign.

    Notes
    -----
    ``log(m1 / m2)``, with ``correct`` plus ``(cv1**2 / n1 - cv2**2 / n2) / 2``; variance ``cv1**2 / n1 + cv2**2 / n2``,
    where ``cv = sd / mean``.

    References
    ----------
    .. [1] Hedges, Gurevitch & Curtis (1999). Ecology 80, 1150-1156.
    .. [2] Lajeunesse (2015). Ecology 96, 2056-2063.

    Examples
    --------
    >>> log_ratio_of_means(8, 4, 16, 16, 4, 16, correct=False)
    EffectSize(yi=array([-0.69314718]), vi=array([0.01953125]))
    """
    m1, s1, n1, m2, s2, n2 = _means(mean_e, sd_e, n_e, mean_c, sd_c, n_c)
    with np.errstate(divide="ignore"):
        v1, v2 = (s1 / m1) ** 2 / n1, (s2 / m2) ** 2 / n2
    bias = (v1 - v2) / 2 if correct else 0.0
    return estimable(lambda: np.log(m1 / m2) + bias, lambda: v1 + v2)


def _means(
    mean_e: ArrayLike, sd_e: ArrayLike, n_e: ArrayLike, mean_c: ArrayLike, sd_c: ArrayLike, n_c: ArrayLike
) -> list[Array]:
    """Return the six numbers of two arms, checked."""
    arrays = broadcast(mean_e=mean_e, sd_e=sd_e, n_e=n_e, mean_c=mean_c, sd_c=sd_c, n_c=n_c)
    for arm, sd, n in (("e", arrays[1], arrays[2]), ("c", arrays[4], arrays[5])):
        require(sd > 0, f"sd_{arm}", sd, "a standard deviation is above 0")
        require(n > 0, f"n_{arm}", n, "an arm needs patients")
    return arrays


def _pooled_sd(s1: Array, n1: Array, s2: Array, n2: Array) -> Array:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.sqrt(((n1 - 1) * s1**2 + (n2 - 1) * s2**2) / (n1 + n2 - 2))


def _hedges_factor(m: Array) -> Array:
    """Return the exact correction J for m degrees of freedom."""
    lgamma = np.vectorize(math.lgamma, otypes=[np.float64])
    return np.asarray(np.exp(lgamma(m / 2) - lgamma((m - 1) / 2)) / np.sqrt(m / 2), dtype=np.float64)
