"""Studies whose sampling errors, or whose true effects, are correlated, in the form the estimators of tau2 take."""

from __future__ import annotations

import numpy as np

from msc_meta.effects.arguments import Array
from msc_meta.pooling.studies import Heterogeneous


class CorrelatedStudies(Heterogeneous):
    """One set of k estimates with one mean and the covariance V + tau2 B.

    Contrasts A'y, free of the mean, have the covariance A'VA + tau2 A'BA. Coordinates in which the first is 1 and the
    second diagonal, d, make them independent at every tau2, with variances 1 + tau2 d; where d is 0 (contrasts within
    a study of one true effect) tau2 has no part, and what they add to Q is a constant.

    Attributes
    ----------
    estimable : bool
        Whether any contrast tells of tau2.
    """

    def __init__(self, yi: Array, covariance: Array, alike: Array) -> None:
        self.k = yi.size
        self.df = self.k - 1
        basis = np.linalg.qr(np.ones((self.k, 1)), mode="complete").Q[:, 1:]
        turn = np.linalg.inv(np.linalg.cholesky(basis.T @ covariance @ basis)) @ basis.T
        slopes, vectors = np.linalg.eigh(turn @ alike @ turn.T)
        squares = (vectors.T @ (turn @ (yi - yi[0]))) ** 2
        tell = slopes > 1e-10 * slopes[-1]
        self.estimable = bool(slopes[-1] * float(np.diagonal(covariance).mean()) > 1e-10)
        if not self.estimable:
            tell[:] = False
        self.constant: Array = squares[~tell].sum(keepdims=True)
        self.unit = 1 / slopes[-1:] if self.estimable else np.ones(1)
        self.v = (1 / (slopes[tell] * self.unit))[:, None, None]
        self.squares: Array = squares[tell][:, None, None] * self.v
        self.variance = self.squares.mean(axis=0)[0] if self.estimable else np.zeros(1)
        self.mean_variance = self.v.mean(axis=0)[0] if self.estimable else np.ones(1)

    def q(self, tau2: Array) -> Array:
        """Generalised Q statistic, shape (m, 1)."""
        q: Array = (self.squares / (self.v + tau2)).sum(axis=0) + self.constant
        return q

    def trace(self, tau2: Array) -> Array:
        """Trace of P B, shape (m, 1)."""
        trace: Array = (1 / (self.v + tau2)).sum(axis=0)
        return trace

    def score(self, tau2: Array, restricted: bool) -> Array:
        """Twice the slope of the restricted log-likelihood in tau2, shape (m, 1)."""
        weights = 1 / (self.v + tau2)
        score: Array = (weights**2 * self.squares).sum(axis=0) - weights.sum(axis=0)
        return score

    def log_likelihood(self, tau2: Array, restricted: bool) -> Array:
        """Restricted log-likelihood of tau2 but for a constant, shape (m, 1)."""
        height: Array = -np.log(self.v + tau2).sum(axis=0) - self.q(tau2)
        return height / 2
