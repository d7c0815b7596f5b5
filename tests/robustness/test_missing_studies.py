"""Trim and fill, Henmi-Copas, limit estimate and selection model: values of metafor and metasens, and identities."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import ndtr

from msc_meta.errors import ArgumentError
from msc_meta.pooling.random_effects import pool
from msc_meta.robustness.henmi_copas import henmi_copas
from msc_meta.robustness.limit_estimate import limit_estimate
from msc_meta.robustness.selection_model import selection_model
from msc_meta.robustness.trim_and_fill import trim_and_fill
from tests.robustness.references import sets

SETS = sets("small_study")
BCG = next(data for data in SETS if data["id"] == "dat.bcg-RR")
SELECTED = [
    pytest.param(data, fit, id=f"{data['id']}-{fit['alternative']}-{fit['steps']}")
    for data in SETS
    for fit in data["selmodel"]
    if fit["steps"] in (0.025, [0.025]) or (data["id"].startswith("dat.") and len(data["yi"]) < 20)
]
STUDIES = st.lists(st.tuples(st.integers(-60, 60), st.integers(1, 40)), min_size=1, max_size=15)


# ---- trim and fill --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", SETS, ids=lambda data: data["id"])
def test_trim_and_fill_is_metafors(data):
    for theirs in data["trimfill"]:
        side = None if theirs["side_arg"] == "auto" else theirs["side_arg"]
        method = theirs["method"].replace("EE", "FE")
        ours = trim_and_fill(data["yi"], data["vi"], theirs["estimator"], side, method, "wald")
        assert (ours.k0, ours.side) == (theirs["k0"], theirs["side"])
        if len(set(data["yi"])) < len(data["yi"]):
            continue  # which of equal effects is trimmed was decided by digits beyond the 13 pinned
        theirs_se = np.nan if theirs["se_k0"] is None else theirs["se_k0"]
        assert ours.k0_se == pytest.approx(theirs_se, rel=1e-12, nan_ok=True)
        if theirs["estimator"] == "R0":
            assert ours.k0_p == pytest.approx(theirs["p_k0"], rel=1e-12)
        assert ours.result.estimate == pytest.approx(theirs["est"], rel=1e-10, abs=1e-10 * ours.result.se)
        assert ours.result.se == pytest.approx(theirs["se"], rel=1e-10)
        assert ours.result.tau2 == pytest.approx(theirs["tau2"], rel=1e-10, abs=1e-10 * min(data["vi"]))


@settings(max_examples=30)
@given(STUDIES, st.sampled_from(["L0", "R0"]), st.sampled_from(["FE", "DL", "REML"]))
def test_filling_mirrors_the_most_extreme_and_always_ends(studies, estimator, method):
    yi, vi = np.array([y / 10 for y, _ in studies]), np.array([v / 10 for _, v in studies])
    left = trim_and_fill(yi, vi, estimator, "left", method, "wald")
    right = trim_and_fill(-yi, vi, estimator, "right", method, "wald")
    assert left.k0 == right.k0
    assert left.filled_yi == pytest.approx([-y for y in right.filled_yi], rel=1e-9, abs=1e-9)
    assert left.result.to_dict() == pool(left.yi, left.vi, method, "wald").to_dict()
    assert len(left.filled_yi) == left.k0 < max(2, len(studies))
    if left.k0:
        order = np.argsort(yi, kind="stable")
        rest = order[: len(order) - left.k0]
        mean = pool(yi[rest], vi[rest], method, "wald").estimate
        assert left.filled_yi == pytest.approx(2 * mean - yi[order[len(rest) :]], rel=1e-9, abs=1e-9)


def test_trim_and_fill_says_what_it_did():
    few = trim_and_fill([0.1, 0.2, 0.1, 0.9, 1.1], [0.01, 0.02, 0.03, 0.2, 0.3], method="FE")
    assert few.verdict == (
        "5 studies: under 10, symmetry of a funnel can not be judged. L0 fills 2 studies on the left of 5 observed."
    )
    assert few.to_dict()["k0_p"] is None
    assert few.filled_vi == (0.2, 0.3)
    assert trim_and_fill([0.1], [0.2]).notes == ("One study has no funnel.",)
    with pytest.raises(ArgumentError, match="estimator is 'Q0'"):
        trim_and_fill([0.1, 0.2], [1, 1], "Q0")
    with pytest.raises(ArgumentError, match="did you mean 'left'"):
        trim_and_fill([0.1, 0.2], [1, 1], side="Left")


# ---- Henmi and Copas ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [d for d in SETS if "henmi_copas" in d], ids=lambda data: data["id"])
def test_henmi_copas_is_metafors(data):
    ours, theirs = henmi_copas(data["yi"], data["vi"]), data["henmi_copas"]
    assert ours.estimate == pytest.approx(theirs["est"], rel=1e-10, abs=1e-10 * ours.se)
    assert ours.se == pytest.approx(theirs["se"], rel=1e-10)
    assert ours.tau2 == pytest.approx(theirs["tau2"], rel=1e-10, abs=1e-10 * min(data["vi"]))
    # uniroot and integrate were left at their tolerances of 1.2e-4
    assert ours.ci == pytest.approx((theirs["ci_lb"], theirs["ci_ub"]), abs=1e-3 * ours.se)


def test_henmi_copas_is_metafors_where_that_is_run_to_the_end():
    ours = henmi_copas(BCG["yi"], BCG["vi"])  # metafor 3.8-1, tolerances of integral and root set to 1e-12 and 1e-14
    assert ours.ci == pytest.approx((-1.15554876197206, 0.29497843466388), rel=1e-11)


@settings(max_examples=30)
@given(STUDIES)
def test_henmi_copas_has_the_common_effect_and_no_smaller_error(studies):
    yi, vi = np.array([y / 10 for y, _ in studies]), np.array([v / 10 for _, v in studies])
    ours, common = henmi_copas(yi, vi), pool(yi, vi, "FE")
    if len(studies) == 1:
        assert ours.to_dict()["estimate"] is None
        return
    assert ours.estimate == pytest.approx(common.estimate, rel=1e-9, abs=1e-9)
    assert ours.se >= common.se * (1 - 1e-12)
    assert henmi_copas(yi, vi, 0.99).ci.width > ours.ci.width > henmi_copas(yi, vi, 0.8).ci.width
    assert henmi_copas(7 * yi, 49 * vi).ci == pytest.approx([7 * bound for bound in ours.ci], rel=1e-8, abs=1e-8)


# ---- limit estimate -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [d for d in SETS if "limitmeta" in d], ids=lambda data: data["id"])
def test_limit_estimate_is_metasens(data):
    ours, theirs = limit_estimate(data["yi"], data["vi"]), data["limitmeta"]
    # meta's REML stops sooner than ours: tau of 5e-7 for 0 is the worst of it, and moves the line by as much
    rel = 1e-7 + 2 * abs(ours.tau - theirs["tau"]) / min(data["vi"]) ** 0.5
    assert ours.tau == pytest.approx(theirs["tau"], rel=1e-6, abs=1e-6)
    assert ours.estimate == pytest.approx(theirs["TE_adjust"], abs=rel * ours.se)
    assert ours.se == pytest.approx(theirs["seTE_adjust"], rel=rel)
    assert ours.ci == pytest.approx((theirs["lower_adjust"], theirs["upper_adjust"]), abs=2 * rel * ours.se)
    assert ours.p_value == pytest.approx(theirs["pval_adjust"], rel=rel * max(10, (ours.estimate / ours.se) ** 2))
    assert ours.q_residual == pytest.approx(theirs["Q_resid"], rel=1e-10)
    assert ours.q_small == pytest.approx(theirs["Q_small"], rel=1e-10, abs=1e-10 * ours.q)  # a difference of two Q
    assert ours.g2 == pytest.approx(theirs["G_squared"], abs=10 * rel)
    assert ours.alpha == pytest.approx(theirs["alpha_r"], rel=10 * rel, abs=rel)


def test_without_heterogeneity_the_limit_is_that_of_egger():
    vi = np.array([0.01, 0.02, 0.05, 0.1, 0.2])
    ours = limit_estimate(0.3 + 0.5 * np.sqrt(vi), vi)
    assert ours.tau == 0
    assert (ours.estimate, ours.alpha) == pytest.approx((0.3, 0.5))
    assert ours.q_residual == pytest.approx(0, abs=1e-12)


def test_a_limit_needs_studies_that_differ():
    assert limit_estimate([0.1, 0.2, 0.5], [1, 1, 1]).to_dict()["estimate"] is None
    assert limit_estimate([0.1, 0.2], [1, 2]).verdict.startswith("2 studies: under 10")
    assert "alike in precision" in limit_estimate(np.arange(12.0), np.ones(12)).verdict
    assert "infinitely precise" in limit_estimate(BCG["yi"], BCG["vi"]).verdict


# ---- selection model ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("data", "theirs"), SELECTED)
def test_selection_model_is_metafors_or_more_likely(data, theirs):
    steps = theirs["steps"] if isinstance(theirs["steps"], list) else [theirs["steps"]]
    ours = selection_model(data["yi"], data["vi"], steps, theirs["alternative"])
    gain = ours.log_likelihood - theirs["logLik"]
    assert gain > -1e-7  # never lower
    assert ours.lrt - theirs["LRT"] == pytest.approx(2 * gain, abs=1e-6)
    # Elsewhere metafor has stopped short: at a small tau2 where 0 is best, on the flat way to a weight of 0 or 100 of
    # an interval without studies, or at a lower maximum (li2007, nielweise2007-RD).
    if gain < 1e-5 and min(ours.counts) > 0:
        assert ours.estimate == pytest.approx(theirs["est"], abs=5e-3 * ours.se)  # the top is flat: its width is sqrt
        assert ours.weights == pytest.approx(theirs["delta"], rel=0.015)
        assert ours.tau2 == pytest.approx(theirs["tau2"], rel=1e-2, abs=1e-2 * float(np.median(data["vi"])))
        if ours.tau2 > 1e-3 * float(np.median(data["vi"])):
            assert ours.se == pytest.approx(theirs["se"], rel=1e-2)


@pytest.mark.parametrize("alternative", ["greater", "less", "two-sided"])
def test_the_selected_density_integrates_to_one_and_tops_at_the_estimate(alternative):
    yi, vi, cut = np.array(BCG["yi"]), np.array(BCG["vi"]), 0.025 if alternative != "two-sided" else 0.05
    fit = selection_model(yi, vi, [cut], alternative)

    def published(y, v):
        z = y / np.sqrt(v)
        p = {"greater": ndtr(-z), "less": ndtr(z), "two-sided": 2 * ndtr(-abs(z))}[alternative]
        return 1.0 if p <= cut else fit.weights[1]

    def height(mu, tau2):
        total = 0.0
        for y, v in zip(yi, vi, strict=True):
            sd, edge = np.sqrt(v + tau2), 1.959963984540054 * np.sqrt(v)

            def density(x, sd=sd, v=v):
                return published(x, v) * np.exp(-(((x - mu) / sd) ** 2) / 2) / (sd * np.sqrt(2 * np.pi))

            bounds = [mu - 12 * sd, *sorted(e for e in (-edge, edge) if abs(e - mu) < 12 * sd), mu + 12 * sd]
            whole = sum(quad(density, a, b)[0] for a, b in itertools.pairwise(bounds))
            total += np.log(density(y) / whole)
        return total

    top = height(fit.estimate, fit.tau2)
    assert top == pytest.approx(fit.log_likelihood, rel=1e-7)
    assert height(fit.estimate + 0.05, fit.tau2) < top
    assert height(fit.estimate - 0.05, fit.tau2) < top


def test_selection_models_mirror_and_scale():
    yi, vi = np.array(BCG["yi"]), np.array(BCG["vi"])
    one, swapped = selection_model(yi, vi, alternative="less"), selection_model(-yi, vi, alternative="greater")
    scaled = selection_model(3 * yi, 9 * vi, alternative="less")
    assert swapped.estimate == pytest.approx(-one.estimate, rel=1e-7)
    assert (scaled.estimate, scaled.tau2) == pytest.approx((3 * one.estimate, 9 * one.tau2), rel=1e-6)
    assert scaled.lrt == pytest.approx(one.lrt, rel=1e-7)
    assert selection_model(yi, vi, (0.025, 1), "less").steps == (0.025,)  # metafor's way to write it
    assert "finds no selection" in one.verdict
    assert one.to_dict()["weights_se"][0] is None


def test_an_empty_interval_is_named():
    fit = selection_model([0.1, 0.2, 0.15, 0.05], [1, 1, 2, 1])
    assert fit.counts == (0, 4)
    assert "interval 1" in fit.notes[0]
    assert np.isfinite(fit.estimate)
    assert "under 10" in fit.verdict
    assert "One study" in selection_model([0.1], [1]).notes[0]
    with pytest.raises(ArgumentError, match="ascend between 0 and 1"):
        selection_model([0.1, 0.2], [1, 1], (0.5, 0.025))
    with pytest.raises(ArgumentError, match="alternative is 'lower'"):
        selection_model([0.1, 0.2], [1, 1], alternative="lower")
