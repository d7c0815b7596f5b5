"""A record as a form: every value that is there with its label, help and allowed words, and what could be added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, final, get_args, get_origin

from msc_meta.hookspecs import FieldPath, Position
from msc_meta.records import fields
from msc_meta.records.findings import field_name
from msc_meta.records.source_text import Source
from msc_meta.records.strict_yaml import Document
from msc_meta.records.study import QUANTITIES, Study

_TITLES: Final = {"Study": "Trial", "RiskOfBias": "Risk of bias"}
_KINDS: Final = {int: "count", float: "number", bool: "choice"}


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One value; ``kind`` is count, number, text, choice or list, and ``value`` is what the text of the record has."""

    path: FieldPath
    field: str  # the path as problems name it
    label: str
    help: str
    kind: str
    value: str | tuple[str, ...]
    choices: tuple[str, ...] = ()


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A part of the record: its values, the parts in it, and the values that it could have too."""

    path: FieldPath
    title: str
    help: str
    entries: tuple[Entry, ...]
    groups: tuple[Group, ...]
    addable: tuple[Entry, ...]


def form(document: Document, text: str, own_outcomes: Sequence[str] = ()) -> Group | None:
    """Return the form of a record; None where its text can not be read.

    Parameters
    ----------
    document : Document
        What the text says.
    text : str
        The text, from which numbers are shown as they were typed.
    own_outcomes : sequence of str, optional
        Outcomes that the review defines, beside those of the format.
    """
    if document.data is None or document.problems:
        return None
    tokens = Source.of(text.encode()).tokens()
    lines = text.split("\n")
    typed = {
        place: lines[place.line - 1][place.column - 1 : token.after - 1]
        for place, token in tokens.items()
        if token.plain
    }
    return _Form(document, typed, tuple(sorted(own_outcomes))).group(Study, (), _TITLES["Study"], "")


@dataclass(frozen=True, slots=True)
class _Form:
    document: Document
    typed: Mapping[Position, str]
    own_outcomes: tuple[str, ...]

    def group(self, part: Any, path: FieldPath, title: str, help_text: str) -> Group:
        entries: list[Entry] = []
        groups: list[Group] = []
        addable: list[Entry] = []
        data = self.at(path)
        for name, info in part.model_fields.items():
            here = (*path, name)
            kind = fields.plain(info.annotation)
            meaning = fields.descriptions(part)[name]
            inner = fields.part_of(kind)
            present = isinstance(data, dict) and name in data
            if inner is None and get_origin(kind) is not dict:
                (entries if present else addable).append(self.entry(here, kind, meaning))
            elif inner is None:
                groups += self.words(here, meaning) if present else []
            elif get_origin(kind) is None and present:
                groups.append(self.group(inner, here, _title(name), meaning))
            elif get_origin(kind) is None:
                addable += [
                    self.entry((*here, leaf), fields.plain(below.annotation), fields.descriptions(inner)[leaf], depth=2)
                    for leaf, below in inner.model_fields.items()
                    if fields.part_of(fields.plain(below.annotation)) is None
                ]
            else:
                groups += [self.group(inner, (*here, key), self.title(here, key), "") for key in self.keys(here)]
        return Group(
            path=path, title=title, help=help_text, entries=tuple(entries), groups=tuple(groups), addable=tuple(addable)
        )

    def words(self, path: FieldPath, meaning: str) -> list[Group]:
        """Return the group of a part whose keys are free and whose values are words: domains of risk of bias."""
        kind = fields.plain(get_args(fields.type_at(Study, path))[1])
        entries = tuple(self.entry((*path, key), kind, meaning) for key in self.keys(path))
        return [Group(path=path, title=_title(path[-1]), help=meaning, entries=entries, groups=(), addable=())]

    def keys(self, path: FieldPath) -> list[str | int]:
        """Return the keys of a part; for the numbers of an outcome, every arm of the trial."""
        found = self.at(path)
        if isinstance(found, list):
            return [at for at, item in enumerate(found) if isinstance(item, dict)]
        keys: list[str | int] = list(found) if isinstance(found, dict) else []
        if len(path) == 3 and path[0] == "outcomes":
            arms = self.at(("arms",))
            keys += [arm for arm in arms if arm not in keys] if isinstance(arms, dict) else []
        return keys

    def title(self, path: FieldPath, key: str | int) -> str:
        """Return what to call an item: an arm by its id, an outcome by what it is and when."""
        if isinstance(key, str):
            return f"{'Numbers of' if path[0] == 'outcomes' else 'Arm'} {key}"
        item = self.at((*path, key))
        words = [str(item[name]) for name in ("outcome", "quantity", "timepoint", "tool", "where") if item.get(name)]
        if path[-1] == "outcomes" and item.get("day") is not None:
            words.append(f"day {item['day']}")
        return f"{_title(path[-1]).removesuffix('s')} {key + 1}: {', '.join(words)}"

    def entry(self, path: FieldPath, kind: Any, meaning: str, *, depth: int = 1) -> Entry:
        listed = get_origin(kind) is tuple
        value = self.at(path)
        if listed:
            items = value if isinstance(value, list) else []
            shown: str | tuple[str, ...] = tuple(self.written((*path, at), item) for at, item in enumerate(items))
        else:
            shown = self.written(path, value)
        choices = () if listed else self.choices(path, kind)
        return Entry(
            path=path,
            field=field_name(path),
            label=": ".join(str(part).replace("_", " ") for part in path[-depth:]),
            help=meaning,
            kind="list" if listed else "choice" if choices else _KINDS.get(kind, "text"),
            value=shown,
            choices=choices,
        )

    def choices(self, path: FieldPath, kind: Any) -> tuple[str, ...]:
        if kind is bool:
            return ("true", "false")
        if path[-1] == "unit" and path[0] == "outcomes" and len(path) == 3:
            outcome = self.at(path[:-1])
            outcome = outcome if isinstance(outcome, dict) else {}
            quantities = QUANTITIES.get(str(outcome.get("outcome")), {})
            stay = "hospital_stay" if outcome.get("outcome") == "discharge_time" else ""
            return quantities.get(str(outcome.get("quantity") or stay), ())
        words = fields.allowed_values(kind)
        return (*words, *self.own_outcomes) if words and path[-1] == "outcome" else words

    def written(self, path: FieldPath, value: Any) -> str:
        """Return a value as the text has it, 17.50 with both decimals; what is no plain value has no form."""
        if value is None or isinstance(value, dict | list):
            return ""
        if isinstance(value, str):
            return value
        return self.typed.get(self.document.positions[path], str(value))

    def at(self, path: FieldPath) -> Any:
        found: Any = self.document.data
        for part in path:
            try:
                found = found[part]
            except (KeyError, IndexError, TypeError):
                return None
        return found


def _title(name: str | int) -> str:
    return str(name).replace("_", " ").capitalize()
