"""Every path of every algorithm, against what independent implementations say of the same answers."""

from __future__ import annotations

import re
import tomllib
from itertools import product
from pathlib import Path

import pytest

from msc_meta.bias_tools.suggestions import Suggested, overall_of, suggest
from msc_meta.bias_tools.tools import tool_named, tools
from msc_meta.errors import UsageError

TABLES = tomllib.loads((Path(__file__).parent / "rob_truth_tables.toml").read_text(encoding="utf-8"))["tables"]
WORDS = {"L": "low", "S": "some concerns", "H": "high"}
SAME = {"Y": "PY", "N": "PN"}
WITH_RULES = [(tool, domain) for tool in tools().values() for domain in tool.domains if domain.rules]


def sets_of_answers(table):
    """Yield every set of answers of a table with the judgement that belongs to it."""
    questions = {number: answers.split() for number, answers in table["questions"].items()}
    runs = re.findall(r"(\d*)([LSH])", table["judgements"])
    judgements = "".join(letter * int(times or 1) for times, letter in runs)
    for given, letter in zip(product(*questions.values()), judgements, strict=True):
        yield dict(zip(questions, given, strict=True)), WORDS[letter]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: f"{table['tool']} {table['domain']}")
def test_every_set_of_answers_is_judged_as_elsewhere(table):
    tool = tools()[table["tool"]]
    for answers, judgement in sets_of_answers(table):
        assert suggest(tool, table["domain"], answers).judgement == judgement, answers


@pytest.mark.parametrize("table", TABLES, ids=lambda table: f"{table['tool']} {table['domain']}")
def test_asking_question_by_question_ends_at_the_same_judgement(table):
    tool = tools()[table["tool"]]
    for full, judgement in sets_of_answers(table):
        answers: dict[str, str] = {}
        while (found := suggest(tool, table["domain"], answers)).unanswered:
            answers[found.unanswered[0]] = full[found.unanswered[0]]
        assert found.judgement == judgement, full


def test_every_algorithm_has_its_table():
    compared = {(table["tool"], table["domain"]) for table in TABLES}
    # RoB 2 adhering shares all domains but the second with RoB 2
    shared = {("RoB 2 adhering", domain.key) for domain in tools()["RoB 2"].domains} - compared
    assert {(tool.name, domain.key) for tool, domain in WITH_RULES} == compared | shared
    for tool, key in shared:
        assert [one for one in tools()[tool].domains if one.key == key] == [
            one for one in tools()["RoB 2"].domains if one.key == key
        ]


@pytest.mark.parametrize(("tool", "domain"), WITH_RULES, ids=lambda one: getattr(one, "name", getattr(one, "key", "")))
def test_rules_treat_probably_as_yes_or_no(tool, domain):
    for rule in domain.rules:
        for question, needed in rule.needs.items():
            answers = tool.questions[question].answers
            assert needed <= set(answers), (question, needed)
            for sure, probably in SAME.items():
                if probably in answers:
                    assert (sure in needed) == (probably in needed), (question, needed)


@pytest.mark.parametrize(
    ("tool", "domain", "answers"),
    [
        ("RoB 2", "deviations", {"2.1": "Y", "2.2": "Y", "2.3": "NA", "2.6": "Y"}),
        ("RoB 2", "missing_data", {"3.1": "N", "3.2": "NA"}),
        ("RoB 2 adhering", "deviations", {"2.1": "Y", "2.2": "Y", "2.3": "N", "2.6": "NA"}),
        ("ROB-ME", "missing_evidence", {"4.1": "Y", "4.2": "NA", "4.3": "N", "4.5": "N", "4.7": "N"}),
    ],
)
def test_not_applicable_where_it_is_asked_is_left_undecided(tool, domain, answers):
    assert suggest(tools()[tool], domain, answers) == Suggested(None)


def test_domains_without_an_algorithm_suggest_nothing():
    for name in ("ROBINS-I", "Cochrane RoB 1"):
        assert not any(domain.rules for domain in tools()[name].domains)
    robins = tools()["ROBINS-I"]
    assert len(robins.questions) == 34
    assert suggest(robins, "confounding", {"1.1": "N"}).judgement is None


# Table 2 of the 2016 guidance as three public implementations have it: github.com/youkiti/sr-data-extraction-plugin
# (judgeOverallRobinsI) and two more
@pytest.mark.parametrize(
    ("judged", "overall"),
    [
        ({"low"}, "low"),
        ({"low", "moderate"}, "moderate"),
        ({"low", "no information"}, "no information"),
        ({"moderate", "no information"}, "no information"),
        ({"moderate", "serious"}, "serious"),
        ({"serious", "no information"}, "serious"),
        ({"low", "serious", "critical", "no information"}, "critical"),
    ],
)
def test_overall_of_robins_i(judged, overall):
    robins = tools()["ROBINS-I"]
    names = sorted(judged)
    given = {domain.key: names[place % len(names)] for place, domain in enumerate(robins.domains)}
    assert overall_of(robins, given) == overall
    assert overall_of(robins, {**given, "selection": None}) is None


def test_what_is_unclear_is_neither_better_nor_worse():
    assert tools()["ROBINS-I"].against("no information", "serious") == ""
    assert tools()["Cochrane RoB 1"].against("unclear", "high") == ""
    assert tools()["RoB 2"].against("high", "low") == "worse"
    assert tools()["RoB 2"].against(None, "low") == ""


def test_every_tool_says_where_it_was_seen_and_what_it_lacks():
    for tool in tools().values():
        assert tool.seen
        assert tool.missing
        assert not any(re.search(r"(^|\s)/|\.\./", text) for text in (*tool.seen, tool.missing))
        for domain in tool.domains:
            assert domain.questions or domain.describe


def test_a_tool_is_found_however_it_is_spelt():
    assert [tool_named(name).name for name in ("rob2", "ROB ME", "rob-1", "robins i")] == [
        "RoB 2", "ROB-ME", "Cochrane RoB 1", "ROBINS-I",
    ]  # fmt: skip
    with pytest.raises(UsageError, match="there is no tool 'AMSTAR'; there are RoB 2"):
        tool_named("AMSTAR")
