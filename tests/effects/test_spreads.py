"""Standard deviations and errors from intervals, statistics and p-values, and combined arms."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from msc_meta.effects.combined_arms import combine_arms, combine_events
from msc_meta.effects.measures import effect_size
from msc_meta.effects.spreads import sd_from_ci, sd_from_p, sd_from_se, sd_from_t, sd_of_change, se_from_ci, se_from_p
from msc_meta.errors import ArgumentError

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "conversions.json").read_text(encoding="utf-8"))
CLOSED_FORM = 1e-10


def test_intervals_and_standard_errors():
    from scipy.special import stdtrit

    n, mean, sd = 16, 5.0, 2.0
    half = stdtrit(n - 1, 0.975) * sd / np.sqrt(n)
    assert sd_from_ci(mean - half, mean + half, n) == pytest.approx(sd)
    assert sd_from_se(sd / 4, n) == pytest.approx(sd)
    assert se_from_ci(-1.6448536269514722, 1.6448536269514722, level=0.9) == pytest.approx(1)
    # Cochrane Handbook 6.5.2.2: 95% CI 30.0 to 34.2 of 25 patients has SD 5.09 with t = 2.064
    assert sd_from_ci(30.0, 34.2, 25) == pytest.approx(5.09, abs=0.005)


def test_standard_errors_agree_with_metafor():
    for case in REFERENCE["wald"]:
        reported, log = case["input"], case["input"].get("exp", False)
        level = reported.get("level", 95) / 100
        if "pval" in reported:
            se = se_from_p(reported["out"], reported["pval"], log=log)
        elif "zval" not in reported:
            se = se_from_ci(reported["ci.lb"], reported["ci.ub"], level, log=log)
        else:
            continue
        assert se**2 == pytest.approx(case["vi"], rel=CLOSED_FORM)


def test_standardised_differences_from_t_and_p_agree_with_metafor():
    for case in REFERENCE["smd_from_stats"]:
        reported = case["input"]
        n_e, n_c = reported["n1i"], reported["n2i"]
        if "m1i" in reported:
            arms = {"mean_e": reported["m1i"], "mean_c": reported["m2i"], "sd_e": reported["sd1i"]}
            arms |= {"sd_c": reported["sd2i"]}
        else:
            difference = reported.get("di", 1.0)
            sd = 1.0
            if "ti" in reported:
                sd = sd_from_t(difference, reported["ti"], n_e, n_c)
            if "pi" in reported:
                sd = sd_from_p(difference, reported["pi"], n_e, n_c)
            arms = {"mean_e": difference, "mean_c": 0.0, "sd_e": sd, "sd_c": sd}
        effect = effect_size("SMD", **arms, n_e=n_e, n_c=n_c)
        assert (effect.yi[0], effect.vi[0]) == pytest.approx((case["yi"], case["vi"]), rel=CLOSED_FORM)


def test_change_from_baseline_agrees_with_metafor():
    for case in REFERENCE["smcr"]:
        reported = case["input"]
        change = next(effect for effect in case["effects"] if effect["measure"] == "MC")
        sd = sd_of_change(reported["sd1i"], reported["sd2i"], reported["ri"])
        assert sd**2 / reported["ni"] == pytest.approx(change["vi"], rel=CLOSED_FORM)


above_0 = st.floats(0.01, 1000)


@given(sd=above_0, difference=above_0, n_e=st.integers(2, 500), n_c=st.integers(2, 500))
def test_sd_from_t_undoes_a_t_test(sd, difference, n_e, n_c):
    t = difference / (sd * np.sqrt(1 / n_e + 1 / n_c))
    assert sd_from_t(-difference, t, n_e, n_c) == pytest.approx(sd)


@given(before=above_0, after=above_0)
def test_change_from_baseline_at_its_limits(before, after):
    assert sd_of_change(before, after, -1) == pytest.approx(before + after)
    assert sd_of_change(before, after, 0) == pytest.approx(np.hypot(before, after))
    if abs(before - after) > 1e-3:
        assert sd_of_change(before, after, 1) == pytest.approx(abs(before - after))


def test_combined_arms_are_the_arm_of_all_patients():
    values = np.array([3.0, 5, 9, 2, 4, 8, 8, 1, 7])
    groups = [values[:4], values[4:6], values[6:]]
    n, mean, sd = combine_arms(*zip(*((g.size, g.mean(), g.std(ddof=1)) for g in groups), strict=True))
    assert (n, mean, sd) == pytest.approx((values.size, values.mean(), values.std(ddof=1)))
    assert combine_arms([10], [4], [2]) == pytest.approx((10, 4, 2))
    assert combine_events([3, 2, 0], [10, 12, 5]) == (5, 27)


def test_an_arm_of_one_patient_and_one_without_events_can_be_combined():
    assert combine_events([0, 1], [1, 1]) == (1, 2)
    assert combine_events([5], [5]) == (5, 5)  # events only
    assert combine_arms([1, 3], [4.0, 8.0], [0.5, 2.0]).n == 4


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sd_from_se(0, 10), "se is 0; a number above 0 is needed"),
        (lambda: sd_from_ci(3, 3, 10), "low is 3 and high is 3; an interval needs low < high"),
        (lambda: sd_from_ci(2, 3, 10, distribution="z"), "distribution is 'z'"),
        (lambda: se_from_ci(2, 3, level=95), "level is 95; a fraction between 0 and 1 is needed"),
        (lambda: sd_from_t(0, 2, 10, 10), "difference is 0; a number above 0 is needed"),
        (lambda: sd_from_t(1, 0, 10, 10), "t is 0; a number above 0 is needed"),
        (lambda: sd_from_p(1, 1, 10, 10), "p_value is 1; a number between 0 and 1 is needed, both excluded"),
        (lambda: sd_from_p(1, 0.5, 1, 1), "n_e + n_c is 2; three patients or more are needed"),
        (lambda: sd_of_change(1, 2, 1.2), "correlation is 1.2; a correlation lies between -1 and 1"),
        (lambda: sd_of_change(2, 2, 1), "the change has no spread"),
        (lambda: se_from_ci(-1, 2, log=True), "low is -1; a number above 0 is needed"),
        (lambda: se_from_p(1, 0.03, log=True), "estimate is 1; no standard error follows from no difference"),
        (lambda: se_from_p(0, 0.03), "estimate is 0; no standard error follows from no difference"),
        (lambda: combine_arms([10, 10], [1], [2, 2]), "n has 2 values, mean has 1 values, sd has 2 values"),
        (lambda: combine_arms([10, 10], [1, 2], [2, 0]), "sd[1] is 0"),
        (lambda: combine_events([11], [10]), "event[0] is 11; events lie between 0 and n"),
        (lambda: combine_events([], []), "one of each per arm"),
    ],
)
def test_complaints(call, message):
    with pytest.raises(ArgumentError) as complaint:
        call()
    assert message in str(complaint.value)
