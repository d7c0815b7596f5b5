"""Effect measures: what two arms reported, as one estimate and its sampling variance per study.

Arrays in, arrays out. A new measure is one function and one line of ``MEASURES``: the function's positional
arguments are what the arms reported, its keyword-only arguments are the measure's options. A study whose effect
can not be estimated (or whose numbers are missing) is ``nan``; a value that is impossible is an error.
Defaults are those of R's metafor 5 (``escalc``).
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from msc_meta.effects.arguments import Array, numbers, one_of, require
from msc_meta.errors import ArgumentError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

Scope = Literal["only-zero", "all", "if-any", "none"]
SCOPES: tuple[Scope, ...] = ("only-zero", "all", "if-any", "none")


class EffectSize(NamedTuple):
    """Estimates and sampling variances of k studies on the analysis scale (natural log for ratios), shape (k,)."""

    yi: Array
    vi: Array

    @property
    def sei(self) -> Array:
        """Standard errors, shape (k,)."""
        return np.sqrt(self.vi)


@dataclass(frozen=True, slots=True)
class Measure:
    """An effect measure, as tables, figures, the command line and the documentation see it.

    ``log`` says that the analysis scale is the natural log of the shown one.
    """

    name: str
    title: str
    function: Callable[..., EffectSize]
    arms: Literal["events", "means", "generic"]
    log: bool

    @property
    def null(self) -> float:
        """The shown value that means "no difference"."""
        return 1.0 if self.log else 0.0

    @property
    def arguments(self) -> tuple[str, ...]:
        """Names of the numbers the measure needs."""
        return tuple(p.name for p in self._parameters if p.kind is not p.KEYWORD_ONLY)

    @property
    def options(self) -> tuple[str, ...]:
        """Names of the choices the measure offers."""
        return tuple(p.name for p in self._parameters if p.kind is p.KEYWORD_ONLY)

    @property
    def _parameters(self) -> list[inspect.Parameter]:
        return list(inspect.signature(self.function).parameters.values())

    def display(self, value: float) -> float:
        """Return a value of the analysis scale on the shown scale (infinite where a float can not hold it)."""
        if not self.log:
            return value
        try:
            return math.exp(value)
        except OverflowError:
            return math.inf


def effect_size(measure: str, **arms: ArrayLike) -> EffectSize:
    """Return effect sizes and sampling variances of one measure.

    Parameters
    ----------
    measure : str
        A name in ``MEASURES``: "RR", "OR", "RD" (events), "MD", "SMD", "ROM" (means), "LRM", "GEN".
    **arms : array_like, shape (k,)
        The measure's arguments and options by name, e.g. ``event_e, n_e, event_c, n_c`` or
        ``mean_e, sd_e, n_e, mean_c, sd_c, n_c``; ``_e`` is the experimental arm, ``_c`` the control.

    Returns
    -------
    EffectSize
        ``yi`` and ``vi``, shape (k,); natural log for ratios; nan where a study's effect can not be estimated.

    Raises
    ------
    ArgumentError
        An unknown measure or argument, a missing argument, or an impossible value (more events than patients).

    Examples
    --------
    >>> effect = effect_size("RR", event_e=[5, 3], n_e=[20, 10], event_c=[10, 6], n_c=[20, 10])
    >>> effect.yi.round(4).tolist()
    [-0.6931, -0.6931]
    """
    chosen = MEASURES[one_of("measure", measure, MEASURES)]
    for name in arms:
        one_of(f"argument of {measure}", name, (*chosen.arguments, *chosen.options))
    missing = [name for name in chosen.arguments if name not in arms]
    if missing:
        raise ArgumentError(f"{measure} needs {', '.join(chosen.arguments)}; missing: {', '.join(missing)}")
    return chosen.function(**arms)


# ---- events ---------------------------------------------------------------------------------------------------------


def log_risk_ratio(
    event_e: ArrayLike,
    n_e: ArrayLike,
    event_c: ArrayLike,
    n_c: ArrayLike,
    *,
    cc: float = 0.5,
    scope: Scope = "only-zero",
    drop00: bool = False,
) -> EffectSize:
    """Log risk ratio, experimental over control [1]_.

    Parameters
    ----------
    event_e, n_e, event_c, n_c : array_like, shape (k,)
        Patients with the event, and patients, of each arm.
    cc : float
        Continuity correction: added to each of the four cells.
    scope : {"only-zero", "all", "if-any", "none"}
        Which tables get ``cc``: those with an empty cell, all, all as soon as one has an empty cell, or none.
    drop00 : bool
        Whether a table without any event, or with events only, is nan instead of corrected.

    Returns
    -------
    EffectSize
        Natural log, shape (k,).

    Raises
    ------
    ArgumentError
        Events outside 0 to n, n not above 0, ``cc`` negative.

    Notes
    -----
    ``log((a / n1) / (c / n2))`` with variance ``1/a - 1/n1 + 1/c - 1/n2``, after the correction.

    References
    ----------
    .. [1] Katz, Baptista, Azen & Pike (1978). Biometrics 34, 469-474.

    Examples
    --------
    >>> log_risk_ratio(5, 20, 10, 20)
    EffectSize(yi=array([-0.69314718]), vi=array([0.2]))
    """
    a, b, c, d = _cells(event_e, n_e, event_c, n_c, cc, scope, drop00)
    return _estimable(
        lambda: np.log(a / (a + b)) - np.log(c / (c + d)), lambda: 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)
    )


def log_odds_ratio(
    event_e: ArrayLike,
    n_e: ArrayLike,
    event_c: ArrayLike,
    n_c: ArrayLike,
    *,
    cc: float = 0.5,
    scope: Scope = "only-zero",
    drop00: bool = False,
) -> EffectSize:
    """Log odds ratio, experimental over control [1]_; parameters, correction and errors as in `log_risk_ratio`.

    Returns
    -------
    EffectSize
        Natural log, shape (k,).

    Notes
    -----
    ``log(a d / (b c))`` with variance ``1/a + 1/b + 1/c + 1/d``, after the correction.

    References
    ----------
    .. [1] Woolf (1955). Annals of Human Genetics 19, 251-253.

    Examples
    --------
    >>> log_odds_ratio(5, 20, 10, 20)
    EffectSize(yi=array([-1.09861229]), vi=array([0.46666667]))
    """
    a, b, c, d = _cells(event_e, n_e, event_c, n_c, cc, scope, drop00)
    return _estimable(lambda: np.log(a / b) - np.log(c / d), lambda: 1 / a + 1 / b + 1 / c + 1 / d)


def risk_difference(
    event_e: ArrayLike,
    n_e: ArrayLike,
    event_c: ArrayLike,
    n_c: ArrayLike,
    *,
    cc: float = 0.5,
    scope: Scope = "only-zero",
    drop00: bool = False,
) -> EffectSize:
    """Risk difference, experimental minus control [1]_; parameters, correction and errors as in `log_risk_ratio`.

    Returns
    -------
    EffectSize
        Fraction (0.1 is ten percentage points), shape (k,).

    Notes
    -----
    ``a/n1 - c/n2`` with variance ``ab/n1**3 + cd/n2**3``. metafor applies the correction here as for ratios (estimate
    and variance), though a risk difference exists without it; RevMan and R's meta leave the estimate uncorrected:
    ``scope="none"`` gives that, and a table without events then has variance 0 and is not estimable.

    References
    ----------
    .. [1] Fleiss & Berlin (2009), in The Handbook of Research Synthesis and Meta-Analysis, 2nd ed., chapter 13.

    Examples
    --------
    >>> risk_difference(5, 20, 10, 20)
    EffectSize(yi=array([-0.25]), vi=array([0.021875]))
    """
    a, b, c, d = _cells(event_e, n_e, event_c, n_c, cc, scope, drop00)
    return _estimable(lambda: a / (a + b) - c / (c + d), lambda: a * b / (a + b) ** 3 + c * d / (c + d) ** 3)


# ---- means ----------------------------------------------------------------------------------------------------------


def mean_difference(
    mean_e: ArrayLike,
    sd_e: ArrayLike,
    n_e: ArrayLike,
    mean_c: ArrayLike,
    sd_c: ArrayLike,
    n_c: ArrayLike,
    *,
    vtype: Literal["LS", "HO"] = "LS",
) -> EffectSize:
    """Mean difference, experimental minus control.

    Parameters
    ----------
    mean_e, sd_e, n_e, mean_c, sd_c, n_c : array_like, shape (k,)
        Mean and standard deviation of the outcome, in one unit, and patients of each arm.
    vtype : {"LS", "HO"}
        Variance with each arm's own SD (metafor's default, and RevMan's), or with the pooled one (homoscedastic).

    Returns
    -------
    EffectSize
        In the outcome's unit, variance in its square, shape (k,).

    Raises
    ------
    ArgumentError
        A standard deviation or n that is not above 0.

    References
    ----------
    .. [1] Higgins et al. Cochrane Handbook for Systematic Reviews of Interventions, section 6.5.1.1.

    Examples
    --------
    >>> mean_difference(12, 4, 16, 10, 3, 9)
    EffectSize(yi=array([2.]), vi=array([2.]))
    """
    one_of("vtype", vtype, ("LS", "HO"))
    m1, s1, n1, m2, s2, n2 = _means(mean_e, sd_e, n_e, mean_c, sd_c, n_c)
    if vtype == "HO":
        s1 = s2 = _pooled_sd(s1, n1, s2, n2)
    return _estimable(lambda: m1 - m2, lambda: s1**2 / n1 + s2**2 / n2)


def standardized_mean_difference(
    mean_e: ArrayLike,
    sd_e: ArrayLike,
    n_e: ArrayLike,
    mean_c: ArrayLike,
    sd_c: ArrayLike,
    n_c: ArrayLike,
    *,
    vtype: Literal["LS", "UB"] = "LS",
    correct: bool = True,
) -> EffectSize:
    """Standardised mean difference, Hedges' g; parameters and errors as in `mean_difference` [1]_.

    Parameters
    ----------
    vtype : {"LS", "UB"}
        Large-sample variance (metafor's default), or Hedges' unbiased one.
    correct : bool
        Whether the exact small-sample correction is applied (g) or not (Cohen's d with the pooled SD).

    Returns
    -------
    EffectSize
        In pooled standard deviations, shape (k,); nan where the two arms together have fewer than 4 patients.

    Notes
    -----
    ``g = J d`` with ``J = G(m/2) / (sqrt(m/2) G((m-1)/2))``, G the gamma function, ``m = n1 + n2 - 2``.
    LS: ``1/n1 + 1/n2 + g**2 / (2 (n1 + n2))``; UB: ``1/n1 + 1/n2 + (1 - (m-2) / (m J**2)) g**2``. Without
    the correction J is 1 in both.

    References
    ----------
    .. [1] Hedges (1981). Journal of Educational Statistics 6, 107-128; Hedges (1982). Psychological Bulletin 92,
       490-499.

    Examples
    --------
    >>> standardized_mean_difference(12, 4, 10, 10, 4, 10).yi.round(4).tolist()
    [0.4789]
    """
    one_of("vtype", vtype, ("LS", "UB"))
    m1, s1, n1, m2, s2, n2 = _means(mean_e, sd_e, n_e, mean_c, sd_c, n_c)
    m = np.where(n1 + n2 - 2 >= 2, n1 + n2 - 2, np.nan)
    factor = _hedges_factor(m) if correct else np.ones_like(m)
    g = factor * (m1 - m2) / _pooled_sd(s1, n1, s2, n2)
    of_g = 1 / (2 * (n1 + n2)) if vtype == "LS" else 1 - (m - 2) / (m * factor**2)
    return _estimable(lambda: g, lambda: 1 / n1 + 1 / n2 + of_g * g**2)


def log_ratio_of_means(
    mean_e: ArrayLike,
    sd_e: ArrayLike,
    n_e: ArrayLike,
    mean_c: ArrayLike,
    sd_c: ArrayLike,
    n_c: ArrayLike,
    *,
    correct: bool = True,
) -> EffectSize:
    """Log ratio of means, experimental over control [1]_; parameters and errors as in `mean_difference`.

    Parameters
    ----------
    correct : bool
        Whether the second-order small-sample bias is removed [2]_, as metafor does since version 5; RevMan, R's meta
        and older metafor do not.

    Returns
    -------
    EffectSize
        Natural log, shape (k,); nan where the means are not of the same sign.

    Notes
    -----
    ``log(m1 / m2)``, with ``correct`` plus ``(cv1**2 / n1 - cv2**2 / n2) / 2``; variance ``cv1**2 / n1 + cv2**2 / n2``,
    where ``cv = sd / mean``.

    References
    ----------
    .. [1] Hedges, Gurevitch & Curtis (1999). Ecology 80, 1150-1156.
    .. [2] Lajeunesse (2015). Ecology 96, 2056-2063.

    Examples
    --------
    >>> log_ratio_of_means(8, 4, 16, 16, 4, 16, correct=False)
    EffectSize(yi=array([-0.69314718]), vi=array([0.01953125]))
    """
    m1, s1, n1, m2, s2, n2 = _means(mean_e, sd_e, n_e, mean_c, sd_c, n_c)
    with np.errstate(divide="ignore"):
        v1, v2 = (s1 / m1) ** 2 / n1, (s2 / m2) ** 2 / n2
    bias = (v1 - v2) / 2 if correct else 0.0
    return _estimable(lambda: np.log(m1 / m2) + bias, lambda: v1 + v2)


# ---- between arms ---------------------------------------------------------------------------------------------------


def log_ratio_of_medians(median_e: ArrayLike, median_c: ArrayLike, p_value: ArrayLike) -> EffectSize:
    """Log ratio of medians, experimental over control, with a standard error from the p-value: an approximation [1]_.

    Parameters
    ----------
    median_e, median_c : array_like, shape (k,)
        Medians of the two arms, above 0.
    p_value : array_like, shape (k,)
        Two-sided p-value.

    Returns
    -------
    EffectSize
        Natural log, shape (k,); nan where the p-value is 0 or 1 or the medians are equal: no standard error follows.

    Raises
    ------
    ArgumentError
        A median not above 0, a p-value outside 0 to 1.

    Notes
    -----
    ``yi = log(median_e / median_c)``, ``se = |yi| / z``, z the normal quantile of ``1 - p / 2``. It assumes that the
    p-value is of a two-sided test of this same contrast with an approximately normal statistic. A rank or log-rank test
    is not quite that, so use it only where a paper gives medians and a p-value and nothing else, and say so.

    References
    ----------
    .. [1] Higgins et al. Cochrane Handbook for Systematic Reviews of Interventions, section 6.3.2 (standard error from
       a p-value) and section 6.5.2 (medians).

    Examples
    --------
    >>> effect = log_ratio_of_medians(17.5, 28, 0.042)
    >>> effect.yi.round(4).tolist(), effect.sei.round(4).tolist()
    ([-0.47], [0.2311])
    """
    from scipy.special import ndtri  # 0.2 s to import, and only this measure needs it

    e, c, p = _broadcast(median_e=median_e, median_c=median_c, p_value=p_value)
    require(e > 0, "median_e", e, "a median above 0 is needed for a ratio")
    require(c > 0, "median_c", c, "a median above 0 is needed for a ratio")
    require((p >= 0) & (p <= 1), "p_value", p, "a p-value is between 0 and 1")
    yi = np.log(e / c)
    with np.errstate(divide="ignore", invalid="ignore"):
        return _estimable(lambda: yi, lambda: (yi / ndtri(p / 2)) ** 2)


def generic(estimate: ArrayLike, se: ArrayLike) -> EffectSize:
    """Estimates with standard errors, as reported, on the scale they are analysed on (a hazard ratio as its log).

    Parameters
    ----------
    estimate, se : array_like, shape (k,)
        Estimates, and standard errors above 0.

    Returns
    -------
    EffectSize
        On the given scale, shape (k,).

    Raises
    ------
    ArgumentError
        A standard error that is not above 0.

    Examples
    --------
    >>> generic(-0.2, 0.1).vi.round(4).tolist()
    [0.01]
    """
    yi, sei = _broadcast(estimate=estimate, se=se)
    require(sei > 0, "se", sei, "a standard error is above 0")
    return _estimable(lambda: yi, lambda: sei**2)


MEASURES: dict[str, Measure] = {
    measure.name: measure
    for measure in (
        Measure("RR", "Risk ratio", log_risk_ratio, arms="events", log=True),
        Measure("OR", "Odds ratio", log_odds_ratio, arms="events", log=True),
        Measure("RD", "Risk difference", risk_difference, arms="events", log=False),
        Measure("MD", "Mean difference", mean_difference, arms="means", log=False),
        Measure("SMD", "Standardised mean difference", standardized_mean_difference, arms="means", log=False),
        Measure("ROM", "Ratio of means", log_ratio_of_means, arms="means", log=True),
        Measure("LRM", "Ratio of medians", log_ratio_of_medians, arms="generic", log=True),
        Measure("GEN", "Estimate", generic, arms="generic", log=False),
    )
}


# ---- shared steps ---------------------------------------------------------------------------------------------------


def _broadcast(**arguments: ArrayLike) -> list[Array]:
    """Return the arguments as arrays of one length (a single number stands for every study)."""
    arrays = {name: numbers(name, values) for name, values in arguments.items()}
    try:
        return [np.atleast_1d(array) for array in np.broadcast_arrays(*arrays.values())]
    except ValueError:
        lengths = ", ".join(f"{name} {array.size}" for name, array in arrays.items())
        raise ArgumentError(f"the arguments differ in length ({lengths}); one number per study is needed") from None


def _cells(
    event_e: ArrayLike, n_e: ArrayLike, event_c: ArrayLike, n_c: ArrayLike, cc: float, scope: Scope, drop00: bool
) -> tuple[Array, Array, Array, Array]:
    """Return events and non-events of both arms, checked and with the continuity correction."""
    a, n1, c, n2 = _broadcast(event_e=event_e, n_e=n_e, event_c=event_c, n_c=n_c)
    one_of("scope", scope, SCOPES)
    require(numbers("cc", cc) >= 0, "cc", numbers("cc", cc), "a correction of 0 or more is needed")
    for arm, events, n in (("e", a, n1), ("c", c, n2)):
        require(n > 0, f"n_{arm}", n, "an arm needs patients")
        require((events >= 0) & ~(events > n), f"event_{arm}", events, f"events lie between 0 and n_{arm}")
    b, d = n1 - a, n2 - c
    zero = (a == 0) | (b == 0) | (c == 0) | (d == 0)
    corrected = {"only-zero": zero, "all": True, "if-any": zero.any(), "none": False}[scope]
    kept = np.where(drop00 & (((a == 0) & (c == 0)) | ((b == 0) & (d == 0))), np.nan, 1.0)
    a, b, c, d = (kept * (cell + cc * np.asarray(corrected, dtype=np.float64)) for cell in (a, b, c, d))
    return a, b, c, d


def _means(
    mean_e: ArrayLike, sd_e: ArrayLike, n_e: ArrayLike, mean_c: ArrayLike, sd_c: ArrayLike, n_c: ArrayLike
) -> list[Array]:
    """Return the six numbers of two arms, checked."""
    arrays = _broadcast(mean_e=mean_e, sd_e=sd_e, n_e=n_e, mean_c=mean_c, sd_c=sd_c, n_c=n_c)
    for arm, sd, n in (("e", arrays[1], arrays[2]), ("c", arrays[4], arrays[5])):
        require(sd > 0, f"sd_{arm}", sd, "a standard deviation is above 0")
        require(n > 0, f"n_{arm}", n, "an arm needs patients")
    return arrays


def _pooled_sd(s1: Array, n1: Array, s2: Array, n2: Array) -> Array:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.sqrt(((n1 - 1) * s1**2 + (n2 - 1) * s2**2) / (n1 + n2 - 2))


def _hedges_factor(m: Array) -> Array:
    """Return the exact correction J for m degrees of freedom."""
    lgamma = np.vectorize(math.lgamma, otypes=[np.float64])
    return np.asarray(np.exp(lgamma(m / 2) - lgamma((m - 1) / 2)) / np.sqrt(m / 2), dtype=np.float64)


def _estimable(estimate: Callable[[], Array], variance: Callable[[], Array]) -> EffectSize:
    """Evaluate both; a study without a finite estimate or a variance above 0 is nan in both."""
    with np.errstate(divide="ignore", invalid="ignore"):
        yi, vi = estimate(), variance()
        keep = np.isfinite(yi) & np.isfinite(vi) & (vi > 0)
    return EffectSize(yi=np.where(keep, yi, np.nan), vi=np.where(keep, vi, np.nan))
