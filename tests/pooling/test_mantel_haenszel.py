"""Mantel-Haenszel and Peto against metafor and meta, and what they must keep whatever the tables."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from msc_meta.effects.measures import effect_size
from msc_meta.errors import ArgumentError
from msc_meta.pooling.mantel_haenszel import MH_MEASURES, breslow_day, cochran_mantel_haenszel, mantel_haenszel
from msc_meta.pooling.mantel_haenszel_random import random_about
from msc_meta.pooling.peto import peto
from msc_meta.pooling.random_effects import CI_METHODS, pool

SETS = json.loads((Path(__file__).parents[1] / "reference" / "rare_events.json").read_text(encoding="utf-8"))["sets"]
SCOPES = {"none": "none", "only0": "only-zero", "all": "all"}
REL = 1e-10  # closed forms: a few sums of doubles

# tables with empty cells, double zeros and events only, unequal arms
TABLES = st.lists(
    st.tuples(st.integers(1, 60), st.integers(1, 60), st.floats(0, 1), st.floats(0, 1)).map(
        lambda t: (int(t[2] * t[0]), t[0], int(t[3] * t[1]), t[1])
    ),
    min_size=1,
    max_size=12,
)


def arms(data):
    return dict(zip(("event_e", "n_e", "event_c", "n_c"), (data[c] for c in ("ai", "n1i", "ci", "n2i")), strict=True))


def columns(tables):
    return dict(zip(("event_e", "n_e", "event_c", "n_c"), np.array(tables, dtype=float).T, strict=True))


def agrees(result, theirs):
    assert result.estimate == pytest.approx(theirs["est"], rel=REL, abs=REL * result.se)
    assert result.se == pytest.approx(theirs["se"], rel=REL)
    assert result.statistic == pytest.approx(theirs["stat"], rel=REL, abs=REL)
    # a tail: digits go with its logarithm
    assert result.p_value == pytest.approx(theirs["pval"], rel=REL * max(1, result.statistic**2))
    assert result.ci == pytest.approx((theirs["ci_lb"], theirs["ci_ub"]), rel=REL, abs=REL * result.se)
    assert result.q == pytest.approx(theirs["Q"], rel=REL)
    assert result.q_p == pytest.approx(theirs["Qp"], rel=REL * max(1, result.q))
    assert (result.i2, result.h2) == pytest.approx((theirs["I2"], theirs["H2"]), rel=REL, abs=1e-9)


@pytest.mark.parametrize("data", SETS, ids=lambda data: data["id"])
def test_metafor_agrees(data):
    for theirs in data["mh"]:
        agrees(mantel_haenszel(theirs["measure"], **arms(data["data"]), scope=SCOPES[theirs["to_mh"]]), theirs)
    agrees(peto(**arms(data["data"])), data["peto"])


@pytest.mark.parametrize("data", SETS, ids=lambda data: data["id"])
def test_tests_over_all_tables_agree_with_metafor(data):
    counts = arms(data["data"])
    theirs = next(fit for fit in data["mh"] if fit["measure"] == "OR" and fit["to_mh"] == "none")
    for ours, name in (
        (cochran_mantel_haenszel(**counts), "MH"),
        (breslow_day(**counts), "TA"),
        (breslow_day(**counts, tarone=False), "BD"),
    ):
        assert ours.statistic == pytest.approx(theirs[name], rel=REL)
        assert ours.p_value == pytest.approx(theirs[f"{name}p"], rel=REL * max(1, ours.statistic))
    plain = cochran_mantel_haenszel(**counts, continuity=False)
    assert plain.statistic == pytest.approx(data["cmh"]["MH"], rel=REL)


@pytest.mark.parametrize("data", SETS, ids=lambda data: data["id"])
def test_meta_agrees_where_it_has_the_same_rule(data):
    counts = arms(data["data"])
    for measure in ("RR", "OR"):
        result = mantel_haenszel(measure, **counts)
        assert (result.estimate, result.se) == pytest.approx(data["meta"][f"{measure}_MH_exact"], rel=REL, abs=1e-12)
    if all(0 < e < n for e, n in ((*p,) for a, b in (("ai", "n1i"), ("ci", "n2i")) for p in
                                  zip(data["data"][a], data["data"][b], strict=True))):  # fmt: skip
        # with an empty cell meta corrects RD's variance and leaves double zeros out
        result = mantel_haenszel("RD", **counts, rd_variance="greenland-robins")
        assert (result.estimate, result.se) == pytest.approx(data["meta"]["RD_MH"], rel=REL, abs=1e-12)


def test_a_single_table_is_its_own_answer():
    for measure, expected in (("RR", np.log(0.5)), ("OR", np.log(5 * 10 / (15 * 10))), ("RD", -0.25)):
        assert mantel_haenszel(measure, 5, 20, 10, 20).estimate == pytest.approx(expected, rel=1e-12)


def test_weights_agree_with_metafor():
    counts = columns([(2, 20, 6, 22), (0, 15, 3, 15), (5, 40, 9, 38), (9, 60, 8, 30)])
    # weights(rma.mh(..., add=0, to="none")) and weights(rma.peto(...)) of metafor 3.8-1, in percent
    expected = {
        "RR": [19.971834592242, 10.485213160927, 32.262194341314, 37.280757905518],
        "OR": [20.338393788388, 11.864063043226, 31.941708193302, 35.855834975084],
        "RD": [18.231075697211, 13.051792828685, 33.912350597610, 34.804780876494],
    }
    for measure, weights in expected.items():
        assert mantel_haenszel(measure, **counts).weights == pytest.approx(weights, rel=1e-12)
    weights = [19.7966756727841, 8.3537246219829, 34.7796167616235, 37.0699829436095]
    assert peto(**counts).weights == pytest.approx(weights, rel=1e-12)


def test_a_table_of_few_patients_has_an_answer_and_all_the_weight():
    # rma.peto(ai=1, n1i=5, ci=2, n2i=5) of metafor 3.8-1: the variance of its events is below 1
    result = peto(1, 5, 2, 5)
    assert (result.estimate, result.se) == pytest.approx((-0.8571428571428571, 1.3093073414159542), rel=1e-12)
    assert result.weights == mantel_haenszel("OR", 1, 2, 1, 2).weights == (100.0,)


def test_tables_without_any_difference_have_no_heterogeneity():
    result = mantel_haenszel("OR", **columns([(5, 10, 5, 10), (4, 8, 4, 8)]))
    assert (result.estimate, result.q, result.i2, result.h2, result.q_p) == (0, 0, 0, 0, 1)


@pytest.mark.parametrize("fit", [peto, lambda **counts: mantel_haenszel("RR", **counts)])
def test_a_common_effect_has_one_interval_and_no_tau2(fit):
    result = fit(**columns([(2, 20, 6, 22), (5, 40, 9, 38)]))
    assert result.wald_ci == result.ci
    assert result.tau2 == 0
    assert (result.ci.low + result.ci.high) / 2 == pytest.approx(result.estimate, rel=1e-12)
    assert result.i2_q == result.i2
    assert result.h2_q == result.h2 == result.q / result.q_df


def test_no_association_test_without_a_table_that_has_both_outcomes():
    nothing = cochran_mantel_haenszel([0, 10], [10, 10], [0, 20], [10, 20])
    assert np.isnan([nothing.statistic, nothing.p_value]).all()


@given(TABLES)
def test_swapped_arms_order_and_duplicates(tables):
    counts = columns(tables)
    swapped = {"event_e": counts["event_c"], "n_e": counts["n_c"], "event_c": counts["event_e"], "n_c": counts["n_e"]}
    backwards = {name: values[::-1] for name, values in counts.items()}
    twice = {name: np.tile(values, 2) for name, values in counts.items()}
    for fit in (*(lambda measure=m, **kw: mantel_haenszel(measure, **kw) for m in MH_MEASURES), peto):
        one, other, turned, doubled = fit(**counts), fit(**swapped), fit(**backwards), fit(**twice)
        same = {"rel": 1e-9, "abs": 1e-9, "nan_ok": True}
        assert other.estimate == pytest.approx(-one.estimate, **same)
        assert other.se == pytest.approx(one.se, **same)
        assert turned.estimate == pytest.approx(one.estimate, **same)
        assert turned.weights == pytest.approx(one.weights[::-1], **same)
        assert doubled.estimate == pytest.approx(one.estimate, **same)
        assert doubled.se * np.sqrt(2) == pytest.approx(one.se, **same)
        assert doubled.k == 2 * one.k


@given(TABLES, st.integers(1, 50), st.integers(1, 50))
def test_a_double_zero_study_changes_no_ratio(tables, n_e, n_c):
    counts, more = columns(tables), columns([*tables, (0, n_e, 0, n_c)])
    for fit in (*(lambda measure=m, **kw: mantel_haenszel(measure, **kw) for m in ("RR", "OR")), peto):
        without, with_it = fit(**counts), fit(**more)
        assert with_it.estimate == pytest.approx(without.estimate, rel=1e-12, abs=1e-12, nan_ok=True)
        assert with_it.se == pytest.approx(without.se, rel=1e-12, nan_ok=True)
        assert with_it.k == without.k
        assert with_it.weights[-1] == 0
        assert any("without events in both arms not used" in note for note in with_it.notes)
    difference = mantel_haenszel("RD", **more)
    assert difference.k == len(tables) + 1
    assert difference.weights[-1] > 0


def test_an_arm_without_events_is_not_estimable_and_says_so():
    for measure in ("RR", "OR"):
        result = mantel_haenszel(measure, [0, 0], [10, 20], [1, 3], [10, 20])
        assert np.isnan([result.estimate, result.se, *result.ci, result.p_value]).all()
        assert any("Not estimable" in note for note in result.notes)
        assert "nan" not in str(result)
    assert peto([0, 0], [10, 20], [1, 3], [10, 20]).estimate < 0
    assert np.isnan(peto([0], [10], [0], [10]).estimate)
    assert mantel_haenszel("RD", [], [], [], []).k == 0


@pytest.mark.parametrize("ci_method", CI_METHODS)
@pytest.mark.parametrize("prediction", ["t(k-1)", "t(k-2)", "normal"])
def test_random_effects_about_a_common_effect_with_the_same_q_are_dersimonian_and_lairds(ci_method, prediction):
    yi, vi = np.array([-0.9, 0.2, -0.4, 0.6, -1.1]), np.array([0.05, 0.08, 0.02, 0.11, 0.07])
    options = {"ci_method": ci_method, "prediction": prediction, "level": 0.9, "measure": "OR"}
    ours = random_about(pool(yi, vi, "FE", "wald"), yi, vi, **options)
    theirs = pool(yi, vi, "DL", i2_definition="q", **options)
    assert ours.method == "DL-MH"
    for name in ("estimate", "se", "tau2", "statistic", "p_value", "q", "q_p", "i2", "i2_q", "h2", "h2_q"):
        assert getattr(ours, name) == pytest.approx(getattr(theirs, name), rel=1e-10), name
    for name in ("ci", "wald_ci", "prediction", "weights"):
        assert getattr(ours, name) == pytest.approx(getattr(theirs, name), rel=1e-10), name
    assert (ours.k, ours.df, ours.q_df, ours.ci_method) == (5, theirs.df, 4, ci_method)
    assert np.isnan([*ours.tau2_ci, *ours.i2_ci, *ours.h2_ci]).all()


@pytest.mark.parametrize("ci_method", CI_METHODS)
def test_random_effects_about_a_common_effect_of_few_or_equal_studies(ci_method):
    two = random_about(pool([0.1, 0.5], [0.1, 0.2], "FE", "wald"), [0.1, 0.5], [0.1, 0.2], ci_method=ci_method)
    assert two.tau2 == 0  # Q below its degrees of freedom
    assert two.i2 == two.i2_q == 0
    assert np.isnan(two.prediction).all()
    one = random_about(pool([0.1], [0.1], "FE", "wald"), [0.1], [0.1], ci_method=ci_method)
    assert (one.estimate, one.ci_method, one.method) == (0.1, "wald", "DL-MH")
    equal = random_about(pool([0.3] * 3, [0.1] * 3, "FE", "wald"), [0.3] * 3, [0.1] * 3, ci_method="hksj-adhoc")
    assert (equal.i2, equal.h2, equal.se) == pytest.approx((0, 0, np.sqrt(0.1 / 3)))  # never narrower than Wald's
    assert np.isfinite(equal.prediction).all()


def test_heterogeneity_about_mantel_haenszel_is_that_of_its_q():
    counts = columns([(2, 20, 6, 22), (1, 15, 9, 15), (15, 40, 9, 38), (9, 60, 8, 30)])
    common, effects = mantel_haenszel("RR", **counts), effect_size("RR", **counts)
    random = random_about(common, effects.yi, effects.vi, measure="RR")
    inverse = pool(effects.yi, effects.vi, "DL")
    assert (random.q, random.q_p, random.q_df) == (common.q, common.q_p, 3)
    assert common.q != pytest.approx(inverse.q, rel=1e-6)
    assert random.i2 == random.i2_q == pytest.approx(common.i2, rel=1e-12)
    assert random.h2 == random.h2_q == pytest.approx(common.q / 3, rel=1e-12)
    weights = 1 / effects.vi
    tau2 = (common.q - 3) / (weights.sum() - (weights**2).sum() / weights.sum())  # as RevMan's document has it
    assert random.tau2 == pytest.approx(tau2, rel=1e-12)


def test_studies_left_out_are_counted_by_their_reason():
    counts = columns([(2, 20, 6, 22), (0, 15, 0, 15), (9, 9, 8, 8), (1, 12, 3, 14)])
    reasons = ("1 study without events in both arms not used.", "1 study with events in all patients not used.")
    assert peto(**counts).notes == reasons
    assert mantel_haenszel("OR", **counts).notes == reasons
    assert mantel_haenszel("RD", **counts).notes == ()


def test_breslow_day_without_an_answer_keeps_its_degrees_of_freedom():
    for tables, df in (([(1, 10, 2, 10)], 0), ([], 0), ([(0, 10, 2, 10), (0, 20, 3, 20), (0, 9, 1, 9)], 2)):
        test = breslow_day(**columns(tables)) if tables else breslow_day([], [], [], [])
        assert test.df == df
        assert np.isnan([test.statistic, test.p_value]).all()


def test_missing_counts_are_left_out():
    whole, gaps = mantel_haenszel("OR", [1, 3], [10, 20], [4, 5], [10, 20]), [1, np.nan, 3]
    result = mantel_haenszel("OR", gaps, [10, 15, 20], [4, 2, 5], [10, 15, 20])
    assert (result.estimate, result.k, result.weights[1]) == (whole.estimate, 2, 0)
    assert result.notes == ("1 study with missing counts not used.",)


def test_complaints():
    with pytest.raises(ArgumentError, match="measure is 'MD'"):
        mantel_haenszel("MD", 1, 2, 1, 2)
    with pytest.raises(ArgumentError, match=r"event_e\[1\] is 5"):
        peto([1, 5], [4, 4], [1, 1], [4, 4])
    with pytest.raises(ArgumentError, match="scope is 'some'"):
        mantel_haenszel("RR", 1, 2, 1, 2, scope="some")
    with pytest.raises(ArgumentError, match="level"):
        peto(1, 2, 1, 2, level=95)
