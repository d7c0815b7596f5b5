"""Pooled effects of many subsets of the same studies: the kernel of GOSH, numpy and nothing else.

All subsets share their studies, so that every sum over a subset is a product of the table of memberships with a column
of the studies. A likelihood is laid out on one grid of tau2 for all of them in this way, and only where its slope
changes sign is it followed to the maximum, subset by subset.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from msc_meta.effects.arguments import Array
from msc_meta.pooling.tau2 import crossing

METHODS: Final = ("FE", "DL", "PM", "REML")
STEP: Final = 1.12  # ratio of neighbouring points of the grid; between two of them the score is taken to be monotone
FINEST: Final = 1e-3  # of the smallest sampling variance: below, the score is almost a straight line
AT_ONCE: Final = 8  # points of the grid that are laid out together

Fits = tuple[Array, Array, Array, Array]  # estimate, tau2, i2, q, each of shape (n,)


class Subsets:
    """n subsets of k studies, in units of the smallest sampling variance and around the common-effect estimate.

    Attributes
    ----------
    inside : numpy.ndarray, shape (k, n)
        1.0 where a study is in a subset, else 0.0.
    y, v : numpy.ndarray, shape (k, 1)
        Effects and sampling variances of all studies.
    counts : numpy.ndarray, shape (n,)
        Studies per subset, 1 or more.
    """

    def __init__(self, inside: Array, yi: Array, vi: Array) -> None:
        self.unit = float(vi.min())
        self.origin = float((yi / vi).sum() / (1 / vi).sum())
        self.inside = inside
        self.y = ((yi - self.origin) / np.sqrt(self.unit))[:, None]
        self.v = (vi / self.unit)[:, None]
        self.counts = inside.sum(axis=0)

    def take(self, some: np.ndarray[tuple[int], np.dtype[np.intp]]) -> Subsets:
        """Return some of the subsets, by position (one may come twice)."""
        part = object.__new__(Subsets)
        part.unit, part.origin, part.y, part.v = self.unit, self.origin, self.y, self.v
        part.inside, part.counts = self.inside[:, some], self.counts[some]
        return part

    def weights(self, tau2: Array) -> Array:
        """Inverse-variance weights at one tau2 per subset, 0 for a study outside; shape (k, n)."""
        weights: Array = self.inside / (self.v + tau2)
        return weights

    def means(self, weights: Array) -> Array:
        """Weighted means, shape (n,)."""
        mean: Array = (self.y[:, 0] @ weights) / weights.sum(axis=0)
        return mean

    def q(self, tau2: Array) -> Array:
        """Generalised Q statistic at one tau2 per subset, shape (n,)."""
        weights = self.weights(tau2)
        squares = np.subtract(self.y, self.means(weights))
        np.square(squares, out=squares)
        total: Array = np.einsum("kn,kn->n", weights, squares)
        return total

    def score(self, tau2: Array) -> Array:
        """Twice the slope of the restricted log-likelihood at one tau2 per subset, shape (n,)."""
        weights = self.weights(tau2)
        total = weights.sum(axis=0)
        distances = np.subtract(self.y, self.means(weights))
        distances *= weights
        squared = np.einsum("kn,kn->n", weights, weights)
        slope: Array = np.einsum("kn,kn->n", distances, distances) - (total - squared / total)
        return slope

    def log_likelihood(self, tau2: Array) -> Array:
        """Restricted log-likelihood at one tau2 per subset but for a constant, shape (n,)."""
        weights = self.weights(tau2)
        logs = np.einsum("kn,kn->n", self.inside, np.log(self.v + tau2))
        height: Array = -0.5 * (logs + np.log(weights.sum(axis=0)) + self.q(tau2))
        return height

    def slopes(self, grid: Array) -> Array:
        """Return what `score` does for every subset at each point of a grid (m,); shape (m, n).

        Five sums over each subset are enough, and all of them are one product of matrices.
        """
        w = 1 / (self.v[:, 0] + grid[:, None])
        y = self.y[:, 0]
        columns = np.concatenate((w, w * y, w**2, w**2 * y, w**2 * y**2))
        total, first, squared, cross, squares = (columns @ self.inside).reshape(5, grid.size, -1)
        mean = first / total
        slopes: Array = squares - 2 * mean * cross + mean**2 * squared - (total - squared / total)
        return slopes


def fit_subsets(inside: Array, yi: Array, vi: Array, method: str) -> Fits:
    """Return estimate, tau2, I2 (percent) and Cochran's Q of each subset.

    Parameters
    ----------
    inside : numpy.ndarray, shape (k, n)
        1.0 where a study is in a subset, else 0.0; no subset is empty.
    yi, vi : numpy.ndarray, shape (k,)
        Estimates and sampling variances of the studies.
    method : {"FE", "DL", "PM", "REML"}
        Common effect, or the estimator of tau2.

    Returns
    -------
    tuple of numpy.ndarray, each of shape (n,)
        The answers of `pool`; tau2, I2 and Q are nan for a subset of one study.
    """
    subsets = Subsets(inside, yi, vi)
    alone = subsets.counts < 2
    at_zero = subsets.weights(np.zeros(1))
    total = at_zero.sum(axis=0)
    q = subsets.q(np.zeros(1))
    with np.errstate(divide="ignore", invalid="ignore"):
        trace = total - np.einsum("kn,kn->n", at_zero, at_zero) / total
        tau2 = np.where(alone, 0.0, np.maximum(0.0, TAU2[method](subsets, q, trace)))
        df = subsets.counts - 1
        typical = df / trace
        by_q = np.where(q > 0, np.maximum(0.0, (q - df) / q), 0.0)
        share = by_q if method == "FE" else tau2 / (tau2 + typical)
    weights = at_zero if method == "FE" else subsets.weights(tau2)
    estimate = subsets.origin + np.sqrt(subsets.unit) * subsets.means(weights)
    undefined = np.where(alone, np.nan, 1.0)
    return estimate, subsets.unit * tau2 * undefined, 100 * share * undefined, q * undefined


def _common_effect(subsets: Subsets, q: Array, trace: Array) -> Array:
    return np.zeros_like(q)


def _dersimonian_laird(subsets: Subsets, q: Array, trace: Array) -> Array:
    tau2: Array = (q - (subsets.counts - 1)) / trace
    return tau2


def _paule_mandel(subsets: Subsets, q: Array, trace: Array) -> Array:
    """Return where the generalised Q falls to its degrees of freedom: below the variance of the effects."""
    tau2 = np.zeros_like(q)
    df = subsets.counts - 1
    above = np.flatnonzero(q > np.maximum(df, 0.5))
    if above.size:
        some, target = subsets.take(above), df[above]
        mean = (some.y[:, 0] @ some.inside) / some.counts
        variance = np.einsum("kn,kn->n", some.inside, (some.y - mean) ** 2) / target
        tau2[above] = crossing(lambda at: (some.q(at[0]) - target)[None, :], np.zeros(above.size), variance)
    return tau2


def _restricted_maximum_likelihood(subsets: Subsets, q: Array, trace: Array) -> Array:
    """Return the tau2 with the highest restricted likelihood among 0 and every point where the score turns negative."""
    grid = _grid(subsets)
    turn, of, falls_at_zero = _turns(subsets, grid)
    flat = np.flatnonzero(falls_at_zero)
    owner = np.concatenate((flat, of))
    maxima = np.zeros(owner.size)
    if of.size:
        some = subsets.take(of)
        maxima[flat.size :] = crossing(lambda at: some.score(at[0])[None, :], grid[turn], grid[turn + 1])
    best = np.zeros(subsets.counts.size)
    best[owner] = maxima
    rivals = np.flatnonzero(np.bincount(owner, minlength=best.size)[owner] > 1)
    if rivals.size:  # several maxima: the highest one is written last
        height = subsets.take(owner[rivals]).log_likelihood(maxima[rivals])
        ascending = rivals[np.argsort(height, kind="stable")]
        best[owner[ascending]] = maxima[ascending]
    return best


def _grid(subsets: Subsets) -> Array:
    """Return the points at which every subset's score is looked at.

    The variance of the effects of any subset is at most half their squared range; beyond S + sqrt(S V), with S that and
    V the largest sampling variance, every score is negative (`tau2`).
    """
    spread = max(float(np.ptp(subsets.y)) ** 2 / 2, 1e-12)
    bound = spread + np.sqrt(spread * float(subsets.v.max()))
    start = min(FINEST, bound / 2)
    points = 2 + int(np.ceil(np.log(bound / start) / np.log(STEP)))
    return np.concatenate((np.zeros(1), np.geomspace(start, bound * STEP, points)))


def _turns(
    subsets: Subsets, grid: Array
) -> tuple[np.ndarray[tuple[int], np.dtype[np.intp]], np.ndarray[tuple[int], np.dtype[np.intp]], Array]:
    """Return where on the grid which subset's score turns from positive to negative, and whose is negative at 0."""
    before: Array = np.empty(0, dtype=bool)
    falls_at_zero = before
    turns, owners = [], []
    for start in range(0, grid.size, AT_ONCE):
        rising = subsets.slopes(grid[start : start + AT_ONCE]) > 0
        rising[:, subsets.counts < 2] = False
        if start + AT_ONCE >= grid.size:
            rising[-1] = False
        if start == 0:
            falls_at_zero = ~rising[0]
        else:
            rising = np.concatenate((before[None, :], rising))
        turn, of = np.nonzero(rising[:-1] & ~rising[1:])
        turns.append(turn + max(start - 1, 0))
        owners.append(of)
        before = rising[-1]
    return np.concatenate(turns), np.concatenate(owners), falls_at_zero


TAU2: Final[dict[str, Callable[[Subsets, Array, Array], Array]]] = {
    "FE": _common_effect,
    "DL": _dersimonian_laird,
    "PM": _paule_mandel,
    "REML": _restricted_maximum_likelihood,
}
