"""Studies whose effects differ by sampling error and by a common variance tau2, as the estimators of tau2 see them.

Two views of one model. `Studies` have one mean, and their sums are written out. `RegressedStudies` have moderators:
contrasts that the moderators can not explain are turned so that they are independent at every tau2, after which
each likelihood is a plain sum. Both work in units of the most precise study: its variance is 1. This costs nothing and
keeps every sum free of cancellation and overflow, however much the variances differ.
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Self

import numpy as np

from msc_meta.effects.arguments import Array

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Heterogeneous(ABC):
    """n sets of k studies each; tau2 comes as m values per set, shape (m, n), in units of ``unit``.

    Attributes
    ----------
    unit : numpy.ndarray, shape (n,)
        Smallest sampling variance of each set.
    y, v : numpy.ndarray, shape (k, 1, n)
        Effects and sampling variances in units of it.
    variance, mean_variance : numpy.ndarray, shape (n,)
        Unweighted residual variance of the effects, and what sampling error alone would make of it on average.
    k, df, n : int
        Studies, degrees of freedom k - p, sets.
    """

    unit: Array
    y: Array
    v: Array
    variance: Array
    mean_variance: Array
    k: int
    df: int

    @property
    def n(self) -> int:
        """Number of sets."""
        return self.unit.size

    @property
    def largest_variance(self) -> Array:
        """Largest sampling variance of each set, shape (n,)."""
        largest: Array = self.v.max(axis=0)[0]
        return largest

    @property
    def cochran_q(self) -> Array:
        """Cochran's Q, shape (n,)."""
        q: Array = self.q(np.zeros((1, self.n)))[0]
        return q

    @property
    def trace_at_zero(self) -> Array:
        """What Q grows by, on average, per unit of tau2; shape (n,)."""
        trace: Array = self.trace(np.zeros((1, self.n)))[0]
        return trace

    def take(self, sets: NDArray[np.intp]) -> Self:
        """Return some of the sets, by position (a set may come twice)."""
        some = copy.copy(self)
        for name, value in vars(self).items():
            if isinstance(value, np.ndarray):
                setattr(some, name, value[..., sets])
        return some

    @abstractmethod
    def q(self, tau2: Array) -> Array:
        """Generalised Q statistic y'Py: falls from Cochran's Q at 0 towards 0; shape (m, n)."""

    @abstractmethod
    def trace(self, tau2: Array) -> Array:
        """Trace of P, shape (m, n)."""

    @abstractmethod
    def score(self, tau2: Array, restricted: bool) -> Array:
        """Twice the slope of the log-likelihood in tau2, shape (m, n)."""

    @abstractmethod
    def log_likelihood(self, tau2: Array, restricted: bool) -> Array:
        """Log-likelihood of tau2 over the best mean, but for a constant; shape (m, n)."""


class Studies(Heterogeneous):
    """n sets of k >= 2 studies with one mean, from arrays of shape (k,) or (n, k)."""

    def __init__(self, yi: Array, vi: Array) -> None:
        y, v = np.array(np.atleast_2d(yi).T), np.array(np.atleast_2d(vi).T)
        sets = np.arange(y.shape[1])
        best = np.argmin(v, axis=0)
        for array in (y, v):  # the most precise study first: the trace below is written around it
            first = array[0].copy()
            array[0] = array[best, sets]
            array[best, sets] = np.where(best == 0, array[0], first)
        self.unit = v[0].copy()
        self.origin = y[0].copy()
        self.y = ((y - self.origin) / np.sqrt(self.unit))[:, None, :]
        self.v = (v / self.unit)[:, None, :]
        self.k = y.shape[0]
        self.df = self.k - 1
        self.variance = np.var(self.y, axis=0, ddof=1)[0]
        self.mean_variance = self.v.mean(axis=0)[0]

    def weights(self, tau2: Array) -> Array:
        """Inverse-variance weights, shape (k, m, n)."""
        weights = self.v + tau2
        np.reciprocal(weights, out=weights)
        return weights

    def distances(self, weights: Array) -> Array:
        """Distances of the effects from their weighted mean, shape (k, m, n)."""
        distances: Array = self.y - np.einsum("k...,k...->...", weights, self.y) / weights.sum(axis=0)
        return distances

    def q(self, tau2: Array) -> Array:
        """Generalised Q statistic, shape (m, n)."""
        weights = self.weights(tau2)
        distances = self.distances(weights)
        q: Array = np.einsum("k...,k...,k...->...", weights, distances, distances)
        return q

    def trace(self, tau2: Array) -> Array:
        """Trace of P, shape (m, n)."""
        return _trace(self.weights(tau2))

    def score(self, tau2: Array, restricted: bool) -> Array:
        """Twice the slope of the log-likelihood in tau2, shape (m, n)."""
        weights = self.weights(tau2)
        weighted = self.distances(weights)
        weighted *= weights
        expected = _trace(weights) if restricted else weights.sum(axis=0)
        score: Array = np.einsum("k...,k...->...", weighted, weighted) - expected
        return score

    def log_likelihood(self, tau2: Array, restricted: bool) -> Array:
        """Log-likelihood of tau2 over the best mean, but for a constant, shape (m, n)."""
        weights = self.weights(tau2)
        height: Array = np.log(weights).sum(axis=0) - self.q(tau2)
        if restricted:
            height -= np.log(weights.sum(axis=0))
        return height / 2


def _trace(weights: Array) -> Array:
    """Return sum(w) - sum(w**2) / sum(w), as a sum over pairs: first the pairs with w[0], the largest weight.

    The squares of the others are subtracted from their square sum, which is no larger than the pairs with w[0] by far.
    """
    others = weights[1:]
    rest = others.sum(axis=0)
    pairs = rest * (2 * weights[0] + rest) - np.einsum("k...,k...->...", others, others)
    trace: Array = pairs / (weights[0] + rest)
    return trace


class RegressedStudies(Heterogeneous):
    """n sets of k studies, shape (k,) or (n, k), with one model matrix of full rank, shape (k, p), p < k.

    With A an orthonormal basis of what the model can not explain (A'X = 0), A'y has the variance A'VA + tau2 I. The
    singular values of sqrt(V) A are the roots of the eigenvalues of A'VA, with twice the digits; turned by their
    vectors, the contrasts z are independent with variances lambda + tau2 whatever tau2 is, so that y'Py is
    ``sum(z**2 / (lambda + tau2))`` and the trace of P is ``sum(1 / (lambda + tau2))`` [1]_.

    References
    ----------
    .. [1] Patterson & Thompson (1971). Biometrika 58, 545-554 (contrasts); Kang et al. (2008). Genetics 178, 1709-1723
       (their diagonal form).
    """

    def __init__(self, yi: Array, vi: Array, design: Array) -> None:
        y, v = np.atleast_2d(yi), np.atleast_2d(vi)
        self.k, p = design.shape
        self.df = self.k - p
        self.unit = v.min(axis=1)
        self.y = (y / np.sqrt(self.unit)[:, None]).T[:, None, :]
        self.v = (v / self.unit[:, None]).T[:, None, :]
        basis = np.linalg.qr(design, mode="complete").Q[:, p:]
        roots, turns = np.linalg.svd(np.sqrt(self.v[:, 0, :].T)[:, :, None] * basis, full_matrices=False)[1:]
        contrasts = np.einsum("nij,jn->in", turns, basis.T @ self.y[:, 0, :])
        self.eigenvalues: Array = (roots.T**2)[:, None, :]
        self.squares: Array = (contrasts**2)[:, None, :]
        self.variance = self.squares.mean(axis=0)[0]
        self.mean_variance = self.eigenvalues.mean(axis=0)[0]

    def q(self, tau2: Array) -> Array:
        """Generalised Q statistic, shape (m, n)."""
        q: Array = (self.squares / (self.eigenvalues + tau2)).sum(axis=0)
        return q

    def trace(self, tau2: Array) -> Array:
        """Trace of P, shape (m, n)."""
        trace: Array = (1 / (self.eigenvalues + tau2)).sum(axis=0)
        return trace

    def score(self, tau2: Array, restricted: bool) -> Array:
        """Twice the slope of the log-likelihood in tau2, shape (m, n)."""
        weights = 1 / (self.eigenvalues + tau2)
        expected = weights.sum(axis=0) if restricted else (1 / (self.v + tau2)).sum(axis=0)
        score: Array = (weights**2 * self.squares).sum(axis=0) - expected
        return score

    def log_likelihood(self, tau2: Array, restricted: bool) -> Array:
        """Log-likelihood of tau2 over the best mean, but for a constant, shape (m, n)."""
        variances = self.eigenvalues if restricted else self.v
        height: Array = -np.log(variances + tau2).sum(axis=0) - self.q(tau2)
        return height / 2
