"""Pooled results against metafor, for every data set of the reference."""

import json
from pathlib import Path

import numpy as np
import pytest

from msc_meta.pooling.random_effects import pool

SETS = json.loads((Path(__file__).parents[1] / "reference" / "fits.json").read_text(encoding="utf-8"))["sets"]
ITERATED = ("REML", "ML", "PM", "EB")
CI_METHODS = {"z": "wald", "knha": "hksj", "adhoc": "hksj-adhoc"}
PREDICTIONS = {
    "pi_z": ("wald", "normal"),
    "pi_t_km1": ("wald", "t(k-1)"),
    "pi_t_km2": ("wald", "t(k-2)"),
    "pi_knha_t_km1": ("hksj", "t(k-1)"),
    "pi_knha_t_km2": ("hksj", "t(k-2)"),
    "pi_adhoc_t_km1": ("hksj-adhoc", "t(k-1)"),
}
FITS = [
    pytest.param(data, method, id=f"{data['id']}-{method}")
    for data in SETS
    for method in data["methods"]  # EE is our FE
]


def tolerance(method):
    """Relative: closed forms are a few sums of doubles; metafor's iterations were run to a change of 1e-13."""
    return 1e-8 if method in ITERATED else 1e-10


def left_over(data, method):
    """What the references leave of tau2, absolute: rounding, and for iterations some of the changes at which they stop.

    They stop at a change below 1e-13 max(1, var(yi)), which matters where all variances are tiny (rates per day).
    """
    spread = float(np.var(data["yi"], ddof=1))
    return 1e-13 * spread + (1e-12 * max(1.0, spread) if method in ITERATED else 0.0)


@pytest.mark.parametrize(("data", "method"), FITS)
def test_estimate_and_heterogeneity(data, method):
    theirs, rel = data["methods"][method], tolerance(method)
    result = pool(data["yi"], data["vi"], method, "wald")
    left, typical = left_over(data, method), float(np.min(data["vi"]))
    assert result.tau2 == pytest.approx(theirs["tau2"], rel=rel, abs=left)
    assert result.i2 == pytest.approx(theirs["I2"], rel=rel, abs=100 * left / typical + 1e-10)
    assert result.h2 == pytest.approx(theirs["H2"], rel=rel, abs=left / typical)
    assert result.estimate == pytest.approx(theirs["est"], rel=rel, abs=rel * result.se)
    if "weights_pct" in theirs:
        assert result.weights == pytest.approx(theirs["weights_pct"], rel=rel)


@pytest.mark.parametrize("name", CI_METHODS)
@pytest.mark.parametrize(("data", "method"), FITS)
def test_tests_and_intervals(data, method, name):
    theirs, rel = data["methods"][method].get(name), tolerance(method)
    if theirs is None:
        assert method == "EE"  # a common effect has only Wald's
        return
    result = pool(data["yi"], data["vi"], method, CI_METHODS[name])
    rel += left_over(data, method) / float(np.min(data["vi"]))
    assert result.se == pytest.approx(theirs[0], rel=rel)
    if len(theirs) == 4:
        _, p_value, low, high = theirs
        # log p falls with the square of the statistic, so the error of a tiny p is that much larger
        assert result.p_value == pytest.approx(p_value, rel=rel * max(1, result.statistic**2))
        assert result.ci == pytest.approx((low, high), rel=rel, abs=rel * result.se)


@pytest.mark.parametrize("data", [data for data in SETS if len(data["yi"]) > 2], ids=lambda data: data["id"])
@pytest.mark.parametrize("method", ["DL", "REML"])
@pytest.mark.parametrize("name", PREDICTIONS)
def test_prediction_intervals(data, method, name):
    if name not in data["methods"][method]:  # pinned for the primary measure of each data set
        assert "Q" in data
        return
    ci_method, prediction = PREDICTIONS[name]
    result = pool(data["yi"], data["vi"], method, ci_method, prediction=prediction)
    rel = tolerance(method) + left_over(data, method) / float(np.min(data["vi"]))
    width = result.prediction.width
    assert result.prediction == pytest.approx(data["methods"][method][name], rel=rel, abs=rel * width)


@pytest.mark.parametrize("data", SETS, ids=lambda data: data["id"])
def test_cochran_q_and_q_profile(data):
    result, theirs = pool(data["yi"], data["vi"], i2_definition="q"), data["Q"]
    assert result.q == pytest.approx(theirs["Q"], rel=1e-10)
    assert result.q_df == theirs["df"]
    assert result.q_p == pytest.approx(theirs["pval"], rel=1e-10 * max(1, result.q))  # a tail: digits go with log p
    assert (result.i2, result.h2) == (result.i2_q, result.h2_q)
    assert result.i2 == pytest.approx(theirs["I2"], rel=1e-10, abs=1e-10)
    assert result.h2 == pytest.approx(theirs["H2"], rel=1e-10)
    left = left_over(data, "REML")
    assert result.tau2_ci == pytest.approx(data["tau2_ci_QP"], rel=1e-8, abs=left)
    typical = result.tau2 / (pool(data["yi"], data["vi"]).h2 - 1) if result.tau2 > 0 else min(data["vi"])
    assert result.i2_ci == pytest.approx(data["I2_ci_QP"], rel=1e-8, abs=100 * left / typical + 1e-9)
    assert result.h2_ci == pytest.approx(data["H2_ci_QP"], rel=1e-8, abs=left / typical)


@pytest.mark.parametrize("data", SETS, ids=lambda data: data["id"])
def test_reml_solves_its_equation_more_closely_than_the_reference_is_known(data):
    yi, vi = np.array(data["yi"]), np.array(data["vi"])

    def score(tau2):
        w = 1 / (vi + tau2)
        return (w**2 * (yi - (w * yi).sum() / w.sum()) ** 2).sum() - w.sum() + (w**2).sum() / w.sum()

    tau2 = pool(yi, vi).tau2
    step = 1e-11 * (tau2 + vi.min())  # the sums above round at 1e-16 times the number and spread of their terms
    assert score(tau2 + step) < 0
    assert tau2 == 0 or score(tau2 - step) > 0
