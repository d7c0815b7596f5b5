"""Mixed models and the beta-binomial against R, against plain numerical integration, and where no maximum exists."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, gammaln, logsumexp

from msc_meta.errors import ArgumentError
from msc_meta.pooling.beta_binomial import LINKS, beta_binomial
from msc_meta.pooling.counts import counts_of
from msc_meta.pooling.glmm import MODELS, glmm
from msc_meta.pooling.one_stage import wald
from msc_meta.pooling.table_likelihoods import conditional_approximate, conditional_exact, unconditional_random

SETS = json.loads((Path(__file__).parents[1] / "reference" / "rare_events.json").read_text(encoding="utf-8"))["sets"]
BY_ID = {data["id"]: data for data in SETS}
# The pinned exact likelihood integrates with 61 nodes about the mean of all studies, not about each study: with spread
# far above a study's own error few nodes fall on it. `test_pinned_exact_likelihood...` shows it.
COARSE = ("dat.collins1985b.pre", "dat.linde2005", "sb18")
SOME = ("sb04", "sb15", "sb16", "dat.collins1985b.ned", "sb20")


def arms(data):
    return dict(zip(("event_e", "n_e", "event_c", "n_c"), (data[c] for c in ("ai", "n1i", "ci", "n2i")), strict=True))


def informative(data):
    counts, _ = counts_of(**arms(data["data"]))
    return counts.where(counts.informative)


def log_choose(n, k):
    return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)


def close(ours, theirs, rel, unit):
    assert ours == pytest.approx(theirs, rel=rel, abs=rel * unit)


# ---- against R ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", SETS, ids=lambda data: data["id"])
def test_metafor_agrees(data):
    for theirs in data["glmm"]:
        result = glmm(**arms(data["data"]), model=theirs["model"], method=theirs["method"])
        close(result.estimate, theirs["est"], 1e-3, theirs["se"])
        close(result.tau2, theirs["tau2"], 2e-3, theirs["se"] ** 2)  # its optimiser's 1e-4 on the square root, at best
        assert result.k == theirs["k"]
        if theirs["model"] == "UM.RS":
            close(result.sigma2, theirs.get("sigma2", 0.0), 2e-3, 1.0)
            # lme4 stops its inner iterations early (1e-7 of the sum of squares): the likelihood at its own point is up
            # to 4e-4 below Laplace's and its differences of it, the standard error, are up to 1.1 % off
            assert result.se == pytest.approx(theirs["se"], rel=1.2e-2)
            assert -1e-6 < result.log_likelihood - theirs["logLik"] < 4e-4
        else:
            assert result.se == pytest.approx(theirs["se"], rel=1e-3)


@pytest.mark.parametrize("data", SETS, ids=lambda data: data["id"])
def test_log_likelihood_of_metafor(data):
    for theirs in data["glmm"]:
        if theirs["model"] == "UM.RS":
            continue
        result = glmm(**arms(data["data"]), model=theirs["model"], method=theirs["method"])
        if theirs["method"] == "EE" or theirs["model"] == "CM.EL" or result.tau2 == 0:
            assert result.log_likelihood == pytest.approx(theirs["logLik"], abs=1e-6)
        else:  # at the conditional modes, not integrated over the effects: not a likelihood of the model
            assert theirs["logLik"] > result.log_likelihood


@pytest.mark.parametrize("name", ["sb20", "dat.bcg", "sb15"])
def test_log_likelihood_that_metafor_reports_is_the_one_at_the_modes(name):
    data = BY_ID[name]
    theirs = next(fit for fit in data["glmm"] if (fit["model"], fit["method"]) == ("CM.AL", "ML"))
    t, tau = informative(data), math.sqrt(theirs["tau2"])
    offset, z = np.log(t.n1 / t.n2) + theirs["est"], np.zeros(t.k)
    for _ in range(200):
        p = expit(offset + tau * z)
        z += (tau * (t.a - t.events * p) - z) / (1 + tau**2 * t.events * p * (1 - p))
    eta = offset + tau * z
    at_modes = (t.a * eta - t.events * np.logaddexp(0, eta) + log_choose(t.events, t.a)).sum()
    assert at_modes == pytest.approx(theirs["logLik"], abs=1e-6)


@pytest.mark.parametrize("data", [data for data in SETS if data["exact"]], ids=lambda data: data["id"])
def test_exact_conditional_likelihood(data):
    for theirs in data["exact"]:
        result = glmm(**arms(data["data"]), model="CM.EL", method=theirs["method"])
        assert result.k == theirs["k"]
        rel = 1e-4 if data["id"] not in COARSE or theirs["method"] == "EE" else 7e-2
        close(result.estimate, theirs["est"], rel, theirs["se"])
        close(result.tau2, theirs["tau2"], rel, theirs["se"] ** 2)
        assert result.se == pytest.approx(theirs["se"], rel=rel)
        assert result.log_likelihood == pytest.approx(theirs["logLik"], abs=1e-5 if rel < 1e-3 else 5e-3)


@pytest.mark.parametrize("data", SETS, ids=lambda data: data["id"])
def test_beta_binomial(data):
    for theirs in data["beta_binomial"]:
        measure = {link: name for name, link in LINKS.items()}[theirs["link"]]
        result = beta_binomial(**arms(data["data"]), measure=measure)
        if theirs["log_precision"] <= 12:
            close(result.estimate, theirs["est"], 1e-4, theirs["se"])  # optim's 1e-15 of the likelihood
            assert result.se == pytest.approx(theirs["se"], rel=1e-4)
            assert result.rho == pytest.approx(theirs["rho"], abs=1e-6)
            assert result.log_likelihood == pytest.approx(theirs["logLik"], abs=1e-6)
        else:  # plain binomial: beta functions of such numbers have lost their digits there, the product has not
            counts, _ = counts_of(**arms(data["data"]))
            assert result.rho == 0
            close(result.estimate, theirs["est"], 5e-3, theirs["se"])
            assert result.log_likelihood == pytest.approx(theirs["logLik"], abs=2e-4)
            a, b, c, d = (cell.sum() for cell in (counts.a, counts.b, counts.c, counts.d))
            variance = {
                "OR": 1 / a + 1 / b + 1 / c + 1 / d,
                "RR": 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d),
                "RD": a * b / (a + b) ** 3 + c * d / (c + d) ** 3,
            }[measure]
            assert result.se == pytest.approx(math.sqrt(variance), rel=1e-6)


# ---- against plain integration --------------------------------------------------------------------------------------


def over_a_grid(table, study_log_likelihood, theta, tau):
    """Sum of the log of each study's mean likelihood over normal effects, on 4,001 points."""
    z = np.linspace(-9, 9, 4_001)
    weight = -(z**2) / 2 - math.log(2 * math.pi) / 2 + math.log(z[1] - z[0])
    return sum(
        logsumexp(study_log_likelihood(table.where(np.arange(table.k) == i), theta + tau * z) + weight)
        for i in range(table.k)
    )


def noncentral(t, effect):
    low, high = max(0, t.events[0] - t.n2[0]), min(t.n1[0], t.events[0])
    u = np.arange(low, high + 1)
    w = log_choose(t.n1[0], u) + log_choose(t.n2[0], t.events[0] - u)
    return w[int(t.a[0] - low)] + effect * t.a[0] - logsumexp(w + effect[:, None] * u, axis=1)


def binomial(t, effect):
    eta = effect + np.log(t.n1[0] / t.n2[0])
    return t.a[0] * eta - t.events[0] * np.logaddexp(0, eta) + log_choose(t.events[0], t.a[0])


@pytest.mark.parametrize("name", ["sb16", "sb18", "dat.collins1985b.ned"])
@pytest.mark.parametrize(("theta", "tau"), [(-0.3, 0.2), (0.5, 1.5), (-2.7, 2.6)])
def test_likelihoods_integrate_to_what_a_fine_grid_gives(name, theta, tau):
    t, point = informative(BY_ID[name]), np.array([[theta, tau]])
    # a bell with one flat side, where a study has no event in an arm, is the hardest for nodes: 1e-5 of the log
    assert conditional_exact(t, 21)(point)[0] == pytest.approx(over_a_grid(t, noncentral, theta, tau), abs=3e-5)
    # seven nodes, as metafor's: less close where few events meet much spread
    assert conditional_approximate(t, 7)(point)[0] == pytest.approx(over_a_grid(t, binomial, theta, tau), abs=2e-2)
    assert conditional_approximate(t, 41)(point)[0] == pytest.approx(over_a_grid(t, binomial, theta, tau), abs=1e-6)


@pytest.mark.parametrize("name", COARSE)
def test_pinned_exact_likelihood_is_coarse_where_spread_is_wide(name):
    data = BY_ID[name]
    theirs, t = next(fit for fit in data["exact"] if fit["method"] == "ML"), informative(data)
    result = glmm(**arms(data["data"]), model="CM.EL")
    at_theirs = over_a_grid(t, noncentral, theirs["est"], math.sqrt(theirs["tau2"]))
    at_ours = over_a_grid(t, noncentral, result.estimate, math.sqrt(result.tau2))
    assert at_ours == pytest.approx(result.log_likelihood, abs=1e-6)
    assert at_ours > at_theirs  # ours is the higher point of the true likelihood
    assert abs(at_theirs - theirs["logLik"]) > 1e-4


@pytest.mark.parametrize("name", ["sb16", "dat.yusuf1985.t6"])
def test_laplace_is_the_height_and_curvature_at_the_mode(name):
    from scipy.optimize import minimize

    t, (mean, theta, tau, sigma) = informative(BY_ID[name]), (-2.0, 0.3, 0.7, 0.9)
    total = 0.0
    for a, n1, c, n2 in zip(t.a, t.n1, t.c, t.n2, strict=True):

        def depth(z, a=a, n1=n1, c=c, n2=n2):
            high, low = mean + theta + sigma * z[0] + tau / 2 * z[1], mean + sigma * z[0] - tau / 2 * z[1]
            height = a * high - n1 * np.logaddexp(0, high) + c * low - n2 * np.logaddexp(0, low)
            return (z @ z) / 2 - height - log_choose(n1, a) - log_choose(n2, c)

        z = minimize(depth, np.zeros(2), method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-13}).x
        h = 1e-3
        curve = [[(depth(z + h * u + h * v) - depth(z + h * u - h * v) - depth(z - h * u + h * v)
                   + depth(z - h * u - h * v)) / (4 * h * h) for u in np.eye(2)] for v in np.eye(2)]  # fmt: skip
        total += -depth(z) - math.log(np.linalg.det(curve)) / 2
    assert unconditional_random(t)(np.array([[mean, theta, tau, sigma]]))[0] == pytest.approx(total, abs=1e-4)


def test_beta_binomial_is_the_mean_of_binomials_over_beta_risks():
    from scipy.special import betaln

    counts = arms(BY_ID["dat.bcg"]["data"])  # arms of up to 88,391 patients
    result = beta_binomial(**counts)
    t, _ = counts_of(**counts)
    s = (1 - result.rho) / result.rho
    odds_c = minimum_logit(t, result, s)
    total = 0.0
    for y, n, mean in ((t.a, t.n1, expit(odds_c + result.estimate)), (t.c, t.n2, expit(odds_c))):
        total += (
            log_choose(n, y) + betaln(y + mean * s, n - y + (1 - mean) * s) - betaln(mean * s, (1 - mean) * s)
        ).sum()
    assert result.log_likelihood == pytest.approx(total, abs=1e-6)


def minimum_logit(t, result, s):
    """The control's log odds at the maximum, found again for a given effect and precision."""
    from scipy.optimize import minimize_scalar
    from scipy.special import betaln

    def depth(logit):
        terms = ((t.a, t.n1, expit(logit + result.estimate)), (t.c, t.n2, expit(logit)))
        return -sum((betaln(y + m * s, n - y + (1 - m) * s) - betaln(m * s, (1 - m) * s)).sum() for y, n, m in terms)

    return minimize_scalar(depth, bracket=(-5, -2), tol=1e-10).x


# ---- identities -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SOME)
@pytest.mark.parametrize("model", ["UM.FS", "CM.AL", "CM.EL"])
def test_swapped_arms_and_order(name, model):
    counts = arms(BY_ID[name]["data"])
    swapped = {"event_e": counts["event_c"], "n_e": counts["n_c"], "event_c": counts["event_e"], "n_c": counts["n_e"]}
    backwards = {arm: values[::-1] for arm, values in counts.items()}
    one, other, turned = (glmm(**given, model=model) for given in (counts, swapped, backwards))
    for again, sign in ((other, -1), (turned, 1)):
        close(sign * again.estimate, one.estimate, 1e-6, one.se)
        close(again.tau2, one.tau2, 1e-6, one.se**2)
        assert again.se == pytest.approx(one.se, rel=1e-5)
        assert again.log_likelihood == pytest.approx(one.log_likelihood, abs=1e-8)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", SOME)
def test_heterogeneity_never_lowers_the_likelihood(name, model):
    counts = arms(BY_ID[name]["data"])
    common, random = (glmm(**counts, model=model, method=method) for method in ("EE", "ML"))
    assert random.log_likelihood >= common.log_likelihood - 1e-8
    assert common.tau2 == 0
    if random.tau2 == 0:
        assert random.estimate == pytest.approx(common.estimate)


def test_wald_interval_and_test_of_a_one_stage_fit():
    fields = wald(1.0, 0.5, 0.9)
    assert fields["ci"] == pytest.approx((1 - 0.5 * 1.6448536269514722, 1 + 0.5 * 1.6448536269514722), rel=1e-13)
    assert (fields["statistic"], fields["p_value"]) == pytest.approx((2, 0.0455002638963584), rel=1e-12)
    assert wald(-1.0, 0.5, 0.9)["p_value"] == fields["p_value"]


def test_one_study_is_the_odds_ratio_of_its_table():
    for model in ("UM.FS", "UM.RS"):
        result = glmm([3], [20], [7], [25], model=model)
        assert result.estimate == pytest.approx(math.log(3 * 18 / (17 * 7)), rel=1e-6)
        assert result.se == pytest.approx(math.sqrt(1 / 3 + 1 / 17 + 1 / 7 + 1 / 18), rel=1e-5)
        assert math.isnan(result.tau2)
        assert any("One study" in note for note in result.notes)


def test_double_zero_studies_change_the_beta_binomial_and_no_mixed_model():
    counts = arms(BY_ID["sb16"]["data"])
    more = {"event_e": [*counts["event_e"], 0], "n_e": [*counts["n_e"], 50]}
    more |= {"event_c": [*counts["event_c"], 0], "n_c": [*counts["n_c"], 50]}
    for model in MODELS:
        assert glmm(**more, model=model).estimate == glmm(**counts, model=model).estimate
    assert beta_binomial(**more).k == beta_binomial(**counts).k + 1
    assert beta_binomial(**more).log_likelihood != beta_binomial(**counts).log_likelihood


# ---- where no maximum exists ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    "tables",
    [
        ([], [], [], []),
        ([0, 0], [10, 20], [0, 0], [10, 20]),
        ([0, 0, 0], [10, 20, 30], [1, 3, 2], [10, 20, 30]),
        ([1, 3, 2], [10, 20, 30], [0, 0, 0], [10, 20, 30]),
    ],
    ids=["no study", "double zeros", "no events when treated", "no events in controls"],
)
def test_what_can_not_be_estimated_is_said(model, tables):
    for method in ("ML", "EE"):
        result = glmm(*tables, model=model, method=method)
        assert np.isnan([result.estimate, result.se, *result.ci, result.tau2, result.log_likelihood]).all()
        assert any(note.startswith("Not estimable") for note in result.notes)
        assert "nan" not in str(result)
    json.dumps(result.to_dict(), allow_nan=False)
    assert math.isnan(beta_binomial(*tables).estimate)


def test_opposite_separations_have_a_common_effect_and_no_tau2():
    tables = ([0, 2], [10, 20], [1, 0], [10, 20])
    assert "nothing bounds tau2" in glmm(*tables).notes[-1]
    assert math.isfinite(glmm(*tables, method="EE").estimate)


@pytest.mark.parametrize("model", ["UM.FS", "CM.EL"])
@pytest.mark.parametrize(
    ("end", "inside"),
    [(([0, 4], [10, 20], [3, 20], [10, 20]), ([0, 4], [10, 20], [3, 19], [10, 20])),
     (([10, 4], [10, 20], [3, 0], [10, 20]), ([9, 4], [10, 20], [3, 0], [10, 20]))],
)  # fmt: skip
def test_tables_all_at_one_end_have_no_effect_and_one_inside_gives_it(model, end, inside):
    assert "every study has the smallest odds ratio that its margins allow" in glmm(*end, model=model).notes[-1]
    assert math.isfinite(glmm(*inside, model=model).estimate)


def test_random_study_effects_hold_an_effect_that_fixed_ones_let_go():
    from scipy.optimize import minimize

    events, n = ([0, 0, 8, 9], [4, 6, 30, 28]), [20, 25, 30, 28]
    fit = glmm(events[0], n, events[1], n, model="UM.RS", method="EE")
    # the likelihood summed over a grid of study effects: the search must agree but for its Laplace approximation
    z = np.linspace(-9, 9, 601)
    height = np.exp(-(z**2) / 2)

    def minus_log_likelihood(parameters):
        theta, mu, sigma = parameters
        total = 0.0
        for e, c, size in zip(*events, n, strict=True):
            control = mu + sigma * z
            treated = control + theta
            each = e * treated + c * control - size * (np.logaddexp(0, treated) + np.logaddexp(0, control))
            total -= np.log((height * np.exp(each)).sum())
        return total

    found = minimize(minus_log_likelihood, [-5, 0, 2], method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-9})
    assert fit.estimate == pytest.approx(found.x[0], rel=0.005)
    assert fit.sigma2 == pytest.approx(found.x[2] ** 2, rel=0.02)


def test_equal_risks_of_controls_leave_exactly_no_spread():
    assert glmm([3, 4], [20, 25], [6, 8], [20, 25], model="UM.RS").sigma2 == 0


def test_a_likelihood_that_grows_without_end_has_no_spread_either():
    result = glmm([0, 9], [6, 9], [11, 0], [11, 1], model="UM.RS")
    assert result.notes[-1] == "Not estimable: the likelihood grows without end."
    assert np.isnan([result.estimate, result.tau2, result.sigma2, result.log_likelihood]).all()


TABLES = st.lists(
    st.tuples(st.integers(1, 90), st.integers(1, 90), st.floats(0, 1), st.floats(0, 1)).map(
        lambda t: (int(t[2] ** 4 * t[0]), t[0], int(t[3] ** 4 * t[1]), t[1])
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=25, deadline=None)
@given(TABLES)
def test_every_table_has_an_answer_or_a_reason(tables):
    columns = np.array(tables).T
    for model in MODELS:
        result = glmm(*columns, model=model)
        if math.isnan(result.estimate):
            assert any(note.startswith("Not estimable") for note in result.notes)
        else:
            assert result.se > 0
            assert result.ci.low < result.estimate < result.ci.high
            assert result.log_likelihood <= 1e-9
    fit = beta_binomial(*columns)
    assert math.isfinite(fit.estimate) == math.isfinite(fit.se)


def test_complaints():
    with pytest.raises(ArgumentError, match="whole numbers"):
        glmm([0.5], [10], [1], [10])
    with pytest.raises(ArgumentError, match=r"model is 'UM\.XX'"):
        glmm([1], [10], [1], [10], model="UM.XX")
    with pytest.raises(ArgumentError, match="method is 'REML'"):
        glmm([1], [10], [1], [10], method="REML")
    with pytest.raises(ArgumentError, match="measure is 'MD'"):
        beta_binomial([1], [10], [1], [10], measure="MD")
