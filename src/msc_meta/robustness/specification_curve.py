"""Specification curve: the pooled effect under every defensible combination of choices, and what it says together.

A choice decides either which effects there are (measure, conversion, window, eligibility ...), which makes another
table of effects, or how they are pooled. Trials are rows of every table, nan where a choice leaves one out.
"""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from msc_meta.blocks import Block, Progress, blocks, run_blocks
from msc_meta.effects.arguments import Array
from msc_meta.errors import ArgumentError
from msc_meta.pooling.batch import pool_batch
from msc_meta.robustness.variance_share import share_between

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

BLOCK: Final = 4  # permutations at a time
ROUNDING: Final = 1e-9  # relative: a permutation that mirrors the observed one counts as one
EXACT_UP_TO: Final = 10  # studies: 1024 patterns of signs


@dataclass(frozen=True, slots=True, kw_only=True)
class PermutationTest:
    """Whether all specifications together would look like this if no trial had an effect [1]_.

    Each trial's effects change sign together, in every specification alike, which is what exchanging its arms does.

    Attributes
    ----------
    median_p : float
        Probability, without effects, of a median estimate as far from no effect as the observed one.
    share_p : float
        Of as large a share of specifications whose interval excludes no effect on the same side.
    permutations : int
        Patterns of signs, the observed one among them.
    exact : bool
        Whether these are all.

    References
    ----------
    .. [1] Simonsohn, Simmons & Nelson (2020). Nature Human Behaviour 4, 1208-1214; for meta-analyses: Voracek,
       Kossmeier & Tran (2019). Zeitschrift fur Psychologie 227, 64-82.
    """

    median_p: float
    share_p: float
    permutations: int
    exact: bool
    seed: int | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SpecificationCurve:
    """Pooled effects under S specifications, analysis scale.

    Attributes
    ----------
    dimensions : tuple of str
        Names of the choices.
    options : tuple of tuple of str
        What each of them can be; the first is the protocol's.
    chosen : numpy.ndarray of int, shape (S, dimensions)
        Which option each specification takes.
    k : numpy.ndarray of int
        Rows pooled.
    estimate, se, ci_low, ci_high, p_value, tau2 : numpy.ndarray, shape (S,)
        nan where nothing can be pooled.
    main : int
        The specification that is the protocol's.
    test : PermutationTest or None
        Where it was asked for.
    """

    dimensions: tuple[str, ...]
    options: tuple[tuple[str, ...], ...]
    chosen: NDArray[np.intp]
    k: NDArray[np.intp]
    estimate: Array
    se: Array
    ci_low: Array
    ci_high: Array
    p_value: Array
    tau2: Array
    main: int
    level: float
    test: PermutationTest | None = None

    @property
    def pooled(self) -> NDArray[np.bool_]:
        """Which specifications have an answer."""
        return ~np.isnan(self.estimate)

    @property
    def order(self) -> NDArray[np.intp]:
        """Specifications with an answer, from the lowest estimate to the highest."""
        order = np.argsort(self.estimate, kind="stable")
        return order[self.pooled[order]]

    def summary(self) -> dict[str, Any]:
        """Return what all specifications say together.

        Returns
        -------
        dict
            ``specifications``, ``pooled``; ``median``, ``lowest``, ``highest``, ``quartiles`` of the estimates;
            ``below`` and ``above``: shares of the estimates on either side of no effect; ``excludes_below`` and
            ``excludes_above``: shares whose interval lies wholly on that side; ``main_rank``: share of the estimates
            that are not above the protocol's.
        """
        held = self.pooled
        estimate, low, high = self.estimate[held], self.ci_low[held], self.ci_high[held]
        if not estimate.size:
            return {"specifications": held.size, "pooled": 0}
        quartiles = np.quantile(estimate, [0.25, 0.5, 0.75]).tolist()
        main = self.estimate[self.main]
        return {
            "specifications": held.size,
            "pooled": int(held.sum()),
            "median": quartiles[1],
            "quartiles": [quartiles[0], quartiles[2]],
            "lowest": float(estimate.min()),
            "highest": float(estimate.max()),
            "below": float((estimate < 0).mean()),
            "above": float((estimate > 0).mean()),
            "excludes_below": float((high < 0).mean()),
            "excludes_above": float((low > 0).mean()),
            "main_rank": None if np.isnan(main) else float((estimate <= main).mean()),
        }

    def influence(self) -> pd.DataFrame:
        """Return how much each choice moves the estimate.

        Returns
        -------
        pandas.DataFrame
            A row per option: ``choice``, ``option``, ``specifications``, ``median``, ``lowest``, ``highest``; and, the
            same in all rows of a choice, ``share``: the part of the variance of the estimates between its options.
        """
        import pandas as pd

        held, rows = self.pooled, []
        for at, (name, options) in enumerate(zip(self.dimensions, self.options, strict=True)):
            groups = [self.estimate[held & (self.chosen[:, at] == number)] for number in range(len(options))]
            share = share_between(groups)
            for option, group in zip(options, groups, strict=True):
                low, middle, high = (
                    (group.min(), np.median(group), group.max()) if group.size else (np.nan, np.nan, np.nan)
                )
                rows.append((name, option, group.size, middle, low, high, share))
        columns = ["choice", "option", "specifications", "median", "lowest", "highest", "share"]
        return pd.DataFrame(rows, columns=columns)

    def to_frame(self) -> pd.DataFrame:
        """Return a row per specification: its choices in words, ``k`` and the numbers."""
        import pandas as pd

        words = {
            name: np.array(options, dtype=object)[self.chosen[:, at]]
            for at, (name, options) in enumerate(zip(self.dimensions, self.options, strict=True))
        }
        numbers = {
            name: getattr(self, name) for name in ("k", "estimate", "se", "ci_low", "ci_high", "p_value", "tau2")
        }
        return pd.DataFrame(words | numbers | {"main": np.arange(self.k.size) == self.main})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Specifications:
    """S specifications, as numbers.

    Attributes
    ----------
    yi, vi : numpy.ndarray, shape (tables, rows)
        Effects of every table; nan where it lacks a row.
    owner : numpy.ndarray of int, shape (rows,)
        Number of the trial that a row belongs to.
    table : numpy.ndarray of int, shape (S,)
        Which table a specification takes.
    left_out : numpy.ndarray of int, shape (S,)
        Number of the trial that it leaves out besides; -1 for none.
    models : tuple of (method, ci_method), length S
        How it pools.
    level : float
        Level of the intervals.
    """

    yi: Array
    vi: Array
    owner: NDArray[np.intp]
    table: NDArray[np.intp]
    left_out: NDArray[np.intp]
    models: tuple[tuple[str, str], ...]
    level: float = 0.95

    @property
    def trials(self) -> int:
        """Number of trials in any table."""
        return int(self.owner.max()) + 1 if self.owner.size else 0

    def with_all_trials(self) -> Specifications:
        """Return those that leave no trial out."""
        kept = np.flatnonzero(self.left_out < 0)
        models = tuple(self.models[at] for at in kept)
        return replace(self, table=self.table[kept], left_out=self.left_out[kept], models=models)

    def fit(self) -> dict[str, Array]:
        """Pool each specification.

        Returns
        -------
        dict of numpy.ndarray
            ``k``, ``estimate``, ``se``, ``ci_low``, ``ci_high``, ``p_value``, ``tau2``, each of shape (S,).
        """
        names = ("k", "estimate", "se", "ci_low", "ci_high", "p_value", "tau2")
        answers = {name: np.full(self.table.size, np.nan) for name in names}
        which = np.array([f"{method} {ci}" for method, ci in self.models])
        for model in np.unique(which):
            some = np.flatnonzero(which == model)
            gone = self.owner == self.left_out[some, None]
            y, v = (np.where(gone, np.nan, values[self.table[some]]) for values in (self.yi, self.vi))
            method, ci_method = model.split(" ")
            batch = pool_batch(y, v, method, ci_method, self.level)
            for name in names:
                answers[name][some] = getattr(batch, name)
        return answers

    def clarity(self) -> Array:
        """Return how far the median estimate is from no effect, and the larger share of intervals on one side of it."""
        fits = self.fit()
        held = ~np.isnan(fits["estimate"])
        if not held.any():
            return np.zeros(2)
        low, high = fits["ci_low"][held], fits["ci_high"][held]
        return np.array([abs(float(np.median(fits["estimate"][held]))), max((high < 0).mean(), (low > 0).mean())])


def permutation_test(
    specifications: Specifications,
    *,
    permutations: int = 500,
    seed: int = 1,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> PermutationTest:
    """Return how often trials without effects would make as clear a curve.

    Parameters
    ----------
    specifications : Specifications
        What the curve is made of; those that leave single trials out are passed over.
    permutations : int
        Patterns of signs that are drawn; all of them where there are no more trials than ten.
    seed : int
        Of the drawing.
    executor, progress
        As in `run_blocks`.

    Raises
    ------
    ArgumentError
        If less than one permutation is asked for.
    """
    if permutations < 1:
        raise ArgumentError(f"permutations is {permutations}; at least one is needed")
    whole = specifications.with_all_trials()
    exact = whole.trials <= EXACT_UP_TO
    count = 2**whole.trials if exact else permutations
    work = partial(_clarities, specifications=whole, exact=exact)
    observed, reached = whole.clarity(), np.zeros(2)
    for found in run_blocks(work, blocks(count, BLOCK, None if exact else seed), executor, progress):
        reached += (found >= observed * (1 - ROUNDING)).sum(axis=0)
    if not exact:  # the observed pattern is one of them
        reached, count = reached + 1, count + 1
    median_p, share_p = (reached / count).tolist()
    return PermutationTest(
        median_p=median_p, share_p=share_p, permutations=count, exact=exact, seed=None if exact else seed
    )


def _clarities(block: Block, specifications: Specifications, exact: bool) -> Array:
    trials = specifications.trials
    if exact:
        signs = 1 - 2 * (np.arange(block.start, block.stop)[:, None] >> np.arange(trials) & 1)
    else:
        signs = block.generator().choice((-1, 1), size=(block.size, trials))
    flipped = (replace(specifications, yi=specifications.yi * sign[specifications.owner]) for sign in signs)
    return np.array([one.clarity() for one in flipped])
