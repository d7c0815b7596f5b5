"""Which studies and which reports are used, and the words for those that are not."""

from __future__ import annotations

import pytest

from msc_meta.effects.table import study_rows
from tests.synthesis.conftest import SOURCE, deaths, oxygen, stay

E, C = {"n": 20, "events": 4}, {"n": 20, "events": 8}
OTHER = {"n": 20, "events": 1}


def only(study, protocol, outcome="mortality"):
    (row,) = study_rows([study], protocol, outcome)
    return row


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"companion_of": "b-2020"}, "same patients as b-2020"),
        ({"design": {"allocation": "unclear"}}, "random allocation unclear"),
        ({"design": {"allocation": "non-randomised"}}, "not randomised"),
        (
            {"population": {"condition": "COVID-19", "syndrome": "other", "severity": "mild"}},
            "population is not ARDS or severe COVID-19",
        ),
        (
            {
                "arms": {
                    "msc": {"role": "experimental", "label": "EV", "product": "cell-free"},
                    "control": {"role": "control", "label": "placebo"},
                }
            },
            "cell-free product",
        ),
    ],
)
def test_a_study_that_is_not_eligible_says_why_and_is_not_pooled(study, protocol, parts, reason):
    row = only(study("a-2020", deaths(E, C), **parts), protocol)
    assert (row.standing, row.reason, row.included) == ("not eligible", reason, False)
    assert row.has_effect, "its numbers are still shown"


def test_severe_covid_is_eligible_without_ards(study, protocol):
    severe = {"condition": "COVID-19", "syndrome": "pneumonia", "severity": "severe"}
    assert only(study("a-2020", deaths(E, C), population=severe), protocol).included


def test_the_day_nearest_to_the_target_is_used(study, protocol):
    row = only(study("a-2020", deaths(OTHER, C, day=60), deaths(E, C, day=30), deaths(OTHER, C, day=15)), protocol)
    assert (row.day, row.e.events, row.other_reports) == (30, 4, 2)


@pytest.mark.parametrize(("day", "included"), [(13.9, False), (14, True), (90, True), (90.5, False)])
def test_the_window_includes_its_ends(study, protocol, day, included):
    row = only(study("a-2020", deaths(E, C, day=day)), protocol)
    assert row.included is included
    assert included or row.reason == f"reported for day {day:g}, outside day 14 to 90"


def test_a_stated_day_comes_before_an_unstated_one(study, protocol):
    assert only(study("a-2020", deaths(OTHER, C, day=None), deaths(E, C, day=90)), protocol).e.events == 4


def test_an_unstated_day_is_marked_or_left_out_as_the_protocol_says(study, protocol, changed):
    record = study("a-2020", deaths(E, C, day=None))
    row = only(record, protocol)
    assert row.included
    assert "Day of follow-up not stated by the source." in row.marks
    window = {"target": 28, "earliest": 14, "latest": 90, "unstated": "exclude"}
    assert only(record, changed("mortality", window=window)).reason == "day of follow-up not stated"


def test_the_preferred_of_two_reports_is_used_and_the_conflict_is_marked(study, protocol, changed):
    reports = [deaths(OTHER, C), deaths(E, C, preferred=True, reason="all randomised patients")]
    row = only(study("a-2020", *reports), protocol)
    assert row.e.events == 4
    assert "Reports disagree; this one is preferred: all randomised patients" in row.marks
    assert only(study("a-2020", *reports), changed("mortality", conflicts="other")).e.events == 1


def test_an_unusable_preferred_report_is_not_replaced_by_one_of_the_same_day(study, protocol):
    unusable = deaths({"n": 10, "percent": 45}, {"n": 10, "percent": 50}, preferred=True, reason="the paper's")
    row = only(study("a-2020", deaths(OTHER, C), unusable), protocol)
    assert (row.standing, row.reason) == ("not usable", "45% of 10 patients is no whole count")


def test_an_unusable_report_is_passed_over_for_another_day_and_that_is_said(study, protocol):
    row = only(study("a-2020", deaths({"percent": 9}, C, day=30), deaths(E, C, day=None)), protocol)
    assert row.e.events == 4
    assert "Another report was passed over: number of patients not stated." in row.marks


def test_a_sponsors_statement_needs_another_source_beside_it(study, protocol, changed):
    statement = deaths(E, C, source={**SOURCE, "kind": "sponsor"})
    assert only(study("a-2020", statement), protocol).reason == "known only from a sponsor's statement"
    assert only(study("a-2020", statement), changed("mortality", sponsor_statements="include")).included
    beside = deaths(OTHER, C, day=None)
    assert only(study("a-2020", statement, beside), protocol).e.events == 4
    excluded = changed("mortality", sponsor_statements="exclude")
    assert only(study("a-2020", statement, beside), excluded).e.events == 1


def test_a_subgroup_is_never_pooled(study, protocol):
    row = only(study("a-2020", deaths(E, C, subgroup="age < 65")), protocol)
    assert (row.standing, row.reason) == ("not usable", "only a subgroup was reported")
    assert not row.has_numbers, "or they would be taken for the trial's"


def test_another_index_is_never_pooled_with_pao2_fio2(study, protocol):
    numbers = {"n": 10, "mean": 9.0, "sd": 3.0}
    report = oxygen(numbers, numbers, unit="cmH2O/mmHg", quantity="oxygenation_index")
    row = only(study("a-2020", report), protocol, "oxygenation")
    assert row.reason == "reported as oxygenation index, which is not PaO2/FiO2"
    assert (row.e.mean, row.unit) == (9.0, "cmH2O/mmHg"), "shown in its own unit"


def test_intensive_care_stay_is_not_hospital_stay(study, protocol):
    numbers = {"n": 10, "mean": 9.0, "sd": 3.0}
    row = only(study("a-2020", stay(numbers, numbers, quantity="icu_stay")), protocol, "discharge_time")
    assert row.reason == "reported as intensive-care stay, which is not hospital stay"


@pytest.mark.parametrize(
    ("report", "reason"),
    [
        ({"reported": "measured-without-data"}, "measured, numbers not reported"),
        ({"reported": "not-measured"}, "not measured"),
        ({"between": {"note": "no difference"}}, "reported in words only"),
    ],
)
def test_an_outcome_without_numbers_says_what_is_known(study, protocol, report, reason):
    row = only(study("a-2020", {"outcome": "mortality", "source": SOURCE, **report}), protocol)
    assert (row.standing, row.reason) == ("no data", reason)


def test_a_registered_trial_has_no_result_yet(study, protocol):
    assert only(study("a-2020", status="registered"), protocol).reason == "registered, no result seen"
    assert only(study("a-2020"), protocol).reason == "no report of this outcome seen"


@pytest.mark.parametrize("turn", range(4))
def test_the_order_of_reports_in_a_record_is_idle(study, protocol, turn):
    hazard = {
        "outcome": "mortality",
        "day": 28,
        "between": {"measure": "HR", "hr": 0.5, "ci": [0.3, 0.9]},
        "source": SOURCE,
    }
    reports = [deaths(E, C), hazard, deaths(OTHER, C, day=60), deaths(OTHER, C, day=None)]
    turned = reports[turn:] + reports[:turn]
    assert only(study("a-2020", *turned), protocol).e.events == 4


def test_of_two_days_as_near_the_earlier_is_used_if_it_can_be(study, protocol):
    bare, whole = {"n": 10, "mean": 200}, {"n": 10, "mean": 210, "sd": 60}
    early, late = oxygen(bare, bare, day=4), oxygen(whole, whole, day=10)
    for reports in ((early, late), (late, early)):
        row = only(study("a-2020", *reports), protocol, "oxygenation")
        assert (row.included, row.day) == (True, 10), "day 4 has no standard deviation"
    early = oxygen(whole, whole, day=4)
    assert only(study("a-2020", late, early), protocol, "oxygenation").day == 4


def test_without_a_window_every_report_is_tried(study, protocol):
    medians, means = {"n": 10, "median": 14}, {"n": 10, "mean": 15, "sd": 4}
    record = study("a-2020", stay(medians, medians, day=28), stay(means, means, day=60))
    assert only(record, protocol, "discharge_time").included


def test_other_reports_are_those_that_contradict_and_no_others(study, changed):
    preferred = deaths(E, C, preferred=True, reason="the paper's")
    later = deaths(OTHER, C, day=60)
    row = only(study("a-2020", preferred, later), changed("mortality", conflicts="other"))
    assert row.e.events == 4, "day 60 contradicts nothing"


def test_a_p_value_alone_is_said(study, protocol):
    report = {"outcome": "mortality", "between": {"p": 0.2}, "source": SOURCE}
    assert only(study("a-2020", report), protocol).reason == "only a p-value was reported"
