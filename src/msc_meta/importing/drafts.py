"""A drafted record as text for a person to finish: every value marked, and what is missing named where it belongs."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any

from msc_meta.importing.citing import add_citation
from msc_meta.importing.incoming import ASSUMED, LEFT_OUT, Incoming
from msc_meta.records.fields import descriptions
from msc_meta.records.rules.drafts import DRAFTED_BY
from msc_meta.records.study import Arm, ArmData, Citation, Design, Outcome, Population, Study
from msc_meta.records.template import new_record
from msc_meta.records.write_yaml import values_to_yaml

MARK = "# unchecked"
HEAD = """# Drafted by msc-meta from {file} ({adapter}). A line that ends with “unchecked” holds what the source says,
# as a program read it. Compare it with the source, delete the mark, and add checked_by with your initials to the
# source of that part. What is missing is not invented: it stands as a comment, with what belongs there.
# Then run: msc-meta check THIS_FILE
"""
_OWN = re.compile(r"id:| *(?:- )?(?:url|where|extracted_by|checked_by|kind: (?:primary|secondary|sponsor)$)")
"""Lines that say where a value comes from; they hold none themselves."""
ASKED: Mapping[str, tuple[type, tuple[str, ...]]] = {
    "citation": (Citation, ("authors", "title", "journal", "year", "doi", "pmid")),
    "design": (Design, ("allocation", "ratio", "masking", "countries")),
    "population": (Population, ("condition", "syndrome", "severity")),
}
"""What is asked of every trial, beside what the format needs."""
ASKED_OF_ARMS = {
    "experimental": ("randomised", "product", "source", "dose", "infusions", "route"),
    "control": ("randomised", "comparator"),
}
ASKED_OF_OUTCOMES = {
    "mortality": ("day",), "oxygenation": ("day", "quantity", "kind", "unit"), "discharge_time": ("unit",),
}  # fmt: skip
_SHORT = 90


def draft_text(record: Incoming, adapter: str, study_id: str = "") -> str:
    """Return a record that came in as a commented draft.

    Parameters
    ----------
    record : Incoming
        The record; it may lack what the format needs.
    adapter : str
        Name of the adapter that read it.
    study_id : str, optional
        The id to give it instead of its own.
    """
    data = dict(record.raw.data or {})
    if record.study is not None:  # in the order of the format
        data = record.study.model_dump(mode="json", exclude_defaults=True)
    data = _drafted_by(data, f"{DRAFTED_BY} ({adapter})")
    if study_id:
        data = {"id": study_id} | {key: value for key, value in data.items() if key != "id"}
    order = [name for name in Study.model_fields if name in data]
    lines = list(HEAD.format(file=_line(record), adapter=adapter).splitlines())
    for name in (*order, *(key for key in data if key not in order)):
        lines += _marked(values_to_yaml({name: data[name]}).splitlines())
        lines += _missing(name, data[name], data)
    needed = [name for name in ("status", "design", "population", "arms") if name not in data]
    texts = descriptions(Study) if needed else {}
    lines += [_comment(name, texts[name]) for name in needed]
    lines += _said(record, ASSUMED, "# Taken over on an assumption:")
    lines += _said(record, LEFT_OUT, "# Left out:")
    return "\n".join(lines) + "\n"


def _drafted_by(data: Mapping[str, Any], who: str) -> dict[str, Any]:
    """Return a record whose sources say that a program took their values over, so that W414 asks for a person."""
    found = dict(data)
    for name in ("outcomes", "risk_of_bias"):
        if isinstance(parts := found.get(name), Sequence) and not isinstance(parts, str):
            found[name] = [_signed(part, who) for part in parts]
    return found


def _signed(part: Any, who: str) -> Any:
    if not isinstance(part, Mapping) or not isinstance(part.get("source"), Mapping):
        return part
    return {**part, "source": {**part["source"], "extracted_by": part["source"].get("extracted_by", who)}}


def cited_template(record: Incoming, study_id: str = "", outcomes: Collection[str] = ()) -> str:
    """Return a record to fill in for a paper of which only the reference is known."""
    data = record.raw.data or {}
    text, _ = add_citation(new_record(study_id or record.id, outcomes), data["citation"], MARK)
    return f"# The citation was drafted by msc-meta from {_line(record)}; compare it with the paper.\n{text}"


def _marked(lines: Sequence[str]) -> Iterator[str]:
    """Mark every line that holds a value of the source; the lines of a folded text are no place for a comment."""
    folded = -1
    for line in lines:
        indent = len(line) - len(line.lstrip())
        if folded >= 0 and indent > folded:
            yield line
            continue
        folded = indent if line.endswith(">-") else -1
        holds = not line.endswith((":", "[]", "{}")) and not _OWN.match(line)
        yield f"{line}  {MARK}" if holds else line


def _missing(name: str, value: Any, data: Mapping[str, Any]) -> Iterator[str]:
    if name in ASKED and isinstance(value, dict):
        part, asked = ASKED[name]
        texts = descriptions(part)
        yield from (_comment(f"{name}.{key}", texts[key]) for key in asked if value.get(key) in (None, "", []))
    elif name == "arms" and isinstance(value, dict):
        texts = descriptions(Arm)
        for arm, content in value.items():
            inner = content if isinstance(content, dict) else {}
            asked = ASKED_OF_ARMS.get(str(inner.get("role")), ())
            yield from (_comment(f"arms.{arm}.{key}", texts[key]) for key in asked if inner.get(key) is None)
    elif name == "outcomes" and isinstance(value, list):
        yield from _missing_of_outcomes(value, data)


def _missing_of_outcomes(outcomes: list[Any], data: Mapping[str, Any]) -> Iterator[str]:
    texts, numbers = descriptions(Outcome), descriptions(ArmData)
    arms = data.get("arms")
    for place, outcome in enumerate(outcomes):
        if not isinstance(outcome, dict):
            continue
        asked = ASKED_OF_OUTCOMES.get(str(outcome.get("outcome")), ("outcome", "day"))
        yield from (_comment(f"outcomes[{place}].{key}", texts[key]) for key in asked if outcome.get(key) is None)
        reported = outcome.get("arms") if isinstance(outcome.get("arms"), dict) else {}
        if outcome.get("reported") is None and "between" not in outcome:
            names = [name for name in (arms if isinstance(arms, dict) else {}) if name not in (reported or {})]
            yield from (_comment(f"outcomes[{place}].arms.{name}", numbers["n"]) for name in names)


def _comment(field: str, text: str) -> str:
    short = " ".join(text.split())
    field = " ".join(field.split())  # a comment ends with its line
    return f"# missing: {field}: {short if len(short) <= _SHORT else short[:_SHORT].rsplit(' ', 1)[0] + ' …'}"


def _said(record: Incoming, code: str, head: str) -> list[str]:
    found = [" ".join(problem.message.split()) for problem in record.problems if problem.code == code]
    return [head, *(f"# - {message}" for message in found)] if found else []


def _line(record: Incoming) -> str:
    """Return the name of the file that a record comes from, on one line."""
    return " ".join(PurePath(record.raw.path).name.split())
