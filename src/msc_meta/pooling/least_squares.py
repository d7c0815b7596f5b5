"""Weighted least squares of many sets of studies on one design, at the tau2 of each set."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from msc_meta.effects.arguments import Array
from msc_meta.pooling.design import Design
from msc_meta.pooling.studies import Heterogeneous, RegressedStudies
from msc_meta.pooling.tau2 import tau2_of


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fits:
    """n fits with one design: coefficients and statistics of shape (n, p), covariances (n, p, p), the rest (n,)."""

    studies: Heterogeneous
    tau2: Array
    beta: Array
    vcov: Array
    statistic: Array
    qm: Array


def fit_sets(yi: Array, vi: Array, design: Design, method: str, ci_method: str) -> Fits:
    """Return the fits of n sets of k studies, shape (k,) or (n, k)."""
    y, v = np.atleast_2d(yi), np.atleast_2d(vi)
    studies = RegressedStudies(y, v, design.fitted)
    tau2 = tau2_of(method, studies)
    root = 1 / np.sqrt(v + tau2[:, None])
    q, r = np.linalg.qr(root[:, :, None] * design.fitted)
    inverse = np.linalg.inv(r)
    gamma = np.einsum("nij,nkj,nk->ni", inverse, q, root * y)
    covariance = np.einsum("nij,nlj->nil", inverse, inverse)
    if ci_method != "wald":
        scale = studies.q((tau2 / studies.unit)[None, :])[0] / studies.df
        covariance *= (np.maximum(1.0, scale) if ci_method == "hksj-adhoc" else scale)[:, None, None]
    beta, vcov = gamma @ design.back.T, design.back @ covariance @ design.back.T
    with np.errstate(divide="ignore", invalid="ignore"):
        se = np.sqrt(np.diagonal(vcov, axis1=1, axis2=2))
        statistic = np.where(se > 0, beta / se, np.nan)
    return Fits(
        studies=studies,
        tau2=tau2,
        beta=beta,
        vcov=vcov,
        statistic=statistic,
        qm=_omnibus(gamma, covariance, design.tested, ci_method),
    )


def _omnibus(gamma: Array, covariance: Array, tested: list[int], ci_method: str) -> Array:
    """Return the Wald statistic of the tested coefficients, divided by their number for an F test; shape (n,)."""
    part, spread = gamma[:, tested], covariance[:, tested][:, :, tested]
    regular = np.diagonal(spread, axis1=1, axis2=2).all(axis=1)  # effects on the regression line leave no spread
    qm = np.full(part.shape[0], np.nan)
    solved = np.linalg.solve(spread[regular], part[regular][:, :, None])[:, :, 0]
    qm[regular] = (part[regular] * solved).sum(axis=1)
    return qm if ci_method == "wald" else qm / len(tested)
