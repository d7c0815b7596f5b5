"""What an arm reported as median, quartiles, range, standard error or interval, as mean and standard deviation.

Every conversion says which formula it used and what it assumes. A new way to turn quantiles into a mean and SD is one
function and one line of ``CONVERSIONS``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from msc_meta.effects.arguments import Array, level_of, numbers, one_of, require
from msc_meta.errors import ArgumentError

NORMALITY: Final = "roughly normal values; skewed ones bias mean and SD"


@dataclass(frozen=True, slots=True)
class MeanSd:
    """Estimated mean and standard deviation, with the formula and its assumption; unit of the outcome."""

    mean: float
    sd: float
    method: str
    assumption: str


class ArmMeans(NamedTuple):
    """Patients, mean and standard deviation of one arm."""

    n: float
    mean: float
    sd: float


class ArmEvents(NamedTuple):
    """Patients with the event and patients of one arm."""

    event: float
    n: float


class _Pair(NamedTuple):
    """The two quartiles, or the two ends of the range."""

    low: float
    high: float

    @property
    def middle(self) -> float:
        return (self.low + self.high) / 2

    @property
    def width(self) -> float:
        return self.high - self.low


class _Quantiles(NamedTuple):
    """What was reported; at least one of the pairs is there."""

    n: float
    median: float
    quartiles: _Pair | None
    ends: _Pair | None


def mean_sd(
    *,
    n: float,
    median: float,
    q1: float | None = None,
    q3: float | None = None,
    min: float | None = None,  # noqa: A002 - the field's own word, as in the records
    max: float | None = None,  # noqa: A002
    method: str = "luo-wan",
) -> MeanSd:
    """Estimate mean and standard deviation from the median with quartiles, range, or both.

    Parameters
    ----------
    n : float
        Patients of the arm, at least 2.
    median, q1, q3, min, max : float
        Quantiles in the outcome's unit; both quartiles, or both ends of the range, or all four.
    method : {"luo-wan", "wan"}
        "luo-wan": mean by Luo [1]_, SD by Wan [2]_, or by Shi [3]_ where quartiles and range are known (metafor's
        default). "wan": mean and SD by Wan.

    Returns
    -------
    MeanSd
        In the outcome's unit.

    Raises
    ------
    ArgumentError
        Too few quantiles, quantiles out of order or without any spread, n below 2, an unknown method.

    References
    ----------
    .. [1] Luo, Wan, Liu & Tong (2018). Statistical Methods in Medical Research 27, 1785-1805.
    .. [2] Wan, Wang, Liu & Tong (2014). BMC Medical Research Methodology 14, 135.
    .. [3] Shi, Luo, Weng et al. (2020). Research Synthesis Methods 11, 641-654.

    Examples
    --------
    >>> estimate = mean_sd(n=12, median=17, q1=11, q3=29)
    >>> round(estimate.mean, 4), round(estimate.sd, 4), estimate.method
    (19.1975, 15.0948, 'mean by Luo 2018, SD by Wan 2014')
    """
    convert = CONVERSIONS[one_of("method", method, CONVERSIONS)]
    return convert(_checked(n, median, (q1, q3), (min, max)))


def sd_from_se(se: float, n: float) -> float:
    """Return the standard deviation of an arm from the standard error of its mean: ``se * sqrt(n)`` [1]_.

    References
    ----------
    .. [1] Higgins et al. Cochrane Handbook for Systematic Reviews of Interventions, section 6.5.2.2.

    Examples
    --------
    >>> sd_from_se(2, 25)
    10.0
    """
    return _positive("se", se) * math.sqrt(_positive("n", n))


def sd_from_ci(low: float, high: float, n: float, level: float = 0.95, distribution: str = "t") -> float:
    """Return the standard deviation of an arm from the confidence interval of its mean [1]_.

    Parameters
    ----------
    low, high : float
        Bounds, in the outcome's unit.
    n : float
        Patients of the arm, at least 2.
    level : float
        Level of the interval.
    distribution : {"t", "normal"}
        What the paper used for the interval: t with n-1 df, right for small arms and hardly different for large ones,
        or the normal distribution, right only for large ones (the Handbook: 100 and more).

    Raises
    ------
    ArgumentError
        Bounds that are not in order, n below 2.

    References
    ----------
    .. [1] Higgins et al. Cochrane Handbook for Systematic Reviews of Interventions, section 6.5.2.2.

    Examples
    --------
    >>> round(sd_from_ci(30, 34.2, 25), 2), round(sd_from_ci(30, 34.2, 25, distribution="normal"), 2)
    (5.09, 5.36)
    """
    from scipy.special import ndtri, stdtrit

    one_of("distribution", distribution, ("t", "normal"))
    n = _patients(n)
    tail = (1 - level_of(level)) / 2
    quantile = -float(stdtrit(n - 1, tail) if distribution == "t" else ndtri(tail))
    return _width(low, high) / (2 * quantile) * math.sqrt(n)


def se_from_ci(low: float, high: float, level: float = 0.95) -> float:
    """Return the standard error of an estimate from its confidence interval by the normal distribution [1]_.

    Parameters
    ----------
    low, high : float
        Bounds on the analysis scale: take logs of a ratio's first.
    level : float
        Level of the interval.

    Raises
    ------
    ArgumentError
        Bounds that are not in order.

    References
    ----------
    .. [1] Higgins et al. Cochrane Handbook for Systematic Reviews of Interventions, section 6.3.1.

    Examples
    --------
    >>> round(se_from_ci(math.log(0.51), math.log(1.02)), 4)
    0.1768
    """
    from scipy.special import ndtri

    return _width(low, high) / (-2 * float(ndtri((1 - level_of(level)) / 2)))


def combine_arms(n: Sequence[float], mean: Sequence[float], sd: Sequence[float]) -> ArmMeans:
    """Return several arms as the one that their patients together would have made [1]_.

    Parameters
    ----------
    n, mean, sd : sequence of float, length g
        Patients, mean and standard deviation of each arm.

    References
    ----------
    .. [1] Higgins et al. Cochrane Handbook for Systematic Reviews of Interventions, table 6.5.a (formula for two arms;
       this is the same for any number of them).

    Examples
    --------
    >>> combine_arms([10, 10], [4, 6], [2, 2])
    ArmMeans(n=20.0, mean=5.0, sd=2.2004)
    """
    counts, means, sds = _arms(n=n, mean=mean, sd=sd)
    require(counts > 0, "n", counts, "an arm needs patients")
    require(sds > 0, "sd", sds, "a standard deviation is above 0")
    total = float(counts.sum())
    pooled = float((counts * means).sum()) / total
    squares = float(((counts - 1) * sds**2 + counts * (means - pooled) ** 2).sum())
    return ArmMeans(total, pooled, math.sqrt(squares / (total - 1)))


def combine_events(event: Sequence[float], n: Sequence[float]) -> ArmEvents:
    """Return several arms as one: sums of events and of patients.

    Examples
    --------
    >>> combine_events([3, 2], [10, 12])
    ArmEvents(event=5.0, n=22.0)
    """
    events, counts = _arms(event=event, n=n)
    require(counts > 0, "n", counts, "an arm needs patients")
    require((events >= 0) & ~(events > counts), "event", events, "events lie between 0 and n")
    return ArmEvents(float(events.sum()), float(counts.sum()))


# ---- formulas -------------------------------------------------------------------------------------------------------


def _luo_wan(x: _Quantiles) -> MeanSd:
    if x.quartiles and x.ends:
        return MeanSd(_luo_mean(x), _shi_sd(x.n, x.quartiles, x.ends), "mean by Luo 2018, SD by Shi 2020", NORMALITY)
    return MeanSd(_luo_mean(x), _wan_sd(x), "mean by Luo 2018, SD by Wan 2014", NORMALITY)


def _wan(x: _Quantiles) -> MeanSd:
    if x.quartiles and x.ends:
        mean = (2 * x.quartiles.middle + x.ends.middle + x.median) / 4
    elif x.quartiles:
        mean = (2 * x.quartiles.middle + x.median) / 3
    else:
        assert x.ends
        mean = (x.ends.middle + x.median) / 2
    return MeanSd(mean, _wan_sd(x), "mean and SD by Wan 2014", NORMALITY)


def _luo_mean(x: _Quantiles) -> float:
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


def _shi_sd(n: float, quartiles: _Pair, ends: _Pair) -> float:
    at_ends, at_quartiles = _scores(n)
    of_ends, of_quartiles = 2 + 0.14 * math.pow(n, 0.6), 2 + 2 / (0.07 * math.pow(n, 0.6))
    return ends.width / (of_ends * at_ends) + quartiles.width / (of_quartiles * at_quartiles)


def _wan_sd(x: _Quantiles) -> float:
    """Return range or interquartile range over its expectation for a standard normal; the mean of both if known."""
    pairs = zip((x.ends, x.quartiles), _scores(x.n), strict=True)
    estimates = [pair.width / (2 * score) for pair, score in pairs if pair]
    return sum(estimates) / len(estimates)


def _scores(n: float) -> tuple[float, float]:
    """Return Blom's approximations of the expected maximum and upper quartile of n standard normal values."""
    from scipy.special import ndtri

    return float(ndtri((n - 0.375) / (n + 0.25))), float(ndtri((0.75 * n - 0.125) / (n + 0.25)))


CONVERSIONS: Final[dict[str, Callable[[_Quantiles], MeanSd]]] = {"luo-wan": _luo_wan, "wan": _wan}


# ---- checks ---------------------------------------------------------------------------------------------------------

Reported = tuple[float | None, float | None]


def _checked(n: float, median: float, quartiles: Reported, ends: Reported) -> _Quantiles:
    names = {"min": ends[0], "q1": quartiles[0], "median": median, "q3": quartiles[1], "max": ends[1]}
    known = {name: _number(name, value) for name, value in names.items() if value is not None}
    for (name, value), (following, larger) in pairwise(known.items()):
        if value > larger:
            raise ArgumentError(f"{name} is {value:g} and {following} is {larger:g}; {name} can not be the larger one")
    pairs = _pair(known, "q1", "q3"), _pair(known, "min", "max")
    if pairs == (None, None):
        raise ArgumentError("a median alone has no spread; q1 and q3, or min and max, are needed")
    return _Quantiles(_patients(n), known["median"], *pairs)


def _pair(known: dict[str, float], low: str, high: str) -> _Pair | None:
    if low not in known and high not in known:
        return None
    if low not in known or high not in known:
        raise ArgumentError(f"{low} and {high} are needed together; only {low if low in known else high} is given")
    if known[low] == known[high]:
        raise ArgumentError(f"{low} and {high} are both {known[low]:g}; no standard deviation follows from that")
    return _Pair(known[low], known[high])


def _number(name: str, value: float) -> float:
    array = numbers(name, value)
    if array.ndim or np.isnan(array):
        raise ArgumentError(f"{name} is {value!r}; one number is needed")
    return float(array)


def _width(low: float, high: float) -> float:
    if not _number("low", low) < _number("high", high):
        raise ArgumentError(f"low is {low!r} and high is {high!r}; an interval needs low < high")
    return high - low


def _positive(name: str, value: float) -> float:
    number = _number(name, value)
    if number <= 0:
        raise ArgumentError(f"{name} is {number:g}; a number above 0 is needed")
    return number


def _patients(n: float) -> float:
    number = _number("n", n)
    if number < 2:
        raise ArgumentError(f"n is {number:g}; two patients or more are needed")
    return number


def _arms(**values: Sequence[float]) -> list[Array]:
    arrays = {name: np.atleast_1d(numbers(name, value)) for name, value in values.items()}
    if len({array.size for array in arrays.values()}) != 1 or next(iter(arrays.values())).size == 0:
        raise ArgumentError(
            ", ".join(f"{name} has {a.size} values" for name, a in arrays.items()) + "; one of each per arm"
        )
    return list(arrays.values())
