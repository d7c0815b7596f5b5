"""Limit meta-analysis: the effect that studies of infinite precision would show, given small-study effects."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from msc_meta.effects.arguments import Array, level_of
from msc_meta.plain_values import plain_value
from msc_meta.pooling.random_effects import checked, pool
from msc_meta.pooling.results import NOWHERE, Interval
from msc_meta.robustness.asymmetry import ENOUGH, too_few
from msc_meta.robustness.regression import varies

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitEstimate:
    """Result of `limit_estimate`, on the analysis scale; nan where undefined.

    Attributes
    ----------
    estimate, se, ci, p_value : float, float, Interval, float
        Effect of an infinitely precise study, by the normal distribution.
    alpha, beta : float
        Intercept (small-study effects) and slope of the generalised radial plot.
    q, q_small, q_residual : float
        Cochran's Q, its part that a line explains (small-study effects), and the rest.
    q_small_p : float
        Test of small-study effects beyond sampling error: ``q_small`` on 1 df.
    g2 : float
        Share, 0 to 1, of the heterogeneity that is left once small-study effects are allowed for.
    tau : float
        Between-study standard deviation.
    """

    k: int
    level: float
    method: str
    estimate: float = math.nan
    se: float = math.nan
    ci: Interval = NOWHERE
    p_value: float = math.nan
    alpha: float = math.nan
    beta: float = math.nan
    q: float = math.nan
    q_small: float = math.nan
    q_small_p: float = math.nan
    q_residual: float = math.nan
    g2: float = math.nan
    tau: float = math.nan

    @property
    def verdict(self) -> str:
        """What the estimate stands for, in a sentence."""
        if self.k < ENOUGH:
            return too_few(self.k)
        if math.isnan(self.estimate):
            return "All studies are alike in precision; no limit can be estimated."
        return f"Allowing for small-study effects, the effect of an infinitely precise study is {self.estimate:.3g}."

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values, undefined numbers as None."""
        values = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "ci"}
        values |= {"ci_low": self.ci.low, "ci_high": self.ci.high}
        return {name: plain_value(value) for name, value in values.items()} | {"verdict": self.verdict}


def limit_estimate(yi: ArrayLike, vi: ArrayLike, method: str = "REML", level: float = 0.95) -> LimitEstimate:
    """Limit meta-analysis by Rücker [1]_, adjusted by the expectation of the limit (``beta0``).

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Estimates on the analysis scale and sampling variances.
    method : str
        tau2 estimator.
    level : float
        Level of the interval.

    Returns
    -------
    LimitEstimate
        Undefined below three studies and where all have the same variance.

    Raises
    ------
    ArgumentError
        As in `pool`.

    Notes
    -----
    Regress ``y_i / s_i`` on ``1 / s_i`` with ``s_i = sqrt(v_i + tau2)``: intercept alpha, slope beta. A study whose
    sampling error goes to 0 has ``s = tau`` and the expected effect ``beta + tau alpha``; with ``x = 1 / s`` its
    variance is ``mean((1 - tau x)**2) / sum((x - mean(x))**2)``. The limit of `egger`, in contrast, is the effect at
    s = 0 of a line through all effects. Assumes a linear trend of effects in their standard errors.

    References
    ----------
    .. [1] Rücker, Schwarzer, Carpenter, Binder & Schumacher (2011). Biostatistics 12, 122-142.

    Examples
    --------
    >>> found = limit_estimate([0.10, 0.50, 0.40, 0.90, -0.3], [0.01, 0.05, 0.03, 0.2, 0.1])
    >>> round(found.estimate, 3), round(found.se, 3)
    (0.157, 0.212)
    """
    from scipy.special import chdtrc, ndtr, ndtri

    y, v = checked(yi, vi)
    whole = pool(y, v, method, "wald", level=level_of(level))
    found = LimitEstimate(k=y.size, level=whole.level, method=whole.method)
    sei = np.sqrt(v)
    if y.size < 3 or not varies(sei):
        return found
    total = np.sqrt(v + whole.tau2)
    alpha, beta, _, _ = _radial(y, total)
    limits = beta + whole.tau / total * (y - beta)  # the studies, each with a sampling error that has gone to 0
    _, _, _, g2 = _radial(limits, sei)
    _, _, residual, _ = _radial(y, sei)
    estimate = beta + whole.tau * alpha
    x = 1 / total
    se = math.sqrt(float(((whole.tau * x - 1) ** 2).mean() / ((x - x.mean()) ** 2).sum()))
    reach = -float(ndtri((1 - whole.level) / 2)) * se
    small = max(0.0, whole.q - residual)
    return LimitEstimate(
        k=y.size,
        level=whole.level,
        method=whole.method,
        estimate=estimate,
        se=se,
        ci=Interval(estimate - reach, estimate + reach),
        p_value=2 * float(ndtr(-abs(estimate / se))),
        alpha=alpha,
        beta=beta,
        q=whole.q,
        q_small=small,
        q_small_p=float(chdtrc(1, small)),
        q_residual=residual,
        g2=g2,
        tau=whole.tau,
    )


def _radial(effects: Array, errors: Array) -> tuple[float, float, float, float]:
    """Regress effects / errors on 1 / errors; return intercept, slope, residual sum of squares and 1 - R2."""
    x, y = 1 / errors, effects / errors
    dx, dy = x - x.mean(), y - y.mean()
    slope = float((dx * dy).sum() / (dx**2).sum())
    residual, whole = float(((dy - slope * dx) ** 2).sum()), float((dy**2).sum())
    return float(y.mean()) - slope * float(x.mean()), slope, residual, residual / whole if whole > 0 else math.nan
