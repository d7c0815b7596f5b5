"""The next trial: probabilities against formulas and refits, and the same bits from whoever computes."""

import math
from concurrent.futures import ThreadPoolExecutor
from statistics import NormalDist

import numpy as np
import pytest

from msc_meta.errors import ArgumentError
from msc_meta.pooling.bayesian import bayes
from msc_meta.pooling.random_effects import pool
from msc_meta.robustness.next_trial import extended_funnel, next_trial, power_curve, smallest_trial
from msc_meta.robustness.simulated_trial import Trial

YI, VI = [-0.4, -0.1, -0.3, 0.1], [0.1, 0.05, 0.2, 0.08]
BINARY = Trial(n_e=150, n_c=150, control_risk=0.4)
MEANS = Trial(n_e=60, n_c=60, sd=8.0)


def test_the_trial_alone_has_the_power_of_the_formula():
    found = next_trial(YI, VI, MEANS, measure="MD", effect=-4.0, simulations=20_000)
    shift = 4.0 / (8.0 * math.sqrt(2 / 60))
    assert found.alone == pytest.approx(NormalDist().cdf(shift - 1.96), abs=0.015)  # normal, not t: a little more
    wrong_side = next_trial(YI, VI, MEANS, measure="MD", effect=-4.0, better="higher", simulations=2000)
    assert wrong_side.alone < 0.001


def test_the_probability_is_that_of_refits():
    found = next_trial(YI, VI, BINARY, measure="RR", effect=-0.3, simulations=300, seed=5)
    from msc_meta.blocks import blocks
    from msc_meta.robustness.next_trial import _evidence
    from msc_meta.robustness.simulated_trial import drawn_effects

    (block,) = blocks(300, 4000, 5)
    random = block.generator()
    true = _evidence(YI, VI, "RR", effect=-0.3).draw(random, 300)
    settled = 0
    for y, v in zip(*drawn_effects(true, "RR", BINARY, random), strict=True):
        settled += pool([*YI, y], [*VI, v]).ci.high < 0
    assert found.probability == settled / 300
    assert found.mc_error == pytest.approx(math.sqrt(settled / 300 * (1 - settled / 300) / 300))


def test_predictive_effects_have_the_predictive_distribution():
    from msc_meta.robustness.next_trial import _evidence

    today = pool(YI, VI, ci_method="wald")
    drawn = _evidence(YI, VI, "RR").draw(np.random.default_rng(1), 200_000)
    assert np.quantile(drawn, [0.025, 0.975]) == pytest.approx(today.prediction, abs=0.05)
    fit = bayes(YI, VI, "half-normal(0.5)")
    posterior = _evidence(YI, VI, "RR", effect=fit).draw(np.random.default_rng(1), 200_000)
    assert np.quantile(posterior, [0.025, 0.5, 0.975]) == pytest.approx(
        [fit.prediction.central.low, fit.prediction.median, fit.prediction.central.high], abs=0.03
    )


def test_trials_without_events_leave_the_evidence_as_it_is():
    rare = Trial(n_e=10, n_c=10, control_risk=0.02)
    found = next_trial(YI, VI, rare, measure="RR", effect=0.0, simulations=20_000)
    assert found.not_estimable == pytest.approx(0.98**20, abs=0.02)
    assert found.estimate[1] == pytest.approx(pool(YI, VI).estimate, abs=0.02)
    difference = next_trial(YI, VI, rare, measure="RD", effect=0.0, simulations=2000)
    assert difference.not_estimable < 0.98**20  # a risk difference of no events is 0, an answer


def test_swapping_what_is_better_mirrors_the_answer():
    ours = next_trial(YI, VI, MEANS, measure="MD", effect=1.0, better="higher", simulations=4000)
    theirs = next_trial(
        [-y for y in YI], VI, MEANS, measure="MD", effect=-1.0, better="lower", simulations=4000, seed=2
    )
    assert ours.probability == pytest.approx(theirs.probability, abs=5 * ours.mc_error + 0.01)


def test_more_patients_and_no_workers_change_the_answer_as_they_should():
    curve = power_curve(YI, VI, BINARY, [40, 400, 4000], measure="RR", effect=-0.4, simulations=2000)
    assert curve["alone"].is_monotonic_increasing
    with ThreadPoolExecutor(3) as executor:
        other = power_curve(
            YI, VI, BINARY, [40, 400, 4000], measure="RR", effect=-0.4, simulations=2000, executor=executor
        )
    assert other.equals(curve)


def test_the_smallest_trial_reaches_the_target_and_a_smaller_one_does_not():
    found = smallest_trial(YI, VI, BINARY, measure="RR", effect=-0.4, simulations=2000, target=0.7)
    n = found.found.trial.n
    below = power_curve(YI, VI, BINARY, [max(8, int(0.9 * n))], measure="RR", effect=-0.4, simulations=2000)
    assert found.found.probability >= 0.7 > below["probability"][0] - 3 * below["mc_error"][0]
    never = smallest_trial(YI, VI, BINARY, measure="RR", effect=0.5, simulations=500)
    assert never.found is None
    assert never.limit < 0.8


def test_the_extended_funnel_is_made_of_refits():
    effects, errors = [-2.0, -0.5, 0.0, 2.0], [0.05, 0.5]
    sides = extended_funnel(YI, VI, effects, errors, "DL", "wald")
    for i, error in enumerate(errors):
        for j, effect in enumerate(effects):
            ci = pool([*YI, effect], [*VI, error**2], "DL", "wald").ci
            assert sides[i, j] == (1 if ci.low > 0 else -1 if ci.high < 0 else 0)


@pytest.mark.parametrize(
    ("trial", "measure", "complaint"),
    [
        (Trial(n_e=1, n_c=9, control_risk=0.2), "RR", "two or more"),
        (Trial(n_e=9, n_c=9), "OR", "control_risk is nan"),
        (Trial(n_e=9, n_c=9), "MD", "sd is nan"),
        (Trial(n_e=9, n_c=9, sd=1.0), "ROM", "control_mean is 0"),
        (Trial(n_e=9, n_c=9, control_risk=0.2), "HR", "allowed are"),
    ],
)
def test_what_can_not_be_simulated_is_said(trial, measure, complaint):
    with pytest.raises(ArgumentError, match=complaint):
        next_trial(YI, VI, trial, measure=measure)


def test_a_risk_difference_without_survivors_in_an_arm_is_not_drawn_towards_none():
    """As in the table of trials: 0.5 in each cell makes the variance, not the difference itself."""
    trial = Trial(n_e=30, n_c=5000, control_risk=0.9)
    found = next_trial([0.0], [1e6], trial, measure="RD", better="higher", effect=0.3, ci_method="wald",
                       simulations=200)  # fmt: skip
    assert found.estimate[1] == pytest.approx(0.1, abs=2e-3)  # clipped at 1; corrected it would be 30.5 / 31 - 0.9
