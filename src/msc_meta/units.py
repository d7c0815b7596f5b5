"""Units that the package knows, and the factor that leads from one to another.

Any other unit is refused: a guess about a unit is a wrong number in a figure.
"""

from __future__ import annotations

from typing import Final

MMHG_PER_KPA: Final = 1 / 0.133322387415
"""1 mmHg (conventional) is 133.322387415 Pa (NIST SP 811, appendix B.8)."""

# unit -> (dimension, size in the dimension's own unit)
UNITS: Final[dict[str, tuple[str, float]]] = {
    "mmHg": ("pressure ratio", 1.0),  # PaO2/FiO2: FiO2 is a fraction without a unit
    "kPa": ("pressure ratio", MMHG_PER_KPA),
    "days": ("time", 1.0),
    "hours": ("time", 1 / 24),
    "weeks": ("time", 7.0),
    "cmH2O/mmHg": ("oxygenation index", 1.0),
    "cmH2O/kPa": ("oxygenation index", 1 / MMHG_PER_KPA),
    "ratio": ("ratio", 1.0),
    "%": ("ratio", 0.01),
}


def factor(unit: str, to: str) -> float:
    """Return what a value in ``unit`` is multiplied by to be in ``to``.

    Raises
    ------
    KeyError
        if a unit is unknown.
    ValueError
        if the two do not measure the same thing.

    Examples
    --------
    >>> factor("weeks", "days")
    7.0
    >>> round(factor("kPa", "mmHg"), 4)
    7.5006
    """
    if unit == to:
        return 1.0
    (dimension, size), (wanted, other) = UNITS[unit], UNITS[to]
    if dimension != wanted:
        raise ValueError(f"{unit} is a unit of {dimension}, {to} of {wanted}")
    return size / other


def convertible(unit: str, to: str) -> bool:
    """Say whether a value in ``unit`` can be turned into one in ``to``.

    Examples
    --------
    >>> convertible("hours", "days"), convertible("points", "points"), convertible("points", "days")
    (True, True, False)
    """
    return unit == to or (unit in UNITS and to in UNITS and UNITS[unit][0] == UNITS[to][0])
