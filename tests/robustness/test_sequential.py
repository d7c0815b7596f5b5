"""Boundaries, required information and trial sequential analyses: RTSA's, and what must hold of any."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from msc_meta.effects.measures import effect_size
from msc_meta.errors import ArgumentError
from msc_meta.pooling.random_effects import pool
from msc_meta.robustness.group_sequential import boundaries
from msc_meta.robustness.required_information import diversity, required_information
from msc_meta.robustness.sequential import sequential_analysis

REFERENCE = json.loads((Path(__file__).parent.parent / "reference" / "tsa.json").read_text(encoding="utf-8"))
EFFICACY = [row for row in REFERENCE["boundaries"] if row.get("exact")]
FUTILITY = [row for row in REFERENCE["boundaries"] if "futility" in row]
RUNS = [(data, run) for data in REFERENCE["analyses"] for run in data["runs"] if run["re_method"] == "DL"]


def spending_of(row):
    return "pocock" if "Pocock" in row["spending"] else "obrien-fleming"


@pytest.mark.parametrize("row", EFFICACY, ids=lambda row: f"{len(row['timing'])}-{row['side']}-{row['alpha']}")
def test_boundaries_are_those_of_an_independent_integration(row):
    ours = boundaries(row["timing"], row["alpha"], sides=row["side"], spending=spending_of(row))
    assert ours.upper.tolist() == pytest.approx(row["exact"]["upper"], abs=1e-9)
    assert (ours.alpha_spent / row["side"]).tolist() == pytest.approx(row["exact"]["alpha_cum_per_side"], rel=1e-9)
    for mine, theirs in zip(ours.upper.tolist(), row["ldbounds"]["upper"], strict=True):
        if float(theirs) < 4:  # a coarser grid, and none where little is left to spend
            assert mine == pytest.approx(theirs, abs=1e-3)


@pytest.mark.parametrize("row", FUTILITY, ids=lambda row: f"{row['futility']}-{len(row['timing'])}")
def test_futility_boundaries_are_rtsas(row):
    ours = boundaries(row["timing"], row["alpha"], futility=row["futility"], beta=row["beta"])
    # binding ones: RTSA's own inflation and first boundary differ from each other by as much
    close = 2e-6 if row["futility"] == "non-binding" else 2e-3
    assert ours.upper.tolist() == pytest.approx(row["rtsa"]["upper"], abs=close)
    inner = [math.nan if bound is None else bound for bound in row["rtsa"]["beta_upper"]]
    assert ours.futility.tolist() == pytest.approx(inner, abs=close, nan_ok=True)
    assert ours.inflation == pytest.approx(row["rtsa"]["root"], abs=close)


@pytest.mark.parametrize("futility", ["none", "non-binding", "binding"])
def test_errors_are_kept_when_trials_are_simulated(futility):
    made = boundaries([0.3, 0.6, 1.0], 0.05, futility=futility)
    random = np.random.default_rng(1)
    steps = random.standard_normal((400_000, 3)) * np.sqrt(np.diff(made.timing, prepend=0.0))
    drift = math.sqrt(made.inflation) * (1.959964 + 0.841621)
    rejected = {}
    for name, effect in (("without", 0.0), ("with", drift)):
        z = (np.cumsum(steps, axis=1) + effect * made.timing) / np.sqrt(made.timing)
        going, found = np.ones(len(z), dtype=bool), np.zeros(len(z), dtype=bool)
        for look in range(3):
            found |= going & (np.abs(z[:, look]) >= made.upper[look])
            stopped = np.abs(z[:, look]) < np.nan_to_num(made.futility[look], nan=-1.0)
            going &= ~found & ~(stopped & (futility != "none"))
        rejected[name] = found.mean()
    assert rejected["without"] <= 0.0512
    if futility != "non-binding":  # which leaves some alpha unspent
        assert rejected["without"] == pytest.approx(0.05, abs=0.0012)
    if futility != "none":
        assert rejected["with"] == pytest.approx(0.8, abs=0.0025)


@pytest.mark.parametrize("row", REFERENCE["ris"], ids=lambda row: f"{row['args']['outcome']}-{row['args']['mc']}")
def test_required_information_is_rtsas(row):
    given = row["args"]
    ours = required_information(
        given["outcome"], given["mc"], control_risk=given.get("pC", math.nan), sd=given.get("sd_mc", math.nan),
        alpha=given["alpha"], beta=given["beta"], sides=given["side"], d2=given.get("D2"), i2=given.get("I2"),
        tau2=given.get("tau2"),
    )  # fmt: skip
    times = 2 if given["outcome"] == "RD" else 1  # both arms' variances, counted twice by RTSA 0.2.2
    assert ours.fixed == math.ceil(row["NF"] / times)
    if times == 1:
        assert [ours.by_diversity, ours.by_i2] == [row["NR_D2"], row["NR_I2"]]
    assert ours.trials == row["NR_tau_min_trials"]
    if row["NR_tau_table"] and given["outcome"] != "MD":  # for a mean difference RTSA's sizes are those of one arm
        sizes = [size for _, size in ours.per_trial]
        assert sizes == [size + size % 2 for size in row["NR_tau_table"][1]]


def analysis_of(data, run):
    x, given = data["data"], data["args"]
    if "eI" in x:
        effects = effect_size("RR", event_e=x["eI"], n_e=x["nI"], event_c=x["eC"], n_c=x["nC"])
        assumed = {"control_risk": sum(x["eC"]) / sum(x["nC"])}
    else:
        effects = effect_size(
            "MD", mean_e=x["mI"], sd_e=x["sdI"], n_e=x["nI"], mean_c=x["mC"], sd_c=x["sdC"], n_c=x["nC"]
        )
        assumed = {"sd": given["sd_mc"]}
    return sequential_analysis(
        effects.yi, effects.vi, np.add(x["nI"], x["nC"]), measure=given["outcome"], effect=given["mc"],
        alpha=given["alpha"], beta=given["beta"], method="DL", adjust=run["random_adj"].lower(), **assumed,
    )  # fmt: skip


@pytest.mark.parametrize(("data", "run"), RUNS, ids=lambda part: part.get("id") or part["random_adj"])
def test_analyses_are_rtsas(data, run):
    ours, given = analysis_of(data, run), data["args"]
    assert ours.information.fixed == run["RIS_fixed"]
    if given["outcome"] == "MD":  # RTSA pools the two variances of a trial: other weights
        assert ours.required == pytest.approx(run["HARIS"], rel=0.02)
        return
    assert ours.required == run["HARIS"]
    assert ours.z.tolist() == pytest.approx(run["z_random"][:-1], abs=1e-9)
    assert np.exp(ours.estimate) == pytest.approx(run["est_random"][:-1], rel=1e-9)
    assert ours.fraction.tolist() == pytest.approx(run["info_fraction"][:-1], rel=1e-9)
    for mine, theirs in zip(ours.upper.tolist(), run["upper"][:-1], strict=True):
        if theirs is None:
            assert math.isnan(mine)  # a look that adds less than a hundredth
        elif theirs == 20:
            assert mine > 5.7  # RTSA gives up where almost no alpha is left to spend
        elif theirs < 5:
            assert mine == pytest.approx(theirs, abs=5e-4)
    low, high = (math.log(run["adjusted_random"][side][-2]) for side in ("lower", "upper"))
    assert ours.adjusted == pytest.approx([low, high], abs=1e-5)


def test_diversity_compares_the_variances_of_the_two_models():
    yi, vi = [0.1, 0.5, -0.4], [0.04, 0.05, 0.03]
    common, random = pool(yi, vi, "FE"), pool(yi, vi, "DL", "wald")
    assert diversity(yi, vi) == pytest.approx(1 - (common.se / random.se) ** 2)
    assert diversity([0.1, 0.1], [0.1, 0.1]) == 0
    assert diversity([0.1], [0.1]) == 0


def large(effect, trials=6):
    return {
        "yi": [effect] * trials, "vi": [0.01] * trials, "n": [400] * trials,
        "measure": "RR", "effect": 0.8, "control_risk": 0.35,
    }  # fmt: skip


def test_each_conclusion_is_reached():
    assert sequential_analysis(**large(-0.3)).conclusion == "benefit"
    assert sequential_analysis(**large(-0.3), better="higher").conclusion == "harm"
    assert sequential_analysis(**large(0.0)).conclusion == "enough information without a difference"
    assert sequential_analysis(**large(0.0), futility="non-binding").conclusion == "futility"
    assert sequential_analysis(**large(0.0, trials=1)).conclusion == "more trials are needed"


def test_futility_asks_for_more_information_and_counts_fractions_of_that():
    studies = large(-0.02, trials=3) | {"n": [200] * 3}
    plain, stopping = (sequential_analysis(**studies, futility=rule) for rule in ("none", "non-binding"))
    made = boundaries(stopping.plan["timing"].tolist(), futility="non-binding")
    assert stopping.required == pytest.approx(plain.required * made.inflation, abs=2)
    assert stopping.fraction.tolist() == pytest.approx((plain.fraction / made.inflation).tolist(), rel=1e-3)


def test_looks_after_full_information_are_shown_and_not_tested():
    done = sequential_analysis(**large(0.0))
    assert (done.fraction > 1).sum() == 3
    assert np.isnan(done.upper).sum() == 2
    assert done.upper[3] == done.plan["upper"][-1]
    assert done.to_dict()["looks"][5]["upper"] is None


def test_a_hartung_knapp_test_is_turned_into_z():
    studies = large(-0.1) | {"yi": [-0.3, 0.1, -0.2, 0.2, -0.4, 0.0]}
    done = sequential_analysis(**studies, ci_method="hksj")
    fit = pool(studies["yi"], studies["vi"])
    assert 2 * 0.5 * math.erfc(abs(done.z[-1]) / math.sqrt(2)) == pytest.approx(fit.p_value)


def test_the_adjusted_interval_and_the_test_agree_whatever_the_test():
    y, v, n = [-0.3, 0.1, -0.2, 0.2, -0.4, 0.0], [0.01] * 6, [60] * 6
    for ci_method in ("wald", "hksj"):
        for shift in np.linspace(-0.8, 0.0, 41):
            done = sequential_analysis(np.add(y, shift), v, n, measure="RR", effect=0.8, control_risk=0.35,
                                       adjust="none", ci_method=ci_method)  # fmt: skip
            crossed = bool(abs(done.z[-1]) > done.upper[-1])
            assert crossed == (done.adjusted.high < 0), (ci_method, shift)
    fit = pool(y, v)
    full = sequential_analysis(y, v, [10_000] * 6, measure="RR", effect=0.8, control_risk=0.35, ci_method="hksj")
    assert full.upper[0] == pytest.approx(1.959964, abs=1e-6)  # all information at once: nothing is adjusted
    assert full.adjusted == pytest.approx(fit.ci, rel=1e-6)


def test_intervals_are_of_all_trials_and_at_the_level_of_the_error():
    studies = large(-0.1) | {"yi": [-0.3, 0.1, -0.2, 0.2, -0.4, -2.0]}
    done = sequential_analysis(**studies, alpha=0.1)  # the last look comes after full information
    assert np.isnan(done.upper[-1])
    assert done.naive == pytest.approx(pool(studies["yi"], studies["vi"], ci_method="wald", level=0.9).ci)
    assert sum(done.adjusted) / 2 == pytest.approx(done.estimate[-1])


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (lambda: boundaries([0.5, 0.4]), "ascending"),
        (lambda: boundaries([0.5], futility="binding"), "a look at 1"),
        (lambda: boundaries([0.5, 1], alpha=0), "between 0 and 1"),
        (lambda: boundaries([0.5, 1], spending="haybittle"), "allowed are"),
        (lambda: required_information("RR", 1.0, control_risk=0.3), "other than none"),
        (lambda: required_information("RR", 4.0, control_risk=0.3), "makes a risk of 1.2"),
        (lambda: required_information("RR", 0.8), "control_risk is nan"),
        (lambda: required_information("RR", 0.8, control_risk=0.3, d2=1.0), "below 1"),
        (lambda: sequential_analysis([0.1], [0.1], [10, 20], measure="MD", effect=1, sd=1), "2 sizes"),
    ],
)
def test_what_can_not_be_planned_is_said(call, complaint):
    with pytest.raises(ArgumentError, match=complaint):
        call()
