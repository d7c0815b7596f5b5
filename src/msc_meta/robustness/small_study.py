"""Tests for small-study effects: whether small studies show other effects than large ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from msc_meta.effects.arguments import Array, broadcast, level_of, numbers, one_of, require
from msc_meta.effects.measures import effect_size
from msc_meta.errors import ArgumentError
from msc_meta.pooling.random_effects import ALIASES, checked
from msc_meta.pooling.results import Interval
from msc_meta.pooling.tau2 import ESTIMATORS
from msc_meta.robustness.asymmetry import AsymmetryTest, RankTest
from msc_meta.robustness.kendall import kendall
from msc_meta.robustness.regression import additive, multiplicative, varies

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

MODELS: Final = ("classical", "mixed-effects")
# name -> predictor of the effect from variances and sample sizes; an infinite study has 0 where it is decreasing
PREDICTORS: Final[dict[str, Callable[[Array, Array], Array]]] = {
    "sei": lambda vi, ni: np.sqrt(vi),
    "vi": lambda vi, ni: vi,
    "ni": lambda vi, ni: ni,
    "ninv": lambda vi, ni: 1 / ni,
    "sqrtni": lambda vi, ni: np.sqrt(ni),
    "sqrtninv": lambda vi, ni: 1 / np.sqrt(ni),
}
_WITH_LIMIT: Final = ("sei", "vi", "ninv", "sqrtninv")


def egger(
    yi: ArrayLike,
    vi: ArrayLike,
    ni: ArrayLike | None = None,
    model: str = "classical",
    predictor: str = "sei",
    method: str = "REML",
    level: float = 0.95,
) -> AsymmetryTest:
    """Egger's regression test: effects on their standard errors.

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Estimates on the analysis scale and sampling variances.
    ni : array_like, shape (k,), optional
        Patients per study, for the predictors that are made of them.
    model : {"classical", "mixed-effects"}
        Least squares with weights ``1 / vi``, the residual mean square as a factor of all variances, t with k-2 df
        [1]_; or meta-regression with tau2 added to them, normal distribution [2]_.
    predictor : {"sei", "vi", "ni", "ninv", "sqrtni", "sqrtninv"}
        Standard error, variance, patients, their inverse, root, inverse root. For standardised mean differences use
        "sqrtninv" with ``ni = n_e n_c / (n_e + n_c)``, which is the test of [3]_.
    method : str
        tau2 estimator of the mixed-effects model.
    level : float
        Level of ``limit_ci``.

    Returns
    -------
    AsymmetryTest
        ``intercept`` is Egger's: the slope of ``yi`` on the predictor. Undefined below three studies and where the
        predictor does not vary.

    Raises
    ------
    ArgumentError
        As in `pool`; a predictor that needs ``ni`` without it.

    Notes
    -----
    ``y_i = limit + b s_i`` with weights ``1 / s_i**2`` is ``y_i / s_i = b + limit / s_i``: ``b`` is the intercept of
    that, and ``limit`` the effect of a study without sampling error. Assumes that effect and standard error are
    independent in absence of small-study effects; see `small_study_effects`.

    References
    ----------
    .. [1] Egger, Davey Smith, Schneider & Minder (1997). BMJ 315, 629-634.
    .. [2] Thompson & Sharp (1999). Statistics in Medicine 18, 2693-2708; Sterne & Egger (2005), in Publication Bias
       in Meta-Analysis, chapter 6.
    .. [3] Pustejovsky & Rodgers (2019). Research Synthesis Methods 10, 57-71.

    Examples
    --------
    >>> test = egger([0.10, 0.50, 0.40, 0.90], [0.01, 0.05, 0.03, 0.2])
    >>> round(test.intercept, 3), round(test.p_value, 3)
    (2.706, 0.034)
    """
    y, v = checked(yi, vi)
    one_of("predictor", predictor, PREDICTORS)
    sizes = np.full(y.size, np.nan) if ni is None else _sizes(ni, y.size)
    if ni is None and predictor not in ("sei", "vi"):
        raise ArgumentError(f"predictor is {predictor!r}, which is made of ni; give the patients per study")
    return _regress("Egger", y, PREDICTORS[predictor](v, sizes), v, model, predictor, method, level)


def begg(yi: ArrayLike, vi: ArrayLike) -> RankTest:
    """Begg and Mazumdar's rank correlation test [1]_.

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Estimates on the analysis scale and sampling variances.

    Returns
    -------
    RankTest
        Kendall's tau-b; the p-value counts permutations where there are no ties, and is from the normal distribution
        (variance corrected for ties, no continuity correction) where there are. Undefined below two studies.

    Raises
    ------
    ArgumentError
        As in `pool`.

    Notes
    -----
    Correlates ``(y_i - mu) / sqrt(v_i - 1 / sum(1 / v))`` with ``v_i``, ``mu`` being the common effect.

    References
    ----------
    .. [1] Begg & Mazumdar (1994). Biometrics 50, 1088-1101.

    Examples
    --------
    >>> test = begg([0.10, 0.50, 0.40, 0.90], [0.01, 0.05, 0.03, 0.2])
    >>> round(test.tau, 3), round(test.p_value, 3), test.exact
    (1.0, 0.083, True)
    """
    y, v = checked(yi, vi)
    if y.size < 2:
        return RankTest(k=y.size)
    weights = 1 / v
    origin = float(y[np.argmin(v)])
    mean = origin + float((weights * (y - origin)).sum() / weights.sum())
    # v_i - 1 / sum(w) as a product, in which nothing cancels however large a study's weight
    others = np.array([np.delete(weights, at).sum() for at in range(y.size)])
    return kendall((y - mean) / np.sqrt(v * others / weights.sum()), v)


def peters(
    event_e: ArrayLike,
    n_e: ArrayLike,
    event_c: ArrayLike,
    n_c: ArrayLike,
    measure: str = "OR",
    level: float = 0.95,
) -> AsymmetryTest:
    """Peters' regression test for events: log ratios on the inverse of the sample size [1]_.

    Parameters
    ----------
    event_e, n_e, event_c, n_c : array_like, shape (k,)
        Patients with the event, and patients, of each arm.
    measure : {"OR", "RR"}
        Effect that is regressed; with the correction of `effect_size` for empty cells.
    level : float
        Level of ``limit_ci``.

    Returns
    -------
    AsymmetryTest
        ``intercept`` is the slope on ``1 / (n_e + n_c)``. A study without any event, or with events only, has no
        weight and is left out, with a note.

    Raises
    ------
    ArgumentError
        Events outside 0 to n, n not above 0, another measure.

    Notes
    -----
    Weighted least squares, weights ``e (n - e) / n`` with the events e and patients n of both arms: the inverse
    variance of the logit of the average risk, which does not depend on the effect.

    References
    ----------
    .. [1] Peters, Sutton, Jones, Abrams & Rushton (2006). JAMA 295, 676-680.

    Examples
    --------
    >>> test = peters([5, 3, 9, 12], [20, 10, 40, 80], [10, 6, 12, 13], [20, 10, 40, 80])
    >>> round(test.statistic, 3), test.df
    (-3.178, 2)
    """
    one_of("measure", measure, ("OR", "RR"))
    effects = effect_size(measure, event_e=event_e, n_e=n_e, event_c=event_c, n_c=n_c).yi
    tables = _Tables(event_e, n_e, event_c, n_c)
    kept = tables.informative & np.isfinite(effects)
    weights = tables.events * tables.others / tables.total
    found = _regress(
        "Peters", effects[kept], 1 / tables.total[kept], 1 / weights[kept], "classical", "1/n", "FE", level
    )
    return tables.with_note(found)


def harbord(
    event_e: ArrayLike,
    n_e: ArrayLike,
    event_c: ArrayLike,
    n_c: ArrayLike,
    measure: str = "OR",
    level: float = 0.95,
) -> AsymmetryTest:
    """Harbord's regression test for events: Egger's with the efficient score in place of the estimate [1]_.

    Parameters
    ----------
    event_e, n_e, event_c, n_c : array_like, shape (k,)
        Patients with the event, and patients, of each arm.
    measure : {"OR", "RR"}
        Of which the score is taken.
    level : float
        Level of ``limit_ci``.

    Returns
    -------
    AsymmetryTest
        ``intercept`` is the slope of Z/V on ``1 / sqrt(V)``. A study without any event, or with events only, has no
        score and is left out, with a note.

    Raises
    ------
    ArgumentError
        Events outside 0 to n, n not above 0, another measure.

    Notes
    -----
    With e events among n patients of both arms: for the odds ratio ``Z = event_e - e n_e / n`` and
    ``V = n_e n_c e (n - e) / (n**2 (n - 1))``; for the risk ratio [2]_ ``Z = (n event_e - e n_e) / (n - e)`` and
    ``V = n_e n_c e / (n (n - e))``. R's meta replaces the latter V by its value for arms of equal size,
    ``n e / (4 (n - e))``; so results for the risk ratio differ where arms do.

    References
    ----------
    .. [1] Harbord, Egger & Sterne (2006). Statistics in Medicine 25, 3443-3457.
    .. [2] Harbord, Harris & Sterne (2009). Stata Journal 9, 197-210.

    Examples
    --------
    >>> test = harbord([5, 3, 9, 12], [20, 10, 40, 80], [10, 6, 12, 13], [20, 10, 40, 80])
    >>> round(test.statistic, 3), test.df
    (-3.495, 2)
    """
    one_of("measure", measure, ("OR", "RR"))
    tables = _Tables(event_e, n_e, event_c, n_c)
    kept = tables.informative
    a, e, rest, n = (cells[kept] for cells in (tables.event_e, tables.events, tables.others, tables.total))
    n_e_, n_c_ = tables.n_e[kept], tables.n_c[kept]
    if measure == "OR":
        score, information = a - e * n_e_ / n, n_e_ * n_c_ * e * rest / (n**2 * (n - 1))
    else:
        score, information = (n * a - e * n_e_) / rest, n_e_ * n_c_ * e / (n * rest)
    y, v = score / information, 1 / information
    return tables.with_note(_regress("Harbord", y, np.sqrt(v), v, "classical", "1/sqrt(V)", "FE", level))


class _Tables:
    """Two-by-two tables of k studies, checked; ``events`` and ``others`` of both arms together."""

    def __init__(self, event_e: ArrayLike, n_e: ArrayLike, event_c: ArrayLike, n_c: ArrayLike) -> None:
        a, n1, c, n2 = broadcast(event_e=event_e, n_e=n_e, event_c=event_c, n_c=n_c)
        for arm, events, n in (("e", a, n1), ("c", c, n2)):
            require(n > 0, f"n_{arm}", n, "an arm needs patients")
            require((events >= 0) & ~(events > n), f"event_{arm}", events, f"events lie between 0 and n_{arm}")
        self.event_e, self.n_e, self.n_c = a, n1, n2
        self.events, self.total = a + c, n1 + n2
        self.others = self.total - self.events
        self.informative = (self.events > 0) & (self.others > 0)  # nan is neither

    def with_note(self, found: AsymmetryTest) -> AsymmetryTest:
        left_out = self.total.size - found.k
        if not left_out:
            return found
        note = f"{left_out} of {self.total.size} studies left out: no event, events only, or numbers missing."
        return replace(found, notes=(*found.notes, note))


def _sizes(ni: ArrayLike, k: int) -> Array:
    sizes = np.atleast_1d(numbers("ni", ni))
    if sizes.size != k:
        raise ArgumentError(f"ni has {sizes.size} values and yi has {k}; one of each per study is needed")
    for at in np.flatnonzero(~(sizes > 0)):
        raise ArgumentError(f"ni[{at}] is {sizes[at]:.15g}; a study has patients")
    return sizes


def _regress(
    test: str, y: Array, x: Array, v: Array, model: str, predictor: str, method: str, level: float
) -> AsymmetryTest:
    """Regress effects on a predictor, by one of the two models."""
    from scipy.special import ndtr, ndtri, stdtr, stdtrit

    known = one_of("method", ALIASES.get(method, method), ESTIMATORS)
    found = AsymmetryTest(
        test=test, model=one_of("model", model, MODELS), predictor=predictor, k=y.size, level=level_of(level)
    )
    if y.size < 3:
        return replace(found, notes=("A line needs three studies to be tested.",))
    if not varies(x):
        return replace(found, notes=("All studies are alike in the predictor; no line can be fitted.",))
    classical = model == "classical"
    line = multiplicative(y, x, v) if classical else additive(y, x, v, known)
    df = y.size - 2 if classical else None
    statistic = line.slope / line.slope_se if line.slope_se > 0 else np.nan
    tail = (1 - found.level) / 2
    reach = line.intercept_se * -float(ndtri(tail) if df is None else stdtrit(df, tail))
    limit = line.intercept if predictor in (*_WITH_LIMIT, "1/n", "1/sqrt(V)") else np.nan
    return replace(
        found,
        intercept=line.slope,
        intercept_se=line.slope_se,
        statistic=statistic,
        df=df,
        p_value=2 * float(ndtr(-abs(statistic)) if df is None else stdtr(df, -abs(statistic))),
        limit_estimate=limit,
        limit_ci=Interval(limit - reach, limit + reach),
        tau2=line.tau2,
    )
