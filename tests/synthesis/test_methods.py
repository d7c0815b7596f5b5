"""The protocol's measure and median formula decide the numbers, and the row says which they were."""

from __future__ import annotations

import pytest

from msc_meta.effects.measures import effect_size
from msc_meta.effects.medians import mean_sd
from msc_meta.effects.table import study_rows
from tests.synthesis.conftest import deaths, stay

QUARTILES = {"n": 45, "median": 19, "q1": 12, "q3": 33}
ALL_FIVE = QUARTILES | {"min": 4, "max": 97}
RANGE = {"n": 45, "median": 19, "min": 4, "max": 97}


def only(study, protocol, outcome="mortality"):
    (row,) = study_rows([study], protocol, outcome)
    return row


@pytest.mark.parametrize(
    ("method", "arm", "words"),
    [
        ("wan", ALL_FIVE, "from median and quartiles and range: mean and SD by Wan 2014"),
        ("lnorm", QUARTILES, "from median and quartiles: mean and SD by Shi 2020 for log-normal values"),
        ("qe", QUARTILES, "quantile estimation, log-normal distribution"),
        ("bc", QUARTILES, "mean and SD by McGrath 2020 (Box-Cox)"),
        ("mln", QUARTILES, "mean and SD by Cai 2021"),
        ("bland", ALL_FIVE, "mean and SD by Bland 2015"),
    ],
)
def test_the_protocol_chooses_the_formula_for_medians(study, changed, method, arm, words):
    row = only(study("a-2020", stay(arm, arm)), changed("discharge_time", median_method=method), "discharge_time")
    estimate = mean_sd(**arm, method=method)
    assert (row.e.mean, row.e.sd) == (estimate.mean, estimate.sd)
    assert words in row.conversion


def test_a_formula_for_the_range_leaves_quartiles_alone(study, changed):
    protocol = changed("discharge_time", median_method="hozo")
    row = only(study("a-2020", stay(ALL_FIVE, RANGE)), protocol, "discharge_time")
    assert row.e.mean == row.c.mean == 19
    assert row.e.steps == ("from median and range: mean and SD by Hozo 2005",)
    refused = only(study("a-2020", stay(QUARTILES, RANGE)), protocol, "discharge_time")
    assert refused.standing == "not usable"
    assert "method 'hozo' is defined for median with range" in refused.reason


def test_skewed_values_are_marked_where_the_formula_assumes_normal_ones(study, protocol, changed):
    record = study("a-2020", stay(RANGE, QUARTILES))
    (mark,) = [mark for mark in only(record, protocol, "discharge_time").marks if "skewed" in mark]
    label = next(iter(record.arms_of("experimental").values())).label
    assert mark == f"Values skewed by the test of Shi 2023; mean and SD from medians are in doubt: {label}."
    for method in ("lnorm", "qe", "bc", "mln"):
        row = only(record, changed("discharge_time", median_method=method), "discharge_time")
        assert not any("skewed" in mark for mark in row.marks)
    small = {"n": 4, "median": 5, "min": 4, "max": 90}  # too few for the test
    assert not any("skewed" in mark for mark in only(study("a", stay(small, small)), protocol, "discharge_time").marks)


def test_peto_and_arcsine_need_no_correction(study, changed):
    one = study("a-2020", deaths({"n": 30, "events": 0}, {"n": 28, "events": 4}))
    none = study("b-2020", deaths({"n": 30, "events": 0}, {"n": 28, "events": 0}))
    for measure in ("PETO", "AS"):
        expected = effect_size(measure, event_e=0, n_e=30, event_c=4, n_c=28, scope="none")
        row = only(one, changed("mortality", measure=measure))
        assert (row.yi, row.vi) == (expected.yi[0], expected.vi[0])
    assert only(none, changed("mortality", measure="PETO")).standing == "not estimable"
    assert only(none, changed("mortality", measure="AS")).yi == 0


def test_the_correction_may_follow_the_size_of_the_arms(study, changed):
    zero = {"correction": 0.5, "scope": "treatment-arm", "double_zero": "not-estimable"}
    record = study("a-2020", deaths({"n": 40, "events": 0}, {"n": 20, "events": 4}))
    row = only(record, changed("mortality", measure="OR", zero_events=zero))
    assert row.yi == effect_size("OR", event_e=0, n_e=40, event_c=4, n_c=20, scope="treatment-arm").yi[0]


def test_the_standardised_difference_for_unequal_arms_can_be_chosen(study, changed):
    arm = {"n": 10, "mean": 14, "sd": 4}
    row = only(
        study("a-2020", stay(arm, {"n": 12, "mean": 18, "sd": 9})),
        changed("discharge_time", measure="SMDH"),
        "discharge_time",
    )
    expected = effect_size("SMDH", mean_e=14, sd_e=4, n_e=10, mean_c=18, sd_c=9, n_c=12)
    assert (row.yi, row.vi) == (expected.yi[0], expected.vi[0])
