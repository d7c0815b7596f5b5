"""The answer for an outcome: nothing is lost, order does not matter, and the words say what it rests on."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msc_meta.errors import UsageError
from msc_meta.pooling.random_effects import pool
from msc_meta.records.study import Study
from msc_meta.synthesis import synthesize
from tests.synthesis.conftest import SOURCE, deaths, stay


def trials(study, number=6):
    reports = [deaths({"n": 20 + i, "events": 3 + i}, {"n": 22, "events": 9 - i}) for i in range(number)]
    return [study(f"trial-{2000 + i}", report) for i, report in enumerate(reports)]


def test_every_study_has_a_row_for_every_outcome_pooled_or_with_a_reason(study, protocol):
    studies = [*trials(study), study("none-2020"), study("b-2020", design={"allocation": "unclear"})]
    synthesis = synthesize(studies, protocol)
    for outcome in synthesis.values():
        assert {row.study for row in outcome.rows} == {one.id for one in studies}
        for row in outcome.rows:
            assert bool(row.reason) is not row.included
            assert math.isnan(row.weight) is not row.included


def test_the_result_is_that_of_the_rows(study, protocol):
    outcome = synthesize(trials(study), protocol)["mortality"]
    again = pool([row.yi for row in outcome.pooled], [row.vi for row in outcome.pooled], measure="RR")
    assert outcome.result == again
    assert sum(row.weight for row in outcome.pooled) == pytest.approx(100)
    table = outcome.table
    assert table.loc[table.included, "weight"].tolist() == pytest.approx(again.weights)


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_studies_does_not_matter(study, protocol, seed):
    studies = trials(study)
    shuffled = random.Random(seed).sample(studies, k=len(studies))
    one, other = (synthesize(order, protocol)["mortality"] for order in (studies, shuffled))
    assert other.result.estimate == pytest.approx(one.result.estimate, rel=1e-12)
    assert {row.study: row.weight for row in other.rows} == pytest.approx({row.study: row.weight for row in one.rows})


def test_no_study_is_an_answer_that_says_why(study, protocol):
    outcome = synthesize([study("a-2020"), study("b-2020", companion_of="a-2020")], protocol)["mortality"]
    assert outcome.result.k == 0
    assert math.isnan(outcome.result.estimate)
    assert "no study can be pooled, because" in outcome.finding
    assert "no report of this outcome seen (1)" in outcome.finding
    assert "same patients as A 2020 (1)" in outcome.finding
    assert synthesize([], protocol)["mortality"].finding.endswith("there are no studies.")


def test_one_study_is_an_answer_and_not_a_pool(study, protocol):
    outcome = synthesize(trials(study, 1), protocol)["mortality"]
    (row,) = outcome.pooled
    assert (outcome.result.k, outcome.result.estimate) == (1, row.yi)
    assert "one trial alone" in outcome.finding
    assert "not a pool" in outcome.headline


def test_a_sensitivity_analysis_is_the_protocol_with_one_choice_changed(study, protocol):
    studies = [
        *trials(study),
        study("u-2020", deaths({"n": 9, "events": 1}, {"n": 9, "events": 5}), design={"allocation": "unclear"}),
    ]
    outcome = synthesize(studies, protocol)["mortality"]
    assert outcome.sensitivity["with-unclear-allocation"].result.k == outcome.result.k + 1
    assert outcome.sensitivity["odds-ratio"].result.measure == "OR"
    wald = outcome.sensitivity["wald"].result
    assert (wald.estimate, wald.ci_method) == (pytest.approx(outcome.result.estimate), "wald")
    assert list(outcome.sensitivity) == [variant.id for variant in outcome.rules.sensitivity]


def test_a_study_whose_control_is_split_is_counted_once(study, protocol, changed):
    arms = {
        "msc": {"role": "experimental", "label": "low", "product": "cells"},
        "high": {"role": "experimental", "label": "high", "product": "cells"},
        "control": {"role": "control", "label": "placebo"},
    }
    numbers = {name: {"n": 20, "events": 5} for name in arms}
    record = study("m-2020", {"outcome": "mortality", "day": 28, "arms": numbers, "source": SOURCE}, arms=arms)
    outcome = synthesize([record, *trials(study, 2)], changed("mortality", multi_arm="split-control"))["mortality"]
    assert outcome.result.k == 4
    assert "3 trials with 145 patients" in outcome.finding


def test_two_studies_of_one_id_are_refused(study, protocol):
    with pytest.raises(UsageError, match="come twice: trial-2000"):
        synthesize([*trials(study), *trials(study, 1)], protocol)


def test_two_comparisons_of_one_trial_are_called_that(study, changed):
    arms = {
        "msc": {"role": "experimental", "label": "low", "product": "cells"},
        "high": {"role": "experimental", "label": "high", "product": "cells"},
        "control": {"role": "control", "label": "placebo"},
    }
    numbers = {name: {"n": 20, "events": 5} for name in arms}
    record = study("m-2020", {"outcome": "mortality", "day": 28, "arms": numbers, "source": SOURCE}, arms=arms)
    outcome = synthesize([record], changed("mortality", multi_arm="split-control"))["mortality"]
    assert "its 2 comparisons are pooled with each other" in outcome.finding
    assert "2 comparisons of one trial" in outcome.headline


numbers = st.fixed_dictionaries(
    {"n": st.none() | st.integers(1, 60)},
    optional={
        name: st.none() | st.floats(-50, 400, allow_nan=False)
        for name in ("mean", "sd", "se", "median", "q1", "q3", "min", "max", "value", "percent", "survival_percent")
    }
    | {"events": st.integers(0, 60), "survivors": st.integers(0, 60)},
)


@given(e=numbers, c=numbers, day=st.none() | st.floats(1, 100), outcome=st.sampled_from(["mortality", "stay"]))
def test_whatever_was_reported_a_study_is_pooled_or_has_a_reason(e, c, day, outcome):
    """Numbers that the checks would refuse reach the analysis only from Python; even then nothing is lost or raised."""
    report = deaths(e, c, day=day) if outcome == "mortality" else stay(e, c)
    for arm in report["arms"].values():
        if (arm.get("events") or 0) > (arm["n"] or 0) or (arm.get("survivors") or 0) > (arm["n"] or 0):
            return  # refused with E302 when it is read
        if any((arm.get(name) or 1) <= 0 for name in ("sd", "se")) or not _in_order(arm):
            return  # refused when it is read
        if any(not 0 <= (arm.get(name) or 0) <= 100 for name in ("percent", "survival_percent")):
            return
    record = Study.model_validate(
        {
            "id": "a-2020",
            "label": "A",
            "status": "completed",
            "design": {"allocation": "randomised"},
            "population": {"condition": "COVID-19", "syndrome": "ARDS"},
            "arms": {
                "msc": {"role": "experimental", "label": "MSC", "product": "cells"},
                "control": {"role": "control", "label": "placebo"},
            },
            "outcomes": [report],
        }
    )
    for answer in synthesize([record], sensitivity=False).values():
        (row,) = answer.rows
        assert row.included is row.has_effect
        assert bool(row.reason) is not row.included
        assert answer.result.k == int(row.included)


def _in_order(arm):
    known = [arm[name] for name in ("min", "q1", "median", "q3", "max") if arm.get(name) is not None]
    return known == sorted(known)
