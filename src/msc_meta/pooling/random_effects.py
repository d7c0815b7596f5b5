"""Pooling of independent effect sizes with inverse-variance weights: common-effect and random-effects models.

The fit is our own: a few sums of numpy and one bracketed search (``tau2``). PyMARE and statsmodels confirm it
(``borders``), they do not make it: importing PyMARE alone takes longer than all of ``msc-meta run``, and it has neither
Paule-Mandel nor the ad hoc variant nor a prediction interval.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from msc_meta.effects.arguments import Array, level_of, numbers, one_of
from msc_meta.effects.measures import MEASURES
from msc_meta.errors import ArgumentError
from msc_meta.pooling.results import NOWHERE, Interval, PooledResult, is_narrower
from msc_meta.pooling.studies import Studies
from msc_meta.pooling.tau2 import ESTIMATORS, estimate_tau2, q_profile

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

CI_METHODS: Final = ("wald", "hksj", "hksj-adhoc")
PREDICTIONS: Final = ("t(k-1)", "t(k-2)", "normal")
I2_DEFINITIONS: Final = ("tau2", "q")
ALIASES: Final = {"EE": "FE", "CE": "FE"}  # equal-effects, common-effect

LARGEST = 1e100  # effects and variances beyond this, or below its inverse, are no data


def pool(
    yi: ArrayLike,
    vi: ArrayLike,
    method: str = "REML",
    ci_method: str = "hksj",
    level: float = 0.95,
    prediction: str = "t(k-1)",
    measure: str = "GEN",
    i2_definition: str = "tau2",
) -> PooledResult:
    """Pool effect sizes of k independent studies.

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Estimates on the analysis scale (natural log for ratios) and sampling variances, above 0.
    method : str
        tau2 estimator: "REML", "DL", "PM", "ML", "EB", "HE", "HS" or "SJ"; "FE" (or "EE", "CE") for a common effect.
    ci_method : {"hksj", "hksj-adhoc", "wald"}
        Interval by Hartung-Knapp-Sidik-Jonkman on t with k-1 df [1]_, the same but never with a smaller standard error
        than Wald's [2]_, or by the normal distribution. A common effect and a single study always have Wald's.
    level : float
        Level of all intervals.
    prediction : {"t(k-1)", "t(k-2)", "normal"}
        Distribution of the prediction interval ``estimate +- quantile * sqrt(se**2 + tau2)`` [3]_.
    measure : str
        Name in ``MEASURES``, for display.
    i2_definition : {"tau2", "q"}
        What ``i2`` and ``h2`` are derived from; a common effect has only "q".

    Returns
    -------
    PooledResult
        Defined for every k: none is pooled for k = 0, one study is its own answer for k = 1.

    Raises
    ------
    ArgumentError
        A value that is not finite, a variance not above 0, different lengths, an unknown name.

    References
    ----------
    .. [1] Hartung & Knapp (2001). Statistics in Medicine 20, 3875-3889; Sidik & Jonkman (2002). Statistics in
       Medicine 21, 3153-3159.
    .. [2] Knapp & Hartung (2003). Statistics in Medicine 22, 2693-2710.
    .. [3] Higgins, Thompson & Spiegelhalter (2009). Journal of the Royal Statistical Society A 172, 137-159.

    Examples
    --------
    >>> result = pool([0.10, 0.50, -0.40], [0.04, 0.05, 0.03])
    >>> round(result.estimate, 4), round(result.tau2, 4), result.k
    (0.052, 0.1651, 3)
    """
    y, v = checked(yi, vi)
    fit = PooledResult(
        measure=one_of("measure", measure, MEASURES),
        k=y.size,
        method=one_of("method", ALIASES.get(method, method), ESTIMATORS),
        ci_method=one_of("ci_method", ci_method, CI_METHODS),
        prediction_method=one_of("prediction", prediction, PREDICTIONS),
        level=level_of(level),
        i2_definition=one_of("i2_definition", i2_definition, I2_DEFINITIONS),
    )
    if fit.k == 0:
        return replace(fit, notes=("No study can be pooled.",))
    if fit.k == 1 or fit.method == "FE":
        fit = _with_wald(fit)
    tau2 = estimate_tau2(fit.method, y, v) if fit.k > 1 else math.nan
    fit = _with_effect(fit, y, v, tau2)
    return _with_notes(_with_heterogeneity(fit, y, v) if fit.k > 1 else fit)


def pool_at(
    fit: PooledResult, yi: Array, vi: Array, tau2: float, factor: float, df: int | None, ci_method: str
) -> PooledResult:
    """Return a fit of the same studies at a tau2 that others have a part in.

    The standard error is Wald's times ``factor``; intervals on t with ``df``, or normal (None). I2 stays that of Q.
    """
    weights = 1 / (vi + tau2)
    total = float(weights.sum())
    origin = float(yi[np.argmin(vi)])
    estimate = origin + float((weights * (yi - origin)).sum()) / total
    wald_se = math.sqrt(1 / total)
    se = factor * wald_se
    statistic = estimate / se if se > 0 else math.nan
    fewer = {"t(k-1)": 0, "t(k-2)": 1, "normal": None}[fit.prediction_method]
    reach = None if fewer is None else (fit.k - 1 if df is None else df) - fewer
    return replace(
        fit,
        ci_method=ci_method,
        i2_definition="q",
        i2=fit.i2_q,
        h2=fit.h2_q,
        estimate=estimate,
        se=se,
        df=df,
        statistic=statistic,
        p_value=two_sided(statistic, df),
        ci=interval(estimate, se, fit.level, df),
        wald_ci=interval(estimate, wald_se, fit.level, None),
        prediction=NOWHERE
        if reach == 0 or fit.k < 2 or fit.method == "FE"
        else interval(estimate, math.hypot(se, math.sqrt(tau2)), fit.level, reach),
        tau2=tau2,
        tau2_ci=NOWHERE,
        weights=tuple((100 * weights / total).tolist()),
        notes=("tau2 is common to all subgroups.",),
    )


def checked(yi: ArrayLike, vi: ArrayLike) -> tuple[Array, Array]:
    """Return effects and variances as arrays of one length, finite, the variances above 0; else complain."""
    arrays = []
    for name, values in (("yi", yi), ("vi", vi)):
        array = np.atleast_1d(numbers(name, values))
        for at in np.flatnonzero(np.isnan(array)):
            raise ArgumentError(f"{name}[{at}] is nan; leave a study without an estimate out")
        arrays.append(array)
    y, v = arrays
    if y.size != v.size:
        raise ArgumentError(f"yi has {y.size} values and vi has {v.size}; one of each per study is needed")
    for at in np.flatnonzero(v <= 0):
        raise ArgumentError(f"vi[{at}] is {v[at]:.15g}; a sampling variance is above 0")
    for name, values, bad in (("yi", y, np.abs(y) > LARGEST), ("vi", v, (v < 1 / LARGEST) | (v > LARGEST))):
        for at in np.flatnonzero(bad):
            raise ArgumentError(
                f"{name}[{at}] is {values[at]:.3g}; squares of such numbers are beyond what can be computed"
            )
    return y, v


def _with_wald(fit: PooledResult) -> PooledResult:
    """Return the fit with Wald's interval, and say so where another one was asked for."""
    if fit.ci_method == "wald":
        return fit
    why = "one study has no spread of effects" if fit.k == 1 else "a common-effect model has no spread of effects"
    return replace(fit, ci_method="wald", notes=(*fit.notes, f"Interval by Wald's method: {why}."))


def _with_effect(fit: PooledResult, yi: Array, vi: Array, tau2: float) -> PooledResult:
    """Return the fit with estimate, standard error, test and intervals."""
    weights = 1 / (vi + (tau2 if fit.k > 1 else 0.0))
    total = float(weights.sum())
    origin = float(yi[np.argmin(vi)])  # sums of differences: a large common offset costs no digits
    estimate = origin + float((weights * (yi - origin)).sum()) / total
    wald_se = se = math.sqrt(1 / total)
    df = None
    if fit.ci_method != "wald":
        df = fit.k - 1
        factor = math.sqrt(float((weights * (yi - estimate) ** 2).sum()) / df)
        se *= max(1.0, factor) if fit.ci_method == "hksj-adhoc" else factor
    statistic = estimate / se if se > 0 else math.nan
    return replace(
        fit,
        estimate=estimate,
        se=se,
        df=df,
        statistic=statistic,
        p_value=two_sided(statistic, df),
        ci=interval(estimate, se, fit.level, df),
        wald_ci=interval(estimate, wald_se, fit.level, None),
        prediction=_prediction(fit, estimate, se, tau2),
        tau2=tau2,
        weights=tuple((100 * weights / total).tolist()),
    )


def _prediction(fit: PooledResult, estimate: float, se: float, tau2: float) -> Interval:
    if fit.k < 3 or fit.method == "FE":
        return NOWHERE
    df = {"t(k-1)": fit.k - 1, "t(k-2)": fit.k - 2, "normal": None}[fit.prediction_method]
    return interval(estimate, math.sqrt(se**2 + tau2), fit.level, df)


def _with_heterogeneity(fit: PooledResult, yi: Array, vi: Array) -> PooledResult:
    """Return the fit with Cochran's Q, I2 and H2 in both definitions, and the interval of tau2."""
    from scipy.special import chdtrc

    studies, df = Studies(yi, vi), fit.k - 1
    q = float(studies.cochran_q[0])
    i2_q, h2_q = 100 * max(0.0, (q - df) / q) if q > 0 else 0.0, q / df
    typical = float(studies.unit[0]) * df / float(studies.trace_at_zero[0])
    common = fit.method == "FE"  # tau2 is no estimate then: heterogeneity shows in Q alone
    from_q = common or fit.i2_definition == "q"
    profile = NOWHERE if common else Interval(*q_profile(yi, vi, fit.level))
    return replace(
        fit,
        i2_definition="q" if from_q else "tau2",
        i2=i2_q if from_q else 100 * fit.tau2 / (fit.tau2 + typical),
        h2=h2_q if from_q else fit.tau2 / typical + 1,
        i2_q=i2_q,
        h2_q=h2_q,
        q=q,
        q_df=df,
        q_p=float(chdtrc(df, q)),
        tau2_ci=profile,
        i2_ci=Interval(*(100 * bound / (bound + typical) for bound in profile)),
        h2_ci=Interval(*(bound / typical + 1 for bound in profile)),
    )


def _with_notes(fit: PooledResult) -> PooledResult:
    notes = list(fit.notes)
    if fit.k == 1:
        notes.append("One study: its own effect, an answer and not a pool; heterogeneity can not be estimated.")
    if is_narrower(fit.ci, fit.wald_ci):
        show = MEASURES[fit.measure].display
        low, high = (_three_digits(show(bound)) for bound in fit.wald_ci)
        notes.append(
            "The Hartung-Knapp-Sidik-Jonkman interval is narrower than Wald's "
            f"({low} to {high}): the effects differ less than their standard errors would suggest."
        )
    elif fit.k == 2 and fit.df == 1:
        notes.append(_on_two_studies(fit))
    return replace(fit, notes=tuple(notes))


def _on_two_studies(fit: PooledResult) -> str:
    sentence = "Two studies: the interval, on 1 degree of freedom, depends on how alike the two happen to be"
    wald_se = fit.wald_ci.width / interval(0.0, 1.0, fit.level, None).width
    if fit.se >= wald_se:
        return f"{sentence}."
    show = MEASURES[fit.measure].display
    low, high = (_three_digits(show(bound)) for bound in interval(fit.estimate, wald_se, fit.level, fit.df))
    return f"{sentence}; the one that allows for that (hksj-adhoc) is {low} to {high}."


def _three_digits(value: float) -> str:
    """Return a bound with three significant digits, zeros at its end too: ``0.492``, ``1.00``."""
    return f"{value:#.3g}".removesuffix(".")


def interval(estimate: float, se: float, level: float, df: int | None) -> Interval:
    """Return ``estimate +- quantile * se``, on t with ``df``, or normal (None)."""
    from scipy.special import ndtri, stdtrit

    tail = (1 - level) / 2
    quantile = -float(ndtri(tail) if df is None else stdtrit(df, tail))
    return Interval(estimate - quantile * se, estimate + quantile * se)


def two_sided(statistic: float, df: int | None) -> float:
    """Return the two-sided p-value of a statistic, on t with ``df``, or normal (None)."""
    from scipy.special import ndtr, stdtr

    return 2 * float(ndtr(-abs(statistic)) if df is None else stdtr(df, -abs(statistic)))
