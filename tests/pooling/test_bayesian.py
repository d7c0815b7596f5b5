"""Posteriors by quadrature: those of an independent quadrature in R, and what must hold of any."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msc_meta.errors import ArgumentError
from msc_meta.pooling.bayesian import bayes, prior_sensitivity
from msc_meta.pooling.posteriors import Mixture, central, shortest
from msc_meta.pooling.random_effects import pool
from msc_meta.pooling.tau_priors import RHODES, TURNER, TauPrior, rhodes, tau_prior, turner

REFERENCE = json.loads((Path(__file__).parent.parent / "reference" / "bayes.json").read_text(encoding="utf-8"))
FITS = [
    pytest.param(data, fit, id=f"{data['id']}-{fit['tau_prior']['family']}-{at}")
    for data in REFERENCE["sets"]
    for at, fit in enumerate(data["fits"])
]
STUDIES = st.lists(st.tuples(st.floats(-3, 3), st.floats(0.01, 4)), min_size=1, max_size=8)


def prior_of(theirs):
    family = theirs["family"]
    if family == "improper uniform on tau":
        return tau_prior("uniform")
    if family == "log-normal on tau":
        return TauPrior("log-normal", (theirs["meanlog"], theirs["sdlog"]))
    return TauPrior(family, (theirs["scale"],))


def fit_of(data, fit):
    mu = None if fit["mu_prior"] == "improper uniform" else (fit["mu_prior"]["mean"], fit["mu_prior"]["sd"])
    return bayes(data["y"], np.array(data["se"]) ** 2, prior_of(fit["tau_prior"]), mu)


@pytest.mark.parametrize(("data", "fit"), FITS)
def test_posteriors_are_those_of_the_reference(data, fit):
    ours, theirs, scale = fit_of(data, fit), fit["exact"], max(data["se"])
    for posterior, name in ((ours.mu, "mu"), (ours.prediction, "predict"), (ours.tau, "tau")):
        assert posterior.median == pytest.approx(theirs[name]["median"], abs=1e-9 * scale)
        assert posterior.central == pytest.approx(theirs[name]["central_95"], abs=1e-9 * scale)
        # their optimiser stops at 1e-8 of the probability
        assert posterior.shortest == pytest.approx(theirs[name]["shortest_95"], abs=2e-7 * scale)
        for moment in ("mean", "sd"):
            value = getattr(posterior, moment)
            if not math.isnan(value):  # half-Cauchy with three studies: heavy tails, where their panels end earlier
                assert value == pytest.approx(theirs[name][moment], abs=3e-6 * scale)
    assert ours.mu.below(0.0) == pytest.approx(theirs["mu"]["p_below_0"], abs=1e-9)
    assert ours.prediction.below(0.0) == pytest.approx(theirs["predict"]["p_below_0"], abs=1e-9)
    assert ours.log_marginal_likelihood == pytest.approx(theirs["log_marginal_likelihood"], abs=1e-9)
    if ours.tau_prior.proper:
        assert ours.bayes_factor_tau0 == pytest.approx(theirs["bayesfactor_tau0"], rel=1e-9)
    if theirs["bayesfactor_mu0"] is not None:
        assert ours.bayes_factor_mu0 == pytest.approx(theirs["bayesfactor_mu0"], rel=1e-9)
    assert [study.mean for study in ours.studies] == pytest.approx(theirs["shrinkage_mean"], abs=1e-9 * scale)


def test_effects_of_studies_are_those_of_the_joint_normal_distribution():
    yi, vi = np.array([0.1, 0.5, -0.4, 0.9]), np.array([0.04, 0.05, 0.03, 0.2])
    fit = bayes(yi, vi, tau_prior="half-normal(0.5)")
    tau = fit.tau.distribution
    used = tau.weights > 1e-9
    means, variances = [], []
    for node in tau.nodes[used]:
        # of (mu, effects of the studies), given tau: flat in mu, effects around it, estimates around them
        precision = np.diag(np.append(4 / node**2, 1 / vi + 1 / node**2))
        precision[0, 1:] = precision[1:, 0] = -1 / node**2
        covariance = np.linalg.inv(precision)
        means.append(covariance @ np.append(0.0, yi / vi))
        variances.append(np.diagonal(covariance))
    weights, means, variances = tau.weights[used], np.array(means), np.array(variances)
    mean = weights @ means
    sd = np.sqrt(weights @ (variances + (means - mean) ** 2))
    ours = [fit.mu, *fit.studies]
    assert [one.mean for one in ours] == pytest.approx(mean.tolist(), abs=1e-6)
    assert [one.sd for one in ours] == pytest.approx(sd.tolist(), rel=1e-5)
    assert set(fit.mu.to_dict()) == {"mean", "sd", "median", "central", "shortest"}
    assert fit.mu.to_dict()["median"] == fit.mu.median


def test_plain_values_of_a_posterior_and_of_priors_side_by_side():
    fit = bayes([0.1, 0.5, -0.4], [0.04, 0.05, 0.03], "half-normal(0.5)", (0.0, 2.0), measure="RR")
    plain = fit.to_dict()
    assert plain["mu"]["median"] == fit.mu.median
    assert plain["prediction"]["median"] == fit.prediction.median
    assert (plain["k"], plain["measure"], plain["bayes_factor_mu0"]) == (3, "RR", fit.bayes_factor_mu0)
    frame = prior_sensitivity([0.1, 0.5, -0.4], [0.04, 0.05, 0.03], ["half-normal(0.5)"])
    again = bayes([0.1, 0.5, -0.4], [0.04, 0.05, 0.03], "half-normal(0.5)")
    assert frame["below_0"].iloc[0] == pytest.approx(again.mu.below(0.0), rel=1e-12)


def test_the_probability_of_benefit_is_on_the_better_side():
    fit = bayes([-0.4, -0.5, -0.1], [0.04, 0.05, 0.03], "half-normal(0.5)")
    assert fit.probability_of_benefit("lower") == fit.mu.below(0.0) > 0.9
    assert fit.probability_of_benefit("higher") == 1 - fit.mu.below(0.0)
    assert fit.probability_of_benefit("lower", beyond=-0.3) == fit.mu.below(-0.3)


def test_moments_of_tau_exist_as_far_as_its_tail_allows():
    tails = {"half-normal(1)": math.inf, "half-Cauchy(1)": 2, "uniform(4)": math.inf, "uniform": 0}
    assert {written: tau_prior(written).tail for written in tails} == tails
    assert 1 < tau_prior("log-t(-2.23, 1.37, 5)").tail < 1 + 1e-12
    # a flat prior leaves a density that falls as tau**-(k - 1): the mean needs more than 2, the SD more than 3
    for k, has_mean, has_sd in ((3, False, False), (4, True, False), (5, True, True)):
        tau = bayes([0.1, 0.5, -0.4, 0.3, 0.0][:k], [0.04] * k, "uniform").tau
        assert (math.isfinite(tau.mean), math.isfinite(tau.sd)) == (has_mean, has_sd)


def test_moments_that_do_not_exist_are_not_printed():
    two = bayes([0.1, 0.4], [0.1, 0.2], "half-Cauchy(0.5)")
    assert math.isnan(two.mu.sd)
    assert math.isnan(two.tau.sd)
    assert two.to_dict()["tau"]["sd"] is None
    assert math.isfinite(bayes([0.1, 0.4], [0.1, 0.2], "half-normal(0.5)").mu.sd)
    assert math.isfinite(bayes([0.1, 0.4], [0.1, 0.2], "half-Cauchy(0.5)", mu_prior=(0, 1)).mu.sd)


@settings(max_examples=40, deadline=None)
@given(STUDIES, st.sampled_from(["half-normal(0.5)", "half-Cauchy(1)", "log-normal(-2, 0.7)", "uniform(3)"]))
def test_any_studies_have_intervals_of_the_level(studies, prior):
    yi, vi = zip(*studies, strict=True)
    fit = bayes(yi, vi, prior, level=0.9)
    for posterior in (fit.mu, fit.prediction, fit.tau):
        distribution = posterior.distribution
        for low, high in (posterior.central, posterior.shortest):
            assert distribution.cdf(high) - distribution.cdf(low) == pytest.approx(0.9, abs=1e-6)
        assert posterior.shortest.width <= posterior.central.width * (1 + 1e-6)
        assert posterior.central.low <= posterior.median <= posterior.central.high
    mirrored = bayes(-np.array(yi), vi, prior, level=0.9)
    assert mirrored.mu.median == pytest.approx(-fit.mu.median, abs=1e-8)
    assert fit.probability_of_benefit("lower") + fit.probability_of_benefit("higher") == pytest.approx(1)


def test_units_change_nothing_but_the_unit():
    yi, vi = np.array([0.1, 0.5, -0.4]), np.array([0.04, 0.05, 0.03])
    days, hours = bayes(yi, vi, "half-normal(0.5)"), bayes(24 * yi, 24**2 * vi, "half-normal(12)")
    assert hours.mu.shortest == pytest.approx([24 * bound for bound in days.mu.shortest], rel=1e-9)
    assert hours.bayes_factor_tau0 == pytest.approx(days.bayes_factor_tau0, rel=1e-9)


def test_a_prior_that_leaves_no_heterogeneity_gives_the_common_effect():
    yi, vi = [0.1, 0.5, -0.4], [0.04, 0.05, 0.03]
    fit, common = bayes(yi, vi, "half-normal(1e-6)"), pool(yi, vi, "FE")
    assert fit.mu.mean == pytest.approx(common.estimate, abs=1e-9)
    assert fit.mu.central == pytest.approx(common.ci, abs=1e-8)
    assert [study.median for study in fit.studies] == pytest.approx([common.estimate] * 3, abs=1e-5)


@pytest.mark.parametrize(
    "prior", [turner(), rhodes("hospital stay"), rhodes("hospital stay", sd=8), tau_prior("half-Cauchy(2)")]
)
def test_a_density_adds_up_to_one(prior):
    logs = np.linspace(-60, 40, 400_001)  # of tau: the tails of log-t are long
    density = np.exp(prior.log_density(np.exp(logs)) + logs)
    assert np.trapezoid(density, logs) == pytest.approx(1, abs=2e-4)


def test_empirical_priors_are_on_log_tau_squared():
    for outcome, (location, scale) in TURNER.items():
        assert turner(outcome).parameters == (location / 2, scale / 2)
    for outcome, areas in RHODES.items():
        for area, (location, scale) in areas.items():
            assert rhodes(outcome, area=area).parameters == (location / 2, scale / 2, 5)
    assert rhodes("hospital stay", sd=math.e).parameters[0] == pytest.approx(rhodes("hospital stay").parameters[0] + 1)


def test_priors_side_by_side():
    table = prior_sensitivity([0.1, 0.5, -0.4], [0.04, 0.05, 0.03], ["half-normal(0.1)", "half-normal(1)"])
    assert table["tau"][0] < table["tau"][1]
    assert table["mu_high"][0] - table["mu_low"][0] < table["mu_high"][1] - table["mu_low"][1]


def test_a_skewed_mixture_has_a_shorter_interval():
    skewed = Mixture(np.array([0.7, 0.3]), np.array([0.0, 1.0]), np.array([0.5, 1.5]))
    short, middle = shortest(skewed, 0.95), central(skewed, 0.95)
    assert short.width < middle.width
    assert skewed.density(short.low) == pytest.approx(skewed.density(short.high), rel=1e-8)


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("half-normal(-1)", "above 0"),
        ("half-normall(1)", "'half-normall' .did you mean 'half-normal'"),
        ("half-normal", "takes 1 number"),
        ("log-t(1, 2)", "takes 3 numbers"),
        ("log-normal(0, -1)", "above 0"),
        ("half-normal(a)", "are numbers"),
        ("0.5", "is written as"),
    ],
)
def test_a_wrong_prior_is_explained(written, complaint):
    with pytest.raises(ArgumentError, match=complaint):
        tau_prior(written)


def test_no_posterior_is_said():
    with pytest.raises(ArgumentError, match="no study"):
        bayes([], [])
    with pytest.raises(ArgumentError, match="upper end"):
        bayes([0.1, 0.2], [0.1, 0.1], "uniform")


def test_the_names_of_priors_are_read_in_any_case():
    assert tau_prior("HALF-cauchy(0.5)") == tau_prior("half-Cauchy(0.5)")


def test_a_prior_of_the_mean_moves_with_the_effects():
    yi, vi = np.array([0.1, 0.5, -0.4]), [0.04, 0.05, 0.03]
    one, moved = (bayes(yi + by, vi, "half-normal(0.5)", (0.3 + by, 0.4)) for by in (0, 2))
    for name in ("mean", "median", "sd"):
        by = 0 if name == "sd" else 2
        assert getattr(moved.mu, name) == pytest.approx(getattr(one.mu, name) + by, rel=1e-8)


def test_a_posterior_is_shown_by_its_numbers():
    mu = bayes([0.1, 0.5, -0.4], [0.04, 0.05, 0.03], "half-normal(0.5)").mu
    assert repr(mu).startswith(f"Posterior(mean={mu.mean!r}, sd={mu.sd!r}, median={mu.median!r}, central=Interval(")
    assert "distribution" not in repr(mu)
