"""Boundaries for repeated looks at growing data: error that is spent look by look, by recursive integration.

The statistic on the scale of a Brownian motion, ``b = z * sqrt(t)``, has independent steps. Its density, as far as no
boundary was crossed, is carried from look to look on Gauss-Legendre nodes [1]_.

References
----------
.. [1] Armitage, McPherson & Rowe (1969). Journal of the Royal Statistical Society A 132, 235-244; spending functions:
   Lan & DeMets (1983). Biometrika 70, 659-663; DeMets & Lan (1994). Statistics in Medicine 13, 1341-1352.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from msc_meta.effects.arguments import Array, number, numbers, one_of
from msc_meta.errors import ArgumentError
from msc_meta.pooling.posteriors import panels

if TYPE_CHECKING:
    import pandas as pd

Futility = Literal["none", "non-binding", "binding"]
SPENDING: Final = ("obrien-fleming", "pocock")
FARTHEST: Final = 38.0  # standard deviations: beyond, no probability is left in a float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Boundaries:
    """Boundaries on the z scale, each array of shape (looks,).

    Attributes
    ----------
    timing : numpy.ndarray
        Information fraction of each look.
    upper, lower : numpy.ndarray
        Beyond these the effect is established; ``lower`` is -inf for a one-sided test. Infinite where there is no error
        left that a float can hold.
    futility : numpy.ndarray
        Between minus this and this (below this, for a one-sided test) the wanted effect is given up; nan without.
    alpha_spent : numpy.ndarray
        Error spent so far, on both sides together.
    inflation : float
        By which the required information grows so that futility boundaries leave the power as planned; 1 without.
    """

    timing: Array
    upper: Array
    lower: Array
    futility: Array
    alpha_spent: Array
    inflation: float
    spending: str
    sides: int

    def to_frame(self) -> pd.DataFrame:
        """Return one row per look."""
        import pandas as pd

        names = ("timing", "upper", "lower", "futility", "alpha_spent")
        return pd.DataFrame({name: getattr(self, name) for name in names})


def spent(timing: Array, alpha: float, spending: str) -> Array:
    """Return the error of one side that a spending function has given out at information fractions up to 1.

    Examples
    --------
    >>> spent(np.array([0.5, 1.0]), 0.025, "obrien-fleming").round(6).tolist()
    [0.001525, 0.025]
    """
    from scipy.special import ndtr, ndtri

    if spending == "pocock":
        return alpha * np.log1p((math.e - 1) * timing)
    given: Array = 2 * ndtr(ndtri(alpha / 2) / np.sqrt(timing))
    return given


def boundaries(
    timing: Sequence[float],
    alpha: float = 0.05,
    *,
    sides: Literal[1, 2] = 2,
    spending: Literal["obrien-fleming", "pocock"] = "obrien-fleming",
    futility: Futility = "none",
    beta: float = 0.2,
) -> Boundaries:
    """Return boundaries at given information fractions.

    Parameters
    ----------
    timing : sequence of float
        Information fractions of the looks: above 0, ascending, at most 1.
    alpha : float
        Two-sided (or, with one side, one-sided) error in all.
    sides : {1, 2}
        Of the test.
    spending : {"obrien-fleming", "pocock"}
        Lan-DeMets spending function of that type, for alpha and beta.
    futility : {"none", "non-binding", "binding"}
        Whether to stop for futility too: non-binding boundaries leave the upper one as it is without them, binding ones
        lower it. The last look, with futility, is at fraction 1.
    beta : float
        One minus the power at the planned effect, for futility.

    Returns
    -------
    Boundaries

    Raises
    ------
    ArgumentError
        Fractions that are not ascending within 0 to 1, errors that are not between 0 and 1, futility without a look at
        full information.

    Examples
    --------
    >>> boundaries([0.5, 1.0]).upper.round(4).tolist()
    [2.9626, 1.9686]
    """
    t = _timing(timing)
    alpha, beta = _error("alpha", alpha), _error("beta", beta)
    one_of("spending", spending, SPENDING)
    one_of("futility", futility, ("none", "non-binding", "binding"))
    plan = _Plan(t, sides, np.diff(spent(t, alpha / sides, spending), prepend=0.0))
    inflation, inner = 1.0, np.full(t.size, np.nan)
    if futility == "none":
        upper = plan.upper(np.zeros(t.size))
    else:
        if t[-1] != 1:
            raise ArgumentError(f"the last of timing is {t[-1]:g}; futility boundaries need a look at 1")
        given = np.diff(spent(t, beta, spending), prepend=0.0)
        inflation, upper, inner = _with_futility(plan, given, alpha / sides, beta, binding=futility == "binding")
    total = sides * spent(t, alpha / sides, spending)
    return Boundaries(
        timing=t, upper=upper, lower=-upper if sides == 2 else np.full(t.size, -np.inf), futility=inner,
        alpha_spent=total, inflation=inflation, spending=spending, sides=sides,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class _Path:
    """Density of the statistic at one look where no boundary was crossed, as masses on nodes (b scale)."""

    nodes: Array
    masses: Array
    t: float

    def beyond(self, bound: float, t: float, drift: float) -> float:
        """Return the probability to be at or above a bound at a later look."""
        from scipy.special import ndtr

        step = t - self.t
        return float(self.masses @ ndtr((self.nodes + drift * step - bound) / math.sqrt(step)))

    def carried(self, t: float, drift: float, pieces: Sequence[tuple[float, float]], finest: float) -> _Path:
        """Return the path at a later look, within the pieces in which it goes on."""
        step = t - self.t
        sd = math.sqrt(step)
        held = [_cut(low, high, min(sd, finest)) for low, high in pieces if high > low]
        if not held:
            return _Path(np.zeros(1), np.zeros(1), t)
        nodes, weights = (np.concatenate(parts) for parts in zip(*held, strict=True))
        z = (nodes[:, None] - self.nodes - drift * step) / sd
        density = np.exp(-(z**2) / 2) @ self.masses / (sd * math.sqrt(2 * math.pi))
        return _Path(nodes, density * weights, t)


START: Final = _Path(np.zeros(1), np.ones(1), 0.0)


def _cut(low: float, high: float, sd: float) -> tuple[Array, Array]:
    """Return nodes and weights between two bounds, in panels not much wider than the steps to and from them."""
    edges = np.linspace(low, high, max(6, math.ceil((high - low) / (2 * sd))) + 1)
    nodes, weights = panels(edges)
    return nodes.ravel(), weights.ravel()


@dataclass(frozen=True, slots=True, eq=False)
class _Plan:
    """Looks, sides, and the error of one side that each look may spend."""

    t: Array
    sides: int
    errors: Array

    def finest(self, look: int) -> float:
        """Return the standard deviation of the step to the next look."""
        return math.sqrt(self.t[look + 1] - self.t[look]) if look + 1 < self.t.size else math.inf

    def pieces(self, look: int, upper: float, inner: float) -> list[tuple[float, float]]:
        """Return where the path goes on after a look, on the b scale."""
        root = math.sqrt(self.t[look])
        high = min(upper, FARTHEST) * root
        low = -high if self.sides == 2 else -9 * root
        if inner <= 0 and self.sides == 2:
            return [(low, high)]
        if self.sides == 1:
            return [(inner * root if inner != 0 else low, high)]
        return [(low, -inner * root), (inner * root, high)]

    def upper(self, inner: Array, *, binding: bool = False) -> Array:
        """Return the upper boundary; inner wedges stop the path only where they bind."""
        found = np.empty(self.t.size)
        path = START
        for look, t in enumerate(self.t):
            found[look] = _bound(partial(path.beyond, t=t, drift=0.0), self.errors[look], math.sqrt(t))
            pieces = self.pieces(look, found[look], inner[look] if binding else 0.0)
            path = path.carried(t, 0.0, pieces, self.finest(look))
        return found


def _bound(beyond: Callable[[float], float], error: float, root: float) -> float:
    """Return the z value beyond which lies a probability; infinite where none is left."""
    from scipy.optimize import brentq

    if error <= 0 or beyond(FARTHEST * root) > error:
        return math.inf
    if beyond(-FARTHEST * root) <= error:
        return -FARTHEST

    def excess(z: float) -> float:
        probability = beyond(z * root)
        return math.log(probability / error) if probability > 0 else -1e3

    return float(brentq(excess, -FARTHEST, FARTHEST, xtol=1e-13, rtol=1e-14))


def _with_futility(
    plan: _Plan, given: Array, alpha: float, beta: float, *, binding: bool
) -> tuple[float, Array, Array]:
    """Return the inflation at which the inner boundary meets the upper one at the last look, and both boundaries."""
    from scipy.optimize import brentq
    from scipy.special import ndtri

    planned = -float(ndtri(alpha)) - float(ndtri(beta))

    def both(inflation: float) -> tuple[Array, Array]:
        return _wedge(plan, given, math.sqrt(inflation) * planned, binding=binding)

    def gap(inflation: float) -> float:
        upper, inner = both(inflation)
        return float(inner[-1] - upper[-1])

    inflation = float(brentq(gap, 0.8, 4.0, xtol=1e-12))
    upper, inner = both(inflation)
    return inflation, upper, np.where(inner > 0, inner, np.nan) if plan.sides == 2 else inner


def _wedge(plan: _Plan, given: Array, drift: float, *, binding: bool) -> tuple[Array, Array]:
    """Return upper and inner boundary, look by look: alpha is spent without an effect, beta with the planned one."""
    upper, inner = np.empty(plan.t.size), np.zeros(plan.t.size)
    without = planned = START
    carry = 0.0  # beta that an early look could not spend
    for look, t in enumerate(plan.t):
        root = math.sqrt(t)
        upper[look] = _bound(partial(without.beyond, t=t, drift=0.0), plan.errors[look], root)
        carry += given[look]
        inner[look], carry = _inner(planned, t, drift, carry, plan.sides)
        if inner[look] >= upper[look] and look + 1 < plan.t.size:  # they met too early: the information is too much
            inner[-1], upper[-1] = FARTHEST, 0.0
            break
        # what lies below the wedge was counted when it was spent, so that it does not go on
        pieces = plan.pieces(look, upper[look], inner[look])[-1:]
        planned = planned.carried(t, drift, pieces, plan.finest(look))
        bare = plan.pieces(look, upper[look], inner[look] if binding else 0.0)
        without = without.carried(t, 0.0, bare, plan.finest(look))
    return upper, inner


def _inner(path: _Path, t: float, drift: float, error: float, sides: int) -> tuple[float, float]:
    """Return the inner boundary that spends an error, and what it could not spend."""
    from scipy.optimize import brentq

    root = math.sqrt(t)

    def below(z: float) -> float:
        return float(path.masses.sum()) - path.beyond(z * root, t, drift)

    if sides == 2 and below(0.0) >= error:
        return 0.0, error
    if below(FARTHEST) <= error:
        return FARTHEST, 0.0
    return float(brentq(lambda z: below(z) - error, 0.0 if sides == 2 else -FARTHEST, FARTHEST, xtol=1e-13)), 0.0


def _timing(timing: Sequence[float]) -> Array:
    t = np.atleast_1d(numbers("timing", timing))
    if not t.size or np.isnan(t).any() or t[0] <= 0 or t[-1] > 1 or (np.diff(t) <= 0).any():
        raise ArgumentError(f"timing is {list(timing)}; ascending fractions above 0 and at most 1 are needed")
    return t


def _error(name: str, value: float) -> float:
    error = number(name, value)
    if not 0 < error < 1:
        raise ArgumentError(f"{name} is {value!r}; a probability between 0 and 1 is needed")
    return error
