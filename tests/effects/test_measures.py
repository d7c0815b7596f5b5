"""Effect sizes against metafor, by identities, and with input that no analysis allows."""

import json
from pathlib import Path

import numpy as np
import pytest

from msc_meta.effects.measures import MEASURES, effect_size
from msc_meta.errors import ArgumentError

REFERENCE = Path(__file__).parents[1] / "reference"
TABLES = json.loads((REFERENCE / "effects.json").read_text(encoding="utf-8"))["tables"]
CLOSED_FORM = 1e-10  # relative: a few operations on doubles; the references have 13 digits
SCOPES = {"only0": "only-zero", "all": "all", "if0all": "if-any", "none": "none"}
EVENTS = {"event_e": "ai", "n_e": "n1i", "event_c": "ci", "n_c": "n2i"}
MEANS = {"mean_e": "m1i", "sd_e": "sd1i", "n_e": "n1i", "mean_c": "m2i", "sd_c": "sd2i", "n_c": "n2i"}
TABLE = {"event_e": [5, 0, 3], "n_e": [20, 10, 12], "event_c": [10, 2, 0], "n_c": [21, 11, 12]}
ARMS = {
    "mean_e": [150.0, 90],
    "sd_e": [40.0, 20],
    "n_e": [12, 9],
    "mean_c": [120.0, 95],
    "sd_c": [35, 30],
    "n_c": [10, 8],
}

CASES = [
    pytest.param(table["data"], measure, {**variants[0], **variant}, id="-".join(map(str, (table["id"], measure, at))))
    for table in TABLES
    for measure, variants in table["effects"].items()
    for at, variant in enumerate(variants)
]


def compute(data, measure, variant):
    if MEASURES[measure].arms == "events":
        options = {"cc": variant["add"], "scope": SCOPES[variant["to"]], "drop00": variant["drop00"]}
        return effect_size(measure, **{ours: data[theirs] for ours, theirs in EVENTS.items()}, **options)
    options = {name: variant[name] for name in MEASURES[measure].options if name in variant}
    return effect_size(measure, **{ours: data[theirs] for ours, theirs in MEANS.items()}, **options)


@pytest.mark.parametrize(("data", "measure", "variant"), CASES)
def test_effect_size_agrees_with_metafor(data, measure, variant):
    ours = compute(data, measure, variant)
    yi, vi = (np.array([np.nan if x is None else x for x in variant[name]], float) for name in ("yi", "vi"))
    # metafor returns a variance of 0 for a table without events and without correction; no model can weigh that.
    yi[vi == 0], vi[vi == 0] = np.nan, np.nan
    # a difference of logs or risks near 0 has lost the digits that its terms share: absolute there
    np.testing.assert_allclose(ours.yi, yi, rtol=CLOSED_FORM, atol=1e-13)
    np.testing.assert_allclose(ours.vi, vi, rtol=CLOSED_FORM)


@pytest.mark.parametrize("measure", ["RR", "OR", "RD", "PETO", "AS"])
@pytest.mark.parametrize("scope", ["only-zero", "all", "if-any", "treatment-arm"])
def test_swapping_the_arms_changes_the_sign(measure, scope):
    swapped = {"event_e": TABLE["event_c"], "n_e": TABLE["n_c"], "event_c": TABLE["event_e"], "n_c": TABLE["n_e"]}
    one, other = effect_size(measure, **TABLE, scope=scope), effect_size(measure, **swapped, scope=scope)
    np.testing.assert_allclose(one.yi, -other.yi, rtol=1e-13)
    np.testing.assert_allclose(one.vi, other.vi, rtol=1e-13)


@pytest.mark.parametrize("measure", ["MD", "SMD", "SMDH", "ROM"])
def test_swapping_the_arms_of_means_changes_the_sign(measure):
    swapped = {name[:-1] + {"e": "c", "c": "e"}[name[-1]]: values for name, values in ARMS.items()}
    one, other = effect_size(measure, **ARMS), effect_size(measure, **swapped)
    np.testing.assert_allclose(one.yi, -other.yi, rtol=1e-13)
    np.testing.assert_allclose(one.vi, other.vi, rtol=1e-13)


def test_a_change_of_unit_scales_md_and_leaves_smd_and_rom():
    c = 0.133322387415  # mmHg to kPa
    in_kpa = {name: np.asarray(values) * (1 if name.startswith("n") else c) for name, values in ARMS.items()}
    for measure, by in (("MD", c), ("SMD", 1), ("SMDH", 1), ("ROM", 1)):
        mmhg, kpa = effect_size(measure, **ARMS), effect_size(measure, **in_kpa)
        np.testing.assert_allclose(kpa.yi, by * mmhg.yi, rtol=1e-12)
        np.testing.assert_allclose(kpa.vi, by**2 * mmhg.vi, rtol=1e-12)


def test_smd_of_revman_worked_by_hand():
    # Deeks & Higgins (2010): N = 20, d = 1/2, J = 1 - 3/71, and N/(n1 n2) + g**2 / (2 (N - 3.94))
    effect = effect_size("SMD", mean_e=12, sd_e=4, n_e=10, mean_c=10, sd_c=4, n_c=10, vtype="RevMan")
    assert effect.yi[0] == pytest.approx(34 / 71, rel=1e-14)
    assert effect.vi[0] == pytest.approx(0.2 + 1156 / 161916.92, rel=1e-14)  # 34**2 / (71**2 * 32.12)


def test_odds_ratio_turns_round_with_the_outcome():
    survivors = {**TABLE, "event_e": np.subtract(TABLE["n_e"], TABLE["event_e"])}
    survivors["event_c"] = np.subtract(TABLE["n_c"], TABLE["event_c"])
    np.testing.assert_allclose(effect_size("OR", **TABLE).yi, -effect_size("OR", **survivors).yi, rtol=1e-13)


def test_double_zero_tables():
    none = {"event_e": 0, "n_e": 10, "event_c": 0, "n_c": 20}
    assert effect_size("RR", **none).yi[0] == pytest.approx(np.log(20 + 1) - np.log(10 + 1))
    for options in ({"drop00": True}, {"scope": "none"}):
        assert np.isnan(effect_size("RR", **none, **options).yi[0])
        assert np.isnan(effect_size("RR", **none, **options).vi[0])
    everybody = {"event_e": 10, "n_e": 10, "event_c": 20, "n_c": 20}
    assert np.isnan(effect_size("OR", **everybody, drop00=True).yi[0])


def test_no_events_and_events_only():
    none, everybody = {"event_e": 0, "event_c": 0}, {"event_e": 10, "event_c": 20}
    for table in (none, everybody):
        arms = {**table, "n_e": 10, "n_c": 20}
        for measure in ("OR", "RR", "PETO"):  # no information on a ratio
            for options in ({"drop00": True}, {"scope": "none"}):
                assert np.isnan(effect_size(measure, **arms, **options).yi[0])
        difference = effect_size("AS", **arms)
        assert difference.yi[0] == 0
        assert difference.vi[0] == pytest.approx(1 / 40 + 1 / 80)
        assert np.isnan(effect_size("RD", **arms, scope="none").vi[0])


def test_treatment_arm_correction_agrees_with_meta():
    studies = 0
    for table in TABLES:
        for measure, (te, se) in table.get("treatment_arm", {}).items():
            arms = {ours: table["data"][theirs] for ours, theirs in EVENTS.items()}
            ours = effect_size(measure, **arms, scope="treatment-arm")
            # meta leaves tables without an event out of ratios, and those with events only out of the odds ratio
            known = np.array([value is not None for value in te])
            studies += known.sum()
            np.testing.assert_allclose(ours.yi[known], np.array(te, float)[known], rtol=CLOSED_FORM, atol=1e-13)
            np.testing.assert_allclose(ours.sei[known], np.array(se, float)[known], rtol=CLOSED_FORM)
    assert studies > 300


def test_treatment_arm_correction_is_a_half_each_where_the_arms_are_equal():
    arms = {"event_e": 0, "n_e": 30, "event_c": 4, "n_c": 30}
    for measure in ("OR", "RD", "PETO"):
        np.testing.assert_allclose(
            effect_size(measure, **arms, scope="treatment-arm"), effect_size(measure, **arms, scope="only-zero")
        )
    large = effect_size("OR", event_e=0, n_e=60, event_c=4, n_c=30, scope="treatment-arm")
    assert large.yi[0] == pytest.approx(np.log((2 / 3) / (60 + 2 / 3)) - np.log((4 + 1 / 3) / (26 + 1 / 3)))


def test_average_variances_depend_on_all_studies_and_skip_gaps():
    arms = {name: [*values, np.nan] for name, values in ARMS.items()}
    for measure in ("SMD", "ROM"):
        effect = effect_size(measure, **arms, vtype="AV")
        np.testing.assert_allclose(effect.vi[:2], effect_size(measure, **ARMS, vtype="AV").vi)
        assert np.isnan(effect.vi[2])


def test_a_missing_mean_is_left_out_of_the_average_of_its_own_arm():
    arms = {name: [*values, values[0]] for name, values in ARMS.items()}
    arms["mean_e"][-1] = np.nan  # its patients are known
    effect = effect_size("ROM", **arms, vtype="AV")
    # escalc(measure="ROM", vtype="AV", m1i=c(150, 90, NA), ...)$vi of metafor 3.8-1
    assert effect.vi[:2] == pytest.approx([0.014023340907615738, 0.017954976084129146], rel=CLOSED_FORM)
    assert np.isnan(effect.vi[2])


def test_one_empty_cell_may_correct_every_study():
    counts = {"event_e": [0, 4], "n_e": [10, 20], "event_c": [3, 8], "n_c": [10, 20]}
    effect = effect_size("OR", **counts, scope="if-any")
    assert effect.yi == pytest.approx([np.log(0.5 * 7.5 / (10.5 * 3.5)), np.log(4.5 * 12.5 / (16.5 * 8.5))])
    without = effect_size("OR", **{name: values[1:] for name, values in counts.items()}, scope="if-any")
    assert without.yi == pytest.approx([np.log(4 * 12 / (16 * 8))])


def test_an_arm_may_be_one_patient():
    assert effect_size("OR", event_e=1, n_e=1, event_c=0, n_c=1).yi == pytest.approx([np.log(9)])  # 1.5^2 / 0.5^2


def test_a_single_number_stands_for_every_study_and_gaps_stay_gaps():
    effect = effect_size("RR", event_e=[2, np.nan], n_e=10, event_c=[4, 4], n_c=10)
    assert effect.yi.shape == (2,)
    assert effect.yi[0] == pytest.approx(np.log(0.5))
    assert np.isnan(effect.yi[1])
    assert np.isnan(effect.vi[1])
    assert np.isnan(effect.sei[1])


def test_what_can_not_be_estimated_is_nan():
    opposite = effect_size("ROM", mean_e=[2.0], sd_e=1, n_e=9, mean_c=-2, sd_c=1, n_c=9)
    assert np.isnan([opposite.yi[0], opposite.vi[0]]).all()
    three = effect_size("SMD", mean_e=2.0, sd_e=1, n_e=2, mean_c=1, sd_c=1, n_c=1)
    assert np.isnan([three.yi[0], three.vi[0]]).all()


def test_log_ratio_of_medians():
    effect = effect_size("LRM", median_e=17.5, median_c=28, p_value=0.042)
    assert effect.yi[0] == pytest.approx(np.log(17.5 / 28))
    # the interval of level 1 - p, then, ends at no difference; 2.0335... is the normal quantile of 0.979
    assert abs(effect.yi[0]) / effect.sei[0] == pytest.approx(2.033520149, abs=1e-9)
    for median_e, p_value in ((17.5, 0), (17.5, 1), (28, 0.04), (28, 1), (np.nan, 0.04)):
        undefined = effect_size("LRM", median_e=median_e, median_c=28, p_value=p_value)
        assert np.isnan([undefined.yi[0], undefined.vi[0]]).all()


def test_a_ratio_of_medians_has_no_unit():
    days, months = (effect_size("LRM", median_e=17.5 / x, median_c=28 / x, p_value=0.042) for x in (1, 30.4375))
    assert (months.yi[0], months.vi[0]) == pytest.approx((days.yi[0], days.vi[0]), rel=1e-12)


def test_three_patients_leave_no_spread_to_standardise_by():
    # one degree of freedom: metafor's correction (.cmicalc) is NA there too
    means = {"mean_e": 2.0, "sd_e": 1, "n_e": 2, "mean_c": 1, "sd_c": 1, "n_c": 1}
    effect = effect_size("SMDH", **means, vtype="LS2")
    assert np.isnan([effect.yi[0], effect.vi[0]]).all()


def test_generic_estimates_pass_through():
    effect = effect_size("GEN", estimate=[-0.2, 0.3], se=[0.1, 0.2])
    np.testing.assert_allclose(effect.yi, [-0.2, 0.3])
    np.testing.assert_allclose(effect.sei, [0.1, 0.2])


def test_generic_and_hazard_ratios_agree_with_metafor():
    wald = json.loads((REFERENCE / "conversions.json").read_text(encoding="utf-8"))["wald"]
    for case in wald:
        given, ratio = case["input"], case["input"].get("exp", False)
        names = {"ci.lb": "ci_low", "ci.ub": "ci_high", "pval": "p_value"}
        options = {ours: given[theirs] for theirs, ours in names.items() if theirs in given}
        if "zval" in given:  # an estimate over its standard error
            options["se"] = given["out"] / given["zval"]
        if "level" in given:
            options["level"] = given["level"] / 100
        effect = effect_size("HR" if ratio else "GEN", estimate=given["out"], **options)
        assert (effect.yi[0], effect.vi[0]) == pytest.approx((case["yi"], case["vi"]), rel=CLOSED_FORM)


def test_each_study_brings_what_it_has():
    nan = np.nan
    effect = effect_size(
        "HR", estimate=[0.5, 0.5, 0.5, 0.5], se=[0.2, nan, nan, nan], ci_low=[0.1, 0.3, nan, nan],
        ci_high=[0.9, 0.8, nan, nan], p_value=[0.5, 0.5, 0.05, nan],
    )  # fmt: skip
    width = (np.log(0.8) - np.log(0.3)) / (2 * 1.959963984540054)
    np.testing.assert_allclose(effect.sei[:3], [0.2, width, np.log(2) / 1.959963984540054])
    assert np.isnan([effect.yi[3], effect.vi[3]]).all()
    assert np.isnan(effect_size("GEN", estimate=0, p_value=1).yi[0])


def test_measures_describe_themselves():
    assert MEASURES["RR"].arguments == ("event_e", "n_e", "event_c", "n_c")
    assert MEASURES["RR"].options == ("cc", "scope", "drop00")
    for name, measure in MEASURES.items():
        assert measure.name == name
        assert measure.null == measure.display(0)
    assert MEASURES["RR"].display(1000) == np.inf


@pytest.mark.parametrize(
    ("measure", "changes", "message"),
    [
        ("rr", {}, "measure is 'rr' (did you mean 'RR'?)"),
        ("RR", {"events_e": 1}, "'events_e' (did you mean 'event_e'?)"),
        ("RR", {"event_e": None}, "RR needs event_e, n_e, event_c, n_c; missing: event_e"),
        ("RR", {"event_e": [5, 11, 3]}, "event_e[1] is 11; events lie between 0 and n_e"),
        ("RR", {"event_c": [5, 1, -3]}, "event_c[2] is -3; events lie between 0 and n_c"),
        ("RR", {"event_e": [np.inf, 1, 1]}, "event_e[0] is inf; a finite number is needed"),
        ("RR", {"n_e": [20, 10, 0], "event_e": 0}, "n_e[2] is 0; an arm needs patients"),
        ("RR", {"event_e": ["a", 1, 2]}, "event_e is ['a', 1, 2]; numbers are needed"),
        ("RR", {"event_e": [1, 2]}, "differ in length (event_e 2, n_e 3, event_c 3, n_c 3)"),
        ("RR", {"event_e": [[1, 2, 3]]}, "event_e has 2 dimensions"),
        ("RR", {"cc": -0.5}, "cc is -0.5; a correction of 0 or more is needed"),
        ("RR", {"scope": "only0"}, "scope is 'only0'"),
    ],
)
def test_complaints_about_events(measure, changes, message):
    arms = {name: value for name, value in {**TABLE, **changes}.items() if value is not None}
    with pytest.raises(ArgumentError) as complaint:
        effect_size(measure, **arms)
    assert message in str(complaint.value)


@pytest.mark.parametrize(
    ("measure", "changes", "message"),
    [
        ("MD", {"sd_e": [40, 0]}, "sd_e[1] is 0; a standard deviation is above 0"),
        ("SMD", {"sd_c": [-1, 4]}, "sd_c[0] is -1; a standard deviation is above 0"),
        ("SMD", {"vtype": "LS3"}, "vtype is 'LS3'"),
        ("SMDH", {"vtype": "UB"}, "vtype is 'UB'"),
        ("ROM", {"n_c": [10, -1]}, "n_c[1] is -1; an arm needs patients"),
    ],
)
def test_complaints_about_means(measure, changes, message):
    with pytest.raises(ArgumentError) as complaint:
        effect_size(measure, **{**ARMS, **changes})
    assert message in str(complaint.value)


@pytest.mark.parametrize(
    ("measure", "arms", "message"),
    [
        ("LRM", {"median_e": 0, "median_c": 3, "p_value": 0.1}, "median_e[0] is 0; a median above 0 is needed"),
        ("LRM", {"median_e": 1, "median_c": 3, "p_value": 1.1}, "p_value[0] is 1.1; a p-value is between 0 and 1"),
        ("GEN", {"estimate": 1, "se": 0}, "se[0] is 0; a standard error is above 0"),
        ("GEN", {"estimate": 1}, "an estimate needs se, ci_low and ci_high, or p_value"),
        ("GEN", {"estimate": 1, "ci_low": 0.5}, "ci_low and ci_high are needed together"),
        ("GEN", {"estimate": 1, "ci_low": 2, "ci_high": 2}, "ci_low[0] is 2; an interval needs ci_low < ci_high"),
        ("GEN", {"estimate": 1, "p_value": [0.2, 2]}, "p_value[1] is 2; a p-value is between 0 and 1"),
        ("HR", {"estimate": -1, "se": 0.1}, "estimate is -1; a hazard ratio is above 0"),
        (
            "GEN",
            {"estimate": [1, 2], "ci_low": [0, 1], "ci_high": [3, 3, 3]},
            "(estimate 2, se 1, ci_low 2, ci_high 3, p_value 1)",
        ),
        ("HR", {"se": 0.1}, "HR needs estimate; missing: estimate"),
    ],
)
def test_complaints_about_generic_input(measure, arms, message):
    with pytest.raises(ArgumentError) as complaint:
        effect_size(measure, **arms)
    assert message in str(complaint.value)
