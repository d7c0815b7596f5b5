"""Meta-regression: effects that change with moderators, such as dose, source or severity, and spread around that."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from msc_meta.effects.arguments import Array, level_of, one_of
from msc_meta.plain_values import plain_value
from msc_meta.pooling.design import Design, design_of
from msc_meta.pooling.least_squares import Fits, fit_sets
from msc_meta.pooling.permutation import Permutation, permute
from msc_meta.pooling.predictions import Predictions, points_of, quantile_of
from msc_meta.pooling.random_effects import ALIASES, CI_METHODS, checked, two_sided
from msc_meta.pooling.results import NOWHERE, Interval
from msc_meta.pooling.studies import Studies
from msc_meta.pooling.tau2 import ESTIMATORS, estimate_tau2, q_profile_of

if TYPE_CHECKING:
    from concurrent.futures import Executor

    import pandas as pd
    from numpy.typing import ArrayLike

    from msc_meta.blocks import Progress

PREDICTIONS: Final = ("t(k-p)", "t(k-p-1)", "normal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Coefficient:
    """One coefficient, in units of the effect per unit of its moderator; ``df`` is None for the normal distribution."""

    name: str
    estimate: float
    se: float
    ci: Interval
    statistic: float
    df: int | None
    p_value: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Regression:
    """A meta-regression on the scale of the effects; nan where undefined.

    Attributes
    ----------
    coefficients : tuple of Coefficient
        In the order of the model matrix, the intercept first.
    vcov : numpy.ndarray, shape (p, p)
        Covariance of the coefficients, after the adjustment of ``ci_method``.
    k, p, df : int
        Studies, coefficients, residual degrees of freedom k - p.
    tau2, tau2_ci : float, Interval
        Variance between studies that the moderators leave, with its Q-profile interval.
    i2, h2 : float
        100 tau2 / (tau2 + typical variance), in percent, and 1 + tau2 / typical variance; of QE for a common effect.
    r2 : float
        Percent of tau2 that the moderators explain, ``max(0, 100 (tau2_0 - tau2) / tau2_0)``, tau2_0 that of the mean
        alone; for a common effect the adjusted R2 of the weighted regression; 0 where there is nothing to explain.
    qe, qe_p : float
        Cochran's Q around the regression, on ``df`` degrees of freedom.
    qm, qm_df, qm_p : float, tuple, float
        Omnibus test of all coefficients but the intercept: chi-square on ``qm_df[0]`` (then ``qm_df[1]`` is None),
        with a Hartung-Knapp-Sidik-Jonkman interval F on both.
    method, ci_method, level
        As in `pool`.
    design, yi, vi
        What was fitted.
    """

    coefficients: tuple[Coefficient, ...]
    vcov: Array
    k: int
    p: int
    df: int
    tau2: float
    tau2_ci: Interval
    i2: float
    h2: float
    r2: float
    qe: float
    qe_p: float
    qm: float
    qm_df: tuple[int, int | None]
    qm_p: float
    method: str
    ci_method: str
    level: float
    design: Design
    yi: Array
    vi: Array

    def __getitem__(self, name: str) -> Coefficient:
        """Return the coefficient of that name."""
        one_of("coefficient", name, self.design.names)
        return self.coefficients[self.design.names.index(name)]

    def predict(self, x: ArrayLike, prediction: str = "t(k-p)") -> Predictions:
        """Return mean effects at m points, with confidence and prediction intervals at ``level``.

        Parameters
        ----------
        x : array_like, shape (m, p) or (m, p - 1), one row, or one number per point for a single moderator
            Moderators, with or without the intercept's column of ones.
        prediction : {"t(k-p)", "t(k-p-1)", "normal"}
            Distribution of ``estimate +- quantile * sqrt(se**2 + tau2)``; metafor's is that of the coefficients.

        Returns
        -------
        Predictions
        """
        one_of("prediction", prediction, PREDICTIONS)
        points = points_of(x, self.design)
        beta = np.array([one.estimate for one in self.coefficients])
        back = self.design.back  # to the fitted columns, in which the variances do not cancel
        turned, spread = points @ back, np.linalg.solve(back, np.linalg.solve(back, self.vcov).T)
        estimate = points @ beta
        se = np.sqrt(np.maximum(0.0, np.einsum("mi,ij,mj->m", turned, spread, turned)))
        df = None if self.ci_method == "wald" else self.df
        half = quantile_of(self.level, df) * se
        reach = {"t(k-p)": self.df, "t(k-p-1)": self.df - 1, "normal": None}[prediction]
        wide = quantile_of(self.level, reach) * np.sqrt(se**2 + self.tau2) if reach != 0 else np.full_like(se, np.nan)
        return Predictions(
            estimate=estimate,
            se=se,
            ci_low=estimate - half,
            ci_high=estimate + half,
            pi_low=estimate - wide,
            pi_high=estimate + wide,
        )

    def permutation_test(
        self,
        exact: bool | None = None,
        n: int = 5000,
        seed: int = 1,
        executor: Executor | None = None,
        progress: Progress | None = None,
    ) -> Permutation:
        """Test each coefficient and the model by exchanging moderators between studies [1]_.

        Parameters
        ----------
        exact : bool, optional
            Whether all permutations are fitted; by default where there are at most 50 000.
        n, seed : int
            Random permutations otherwise, and where they start.
        executor : concurrent.futures.Executor, optional
            Who computes; the answer is the same.
        progress : callable, optional
            Told how many permutations are done since it was last told.

        Returns
        -------
        Permutation

        Notes
        -----
        The p-value is the share of permutations, the observed one among them, whose absolute statistic (for the model,
        the omnibus statistic) is at least the observed one. A model that is only an intercept has its signs flipped.
        Every permutation is fitted by the method of the regression; none is left out.

        References
        ----------
        .. [1] Higgins & Thompson (2004). Statistics in Medicine 23, 1663-1682; Viechtbauer et al. (2015). Psychological
           Methods 20, 360-374.
        """
        statistics = partial(statistics_of, design=self.design, method=self.method, ci_method=self.ci_method)
        return permute(
            self.yi, self.vi, self.design, statistics, exact=exact, n=n, seed=seed, executor=executor, progress=progress
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row per coefficient in full precision."""
        import pandas as pd

        return pd.DataFrame([_row(one) for one in self.coefficients])

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the data as plain JSON values, undefined numbers as None."""
        left_out = ("coefficients", "vcov", "design", "yi", "vi")
        values: dict[str, Any] = {"coefficients": [_row(one) for one in self.coefficients], "vcov": self.vcov.tolist()}
        values |= {name: getattr(self, name) for name in self.__slots__ if name not in left_out}
        return {name: plain_value(value) for name, value in values.items()}

    def __str__(self) -> str:
        lines = [f"Meta-regression, k = {self.k}, p = {self.p}, {self.method}, {self.ci_method}"]
        width = max(len(name) for name in self.design.names)
        for one in self.coefficients:
            lines.append(
                f"  {one.name:{width}}  {one.estimate:.4g}  se {one.se:.4g}  {100 * self.level:g}% CI "
                f"{one.ci.low:.4g} to {one.ci.high:.4g}  p = {one.p_value:.4g}"
            )
        kind = "chi2" if self.qm_df[1] is None else "F"
        df = ", ".join(str(number) for number in self.qm_df if number is not None)
        return "\n".join(
            [
                *lines,
                f"  moderators  {kind}({df}) = {self.qm:.4g}  p = {self.qm_p:.4g}  R2 {self.r2:.4g}%",
                f"  tau2 {self.tau2:.4g}  I2 {self.i2:.4g}%  H2 {self.h2:.4g}",
                f"  QE {self.qe:.4g} on {self.df} df  p = {self.qe_p:.4g}",
            ]
        )


def statistics_of(yi: Array, vi: Array, design: Design, method: str, ci_method: str) -> tuple[Array, Array]:
    """Return the statistics of n sets of studies: per coefficient (n, p), and omnibus (n,)."""
    fit = fit_sets(yi, vi, design, method, ci_method)
    return fit.statistic, fit.qm


def meta_regression(
    yi: ArrayLike,
    vi: ArrayLike,
    X: ArrayLike,  # noqa: N803 - the model matrix has this name wherever regression is written down
    names: Sequence[str] | None = None,
    intercept: bool = True,
    method: str = "REML",
    ci_method: str = "hksj",
    level: float = 0.95,
) -> Regression:
    """Regress effect sizes of k studies on moderators, with random effects.

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Estimates on the analysis scale and sampling variances, above 0.
    X : array_like, shape (k,) or (k, p)
        Moderators; a category as a column of 0 and 1 for each level but one. A column of ones is the intercept.
    names : sequence of str, optional
        Names of the columns; those of a DataFrame by default, else x1, x2, ...
    intercept : bool
        Whether an intercept is added, if ``X`` has none.
    method, ci_method, level
        As in `pool`.

    Returns
    -------
    Regression

    Raises
    ------
    ArgumentError
        Missing moderators (the rows are named), a column that follows from the others (it is named), too few studies.

    Notes
    -----
    ``b = (X'WX)**-1 X'W y`` with ``w = 1 / (vi + tau2)`` and covariance ``(X'WX)**-1``. Hartung-Knapp-Sidik-Jonkman
    [1]_ multiplies it by ``y'Py / (k - p)`` (ad hoc: at least 1) and refers to t with k - p df, F for the omnibus test.
    It assumes that the effects around the regression are normal, and that studies differ in nothing else that matters:
    an association between studies is not one between patients.

    References
    ----------
    .. [1] Knapp & Hartung (2003). Statistics in Medicine 22, 2693-2710; Viechtbauer et al. (2015). Psychological
       Methods 20, 360-374.

    Examples
    --------
    >>> fit = meta_regression([0.1, 0.3, 0.2, 0.6], [0.04, 0.05, 0.03, 0.06], [1, 2, 3, 10], names=["dose"])
    >>> round(fit["dose"].estimate, 4), fit.qm_df
    (0.051, (1, 2))
    """
    from scipy.special import chdtrc, fdtrc

    y, v = checked(yi, vi)
    method = one_of("method", ALIASES.get(method, method), ESTIMATORS)
    one_of("ci_method", ci_method, CI_METHODS)
    level = level_of(level)
    design = design_of(X, names, intercept, y.size)
    if method == "FE":
        ci_method = "wald"  # a common effect has no spread of effects
    fit = fit_sets(y, v, design, method, ci_method)
    tau2, qe, df, p = float(fit.tau2[0]), float(fit.studies.cochran_q[0]), fit.studies.df, len(design.names)
    typical = float((fit.studies.unit * df / fit.studies.trace_at_zero)[0])
    common, t_df, qm, m = method == "FE", None if ci_method == "wald" else df, float(fit.qm[0]), len(design.tested)
    return Regression(
        coefficients=_coefficients(fit, design, t_df, level),
        vcov=fit.vcov[0],
        k=y.size,
        p=p,
        df=df,
        tau2=tau2,
        tau2_ci=NOWHERE if common else Interval(*q_profile_of(fit.studies, level)),
        i2=(100 * max(0.0, 1 - df / qe) if qe > 0 else 0.0) if common else 100 * tau2 / (tau2 + typical),
        h2=qe / df if common else tau2 / typical + 1,
        r2=_explained(y, v, method, tau2, qe, df),
        qe=qe,
        qe_p=float(chdtrc(df, qe)),
        qm=qm,
        qm_df=(m, t_df),
        qm_p=float(chdtrc(m, qm) if t_df is None else fdtrc(m, t_df, qm)),
        method=method,
        ci_method=ci_method,
        level=level,
        design=design,
        yi=y,
        vi=v,
    )


def _coefficients(fit: Fits, design: Design, df: int | None, level: float) -> tuple[Coefficient, ...]:
    quantile, coefficients = quantile_of(level, df), []
    for at, name in enumerate(design.names):
        estimate, se, statistic = float(fit.beta[0, at]), math.sqrt(fit.vcov[0, at, at]), float(fit.statistic[0, at])
        coefficients.append(
            Coefficient(
                name=name,
                estimate=estimate,
                se=se,
                ci=Interval(estimate - quantile * se, estimate + quantile * se),
                statistic=statistic,
                df=df,
                p_value=two_sided(statistic, df),
            )
        )
    return tuple(coefficients)


def _explained(yi: Array, vi: Array, method: str, tau2: float, qe: float, df: int) -> float:
    """Return R2 in percent."""
    if method == "FE":
        q = float(Studies(yi, vi).cochran_q[0])
        return 100 * max(0.0, 1 - (qe / df) / (q / (yi.size - 1))) if q > 0 else 0.0
    total = estimate_tau2(method, yi, vi)
    return 100 * max(0.0, (total - tau2) / total) if total > 0 else 0.0


def _row(one: Coefficient) -> dict[str, Any]:
    row = {name: getattr(one, name) for name in one.__slots__ if name != "ci"}
    return row | {"ci_low": one.ci.low, "ci_high": one.ci.high}
