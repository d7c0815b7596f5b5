"""Effects on events: ratios and differences of risks and odds; what empty cells do is in ``zero_cells``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from msc_meta.effects.estimates import EffectSize, estimable
from msc_meta.effects.zero_cells import Scope, Tables, additions, tables

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


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
    scope : {"only-zero", "all", "if-any", "treatment-arm", "none"}
        Which tables get ``cc``: those with an empty cell, all, all as soon as one has an empty cell, those with an
        empty cell in proportion to the size of the arms (as R's meta), or none.
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

    metafor adds to the non-events too, so n grows by twice the correction. "treatment-arm" follows R's meta: n grows by
    it once, and in a table with events only the variance keeps the events as they are (else it would be 0).

    References
    ----------
    .. [1] Katz, Baptista, Azen & Pike (1978). Biometrics 34, 469-474.

    Examples
    --------
    >>> log_risk_ratio(5, 20, 10, 20)
    EffectSize(yi=array([-0.69314718]), vi=array([0.2]))
    """
    raw = tables(event_e, n_e, event_c, n_c, drop00=drop00)
    add_e, add_c = additions(raw, cc, scope)
    a, b, c, d = raw.plus(add_e, add_c)
    x1, x2 = a, c  # events as the variance counts them
    if scope == "treatment-arm":
        b, d = raw.b, raw.d
        everybody = (b == 0) & (d == 0)
        x1, x2 = np.where(everybody, raw.a, a), np.where(everybody, raw.c, c)
    return estimable(
        lambda: np.log(a / (a + b)) - np.log(c / (c + d)), lambda: 1 / x1 - 1 / (a + b) + 1 / x2 - 1 / (c + d)
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
    a, b, c, d = _corrected(event_e, n_e, event_c, n_c, cc, scope, drop00)
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
    a, b, c, d = _corrected(event_e, n_e, event_c, n_c, cc, scope, drop00)
    return estimable(lambda: a / (a + b) - c / (c + d), lambda: a * b / (a + b) ** 3 + c * d / (c + d) ** 3)


def log_peto_odds_ratio(
    event_e: ArrayLike,
    n_e: ArrayLike,
    event_c: ArrayLike,
    n_c: ArrayLike,
    *,
    cc: float = 0.5,
    scope: Scope = "only-zero",
    drop00: bool = False,
) -> EffectSize:
    """Log odds ratio by Peto's one-step method [1]_; parameters, correction and errors as in `log_risk_ratio`.

    Returns
    -------
    EffectSize
        Natural log, shape (k,).

    Notes
    -----
    ``(O - E) / V`` with variance ``1 / V``: observed events ``O = a``, expected ``E = n1 m / N`` with ``m = a + c`` and
    ``N = n1 + n2``, hypergeometric variance ``V = n1 n2 m (N - m) / (N**2 (N - 1))``. Good for rare events, effects
    that are not large and arms of similar size; biased elsewhere.

    metafor's ``escalc`` corrects here as for other measures, and so does the default. Peto's method itself needs no
    correction where one arm has events (``scope="none"``, as in `msc_meta.peto`); a table without any event, or with
    events only, then has ``V = 0`` and is not estimable.

    References
    ----------
    .. [1] Yusuf, Peto, Lewis, Collins & Sleight (1985). Progress in Cardiovascular Diseases 27, 335-371.

    Examples
    --------
    >>> effect = log_peto_odds_ratio(5, 20, 10, 20)
    >>> effect.yi.round(4).tolist(), effect.vi.round(4).tolist()
    ([-1.04], [0.416])
    """
    a, b, c, d = _corrected(event_e, n_e, event_c, n_c, cc, scope, drop00)
    n1, n2, events = a + b, c + d, a + c
    n = n1 + n2
    with np.errstate(divide="ignore", invalid="ignore"):
        v = n1 * n2 * events * (b + d) / (n**2 * (n - 1))
    return estimable(lambda: (a - n1 * events / n) / v, lambda: 1 / v)


def arcsine_difference(
    event_e: ArrayLike,
    n_e: ArrayLike,
    event_c: ArrayLike,
    n_c: ArrayLike,
    *,
    cc: float = 0.0,
    scope: Scope = "none",
    drop00: bool = False,
) -> EffectSize:
    """Difference of the arcsine-transformed risks [1]_; parameters and errors as in `log_risk_ratio`.

    Returns
    -------
    EffectSize
        Radians, shape (k,).

    Notes
    -----
    ``asin(sqrt(a / n1)) - asin(sqrt(c / n2))`` with variance ``1 / (4 n1) + 1 / (4 n2)``, which does not depend on the
    risks: a table without events has an estimate (0) and needs no correction.

    References
    ----------
    .. [1] Rücker, Schwarzer, Carpenter & Olkin (2009). Statistics in Medicine 28, 721-738.

    Examples
    --------
    >>> arcsine_difference(5, 20, 10, 20)
    EffectSize(yi=array([-0.26179939]), vi=array([0.025]))
    """
    a, b, c, d = _corrected(event_e, n_e, event_c, n_c, cc, scope, drop00)
    return estimable(
        lambda: np.arcsin(np.sqrt(a / (a + b))) - np.arcsin(np.sqrt(c / (c + d))),
        lambda: 1 / (4 * (a + b)) + 1 / (4 * (c + d)),
    )


def _corrected(
    event_e: ArrayLike, n_e: ArrayLike, event_c: ArrayLike, n_c: ArrayLike, cc: float, scope: Scope, drop00: bool
) -> Tables:
    made = tables(event_e, n_e, event_c, n_c, drop00=drop00)
    return made.plus(*additions(made, cc, scope))
