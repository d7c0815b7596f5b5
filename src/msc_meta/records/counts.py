"""The count behind a printed percentage, where there is exactly one."""

from __future__ import annotations


def printed_decimals(value: float) -> int:
    """Return how many decimals ``value`` was written with, as far as a float still tells (7.69: two, 25: none).

    Examples
    --------
    >>> printed_decimals(7.69), printed_decimals(25.0)
    (2, 0)
    """
    text = repr(float(value))
    return 0 if text.endswith(".0") or "e" in text else len(text.partition(".")[2])


def whole_count(percent: float, n: int) -> int | None:
    """Return the one count of ``n`` that is printed as ``percent``; None where none or several are.

    A count fits if its percentage differs from the printed one by no more than half of the last printed digit
    (a count cut off instead of rounded fits if it differs by less than a whole one).

    Examples
    --------
    >>> whole_count(7.69, 26), whole_count(33.33, 18), whole_count(25, 20)
    (2, 6, 5)
    >>> whole_count(45, 10) is None
    True
    """
    step = 10.0 ** -printed_decimals(percent)
    nearest = round(percent * n / 100)
    fitting = [
        k for k in range(max(0, nearest - 1), min(n, nearest + 1) + 1) if abs(100 * k / n - percent) <= step / 2 + 1e-9
    ]
    return fitting[0] if len(fitting) == 1 else None
