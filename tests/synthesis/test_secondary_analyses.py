"""What the protocol asks for beside the pooled effect: each is the method's own answer on the rows that are pooled."""

from __future__ import annotations

import json

import pytest

from msc_meta.loading import load_studies
from msc_meta.pooling.random_effects import pool
from msc_meta.pooling.rare_events import rare_events
from msc_meta.report.results_json import outcome_values, to_json
from msc_meta.robustness.small_study import peters
from msc_meta.secondary_analyses import traits_of
from msc_meta.synthesis import synthesize
from tests.synthesis.conftest import deaths


@pytest.fixture(scope="module")
def synthesis(project):
    return synthesize(load_studies(project / "studies"), sensitivity=False)


def test_rare_events_are_those_of_every_trial_with_counts(synthesis):
    mortality = synthesis["mortality"]
    rows = [row for row in mortality.rows if row.standing in ("pooled", "not estimable")]
    assert "shi-2021" in [row.study for row in rows], "a trial without deaths is handed over too"
    arms = {"event_e": "e", "event_c": "c"}
    counts = {name: [getattr(row, side).events for row in rows] for name, side in arms.items()}
    counts |= {"n_e": [row.e.n for row in rows], "n_c": [row.c.n for row in rows]}
    assert mortality.rare_events.to_dict() == rare_events(**counts).to_dict()
    assert synthesis["oxygenation"].rare_events is None


def test_a_subgroup_of_every_trait_counts_once_every_trial_that_states_it(synthesis):
    mortality = synthesis["mortality"]
    assert set(mortality.subgroups) == {"source", "severity", "masking"}
    for trait, found in mortality.subgroups.items():
        silent = " ".join(mortality.left_out_of(trait))
        left_out = [row for row in mortality.pooled if row.label in silent]
        assert sum(result.k for result in found.results.values()) == mortality.result.k - len(left_out)
        assert not {"not stated", "not-stated", "None"} & set(found.results)
    assert mortality.subgroups["source"].overall.estimate == pytest.approx(mortality.result.estimate, rel=1e-9)


def test_a_trait_with_one_value_makes_no_subgroups(study, protocol):
    reports = [deaths({"n": 20, "events": 3 + i}, {"n": 20, "events": 8}) for i in range(3)]
    outcome = synthesize([study(f"a-{2000 + i}", one) for i, one in enumerate(reports)], protocol)["mortality"]
    assert outcome.subgroups == {}


def test_without_each_study_is_a_refit(synthesis):
    mortality = synthesis["mortality"]
    rows = mortality.pooled
    for i, (label, result) in enumerate(mortality.leave_one_out.items()):
        kept = [row for j, row in enumerate(rows) if j != i]
        assert label == rows[i].label
        again = pool([row.yi for row in kept], [row.vi for row in kept], measure="RR")
        assert (result.estimate, result.ci) == (pytest.approx(again.estimate, rel=1e-12), pytest.approx(again.ci))


def test_small_study_tests_fit_the_measure_and_wait_for_ten_trials(synthesis):
    mortality = synthesis["mortality"].small_study_effects
    rows = synthesis["mortality"].pooled
    assert "egger" not in mortality.tests
    counts = {"event_e": [row.e.events for row in rows], "n_e": [row.e.n for row in rows]}
    counts |= {"event_c": [row.c.events for row in rows], "n_c": [row.c.n for row in rows]}
    assert mortality.tests["peters"].p_value == peters(**counts).p_value
    stay = synthesis["discharge_time"].small_study_effects
    assert not stay.offer.enough
    assert stay.tests == {}


def test_a_moderator_uses_the_trials_that_state_it(synthesis):
    found = synthesis["mortality"].regressions
    traits = synthesis["mortality"].traits
    for name, regression in found.items():
        stated = [row for row in synthesis["mortality"].pooled if traits[row.study][name] is not None]
        assert regression.k == len(stated)


def test_traits_are_those_of_the_eligible_arm(study, protocol):
    arms = {
        "ev": {"role": "experimental", "label": "EV", "product": "cell-free", "source": "placenta"},
        "msc": {
            "role": "experimental", "label": "MSC", "product": "cells", "source": "bone marrow", "infusions": 2,
            "dose": {"value": 1e6, "unit": "cells/kg"},
        },
        "control": {"role": "control", "label": "placebo"},
    }  # fmt: skip
    traits = traits_of(study("a-2020", arms=arms), protocol.eligibility)
    assert (traits["source"], traits["infusions"], traits["cells_per_kg"]) == ("bone marrow", 2, 1e6)


def test_results_json_holds_all_of_it(synthesis):
    for outcome in synthesis.values():
        values = json.loads(to_json(outcome_values(outcome)))
        assert {"rare_events", "subgroups", "regressions", "leave_one_out", "small_study_effects"} <= set(values)
