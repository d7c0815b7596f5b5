"""Which judgement of a study's risk of bias counts for an outcome."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from msc_meta.effects.eligibility import overall_risk_of_bias, why_not_by_risk_of_bias


def entry(outcome, overall):
    return SimpleNamespace(outcome=outcome, overall=overall, tool="RoB 2")


WHOLE, DEATHS, OTHER = entry(None, "low"), entry("mortality", "high"), entry("oxygenation", "some concerns")


@pytest.mark.parametrize(
    ("entries", "found"),
    [
        ([WHOLE, DEATHS, OTHER], DEATHS),
        ([DEATHS, WHOLE], DEATHS),
        ([OTHER, WHOLE], WHOLE),
        ([WHOLE, entry("mortality", None)], WHOLE),
        ([OTHER], None),
        ([], None),
    ],
)
def test_the_outcomes_own_judgement_comes_before_that_of_the_trial(entries, found):
    assert overall_risk_of_bias(SimpleNamespace(risk_of_bias=entries), "mortality") is found


def test_a_study_is_kept_where_its_judgement_is_wanted():
    study = SimpleNamespace(risk_of_bias=[WHOLE, DEATHS])
    assert why_not_by_risk_of_bias(study, "oxygenation", ["low", "some concerns"]) == ""
    assert why_not_by_risk_of_bias(study, "mortality", ["low"]) == "overall risk of bias: high (RoB 2)"
    assert "not judged" in why_not_by_risk_of_bias(SimpleNamespace(risk_of_bias=[OTHER]), "mortality", ["low"])
