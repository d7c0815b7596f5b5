"""The tools as their TOML files say: each says too what it was made from, and what of the tool it lacks.

Questions are in short words of our own under the tool's numbers, because the tools' texts are not free to copy. A
question's guidance is in the tool's own document, which who judges has at hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, final

from msc_meta.errors import UsageError

FOLDER: Final = Path(__file__).parent
FILES: Final = ("rob_2", "rob_2_adhering", "rob_1", "robins_i", "rob_me")
NO_INFORMATION: Final = ("no information", "unclear")  # neither better nor worse than another judgement


@final
@dataclass(frozen=True, slots=True)
class Question:
    """A signalling question in our words; ``when`` it is asked, empty for always, and what may be answered."""

    id: str
    text: str
    when: str
    answers: tuple[str, ...]


@final
@dataclass(frozen=True, slots=True)
class Rule:
    """If every answer is among those named, the suggestion, empty for none; several ``part`` are worked out apart."""

    needs: Mapping[str, frozenset[str]]
    judgement: str
    part: int = 1


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class ToolDomain:
    """A domain of a tool.

    Attributes
    ----------
    questions : tuple of Question
        None where the tool has none.
    rules : tuple of Rule
        None where people alone judge the domain.
    describe : str
        What a judgement without questions is to be supported with.
    """

    key: str
    title: str
    questions: tuple[Question, ...] = ()
    rules: tuple[Rule, ...] = ()
    describe: str = ""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A risk of bias tool.

    Attributes
    ----------
    about : {"result", "synthesis"}
        What is judged: a result of a trial, in its record; or a synthesis, in the protocol.
    judgements : tuple of str
        From the best to the worst.
    answers : tuple of str
        To signalling questions; none where the tool has no questions.
    overall : str
        "worst" where the overall judgement follows the worst domain; empty where it is for people alone.
    seen : tuple of str
        What the file was made from, with public addresses, and where sources agree or do not.
    missing : str
        What of the tool is not here.
    """

    name: str
    title: str
    reference: str
    about: Literal["result", "synthesis"]
    judgements: tuple[str, ...]
    answers: tuple[str, ...]
    domains: tuple[ToolDomain, ...]
    overall: str
    overall_note: str
    seen: tuple[str, ...]
    missing: str

    @property
    def questions(self) -> dict[str, Question]:
        """Every signalling question by its number."""
        return {question.id: question for domain in self.domains for question in domain.questions}

    def worst(self, judgements: Sequence[str]) -> str | None:
        """Return the least favourable of some judgements; None for none, or for one that the tool does not have."""
        if not judgements or any(one not in self.judgements for one in judgements):
            return None
        return max(judgements, key=self.judgements.index)

    def against(self, judged: str | None, suggested: str | None) -> Literal["", "better", "worse"]:
        """Return how a judgement stands to a suggestion; nothing where either is missing or says that it is unclear.

        Examples
        --------
        >>> tools()["RoB 2"].against("low", "some concerns")
        'better'
        """
        if judged not in self.judgements or suggested not in self.judgements or judged == suggested:
            return ""
        if judged in NO_INFORMATION or suggested in NO_INFORMATION:
            return ""
        return "better" if self.judgements.index(judged) < self.judgements.index(suggested) else "worse"


@cache
def tools() -> dict[str, Tool]:
    """Return every tool by the name that records and protocols give it.

    Examples
    --------
    >>> [domain.key for domain in tools()["RoB 2"].domains]
    ['randomisation', 'deviations', 'missing_data', 'measurement', 'selection']
    """
    import tomllib  # records without answers need no tool

    found = [_tool(tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))) for name in FILES]
    return {tool.name: tool for tool in found}


def tool_named(name: str) -> Tool:
    """Return the tool that somebody means, however it is spelt.

    Raises
    ------
    UsageError
        For another name.

    Examples
    --------
    >>> tool_named("rob2").name, tool_named("rob-me").name
    ('RoB 2', 'ROB-ME')
    """
    spelt = {_plain(known): tool for known, tool in tools().items()} | {"rob1": tools()["Cochrane RoB 1"]}
    found = spelt.get(_plain(name))
    if found is None:
        raise UsageError(f"there is no tool {name!r}; there are {', '.join(tools())}")
    return found


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _tool(data: dict[str, Any]) -> Tool:
    answers = tuple(data.pop("answers"))
    domains = tuple(
        ToolDomain(
            key=domain["key"],
            title=domain["title"],
            questions=tuple(_question(question, answers) for question in domain.get("questions", ())),
            rules=tuple(_rule(rule) for rule in domain.get("rules", ())),
            describe=domain.get("describe", ""),
        )
        for domain in data.pop("domains")
    )
    judgements, seen = tuple(data.pop("judgements")), tuple(data.pop("seen"))
    return Tool(domains=domains, judgements=judgements, answers=answers, seen=seen, **data)


def _question(data: Mapping[str, str], answers: tuple[str, ...]) -> Question:
    when = data.get("when", "")
    allowed = tuple(data["answers"].split()) if "answers" in data else tuple(one for one in answers if one != "NA")
    return Question(data["id"], data["text"], when, (*allowed, "NA") if when else allowed)


def _rule(data: Mapping[str, Any]) -> Rule:
    needs = {question: frozenset(answers.split()) for question, answers in data["if"].items()}
    return Rule(needs, data["judgement"], data.get("part", 1))
