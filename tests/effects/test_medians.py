"""Medians as mean and standard deviation: against metafor and estmeansd, and by what the formulas must undo."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from msc_meta.effects.box_cox import box_cox, maximum_likelihood, transformed
from msc_meta.effects.medians import CONVERSIONS, mean_sd
from msc_meta.effects.quantile_estimation import quantile_estimation
from msc_meta.effects.quantiles import reported_quantiles
from msc_meta.effects.skewness import skewness_test
from msc_meta.errors import ArgumentError

ROWS = json.loads((Path(__file__).parents[1] / "reference" / "medians.json").read_text(encoding="utf-8"))["rows"]
CLOSED_FORM = 1e-10
FORMULAS = {"luo-wan": "default", "wan": "wan2014", "hozo": "hozo2005", "bland": "bland2015", "lnorm": "lnorm"}
FORMULAS["luo-shi"] = FORMULAS["shi"] = "default"
each_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['scenario']}-n{row['n']}-median{row['median']}")


def quantiles(row):
    return {name: row[name] for name in ("min", "q1", "median", "q3", "max") if name in row}


def both(estimate):
    return [estimate.mean, estimate.sd]


@pytest.mark.parametrize(("method", "theirs"), FORMULAS.items())
@each_row
def test_formulas_agree_with_metafor(row, method, theirs):
    if row["scenario"] not in CONVERSIONS[method].scenarios:
        with pytest.raises(ArgumentError, match="is defined for"):
            mean_sd(n=row["n"], **quantiles(row), method=method)
        return
    estimate = mean_sd(n=row["n"], **quantiles(row), method=method)
    assert both(estimate) == pytest.approx(row[theirs], rel=CLOSED_FORM)
    assert estimate.assumption
    assert estimate.se is None


@each_row
def test_the_default_names_whose_sd_it_is(row):
    assert ("Shi" in mean_sd(n=row["n"], **quantiles(row)).method) == (row["scenario"] == "S3")


@each_row
def test_skewness_test_agrees_with_metafor(row):
    test = skewness_test(n=row["n"], **quantiles(row))
    statistic, critical, skewed = row["skewness"]
    # a statistic of 0 is the difference of two that are equal
    assert test.statistic == pytest.approx(statistic, rel=CLOSED_FORM, abs=1e-14)
    assert test.critical == pytest.approx(critical, rel=CLOSED_FORM)
    assert test.skewed == skewed


@each_row
def test_quantile_estimation_agrees_with_estmeansd(row):
    mean, sd, family, _, _ = row["qe"]
    estimate = mean_sd(n=row["n"], **quantiles(row), method="qe")
    # The search is that of R's optim in another translation of L-BFGS-B, and stops where an iteration gains little.
    assert both(estimate) == pytest.approx([mean, sd], rel=5e-5)
    assert family in estimate.method.lower()


@each_row
def test_box_cox_agrees_with_estmeansd(row):
    theirs = row["bc"]
    x = reported_quantiles(row["n"], row["median"], (row.get("q1"), row.get("q3")), (row.get("min"), row.get("max")))
    ours = box_cox(x)
    # R's optimize finds the power to about 2e-5; mean and SD of skewed values move a little more than that.
    assert both(ours) == pytest.approx(theirs["exact"], rel=1e-4)
    mean, mean_error, sd, sd_error = theirs["drawn"]
    assert abs(ours.mean - mean) < 4 * mean_error
    assert abs(ours.sd - sd) < 4 * sd_error


@each_row
def test_maximum_likelihood_agrees_with_estmeansd(row):
    theirs = row["mln"]
    x = reported_quantiles(row["n"], row["median"], (row.get("q1"), row.get("q3")), (row.get("min"), row.get("max")))
    ours = maximum_likelihood(x)
    # Nelder and Mead stop in R when the log-likelihood gains less than 1e-8 of itself: 1e-4 of a standard deviation.
    assert both(ours) == pytest.approx(theirs["exact"], rel=1e-3)


@pytest.mark.parametrize("power", [0.0, 0.05, 0.3, 1.0, 1.7, 3.0])
def test_box_cox_finds_the_power_and_the_mean_of_a_box_cox_sample(power):
    from scipy.special import ndtri

    n, center, spread = 100_000, 2.0, 0.15
    y = center + spread * ndtri(np.array([0.25, 0.5, 0.75]))
    q1, median, q3 = np.exp(y) if power == 0 else (power * y + 1) ** (1 / power)
    fitted = box_cox(reported_quantiles(n, median, (q1, q3), (None, None)))
    z = ndtri((np.arange(200_000) + 0.5) / 200_000)
    all_y = center + spread * z
    values = np.exp(all_y) if power == 0 else (power * all_y + 1) ** (1 / power)
    # Luo's and Wan's weights are not quite those of an infinite sample: 2e-5
    assert both(fitted) == pytest.approx([values.mean(), values.std()], rel=1e-3)


def test_transformed_tends_to_the_logarithm():
    x = reported_quantiles(20, 3.0, (2.0, 5.0), (1.0, 9.0))
    assert transformed(x, 0).values == pytest.approx([math.log(value) for value in x.values])
    assert transformed(x, 1e-7).values == pytest.approx([math.log(value) for value in x.values], abs=1e-6)
    assert transformed(x, 1).values == pytest.approx([value - 1 for value in x.values])


def test_quantile_estimation_knows_negative_values_and_proportions():
    change = mean_sd(n=20, median=-1, q1=-4, q3=3, method="qe")
    assert "normal" in change.method
    assert both(change) == pytest.approx([-2 / 3, 7 / (2 * 0.6744897501960817)], rel=1e-5)
    share = quantile_estimation(reported_quantiles(500, 0.9, (0.8, 0.96), (0.2, 0.999)))
    assert "beta" in share.method
    zero = mean_sd(n=40, median=6, q1=2, q3=12, min=0, max=28, method="qe")  # days, some of them none
    assert 5 < zero.mean < 12


FAMILIES = {  # quartiles of a known distribution, for values that no other family fits as well
    "normal": stats.norm(12, 3),
    "log-normal": stats.lognorm(0.6, scale=9),
    "gamma": stats.gamma(1.4, scale=6),
    "Weibull": stats.weibull_min(5, scale=2),
    "beta": stats.beta(6, 2.5),
}


@pytest.mark.parametrize("name", FAMILIES)
def test_quantile_estimation_finds_the_family_its_moments_and_their_error(name):
    family = FAMILIES[name]
    low, q1, median, q3, high = family.ppf([1 / 200, 0.25, 0.5, 0.75, 1 - 1 / 200]).tolist()
    estimate = mean_sd(n=200, median=median, q1=q1, q3=q3, min=low, max=high, method="qe", draws=10)
    assert f"quantile estimation, {name} distribution" in estimate.method
    assert both(estimate) == pytest.approx([family.mean(), family.std()], rel=2e-3)  # where L-BFGS-B stops
    # samples of 200 of that family: about sd / sqrt(n); ten draws know it to a quarter
    assert 0.4 < estimate.se / (family.std() / math.sqrt(200)) < 2.2


def test_quantiles_of_a_normal_sample_give_its_mean_and_sd_back():
    from scipy.special import ndtri

    n, mean, sd = 100_000, 12.0, 3.0
    low, q1, q3, high = mean + sd * ndtri([0.5 / n, 0.25, 0.75, 1 - 0.5 / n])
    for given_pairs in ({"q1": q1, "q3": q3}, {"min": low, "max": high}, {"q1": q1, "q3": q3, "min": low, "max": high}):
        estimate = mean_sd(n=n, median=mean, **given_pairs)
        # 3 %: the range of a sample is what its distribution makes it, not the quantiles that stand for it here
        assert estimate.mean == pytest.approx(mean, rel=1e-9)
        assert estimate.sd == pytest.approx(sd, rel=0.03)


UNIT_FREE = ("luo-wan", "wan", "luo-shi", "hozo", "bland", "lnorm", "bc")
gaps = st.floats(0.05, 20)


@settings(max_examples=15, deadline=None)
@given(n=st.integers(5, 400), low=st.floats(0.1, 50), widths=st.tuples(gaps, gaps, gaps, gaps), c=st.floats(0.02, 50))
def test_a_change_of_unit_scales_mean_and_sd(n, low, widths, c):
    minimum, q1, median, q3, maximum = np.cumsum([low, *widths]).tolist()
    pairs = {"S1": {"min": minimum, "max": maximum}, "S2": {"q1": q1, "q3": q3}}
    pairs["S3"] = pairs["S1"] | pairs["S2"]
    for method in UNIT_FREE:
        for scenario in CONVERSIONS[method].scenarios:
            one = mean_sd(n=n, median=median, **pairs[scenario], method=method)
            other = mean_sd(
                n=n, median=c * median, **{name: c * value for name, value in pairs[scenario].items()}, method=method
            )
            # the power of Box-Cox is searched for, the rest are sums
            close = 2e-5 if method == "bc" else 1e-9
            assert both(other) == pytest.approx([c * value for value in both(one)], rel=close)


def test_small_values_have_a_box_cox_mean_too():
    # in units so large that the transformed mean is far below -1
    one, other = (mean_sd(n=60, median=14 * x, q1=9 * x, q3=20 * x, method="bc") for x in (1, 1e-3))
    assert both(other) == pytest.approx([value / 1000 for value in both(one)], rel=2e-5)


def test_hozos_formula_for_small_arms_ends_with_15_patients():
    # equation 16 of Hozo 2005: ((2 - 10 + 20)^2 / 4 + 18^2) / 12 = 30; above it a quarter of the range
    small, large = (mean_sd(n=n, median=5, min=2, max=20, method="hozo") for n in (15, 16))
    assert (small.mean, small.sd, large.sd) == pytest.approx((8, math.sqrt(30), 4.5))


@pytest.mark.parametrize(("n", "mean", "sd"), [(25, 8, 4.5), (26, 5, 4.5), (70, 5, 4.5), (71, 5, 3)])
def test_hozos_formulas_change_after_25_and_after_70_patients(n, mean, sd):
    # (2 + 2 * 5 + 20) / 4 = 8 up to 25, then the median; a quarter of the range up to 70, then a sixth
    found = mean_sd(n=n, median=5, min=2, max=20, method="hozo")
    assert (found.mean, found.sd) == (mean, sd)


@pytest.mark.parametrize("method", ["luo-wan", "lnorm", "bc"])
def test_standard_error_of_the_mean(method):
    estimate = mean_sd(n=80, median=14, q1=9, q3=22, method=method, draws=100)
    again = mean_sd(n=80, median=14, q1=9, q3=22, method=method, draws=100)
    assert estimate.se == again.se  # the same draws
    # a mean from quartiles knows less than that of all values: its error is larger than sd / sqrt(n), but not twice
    assert 0.9 < estimate.se / (estimate.sd / math.sqrt(80)) < 2


def test_standard_error_of_the_mean_of_quartiles_is_that_of_theory():
    n, sd = 2001, 10.0
    width = 0.6744897501960817 * sd
    se = mean_sd(n=n, median=100, q1=100 - width, q3=100 + width, draws=2000).se
    # variance of w (q1 + q3) / 2 + (1 - w) median with w = 0.7 from the covariance of quantiles of a large sample;
    # 2000 draws know a standard deviation to 1.6 %
    p, w = np.array([0.25, 0.5, 0.75]), np.array([0.35, 0.3, 0.35])
    density = np.exp(-(np.array([0.6744897501960817, 0, 0.6744897501960817]) ** 2) / 2) / np.sqrt(2 * np.pi)
    covariance = (np.minimum.outer(p, p) - np.outer(p, p)) / np.outer(density, density) / n
    assert se == pytest.approx(sd * np.sqrt(w @ covariance @ w), rel=0.06)


@pytest.mark.parametrize("method", ["qe", "mln"])
def test_fitted_methods_have_standard_errors_too(method):
    estimate = mean_sd(n=30, median=14, q1=9, q3=22, method=method, draws=25)
    assert 0.5 < estimate.se / (estimate.sd / math.sqrt(30)) < 3


def test_skewness_test_finds_log_normal_values():
    sample = {"n": 200, "median": 10, "q1": 4, "q3": 25, "min": 1, "max": 100}
    assert skewness_test(**sample).skewed
    logs = {name: math.log(value) for name, value in sample.items() if name != "n"}
    assert not skewness_test(n=200, **logs).skewed


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mean_sd(n=10, median=5), "a median alone has no spread"),
        (lambda: mean_sd(n=10, median=5, q1=3), "q1 and q3 are needed together; only q1 is given"),
        (lambda: mean_sd(n=10, median=5, max=3), "median is 5 and max is 3; median can not be the larger one"),
        (lambda: mean_sd(n=10, median=5, q1=5, q3=5), "q1 and q3 are both 5; no standard deviation follows"),
        (lambda: mean_sd(n=1, median=5, q1=4, q3=6), "n is 1; two patients or more are needed"),
        (lambda: mean_sd(n=2, median=5, q1=4, q3=6, method="qe"), "n is 2; three patients or more are needed"),
        (lambda: mean_sd(n=9, median=np.nan, q1=4, q3=6), "median is nan; one number is needed"),
        (lambda: mean_sd(n=9, median=5, q1=4, q3=6, method="luo"), "did you mean"),
        (
            lambda: mean_sd(n=9, median=5, q1=4, q3=6, method="hozo"),
            "not for median with quartiles; for that there are 'luo-wan', 'wan', 'lnorm', 'qe', 'bc', 'mln'",
        ),
        (
            lambda: mean_sd(n=9, median=5, q1=0, q3=6, method="bc"),
            "method 'bc' needs values above 0; the smallest is 0",
        ),
        (lambda: mean_sd(n=9, median=5, q1=4, q3=6, draws=1), "draws is 1; two or more are needed"),
        (lambda: skewness_test(n=9, median=5), "a median alone has no spread"),
    ],
)
def test_complaints(call, message):
    with pytest.raises(ArgumentError) as complaint:
        call()
    assert message in str(complaint.value)
