"""Between-study variance: its estimators, and its Q-profile interval.

Every iterative estimate is a root of a score that is positive at its left end and negative at a right end for which a
bound is known, so the search always ends, at machine precision. A likelihood can have several maxima: the score is
first laid out on a grid, and every maximum found is compared. All of it runs for n sets of studies at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np

from msc_meta.effects.arguments import Array
from msc_meta.pooling.studies import RegressedStudies, Studies

if TYPE_CHECKING:
    from msc_meta.pooling.studies import Heterogeneous

Score = Callable[[Array], Array]  # at m values of tau2 for each of n sets, shape (m, n)
GRID_POINTS: Final = 200


def estimate_tau2(method: str, yi: Array, vi: Array, design: Array | None = None) -> float:
    """Return the between-study variance of k >= 2 studies, or what moderators leave of it.

    Parameters
    ----------
    method : str
        A name in ``ESTIMATORS``.
    yi, vi : numpy.ndarray, shape (k,)
        Estimates and sampling variances (above 0).
    design : numpy.ndarray, shape (k, p), optional
        Model matrix of full rank p < k, with its column of ones; without it, the studies have one mean.

    Returns
    -------
    float
        tau2, in the squared unit of ``yi``; never negative.

    References
    ----------
    .. [1] Veroniki et al. (2016). Research Synthesis Methods 7, 55-79 (all of the estimators).
    .. [2] Viechtbauer (2005). Journal of Educational and Behavioral Statistics 30, 261-293.
    .. [3] Raudenbush (2009), in The Handbook of Research Synthesis and Meta-Analysis, 2nd ed., chapter 16 (moderators).

    Examples
    --------
    >>> yi, vi = np.array([0.1, 0.5, -0.4]), np.array([0.04, 0.05, 0.03])
    >>> round(estimate_tau2("DL", yi, vi), 6)
    0.167917
    """
    return float(tau2_of(method, _studies(yi, vi, design))[0])


def tau2_of(method: str, studies: Heterogeneous) -> Array:
    """Return the between-study variance of each of n sets, shape (n,), in the squared unit of the effects."""
    tau2: Array = studies.unit * np.maximum(0.0, ESTIMATORS[method](studies))
    return tau2


def q_profile(yi: Array, vi: Array, level: float = 0.95, design: Array | None = None) -> tuple[float, float]:
    """Return the Q-profile interval of tau2 [1]_ for k >= 2 studies; a bound below 0 is 0 (both, for very small Q).

    References
    ----------
    .. [1] Viechtbauer (2007). Statistics in Medicine 26, 37-52.

    Examples
    --------
    >>> low, high = q_profile(np.array([0.1, 0.5, -0.4]), np.array([0.04, 0.05, 0.03]))
    >>> round(low, 4), round(high, 2)
    (0.0164, 7.99)
    """
    return q_profile_of(_studies(yi, vi, design), level)


def q_profile_of(studies: Heterogeneous, level: float) -> tuple[float, float]:
    """Return the Q-profile interval of tau2 of one set."""
    from scipy.special import gammainccinv, gammaincinv

    shape, tail = studies.df / 2, (1 - level) / 2
    quantiles = 2 * float(gammainccinv(shape, tail)), 2 * float(gammaincinv(shape, tail))
    low, high = (float((studies.unit * _where_q_is(quantile, studies))[0]) for quantile in quantiles)
    return low, high


def _studies(yi: Array, vi: Array, design: Array | None) -> Heterogeneous:
    return Studies(yi, vi) if design is None else RegressedStudies(yi, vi, design)


# ---- closed forms ---------------------------------------------------------------------------------------------------


def _common_effect(studies: Heterogeneous) -> Array:
    return np.zeros(studies.n)


def _dersimonian_laird(studies: Heterogeneous) -> Array:
    return (studies.cochran_q - studies.df) / studies.trace_at_zero


def _hedges(studies: Heterogeneous) -> Array:
    return studies.variance - studies.mean_variance


def _hunter_schmidt(studies: Heterogeneous) -> Array:
    precision: Array = (1 / studies.v).sum(axis=0)[0]
    return (studies.cochran_q - studies.k) / precision


def _sidik_jonkman(studies: Heterogeneous) -> Array:
    start: Array = np.var(studies.y, axis=0)
    tau2: Array = (start * studies.q(start))[0] / studies.df
    return tau2


# ---- roots ----------------------------------------------------------------------------------------------------------


def _paule_mandel(studies: Heterogeneous) -> Array:
    return _where_q_is(studies.df, studies)


def _where_q_is(target: float, studies: Heterogeneous) -> Array:
    """Return the tau2 at which the generalised Q equals ``target``, 0 if it is below that from the start."""
    tau2 = np.zeros(studies.n)
    above = np.flatnonzero(studies.cochran_q > target)
    if above.size:
        some = studies.take(above)
        bound = some.variance * some.df / target  # q(tau2) <= sum of squares / (1 + tau2)
        tau2[above] = crossing(lambda at: some.q(at) - target, np.zeros(above.size), bound)
    return tau2


def _maximum_likelihood(studies: Heterogeneous) -> Array:
    return _highest(studies, restricted=False)


def _restricted_maximum_likelihood(studies: Heterogeneous) -> Array:
    return _highest(studies, restricted=True)


def _highest(studies: Heterogeneous, restricted: bool) -> Array:
    """Return the tau2 with the highest likelihood among 0 and every point where the score turns negative.

    With S the residual variance of the effects and V the largest sampling variance, y'PPy <= (k-p) S / (1 + tau2)**2
    and trace(P) >= (k-p) / (V + tau2), so that both scores are negative beyond S + sqrt(S V). Below the smallest
    sampling variance (1 here) the score is almost a straight line, so that the grid starts at a thousandth of it.
    """
    spread = np.maximum(studies.variance, 1e-12)  # without any spread the score is negative everywhere
    bound = spread + np.sqrt(spread * studies.largest_variance)
    grid = np.concatenate((np.zeros((1, studies.n)), np.geomspace(np.minimum(1e-3, bound / 2), bound, GRID_POINTS)))
    rising = studies.score(grid, restricted) > 0
    rising[-1] = False
    turn, of = np.nonzero(rising[:-1] & ~rising[1:])
    flat = np.flatnonzero(~rising[0])  # sets with a maximum at 0
    owner = np.concatenate((flat, of))
    there = studies.take(owner)
    maxima = np.zeros(owner.size)
    if of.size:
        some = studies.take(of)
        maxima[flat.size :] = crossing(lambda at: some.score(at, restricted), grid[turn, of], grid[turn + 1, of])
    height = there.log_likelihood(maxima[None, :], restricted)[0]
    best = np.zeros(studies.n)
    descending = np.argsort(-height, kind="stable")
    best[owner[descending[::-1]]] = maxima[descending[::-1]]  # the last one written is the highest
    return best


def crossing(score: Score, low: Array, high: Array) -> Array:
    """Return where ``score`` falls through zero, given that it is positive at ``low`` and not at ``high``; shape (n,).

    Chandrupatla's bracketed search [1]_: inverse quadratic steps where they can be trusted, halving elsewhere, until
    the bracket is so narrow that it no longer changes 1 + tau2, on which every weight depends.

    References
    ----------
    .. [1] Chandrupatla (1997). Advances in Engineering Software 28, 145-149.
    """

    def at(tau2: Array) -> Array:
        value: Array = score(tau2[None, :])[0]
        return value

    new, across, step = high, low, np.full(low.size, 0.5)
    f_new, f_across = np.minimum(at(new), 0.0), np.maximum(at(across), 0.0)  # signs as promised, whatever rounding says
    open_, passes = np.ones(low.size, dtype=bool), 0
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        while open_.any():
            tau2 = new + step * (across - new)
            f = at(tau2)
            same = (f > 0) == (f_new > 0)
            # a closed bracket stays as it is: its step is 0, so that tau2 is `new` again
            old, f_old = np.where(same, new, across), np.where(same, f_new, f_across)
            across, f_across = np.where(same, across, new), np.where(same, f_across, f_new)
            new, f_new = tau2, f
            width = np.abs(across - new)
            narrow = 2 * np.spacing(1 + new) / width
            open_ &= (narrow < 0.5) & (f != 0)
            xi, phi = (new - across) / (old - across), (f_new - f_across) / (f_old - f_across)
            trusted = (phi**2 < xi) & ((1 - phi) ** 2 < 1 - xi) & (passes < 50)
            quadratic = f_new / (f_across - f_new) * f_old / (f_across - f_old) + (old - new) / (across - new) * (
                f_new / (f_old - f_new) * f_across / (f_old - f_across)
            )
            step = np.where(trusted & np.isfinite(quadratic), quadratic, 0.5)
            step = np.where(open_, np.clip(step, narrow, 1 - narrow), 0.0)
            passes += 1
    nearer: Array = np.where((np.abs(f_across) < np.abs(f_new)), across, new)
    return nearer


ESTIMATORS: Final[dict[str, Callable[[Heterogeneous], Array]]] = {
    "REML": _restricted_maximum_likelihood,
    "DL": _dersimonian_laird,
    "PM": _paule_mandel,
    "ML": _maximum_likelihood,
    "EB": _paule_mandel,  # empirical Bayes has the same root, with moderators too
    "HE": _hedges,
    "HS": _hunter_schmidt,
    "SJ": _sidik_jonkman,
    "FE": _common_effect,
}
