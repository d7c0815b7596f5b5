"""The two-by-two table behind a reported odds ratio, phi coefficient or chi-squared, where its margins are known."""

from __future__ import annotations

import math
from typing import NamedTuple

from msc_meta.effects.arguments import number, positive
from msc_meta.errors import ArgumentError


class TableCounts(NamedTuple):
    """Patients with the event, and patients, of the two arms."""

    event_e: int
    n_e: int
    event_c: int
    n_c: int


def table_from_margins(
    *,
    n_e: int,
    n_c: int,
    events: int,
    odds_ratio: float | None = None,
    phi: float | None = None,
    chi_squared: float | None = None,
    yates: bool = True,
    fewer: bool = False,
) -> TableCounts:
    """Return the table whose margins and odds ratio, phi or chi-squared were reported [1]_.

    Parameters
    ----------
    n_e, n_c : int
        Patients of the experimental and the control arm.
    events : int
        Patients with the event, both arms together.
    odds_ratio, phi, chi_squared : float
        One of the three: odds ratio (experimental over control), phi coefficient, or chi-squared statistic.
    yates : bool
        Whether chi-squared was computed with Yates' continuity correction.
    fewer : bool
        Whether the experimental arm has the smaller risk; chi-squared alone does not tell.

    Returns
    -------
    TableCounts
        The nearest whole counts. A rounded statistic may not single out one table: compare its own statistic.

    Raises
    ------
    ArgumentError
        None or several of the three, or one that no table with these margins has.

    References
    ----------
    .. [1] Bonett (2007). Transforming odds ratios into correlations for meta-analytic research. American Psychologist
       62, 254-255; the function ``conv.2x2`` of metafor.

    Examples
    --------
    >>> table_from_margins(n_e=40, n_c=40, events=30, odds_ratio=2.5)
    TableCounts(event_e=19, n_e=40, event_c=11, n_c=40)
    """
    e, c, m = positive("n_e", n_e), positive("n_c", n_c), positive("events", events)
    n = e + c
    if m >= n:
        raise ArgumentError(f"events is {m:g}; fewer events than patients ({n:g}) are needed")
    if sum(value is not None for value in (odds_ratio, phi, chi_squared)) != 1:
        raise ArgumentError("one of odds_ratio, phi and chi_squared is needed")
    if odds_ratio is not None:
        x = _from_odds_ratio(positive("odds_ratio", odds_ratio), e, c, m)
    else:
        root = math.sqrt(e * c * m * (n - m))
        if phi is not None:
            distance = number("phi", phi) * root
        else:
            statistic = number("chi_squared", chi_squared or 0.0)
            if statistic < 0:
                raise ArgumentError(f"chi_squared is {statistic:g}; a number of 0 or more is needed")
            distance = math.sqrt(statistic / n) * root + n / 2 * yates
            distance *= -1 if fewer else 1
        x = (distance + e * m) / n
    x = round(x)
    if not max(0, m - c) <= x <= min(e, m):
        raise ArgumentError(
            f"no table with these margins has that statistic: the experimental arm would have {x} events"
        )
    return TableCounts(x, round(e), round(m) - x, round(c))


def _from_odds_ratio(ratio: float, e: float, c: float, m: float) -> float:
    """Solve ``x (c - m + x) = ratio (e - x) (m - x)`` for the events of the experimental arm."""
    a, b = ratio - 1, -(ratio * (e + m) + c - m)
    return 2 * ratio * e * m / (-b + math.sqrt(b * b - 4 * a * ratio * e * m))
