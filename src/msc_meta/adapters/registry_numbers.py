"""One measurement of a registry's results as the numbers of an arm: what its type and its dispersion make of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from msc_meta.adapters.json_text import words
from msc_meta.adapters.registry_words import OutcomeName, plain
from msc_meta.records.strict_yaml import scalar

_PEOPLE: Final = re.compile(r"(number of )?(participants?|patients?|subjects?|persons?|people|individuals?|deaths?)")
_PERCENT: Final = re.compile(r"%|percent")
_SURVIVORS: Final = re.compile(r"surviv|alive")
_GROUPED: Final = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?")
UNITS: Final = {
    "mmhg": "mmHg", "mm hg": "mmHg", "torr": "mmHg", "kpa": "kPa", "day": "days", "days": "days", "hour": "hours",
    "hours": "hours", "week": "weeks", "weeks": "weeks",
}  # fmt: skip
# how the dispersion is called -> the fields of a mean, and of a median, that it fills
_SPREADS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "standard deviation": {"mean": ("sd",)},
    "standard error": {"mean": ("se",)},
    "95% confidence interval": {"mean": ("ci",)},
    "confidence 95": {"mean": ("ci",)},
    "inter quartile range": {"mean": ("q1", "q3"), "median": ("q1", "q3")},
    "full range": {"mean": ("min", "max"), "median": ("min", "max")},
}


class LeftOut(Exception):  # noqa: N818 (nothing went wrong: the registry says what the record does not take)
    """Why a measurement is not taken over."""


def number(text: str) -> int | float | None:
    """Return the number of a registry's text; None for NA and anything that is none.

    Thousands are separated by commas there, and decimals by points.

    Examples
    --------
    >>> number("1,234"), number("17.50"), number("NA"), number("<5")
    (1234, 17.5, None, None)
    """
    found = scalar(text.replace(",", "") if _GROUPED.fullmatch(text) else text) if text else None
    return found if isinstance(found, (int, float)) and not isinstance(found, bool) else None


def arm_data(
    measurement: Mapping[str, Any], measure: Mapping[str, Any], outcome: OutcomeName, title: str, n: int | None
) -> tuple[dict[str, Any], str]:
    """Return an arm's numbers from one measurement, and what of it is left out.

    Parameters
    ----------
    measurement : mapping
        ``value``, ``spread``, ``lowerLimit``, ``upperLimit``, ``comment``.
    measure : mapping
        The outcome measure, for ``paramType``, ``dispersionType`` and ``unitOfMeasure``.
    outcome : str
        What is measured.
    title : str
        Title of measure and category, which tell survivors from deaths.
    n : int or None
        Patients whom the numbers refer to.

    Raises
    ------
    LeftOut
        Where the number is none that a record holds: an adjusted or geometric mean, a proportion.
    """
    data: dict[str, Any] = {} if n is None else {"n": n}
    kind = _spelt(measure.get("paramType"))
    if outcome != "mortality" and kind not in {"mean", "median"}:
        raise LeftOut(f"it is a {kind or 'number without a type'}, not a mean or a median of the patients")
    value = number(words(measurement.get("value")))
    if value is None:
        shown = words(measurement.get("value")) or "no value"
        comment = words(measurement.get("comment"))
        return {**data, "note": f"{shown}: {comment}" if comment else shown}, ""
    if outcome == "mortality":
        return {**data, **_deaths(value, kind, words(measure.get("unitOfMeasure")), title)}, ""
    spread, left = _spread(measurement, _spelt(measure.get("dispersionType")), kind)
    return {**data, kind: value, **spread}, left


def unit_of(text: str) -> str:
    """Return a unit as the record spells it; the registry's own words where it is none of those."""
    return UNITS.get(plain(text), text)


def _deaths(value: float, kind: str, unit: str, title: str) -> dict[str, Any]:
    alive = bool(_SURVIVORS.search(plain(title)))
    share = _PERCENT.search(plain(unit)) is not None
    if (kind == "count of participants" and not share) or (kind == "number" and _PEOPLE.fullmatch(plain(unit))):
        return {"survivors" if alive else "events": value}
    if kind == "number" and share:
        return {"survival_percent" if alive else "percent": value}
    raise LeftOut(f"{kind or 'a number without a type'} in {unit or 'no unit'} is no count or percentage of patients")


def _spread(measurement: Mapping[str, Any], dispersion: str, kind: str) -> tuple[dict[str, Any], str]:
    """Return what the dispersion says, under the name that it has in a record; and why it says nothing."""
    if dispersion in {"", "na", "none"}:
        return {}, ""
    fields = _SPREADS.get(dispersion, {}).get(kind)
    one = number(words(measurement.get("spread")))
    low, high = (number(words(measurement.get(key))) for key in ("lowerLimit", "upperLimit"))
    if fields is None:
        return {}, f"{dispersion} of a {kind} has no place in a record"
    if fields in {("sd",), ("se",)}:
        return ({fields[0]: one}, "") if one is not None else ({}, f"no number for the {dispersion}")
    if low is None or high is None:
        return {}, f"no lower and upper limit for the {dispersion}"
    return ({"ci": [low, high]} if fields == ("ci",) else dict(zip(fields, (low, high), strict=True))), ""


def _spelt(value: Any) -> str:
    """Return the name of a type as people and programs spell it: INTER_QUARTILE_RANGE, Inter-Quartile Range."""
    return plain(words(value).replace("_", " ").replace("-", " ")).replace("interquartile", "inter quartile")
