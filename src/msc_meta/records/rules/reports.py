"""The reports of an outcome as wholes: that each says something, and which of several is used."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from msc_meta.records.findings import Finding
from msc_meta.records.rules.reading import compares, has_numbers, written
from msc_meta.records.study import Outcome, Study

COMPARED = ("estimate", "hr", "ci", "se", "p", "note")
"""What of a comparison says something; a measure or a test alone does not."""


def something_is_reported(study: Study) -> Iterator[Finding]:
    """Expect numbers, a comparison or a note of every report, or the word that there are none."""
    for number, outcome in enumerate(study.outcomes):
        counted = any(has_numbers(data) or data.note for data in outcome.arms.values())
        between = any(getattr(outcome.between, name, None) is not None for name in COMPARED)
        if not (counted or between or outcome.reported or outcome.note):
            yield Finding("E322", ("outcomes", number), f"this entry reports nothing about {outcome.outcome}",
                          "add numbers under arms, or reported: measured-without-data, not-measured or not-seen",
                          at_key=True)  # fmt: skip


def halves_of_one_report(study: Study) -> Iterator[Finding]:
    """Expect both arms in one report; a mistyped day leaves each arm in a report of its own, and no effect."""
    halves: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
    for number, outcome in enumerate(study.outcomes):
        given = {
            study.arms[name].role for name, data in outcome.arms.items() if name in study.arms and has_numbers(data)
        }
        if len(given) == 1 and outcome.subgroup is None and not compares(outcome.between):
            halves[outcome.outcome, outcome.measured].append((number, given.pop()))
    for found in halves.values():
        (first, role), *others = found
        for number, other in others:
            if {role, other} == {"experimental", "control"}:
                yield Finding("W412", ("outcomes", number),
                              f"numbers of the {other} arm only; the {role} arm's are apart",
                              "if both are of one report, give them the same day, unit and source",
                              at_key=True, first=("outcomes", first))  # fmt: skip


def reported_or_numbers(study: Study) -> Iterator[Finding]:
    """Expect no numbers of an arm where an outcome is said to be without."""
    for number, outcome in enumerate(study.outcomes):
        if outcome.reported and any(has_numbers(data) for data in outcome.arms.values()):
            yield Finding("E323", ("outcomes", number, "reported"), f"{outcome.reported}, and yet numbers of an arm",
                          "leave reported out where there are numbers")  # fmt: skip


def one_report_is_preferred(study: Study) -> Iterator[Finding]:
    """Expect that of several reports of the same outcome and day exactly one is marked for the analysis."""
    groups: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for number, outcome in enumerate(study.outcomes):
        form = _form(outcome)
        if form and outcome.subgroup is None:
            groups[outcome.outcome, outcome.measured, outcome.kind, outcome.day, form].append(number)
    for same in groups.values():
        marked = [number for number in same if study.outcomes[number].preferred]
        if len(same) == 1 or len(marked) == 1:
            continue
        outcome = study.outcomes[same[0]]
        when = "without a day" if outcome.day is None else f"of day {written(outcome.day)}"
        what = outcome.measured or outcome.outcome
        yield Finding("E325", ("outcomes", same[1]),
                      f"{len(same)} reports of {what} {when}, {len(marked) or 'none'} of them preferred",
                      "mark the one to analyse with preferred: true and a reason; the rest is for sensitivity analyses",
                      first=("outcomes", same[0]))  # fmt: skip


def preference_has_a_reason(study: Study) -> Iterator[Finding]:
    """Expect a preference to say why."""
    for number, outcome in enumerate(study.outcomes):
        if outcome.preferred and outcome.reason is None:
            yield Finding("E326", ("outcomes", number, "preferred"), "preferred without a reason",
                          "add reason: why this report is the one to analyse")  # fmt: skip


def _form(outcome: Outcome) -> str:
    """Tell reports with numbers of arms from those with a comparison only, for the two do not contradict each other."""
    if any(has_numbers(data) for data in outcome.arms.values()):
        return "arms"
    return "between" if compares(outcome.between) else ""


RULES = (
    something_is_reported,
    halves_of_one_report,
    reported_or_numbers,
    one_report_is_preferred,
    preference_has_a_reason,
)
