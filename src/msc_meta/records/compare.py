"""Two extractions of one trial, field by field: where they agree, where not, and where each was read.

The two are matched by what they say and not by their order: arms by id (or by role, where each has one of it), reports
of an outcome by outcome, quantity, kind and day, sources by address and place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, final, get_args, get_origin

from msc_meta.errors import Problem, UsageError
from msc_meta.hookspecs import FieldPath, RawRecord
from msc_meta.records import fields
from msc_meta.records.findings import field_name, nearest
from msc_meta.records.matching import pairs, same_arms
from msc_meta.records.strict_yaml import UNDECIDED
from msc_meta.records.structure import place_of, validate
from msc_meta.records.study import Part, Source, Study

Kind = Literal["number", "category", "text", "part"]
MATCHED_BY = ("outcomes.outcome", "risk_of_bias.tool")
"""What two entries have in common before they are compared; to count it as agreement would flatter."""
NAMES_OF_EXTRACTORS = ("extracted_by", "checked_by")


class Side(NamedTuple):
    """What one extractor wrote, and where; ``value`` is None where it was left out."""

    value: Any
    path: str
    line: int
    where: str  # the place in the source, for what an outcome reports
    url: str

    @property
    def source(self) -> str:
        """Where it was read, as far as the record says so."""
        return ", ".join(part for part in (self.where, self.url) if part)

    def __str__(self) -> str:
        where = ": ".join(part for part in (f"{self.path}:{self.line}", self.where) if part)
        return f"{shown(self.value)} ({where})"


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One field that at least one of the two has."""

    study: str
    field: FieldPath  # where it stands in the consensus
    pattern: str  # the same without ids and places: outcomes.arms.events
    kind: Kind
    a: Side
    b: Side
    agrees: bool
    taken: Literal["", "a", "b"] = ""

    @property
    def name(self) -> str:
        """The field as complaints write it."""
        return field_name(self.field)

    @property
    def decided(self) -> bool:
        """Whether a consensus can hold a value."""
        return self.agrees or bool(self.taken)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two extractions of one trial: every field, and the consensus with UNDECIDED where they disagree."""

    study: str
    paths: tuple[str, str]
    items: tuple[Item, ...]
    consensus: dict[str, Any]
    notes: tuple[str, ...] = ()

    @property
    def disagreements(self) -> tuple[Item, ...]:
        """The fields that differ, decided or not."""
        return tuple(item for item in self.items if not item.agrees)

    @property
    def undecided(self) -> tuple[Item, ...]:
        """The fields that still have to be decided."""
        return tuple(item for item in self.items if not item.decided)


@dataclass(frozen=True, slots=True)
class Taken:
    """Decisions made beforehand: for which fields one side is right."""

    fields: tuple[tuple[Literal["a", "b"], str], ...] = ()

    def of(self, study: str, field: FieldPath) -> Literal["", "a", "b"]:
        """Return the side to take for a field; the last decision that names it counts."""
        return next((side for side, name in reversed(self.fields) if _named(name, study, field)), "")

    def check(self, comparisons: Sequence[Comparison]) -> None:
        """Expect every decision to be about a field in which two records differ; UsageError names the nearest."""
        differing = [(found.study, item.field) for found in comparisons for item in found.disagreements]
        for side, name in self.fields:
            if not any(_named(name, study, field) for study, field in differing):
                known = sorted(
                    {field_name(field) for _, field in differing} | {str(field[-1]) for _, field in differing}
                )
                near = nearest(name, known)
                hint = f"; did you mean {near}?" if near else ""
                raise UsageError(f"--take {side} {name}: the two do not differ there{hint}")


def compare_records(
    a: RawRecord,
    b: RawRecord,
    *,
    loosely: bool = False,
    taken: Taken | None = None,
    names: tuple[str, str] = ("", ""),
    own_outcomes: Collection[str] = (),
) -> tuple[Comparison | None, list[Problem]]:
    """Return the comparison of two extractions of one trial, or the problems that keep them from being read.

    Parameters
    ----------
    a, b : RawRecord
        The two records; numbers that break a rule are compared too, since one of the two may be the reason.
    loosely : bool
        Whether texts that differ only in capitals and blanks agree.
    taken : Taken, optional
        For which fields one side is right.
    names : tuple of str
        Who extracted ``a`` and ``b``, for records that do not say.
    own_outcomes : collection of str, optional
        Outcomes that the review defines beside those of the format.
    """
    _, problems_a = validate(Study, a, own_outcomes)
    _, problems_b = validate(Study, b, own_outcomes)
    problems = [problem for problem in (*problems_a, *problems_b) if problem.severity == "error"]
    if problems or a.data is None or b.data is None:
        return None, problems
    arms = same_arms(a.data, b.data)
    study = str(a.data["id"])
    walk = _Walk(study, a, b, arms, _agreeing(loosely), taken or Taken(), names)
    consensus = walk.part(Study, a.data, b.data, (), (), ())
    notes = [f"arm {theirs} of {b.path} is taken for {ours}" for theirs, ours in arms.items() if theirs != ours]
    notes += sorted(walk.notes)
    return (
        Comparison(
            study=study, paths=(a.path, b.path), items=tuple(walk.items), consensus=consensus, notes=tuple(notes)
        ),
        [],
    )


class _Walk:
    """One pass over two records side by side; collects the items, and returns the consensus of each part."""

    def __init__(
        self,
        study: str,
        a: RawRecord,
        b: RawRecord,
        arms: Mapping[str, str],
        agree: Callable[[Any, Any], bool],
        taken: Taken,
        names: tuple[str, str],
    ) -> None:
        self.study, self.a, self.b, self.arms, self.agree, self.taken = study, a, b, arms, agree, taken
        self.names = names
        self.items: list[Item] = []
        self.notes: set[str] = set()

    def part(
        self, model: type[Part] | Any, a: Mapping[str, Any], b: Mapping[str, Any],
        at_a: FieldPath, at_b: FieldPath, here: FieldPath,
    ) -> dict[str, Any]:  # fmt: skip
        """Compare two parts of one kind, key by key in the order of the format."""
        merged: dict[str, Any] = {}
        for name, info in model.model_fields.items():
            one, other = a.get(name), b.get(name)
            if name in NAMES_OF_EXTRACTORS or (one is None and other is None):
                continue
            paths = (*at_a, name), (*at_b, name), (*here, name)
            value = self.member(info, one, other, *paths)
            if value is not None:
                merged[name] = value
        if model is Source:
            merged |= self.extractors(a, b)
            merged = {name: merged[name] for name in Source.model_fields if name in merged}
        return merged

    def extractors(self, a: Mapping[str, Any], b: Mapping[str, Any]) -> dict[str, str]:
        """Return who read a number first, and who read it again."""
        one, other = (part.get("extracted_by") or name for part, name in zip((a, b), self.names, strict=True))
        if one and other and one != other:
            return {"extracted_by": one, "checked_by": other}
        self.notes.add(
            f"both records name {one} as extractor: that is no second reading" if one and one == other
            else "extracted_by is missing, so checked_by is not set: name the two with --names"
        )  # fmt: skip
        return {"extracted_by": one or other} if one or other else {}

    def member(self, info: Any, a: Any, b: Any, at_a: FieldPath, at_b: FieldPath, here: FieldPath) -> Any:
        """Compare one field: a part, several parts, or a value."""
        kind = fields.plain(info.annotation)
        inner = fields.part_of(kind)
        if get_origin(kind) is dict:
            return self.mapping(kind, inner, a or {}, b or {}, at_a, at_b, here)
        if inner is None:
            default = None if info.is_required() else info.get_default()
            return self.leaf(kind, a, b, at_a, at_b, here, default)
        if get_origin(kind) is tuple:
            return self.several(inner, a or [], b or [], at_a, at_b, here)
        return self.maybe(inner, a, b, at_a, at_b, here)

    def maybe(self, model: Any, a: Any, b: Any, at_a: FieldPath, at_b: FieldPath, here: FieldPath) -> Any:
        """Compare a part that one of the two may have left out."""
        if a is not None and b is not None:
            return self.part(model, a, b, at_a, at_b, here)
        item = self.note("part", a, b, at_a, at_b, here, agrees=False)
        given = _renamed(a if a is not None else b, self.arms if a is None else {})
        if item.taken:
            return given if item.taken == ("a" if a is not None else "b") else None
        return {**given, UNDECIDED: f"only in {(item.a if a is not None else item.b).path}"}

    def mapping(
        self, kind: Any, inner: Any, a: Mapping[str, Any], b: Mapping[str, Any],
        at_a: FieldPath, at_b: FieldPath, here: FieldPath,
    ) -> dict[str, Any]:  # fmt: skip
        """Compare parts by their key; arms of the second record by the name of their likes in the first."""
        theirs = {self.arms.get(key, key) if inner is not None else key: key for key in b}
        merged = {}
        for key in dict.fromkeys((*a, *theirs)):
            other = theirs.get(key, key)
            paths = (*at_a, key), (*at_b, other), (*here, key)
            if inner is not None:
                value = self.maybe(inner, a.get(key), b.get(other), *paths)
            else:
                value = self.leaf(get_args(kind)[1], a.get(key), b.get(other), *paths)
            if value is not None:
                merged[key] = value
        return merged

    def several(
        self, model: Any, a: Sequence[Any], b: Sequence[Any], at_a: FieldPath, at_b: FieldPath, here: FieldPath
    ) -> list[Any]:
        """Compare parts in lists, matched by what they are about."""
        merged: list[Any] = []
        for one, other in pairs(model, a, b):
            value = self.maybe(
                model,
                None if one is None else a[one],
                None if other is None else b[other],
                (*at_a, *(() if one is None else (one,))),
                (*at_b, *(() if other is None else (other,))),
                (*here, len(merged)),
            )
            if value is not None:
                merged.append(value)
        return merged

    def leaf(
        self, kind: Any, a: Any, b: Any, at_a: FieldPath, at_b: FieldPath, here: FieldPath, default: Any = None
    ) -> Any:
        """Compare two values; one left out means the format's own default, where it has one."""
        if at_b[-2:] in (("between", "experimental"), ("between", "control")):
            b = self.arms.get(b, b)
        filled_a, filled_b = (default if value is None else value for value in (a, b))
        if _pattern(here) in MATCHED_BY:
            return a
        same = self.agree(filled_a, filled_b)
        item = self.note(_kind(kind), a, b, at_a, at_b, here, agrees=same)
        if same:
            return a if a is not None else b
        return {"a": a, "b": b}[item.taken] if item.taken else UNDECIDED

    def note(
        self, kind: Kind, a: Any, b: Any, at_a: FieldPath, at_b: FieldPath, here: FieldPath, *, agrees: bool
    ) -> Item:
        """Keep one comparison."""
        item = Item(
            study=self.study,
            field=here,
            pattern=_pattern(here),
            kind=kind,
            a=Side(a, self.a.path, place_of(self.a, at_a).line, *_source(self.a.data, at_a)),
            b=Side(b, self.b.path, place_of(self.b, at_b).line, *_source(self.b.data, at_b)),
            agrees=agrees,
            taken="" if agrees else self.taken.of(self.study, here),
        )
        self.items.append(item)
        return item


def shown(value: Any) -> str:
    """Return a value on one line, as a record writes it; what is not there as words."""
    from msc_meta.records.write_yaml import on_one_line

    return "left out" if value is None else on_one_line(value)


def _agreeing(loosely: bool) -> Callable[[Any, Any], bool]:
    """Return what makes two values the same: numbers as numbers, lists of names in any order."""

    def bare(value: Any) -> Any:
        if isinstance(value, str):
            return " ".join(value.casefold().split()) if loosely else value.strip()
        if isinstance(value, (list, tuple)):
            items = [bare(item) for item in value]
            return items if any(isinstance(item, (int, float)) for item in items) else sorted(items, key=str)
        return value

    return lambda a, b: a is b if isinstance(a, bool) or isinstance(b, bool) else bare(a) == bare(b)


def _kind(kind: Any) -> Kind:
    kind = fields.plain(kind)
    if fields.allowed_values(kind) or kind is bool:
        return "category"
    return "number" if kind in (int, float) or get_args(kind)[:1] == (float,) else "text"


def _pattern(field: FieldPath) -> str:
    """Return a field without places and without the ids of arms."""
    return ".".join(
        str(part)
        for at, part in enumerate(field)
        if not isinstance(part, int) and not (at and field[at - 1] in ("arms", "domains"))
    )


def _source(data: Mapping[str, Any] | None, field: FieldPath) -> tuple[str, str]:
    """Return where a value was read, as far as the record says it: for the reports of outcomes."""
    if data is None or field[:1] != ("outcomes",) or len(field) < 2:
        return "", ""
    source = data["outcomes"][field[1]]["source"]
    return source["where"], source["url"]


def _renamed(part: Any, arms: Mapping[str, str]) -> Any:
    if isinstance(part, dict) and isinstance(part.get("arms"), dict):
        return {**part, "arms": {arms.get(name, name): data for name, data in part["arms"].items()}}
    return part


def _named(name: str, study: str, field: FieldPath) -> bool:
    """Whether a decision names a field: by its path, by the end of it, or with ``study:`` in front."""
    only, colon, rest = name.rpartition(":")
    if colon and only != study:
        return False
    wanted = [part for part in re.split(r"[.\[\]]+", rest) if part]
    full = [str(part) for part in field]
    without_places = [str(part) for part in field if not isinstance(part, int)]
    forms = (full, without_places, _pattern(field).split("."))
    return bool(wanted) and any(form[-len(wanted) :] == wanted for form in forms)
