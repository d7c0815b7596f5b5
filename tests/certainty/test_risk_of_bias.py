"""Suggested judgements: every path of the algorithms of RoB 2, and what is never suggested."""

from __future__ import annotations

from itertools import product

import pytest

from msc_meta.bias_tools.suggestions import read_answers, suggest
from msc_meta.bias_tools.tools import tools
from msc_meta.certainty.risk_of_bias import overall_judgements, suggested_judgements
from msc_meta.errors import ArgumentError
from msc_meta.figures.risk_of_bias_cells import DOMAINS, JUDGEMENTS
from msc_meta.records.study import RiskOfBias
from msc_meta.synthesis import synthesize
from tests.certainty.reviews import protocol_with

ROB_2 = tools()["RoB 2"]
SOURCE = {"kind": "secondary", "url": "https://doi.org/10.1000/review", "where": "Table 3"}


def entry(*answers: str, tool: str = "RoB 2") -> RiskOfBias:
    return RiskOfBias.model_validate({"tool": tool, "answers": list(answers), "source": SOURCE})


# As two published implementations have it, and Table 2 of Systematic Reviews 2021;10:171 in words
@pytest.mark.parametrize(
    ("domain", "answers", "judgement"),
    [
        ("randomisation", "1.1 Y, 1.2 Y, 1.3 N", "low"),
        ("randomisation", "1.1 NI, 1.2 PY, 1.3 NI", "low"),
        ("randomisation", "1.1 N, 1.2 Y, 1.3 N", "some concerns"),
        ("randomisation", "1.1 Y, 1.2 Y, 1.3 PY", "some concerns"),
        ("randomisation", "1.1 NI, 1.2 NI, 1.3 NI", "some concerns"),
        ("randomisation", "1.1 Y, 1.2 NI, 1.3 Y", "high"),
        ("randomisation", "1.1 Y, 1.2 PN, 1.3 N", "high"),
        ("deviations", "2.1 N, 2.2 PN, 2.3 NA, 2.4 NA, 2.5 NA, 2.6 Y, 2.7 NA", "low"),
        ("deviations", "2.1 Y, 2.2 Y, 2.3 PN, 2.6 PY", "low"),
        ("deviations", "2.1 Y, 2.2 Y, 2.3 NI, 2.6 PY", "some concerns"),
        ("deviations", "2.1 Y, 2.2 Y, 2.3 Y, 2.4 Y, 2.5 Y, 2.6 Y", "some concerns"),
        ("deviations", "2.1 Y, 2.2 Y, 2.3 Y, 2.4 NI, 2.5 NI, 2.6 Y", "high"),
        ("deviations", "2.1 N, 2.2 N, 2.6 N, 2.7 N", "some concerns"),
        ("deviations", "2.1 N, 2.2 N, 2.6 N, 2.7 NI", "high"),
        ("missing_data", "3.1 Y", "low"),
        ("missing_data", "3.1 NI, 3.2 N, 3.3 N", "low"),
        ("missing_data", "3.1 N, 3.2 N, 3.3 Y, 3.4 PN", "some concerns"),
        ("missing_data", "3.1 N, 3.2 PN, 3.3 NI, 3.4 NI", "high"),
        ("measurement", "4.1 N, 4.2 N, 4.3 N", "low"),
        ("measurement", "4.1 N, 4.2 N, 4.3 Y, 4.4 N", "low"),
        ("measurement", "4.1 N, 4.2 NI, 4.3 N", "some concerns"),
        ("measurement", "4.1 N, 4.2 N, 4.3 Y, 4.4 Y, 4.5 PN", "some concerns"),
        ("measurement", "4.1 NI, 4.2 NI, 4.3 NI, 4.4 NI, 4.5 NI", "high"),
        ("measurement", "4.1 N, 4.2 Y", "high"),
        ("selection", "5.1 Y, 5.2 N, 5.3 PN", "low"),
        ("selection", "5.1 NI, 5.2 N, 5.3 N", "some concerns"),
        ("selection", "5.1 Y, 5.2 NI, 5.3 N", "some concerns"),
        ("selection", "5.1 Y, 5.2 NI, 5.3 PY", "high"),
    ],
)
def test_paths_of_rob_2(domain, answers, judgement):
    found = suggest(ROB_2, domain, read_answers(answers.split(", ")))
    assert (found.judgement, found.unanswered) == (judgement, ())


@pytest.mark.parametrize("domain", ["randomisation", "missing_data", "selection"])
def test_every_set_of_answers_has_one_suggestion(domain):
    questions = next(one.questions for one in ROB_2.domains if one.key == domain)
    for answers in product(["Y", "PY", "PN", "N", "NI"], repeat=len(questions)):
        given = {question.id: answer for question, answer in zip(questions, answers, strict=True)}
        if domain == "missing_data" and given["3.2"] == "NI":
            continue  # the tool has no such answer
        assert suggest(ROB_2, domain, given).judgement in ROB_2.judgements, given


def test_what_is_not_answered_is_asked_for():
    assert suggest(ROB_2, "randomisation", {}).unanswered == ("1.2",)
    assert suggest(ROB_2, "randomisation", {"1.2": "Y"}).unanswered == ("1.1",)
    assert suggest(ROB_2, "deviations", {"2.6": "N", "2.7": "Y"}).judgement == "high"  # whatever else is answered


def test_overall_is_the_worst_and_only_of_a_whole_assessment():
    low = ["1.1 Y", "1.2 Y", "1.3 N", "2.1 N", "2.2 N", "2.6 Y", "3.1 Y", "4.1 N", "4.2 N", "4.3 N", "5.2 N", "5.3 N"]
    assert "overall" not in suggested_judgements(entry(*low))  # 5.1 is open
    assert suggested_judgements(entry(*low, "5.1 Y"))["overall"].judgement == "low"
    assert suggested_judgements(entry(*low, "5.1 NI"))["overall"].judgement == "some concerns"


@pytest.mark.parametrize(
    ("tool", "answers", "message"),
    [
        ("RoB 2", ["9.1 Y"], "RoB 2 has no question 9.1"),
        ("Cochrane RoB 1", ["1.1 Y"], "it has no signalling questions"),
        ("RoB 2", ["1.1 NA"], "NA is no answer to question 1.1 of RoB 2"),
        ("RoB 2", ["3.2 NI"], "NI is no answer to question 3.2 of RoB 2"),
    ],
)
def test_answers_to_other_questions_are_refused(tool, answers, message):
    with pytest.raises(ArgumentError, match=message):
        suggested_judgements(entry(*answers, tool=tool))


def test_the_figures_know_the_same_domains_and_judgements():
    for tool in (one for one in tools().values() if one.about == "result"):
        assert {domain.key: domain.title for domain in tool.domains} == dict(DOMAINS[tool.name])
        assert set(tool.judgements) <= set(JUDGEMENTS)
        assert tool.worst(["low", tool.judgements[-1]]) == tool.judgements[-1]
        assert tool.seen
        assert tool.missing


def judged(study, **judgements):
    """Return a trial with these overall judgements and no other: of the whole trial, or of an outcome."""
    entries = [
        RiskOfBias.model_validate(
            {"tool": "RoB 2", "overall": overall, "outcome": None if about == "trial" else about, "source": SOURCE}
        )
        for about, overall in judgements.items()
    ]
    return study.model_copy(update={"risk_of_bias": tuple(entries)})


@pytest.fixture
def reviewed(synthesis):
    """The evidence with judgements of two trials only."""
    given = {
        "lanzoni-2021": {"trial": "low"},
        "matthay-2019": {"trial": "low", "mortality": "some concerns", "oxygenation": "high"},
    }
    return [judged(study, **given.get(study.id, {})) for study in synthesis.studies]


def mortality_of(studies, **rules):
    return synthesize(studies, protocol_with("mortality", **rules), outcomes=["mortality"], sensitivity=False)[
        "mortality"
    ]


def test_a_judgement_of_the_outcome_counts_before_one_of_the_trial(reviewed):
    assert overall_judgements(mortality_of(reviewed)) == {"lanzoni-2021": "low", "matthay-2019": "some concerns"}


def test_trials_are_left_out_by_their_risk_of_bias(reviewed):
    both = mortality_of(reviewed, risk_of_bias=["low", "some concerns"])
    assert [row.study for row in both.pooled] == ["lanzoni-2021", "matthay-2019"]
    low = mortality_of(reviewed, risk_of_bias=["low"])
    assert [row.study for row in low.pooled] == ["lanzoni-2021"]
    reasons = {row.study: row.reason for row in low.rows}
    assert reasons["matthay-2019"] == "overall risk of bias: some concerns (RoB 2)"
    assert reasons["bowdish-2023"] == "overall risk of bias not judged in the record"


def test_low_risk_only_as_a_sensitivity_analysis(reviewed):
    only = {"id": "low-risk", "title": "Low risk of bias only", "outcome": {"risk_of_bias": ["low"]}}
    protocol = protocol_with("mortality", sensitivity=[only])
    outcome = synthesize(reviewed, protocol, outcomes=["mortality"])["mortality"]
    assert outcome.result.k > 2
    assert outcome.sensitivity["low-risk"].result.k == 1
