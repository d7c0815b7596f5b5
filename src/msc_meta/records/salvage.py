"""Make a study of the sound parts of a broken record, so that its arithmetic is checked in the same run.

Nothing that is salvaged is ever analysed: a record with an error gives no study. It only saves the reader from
mending a typo to be told, one run later, of the twelve deaths among ten patients.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from msc_meta.hookspecs import FieldPath

Model = TypeVar("Model", bound=BaseModel)
_ROUNDS = 5  # a dropped value may be required by its part, the part by its own, and so on


@dataclass(frozen=True, slots=True)
class Salvaged(Generic[Model]):
    """What is left of a broken record."""

    model: Model
    dropped: frozenset[FieldPath]
    kept_items: Mapping[FieldPath, list[int]]  # list -> the places its remaining items had

    def original(self, field: FieldPath) -> FieldPath:
        """Return where a field of the salvaged model stands in the record."""
        return _original(field, self.kept_items)

    def doubtful(self, field: FieldPath) -> bool:
        """Whether a complaint about ``field`` may only come from what was dropped in its neighbourhood."""
        around = field[:-1]
        return any(
            gone[: len(field)] == field or field[: len(gone)] == gone or gone[:-1] == around for gone in self.dropped
        )


def salvage(
    model: type[Model], data: Mapping[str, Any], stand_ins: Mapping[str, Any], own_outcomes: Collection[str] = ()
) -> Salvaged[Model] | None:
    """Return ``data`` as an instance of ``model`` after dropping what does not fit; None where too little is left.

    ``stand_ins`` fill in for needed values that no rule about other values looks at.
    """
    dropped: set[FieldPath] = set()
    kept_items: dict[FieldPath, list[int]] = {}
    for _ in range(_ROUNDS):
        kept_items = {}
        try:
            kept = _filled(_without(data, dropped, (), kept_items), stand_ins)
            found = model.model_validate(kept, context={"outcomes": own_outcomes})
        except ValidationError as error:
            bad = {_original(_unfit(detail), kept_items) for detail in error.errors(include_url=False)}
            if () in bad:
                return None
            dropped |= bad
        else:
            return Salvaged(found, frozenset(dropped), kept_items)
    return None


def _unfit(error: Any) -> FieldPath:
    field: FieldPath = error["loc"]
    return field[:-1] if error["type"] == "missing" or field[-1] == "[key]" else field


def _without(data: Any, dropped: Iterable[FieldPath], here: FieldPath, kept_items: dict[FieldPath, list[int]]) -> Any:
    if isinstance(data, Mapping):
        return {
            key: _without(value, dropped, (*here, key), kept_items)
            for key, value in data.items()
            if (*here, key) not in dropped
        }
    if isinstance(data, list | tuple):
        kept = [number for number in range(len(data)) if (*here, number) not in dropped]
        if len(kept) < len(data):
            kept_items[here] = kept
        return [_without(data[number], dropped, (*here, number), kept_items) for number in kept]
    return data


def _filled(data: Any, stand_ins: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``data`` with what it lacks taken from ``stand_ins``."""
    filled = {**stand_ins, **data}
    for key, inner in stand_ins.items():
        if isinstance(inner, Mapping) and isinstance(filled[key], Mapping):
            filled[key] = _filled(filled[key], inner)
    return filled


def _original(field: FieldPath, kept_items: Mapping[FieldPath, list[int]]) -> FieldPath:
    found: FieldPath = ()
    for part in field:
        kept = kept_items.get(found)
        found = (*found, kept[part] if kept is not None and isinstance(part, int) else part)
    return found
