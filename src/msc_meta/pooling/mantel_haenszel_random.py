"""Random effects with DerSimonian and Laird's tau2 about the Mantel-Haenszel effect: RevMan's "M-H, Random"."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from msc_meta.effects.arguments import Array
from msc_meta.pooling.random_effects import interval, pool, pool_at
from msc_meta.pooling.results import NOWHERE, PooledResult

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def random_about(common: PooledResult, yi: ArrayLike, vi: ArrayLike, **options: Any) -> PooledResult:
    """Pool effects with the tau2 that their heterogeneity about a Mantel-Haenszel effect gives [1]_.

    Parameters
    ----------
    common : PooledResult
        What `mantel_haenszel` gives for the same studies; its ``q`` is their heterogeneity about that effect.
    yi, vi : array_like, shape (k,)
        The studies' effects and variances, on the analysis scale.
    **options
        ``ci_method``, ``level``, ``prediction`` and ``measure``, as `pool` takes them.

    Returns
    -------
    PooledResult
        ``method`` "DL-MH"; Q, I2 and H2 are those about the Mantel-Haenszel effect.

    Notes
    -----
    ``tau2 = max(0, (Q - (k - 1)) / (sum(w) - sum(w**2) / sum(w)))`` with ``w = 1 / vi``, as DerSimonian and Laird, but
    Q about the Mantel-Haenszel and not about the inverse-variance estimate.

    References
    ----------
    .. [1] Deeks & Higgins (2010). Statistical algorithms in Review Manager 5. The Cochrane Collaboration.

    Examples
    --------
    >>> from msc_meta import effect_size, mantel_haenszel
    >>> counts = dict(event_e=[5, 20, 4], n_e=[50, 60, 40], event_c=[15, 18, 12], n_c=[50, 60, 40])
    >>> effects = effect_size("RR", **counts)
    >>> random = random_about(mantel_haenszel("RR", **counts), effects.yi, effects.vi, ci_method="wald", measure="RR")
    >>> round(random.tau2, 4), round(random.display().estimate, 4)
    (0.4825, 0.5389)
    """
    y, v = np.asarray(yi, dtype=np.float64), np.asarray(vi, dtype=np.float64)
    fit = replace(pool(y, v, method="DL", i2_definition="q", **options), method="DL-MH")
    if fit.k < 2 or math.isnan(common.q):
        return fit
    q, df = common.q, fit.k - 1
    weights = 1 / v
    tau2 = max(0.0, (q - df) / float(weights.sum() - (weights**2).sum() / weights.sum()))
    i2, h2 = (100 * max(0.0, (q - df) / q) if q > 0 else 0.0), q / df
    fit = replace(fit, q=q, q_df=df, q_p=common.q_p, i2=i2, h2=h2, i2_q=i2, h2_q=h2)
    fit = replace(fit, tau2_ci=NOWHERE, i2_ci=NOWHERE, h2_ci=NOWHERE)
    at = pool_at(fit, y, v, tau2, _spread(fit, y, v, tau2), None if fit.ci_method == "wald" else df, fit.ci_method)
    spread = math.sqrt(at.se**2 + tau2)
    reach = {"t(k-1)": df, "t(k-2)": df - 1, "normal": None}[fit.prediction_method]
    prediction = interval(at.estimate, spread, fit.level, reach) if fit.k > 2 else NOWHERE
    return replace(at, prediction=prediction, notes=())


def _spread(fit: PooledResult, yi: Array, vi: Array, tau2: float) -> float:
    """Return what Wald's standard error is multiplied by, for the interval that was asked for."""
    if fit.ci_method == "wald":
        return 1.0
    weights = 1 / (vi + tau2)
    centre = float((weights * yi).sum() / weights.sum())
    factor = math.sqrt(float((weights * (yi - centre) ** 2).sum()) / (fit.k - 1))
    return max(1.0, factor) if fit.ci_method == "hksj-adhoc" else factor
