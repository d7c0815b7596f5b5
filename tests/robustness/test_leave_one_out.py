"""Refits and deletion diagnostics: metafor's values, and the refits that they stand for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msc_meta.errors import ArgumentError
from msc_meta.pooling.random_effects import pool
from msc_meta.robustness.influence import baujat, influence
from msc_meta.robustness.leave_one_out import cumulative, leave_one_out, refits_one_by_one, refits_without_each
from tests.robustness.references import left_over, sets

DATA = {data["id"]: data for data in sets("small_study")}
FITS = [
    pytest.param(DATA[found["id"]], method, found[method], id=f"{found['id']}-{method}")
    for found in sets("influence")
    for method in ("EE", "REML")
    if method in found
]
COLUMNS = {"cook.d": "cook_d", "cov.r": "cov_r", "tau2.del": "tau2_del", "QE.del": "q_del", "is_infl": "influential"}
STUDIES = st.lists(
    st.tuples(st.integers(-60, 60).map(lambda y: y / 10), st.floats(-2, 2).map(lambda x: 10.0**x)),
    min_size=2,
    max_size=10,
)
# BCG trials (log risk ratio); metafor 3.8-1, its iterations run to 1e-13: leave1out with test="knha", cumul by year
YEARS = [1948, 1949, 1960, 1977, 1973, 1953, 1973, 1980, 1968, 1961, 1974, 1969, 1976]
LEFT_OUT = {
    "estimate": [-0.707083784699, -0.654031200294, -0.685554410837, -0.628409369808, -0.76417009514, -0.710876555564],
    "se": [0.194002738432, 0.18139194172, 0.188695352514, 0.181937193792, 0.191946150743, 0.199746677704],
    "p_value": [0.00385620581313, 0.00412905921639, 0.00393506509115, 0.00538997648737, 0.00215449319444],
    "ci_low": [-1.13408093301, -1.05327217218, -1.1008700815, -1.02885043341, -1.18664072446, -1.15051602897],
    "ci_high": [-0.280086636393, -0.254790228408, -0.270238740176, -0.227968306202, -0.341699465818],
    "tau2": [0.336156701804, 0.292583083996, 0.320737929649, 0.262758148091, 0.327803260442, 0.359554070377],
    "i2": [93.225934094, 92.2539554674, 92.9354117978, 90.4124639335, 92.7634357722, 90.9118075434, 92.2777177216],
    "h2": [14.7621829175, 12.9098147551, 14.1551067291, 10.4302084817, 13.8187124237, 11.0032881101, 12.9495395784],
    "q": [151.582572747, 145.31760767, 150.197044458, 96.5625949714, 151.320008931, 128.186664683, 145.829638145],
}
ACCUMULATED = {
    "estimate": [-0.88931133392, -1.32500344224, -0.972079931813, -1.0010961745, -1.10142578521, -0.973463894382],
    "se": [0.570600354893, 0.348988772287, 0.245463345293, 0.222284835267, 0.199665575173, 0.187655301688],
    "ci_low": [-2.00766747908, -2.00900886694, -1.45317924811, -1.43676644593, -1.4927631215, -1.3412615272],
}


@pytest.mark.parametrize(("data", "method", "theirs"), FITS)
def test_diagnostics_are_metafors(data, method, theirs):
    yi, vi = data["yi"], data["vi"]
    ours = influence(yi, vi, "FE" if method == "EE" else method)
    # sums of doubles for a common effect, of which differences of nearly equal pools lose some digits
    rel = 1e-10 if method == "EE" else 1e-8 + 10 * left_over(yi, vi)
    for name in set(theirs) - {"baujat"}:
        assert ours[COLUMNS.get(name, name)].tolist() == pytest.approx(theirs[name], rel=rel, abs=rel), name
    plot = baujat(yi, vi, "FE" if method == "EE" else method)
    for axis in ("x", "y"):
        assert plot[axis].tolist() == pytest.approx(theirs["baujat"][axis], rel=rel, abs=rel)


def test_leave_one_out_is_metafors():
    bcg = DATA["dat.bcg-RR"]
    ours = leave_one_out(bcg["yi"], bcg["vi"])
    for column, theirs in LEFT_OUT.items():  # 12 digits were printed
        assert ours[column].tolist()[: len(theirs)] == pytest.approx(theirs, rel=1e-9)


def test_cumulative_is_metafors():
    bcg = DATA["dat.bcg-RR"]
    ours = cumulative(bcg["yi"], bcg["vi"], ci_method="wald", order=YEARS)
    for column, theirs in ACCUMULATED.items():
        assert ours[column].tolist()[: len(theirs)] == pytest.approx(theirs, rel=1e-9)
    assert ours["study"].tolist()[:5] == [0, 1, 5, 2, 9]


@settings(max_examples=25)
@given(STUDIES, st.sampled_from(["REML", "DL", "PM", "FE"]), st.sampled_from(["wald", "hksj"]))
def test_rows_are_refits(studies, method, ci_method):
    yi, vi = (np.array(column) for column in zip(*studies, strict=True))
    without = refits_without_each(yi, vi, method, ci_method)
    for at, fit in enumerate(without):
        rest = np.arange(yi.size) != at
        assert fit.to_dict() == pool(yi[rest], vi[rest], method, ci_method).to_dict()
    steps = refits_one_by_one(yi, vi, method, ci_method)
    assert steps[-1].to_dict() == pool(yi, vi, method, ci_method).to_dict()
    assert [fit.k for fit in steps] == list(range(1, yi.size + 1))


@settings(max_examples=25)
@given(STUDIES)
def test_influence_keeps_its_identities(studies):
    yi, vi = (np.array(column) for column in zip(*studies, strict=True))
    table, swapped, scaled = influence(yi, vi, "DL"), influence(-yi, vi, "DL"), influence(3 * yi, 9 * vi, "DL")
    assert table["weight"].sum() == pytest.approx(100)
    for column in ("cook_d", "cov_r", "hat", "q_del"):
        assert swapped[column].tolist() == pytest.approx(table[column].tolist(), rel=1e-9, abs=1e-9)
        assert scaled[column].tolist() == pytest.approx(table[column].tolist(), rel=1e-6, abs=1e-9)
    for column in ("rstudent", "dffits", "dfbs"):
        assert swapped[column].tolist() == pytest.approx((-table[column]).tolist(), rel=1e-9, abs=1e-9)
    plot = baujat(yi, vi, "FE")
    assert plot["x"].sum() == pytest.approx(pool(yi, vi, "FE").q, rel=1e-9, abs=1e-9)


def test_one_study_is_no_error():
    assert leave_one_out([0.1], [0.2])["k"].tolist() == [0]
    assert cumulative([0.1], [0.2])["estimate"].tolist() == [0.1]
    table = influence([0.1], [0.2])
    assert np.isnan(table["rstudent"][0])
    assert not table["influential"][0]
    assert leave_one_out([], []).empty


def test_labels_and_order_are_checked():
    assert leave_one_out([0.1, 0.2], [1, 1], labels=["a", "b"])["study"].tolist() == ["a", "b"]
    assert cumulative([0.1, 0.2], [1, 1], labels=["a", "b"], order=[2, 1])["study"].tolist() == ["b", "a"]
    with pytest.raises(ArgumentError, match="labels has 1 values for 2 studies"):
        influence([0.1, 0.2], [1, 1], labels=["a"])
    with pytest.raises(ArgumentError, match="order has 3 values for 2 studies"):
        cumulative([0.1, 0.2], [1, 1], order=[1, 2, 3])
    with pytest.raises(ArgumentError, match=r"order\[1\] is nan"):
        cumulative([0.1, 0.2], [1, 1], order=[1, np.nan])
    with pytest.raises(ArgumentError, match=r"vi\[0\] is 0"):
        baujat([0.1, 0.2], [0, 1])
