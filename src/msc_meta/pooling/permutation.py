"""Permutation tests of a meta-regression: all exchanges of the moderators between studies, or a random part of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice, permutations, product
from typing import Final

import numpy as np

from msc_meta.effects.arguments import Array
from msc_meta.errors import ArgumentError
from msc_meta.pooling.design import Design

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
    yi: Array, vi: Array, design: Design, statistics: Statistics, exact: bool | None, n: int, seed: int
) -> Permutation:
    """Return the permutation p-values of a regression of yi on the design.

    Exchanging moderators between studies is exchanging studies (effect and variance together) between moderators.
    """
    flips = len(design.names) == 1 and bool((design.given == 1).all())
    count = 2**yi.size if flips else math.factorial(yi.size)
    if exact is None:
        exact = count <= MOST
    if exact and count > 2**23:
        raise ArgumentError(f"exact is True: {count} permutations would take days; leave it out for a random part")
    if not exact and n < 1:
        raise ArgumentError(f"n is {n}; at least one permutation is needed")
    observed, model = statistics(yi, vi)
    reached, reached_model, fitted = np.zeros(len(design.names)), 0, 0
    for order in _in_lots(_all(yi.size, flips) if exact else _random(yi.size, flips, n, seed)):
        sets = (yi * order, np.tile(vi, (len(order), 1))) if flips else (yi[order], vi[order])
        each, whole = statistics(*sets)
        reached += (np.abs(each) >= np.abs(observed) * (1 - ROUNDING)).sum(axis=0)
        reached_model += int((whole >= model * (1 - ROUNDING)).sum())
        fitted += len(order)
    return Permutation(
        p_values=tuple((reached / fitted).tolist()), qm_p=reached_model / fitted, permutations=fitted, exact=exact
    )


def _all(k: int, flips: bool) -> Iterator[tuple[int, ...]]:
    return product((1, -1), repeat=k) if flips else permutations(range(k))


def _random(k: int, flips: bool, n: int, seed: int) -> Iterator[tuple[int, ...]]:
    random = np.random.default_rng(seed)
    yield (1,) * k if flips else tuple(range(k))  # the observed one
    for _ in range(n - 1):
        yield tuple((random.choice((-1, 1), size=k) if flips else random.permutation(k)).tolist())


def _in_lots(orders: Iterator[tuple[int, ...]]) -> Iterator[np.ndarray[tuple[int, int], np.dtype[np.intp]]]:
    while lot := list(islice(orders, AT_ONCE)):
        yield np.array(lot, dtype=np.intp)
