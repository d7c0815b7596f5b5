"""Tests for small-study effects: values of metafor and meta, identities, and when no verdict is given."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr
from statsmodels.api import WLS, add_constant

from msc_meta.effects.measures import MEASURES
from msc_meta.errors import ArgumentError
from msc_meta.robustness.asymmetry import small_study_effects
from msc_meta.robustness.kendall import kendall
from msc_meta.robustness.small_study import begg, egger, harbord, peters
from tests.robustness.references import left_over, sets

SETS = sets("small_study")
TABLES = sets("score_tests")
MODELS = {
    "regtest_lm": ("classical", "REML"),
    "regtest_DL": ("mixed-effects", "DL"),
    "regtest_REML": ("mixed-effects", "REML"),
}
EVENTS = {"event_e": [5, 3, 9, 12], "n_e": [20, 10, 40, 80], "event_c": [10, 6, 12, 13], "n_c": [20, 10, 40, 80]}


@pytest.mark.parametrize("section", MODELS)
@pytest.mark.parametrize("data", SETS, ids=lambda data: data["id"])
def test_egger_is_metafors(data, section):
    model, method = MODELS[section]
    # closed forms but for REML; the inverse of a 2 x 2 matrix costs metafor digits where sizes differ little
    rel = 1e-10 + (1e-8 + left_over(data["yi"], data["vi"]) if section == "regtest_REML" else 0)
    for predictor, theirs in data[section].items():
        ours = egger(data["yi"], data["vi"], data.get("ni"), model, predictor, method)
        assert ours.statistic == pytest.approx(theirs["stat"], rel=rel, abs=rel)
        assert ours.p_value == pytest.approx(theirs["pval"], rel=rel * max(1, ours.statistic**2))
        slope = theirs["slope"] if section == "regtest_lm" else theirs["coef"][1]
        assert ours.intercept == pytest.approx(slope, rel=rel, abs=rel * ours.intercept_se)
        if theirs["limit_est"] is None:
            assert np.isnan(ours.limit_estimate)
        else:
            small = rel * ours.limit_ci.width
            assert ours.limit_estimate == pytest.approx(theirs["limit_est"], rel=rel, abs=small)
            assert ours.limit_ci == pytest.approx(theirs["limit_ci"], rel=rel, abs=small)
        if section != "regtest_lm":
            assert ours.intercept_se == pytest.approx(theirs["se"][1], rel=rel)
            loose = 1e-9 + 10 * left_over(data["yi"], data["vi"])
            assert ours.tau2 == pytest.approx(theirs["tau2"], rel=1e-8, abs=loose * min(data["vi"]))


@pytest.mark.parametrize("data", SETS, ids=lambda data: data["id"])
def test_begg_is_metafors(data):
    tau, p_value, p_normal = data["ranktest"]
    ours = begg(data["yi"], data["vi"])
    assert ours.tau == pytest.approx(tau, rel=1e-12, abs=1e-15)
    assert ours.p_value == pytest.approx(p_value, rel=1e-10)
    assert ours.exact == (len(set(data["vi"])) == len(data["vi"]))
    assert 2 * ndtr(-abs(ours.z)) == pytest.approx(p_normal, rel=1e-10)


@pytest.mark.parametrize("measure", ["OR", "RR"])
@pytest.mark.parametrize("data", TABLES, ids=lambda data: data["id"])
def test_peters_and_harbord_are_metas(data, measure):
    cells = [np.array(data["data"][name], dtype=float) for name in ("ai", "n1i", "ci", "n2i")]
    a, n1, c, n2 = cells
    if f"Peters_{measure}" in data:
        ours, theirs = peters(*cells, measure=measure), data[f"Peters_{measure}"]
        assert ours.df == theirs[1]
        # for a risk ratio with an empty cell R's meta adds 0.5 to the patients where metafor (and we) add 1
        if measure == "OR" or not ((a == 0) | (c == 0) | (a == n1) | (c == n2)).any():
            assert [ours.statistic, ours.intercept, ours.intercept_se] == pytest.approx(
                [theirs[0], *theirs[3:]], rel=1e-10
            )
            assert ours.p_value == pytest.approx(theirs[2], rel=1e-9)
    if f"Harbord_{measure}" in data:
        ours, theirs = harbord(*cells, measure=measure), data[f"Harbord_{measure}"]
        assert ours.df == theirs[1]
        # for a risk ratio R's meta has the information of arms of equal size, n e / (4 (n - e)): so, and nowhere else
        if measure == "OR" or (n1 == n2).all():
            assert [ours.statistic, ours.intercept, ours.intercept_se] == pytest.approx(
                [theirs[0], *theirs[3:]], rel=1e-10
            )
            assert ours.p_value == pytest.approx(theirs[2], rel=1e-9)
        if measure == "RR":
            keep = (a + c > 0) & (a + c < n1 + n2)
            a, n1, e, n = a[keep], n1[keep], (a + c)[keep], (n1 + n2)[keep]
            score, information = (n * a - e * n1) / (n - e), n * e / (4 * (n - e))
            assert egger(score / information, 1 / information).statistic == pytest.approx(theirs[0], rel=1e-9)


def test_egger_is_a_weighted_least_squares_fit_of_statsmodels():
    data = SETS[1]
    yi, vi = np.array(data["yi"]), np.array(data["vi"])
    theirs, ours = WLS(yi, add_constant(np.sqrt(vi)), weights=1 / vi).fit(), egger(yi, vi)
    assert ours.intercept == pytest.approx(theirs.params[1], rel=1e-10)
    assert ours.p_value == pytest.approx(theirs.pvalues[1], rel=1e-10)
    assert ours.limit_ci == pytest.approx(theirs.conf_int()[0], rel=1e-10)


@given(
    st.lists(st.tuples(st.integers(-60, 60), st.integers(1, 40)), min_size=3, max_size=12).filter(
        lambda rows: len({v for _, v in rows}) > 1
    ),
    st.sampled_from(["classical", "mixed-effects"]),
)
def test_swapped_arms_turn_the_intercept_and_a_unit_scales_the_limit(rows, model):
    yi, vi = np.array([y / 10 for y, _ in rows]), np.array([v / 10 for _, v in rows])
    one, swapped, scaled = egger(yi, vi, model=model), egger(-yi, vi, model=model), egger(5 * yi, 25 * vi, model=model)
    size = one.intercept_se + 1e-9
    assert swapped.intercept == pytest.approx(-one.intercept, rel=1e-6, abs=1e-7 * size)
    assert scaled.intercept == pytest.approx(one.intercept, rel=1e-6, abs=1e-7 * size)
    assert scaled.limit_estimate == pytest.approx(5 * one.limit_estimate, rel=1e-6, abs=1e-6)
    assert begg(-yi, vi).p_value == pytest.approx(begg(yi, vi).p_value, nan_ok=True)
    assert begg(-yi, vi).tau == pytest.approx(-begg(yi, vi).tau, nan_ok=True)


@pytest.mark.parametrize("k", [2, 3, 4, 5, 6])
def test_the_exact_p_value_counts_all_permutations(k):
    scores = [
        sum(np.sign(p[j] - p[i]) for i, j in itertools.combinations(range(k), 2))
        for p in itertools.permutations(range(k))
    ]
    for permutation in list(itertools.permutations(range(k)))[:50]:
        ours = kendall(np.arange(k, dtype=float), np.array(permutation, dtype=float))
        tails = np.mean([s <= ours.s for s in scores]), np.mean([s >= ours.s for s in scores])
        assert ours.p_value == pytest.approx(min(1, 2 * min(tails)))


def test_the_normal_p_value_has_the_variance_over_permutations_of_ties():
    x, y = np.array([1.0, 1, 2, 3, 3]), np.array([2.0, 1, 1, 1, 4])
    scores = [kendall(x, np.array(p)).s for p in itertools.permutations(y)]
    ours = kendall(x, y)
    assert not ours.exact
    assert (ours.s / ours.z) ** 2 == pytest.approx(np.var(scores))


def test_few_or_equal_studies_have_no_line():
    assert "three studies" in egger([0.1, 0.2], [1, 2]).notes[0]
    assert "alike" in egger([0.1, 0.2, 0.5], [1, 1, 1]).notes[0]
    assert np.isnan(egger([0.1, 0.2, 0.5], [1, 1, 1]).p_value)
    assert np.isnan(begg([0.1], [1]).tau)
    assert np.isnan(begg([0.1, 0.2], [1, 1]).p_value)
    assert harbord([0, 1], [9, 9], [0, 2], [9, 9]).k == 1
    assert "1 of 5 studies left out" in peters(*([*EVENTS[n], 0 if "event" in n else 9] for n in EVENTS)).notes[0]


def test_a_verdict_needs_ten_studies():
    few = egger([0.1, 0.5, 0.4, 0.9], [0.01, 0.05, 0.03, 0.2])
    assert few.p_value < 0.1
    assert few.verdict.startswith("4 studies: under 10")
    yi, vi = np.linspace(0, 1, 12) ** 2, np.linspace(0.01, 0.2, 12)
    many = egger(yi, vi)
    assert "finds effects that change" in many.verdict
    assert "not ruled out" in egger(np.tile([0.1, -0.1], 6), vi).verdict
    assert "not defined" in egger(yi, np.ones(12)).verdict
    assert many.t == many.statistic
    assert np.isnan(many.z)
    assert egger(yi, vi, model="mixed-effects").z == egger(yi, vi, model="mixed-effects").statistic
    assert many.to_dict()["tau2"] is None
    assert begg(yi, vi).verdict.startswith("Begg's test finds")


@pytest.mark.parametrize("measure", MEASURES)
def test_every_measure_is_offered_what_fits(measure):
    offer = small_study_effects(measure, 12)
    assert offer.enough
    assert "under 10" not in offer.verdict
    assert ("egger" in offer.tests) == (measure not in {"OR", "RR", "RD", "PETO", "SMD", "SMDH"})
    assert "under 10" in small_study_effects(measure, 9).verdict


def test_arguments_are_checked():
    with pytest.raises(ArgumentError, match="did you mean 'classical'"):
        egger([0.1, 0.2, 0.3], [1, 2, 3], model="clasical")
    with pytest.raises(ArgumentError, match="made of ni"):
        egger([0.1, 0.2, 0.3], [1, 2, 3], predictor="ninv")
    with pytest.raises(ArgumentError, match=r"ni\[2\] is 0"):
        egger([0.1, 0.2, 0.3], [1, 2, 3], [5, 6, 0], predictor="ninv")
    with pytest.raises(ArgumentError, match="ni has 2 values and yi has 3"):
        egger([0.1, 0.2, 0.3], [1, 2, 3], [5, 6])
    with pytest.raises(ArgumentError, match=r"event_e\[0\] is 21"):
        harbord(**EVENTS | {"event_e": [21, 3, 9, 12]})
    with pytest.raises(ArgumentError, match="measure is 'RD'"):
        peters(**EVENTS, measure="RD")
