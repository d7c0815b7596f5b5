"""Several arms as the one that their patients together would have made."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from msc_meta.effects.arguments import Array, numbers, require
from msc_meta.errors import ArgumentError


class ArmMeans(NamedTuple):
    """Patients, mean and standard deviation of one arm."""

    n: float
    mean: float
    sd: float


class ArmEvents(NamedTuple):
    """Patients with the event and patients of one arm."""

    event: float
    n: float


def combine_arms(n: Sequence[float], mean: Sequence[float], sd: Sequence[float]) -> ArmMeans:
    """Return several arms as the one that their patients together would have made [1]_.

    Parameters
    ----------
    n, mean, sd : sequence of float, length g
        Patients, mean and standard deviation of each arm.

    References
    ----------
    .. [1] Higgins et al. Cochrane Handbook for Systematic Reviews of Interventions, table 6.5.a (formula for two arms;
       this is the same for any number of them).

    Examples
    --------
    >>> combine_arms([10, 10], [4, 6], [2, 2])
    ArmMeans(n=20.0, mean=5.0, sd=2.2004)
    """
    counts, means, sds = _arms(n=n, mean=mean, sd=sd)
    require(counts > 0, "n", counts, "an arm needs patients")
    require(sds > 0, "sd", sds, "a standard deviation is above 0")
    total = float(counts.sum())
    pooled = float((counts * means).sum()) / total
    squares = float(((counts - 1) * sds**2 + counts * (means - pooled) ** 2).sum())
    return ArmMeans(total, pooled, math.sqrt(squares / (total - 1)))


def combine_events(event: Sequence[float], n: Sequence[float]) -> ArmEvents:
    """Return several arms as one: sums of events and of patients.

    Examples
    --------
    >>> combine_events([3, 2], [10, 12])
    ArmEvents(event=5.0, n=22.0)
    """
    events, counts = _arms(event=event, n=n)
    require(counts > 0, "n", counts, "an arm needs patients")
    require((events >= 0) & ~(events > counts), "event", events, "events lie between 0 and n")
    return ArmEvents(float(events.sum()), float(counts.sum()))


def _arms(**values: Sequence[float]) -> list[Array]:
    arrays = {name: np.atleast_1d(numbers(name, value)) for name, value in values.items()}
    if len({array.size for array in arrays.values()}) != 1 or next(iter(arrays.values())).size == 0:
        raise ArgumentError(
            ", ".join(f"{name} has {a.size} values" for name, a in arrays.items()) + "; one of each per arm"
        )
    return list(arrays.values())
