"""Missing evidence: where each trial stands, the bound on the bias, and the effects that would change the answer."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from math import exp, nan, pi, sqrt
from statistics import NormalDist

import pytest

from msc_meta.certainty.missing_evidence import evidence_matrix, largest_bias, missing_evidence, trial_places
from msc_meta.pooling.random_effects import pool
from msc_meta.synthesis import synthesize
from tests.certainty.reviews import outcome_of, protocol_with


def test_every_eligible_trial_has_one_place(synthesis):
    for outcome in synthesis.values():
        eligible = {row.study for row in outcome.rows if row.standing != "not eligible"}
        assert [place.study for place in trial_places(outcome)] == [
            study for study in outcome.studies if study in eligible
        ]
    assert set(evidence_matrix(synthesis)) == eligible


def test_places_are_those_of_the_records(synthesis):
    matrix = evidence_matrix(synthesis)
    assert matrix["martinez-munoz-2024"]["mortality"].place == "not seen"
    assert matrix["martinez-munoz-2024"]["discharge_time"].place == "not usable"
    assert matrix["gorman-2023"]["mortality"].place == "measured, not reported"
    assert matrix["shi-2021"]["mortality"].place == "no event"
    assert matrix["nestacell"]["mortality"].place == "registered"
    assert matrix["lanzoni-2021"]["mortality"].place == "pooled"


def test_the_bound_is_that_of_orbbound():
    # R's metasens, orbbound: (k + m) / k * dnorm(qnorm(k / (k + m))) * sum(1 / s) / sum(1 / s^2)
    outcome = outcome_of(((10, 100, 20, 100), (5, 50, 9, 50), (30, 200, 44, 200)))
    normal = NormalDist()
    errors = [sqrt(row.vi + outcome.result.tau2) for row in outcome.pooled]
    density = exp(-(normal.inv_cdf(3 / 5) ** 2) / 2) / sqrt(2 * pi)
    expected = 5 / 3 * density * sum(1 / s for s in errors) / sum(1 / s**2 for s in errors)
    assert largest_bias(outcome, 2) == pytest.approx(expected, rel=1e-9)
    assert largest_bias(outcome, 0) == 0
    assert largest_bias(outcome, 5) > largest_bias(outcome, 2)


def test_tipping_effects_are_those_that_change_the_pool(synthesis):
    outcome = synthesis["mortality"]
    found = missing_evidence(outcome).tipping
    assert found.today == "includes"
    (change,) = found.changes
    assert change.side == "below"
    risk = sum(row.c.events for row in outcome.pooled) / sum(row.c.n for row in outcome.pooled)

    def high(effect: float) -> float:
        risk_e = risk * exp(effect)
        variance = (1 - risk_e) / risk_e / found.n_e + (1 - risk) / risk / found.n_c
        rows = outcome.pooled
        return pool([*(row.yi for row in rows), effect], [*(row.vi for row in rows), variance]).ci.high

    inside = (change.low + change.high) / 2
    assert high(inside) < 0 <= high(change.high + 0.02)
    assert high(change.low - 0.02) >= 0 > high(change.low)


def test_nothing_missing_changes_nothing():
    found = missing_evidence(outcome_of(((10, 100, 20, 100), (5, 50, 9, 50))))
    assert (found.missing, found.bias, found.tipping, found.why_not) == ((), 0.0, None, "")
    assert found.bounds == outcome_of(((10, 100, 20, 100), (5, 50, 9, 50))).result.ci


def test_no_pool_has_no_bound():
    found = missing_evidence(outcome_of(()))
    assert found.bounds.low != found.bounds.low
    assert found.to_dict()["largest_bias"] is None


def test_a_control_arm_that_is_shared_is_counted_once(synthesis):
    split = synthesize(synthesis.studies, protocol_with("mortality", multi_arm="split-control"),
                       outcomes=["mortality"], sensitivity=False)["mortality"]  # fmt: skip
    several = [study for study, times in Counter(row.study for row in split.pooled).items() if times > 1]
    places = {place.study: place for place in trial_places(split)}
    for study in several:
        assert places[study].n == pytest.approx(sum(row.e.n + row.c.n for row in split.pooled if row.study == study))
    assert missing_evidence(split).patients("pooled") == pytest.approx(sum(row.e.n + row.c.n for row in split.pooled))


def test_thousands_of_trials_are_no_burden():
    counts = tuple((10 + at % 7, 100, 14 + at % 5, 100) for at in range(3000))
    outcome = outcome_of(counts)
    lost = replace(outcome.rows[0], standing="no data", yi=nan, vi=nan, weight=nan)
    found = missing_evidence(replace(outcome, rows=(lost, *outcome.rows[1:])))
    assert found.tipping is not None
    assert found.tipping.today == "below"
