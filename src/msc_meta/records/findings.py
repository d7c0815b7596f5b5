"""A complaint before it is a `Problem`: what was found, and where in the record or in the text."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, NamedTuple

from msc_meta.errors import Problem, Severity
from msc_meta.hookspecs import FieldPath, Position

WHOLE_FILE = Position(0, 0)


class Finding(NamedTuple):
    """A complaint about one value (or its key) of a record."""

    code: str
    field: FieldPath
    message: str
    help: str = ""
    at_key: bool = False  # points at the key instead of its value
    first: FieldPath | None = None  # an earlier place that the complaint is about too; its line is added


class Mistake(NamedTuple):
    """A complaint about one place of a text."""

    code: str
    place: Position
    message: str
    help: str = ""


def severity_of(code: str) -> Severity:
    """Return what the first letter of a code says: E for an error, W for a warning."""
    return "error" if code.startswith("E") else "warning"


def problem(mistake: Mistake, path: str, field: FieldPath = ()) -> Problem:
    """Return the complaint about one place of one file."""
    return Problem(
        code=mistake.code,
        severity=severity_of(mistake.code),
        path=path,
        line=mistake.place.line,
        column=mistake.place.column,
        field=field_name(field),
        message=mistake.message,
        help=mistake.help,
    )


def field_name(field: FieldPath) -> str:
    """Return a field path as people read it.

    Examples
    --------
    >>> field_name(("outcomes", 0, "arms", "msc", "events"))
    'outcomes[0].arms.msc.events'
    """
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in field)
    return "".join(parts).removeprefix(".")


ALSO_CALLED: Final = {
    "pao2/fio2": "pf_ratio", "p/f": "pf_ratio", "pf": "pf_ratio", "pfratio": "pf_ratio", "p/fratio": "pf_ratio",
    "spo2/fio2": "spo2_fio2", "oi": "oxygenation_index", "los": "hospital_stay", "length_of_stay": "discharge_time",
    "lengthofstay": "discharge_time", "hospitalstay": "hospital_stay", "death": "mortality", "deaths": "mortality",
    "torr": "mmHg", "d": "days", "day": "days", "h": "hours", "week": "weeks",
}  # fmt: skip
"""What people call things whose name here looks different."""


def nearest(word: object, known: Collection[str]) -> str | None:
    """Return the known word that was probably meant, if any comes near.

    Examples
    --------
    >>> nearest("mortalty", ["mortality", "oxygenation"])
    'mortality'
    """
    if (meant := ALSO_CALLED.get(str(word).lower().replace(" ", ""))) in known:
        return meant
    import difflib  # a record without a slip needs none

    by_lower = {name.lower(): name for name in known}
    found = difflib.get_close_matches(str(word).lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None


def did_you_mean(word: object, known: Collection[str]) -> str:
    """Return the advice for an unknown word: the nearest known one, and the whole list where it is short."""
    near = nearest(word, known)
    allowed = f"known are {', '.join(known)}" if known else ""
    if near is None:
        return allowed
    return f"did you mean {near}?" + (f" ({allowed})" if len(known) <= 12 else "")
