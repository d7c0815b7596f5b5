"""What changed in the records: trials that came, went, were renamed, or say something else now, field by field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from msc_meta.records.study import Study

Kind = Literal["added", "removed", "renamed", "changed"]


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of a record; ``old`` or ``new`` is None where it was not there, ``source`` says where it was read."""

    field: str
    old: Any
    new: Any
    source: str = ""


@dataclass(frozen=True, slots=True)
class RecordChange:
    """One record; ``fields`` only where it is in both states, and none where only hashes are at hand.

    ``about`` says in a line what a record that came or went is.
    """

    study: str
    label: str
    kind: Kind
    fields: tuple[FieldChange, ...] = ()
    about: str = ""

    @property
    def name(self) -> str:
        """The label, with the id where it is another."""
        return self.study if self.label == self.study else f"{self.label} ({self.study})"


def record_changes(old: Sequence[Study], new: Sequence[Study]) -> tuple[RecordChange, ...]:
    """Return the records that differ, by id: new ones, removed ones, renamed ones, then changed ones.

    Reports of an outcome are matched by what they report, not by their place in the list; another order of the same
    reports is said as such. A record that has another id and else says the same is renamed.
    """
    before, after = ({study.id: study for study in studies} for studies in (old, new))
    added, removed = sorted(after.keys() - before.keys()), sorted(before.keys() - after.keys())
    names = _renamed({name: before[name] for name in removed}, {name: after[name] for name in added})
    changed = [
        RecordChange(name, after[name].label, "changed", fields)
        for name in sorted(before.keys() & after.keys())
        if (fields := _fields(before[name], after[name]))
    ]
    return (
        *(_whole(after[name], "added") for name in added if name not in names.values()),
        *(_whole(before[name], "removed") for name in removed if name not in names),
        *(RecordChange(new, after[new].label, "renamed", (FieldChange("id", old, new),)) for old, new in names.items()),
        *changed,
    )


def hash_changes(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[RecordChange, ...]:
    """Return the records that differ, where only their hashes are known: which, but not in what."""
    added = [RecordChange(name, name, "added") for name in sorted(new.keys() - old.keys())]
    removed = [RecordChange(name, name, "removed") for name in sorted(old.keys() - new.keys())]
    both = sorted(old.keys() & new.keys())
    return (*added, *removed, *(RecordChange(name, name, "changed") for name in both if old[name] != new[name]))


def mapping_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[FieldChange]:
    """Yield the fields in which two nested mappings differ, in the order of the new one, removed fields last."""
    before, after = flat(old), flat(new)
    for field in [*after, *(field for field in before if field not in after)]:
        if (was := before.get(field)) != (now := after.get(field)) or isinstance(was, bool) != isinstance(now, bool):
            yield FieldChange(field, was, now)


def flat(value: Any, path: str = "") -> dict[str, Any]:
    """Return a nested value as one level, ``arms.msc.n``; entries of a list are named by what they are about."""
    if isinstance(value, Mapping):
        nested = [(f"{path}.{name}" if path else str(name), item) for name, item in value.items()]
    elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        nested = [(f"{path}[{name}]", item) for name, item in zip(entry_names(value), value, strict=True)]
    else:
        return {path: value}
    return {field: leaf for name, item in nested for field, leaf in flat(item, name).items()}


def entry_names(items: Sequence[Any]) -> list[str]:
    """Return a name for each entry of a list; the second of a name gets a number."""
    seen: Counter[str] = Counter()
    names = []
    for item in items:
        name = _name(item) if isinstance(item, Mapping) else str(item)
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} #{seen[name]}")
    return names


NAMING = ("name", "reason", "study", "citation", "outcome", "tool", "id", "quantity", "kind")


def _name(item: Mapping[str, Any]) -> str:
    source = item.get("source") or {}
    day = item.get("day")
    parts = [item.get(key) for key in NAMING]
    parts += [f"day {day:g}" if isinstance(day, int | float) else None, item.get("timepoint")]
    parts += [source.get("kind"), source.get("where")] if isinstance(source, Mapping) else []
    return ", ".join(str(part) for part in parts if part) or "-"


def _whole(study: Study, kind: Kind) -> RecordChange:
    counts = [arm.randomised for arm in study.arms.values()]
    patients = sum(count for count in counts if count is not None)
    reports = dict.fromkeys(report.outcome for report in study.outcomes if report.reported is None)
    doi = f"doi:{study.citation.doi}" if study.citation.doi else next(iter(study.registrations), "")
    parts = [
        f"{patients} patients randomised" if counts and None not in counts else "",
        f"reports {', '.join(reports)}".replace("_", " ") if reports else "reports no outcome in numbers",
        doi,
    ]
    return RecordChange(study.id, study.label, kind, about="; ".join(filter(None, parts)))


def _fields(old: Study, new: Study) -> tuple[FieldChange, ...]:
    """Return the fields in which a record differs, each with the source of its report."""
    before, after = _dump(old), _dump(new)
    if before == after:
        return ()
    sources = _sources(before) | _sources(after)
    found = tuple(
        FieldChange(one.field, one.old, one.new, sources.get(one.field.partition("]")[0] + "]", ""))
        for one in mapping_changes(before, after)
    )
    return found + _reordered(before, after) or (FieldChange("order of the entries", "as it was", "another"),)


def _reordered(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    """Say that the reports that both states have stand in another order: of two of a day the first one counts."""
    orders = []
    for here, there in ((before, after), (after, before)):
        known = set(entry_names(there.get("outcomes") or []))
        orders.append([name for name in entry_names(here.get("outcomes") or []) if name in known])
    return () if orders[0] == orders[1] else (FieldChange("order of the entries", "as it was", "another"),)


def _sources(dump: Mapping[str, Any]) -> dict[str, str]:
    """Return where each report of a record was read: ``Table 2, https://doi.org/...``."""
    found = {}
    for part in ("outcomes", "risk_of_bias"):
        items = dump.get(part) or []
        for name, item in zip(entry_names(items), items, strict=True):
            source = item.get("source") or {}
            said = [source.get("where"), source.get("url") or source.get("doi")]
            found[f"{part}[{name}]"] = ", ".join(str(one) for one in said if one)
    return found


def _renamed(removed: Mapping[str, Study], added: Mapping[str, Study]) -> dict[str, str]:
    """Return new ids by old ones, of records that are the same but for their id."""
    names: dict[str, str] = {}
    contents = {name: _dump(study) | {"id": ""} for name, study in added.items()}
    for old, study in removed.items():
        content = _dump(study) | {"id": ""}
        match = next((new for new, other in contents.items() if other == content and new not in names.values()), None)
        if match is not None:
            names[old] = match
    return names


def _dump(study: Study) -> dict[str, Any]:
    return study.model_dump(mode="json", exclude_defaults=True)
