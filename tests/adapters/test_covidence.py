"""Covidence's table by reviewer, and its study tables in a folder; both invented."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msc_meta.adapters.covidence import Covidence
from msc_meta.adapters.study_tables import records_of_tables
from msc_meta.records.schema import check_record

FOLDER = Path(__file__).parent / "covidence"
TABLE = """Covidence #,Study ID,Title,Reviewer Name,event.e,n.e,event.c,n.c
12,Doe 2022,A trial,AB,3,20,6,21
12,Doe 2022,A trial,Consensus,4,20,6,21
13,Roe 2023,B trial,AB,3,20,6,21
13,Roe 2023,B trial,CD,5,20,6,21
14,Poe 2024,C trial,AB,1,20,2,21
"""


def test_the_study_tables_make_one_record_a_study():
    assert Covidence().accepts(FOLDER)
    table, *studies = Covidence().read(FOLDER)
    assert [problem.message for problem in table.problems] == [
        "column 'data source' is left out: it has no place in a record"
    ]
    found = {raw.data["id"]: raw.data for raw in studies}
    assert list(found) == ["doe-2022", "roe-2023"]
    doe, roe = found.values()
    assert doe["outcomes"][0]["arms"] == {"uc-msc": {"events": 3, "n": 20}, "placebo": {"events": 6, "n": 21}}
    assert (doe["outcomes"][0]["day"], roe["outcomes"][0].get("day")) == (28, 365)
    assert doe["risk_of_bias"][0]["domains"]["Allocation concealment".lower()] == "unclear"
    assert [arm["role"] for arm in roe["arms"].values()] == ["experimental", "control"]


def test_what_is_left_out_and_assumed_is_said():
    said = [problem.message for raw in Covidence().read(FOLDER) for problem in raw.problems]
    assert any("Quality of life: it is none of" in text for text in said)
    assert sum("by its words" in text for text in said) == 4


def test_only_a_consensus_comes_in(tmp_path):
    path = tmp_path / "review.csv"
    path.write_text(TABLE, encoding="utf-8-sig")
    assert Covidence().accepts(path)
    found = list(Covidence().read(path))
    data = {raw.data["label"]: raw.data["outcomes"][0]["arms"]["experimental"]["events"] for raw in found if raw.data}
    assert data == {"Doe 2022": 4, "Poe 2024": 1}
    said = [problem.message for raw in found for problem in raw.problems]
    assert "Roe 2023 is left out: reviewers without consensus (AB, CD)" in said


def test_a_result_that_comes_twice_with_other_numbers_is_an_error(tmp_path):
    folder = tmp_path / "tables"
    shutil.copytree(FOLDER, folder)
    with (folder / "study-results.csv").open("a", encoding="utf-8") as file:
        file.write("Doe 2022,Mortality,28 days,UC-MSC,5,20,,,\n")
    assert "E163" in [problem.code for raw in Covidence().read(folder) for problem in raw.problems]


def test_records_and_packages_are_left_to_others(tmp_path, project):
    shutil.copy(FOLDER / "risk-of-bias.csv", tmp_path)
    assert Covidence().accepts(tmp_path)
    (tmp_path / "review-data-rows.csv").write_text("")
    assert not Covidence().accepts(tmp_path)
    assert not Covidence().accepts(project / "studies")


LINES = st.lists(
    st.sampled_from(["Study", "Arm", "Outcome", "Events", "N", "Char: Notes", "Domain (judgement): A", "Doe",
                     "Mortality", "1,5", "low", "placebo", "", '"']),
    max_size=6,
).map(",".join)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(st.lists(LINES, max_size=5).map("\n".join), st.lists(LINES, max_size=5).map("\n".join))
def test_any_cells_give_records_or_complaints(one, other):
    found = list(records_of_tables({"one.csv": one, "other.csv": other}))
    assert found
    for raw in found:
        check_record(raw)


@pytest.mark.parametrize("content", [b"\x00", b"\xff\xfe\x41", b"", b"Study,Char: Notes\n"])
def test_any_file_gives_a_complaint(tmp_path, content):
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    assert all(raw.problems for raw in Covidence().read(path))


ARMS = "Umbilical cord derived MSC infusion"


def of_results(*rows, head="Study,Outcome,Timepoint,Arm,N,Events"):
    text = "\n".join([head, *rows, ""])
    return list(records_of_tables({"results.csv": text}))


def test_arms_whose_names_begin_alike_are_two():
    given = {f"{ARMS} high dose": 2, f"{ARMS} low dose": 2, "placebo": 4}
    (raw,) = of_results(*(f"Doe 2020,Mortality,28 days,{arm},10,{deaths}" for arm, deaths in given.items()))
    assert [arm["label"] for arm in raw.data["arms"].values()] == [*given]
    assert list(raw.data["outcomes"][0]["arms"]) == list(raw.data["arms"])


@pytest.mark.parametrize(
    ("label", "intervention", "role"),
    [
        ("MSC", "MSC plus standard care", "experimental"), ("UC-MSC + usual care", "", "experimental"),
        ("Group A", "saline", "control"), ("Standard care", "no cells", "control"), ("MSC", "", "experimental"),
        ("MSC placebo", "", "control"), ("Standard care without MSC", "", "control"),
    ],
)  # fmt: skip
def test_cells_beside_standard_care_are_no_control(label, intervention, role):
    (raw,) = records_of_tables({"arms.csv": f"Study,Arm,Intervention\nDoe 2020,{label},{intervention}\n"})
    (arm,) = raw.data["arms"].values()
    assert arm["role"] == role


def test_a_column_that_is_not_read_is_named():
    head = "Study,Outcome,Timepoint,Arm,N,Events,Percent,Empty"
    table, _ = of_results("Doe 2020,Mortality,28 days,MSC,10,2,20,", head=head)
    assert [(one.code, one.message) for one in table.problems] == [
        ("W171", "column 'percent' is left out: it has no place in a record")
    ]


def test_cells_beyond_the_names_are_an_error():
    (table,) = of_results("Doe 2020,Mortality,28 days,MSC, UC,10,2")
    assert [problem.code for problem in table.problems] == ["E162"]
