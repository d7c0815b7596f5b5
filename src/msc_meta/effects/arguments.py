"""Checks of numeric arguments; a complaint names the argument, the position, the value and what is allowed."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from msc_meta.errors import ArgumentError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

Array = NDArray[np.float64]


def one_of(argument: str, value: str, allowed: Iterable[str]) -> str:
    """Return ``value`` if it is allowed, else complain and name the nearest allowed one."""
    names = list(allowed)
    if value in names:
        return value
    by_lower = {name.lower(): name for name in names}
    near = difflib.get_close_matches(str(value).lower(), by_lower, n=1)
    meant = f" (did you mean {by_lower[near[0]]!r}?)" if near else ""
    raise ArgumentError(f"{argument} is {value!r}{meant}; allowed are {', '.join(map(repr, names))}")


def numbers(argument: str, values: ArrayLike) -> Array:
    """Return ``values`` as a float array, one number or one per study; nan (missing) is allowed, infinity is not."""
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise ArgumentError(f"{argument} is {values!r}; numbers are needed") from None
    if array.ndim > 1:
        raise ArgumentError(f"{argument} has {array.ndim} dimensions; one number per study is needed")
    require(~np.isinf(array), argument, array, "a finite number is needed")
    return array


def require(holds: ArrayLike, argument: str, values: Array, rule: str) -> None:
    """Complain about the first of ``values`` for which ``holds`` is false; a missing value (nan) is nobody's fault."""
    bad = np.atleast_1d(~np.asarray(holds) & ~np.isnan(values))
    if bad.any():
        at = int(np.argmax(bad))
        place = f"{argument}[{at}]" if values.ndim else argument
        raise ArgumentError(f"{place} is {float(np.atleast_1d(values)[at]):.15g}; {rule}")


def level_of(level: float) -> float:
    """Return the confidence level as a fraction between 0 and 1."""
    value = numbers("level", level)
    if value.ndim or not 0 < value < 1:
        raise ArgumentError(f"level is {level!r}; a fraction between 0 and 1 is needed, such as 0.95")
    return float(value)


def broadcast(**arguments: ArrayLike) -> list[Array]:
    """Return the arguments as arrays of one length (a single number stands for every study)."""
    arrays = {name: numbers(name, values) for name, values in arguments.items()}
    try:
        return [np.atleast_1d(array) for array in np.broadcast_arrays(*arrays.values())]
    except ValueError:
        lengths = ", ".join(f"{name} {array.size}" for name, array in arrays.items())
        raise ArgumentError(f"the arguments differ in length ({lengths}); one number per study is needed") from None


def number(name: str, value: float) -> float:
    """Return one finite number."""
    array = numbers(name, value)
    if array.ndim or np.isnan(array):
        raise ArgumentError(f"{name} is {value!r}; one number is needed")
    return float(array)


def positive(name: str, value: float) -> float:
    """Return one number above 0."""
    checked = number(name, value)
    if checked <= 0:
        raise ArgumentError(f"{name} is {checked:g}; a number above 0 is needed")
    return checked


def patients(n: float, least: int = 2, name: str = "n") -> float:
    """Return the patients of an arm, at least as many as a standard deviation needs."""
    checked = number(name, n)
    if checked < least:
        words = {2: "two", 3: "three"}[least]
        raise ArgumentError(f"{name} is {checked:g}; {words} patients or more are needed")
    return checked
