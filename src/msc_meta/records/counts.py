"""The counts behind a printed percentage."""

from __future__ import annotations

import math


def printed_decimals(value: float) -> int:
    """Return how many decimals ``value`` was written with, as far as a float still tells (7.69: two, 25: none).

    Examples
    --------
    >>> printed_decimals(7.69), printed_decimals(25.0)
    (2, 0)
    """
    text = repr(float(value))
    return 0 if text.endswith(".0") or "e" in text else len(text.partition(".")[2])


def counts_printed_as(percent: float, n: int) -> list[int]:
    """Return the counts of ``n`` patients whose percentage rounds to the printed one: none, one, or several.

    Half of the last printed digit is allowed; a percentage that was cut off instead of rounded fits no count.

    Examples
    --------
    >>> counts_printed_as(7.69, 26), counts_printed_as(45, 10), counts_printed_as(33, 200)
    ([2], [], [65, 66, 67])
    """
    half = 10.0 ** -printed_decimals(percent) / 2 + 1e-9
    low, high = max(0, math.ceil(n * (percent - half) / 100)), min(n, math.floor(n * (percent + half) / 100))
    return list(range(low, high + 1))
