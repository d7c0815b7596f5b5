"""The multiverse of the built-in protocol on the real evidence."""

import numpy as np
import pytest

import msc_meta as mm
from msc_meta.protocol_choices import Option, choices_of, multiverse


@pytest.fixture(scope="module")
def evidence():
    return mm.load_studies("studies")


@pytest.fixture(scope="module")
def curve(evidence):
    return multiverse(evidence, mm.load_protocol(), "mortality")


def test_the_protocols_analysis_is_one_of_them(evidence, curve):
    result = mm.synthesize(evidence)["mortality"].result
    frame = curve.to_frame()
    main = frame[frame["main"]].iloc[0]
    assert main["estimate"] == pytest.approx(result.estimate, rel=1e-9)
    assert [main["ci_low"], main["ci_high"]] == pytest.approx(result.ci, rel=1e-9)
    assert (main["measure"], main["estimator"], main["interval"], main["left out"]) == ("RR", "REML", "hksj", "none")


def test_sensitivity_analyses_are_points_of_the_curve(evidence, curve):
    synthesis = mm.synthesize(evidence)["mortality"]
    frame = curve.to_frame()
    plain = frame.loc[curve.main, list(curve.dimensions)]
    for decision, name in (("measure", "odds-ratio"), ("window", "stated-day"), ("reports", "other-reports")):
        wanted = plain.copy()
        wanted[decision] = name
        found = frame[(frame[list(curve.dimensions)] == wanted).all(axis=1)]
        assert len(found) == 1
        assert found["estimate"].iloc[0] == pytest.approx(synthesis.sensitivity[name].result.estimate, rel=1e-9)


def test_no_specification_is_lost(curve):
    sizes = [len(options) for options in curve.options]
    possible = np.prod(sizes) // (4 * 3) * 10  # a common effect has one interval of the three
    assert curve.k.size == possible == len({tuple(row) for row in curve.chosen.tolist()})
    assert curve.chosen.max(axis=0).tolist() == [size - 1 for size in sizes]


def test_a_measure_of_another_scale_has_no_place(evidence):
    measures = [option.name for option in choices_of(mm.load_protocol(), "mortality", evidence)["measure"]]
    assert measures == ["RR", "odds-ratio"]


def test_choices_of_ones_own(evidence):
    own = {"who": (Option("everyone"), Option("without two", without=frozenset({"matthay-2019", "bellingan-2022"})))}
    small = multiverse(evidence, mm.load_protocol(), "mortality", choices=own, leave_one_out=False)
    assert small.dimensions == ("who", "estimator", "interval")
    frame = small.to_frame()
    assert frame.groupby("who")["k"].first().to_dict() == {"everyone": 12, "without two": 10}
