"""Selection model: the pooled effect if studies were published with a probability that steps with their p-value."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from msc_meta.effects.arguments import Array, level_of, numbers, one_of
from msc_meta.errors import ArgumentError
from msc_meta.pooling.random_effects import checked, pool
from msc_meta.pooling.results import NOWHERE, Interval
from msc_meta.robustness.asymmetry import ENOUGH, too_few

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

ALTERNATIVES: Final = ("greater", "less", "two-sided")
LARGEST: Final = 100.0  # of relative probabilities, as in R's metafor: the likelihood hardly changes beyond
_SMALLEST: Final = 1e-8  # stands for 0 where logarithms are taken


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionModel:
    """Result of `selection_model`, on the analysis scale; nan where undefined.

    Attributes
    ----------
    estimate, se, ci, statistic, p_value : float, float, Interval, float, float
        Mean effect before selection, by the normal distribution.
    tau2, tau2_se : float
        Between-study variance before selection; no standard error at 0.
    weights, weights_se : tuple of float
        Probability of publication in each interval of p-values relative to the first, which is 1.
    counts : tuple of int
        Studies in each interval.
    lrt, lrt_df, lrt_p : float, int, float
        Likelihood-ratio test of no selection (all weights 1).
    log_likelihood : float
        At its maximum.
    """

    k: int
    steps: tuple[float, ...]
    alternative: str
    level: float
    counts: tuple[int, ...] = ()
    estimate: float = math.nan
    se: float = math.nan
    ci: Interval = NOWHERE
    statistic: float = math.nan
    p_value: float = math.nan
    tau2: float = math.nan
    tau2_se: float = math.nan
    weights: tuple[float, ...] = ()
    weights_se: tuple[float, ...] = ()
    lrt: float = math.nan
    lrt_df: int = 0
    lrt_p: float = math.nan
    log_likelihood: float = math.nan
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """What the test of selection says, in a sentence; under ten studies, why it says nothing."""
        if self.k < ENOUGH:
            return too_few(self.k)
        if min(self.counts) == 0:
            return "An interval of p-values without studies: the model can not tell how they were selected."
        found = "finds" if self.lrt_p < 0.1 else "finds no"
        return f"The selection model {found} selection by p-value (k = {self.k}, p = {self.lrt_p:.2g})."

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values, undefined numbers as None."""

        def plain(value: Any) -> Any:
            if isinstance(value, tuple):
                return [plain(item) for item in value]
            return None if isinstance(value, float) and not math.isfinite(value) else value

        return {field.name: plain(getattr(self, field.name)) for field in fields(self)} | {"verdict": self.verdict}


def selection_model(
    yi: ArrayLike,
    vi: ArrayLike,
    steps: Sequence[float] = (0.025,),
    alternative: str = "greater",
    level: float = 0.95,
) -> SelectionModel:
    """Step-function selection model by maximum likelihood [1]_; with one step, the three-parameter model [2]_.

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Estimates on the analysis scale and sampling variances.
    steps : sequence of float
        Where the probability of publication changes, ascending one-sided p-values (two-sided ones for "two-sided").
    alternative : {"greater", "less", "two-sided"}
        Direction in which a small p-value speaks for publication: "less" where benefit is a negative effect.
    level : float
        Level of the interval.

    Returns
    -------
    SelectionModel
        Undefined for one study. A weight whose interval has no study lies at its bound, 0 (or 100 where the first
        interval is the empty one), with a note: no number but a direction.

    Raises
    ------
    ArgumentError
        As in `pool`; steps that do not ascend between 0 and 1; an unknown alternative.

    Notes
    -----
    Before selection ``y_i ~ N(mu, v_i + tau2)``; a study with its p-value in interval j is published with a probability
    proportional to ``w_j``, ``w_1 = 1``. Its density is then ``w_j N(y_i) / sum_j w_j P_i(j)``. The likelihood is
    climbed from several starts in ``mu``, ``tau2 >= 0`` and ``log w``; standard errors are from its curvature. Assumes
    selection on nothing but the p-value, and needs studies in each interval.

    References
    ----------
    .. [1] Vevea & Hedges (1995). Psychometrika 60, 419-435.
    .. [2] McShane, Böckenholt & Hansen (2016). Perspectives on Psychological Science 11, 730-749.

    Examples
    --------
    >>> y, v = [0.5, 0.4, 0.6, 0.1, 0.9, 0.2, 0.7], [0.03, 0.02, 0.05, 0.01, 0.15, 0.04, 0.1]
    >>> model = selection_model(y, v)
    >>> round(model.estimate, 2), model.counts
    (0.14, (5, 2))
    """
    from scipy.special import chdtrc, ndtr, ndtri

    y, v = checked(yi, vi)
    cuts = _steps(steps)
    found = SelectionModel(
        k=y.size,
        steps=cuts,
        alternative=one_of("alternative", alternative, ALTERNATIVES),
        level=level_of(level),
    )
    likelihood = _Likelihood(y, v, cuts, alternative)
    found = replace(found, counts=likelihood.counts)
    if y.size < 2:
        return replace(found, notes=("One study can not show how studies were selected.",))
    start = pool(y, v, "ML", "wald")
    best = _climb(likelihood, start.tau2)
    errors = likelihood.standard_errors(best)
    sign, height = -1.0 if alternative == "less" else 1.0, likelihood.value(best)
    start_point = np.array([sign * start.estimate / likelihood.unit, start.tau2 / likelihood.unit**2])
    unselected = likelihood.value(np.concatenate((start_point, np.ones(len(cuts)))))
    lrt = max(0.0, 2 * (height - unselected))
    estimate, se = sign * float(best[0]) * likelihood.unit, float(errors[0]) * likelihood.unit
    reach = -float(ndtri((1 - found.level) / 2)) * se
    return replace(
        found,
        estimate=estimate,
        se=se,
        ci=Interval(estimate - reach, estimate + reach),
        statistic=estimate / se,
        p_value=2 * float(ndtr(-abs(estimate / se))),
        tau2=float(best[1]) * likelihood.unit**2,
        tau2_se=float(errors[1]) * likelihood.unit**2,
        weights=(1.0, *best[2:].tolist()),
        weights_se=(math.nan, *errors[2:].tolist()),
        lrt=lrt,
        lrt_df=len(cuts),
        lrt_p=float(chdtrc(len(cuts), lrt)),
        log_likelihood=height - y.size * math.log(likelihood.unit),
        notes=_notes(likelihood.counts),
    )


def _steps(steps: Sequence[float]) -> tuple[float, ...]:
    cuts = np.atleast_1d(numbers("steps", steps))
    if cuts.size and cuts[-1] == 1:  # the end of the last interval, as metafor writes it
        cuts = cuts[:-1]
    if not cuts.size or not (np.diff(np.concatenate(([0.0], cuts, [1.0]))) > 0).all():
        raise ArgumentError(f"steps is {list(steps)!r}; p-values that ascend between 0 and 1 are needed, such as 0.025")
    return tuple(cuts.tolist())


def _notes(counts: Sequence[int]) -> tuple[str, ...]:
    empty = [f"interval {at + 1}" for at, count in enumerate(counts) if not count]
    if not empty:
        return ()
    return (f"No p-value lies in {', '.join(empty)}: weights lie at their bounds and are no estimates.",)


class _Likelihood:
    """Log-likelihood of (mu, tau2, w_2, ..., w_m), effects turned so that "greater" is selected, in a unit near 1."""

    def __init__(self, yi: Array, vi: Array, steps: tuple[float, ...], alternative: str) -> None:
        from scipy.special import ndtr, ndtri

        self.unit = float(np.sqrt(np.median(vi)))
        self.y = (-yi if alternative == "less" else yi) / self.unit
        self.v = vi / self.unit**2
        self.both = alternative == "two-sided"
        sei, cuts = np.sqrt(self.v), np.array(steps)
        z = self.y / sei
        p_value = 2 * ndtr(-np.abs(z)) if self.both else ndtr(-z)
        self.interval = np.searchsorted(cuts, p_value)  # an interval has its upper end
        self.counts = tuple(np.bincount(self.interval, minlength=cuts.size + 1).tolist())
        self.cut: Array = sei * -ndtri(cuts / 2 if self.both else cuts)[:, None]  # effects at the steps, (m - 1, k)

    def value(self, at: Array) -> float:
        """Log-likelihood."""
        return self.value_and_slope(at)[0]

    def value_and_slope(self, at: Array) -> tuple[float, Array]:
        """Log-likelihood and its slope in all parameters."""
        from scipy.special import ndtr

        mu, tau2, weights = at[0], at[1], np.concatenate(([1.0], at[2:]))
        variance = self.v + tau2
        sd, rest = np.sqrt(variance), self.y - mu
        below = np.zeros((weights.size + 1, self.y.size))  # probability of a p-value up to each step, and its slopes
        by_mu, by_tau2 = below.copy(), below.copy()
        below[-1] = 1.0
        for sign in (1.0, -1.0) if self.both else (1.0,):
            u = (sign * mu - self.cut) / sd
            density = np.exp(-(u**2) / 2) / math.sqrt(2 * math.pi)
            below[1:-1] += ndtr(u)
            by_mu[1:-1] += sign * density / sd
            by_tau2[1:-1] -= density * u / (2 * variance)
        share = np.diff(below, axis=0)
        total = weights @ share
        value = np.log(weights[self.interval]) - 0.5 * np.log(2 * math.pi * variance) - rest**2 / (2 * variance)
        slope_mu = rest / variance - (weights @ np.diff(by_mu, axis=0)) / total
        slope_tau2 = (rest**2 / variance - 1) / (2 * variance) - (weights @ np.diff(by_tau2, axis=0)) / total
        slope_w = np.array(self.counts) / weights - (share / total).sum(axis=1)
        slope = np.concatenate(([slope_mu.sum(), slope_tau2.sum()], slope_w[1:]))
        return float((value - np.log(total)).sum()), slope

    def hessian(self, at: Array) -> Array:
        """Second derivatives, as differences of the slope; one-sided in tau2 near 0."""
        columns = []
        for i, x in enumerate(at):
            step = 1e-5 * max(abs(float(x)), 1e-2 if i > 1 else 0.1)
            low = x - step if i == 0 else max(x - step, 0.0 if i == 1 else x / 2)
            ends = []
            for value in (low, x + step):
                moved = at.copy()
                moved[i] = value
                ends.append(self.value_and_slope(moved)[1])
            columns.append((ends[1] - ends[0]) / (x + step - low))
        matrix = np.array(columns)
        hessian: Array = (matrix + matrix.T) / 2
        return hessian

    def standard_errors(self, at: Array) -> Array:
        """Return standard errors of what is not at the bound 0, nan for what is."""
        free = np.array([True, at[1] > 0, *(at[2:] > 2 * _SMALLEST)])
        information = -self.hessian(at)[np.ix_(free, free)]
        errors = np.full(at.size, np.nan)
        if np.linalg.eigvalsh(information)[0] > 0:
            errors[free] = np.sqrt(np.diag(np.linalg.inv(information)))
        return errors


def _climb(likelihood: _Likelihood, tau2: float) -> Array:
    """Return the highest point that is reached from several starts: no, strong and inverse selection."""
    from scipy.optimize import minimize

    extra = len(likelihood.counts) - 1
    bounds = [(None, None), (0.0, None)] + extra * [(math.log(_SMALLEST), math.log(LARGEST))]

    def downhill(at: Array) -> tuple[float, Array]:
        point = np.concatenate((at[:2], np.exp(at[2:])))
        value, slope = likelihood.value_and_slope(point)
        slope[2:] *= point[2:]
        return -value, -slope

    centre = float((likelihood.y / likelihood.v).sum() / (1 / likelihood.v).sum())
    spread = tau2 / likelihood.unit**2
    best: Any = None
    for between in (spread, 0.1 + 2 * spread):
        for weight in (1.0, 0.05, 10.0):
            start = np.array([centre, between, *np.full(extra, math.log(weight))])
            found = minimize(
                downhill,
                start,
                jac=True,
                bounds=bounds,
                method="L-BFGS-B",
                options={"maxiter": 200, "ftol": 1e-12, "gtol": 1e-8},
            )
            if best is None or found.fun < best.fun:
                best = found
    return _polished(likelihood, np.concatenate((best.x[:2], np.exp(best.x[2:]))))


def _polished(likelihood: _Likelihood, point: Array) -> Array:
    """Take Newton's steps in what is free, as long as they go uphill: quasi-Newton stops where the top is flat."""
    for _ in range(20):
        value, slope = likelihood.value_and_slope(point)
        inside = (point[2:] > 2 * _SMALLEST) & (point[2:] < LARGEST * (1 - 1e-9))
        free = np.array([True, point[1] > 0 or slope[1] > 0, *inside])
        curvature = likelihood.hessian(point)[np.ix_(free, free)]
        if np.linalg.eigvalsh(-curvature)[0] <= 0:
            break
        moved = point.copy()
        moved[free] -= np.linalg.solve(curvature, slope[free])
        moved[1], moved[2:] = max(0.0, moved[1]), np.clip(moved[2:], _SMALLEST, LARGEST)
        if likelihood.value(moved) < value - 1e-12 * abs(value):
            break
        step, point = np.abs(moved - point).max(), moved
        if step < 1e-10:
            break
    return point
