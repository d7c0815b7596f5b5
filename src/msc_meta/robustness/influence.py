"""Which studies drive a pooled effect: deletion diagnostics, and the coordinates of Baujat's plot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from msc_meta.effects.arguments import Array
from msc_meta.pooling.random_effects import checked, pool
from msc_meta.robustness.leave_one_out import frame, names, refits_without_each

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

    from msc_meta.pooling.results import PooledResult


def influence(
    yi: ArrayLike,
    vi: ArrayLike,
    method: str = "REML",
    ci_method: str = "hksj",
    level: float = 0.95,
    measure: str = "GEN",
    labels: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Diagnose what each study does to the pool, by deleting it [1]_; parameters and errors as in `leave_one_out`.

    Returns
    -------
    pandas.DataFrame
        A row per study with the columns of `leave_one_out` (the pool without it) and then ``rstudent``, ``dffits``,
        ``cook_d``, ``cov_r``, ``tau2_del``, ``q_del``, ``hat``, ``weight`` (percent), ``dfbs``, ``influential``.
        Below two studies the diagnostics are nan.

    Notes
    -----
    With ``mu`` and ``tau2`` of all studies, ``mu_i`` and ``tau2_i`` of those without study i, and the model's own
    variance of a pooled effect ``var(tau2) = 1 / sum(1 / (v + tau2))``, the sum over the studies pooled:

    - ``rstudent``: ``(y_i - mu_i) / sqrt(v_i + tau2_i + var_i)``, a standard normal where the study fits the others;
    - ``hat``: ``h_i``, the share of the weight; ``dffits``: ``(mu - mu_i) / sqrt(h_i (v_i + tau2_i))``;
    - ``cook_d``: ``(mu - mu_i)**2 / var``; ``cov_r``: ``var_i / var``;
    - ``dfbs``: ``(mu - mu_i) / sqrt(var(tau2_i))``, the variance summed over all studies.

    ``influential`` by metafor's rule: ``|dffits| > 3 sqrt(1 / (k - 1))``, or Cook's distance beyond the median of
    chi-squared on 1 df, or ``h_i > 3 / k``, or ``|dfbs| > 1``. The diagnostics rest on the model's variance whatever
    ``ci_method`` is: it concerns standard error, test and intervals of the refits.

    References
    ----------
    .. [1] Viechtbauer & Cheung (2010). Research Synthesis Methods 1, 112-125.

    Examples
    --------
    >>> table = influence([0.10, 0.50, -0.40], [0.04, 0.05, 0.03])
    >>> table["rstudent"].round(2).tolist()
    [0.08, 1.47, -2.12]
    """
    y, v = checked(yi, vi)
    refits = refits_without_each(y, v, method, ci_method, level, measure)
    table = frame(refits, names(labels, y.size))
    found = deletions(y, v, method, refits)
    for column in found.__slots__:
        table[column] = getattr(found, column)
    return table


def baujat(yi: ArrayLike, vi: ArrayLike, method: str = "REML", labels: Sequence[str] | None = None) -> pd.DataFrame:
    """Return the coordinates of Baujat's plot [1]_; parameters and errors as in `leave_one_out`.

    Returns
    -------
    pandas.DataFrame
        A row per study: ``study``, ``x`` the squared Pearson residual ``(y_i - mu)**2 / (v_i + tau2)`` (the study's
        part of Cochran's Q for a common effect), ``y`` its influence ``(mu - mu_i)**2 / var_i``, both without unit.

    References
    ----------
    .. [1] Baujat, Mahe, Pignon & Hill (2002). Statistics in Medicine 21, 2641-2652.

    Examples
    --------
    >>> baujat([0.10, 0.50, -0.40], [0.04, 0.05, 0.03], "FE").round(2).values.tolist()
    [[0.0, 0.31, 0.14], [1.0, 5.22, 1.79], [2.0, 5.05, 3.74]]
    """
    import pandas as pd

    y, v = checked(yi, vi)
    whole = pool(y, v, method, "wald")
    tau2, refits = _between(whole), refits_without_each(y, v, method, "wald")
    without = np.array([fit.estimate for fit in refits])
    variance = np.array([fit.se for fit in refits]) ** 2
    found = {
        "study": names(labels, y.size),
        "x": (y - whole.estimate) ** 2 / (v + tau2),
        "y": (whole.estimate - without) ** 2 / variance,
    }
    return pd.DataFrame(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletions:
    """Diagnostics of k studies, each of shape (k,); `influence` says what they are."""

    rstudent: Array
    dffits: Array
    cook_d: Array
    cov_r: Array
    tau2_del: Array
    q_del: Array
    hat: Array
    weight: Array
    dfbs: Array
    influential: Array


def deletions(yi: Array, vi: Array, method: str, refits: Sequence[PooledResult]) -> Deletions:
    """Return the diagnostics, given the refits without each study; for reports that load no pandas.

    Examples
    --------
    >>> y, v = np.array([0.10, 0.50, -0.40]), np.array([0.04, 0.05, 0.03])
    >>> deletions(y, v, "REML", refits_without_each(y, v)).influential.tolist()
    [False, True, True]
    """
    from scipy.special import chdtri

    k, whole = yi.size, pool(yi, vi, method, "wald")
    variance = whole.se**2
    tau2_del = np.array([_between(fit) for fit in refits])
    totals = 1 / (vi + tau2_del[:, None])  # row i: weights of all studies at the tau2 without study i
    with np.errstate(divide="ignore", invalid="ignore"):  # one study: nothing is left without it
        variance_del = np.where(k > 1, 1 / (totals.sum(axis=1) - np.diagonal(totals)), np.nan)
        moved = whole.estimate - np.array([fit.estimate for fit in refits])
        hat = np.array(whole.weights) / 100
        dffits = moved / np.sqrt(hat * (vi + tau2_del))
        cook_d = moved**2 / variance
        dfbs = moved * np.sqrt(totals.sum(axis=1))
        influential = (np.abs(dffits) > 3 / np.sqrt(k - 1)) | (cook_d > chdtri(1, 0.5)) | (hat > 3 / k)
    return Deletions(
        rstudent=(yi - whole.estimate + moved) / np.sqrt(vi + tau2_del + variance_del),
        dffits=dffits,
        cook_d=cook_d,
        cov_r=variance_del / variance,
        tau2_del=tau2_del,
        q_del=np.array([fit.q if fit.k > 1 else 0.0 for fit in refits]),
        hat=hat,
        weight=100 * hat,
        dfbs=dfbs,
        influential=influential | (np.abs(dfbs) > 1),
    )


def _between(fit: PooledResult) -> float:
    """Return tau2, 0 for a single study: nothing is known of it, and its own variance is all there is."""
    return fit.tau2 if fit.k > 1 else 0.0
