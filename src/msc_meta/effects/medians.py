"""Medians with quartiles or range as mean and standard deviation.

Every conversion says which formula it used and what it assumes. A new one is a function and a line of ``CONVERSIONS``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from msc_meta.effects.arguments import number, one_of, patients
from msc_meta.effects.box_cox import box_cox, maximum_likelihood
from msc_meta.effects.log_normal import log_normal
from msc_meta.effects.normal_quantiles import bland, hozo, luo_shi, luo_wan, wan
from msc_meta.effects.quantile_estimation import quantile_estimation
from msc_meta.effects.quantiles import SCENARIOS, Fitted, Quantiles, Scenario, reported_quantiles
from msc_meta.errors import ArgumentError

ALL: Final[tuple[Scenario, ...]] = ("S1", "S2", "S3")


@dataclass(frozen=True, slots=True)
class MeanSd:
    """Estimated mean and standard deviation, with the formula and its assumption; unit of the outcome.

    ``se`` is the standard error of the mean as an estimate from quantiles, where it was asked for.
    """

    mean: float
    sd: float
    method: str
    assumption: str
    se: float | None = None

    def __iter__(self) -> Iterator[float]:
        """Give mean and standard deviation, so that ``mean, sd = mean_sd(...)`` works."""
        return iter((self.mean, self.sd))


@dataclass(frozen=True, slots=True)
class Conversion:
    """A method: what it computes, the summaries it is defined for, and what it needs of the values.

    ``normal`` says that it assumes roughly normal values, so that skewed ones are a reason for doubt.
    """

    fit: Callable[[Quantiles], Fitted]
    scenarios: tuple[Scenario, ...] = ALL
    least: int = 2
    above_zero: bool = False
    normal: bool = False


def mean_sd(
    *,
    n: float,
    median: float,
    q1: float | None = None,
    q3: float | None = None,
    min: float | None = None,  # noqa: A002 - the field's own word, as in the records
    max: float | None = None,  # noqa: A002
    method: str = "luo-wan",
    draws: int = 0,
) -> MeanSd:
    """Estimate mean and standard deviation from the median with quartiles, range, or both.

    Parameters
    ----------
    n : float
        Patients of the arm, at least 2 (3 for "qe", "bc" and "mln").
    median, q1, q3, min, max : float
        Quantiles in the outcome's unit; both quartiles, or both ends of the range, or all four.
    method : str
        For roughly normal values: "luo-wan", the mean by Luo [1]_, the SD by Wan [2]_, or by Shi [3]_ where quartiles
        and range are known (metafor's default); "wan", mean and SD by Wan; "luo-shi" or "shi", mean by Luo and SD by
        Shi (quartiles and range); "hozo" [4]_ (range only); "bland" [5]_ (quartiles and range).
        For skewed values: "lnorm", log-normal values by Shi [6]_; "qe" and "bc", quantile estimation and Box-Cox by
        McGrath [7]_; "mln", Cai's maximum likelihood [8]_. All but "qe" of these need values above 0.
    draws : int
        Samples of a parametric bootstrap for the standard error of the mean [9]_: n values drawn from the fitted model,
        their quantiles converted alike. The same arguments give the same draws. None with 0; 1000 are enough, and take
        seconds with "qe" and "mln".

    Returns
    -------
    MeanSd
        In the outcome's unit.

    Raises
    ------
    ArgumentError
        Too few quantiles, quantiles out of order or without any spread, n too small, an unknown method, or one that is
        not defined for these quantiles.

    References
    ----------
    .. [1] Luo, Wan, Liu & Tong (2018). Statistical Methods in Medical Research 27, 1785-1805.
    .. [2] Wan, Wang, Liu & Tong (2014). BMC Medical Research Methodology 14, 135.
    .. [3] Shi, Luo, Weng et al. (2020). Research Synthesis Methods 11, 641-654.
    .. [4] Hozo, Djulbegovic & Hozo (2005). BMC Medical Research Methodology 5, 13.
    .. [5] Bland (2015). International Journal of Statistics in Medical Research 4, 57-64.
    .. [6] Shi, Tong, Wang & Genton (2020). Statistics and Its Interface 13, 519-531.
    .. [7] McGrath, Zhao, Steele et al. (2020). Statistical Methods in Medical Research 29, 2520-2537.
    .. [8] Cai, Zhou & Pan (2021). Statistical Methods in Medical Research 30, 2701-2719.
    .. [9] McGrath, Katzenschlager, Zimmer et al. (2023). Statistical Methods in Medical Research 32, 373-388.

    Examples
    --------
    >>> estimate = mean_sd(n=12, median=17, q1=11, q3=29)
    >>> round(estimate.mean, 4), round(estimate.sd, 4), estimate.method
    (19.1975, 15.0948, 'mean by Luo 2018, SD by Wan 2014')
    >>> mean_sd(n=12, median=17, q1=11, q3=29, method="lnorm").method
    'mean and SD by Shi 2020 for log-normal values'
    """
    chosen = CONVERSIONS[one_of("method", method, CONVERSIONS)]
    x = reported_quantiles(n, median, (q1, q3), (min, max))
    _require_defined(method, chosen, x)
    fitted = _fitted(method, chosen, x)
    se = _bootstrap(fitted, chosen, x, int(number("draws", draws))) if draws else None
    return MeanSd(fitted.mean, fitted.sd, fitted.method, fitted.assumption, se)


def _require_defined(method: str, chosen: Conversion, x: Quantiles) -> None:
    if x.scenario not in chosen.scenarios:
        needed = " or ".join(SCENARIOS[scenario] for scenario in chosen.scenarios)
        others = ", ".join(repr(name) for name, other in CONVERSIONS.items() if x.scenario in other.scenarios)
        given = SCENARIOS[x.scenario]
        raise ArgumentError(f"method {method!r} is defined for {needed}, not for {given}; for that there are {others}")
    patients(x.n, chosen.least)
    if chosen.above_zero and x.values[0] <= 0:
        raise ArgumentError(f"method {method!r} needs values above 0; the smallest is {x.values[0]:g}")


def _fitted(method: str, chosen: Conversion, x: Quantiles) -> Fitted:
    try:
        fitted = chosen.fit(x)
    except OverflowError:
        raise ArgumentError(f"method {method!r} finds no finite mean and SD for these quantiles") from None
    if not (np.isfinite(fitted.mean) and fitted.sd > 0 and np.isfinite(fitted.sd)):
        raise ArgumentError(f"method {method!r} finds no finite mean and SD for these quantiles")
    return fitted


def _bootstrap(fitted: Fitted, chosen: Conversion, x: Quantiles, draws: int) -> float:
    """Return the SD of the mean over samples of the fitted model; one that can not be converted is left out."""
    if draws < 2:
        raise ArgumentError(f"draws is {draws}; two or more are needed for a standard error, or 0 for none")
    rng = np.random.default_rng(1)
    shares = {"S1": (0, 0.5, 1), "S2": (0.25, 0.5, 0.75), "S3": (0, 0.25, 0.5, 0.75, 1)}[x.scenario]
    means = []
    for _ in range(draws):
        values = tuple(np.quantile(fitted.draw(rng, round(x.n)), shares).tolist())
        try:
            means.append(chosen.fit(x.with_values(values)).mean)
        except (ArgumentError, ArithmeticError, ValueError):
            continue
    if len(means) < draws / 2:
        raise ArgumentError("no standard error: most samples of the fitted model can not be converted")
    return float(np.std(means, ddof=1))


CONVERSIONS: Final[dict[str, Conversion]] = {
    "luo-wan": Conversion(luo_wan, normal=True),
    "wan": Conversion(wan, normal=True),
    "luo-shi": Conversion(luo_shi, ("S3",), normal=True),
    "shi": Conversion(luo_shi, ("S3",), normal=True),
    "hozo": Conversion(hozo, ("S1",), normal=True),
    "bland": Conversion(bland, ("S3",), normal=True),
    "lnorm": Conversion(log_normal, above_zero=True),
    "qe": Conversion(quantile_estimation, least=3),
    "bc": Conversion(box_cox, least=3, above_zero=True),
    "mln": Conversion(maximum_likelihood, least=3, above_zero=True),
}
