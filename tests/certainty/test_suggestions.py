"""Suggestions: each rule with evidence on either side of it, and never a rating."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from math import log, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msc_meta.certainty.missing_evidence import missing_evidence
from msc_meta.certainty.suggestions import (
    imprecision,
    inconsistency,
    missing_results,
    overlapping_pairs,
    suggestions,
    thresholds,
)
from tests.certainty.reviews import outcome_of

DOWN, FINE = "may be a reason to rate down", "no reason seen"
LARGE = tuple((300 + at, 2000, 400 + at, 2000) for at in range(4))  # RR 0.75, precise, alike
SMALL = ((1, 10, 2, 10), (5, 20, 4, 20), (5, 50, 9, 50))
APART = ((50, 1000, 200, 1000), (200, 1000, 50, 1000), (60, 1000, 190, 1000), (150, 1000, 100, 1000))


def test_enough_and_clear_is_precise():
    found = imprecision(outcome_of(LARGE))
    assert found.verdict == FINE
    assert found.numbers["patients"] == 16000
    # 2 (1.96 + 0.84)^2 (r1 (1 - r1) + ...) by the mean risk; RR 0.8 at the control risk of 1606 / 8000
    p, q = 1606 / 8000, 0.8 * 1606 / 8000
    mean = (p + q) / 2
    assert found.numbers["optimal_information_size"] == pytest.approx(
        4 * mean * (1 - mean) * (1.959964 + 0.841621) ** 2 / (p - q) ** 2, abs=1
    )


def test_few_patients_are_imprecise_even_where_the_interval_is_clear():
    found = imprecision(outcome_of(((5, 100, 40, 100), (6, 100, 42, 100), (5, 100, 41, 100))))
    assert found.numbers["includes_no_effect"] is False
    assert found.numbers["patients"] < found.numbers["optimal_information_size"]
    assert found.verdict == DOWN


def test_an_interval_from_no_effect_to_a_benefit_is_imprecise():
    found = imprecision(outcome_of(SMALL))
    assert found.numbers["includes_no_effect"]
    assert found.numbers["includes_benefit"]
    assert found.verdict == DOWN


def test_a_narrow_interval_around_no_effect_is_precise():
    # it includes no effect, and neither 0.75 nor 1.25
    found = imprecision(outcome_of(tuple((500 + at, 5000, 500 - at, 5000) for at in range(4))))
    assert found.numbers["includes_no_effect"]
    assert not found.numbers["includes_benefit"]
    assert not found.numbers["includes_harm"]
    assert found.verdict == FINE


def test_the_protocols_difference_comes_before_the_rough_guide():
    assert thresholds(outcome_of(SMALL))[:2] == (log(0.75), log(1.25))
    stated = thresholds(outcome_of(SMALL, minimal_important_difference=0.9))
    assert (stated.benefit, stated.harm) == (log(0.9), -log(0.9))


def test_alike_trials_are_consistent_and_unlike_ones_are_not():
    alike, unlike = inconsistency(outcome_of(LARGE)), inconsistency(outcome_of(APART))
    assert (alike.verdict, alike.numbers["pairs_that_overlap"]) == (FINE, 6)
    assert unlike.verdict == DOWN
    assert unlike.numbers["pairs_that_overlap"] < 6
    assert unlike.numbers["i2"] > 90


@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(0, 5)).map(lambda one: (one[0], sum(one))), max_size=12))
def test_overlaps_are_those_of_every_pair(intervals):
    every = sum(min(a[1], b[1]) >= max(a[0], b[0]) for a, b in combinations(intervals, 2))
    assert overlapping_pairs(intervals) == every


def test_missing_results_are_counted(mortality):
    found = missing_results(mortality, missing_evidence(mortality))
    usable = found.numbers["eligible"] - found.numbers["not_usable"] - found.numbers["not_seen"]
    assert usable == len({row.study for row in mortality.rows if row.standing in ("pooled", "not estimable")})
    assert found.verdict == DOWN


def test_every_domain_is_answered_and_nobody_is_rated(synthesis):
    for outcome in synthesis.values():
        found = suggestions(outcome)
        assert [one.domain for one in found] == [
            "risk of bias", "inconsistency", "indirectness", "imprecision", "missing evidence",
        ]  # fmt: skip
        assert {one.verdict for one in found if one.domain in ("risk of bias", "indirectness")} == {
            "for people to judge"
        }
        for one in found:
            assert one.sentences
            assert not {"high", "moderate", "low", "very low"} & set(one.verdict.split())


def test_nothing_pooled_is_said(mortality):
    nothing = outcome_of(())
    assert {one.verdict for one in suggestions(nothing)} <= {"can not be assessed", FINE}
    unsized = replace(mortality, rows=tuple(replace(row, c=replace(row.c, n=nan)) for row in mortality.rows))
    assert "can not be computed" in imprecision(unsized).sentences[-1]
