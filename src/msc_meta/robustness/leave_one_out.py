"""Refits of a pool: without each study in turn, and with one study after another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from msc_meta.effects.arguments import Array, numbers
from msc_meta.errors import ArgumentError
from msc_meta.pooling.random_effects import checked, pool

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

    from msc_meta.pooling.results import PooledResult


def leave_one_out(
    yi: ArrayLike,
    vi: ArrayLike,
    method: str = "REML",
    ci_method: str = "hksj",
    level: float = 0.95,
    measure: str = "GEN",
    labels: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Pool k times, each time without one study; parameters and errors as in `pool`.

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Estimates on the analysis scale and sampling variances.
    method, ci_method, level, measure
        As in `pool`.
    labels : sequence of str, optional
        Names of the studies; their positions from 0 where none are given.

    Returns
    -------
    pandas.DataFrame
        A row per study, the one left out named in ``study``: ``k``, ``estimate``, ``se``, ``statistic``, ``df``,
        ``p_value``, ``ci_low``, ``ci_high``, ``prediction_low``, ``prediction_high``, ``tau2``, ``i2``, ``h2``, ``q``,
        ``q_df``, ``q_p``; analysis scale, I2 in percent. nan where nothing is left.

    References
    ----------
    .. [1] Viechtbauer & Cheung (2010). Research Synthesis Methods 1, 112-125.

    Examples
    --------
    >>> leave_one_out([0.10, 0.50, -0.40], [0.04, 0.05, 0.03])["estimate"].round(3).tolist()
    [0.039, -0.16, 0.288]
    """
    return frame(refits_without_each(yi, vi, method, ci_method, level, measure), names(labels, np.size(yi)))


def cumulative(
    yi: ArrayLike,
    vi: ArrayLike,
    method: str = "REML",
    ci_method: str = "hksj",
    level: float = 0.95,
    measure: str = "GEN",
    labels: Sequence[str] | None = None,
    order: ArrayLike | None = None,
) -> pd.DataFrame:
    """Pool the first study, the first two, and so on up to all k [1]_; parameters and errors as in `leave_one_out`.

    Parameters
    ----------
    yi, vi, method, ci_method, level, measure, labels
        As in `leave_one_out`.
    order : array_like, shape (k,), optional
        What to sort the studies by, ascending (year of publication, say); studies alike in it keep their order, and
        without it all do.

    Returns
    -------
    pandas.DataFrame
        A row per study, the one that comes in named in ``study``, with the columns of `leave_one_out`.

    References
    ----------
    .. [1] Lau, Antman, Jimenez-Silva, Kupelnick, Mosteller & Chalmers (1992). New England Journal of Medicine 327,
       248-254.

    Examples
    --------
    >>> steps = cumulative([0.10, 0.50, -0.40], [0.04, 0.05, 0.03], order=[2020, 2012, 2016])
    >>> steps["study"].tolist(), steps["estimate"].round(3).tolist()
    ([1, 2, 0], [0.5, 0.039, 0.052])
    """
    sequence = sorted_by(order, np.size(yi))
    refits = refits_one_by_one(yi, vi, method, ci_method, level, measure, order)
    known = names(labels, len(sequence))
    return frame(refits, [known[at] for at in sequence])


def refits_without_each(
    yi: ArrayLike,
    vi: ArrayLike,
    method: str = "REML",
    ci_method: str = "hksj",
    level: float = 0.95,
    measure: str = "GEN",
) -> tuple[PooledResult, ...]:
    """Return the k results that `leave_one_out` tabulates, for reports that load no pandas.

    Examples
    --------
    >>> [fit.k for fit in refits_without_each([0.10, 0.50, -0.40], [0.04, 0.05, 0.03])]
    [2, 2, 2]
    """
    y, v = checked(yi, vi)
    rest = [np.arange(y.size) != left_out for left_out in range(y.size)]
    return tuple(pool(y[kept], v[kept], method, ci_method, level, measure=measure) for kept in rest)


def refits_one_by_one(
    yi: ArrayLike,
    vi: ArrayLike,
    method: str = "REML",
    ci_method: str = "hksj",
    level: float = 0.95,
    measure: str = "GEN",
    order: ArrayLike | None = None,
) -> tuple[PooledResult, ...]:
    """Return the k results that `cumulative` tabulates, for reports that load no pandas.

    Examples
    --------
    >>> [fit.k for fit in refits_one_by_one([0.10, 0.50, -0.40], [0.04, 0.05, 0.03])]
    [1, 2, 3]
    """
    y, v = checked(yi, vi)
    sequence = sorted_by(order, y.size)
    y, v = y[sequence], v[sequence]
    return tuple(pool(y[:k], v[:k], method, ci_method, level, measure=measure) for k in range(1, y.size + 1))


def sorted_by(order: ArrayLike | None, k: int) -> list[int]:
    """Return the positions of k studies sorted by ``order``, ties as they come."""
    if order is None:
        return list(range(k))
    keys: Array = np.atleast_1d(numbers("order", order))
    if keys.size != k:
        raise ArgumentError(f"order has {keys.size} values for {k} studies; one per study is needed")
    for at in np.flatnonzero(np.isnan(keys)):
        raise ArgumentError(f"order[{at}] is nan; every study needs its place")
    return [int(at) for at in np.argsort(keys, kind="stable")]


def names(labels: Sequence[str] | None, k: int) -> list[Any]:
    """Return a name per study: its label, or its position."""
    if labels is None:
        return list(range(k))
    if len(labels) != k:
        raise ArgumentError(f"labels has {len(labels)} values for {k} studies; one per study is needed")
    return list(labels)


def frame(results: Iterable[PooledResult], studies: Sequence[Any]) -> pd.DataFrame:
    """Return results as a table, a row per study."""
    import pandas as pd

    columns = ["study", "k", "estimate", "se", "statistic", "df", "p_value", "ci_low", "ci_high"]
    columns += ["prediction_low", "prediction_high", "tau2", "i2", "h2", "q", "q_df", "q_p"]
    rows = []
    for name, fit in zip(studies, results, strict=True):
        effect = (fit.estimate, fit.se, fit.statistic, fit.df, fit.p_value, *fit.ci, *fit.prediction)
        rows.append((name, fit.k, *effect, fit.tau2, fit.i2, fit.h2, fit.q, fit.q_df, fit.q_p))
    return pd.DataFrame(rows, columns=columns)
