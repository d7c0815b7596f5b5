"""The batch gives the answers of `pool`, to every set, whatever the data."""

import time

import numpy as np
import pytest

from msc_meta.errors import ArgumentError
from msc_meta.pooling.batch import FIELDS, pool_batch
from msc_meta.pooling.random_effects import CI_METHODS, pool
from msc_meta.pooling.tau2 import ESTIMATORS


def hard_sets(sets, most, seed):
    """Random sets of 1 to ``most`` studies: variances over six orders of magnitude, ties, zeros, studies left out."""
    random = np.random.default_rng(seed)
    vi = 10 ** random.uniform(-3, 3, (sets, most))
    vi = np.where(random.random((sets, 1)) < 0.2, vi[:, :1], vi)  # ties in all variances
    yi = random.normal(0, 1, (sets, most)) * np.sqrt(vi) + random.normal(0, 1, (sets, most)) * random.choice(
        [0, 0.1, 1, 30], (sets, 1)
    )
    yi = np.where(random.random((sets, 1)) < 0.2, np.round(yi), yi)  # ties
    yi = np.where(random.random((sets, 1)) < 0.05, 0.0, yi)  # all zero
    k = random.integers(1, most + 1, (sets, 1))
    absent = np.argsort(random.random((sets, most)), axis=1) >= k
    yi[absent] = vi[absent] = np.nan
    return yi, vi


def agree(batch, yi, vi, rows, method, ci_method):
    for row in rows:
        there = ~np.isnan(yi[row])
        one = pool(yi[row, there], vi[row, there], method, ci_method)
        assert batch.k[row] == one.k
        unit = max(one.wald_ci.width, 1e-300)
        ours = {name: float(getattr(batch, name)[row]) for name in FIELDS}
        # relative, and for what can be 0 in units of the standard error or of tau2 plus the smallest variance
        for name, theirs in (
            ("estimate", one.estimate),
            ("se", one.se),
            ("ci_low", one.ci.low),
            ("ci_high", one.ci.high),
        ):
            assert ours[name] == pytest.approx(theirs, rel=1e-9, abs=1e-9 * unit), (row, name)
        smallest = float(np.nanmin(vi[row]))
        assert ours["tau2"] == pytest.approx(one.tau2, rel=1e-9, abs=1e-9 * smallest, nan_ok=True), row
        assert ours["i2"] == pytest.approx(one.i2, rel=1e-9, abs=1e-7, nan_ok=True), row
        assert ours["p_value"] == pytest.approx(one.p_value, rel=1e-9, abs=1e-12, nan_ok=True), row
        assert ours["q"] == pytest.approx(one.q, rel=1e-9, abs=1e-12, nan_ok=True), row


@pytest.mark.parametrize("method", [*ESTIMATORS, "EE"])
@pytest.mark.parametrize("ci_method", CI_METHODS)
def test_each_set_is_pooled_as_alone(method, ci_method):
    yi, vi = hard_sets(60, 12, seed=3)
    agree(pool_batch(yi, vi, method, ci_method), yi, vi, range(60), method, ci_method)


def test_a_hundred_thousand_hard_sets_have_answers():
    yi, vi = hard_sets(100_000, 30, seed=1)
    batch = pool_batch(yi, vi)
    several = batch.k > 1
    for name in ("estimate", "se", "ci_low", "ci_high"):
        assert np.isfinite(getattr(batch, name)).all()
    for name in ("tau2", "i2", "q"):
        values = getattr(batch, name)
        assert np.isfinite(values[several]).all()
        assert (values[several] >= 0).all()
        assert np.isnan(values[~several]).all()
    assert (batch.estimate >= np.nanmin(yi, axis=1) - 1e-9).all()
    assert (batch.estimate <= np.nanmax(yi, axis=1) + 1e-9).all()
    agree(batch, yi, vi, range(0, 100_000, 400), "REML", "hksj")


def test_ten_thousand_fits_are_quick():
    random = np.random.default_rng(1)
    yi, vi = random.normal(0, 0.5, (10_000, 20)), random.uniform(0.05, 0.5, (10_000, 20))
    pool_batch(yi[:10], vi[:10])
    start = time.process_time()
    pool_batch(yi, vi)
    batch = time.process_time() - start
    start = time.process_time()
    for row in range(50):
        pool(yi[row], vi[row])
    single = (time.process_time() - start) / 50
    assert batch < 2  # seconds of one core
    assert single < 0.02


def test_rows_and_columns_in_any_order():
    yi, vi = hard_sets(50, 9, seed=5)
    one, other = pool_batch(yi, vi), pool_batch(yi[::-1, ::-1], vi[::-1, ::-1])
    for name in ("estimate", "tau2", "se"):
        assert getattr(other, name)[::-1] == pytest.approx(getattr(one, name), rel=1e-9, abs=1e-9, nan_ok=True)


def test_empty_sets_and_no_sets():
    nan = np.nan
    batch = pool_batch([[nan, nan], [1, nan]], [[nan, nan], [0.25, nan]])
    assert batch.k.tolist() == [0, 1]
    assert np.isnan(batch.estimate[0])
    assert (batch.estimate[1], batch.se[1]) == (1, 0.5)
    assert batch.to_dict()["estimate"] == [None, 1]
    assert batch.to_frame().shape == (2, 9)
    assert pool_batch(np.empty((0, 3)), np.empty((0, 3))).estimate.size == 0


@pytest.mark.parametrize(
    ("yi", "vi", "message"),
    [
        ([1, 2], [[1, 2]], "yi has 1 dimensions; a table is needed"),
        ([[1, 2]], [[1, 2, 3]], "yi has shape (1, 2) and vi has (1, 3)"),
        ([[1, 2], [1, 2]], [[1, 2], [1, 0]], "vi[1, 1] is 0; a sampling variance is above 0"),
        ([[1, np.nan]], [[1, 2]], "yi[0, 1] is nan; a study that a set lacks is nan in yi and in vi"),
        ([[1, np.inf]], [[1, 2]], "yi[0, 1] is inf"),
        ([["a", 1]], [[1, 2]], "yi is no table of numbers"),
    ],
)
def test_complaints(yi, vi, message):
    with pytest.raises(ArgumentError) as complaint:
        pool_batch(yi, vi)
    assert message in str(complaint.value)
