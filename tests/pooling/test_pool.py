"""What pooling must keep whatever the data: identities, few studies, hard likelihoods, input it must refuse."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from msc_meta.errors import ArgumentError
from msc_meta.pooling.random_effects import CI_METHODS, pool
from msc_meta.pooling.tau2 import ESTIMATORS

YI = np.array([-0.889, -1.585, -1.348, 0.012, -0.469, 0.446])
VI = np.array([0.326, 0.195, 0.415, 0.004, 0.056, 0.533])
NUMBERS = ("estimate", "se", "p_value", "tau2", "i2", "h2", "q", "q_p", "i2_q", "h2_q")

# one to thirty studies, with ties, and variances over six orders of magnitude
STUDIES = st.lists(
    st.tuples(st.integers(-60, 60).map(lambda y: y / 10), st.floats(-3, 3).map(lambda x: 10.0**x)),
    min_size=1,
    max_size=30,
)


def log_likelihood(yi, vi, tau2, restricted):
    """Log-likelihood of tau2 over the best mean, written from its definition; shape of tau2."""
    total = np.asarray(vi) + np.asarray(tau2, dtype=float)[..., None]
    mean = (yi / total).sum(axis=-1, keepdims=True) / (1 / total).sum(axis=-1, keepdims=True)
    height = -0.5 * (np.log(total) + (yi - mean) ** 2 / total).sum(axis=-1)
    return height - restricted * 0.5 * np.log((1 / total).sum(axis=-1))


# ---- identities -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ESTIMATORS)
@pytest.mark.parametrize("ci_method", CI_METHODS)
def test_swapped_arms_rescaling_and_order(method, ci_method):
    one = pool(YI, VI, method, ci_method)
    swapped = pool(-YI, VI, method, ci_method)
    c = 0.133322387415  # mmHg to kPa
    scaled = pool(c * YI, c**2 * VI, method, ci_method)
    order = np.array([3, 0, 5, 1, 4, 2])
    permuted = pool(YI[order], VI[order], method, ci_method)
    assert swapped.estimate == pytest.approx(-one.estimate, rel=1e-12)
    assert swapped.ci == pytest.approx((-one.ci.high, -one.ci.low), rel=1e-12)
    assert scaled.estimate == pytest.approx(c * one.estimate, rel=1e-12)
    assert scaled.tau2 == pytest.approx(c**2 * one.tau2, rel=1e-12)
    assert scaled.prediction == pytest.approx([c * bound for bound in one.prediction], rel=1e-12, nan_ok=True)
    assert scaled.tau2_ci == pytest.approx([c**2 * bound for bound in one.tau2_ci], rel=1e-12, nan_ok=True)
    for name in ("p_value", "i2", "h2", "q", "q_p"):
        assert getattr(scaled, name) == pytest.approx(getattr(one, name), rel=1e-9)
    for name in NUMBERS:
        assert getattr(permuted, name) == pytest.approx(getattr(one, name), rel=1e-9)
    assert permuted.weights == pytest.approx(np.array(one.weights)[order], rel=1e-12)


def test_a_shift_of_all_effects_shifts_the_answer_and_nothing_else():
    here, there = pool(YI, VI), pool(YI + 1e6, VI)
    assert there.estimate - 1e6 == pytest.approx(here.estimate, abs=1e-9)
    assert there.tau2 == pytest.approx(here.tau2, rel=1e-8)  # the sum with 1e6 has rounded yi to 1e-10
    assert there.se == pytest.approx(here.se, rel=1e-8)


@pytest.mark.parametrize("method", [name for name in ESTIMATORS if name != "SJ"])  # SJ is never 0
def test_without_heterogeneity_it_is_the_common_effect(method):
    yi, vi = [0.10, 0.12, 0.09, 0.11], [0.1, 0.2, 0.1, 0.3]
    common, random = pool(yi, vi, "FE"), pool(yi, vi, method, "wald")
    assert random.tau2 == 0
    assert (random.estimate, random.se, random.ci, random.weights) == (
        common.estimate,
        common.se,
        common.ci,
        common.weights,
    )


def test_equal_variances_have_an_answer_in_closed_form():
    yi, v = np.array([0.0, 1.0, 2.0, 5.0]), 0.25
    for method in ("REML", "DL", "PM", "EB", "HE"):
        result = pool(yi, np.full(4, v), method)
        assert result.tau2 == pytest.approx(np.var(yi, ddof=1) - v, rel=1e-12)
        assert result.estimate == pytest.approx(yi.mean())
        assert result.se == pytest.approx(np.std(yi, ddof=1) / 2)
    assert pool(yi, np.full(4, v), "ML").tau2 == pytest.approx(np.var(yi) - v, rel=1e-12)


def test_paule_mandel_and_q_profile_solve_their_equations():
    from scipy.special import chdtrc

    def q(tau2):
        w = 1 / (VI + tau2)
        return float((w * (YI - (w * YI).sum() / w.sum()) ** 2).sum())

    result = pool(YI, VI, "PM", level=0.9)
    assert q(result.tau2) == pytest.approx(YI.size - 1, rel=1e-12)
    assert [chdtrc(YI.size - 1, q(bound)) for bound in result.tau2_ci] == pytest.approx([0.05, 0.95], rel=1e-9)


def test_level_widens_every_interval():
    narrow, wide = pool(YI, VI, level=0.8), pool(YI, VI, level=0.99)
    for name in ("ci", "wald_ci", "prediction", "tau2_ci"):
        assert getattr(wide, name).low < getattr(narrow, name).low
        assert getattr(wide, name).high > getattr(narrow, name).high


def test_p_value_and_interval_agree():
    for ci_method in CI_METHODS:
        result = pool(YI, VI, ci_method=ci_method)
        at_p = pool(YI, VI, ci_method=ci_method, level=1 - result.p_value)
        assert at_p.ci.high == pytest.approx(0, abs=1e-9)


# ---- few studies ----------------------------------------------------------------------------------------------------


def test_no_study():
    result = pool([], [])
    assert result.k == 0
    assert np.isnan([result.estimate, result.se, *result.ci, result.tau2, result.q]).all()
    assert result.weights == ()
    assert result.notes == ("No study can be pooled.",)


@pytest.mark.parametrize("ci_method", CI_METHODS)
@pytest.mark.parametrize("method", ESTIMATORS)
def test_one_study_is_its_own_answer(method, ci_method):
    result = pool([0.3], [0.04], method, ci_method)
    assert (result.estimate, result.se) == pytest.approx((0.3, 0.2))
    assert result.ci == pytest.approx((0.3 - 1.959963984540054 * 0.2, 0.3 + 1.959963984540054 * 0.2))
    assert result.ci_method == "wald"
    assert result.df is None
    assert result.weights == (100.0,)
    assert np.isnan([result.tau2, result.i2, result.h2, *result.tau2_ci, *result.prediction, result.q_p]).all()
    assert any("not a pool" in note for note in result.notes)
    assert any("Wald" in note for note in result.notes) == (ci_method != "wald")


def test_two_studies_in_closed_form():
    y, v = np.array([0.2, 1.4]), np.array([0.05, 0.11])
    tau2 = (y[1] - y[0]) ** 2 / 2 - v.mean()
    result = pool(y, v)
    assert result.tau2 == pytest.approx(tau2, rel=1e-12)
    w = 1 / (v + tau2)
    estimate = (w * y).sum() / w.sum()
    se = np.sqrt((w * (y - estimate) ** 2).sum() / w.sum())
    assert (result.estimate, result.se, result.df) == pytest.approx((estimate, se, 1))
    assert result.ci.high == pytest.approx(estimate + 12.706204736174698 * se)
    assert np.isnan(result.prediction).all()
    assert any("Two studies" in note for note in result.notes)


def test_prediction_needs_three_studies_and_a_distribution_of_effects():
    assert np.isnan(pool(YI[:2], VI[:2]).prediction).all()
    assert np.isnan(pool(YI, VI, "FE").prediction).all()
    for prediction in ("t(k-1)", "t(k-2)", "normal"):
        assert np.isfinite(pool(YI[:3], VI[:3], prediction=prediction).prediction).all()


# ---- warnings beside the number -------------------------------------------------------------------------------------


def test_a_narrower_hksj_interval_is_said_with_walds_beside_it():
    yi, vi = [0.10, 0.12, 0.09], [0.1, 0.2, 0.1]
    result = pool(yi, vi, measure="RR")
    assert result.narrower_than_wald
    assert result.wald_ci == pool(yi, vi, ci_method="wald").ci
    low, high = (f"{np.exp(bound):.3g}" for bound in result.wald_ci)
    assert any("narrower than Wald's" in note and f"({low} to {high})" in note for note in result.notes)
    adhoc = pool(yi, vi, ci_method="hksj-adhoc")
    assert not adhoc.narrower_than_wald
    assert adhoc.se == pool(yi, vi, ci_method="wald").se
    assert not pool(YI, VI).narrower_than_wald
    assert pool(YI, VI).notes == ()


def test_equal_effects_leave_hksj_without_width_and_without_a_test():
    result = pool([1, 1, 1], [0.1, 0.2, 0.3])
    assert result.ci == (1, 1)
    assert np.isnan([result.p_value, result.statistic]).all()
    assert result.narrower_than_wald


def test_a_common_effect_has_walds_interval_and_says_so():
    asked, plain = pool(YI, VI, "EE", "hksj"), pool(YI, VI, "FE", "wald")
    assert asked.ci == plain.ci
    assert (asked.method, asked.ci_method, asked.i2_definition) == ("FE", "wald", "q")
    assert any("common-effect" in note for note in asked.notes)
    assert plain.notes == ()
    assert asked.tau2 == 0
    assert np.isnan(asked.tau2_ci).all()


# ---- hard likelihoods -----------------------------------------------------------------------------------------------

TWO_MAXIMA = [  # by a search over random data: at 0 and above, the higher one above or at 0
    ([-0.1, -0.4, -18.6, -11.6, -0.1, 0.0], [70.387, 12.182, 27.345, 9.307, 0.165, 0.053]),
    ([1.2, 0.1, -0.2, -5.0, 0.1, -0.1], [0.237, 0.027, 23.234, 1.911, 0.036, 17.76]),
]


@pytest.mark.parametrize(("yi", "vi"), TWO_MAXIMA)
def test_the_higher_of_two_likelihood_maxima_is_found(yi, vi):
    grid = np.concatenate(([0.0], np.geomspace(1e-3, 1e3, 2000)))
    height = log_likelihood(yi, vi, grid, restricted=True)
    inner = (height[1:-1] > height[:-2]) & (height[1:-1] > height[2:])
    assert inner.any()
    assert height[0] > height[1]  # there are two
    tau2 = pool(yi, vi).tau2
    assert log_likelihood(yi, vi, tau2, restricted=True) >= height.max()
    assert tau2 == pytest.approx(grid[height.argmax()], rel=0.01)


@given(STUDIES)
@example([(0.0, 1.0), (0.0, 1.0)])
@example([(6.0, 1e-3), (-6.0, 1e3), (6.0, 1e3)])
def test_every_fit_ends_with_numbers(studies):
    yi, vi = (np.array(column) for column in zip(*studies, strict=True))
    for method in ESTIMATORS:
        result = pool(yi, vi, method)
        # estimates: a mean of the effects, whatever the weights
        assert yi.min() - 1e-9 <= result.estimate <= yi.max() + 1e-9
        assert np.isfinite([*result.ci, result.se]).all()
        assert sum(result.weights) == pytest.approx(100)
        if result.k > 1:
            assert 0 <= result.tau2 < np.inf
            assert result.i2 >= 0
            assert np.isnan(result.tau2_ci).all() or 0 <= result.tau2_ci.low <= result.tau2_ci.high < np.inf


@given(STUDIES.filter(lambda studies: len(studies) > 1))
def test_likelihood_fits_are_at_the_global_maximum(studies):
    yi, vi = (np.array(column) for column in zip(*studies, strict=True))
    grid = np.concatenate(([0.0], np.geomspace(1e-5, 1e6, 3000)))
    for method, restricted in (("REML", True), ("ML", False)):
        tau2 = pool(yi, vi, method).tau2
        highest = log_likelihood(yi, vi, grid, restricted).max()
        # rounding of a sum of up to 30 logs and squares, the latter up to 12**2 / 1e-3
        assert log_likelihood(yi, vi, tau2, restricted) >= highest - 1e-9 * max(1, abs(highest))


@pytest.mark.parametrize("method", ESTIMATORS)
def test_variances_twenty_orders_of_magnitude_apart(method):
    result = pool([1.0, 2.0, -3.0, 0.5], [1e-12, 1e8, 1.0, 1e-3], method)
    assert np.isfinite([result.estimate, result.se, *result.ci, result.tau2]).all()


# ---- refused --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"yi": [1, np.nan]}, "yi[1] is nan; leave a study without an estimate out"),
        ({"vi": [1, np.inf]}, "vi[1] is inf; a finite number is needed"),
        ({"vi": [0.0, 1]}, "vi[0] is 0; a sampling variance is above 0"),
        ({"vi": [1, -0.5]}, "vi[1] is -0.5; a sampling variance is above 0"),
        ({"yi": [1, 2, 3]}, "yi has 3 values and vi has 2"),
        ({"yi": ["a", "b"]}, "yi is ['a', 'b']; numbers are needed"),
        ({"yi": [[1], [2]]}, "yi has 2 dimensions"),
        ({"method": "reml"}, "method is 'reml' (did you mean 'REML'?)"),
        ({"method": "MH"}, "allowed are 'REML', 'DL', 'PM'"),
        ({"ci_method": "hskj"}, "ci_method is 'hskj' (did you mean 'hksj'?)"),
        ({"prediction": "t(k-3)"}, "prediction is 't(k-3)'"),
        ({"measure": "RRR"}, "measure is 'RRR' (did you mean 'RR'?)"),
        ({"i2_definition": "Q"}, "i2_definition is 'Q' (did you mean 'q'?)"),
        ({"level": 95}, "level is 95; a fraction between 0 and 1 is needed"),
        ({"level": 0.0}, "level is 0.0"),
    ],
)
def test_complaints(arguments, message):
    with pytest.raises(ArgumentError) as complaint:
        pool(**{"yi": [0.1, 0.2], "vi": [0.1, 0.2], **arguments})
    assert message in str(complaint.value)


@pytest.mark.parametrize(("yi", "vi"), [([1, 2, 3], [1e-320, 1, 1]), ([1e200, -2e200, 3], [1, 1, 1])])
def test_numbers_beyond_computing_are_refused_by_name(yi, vi):
    with pytest.raises(ArgumentError, match=r"(yi|vi)\[0\] is 1e"):
        pool(yi, vi)


def test_two_studies_that_agree_come_with_the_interval_that_is_never_narrower():
    result = pool([-3.46, -4.00], [4.65, 2.10], measure="MD")
    adhoc = pool([-3.46, -4.00], [4.65, 2.10], measure="MD", ci_method="hksj-adhoc")
    (note,) = result.notes
    assert f"(hksj-adhoc) is {adhoc.ci.low:.3g} to {adhoc.ci.high:.3g}." in note


@given(studies=st.lists(st.tuples(st.floats(-3, 3), st.floats(0.01, 10)), min_size=2, max_size=12))
def test_each_study_twice_at_half_the_precision_is_the_same_common_effect(studies):
    yi, vi = zip(*studies, strict=True)
    once = pool(yi, vi, method="FE", ci_method="wald")
    twice = pool([*yi, *yi], [2 * v for v in (*vi, *vi)], method="FE", ci_method="wald")
    assert (twice.estimate, twice.se, twice.q) == pytest.approx((once.estimate, once.se, once.q), rel=1e-9, abs=1e-9)


@given(
    studies=st.lists(st.tuples(st.floats(-3, 3), st.floats(0.01, 10)), min_size=2, max_size=12),
    times=st.floats(0.01, 100),
)
def test_another_unit_changes_effects_and_variances_and_no_test(studies, times):
    yi, vi = zip(*studies, strict=True)
    one = pool(yi, vi)
    other = pool([times * y for y in yi], [times**2 * v for v in vi])
    assert other.estimate == pytest.approx(times * one.estimate, rel=1e-7, abs=1e-7 * times)
    assert other.tau2 == pytest.approx(times**2 * one.tau2, rel=1e-6, abs=1e-8 * times**2)
    assert other.i2 == pytest.approx(one.i2, rel=1e-5, abs=1e-5)
