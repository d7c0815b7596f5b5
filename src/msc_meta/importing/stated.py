"""What a person says once for all records of a file, because the file does not: ``outcome=mortality``, ``day=28``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from msc_meta.errors import UsageError
from msc_meta.records.findings import did_you_mean
from msc_meta.records.table_cells import UnclearNumberError, read_cell
from msc_meta.records.table_columns import Column, columns, find_columns

UNKNOWN = (None, "", "unclear", "not-stated", "not stated")
"""What gives way to a stated value; anything else that the file says stays."""
GIVEN = {"product", "source", "dose", "infusions", "route"}
"""Fields of an arm that say what was given: they are stated of experimental arms only."""


@dataclass(frozen=True, slots=True)
class Stated:
    """One field with the value that all records have."""

    column: Column
    value: Any


def read_stated(texts: Iterable[str]) -> tuple[Stated, ...]:
    """Return what ``FIELD=VALUE`` says; fields are called as in the CSV table.

    Raises
    ------
    UsageError
        If a field is unknown or may be one of several, or is none that all records can share.

    Examples
    --------
    >>> read_stated(["day=28"])[0].value
    28
    """
    return tuple(_one(text) for text in texts)


def fill_in(data: Mapping[str, Any], stated: Sequence[Stated]) -> dict[str, Any]:
    """Return a record with the stated values where it has none, or only says that it does not know.

    Examples
    --------
    >>> fill_in({"design": {"allocation": "unclear"}}, read_stated(["allocation=randomised"]))["design"]
    {'allocation': 'randomised'}
    """
    filled: dict[str, Any] = _copied(data)
    for one in stated:
        for part in _parts(filled, one.column):
            _put(part, one.column.path, one.value)
    return filled


def _copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copied(inner) for key, inner in value.items()}
    return [_copied(inner) for inner in value] if isinstance(value, list) else value


def _one(text: str) -> Stated:
    name, equals, content = text.partition("=")
    if not equals or not content.strip():
        raise UsageError(f"--set {text}: write FIELD=VALUE, as in --set outcome=mortality")
    found = [column for column in find_columns(name) if column.level in {"study", "arm", "report"} and column.path]
    if len(found) != 1:
        meant = f"write one of {', '.join(column.name for column in found)}"
        raise UsageError(f"--set {name}: {meant if found else did_you_mean(name, _names()) or 'no such field'}")
    (column,) = found
    if column.path == ("between", "measure"):
        raise UsageError(f"--set {name}: the numbers can not be read without it; add a column measure to the file")
    if column.path in {("id",), ("label",)}:
        raise UsageError(f"--set {name}: no two records have the same {column.path[0]}")
    try:
        value = read_cell(content.strip(), column.kind)
    except UnclearNumberError as error:
        raise UsageError(f"--set {text}: write the number with a decimal point, and no other mark") from error
    if column.kind in {"number", "count"} and not isinstance(value, (int, float)):
        raise UsageError(f"--set {text}: {column.name} is a number")
    return Stated(column, list(value) if isinstance(value, tuple) else value)


def _names() -> list[str]:
    return [name for name, column in columns().items() if column.level in {"study", "arm", "report"}]


def _parts(data: dict[str, Any], column: Column) -> list[dict[str, Any]]:
    """Return the parts of a record that a column is about."""
    if column.level == "study":
        return [data]
    if column.level == "report":
        lists = ("outcomes", "risk_of_bias") if column.path[0] == "source" else ("outcomes",)
        listed = [part for name in lists if isinstance(data.get(name), list) for part in data[name]]
        return [part for part in listed if isinstance(part, dict)]
    arms = data.get("arms")
    role = "experimental" if column.path[0] in GIVEN else "control" if column.path[0] == "comparator" else None
    found = [arm for arm in arms.values() if isinstance(arm, dict)] if isinstance(arms, dict) else []
    return [arm for arm in found if role is None or arm.get("role") == role]


def _put(part: dict[str, Any], path: tuple[str | int, ...], value: Any) -> None:
    *parents, last = path
    for key in parents:
        inner = part.setdefault(str(key), {})
        if not isinstance(inner, dict):
            return
        part = inner
    if isinstance(last, str) and part.get(last) in UNKNOWN:
        part[last] = value
