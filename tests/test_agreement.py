"""The page that says how close our numbers are to R's says what is computed now."""

import re

from tests import agreement

ROW = re.compile(
    r"^\| (?P<group>[^|]+) \| (?P<quantity>[^|]+) \| (?P<cases>\d+) \| 1e(?P<power>-?\d+) \|", re.MULTILINE
)
AGAIN = "write docs/methods/agreement.md again with: python -m tests.agreement"


def without_powers(text):
    return re.sub(r"\| 1e-?\d+ \|", "| |", text)


def powers(text):
    return {(row["group"], row["quantity"]): int(row["power"]) for row in ROW.finditer(text)}


def test_the_page_on_agreement_is_that_of_today():
    ours, page = agreement.page(agreement.computed()), agreement.PAGE.read_text(encoding="utf-8")
    # rows stand in the order of their powers, which move a little from one machine to another
    assert sorted(without_powers(page).splitlines()) == sorted(without_powers(ours).splitlines()), AGAIN
    now, told = powers(ours), powers(page)
    assert len(now) > 100
    # another machine sums in another order, and older libraries have coarser quantiles; closer is never a fault
    worse = {row: (told[row], now[row]) for row in now if now[row] - told[row] > 2}
    assert not worse, AGAIN


def test_a_difference_is_rounded_up():
    assert [agreement.exponent(d) for d in (0, 3e-16, 2e-9, 1e-3, 1.1e-3)] == [-12, -12, -8, -3, -2]


def test_a_difference_is_relative_to_the_number_or_to_its_scale():
    table = agreement.Agreement()
    table.add("a", "b", [1.0, 2.002], [1.0, 2.0])
    table.add("a", "b", [0.003, 5], [0.001, None], scale=1)
    assert table.worst["a", "b"] == max(0.002 / 2.0, 0.003 - 0.001)
    assert table.cases["a", "b"] == 3
