"""What changed in the records: trials that came, went, or say something else now, field by field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from msc_meta.records.study import Study

Kind = Literal["added", "removed", "changed"]


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of a record; ``old`` or ``new`` is None where it was not there."""

    field: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class RecordChange:
    """One record; ``fields`` only where it is in both states."""

    study: str
    label: str
    kind: Kind
    fields: tuple[FieldChange, ...] = ()


def record_changes(old: Sequence[Study], new: Sequence[Study]) -> tuple[RecordChange, ...]:
    """Return the records that differ, by id, new ones first, then removed ones, then changed ones.

    Reports of an outcome are matched by what they report, not by their place in the list.
    """
    before, after = ({study.id: study for study in studies} for studies in (old, new))
    added = [RecordChange(name, after[name].label, "added") for name in sorted(after.keys() - before.keys())]
    removed = [RecordChange(name, before[name].label, "removed") for name in sorted(before.keys() - after.keys())]
    changed = [
        RecordChange(name, after[name].label, "changed", fields)
        for name in sorted(before.keys() & after.keys())
        if (fields := tuple(mapping_changes(_dump(before[name]), _dump(after[name]))))
    ]
    return (*added, *removed, *changed)


def mapping_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[FieldChange]:
    """Yield the fields in which two nested mappings differ, in the order of the new one, removed fields last."""
    before, after = flat(old), flat(new)
    for field in [*after, *(field for field in before if field not in after)]:
        if (was := before.get(field)) != (now := after.get(field)):
            yield FieldChange(field, was, now)


def flat(value: Any, path: str = "") -> dict[str, Any]:
    """Return a nested value as one level, ``arms.msc.n``; entries of a list are named by what they are about."""
    if isinstance(value, Mapping):
        nested = [(f"{path}.{name}" if path else str(name), item) for name, item in value.items()]
    elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        nested = [(f"{path}[{name}]", item) for name, item in zip(_names(value), value, strict=True)]
    else:
        return {path: value}
    return {field: leaf for name, item in nested for field, leaf in flat(item, name).items()}


def _names(items: Sequence[Any]) -> list[str]:
    """Return a name for each entry of a list; the second of a name gets a number."""
    seen: Counter[str] = Counter()
    names = []
    for item in items:
        name = _name(item) if isinstance(item, Mapping) else str(item)
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} #{seen[name]}")
    return names


def _name(item: Mapping[str, Any]) -> str:
    source = item.get("source") or {}
    day = item.get("day")
    parts = [item.get("outcome"), item.get("tool"), item.get("id"), item.get("quantity"), item.get("kind")]
    parts += [f"day {day:g}" if isinstance(day, int | float) else None, item.get("timepoint")]
    parts += [source.get("kind"), source.get("where")]
    return ", ".join(str(part) for part in parts if part) or "-"


def _dump(study: Study) -> dict[str, Any]:
    return study.model_dump(mode="json", exclude_defaults=True)
