"""Results as plain JSON values: what every ``to_dict`` and every file of results is made with."""

from __future__ import annotations

from math import isfinite
from typing import Any


def plain_value(value: Any) -> Any:
    """Return a value as JSON holds it: sequences as lists, numbers of numpy as Python's, undefined ones as None.

    Examples
    --------
    >>> plain_value({"ci": (0.5, float("nan")), "k": 2})
    {'ci': [0.5, None], 'k': 2}
    """
    if isinstance(value, dict):
        return {str(key): plain_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_value(item) for item in value]
    if isinstance(value, bool | str | int) or value is None:
        return value
    number = float(value)
    return number if isfinite(number) else None
