"""Subgroups, meta-regression and shared controls against metafor and meta, for every data set that has them."""

import json
from pathlib import Path

import numpy as np
import pytest

from msc_meta.pooling.regression import meta_regression
from msc_meta.pooling.shared_control import pool_multivariate, shared_control_covariance
from msc_meta.pooling.subgroups import subgroups
from msc_meta.pooling.tau2 import estimate_tau2

REFERENCE = Path(__file__).parents[1] / "reference"
SETS = json.loads((REFERENCE / "structure.json").read_text(encoding="utf-8"))["sets"]
MULTIARM = json.loads((REFERENCE / "multiarm.json").read_text(encoding="utf-8"))["sets"][0]
CI_METHODS = {"z": "wald", "knha": "hksj"}
MODELS = [pytest.param(data, model, id=f"{data['id']}{model['formula']}") for data in SETS for model in data["metareg"]]
GROUPS = [
    pytest.param(data, groups, name, id=f"{data['id']}-{factor}-{name}")
    for data in SETS
    for factor, groups in data["subgroups"].items()
    for name in groups
    if name != "of"
]


def tolerance(data, method, x=None):
    """Relative: sums of doubles, or iterations that end at 1e-13 of the scale (as in test_fits).

    metafor does not centre its moderators. A year beside an intercept costs it the square of year over spread: in
    dat.egger2001 its QE is 23.21119266, where exact fractions give 23.21119340 (our digits, see below).
    """
    rel = 1e-8 if method in ("REML", "ML", "PM", "EB") else 1e-10
    if x is not None and x.shape[1] > 1:
        moderators = x[:, (x != 1).any(axis=0)]
        away = np.abs(moderators.mean(axis=0)) / np.maximum(moderators.std(axis=0), 1e-300)
        rel += 1e-14 * float(away.max()) ** 3
    return rel


@pytest.mark.parametrize(("data", "model"), MODELS)
def test_meta_regression(data, model):
    x, smallest = np.array(model["X"]), min(data["vi"])
    for name, theirs in model["fits"].items():
        method, test = name.split("_")
        rel = tolerance(data, method, x)
        # a tau2 of 1e-12 max(1, var(yi)) is where metafor's iterations end
        left = 1e-12 * max(1.0, float(np.var(data["yi"]))) if rel > 1e-9 else 1e-13 * float(np.var(data["yi"]))
        result = meta_regression(data["yi"], data["vi"], x, model["terms"], method=method, ci_method=CI_METHODS[test])
        assert result.tau2 == pytest.approx(theirs["tau2"], rel=rel, abs=rel * smallest + left)
        rel += left / smallest
        assert list(result.qm_df) == theirs["QMdf"]
        assert result.qm == pytest.approx(theirs["QM"], rel=10 * rel)
        assert result.qm_p == pytest.approx(theirs["QMp"], rel=10 * rel * max(1, result.qm))
        assert result.i2 == pytest.approx(theirs["I2"], abs=100 * rel)
        assert result.h2 == pytest.approx(theirs["H2"], rel=10 * rel)
        alone = estimate_tau2("FE" if method == "EE" else method, np.array(data["yi"]), np.array(data["vi"]))
        if method == "EE" or alone > 0 or theirs["tau2"] > left:
            # where tau2 is 0 without moderators, metafor's R2 is the ratio of what two iterations left of it
            assert result.r2 == pytest.approx(theirs["R2"], abs=1000 * rel)
        for at, one in enumerate(result.coefficients):
            assert one.estimate == pytest.approx(theirs["coef"][at], rel=rel, abs=10 * rel * one.se)
            assert one.se == pytest.approx(theirs["se"][at], rel=10 * rel)
            assert one.p_value == pytest.approx(theirs["pval"][at], rel=10 * rel * max(1, one.statistic**2))
            assert one.ci.low == pytest.approx(theirs["ci_lb"][at], rel=rel, abs=20 * rel * one.se)
            if "ci_ub" in theirs:
                assert one.ci.high == pytest.approx(theirs["ci_ub"][at], rel=rel, abs=20 * rel * one.se)
        if "QE" in theirs:
            assert result.qe == pytest.approx(theirs["QE"], rel=10 * rel)
            assert result.qe_p == pytest.approx(theirs["QEp"], rel=10 * rel * max(1, result.qe))
        if "pred" in theirs:
            points = result.predict(x)
            assert points.estimate == pytest.approx(theirs["pred"], rel=rel, abs=10 * rel * max(points.se))
            assert points.se == pytest.approx(theirs["pred_se"], rel=10 * rel)
            scale = np.sqrt(np.outer(np.diagonal(result.vcov), np.diagonal(result.vcov)))
            assert (np.abs(result.vcov - theirs["vcov"]) <= 20 * rel * scale).all()
        if "tau2_ci_QP" in theirs:
            low, high = theirs["tau2_ci_QP"]
            assert result.tau2_ci == pytest.approx((low, high), rel=rel, abs=10 * rel * smallest + left)


@pytest.mark.parametrize(("data", "model"), [case for case in MODELS if len(case.values[0]["yi"]) <= 6])
def test_exact_permutations(data, model):
    theirs = model["fits"]["REML_knha"]["permutest_exact"]
    ours = meta_regression(data["yi"], data["vi"], model["X"], model["terms"]).permutation_test()
    assert ours.exact
    # metafor leaves out permutations whose fit does not converge: of sb05 with dose and year, 36 of 720
    lost = 36 / 684 if (data["id"], model["formula"]) == ("sb05", "~ dose + year") else 1e-12
    assert ours.p_values == pytest.approx(theirs["pval"], abs=lost)
    assert ours.qm_p == pytest.approx(theirs["QMp"], abs=lost)


@pytest.mark.parametrize("data", [data for data in SETS if "permutest_mean_DL" in data], ids=lambda data: data["id"])
@pytest.mark.parametrize("name", ["permutest_mean_DL", "permutest_mean_REML_knha"])
def test_sign_flips_of_a_mean(data, name):
    method, ci_method = ("DL", "wald") if name.endswith("DL") else ("REML", "hksj")
    result = meta_regression(data["yi"], data["vi"], np.ones(len(data["yi"])), method=method, ci_method=ci_method)
    assert result.permutation_test().p_values == pytest.approx([data[name]], abs=1e-12)


def test_a_year_costs_us_no_digits():
    from fractions import Fraction

    data = next(data for data in SETS if data["id"] == "dat.egger2001")
    x, y, w = (
        [Fraction(value) for value in values]
        for values in ([row[1] for row in data["metareg"][0]["X"]], data["yi"], [1 / Fraction(v) for v in data["vi"]])
    )
    total = sum(w)
    x = [a - sum(b * c for b, c in zip(w, x, strict=True)) / total for a in x]
    y = [a - sum(b * c for b, c in zip(w, y, strict=True)) / total for a in y]
    slope = sum(a * b * c for a, b, c in zip(w, x, y, strict=True)) / sum(a * b * b for a, b in zip(w, x, strict=True))
    exact = sum(a * (c - slope * b) ** 2 for a, b, c in zip(w, x, y, strict=True))
    result = meta_regression(data["yi"], data["vi"], data["metareg"][0]["X"], method="FE")
    assert result.qe == pytest.approx(float(exact), rel=1e-13)
    assert result.coefficients[1].estimate == pytest.approx(float(slope), rel=1e-12)


@pytest.mark.parametrize(("data", "groups", "name"), GROUPS)
def test_subgroups(data, groups, name):
    theirs, (method, tau2, _) = groups[name], name.split("_")
    rel = tolerance(data, method)
    result = subgroups(data["yi"], data["vi"], groups["of"], method, "wald", tau2)
    assert list(result.results) == theirs["levels"]
    for at, one in enumerate(result.results.values()):
        assert one.k == theirs["k_w"][at]
        assert one.estimate == pytest.approx(theirs["TE_random_w"][at], rel=rel, abs=rel * one.se)
        assert one.se == pytest.approx(theirs["seTE_random_w"][at], rel=rel)
        assert one.ci.low == pytest.approx(theirs["lower_random_w"][at], rel=rel, abs=rel * one.se)
        assert one.ci.high == pytest.approx(theirs["upper_random_w"][at], rel=rel, abs=rel * one.se)
        assert one.p_value == pytest.approx(theirs["pval_random_w"][at], rel=rel * max(1, one.statistic**2))
        if theirs["tau2_w"][at] is None:
            assert np.isnan(one.tau2)  # one study
        else:
            assert one.tau2 == pytest.approx(theirs["tau2_w"][at], rel=rel, abs=rel * min(data["vi"]))
        if one.k > 1:
            assert one.i2_q == pytest.approx(100 * theirs["I2_w"][at], rel=1e-10, abs=1e-10)
            assert one.q == pytest.approx(theirs["Q_w"][at], rel=1e-10, abs=1e-12)
    assert (result.df, result.q_within_df) == (theirs["df_Q_b_random"], theirs["df_Q_w"])
    assert result.q_between == pytest.approx(theirs["Q_b_random"], rel=rel)
    assert result.p_value == pytest.approx(theirs["pval_Q_b_random"], rel=rel * max(1, result.q_between))
    assert result.q_within == pytest.approx(theirs["Q_w_common"], rel=1e-10)
    assert result.q_within_p == pytest.approx(theirs["pval_Q_w_common"], rel=1e-10 * max(1, result.q_within))
    common = subgroups(data["yi"], data["vi"], groups["of"], "FE", tau2=tau2)
    # theirs is the difference of two large sums
    assert common.q_between == pytest.approx(theirs["Q_b_common"], rel=1e-10, abs=1e-12 * common.q_within)


def arms_of(data):
    return {"event_e": data["ai"], "n_e": data["n1i"], "event_c": data["ci"], "n_c": data["n2i"]}


def test_shared_control():
    data, study = MULTIARM["data"], MULTIARM["data"]["study"]
    covariance = shared_control_covariance("RR", study, **arms_of(data))
    assert covariance == pytest.approx(np.array(MULTIARM["V"]), rel=1e-12)
    common, theirs = pool_multivariate(MULTIARM["yi"], covariance, method="FE"), MULTIARM["common_with_V"]
    assert (common.estimate, common.se) == pytest.approx((theirs["est"], theirs["se"]), rel=1e-12)
    assert (common.q, common.q_p) == pytest.approx((theirs["QE"], theirs["QEp"]), rel=1e-11)
    whole, theirs = pool_multivariate(MULTIARM["yi"], covariance, study, "study"), MULTIARM["study_level_with_V"]
    # nlminb ends at a relative change of 1e-11 of the log-likelihood: tau2 is known to the root of that
    assert whole.tau2 == pytest.approx(theirs["sigma2"][0], rel=1e-5)
    assert (whole.estimate, whole.se) == pytest.approx((theirs["est"], theirs["se"]), rel=1e-5)
    likelihood = [log_likelihood(covariance, study, tau2) for tau2 in (whole.tau2, theirs["sigma2"][0])]
    assert likelihood[0] >= likelihood[1]  # and ours is no worse
    three = MULTIARM["three_level_with_V"]  # its second variance is 0 here, so that it is the same model
    assert (whole.estimate, whole.se) == pytest.approx((three["est"], three["se"]), rel=1e-6)


def log_likelihood(covariance, study, tau2):
    """Restricted log-likelihood of one true effect per study, written from its definition."""
    together = np.equal.outer(study, study)
    precision = np.linalg.inv(covariance + tau2 * together)
    total = precision.sum()
    distance = np.array(MULTIARM["yi"]) - precision.sum(axis=0) @ MULTIARM["yi"] / total
    return (np.linalg.slogdet(precision)[1] - np.log(total) - distance @ precision @ distance) / 2
