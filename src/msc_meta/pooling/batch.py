"""Pooling of many sets of studies at once, as simulation, resampling and sensitivity analyses need it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from msc_meta.effects.arguments import Array, level_of, one_of
from msc_meta.errors import ArgumentError
from msc_meta.pooling.random_effects import ALIASES, CI_METHODS
from msc_meta.pooling.studies import Studies
from msc_meta.pooling.tau2 import ESTIMATORS, GRID_POINTS, tau2_of

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

FIELDS: Final = ("estimate", "se", "ci_low", "ci_high", "p_value", "tau2", "i2", "q")
AT_ONCE: Final = 2**19  # numbers of the widest array (studies x grid x sets): 4 MB, which a processor keeps at hand


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PooledBatch:
    """Pooled effects of many sets, each field of shape (sets,); the meaning of each is that of `PooledResult`.

    Attributes
    ----------
    k : numpy.ndarray of int
        Studies present in each set.
    estimate, se, ci_low, ci_high, p_value, tau2, i2, q : numpy.ndarray
        nan where undefined: all for an empty set, heterogeneity for one study.
    method, ci_method, level
        As given; a single study always has Wald's interval.
    """

    k: NDArray[np.intp]
    estimate: Array
    se: Array
    ci_low: Array
    ci_high: Array
    p_value: Array
    tau2: Array
    i2: Array
    q: Array
    method: str
    ci_method: str
    level: float

    def to_frame(self) -> pd.DataFrame:
        """Return one row per set."""
        import pandas as pd

        return pd.DataFrame({name: getattr(self, name) for name in ("k", *FIELDS)})

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values, undefined numbers as None."""
        columns = {name: getattr(self, name) for name in ("k", *FIELDS)}
        plain = {name: [x if np.isfinite(x) else None for x in column.tolist()] for name, column in columns.items()}
        return {**plain, "method": self.method, "ci_method": self.ci_method, "level": self.level}


def pool_batch(
    yi: ArrayLike, vi: ArrayLike, method: str = "REML", ci_method: str = "hksj", level: float = 0.95
) -> PooledBatch:
    """Pool every row of two tables, with the answers of `pool` and a hundredth of its time.

    Parameters
    ----------
    yi, vi : array_like, shape (sets, k)
        Estimates and sampling variances (above 0), one set of studies per row; nan in both where a set lacks a study.
    method, ci_method, level
        As in `pool`.

    Returns
    -------
    PooledBatch
        Arrays of shape (sets,).

    Raises
    ------
    ArgumentError
        Tables that are not of one shape, an infinite value, a variance not above 0, nan in one of the two only.

    Notes
    -----
    Sets with equally many studies go through the same search together. Each has its own bracket, so that no set can
    keep another from its answer, and every search ends.

    Examples
    --------
    >>> nan = float("nan")
    >>> batch = pool_batch([[0.10, 0.50, -0.40], [0.10, 0.50, nan]], [[0.04, 0.05, 0.03], [0.04, 0.05, nan]])
    >>> batch.estimate.round(4).tolist(), batch.k.tolist()
    ([0.052, 0.2875], [3, 2])
    """
    y, v = _checked(yi, vi)
    method = one_of("method", ALIASES.get(method, method), ESTIMATORS)
    one_of("ci_method", ci_method, CI_METHODS)
    level = level_of(level)
    present = ~np.isnan(y)
    counts = present.sum(axis=1)
    first = np.argsort(~present, axis=1, kind="stable")  # the studies that are there come first
    y, v = np.take_along_axis(y, first, axis=1), np.take_along_axis(v, first, axis=1)
    answers = {name: np.full(counts.size, np.nan) for name in FIELDS}
    for k in np.unique(counts[counts > 0]).tolist():
        rows = np.flatnonzero(counts == k)
        size = max(1, AT_ONCE // (k * GRID_POINTS))
        for at in range(0, rows.size, size):
            some = rows[at : at + size]
            fits = _fit(y[some, :k], v[some, :k], method, ci_method, level)
            for name, values in fits.items():
                answers[name][some] = values
    return PooledBatch(k=counts, method=method, ci_method=ci_method, level=level, **answers)


def _checked(yi: ArrayLike, vi: ArrayLike) -> tuple[Array, Array]:
    """Return both tables as arrays of one shape; else complain about the first wrong place."""
    tables = []
    for name, values in (("yi", yi), ("vi", vi)):
        try:
            table = np.asarray(values, dtype=np.float64)
        except (TypeError, ValueError):
            raise ArgumentError(f"{name} is no table of numbers; one row per set of studies is needed") from None
        if table.ndim != 2:
            raise ArgumentError(f"{name} has {table.ndim} dimensions; a table is needed, a row per set of studies")
        _require(~np.isinf(table), name, table, "a finite number is needed")
        tables.append(table)
    y, v = tables
    if y.shape != v.shape:
        raise ArgumentError(f"yi has shape {y.shape} and vi has {v.shape}; they need the same")
    _require(np.isnan(v) | (v > 0), "vi", v, "a sampling variance is above 0")
    _require(np.isnan(y) == np.isnan(v), "yi", y, "a study that a set lacks is nan in yi and in vi")
    return y, v


def _require(holds: NDArray[np.bool_], name: str, table: Array, rule: str) -> None:
    if not holds.all():
        row, column = np.argwhere(~holds)[0].tolist()
        raise ArgumentError(f"{name}[{row}, {column}] is {table[row, column]:.15g}; {rule}")


def _fit(yi: Array, vi: Array, method: str, ci_method: str, level: float) -> dict[str, Array]:
    """Return the answers for n sets of k >= 1 studies."""
    from scipy.special import ndtr, ndtri, stdtr, stdtrit

    k, tail = yi.shape[1], (1 - level) / 2
    fits: dict[str, Array] = {}
    if k == 1:
        estimate, se, wald = yi[:, 0], np.sqrt(vi[:, 0]), True
    else:
        studies = Studies(yi, vi)
        tau2 = tau2_of(method, studies)
        weights = studies.weights((tau2 / studies.unit)[None, :])
        total = weights.sum(axis=0)[0]
        distances = studies.distances(weights)
        scale = np.sqrt(studies.unit)
        estimate = studies.origin + scale * (studies.y[0] - distances[0])[0]
        se = scale / np.sqrt(total)
        wald = ci_method == "wald" or method == "FE"
        if not wald:
            factor = np.sqrt((weights * distances**2).sum(axis=0)[0] / (k - 1))
            se = se * (np.maximum(1.0, factor) if ci_method == "hksj-adhoc" else factor)
        q = studies.cochran_q
        typical = studies.unit * (k - 1) / studies.trace_at_zero
        with np.errstate(divide="ignore", invalid="ignore"):
            share = (
                np.where(q > 0, np.maximum(0.0, (q - (k - 1)) / q), 0.0) if method == "FE" else tau2 / (tau2 + typical)
            )
        fits = {"tau2": tau2, "i2": 100 * share, "q": q}
    quantile = -float(ndtri(tail) if wald else stdtrit(k - 1, tail))
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = np.where(se > 0, np.abs(estimate / se), np.nan)
    p_value = 2 * (ndtr(-statistic) if wald else stdtr(k - 1, -statistic))
    low, high = estimate - quantile * se, estimate + quantile * se
    return fits | {"estimate": estimate, "se": se, "ci_low": low, "ci_high": high, "p_value": p_value}
