"""Judgements of risk of bias and the tools they are made with, for a terminal and for tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from textwrap import fill
from typing import TYPE_CHECKING, Any, Final

from msc_meta.certainty.risk_of_bias import BY_PEOPLE, NOBODY, OVERALL
from msc_meta.errors import counted
from msc_meta.report.page_tables import Cell, Column, Table

if TYPE_CHECKING:
    from msc_meta.bias_tools.tools import Tool, ToolDomain
    from msc_meta.certainty.risk_of_bias import Assessment, MissingEvidenceRisk

WIDTH: Final = 100
DASH: Final = "–"
WHOLE: Final = "whole trial"


def assessments_text(found: Sequence[Assessment], risk: MissingEvidenceRisk | None) -> str:
    """Return judgements beside suggestions, a block per trial and tool, and at the end what to look at."""
    lines: list[str] = []
    unjudged = [one.label for one in found if one.note == NOBODY]
    for (_, tool, about), block in groupby(
        (one for one in found if one.tool), key=lambda one: (one.study, one.tool, one.outcome)
    ):
        rows = list(block)
        lines += [f"{rows[0].label}: {tool}, {about or WHOLE} ({rows[0].by})", *_block(rows), ""]
    if unjudged:
        lines += [*_wrapped(f"Nobody judged: {', '.join(unjudged)}.", 0), ""]
    lines += _summary(found)
    if risk is not None:
        lines += ["", *_wrapped(f"The synthesis. {risk.sentence}", 0)]
        if risk.against == "better":
            lines += _wrapped("! This judgement is better than its answers suggest.", 0)
    return "\n".join(lines) + "\n"


def assessments_table(found: Sequence[Assessment]) -> Table:
    """Return judgements and suggestions as a table, a row per domain."""
    headers = (
        "study", "label", "outcome", "tool", "domain", "judged", "suggested", "judged_against_suggested",
        "next_question", "next_text", "note", "source",
    )  # fmt: skip
    return Table(
        id="risk-of-bias-assessments", caption="Risk of bias: judgements, and what answers suggest",
        columns=tuple(map(Column, headers)),
        rows=tuple(
            tuple(map(Cell, (one.study, one.label, one.outcome or "", one.tool, one.domain, one.judged or "",
                             one.suggested or "", one.against, one.next_question, one.next_text, one.note, one.by)))
            for one in found
        ),
    )  # fmt: skip


def tool_text(tool: Tool) -> str:
    """Return a tool's domains and questions, with where they are from and what is not here."""
    lines = [f"{tool.name}: {tool.title}", tool.reference, ""]
    what = "a result of a trial, in its record" if tool.about == "result" else "a synthesis, in the protocol"
    lines += [
        f"Judged is {what}.",
        f"Judgements: {', '.join(tool.judgements)}",
        *_wrapped(f"Overall: {tool.overall_note}", 0),
        "",
    ]
    for number, domain in enumerate(tool.domains, start=1):
        lines += [f"D{number} {domain.key}: {domain.title}", *_domain(tool, domain), ""]
    lines += [
        "Seen",
        *(line for one in tool.seen for line in _wrapped(one, 2)),
        "",
        "Not here",
        *_wrapped(tool.missing, 2),
    ]
    return "\n".join(lines) + "\n"


def questions_table(tool: Tool) -> Table:
    """Return a tool's questions as a table; a row per domain where it has none."""
    rows = []
    for domain in tool.domains:
        for question in domain.questions:
            rows.append((domain.key, question.id, question.text, question.when, " ".join(question.answers)))
        if not domain.questions:
            rows.append((domain.key, "", domain.describe, "", ""))
    columns = tuple(map(Column, ("domain", "question", "text", "asked_if", "answers")))
    return Table(id="questions", caption=tool.title, columns=columns, rows=tuple(tuple(map(Cell, row)) for row in rows))


def tool_as_dict(tool: Tool) -> dict[str, Any]:
    """Return a tool as plain JSON values."""
    return {
        "name": tool.name, "title": tool.title, "reference": tool.reference, "about": tool.about,
        "judgements": list(tool.judgements), "overall": tool.overall or None, "overall_note": tool.overall_note,
        "domains": [
            {
                "key": domain.key, "title": domain.title, "describe": domain.describe or None,
                "suggests": bool(domain.rules),
                "questions": [{"id": one.id, "text": one.text, "asked_if": one.when or None,
                               "answers": list(one.answers)} for one in domain.questions],
            }
            for domain in tool.domains
        ],
        "seen": list(tool.seen), "missing": tool.missing,
    }  # fmt: skip


def _block(rows: Sequence[Assessment]) -> Iterator[str]:
    answered = any(one.suggested or one.next_question for one in rows if one.domain != OVERALL)
    shown = [one for one in rows if answered or one.judged or one.domain == OVERALL]
    titles = max(len(one.title) for one in shown)
    judged = max(len(one.judged or DASH) for one in shown)
    for one in shown:
        mark = {"better": "!", "worse": "^"}.get(one.against, " ")
        yield f"{mark} {one.title.ljust(titles)}  {(one.judged or DASH).ljust(judged)}  {_beside(one)}".rstrip()


def _beside(one: Assessment) -> str:
    parts = [f"suggested: {one.suggested}"] if one.suggested else []
    parts += [f"judged {one.against} than suggested"] if one.against else []
    parts += [one.note] if one.note and not (one.note == BY_PEOPLE and one.judged) else []
    parts += [f"next: {one.next_question} {one.next_text}"] if one.next_question else []
    return "; ".join(parts)


def _summary(found: Sequence[Assessment]) -> list[str]:
    """Say how many were judged, and which judgements are not what the answers suggest."""
    trials = {one.study for one in found}
    judged = {one.study for one in found if one.judged}
    said = f"{len(judged)} of {counted(len(trials), 'trial')} judged."
    lines = _wrapped(f"{said} A suggestion is no judgement: it counts in no figure and in no analysis.", 0)
    for against, mark, end in (("better", "!", "look again"), ("worse", "^", "people may judge so")):
        if number := sum(one.against == against for one in found):
            lines.append(f"{mark} {counted(number, 'judgement')} {against} than suggested: {end}.")
    return lines


def _domain(tool: Tool, domain: ToolDomain) -> Iterator[str]:
    if domain.describe:
        yield from _wrapped(domain.describe, 3)
    for question in domain.questions:
        asked = f" [if {question.when}]" if question.when else ""
        text = f"{question.id:<5}{question.text}{asked} ({'/'.join(question.answers)})"
        yield fill(text, WIDTH, initial_indent="   ", subsequent_indent="        ", break_on_hyphens=False)
    if not domain.rules:
        yield "   Judged by people: there is no algorithm here."


def _wrapped(text: str, indent: int) -> list[str]:
    return [fill(text, WIDTH, initial_indent=" " * indent, subsequent_indent=" " * indent, break_on_hyphens=False)]
