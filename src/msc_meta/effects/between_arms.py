"""Effects that a paper gives between its arms: medians with a p-value, an estimate with its standard error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from msc_meta.effects.arguments import broadcast, require
from msc_meta.effects.estimates import EffectSize, estimable

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def log_ratio_of_medians(median_e: ArrayLike, median_c: ArrayLike, p_value: ArrayLike) -> EffectSize:
    """Log ratio of medians, experimental over control, with a standard error from the p-value: an approximation [1]_.

    Parameters
    ----------
    median_e, median_c : array_like, shape (k,)
        Medians of the two arms, above 0.
    p_value : array_like, shape (k,)
        Two-sided p-value.

    Returns
    -------
    EffectSize
        Natural log, shape (k,); nan where the p-value is 0 or 1 or the medians are equal: no standard error follows.

    Raises
    ------
    ArgumentError
        A median not above 0, a p-value outside 0 to 1.

    Notes
    -----
    ``yi = log(median_e / median_c)``, ``se = |yi| / z``, z the normal quantile of ``1 - p / 2``. It assumes that the
    p-value is of a two-sided test of this same contrast with an approximately normal statistic. A rank or log-rank test
    is not quite that, so use it only where a paper gives medians and a p-value and nothing else, and say so.

    References
    ----------
    .. [1] Higgins et al. Cochrane Handbook for Systematic Reviews of Interventions, section 6.3.2 (standard error from
       a p-value) and section 6.5.2 (medians).

    Examples
    --------
    >>> effect = log_ratio_of_medians(17.5, 28, 0.042)
    >>> effect.yi.round(4).tolist(), effect.sei.round(4).tolist()
    ([-0.47], [0.2311])
    """
    from scipy.special import ndtri  # 0.2 s to import, and only this measure needs it

    e, c, p = broadcast(median_e=median_e, median_c=median_c, p_value=p_value)
    require(e > 0, "median_e", e, "a median above 0 is needed for a ratio")
    require(c > 0, "median_c", c, "a median above 0 is needed for a ratio")
    require((p >= 0) & (p <= 1), "p_value", p, "a p-value is between 0 and 1")
    yi = np.log(e / c)
    with np.errstate(divide="ignore", invalid="ignore"):
        return estimable(lambda: yi, lambda: (yi / ndtri(p / 2)) ** 2)


def generic(estimate: ArrayLike, se: ArrayLike) -> EffectSize:
    """Estimates with standard errors, as reported, on the scale they are analysed on (a hazard ratio as its log).

    Parameters
    ----------
    estimate, se : array_like, shape (k,)
        Estimates, and standard errors above 0.

    Returns
    -------
    EffectSize
        On the given scale, shape (k,).

    Raises
    ------
    ArgumentError
        A standard error that is not above 0.

    Examples
    --------
    >>> generic(-0.2, 0.1).vi.round(4).tolist()
    [0.01]
    """
    yi, sei = broadcast(estimate=estimate, se=se)
    require(sei > 0, "se", sei, "a standard error is above 0")
    return estimable(lambda: yi, lambda: sei**2)
