"""Mean and SD by quantile estimation: the distribution whose quantiles lie nearest to the reported ones.

The least squares are found as in the authors' program (estmeansd): L-BFGS-B with derivatives by differences, in its
box of parameters, from its starting values. That search stops early at times, and finds no Weibull distribution where
it passes through a shape too small for a finite quantile; a complete search would change SDs by up to 3% and now and
then the distribution. Agreement with published analyses was preferred. The box (a normal SD up to 50, a Weibull scale
and a gamma rate up to 100) makes the answer depend on the unit of the values.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from msc_meta.effects.arguments import Array
from msc_meta.effects.normal_quantiles import luo_mean, wan_sd
from msc_meta.effects.quantiles import Fitted, Quantiles

if TYPE_CHECKING:
    from numpy.random import Generator

ASSUMPTION: Final = "values of the distribution that fits best"
STEP: Final = 1e-3  # of the differences that stand for derivatives
TOLERANCE: Final = 1e7 * float(np.finfo(float).eps)

Parameters = tuple[float, float]


class Family(NamedTuple):
    """A distribution of two parameters: quantiles, mean and SD, draws, start and box of the search."""

    name: str
    quantiles: Callable[[Array, Array], Array]
    mean_sd: Callable[[float, float], tuple[float, float]]
    draw: Callable[[Generator, int, float, float], Array]
    start: Parameters
    box: tuple[Parameters, Parameters]


def quantile_estimation(x: Quantiles) -> Fitted:
    """Return mean and SD by McGrath 2020 (QE).

    Notes
    -----
    Normal, log-normal, gamma, Weibull and (values up to 1) beta distributions are fitted by least squares of quantiles,
    the ends of the range at probabilities 1/n and 1 - 1/n; that with the least sum is used. With a value below 0 only
    the normal distribution is fitted.

    References
    ----------
    .. [1] McGrath, Zhao, Steele et al. (2020). Statistical Methods in Medical Research 29, 2520-2537.
    """
    probabilities = {"S1": (1 / x.n, 0.5), "S2": (0.25, 0.5), "S3": (1 / x.n, 0.25, 0.5)}[x.scenario]
    p = np.array([*probabilities, *(1 - below for below in probabilities[-2::-1])])
    fits = [(family, *_fit(family, p, np.array(x.values))) for family in _families(x)]
    family, _, (first, second) = min(fits, key=lambda fit: fit[1])
    mean, sd = family.mean_sd(first, second)
    words = f"mean and SD by McGrath 2020 (quantile estimation, {family.name})"
    return Fitted(mean, sd, words, ASSUMPTION, lambda rng, n: family.draw(rng, n, first, second))


def _fit(family: Family, p: Array, reported: Array) -> tuple[float, Parameters]:
    """Return the least sum of squares and its parameters; infinity where the search leaves what is finite."""
    from scipy.optimize import minimize

    low, high = np.array(family.box).T

    def loss(at: Array) -> float:
        with np.errstate(all="ignore"):
            total = float(((family.quantiles(p, at) - reported) ** 2).sum())
        if not math.isfinite(total):
            raise _NotFiniteError
        return total

    def slope(at: Array) -> Array:
        slopes = np.empty(2)
        for i in range(2):
            above, below = at.copy(), at.copy()
            above[i], below[i] = min(at[i] + STEP, high[i]), max(at[i] - STEP, low[i])
            slopes[i] = (loss(above) - loss(below)) / (above[i] - below[i])
        return slopes

    start = np.clip(np.array(family.start), low, high)
    options = {"maxcor": 5, "ftol": TOLERANCE, "gtol": 0, "maxiter": 100, "maxls": 20}
    try:
        found = minimize(loss, start, jac=slope, method="L-BFGS-B", bounds=list(family.box), options=options)
    except _NotFiniteError:
        return math.inf, (math.nan, math.nan)
    return float(found.fun), (float(found.x[0]), float(found.x[1]))


class _NotFiniteError(Exception):
    """The search met parameters without finite quantiles."""


def _families(x: Quantiles) -> list[Family]:
    """Return the distributions to try, with starting values from the mean by Luo and the SD by Wan."""
    from scipy.special import betaincinv, gammaincinv, ndtri

    mean, sd = luo_mean(x), wan_sd(x)
    middle = x.quartiles or x.ends
    assert middle
    families = [
        Family(
            "normal distribution",
            lambda p, at: at[0] + at[1] * ndtri(p),
            lambda mu, sigma: (mu, sigma),
            lambda rng, n, mu, sigma: rng.normal(mu, sigma, n),
            (mean, sd),
            ((middle.low, middle.high), (1e-3, 50.0)),
        )
    ]
    if x.values[0] < 0:
        return families
    cv = sd / mean
    log_variance = math.log1p(cv**2)
    shape = _weibull_shape(cv)
    to_100 = ((1e-3, 100.0), (1e-3, 100.0))
    families += [
        Family(
            "log-normal distribution",
            lambda p, at: np.exp(at[0] + at[1] * ndtri(p)),
            lambda mu, sigma: (
                math.exp(mu + sigma**2 / 2),
                math.exp(mu + sigma**2 / 2) * math.sqrt(math.expm1(sigma**2)),
            ),
            lambda rng, n, mu, sigma: rng.lognormal(mu, sigma, n),
            (math.log(mean) - log_variance / 2, math.sqrt(log_variance)),
            (_log_box(x, middle.low, middle.high), (1e-3, 10.0)),
        ),
        Family(
            "gamma distribution",
            lambda p, at: gammaincinv(at[0], p) / at[1],
            lambda alpha, rate: (alpha / rate, math.sqrt(alpha) / rate),
            lambda rng, n, alpha, rate: rng.gamma(alpha, 1 / rate, n),
            ((mean / sd) ** 2, mean / sd**2),
            to_100,
        ),
        Family(
            "Weibull distribution",
            lambda p, at: at[1] * (-np.log1p(-p)) ** (1 / at[0]),
            _weibull_mean_sd,
            lambda rng, n, k, scale: scale * rng.weibull(k, n),
            (shape, mean / math.gamma(1 + 1 / shape)),
            to_100,
        ),
    ]
    if x.values[-1] <= 1:
        alpha = mean * (mean * (1 - mean) / sd**2 - 1)
        families.append(
            Family(
                "beta distribution",
                lambda p, at: betaincinv(at[0], at[1], p),
                lambda a, b: (a / (a + b), math.sqrt(a * b / (a + b + 1)) / (a + b)),
                lambda rng, n, a, b: rng.beta(a, b, n),
                (alpha, alpha * (1 - mean) / mean),
                ((1e-3, 40.0), (1e-3, 40.0)),
            )
        )
    return families


def _log_box(x: Quantiles, low: float, high: float) -> Parameters:
    """Return bounds of the mean of the logs; where a value is 0 the authors' program has these."""
    return (math.log(low), math.log(high)) if x.values[0] > 0 else (1e-3, 10.0)


def _weibull_shape(cv: float) -> float:
    """Return the shape of the Weibull distribution with this coefficient of variation."""
    from scipy.optimize import brentq
    from scipy.special import gammaln

    def excess(log_shape: float) -> float:
        k = math.exp(log_shape)
        return float(gammaln(1 + 2 / k) - 2 * gammaln(1 + 1 / k)) - math.log1p(cv**2)

    low, high = math.log(0.02), math.log(1000.0)
    if excess(low) <= 0 or excess(high) >= 0:
        return math.pow(cv, -1.086)
    return math.exp(brentq(excess, low, high, xtol=1e-12))


def _weibull_mean_sd(shape: float, scale: float) -> tuple[float, float]:
    first, second = math.gamma(1 + 1 / shape), math.gamma(1 + 2 / shape)
    return scale * first, scale * math.sqrt(second - first**2)
