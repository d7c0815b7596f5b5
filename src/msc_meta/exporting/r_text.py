"""Values as R source: plain ASCII, and no text of a record can be anything but a text."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

WIDTH = 118
_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def text(value: str) -> str:
    r"""Return a string literal: quotes and backslashes escaped, all but printable ASCII as code points.

    R knows no NUL and no half of a surrogate pair; both become U+FFFD.

    Examples
    --------
    >>> print(text('Martínez "x"; quit()\\'))
    "Mart\u00EDnez \"x\"; quit()\\"
    """
    return '"' + "".join(map(_letter, value)) + '"'


def _letter(letter: str) -> str:
    if letter in _SHORT:
        return _SHORT[letter]
    code = ord(letter)
    if code == 0 or 0xD800 <= code <= 0xDFFF:
        code = 0xFFFD
    if 0x20 <= code < 0x7F:
        return letter
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"


def number(value: float | None) -> str:
    """Return a number with every digit; ``NA`` where there is none.

    Examples
    --------
    >>> number(0.1), number(3.0), number(float("nan")), number(None)
    ('0.1', '3', 'NA', 'NA')
    """
    if value is None or math.isnan(value):
        return "NA"
    if math.isinf(value):
        return "Inf" if value > 0 else "-Inf"
    return f"{value:.0f}" if value == int(value) and abs(value) < 1e15 else repr(float(value))


def literal(value: Any) -> str:
    """Return a value as R source: a text, number, truth, mapping (a list), or sequence (a vector or list).

    Examples
    --------
    >>> literal({"path": "a", "rows": [1, 2], "main": True})
    'list(path = "a", rows = c(1, 2), main = TRUE)'
    """
    return "".join(chain.from_iterable(_pieces(value)))


def assignment(name: str, value: Any) -> str:
    """Return ``name <- value`` in lines of readable length; a break stands only between two values."""
    lines, line = [], f"{name} <- "
    for piece in chain.from_iterable(_pieces(value)):
        if len(line) + len(piece) > WIDTH and line.strip():
            lines.append(line.rstrip(" "))
            line = "  "
        line += piece
    return "\n".join([*lines, line])


def frame(name: str, columns: Mapping[str, Iterable[Any]]) -> str:
    """Return the assignment of a data frame whose texts stay texts."""
    filled = {column: list(values) for column, values in columns.items()}
    made = ",\n  ".join(assignment(column, values).replace(" <- ", " = ", 1) for column, values in filled.items())
    return f"{name} <- data.frame(\n  {made},\n  stringsAsFactors = FALSE, check.names = FALSE)"


def _pieces(value: Any) -> Iterable[Iterable[str]]:
    if isinstance(value, Mapping):
        yield ("list(",)
        for at, (key, item) in enumerate(value.items()):
            yield (", " if at else "", f"{key} = ")
            yield from _pieces(item)
        yield (")",)
    elif isinstance(value, list | tuple):
        yield ("list(" if any(isinstance(item, Mapping | list | tuple) for item in value) or not value else "c(",)
        for at, item in enumerate(value):
            if at:
                yield (", ",)
            yield from _pieces(item)
        yield (")",)
    elif isinstance(value, bool):
        yield ("TRUE" if value else "FALSE",)
    elif isinstance(value, str):
        yield (text(value),)
    else:
        yield (number(value),)
