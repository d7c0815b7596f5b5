"""Judgements of risk of bias for an outcome, each beside what its answers suggest.

A suggestion is never taken for a judgement: what counts in tables, figures and analyses is what the record, or for a
synthesis the protocol, says that somebody judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, final

from msc_meta.bias_tools.suggestions import Suggested, overall_of, read_answers, suggest, suggested_by, wrong_answers
from msc_meta.bias_tools.tools import Tool, tools
from msc_meta.effects.eligibility import overall_risk_of_bias

if TYPE_CHECKING:
    from msc_meta.bias_tools.tools import ToolDomain
    from msc_meta.protocol import OutcomeProtocol
    from msc_meta.records.study import RiskOfBias, Study
    from msc_meta.synthesis import OutcomeSynthesis

OVERALL: Final = "overall"
ROB_ME: Final = "ROB-ME"
NOBODY: Final = "not judged"
BY_PEOPLE: Final = "judged by people"


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """A domain of one result of one trial, or its overall judgement, or that nobody judged the trial.

    Attributes
    ----------
    outcome : str or None
        The outcome that was judged; None for the whole trial.
    tool : str
        Empty where nobody judged the trial.
    judged : str or None
        What the record says that somebody judged.
    suggested : str or None
        What the answers suggest; for ``overall``, what follows from the domains where all were judged.
    next_question, next_text : str
        The first question that decides the suggestion and has no answer; empty where there is none.
    against : str
        "better" or "worse" where the judgement is another than the suggestion.
    note : str
        What else there is to say: that people judge this domain, or what is wrong with the answers.
    by : str
        Where the judgement was read.
    """

    study: str
    label: str
    outcome: str | None
    tool: str
    domain: str
    title: str
    judged: str | None = None
    suggested: str | None = None
    next_question: str = ""
    next_text: str = ""
    against: str = ""
    note: str = ""
    by: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class MissingEvidenceRisk:
    """Risk of bias of a synthesis by missing evidence, as the protocol holds it; fields as of `Assessment`."""

    judged: str | None = None
    suggested: str | None = None
    next_question: str = ""
    next_text: str = ""
    against: str = ""
    support: tuple[str, ...] = ()
    by: str = ""
    date: str = ""

    @property
    def sentence(self) -> str:
        """The judgement in a sentence, and the suggestion marked as one."""
        if not self.by:
            return "Nobody has judged the risk of bias due to missing evidence (ROB-ME) in the protocol."
        who = f"{self.by}, {self.date}"
        said = f"ROB-ME: {self.judged}, as judged by {who}" if self.judged else f"ROB-ME: not judged (answers by {who})"
        parts = [f"{said}.", *(reason if reason.endswith(".") else f"{reason}." for reason in self.support)]
        if self.suggested is not None and self.suggested != self.judged:
            parts.append(f"The answers suggest {self.suggested}; a suggestion is no judgement.")
        elif self.next_question:
            parts.append(f"Next to answer: {self.next_question} {self.next_text}")
        return " ".join(parts)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {**asdict(self), "support": list(self.support)}


def suggested_judgements(entry: RiskOfBias) -> dict[str, Suggested]:
    """Return what the answers of a record's entry suggest, by domain, the overall suggestion last.

    Domains without any answer are left out; the overall one is there once every domain has a suggestion.

    Raises
    ------
    ArgumentError
        For an answer that the tool does not know.
    """
    return suggested_by(tools()[entry.tool], read_answers(entry.answers))


def overall_judgements(outcome: OutcomeSynthesis) -> dict[str, str]:
    """Return the overall judgement of each study that has one in its record, for one outcome."""
    entries = {name: overall_risk_of_bias(study, outcome.name) for name, study in outcome.studies.items()}
    return {name: entry.overall for name, entry in entries.items() if entry is not None and entry.overall is not None}


def assessments(studies: Iterable[Study], outcome: str | None = None) -> tuple[Assessment, ...]:
    """Return every judgement and suggestion of some trials, domain by domain.

    Parameters
    ----------
    outcome : str, optional
        Only what was judged of this outcome, or of the whole trial where no judgement by the tool is of the outcome.

    Examples
    --------
    >>> import msc_meta as mm
    >>> shu = mm.load_studies("studies/")["shu-2020"]
    >>> [(one.title, one.judged) for one in assessments([shu], "mortality")][-1]
    ('overall', 'some concerns')
    """
    return tuple(one for study in studies for one in _of_study(study, outcome))


def missing_evidence_risk(rules: OutcomeProtocol) -> MissingEvidenceRisk:
    """Return what the protocol says of the risk of bias due to missing evidence, and what its answers suggest."""
    stated = rules.missing_evidence
    if stated is None:
        return MissingEvidenceRisk()
    tool, answers = tools()[ROB_ME], read_answers(stated.answers)
    found = suggested_by(tool, answers) if answers else {}
    one = found.get(tool.domains[0].key, Suggested(None))
    question = _open_question(tool, tool.domains[0], one, answers) if found else ("", "")
    return MissingEvidenceRisk(
        judged=stated.judgement, suggested=one.judgement, next_question=question[0], next_text=question[1],
        against=tool.against(stated.judgement, one.judgement), support=tuple(stated.support), by=stated.by,
        date=stated.date,
    )  # fmt: skip


def _of_study(study: Study, outcome: str | None) -> Iterator[Assessment]:
    entries = [entry for entry in study.risk_of_bias if outcome is None or entry.outcome in (outcome, None)]
    nearer = {entry.tool for entry in entries if outcome is not None and entry.outcome == outcome}
    kept = [entry for entry in entries if entry.outcome is not None or entry.tool not in nearer]
    for entry in kept:
        yield from _of_entry(study, entry)
    if not kept:
        yield Assessment(study=study.id, label=study.label, outcome=outcome, tool="", domain="", title="", note=NOBODY)


def _of_entry(study: Study, entry: RiskOfBias) -> Iterator[Assessment]:
    tool = tools()[entry.tool]
    wrong = next(wrong_answers(tool, entry.answers), None)
    answers = {} if wrong else read_answers(entry.answers)
    head: dict[str, Any] = {
        "study": study.id, "label": study.label, "outcome": entry.outcome, "tool": tool.name,
        "by": f"{entry.source.kind}: {entry.source.where}",
    }  # fmt: skip
    found = {domain.key: suggest(tool, domain.key, answers) for domain in tool.domains} if answers else {}
    for domain in tool.domains:
        one, judged = found.get(domain.key, Suggested(None)), entry.domains.get(domain.key)
        question = _open_question(tool, domain, one, answers) if answers else ("", "")
        yield Assessment(
            **head, domain=domain.key, title=domain.title, judged=judged, suggested=one.judgement,
            next_question=question[0], next_text=question[1], against=tool.against(judged, one.judgement),
            note=wrong.message if wrong else _note(domain, one, answers),
        )  # fmt: skip
    own = {domain.key for domain in tool.domains}
    for key, judged in entry.domains.items():
        if key not in own:
            yield Assessment(**head, domain=key, title=key.replace("_", " "), judged=judged, note="not of the tool")
    of_judged = overall_of(tool, entry.domains)
    follows = of_judged or overall_of(tool, {key: one.judgement for key, one in found.items()})
    note = "" if tool.overall else BY_PEOPLE
    yield Assessment(
        **head, domain=OVERALL, title=OVERALL, judged=entry.overall, suggested=follows,
        against=tool.against(entry.overall, follows), note="by the judged domains" if of_judged else note,
    )  # fmt: skip


def _note(domain: ToolDomain, one: Suggested, answers: Mapping[str, str]) -> str:
    if not domain.rules:
        return BY_PEOPLE
    if one.judgement is None and not one.unanswered and any(question.id in answers for question in domain.questions):
        return "the algorithm has nothing for these answers"
    return ""


def _open_question(tool: Tool, domain: ToolDomain, one: Suggested, answers: Mapping[str, str]) -> tuple[str, str]:
    """Return the next question to answer: the algorithm's, or without one the first that is asked of every study."""
    asked = one.unanswered if domain.rules else [
        question.id for question in domain.questions if not question.when and question.id not in answers
    ]  # fmt: skip
    if one.judgement is not None or not asked:
        return "", ""
    return asked[0], tool.questions[asked[0]].text
