"""The explored page prints a number as Python prints it: one rounding for the report, its figures and its script."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest

import msc_meta as mm
from msc_meta.figures.style import load_style
from msc_meta.figures.text import number, p_value, ratio, three_digits
from msc_meta.report.explore import script_text

STYLE = load_style()
CUT = "const mscForest"
PRINTED = """
(texts) => texts.map((text) => {
  const value = Number(text);
  const {number, threeDigits, ratio, pValue} = mscWords;
  const p = value >= 0 && value <= 1 ? pValue(value) : "";
  return [0, 1, 2, 3].map((decimals) => number(value, decimals)).concat(threeDigits(value, 2), ratio(value, 2), p);
})
"""
EFFECTS = """
([measure, tables]) => tables.map((table) => {
  const zero = {correction: 0.5, scope: "only-zero", double_zero: "not-estimable"};
  const {yi} = mscEngine.effect(measure, table, {zero});
  return mscWords.ratio(Math.exp(yi), 2);
})
"""


@pytest.fixture
def words(open_page):
    """Return a page that holds the engine and its words alone."""
    page = open_page("about:blank")
    page.add_script_tag(content=script_text().partition(CUT)[0])
    return page


def values() -> list[float]:
    """Return all ties below 200 that a binary number can hold, and others of every size, sign and length."""
    chance = random.Random(6)
    ties = [(2 * m + 1) / 2 ** (decimals + 1) for decimals in range(4) for m in range(400)]
    tens = [10.0**power for power in range(-10, 24)]
    beside = [math.nextafter(ten, towards) for ten in tens for towards in (0, math.inf)]
    large = [5.0 * k for k in range(200, 1500)]
    some = [chance.uniform(-3, 3) for _ in range(1500)] + [chance.lognormvariate(0, 8) for _ in range(1500)]
    short = [round(chance.uniform(-2, 2), 3) for _ in range(1000)]
    return [*ties, *tens, *beside, *large, *some, *short, *(-tie for tie in ties), 0.0, -0.0, -0.0004]


def test_every_number_is_rounded_as_python_rounds_it(words):
    given = values()
    assert len(given) > 8000
    printed = words.evaluate(PRINTED, [repr(value) for value in given])
    for value, got in zip(given, printed, strict=True):
        wanted = [number(value, decimals, STYLE) for decimals in range(4)]
        wanted += [
            three_digits(value, 2, STYLE),
            ratio(value, 2, STYLE),
            p_value(value, STYLE) if 0 <= value <= 1 else "",
        ]
        assert got == wanted, value


@pytest.mark.parametrize("measure", ["RR", "OR"])
def test_ratios_that_are_ties_go_the_same_way_though_logarithms_differ_in_their_last_digit(words, measure):
    sizes = (4, 8, 10, 16, 20, 25, 40, 60)
    tables = [
        (a, n1, c, n2)
        for n1 in sizes for n2 in sizes for a in range(1, n1) for c in range(1, n2)
        if (a * n2 * 8) % (c * n1) == 0 or (a * (n2 - c) * 8) % (c * (n1 - a)) == 0
    ]  # fmt: skip
    assert len(tables) > 3000
    a, n1, c, n2 = np.array(tables, dtype=float).T
    effects = mm.effect_size(measure, event_e=a, n_e=n1, event_c=c, n_c=n2).yi
    wanted = [ratio(math.exp(yi), 2, STYLE) for yi in effects]
    assert words.evaluate(EFFECTS, [measure, tables]) == wanted
    exact = (a / n1) / (c / n2) if measure == "RR" else a * (n2 - c) / (c * (n1 - a))
    ties = [i for i, value in enumerate(exact) if (round(value, 9) * 1000) % 10 == 5 and value < 100]
    assert len(ties) > 20
    for i in ties:
        assert int(wanted[i][-1]) % 2 == 0 or (round(exact[i], 9) * 8) % 1, (tables[i], wanted[i])
