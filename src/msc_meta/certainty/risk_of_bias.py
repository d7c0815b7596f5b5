"""Risk of bias tools as data, and the judgement that answers to their questions suggest.

A suggestion is never taken for a judgement: what counts in tables, figures and analyses is what the record says that
somebody judged. The tools are the TOML files beside this module; each says what it was made from and what it lacks.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, final

from msc_meta.effects.eligibility import overall_risk_of_bias
from msc_meta.errors import ArgumentError

if TYPE_CHECKING:
    from msc_meta.records.study import RiskOfBias
    from msc_meta.synthesis import OutcomeSynthesis

FOLDER: Final = Path(__file__).parent / "tools"
FILES: Final = ("rob_2", "rob_1", "robins_i")
NOT_SEEN: Final = (
    "ROB-ME: its signalling questions and algorithm; the matrix of its second step is `msc-meta missing`.",
)


@final
@dataclass(frozen=True, slots=True)
class Question:
    """A signalling question in our words; ``when`` it is asked, empty for always."""

    id: str
    text: str
    when: str = ""


@final
@dataclass(frozen=True, slots=True)
class Rule:
    """If every answer is among those named, the suggestion; rules of several ``part`` are worked out apart."""

    needs: Mapping[str, frozenset[str]]
    judgement: str
    part: int = 1


@final
@dataclass(frozen=True, slots=True)
class ToolDomain:
    """A domain of a tool."""

    key: str
    title: str
    questions: tuple[Question, ...]
    rules: tuple[Rule, ...]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A risk of bias tool.

    Attributes
    ----------
    judgements : tuple of str
        From the best to the worst.
    answers : tuple of str
        To signalling questions; none where the file has no questions.
    overall : str
        "worst" where the overall judgement follows the worst domain; empty where it is for people alone.
    seen, missing : str
        What the file was made from, and what of the tool it lacks.
    """

    name: str
    title: str
    reference: str
    judgements: tuple[str, ...]
    answers: tuple[str, ...]
    domains: tuple[ToolDomain, ...]
    overall: str
    overall_note: str
    seen: str
    missing: str

    def worst(self, judgements: Sequence[str]) -> str | None:
        """Return the least favourable of some judgements; None for none, or for one that the tool does not have."""
        if not judgements or any(one not in self.judgements for one in judgements):
            return None
        return max(judgements, key=self.judgements.index)


@final
@dataclass(frozen=True, slots=True)
class Suggested:
    """The judgement that answers suggest; None where ``unanswered`` questions decide it."""

    judgement: str | None
    unanswered: tuple[str, ...] = ()


@cache
def tools() -> dict[str, Tool]:
    """Return every tool by the name that records give it.

    Examples
    --------
    >>> [domain.key for domain in tools()["RoB 2"].domains]
    ['randomisation', 'deviations', 'missing_data', 'measurement', 'selection']
    """
    found = [_tool(tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))) for name in FILES]
    return {tool.name: tool for tool in found}


def suggest(tool: Tool, domain: str, answers: Mapping[str, str]) -> Suggested:
    """Return what answers to a domain's questions suggest.

    Parameters
    ----------
    tool : Tool
        One of `tools`.
    domain : str
        Key of the domain.
    answers : mapping of str to str
        Question -> answer: Y, PY, PN, N, NI or NA.

    Raises
    ------
    ArgumentError
        For a domain or a question that the tool does not have, and for another answer.

    Examples
    --------
    >>> suggest(tools()["RoB 2"], "randomisation", {"1.1": "Y", "1.2": "PY", "1.3": "N"}).judgement
    'low'
    >>> suggest(tools()["RoB 2"], "randomisation", {"1.2": "NI"}).unanswered
    ('1.3',)
    """
    found = next((one for one in tool.domains if one.key == domain), None)
    if found is None:
        raise ArgumentError(f"{tool.name} has no domain {domain!r}; it has {', '.join(d.key for d in tool.domains)}")
    _check(tool, answers)
    parts = sorted({rule.part for rule in found.rules})
    made = [_of_part([rule for rule in found.rules if rule.part == part], answers) for part in parts]
    unanswered = tuple(dict.fromkeys(name for one in made for name in one.unanswered))
    judged = [one.judgement for one in made if one.judgement is not None]
    if judged and tool.worst(judged) == tool.judgements[-1]:
        return Suggested(tool.judgements[-1])  # no other part makes it worse
    return Suggested(tool.worst(judged) if len(judged) == len(made) else None, unanswered)


def suggested_judgements(entry: RiskOfBias) -> dict[str, Suggested]:
    """Return what the answers of a record's entry suggest, by domain, the overall suggestion last.

    Domains without any answer are left out; the overall one is there once every domain has a suggestion.

    Raises
    ------
    ArgumentError
        For an answer to a question that the tool does not have.
    """
    tool, answers = tools()[entry.tool], answers_of(entry)
    _check(tool, answers)
    found = {
        domain.key: suggest(tool, domain.key, answers)
        for domain in tool.domains
        if any(question.id in answers for question in domain.questions)
    }
    judged = [one.judgement for one in found.values() if one.judgement is not None]
    if tool.overall == "worst" and len(judged) == len(tool.domains):
        found["overall"] = Suggested(tool.worst(judged))
    return found


def answers_of(entry: RiskOfBias) -> dict[str, str]:
    """Return the answers of an entry, ``1.1 PY``, by question."""
    return {question: given for question, _, given in (answer.partition(" ") for answer in entry.answers)}


def overall_judgements(outcome: OutcomeSynthesis) -> dict[str, str]:
    """Return the overall judgement of each study that has one in its record, for one outcome."""
    entries = {name: overall_risk_of_bias(study, outcome.name) for name, study in outcome.studies.items()}
    return {name: entry.overall for name, entry in entries.items() if entry is not None and entry.overall is not None}


def _of_part(rules: Sequence[Rule], answers: Mapping[str, str]) -> Suggested:
    """Take the first rule that holds; where one before it waits for an answer, nothing is suggested yet."""
    for rule in rules:
        waiting = tuple(question for question in rule.needs if question not in answers)
        if any(answers[question] not in rule.needs[question] for question in rule.needs if question in answers):
            continue
        return Suggested(None, waiting[:1]) if waiting else Suggested(rule.judgement)
    return Suggested(None)


def _check(tool: Tool, answers: Mapping[str, str]) -> None:
    known = [question.id for domain in tool.domains for question in domain.questions]
    for question, answer in answers.items():
        if question not in known:
            has = f"it has {', '.join(known)}" if known else "there are no questions of it here"
            raise ArgumentError(f"{tool.name} has no question {question}; {has}")
        if answer not in tool.answers:
            raise ArgumentError(f"{answer!r} is no answer to question {question}; there are {', '.join(tool.answers)}")


def _tool(data: dict[str, Any]) -> Tool:
    domains = tuple(
        ToolDomain(
            domain["key"],
            domain["title"],
            tuple(Question(**question) for question in domain.get("questions", ())),
            tuple(_rule(rule) for rule in domain.get("rules", ())),
        )
        for domain in data.pop("domains")
    )
    judgements, answers = tuple(data.pop("judgements")), tuple(data.pop("answers"))
    return Tool(domains=domains, judgements=judgements, answers=answers, **data)


def _rule(data: Mapping[str, Any]) -> Rule:
    needs = {question: frozenset(answers.split()) for question, answers in data["if"].items()}
    return Rule(needs, data["judgement"], data.get("part", 1))
