"""What subgroups, meta-regression and shared controls must keep whatever the data, and what they refuse."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from msc_meta.errors import ArgumentError
from msc_meta.pooling.correlated import CorrelatedStudies
from msc_meta.pooling.random_effects import CI_METHODS, pool
from msc_meta.pooling.regression import meta_regression
from msc_meta.pooling.shared_control import pool_multivariate, shared_control_covariance
from msc_meta.pooling.studies import RegressedStudies, Studies
from msc_meta.pooling.subgroups import subgroups
from msc_meta.pooling.tau2 import ESTIMATORS

YI = np.array([-0.889, -1.585, -1.348, 0.012, -0.469, 0.446, -0.6])
VI = np.array([0.326, 0.195, 0.415, 0.004, 0.056, 0.533, 0.1])
DOSE = np.array([1.0, 2, 10, 4, 6, 1, 3])
GROUPS = ["a", "b", "b", "a", "b", "a", "b"]
STUDIES = st.lists(
    st.tuples(st.integers(-60, 60).map(lambda y: y / 10), st.floats(-3, 3).map(lambda x: 10.0**x), st.integers(0, 9)),
    min_size=4,
    max_size=20,
).filter(lambda rows: len({row[2] for row in rows}) > 1)


@given(STUDIES)
def test_every_regression_ends_with_numbers(rows):
    yi, vi, dose = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    for method in ESTIMATORS:
        result = meta_regression(yi, vi, dose, method=method)
        assert np.isfinite([result.tau2, result.qe, result.i2, *(one.estimate for one in result.coefficients)]).all()
        assert result.tau2 >= 0


@pytest.mark.parametrize("method", ESTIMATORS)
@pytest.mark.parametrize("ci_method", CI_METHODS)
def test_an_intercept_alone_is_pooling(method, ci_method):
    result, one = (
        meta_regression(YI, VI, np.ones(7), method=method, ci_method=ci_method),
        pool(YI, VI, method, ci_method),
    )
    (mean,) = result.coefficients
    assert (mean.estimate, mean.se, *mean.ci) == pytest.approx((one.estimate, one.se, *one.ci), rel=1e-10)
    assert (result.tau2, result.qe, result.i2) == pytest.approx((one.tau2, one.q, one.i2), rel=1e-10)
    assert result.tau2_ci == pytest.approx(one.tau2_ci, rel=1e-10, nan_ok=True)


def test_units_order_and_sign_of_a_moderator():
    one = meta_regression(YI, VI, DOSE, names=["dose"])
    grams = meta_regression(YI, VI, 2000 + 1000 * DOSE, names=["dose"])
    order = [4, 2, 0, 6, 1, 3, 5]
    mixed, swapped = meta_regression(YI[order], VI[order], DOSE[order]), meta_regression(-YI, VI, DOSE)
    assert 1000 * grams["dose"].estimate == pytest.approx(one["dose"].estimate, rel=1e-11)
    for other in (grams, mixed, swapped):
        for name in ("tau2", "i2", "r2", "qe", "qm", "qm_p"):
            assert getattr(other, name) == pytest.approx(getattr(one, name), rel=1e-9)
    assert swapped.coefficients[1].estimate == pytest.approx(-one["dose"].estimate, rel=1e-11)


def test_predictions_at_zero_are_the_intercept_and_widen_by_tau2():
    fit = meta_regression(YI, VI, DOSE, names=["dose"])
    points = fit.predict([0, 4])
    assert (points.estimate[0], points.se[0]) == pytest.approx(
        (fit["intercept"].estimate, fit["intercept"].se), rel=1e-10
    )
    assert (points.ci_low[0], points.ci_high[0]) == pytest.approx(fit["intercept"].ci, rel=1e-10)
    ratio = (points.pi_high - points.estimate) / (points.ci_high - points.estimate)
    assert ratio == pytest.approx(np.sqrt(1 + fit.tau2 / points.se**2), rel=1e-12)
    assert fit.predict([[1, 0]]).estimate == pytest.approx(points.estimate[:1])
    normal = fit.predict([4], prediction="normal")
    assert normal.pi_high < points.pi_high[1]
    assert points.to_frame().shape == (2, 6)


def test_prediction_of_a_regression_agrees_with_metafor():
    # predict(rma(yi, vi, mods = ~ x, method = "DL", test = ...), newmods = 4) of metafor 3.8-1
    yi, vi = [-0.5, 0.1, 0.4, -0.9, 0.3, 0.2], [0.04, 0.06, 0.05, 0.09, 0.03, 0.08]
    expected = {
        ("wald", "normal"): [
            0.20818071209043,
            -0.48862299199323,
            0.32743040395305,
            -1.03306425898786,
            0.87187167094768,
        ],
        ("hksj", "t(k-p)"): [
            0.22336548896240,
            -0.70075831251985,
            0.53956572447968,
            -1.44843437552600,
            1.28724178748582,
        ],
    }
    for (ci_method, prediction), numbers in expected.items():
        fit = meta_regression(yi, vi, [1, 2, 3, 5, 8, 9], method="DL", ci_method=ci_method)
        point = fit.predict([4], prediction)
        assert point.estimate[0] == pytest.approx(-0.08059629402009, rel=1e-11)
        ours = [float(values[0]) for values in (point.se, point.ci_low, point.ci_high, point.pi_low, point.pi_high)]
        assert ours == pytest.approx(numbers, rel=1e-11)
        row = fit.to_frame().iloc[1]
        assert (row["ci_low"], row["ci_high"]) == fit.coefficients[1].ci


def test_a_prediction_may_have_one_degree_of_freedom_less():
    from scipy.special import stdtrit

    fit = meta_regression(YI, VI, DOSE)
    one, other = fit.predict([4]), fit.predict([4], "t(k-p-1)")
    ratio = (other.pi_high - other.estimate) / (one.pi_high - one.estimate)
    assert ratio == pytest.approx(stdtrit(4, 0.975) / stdtrit(5, 0.975), rel=1e-12)
    few = meta_regression(YI[:3], VI[:3], DOSE[:3]).predict([4, 5], "t(k-p-1)")
    assert np.isnan([*few.pi_low, *few.pi_high]).all()


@pytest.mark.parametrize("method", ["FE", "REML"])
def test_equal_effects_leave_nothing_to_explain(method):
    fit = meta_regression(np.full(7, 0.5), VI, DOSE, method=method, ci_method="wald")
    assert (fit.i2, fit.r2, fit.tau2) == pytest.approx((0, 0, 0), abs=1e-9)
    assert fit.permutation_test(exact=False, n=30).p_values[0] == 1  # every order reaches what was seen


def test_hksj_variants():
    wald, hksj, adhoc = (meta_regression(YI, VI, DOSE, ci_method=name) for name in CI_METHODS)
    factor = hksj.coefficients[1].se / wald.coefficients[1].se
    assert wald.qm == pytest.approx(hksj.qm * factor**2)
    assert adhoc.coefficients[1].se == pytest.approx(wald.coefficients[1].se * max(1, factor))
    assert (wald.qm_df, hksj.qm_df) == ((1, None), (1, 5))
    assert hksj.qm_p == pytest.approx(hksj.coefficients[1].p_value)  # F of one coefficient is its t squared
    assert meta_regression(YI, VI, DOSE, method="FE").ci_method == "wald"


def test_random_permutations_come_near_the_exact_ones_and_repeat():
    fit = meta_regression(YI, VI, DOSE)
    exact, some = fit.permutation_test(), fit.permutation_test(exact=False, n=2000, seed=4)
    assert (exact.permutations, exact.exact, some.permutations, some.exact) == (5040, True, 2000, False)
    assert some == fit.permutation_test(exact=False, n=2000, seed=4)
    error = 5 * np.sqrt(exact.qm_p * (1 - exact.qm_p) / 2000)  # five standard errors of a share
    assert some.qm_p == pytest.approx(exact.qm_p, abs=error)
    assert exact.p_values[1] == pytest.approx(exact.qm_p)


def test_a_random_permutation_test_counts_the_observed_order_and_no_other_where_none_reaches_it():
    yi = np.array([0.0, 0.1, 0.25, 0.4, 0.9, 1.4, 2.2, 3.1, 4.4, 6.0])
    fit = meta_regression(yi, np.full(10, 0.01), yi + 0.01 * np.sin(yi))
    assert fit.permutation_test(exact=False, n=50).qm_p == 1 / 50
    mean = meta_regression(3 + yi, np.full(10, 0.01), np.ones(10))
    flips = mean.permutation_test(exact=False, n=40)
    assert (flips.p_values, flips.permutations) == ((1 / 40,), 40)
    assert mean.permutation_test().p_values == (2 / 2**10,)  # as they are, and all of them turned round


def test_random_sign_flips_come_near_all_of_them():
    mean = meta_regression(YI, VI, np.ones(7))
    exact, some = mean.permutation_test(), mean.permutation_test(exact=False, n=4000)
    assert exact.permutations == 2**7
    share = exact.p_values[0]
    assert some.p_values[0] == pytest.approx(share, abs=5 * np.sqrt(share * (1 - share) / 4000))
    with pytest.raises(ArgumentError, match="n is 0"):
        mean.permutation_test(exact=False, n=0)


def test_plain_values_have_the_names_of_the_fields():
    groups, fit = subgroups(YI, VI, GROUPS).to_dict(), meta_regression(YI, VI, DOSE).to_dict()
    assert {"results", "overall", "q_between", "q_within", "p_value", "notes"} <= set(groups)
    assert groups["overall"] == pool(YI, VI).to_dict()
    assert {"coefficients", "tau2", "qm", "qm_df", "qm_p", "qe", "r2"} <= set(fit)
    assert fit["coefficients"][0]["ci_low"] < fit["coefficients"][0]["estimate"] < fit["coefficients"][0]["ci_high"]


def test_names_come_from_a_data_frame_and_a_column_of_ones_is_the_intercept():
    table = pd.DataFrame({"dose": DOSE, "year": np.arange(7) + 2010.0})
    fit = meta_regression(YI, VI, table)
    assert fit.design.names == ("intercept", "dose", "year")
    ones = meta_regression(YI, VI, np.column_stack([np.ones(7), DOSE]), ["one", "dose"])
    assert ones.design.names == ("intercept", "dose")
    assert meta_regression(YI, VI, DOSE, intercept=False).design.names == ("x1",)
    assert fit.to_frame()["name"].tolist() == ["intercept", "dose", "year"]
    assert fit.to_dict()["qm_df"] == [2, 4]
    assert "moderators  F(2, 4)" in str(fit)


@pytest.mark.parametrize("ci_method", CI_METHODS)
def test_a_subgroup_is_the_fit_on_the_subset(ci_method):
    result = subgroups(YI, VI, GROUPS, ci_method=ci_method)
    for name in "ab":
        at = [place for place, group in enumerate(GROUPS) if group == name]
        assert result[name] == pool(YI[at], VI[at], ci_method=ci_method)
    assert result.overall == pool(YI, VI, ci_method=ci_method)


@pytest.mark.parametrize("ci_method", CI_METHODS)
@pytest.mark.parametrize("method", ESTIMATORS)
def test_a_common_tau2_is_a_meta_regression_on_the_groups(method, ci_method):
    result = subgroups(YI, VI, GROUPS, method, ci_method, tau2="common")
    dummies = np.column_stack([[float(group == name) for group in GROUPS] for name in "ab"])
    each = meta_regression(YI, VI, dummies, ["a", "b"], intercept=False, method=method, ci_method=ci_method)
    for name in "ab":
        ours, theirs = result[name], each[name]
        assert (ours.estimate, ours.se, *ours.ci) == pytest.approx((theirs.estimate, theirs.se, *theirs.ci), rel=1e-10)
        assert (ours.p_value, ours.tau2) == pytest.approx((theirs.p_value, each.tau2), rel=1e-9)
    slope = meta_regression(YI, VI, dummies[:, 1], method=method, ci_method=ci_method)
    assert (result.q_between, result.df2, result.p_value) == (
        pytest.approx(slope.qm, rel=1e-10),
        slope.qm_df[1],
        pytest.approx(slope.qm_p, rel=1e-9),
    )


@pytest.mark.parametrize("ci_method", CI_METHODS)
def test_a_subgroup_with_a_common_tau2_has_its_own_weights_and_predictions(ci_method):
    result = subgroups(YI, VI, GROUPS, ci_method=ci_method, tau2="common")
    dummies = np.column_stack([[float(group == name) for group in GROUPS] for name in "ab"])
    each = meta_regression(YI, VI, dummies, ["a", "b"], intercept=False, ci_method=ci_method)
    points = each.predict(np.eye(2))
    for at, name in enumerate("ab"):
        one, member = result[name], dummies[:, at] == 1
        weights = 1 / (VI[member] + one.tau2)
        assert one.weights == pytest.approx(100 * weights / weights.sum(), rel=1e-12)
        half = 1.959963984540054 / np.sqrt(weights.sum())
        assert one.wald_ci == pytest.approx((one.estimate - half, one.estimate + half), rel=1e-10)
        if ci_method != "wald":  # on the degrees of freedom of the whole regression
            assert one.prediction == pytest.approx((points.pi_low[at], points.pi_high[at]), rel=1e-9)
        assert np.isnan([*one.tau2_ci]).all()
        assert one.notes == ("tau2 is common to all subgroups.",)
    for one in subgroups(YI, VI, GROUPS, "FE", tau2="common").results.values():
        assert np.isnan(one.prediction).all()


@pytest.mark.parametrize("ci_method", CI_METHODS)
def test_a_common_tau2_of_one_group_is_the_fit_without_groups(ci_method):
    alone, one = (
        subgroups(YI, VI, ["a"] * 7, ci_method=ci_method, tau2="common")["a"],
        pool(YI, VI, ci_method=ci_method),
    )
    assert alone.ci_method == one.ci_method == ci_method
    assert alone.weights == pytest.approx(one.weights, rel=1e-12)
    for name in ("ci", "wald_ci"):
        assert getattr(alone, name) == pytest.approx(getattr(one, name), rel=1e-10)
    assert (alone.statistic, alone.p_value) == pytest.approx((one.statistic, one.p_value), rel=1e-10)
    assert (alone.i2, alone.h2, alone.i2_definition) == (one.i2_q, one.h2_q, "q")
    assert np.isnan(alone.tau2_ci).all()  # it is not that of the group


@pytest.mark.parametrize("prediction", ["t(k-1)", "t(k-2)", "normal"])
@pytest.mark.parametrize("ci_method", CI_METHODS)
def test_the_prediction_interval_of_one_group_is_that_without_groups(ci_method, prediction):
    alone = subgroups(YI, VI, ["a"] * 7, ci_method=ci_method, tau2="common", prediction=prediction)["a"]
    expected = pool(YI, VI, ci_method=ci_method, prediction=prediction).prediction
    assert alone.prediction == pytest.approx(expected, rel=1e-10)


def test_heterogeneity_of_a_common_effect_splits_between_and_within():
    result = subgroups(YI, VI, GROUPS, "FE")
    assert result.q_between + result.q_within == pytest.approx(result.overall.q, rel=1e-12)
    assert result.df + result.q_within_df == result.overall.q_df


def test_the_test_of_subgroups_is_named_with_its_degrees_of_freedom():
    assert "chi2(1) =" in str(subgroups(YI, VI, GROUPS))
    assert "F(1, 5) =" in str(subgroups(YI, VI, GROUPS, tau2="common"))
    assert "chi2(1) =" in str(subgroups(YI, VI, GROUPS, tau2="common", ci_method="wald"))


def test_small_subgroups_have_answers():
    alone = subgroups(YI, VI, ["a"] * 6 + ["b"])
    assert (alone["b"].estimate, alone["b"].ci_method) == (YI[6], "wald")
    assert np.isfinite(alone.p_value)
    shared = subgroups(YI, VI, ["a"] * 6 + ["b"], tau2="common")
    assert shared["b"].tau2 == shared["a"].tau2 > 0
    single = subgroups(YI[:2], VI[:2], ["a", "b"], tau2="common")
    assert any("can not be estimated" in note for note in single.notes)
    one = subgroups(YI, VI, ["a"] * 7, tau2="common")
    assert np.isnan(one.p_value)
    assert any("nothing to compare" in note for note in one.notes)
    equal = subgroups([1, 1, 2, 3], [1, 1, 1, 1], ["a", "a", "b", "b"])
    assert np.isnan(equal.p_value)
    assert any("no test" in note for note in equal.notes)
    assert equal.to_dict()["p_value"] is None
    assert equal.to_frame()["group"].tolist() == ["a", "b", "overall"]
    assert "difference between subgroups (separate tau2)" in str(equal)


ARMS = {
    "events": {"event_e": [3, 2, 0], "n_e": [20, 21, 10], "event_c": [9, 9, 1], "n_c": [20, 20, 10]},
    "means": {
        "mean_e": [3, 4, 5],
        "sd_e": [1, 2, 1],
        "n_e": [9, 8, 7],
        "mean_c": [2, 2, 2],
        "sd_c": [1, 1, 2],
        "n_c": [10, 10, 12],
    },
}


@pytest.mark.parametrize(
    ("measure", "arms", "covariance"),
    [
        ("RR", "events", 1 / 9 - 1 / 20),
        ("OR", "events", 1 / 9 + 1 / 11),
        ("RD", "events", 0.45 * 0.55 / 20),
        ("MD", "means", 1 / 10),
        ("ROM", "means", 1 / 40),
        ("SMD", "means", None),
    ],
)
def test_covariance_of_a_shared_control(measure, arms, covariance):
    from msc_meta.effects.measures import effect_size

    effects = effect_size(measure, **ARMS[arms])
    matrix = shared_control_covariance(measure, ["A", "A", "B"], **ARMS[arms])
    if covariance is None:
        covariance = 1 / 10 + effects.yi[0] * effects.yi[1] / (2 * (9 + 8 + 10))
    assert matrix[0, 1] == matrix[1, 0] == pytest.approx(covariance, rel=1e-12)
    assert np.diagonal(matrix).tolist() == effects.vi.tolist()
    assert matrix[2, :2].tolist() == [0, 0]
    assert np.linalg.eigvalsh(matrix)[0] > 0


@pytest.mark.parametrize("method", ["REML", "DL", "FE"])
def test_without_covariance_it_is_pooling(method):
    one, other = pool(YI, VI, method, "wald", prediction="normal"), pool_multivariate(YI, np.diag(VI), method=method)
    for name in ("estimate", "se", "p_value", "tau2", "q", "q_p", "i2_q"):
        assert getattr(other, name) == pytest.approx(getattr(one, name), rel=1e-9)
    assert other.prediction == pytest.approx(one.prediction, rel=1e-9, nan_ok=True)
    assert other.weights == pytest.approx(one.weights, rel=1e-9)


def test_correlated_estimates_agree_with_metafor():
    # rma.mv(y, V, random = ~ 1 | e, one e per estimate; test = "z" and "t") of metafor 3.8-1, and predict of it
    y = [-0.6, -0.4, 0.5, 0.1]
    covariance = [[0.1, 0.05, 0, 0], [0.05, 0.2, 0, 0], [0, 0, 0.1, 0], [0, 0, 0, 0.15]]
    close = {"rel": 2e-6}  # where nlminb ends
    fit = pool_multivariate(y, covariance, ci_method="wald")
    assert (fit.estimate, fit.se) == pytest.approx((-0.051028570969534, 0.262142701603244), **close)
    assert fit.ci == pytest.approx((-0.564818824921922, 0.462761682982853), **close)
    assert fit.wald_ci == fit.ci
    assert (fit.statistic, fit.p_value) == pytest.approx((-0.194659514292970, 0.845659508451615), **close)
    assert (fit.q, fit.q_p, fit.q_df) == pytest.approx((6.210169491525424, 0.101820910931856, 3), rel=1e-12)
    assert fit.h2 == fit.h2_q == fit.q / 3
    assert fit.i2 == fit.i2_q == pytest.approx(100 * (1 - 3 / 6.210169491525424))
    assert fit.tau2 == pytest.approx(0.123178576852779, rel=1e-5)
    assert fit.prediction == pytest.approx((-0.90961220441948, 0.80755506248041), rel=1e-5)
    weights = [26.961707825123, 17.092080369068, 30.790946412916, 25.155265392894]
    assert fit.weights == pytest.approx(weights, rel=1e-5)
    on_t = pool_multivariate(y, covariance, ci_method="t")
    assert on_t.ci == pytest.approx((-0.88528364314387, 0.78322650120480), **close)
    assert on_t.p_value == pytest.approx(0.85809618116036, **close)
    assert on_t.prediction == pytest.approx((-1.4451339390287, 1.3430767970896), rel=1e-5)
    assert np.isnan(pool_multivariate(y[:2], [row[:2] for row in covariance[:2]]).prediction).all()


def generalised_q(y, covariance, alike, tau2):
    """Q and the trace of P B from their matrices."""
    precision = np.linalg.inv(covariance + tau2 * alike)
    ones = precision.sum(axis=0)
    projection = precision - np.outer(ones, ones) / ones.sum()
    return y @ projection @ y, np.trace(projection @ alike)


@pytest.mark.parametrize("structure", ["independent", "half", "study"])
def test_the_moment_estimate_of_correlated_effects_is_that_of_its_matrices(structure):
    y, study = np.array([-0.9, -0.4, 0.7, 0.1, 0.6]), ["A", "A", "B", "C", "C"]
    together = np.equal.outer(study, study).astype(float)
    covariance = np.diag([0.1, 0.2, 0.1, 0.15, 0.12]) + 0.03 * (together - np.eye(5))
    alike = {"independent": np.eye(5), "half": (together + np.eye(5)) / 2, "study": together}[structure]
    fit = pool_multivariate(y, covariance, study, structure, method="DL")
    q, trace = generalised_q(y, covariance, alike, 0.0)
    assert fit.tau2 > 0
    assert (fit.q, fit.tau2) == pytest.approx((q, (q - 4) / trace), rel=1e-9)


def restricted_height(y, design, covariance, alike, tau2):
    """Restricted log-likelihood from its definition, but for a constant."""
    precision = np.linalg.inv(covariance + tau2 * alike)
    information = design.T @ precision @ design
    left = y - design @ np.linalg.solve(information, design.T @ precision @ y)
    return (np.linalg.slogdet(precision)[1] - np.linalg.slogdet(information)[1] - left @ precision @ left) / 2


@pytest.mark.parametrize("kind", ["one mean", "regression", "correlated"])
def test_likelihood_score_q_and_trace_are_those_of_their_matrices(kind):
    y, v, ones = YI, VI, np.ones((7, 1))
    design = np.column_stack([ones, DOSE]) if kind == "regression" else ones
    covariance, alike = np.diag(v), np.eye(7)
    if kind == "correlated":
        covariance[0, 1] = covariance[1, 0] = 0.1
        alike[0, 1] = alike[1, 0] = 0.5
    studies = {
        "one mean": lambda: Studies(y, v),
        "regression": lambda: RegressedStudies(y, v, design),
        "correlated": lambda: CorrelatedStudies(y, covariance, alike),
    }[kind]()
    unit = float(studies.unit[0])

    def ours(tau2, of="log_likelihood"):
        at = np.array([[tau2 / unit]])
        return float(
            (getattr(studies, of)(at, True) if of in ("log_likelihood", "score") else getattr(studies, of)(at))[0, 0]
        )

    for low, high in ((0.0, 0.1), (0.1, 2.0), (2.0, 30.0)):
        expected = restricted_height(y, design, covariance, alike, high) - restricted_height(
            y, design, covariance, alike, low
        )
        assert ours(high) - ours(low) == pytest.approx(expected, rel=1e-9)
    for tau2 in (0.05, 0.7):
        precision = np.linalg.inv(covariance + tau2 * alike)
        information = design.T @ precision @ design
        projection = precision - precision @ design @ np.linalg.solve(information, design.T @ precision)
        assert ours(tau2, "q") == pytest.approx(y @ projection @ y, rel=1e-9)
        assert ours(tau2, "trace") == pytest.approx(unit * np.trace(projection @ alike), rel=1e-9)
        step = 1e-5 * tau2
        slope = 2 * unit * (ours(tau2 + step) - ours(tau2 - step)) / (2 * step)
        assert ours(tau2, "score") == pytest.approx(slope, rel=1e-6)


def test_few_or_equal_correlated_estimates():
    three = pool_multivariate([0.1, 0.5, -0.2], np.diag([0.1, 0.1, 0.2]))
    assert np.isfinite(three.prediction).all()
    equal = pool_multivariate([0.4, 0.4, 0.4], np.diag([0.1, 0.1, 0.2]))
    assert (equal.q, equal.i2, equal.tau2) == pytest.approx((0, 0, 0), abs=1e-12)
    one = pool_multivariate([0.4], [[0.1]])
    assert (one.estimate, one.se, one.ci_method) == pytest.approx((0.4, np.sqrt(0.1), "wald"))


def test_a_covariance_at_its_bound_is_refused():
    with pytest.raises(ArgumentError, match="not positive definite"):
        pool_multivariate([0.1, 0.2], [[1.0, 1.0], [1.0, 1.0]])


def test_a_contrast_that_comes_twice_adds_almost_nothing():
    twice = np.diag(np.append(VI, VI[0]))
    twice[0, 7] = twice[7, 0] = VI[0] * (1 - 1e-9)
    study = [*range(7), 0]
    one, other = pool(YI, VI, ci_method="wald"), pool_multivariate(np.append(YI, YI[0]), twice, study, "study")
    assert other.estimate == pytest.approx(one.estimate, rel=1e-6)
    assert other.tau2 == pytest.approx(one.tau2, rel=1e-6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: meta_regression(YI, VI, [*DOSE[:5], np.nan, 1]), "X has no finite value of x1 in row 5"),
        (lambda: meta_regression(YI, VI, np.c_[DOSE, 2 * DOSE], ["dose", "cells"]), "the column 'cells' follows"),
        (lambda: meta_regression(YI, VI, np.full(7, 3.0), ["arm"]), "the column 'arm' is constant"),
        (lambda: meta_regression(YI, VI, DOSE[:5]), "X has shape (5, 1); one row per study is needed"),
        (lambda: meta_regression(YI[:2], VI[:2], DOSE[:2]), "2 studies can not estimate 2 coefficients"),
        (lambda: meta_regression(YI, VI, GROUPS), "a category needs a column of 0 and 1 per level"),
        (lambda: meta_regression(YI, VI, DOSE, ["a", "b"]), "names has 2 entries and X has 1 columns"),
        (lambda: meta_regression(YI, VI, DOSE).predict([[1, 2, 3]]), "x has shape (1, 3)"),
        (lambda: subgroups(YI, VI, GROUPS[:5]), "groups has 5 entries and yi has 7"),
        (lambda: subgroups(YI, VI, [*GROUPS[:6], None]), "groups[6] is None"),
        (lambda: subgroups(YI, VI, GROUPS, tau2="same"), "tau2 is 'same'"),
        (lambda: pool_multivariate(YI[:2], [[1, 2], [2, 1]]), "V is not positive definite"),
        (lambda: pool_multivariate(YI[:2], [[1, 0.2], [0.1, 1]]), "V is not symmetric"),
        (lambda: pool_multivariate(YI[:2], np.eye(2), structure="half"), "it needs study"),
        (lambda: shared_control_covariance("RR", ["A"], **ARMS["events"]), "study has 1 entries and there are 3"),
    ],
)
def test_complaints(call, message):
    with pytest.raises(ArgumentError) as complaint:
        call()
    assert message in str(complaint.value)


@pytest.mark.parametrize("ci_method", CI_METHODS)
def test_every_subgroup_with_a_common_tau2_has_the_interval_that_was_asked_for(ci_method):
    fit = subgroups(YI, VI, ["a"] * 6 + ["b"], ci_method=ci_method, tau2="common")
    assert (fit["a"].ci_method, fit["b"].ci_method) == (ci_method, ci_method)
    assert fit["a"].df == fit["b"].df == (None if ci_method == "wald" else 5)


def test_subgroups_of_one_study_have_no_heterogeneity_within():
    fit = subgroups(YI[:2], VI[:2], ["a", "b"])
    assert (fit.q_within, fit.q_within_df) == (0, 0)
    assert np.isnan(fit.q_within_p)


def test_effects_of_exactly_0_have_neither_heterogeneity_nor_a_share_of_it():
    fit = meta_regression(np.zeros(7), VI, DOSE, method="FE")
    assert (fit.qe, fit.i2, fit.h2) == (0, 0, 0)


def test_h2_of_tau2_agrees_with_metafor():
    yi, vi = [0.10, 0.50, -0.40, 0.9], [0.04, 0.05, 0.03, 0.06]
    # rma(yi, vi, method=)$H2 and $I2 of metafor 3.8-1; its REML ends where a step is below 1e-5
    for method, h2, i2, close in (
        ("DL", 7.3235867446393756, 86.3454884216129841, 1e-12),
        ("REML", 7.1835819998099399, 86.0793682034052523, 1e-8),
    ):
        fit = pool(yi, vi, method=method)
        assert (fit.h2, fit.i2, fit.i2_definition) == (
            pytest.approx(h2, rel=close),
            pytest.approx(i2, rel=close),
            "tau2",
        )


def test_controls_of_different_trials_with_the_same_numbers_are_not_shared():
    arms = {"event_e": [3, 2], "n_e": [20, 21], "event_c": [9, 9], "n_c": [20, 20]}
    assert shared_control_covariance("RR", ["A", "B"], **arms)[0, 1] == 0


def test_the_correction_of_an_empty_shared_control_is_the_one_that_was_chosen():
    arms = {"event_e": [3, 2], "n_e": [20, 21], "event_c": [0, 0], "n_c": [20, 20]}
    covariance = shared_control_covariance("RR", ["A", "A"], **arms, cc=0.25)[0, 1]
    assert covariance == pytest.approx(1 / 0.25 - 1 / 20.5, rel=1e-12)  # 0.25 events of 20 + 2 * 0.25 patients


def test_arms_of_one_trial_alone_say_nothing_of_heterogeneity_between_trials():
    matrix = np.full((3, 3), 0.05) + np.eye(3) * 0.05
    fit = pool_multivariate([0.1, 0.5, 0.3], matrix, ["A", "A", "A"], "study")
    assert np.isnan(fit.tau2)
    assert (fit.estimate, fit.se) == pytest.approx((0.3, np.sqrt((3 * 0.1 + 6 * 0.05) / 9)))
    assert (fit.ci_method, fit.q_df) == ("wald", 2)


@pytest.mark.parametrize("matrix", [np.array([[1, 0.5], [0.5 + 2e-6, 1]]), 1e-9 * np.array([[1, 0.5], [0.4, 1]])])
def test_a_covariance_is_symmetric_in_its_own_unit(matrix):
    with pytest.raises(ArgumentError, match="not symmetric"):
        pool_multivariate([0.1, 0.2], matrix)


def test_a_permutation_test_tells_how_far_it_is():
    told = []
    fit = meta_regression(YI, VI, DOSE)
    assert fit.permutation_test(exact=False, n=700, progress=told.append) == fit.permutation_test(exact=False, n=700)
    assert sum(told) == 699  # the observed order needs no work
