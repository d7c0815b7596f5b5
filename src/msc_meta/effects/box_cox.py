"""Mean and SD from quantiles of values that a Box-Cox power makes normal: McGrath's BC and Cai's MLN.

The published programs draw random numbers for the way back to the original scale; here it is an integral.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from msc_meta.effects.arguments import Array
from msc_meta.effects.normal_quantiles import luo_mean, wan_sd
from msc_meta.effects.quantiles import Fitted, Quantiles
from msc_meta.errors import ArgumentError

if TYPE_CHECKING:
    from numpy.random import Generator

ASSUMPTION = "values that are normal after a power transformation"
LOG = 1e-8  # powers below are the logarithm
NODES = 400
FAR = 12.0  # standard deviations beyond which a normal density counts for nothing


def box_cox(x: Quantiles) -> Fitted:
    """Return mean and SD by McGrath 2020 (BC); all values above 0.

    Notes
    -----
    The power, 0 to 3, is the one for which the transformed quantiles lie symmetrically about their median: the least
    sum of ``((upper - median) / (median - lower) - 1)**2`` over the pairs. Mean (Luo) and SD (Wan) of the transformed
    values are taken back by the expectation over the normal distribution, cut where the transformation ends and as far
    on the other side.

    References
    ----------
    .. [1] McGrath, Zhao, Steele et al. (2020). Statistical Methods in Medical Research 29, 2520-2537.
    """

    def asymmetry(power: float) -> float:
        y = transformed(x, power)
        pairs = [pair for pair in (y.quartiles, y.ends) if pair]
        if any(pair.low == y.median for pair in pairs):
            return math.inf
        return sum(((pair.high - y.median) / (y.median - pair.low) - 1) ** 2 for pair in pairs)

    power = _minimum(asymmetry, 3.0)
    y = transformed(x, power)
    return _back(luo_mean(y), wan_sd(y), power, "mean and SD by McGrath 2020 (Box-Cox)")


def maximum_likelihood(x: Quantiles) -> Fitted:
    """Return mean and SD by Cai 2021 (MLN); all values above 0.

    Notes
    -----
    The likelihood is that of order statistics of a normal sample, at ranks 1, ``floor(n/4) + 1``, ``floor(n/2) + 1``,
    ``floor(3n/4) + 1`` and n. The power, 0 to 10, maximises it with mean (Luo) and SD (Wan) of the transformed values;
    then mean and SD maximise it given the power. As in the authors' program the first step leaves out the derivative of
    the transformation, so that the power depends on the unit of the values, and stops at a precision of 0.001.

    References
    ----------
    .. [1] Cai, Zhou & Pan (2021). Statistical Methods in Medical Research 30, 2701-2719.
    """
    from scipy.optimize import minimize, minimize_scalar

    def of_power(power: float) -> float:
        y = transformed(x, power)
        return -_log_likelihood(y, luo_mean(y), wan_sd(y))

    power = float(minimize_scalar(of_power, bounds=(0, 10), method="bounded", options={"xatol": 0.001}).x)
    y = transformed(x, power)
    mean, sd = luo_mean(y), wan_sd(y)
    best = minimize(
        lambda at: -_log_likelihood(y, mean + sd * at[0], sd * math.exp(at[1])),
        (0.0, 0.0),
        method="Nelder-Mead",
        options={"xatol": 1e-9, "fatol": 1e-12},
    ).x
    words = "mean and SD by Cai 2021 (maximum likelihood)"
    return _back(mean + sd * float(best[0]), sd * math.exp(best[1]), power, words)


def transformed(x: Quantiles, power: float) -> Quantiles:
    """Return the quantiles of the Box-Cox transformed values: ``(value**power - 1) / power``, the log for 0."""
    if abs(power) < LOG:
        return x.logs
    return x.with_values(tuple(math.expm1(power * math.log(value)) / power for value in x.values))


def _minimum(loss: Callable[[float], float], upper: float) -> float:
    """Return where the loss is least between 0 and ``upper``: the best cell of a grid, then inside it."""
    from scipy.optimize import minimize_scalar

    grid = np.linspace(0, upper, 61)
    values = [loss(float(power)) for power in grid]
    at = int(np.argmin(values))
    around = (float(grid[max(at - 1, 0)]), float(grid[min(at + 1, grid.size - 1)]))
    found = minimize_scalar(loss, bounds=around, method="bounded", options={"xatol": 1e-10})
    return float(found.x) if found.fun < values[at] else float(grid[at])


def _log_likelihood(y: Quantiles, mean: float, sd: float) -> float:
    """Return the log-likelihood of order statistics from a normal sample, but for a constant."""
    from scipy.special import ndtr

    first, median, third = (math.floor(share * y.n) + 1 for share in (0.25, 0.5, 0.75))
    ranks = {"S1": (1, median, y.n), "S2": (first, median, third), "S3": (1, first, median, third, y.n)}[y.scenario]
    z = (np.array(y.values) - mean) / sd
    between = np.maximum(np.diff([0, *ranks, y.n + 1]) - 1, 0)  # patients between two of them
    areas = np.diff(ndtr(z), prepend=0.0, append=1.0)
    if (areas[between > 0] <= 0).any():
        return -math.inf
    counted = between > 0
    return float((between[counted] * np.log(areas[counted])).sum() - (z**2).sum() / 2 - z.size * math.log(sd))


def _back(mean: float, sd: float, power: float, method: str) -> Fitted:
    """Return mean and SD of the values whose transformed ones are normal."""
    if power < LOG:
        of_values = math.exp(mean + sd**2 / 2)
        spread = of_values * math.sqrt(math.expm1(sd**2))
        return Fitted(of_values, spread, method, ASSUMPTION, lambda rng, n: rng.lognormal(mean, sd, n))
    if not mean > -1 / power:
        raise ArgumentError(f"{method}: no mean follows from these quantiles")
    y, weights = _nodes(mean, sd, power)
    values = _inverse(y, power)
    of_values = float((weights * values).sum())
    spread = math.sqrt(float((weights * (values - of_values) ** 2).sum()))
    return Fitted(of_values, spread, method, ASSUMPTION, lambda rng, n: _drawn(rng, n, mean, sd, power))


def _nodes(mean: float, sd: float, power: float) -> tuple[Array, Array]:
    """Return Gauss-Legendre nodes and weights for the cut normal distribution.

    The inverse transformation has a branch point where its domain ends; a power of the distance from there as variable
    makes the integrand smooth.
    """
    end = -1 / power
    low, high = max(end, mean - FAR * sd), min(2 * mean - end, mean + FAR * sd)
    bend = math.ceil(4 * power) if low == end else 1
    x, weights = _gauss_legendre()
    part = (x + 1) / 2
    y = low + (high - low) * part**bend
    mass = weights * part ** (bend - 1) * np.exp(-(((y - mean) / sd) ** 2) / 2)
    return y, mass / mass.sum()


@lru_cache(maxsize=1)  # 50 ms to compute
def _gauss_legendre() -> tuple[Array, Array]:
    return np.polynomial.legendre.leggauss(NODES)


def _inverse(y: Array, power: float) -> Array:
    return np.asarray(np.maximum(power * y + 1, 0) ** (1 / power))


def _drawn(rng: Generator, n: int, mean: float, sd: float, power: float) -> Array:
    """Draw values; a transformed one outside the cut normal distribution is drawn again."""
    half = mean + 1 / power
    y = rng.normal(mean, sd, n)
    while (outside := np.abs(y - mean) >= half).any():
        y[outside] = rng.normal(mean, sd, int(outside.sum()))
    return _inverse(y, power)
