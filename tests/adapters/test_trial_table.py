"""A colleague's table with one row per trial, as R has it, and as spreadsheets mangle it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msc_meta.adapters.csv_table import CsvTable
from msc_meta.adapters.metafor_csv import MetaforCsv
from msc_meta.adapters.trial_rows import records_of_trials
from msc_meta.importing.stated import fill_in, read_stated
from msc_meta.records.schema import check_record
from msc_meta.testing import check_adapter

REST = "status,outcome,day,product,url\n"
SAID = "completed,mortality,28,cells,https://doi.org/10.1000/example\n"


def records(text):
    found = list(records_of_trials(text, "trials.csv"))
    return [raw.data for raw in found if raw.data], [problem for raw in found for problem in raw.problems]


def codes(text):
    return [problem.code for problem in records(text)[1]]


def arms(text):
    data, _ = records(text)
    return data[0]["outcomes"][0]["arms"]


@pytest.mark.parametrize(
    "header",
    ["slab,ai,n1i,ci,n2i", "studlab,event.e,n.e,event.c,n.c", "Study,Event_E,N_E,Event_C,N_C",
     "study,event_arm1,totaln_arm1,event_arm2,totaln_arm2"],
)  # fmt: skip
def test_counts_are_known_by_the_names_of_r(tmp_path, header):
    path = tmp_path / "trials.csv"
    path.write_text(f"{header},{REST}Doe 2022,3,20,6,21,{SAID}", encoding="utf-8-sig")
    assert not CsvTable().accepts(path)
    (raw,) = check_adapter(MetaforCsv(), accepts=path, records=1)
    assert raw.data["outcomes"][0]["arms"] == {
        "experimental": {"events": 3, "n": 20},
        "control": {"events": 6, "n": 21},
    }


def test_patients_with_and_without_the_event_make_n():
    assert arms("slab,ai,bi,ci,di\nDoe,3,17,6,15\n")["control"] == {"events": 6, "n": 21}
    assert arms("author,year,tpos,tneg,cpos,cneg\nAronson,1948,4,119,11,128\n")["experimental"] == {
        "events": 4,
        "n": 123,
    }
    assert "E163" in codes("slab,ai,bi,n1i,ci,n2i\nDoe,3,17,21,6,21\n")


def test_means_and_medians():
    found = arms("study,m1i,sd1i,n1i,m2i,sd2i,n2i\nDoe,18.5,6,20,22,7.5,21\n")
    assert found["experimental"] == {"mean": 18.5, "sd": 6, "n": 20}
    found = arms("study,n.e,median.e,q1.e,q3.e,n.c,median.c,q1.c,q3.c\nDoe,20,18,12,27,21,21,15,34\n")
    assert found["control"] == {"n": 21, "median": 21, "q1": 15, "q3": 34}


def test_an_effect_without_its_measure_is_left_out():
    data, problems = records("slab,yi,vi\nDoe 2022,-0.5,0.04\n")
    assert "between" not in data[0]["outcomes"][0]
    assert [problem.code for problem in problems] == ["W171"]


def test_a_ratio_comes_as_a_logarithm_and_is_kept_as_printed():
    data, _ = records("studlab,TE,seTE,measure\nDoe 2022,-0.5,0.2,RR\n")
    between = data[0]["outcomes"][0]["between"]
    assert between == {"measure": "RR", "estimate": pytest.approx(math.exp(-0.5)), "se": 0.2}
    data, _ = records("slab,yi,vi,measure\nDoe 2022,-0.5,0.04,MD\n")
    assert data[0]["outcomes"][0]["between"] == {"measure": "MD", "estimate": -0.5, "se": pytest.approx(0.2)}
    assert "E163" in codes("slab,yi,vi,measure\nDoe 2022,-0.5,-0.04,MD\n")


def test_what_r_computed_has_all_its_digits():
    data, _ = records("slab,yi,vi,measure\nDoe 2022,-0.48770320634513653,848.33784461152882206,MD\n")
    assert data[0]["outcomes"][0]["between"]["estimate"] == -0.48770320634513653


def test_an_effect_that_follows_from_the_arms_comes_once():
    data, problems = records("slab,measure,ai,n1i,ci,n2i,yi,vi\nDoe,RR,3,20,6,21,-0.6,0.3\nRoe,RR,,,,,-0.6,0.3\n")
    assert ["between" in one["outcomes"][0] for one in data] == [False, True]
    assert [problem.code for problem in problems] == ["W171", "W172"]


@pytest.mark.parametrize(
    ("table", "code"),
    [('study,ai,n1i\nDoe,3,"1,000"\n', "E165"), ("study;m1i;sd1i\nDoe;1,234;2\n", "E165"),
     ("study,ai,n1i\n,3,20\n", "E166"), ("ai,n1i\n3,20\n", "E164"), ('study,ai,n1i\n"Doe,3,20\n', "E167"),
     ("study,ai,n1i\nDoe 2022,3,20\nDoe-2022,3,20\n", "E163"), ("", "E102")],
)  # fmt: skip
def test_what_can_not_be_read_is_said(table, code):
    assert code in codes(table)


def test_decimal_commas_are_read_where_the_table_shows_them():
    assert arms("study;m1i;sd1i;n1i\nDoe;17,5;2,25;20\n")["experimental"] == {"mean": 17.5, "sd": 2.25, "n": 20}


def test_na_is_nothing_and_a_formula_is_text():
    assert arms("study,ai,n1i,ci,n2i\nDoe,NA,20,=1+1,21\n") == {
        "experimental": {"n": 20}, "control": {"events": "=1+1", "n": 21},
    }  # fmt: skip


def test_rows_of_one_trial_are_its_reports():
    data, problems = records(
        "study,ai,n1i,ci,n2i,outcome,day\nDoe,1,20,2,20,mortality,28\nDoe,3,20,4,20,mortality,90\n"
    )
    assert [entry["day"] for entry in data[0]["outcomes"]] == [28, 90]
    assert problems == []


def test_a_column_without_a_place_is_named():
    data, problems = records("study,ai,n1i,colour\nDoe,1,20,red\n")
    assert (len(data), problems[0].code, problems[0].column) == (1, "W171", 4)


def test_what_is_not_said_is_unknown_or_missing_and_never_guessed():
    (data,), _ = records("study,ai,n1i,ci,n2i\nDoe 2022,1,20,2,20\n")
    assert data["design"]["allocation"] == "unclear"
    assert "status" not in data
    assert "outcome" not in data["outcomes"][0]
    stated = read_stated(["allocation=randomised", "outcome=mortality", "day=28", "product=cells"])
    filled = fill_in(data, stated)
    assert (filled["design"]["allocation"], filled["outcomes"][0]["day"]) == ("randomised", 28)
    assert (filled["arms"]["experimental"]["product"], "product" in filled["arms"]["control"]) == ("cells", False)
    assert fill_in({"status": "ongoing"}, read_stated(["status=completed"])) == {"status": "ongoing"}


CELLS = st.sampled_from(["Doe", "3", "20", "1,5", "NA", "=1+1", "-1", "1e999", "", " ", '"', "28", "x" * 70])
HEADS = st.sampled_from(
    ["study", "slab", "year", "ai", "bi", "ci", "n1i", "n2i", "yi", "vi", "measure", "m1i", "sd1i", "day", "doi",
     "between.ci.low", "dose.value", "registrations", "lower", "?"]
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(HEADS, min_size=1, max_size=8), st.lists(st.lists(CELLS, max_size=9), max_size=4))
def test_any_cells_give_records_or_complaints(header, rows):
    text = "\n".join(",".join(row) for row in (header, *rows))
    found = list(records_of_trials(text, "trials.csv"))
    assert found
    for raw in found:
        check_record(raw)


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=200) | st.text("study,ai;\t\"\n\r'=1.0", max_size=120).map(str.encode))
def test_any_bytes_give_no_exception(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("csv") / "trials.csv"
    path.write_bytes(content)
    for adapter in (MetaforCsv(), CsvTable()):
        adapter.accepts(path)
        for raw in adapter.read(path):
            check_record(raw)


def test_an_interval_of_another_level_does_not_hide_the_standard_error():
    """ln(OR) -0.5 with an SE of 0.1 has the 90% interval -0.664 to -0.336, which taken for 95% gives an SE of 0.084."""
    at_95, at_90 = (f"{-0.5 - z * 0.1:.3f},{-0.5 + z * 0.1:.3f},OR\n" for z in (1.96, 1.645))
    (one, other), problems = records(f"study,yi,sei,ci.lb,ci.ub,measure\nA,-0.5,0.1,{at_95}B,-0.5,0.1,{at_90}")
    assert one["outcomes"][0]["between"]["ci"] == pytest.approx([0.4986, 0.7379], abs=5e-5)
    assert "ci" not in other["outcomes"][0]["between"]
    assert [problem.code for problem in problems] == ["W172", "W171"]


def test_cells_beyond_the_names_are_an_error_because_others_may_be_shifted():
    """``5,3`` without quotes in a table with commas is two cells, and all numbers behind it are one place off."""
    _, problems = records("study,m1i,sd1i,n1i,m2i,sd2i,n2i\nA,200,5,3,30,180,5,30\n")
    assert [(problem.code, problem.line) for problem in problems] == [("E162", 2)]
    assert codes("study,ai,n1i,ci,n2i\nA,1,10,2,10,,\n") == []  # empty ones shift nothing


def test_it_is_said_once_that_ratios_are_logarithms():
    data, (said,) = records("study,yi,vi,measure\nA,0.78,0.1,RR\nB,0.5,0.1,RR\nC,-3,0.1,MD\n")
    assert (said.code, "0.78 in row 2 stands for RR 2.18" in said.message, len(data)) == ("W172", True, 3)
