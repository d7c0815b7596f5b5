"""Tables from margins: against metafor, and by what a table's own statistics give back."""

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msc_meta.effects.table_from_margins import table_from_margins
from msc_meta.errors import ArgumentError

CASES = json.loads((Path(__file__).parents[1] / "reference" / "conversions.json").read_text(encoding="utf-8"))[
    "conv_2x2"
]
STATISTICS = {"ori": "odds_ratio", "ri": "phi", "x2i": "chi_squared"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: next(iter(case["input"])))
def test_tables_agree_with_metafor(case):
    reported = case["input"]
    n_e, events = reported["n1i"], reported["n2i"]
    statistic = {ours: reported[theirs] for theirs, ours in STATISTICS.items() if theirs in reported}
    table = table_from_margins(n_e=n_e, n_c=reported["ni"] - n_e, events=events, **statistic)
    assert table == (case["ai"], case["ai"] + case["bi"], case["ci"], case["ci"] + case["di"])


def test_an_odds_ratio_of_one_divides_the_events_as_the_arms():
    assert table_from_margins(n_e=30, n_c=60, events=15, odds_ratio=1) == (5, 30, 10, 60)


@given(a=st.integers(1, 80), b=st.integers(1, 80), c=st.integers(1, 80), d=st.integers(1, 80))
def test_a_table_comes_back_from_its_own_statistics(a, b, c, d):
    margins = {"n_e": a + b, "n_c": c + d, "events": a + c}
    n, cross = a + b + c + d, a * d - b * c
    root = math.sqrt((a + b) * (c + d) * (a + c) * (b + d))
    table = (a, a + b, c, c + d)
    assert table_from_margins(**margins, odds_ratio=a * d / (b * c)) == table
    assert table_from_margins(**margins, phi=cross / root) == table
    plain = n * (cross / root) ** 2
    assert table_from_margins(**margins, chi_squared=plain, yates=False, fewer=cross < 0) == table
    if abs(cross) > n / 2:
        corrected = n * ((abs(cross) - n / 2) / root) ** 2
        assert table_from_margins(**margins, chi_squared=corrected, fewer=cross < 0) == table


def test_a_table_may_have_all_events_or_none_in_one_arm():
    margins = {"n_e": 20, "n_c": 20, "events": 10}
    phi = 200 / math.sqrt(20 * 20 * 10 * 30)
    assert table_from_margins(**margins, phi=phi) == (10, 20, 0, 20)
    assert table_from_margins(**margins, phi=-phi) == (0, 20, 10, 20)


def test_a_rounded_chi_squared_with_yates_correction_gives_its_table():
    # chisq.test(rbind(c(84, 65), c(74, 89)))$statistic in R is 3.3262, and a trial prints 3
    margins = {"n_e": 149, "n_c": 163, "events": 158}
    assert table_from_margins(**margins, chi_squared=3, yates=True) == (84, 149, 74, 163)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, "one of odds_ratio, phi and chi_squared is needed"),
        ({"odds_ratio": 2, "phi": 0.1}, "one of odds_ratio, phi and chi_squared is needed"),
        ({"odds_ratio": 0}, "odds_ratio is 0; a number above 0 is needed"),
        ({"events": 20, "phi": 0.1}, "events is 20; fewer events than patients (20) are needed"),
        ({"chi_squared": -1}, "chi_squared is -1; a number of 0 or more is needed"),
        ({"phi": 1.5}, "no table with these margins has that statistic"),
    ],
)
def test_complaints(changes, message):
    with pytest.raises(ArgumentError) as complaint:
        table_from_margins(**{"n_e": 10, "n_c": 10, "events": 8} | changes)
    assert message in str(complaint.value)
