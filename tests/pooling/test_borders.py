"""PyMARE and statsmodels, two engines of other authors, confirm our fits."""

import json
from pathlib import Path

import pytest

from msc_meta.errors import ArgumentError
from msc_meta.pooling.borders import confirm, fit_pymare, fit_statsmodels
from msc_meta.pooling.random_effects import pool

SETS = json.loads((Path(__file__).parents[1] / "reference" / "fits.json").read_text(encoding="utf-8"))["sets"]
SOME = [data for data in SETS if data["id"] in {"dat.bcg-RR", "sb04-RR", "sc04-MD", "sc06-SMD", "sg02-GEN", "sb01-OR"}]


def agree(data, result, rel):
    confirmations = confirm(data["yi"], data["vi"], result)
    scale = result.wald_ci.width
    for one in confirmations:
        unit = scale**2 if one.quantity == "tau2" else scale
        assert abs(one.difference) <= rel * max(unit, abs(one.ours)), one
    return {one.engine for one in confirmations}


@pytest.mark.parametrize("ci_method", ["wald", "hksj"])
@pytest.mark.parametrize("data", SOME, ids=lambda data: data["id"])
def test_pymare_agrees(data, ci_method):
    # DL and the common effect are closed forms; PyMARE's likelihoods end where its optimiser's default precision does
    for method, rel in (("DL", 1e-9), ("FE", 1e-9), ("REML", 1e-4), ("ML", 1e-4)):
        assert "PyMARE" in agree(data, pool(data["yi"], data["vi"], method, ci_method), rel)


@pytest.mark.parametrize("ci_method", ["wald", "hksj"])
@pytest.mark.parametrize("data", SOME, ids=lambda data: data["id"])
def test_statsmodels_agrees(data, ci_method):
    # its Paule-Mandel ends where Q is within 1e-6 of k - 1
    assert agree(data, pool(data["yi"], data["vi"], "PM", ci_method), 1e-5) == {"statsmodels"}
    result = pool(data["yi"], data["vi"], "DL", ci_method)
    assert ("statsmodels" in agree(data, result, 1e-9)) == (result.tau2 > 0)


def test_confirmation_shows_both_numbers():
    data = SOME[0]
    result = pool(data["yi"], data["vi"], "DL")
    tau2 = next(one for one in confirm(data["yi"], data["vi"], result) if one.quantity == "tau2")
    assert (tau2.engine, tau2.ours) == ("PyMARE", result.tau2)
    assert tau2.difference == tau2.ours - tau2.theirs


def test_nothing_is_confirmed_where_no_engine_knows_the_method():
    assert confirm([0.1], [0.2], pool([0.1], [0.2])) == ()
    yi, vi = [0.1, 0.5, 0.9], [0.1, 0.1, 0.2]
    assert confirm(yi, vi, pool(yi, vi, "SJ")) == ()
    assert confirm(yi, vi, pool(yi, vi, "REML", "hksj-adhoc")) == ()


def test_statsmodels_with_a_negative_tau2_is_refused():
    yi, vi = [0.10, 0.12, 0.09], [0.1, 0.2, 0.1]
    with pytest.raises(ArgumentError, match="does not cut at zero"):
        fit_statsmodels(yi, vi, method="DL")
    assert fit_statsmodels(yi, vi, method="PM")["tau2"] == 0


def test_complaints():
    with pytest.raises(ArgumentError, match="method is 'PM'"):
        fit_pymare([0.1, 0.2], [0.1, 0.1], method="PM")
    with pytest.raises(ArgumentError, match=r"vi\[1\] is 0"):
        fit_pymare([0.1, 0.2], [0.1, 0.0])
