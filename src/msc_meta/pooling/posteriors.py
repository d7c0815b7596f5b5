"""Posterior distributions in one dimension: mixtures of normals over tau, and tau itself, by quadrature.

An integral over tau is a sum over the nodes of Gauss-Legendre panels; the panels narrow towards 0 and towards
infinity, so that no posterior of tau falls between them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final, Protocol, final

import numpy as np

from msc_meta.effects.arguments import Array
from msc_meta.pooling.results import Interval

ORDER: Final = 16  # nodes per panel
# Edges of the panels in u, where tau = scale * u / (1 - u)
EDGES: Final[Array] = np.concatenate(
    (
        [0.0],
        10 ** np.arange(-10.2, -1.25, 0.35),
        np.arange(0.08, 0.93, 0.035),
        1 - 10 ** np.arange(-1.2, -6.1, -0.35),
        [1.0],
    )
)


@cache
def _rule() -> tuple[Array, Array]:
    nodes, weights = np.polynomial.legendre.leggauss(ORDER)
    return nodes, weights


def panels(edges: Array) -> tuple[Array, Array]:
    """Return nodes and weights of Gauss-Legendre quadrature on consecutive panels, each of shape (panels, ORDER)."""
    nodes, weights = _rule()
    half = np.diff(edges)[:, None] / 2
    return edges[:-1, None] + half * (1 + nodes), half * weights


class Distribution(Protocol):
    """What an interval and a probability need."""

    def cdf(self, x: float) -> float:
        """Return the probability of a value up to x."""

    def density(self, x: float) -> float:
        """Return the density at x."""

    def slope(self, x: float) -> float:
        """Return the derivative of the density at x."""

    def quantile(self, p: float) -> float:
        """Return the value below which lies probability p."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Mixture:
    """A mixture of normal distributions; each array of shape (m,), the weights add to 1."""

    weights: Array
    means: Array
    sds: Array

    @property
    def mean(self) -> float:
        """Mean of the mixture."""
        return float(self.weights @ self.means)

    @property
    def sd(self) -> float:
        """Standard deviation of the mixture."""
        return math.sqrt(float(self.weights @ (self.sds**2 + (self.means - self.mean) ** 2)))

    def cdf(self, x: float) -> float:
        """Return the probability of a value up to x."""
        from scipy.special import ndtr

        return float(self.weights @ ndtr((x - self.means) / self.sds))

    def density(self, x: float) -> float:
        """Return the density at x."""
        z = (x - self.means) / self.sds
        return float(self.weights @ (np.exp(-(z**2) / 2) / self.sds)) / math.sqrt(2 * math.pi)

    def slope(self, x: float) -> float:
        """Return the derivative of the density at x."""
        z = (x - self.means) / self.sds
        return -float(self.weights @ (z * np.exp(-(z**2) / 2) / self.sds**2)) / math.sqrt(2 * math.pi)

    def quantile(self, p: float) -> float:
        """Return the value below which lies probability p: Newton's steps inside a bracket that closes."""
        from scipy.special import ndtri

        low, high, reach = -math.inf, math.inf, self.sd
        at = self.mean + reach * float(ndtri(p))
        for _ in range(300):
            excess = self.cdf(at) - p
            low, high = (low, at) if excess > 0 else (at, high)
            slope = self.density(at)
            step = excess / slope if slope > 0 else math.inf
            if abs(step) <= 1e-13 * reach or high - low <= 1e-14 * reach:
                break
            new = at - step
            if not low < new < high or abs(step) > 2 * reach:
                new = at - math.copysign(reach, excess) if math.isinf(high - low) else (low + high) / 2
            at = new
        return at


@final
class TauPosterior:
    """The posterior of tau, from its unnormalised density.

    Parameters
    ----------
    log_density : callable
        Logarithm of the density but for a constant, at an array of tau.
    scale : float
        About where tau lies; it sets where the panels are densest.
    """

    def __init__(self, log_density: Callable[[Array], Array], scale: float) -> None:
        self._log_density = log_density
        u, du = panels(EDGES)
        self._edges = np.concatenate((scale * EDGES[:-1] / (1 - EDGES[:-1]), [np.inf]))
        tau = scale * u / (1 - u)
        with np.errstate(over="ignore"):
            heights = log_density(tau.ravel()).reshape(tau.shape)
        self._top = float(heights[np.isfinite(heights)].max())
        masses = np.exp(heights - self._top) * du * scale / (1 - u) ** 2
        masses[~np.isfinite(masses)] = 0.0
        self._total = float(masses.sum())
        self._before = np.concatenate(([0.0], np.cumsum(masses.sum(axis=1)))) / self._total
        self.nodes = tau.ravel()
        self.weights = masses.ravel() / self._total

    @property
    def log_integral(self) -> float:
        """Logarithm of the integral of the density that was given."""
        return self._top + math.log(self._total)

    @property
    def mean(self) -> float:
        """Mean of tau, where it has one."""
        return float(self.weights @ self.nodes)

    @property
    def sd(self) -> float:
        """Standard deviation of tau, where it has one."""
        return math.sqrt(float(self.weights @ (self.nodes - self.mean) ** 2))

    def density(self, x: float) -> float:
        """Return the density at x."""
        return float(np.exp(self._log_density(np.array([x]))[0] - self._top)) / self._total

    def slope(self, x: float) -> float:
        """Return the derivative of the density at x > 0, by a difference."""
        step = 1e-5 * x
        return (self.density(x + step) - self.density(x - step)) / (2 * step)

    def cdf(self, x: float) -> float:
        """Return the probability of a value up to x."""
        if x <= 0:
            return 0.0
        at = min(int(np.searchsorted(self._edges, x, side="right")) - 1, self._edges.size - 2)
        nodes, weights = panels(np.array([self._edges[at], x]))
        part = np.exp(self._log_density(nodes[0]) - self._top) @ weights[0] / self._total
        return min(1.0, float(self._before[at] + part))

    def quantile(self, p: float) -> float:
        """Return the value below which lies probability p."""
        from scipy.optimize import brentq

        at = min(int(np.searchsorted(self._before, p)) - 1, self._edges.size - 3)
        if at < 0:
            return 0.0
        low, high = float(self._edges[at]), float(self._edges[at + 1])
        while self.cdf(high) < p:
            high *= 2
        return float(brentq(lambda x: self.cdf(x) - p, low, high, xtol=1e-300, rtol=1e-13))


def central(distribution: Distribution, level: float) -> Interval:
    """Return the interval with equal probability on both sides."""
    tail = (1 - level) / 2
    return Interval(distribution.quantile(tail), distribution.quantile(1 - tail))


def shortest(distribution: Distribution, level: float, floor: float = -math.inf) -> Interval:
    """Return the shortest interval of a distribution with one mode: the density is the same at both ends.

    Parameters
    ----------
    floor : float
        No value is below; where the density there is higher than at the other end, the interval begins there.
    """
    if math.isfinite(floor):
        end = distribution.quantile(level)
        if distribution.density(floor) >= distribution.density(end):
            return Interval(floor, end)
    return _by_newton(distribution, level, floor) or _by_bisection(distribution, level, floor)


def _by_newton(distribution: Distribution, level: float, floor: float) -> Interval | None:
    """Solve for both ends at once, from the central interval; None where that leads nowhere."""
    low, high = central(distribution, level)
    widest = 100 * (high - low)
    for _ in range(50):
        at_low, at_high = distribution.density(low), distribution.density(high)
        missing = distribution.cdf(high) - distribution.cdf(low) - level
        rise_low, rise_high = distribution.slope(low), distribution.slope(high)
        determinant = at_low * rise_high - at_high * rise_low
        if determinant == 0:
            return None
        gap = at_low - at_high
        step_low = (missing * rise_high + gap * at_high) / determinant
        step_high = (missing * rise_low + gap * at_low) / determinant
        step = max(abs(step_low), abs(step_high))
        low, high = low + step_low, high + step_high
        if not floor <= low < high < low + widest or rise_low <= 0 or rise_high >= 0:
            return None
        if step <= 1e-11 * (high - low):
            return Interval(low, high)
    return None


def _by_bisection(distribution: Distribution, level: float, floor: float) -> Interval:
    """Search the lower end; the upper one follows from the level."""
    from scipy.optimize import brentq

    def end(low: float) -> float:
        return distribution.quantile(min(distribution.cdf(low) + level, 1 - 1e-15))

    def excess(low: float) -> float:
        return distribution.density(low) - distribution.density(end(low))

    tail = 1 - level
    right = distribution.quantile(tail * (1 - 1e-6))
    left = floor if math.isfinite(floor) else distribution.quantile(tail * 1e-6)
    if excess(left) >= 0 or excess(right) <= 0:
        return Interval(left, end(left))
    low = float(brentq(excess, left, right, xtol=1e-12 * (right - left) + 1e-300, rtol=1e-12))
    return Interval(low, end(low))
