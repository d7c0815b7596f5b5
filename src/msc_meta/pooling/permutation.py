"""Permutation tests of a meta-regression: all exchanges of the moderators between studies, or a random part of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from msc_meta.blocks import Block, Progress, blocks, run_blocks
from msc_meta.effects.arguments import Array
from msc_meta.errors import ArgumentError
from msc_meta.pooling.design import Design

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Order = NDArray[np.intp]

Statistics = Callable[[Array, Array], tuple[Array, Array]]  # of n sets: per coefficient (n, p), and omnibus (n,)
MOST: Final = 50_000
AT_ONCE: Final = 256
ROUNDING: Final = 1e-8  # relative: a permutation with the observed statistic counts as one, however it is summed


@dataclass(frozen=True, slots=True, kw_only=True)
class Permutation:
    """Permutation p-values.

    Attributes
    ----------
    p_values : tuple of float
        For each coefficient, in the order of the model.
    qm_p : float
        For the omnibus test.
    permutations : int
        Permutations fitted, the observed one among them.
    exact : bool
        Whether these were all.
    """

    p_values: tuple[float, ...]
    qm_p: float
    permutations: int
    exact: bool


def permute(
    yi: Array,
    vi: Array,
    design: Design,
    statistics: Statistics,
    *,
    exact: bool | None,
    n: int,
    seed: int,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> Permutation:
    """Return the permutation p-values of a regression of yi on the design.

    Exchanging moderators between studies is exchanging studies (effect and variance together) between moderators.
    ``statistics`` is picklable where the executor's workers are other processes.
    """
    flips = len(design.names) == 1 and bool((design.given == 1).all())
    count = 2**yi.size if flips else math.factorial(yi.size)
    if exact is None:
        exact = count <= MOST
    if exact and count > 2**23:
        raise ArgumentError(f"exact is True: {count} permutations would take days; leave it out for a random part")
    if not exact and n < 1:
        raise ArgumentError(f"n is {n}; at least one permutation is needed")
    each, whole = statistics(yi, vi)
    observed = np.append(np.abs(each), whole) * (1 - ROUNDING)
    fitted = count if exact else n
    drawn = blocks(fitted, AT_ONCE) if exact else blocks(n - 1, AT_ONCE, seed)  # the observed one needs no drawing
    work = partial(_reached, yi=yi, vi=vi, statistics=statistics, observed=observed, flips=flips)
    reached = sum(run_blocks(work, drawn, executor, progress), np.full(observed.size, 0 if exact else 1))
    p_values = (reached / fitted).tolist()
    return Permutation(p_values=tuple(p_values[:-1]), qm_p=p_values[-1], permutations=fitted, exact=exact)


def _reached(block: Block, yi: Array, vi: Array, statistics: Statistics, observed: Array, flips: bool) -> Order:
    """Return how many permutations of a block reach each observed statistic, the omnibus one last."""
    order = (_all if block.seed is None else _random)(block, yi.size, flips)
    sets = (yi * order, np.tile(vi, (block.size, 1))) if flips else (yi[order], vi[order])
    each, whole = statistics(*sets)
    counts: Order = (np.column_stack((np.abs(each), whole)) >= observed).sum(axis=0)
    return counts


def _all(block: Block, k: int, flips: bool) -> Order:
    """Return the patterns of signs, or the permutations, that have these numbers among all of them."""
    numbers = np.arange(block.start, block.stop)
    if flips:
        return 1 - 2 * (numbers[:, None] >> np.arange(k) & 1)
    order = np.empty((block.size, k), dtype=np.intp)
    left = np.tile(np.arange(k), (block.size, 1))
    for place in range(k):  # the digits of a number in base k!, (k-1)!, ... say which of those that are left comes next
        which, numbers = np.divmod(numbers, math.factorial(k - 1 - place))
        order[:, place] = np.take_along_axis(left, which[:, None], axis=1)[:, 0]
        left = left[np.arange(left.shape[1]) != which[:, None]].reshape(block.size, -1)
    return order


def _random(block: Block, k: int, flips: bool) -> Order:
    random = block.generator()
    if flips:
        return random.choice((-1, 1), size=(block.size, k))
    return random.permuted(np.tile(np.arange(k), (block.size, 1)), axis=1)
