"""Check the shape of a file against a model of the format: `msc_meta.records.study` or `msc_meta.protocol`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from msc_meta.errors import Problem
from msc_meta.hookspecs import FieldPath, Position
from msc_meta.records.findings import WHOLE_FILE, Finding, Mistake, problem
from msc_meta.records.wording import finding

Model = TypeVar("Model", bound=BaseModel)


class Located(Protocol):
    """Plain data with the places it came from: a `RawRecord` or a YAML `Document`."""

    @property
    def data(self) -> Mapping[str, Any] | None:
        """The values."""

    @property
    def path(self) -> str:
        """The file."""

    @property
    def positions(self) -> Mapping[FieldPath, Position]:
        """Where each value stands."""

    @property
    def keys(self) -> Mapping[FieldPath, Position]:
        """Where each key stands."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was wrong with the file itself."""


def validate(
    model: type[Model], raw: Located, own_outcomes: Collection[str] = ()
) -> tuple[Model | None, list[Problem]]:
    """Return the data as an instance of ``model``, or None, and every problem of reading and of structure.

    Parameters
    ----------
    model : type
        A pydantic model of the format.
    raw : RawRecord or Document
        What was read.
    own_outcomes : collection of str, optional
        Outcomes that the review defines beside those of the format.
    """
    found, findings = parse(model, raw.data, own_outcomes)
    problems = [*raw.problems, *placed(raw, findings)]
    return (None if problems else found), problems


def parse(
    model: type[Model], data: Mapping[str, Any] | None, own_outcomes: Collection[str] = ()
) -> tuple[Model | None, list[Finding]]:
    """Return the data as an instance of ``model``, or what keeps it from being one."""
    if data is None:
        return None, []
    try:
        return model.model_validate(dict(data), context={"outcomes": own_outcomes}), []
    except ValidationError as error:
        return None, [finding(model, detail) for detail in error.errors(include_url=False)]


def placed(raw: Located, findings: list[Finding]) -> list[Problem]:
    """Return findings as problems with line and column, those of the nearest parent where a value has none."""
    problems = []
    for found in findings:
        message = found.message
        if found.first is not None and (line := place_of(raw, found.first).line):
            message += f"; the first is in line {line}"
        place = place_of(raw, found.field, at_key=found.at_key)
        problems.append(problem(Mistake(found.code, place, message, found.help), raw.path, found.field))
    return problems


def place_of(raw: Located, field: FieldPath, *, at_key: bool = False) -> Position:
    """Return where a value, or its key, stands."""
    first, second = (raw.keys, raw.positions) if at_key else (raw.positions, raw.keys)
    while field not in first and field not in second:
        if not field:
            return WHOLE_FILE
        field = field[:-1]
    return first[field] if field in first else second[field]
