"""The model matrix of a meta-regression: checked, with names, and centred where that saves digits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from msc_meta.effects.arguments import Array
from msc_meta.errors import ArgumentError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

INTERCEPT = "intercept"


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """Moderators of k studies, shape (k, p), as given and as fitted.

    ``fitted @ gamma == given @ back @ gamma``: with an intercept, the other columns are centred and of unit length, so
    that a year of publication costs no digits.
    """

    names: tuple[str, ...]
    given: Array
    fitted: Array
    back: Array

    @property
    def tested(self) -> list[int]:
        """Coefficients of the omnibus test: all but the intercept, which is there alone at least."""
        others = [at for at, name in enumerate(self.names) if name != INTERCEPT]
        return others or [0]


def design_of(x: ArrayLike, names: Sequence[str] | None, intercept: bool, k: int) -> Design:
    """Return the design of k studies; complain about missing values, lengths and columns that say nothing new.

    A column of ones is the intercept, whether it was given or asked for.
    """
    if names is None and hasattr(x, "columns"):
        names = [str(name) for name in x.columns]
    table = _table(x, k)
    if names is None:
        names = [f"x{at + 1}" for at in range(table.shape[1])]
    elif isinstance(names, str):
        names = [names]
    if len(names) != table.shape[1]:
        raise ArgumentError(f"names has {len(names)} entries and X has {table.shape[1]} columns")
    _refuse_missing(table, names)
    ones = (table == 1).all(axis=0)
    has_intercept = intercept or bool(ones.any())
    columns = [table[:, at] for at in np.flatnonzero(~ones).tolist()]
    labels = [names[at] for at in np.flatnonzero(~ones).tolist()]
    if has_intercept:
        columns, labels = [np.ones(k), *columns], [INTERCEPT, *labels]
    if not columns:
        raise ArgumentError("X has no column and there is no intercept; a model needs one of them")
    given = np.column_stack(columns)
    if given.shape[1] >= k:
        raise ArgumentError(f"{k} studies can not estimate {given.shape[1]} coefficients and a spread around them")
    fitted, back = _centred(given, has_intercept)
    _refuse_dependent(fitted, labels)
    return Design(tuple(labels), given, fitted, back)


def _table(x: ArrayLike, k: int) -> Array:
    try:
        table = np.asarray(x, dtype=np.float64)
    except (TypeError, ValueError):
        raise ArgumentError(
            "X holds something that is no number; a category needs a column of 0 and 1 per level"
        ) from None
    if table.ndim == 1:
        table = table[:, None]
    if table.ndim != 2 or table.shape[0] != k:
        raise ArgumentError(f"X has shape {table.shape}; one row per study is needed, and there are {k}")
    return table


def _refuse_missing(table: Array, names: Sequence[str]) -> None:
    missing = ~np.isfinite(table)
    if missing.any():
        rows = np.flatnonzero(missing.any(axis=1)).tolist()
        which = ", ".join(names[at] for at in np.flatnonzero(missing.any(axis=0)).tolist())
        raise ArgumentError(
            f"X has no finite value of {which} in row{'s' if len(rows) > 1 else ''} {', '.join(map(str, rows))} "
            "(counted from 0); leave those studies out of yi, vi and X"
        )


def _centred(given: Array, has_intercept: bool) -> tuple[Array, Array]:
    back = np.eye(given.shape[1])
    middle = given[:, 1:].mean(axis=0) if has_intercept else np.zeros(given.shape[1])
    moderators = (given[:, 1:] if has_intercept else given) - middle
    length = np.sqrt((moderators**2).sum(axis=0))
    length = np.where(length > 0, length, 1.0)
    first = int(has_intercept)
    fitted = np.column_stack([given[:, :first], moderators / length])
    back[first:, first:] = np.diag(1 / length)
    if has_intercept:
        back[0, 1:] = -middle / length
    return fitted, back


def _refuse_dependent(fitted: Array, names: Sequence[str]) -> None:
    """Complain about the first column that those before it already say (columns are of unit length)."""
    for at, name in enumerate(names):
        before = fitted[:, :at]
        left = fitted[:, at] - (before @ np.linalg.lstsq(before, fitted[:, at], rcond=None)[0] if at else 0.0)
        if np.linalg.norm(left) < 1e-10 * max(1.0, float(np.linalg.norm(fitted[:, at]))):
            why = "is constant" if at and not fitted[:, at].any() else "follows from the columns before it"
            raise ArgumentError(f"X: the column {name!r} {why}; leave it out")
