"""The maximum of a smooth log-likelihood of a few parameters, with its curvature: a Newton that can not run away.

Derivatives are differences, and all points that one step needs are evaluated in one call: a likelihood takes many
parameter vectors at once, shape (m, p), and answers with shape (m,). A standard deviation is a parameter without
bounds: a likelihood is the same at -tau, so that tau = 0 is an ordinary stationary point.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

import numpy as np

from msc_meta.effects.arguments import Array

LogLikelihood = Callable[[Array], Array]
STEP: Final = 4e-3  # of the differences; parameters are logits and standard deviations of logits
FRACTIONS: Final[Array] = np.array([0.5, 0.25, 0.1, 0.03, 0.01, 1e-3, 1e-4])  # where a whole step leads down
LONGEST: Final = 2.0  # no coordinate moves further in one step
PASSES: Final = 60


@dataclass(frozen=True, slots=True)
class Maximum:
    """Where a log-likelihood is highest: parameters (p,), its value, and its second derivatives there (p, p)."""

    point: Array
    value: float
    hessian: Array

    def covariance(self, free: Sequence[int]) -> Array:
        """Return the covariance of the parameters in ``free``, in that order; nan where the curvature gives none."""
        information = -self.hessian[np.ix_(free, free)]
        if not np.isfinite(information).all() or np.linalg.eigvalsh(information)[0] <= 0:
            return np.full_like(information, np.nan)
        inverse: Array = np.linalg.inv(information).astype(np.float64)
        return inverse


def without_spread(log_likelihood: LogLikelihood, found: Maximum, sd: int) -> bool:
    """Whether a standard deviation of 0 explains the data as well as the one that was found."""
    at_zero = found.point.copy()
    at_zero[sd] = 0.0
    return float(log_likelihood(at_zero[None])[0]) > found.value - 1e-9


def maximum(log_likelihood: LogLikelihood, starts: Array) -> Maximum:
    """Return the highest of the maxima that Newton's method reaches from each of ``starts``, shape (s, p)."""
    found = max((_climb(log_likelihood, start) for start in starts), key=lambda found: found.value)
    return replace(found, hessian=_curvature(log_likelihood, found))


def _climb(log_likelihood: LogLikelihood, start: Array) -> Maximum:
    """Go uphill: along Newton's direction, with curvature of the wrong sign turned, to the best of a few lengths."""
    point: Array = start
    steps: Array = np.full(start.size, STEP)
    for _ in range(PASSES):
        value, slope, hessian = _derivatives(log_likelihood, point, steps)
        # where a parameter is known closely, a tenth of its standard error
        steps = np.minimum(STEP, 0.1 / np.sqrt(np.maximum(np.abs(np.diag(hessian)), 1.0)))
        step = _uphill(slope, hessian)
        there = float(log_likelihood((point + step)[None])[0])
        if float(np.abs(step).max()) < 1e-6 and there > value - 1e-9:
            return Maximum(point + step, there, hessian)
        if there > value:
            point = point + step
            continue
        tried = point + FRACTIONS[:, None] * step
        heights = log_likelihood(tried)
        best = int(np.argmax(heights))
        if heights[best] <= value:
            break
        point = tried[best]
    value, _, hessian = _derivatives(log_likelihood, point, steps)
    return Maximum(point, value, hessian)


def _uphill(slope: Array, hessian: Array) -> Array:
    values, vectors = np.linalg.eigh(hessian)
    turned = np.maximum(np.abs(values), 1e-8)
    step: Array = vectors @ ((vectors.T @ slope) / turned)
    return step / max(1.0, float(np.abs(step).max()) / LONGEST)


def _curvature(log_likelihood: LogLikelihood, found: Maximum) -> Array:
    """Return the second derivatives at a maximum, the mixed ones too of fourth order: standard errors rest on them."""
    steps = np.minimum(STEP, 0.1 / np.sqrt(np.maximum(np.abs(np.diag(found.hessian)), 1.0)))
    near, far = (_derivatives(log_likelihood, found.point, times * steps)[2] for times in (1, 2))
    mixed = (4 * near - far) / 3
    np.fill_diagonal(mixed, np.diag(near))
    return mixed


def _derivatives(log_likelihood: LogLikelihood, point: Array, steps: Array) -> tuple[float, Array, Array]:
    """Return value, slope and second derivatives: fourth-order differences, the mixed ones of second order."""
    p = point.size
    heights = log_likelihood(point + steps * _stencil(p))
    middle, axes, corners = heights[0], heights[1 : 1 + 4 * p].reshape(p, 4), heights[1 + 4 * p :].reshape(-1, 4)
    far_low, low, high, far_high = axes.T
    slope = (far_low - 8 * low + 8 * high - far_high) / (12 * steps)
    hessian = np.diag((-far_low + 16 * low - 30 * middle + 16 * high - far_high) / (12 * steps**2))
    rows, columns = np.triu_indices(p, 1)
    mixed = (corners @ np.array([1.0, -1.0, -1.0, 1.0])) / (4 * steps[rows] * steps[columns])
    hessian[rows, columns] = hessian[columns, rows] = mixed
    return float(middle), slope, hessian


@cache
def _stencil(p: int) -> Array:
    """Return the points of the differences in units of the step: the middle, four on each axis, four per pair."""
    unit = np.eye(p)
    points = [np.zeros(p)]
    points += [distance * unit[i] for i in range(p) for distance in (-2, -1, 1, 2)]
    for i, j in zip(*np.triu_indices(p, 1), strict=True):
        points += [s * unit[i] + t * unit[j] for s, t in ((1, 1), (1, -1), (-1, 1), (-1, -1))]
    return np.array(points)
