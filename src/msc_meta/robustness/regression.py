"""One straight line through the effects of the studies: the regression behind the tests for small-study effects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from msc_meta.effects.arguments import Array
from msc_meta.pooling.tau2 import estimate_tau2


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line through k studies: ``intercept + slope * x``; ``tau2`` is nan where the spread is multiplicative."""

    intercept: float
    intercept_se: float
    slope: float
    slope_se: float
    tau2: float


def multiplicative(y: Array, x: Array, v: Array) -> Line:
    """Fit by least squares with weights 1 / v, standard errors times the root of the residual mean square.

    Parameters
    ----------
    y, x, v : numpy.ndarray, shape (k,)
        Effects, predictor (not constant) and variances of k >= 3 studies.

    Examples
    --------
    >>> line = multiplicative(np.array([0.1, 0.5, 0.4]), np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.0, 1.0]))
    >>> round(line.slope, 3), round(line.slope_se, 3)
    (0.15, 0.144)
    """
    return _line(y, x, 1 / v, np.nan, multiply=True)


def additive(y: Array, x: Array, v: Array, method: str) -> Line:
    """Fit a mixed-effects meta-regression with tau2 by ``method`` [1]_; parameters as in `multiplicative`.

    References
    ----------
    .. [1] Thompson & Sharp (1999). Statistics in Medicine 18, 2693-2708.

    Examples
    --------
    >>> y, x, v = np.array([0.1, 0.9, 0.2, 0.8]), np.array([1.0, 2.0, 3.0, 4.0]), np.full(4, 0.01)
    >>> round(additive(y, x, v, "REML").tau2, 4)
    0.191
    """
    # centred and scaled, so that the two columns are nearly orthogonal whatever the unit of the predictor
    design = np.column_stack((np.ones(y.size), (x - x.mean()) / np.ptp(x)))
    tau2 = estimate_tau2(method, y - y[np.argmin(v)], v, design)
    return _line(y, x, 1 / (v + tau2), tau2, multiply=False)


def varies(x: Array) -> bool:
    """Whether a predictor differs between studies by more than rounding.

    Examples
    --------
    >>> varies(np.array([0.1 + 0.2, 0.3]))
    False
    """
    return x.size > 1 and bool(np.ptp(x) > 1e-12 * np.abs(x).max())


def _line(y: Array, x: Array, w: Array, tau2: float, *, multiply: bool) -> Line:
    """Fit by sums of weighted deviations from weighted means, in which no common offset costs digits."""
    total = float(w.sum())
    middle_x, middle_y = x[0] + float((w * (x - x[0])).sum()) / total, y[0] + float((w * (y - y[0])).sum()) / total
    dx, dy = x - middle_x, y - middle_y
    spread = float((w * dx**2).sum())
    slope = float((w * dx * dy).sum()) / spread
    scale = float((w * (dy - slope * dx) ** 2).sum()) / (y.size - 2) if multiply else 1.0
    return Line(
        intercept=float(middle_y - slope * middle_x),
        intercept_se=float(np.sqrt(scale * (1 / total + middle_x**2 / spread))),
        slope=slope,
        slope_se=float(np.sqrt(scale / spread)),
        tau2=tau2,
    )
