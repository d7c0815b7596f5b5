"""A tick stands where its label says."""

from __future__ import annotations

from itertools import product
from math import exp, log

import pytest

from msc_meta.figures.axis import make_axis, ticked_axis
from msc_meta.figures.style import load_style

STYLE = load_style("cochrane")


def read(label: str) -> float:
    return float(label.replace(STYLE.minus, "-"))


@pytest.mark.parametrize("width", [90, 180, 900])
def test_each_label_of_a_ratio_is_the_ratio_at_its_tick(width):
    for low, high in product((1e-7, 0.003, 0.2, 0.45, 0.6, 0.9), (1.1, 1.3, 1.7, 2.4, 8, 900, 1e7)):
        for at, label in make_axis(log(low), log(high), width, log=True, style=STYLE).ticks:
            assert read(label) == pytest.approx(exp(at), rel=1e-9)


@pytest.mark.parametrize("width", [90, 180, 900])
def test_each_label_of_a_difference_is_the_difference_at_its_tick(width):
    for low, high in product((-4000, -31, -2.6, -0.07), (0.004, 0.3, 7, 12.5, 800)):
        for at, label in make_axis(low, high, width, log=False, style=STYLE).ticks:
            assert read(label) == pytest.approx(at, rel=1e-9, abs=1e-12)


def test_given_ticks_are_named_as_given():
    ticks = [(log(value), value) for value in (0.125, 0.75, 1, 1.25, 8)]
    axis = ticked_axis((log(0.1), log(10)), ticks, 400, log=True, style=STYLE)
    assert [label for _, label in axis.ticks] == ["0.125", "0.75", "1", "1.25", "8"]
