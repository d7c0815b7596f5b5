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
    found = {raw.data["id"]: raw.data for raw in Covidence().read(FOLDER)}
    assert list(found) == ["doe-2022", "roe-2023"]
    doe, roe = found.values()
    assert doe["outcomes"][0]["arms"] == {"uc-msc": {"events": 3, "n": 20}, "placebo": {"events": 6, "n": 21}}
    assert (doe["outcomes"][0]["day"], roe["outcomes"][0].get("day")) == (28, None)
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
