"""Answers on trust: the kernels' numbers under what the evidence and the protocol give, or a sentence why not."""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

import msc_meta as mm
from msc_meta.effects.rows import ArmNumbers, StudyRow
from msc_meta.errors import ArgumentError, DataError
from msc_meta.figures.style import load_style
from msc_meta.protocol_plans import Prior
from msc_meta.report.page_trust import NAMES, trust
from msc_meta.report.results_json import outcome_values, to_json
from msc_meta.trust.answer import percent
from msc_meta.trust.assumptions import by_year, priors_of, risk_of_control, standard_deviation, typical_sd
from msc_meta.trust.beliefs import beliefs_of, in_words
from msc_meta.trust.information import information_of
from msc_meta.trust.specifications import specifications_of
from msc_meta.trust.subsets import subsets_of
from msc_meta.trust.trial_to_come import next_trial_of
from tests.conftest import PROJECT

EVIDENCE = mm.load_studies(PROJECT / "studies")
SYNTHESIS = mm.synthesize(EVIDENCE, sensitivity=False)
MORTALITY, STAY = SYNTHESIS["mortality"], SYNTHESIS["discharge_time"]
LIGHT = {"simulations": 200, "sizes": (100, 400), "target": None}
ALL = (subsets_of, specifications_of, beliefs_of, information_of, next_trial_of)


def row(study: str, year: int | None = None, **arms: ArmNumbers) -> StudyRow:
    return StudyRow(study=study, label=study, year=year, standing="pooled", **arms)


def with_measure(outcome, measure: str):
    """Return an outcome whose effects are said to be of another measure."""
    return replace(outcome, rules=outcome.rules.model_copy(update={"measure": measure}))


def test_the_control_risk_is_that_of_all_control_patients():
    rows = [row("a", e=ArmNumbers(events=1, n=10), c=ArmNumbers(events=3, n=10)),
            row("b", e=ArmNumbers(events=1, n=10), c=ArmNumbers(events=1, n=30)),
            row("c", c=ArmNumbers(n=50))]  # fmt: skip
    assert risk_of_control(rows).value == 0.1
    assert risk_of_control(rows, 0.3).value == 0.3
    with pytest.raises(ArgumentError, match="can not be read from 0 events among 0"):
        risk_of_control(rows[2:])


def test_standard_deviations_are_pooled_by_their_degrees_of_freedom():
    rows = [row("a", e=ArmNumbers(sd=2, n=11), c=ArmNumbers(sd=3, n=11)),
            row("b", e=ArmNumbers(sd=2, n=11), c=ArmNumbers(sd=6, n=6))]  # fmt: skip
    assert standard_deviation(rows, "days").value == pytest.approx(math.sqrt((10 * 9 + 5 * 36) / 15))
    assert typical_sd(rows) == pytest.approx(
        (math.sqrt((10 * 4 + 10 * 9) / 20) + math.sqrt((10 * 4 + 5 * 36) / 15)) / 2
    )


def test_trials_become_known_by_year_then_by_id_and_undated_ones_last():
    rows = [row("z", 2020), row("c"), row("b", 2021), row("a", 2020)]
    assert [one.study for one in by_year(rows)] == ["a", "z", "b", "c"]


def test_answers_are_those_of_the_kernels():
    yi, vi = [r.yi for r in MORTALITY.pooled], [r.vi for r in MORTALITY.pooled]
    assert np.array_equal(MORTALITY.gosh().estimate, mm.gosh(yi, vi).estimate)
    # repr: from Python 3.13 on a dataclass that holds nan is not equal to itself
    assert repr(MORTALITY.bayes()) == repr(mm.bayes(yi, vi, mm.turner(), measure="RR"))
    assert MORTALITY.multiverse(leave_one_out=False).estimate[0] == pytest.approx(MORTALITY.result.estimate)
    events = sum(r.c.events for r in MORTALITY.pooled) / sum(r.c.n for r in MORTALITY.pooled)
    trial = mm.Trial(n_e=200, n_c=200, control_risk=events)
    by_hand = mm.next_trial(yi, vi, trial, measure="RR", simulations=500)
    assert repr(MORTALITY.next_trial(400, simulations=500)) == repr(by_hand)
    rows = by_year(MORTALITY.pooled)
    sequence = mm.sequential_analysis(
        [r.yi for r in rows], [r.vi for r in rows], [r.e.n + r.c.n for r in rows], measure="RR", effect=0.7,
        control_risk=events, ci_method="hksj",
    )  # fmt: skip
    assert MORTALITY.sequential(0.7).required == sequence.required
    assert np.array_equal(MORTALITY.sequential(0.7).z, sequence.z)


def test_priors_follow_the_declared_type_and_the_unit_of_the_trials():
    main, others, _ = priors_of(STAY.rules, STAY.pooled)
    sd = typical_sd(STAY.pooled)
    assert main == mm.rhodes("hospital stay", sd)
    assert others[0] == mm.rhodes("hospital stay", sd, "other")
    assert [prior.parameters[0] for prior in others[1:]] == pytest.approx([0.5 * sd, sd, 0.5 * sd])
    assert priors_of(MORTALITY.rules, MORTALITY.pooled, "half-Cauchy(1)").main == mm.tau_prior("half-Cauchy(1)")
    undeclared = MORTALITY.rules.model_copy(update={"prior": Prior()})
    assert priors_of(undeclared, MORTALITY.pooled).main == mm.tau_prior("half-normal(0.5)")
    wrong = MORTALITY.rules.model_copy(update={"prior": Prior(type="hospital stay")})
    with pytest.raises(ArgumentError, match="'hospital stay', which does not fit the measure RR"):
        priors_of(wrong, MORTALITY.pooled)


def test_a_minimal_important_difference_is_read_on_the_shown_scale():
    answer = beliefs_of(MORTALITY, minimal_important_difference=0.8)
    assert answer.important == math.log(0.8)
    expected = answer.found.probability_of_benefit("lower", math.log(0.8))
    assert answer.to_dict()["probability"]["important_benefit"] == expected
    asked = next_trial_of(MORTALITY, n=400, minimal_important_difference=0.9, **LIGHT)
    assert asked.beyond == math.log(0.9)
    assert asked.found.probability < next_trial_of(MORTALITY, n=400, **LIGHT).found.probability
    with pytest.raises(ArgumentError, match="a risk ratio is above 0"):
        beliefs_of(MORTALITY, minimal_important_difference=-0.1)


def test_a_minimal_important_difference_on_the_worse_side_is_refused():
    for analyse in (beliefs_of, next_trial_of):
        with pytest.raises(ArgumentError, match=r"1\.2, which is no benefit: lower is better, and no effect is 1"):
            analyse(MORTALITY, minimal_important_difference=1.2)
        with pytest.raises(ArgumentError, match="1, which is no benefit: lower is better, and no effect is 0"):
            analyse(STAY, minimal_important_difference=1)
        with pytest.raises(ArgumentError, match="-5, which is no benefit: higher is better"):
            analyse(SYNTHESIS["oxygenation"], minimal_important_difference=-5)


def test_the_interval_of_a_sequential_analysis_is_that_of_the_main_result():
    for outcome in SYNTHESIS.values():
        assert outcome.sequential().naive == pytest.approx(outcome.result.ci)
    other = information_of(MORTALITY, ci_method="wald")
    assert "wald, where the protocol has hksj" in other.assumed[-1]
    assert "where the protocol has" not in " ".join(information_of(MORTALITY).assumed)


def test_an_adjusted_interval_is_told_in_any_unit_and_left_out_only_where_it_tells_nothing():
    assert "adjusted for the looks -9" in information_of(SYNTHESIS["oxygenation"]).verdict[2]
    assert "no interval can be given" in information_of(SYNTHESIS["oxygenation"], effect=5).verdict[2]


@pytest.mark.parametrize("analyse", ALL)
def test_no_study_and_measures_without_a_simulation_are_a_sentence(analyse):
    empty = replace(MORTALITY, rows=(), result=mm.pool([], []))
    assert "No study can be pooled" in analyse(empty).why_not
    for measure in ("HR", "LRM"):
        outcome = with_measure(MORTALITY, measure)
        if analyse in (information_of, next_trial_of):
            assert f"({measure}) is not possible" in analyse(outcome).why_not
            assert analyse(outcome).to_dict()["why_not"]
        elif analyse is beliefs_of and measure == "HR":
            assert analyse(outcome).found.tau_prior == mm.turner()


def test_sizes_that_are_not_known_are_named():
    rows = tuple(replace(one, e=replace(one.e, n=math.nan)) if at == 0 else one for at, one in
                 enumerate(MORTALITY.pooled))  # fmt: skip
    assert "not known of Bellingan 2022" in information_of(replace(MORTALITY, rows=rows)).why_not
    with pytest.raises(ArgumentError, match="needs 3 studies or more, and 2 are pooled"):
        STAY.gosh()


@pytest.mark.parametrize("outcome", SYNTHESIS.values(), ids=list(SYNTHESIS))
def test_every_answer_has_words_numbers_and_a_table(outcome):
    for analyse in ALL:
        answer = analyse(outcome, **(LIGHT if analyse is next_trial_of else {}))
        assert outcome.rules.title in str(answer)
        text = to_json(answer.to_dict())
        assert len(text) < 20_000, "in short"
        assert "nan" not in str(answer).split()
        if not answer.why_not:
            assert all(sentence.endswith(".") for sentence in (*answer.verdict, *answer.assumed))
            assert sum(map(len, answer.frames())) > 0


def test_a_run_adds_what_the_protocol_asks_for(tmp_path):
    text = (PROJECT / "src/msc_meta/protocols/msc_ards.yaml").read_text(encoding="utf-8")
    asked = (
        "    robustness: {gosh: true, bayes: true, sequential: {effect: 0.8}, next_trial: {n: 100, simulations: 200}}\n"
    )
    important = "    minimal_important_difference: 0.9\n"
    path = tmp_path / "protocol.yaml"
    path.write_text(text.replace("    rare_events: true", f"{asked}{important}    rare_events: true"), encoding="utf-8")
    outcome = mm.synthesize(EVIDENCE, mm.load_protocol(path))["mortality"]
    found = outcome_values(outcome)["robustness"]
    assert list(found) == ["gosh", "bayes", "sequential", "next_trial"]
    assert found["sequential"]["settings"]["effect"] == 0.8
    assert found["next_trial"]["n"] == 100
    assert 0 < found["bayes"]["probability"]["important_benefit"] < found["bayes"]["probability"]["benefit"]
    assert outcome_values(MORTALITY)["robustness"] == {}
    wrong = "    minimal_important_difference: 1.2\n"
    path.write_text(text.replace("    rare_events: true", f"{wrong}    rare_events: true"), encoding="utf-8")
    with pytest.raises(DataError, match=r"1\.2 is no benefit: lower is better, and no effect is 1"):
        mm.load_protocol(path)


def test_what_a_run_can_not_answer_is_said_and_stops_nothing():
    wanted = {"effect": 1.0}
    rules = MORTALITY.rules.model_validate({**MORTALITY.rules.model_dump(), "robustness": {"sequential": wanted}})
    answer = replace(MORTALITY, rules=rules).robustness["sequential"]
    assert "effect is 1; an effect other than none is needed" in answer.why_not


def test_words_of_bayes_factors_and_shares():
    assert "decisive" in in_words(1e-5, "a", "b")
    assert "more than 1,000 times as likely with b" in in_words(1e-5, "a", "b")
    assert "about as likely" in in_words(1.01, "a", "b")
    assert percent(0.995) == "> 99%"


def test_the_report_says_what_the_analyses_say_and_assume():
    asked = {"gosh": True, "sequential": {"effect": 0.8}}
    rules = MORTALITY.rules.model_validate({**MORTALITY.rules.model_dump(), "robustness": asked})
    words = SimpleNamespace(outcome=replace(MORTALITY, rules=rules), style=load_style())
    first, second = trust(words).rows
    assert [first[0].text, second[0].text] == [NAMES["gosh"], NAMES["sequential"]]
    assert "4,083 subsets" in first[1].text
    assert "RR 0.8, as given" in second[2].text
    assert not trust(SimpleNamespace(outcome=MORTALITY, style=load_style()))


def test_ratios_of_two_kinds_on_one_curve_are_said():
    assert "odds ratio lies farther from 1" in specifications_of(MORTALITY, leave_one_out=False).assumed[-1]
    assert len(specifications_of(STAY).assumed) == 1
