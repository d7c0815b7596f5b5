"""Between-study variance: its estimators, and its Q-profile interval.

Every iterative estimate is a root of a score that is positive at its left end and negative at a right end for which a
bound is known, so the search always ends, at machine precision. A likelihood can have several maxima: the score is
first laid out on a grid, and every maximum found is compared.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from msc_meta.effects.arguments import Array

Score = Callable[[Array], Array]  # at m values of tau2, shape (m,)


def estimate_tau2(method: str, yi: Array, vi: Array) -> float:
    """Return the between-study variance of k >= 2 studies.

    Parameters
    ----------
    method : str
        A name in ``ESTIMATORS``.
    yi, vi : numpy.ndarray, shape (k,)
        Estimates and sampling variances (above 0).

    Returns
    -------
    float
        tau2, in the squared unit of ``yi``; never negative.

    References
    ----------
    .. [1] Veroniki et al. (2016). Research Synthesis Methods 7, 55-79 (all of the estimators).
    .. [2] Viechtbauer (2005). Journal of Educational and Behavioral Statistics 30, 261-293.

    Examples
    --------
    >>> yi, vi = np.array([0.1, 0.5, -0.4]), np.array([0.04, 0.05, 0.03])
    >>> round(estimate_tau2("DL", yi, vi), 6)
    0.167917
    """
    studies = Studies(yi, vi)
    return studies.unit * max(0.0, float(ESTIMATORS[method](studies)))


def q_profile(yi: Array, vi: Array, level: float = 0.95) -> tuple[float, float]:
    """Return the Q-profile interval of tau2 [1]_ for k >= 2 studies; a bound below 0 is 0 (both, for very small Q).

    References
    ----------
    .. [1] Viechtbauer (2007). Statistics in Medicine 26, 37-52.

    Examples
    --------
    >>> low, high = q_profile(np.array([0.1, 0.5, -0.4]), np.array([0.04, 0.05, 0.03]))
    >>> round(low, 4), round(high, 2)
    (0.0164, 7.99)
    """
    from scipy.special import gammainccinv, gammaincinv

    studies, shape = Studies(yi, vi), (yi.size - 1) / 2
    quantiles = 2 * gammainccinv(shape, (1 - level) / 2), 2 * gammaincinv(shape, (1 - level) / 2)
    low, high = (studies.unit * _where_q_is(float(quantile), studies) for quantile in quantiles)
    return low, high


class Studies:
    """k studies in units of the most precise one: its variance is 1 and its effect 0.

    This costs nothing and keeps every sum below free of cancellation and overflow, however much the variances differ.
    """

    def __init__(self, yi: Array, vi: Array) -> None:
        best = int(np.argmin(vi))
        self.unit = float(vi[best])
        self.y: Array = (yi - yi[best]) / np.sqrt(self.unit)
        self.v: Array = vi / self.unit
        self.k = yi.size
        self.variance = float(np.var(self.y, ddof=1))  # of the effects, ignoring their precision
        self._at_zero = np.zeros(1)

    def weights(self, tau2: Array) -> Array:
        """Inverse-variance weights at m values of tau2, shape (m, k)."""
        weights: Array = 1 / (self.v + tau2[:, None])
        return weights

    def squares(self, weights: Array) -> Array:
        """Squared distances from the weighted mean, shape (m, k)."""
        mean = (weights * self.y).sum(axis=1) / weights.sum(axis=1)
        squares: Array = (self.y - mean[:, None]) ** 2
        return squares

    def q(self, tau2: Array) -> Array:
        """Generalised Q statistic: falls from Cochran's Q at 0 towards 0; shape (m,)."""
        weights = self.weights(tau2)
        q: Array = (weights * self.squares(weights)).sum(axis=1)
        return q

    @property
    def cochran_q(self) -> float:
        """Cochran's Q."""
        return float(self.q(self._at_zero)[0])

    @property
    def trace(self) -> float:
        """sum(w) - sum(w**2) / sum(w): what Q grows by, on average, per unit of tau2."""
        return float(_trace(self.weights(self._at_zero))[0])


def _trace(weights: Array) -> Array:
    """Return sum(w) - sum(w**2) / sum(w), as the sum over pairs, in which nothing cancels."""
    pairs = (np.cumsum(weights, axis=1)[:, :-1] * weights[:, 1:]).sum(axis=1)
    trace: Array = 2 * pairs / weights.sum(axis=1)
    return trace


# ---- closed forms ---------------------------------------------------------------------------------------------------


def _common_effect(studies: Studies) -> float:
    return 0.0


def _dersimonian_laird(studies: Studies) -> float:
    return (studies.cochran_q - (studies.k - 1)) / studies.trace


def _hedges(studies: Studies) -> float:
    return studies.variance - float(studies.v.mean())


def _hunter_schmidt(studies: Studies) -> float:
    return (studies.cochran_q - studies.k) / float((1 / studies.v).sum())


def _sidik_jonkman(studies: Studies) -> float:
    start = studies.variance * (studies.k - 1) / studies.k
    return start * float(studies.q(np.array([start]))[0]) / (studies.k - 1)


# ---- roots ----------------------------------------------------------------------------------------------------------


def _paule_mandel(studies: Studies) -> float:
    return _where_q_is(studies.k - 1, studies)


def _where_q_is(target: float, studies: Studies) -> float:
    """Return the tau2 at which the generalised Q equals ``target``, 0 if it is below that from the start."""
    if studies.cochran_q <= target:
        return 0.0
    bound = studies.variance * (studies.k - 1) / target  # q(tau2) <= sum of squares / (1 + tau2)
    return _crossing(lambda tau2: studies.q(tau2) - target, 0.0, bound)


def _maximum_likelihood(studies: Studies) -> float:
    def score(tau2: Array) -> Array:
        weights = studies.weights(tau2)
        slope: Array = (weights**2 * studies.squares(weights)).sum(axis=1) - weights.sum(axis=1)
        return slope

    def log_likelihood(tau2: Array) -> Array:
        height: Array = 0.5 * (np.log(studies.weights(tau2)).sum(axis=1) - studies.q(tau2))
        return height

    return _highest(score, log_likelihood, studies)


def _restricted_maximum_likelihood(studies: Studies) -> float:
    def score(tau2: Array) -> Array:
        weights = studies.weights(tau2)
        slope: Array = (weights**2 * studies.squares(weights)).sum(axis=1) - _trace(weights)
        return slope

    def log_likelihood(tau2: Array) -> Array:
        weights = studies.weights(tau2)
        height: Array = 0.5 * (np.log(weights).sum(axis=1) - studies.q(tau2) - np.log(weights.sum(axis=1)))
        return height

    return _highest(score, log_likelihood, studies)


def _highest(score: Score, log_likelihood: Score, studies: Studies) -> float:
    """Return the tau2 with the highest likelihood among 0 and every point where the score turns negative.

    With S the variance of the effects and V the largest sampling variance, y'PPy <= (k-1) S / (1 + tau2)**2 and
    trace(P) >= (k-1) / (V + tau2), so that both scores are negative beyond S + sqrt(S V). Below the smallest sampling
    variance (1 here) the score is almost a straight line, so that the grid starts at a thousandth of it.
    """
    bound = studies.variance + np.sqrt(studies.variance * float(studies.v.max()))
    if bound == 0:
        return 0.0
    grid = np.concatenate(([0.0], np.geomspace(min(1e-3, bound / 2), bound, 200)))
    rising = score(grid) > 0
    rising[-1] = False
    turns = np.flatnonzero(rising[:-1] & ~rising[1:])
    maxima = [_crossing(score, float(grid[turn]), float(grid[turn + 1])) for turn in turns]
    candidates = np.array(([] if rising[0] else [0.0]) + maxima)
    return float(candidates[np.argmax(log_likelihood(candidates))])


def _crossing(score: Score, low: float, high: float) -> float:
    """Return where ``score`` falls through zero, given that it is positive at ``low`` and not at ``high``.

    Each pass evaluates 64 points at once and keeps the one step with the sign change, until floats lie no closer.
    """
    while high - low > 4 * np.spacing(high):
        grid = np.linspace(low, high, 66)
        fallen = np.flatnonzero(score(grid[1:-1]) <= 0)
        step = int(fallen[0]) if fallen.size else 64
        low, high = float(grid[step]), float(grid[step + 1])
    return (low + high) / 2


ESTIMATORS: Final[dict[str, Callable[[Studies], float]]] = {
    "REML": _restricted_maximum_likelihood,
    "DL": _dersimonian_laird,
    "PM": _paule_mandel,
    "ML": _maximum_likelihood,
    "EB": _paule_mandel,  # empirical Bayes has the same root where there are no moderators
    "HE": _hedges,
    "HS": _hunter_schmidt,
    "SJ": _sidik_jonkman,
    "FE": _common_effect,
}
