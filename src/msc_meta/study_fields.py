"""Any field of a record by its path or a short name: what figures show in columns, sort by and group by.

A path is that of the record, ``population.severity``, without the numbers of lists; of an outcome it means the report
that the analysis uses, and of an arm the experimental one that the protocol pools, unless an arm's id or role is
named: ``arms.msc.source``, ``arms.control.comparator``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import isnan, log10, nan
from typing import TYPE_CHECKING, Any, final, get_args, get_origin

from msc_meta.effects.eligibility import eligible_arms
from msc_meta.errors import UsageError

if TYPE_CHECKING:
    from msc_meta.effects.rows import StudyRow
    from msc_meta.protocol import Eligibility
    from msc_meta.records.study import Arm, Outcome, RiskOfBias, Study

Path = tuple[str, ...]

SECTIONS = ("population", "design", "citation", "arms", "outcomes", "risk_of_bias", "sources")  # the first one wins
NOT_STATED = ("not-stated", "not stated", "")
TITLES = {
    "doi": "DOI", "pmid": "PubMed", "pmcid": "PMC", "id": "Id", "n": "N", "sd": "SD", "se": "SE", "ci": "95% CI",
    "hr": "HR", "p": "P",
}  # fmt: skip
VAGUE = ("kind", "url", "where", "note", "value", "unit", "label", "title", "outcome", "reason")
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@final
@dataclass(frozen=True, slots=True)
class FieldValue:
    """What a study says in one field.

    Attributes
    ----------
    text : str
        As the record has it, lists joined by commas; empty where ``number`` is to be printed.
    number : float
        A single number, ``nan`` for anything else.
    rank : tuple
        What to sort by: the number, the place among the words that the field allows, or the text.
    """

    text: str
    number: float
    rank: tuple[float | str, ...]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class FieldValues:
    """One field of all studies: its header, whether it holds numbers, and the values by study id, if stated."""

    name: str
    title: str
    numeric: bool
    values: Mapping[str, FieldValue]


@final
@dataclass(frozen=True, slots=True)
class StudyFields:
    """The records behind an outcome's rows, asked field by field.

    Parameters
    ----------
    studies : mapping of str to Study
        By id.
    rows : sequence of StudyRow
        The outcome's rows, which name the report that was used.
    outcome : str
        Name of the outcome.
    eligibility : Eligibility
        Whose products say which experimental arm is meant.
    """

    studies: Mapping[str, Study]
    rows: Sequence[StudyRow]
    outcome: str
    eligibility: Eligibility | None

    def __call__(self, name: str) -> FieldValues:
        """Return one field of every study.

        Raises
        ------
        UsageError
            If no field, or more than one, has the name.
        """
        path, allowed, numeric = find_field(name)
        used = {row.study: row for row in self.rows}
        values = {}
        for study in self.studies.values():
            found = [one for one in self._walk(study, path, study, used.get(study.id)) if _stated(one)]
            if found:
                values[study.id] = _value([one for at, one in enumerate(found) if one not in found[:at]], allowed)
        return FieldValues(name=name, title=title_of(path), numeric=numeric, values=values)

    def judgements(self, tool: str) -> dict[str, dict[str, str]]:
        """Return by study id the judgements of one tool on this outcome, or on the trial, ``overall`` among them."""
        found = {study.id: self._judged(study, tool) for study in self.studies.values()}
        return {
            study: {**judged.domains, **({"overall": judged.overall} if judged.overall else {})}
            for study, judged in found.items()
            if judged is not None
        }

    def tools(self) -> tuple[str, ...]:
        """Return the tools by which pooled studies were judged, the one of most of them first."""
        pooled = {row.study for row in self.rows if row.included}
        found = dict.fromkeys(judged.tool for study in self.studies.values() for judged in study.risk_of_bias)
        return tuple(sorted(found, key=lambda tool: -len(pooled & self.judgements(tool).keys())))

    def _judged(self, study: Study, tool: str) -> RiskOfBias | None:
        """Return what was judged of the outcome, else of the whole trial."""
        judged = [one for one in study.risk_of_bias if one.tool == tool and one.outcome in (self.outcome, None)]
        return min(judged, key=lambda one: one.outcome is None, default=None)

    def _walk(self, thing: Any, path: Path, study: Study, row: StudyRow | None) -> list[Any]:
        """Return what stands at the end of a path, all of it where a list is on the way."""
        if not path or thing is None:
            return [thing]
        head, rest = path[0], path[1:]
        if isinstance(thing, tuple):
            return [value for item in thing for value in self._walk(item, path, study, row)]
        if isinstance(thing, dict):
            if head in thing:
                return self._walk(thing[head], rest, study, row)
            arms, rest = self._arms_meant(study, path)
            return [value for arm in arms if arm in thing for value in self._walk(thing[arm], rest, study, row)]
        if thing is study and head == "outcomes":
            return self._walk(_report_used(study, row, self.outcome), rest, study, row)
        return self._walk(getattr(thing, head, None), rest, study, row)

    def _arms_meant(self, study: Study, path: Path) -> tuple[dict[str, Arm], Path]:
        """Return the arms of a role if one is named, else those that the analysis compares with control."""
        for role in ("experimental", "control", "other"):
            if path[0] == role:
                return study.arms_of(role), path[1:]
        if path[0] == "comparator":
            return study.arms_of("control"), path
        if len(path) > 1 and path[:-1] != ("dose",):  # the id of an arm that this study does not have
            return {}, path
        chosen = eligible_arms(study, self.eligibility) if self.eligibility is not None else {}
        return chosen or study.arms_of("experimental"), path


def _report_used(study: Study, row: StudyRow | None, outcome: str) -> Outcome | None:
    """Return the report that a row was made from, known by its source, day and kind; None for a row without one."""
    if row is None or not row.source:
        return None
    for report in study.reports(outcome):
        same_day = report.day == row.day or (report.day is None and isnan(row.day))
        if same_day and report.source.place == row.source and (report.kind or "") == row.kind:
            return report
    return None


def field_names() -> tuple[str, ...]:
    """Return the path of every field, in the record's order."""
    return tuple(".".join(path) for path in _fields())


def find_field(name: str) -> tuple[Path, tuple[str, ...], bool]:
    """Return the path that a name means, the words that the field allows, and whether it holds numbers.

    A short name means the field of that name nearest to the top of the record.

    Raises
    ------
    UsageError
        If there is no such field, with the nearest; or several, with all of them.

    Examples
    --------
    >>> find_field("year")[0], find_field("dose")[0], find_field("arms.msc.source")[0]
    (('citation', 'year'), ('arms', 'dose'), ('arms', 'msc', 'source'))
    """
    wanted = tuple(part for part in name.strip().replace("[]", "").split(".") if part)
    found = [path for path in _fields() if wanted and path[-len(wanted) :] == wanted]
    if not found and (keyed := _without_key(wanted)) is not None:
        return wanted, *_fields()[keyed]
    best = [path for path in found if _rank(path) == min(map(_rank, found))]
    if len(best) > 1:
        raise UsageError(f"{name} may be {' or '.join('.'.join(path) for path in best)}; say which")
    if not best:
        raise unknown_field(name, field_names())
    return best[0], *_fields()[best[0]]


def unknown_field(name: str, known: Iterable[str]) -> UsageError:
    """Return the complaint about a field that no record has, with the nearest one."""
    near = _nearest(name, known)
    meant = f"; did you mean {near}?" if near else "."
    return UsageError(f"there is no column or field {name}{meant} `msc-meta forest --list-columns` lists them all")


def unknown_column(name: str, known: Sequence[str]) -> UsageError:
    """Return the complaint about a column that a table does not have, with those it has."""
    near = _nearest(name, known)
    return UsageError(
        f"the table has no column {name}; {f'did you mean {near}? ' if near else ''}it has: {', '.join(known)}"
    )


def _nearest(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    paths = list(known)
    lasts = sorted({path.rpartition(".")[2] for path in paths})
    near = get_close_matches(name, paths, n=1, cutoff=0.7) or get_close_matches(name.rpartition(".")[2], lasts, n=1)
    return near[0] if near else ""


def title_of(path: Path) -> str:
    """Return the header of a field: its own name, with that of its part where it says little.

    Examples
    --------
    >>> title_of(("citation", "year")), title_of(("outcomes", "source", "kind"))
    ('Year', 'Source kind')
    >>> title_of(("arms", "msc", "label"))
    'Label, msc'
    """
    last = path[-1]
    if last in VAGUE and len(path) == 3 and path[0] == "arms":
        return f"{last[:1].upper()}{last[1:]}, {path[1]}"
    words = last if last not in VAGUE or len(path) == 1 else f"{path[-2].removesuffix('s')} {last}"
    words = words.replace("_", " ")
    return TITLES.get(last) or words[:1].upper() + words[1:]


@cache
def _fields() -> dict[Path, tuple[tuple[str, ...], bool]]:
    """Return every field that holds plain values, and the dose, by its path without lists and ids of arms."""
    from msc_meta.records.fields import allowed_values, members, part_of, plain
    from msc_meta.records.study import Study

    found = {}
    for member in members(Study):
        kind = plain(member.info.annotation)
        path = tuple(str(part) for part in member.pattern if part not in ("[]", "KEY"))
        if part_of(kind) is None or path[-1] == "dose":
            inner = plain(get_args(kind)[0]) if get_origin(kind) is tuple else kind
            found[path] = (allowed_values(inner), kind in (int, float))
    return found


def _without_key(wanted: Path) -> Path | None:
    """Return the field that a path with the id of an arm, or with a domain of bias, leads to."""
    for at in range(1, len(wanted)):
        shorter = (*wanted[:at], *wanted[at + 1 :])
        if wanted[at - 1] in ("arms", "domains") and shorter in _fields():
            return shorter
    return None


def _rank(path: Path) -> tuple[int, int]:
    return len(path), SECTIONS.index(path[0]) if path[0] in SECTIONS else -1


def _stated(value: Any) -> bool:
    return value is not None and value not in (*NOT_STATED, (), {})


def _value(found: Sequence[Any], allowed: tuple[str, ...]) -> FieldValue:
    """Return what was found as one value: several are joined by commas."""
    if len(found) == 1 and isinstance(found[0], (int, float)) and not isinstance(found[0], bool):
        return FieldValue("", float(found[0]), (float(found[0]),))
    text = ", ".join(dict.fromkeys(map(_text, found)))
    if len(found) == 1 and hasattr(found[0], "unit"):
        return FieldValue(text, nan, (str(found[0].unit), float(found[0].value)))
    if all(one in allowed for one in found):
        return FieldValue(text, nan, tuple(float(allowed.index(one)) for one in found))
    return FieldValue(text, nan, (text.casefold(),))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return amount(value)
    if isinstance(value, tuple):
        return ", ".join(map(_text, value))
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_text(item)}" for key, item in value.items())
    return f"{amount(value.value)} {value.unit}" if hasattr(value, "unit") else str(value)


def amount(value: float) -> str:
    """Return a number as people write doses.

    Examples
    --------
    >>> amount(1e6), amount(2.5e8), amount(40)
    ('1×10⁶', '2.5×10⁸', '40')
    """
    if abs(value) < 1e5:
        return f"{value:g}"
    power = int(log10(abs(value)) + 1e-9)
    return f"{value / 10**power:g}×10{str(power).translate(SUPERSCRIPTS)}"
