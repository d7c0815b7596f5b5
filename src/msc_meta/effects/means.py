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
    vtype: Literal["LS", "LS2", "UB", "AV", "RevMan"] = "LS",
    correct: bool = True,
) -> EffectSize:
    """Standardised mean difference, Hedges' g; parameters and errors as in `mean_difference` [1]_.

    Parameters
    ----------
    vtype : {"LS", "LS2", "UB", "AV", "RevMan"}
        Large-sample variance (metafor's default), the same of the uncorrected difference times J squared
        (Borenstein's), Hedges' unbiased one, or the large-sample one with the average g of all k studies, weighted by
        size, in place of each study's own (so that it depends on the other studies). RevMan: Review Manager's, which
        has a correction J of its own too.
    correct : bool
        Whether the exact small-sample correction is applied (g) or not (Cohen's d with the pooled SD).

    Returns
    -------
    EffectSize
        In pooled standard deviations, shape (k,); nan where the two arms together have fewer than 4 patients.

    Notes
    -----
    ``g = J d`` with ``J = G(m/2) / (sqrt(m/2) G((m-1)/2))``, G the gamma function, ``m = n1 + n2 - 2``.
    LS: ``1/n1 + 1/n2 + g**2 / (2 (n1 + n2))``; LS2: ``J**2 (1/n1 + 1/n2 + d**2 / (2 (n1 + n2)))``; UB: ``1/n1 + 1/n2 +
    (1 - (m-2) / (m J**2)) g**2``; AV: LS with the mean of g. Without the correction J is 1 in all. RevMan [2]_, with N
    patients in all: ``J = 1 - 3 / (4 N - 9)`` and ``N / (n1 n2) + g**2 / (2 (N - 3.94))``.

    References
    ----------
    .. [1] Hedges (1981). Journal of Educational Statistics 6, 107-128; Hedges (1982). Psychological Bulletin 92,
       490-499; Borenstein (2009), in The Handbook of Research Synthesis and Meta-Analysis, 2nd ed., chapter 12.
    .. [2] Deeks & Higgins (2010). Statistical algorithms in Review Manager 5. The Cochrane Collaboration.

    Examples
    --------
    >>> standardized_mean_difference(12, 4, 10, 10, 4, 10).yi.round(4).tolist()
    [0.4789]
    """
    one_of("vtype", vtype, ("LS", "LS2", "UB", "AV", "RevMan"))
    m1, s1, n1, m2, s2, n2 = _means(mean_e, sd_e, n_e, mean_c, sd_c, n_c)
    m = np.where(n1 + n2 - 2 >= 2, n1 + n2 - 2, np.nan)
    hedges = (lambda m: 1 - 3 / (4 * m - 1)) if vtype == "RevMan" else _hedges_factor
    factor = hedges(m) if correct else np.ones_like(m)
    g = factor * (m1 - m2) / _pooled_sd(s1, n1, s2, n2)
    base, twice_n = 1 / n1 + 1 / n2, 2 * (n1 + n2)
    variance = {
        "LS": lambda: base + g**2 / twice_n,
        "LS2": lambda: factor**2 * base + g**2 / twice_n,
        "UB": lambda: base + (1 - (m - 2) / (m * factor**2)) * g**2,
        "AV": lambda: base + _average(g, n1 + n2) ** 2 / twice_n,
        "RevMan": lambda: base + g**2 / (twice_n - 7.88),
    }
    return estimable(lambda: g, variance[vtype])


def standardized_mean_difference_unequal(
    mean_e: ArrayLike,
    sd_e: ArrayLike,
    n_e: ArrayLike,
    mean_c: ArrayLike,
    sd_c: ArrayLike,
    n_c: ArrayLike,
    *,
    vtype: Literal["LS", "LS2"] = "LS",
    correct: bool = True,
) -> EffectSize:
    """Standardised mean difference for arms with unequal SDs; parameters and errors as in `mean_difference` [1]_.

    Parameters
    ----------
    vtype : {"LS", "LS2"}
        Bonett's variance, with n-1 of each arm (metafor's default), or the same with n.
    correct : bool
        Whether the exact small-sample correction of `standardized_mean_difference` is applied.

    Returns
    -------
    EffectSize
        In root mean square standard deviations, shape (k,); nan where an arm has fewer than 2 patients ("LS") or the
        two together fewer than 4.

    Notes
    -----
    ``g = J (m1 - m2) / s`` with ``s**2 = (s1**2 + s2**2) / 2``. LS: ``g**2 (s1**4 / (n1-1) + s2**4 / (n2-1)) / (8 s**4)
    + (s1**2 / (n1-1) + s2**2 / (n2-1)) / s**2``; LS2 has n1 and n2 in place of n1-1 and n2-1.

    References
    ----------
    .. [1] Bonett (2009). Psychological Methods 14, 225-238.

    Examples
    --------
    >>> standardized_mean_difference_unequal(12, 5, 10, 10, 3, 10).yi.round(4).tolist()
    [0.4646]
    """
    one_of("vtype", vtype, ("LS", "LS2"))
    m1, s1, n1, m2, s2, n2 = _means(mean_e, sd_e, n_e, mean_c, sd_c, n_c)
    m = np.where(n1 + n2 - 2 >= 2, n1 + n2 - 2, np.nan)
    square = (s1**2 + s2**2) / 2
    g = (_hedges_factor(m) if correct else np.ones_like(m)) * (m1 - m2) / np.sqrt(square)
    d1, d2 = (n1 - 1, n2 - 1) if vtype == "LS" else (n1, n2)
    return estimable(
        lambda: g,
        lambda: g**2 * (s1**4 / d1 + s2**4 / d2) / (8 * square**2) + (s1**2 / d1 + s2**2 / d2) / square,
    )


def log_ratio_of_means(
    mean_e: ArrayLike,
    sd_e: ArrayLike,
    n_e: ArrayLike,
    mean_c: ArrayLike,
    sd_c: ArrayLike,
    n_c: ArrayLike,
    *,
    vtype: Literal["LS", "HO", "AV"] = "LS",
    correct: bool = True,
) -> EffectSize:
    """Log ratio of means, experimental over control [1]_; parameters and errors as in `mean_difference`.

    Parameters
    ----------
    vtype : {"LS", "HO", "AV"}
        Variance with each arm's own SD (metafor's default), with the pooled one, or with the average coefficients of
        variation of all k studies, weighted by size (so that it depends on the other studies).
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
    where ``cv = sd / mean``. The correction always takes each arm's own SD, as in metafor.

    References
    ----------
    .. [1] Hedges, Gurevitch & Curtis (1999). Ecology 80, 1150-1156.
    .. [2] Lajeunesse (2015). Ecology 96, 2056-2063.

    Examples
    --------
    >>> log_ratio_of_means(8, 4, 16, 16, 4, 16, correct=False)
    EffectSize(yi=array([-0.69314718]), vi=array([0.01953125]))
    """
    one_of("vtype", vtype, ("LS", "HO", "AV"))
    m1, s1, n1, m2, s2, n2 = _means(mean_e, sd_e, n_e, mean_c, sd_c, n_c)
    with np.errstate(divide="ignore"):
        cv1, cv2 = s1 / m1, s2 / m2
    bias = (cv1**2 / n1 - cv2**2 / n2) / 2 if correct else 0.0
    if vtype == "HO":
        pooled = _pooled_sd(s1, n1, s2, n2)
        with np.errstate(divide="ignore"):
            cv1, cv2 = pooled / m1, pooled / m2
    if vtype == "AV":
        cv1, cv2 = _average(cv1, n1), _average(cv2, n2)
    return estimable(lambda: np.log(m1 / m2) + bias, lambda: cv1**2 / n1 + cv2**2 / n2)


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


def _average(values: Array, n: Array) -> Array:
    """Return the mean over the studies that have a value, weighted by patients, for every study."""
    known = ~(np.isnan(values) | np.isnan(n))
    total = n[known].sum()
    return np.full_like(values, (n[known] * values[known]).sum() / total if total else np.nan)


def _hedges_factor(m: Array) -> Array:
    """Return the exact correction J for m degrees of freedom."""
    lgamma = np.vectorize(math.lgamma, otypes=[np.float64])
    return np.asarray(np.exp(lgamma(m / 2) - lgamma((m - 1) / 2)) / np.sqrt(m / 2), dtype=np.float64)
