"""Bootstrap of a pooled effect: how it would vary if other studies, or the same ones again, had been run."""

from __future__ import annotations

import math
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from msc_meta.blocks import Block, Progress, blocks, run_blocks
from msc_meta.effects.arguments import Array, level_of, one_of
from msc_meta.errors import ArgumentError
from msc_meta.plain_values import plain_value
from msc_meta.pooling.batch import pool_batch
from msc_meta.pooling.least_squares import fit_sets
from msc_meta.pooling.random_effects import checked, pool
from msc_meta.pooling.results import Interval

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

    from msc_meta.pooling.design import Design

Kind = Literal["studies", "model"]
BLOCK: Final = 1000  # samples at a time, each block with a seed of its own
LEAST: Final = 2  # studies


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bootstrap:
    """A bootstrap distribution and its intervals.

    Attributes
    ----------
    names : tuple of str
        What was bootstrapped: ``estimate``, ``tau2`` and ``i2`` of a pool, or the coefficients of a regression.
    observed : numpy.ndarray, shape (quantities,)
        The quantities in the data.
    samples : numpy.ndarray, shape (n, quantities)
        The same in each sample; a sample that can not be fitted, as one in which a moderator does not vary, is nan.
    percentile, bca : dict of str to Interval
        Percentile intervals, and those corrected for bias and acceleration [1]_, at ``level``; BCa only where studies
        were resampled.
    lost : int
        Samples that could not be fitted.

    References
    ----------
    .. [1] Efron (1987). Journal of the American Statistical Association 82, 171-185.
    """

    names: tuple[str, ...]
    observed: Array
    samples: Array
    percentile: dict[str, Interval]
    bca: dict[str, Interval]
    level: float
    kind: str
    seed: int
    lost: int

    def to_frame(self) -> pd.DataFrame:
        """Return one row per quantity."""
        import pandas as pd

        rows = []
        for at, name in enumerate(self.names):
            column = self.samples[:, at]
            row = {"quantity": name, "observed": self.observed[at], "bootstrap_se": float(np.nanstd(column, ddof=1))}
            for label, intervals in (("percentile", self.percentile), ("bca", self.bca)):
                low, high = intervals.get(name, Interval(math.nan, math.nan))
                row |= {f"{label}_low": low, f"{label}_high": high}
            rows.append(row)
        return pd.DataFrame(rows)

    def to_dict(self) -> dict[str, Any]:
        """Return intervals and settings as plain JSON values, undefined numbers as None."""
        settings = {"kind": self.kind, "samples": len(self.samples), "lost": self.lost, "level": self.level}
        return settings | {"seed": self.seed, "quantities": plain_value(self.to_frame().to_dict("records"))}


def bootstrap(
    yi: ArrayLike,
    vi: ArrayLike,
    method: str = "REML",
    *,
    kind: Kind = "studies",
    n: int = 5000,
    level: float = 0.95,
    seed: int = 1,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> Bootstrap:
    """Bootstrap the pooled effect, tau2 and I2.

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Estimates on the analysis scale and sampling variances; two or more studies.
    method : str
        As in `pool`.
    kind : {"studies", "model"}
        Draw studies with replacement, or draw new effects from the fitted model at the same sampling variances (the
        parametric bootstrap [1]_, which suits few studies better).
    n, seed : int
        Samples, and where they start.
    executor, progress
        As in `run_blocks`.

    Raises
    ------
    ArgumentError
        Fewer than two studies, no sample, and what `pool` refuses.

    References
    ----------
    .. [1] Turner, Omar, Yang, Goldstein & Thompson (2000). Statistics in Medicine 19, 3417-3432; Viechtbauer (2007).
       Statistics in Medicine 26, 37-52.

    Examples
    --------
    >>> found = bootstrap([0.10, 0.50, -0.40, 0.2], [0.04, 0.05, 0.03, 0.1], n=500)
    >>> found.names, found.samples.shape
    (('estimate', 'tau2', 'i2'), (500, 3))
    """
    y, v = checked(yi, vi)
    _enough(y.size, LEAST, n)
    fit = pool(y, v, method, "wald")
    observed = np.array([fit.estimate, fit.tau2, fit.i2])
    work = partial(_pools, yi=y, vi=v, method=fit.method, model=(fit.estimate, fit.tau2), kind=_kind(kind))
    samples = np.concatenate(list(run_blocks(work, blocks(n, BLOCK, seed), executor, progress)))
    deleted = np.array([_quantities(np.delete(y, at), np.delete(v, at), fit.method) for at in range(y.size)])
    return _bootstrap(("estimate", "tau2", "i2"), observed, samples, deleted, level, kind, seed)


def bootstrap_regression(
    yi: ArrayLike,
    vi: ArrayLike,
    X: ArrayLike,  # noqa: N803 - the model matrix has this name wherever regression is written down
    method: str = "REML",
    *,
    n: int = 5000,
    level: float = 0.95,
    seed: int = 1,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> Bootstrap:
    """Bootstrap the coefficients of a meta-regression: new effects are drawn from the fitted model.

    Parameters
    ----------
    yi, vi, X
        As in `meta_regression`, to which an intercept is added.
    method, n, level, seed, executor, progress
        As in `bootstrap`.

    Returns
    -------
    Bootstrap

    Examples
    --------
    >>> year = [[2014.0], [2019.0], [2021.0], [2023.0], [2026.0]]
    >>> found = bootstrap_regression([0.10, 0.50, -0.40, 0.2, 0.1], [0.04, 0.05, 0.03, 0.1, 0.2], year, n=200)
    >>> found.samples.shape
    (200, 2)
    """
    from msc_meta.pooling.regression import meta_regression

    y, v = checked(yi, vi)
    fit = meta_regression(y, v, X, method=method, ci_method="wald")
    _enough(y.size, LEAST, n)
    beta = np.array([one.estimate for one in fit.coefficients])
    means = fit.design.given @ beta
    work = partial(_coefficients, means=means, vi=v, tau2=fit.tau2, design=fit.design, method=fit.method)
    samples = np.concatenate(list(run_blocks(work, blocks(n, BLOCK, seed), executor, progress)))
    names = tuple(one.name for one in fit.coefficients)
    return _bootstrap(names, beta, samples, None, level, "model", seed)


def _kind(kind: str) -> str:
    return one_of("kind", kind, ("studies", "model"))


def _enough(k: int, least: int, n: int) -> None:
    if k < least:
        raise ArgumentError(f"there are {k} studies; a bootstrap needs {least} or more")
    if n < 1:
        raise ArgumentError(f"n is {n}; at least one sample is needed")


def _quantities(yi: Array, vi: Array, method: str) -> list[float]:
    fit = pool(yi, vi, method, "wald")
    return [fit.estimate, fit.tau2 if fit.k > 1 else 0.0, fit.i2 if fit.k > 1 else 0.0]


def _pools(block: Block, yi: Array, vi: Array, method: str, model: tuple[float, float], kind: str) -> Array:
    random = block.generator()
    if kind == "studies":
        drawn = random.integers(yi.size, size=(block.size, yi.size))
        y, v = yi[drawn], vi[drawn]
    else:
        estimate, tau2 = model
        y = random.normal(estimate, np.sqrt(vi + tau2), (block.size, yi.size))
        v = np.tile(vi, (block.size, 1))
    fits = pool_batch(y, v, method, "wald")
    return np.stack((fits.estimate, fits.tau2, fits.i2), axis=1)


def _coefficients(block: Block, means: Array, vi: Array, tau2: float, design: Design, method: str) -> Array:
    y = block.generator().normal(means, np.sqrt(vi + tau2), (block.size, means.size))
    fits = fit_sets(y, np.tile(vi, (block.size, 1)), design, method, "wald")
    return fits.beta


def _bootstrap(
    names: tuple[str, ...], observed: Array, samples: Array, deleted: Array | None, level: float, kind: str, seed: int
) -> Bootstrap:
    tails = np.array([(1 - level_of(level)) / 2, (1 + level) / 2])
    percentile, bca = {}, {}
    for at, name in enumerate(names):
        column = samples[:, at]
        column = np.sort(column[~np.isnan(column)])
        percentile[name] = _quantiles(column, tails)
        if deleted is not None and kind == "studies":
            bca[name] = _quantiles(column, _corrected(tails, column, float(observed[at]), deleted[:, at]))
    lost = int(np.isnan(samples).any(axis=1).sum())
    return Bootstrap(
        names=names, observed=observed, samples=samples, percentile=percentile, bca=bca, level=level, kind=kind,
        seed=seed, lost=lost,
    )  # fmt: skip


def _quantiles(column: Array, tails: Array) -> Interval:
    if not column.size or np.isnan(tails).any():
        return Interval(math.nan, math.nan)
    low, high = np.quantile(column, tails).tolist()
    return Interval(low, high)


def _corrected(tails: Array, column: Array, observed: float, deleted: Array) -> Array:
    """Return the tail probabilities that allow for bias and acceleration; nan where nothing lies on one side."""
    from scipy.special import ndtr, ndtri

    below = ((column < observed).sum() + 0.5 * (column == observed).sum()) / max(column.size, 1)
    spread = deleted.mean() - deleted
    size = float((spread**2).sum())
    acceleration = float((spread**3).sum()) / (6 * size**1.5) if size > 0 else 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        shifted = ndtri(below) + ndtri(tails)
        corrected: Array = ndtr(ndtri(below) + shifted / (1 - acceleration * shifted))
    return corrected
