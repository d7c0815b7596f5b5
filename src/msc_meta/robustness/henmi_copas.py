"""Henmi and Copas' interval: common-effect weights, which publication bias moves least, with random-effects spread."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from msc_meta.effects.arguments import Array, level_of
from msc_meta.plain_values import plain_value
from msc_meta.pooling.random_effects import checked
from msc_meta.pooling.results import NOWHERE, Interval
from msc_meta.pooling.tau2 import estimate_tau2

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True, kw_only=True)
class HenmiCopas:
    """Estimate with common-effect weights, its standard error given tau2 (DerSimonian-Laird), and interval."""

    k: int
    level: float
    estimate: float = math.nan
    se: float = math.nan
    ci: Interval = NOWHERE
    tau2: float = math.nan

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values, undefined numbers as None."""
        raw = {"estimate": self.estimate, "se": self.se, "ci_low": self.ci.low, "ci_high": self.ci.high}
        raw["tau2"] = self.tau2
        return {"k": self.k, "level": self.level, **{name: plain_value(value) for name, value in raw.items()}}


def henmi_copas(yi: ArrayLike, vi: ArrayLike, level: float = 0.95) -> HenmiCopas:
    """Henmi and Copas' random-effects interval [1]_.

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Estimates on the analysis scale and sampling variances.
    level : float
        Level of the interval.

    Returns
    -------
    HenmiCopas
        Undefined below two studies.

    Raises
    ------
    ArgumentError
        As in `pool`.

    Notes
    -----
    With ``w = 1 / v``, the estimate is ``sum(w y) / sum(w)`` and its variance
    ``(1 + tau2 sum(w**2) / sum(w)) / sum(w)``. The interval rests on the joint distribution of the estimate and the
    DerSimonian-Laird tau2: given the estimate, Cochran's Q is taken as gamma with its first two moments, and the
    estimate is integrated over. Integral and root are found to about 1e-12 here; R's metafor stops at 1e-4, and its
    bounds differ from these by that much, relative to the standard error.

    References
    ----------
    .. [1] Henmi & Copas (2010). Statistics in Medicine 29, 2969-2983.

    Examples
    --------
    >>> found = henmi_copas([0.10, 0.50, -0.40], [0.04, 0.05, 0.03])
    >>> round(found.estimate, 4), round(found.ci.low, 2), round(found.ci.high, 2)
    (-0.0106, -0.86, 0.84)
    """
    y, v = checked(yi, vi)
    fraction = level_of(level)
    if y.size < 2:
        return HenmiCopas(k=y.size, level=fraction)
    unit, origin = float(v.min()), float(y[np.argmin(v)])  # weights near 1, and no digits lost to an offset
    tau2, weights = estimate_tau2("DL", y, v) / unit, unit / v
    estimate = origin + float((weights * (y - origin)).sum() / weights.sum())
    pivot = _Pivot(weights, tau2)
    se = math.sqrt(unit * pivot.variance / pivot.w1)
    reach = pivot.quantile(1 - fraction) * math.sqrt(pivot.variance) * se
    return HenmiCopas(
        k=y.size,
        level=fraction,
        estimate=estimate,
        se=se,
        ci=Interval(estimate - reach, estimate + reach),
        tau2=unit * tau2,
    )


@cache
def _nodes() -> tuple[Array, Array]:
    """Gauss-Legendre nodes and weights on the unit interval."""
    nodes, weights = np.polynomial.legendre.leggauss(120)
    return (nodes + 1) / 2, weights / 2


class _Pivot:
    """Distribution of the pivot for given weights and tau2; names as in the paper."""

    def __init__(self, weights: Array, tau2: float) -> None:
        self.k, self.tau2 = weights.size, tau2
        self.w1 = float(weights.sum())
        self.w2, self.w3, self.w4 = (float((weights**power).sum()) / self.w1 for power in (2, 3, 4))
        self.variance = 1 + tau2 * self.w2
        self.nodes, self.node_weights = _nodes()

    def quantile(self, alpha: float) -> float:
        """Return t, by bisection: the tail falls in t."""
        low, high = 0.0, 2.0
        while self.tail(high) > alpha / 2:
            low, high = high, 2 * high
        while high - low > 4 * np.spacing(high):
            middle = (low + high) / 2
            low, high = (middle, high) if self.tail(middle) > alpha / 2 else (low, middle)
        return (low + high) / 2

    def tail(self, t: float) -> float:
        """Return the probability beyond t on one side: the standardised numerator r integrated from t to infinity."""
        from scipy.special import gammainc

        reach = 40.0 - t if t < 30 else 10.0  # the normal density beyond 39 is below the smallest float
        r = t + reach * self.nodes**2  # many points near t, where the integrand begins
        jacobian = 2 * reach * self.nodes * self.node_weights
        mean, variance = self.moments(r)
        threshold = (self.w1 / self.w2 - 1) * ((r / t) ** 2 - 1) + (self.k - 1) if t > 0 else np.inf
        below = gammainc(mean**2 / variance, np.maximum(threshold, 0) * mean / variance)
        density = np.exp(-(r**2) / 2) / math.sqrt(2 * math.pi)
        return float((below * density * jacobian).sum())

    def moments(self, r: Array) -> tuple[Array, Array]:
        """Mean and variance of Cochran's Q given the standardised numerator r."""
        tau2, (w1, w2, w3, w4) = self.tau2, (self.w1, self.w2, self.w3, self.w4)
        v, square = self.variance, self.variance * r**2  # r of the paper is sqrt(v) times the standardised one
        shift, skew = square / v**2 - 1 / v, w3 - w2**2
        mean: Array = (self.k - 1) + tau2 * (w1 - w2) + tau2**2 * shift * skew
        constant = 2 * (self.k - 1) + 4 * tau2 * (w1 - w2) + 2 * tau2**2 * (w1 * w2 - 2 * w3 + w2**2)
        variance: Array = constant + 4 * tau2**2 * shift * skew + 4 * tau2**3 * shift * (w4 - 2 * w2 * w3 + w2**3)
        variance += 2 * tau2**4 * (1 / v**2 - 2 * square / v**3) * skew**2
        return mean, variance
