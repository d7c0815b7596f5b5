"""From reported numbers to effects: conversions, several arms, empty cells, units."""

from __future__ import annotations

from math import exp, isnan, log, sqrt

import numpy as np
import pytest

from msc_meta.effects.measures import effect_size
from msc_meta.effects.rows import StudyRow, to_frame
from msc_meta.effects.table import study_rows
from tests.synthesis.conftest import SOURCE, deaths, oxygen, stay


def only(study, protocol, outcome="mortality"):
    (row,) = study_rows([study], protocol, outcome)
    return row


def test_events_make_the_log_risk_ratio(study, protocol):
    row = only(study("a-2020", deaths({"n": 112, "events": 42}, {"n": 110, "events": 47})), protocol)
    assert row.yi == pytest.approx(log((42 / 112) / (47 / 110)), rel=1e-12)
    assert row.vi == pytest.approx(1 / 42 - 1 / 112 + 1 / 47 - 1 / 110, rel=1e-12)
    assert row.conversion == ""


@pytest.mark.parametrize(
    ("arm", "events", "how"),
    [
        ({"n": 20, "survivors": 14}, 6, "events are patients less survivors"),
        ({"n": 26, "percent": 7.69}, 2, "count from a percentage"),
        ({"n": 11, "survival_percent": 64}, 4, "count from a percentage; events are patients less survivors"),
    ],
)
def test_a_count_that_follows_from_what_was_printed_leaves_its_trail(study, protocol, arm, events, how):
    row = only(study("a-2020", deaths(arm, {"n": 20, "events": 8})), protocol)
    assert (row.e.events, row.conversion) == (events, how)


@pytest.mark.parametrize(
    ("arm", "reason"),
    [
        ({"n": 14, "percent": 35}, "35% of 14 patients is no whole count"),
        ({"percent": 35}, "number of patients not stated"),
    ],
)
def test_no_count_is_ever_guessed(study, protocol, arm, reason):
    row = only(study("a-2020", deaths(arm, {"n": 20, "events": 8})), protocol)
    assert (row.standing, row.reason) == ("not usable", reason)


def test_a_conversion_belongs_to_its_arm(study, protocol):
    row = only(study("a-2020", deaths({"n": 26, "percent": 7.69}, {"n": 20, "events": 8})), protocol)
    assert (row.e.steps, row.c.steps) == (("count from a percentage",), ())
    again = StudyRow.from_flat(row.to_flat())
    assert (again.e.conversion, again.e.percent) == ("count from a percentage", 7.69)


def test_a_percentage_that_gives_no_count_is_kept(study, protocol):
    row = only(study("a-2020", deaths({"n": 14, "survival_percent": 57}, {"n": 20, "events": 8})), protocol)
    assert (row.standing, row.e.percent) == ("pooled", 43)
    row = only(study("a-2020", deaths({"survival_percent": 57}, {"n": 20, "events": 8})), protocol)
    assert (row.standing, row.e.percent, isnan(row.e.events)) == ("not usable", 43, True)


def test_no_deaths_in_either_arm_is_not_estimable_as_a_ratio_but_is_as_a_difference(study, protocol, changed):
    record = study("a-2020", deaths({"n": 65, "events": 0}, {"n": 35, "events": 0}))
    row = only(record, protocol)
    assert (row.standing, row.reason) == ("not estimable", "not estimable: no events in either arm")
    difference = only(record, changed("mortality", measure="RD"))
    assert difference.included
    assert difference.yi == 0, "the difference itself is not corrected"
    assert difference.vi == pytest.approx(0.5 * 65.5 / 66**3 + 0.5 * 35.5 / 36**3), "a variance of 0 is"
    assert "0.5 is added to each cell, for its variance." in difference.marks
    zero = {"correction": 0.5, "scope": "only-zero", "double_zero": "correct"}
    assert only(record, changed("mortality", zero_events=zero)).included


def test_every_patient_dying_in_both_arms_is_not_estimable(study, changed):
    record = study("a-2020", deaths({"n": 5, "events": 5}, {"n": 6, "events": 6}))
    row = only(record, changed("mortality", measure="OR"))
    assert row.reason == "not estimable: every patient has the event in both arms"


def test_one_empty_arm_gets_the_correction(study, protocol):
    row = only(study("a-2020", deaths({"n": 12, "events": 0}, {"n": 29, "events": 3})), protocol)
    assert row.yi == pytest.approx(log((0.5 / 13) / (3.5 / 30)), rel=1e-12)
    assert "0.5 is added to each cell, because one is empty." in row.marks


TWO_ARMS = {
    "msc": {"role": "experimental", "label": "MSC", "product": "cells"},
    "msc2": {"role": "experimental", "label": "MSC twice", "product": "cells"},
    "ev": {"role": "experimental", "label": "EV", "product": "cell-free"},
    "control": {"role": "control", "label": "placebo"},
}


def several(arms):
    return {"outcome": "mortality", "day": 28, "arms": arms, "source": SOURCE}


def test_several_arms_are_combined_split_or_the_first_is_taken_and_no_control_counts_twice(study, protocol, changed):
    arms = {"msc": (11, 3), "msc2": (8, 0), "ev": (9, 9), "control": (24, 8)}
    report = several({name: {"n": n, "events": events} for name, (n, events) in arms.items()})
    record = study("a-2020", report, arms=TWO_ARMS)
    row = only(record, protocol)
    assert (row.e.events, row.e.n, row.c.n) == (3, 19, 24), "the cell-free arm is not eligible"
    assert "Arms combined: “MSC” and “MSC twice”." in row.marks
    first = only(record, changed("mortality", multi_arm="first"))
    assert (first.e.events, first.e.n) == (3, 11)
    split = study_rows([record], changed("mortality", multi_arm="split-control"), "mortality")
    assert [row.label for row in split] == ["A 2020 (MSC)", "A 2020 (MSC twice)"]
    assert sum(row.c.n for row in split) == 24
    assert sum(row.c.events for row in split) == 8


def test_combined_means_are_those_of_all_patients_together(study, protocol):
    rng = np.random.default_rng(1)
    one, two = rng.normal(20, 5, 12), rng.normal(25, 6, 15)

    def summary(values):
        return {"n": len(values), "mean": float(values.mean()), "sd": float(values.std(ddof=1))}

    arms = {"msc": summary(one), "msc2": summary(two), "control": {"n": 20, "mean": 22, "sd": 5}}
    report = {"outcome": "discharge_time", "unit": "days", "arms": arms, "source": SOURCE}
    row = only(study("a-2020", report, arms=TWO_ARMS), protocol, "discharge_time")
    together = summary(np.concatenate([one, two]))
    assert (row.e.n, row.e.mean, row.e.sd) == pytest.approx((27, together["mean"], together["sd"]), rel=1e-12)


def test_medians_become_means_and_say_so(study, protocol, changed):
    quartiles = {"n": 29, "median": 11, "q1": 8, "q3": 14}
    record = study("a-2020", stay(quartiles, {"n": 29, "median": 15, "q1": 11, "q3": 19}))
    row = only(record, protocol, "discharge_time")
    assert row.included
    assert "Luo 2018" in row.conversion
    assert "Wan 2014" in row.conversion
    assert row.e.median == 11, "what was reported stays visible"
    refused = only(record, changed("discharge_time", medians="exclude"), "discharge_time")
    assert refused.reason == "only medians reported, and the protocol does not convert them"


@pytest.mark.parametrize(
    ("arm", "reason"),
    [
        ({"n": 10, "median": 17.5}, "medians without quartiles, range or standard deviation"),
        ({"n": 10, "mean": 17.5}, "means without standard deviation, standard error or interval"),
        (
            {"n": 10, "value": 83.3, "statistic": "unclear"},
            "not stated whether means or medians, and no measure of spread",
        ),
        ({"n": 1, "mean": 3, "sd": 1}, "an arm of one patient has no standard deviation"),
        ({"n": 9, "median": 3, "q1": 3, "q3": 3}, "q1 and q3 are both 3; no standard deviation follows from that"),
        ({"mean": 3, "sd": 1}, "number of patients not stated"),
    ],
)
def test_what_has_no_spread_is_shown_and_not_pooled(study, protocol, arm, reason):
    row = only(study("a-2020", stay(arm, {"n": 10, "mean": 3, "sd": 1})), protocol, "discharge_time")
    assert (row.standing, row.reason) == ("not usable", reason)
    assert row.has_numbers


@pytest.mark.parametrize(
    ("arm", "how"),
    [({"se": 2.0}, "SD from the standard error"), ({"ci": [16.0, 24.0]}, "SD from the confidence interval")],
)
def test_standard_error_and_interval_become_a_standard_deviation(study, protocol, arm, how):
    record = study("a-2020", stay({"n": 16, "mean": 20, **arm}, {"n": 16, "mean": 22, "sd": 8}))
    row = only(record, protocol, "discharge_time")
    assert row.conversion == how
    if "se" in arm:
        assert row.e.sd == 8


def test_units_are_converted_and_the_effect_does_not_depend_on_them(study, protocol):
    days = study("a-2020", stay({"n": 10, "mean": 10, "sd": 4}, {"n": 12, "mean": 14, "sd": 5}))
    hours = study("b-2020", stay({"n": 10, "mean": 240, "sd": 96}, {"n": 12, "mean": 336, "sd": 120}, unit="hours"))
    a, b = study_rows([days, hours], protocol, "discharge_time")
    assert (b.yi, b.vi) == pytest.approx((a.yi, a.vi), rel=1e-12)
    assert b.conversion == "hours to days"
    kpa = oxygen({"n": 10, "mean": 30, "sd": 6}, {"n": 10, "mean": 24, "sd": 7}, unit="kPa")
    row = only(study("c-2020", kpa), protocol, "oxygenation")
    assert row.yi == pytest.approx(6 * 7.500617, rel=1e-6)


def test_the_seeds_medians_make_a_ratio_with_the_error_of_its_p_value(study, changed):
    record = study("a-2020", stay({"n": 10, "median": 17.5}, {"n": 10, "median": 28}, between={"p": 0.042}))
    row = only(record, changed("discharge_time", measure="LRM"), "discharge_time")
    assert exp(row.yi) == pytest.approx(0.625)
    assert sqrt(row.vi) == pytest.approx(log(28 / 17.5) / 2.033520149, rel=1e-8)  # R: qnorm(1 - 0.042 / 2)


@pytest.mark.parametrize("between", [{"p": 0.05, "p_relation": "<"}, {"note": "not significant"}, None])
def test_an_inexact_p_value_gives_no_standard_error(study, changed, between):
    record = study("a-2020", stay({"n": 10, "median": 17.5}, {"n": 10, "median": 28}, between=between))
    row = only(record, changed("discharge_time", measure="LRM"), "discharge_time")
    assert row.reason == "medians without an exact p-value between 0 and 1"


def test_a_printed_effect_is_used_where_the_arms_are_not_given(study, protocol):
    printed = {"measure": "RR", "estimate": 0.88, "ci": [0.64, 1.21]}
    row = only(study("a-2020", {"outcome": "mortality", "day": 28, "between": printed, "source": SOURCE}), protocol)
    assert row.yi == pytest.approx(log(0.88))
    assert sqrt(row.vi) == pytest.approx(log(1.21 / 0.64) / (2 * 1.959963984540054))
    assert row.conversion == "effect and interval as the trial printed them"


def printed(measure, unit=None, quantity=None, outcome="mortality", **between):
    kind = {"kind": "final"} if outcome == "oxygenation" else {}
    place = {"unit": unit} | ({"quantity": quantity} if quantity else {}) | kind if unit else {}
    return {
        "outcome": outcome,
        "day": 7 if kind else 28,
        "between": {"measure": measure, **between},
        "source": SOURCE,
        **place,
    }


def test_a_printed_difference_is_converted_to_the_protocols_unit(study, protocol):
    report = printed("MD", "kPa", "pf_ratio", "oxygenation", estimate=4, ci=[1, 7])
    row = only(study("a-2020", report), protocol, "oxygenation")
    assert row.yi == pytest.approx(4 * 7.500617, rel=1e-6)
    assert sqrt(row.vi) == pytest.approx(3 * 7.500617 / 1.959963984540054, rel=1e-6)
    assert row.conversion == "effect and interval as the trial printed them; kPa to mmHg"


def test_a_printed_ratio_with_a_standard_error_only_is_used(study, protocol):
    row = only(study("a-2020", printed("RR", estimate=0.5, se=0.3)), protocol)
    assert (row.yi, row.vi) == pytest.approx((log(0.5), 0.09))


def test_a_printed_effect_steps_in_for_means_without_spread(study, protocol):
    arms = {"msc": {"n": 20, "mean": 14}, "control": {"n": 20, "mean": 18}}
    report = stay(
        arms["msc"], arms["control"], between={"measure": "MD", "estimate": -4, "ci": [-7, -1], "adjusted": "age"}
    )
    row = only(study("a-2020", report), protocol, "discharge_time")
    assert (row.included, row.yi) == (True, -4)
    assert "The printed effect is adjusted for age." in row.marks


def test_what_was_passed_over_is_said_beside_a_printed_effect_too(study, protocol):
    later = printed("RR", estimate=0.5, se=0.3) | {"day": 30}
    row = only(study("a-2020", deaths({"percent": 9}, {"n": 20, "events": 8}), later), protocol)
    assert (row.included, row.day) == (True, 30)
    assert "Another report was passed over: number of patients not stated." in row.marks


def test_a_hazard_ratio_is_pooled_as_printed_and_never_made_of_counts(study, changed):
    hazards = changed("mortality", measure="HR")
    report = {"outcome": "mortality", "day": 28, "between": {"hr": 0.7, "ci": [0.5, 0.98]}, "source": SOURCE}
    row = only(study("a-2020", report), hazards)
    assert (row.included, row.yi) == (True, pytest.approx(log(0.7)))
    counts = only(study("a-2020", deaths({"n": 20, "events": 4}, {"n": 20, "events": 8})), hazards)
    assert counts.reason == "no hazard ratio with an interval or standard error was printed"


def test_a_printed_effect_of_other_arms_is_never_taken(study, protocol):
    between = {"estimate": 0.2, "ci": [0.1, 0.4], "experimental": "ev", "control": "control"}
    row = only(study("a-2020", printed("RR", **between), arms=TWO_ARMS), protocol)
    assert (row.standing, row.reason) == ("not usable", "no numbers for both arms")
    one_cell_arm = {name: arm for name, arm in TWO_ARMS.items() if name != "msc2"}
    named = {**between, "experimental": "msc"}
    assert only(study("a-2020", printed("RR", **named), arms=one_cell_arm), protocol).included


def test_the_p_value_of_other_arms_gives_no_standard_error(study, changed):
    arms = {"msc": {"n": 9, "median": 10}, "msc2": {"n": 9, "median": 12}, "control": {"n": 9, "median": 25}}
    report = {"outcome": "discharge_time", "unit": "days", "arms": arms, "source": SOURCE}
    report["between"] = {"p": 0.03, "experimental": "msc2", "control": "control"}
    record = study("a-2020", report, arms=TWO_ARMS)
    first = only(record, changed("discharge_time", measure="LRM", multi_arm="first"), "discharge_time")
    assert first.standing == "not usable"
    split = only(record, changed("discharge_time", measure="LRM", multi_arm="split-control"), "discharge_time")
    assert split.reason.startswith("a control arm's median can not be split")


def test_an_arm_without_numbers_is_said(study, protocol):
    report = several({"msc": {"n": 10, "events": 2}, "control": {"n": 21, "events": 9}})
    assert "No numbers for the arm “MSC twice”." in only(study("a-2020", report, arms=TWO_ARMS), protocol).marks


def test_an_empty_arm_without_correction_is_not_called_both(study, changed):
    zero = {"correction": 0, "scope": "only-zero", "double_zero": "not-estimable"}
    record = study("a-2020", deaths({"n": 20, "events": 0}, {"n": 20, "events": 6}))
    reason = only(record, changed("mortality", zero_events=zero)).reason
    assert reason == "not estimable: an arm without events, or with events only, and no correction"


def test_a_percentage_of_several_counts_is_not_guessed(study, protocol):
    row = only(study("a-2020", deaths({"n": 200, "percent": 33}, {"n": 200, "events": 80})), protocol)
    assert row.reason == "33% of 200 patients is 65 to 67 patients, no single count"


def test_a_printed_effect_of_another_measure_is_not_mixed_in(study, protocol):
    printed = {"measure": "HR", "estimate": 0.88, "ci": [0.64, 1.21]}
    row = only(study("a-2020", {"outcome": "mortality", "day": 28, "between": printed, "source": SOURCE}), protocol)
    assert (row.standing, row.reason) == ("not usable", "no numbers for both arms")


def test_a_ratio_of_means_needs_means_above_zero(study, changed):
    record = study("a-2020", oxygen({"n": 9, "mean": -3, "sd": 4}, {"n": 9, "mean": 5, "sd": 4}))
    row = only(record, changed("oxygenation", measure="ROM", kinds=["final"]), "oxygenation")
    assert row.reason == "a ratio needs means above 0"


def test_swapping_the_arms_changes_the_sign_only(study, protocol):
    e, c = {"n": 20, "events": 4}, {"n": 25, "events": 9}
    there, back = study_rows([study("a-2020", deaths(e, c)), study("b-2020", deaths(c, e))], protocol, "mortality")
    assert (back.yi, back.vi) == pytest.approx((-there.yi, there.vi), rel=1e-12)


def test_a_frame_of_rows_makes_the_same_rows(study, protocol):
    rows = study_rows([study("a-2020", deaths({"n": 20, "events": 4}, {"n": 25, "events": 9}))], protocol, "mortality")
    (flat,) = to_frame(rows).to_dict("records")
    assert _known(StudyRow.from_flat(flat)) == _known(rows[0])


def _known(row):
    return {name: value for name, value in row.to_flat().items() if not (isinstance(value, float) and isnan(value))}


def test_a_frame_agrees_with_the_measures(study, protocol):
    reports = [deaths({"n": 20 + i, "events": 2 + i}, {"n": 30, "events": 7 + i}) for i in range(5)]
    studies = [study(f"a-{2000 + i}", report) for i, report in enumerate(reports)]
    frame = to_frame(study_rows(studies, protocol, "mortality"))
    again = effect_size("RR", **{name: frame[name].to_numpy() for name in ("event_e", "n_e", "event_c", "n_c")})
    np.testing.assert_allclose(frame["yi"], again.yi, rtol=1e-12)
