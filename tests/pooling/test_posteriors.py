"""Distributions of a posterior against those that are known in closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest

from msc_meta.pooling.posteriors import Mixture, TauPosterior, _by_bisection, _by_newton, central, shortest

EXPONENTIAL = TauPosterior(lambda tau: 7.0 - tau, 1.0)  # density exp(-tau), times exp(7)
NORMAL = Mixture(np.array([1.0]), np.array([2.0]), np.array([3.0]))
GAMMA = TauPosterior(lambda tau: 2 * np.log(np.maximum(tau, 1e-300)) - tau, 1.0)  # 0 at 0, highest at 2


def test_an_exponential_density():
    for x in (0.01, 0.5, 1.0, 4.0):
        assert EXPONENTIAL.density(x) == pytest.approx(math.exp(-x), rel=1e-10)
        assert EXPONENTIAL.slope(x) == pytest.approx(-math.exp(-x), rel=1e-5)
        assert EXPONENTIAL.cdf(x) == pytest.approx(-math.expm1(-x), rel=1e-10)
        assert EXPONENTIAL.quantile(-math.expm1(-x)) == pytest.approx(x, rel=1e-9)
    assert (EXPONENTIAL.mean, EXPONENTIAL.sd) == pytest.approx((1, 1), rel=1e-8)
    assert EXPONENTIAL.log_integral == pytest.approx(7, rel=1e-10)
    assert EXPONENTIAL.cdf(-1.0) == EXPONENTIAL.cdf(0.0) == EXPONENTIAL.quantile(0.0) == 0.0
    # highest at 0: the shortest interval begins there
    assert shortest(EXPONENTIAL, 0.95, 0.0) == pytest.approx((0, math.log(20)), rel=1e-9)
    assert central(EXPONENTIAL, 0.9) == pytest.approx((-math.log(0.95), math.log(20)), rel=1e-9)


def test_a_normal_density():
    assert (NORMAL.mean, NORMAL.sd) == (2, 3)
    assert NORMAL.density(2.0) == pytest.approx(1 / math.sqrt(18 * math.pi), rel=1e-14)
    assert NORMAL.density(5.0) == pytest.approx(math.exp(-0.5) / math.sqrt(18 * math.pi), rel=1e-14)
    assert NORMAL.slope(5.0) == pytest.approx(-NORMAL.density(5.0) / 3, rel=1e-13)  # -(x - mu) / sigma**2
    assert NORMAL.cdf(5.0) == pytest.approx(0.8413447460685429, rel=1e-14)
    assert NORMAL.quantile(0.975) == pytest.approx(2 + 3 * 1.959963984540054, rel=1e-13)
    both = (2 - 3 * 1.959963984540054, 2 + 3 * 1.959963984540054)
    for interval in (central(NORMAL, 0.95), shortest(NORMAL, 0.95), shortest(NORMAL, 0.95, -math.inf)):
        assert interval == pytest.approx(both, rel=1e-11)


def test_a_mixture_has_the_moments_of_its_parts():
    mixture = Mixture(np.array([0.25, 0.75]), np.array([0.0, 4.0]), np.array([1.0, 2.0]))
    assert mixture.mean == 3
    assert mixture.sd == pytest.approx(math.sqrt(0.25 * (1 + 9) + 0.75 * (4 + 1)), rel=1e-15)
    for p in (1e-9, 0.01, 0.3, 0.99, 1 - 1e-9):
        assert mixture.cdf(mixture.quantile(p)) == pytest.approx(p, rel=1e-9)


@pytest.mark.parametrize("search", [_by_newton, _by_bisection])
@pytest.mark.parametrize("distribution", [NORMAL, GAMMA])
def test_the_shortest_interval_is_equally_high_at_both_ends_by_either_search(distribution, search):
    floor = 0.0 if distribution is GAMMA else -math.inf
    low, high = search(distribution, 0.9, floor)
    assert distribution.cdf(high) - distribution.cdf(low) == pytest.approx(0.9, abs=1e-9)
    assert distribution.density(low) == pytest.approx(distribution.density(high), rel=1e-7)
    assert floor < low < high
    assert (low, high) == pytest.approx(shortest(distribution, 0.9, floor), rel=1e-7)


def test_bisection_begins_at_the_floor_where_the_density_only_falls():
    assert _by_bisection(EXPONENTIAL, 0.95, 0.0) == pytest.approx((0, math.log(20)), rel=1e-9)
