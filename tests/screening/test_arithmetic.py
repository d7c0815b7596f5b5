"""Numbers of search and selection: what adds up is silent, and one wrong number is found with its line."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msc_meta.screening.screening_file import TEMPLATE, check_screening

COUNTS = st.integers(0, 400)


def codes_of(text: str) -> list[str]:
    return [problem.code for problem in check_screening(text, "screening.yaml")[1]]


@st.composite
def selections(draw: st.DrawFn) -> list[tuple[str, int]]:
    """Draw numbers that add up, from the end of the flow to its beginning, a line of the file each."""
    reasons = draw(st.lists(COUNTS, min_size=1, max_size=4))
    kept, lost, dropped = draw(COUNTS), draw(COUNTS), draw(COUNTS)
    removed = [draw(COUNTS) for _ in range(3)]
    assessed = kept + sum(reasons)
    sought = assessed + lost
    screened = sought + dropped
    identified = screened + sum(removed)
    first = draw(st.integers(0, identified))
    return [
        ("databases: [{name: A, records: %d},", first),
        ("  {name: B, records: %d}]", identified - first),
        ("registers: []\nremoved:\n  duplicates: %d", removed[0]),
        ("  automation_tools: %d", removed[1]),
        ("  other: %d", removed[2]),
        ("screened:\n  records: %d", screened),
        ("  excluded: %d", dropped),
        ("reports:\n  sought: %d", sought),
        ("  not_retrieved: %d", lost),
        ("  assessed: %d", assessed),
        ("  excluded: %d\n  reasons:", sum(reasons)),
        *((f"   - {{reason: r{at}, reports: %d}}", reason) for at, reason in enumerate(reasons)),
    ]


def written(lines: list[tuple[str, int]]) -> str:
    return "\n".join(line % number for line, number in lines) + "\n"


@given(selections())
def test_numbers_that_add_up_have_no_problem(lines):
    assert codes_of(written(lines)) == []


@given(selections(), st.data())
def test_any_one_number_that_changes_is_found_with_its_line(lines, data):
    at = data.draw(st.integers(0, len(lines) - 1))
    change = data.draw(st.integers(1, 50))
    line, number = lines[at]
    changed = number + change if number < change or data.draw(st.booleans()) else number - change
    text = written([*lines[:at], (line, changed), *lines[at + 1 :]])
    before = written(lines).split("\n")
    (where,) = (n for n, new in enumerate(text.split("\n"), 1) if new != before[n - 1])
    _, problems = check_screening(text, "screening.yaml")
    named = {one.line for one in problems} | {int(n) for one in problems for n in re.findall(r"line (\d+)", one.help)}
    assert where in named, (text, problems)


def test_pinned_arithmetic():
    text = """databases: [{name: PubMed, records: 100}, {name: Embase, records: 50}]
registers: [{name: ICTRP, records: 5}]
removed: {duplicates: 30, automation_tools: 4, other: 1}
screened: {records: 121, excluded: 100}
reports: {sought: 20, not_retrieved: 2, assessed: 17, excluded: 3, reasons: [{reason: a, reports: 2}]}
"""
    _, problems = check_screening(text, "screening.yaml")
    assert [(one.code, one.line, one.message) for one in problems] == [
        ("E601", 4, ("121 records screened, but 100 of PubMed + 50 of Embase + 5 of ICTRP - 30 duplicates "
                     "removed - 4 removed by tools - 1 removed for other reasons = 120")),
        ("W602", 5, "20 reports sought, but 121 records screened - 100 records excluded = 21"),
        ("E603", 5, "17 reports assessed, but 20 reports sought - 2 reports not retrieved = 18"),
        ("E604", 5, "3 reports excluded, but 2 for a = 2"),
    ]  # fmt: skip
    assert "removed.duplicates (line 3)" in problems[0].help


def test_what_is_not_stated_is_not_compared():
    assert codes_of("databases: [{name: PubMed}]\nregisters: []\nscreened: {records: 10}\n") == []
    assert codes_of("databases: [{name: PubMed, records: 9}]\nscreened: {records: 10}\n") == []  # registers unknown
    assert codes_of("databases: [{name: PubMed, records: 9}]\nregisters: []\nscreened: {records: 10}\n") == ["E605"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("reports: {assessed: 3, sought: 2}", "E605"),
        ("reports: {not_retrieved: 3, sought: 2}", "E605"),
        ("reports: {excluded: 3, assessed: 2}", "E605"),
        ("reports: {assessed: 2, reasons: [{reason: a, reports: 3}]}", "E605"),
        ("screened: {excluded: 2, excluded_by_tools: 3}", "E605"),
        ("other_methods: {sources: [{name: a, records: 1}], reports: {sought: 2}}", "E605"),
        ("reports: {reasons: [{reason: a, reports: 1, citation: b}]}", "E606"),
        ("databases: [{name: A, searched: yesterday}]", "E607"),
        ("databases: [{name: A}, {name: a}]", "E608"),
        ("included: 12", "E201"),
        ("reports: {included: 12}", "E201"),
        ("screened: {records: -1}", "E207"),
        ("screened: {records: 1.5}", "E204"),
        ("screened: {records: 1\n", "E115"),
        ("", "E102"),
        ("- a", "E109"),
    ],
)
def test_bad_files(text, expected):
    screening, problems = check_screening(text, "screening.yaml")
    assert screening is None
    assert [one.code for one in problems] == [expected]
    assert "msc-meta new" not in problems[0].help


def test_all_problems_come_in_one_run():
    text = "databases: [{name: A, searched: soon}]\nscreened: {records: 1, excluded: 2}\n"
    text += "reports: {sought: 1, assessed: 2}\n"
    assert codes_of(text) == ["E607", "E605", "W602", "E605"]


def test_template_is_a_file_that_states_nothing():
    template = TEMPLATE.read_text(encoding="utf-8")
    screening, problems = check_screening(template, "screening.yaml")
    assert problems == ()
    assert screening is not None
    assert screening.numbers.model_dump(exclude_defaults=True) == {}


def test_template_shows_only_what_the_format_has():
    template = TEMPLATE.read_text(encoding="utf-8")
    head, rest = template.split("\n\n", 1)
    filled = re.sub(r"^#( |(?=\w+:))", r"\1", rest, flags=re.MULTILINE)
    prose = re.compile(
        r"^ (Databases and|Records removed|Titles|Full texts|Other methods;|Reports of|true where|For an)"
    )
    text = "\n".join(line for line in filled.split("\n") if not prose.match(line))
    assert {code for code in codes_of(text) if code != "E608"} <= {"E605", "E604"}, text
    assert check_screening(text, "t")[1] or head
