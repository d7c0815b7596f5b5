"""Two-by-two tables of k studies: what methods for rare events start from, without any continuity correction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from msc_meta.effects.arguments import Array, require
from msc_meta.effects.zero_cells import tables

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

Mask = NDArray[np.bool_]
Cell = Literal["a", "b", "c", "d"]


@dataclass(frozen=True, slots=True)
class Counts:
    """Events ``a`` and non-events ``b`` of the experimental arm, ``c`` and ``d`` of the control; shape (k,)."""

    a: Array
    b: Array
    c: Array
    d: Array

    @property
    def k(self) -> int:
        """Number of tables."""
        return self.a.size

    @property
    def n1(self) -> Array:
        """Patients of the experimental arm."""
        return self.a + self.b

    @property
    def n2(self) -> Array:
        """Patients of the control arm."""
        return self.c + self.d

    @property
    def n(self) -> Array:
        """Patients."""
        return self.n1 + self.n2

    @property
    def events(self) -> Array:
        """Patients with the event."""
        return self.a + self.c

    @property
    def without_events(self) -> Mask:
        """Whether no patient had the event (a double-zero study)."""
        return np.asarray(self.events == 0)

    @property
    def events_only(self) -> Mask:
        """Whether every patient had the event."""
        return np.asarray(self.events == self.n)

    @property
    def informative(self) -> Mask:
        """Whether some patients had the event and some had not: other tables say nothing about an odds ratio."""
        return ~(self.without_events | self.events_only)

    def all_zero(self, cell: Cell) -> bool:
        """Whether a cell is empty in every table."""
        return not getattr(self, cell).any()

    def where(self, kept: Mask) -> Counts:
        """Return the tables for which ``kept`` is true."""
        return Counts(self.a[kept], self.b[kept], self.c[kept], self.d[kept])

    def plus(self, e: Array, c: Array) -> Counts:
        """Return the tables with ``e`` added to both cells of the experimental arm, ``c`` to those of the control."""
        return Counts(self.a + e, self.b + e, self.c + c, self.d + c)


def counts_of(
    event_e: ArrayLike, n_e: ArrayLike, event_c: ArrayLike, n_c: ArrayLike, whole: bool = False
) -> tuple[Counts, Mask]:
    """Return checked tables, and for each study whether its counts are complete (the others are not among the tables).

    Parameters
    ----------
    event_e, n_e, event_c, n_c : array_like, shape (k,)
        Patients with the event, and patients, of each arm; nan where missing.
    whole : bool
        Whether counts must be whole numbers, as a likelihood needs.

    Returns
    -------
    tuple of (Counts, array)
        Tables of the complete studies, and a mask of shape (k,).

    Raises
    ------
    ArgumentError
        Events outside 0 to n, n not above 0, a fraction of a patient.

    Examples
    --------
    >>> tables, complete = counts_of([1, float("nan")], [10, 10], [2, 3], [10, 10])
    >>> tables.b.tolist(), complete.tolist()
    ([9.0], [True, False])
    """
    a, b, c, d = tables(event_e, n_e, event_c, n_c, drop00=False)
    for arm, events, n in (("e", a, a + b), ("c", c, c + d)):
        if whole:
            require(events == np.floor(events), f"event_{arm}", events, "a likelihood needs whole numbers of patients")
            require(n == np.floor(n), f"n_{arm}", n, "a likelihood needs whole numbers of patients")
    complete: Mask = ~np.isnan(a + b + c + d)
    return Counts(a, b, c, d).where(complete), complete


def left_out(counts: Counts, complete: Mask, used: Mask) -> tuple[str, ...]:
    """Say how many studies a method does not use, and why; ``used`` has shape (counts.k,)."""
    why_not = (
        (int((~complete).sum()), "with missing counts"),
        (int((~used & counts.without_events).sum()), "without events in both arms"),
        (int((~used & counts.events_only).sum()), "with events in all patients"),
        (int((~used & counts.informative).sum()), "without information for this method"),
    )
    return tuple(f"{'1 study' if n == 1 else f'{n} studies'} {why} not used." for n, why in why_not if n)
