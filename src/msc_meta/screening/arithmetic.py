"""Numbers of search and selection that do not add up: each rule names every number that it adds, with its line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from msc_meta.hookspecs import FieldPath
from msc_meta.records.findings import Finding, field_name
from msc_meta.screening.numbers import OtherMethods, Reason, Reports, ScreeningNumbers, SearchedSource

LineOf = Callable[[FieldPath], int]


class Term(NamedTuple):
    """A number of the file: where it stands, what it counts, and the number; None where it is not stated."""

    field: FieldPath
    words: str
    value: int | None


def check_numbers(found: ScreeningNumbers, line_of: LineOf) -> Iterator[Finding]:
    """Yield what does not add up, and what no number can be: parts larger than their whole, days that never were."""
    yield from _searches(found)
    yield from _before_screening(found, line_of)
    records, excluded = _term(("screened",), "records", "records screened", found.screened.records), _excluded(found)
    yield from _part_of(excluded, [records], line_of)
    by_tools = _term(("screened",), "excluded_by_tools", "records excluded by tools", found.screened.excluded_by_tools)
    yield from _part_of(by_tools, [excluded], line_of)
    sought = _sought(("reports",), found.reports)
    yield from _equal("W602", sought, [records], [excluded], line_of)
    yield from _reports(("reports",), found.reports, line_of)
    if found.other_methods is not None:
        yield from _others(found.other_methods, line_of)


def _before_screening(found: ScreeningNumbers, line_of: LineOf) -> Iterator[Finding]:
    identified = identified_by(found)
    removed = [
        _term(("removed",), "duplicates", "duplicates removed", found.removed.duplicates),
        _term(("removed",), "automation_tools", "removed by tools", found.removed.automation_tools),
        _term(("removed",), "other", "removed for other reasons", found.removed.other),
    ]
    records = _term(("screened",), "records", "records screened", found.screened.records)
    if identified is None:
        return
    whole = [*identified, *removed, records]
    if all(term.value is not None for term in whole):
        yield from _equal("E601", records, identified, removed, line_of)
        return
    for part in (*removed, records):
        yield from _part_of(part, identified, line_of)


def identified_by(found: ScreeningNumbers) -> list[Term] | None:
    """Return the records of every database and register; None where it is not said which of either were searched."""
    if found.databases is None or found.registers is None:
        return None
    return [
        _term((kind, at), "records", f"of {source.name}", source.records)
        for kind, sources in (("databases", found.databases), ("registers", found.registers))
        for at, source in enumerate(sources)
    ]


def _others(other: OtherMethods, line_of: LineOf) -> Iterator[Finding]:
    here = ("other_methods", "reports")
    identified = [
        _term(("other_methods", "sources", at), "records", f"of {source.name}", source.records)
        for at, source in enumerate(other.sources)
    ]
    if identified:  # else it is not said where they came from
        yield from _part_of(_sought(here, other.reports), identified, line_of)
    yield from _reports(here, other.reports, line_of)


def _reports(here: FieldPath, found: Reports, line_of: LineOf) -> Iterator[Finding]:
    sought = _sought(here, found)
    lost = _term(here, "not_retrieved", "reports not retrieved", found.not_retrieved)
    assessed = _term(here, "assessed", "reports assessed", found.assessed)
    if None not in (sought.value, lost.value, assessed.value):
        yield from _equal("E603", assessed, [sought], [lost], line_of)
    else:
        yield from _part_of(lost, [sought], line_of)
        yield from _part_of(assessed, [sought], line_of)
    for at, reason in enumerate(found.reasons):
        yield from _countable((*here, "reasons", at), reason)
    reasons = [
        Term(_place_of_count((*here, "reasons", at), one), f"for {one.reason}", counted(one))
        for at, one in enumerate(found.reasons)
    ]
    excluded = _term(here, "excluded", "reports excluded", found.excluded)
    if reasons:
        yield from _equal("E604", excluded, reasons, [], line_of)
    if excluded.value is None and reasons and all(term.value is not None for term in reasons):
        excluded = Term((*here, "reasons"), "reports excluded", sum(term.value or 0 for term in reasons))
    yield from _part_of(excluded, [assessed], line_of)


def counted(reason: Reason) -> int | None:
    """Return how many reports a reason stands for; a report that is named is one."""
    if reason.citation is not None or reason.study is not None:
        return 1
    return reason.reports


def _countable(field: FieldPath, reason: Reason) -> Iterator[Finding]:
    named = reason.citation is not None or reason.study is not None
    if named and reason.reports is not None:
        yield Finding("E606", (*field, "reports"), f"{reason.reports} reports, and one is named",
                      "name each report under a hyphen of its own, or give the number alone")  # fmt: skip
    elif not named and reason.reports is None:
        yield Finding("E606", field, f"how many reports were excluded for {reason.reason} is not said",
                      "add reports: and their number; or citation: for one of them")  # fmt: skip


def _searches(found: ScreeningNumbers) -> Iterator[Finding]:
    others = found.other_methods.sources if found.other_methods is not None else ()
    groups: tuple[tuple[FieldPath, Sequence[SearchedSource]], ...] = (
        (("databases",), found.databases or ()),
        (("registers",), found.registers or ()),
        (("other_methods", "sources"), others),
    )
    seen: dict[tuple[str, str | None], FieldPath] = {}
    for here, sources in groups:
        for at, source in enumerate(sources):
            place = (*here, at)
            if source.searched is not None and not _is_day(source.searched):
                yield Finding("E607", (*place, "searched"), f"{source.searched} is no day",
                              "write year, month and day: 2026-05-01")  # fmt: skip
            search = source.name.casefold(), source.searched
            if search in seen:
                says = f"{source.name} is listed twice with the same day"
                advice = "give a second search its own day, or keep one of the two"
                yield Finding("E608", (*place, "name"), says, advice, first=seen[search])
            seen.setdefault(search, (*place, "name"))


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _equal(code: str, whole: Term, plus: Sequence[Term], minus: Sequence[Term], line_of: LineOf) -> Iterator[Finding]:
    parts = [*plus, *minus]
    if whole.value is None or any(term.value is None for term in parts):
        return
    expected = sum(term.value or 0 for term in plus) - sum(term.value or 0 for term in minus)
    if whole.value != expected:
        added = " + ".join(f"{term.value} {term.words}" for term in plus)
        taken = "".join(f" - {term.value} {term.words}" for term in minus)
        yield Finding(code, whole.field, f"{whole.value} {whole.words}, but {added}{taken} = {expected}",
                      f"look at this number and at {_named(parts, line_of)}")  # fmt: skip


def _part_of(part: Term, whole: Sequence[Term], line_of: LineOf) -> Iterator[Finding]:
    if part.value is None or any(term.value is None for term in whole):
        return
    total = sum(term.value or 0 for term in whole)
    if part.value > total:
        of = whole[0].words if len(whole) == 1 else "records identified"
        yield Finding("E605", part.field, f"{part.value} {part.words} of {total} {of}",
                      f"look at this number and at {_named(whole, line_of)}")  # fmt: skip


def _named(terms: Iterable[Term], line_of: LineOf) -> str:
    return ", ".join(f"{field_name(term.field)} (line {line_of(term.field)})" for term in terms)


def _term(here: FieldPath, name: str, words: str, value: int | None) -> Term:
    return Term((*here, name), words, value)


def _excluded(found: ScreeningNumbers) -> Term:
    return _term(("screened",), "excluded", "records excluded", found.screened.excluded)


def _sought(here: FieldPath, reports: Reports) -> Term:
    return _term(here, "sought", "reports sought", reports.sought)


def _place_of_count(field: FieldPath, reason: Reason) -> FieldPath:
    return (*field, "reports") if reason.reports is not None else field
