"""Bootstrap distributions: their spread is the standard error's, and their bits do not depend on who computes."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from msc_meta.errors import ArgumentError
from msc_meta.pooling.random_effects import pool
from msc_meta.pooling.regression import meta_regression
from msc_meta.robustness.bootstrap import bootstrap, bootstrap_regression


def simulated(k=25, seed=3):
    random = np.random.default_rng(seed)
    vi = random.uniform(0.01, 0.2, k)
    return random.normal(-0.3, np.sqrt(vi + 0.05)), vi


@pytest.mark.parametrize("kind", ["studies", "model"])
def test_its_spread_is_that_of_the_standard_error(kind):
    yi, vi = simulated()
    found = bootstrap(yi, vi, kind=kind, n=4000)
    fit = pool(yi, vi, ci_method="wald")
    assert np.std(found.samples[:, 0]) == pytest.approx(fit.se, rel=0.25)
    assert found.percentile["estimate"] == pytest.approx(fit.ci, abs=0.5 * fit.se)
    assert found.observed.tolist() == pytest.approx([fit.estimate, fit.tau2, fit.i2])
    assert ("estimate" in found.bca) == (kind == "studies")


def test_a_common_effect_has_a_formula():
    vi = np.full(12, 0.04)
    yi = simulated(12)[0]
    found = bootstrap(yi, vi, "FE", n=20_000)  # the mean of a sample with replacement
    assert np.std(found.samples[:, 0]) == pytest.approx(np.std(yi) / np.sqrt(12), rel=0.03)
    low, high = found.bca["estimate"]
    assert low < found.observed[0] < high


def test_every_sample_is_a_pool():
    from msc_meta.blocks import blocks

    yi, vi = simulated(8)
    found = bootstrap(yi, vi, "DL", n=5, seed=9)
    (block,) = blocks(5, 1000, 9)
    drawn = block.generator().integers(8, size=(5, 8))
    for sample, chosen in zip(found.samples, drawn, strict=True):
        assert sample[0] == pytest.approx(pool(yi[chosen], vi[chosen], "DL").estimate, rel=1e-9)


def test_coefficients_vary_as_their_standard_errors_say():
    yi, vi = simulated(40)
    x = np.linspace(-1, 1, 40)
    found = bootstrap_regression(yi, vi, x, n=3000)
    fit = meta_regression(yi, vi, x, ci_method="wald")
    assert found.names == tuple(one.name for one in fit.coefficients)
    assert np.std(found.samples, axis=0).tolist() == pytest.approx([one.se for one in fit.coefficients], rel=0.1)


def test_the_bits_do_not_depend_on_who_computes():
    yi, vi = simulated(9)
    alone = bootstrap(yi, vi, n=2500, seed=4)
    with ThreadPoolExecutor(3) as executor:
        assert bootstrap(yi, vi, n=2500, seed=4, executor=executor).samples.tobytes() == alone.samples.tobytes()
        regression = meta_regression(yi, vi, np.arange(9.0))
        test = regression.permutation_test(exact=False, n=700, seed=2)
        assert regression.permutation_test(exact=False, n=700, seed=2, executor=executor) == test


def test_random_permutations_are_near_the_exact_ones():
    yi, vi = simulated(7)
    regression = meta_regression(yi, vi, np.arange(7.0))
    exact, drawn = regression.permutation_test(), regression.permutation_test(exact=False, n=4000)
    assert exact.permutations == 5040
    assert drawn.p_values == pytest.approx(exact.p_values, abs=0.04)


def test_what_can_not_be_done_is_said():
    with pytest.raises(ArgumentError, match="1 studies"):
        bootstrap([0.1], [0.1])
    with pytest.raises(ArgumentError, match="at least one sample"):
        bootstrap([0.1, 0.2], [0.1, 0.1], n=0)
    with pytest.raises(ArgumentError, match="allowed are"):
        bootstrap([0.1, 0.2], [0.1, 0.1], kind="wild")
    same = bootstrap([0.1, 0.1], [0.1, 0.1], n=50)
    assert same.to_dict()["quantities"][0]["bca_low"] == pytest.approx(0.1)
