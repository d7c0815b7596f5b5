"""The judgement that answers to a tool's questions suggest; a suggestion is never taken for a judgement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, final

from msc_meta.errors import ArgumentError

if TYPE_CHECKING:
    from msc_meta.bias_tools.tools import Rule, Tool, ToolDomain


@final
@dataclass(frozen=True, slots=True)
class Suggested:
    """The judgement that answers suggest; None where ``unanswered`` questions decide it, or nothing does."""

    judgement: str | None
    unanswered: tuple[str, ...] = ()


class WrongAnswer(NamedTuple):
    """An answer that the tool does not know: where it stands, and what is wrong."""

    place: int
    message: str


def read_answers(answers: Iterable[str]) -> dict[str, str]:
    """Return answers by question.

    Examples
    --------
    >>> read_answers(["1.1 PY", "1.2 N"])
    {'1.1': 'PY', '1.2': 'N'}
    """
    return {question: given for question, _, given in (answer.partition(" ") for answer in answers)}


def wrong_answers(tool: Tool, answers: Sequence[str]) -> Iterator[WrongAnswer]:
    """Yield answers to questions that the tool does not have, those that a question does not take, and second ones."""
    questions = tool.questions
    seen: set[str] = set()
    for place, answer in enumerate(answers):
        question, _, given = answer.partition(" ")
        if question not in questions:
            has = f"it has {', '.join(questions)}" if questions else "it has no signalling questions"
            yield WrongAnswer(place, f"{tool.name} has no question {question}; {has}")
        elif given not in questions[question].answers:
            takes = ", ".join(questions[question].answers)
            yield WrongAnswer(place, f"{given} is no answer to question {question} of {tool.name}; there are {takes}")
        elif question in seen:
            yield WrongAnswer(place, f"question {question} is answered twice")
        seen.add(question)


def suggest(tool: Tool, domain: str, answers: Mapping[str, str]) -> Suggested:
    """Return what answers to a domain's questions suggest.

    Parameters
    ----------
    tool : Tool
        One of `msc_meta.bias_tools.tools.tools`.
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
    >>> from msc_meta.bias_tools.tools import tools
    >>> suggest(tools()["RoB 2"], "randomisation", {"1.1": "Y", "1.2": "PY", "1.3": "N"}).judgement
    'low'
    >>> suggest(tools()["RoB 2"], "randomisation", {"1.2": "NI"}).unanswered
    ('1.3',)
    """
    found = next((one for one in tool.domains if one.key == domain), None)
    if found is None:
        raise ArgumentError(f"{tool.name} has no domain {domain!r}; it has {', '.join(d.key for d in tool.domains)}")
    _check(tool, answers)
    return _of_domain(tool, found, answers)


def suggested_by(tool: Tool, answers: Mapping[str, str]) -> dict[str, Suggested]:
    """Return what answers suggest by domain, ``overall`` last; domains without any answer are left out.

    The overall suggestion is there once every domain has one.

    Raises
    ------
    ArgumentError
        For an answer that the tool does not know.
    """
    _check(tool, answers)
    found = {
        domain.key: _of_domain(tool, domain, answers)
        for domain in tool.domains
        if any(question.id in answers for question in domain.questions)
    }
    overall = overall_of(tool, {key: one.judgement for key, one in found.items()})
    return found | ({"overall": Suggested(overall)} if overall is not None else {})


def overall_of(tool: Tool, judgements: Mapping[str, str | None]) -> str | None:
    """Return the overall judgement that follows from those of all domains; None where the tool leaves it to people.

    Examples
    --------
    >>> from msc_meta.bias_tools.tools import tools
    >>> robins = tools()["ROBINS-I"]
    >>> overall_of(robins, {**{domain.key: "low" for domain in robins.domains}, "selection": "serious"})
    'serious'
    """
    judged = [judgements.get(domain.key) for domain in tool.domains]
    if tool.overall != "worst" or any(one is None for one in judged):
        return None
    return tool.worst([one for one in judged if one is not None])


def _of_domain(tool: Tool, domain: ToolDomain, answers: Mapping[str, str]) -> Suggested:
    parts = sorted({rule.part for rule in domain.rules})
    made = [_of_part([rule for rule in domain.rules if rule.part == part], answers) for part in parts]
    unanswered = tuple(dict.fromkeys(name for one in made for name in one.unanswered))
    judged = [one.judgement for one in made if one.judgement is not None]
    if judged and tool.worst(judged) == tool.judgements[-1]:
        return Suggested(tool.judgements[-1])  # no other part makes it worse
    return Suggested(tool.worst(judged) if len(judged) == len(made) else None, unanswered)


def _of_part(rules: Sequence[Rule], answers: Mapping[str, str]) -> Suggested:
    """Take the first rule that holds; where one before it waits for an answer, nothing is suggested yet."""
    for rule in rules:
        waiting = tuple(question for question in rule.needs if question not in answers)
        if any(answers[question] not in rule.needs[question] for question in rule.needs if question in answers):
            continue
        return Suggested(None, waiting[:1]) if waiting else Suggested(rule.judgement or None)
    return Suggested(None)


def _check(tool: Tool, answers: Mapping[str, str]) -> None:
    for wrong in wrong_answers(tool, [f"{question} {answer}" for question, answer in answers.items()]):
        raise ArgumentError(wrong.message)
