"""Trim and fill: how many studies would make the funnel symmetric, and the pool with them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from msc_meta.effects.arguments import Array, one_of
from msc_meta.pooling.random_effects import ALIASES, checked, pool
from msc_meta.pooling.tau2 import ESTIMATORS as TAU2_ESTIMATORS
from msc_meta.robustness.asymmetry import ENOUGH
from msc_meta.robustness.regression import additive, varies

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from msc_meta.pooling.results import PooledResult

ESTIMATORS: Final = ("L0", "R0")
SIDES: Final = ("left", "right")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrimAndFill:
    """Studies missing from a funnel, and the pool of all with them.

    Attributes
    ----------
    k : int
        Studies observed.
    k0, k0_se, k0_p : int, float, float
        Studies estimated to be missing, standard error (nan where the formula of "L0" has a negative variance), and
        p-value of none missing ("R0" only, else nan).
    side : str
        Where they are missing: "left" are the smaller effects.
    estimator : str
        "L0" or "R0".
    yi, vi : tuple of float
        Effects and variances of the observed studies followed by the filled ones.
    result : PooledResult
        Pool of these: what the effect would be if asymmetry came from missing studies, no correction of it.
    """

    k: int
    k0: int
    k0_se: float
    k0_p: float
    side: str
    estimator: str
    yi: tuple[float, ...]
    vi: tuple[float, ...]
    result: PooledResult
    notes: tuple[str, ...] = ()

    @property
    def filled_yi(self) -> tuple[float, ...]:
        """Effects of the filled studies."""
        return self.yi[self.k :]

    @property
    def filled_vi(self) -> tuple[float, ...]:
        """Variances of the filled studies."""
        return self.vi[self.k :]

    @property
    def verdict(self) -> str:
        """What was filled, in a sentence."""
        studies = "study" if self.k0 == 1 else "studies"
        answer = f"{self.estimator} fills {self.k0} {studies} on the {self.side} of {self.k} observed."
        if self.k >= ENOUGH:
            return answer
        return f"{self.k} studies: under {ENOUGH}, symmetry of a funnel can not be judged. {answer}"

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values, undefined numbers as None."""
        kept = ("k", "k0", "k0_se", "k0_p", "side", "estimator", "yi", "vi", "notes", "verdict")
        values = {name: getattr(self, name) for name in kept}
        values = {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
        values["k0_p"] = None if math.isnan(self.k0_p) else self.k0_p
        values["k0_se"] = None if math.isnan(self.k0_se) else self.k0_se
        return values | {"result": self.result.to_dict()}


def trim_and_fill(
    yi: ArrayLike,
    vi: ArrayLike,
    estimator: str = "L0",
    side: str | None = None,
    method: str = "REML",
    ci_method: str = "hksj",
    level: float = 0.95,
    measure: str = "GEN",
) -> TrimAndFill:
    """Duval and Tweedie's trim and fill [1]_.

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Estimates on the analysis scale and sampling variances.
    estimator : {"L0", "R0"}
        Of the number missing.
    side : {"left", "right"}, optional
        Where studies are missing; by default where Egger's regression (with ``method``) points: left, the smaller
        effects, if small studies show larger ones.
    method, ci_method, level, measure
        As in `pool`; ``method`` for each trimmed pool too.

    Returns
    -------
    TrimAndFill
        ``k0``, ``k0_se``, ``side``, the filled ``yi`` and ``vi``, and ``result``.

    Raises
    ------
    ArgumentError
        As in `pool`; an unknown estimator or side.

    Notes
    -----
    Signed ranks of ``|y_i - mu|`` with the mean ``mu`` of the studies that are not trimmed; T their sum above the mean:
    ``L0 = (4 T - k (k + 1)) / (2 k - 1)``; ``R0`` is the length of the rightmost run of ranks above the mean, less 1.
    The k0 largest effects are trimmed and the mean taken again until k0 stays. Should k0 run in a circle, which it can
    where the mean depends on the trimmed set, the largest of the circle is taken, and a note says so. It assumes that
    the most extreme effects of one side are missing, and nothing else makes the funnel asymmetric.

    References
    ----------
    .. [1] Duval & Tweedie (2000). Biometrics 56, 455-463; Journal of the American Statistical Association 95, 89-98.

    Examples
    --------
    >>> found = trim_and_fill([0.1, 0.2, 0.1, 0.9, 1.1], [0.01, 0.02, 0.03, 0.2, 0.3], method="FE")
    >>> found.k0, found.side, round(found.result.estimate, 3)
    (2, 'left', 0.127)
    """
    y, v = checked(yi, vi)
    one_of("estimator", estimator, ESTIMATORS)
    if side is not None:
        one_of("side", side, SIDES)
    one_of("method", ALIASES.get(method, method), TAU2_ESTIMATORS)
    where = side or _side(y, v, ALIASES.get(method, method))
    turned = y if where == "left" else -y  # studies are missing on the left from here on
    order = np.argsort(turned, kind="stable")
    k0, k0_se, mean, notes = _missing(turned[order], v[order], estimator, method) if y.size > 1 else _NONE
    mirrored = order[y.size - k0 :]
    filled = 2 * mean - turned[mirrored]
    all_y = np.concatenate((y, filled if where == "left" else -filled))
    all_v = np.concatenate((v, v[mirrored]))
    return TrimAndFill(
        k=y.size,
        k0=k0,
        k0_se=k0_se,
        k0_p=0.5 ** (k0 + 1) if estimator == "R0" and y.size > 1 else math.nan,
        side=where,
        estimator=estimator,
        yi=tuple(all_y.tolist()),
        vi=tuple(all_v.tolist()),
        result=pool(all_y, all_v, method, ci_method, level, measure=measure),
        notes=notes,
    )


_NONE: Final = (0, math.nan, 0.0, ("One study has no funnel.",))


def _side(yi: Array, vi: Array, method: str) -> str:
    """Return where studies are missing: opposite to where the small ones lie."""
    sei = np.sqrt(vi)
    if yi.size < 3 or not varies(sei):
        return "left"
    return "right" if additive(yi, sei, vi, method).slope < 0 else "left"


def _missing(yi: Array, vi: Array, estimator: str, method: str) -> tuple[int, float, float, tuple[str, ...]]:
    """Return k0, its standard error and the trimmed mean, for effects in ascending order with the left ones missing."""
    k, trimmed, seen = yi.size, 0, {}
    while trimmed not in seen:
        mean = pool(yi[: k - trimmed], vi[: k - trimmed], method, "wald").estimate
        centred = yi - mean
        ranks: Array = np.sign(centred) * (np.argsort(np.argsort(np.abs(centred), kind="stable")) + 1)
        raw, error = _l0(ranks) if estimator == "L0" else _r0(ranks)
        seen[trimmed] = (min(max(0, round(raw)), k - 1), error, mean)  # of R0, all above the mean would leave nothing
        trimmed = seen[trimmed][0]
    circle = [trimmed]
    while seen[circle[-1]][0] != trimmed:
        circle.append(seen[circle[-1]][0])
    k0 = max(circle)
    notes = (f"k0 runs in a circle ({', '.join(map(str, circle))}); the largest is taken.",) if len(circle) > 1 else ()
    return k0, seen[k0][1], seen[k0][2], notes


def _l0(ranks: Array) -> tuple[float, float]:
    """Return L0 and its standard error."""
    k, total = ranks.size, float(ranks[ranks > 0].sum())
    k0 = (4 * total - k * (k + 1)) / (2 * k - 1)
    variance = k * (k + 1) * (2 * k + 1) + 10 * k0**3 + 27 * k0**2 + 17 * k0 - 18 * k * k0**2 - 18 * k * k0
    variance = (variance + 6 * k**2 * k0) / 24
    return k0, 4 * math.sqrt(variance) / (2 * k - 1) if variance >= 0 else math.nan


def _r0(ranks: Array) -> tuple[float, float]:
    """Return R0 and its standard error."""
    below = -ranks[ranks < 0]
    k0 = ranks.size - (float(below.max()) if below.size else 0.0) - 1
    return k0, math.sqrt(2 * max(0.0, k0) + 2)
