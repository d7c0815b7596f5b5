"""Two-by-two tables with empty cells: which get a continuity correction, how much, and which say nothing.

The rule, for every measure on events:

- A cell is empty where an arm has no event or no patient without one. ``scope`` says which tables then get ``cc``.
- A table without any event (double zero), or with events only, has no information on a ratio. It is corrected like any
  other, or ``nan`` with ``drop00``, or ``nan`` because nothing is left to estimate it from (``scope="none"``).
- A risk difference or arcsine difference of such a table is an estimate (0) and needs neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from msc_meta.effects.arguments import Array, broadcast, numbers, one_of, require

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

Scope = Literal["only-zero", "all", "if-any", "treatment-arm", "none"]
SCOPES: tuple[Scope, ...] = ("only-zero", "all", "if-any", "treatment-arm", "none")


class Tables(NamedTuple):
    """Events and non-events of the experimental (a, b) and the control arm (c, d), shape (k,)."""

    a: Array
    b: Array
    c: Array
    d: Array

    @property
    def zero(self) -> Array:
        """Whether a table has an empty cell."""
        return np.asarray((self.a == 0) | (self.b == 0) | (self.c == 0) | (self.d == 0), dtype=np.float64)

    @property
    def double_zero(self) -> Array:
        """Whether no patient of either arm has the event, or every one."""
        return np.asarray(((self.a == 0) & (self.c == 0)) | ((self.b == 0) & (self.d == 0)))

    def plus(self, e: Array, c: Array) -> Tables:
        """Return the tables with ``e`` added to both cells of the experimental arm, ``c`` to those of the control."""
        return Tables(self.a + e, self.b + e, self.c + c, self.d + c)


def tables(event_e: ArrayLike, n_e: ArrayLike, event_c: ArrayLike, n_c: ArrayLike, *, drop00: bool) -> Tables:
    """Return the checked tables; with ``drop00`` those without an event, or with events only, are nan."""
    a, n1, c, n2 = broadcast(event_e=event_e, n_e=n_e, event_c=event_c, n_c=n_c)
    for arm, events, n in (("e", a, n1), ("c", c, n2)):
        require(n > 0, f"n_{arm}", n, "an arm needs patients")
        require((events >= 0) & ~(events > n), f"event_{arm}", events, f"events lie between 0 and n_{arm}")
    made = Tables(a, n1 - a, c, n2 - c)
    kept = np.where(made.double_zero, np.nan, 1.0) if drop00 else np.ones_like(a)
    return Tables(*(kept * cell for cell in made))


def additions(made: Tables, cc: float, scope: Scope) -> tuple[Array, Array]:
    """Return what each cell of the experimental and of the control arm gets.

    Notes
    -----
    ``cc`` for every cell; with "treatment-arm" ``2 cc n1 / (n1 + n2)`` and ``2 cc n2 / (n1 + n2)``, so that the larger
    arm gets more and the sum is the same [1]_.

    References
    ----------
    .. [1] Sweeting, Sutton & Lambert (2004). Statistics in Medicine 23, 1351-1375.
    """
    one_of("scope", scope, SCOPES)
    require(numbers("cc", cc) >= 0, "cc", numbers("cc", cc), "a correction of 0 or more is needed")
    zero = made.zero
    each = {"all": np.ones_like(zero), "if-any": np.full_like(zero, zero.any()), "none": np.zeros_like(zero)}
    amount = cc * each.get(scope, zero)
    if scope != "treatment-arm":
        return amount, amount
    n1, n2 = made.a + made.b, made.c + made.d
    return 2 * amount * n1 / (n1 + n2), 2 * amount * n2 / (n1 + n2)
