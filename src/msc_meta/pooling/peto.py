"""Peto's one-step odds ratio: a common effect for rare events and small effects, without continuity correction."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from msc_meta.pooling.counts import counts_of, left_out
from msc_meta.pooling.mantel_haenszel import common_effect_result, observed_minus_expected, with_q

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from msc_meta.pooling.results import PooledResult


def peto(event_e: ArrayLike, n_e: ArrayLike, event_c: ArrayLike, n_c: ArrayLike, level: float = 0.95) -> PooledResult:
    """Pool two-by-two tables by Peto's one-step odds ratio [1]_.

    Parameters
    ----------
    event_e, n_e, event_c, n_c : array_like, shape (k,)
        Patients with the event, and patients, of each arm.
    level : float
        Level of the interval.

    Returns
    -------
    PooledResult
        Log odds ratio, ``method`` "Peto"; a common effect, so tau2 is 0. A study without events in both arms, or with
        events only, says nothing about the odds ratio and has weight 0.

    Raises
    ------
    ArgumentError
        Events outside 0 to n, n not above 0.

    Notes
    -----
    ``sum(O - E) / sum(V)`` with variance ``1 / sum(V)``: O the events of the experimental arm, E and V their
    hypergeometric mean and variance given the margins. It is biased where arms are very unequal in size or the effect
    is large (odds ratio beyond about 0.5 or 2).

    References
    ----------
    .. [1] Yusuf, Peto, Lewis, Collins & Sleight (1985). Progress in Cardiovascular Diseases 27, 335-371.

    Examples
    --------
    >>> result = peto(event_e=[0, 3], n_e=[20, 40], event_c=[2, 6], n_c=[20, 40])
    >>> round(result.display().estimate, 4)
    0.3693
    """
    counts, complete = counts_of(event_e, n_e, event_c, n_c)
    distance, variance = observed_minus_expected(counts)
    total = float(variance.sum())
    estimate, spread = (float(distance.sum()) / total, 1 / total) if total > 0 else (math.nan, math.nan)
    used = np.asarray(variance > 0)
    result = common_effect_result("OR", "Peto", estimate, spread, int(used.sum()), level)
    result = with_q(result, distance[used] / variance[used], 1 / variance[used])
    weights = np.zeros(complete.size)
    if total > 0:
        weights[complete] = 100 * variance / total
    notes = left_out(counts, complete, used)
    if math.isnan(estimate):
        notes += ("Not estimable: no study has both patients with the event and patients without.",)
    return replace(result, weights=tuple(weights.tolist()), notes=notes)
