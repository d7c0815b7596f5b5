"""Effects on events: risk ratio, odds ratio, risk difference, with the continuity correction they share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from msc_meta.effects.arguments import Array, broadcast, numbers, one_of, require
from msc_meta.effects.estimates import EffectSize, estimable

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

Scope = Literal["only-zero", "all", "if-any", "none"]
SCOPES: tuple[Scope, ...] = ("only-zero", "all", "if-any", "none")


def log_risk_ratio(
    event_e: ArrayLike,
    n_e: ArrayLike,
    event_c: ArrayLike,
    n_c: ArrayLike,
    *,
    cc: float = 0.5,
    scope: Scope = "only-zero",
    drop00: bool = False,
) -> EffectSize:
    """Log risk ratio, experimental over control [1]_.

    Parameters
    ----------
    event_e, n_e, event_c, n_c : array_like, shape (k,)
        Patients with the event, and patients, of each arm.
    cc : float
        Continuity correction: added to each of the four cells.
    scope : {"only-zero", "all", "if-any", "none"}
        Which tables get ``cc``: those with an empty cell, all, all as soon as one has an empty cell, or none.
    drop00 : bool
        Whether a table without any event, or with events only, is nan instead of corrected.

    Returns
    -------
    EffectSize
        Natural log, shape (k,).

    Raises
    ------
    ArgumentError
        Events outside 0 to n, n not above 0, ``cc`` negative.

    Notes
    -----
    ``log((a / n1) / (c / n2))`` with variance ``1/a - 1/n1 + 1/c - 1/n2``, after the correction.

    References
    ----------
    .. [1] Katz, Baptista, Azen & Pike (1978). Biometrics 34, 469-474.

    Examples
    --------
    >>> log_risk_ratio(5, 20, 10, 20)
    EffectSize(yi=array([-0.69314718]), vi=array([0.2]))
    """
    a, b, c, d = _cells(event_e, n_e, event_c, n_c, cc, scope, drop00)
    return estimable(
        lambda: np.log(a / (a + b)) - np.log(c / (c + d)), lambda: 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)
    )


def log_odds_ratio(
    event_e: ArrayLike,
    n_e: ArrayLike,
    event_c: ArrayLike,
    n_c: ArrayLike,
    *,
    cc: float = 0.5,
    scope: Scope = "only-zero",
    drop00: bool = False,
) -> EffectSize:
    """Log odds ratio, experimental over control [1]_; parameters, correction and errors as in `log_risk_ratio`.

    Returns
    -------
    EffectSize
        Natural log, shape (k,).

    Notes
    -----
    ``log(a d / (b c))`` with variance ``1/a + 1/b + 1/c + 1/d``, after the correction.

    References
    ----------
    .. [1] Woolf (1955). Annals of Human Genetics 19, 251-253.

    Examples
    --------
    >>> log_odds_ratio(5, 20, 10, 20)
    EffectSize(yi=array([-1.09861229]), vi=array([0.46666667]))
    """
    a, b, c, d = _cells(event_e, n_e, event_c, n_c, cc, scope, drop00)
    return estimable(lambda: np.log(a / b) - np.log(c / d), lambda: 1 / a + 1 / b + 1 / c + 1 / d)


def risk_difference(
    event_e: ArrayLike,
    n_e: ArrayLike,
    event_c: ArrayLike,
    n_c: ArrayLike,
    *,
    cc: float = 0.5,
    scope: Scope = "only-zero",
    drop00: bool = False,
) -> EffectSize:
    """Risk difference, experimental minus control [1]_; parameters, correction and errors as in `log_risk_ratio`.

    Returns
    -------
    EffectSize
        Fraction (0.1 is ten percentage points), shape (k,).

    Notes
    -----
    ``a/n1 - c/n2`` with variance ``ab/n1**3 + cd/n2**3``. metafor applies the correction here as for ratios (estimate
    and variance), though a risk difference exists without it; RevMan and R's meta leave the estimate uncorrected:
    ``scope="none"`` gives that, and a table without events then has variance 0 and is not estimable.

    References
    ----------
    .. [1] Fleiss & Berlin (2009), in The Handbook of Research Synthesis and Meta-Analysis, 2nd ed., chapter 13.

    Examples
    --------
    >>> risk_difference(5, 20, 10, 20)
    EffectSize(yi=array([-0.25]), vi=array([0.021875]))
    """
    a, b, c, d = _cells(event_e, n_e, event_c, n_c, cc, scope, drop00)
    return estimable(lambda: a / (a + b) - c / (c + d), lambda: a * b / (a + b) ** 3 + c * d / (c + d) ** 3)


def _cells(
    event_e: ArrayLike, n_e: ArrayLike, event_c: ArrayLike, n_c: ArrayLike, cc: float, scope: Scope, drop00: bool
) -> tuple[Array, Array, Array, Array]:
    """Return events and non-events of both arms, checked and with the continuity correction."""
    a, n1, c, n2 = broadcast(event_e=event_e, n_e=n_e, event_c=event_c, n_c=n_c)
    one_of("scope", scope, SCOPES)
    require(numbers("cc", cc) >= 0, "cc", numbers("cc", cc), "a correction of 0 or more is needed")
    for arm, events, n in (("e", a, n1), ("c", c, n2)):
        require(n > 0, f"n_{arm}", n, "an arm needs patients")
        require((events >= 0) & ~(events > n), f"event_{arm}", events, f"events lie between 0 and n_{arm}")
    b, d = n1 - a, n2 - c
    zero = (a == 0) | (b == 0) | (c == 0) | (d == 0)
    corrected = {"only-zero": zero, "all": True, "if-any": zero.any(), "none": False}[scope]
    kept = np.where(drop00 & (((a == 0) & (c == 0)) | ((b == 0) & (d == 0))), np.nan, 1.0)
    a, b, c, d = (kept * (cell + cc * np.asarray(corrected, dtype=np.float64)) for cell in (a, b, c, d))
    return a, b, c, d
