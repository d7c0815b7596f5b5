"""Mean and SD from quantiles of log-normal values."""

from __future__ import annotations

import math
from typing import NamedTuple

from msc_meta.effects.normal_quantiles import luo_mean, shi_sd, wan_sd
from msc_meta.effects.quantiles import Fitted, Quantiles, Scenario


class _Constants(NamedTuple):
    """Shi's approximations for one scenario: c1 and c2 multiply the variance and its square in the bias of the mean."""

    c1: float
    c2: float


CONSTANTS: dict[Scenario, _Constants] = {
    "S1": _Constants(0.565, 0.37),
    "S2": _Constants(0.57, 0.75),
    "S3": _Constants(0.405, 0.315),
}


def log_normal(x: Quantiles) -> Fitted:
    """Return mean and SD by Shi's method for log-normal values; all above 0.

    Notes
    -----
    Mean mu by Luo and SD s by Wan or Shi are those of the logs; s**2 and s**4 are divided by what makes them unbiased.
    The mean is ``exp(mu + s**2 / 2) / phi``, the variance ``exp(2 mu + 2 s**2) / phi1 - exp(2 mu + s**2) / phi2``,
    where ``phi = 1 + (c1 s**2 + c2 s**4) / n``, ``phi1 = 1 + (4 c1 s**2 + 16 c2 s**4) / n`` and
    ``phi2 = 1 + (4 c1 s**2 + 4 c2 s**4) / n`` remove the bias of the exponentials.

    References
    ----------
    .. [1] Shi, Tong, Wang & Genton (2020). Estimating the mean and variance from the five-number summary of a
       log-normal distribution. Statistics and Its Interface 13, 519-531.
    """
    logs, n = x.logs, x.n
    mu, s = luo_mean(logs), shi_sd(logs) if x.scenario == "S3" else wan_sd(logs)
    square, fourth = _unbiased(s, n, x.scenario)
    c1, c2 = CONSTANTS[x.scenario]
    phi = 1 + (c1 * square + c2 * fourth) / n
    phi1 = 1 + (4 * c1 * square + 16 * c2 * fourth) / n
    phi2 = 1 + (4 * c1 * square + 4 * c2 * fourth) / n
    mean = math.exp(mu + square / 2) / phi
    variance = math.exp(2 * mu + square) * (math.exp(square) / phi1 - 1 / phi2)
    scale = math.sqrt(square)
    return Fitted(
        mean,
        math.sqrt(variance) if variance > 0 else math.nan,
        "mean and SD by Shi 2020 for log-normal values",
        "log-normal values",
        lambda rng, size: rng.lognormal(mu, scale, size),
    )


def _unbiased(s: float, n: float, scenario: Scenario) -> tuple[float, float]:
    """Return unbiased s**2 and s**4 of the logs."""
    if scenario == "S1":
        return s**2 / (1.01 + 0.25 / math.log(n) ** 2), s**4 / (1 + 2.23 / math.log(n) ** 2)
    if scenario == "S2":
        return s**2 / (1 + 1.58 / n), s**4 / (1 + 19.2 / math.pow(n, 1.2))
    return s**2 / (1 + 0.28 / math.log(n) ** 2), s**4 / (1 + 3.93 / n)
