"""A test whether reported quantiles speak against a normal distribution."""

from __future__ import annotations

import math
from typing import NamedTuple

from msc_meta.effects.quantiles import Pair, Quantiles, reported_quantiles


class SkewnessTest(NamedTuple):
    """Result of `skewness_test`."""

    statistic: float
    critical: float
    skewed: bool


def skewness_test(
    *,
    n: float,
    median: float,
    q1: float | None = None,
    q3: float | None = None,
    min: float | None = None,  # noqa: A002 - the field's own word, as in the records
    max: float | None = None,  # noqa: A002
) -> SkewnessTest:
    """Test at the 5% level whether an arm's values are skewed, from its reported quantiles [1]_.

    Parameters
    ----------
    n : float
        Patients of the arm, at least 2.
    median, q1, q3, min, max : float
        Quantiles; both quartiles, or both ends of the range, or all four. Logarithms of them test whether the values
        are log-normal.

    Returns
    -------
    SkewnessTest
        Test statistic, its critical value, and whether it is reached: then conversions that assume normal values are in
        doubt.

    Raises
    ------
    ArgumentError
        Too few quantiles, quantiles out of order or without any spread, n below 2.

    Notes
    -----
    With ``d(x, y) = |x + y - 2 median| / (y - x)``: ``d(min, max)`` against ``1 / log(n + 9) + 2.5 / (n + 1)``;
    ``d(q1, q3)`` against ``2.65 / sqrt(n) - 6 / n**2``; for both, the larger of ``2.65 log(0.6 n) / sqrt(n) d(min,
    max)`` and ``d(q1, q3)`` against ``3 / sqrt(n) - 40 / n**3``. The approximations are made for n of 5 and more.

    References
    ----------
    .. [1] Shi, Luo, Wan et al. (2023). Detecting the skewness of data from the five-number summary and its application
       in meta-analysis. Statistical Methods in Medical Research 32, 1338-1360.

    Examples
    --------
    >>> skewness_test(n=45, median=19, min=4, max=97).skewed, skewness_test(n=45, median=19, q1=12, q3=33).skewed
    (True, False)
    """
    return tested(reported_quantiles(n, median, (q1, q3), (min, max)))


def tested(x: Quantiles) -> SkewnessTest:
    """Test quantiles that are checked already."""
    n = x.n
    if x.quartiles and x.ends:
        weight = 2.65 * math.log(0.6 * n) / math.sqrt(n)
        statistic = max(weight * _asymmetry(x.ends, x.median), _asymmetry(x.quartiles, x.median))
        critical = 3 / math.sqrt(n) - 40 / n**3
    elif x.quartiles:
        statistic, critical = _asymmetry(x.quartiles, x.median), 2.65 / math.sqrt(n) - 6 / n**2
    else:
        assert x.ends
        statistic, critical = _asymmetry(x.ends, x.median), 1 / math.log(n + 9) + 2.5 / (n + 1)
    return SkewnessTest(statistic, critical, statistic >= critical)


def _asymmetry(pair: Pair, median: float) -> float:
    return abs(pair.low + pair.high - 2 * median) / pair.width
