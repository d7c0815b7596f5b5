"""What a row shows of numbers that can not be used, and which of several reports is tried first."""

from __future__ import annotations

from math import isnan, log, sqrt

import pytest
from tests.synthesis.conftest import SOURCE, deaths, oxygen, stay

from msc_meta.effects.table import Known, study_rows

E, C = {"n": 20, "events": 4}, {"n": 20, "events": 8}


def only(study, protocol, outcome="mortality"):
    (row,) = study_rows([study], protocol, outcome)
    return row


def test_a_row_that_can_not_be_used_shows_both_arms_as_reported(study, protocol):
    row = only(study("a-2020", deaths({"n": 20, "survivors": 14}, {"survival_percent": 65})), protocol)
    assert (row.standing, row.reason) == ("not usable", "number of patients not stated")
    assert (row.e.label, row.e.n, row.e.events) == ("MSC", 20, 6)
    assert row.e.conversion == "events are patients less survivors"
    assert (row.c.label, row.c.percent, row.c.conversion) == ("placebo", 35, "100% less the percentage alive")
    assert isnan(row.c.events)


def test_a_row_that_can_not_be_used_is_shown_in_the_protocols_unit(study, protocol):
    row = only(study("a-2020", oxygen({"n": 9, "mean": 30}, {"n": 9, "mean": 26}, unit="kPa")), protocol, "oxygenation")
    assert row.standing == "not usable"
    assert (row.e.mean, row.c.mean, row.e.n) == pytest.approx((30 * 7.500617, 26 * 7.500617, 9), rel=1e-6)


def test_of_conflicting_reports_on_two_days_the_nearest_other_one_comes_first(study, changed):
    def of(events, day, **more):
        return deaths({"n": 20, "events": events}, C, day=day, **more)

    preferred = {"preferred": True, "reason": "all randomised patients"}
    reports = [of(1, 28, **preferred), of(2, 28), of(3, 60, **preferred), of(5, 60)]
    rules = changed("mortality", conflicts="other")
    row = only(study("a-2020", *reports), rules)
    assert (row.e.events, row.day) == (2, 28)
    assert "Reports disagree; this is not the preferred one." in row.marks
    # where the nearest other one can not be used, the preferred one of its day comes next
    unusable = deaths({"percent": 9}, C, day=28)
    row = only(study("a-2020", reports[0], unusable, *reports[2:]), rules)
    assert (row.e.events, row.day) == (1, 28)


def test_an_undated_report_contradicts_a_preferred_one_of_its_own_kind_only(study, changed):
    preferred = deaths({"n": 20, "events": 1}, C, preferred=True, reason="all randomised patients")
    printed = deaths(E, C, day=None)
    printed.pop("arms")
    printed["between"] = {"measure": "RR", "estimate": 0.5, "ci": [0.2, 1.2]}
    rules = changed("mortality", conflicts="other")
    assert only(study("a-2020", preferred, deaths(E, C, day=None)), rules).e.events == 4
    assert only(study("a-2020", preferred, printed), rules).e.events == 1


def test_a_study_says_who_is_missing_and_only_then(study, protocol):
    arms = {
        "msc": {"role": "experimental", "label": "MSC", "product": "cells", "randomised": 22},
        "control": {"role": "control", "label": "placebo", "randomised": 20},
    }
    row = only(study("a-2020", deaths(E, C), arms=arms), protocol)
    assert "Not all randomised patients are counted: 20 of 22 (MSC)." in row.marks
    arms["msc"]["randomised"] = 20
    assert not any(
        "randomised patients" in mark for mark in only(study("a-2020", deaths(E, C), arms=arms), protocol).marks
    )


@pytest.mark.parametrize("missing", ["q1", "q3"])
def test_one_quartile_alone_is_no_pair(study, protocol, missing):
    quartiles = {"n": 20, "median": 10, "q1": 7, "q3": 14, "min": 2, "max": 30}
    half = {name: value for name, value in quartiles.items() if name != missing}
    whole = {name: value for name, value in quartiles.items() if name not in ("q1", "q3")}
    with_range, without = (
        only(study("a-2020", stay(arm, quartiles)), protocol, "discharge_time") for arm in (half, whole)
    )
    assert (with_range.e.mean, with_range.e.sd) == (without.e.mean, without.e.sd)


def test_revmans_conventions_reach_the_rows(study, changed):
    record = study("a-2020", stay({"n": 10, "mean": 12, "sd": 4}, {"n": 10, "mean": 10, "sd": 4}))
    row = only(record, changed("discharge_time", measure="SMD", conventions="revman"), "discharge_time")
    assert row.yi == pytest.approx(34 / 71, rel=1e-12)  # J = 1 - 3/71
    exact = only(record, changed("discharge_time", measure="SMD"), "discharge_time")
    assert exact.yi == pytest.approx(0.478823, rel=1e-6)  # J = G(9) / (3 G(8.5)) = 40320 / 42103.22
    plain = only(record, changed("discharge_time", measure="MD", conventions="revman"), "discharge_time")
    assert (plain.yi, plain.vi) == pytest.approx((2, 3.2))


def test_a_risk_difference_is_that_of_the_counts(study, changed):
    row = only(study("a-2020", deaths(E, C)), changed("mortality", measure="RD"))
    assert row.yi == pytest.approx(-0.2, rel=1e-14)
    assert row.vi == pytest.approx(0.2 * 0.8 / 20 + 0.4 * 0.6 / 20, rel=1e-12)


@pytest.mark.parametrize(
    ("scope", "e", "mark"),
    [
        ("treatment-arm", {"n": 20, "events": 0}, "About 0.5 is added to each cell, because one is empty."),
        ("all", E, "0.5 is added to each cell, as in every study."),
        ("all", {"n": 20, "events": 0}, "0.5 is added to each cell, because one is empty."),
        ("only-zero", E, None),
        ("treatment-arm", E, None),
    ],
)
def test_a_row_says_what_was_added_to_its_cells(study, changed, scope, e, mark):
    zero = {"correction": 0.5, "scope": scope, "double_zero": "correct"}
    row = only(study("a-2020", deaths(e, C)), changed("mortality", zero_events=zero))
    assert [one for one in row.marks if "added to each cell" in one] == ([mark] if mark else [])


def test_combined_arms_have_both_names(study, protocol):
    arms = {
        "msc": {"role": "experimental", "label": "MSC", "product": "cells"},
        "more": {"role": "experimental", "label": "MSC twice", "product": "cells"},
        "control": {"role": "control", "label": "placebo"},
    }
    report = deaths(E, C)
    report["arms"]["more"] = {"n": 10, "events": 1}
    assert only(study("a-2020", report, arms=arms), protocol).e.label == "MSC + MSC twice"
    report = stay({"n": 10, "mean": 12, "sd": 4}, {"n": 10, "mean": 10, "sd": 4})
    report["arms"]["more"] = {"n": 10, "mean": 11, "sd": 4}
    assert only(study("a-2020", report, arms=arms), protocol, "discharge_time").e.label == "MSC + MSC twice"


@pytest.mark.parametrize("multi_arm", ["combine", "split-control", "first"])
def test_one_arm_is_neither_split_nor_chosen(study, changed, multi_arm):
    row = only(study("a-2020", deaths(E, C)), changed("mortality", multi_arm=multi_arm))
    assert (row.label, row.c.n, row.marks) == ("A 2020", 20, ())


@pytest.mark.parametrize("unit", ["days", None])
def test_a_small_spread_and_an_unsaid_unit_are_taken_as_they_are(study, protocol, unit):
    days = {"n": 20, "mean": 3, "sd": 0.8}, {"n": 20, "mean": 4, "sd": 0.8}
    row = only(study("a-2020", stay(*days, unit=unit)), protocol, "discharge_time")
    assert (row.yi, row.vi) == pytest.approx((-1, 2 * 0.8**2 / 20))
    assert isnan(row.day)


def test_the_protocols_order_of_kinds_decides_which_report_is_used(study, changed):
    def of(kind, mean):
        return oxygen({"n": 9, "mean": mean, "sd": 30}, {"n": 9, "mean": 150, "sd": 30}) | {"kind": kind}

    record = study("a-2020", of("final", 200), of("change", 170))
    for kinds, difference in ((["final", "change"], 50), (["change", "final"], 20)):
        assert only(record, changed("oxygenation", kinds=kinds), "oxygenation").yi == pytest.approx(difference)


def printed(outcome, measure, **more):
    between = {"measure": measure, **{name: more.pop(name) for name in ("estimate", "ci")}}
    return {"outcome": outcome, "between": between, "source": SOURCE, **more}


def test_a_printed_ratio_has_no_unit_to_convert(study, changed):
    report = printed(
        "oxygenation", "ROM", estimate=1.2, ci=[1.0, 1.44], day=7, quantity="pf_ratio", kind="final", unit="kPa"
    )
    row = only(study("a-2020", report), changed("oxygenation", measure="ROM", kinds=["final"]), "oxygenation")
    assert row.included
    assert (row.yi, sqrt(row.vi)) == pytest.approx((log(1.2), log(1.2) / 1.959963984540054))


def test_a_printed_difference_without_a_unit_is_in_the_protocols(study, protocol):
    row = only(study("a-2020", printed("discharge_time", "MD", estimate=-3, ci=[-5, -1])), protocol, "discharge_time")
    assert (row.yi, sqrt(row.vi), row.unit) == pytest.approx((-3, 2 / 1.959963984540054, "days"))


def test_a_printed_ratio_with_a_bound_of_0_is_not_usable(study, protocol):
    row = only(study("a-2020", printed("mortality", "RR", estimate=0.5, ci=[0, 1.2], day=28)), protocol)
    assert (row.standing, row.reason) == ("not usable", "no numbers for both arms")


def test_two_patients_have_no_standardised_difference(study, changed):
    arms = {name: {"role": "experimental", "label": name, "product": "cells"} for name in ("one", "two")}
    arms["control"] = {"role": "control", "label": "placebo"}
    report = oxygen({}, {}) | {"arms": {name: {"n": 2, "mean": at, "sd": 1} for at, name in enumerate(arms)}}
    rules = changed("oxygenation", measure="SMD", kinds=["final"], multi_arm="split-control")
    rows = study_rows([study("a-2020", report, arms=arms)], rules, "oxygenation")
    said = {(row.standing, row.reason) for row in rows}  # half a control of two is one: one degree of freedom
    assert said == {("not usable", "no SMD can be computed from these numbers")}


@pytest.mark.parametrize(("unit", "shown"), [("points", "points"), ("weeks", "days"), (None, "days")])
def test_a_row_that_can_not_be_used_has_the_unit_of_its_numbers(study, protocol, unit, shown):
    row = only(study("a-2020", stay({"n": 9, "mean": 3}, {"n": 9, "mean": 2}, unit=unit)), protocol, "discharge_time")
    assert (row.standing, row.unit) == ("not usable", shown)
    assert row.e.mean == (21 if unit == "weeks" else 3)


def test_the_same_report_has_the_marks_of_each_analysis(study, changed):
    record, known = [study("a-2020", deaths(E, C, day=28))], Known()
    window = {"earliest": 14, "latest": 90, "unstated": "include"}
    for target, marks in ((28, ()), (30, ("Follow-up to day 28.",)), (28, ())):
        (row,) = study_rows(record, changed("mortality", window={"target": target, **window}), "mortality", known)
        assert row.marks == marks


def test_what_bars_a_study_is_said(study, changed, protocol):
    row = only(study("a-2020", deaths(E, C)), changed("mortality", risk_of_bias=["low"]))
    assert (row.standing, row.included) == ("not eligible", False)
    assert "risk of bias" in row.reason
    nothing = {"condition": "COVID-19", "syndrome": "not-stated", "severity": "not-stated"}
    for syndrome, said in (("not-stated", "not stated whether population is"), ("other", "population is not")):
        row = only(study("a-2020", deaths(E, C), population=nothing | {"syndrome": syndrome}), protocol)
        assert row.reason == f"{said} ARDS or severe COVID-19"


def test_a_printed_effect_of_a_trial_with_several_arms_must_name_its_own(study, protocol):
    arms = {
        "msc": {"role": "experimental", "label": "MSC", "product": "cells"},
        "ev": {"role": "experimental", "label": "EV", "product": "cell-free"},
        "control": {"role": "control", "label": "placebo"},
    }
    row = only(study("a-2020", printed("mortality", "RR", estimate=0.5, ci=[0.2, 1.2], day=28), arms=arms), protocol)
    assert (row.standing, row.reason) == ("not usable", "no numbers for both arms")


def test_one_arm_alone_is_no_comparison_and_keeps_its_day(study, protocol):
    report = deaths(E, C)
    del report["arms"]["msc"]
    row = only(study("a-2020", report), protocol)
    assert (row.standing, row.reason, row.day) == ("not usable", "no numbers for both arms", 28)


def test_a_correction_of_0_is_not_called_an_addition(study, changed):
    zero = {"correction": 0, "scope": "all", "double_zero": "correct"}
    assert only(study("a-2020", deaths(E, C)), changed("mortality", zero_events=zero)).marks == ()


def test_the_least_without_the_greatest_is_no_range(study, protocol):
    arm = {"n": 20, "median": 9, "q1": 5, "q3": 14}
    with_least, without = (
        only(study("a-2020", stay(one, arm)), protocol, "discharge_time") for one in (arm | {"min": 2}, arm)
    )
    assert (with_least.e.mean, with_least.e.sd) == (without.e.mean, without.e.sd)
    assert with_least.included


def test_the_medians_of_one_arm_need_no_splitting(study, changed):
    report = stay({"n": 9, "median": 10}, {"n": 9, "median": 25}, between={"p": 0.03})
    row = only(
        study("a-2020", report), changed("discharge_time", measure="LRM", multi_arm="split-control"), "discharge_time"
    )
    assert row.included
    assert row.yi == pytest.approx(log(10 / 25))
