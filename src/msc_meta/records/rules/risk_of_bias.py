"""Judgements of risk of bias beside the answers they rest on; nothing is read where a record has no answers."""

from __future__ import annotations

from collections.abc import Iterator

from msc_meta.hookspecs import FieldPath
from msc_meta.records.findings import Finding
from msc_meta.records.study import RiskOfBias, Study


def _answered(study: Study) -> Iterator[tuple[int, RiskOfBias]]:
    """Yield the entries that have answers, with their places; few records have any, and only these load the tools."""
    for number, entry in enumerate(study.risk_of_bias):
        if entry.answers:
            yield number, entry


def answers_are_of_the_tool(study: Study) -> Iterator[Finding]:
    """Expect answers to questions of the tool, such as the question takes, and each once."""
    for number, entry in _answered(study):
        from msc_meta.bias_tools.suggestions import wrong_answers
        from msc_meta.bias_tools.tools import tools

        for wrong in wrong_answers(tools()[entry.tool], entry.answers):
            yield Finding("W417", ("risk_of_bias", number, "answers", wrong.place), wrong.message,
                          f"`msc-meta rob --tool \"{entry.tool}\"` prints the questions; until then nothing is "
                          "suggested")  # fmt: skip


def judged_as_answered(study: Study) -> Iterator[Finding]:
    """Expect no judgement that is better than its own answers suggest."""
    for number, entry in _answered(study):
        from msc_meta.bias_tools.suggestions import read_answers, suggested_by, wrong_answers
        from msc_meta.bias_tools.tools import tools

        tool = tools()[entry.tool]
        if any(wrong_answers(tool, entry.answers)):
            continue
        for domain, suggested in suggested_by(tool, read_answers(entry.answers)).items():
            judged = entry.overall if domain == "overall" else entry.domains.get(domain)
            if tool.against(judged, suggested.judgement) == "better":
                place: FieldPath = ("overall",) if domain == "overall" else ("domains", domain)
                yield Finding("W416", ("risk_of_bias", number, *place),
                              f"judged {judged}, and the answers suggest {suggested.judgement}",
                              "check the answers; a judgement that is meant stays as it is, with its reason under "
                              "support")  # fmt: skip


def judged_once(study: Study) -> Iterator[Finding]:
    """Expect no second overall judgement of one outcome that is another one: only the first would count."""
    first: dict[str | None, tuple[int, str]] = {}
    for number, entry in enumerate(study.risk_of_bias):
        if entry.overall is None:
            continue
        place, counts = first.setdefault(entry.outcome, (number, entry.overall))
        if entry.overall != counts:
            yield Finding("W418", ("risk_of_bias", number, "overall"),
                          f"judged {entry.overall} by {entry.tool}, and {counts} by {study.risk_of_bias[place].tool}: "
                          "only the first one of the record counts",
                          "keep one overall judgement of each outcome",
                          first=("risk_of_bias", place, "overall"))  # fmt: skip


RULES = (answers_are_of_the_tool, judged_as_answered, judged_once)
