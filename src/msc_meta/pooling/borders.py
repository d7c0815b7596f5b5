"""The one place where PyMARE and statsmodels are met: two independent engines that confirm our fits.

Our own kernel fits (`random_effects`), for three reasons: importing PyMARE takes 1.3 s, longer than all of
``msc-meta run`` may; neither library has the ad hoc variant, a prediction interval or all estimators of tau2; and
statsmodels' DerSimonian-Laird is not cut at zero. Shapes, key names and defaults of both end here, and every default
that matters is named.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from msc_meta.effects.arguments import one_of
from msc_meta.errors import ArgumentError
from msc_meta.pooling.random_effects import checked
from msc_meta.pooling.tau2 import estimate_tau2

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from msc_meta.pooling.results import PooledResult

PYMARE_METHODS: Final = ("REML", "ML", "DL", "FE")
STATSMODELS_METHODS: Final = ("PM", "DL")
_CORRECTIONS: Final = {"hksj": "knapp-hartung", "wald": "wald"}  # PyMARE's words


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """One number of ours beside that of another engine."""

    engine: str
    quantity: str
    ours: float
    theirs: float

    @property
    def difference(self) -> float:
        """Ours minus theirs."""
        return self.ours - self.theirs


def fit_pymare(
    yi: ArrayLike, vi: ArrayLike, method: str = "REML", ci_method: str = "hksj", level: float = 0.95
) -> dict[str, float]:
    """Fit by PyMARE; k >= 2 studies.

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Estimates and sampling variances.
    method : {"REML", "ML", "DL", "FE"}
        tau2 estimator, "FE" for a common effect (which has Wald's interval only).
    ci_method : {"hksj", "wald"}
        Kind of interval.
    level : float
        Level of the interval.

    Returns
    -------
    dict
        "tau2", "estimate", "se", "ci_low", "ci_high".

    Examples
    --------
    >>> fit = fit_pymare([0.10, 0.50, -0.40], [0.04, 0.05, 0.03], method="DL")
    >>> round(fit["tau2"], 4)
    0.1679
    """
    from pymare import Dataset
    from pymare.estimators import DerSimonianLaird, VarianceBasedLikelihoodEstimator, WeightedLeastSquares

    y, v = checked(yi, vi)
    one_of("method", method, PYMARE_METHODS)
    correction = _CORRECTIONS[one_of("ci_method", ci_method, _CORRECTIONS)]
    estimator: Any
    if method == "FE":
        estimator = WeightedLeastSquares(tau2=0.0, small_sample_correction="wald")
    elif method == "DL":
        estimator = DerSimonianLaird(small_sample_correction=correction)
    else:
        estimator = VarianceBasedLikelihoodEstimator(method=method, small_sample_correction=correction)
    # fit_dataset, not fit: results of fit() lack what the summary needs
    summary = estimator.fit_dataset(Dataset(y=y, v=v, add_intercept=True)).summary()
    stats = summary.get_fe_stats(alpha=1 - level)
    raw = {"tau2": summary.tau2, "estimate": stats["est"], "se": stats["se"]}
    raw |= {"ci_low": stats["ci_l"], "ci_high": stats["ci_u"]}
    return {name: float(np.squeeze(value)) for name, value in raw.items()}


def fit_statsmodels(
    yi: ArrayLike, vi: ArrayLike, method: str = "PM", ci_method: str = "hksj", level: float = 0.95
) -> dict[str, float]:
    """Fit by statsmodels; k >= 2 studies.

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Estimates and sampling variances.
    method : {"PM", "DL"}
        tau2 estimator; DL only where it is above 0, since statsmodels goes on with a negative one.
    ci_method : {"hksj", "wald"}
        Kind of interval; "hksj" on t with k-1 df.
    level : float
        Level of the interval.

    Returns
    -------
    dict
        "tau2", "estimate", "se", "ci_low", "ci_high".

    Raises
    ------
    ArgumentError
        DL where its tau2 is not above 0.

    Examples
    --------
    >>> fit = fit_statsmodels([0.10, 0.50, -0.40], [0.04, 0.05, 0.03], method="DL")
    >>> round(fit["tau2"], 4)
    0.1679
    """
    from statsmodels.stats.meta_analysis import combine_effects

    y, v = checked(yi, vi)
    one_of("method", method, STATSMODELS_METHODS)
    one_of("ci_method", ci_method, _CORRECTIONS)
    if method == "DL" and estimate_tau2("DL", y, v) == 0:
        raise ArgumentError(
            "method is 'DL' and its tau2 is 0 or below, which statsmodels does not cut at zero; use 'PM'"
        )
    # PM stops where Q is within atol of k - 1; no tighter, since an iterate that rounding puts past the root becomes 0
    options = {} if method == "DL" else {"atol": 1e-6, "maxiter": 1000}
    fit = combine_effects(y, v, method_re={"PM": "iterated", "DL": "dl"}[method], use_t=False, **options)
    hksj = ci_method == "hksj"
    _, wald_ci, _, hksj_ci = fit.conf_int(alpha=1 - level, use_t=hksj)  # the others are of the common effect
    low, high = hksj_ci if hksj else wald_ci
    se = np.sqrt(fit.var_hksj_re) if hksj else fit.sd_eff_w_re
    raw = {"tau2": fit.tau2, "estimate": fit.mean_effect_re, "se": se, "ci_low": low, "ci_high": high}
    return {name: float(value) for name, value in raw.items()}


def confirm(yi: ArrayLike, vi: ArrayLike, result: PooledResult) -> tuple[Confirmation, ...]:
    """Set a result beside every engine that knows its method; nothing where none does (one study, other estimators).

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        What ``result`` was pooled from.
    result : PooledResult
        Ours.

    Returns
    -------
    tuple of Confirmation
        tau2, estimate, standard error and bounds of each engine.

    Examples
    --------
    >>> from msc_meta.pooling.random_effects import pool
    >>> y, v = [0.10, 0.50, -0.40], [0.04, 0.05, 0.03]
    >>> [c.quantity for c in confirm(y, v, pool(y, v)) if abs(c.difference) > 1e-6]
    []
    """
    if result.k < 2 or result.ci_method not in _CORRECTIONS:
        return ()
    ours = {"tau2": result.tau2, "estimate": result.estimate, "se": result.se}
    ours |= {"ci_low": result.ci.low, "ci_high": result.ci.high}
    engines = []
    if result.method in PYMARE_METHODS:
        engines.append(("PyMARE", fit_pymare))
    if result.method == "PM" or (result.method == "DL" and result.tau2 > 0):
        engines.append(("statsmodels", fit_statsmodels))
    return tuple(
        Confirmation(engine=engine, quantity=quantity, ours=ours[quantity], theirs=theirs)
        for engine, fit in engines
        for quantity, theirs in fit(yi, vi, result.method, result.ci_method, result.level).items()
    )
