"""Absolute effects: the worked examples of the Cochrane Handbook and of Altman, and identities."""

from __future__ import annotations

from math import exp, inf, log, log1p

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msc_meta.certainty.absolute_effects import (
    BaselineRisk,
    absolute_effect,
    absolute_effects,
    number_needed,
    risk_with,
    trial_risks,
)
from msc_meta.certainty.summary_of_findings import per_1000
from msc_meta.effects.measures import effect_size
from msc_meta.errors import ArgumentError
from msc_meta.pooling.results import Interval
from msc_meta.synthesis import OutcomeSynthesis
from tests.certainty.reviews import outcome_of, protocol_with

risks = st.floats(0.01, 0.99)
effects = st.floats(-3, 3)


def test_worked_example_of_the_handbook():
    # Cochrane Handbook 5.1, 12.5.4.3: OR 0.73 and a control risk of 0.3 are 62 fewer per 1,000, and an NNT of 17
    made = absolute_effect("OR", log(0.73), Interval(log(0.6), log(0.9)), BaselineRisk("assumed", 0.3, ""), "lower")
    assert round(1000 * made.difference) == -62
    assert str(made.needed).startswith("NNTB 17 (")
    assert made.capped is False


def test_worked_example_of_altman():
    # Altman (1998): a reduction of 10%, interval -5% to 25%, is NNTB 10, NNTH 20 to infinity to NNTB 4
    made = number_needed(-0.10, Interval(-0.25, 0.05), "lower")
    assert (made.kind, made.value, made.benefit, made.harm) == ("NNTB", pytest.approx(10), 4, pytest.approx(20))
    assert str(made) == "NNTB 10 (NNTB 4 to ∞ to NNTH 20)"


@pytest.mark.parametrize(
    ("difference", "ci", "better", "text"),
    [
        (-0.062, (-0.1, -0.02), "lower", "NNTB 17 (10 to 50)"),
        (0.062, (0.02, 0.1), "lower", "NNTH 16 (10 to 50)"),
        (0.062, (0.02, 0.1), "higher", "NNTB 17 (10 to 50)"),
        (-0.1, (-0.2, 0.0), "lower", "NNTB 10 (5 to ∞)"),
        (0.0, (-0.1, 0.1), "lower", "NNTB ∞ (NNTB 10 to ∞ to NNTH 10)"),
        (0.001, (-0.0001, 0.5), "higher", "NNTB 1,000 (NNTB 2 to ∞ to NNTH 10,000)"),
    ],
)
def test_number_needed_in_words(difference, ci, better, text):
    assert str(number_needed(difference, Interval(*ci), better)) == text


@pytest.mark.parametrize("measure", ["RR", "OR", "RD", "AS"])
def test_a_trials_own_effect_makes_its_own_risk_of_its_control_risk(measure):
    # the effect of 12/80 against 30/90, moved to 30/90, is 12/80 again
    yi = effect_size(measure, event_e=[12], n_e=[80], event_c=[30], n_c=[90]).yi[0]
    assert risk_with(measure, yi, 30 / 90) == pytest.approx(12 / 80, rel=1e-12)


@given(risks, effects)
def test_odds_ratio_does_not_care_which_event_is_counted(risk, effect):
    assert risk_with("OR", effect, risk) == pytest.approx(1 - risk_with("OR", -effect, 1 - risk), abs=1e-12)


@given(risks, st.floats(-3, 1))
def test_hazard_ratio_multiplies_the_log_of_survival(risk, effect):
    assert log1p(-risk_with("HR", effect, risk)) == pytest.approx(exp(effect) * log1p(-risk), rel=1e-6)


@given(st.sampled_from(["RR", "OR", "RD", "HR", "AS"]), risks)
def test_no_effect_changes_nothing(measure, risk):
    made = absolute_effect(measure, 0.0, Interval(-0.1, 0.1), BaselineRisk("", risk, ""), "lower")
    assert made.difference == pytest.approx(0, abs=1e-12)
    assert made.difference_ci.low < 0 < made.difference_ci.high
    assert 0 <= made.risk_ci.low <= made.risk <= made.risk_ci.high <= 1


def test_a_risk_above_one_is_capped_and_said():
    made = absolute_effect("RR", log(1.5), Interval(log(0.9), log(2.5)), BaselineRisk("", 0.6, ""), "lower")
    assert made.capped
    assert made.risk_ci.high == 1
    assert made.to_dict()["difference_ci"][1] == pytest.approx(400)


def test_refusals():
    with pytest.raises(ArgumentError, match="measure"):
        risk_with("MD", 1.0, 0.3)
    with pytest.raises(ArgumentError, match=r"baseline is 30; a risk from 0 to 1"):
        risk_with("RR", 0.0, 30)


def test_baselines_are_the_trials_own_and_said_to_be():
    outcome = outcome_of(((1, 10, 2, 10), (3, 20, 8, 20), (5, 50, 30, 50)))
    made = absolute_effects(outcome)
    assert [round(one.baseline.risk, 3) for one in made] == [0.5, 0.2, 0.4, 0.6]
    assert made[0].baseline.sentence == "40 of 80 control patients of the pooled trials."
    assert trial_risks(outcome.pooled) == (0.2, 0.4, 0.6)


def test_two_trials_give_one_baseline_and_none_gives_none():
    assert len(absolute_effects(outcome_of(((1, 10, 2, 10), (3, 20, 8, 20))))) == 1
    assert absolute_effects(outcome_of(())) == ()


def test_the_protocols_baselines_replace_the_trials():
    rules = {"baseline_risks": [{"label": "ICU", "risk": 0.4}]}
    made = absolute_effects(outcome_of(((1, 10, 2, 10), (3, 20, 8, 20)), **rules))
    assert [(one.baseline.label, one.baseline.risk) for one in made] == [("ICU", 0.4)]


def test_a_baseline_risk_needs_events():
    with pytest.raises(ValueError, match="baseline_risks are of events"):
        protocol_with("discharge_time", baseline_risks=[{"label": "ICU", "risk": 0.4}])


def test_an_outcome_of_the_real_evidence(mortality: OutcomeSynthesis):
    whole = absolute_effects(mortality)[0]
    shown = mortality.result.display()
    assert whole.difference == pytest.approx(whole.baseline.risk * (shown.estimate - 1))
    assert whole.needed.benefit is not None
    assert whole.needed.value < inf


def test_what_a_computer_rounds_is_no_difference():
    dust = 1.4e-17
    assert str(number_needed(dust, Interval(-0.1, 0.08), "lower")) == "NNTB ∞ (NNTB 10 to ∞ to NNTH 12)"
    assert str(number_needed(-0.1, Interval(-0.2, dust), "lower")) == "NNTB 10 (5 to ∞)"
    assert [per_1000(share) for share in (dust, 0.00002, 0.0004, 0.5)] == ["0", "0.02", "0.4", "500"]
