"""Pools of all subsets: metafor's, refits one by one, and the same bits from whoever computes."""

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msc_meta.blocks import blocks, run_blocks
from msc_meta.errors import ArgumentError
from msc_meta.pooling.random_effects import pool
from msc_meta.robustness.gosh import BLOCK, gosh
from tests.robustness.references import left_over, sets

DATA = {data["id"]: data for data in sets("small_study")}
FITS = [
    pytest.param(DATA[found["id"]], method, found[method], id=f"{found['id']}-{method}")
    for found in sets("gosh")
    for method in ("EE", "DL", "REML")
    if method in found and found["id"] in DATA
]
STUDIES = st.lists(
    st.tuples(st.integers(-60, 60).map(lambda y: y / 10), st.floats(-2, 2).map(lambda x: 10.0**x)),
    min_size=2,
    max_size=8,
)


def simulated(k, seed=1):
    random = np.random.default_rng(seed)
    vi = random.uniform(0.01, 0.4, k)
    return random.normal(-0.2, 0.3 + np.sqrt(vi)), vi


@pytest.mark.parametrize(("data", "method", "theirs"), FITS)
def test_every_subset_is_metafors(data, method, theirs):
    yi, vi = data["yi"], data["vi"]
    cloud = gosh(yi, vi, method)
    # closed forms, and REML as far as metafor's own iterations go
    rel = 1e-10 if method != "REML" else 1e-8 + 10 * left_over(yi, vi)
    some = theirs if "key" in theirs else theirs["sample"]
    at = np.array(some["key"]) - 1
    assert cloud.estimate[at].tolist() == pytest.approx(some["est"], rel=rel, abs=rel)
    several = cloud.counts[at] > 1  # heterogeneity of one study is 0 to metafor, and undefined here
    assert np.isnan(cloud.i2[at][~several]).all()
    assert cloud.i2[at][several].tolist() == pytest.approx(np.array(some["I2"])[several].tolist(), rel=rel, abs=1e-6)
    assert cloud.estimate.sum() == pytest.approx(theirs["est_sum"], rel=rel, abs=rel * len(cloud.estimate))
    assert (cloud.estimate**2).sum() == pytest.approx(theirs["est_sumsq"], rel=10 * rel)
    assert np.nansum(cloud.q) == pytest.approx(theirs["QE_sum"], rel=1e-9)
    if len(at) == len(cloud.estimate):
        quantiles = np.quantile(cloud.estimate, [0, 0.025, 0.25, 0.5, 0.75, 0.975, 1])
        assert quantiles.tolist() == pytest.approx(theirs["est_q"], rel=rel, abs=rel)


@pytest.mark.parametrize("method", ["FE", "DL", "PM", "REML"])
def test_a_thousand_subsets_are_refits(method):
    yi, vi = simulated(14)
    cloud = gosh(yi, vi, method)
    assert cloud.estimate.size == 2**14 - 1
    for at in np.random.default_rng(2).choice(2**14 - 1, 1000, replace=False).tolist():
        inside = np.array([cloud.includes(study)[at] for study in range(14)])
        alone = pool(yi[inside], vi[inside], method)
        assert cloud.estimate[at] == pytest.approx(alone.estimate, abs=1e-8)
        if alone.k > 1:
            assert cloud.i2[at] == pytest.approx(alone.i2, abs=1e-8)
            assert cloud.q[at] == pytest.approx(alone.q, abs=1e-8)
            assert cloud.tau2[at] == pytest.approx(alone.tau2, abs=1e-8)


@settings(max_examples=25, deadline=None)
@given(STUDIES, st.sampled_from(["DL", "PM", "REML"]))
def test_hard_sets_have_the_answers_of_pool(studies, method):
    yi, vi = map(np.array, zip(*studies, strict=True))
    cloud = gosh(yi, vi, method)
    for at in range(cloud.estimate.size):
        inside = np.array([cloud.includes(study)[at] for study in range(yi.size)])
        alone = pool(yi[inside], vi[inside], method)
        assert cloud.estimate[at] == pytest.approx(alone.estimate, rel=1e-6, abs=1e-6)


def test_the_bits_do_not_depend_on_who_computes():
    yi, vi = simulated(30)
    serial = gosh(yi, vi, "REML", subsets=3 * BLOCK // 2, seed=7)
    assert not serial.exact
    assert serial.seed == 7
    assert gosh(yi, vi, "REML", subsets=3 * BLOCK // 2, seed=8).estimate.tobytes() != serial.estimate.tobytes()
    with ThreadPoolExecutor(2) as threads, ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
        for executor in (threads, processes):
            other = gosh(yi, vi, "REML", subsets=3 * BLOCK // 2, seed=7, executor=executor)
            for name in ("members", "estimate", "tau2", "i2", "q"):
                assert getattr(other, name).tobytes() == getattr(serial, name).tobytes()


def test_drawn_subsets_look_like_all_of_them():
    yi, vi = simulated(12)
    everything, drawn = gosh(yi, vi, "DL"), gosh(yi, vi, "DL", subsets=200_000, seed=3)
    assert drawn.estimate.mean() == pytest.approx(everything.estimate.mean(), abs=5 * everything.estimate.std() / 447)
    assert drawn.counts.min() >= 1


def test_the_odd_study_splits_the_cloud():
    yi, vi = simulated(10)
    vi[:] = 0.05
    yi[3] = 4.0
    cloud = gosh(yi, vi, "FE", study=tuple("abcdefghij"))
    splits = cloud.splits()
    assert splits["study"][0] == "d"
    assert splits["share"][0] > 3 * splits["share"][1]
    assert splits["estimate_with"][0] > splits["estimate_without"][0]
    assert cloud.to_frame()["d"].sum() == 2**9


def test_blocks_are_told_and_left_in_order():
    told = []
    parts = blocks(10, 4, seed=1)
    with ThreadPoolExecutor(3) as executor:
        answers = list(
            run_blocks(lambda block: (block.start, block.generator().random()), parts, executor, told.append)
        )
    assert [start for start, _ in answers] == [0, 4, 8]
    assert told == [4, 4, 2]
    assert answers == list(run_blocks(lambda block: (block.start, block.generator().random()), parts))


def test_what_can_not_be_done_is_said():
    with pytest.raises(ArgumentError, match="1 studies"):
        gosh([0.1], [0.1])
    with pytest.raises(ArgumentError, match="subsets is 0"):
        gosh([0.1, 0.2], [0.1, 0.1], subsets=0)
    with pytest.raises(ArgumentError, match="did you mean 'REML'"):
        gosh([0.1, 0.2], [0.1, 0.1], method="RML")
    with pytest.raises(ArgumentError, match="2 names for 3"):
        gosh([0.1, 0.2, 0.3], [0.1] * 3, study=("a", "b"))
