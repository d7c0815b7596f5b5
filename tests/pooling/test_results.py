"""The shape of a result: scales, text, plain values."""

import dataclasses
import json
import math

import pytest

from msc_meta.pooling.random_effects import pool
from msc_meta.pooling.results import PooledResult

YI, VI = [-0.889, -1.585, 0.012, -0.469], [0.326, 0.195, 0.004, 0.056]


def test_ratios_are_shown_back_transformed_and_differences_as_they_are():
    ratio, difference = pool(YI, VI, measure="RR"), pool(YI, VI, measure="MD")
    assert ratio.estimate == difference.estimate
    shown = ratio.display()
    assert shown.estimate == math.exp(ratio.estimate)
    assert shown.ci == tuple(math.exp(bound) for bound in ratio.ci)
    assert shown.prediction == tuple(math.exp(bound) for bound in ratio.prediction)
    assert difference.display().ci == difference.ci


def test_a_bound_too_large_for_a_float_is_shown_as_infinite():
    assert pool([0.0, 900.0], [1.0, 1.0], measure="OR").display().ci.high == math.inf


def test_text_is_a_short_table_on_the_shown_scale():
    result = pool(YI, VI, measure="RR")
    lines = str(result).splitlines()
    assert lines[0] == "Risk ratio, k = 4, REML, hksj"
    assert f"{math.exp(result.estimate):.4g}" in lines[1]
    assert "95% CI" in lines[1]
    assert len(lines) == 6
    assert "nan" not in str(pool([1], [1]))
    assert str(pool([], [])).splitlines() == ["Estimate, k = 0, REML, hksj", "  note: No study can be pooled."]


def test_repr_is_exact():
    result = pool(YI, VI)
    assert repr(result.estimate) in repr(result)


def test_dict_holds_plain_json_values():
    for result in (pool(YI, VI), pool([0.1], [0.2]), pool([], []), pool(YI, VI, "FE")):
        values = result.to_dict()
        assert list(values) == [field.name for field in dataclasses.fields(PooledResult)]
        back = json.loads(json.dumps(values, allow_nan=False))
        assert back["k"] == result.k
        assert back["weights"] == list(result.weights)
    assert pool([], []).to_dict()["ci"] == [None, None]
    assert pool(YI, VI).to_dict()["ci"] == list(pool(YI, VI).ci)


def test_values_are_plain_floats():
    result = pool(YI, VI)
    numbers = [getattr(result, field.name) for field in dataclasses.fields(result)]
    flat = [x for value in numbers for x in (value if isinstance(value, tuple) else (value,))]
    assert {type(value) for value in flat} <= {float, int, str}


def test_frame_is_one_row_in_full_precision():
    result = pool(YI, VI)
    frame = result.to_frame()
    assert frame.shape[0] == 1
    assert frame.loc[0, "ci_low"] == result.ci.low
    assert frame.loc[0, "tau2_ci_high"] == result.tau2_ci.high
    assert "weights" not in frame


def test_a_result_can_not_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        pool(YI, VI).estimate = 0.0


def test_tau_is_the_root_of_tau2():
    result = pool(YI, VI)
    assert result.tau**2 == pytest.approx(result.tau2)
