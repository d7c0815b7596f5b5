"""What an import did, for people: study by study, and what many studies share said once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from msc_meta.errors import Problem, counted
from msc_meta.importing.incoming import ASSUMED, LEFT_OUT, UNCHECKED, Import, Incoming

_NUMBERS = re.compile(r"\[\d+\]")
_FEW = 3


def folded_errors(errors: Sequence[Problem]) -> Iterator[str]:
    """Yield errors as text; one that several records have alike is said once."""
    groups: dict[tuple[str, str, str], list[Problem]] = {}
    for problem in errors:
        if problem.severity == "warning":
            continue
        key = (problem.code, _NUMBERS.sub("[]", problem.field), problem.message)
        groups.setdefault(key, []).append(problem)
    for (_, field, message), problems in groups.items():
        first = problems[0]
        if len(problems) <= _FEW:
            yield from map(str, problems)
        else:
            places = f"{first.path}, lines {first.line} to {problems[-1].line}"
            advice = f"\n  help: {first.help}" if first.help else ""
            yield f"{places}: error {first.code} {field}: {message} ({len(problems)} times){advice}"


def missing_in_all(found: Import) -> str:
    """Say how to answer at once for what every record lacks; empty where there is nothing."""
    lacking = [{_lacks(problem) for problem in record.errors} - {""} for record in found.records]
    shared = sorted(set.intersection(*lacking)) if lacking else []
    return f"no record says it; say it once for all: {' '.join(f'--set {name}=…' for name in shared)}" if shared else ""


def folded_warnings(found: Import) -> Iterator[str]:
    """Yield the warnings but for those that `lines_of` and `summary` tell; of many of one kind the first few."""
    kinds: dict[str, list[Problem]] = {}
    told = {LEFT_OUT, ASSUMED, UNCHECKED}
    of_records = [problem for record in found.records for problem in record.problems if problem.code not in told]
    for problem in (*found.problems, *of_records):
        if problem.severity == "warning":
            kinds.setdefault(problem.code, []).append(problem)
    for code, problems in kinds.items():
        yield from map(str, problems[:_FEW])
        if len(problems) > _FEW:
            yield f"and {len(problems) - _FEW} more of {code}; msc-meta check lists them"


def lines_of(record: Incoming) -> Iterator[str]:
    """Yield what was left out of a study, and what was assumed."""
    for problem in record.problems:
        if problem.code in {LEFT_OUT, ASSUMED}:
            what = "left out" if problem.code == LEFT_OUT else "assumed"
            yield f"{record.id}: {what}: {problem.message}"


def summary(found: Import, written: int, verb: str) -> str:
    """Return one sentence about the whole import."""
    left = sum(problem.code == LEFT_OUT for problem in found.all_problems)
    unchecked = sum(any(problem.code == UNCHECKED for problem in record.problems) for record in found.records)
    parts = [f"{counted(len(found.records), 'study').replace('studys', 'studies')} read as {found.adapter}"]
    parts.append(f"{written} {verb}")
    if left:
        parts.append(f"{left} left out")
    if unchecked:
        parts.append(f"{unchecked} with values that nobody has checked yet (W414)")
    return ", ".join(parts)


def as_mapping(found: Import, files: dict[str, str]) -> dict[str, Any]:
    """Return the import as plain values, for JSON."""
    return {
        "adapter": found.adapter,
        "studies": [
            {"id": record.id, "file": files.get(record.id), "problems": _problems(record.problems)}
            for record in found.records
        ],
        "problems": _problems(found.problems),
    }


def _problems(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    names = ("code", "severity", "path", "line", "column", "field", "message", "help")
    return [{name: getattr(problem, name) for name in names} for problem in problems]


def _lacks(problem: Problem) -> str:
    """Return what a record lacks, as it is called behind --set; empty where something else is wrong."""
    if problem.code == "E317":
        return "product"
    if problem.code != "E202":
        return ""
    part = _NUMBERS.sub("", problem.field).split(".")
    name = problem.message.partition(" ")[0]
    if part[0] == "arms":
        return f"arm.{name}" if len(part) > 1 else ""
    parents = part[1:] if part[0] == "outcomes" else list(filter(None, part))
    return ".".join([*parents, name])
