"""Conversions to mean and standard deviation, against metafor and by what they must undo."""

import json
from pathlib import Path

import numpy as np
import pytest

from msc_meta.effects.summaries import combine_arms, combine_events, mean_sd, sd_from_ci, sd_from_se, se_from_ci
from msc_meta.errors import ArgumentError

ROWS = json.loads((Path(__file__).parents[1] / "reference" / "medians.json").read_text(encoding="utf-8"))["rows"]
QUANTILES = ("n", "min", "q1", "median", "q3", "max")
CLOSED_FORM = 1e-10


@pytest.mark.parametrize(("method", "theirs"), [("luo-wan", "default"), ("wan", "wan2014")])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['scenario']}-n{row['n']}-median{row['median']}")
def test_mean_sd_agrees_with_metafor(row, method, theirs):
    estimate = mean_sd(**{name: row[name] for name in QUANTILES if name in row}, method=method)
    assert [estimate.mean, estimate.sd] == pytest.approx(row[theirs], rel=CLOSED_FORM)
    assert ("Shi" in estimate.method) == (row["scenario"] == "S3" and method == "luo-wan")
    assert estimate.assumption


def test_quantiles_of_a_normal_sample_give_its_mean_and_sd_back():
    from scipy.special import ndtri

    n, mean, sd = 100_000, 12.0, 3.0
    low, q1, q3, high = mean + sd * ndtri([0.5 / n, 0.25, 0.75, 1 - 0.5 / n])
    for given in ({"q1": q1, "q3": q3}, {"min": low, "max": high}, {"q1": q1, "q3": q3, "min": low, "max": high}):
        estimate = mean_sd(n=n, median=mean, **given)
        # 3 %: the range of a sample is what its distribution makes it, not the quantiles that stand for it here
        assert estimate.mean == pytest.approx(mean, rel=1e-9)
        assert estimate.sd == pytest.approx(sd, rel=0.03)


def test_mean_sd_shifts_and_scales_with_the_unit():
    days = mean_sd(n=20, median=10, q1=7, q3=16, min=3, max=40)
    hours = mean_sd(n=20, median=240, q1=168, q3=384, min=72, max=960)
    assert (hours.mean, hours.sd) == pytest.approx((24 * days.mean, 24 * days.sd))


def test_intervals_and_standard_errors():
    from scipy.special import stdtrit

    n, mean, sd = 16, 5.0, 2.0
    half = stdtrit(n - 1, 0.975) * sd / np.sqrt(n)
    assert sd_from_ci(mean - half, mean + half, n) == pytest.approx(sd)
    assert sd_from_se(sd / 4, n) == pytest.approx(sd)
    assert se_from_ci(-1.6448536269514722, 1.6448536269514722, level=0.9) == pytest.approx(1)
    # Cochrane Handbook 6.5.2.2: 95% CI 30.0 to 34.2 of 25 patients has SD 5.09 with t = 2.064
    assert sd_from_ci(30.0, 34.2, 25) == pytest.approx(5.09, abs=0.005)


def test_combined_arms_are_the_arm_of_all_patients():
    values = np.array([3.0, 5, 9, 2, 4, 8, 8, 1, 7])
    groups = [values[:4], values[4:6], values[6:]]
    n, mean, sd = combine_arms(*zip(*((g.size, g.mean(), g.std(ddof=1)) for g in groups), strict=True))
    assert (n, mean, sd) == pytest.approx((values.size, values.mean(), values.std(ddof=1)))
    assert combine_arms([10], [4], [2]) == pytest.approx((10, 4, 2))
    assert combine_events([3, 2, 0], [10, 12, 5]) == (5, 27)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mean_sd(n=10, median=5), "a median alone has no spread"),
        (lambda: mean_sd(n=10, median=5, q1=3), "q1 and q3 are needed together; only q1 is given"),
        (lambda: mean_sd(n=10, median=5, max=3), "median is 5 and max is 3; median can not be the larger one"),
        (lambda: mean_sd(n=10, median=5, q1=5, q3=5), "q1 and q3 are both 5; no standard deviation follows"),
        (lambda: mean_sd(n=1, median=5, q1=4, q3=6), "n is 1; two patients or more are needed"),
        (lambda: mean_sd(n=9, median=np.nan, q1=4, q3=6), "median is nan; one number is needed"),
        (lambda: mean_sd(n=9, median=5, q1=4, q3=6, method="luo"), "did you mean 'luo-wan'?"),
        (lambda: sd_from_se(0, 10), "se is 0; a number above 0 is needed"),
        (lambda: sd_from_ci(3, 3, 10), "low is 3 and high is 3; an interval needs low < high"),
        (lambda: sd_from_ci(2, 3, 10, distribution="z"), "distribution is 'z'"),
        (lambda: se_from_ci(2, 3, level=95), "level is 95; a fraction between 0 and 1 is needed"),
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
