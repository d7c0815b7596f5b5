"""Mean and SD from quantiles by weights: each formula assumes values that are roughly normal."""

from __future__ import annotations

import math
from typing import Final

from msc_meta.effects.quantiles import Fitted, Pair, Quantiles

NORMALITY: Final = "roughly normal values; skewed ones bias mean and SD"


def luo_wan(x: Quantiles) -> Fitted:
    """Return the mean by Luo 2018 and the SD by Wan 2014, or by Shi 2020 where quartiles and range are known."""
    if x.quartiles and x.ends:
        return luo_shi(x)
    return _normal(luo_mean(x), wan_sd(x), "mean by Luo 2018, SD by Wan 2014")


def luo_shi(x: Quantiles) -> Fitted:
    """Return the mean by Luo 2018 and the SD by Shi 2020; both pairs are needed."""
    return _normal(luo_mean(x), shi_sd(x), "mean by Luo 2018, SD by Shi 2020")


def wan(x: Quantiles) -> Fitted:
    """Return mean and SD by Wan 2014."""
    if x.quartiles and x.ends:
        mean = (2 * x.quartiles.middle + x.ends.middle + x.median) / 4
    elif x.quartiles:
        mean = (2 * x.quartiles.middle + x.median) / 3
    else:
        assert x.ends
        mean = (x.ends.middle + x.median) / 2
    return _normal(mean, wan_sd(x), "mean and SD by Wan 2014")


def hozo(x: Quantiles) -> Fitted:
    """Return mean and SD by Hozo 2005, whose formulas change with the size of the arm; the range is needed."""
    assert x.ends
    mean = (x.ends.middle + x.median) / 2 if x.n <= 25 else x.median
    if x.n <= 15:
        skew = x.ends.low - 2 * x.median + x.ends.high
        sd = math.sqrt((skew**2 / 4 + x.ends.width**2) / 12)
    else:
        sd = x.ends.width / (4 if x.n <= 70 else 6)
    return _normal(mean, sd, "mean and SD by Hozo 2005")


def bland(x: Quantiles) -> Fitted:
    """Return mean and SD by Bland 2015; both pairs are needed."""
    low, q1, median, q3, high = x.values
    total = low + 2 * q1 + 2 * median + 2 * q3 + high
    # the sums are taken about the median, where they do not lose the digits that the values share
    a, b, d, e = (value - median for value in (low, q1, q3, high))
    squares = (a**2 + 2 * b**2 + 2 * d**2 + e**2) / 16 + (a * b + d * e) / 8
    sd = math.sqrt(squares - (a + 2 * b + 2 * d + e) ** 2 / 64)
    return _normal(total / 8, sd, "mean and SD by Bland 2015")


def luo_mean(x: Quantiles) -> float:
    """Return the mean by Luo 2018."""
    n, median = x.n, x.median
    if x.quartiles and x.ends:
        of_ends, of_quartiles = 2.2 / (2.2 + math.pow(n, 0.75)), 0.7 - 0.72 / math.pow(n, 0.55)
        of_median = 1 - of_ends - of_quartiles
        return of_ends * x.ends.middle + of_quartiles * x.quartiles.middle + of_median * median
    if x.quartiles:
        share = 0.7 + 0.39 / n
        return share * x.quartiles.middle + (1 - share) * median
    assert x.ends
    share = 4 / (4 + math.pow(n, 0.75))
    return share * x.ends.middle + (1 - share) * median


def shi_sd(x: Quantiles) -> float:
    """Return the SD by Shi 2020: range and interquartile range, weighted by the size of the arm."""
    assert x.ends
    assert x.quartiles
    at_ends, at_quartiles = _scores(x.n)
    of_ends, of_quartiles = 2 + 0.14 * math.pow(x.n, 0.6), 2 + 2 / (0.07 * math.pow(x.n, 0.6))
    return x.ends.width / (of_ends * at_ends) + x.quartiles.width / (of_quartiles * at_quartiles)


def wan_sd(x: Quantiles) -> float:
    """Return range or interquartile range over its expectation for a standard normal; the mean of both if known."""
    pairs: tuple[Pair | None, ...] = (x.ends, x.quartiles)
    estimates = [pair.width / (2 * score) for pair, score in zip(pairs, _scores(x.n), strict=True) if pair]
    return sum(estimates) / len(estimates)


def _scores(n: float) -> tuple[float, float]:
    """Return Blom's approximations of the expected maximum and upper quartile of n standard normal values."""
    from scipy.special import ndtri

    return float(ndtri((n - 0.375) / (n + 0.25))), float(ndtri((0.75 * n - 0.125) / (n + 0.25)))


def _normal(mean: float, sd: float, method: str) -> Fitted:
    return Fitted(mean, sd, method, NORMALITY, lambda rng, n: rng.normal(mean, sd, n))
