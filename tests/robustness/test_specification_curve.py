"""Curves of specifications: each point is a pool of its own, and the test counts what it says it counts."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from msc_meta.errors import ArgumentError
from msc_meta.pooling.random_effects import pool
from msc_meta.robustness.specification_curve import SpecificationCurve, Specifications, permutation_test

MODELS = (("REML", "hksj"), ("DL", "wald"), ("FE", "wald"))


def specifications(trials=5, seed=1, shift=-0.5):
    """Two tables of trials, the last of which has two rows; every model; nobody or one trial left out."""
    random = np.random.default_rng(seed)
    owner = np.array([*range(trials), trials - 1])
    yi = random.normal(shift, 0.3, (2, owner.size))
    vi = random.uniform(0.02, 0.2, (2, owner.size))
    yi[1, 0] = vi[1, 0] = np.nan
    grid = list(product(range(2), range(len(MODELS)), (-1, 2)))
    return Specifications(
        yi=yi,
        vi=vi,
        owner=owner,
        table=np.array([table for table, _, _ in grid]),
        left_out=np.array([gone for _, _, gone in grid]),
        models=tuple(MODELS[model] for _, model, _ in grid),
    )


def test_every_specification_is_a_pool():
    some = specifications()
    fits = some.fit()
    for at, (method, ci_method) in enumerate(some.models):
        yi, vi = some.yi[some.table[at]], some.vi[some.table[at]]
        kept = ~np.isnan(yi) & (some.owner != some.left_out[at])
        alone = pool(yi[kept], vi[kept], method, ci_method)
        assert fits["k"][at] == alone.k
        for ours, theirs in (("estimate", alone.estimate), ("ci_low", alone.ci.low), ("p_value", alone.p_value)):
            assert fits[ours][at] == pytest.approx(theirs, rel=1e-9)


def test_the_exact_test_counts_all_patterns_of_signs():
    some = specifications()
    found = permutation_test(some)
    whole = some.with_all_trials()
    observed = whole.clarity()
    counted = np.zeros(2)
    for signs in product((1, -1), repeat=5):
        other = replace(whole, yi=whole.yi * np.array([*signs, signs[-1]]))
        counted += other.clarity() >= observed * (1 - 1e-9)
    assert found.exact
    assert found.permutations == 32
    assert [found.median_p, found.share_p] == (counted / 32).tolist()
    assert found.median_p == 2 / 32  # all effects on one side: only the mirror image is as clear


def test_drawn_patterns_depend_on_the_seed_alone():
    some = specifications(trials=12, shift=-0.1)
    alone = permutation_test(some, permutations=50, seed=4)
    with ThreadPoolExecutor(3) as executor:
        assert permutation_test(some, permutations=50, seed=4, executor=executor) == alone
    assert not alone.exact
    assert alone.permutations == 51
    with pytest.raises(ArgumentError, match="at least one"):
        permutation_test(some, permutations=0)


def test_trials_without_effects_are_rarely_clear():
    p_values = [permutation_test(specifications(seed=seed, shift=0.0)).median_p for seed in range(16)]
    assert np.mean(p_values) == pytest.approx(0.5, abs=0.25)


def test_the_curve_in_words():
    numbers = {name: np.array([-0.2, -0.4, np.nan, 0.1]) for name in ("estimate", "se", "p_value", "tau2")}
    curve = SpecificationCurve(
        dimensions=("measure", "interval"),
        options=(("RR", "OR"), ("hksj", "wald")),
        chosen=np.array([[0, 0], [0, 1], [1, 0], [1, 1]]),
        k=np.array([3, 3, 0, 3]),
        ci_low=np.array([-0.3, -0.6, np.nan, -0.1]),
        ci_high=np.array([0.1, -0.2, np.nan, 0.3]),
        main=0,
        level=0.95,
        **numbers,
    )
    summary = curve.summary()
    assert (summary["specifications"], summary["pooled"]) == (4, 3)
    assert summary["below"] == pytest.approx(2 / 3)
    assert summary["excludes_below"] == pytest.approx(1 / 3)
    assert summary["excludes_above"] == 0
    assert summary["main_rank"] == pytest.approx(2 / 3)
    assert curve.order.tolist() == [1, 0, 3]
    measures = curve.influence().query("choice == 'measure'")
    assert measures["share"].iloc[0] == pytest.approx(16 / 19)  # of sums of squares, by hand
    assert curve.to_frame()["measure"].tolist() == ["RR", "RR", "OR", "OR"]
