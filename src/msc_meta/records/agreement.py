"""How far two extractors agree: percent agreement and Cohen's kappa."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import final


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Kappa:
    """Agreement of two raters beyond chance; ``kappa`` is nan where both used one category only."""

    n: int
    """Pairs of judgements."""
    observed: float
    """Share of pairs that agree, from 0 to 1."""
    expected: float
    """Share that would agree by chance, from how often each rater used each category."""
    kappa: float
    se: float
    """Large-sample standard error, not the one under kappa = 0."""
    ci: tuple[float, float]
    """Confidence interval at ``level``, cut to [-1, 1]."""
    level: float


def cohen_kappa(a: Sequence[object], b: Sequence[object], *, level: float = 0.95) -> Kappa:
    r"""Return Cohen's kappa [1]_ of two raters' categories, with its large-sample interval [2]_.

    Parameters
    ----------
    a, b : sequence of hashable, shape (n,)
        The category that each rater gave to each thing.
    level : float
        Level of the interval.

    Returns
    -------
    Kappa
        On the scale of kappa: 1 is full agreement, 0 that of chance.

    Raises
    ------
    ValueError
        if the two differ in length, or are empty.

    Notes
    -----
    With shares :math:`p_{ij}` of pairs, :math:`p_o = \sum p_{ii}` and :math:`p_e = \sum p_{i.} p_{.i}`,
    :math:`\kappa = (p_o - p_e) / (1 - p_e)`. Its variance is

    .. math:: \frac{1}{n (1 - p_e)^2} \Bigl[\sum_i p_{ii} \bigl(1 - (p_{i.} + p_{.i})(1 - \kappa)\bigr)^2
        + (1 - \kappa)^2 \sum_{i \ne j} p_{ij} (p_{.i} + p_{j.})^2 - (\kappa - p_e (1 - \kappa))^2\Bigr].

    References
    ----------
    .. [1] Cohen (1960), Educ Psychol Meas 20, 37-46.
    .. [2] Fleiss, Cohen & Everitt (1969), Psychol Bull 72, 323-327.

    Examples
    --------
    >>> answer = cohen_kappa(["low", "low", "high", "high", "low"], ["low", "low", "high", "low", "low"])
    >>> round(answer.observed, 2), round(answer.kappa, 4)
    (0.8, 0.5455)
    """
    if len(a) != len(b) or not a:
        raise ValueError(f"as many judgements of each rater are needed, at least one; found {len(a)} and {len(b)}")
    n = len(a)
    pairs, first, second = Counter(zip(a, b, strict=True)), Counter(a), Counter(b)
    observed = sum(count for (one, other), count in pairs.items() if one == other) / n
    expected = sum(first[name] * second[name] for name in first) / n**2
    if expected == 1:
        return Kappa(n=n, observed=observed, expected=expected, kappa=math.nan, se=math.nan,
                     ci=(math.nan, math.nan), level=level)  # fmt: skip
    kappa = (observed - expected) / (1 - expected)
    agreeing = math.fsum(
        count / n * (1 - (first[one] + second[one]) / n * (1 - kappa)) ** 2
        for (one, other), count in pairs.items()
        if one == other
    )
    differing = math.fsum(
        count / n * ((second[one] + first[other]) / n) ** 2 for (one, other), count in pairs.items() if one != other
    )
    spread = agreeing + (1 - kappa) ** 2 * differing - (kappa - expected * (1 - kappa)) ** 2
    se = math.sqrt(max(0.0, spread) / n) / (1 - expected)
    half = NormalDist().inv_cdf(0.5 + level / 2) * se
    interval = (max(-1.0, kappa - half), min(1.0, kappa + half))
    return Kappa(n=n, observed=observed, expected=expected, kappa=kappa, se=se, ci=interval, level=level)
