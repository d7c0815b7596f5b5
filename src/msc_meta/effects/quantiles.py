"""What an arm reported of a distribution: median with quartiles (S2), range (S1), or both (S3)."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, NamedTuple

from msc_meta.effects.arguments import Array, number, patients
from msc_meta.errors import ArgumentError

if TYPE_CHECKING:
    from numpy.random import Generator

Scenario = Literal["S1", "S2", "S3"]
SCENARIOS: dict[Scenario, str] = {
    "S1": "median with range",
    "S2": "median with quartiles",
    "S3": "median with quartiles and range",
}


class Pair(NamedTuple):
    """The two quartiles, or the two ends of the range."""

    low: float
    high: float

    @property
    def middle(self) -> float:
        """The mean of the two."""
        return (self.low + self.high) / 2

    @property
    def width(self) -> float:
        """The distance between the two."""
        return self.high - self.low


class Quantiles(NamedTuple):
    """What was reported; at least one of the pairs is there."""

    n: float
    median: float
    quartiles: Pair | None
    ends: Pair | None

    @property
    def scenario(self) -> Scenario:
        """The name that the literature on conversions gives to what was reported."""
        if self.quartiles and self.ends:
            return "S3"
        return "S2" if self.quartiles else "S1"

    @property
    def values(self) -> tuple[float, ...]:
        """All of them, from the lowest to the highest."""
        lows = [pair.low for pair in (self.ends, self.quartiles) if pair]
        highs = [pair.high for pair in (self.quartiles, self.ends) if pair]
        return (*lows, self.median, *highs)

    def with_values(self, values: tuple[float, ...]) -> Quantiles:
        """Return the same with other values, in the order of `values`."""
        middle = len(values) // 2
        inner = Pair(values[middle - 1], values[middle + 1])
        outer = Pair(values[0], values[-1])
        return Quantiles(self.n, values[middle], inner if self.quartiles else None, outer if self.ends else None)

    @property
    def logs(self) -> Quantiles:
        """The same of the logarithms."""
        return self.with_values(tuple(math.log(value) for value in self.values))


class Fitted(NamedTuple):
    """What a method makes of quantiles: mean and SD, the method in words, its assumption, and draws from its model."""

    mean: float
    sd: float
    method: str
    assumption: str
    draw: Callable[[Generator, int], Array]


Reported = tuple[float | None, float | None]


def reported_quantiles(n: float, median: float, quartiles: Reported, ends: Reported) -> Quantiles:
    """Return what was reported, checked: in order, in pairs, and with some spread."""
    names = {"min": ends[0], "q1": quartiles[0], "median": median, "q3": quartiles[1], "max": ends[1]}
    known = {name: number(name, value) for name, value in names.items() if value is not None}
    for (name, value), (following, larger) in pairwise(known.items()):
        if value > larger:
            raise ArgumentError(f"{name} is {value:g} and {following} is {larger:g}; {name} can not be the larger one")
    pairs = _pair(known, "q1", "q3"), _pair(known, "min", "max")
    if pairs == (None, None):
        raise ArgumentError("a median alone has no spread; q1 and q3, or min and max, are needed")
    return Quantiles(patients(n), known["median"], *pairs)


def _pair(known: dict[str, float], low: str, high: str) -> Pair | None:
    if low not in known and high not in known:
        return None
    if low not in known or high not in known:
        raise ArgumentError(f"{low} and {high} are needed together; only {low if low in known else high} is given")
    if known[low] == known[high]:
        raise ArgumentError(f"{low} and {high} are both {known[low]:g}; no standard deviation follows from that")
    return Pair(known[low], known[high])
