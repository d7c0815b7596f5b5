"""Trials with several experimental arms and one control: the covariance of their contrasts, and pooling with it."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from msc_meta.effects.arguments import Array, broadcast, level_of, numbers, one_of
from msc_meta.effects.measures import MEASURES, effect_size
from msc_meta.errors import ArgumentError
from msc_meta.pooling.correlated import CorrelatedStudies
from msc_meta.pooling.random_effects import ALIASES, checked, interval, two_sided
from msc_meta.pooling.results import NOWHERE, PooledResult
from msc_meta.pooling.tau2 import tau2_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

SHARED: Final = ("RR", "OR", "RD", "MD", "SMD", "ROM")
STRUCTURES: Final = ("independent", "half", "study")
METHODS: Final = ("REML", "DL", "FE")
TESTS: Final = ("wald", "t")


def shared_control_covariance(measure: str, study: Sequence[Hashable], **arms: ArrayLike) -> Array:
    """Return the covariance matrix of contrasts, some of which share a control arm [1]_.

    Parameters
    ----------
    measure : {"RR", "OR", "RD", "MD", "SMD", "ROM"}
        Name of the measure.
    study : sequence, length k
        The study of each contrast; contrasts of one study with the same control numbers share that control.
    **arms : array_like, shape (k,)
        What the two arms reported, as in `effect_size`.

    Returns
    -------
    numpy.ndarray, shape (k, k)
        Sampling variances on the diagonal; zero between studies. nan where a contrast is not estimable.

    Raises
    ------
    ArgumentError
        Another measure, a length that differs, an impossible value.

    Notes
    -----
    Two contrasts share the sampling error of their control: ``1/c - 1/n`` (RR), ``1/c + 1/d`` (OR), ``p (1-p) / n``
    (RD), ``sd**2 / n`` (MD), ``sd**2 / (n mean**2)`` (ROM), c events and d non-events among n patients of the control,
    with the continuity correction of a control without events; for SMD ``1/n + g1 g2 / (2 N)``, N the patients of the
    control and of both experimental arms, which assumes one standard deviation for all of them.

    References
    ----------
    .. [1] Gleser & Olkin (2009), in The Handbook of Research Synthesis and Meta-Analysis, 2nd ed., chapter 19.

    Examples
    --------
    >>> arms = {"event_e": [3, 2], "n_e": [20, 20], "event_c": [9, 9], "n_c": [20, 20]}
    >>> shared_control_covariance("RR", ["A", "A"], **arms).round(4).tolist()
    [[0.3444, 0.0611], [0.0611, 0.5111]]
    """
    one_of("measure", measure, SHARED)
    effects = effect_size(measure, **arms)
    k = effects.yi.size
    if len(study) != k:
        raise ArgumentError(f"study has {len(study)} entries and there are {k} contrasts; one per contrast is needed")
    needed = [name for name in MEASURES[measure].arguments if name.endswith("_c")]
    control = dict(zip(needed, broadcast(**{name: arms[name] for name in needed}), strict=True))
    values = {name: np.broadcast_to(value, k) for name, value in control.items()}
    twins = [[study[i] == study[j] and all(x[i] == x[j] for x in values.values()) for j in range(k)] for i in range(k)]
    if measure == "SMD":
        n_e, n_c = (np.broadcast_to(n, k) for n in broadcast(n_e=arms["n_e"], n_c=arms["n_c"]))
        common = 1 / n_c + np.outer(effects.yi, effects.yi) / (2 * (n_e[:, None] + n_e + n_c))
    else:
        # a contrast of the control with its like has twice the control's part of the variance
        options = {name: value for name, value in arms.items() if name in MEASURES[measure].options}
        like = {name.removesuffix("_c") + "_e": value for name, value in control.items()}
        common = np.broadcast_to(effect_size(measure, **control, **like, **options).vi / 2, (k, k))
    return np.where(np.eye(k, dtype=bool), effects.vi, np.where(twins, common, 0.0))


def pool_multivariate(
    yi: ArrayLike,
    V: ArrayLike,  # noqa: N803 - the covariance matrix has this name wherever it is written down
    study: Sequence[Hashable] | None = None,
    structure: str | None = None,
    method: str = "REML",
    ci_method: str = "wald",
    level: float = 0.95,
    measure: str = "GEN",
) -> PooledResult:
    """Pool effect sizes whose sampling errors are correlated, by generalised least squares.

    Parameters
    ----------
    yi : array_like, shape (k,)
        Estimates on the analysis scale.
    V : array_like, shape (k, k)
        Their covariance, positive definite: that of `shared_control_covariance`, for example.
    study : sequence, length k, optional
        The study of each estimate.
    structure : {"half", "study", "independent"}, optional
        How true effects of one study hang together: with correlation 1/2, as contrasts with one control do whose arms
        vary alike (the default with ``study``) [1]_; entirely, one true effect per study; or not at all.
    method : {"REML", "DL", "FE"}
        Estimator of tau2; "FE" (or "EE", "CE") for a common effect.
    ci_method : {"wald", "t"}
        Normal distribution, or t with k - 1 df and the same standard error.
    level, measure
        As in `pool`.

    Returns
    -------
    PooledResult
        ``i2`` and ``h2`` are those of Q; ``weights`` those of generalised least squares, which can be negative.

    Raises
    ------
    ArgumentError
        A matrix that is not symmetric or not positive definite, lengths that differ, a structure without studies.

    Notes
    -----
    ``M = V + tau2 B``, B with 1 on its diagonal and 1/2, 1 or 0 within a study; the mean is ``1'M**-1 y / 1'M**-1 1``.

    References
    ----------
    .. [1] Higgins & Whitehead (1996). Statistics in Medicine 15, 2733-2749.

    Examples
    --------
    >>> result = pool_multivariate([-0.2, -0.4, 0.1], [[0.1, 0.05, 0], [0.05, 0.2, 0], [0, 0, 0.1]], ["A", "A", "B"])
    >>> round(result.estimate, 4), result.tau2
    (-0.0867, 0.0)
    """
    from scipy.special import chdtrc

    covariance = _covariance(V)
    y, _ = checked(yi, np.diagonal(covariance))
    method, df = one_of("method", ALIASES.get(method, method), METHODS), y.size - 1
    alike = _alike(study, structure, y.size)
    one_of("measure", measure, MEASURES)
    fit = PooledResult(
        measure=measure,
        k=y.size,
        method=method,
        ci_method=one_of("ci_method", ci_method, TESTS),
        prediction_method="normal" if ci_method == "wald" else "t(k-1)",
        i2_definition="q",
        level=level_of(level),
    )
    if not y.size:
        return replace(fit, notes=("No study can be pooled.",))
    if df:
        studies = CorrelatedStudies(y, covariance, alike)
        q, tau2 = float(studies.cochran_q[0]), float(tau2_of(method, studies)[0]) if studies.estimable else math.nan
        fit = replace(fit, q=q, q_df=df, q_p=float(chdtrc(df, q)), h2=q / df, h2_q=q / df, tau2=tau2)
        i2 = 100 * max(0.0, 1 - df / q) if q > 0 else 0.0
        fit = replace(fit, i2=i2, i2_q=i2)
    if math.isnan(fit.tau2):
        fit = replace(fit, ci_method="wald", notes=("One study: heterogeneity can not be estimated.",))
    precise = np.linalg.inv(covariance + (0.0 if math.isnan(fit.tau2) else fit.tau2) * alike).sum(axis=0)
    total, origin = float(precise.sum()), float(y[np.argmin(np.diagonal(covariance))])
    estimate, se = origin + float(precise @ (y - origin)) / total, 1 / math.sqrt(total)
    t_df = None if fit.ci_method == "wald" else df
    wide = math.sqrt(se**2 + fit.tau2) if fit.k > 2 and method != "FE" else math.nan
    return replace(
        fit,
        estimate=estimate,
        se=se,
        df=t_df,
        statistic=estimate / se,
        p_value=two_sided(estimate / se, t_df),
        ci=interval(estimate, se, fit.level, t_df),
        wald_ci=interval(estimate, se, fit.level, None),
        prediction=NOWHERE if math.isnan(wide) else interval(estimate, wide, fit.level, t_df),
        weights=tuple((100 * precise / total).tolist()),
    )


def _covariance(values: ArrayLike) -> Array:
    try:
        matrix = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise ArgumentError("V is no matrix of numbers") from None
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ArgumentError(f"V has shape {matrix.shape}; one row and one column per estimate are needed")
    numbers("V", matrix.ravel())
    if np.isnan(matrix).any():
        raise ArgumentError("V holds nan; leave an estimate without a variance out")
    if not np.allclose(matrix, matrix.T, rtol=1e-8, atol=0):
        raise ArgumentError("V is not symmetric; a covariance matrix is")
    if matrix.size and np.linalg.eigvalsh(matrix)[0] <= 0:
        raise ArgumentError("V is not positive definite; covariances can not be larger than their variances allow")
    return matrix


def _alike(study: Sequence[Hashable] | None, structure: str | None, k: int) -> Array:
    """Return B: how the true effects are correlated."""
    structure = one_of("structure", structure or ("independent" if study is None else "half"), STRUCTURES)
    if structure == "independent":
        return np.eye(k)
    if study is None:
        raise ArgumentError(f"structure is {structure!r}; it needs study, the study of each estimate")
    if len(study) != k:
        raise ArgumentError(f"study has {len(study)} entries and yi has {k}; one per estimate is needed")
    together = np.array([[float(one == other) for other in study] for one in study]).reshape(k, k)
    return together if structure == "study" else (together + np.eye(k)) / 2
