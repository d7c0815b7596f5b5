"""Results and contents as plain JSON values: what every ``to_dict``, file of results and hash is made with."""

from __future__ import annotations

from math import isfinite
from typing import Any


def canonical(content: Any) -> str:
    """Return plain JSON values as one text: sorted keys, no blanks, so that the same content has the same hash.

    Examples
    --------
    >>> canonical({"n": 10, "id": "é"})
    '{"id":"é","n":10}'
    """
    import json

    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def sha256_of(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, in hexadecimal digits."""
    import hashlib

    return hashlib.sha256(text.encode()).hexdigest()


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
