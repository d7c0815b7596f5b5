"""What a field of the record format means: the text behind ``msc-meta explain FIELD``, made from the models."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Final, get_args, get_origin

from msc_meta.errors import UsageError
from msc_meta.hookspecs import FieldPath
from msc_meta.records import fields
from msc_meta.records.findings import nearest
from msc_meta.records.strict_yaml import read_yaml, scalar
from msc_meta.records.study import QUANTITIES, Study

if TYPE_CHECKING:
    from pydantic import BaseModel

EXAMPLE: Final = """
id: doe-2024
label: Doe 2024
status: completed
citation: {authors: [Doe J, Roe R], title: MSC in ARDS, journal: Transfusion, year: 2024, volume: "59", pages: 777-784,
           doi: 10.1000/example, pmid: "38409332", pmcid: PMC8860258, collaboration: EXAMPLE, note: abstract only}
registrations: [NCT04615429]
companion_of: roe-2023
design: {allocation: randomised, ratio: "1:1", masking: double-blind, phase: 1/2, centres: 2, countries: [ES, "NO"],
         note: block randomisation}
population: {condition: COVID-19, syndrome: ARDS, severity: moderate-to-severe, note: PaO2/FiO2 below 200 mmHg}
arms:
  msc: {role: experimental, label: MSC, randomised: 10, analysed: 10, product: cells, source: bone marrow,
        dose: {value: 1e6, unit: cells/kg, note: days 1 and 3}, infusions: 2, route: intravenous, note: allogeneic}
  placebo: {role: control, label: placebo, randomised: 10, comparator: saline}
outcomes:
  - outcome: oxygenation
    day: 7
    timepoint: one week
    quantity: pf_ratio
    kind: change
    unit: mmHg
    subgroup: ventilated at baseline
    arms: {msc: {n: 10, events: 2, percent: 20, survivors: 8, survival_percent: 80, mean: 83.3, sd: 40.1, se: 12.7,
                 ci: [58.4, 108.2], median: 80, q1: 50, q3: 110, min: 10, max: 160, value: 83.3, statistic: unclear,
                 note: means read from a figure}}
    between: {experimental: msc, control: placebo, measure: MD, estimate: 25.7, hr: 0.7, ci: [-4.1, 55.5], se: 15.2,
              level: 0.95, p: 0.09, p_relation: "=", test: t-test, adjusted: age, note: not significant}
    reported: measured-without-data
    preferred: true
    reason: the trial's own paper
    source: {kind: primary, url: "https://doi.org/10.1000/example", where: Table 2, extracted_by: JD, checked_by: RR,
             note: also in the abstract}
    note: last value carried forward
risk_of_bias:
  - tool: RoB 2
    outcome: mortality
    domains: {randomisation: low}
    overall: some concerns
    support: no protocol was published
    source: {kind: secondary, url: "https://doi.org/10.1000/review", where: Table 3, extracted_by: JD, checked_by: RR,
             note: overall judgement only}
sources:
  - {kind: primary, url: "https://doi.org/10.1000/example", where: Methods, extracted_by: JD, checked_by: RR,
     note: doses are in the protocol}
note: Only the abstract was read.
"""
"""Every field of the format once; no real trial gives all of them, and some exclude each other."""


def explain_field(term: str, *formats: type[BaseModel]) -> str:
    """Return what a field means, as Markdown: every field of that name, or the one of that path.

    Parameters
    ----------
    term : str
        A name (``events``) or a path (``outcomes.arms.events``, as complaints print it or without ids and numbers).
    *formats : type
        The formats to look in; that of records if left out.

    Raises
    ------
    UsageError
        for an unknown field; names the nearest.

    Examples
    --------
    >>> print(explain_field("outcomes[0].arms.msc.events"))
    # outcomes[].arms.ARM.events
    <BLANKLINE>
    Patients with the event (deaths).
    <BLANKLINE>
    A whole number, at least 0; may be left out.
    <BLANKLINE>
    ```yaml
    events: 2
    ```
    <BLANKLINE>
    """
    wanted = [part for part in re.split(r"[.\s]+|\[\d*\]", term.strip()) if part]
    members = [(form, member) for form in formats or (Study,) for member in fields.members(form)]
    found = [(form, member) for form, member in members if wanted and _matches(member.pattern, wanted)]
    if not found:
        near = nearest(wanted[-1] if wanted else "", sorted({str(member.pattern[-1]) for _, member in members}))
        raise UsageError(f"there is no field {term}" + (f"; did you mean {near}?" if near else ""))
    return "\n".join(_page(member, of_records=form is Study) for form, member in found)


def _matches(pattern: FieldPath, wanted: list[str]) -> bool:
    """Whether the words asked for are the end of this field's path, with or without the ids of arms in it."""
    full = [str(part) for part in pattern if part != "[]"]
    without_ids = [part for part in full if part != "KEY"]
    return any(len(wanted) <= len(path) and all(map(_names, path[::-1], wanted[::-1])) for path in (full, without_ids))


def _names(part: str, word: str) -> bool:
    """Whether a word is this part of a path; an id of an arm may be any word that is no field."""
    return part == word or (part == "KEY" and word not in _known())


@cache
def _known() -> frozenset[str]:
    return frozenset(str(member.pattern[-1]) for member in fields.members(Study))


def _page(member: fields.Member, *, of_records: bool) -> str:
    name = ".".join(map(str, member.pattern)).replace(".[]", "[]").replace("KEY", "ARM")
    kind = fields.plain(member.info.annotation)
    presence = "needed" if member.info.is_required() else "may be left out"
    about = " ".join(fields.descriptions(member.part)[str(member.pattern[-1])].split())
    shape = f"{fields.in_words(kind)}{_limits(member)}; {presence}."
    lines = [
        f"# {name}" + ("" if of_records else " (in the protocol)"),
        "",
        about,
        "",
        shape[0].upper() + shape[1:],
        "",
    ]
    if of_records and member.pattern[-1] in ("quantity", "unit") and "outcomes" in member.pattern:
        lines += _quantities()
    if (part := fields.part_of(kind)) is not None:
        return "\n".join([*lines, f"Keys: {', '.join(part.model_fields)}.", ""])
    if not of_records:
        return "\n".join(lines)
    return "\n".join([*lines, "```yaml", f"{member.pattern[-1]}: {_flow(example(member.pattern))}", "```", ""])


def _limits(member: fields.Member) -> str:
    """Return the bounds and lengths of a field in words."""
    words = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
    constraints = [member.info, *_inner_constraints(member.info.annotation)]
    bounds = [
        f"{text} {getattr(constraint, name):g}"
        for info in constraints
        for constraint in getattr(info, "metadata", ())
        for name, text in words.items()
        if getattr(constraint, name, None) is not None
    ]
    return f", {' and '.join(bounds)}" if bounds else ""


def _inner_constraints(annotation: Any) -> list[Any]:
    """Return the constraints inside ``Annotated[...] | None``."""
    return [
        extra for option in get_args(annotation) if get_origin(option) is Annotated for extra in get_args(option)[1:]
    ]


def _quantities() -> list[str]:
    rows = [
        f"| {outcome} | {quantity} | {', '.join(units)} |"
        for outcome, quantities in QUANTITIES.items()
        for quantity, units in quantities.items()
    ]
    return ["| outcome | quantity | units |", "| --- | --- | --- |", *rows, ""]


@cache
def _example_record() -> Any:
    return read_yaml(EXAMPLE, "example").data


def example(pattern: FieldPath) -> Any:
    """Return the example value of a field; LookupError if the example record lacks it."""
    found = [_example_record()]
    for part in pattern:
        if part in ("[]", "KEY"):
            found = [item for value in found for item in (value if part == "[]" else value.values())]
        else:
            found = [value[part] for value in found if part in value]
    return found[0]


def _flow(value: Any) -> str:
    """Write a value as YAML on one line; text is quoted where it would not stay text."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, str):
        plain = scalar(value) is value and re.fullmatch(r"\w[\w .()/'-]*", value) and value != "NO"
        return value if plain else f'"{value}"'
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else f"{value:g}"
