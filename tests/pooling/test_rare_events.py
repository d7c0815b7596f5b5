"""All methods for rare events side by side: the same numbers as alone, rules in words, never an exception."""

import json
import math

import numpy as np
import pytest

import msc_meta as mm
from msc_meta.pooling.rare_events import RULES

ARMS = {
    "event_e": [1, 0, 0, 7, 2],
    "n_e": [20, 40, 30, 60, 25],
    "event_c": [5, 0, 3, 9, 1],
    "n_c": [20, 40, 30, 60, 50],
}


def test_each_row_is_what_the_method_gives_alone():
    answers = mm.rare_events(**ARMS, level=0.9)
    alone = {f"MH {m}": mm.mantel_haenszel(m, **ARMS, level=0.9) for m in ("RR", "OR", "RD")}
    alone["Peto OR"] = mm.peto(**ARMS, level=0.9)
    alone |= {f"GLMM {m}": mm.glmm(**ARMS, model=m, level=0.9) for m in ("UM.FS", "UM.RS", "CM.AL", "CM.EL")}
    alone["Beta-binomial"] = mm.beta_binomial(**ARMS, level=0.9)
    effects = mm.effect_size("OR", **ARMS)
    used = np.array([0, 2, 3, 4])
    alone["Inverse variance, common effect"] = mm.pool(effects.yi[used], effects.vi[used], "FE", "wald", 0.9)
    alone["Inverse variance, random effects"] = mm.pool(effects.yi[used], effects.vi[used], level=0.9)
    assert [row.name for row in answers] == list(RULES)
    for row in answers:
        one = alone[row.name]
        assert (row.estimate, row.se, row.ci, row.p_value, row.k) == (one.estimate, one.se, one.ci, one.p_value, one.k)


def test_measure_of_the_general_methods():
    for measure in ("OR", "RR", "RD"):
        answers = mm.rare_events(**ARMS, measure=measure)
        assert answers["Beta-binomial"].measure == answers["Inverse variance, common effect"].measure == measure
        assert answers["GLMM CM.EL"].measure == answers["Peto OR"].measure == "OR"


def test_rules_and_counts_fit_each_other():
    answers = mm.rare_events(**ARMS)
    assert (answers.k, answers.double_zero, answers.single_zero) == (5, 1, 1)
    for row in answers:
        keeps = row.name in {"MH RD", "Beta-binomial"}
        assert (row.k, row.left_out) == ((5, 0) if keeps else (4, 1))
        assert ("left out" in row.rule) != keeps
    assert answers.rule["MH OR"] == answers["MH OR"].rule


def test_text_frame_and_dict():
    answers = mm.rare_events(**ARMS)
    text = str(answers)
    assert text.startswith("5 studies, 1 without any event, 1 with events in one arm only")
    assert all(name in text for name in RULES)
    assert f"{math.exp(answers['MH OR'].estimate):.3g}" in text
    frame = answers.to_frame()
    assert list(frame["name"]) == list(RULES)
    assert frame.loc[1, "ci_low"] == answers["MH OR"].ci.low
    back = json.loads(json.dumps(answers.to_dict(), allow_nan=False))
    assert back["rows"][1]["estimate"] == answers["MH OR"].estimate
    assert back["rows"][-1]["tau2"] is None


@pytest.mark.parametrize(
    "tables",
    [
        ([], [], [], []),
        ([0, 0], [10, 20], [0, 0], [10, 20]),
        ([0, 0], [10, 20], [1, 3], [10, 20]),
        ([10, 20], [10, 20], [10, 20], [10, 20]),
        ([10, 20], [10, 20], [0, 0], [10, 20]),
        ([0, 2], [10, 20], [1, 0], [10, 20]),
        ([1], [1], [0], [1]),
        ([3], [10], [math.nan], [10]),
    ],
)
@pytest.mark.filterwarnings("error")
def test_no_tables_are_too_empty_for_an_answer_in_words(tables):
    answers = mm.rare_events(*tables)
    assert len(answers) == len(RULES)
    for row in answers:
        assert not math.isnan(row.estimate) or row.notes
    assert "nan" not in str(answers)
    json.dumps(answers.to_dict(), allow_nan=False)


def test_an_unknown_method_is_named_with_its_neighbour():
    with pytest.raises(mm.ArgumentError, match="did you mean 'MH OR'"):
        mm.rare_events(**ARMS)["mh or"]
