"""Kendall's rank correlation with its exact distribution."""

from __future__ import annotations

import numpy as np

from msc_meta.effects.arguments import Array
from msc_meta.robustness.asymmetry import RankTest


def kendall(x: Array, y: Array) -> RankTest:
    """Return Kendall's tau-b of k >= 2 pairs with its two-sided p-value [1]_.

    Parameters
    ----------
    x, y : numpy.ndarray, shape (k,)
        Any scale; only their order counts.

    Returns
    -------
    RankTest
        nan where all of ``x`` or all of ``y`` are tied.

    References
    ----------
    .. [1] Kendall (1970). Rank Correlation Methods, 4th ed.

    Examples
    --------
    >>> round(kendall(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 3.0, 2.0, 4.0])).p_value, 4)
    0.3333
    """
    k = x.size
    s = float(np.triu(np.sign(x[:, None] - x) * np.sign(y[:, None] - y)).sum())
    pairs, (ties_x, ties_y) = k * (k - 1) / 2, (_ties(x), _ties(y))
    untied_x, untied_y = pairs - _sum(ties_x, 1), pairs - _sum(ties_y, 1)
    if untied_x == 0 or untied_y == 0:
        return RankTest(k=k)
    # variance of s over all permutations, given the ties
    variance = (k * (k - 1) * (2 * k + 5) - _sum(ties_x, 5) - _sum(ties_y, 5)) / 18
    variance += 2 * _sum(ties_x, 1) * _sum(ties_y, 1) / (k * (k - 1))
    if k > 2:
        variance += _sum(ties_x, 2) * _sum(ties_y, 2) / (9 * k * (k - 1) * (k - 2))
    z = s / float(np.sqrt(variance))
    exact = ties_x.size == ties_y.size == k
    return RankTest(
        k=k,
        tau=s / float(np.sqrt(untied_x * untied_y)),
        s=s,
        z=z,
        p_value=_exact_p(s, k) if exact else _normal_p(z),
        exact=exact,
    )


def _ties(values: Array) -> Array:
    """Return how often each value occurs."""
    counts: Array = np.unique(values, return_counts=True)[1].astype(np.float64)
    return counts


def _sum(t: Array, kind: int) -> float:
    """Return the sums over groups of t tied values: pairs (1), t(t-1)(t-2) (2), t(t-1)(2t+5) (5)."""
    factor: Array = {1: np.full(t.size, 0.5), 2: t - 2, 5: 2 * t + 5}[kind]
    return float((t * (t - 1) * factor).sum())


def _exact_p(s: float, k: int) -> float:
    """Return the two-sided p-value of s, counting the inversions of all permutations.

    A permutation of m values has one of m values last, which makes 0 to m - 1 inversions, each equally probable.
    """
    probability = np.ones(1)
    for m in range(2, k + 1):
        probability = np.convolve(probability, np.full(m, 1 / m))
    concordant = round((k * (k - 1) / 2 + s) / 2)
    lower, upper = probability[: concordant + 1].sum(), probability[concordant:].sum()
    return min(1.0, 2 * float(min(lower, upper)))


def _normal_p(z: float) -> float:
    from scipy.special import ndtr

    return 2 * float(ndtr(-abs(z)))
