"""What a field of the record format means: the text behind ``msc-meta explain FIELD``, made from the models."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, get_args, get_origin

from msc_meta.errors import UsageError
from msc_meta.hookspecs import FieldPath
from msc_meta.records import fields
from msc_meta.records.findings import nearest
from msc_meta.records.strict_yaml import read_yaml, scalar
from msc_meta.records.study import QUANTITIES, Study
from msc_meta.records.write_yaml import WIDTH, values_to_yaml

if TYPE_CHECKING:
    from pydantic import BaseModel

LONGEST_EXAMPLE: Final = 12  # lines; the keys of a longer part have pages of their own
USES: Final = Path(__file__).with_name("field_uses.yaml")
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
    answers: [1.1 Y, 1.2 PY, 1.3 N]
    overall: some concerns
    support: no protocol was published
    source: {kind: secondary, url: "https://doi.org/10.1000/review", where: Table 3, extracted_by: JD, checked_by: RR,
             note: overall judgement only}
sources:
  - {kind: primary, url: "https://doi.org/10.1000/example", where: Methods, extracted_by: JD, checked_by: RR,
     note: doses are in the protocol}
note: Only the abstract was read.
"""
DECISIONS = """outcomes:
  mortality:
    minimal_important_difference: 0.9
    risk_of_bias: [low]
    baseline_risks: [{label: patients in intensive care, risk: 0.4}]
    certainty: {rating: low, reasons: [few patients, missing results], by: JD and RR, date: "2026-05-01"}
    missing_evidence: {judgement: some concerns, answers: [4.1 N, 4.3 Y, 4.4 PN], support: [two registered trials have
                       no report], by: JD and RR, date: "2026-05-01"}
    prior: {tau: half-normal(0.5), mu: [0, 1]}
    robustness:
      gosh: true
      sequential: {effect: 0.8, control_risk: 0.4, sd: 5.5}
      next_trial: {n: 400, effect: 0.8, control_risk: 0.4, sd: 5.5}
"""
"""What a protocol may decide beside what the built-in one does."""
"""Every field of the format once; no real trial gives all of them, and some exclude each other."""


def explain_field(term: str, *formats: type[BaseModel], examples: Mapping[type[BaseModel], str] | None = None) -> str:
    """Return what a field means, as Markdown: every field of that name, or the one of that path.

    Parameters
    ----------
    term : str
        A name (``events``) or a path (``outcomes.arms.events``, as complaints print it or without ids and numbers).
    *formats : type
        The formats to look in; that of records if left out.
    examples : mapping of type to str, optional
        Format -> a file that shows its fields, for formats other than that of records.

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
    Used for: risk ratio, odds ratio, risk difference; the columns Events and Total.
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
    texts: dict[type[BaseModel], str] = {Study: EXAMPLE, **(examples or {})}
    return "\n".join(_page(member, texts.get(form, ""), of_records=form is Study) for form, member in found)


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


def _page(member: fields.Member, shown: str, *, of_records: bool) -> str:
    name = ".".join(map(str, member.pattern)).replace(".[]", "[]").replace("KEY", "ARM" if of_records else "OUTCOME")
    kind = fields.plain(member.info.annotation)
    about = " ".join(fields.descriptions(member.part)[str(member.pattern[-1])].split())
    shape = f"{fields.in_words(kind)}{_limits(member)}; {_presence(member)}."
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
        needed = [key for key, info in part.model_fields.items() if info.is_required()]
        lines += [f"Keys: {', '.join(part.model_fields)}. Needed: {', '.join(needed) or 'none'}.", ""]
    lines += [f"Used for: {used_for(member.pattern, 'record' if of_records else 'protocol')}", ""]
    value = _example(shown, member.pattern)
    if value is None and not of_records:
        value = _example(DECISIONS, member.pattern)
    if value is None:
        value = member.info.get_default()
    block = _written(str(member.pattern[-1]), value) if value is not None else ""
    if not block or block.count("\n") > LONGEST_EXAMPLE:
        return "\n".join(lines)
    return "\n".join([*lines, "```yaml", block, "```", ""])


def _presence(member: fields.Member) -> str:
    if member.info.is_required():
        return "needed"
    default = member.info.get_default(call_default_factory=True)
    if isinstance(default, str | float | int) and default != "":
        return f"{_flow(default)} if left out"
    return "may be left out"


def _written(name: str, value: Any) -> str:
    """Write an example as a record would have it: small ones on one line."""
    line = f"{name}: {_flow(value)}"
    return line if len(line) <= WIDTH else values_to_yaml({name: value}).rstrip("\n")


def used_for(pattern: FieldPath, form: str) -> str:
    """Return where a field is used, or the part that it belongs to; LookupError where nobody has said so.

    Examples
    --------
    >>> used_for(("outcomes", "[]", "arms", "KEY", "events"), "record")
    'risk ratio, odds ratio, risk difference; the columns Events and Total.'
    """
    names = [str(part) for part in pattern if part not in ("[]", "KEY")]
    uses = _uses()[form]
    while names:
        for at in range(len(names)):
            if (end := ".".join(names[at:])) in uses:
                return uses[end]
        names.pop()
    raise LookupError(pattern)


@cache
def _uses() -> Mapping[str, Mapping[str, str]]:
    found = read_yaml(USES.read_bytes(), USES.name).data
    assert found is not None, f"{USES.name} is part of the package and tested"
    return found


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


def example(pattern: FieldPath) -> Any:
    """Return the example value of a field of a record; LookupError if the example record lacks it."""
    found = _example(EXAMPLE, pattern)
    if found is None:
        raise LookupError(pattern)
    return found


def _example(text: str, pattern: FieldPath) -> Any:
    """Return the first value of a field in an example; None where it has none."""
    found = [_read(text)] if text else []
    for part in pattern:
        if part in ("[]", "KEY"):
            found = [item for value in found for item in (value if part == "[]" else value.values())]
        else:
            found = [value[part] for value in found if part in value]
    return found[0] if found else None


@cache
def _read(text: str) -> Any:
    return read_yaml(text, "example").data


def _flow(value: Any) -> str:
    """Write a value as YAML on one line; text is quoted where it would not stay text."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, str):
        plain = scalar(value) is value and re.fullmatch(r"\w[\w .()/'-]*", value) and value != "NO"
        return value if plain else f'"{value}"'
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else f"{value:g}"
