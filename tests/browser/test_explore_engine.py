"""The engine of the explored page equals Python: every subset of ten trials, every estimator, interval and measure."""

from __future__ import annotations

import itertools
import json
import math
import random

import numpy as np
import pytest
from scipy.special import chdtrc, gammainccinv, gammaincinv, ndtri, stdtr, stdtrit

import msc_meta as mm
from msc_meta.pooling.batch import pool_batch
from msc_meta.pooling.tau2 import ESTIMATORS
from msc_meta.report.explore import script_text

TOLERANCE = 1e-9  # relative, absolute below 1: the two programs share no code
INTERVALS = ("hksj", "hksj-adhoc", "wald")
# Invented: empty cells, twins, an arm with events only, and one trial that outweighs the others.
EVENTS = [
    (5, 20, 10, 20), (0, 12, 3, 29), (42, 112, 47, 110), (3, 19, 8, 24), (7, 7, 5, 8),
    (5, 21, 4, 24), (5, 21, 4, 24), (12, 40, 3, 20), (1, 6, 2, 6), (0, 29, 2, 29),
]  # fmt: skip
MEANS = [
    (19.2, 5.1, 12, 24.0, 6.2, 29), (11.0, 4.4, 29, 15.0, 6.0, 29), (20.6, 6.1, 9, 23.3, 6.0, 9),
    (17.5, 9.0, 10, 28.0, 14.5, 10), (15.0, 8.2, 21, 13.1, 9.9, 24), (15.0, 8.2, 21, 13.1, 9.9, 24),
    (31.0, 3.0, 150, 30.0, 3.1, 148), (8.0, 2.5, 4, 16.0, 4.0, 3), (12.2, 4.0, 40, 12.2, 4.1, 41),
    (22.5, 11.0, 33.5, 25.0, 10.0, 16.75),
]  # fmt: skip
ARMS = {"RR": EVENTS, "OR": EVENTS, "RD": EVENTS, "MD": MEANS, "SMD": MEANS, "ROM": MEANS}

WORST_OF_SUBSETS = """
([measure, method, arms, wanted]) => {
  const zero = {correction: 0.5, scope: "only-zero", double_zero: "not-estimable"};
  const effects = arms.map((one) => mscEngine.effect(measure, one, {zero}));
  let worst = [0];
  for (let subset = 0; subset < 1024; subset += 1) {
    const some = effects.filter((_, i) => subset >> i & 1);
    for (const [ci, fields] of Object.entries(wanted)) {
      const got = mscEngine.pool(some.map((e) => e.yi), some.map((e) => e.vi), {method, ci});
      const mine = {...got, ci_low: got.ci[0], ci_high: got.ci[1]};
      for (const [name, values] of Object.entries(fields)) {
        const [a, b] = [mine[name], values[subset]];
        const error = b === null ? (Number.isNaN(a) ? 0 : 1) : Math.abs(a - b) / Math.max(1, Math.abs(b));
        if (!(error <= worst[0])) worst = [Number.isNaN(error) ? 1 : error, name, ci, subset, a, b];
      }
    }
  }
  return worst;
}
"""


@pytest.fixture
def engine(open_page):
    """Return a page that holds the engine alone."""
    page = open_page("about:blank")
    page.add_script_tag(content=script_text().partition("const mscAnalysis")[0])
    return page


def effects_of(measure: str, arms) -> mm.EffectSize:
    names = ("event", "n") if len(arms[0]) == 4 else ("mean", "sd", "n")
    columns = [f"{name}_{arm}" for arm in "ec" for name in names]
    effect = mm.effect_size(measure, **dict(zip(columns, np.array(arms, dtype=float).T, strict=True)))
    if measure == "RD":  # as msc_meta.effects.row_effects: a difference of risks is not corrected
        a, n1, c, n2 = np.array(arms, dtype=float).T
        effect = effect._replace(yi=a / n1 - c / n2)
    return effect


@pytest.mark.parametrize("measure", ARMS)
def test_every_subset_of_ten_trials(engine, measure):
    effect = effects_of(measure, ARMS[measure])
    subset = (np.arange(1024)[:, None] >> np.arange(10)) & 1 == 1
    yi, vi = (np.where(subset, values, np.nan) for values in effect)
    for method in ESTIMATORS:
        wanted = {}
        for ci_method in INTERVALS:
            made = pool_batch(yi, vi, method=method, ci_method=ci_method).to_dict()
            wanted[ci_method] = {
                name: made[name] for name in ("estimate", "se", "ci_low", "ci_high", "p_value", "tau2", "i2", "q")
            }
        worst = engine.evaluate(WORST_OF_SUBSETS, [measure, method, ARMS[measure], wanted])
        assert worst[0] <= TOLERANCE, (method, worst)


def hard_sets() -> list[tuple[list[float], list[float]]]:
    rng = np.random.default_rng(20260101)
    sets: list[tuple[list[float], list[float]]] = [
        ([], []),
        ([0.3], [0.1]),
        ([0.3, 0.3], [0.1, 0.1]),  # no spread at all
        ([0.3, -0.9], [0.1, 0.5]),
        ([0.1] * 5, [0.2] * 5),
        ([0.0] * 4, [0.1, 0.2, 0.3, 0.4]),
        ([1000.0 + i for i in range(6)], [1e-6] * 6),  # heterogeneity is all there is
        ([1.0, 2, 3, 4], [1e-8, 1, 1e4, 1e8]),
        ([5.0, -5, 5, -5, 5, -5], [0.01] * 6),
        ([1e6, 1e6 + 1, 1e6 - 2], [0.1, 0.2, 0.3]),  # an offset that eats digits
        ([-40.0, 40, 0], [1e-4] * 3),
        ([0.0, 0.0, 6.0, 6.0, 0.1], [1e-4, 1e-4, 9.0, 9.0, 1e-4]),  # a likelihood with two maxima
    ]
    for k, tau2 in itertools.product((2, 3, 5, 10, 60, 200), (0.0, 0.1, 2.0)):
        vi = rng.uniform(0.01, 1, k) ** 2
        sets.append((rng.normal(0.2, np.sqrt(vi + tau2)).tolist(), vi.tolist()))
    return sets


FIELDS = ("estimate", "se", "statistic", "p_value", "tau2", "i2", "h2", "q", "q_p")
BOUNDS = ("ci", "wald_ci", "prediction", "tau2_ci")


def wrong(engine, cases) -> list[tuple]:
    """Return the fields of `mm.pool` in which the engine differs by more than the tolerance."""
    got = engine.evaluate(
        "(cases) => cases.map(([yi, vi, choices]) => JSON.stringify(mscEngine.pool(yi, vi, choices)))",
        [[yi, vi, choices] for yi, vi, choices in cases],
    )
    found = []
    for (yi, vi, choices), text in zip(cases, got, strict=True):
        result, mine = (
            mm.pool(yi, vi, choices["method"], choices["ci"], choices["level"], choices["prediction"]),
            json.loads(text),
        )
        pairs = [(name, getattr(result, name), mine[name]) for name in FIELDS]
        pairs += [(name, *both) for name in BOUNDS for both in zip(getattr(result, name), mine[name], strict=True)]
        for name, theirs, ours in pairs:
            same = (
                ours is None
                if math.isnan(theirs)
                else ours is not None and abs(theirs - ours) <= TOLERANCE * max(1, abs(theirs))
            )
            if not same:
                found.append((len(yi), choices, name, theirs, ours))
    return found


def test_hard_sets_in_every_field(engine):
    cases = [
        (yi, vi, {"method": method, "ci": ci, "level": level, "prediction": prediction})
        for yi, vi in hard_sets()
        for method in ESTIMATORS
        for ci, level, prediction in zip(INTERVALS, (0.95, 0.8, 0.999), ("t(k-1)", "t(k-2)", "normal"), strict=True)
    ]
    assert wrong(engine, cases) == []


def test_random_subsets_in_every_field(engine):
    draw = random.Random(7)
    cases = []
    for _ in range(400):
        measure = draw.choice(list(ARMS))
        effect = effects_of(measure, draw.sample(ARMS[measure], draw.randint(1, 10)))
        choices = {
            "method": draw.choice(list(ESTIMATORS)),
            "ci": draw.choice(INTERVALS),
            "level": draw.choice([0.8, 0.9, 0.95, 0.99]),
            "prediction": draw.choice(["t(k-1)", "t(k-2)", "normal"]),
        }
        cases.append((effect.yi.tolist(), effect.vi.tolist(), choices))
    assert wrong(engine, cases) == []


def test_effects_with_every_rule_for_empty_cells(engine):
    tables = [*EVENTS, (0, 10, 0, 12), (9, 9, 14, 14), (0, 10, 12, 12), (2.5, 10, 1.5, 7.5)]
    for measure, scope, drop in itertools.product(("RR", "OR"), ("only-zero", "all", "treatment-arm"), (True, False)):
        arms = np.array(tables, dtype=float).T
        wanted = mm.effect_size(
            measure,
            **dict(zip(("event_e", "n_e", "event_c", "n_c"), arms, strict=True)),
            scope=scope,
            drop00=drop,
            cc=0.4,
        )
        zero = {"correction": 0.4, "scope": scope, "double_zero": "not-estimable" if drop else "correct"}
        got = engine.evaluate(
            "([m, t, zero]) => t.map((one) => mscEngine.effect(m, one, {zero}))", [measure, tables, zero]
        )
        for one, yi, vi in zip(got, wanted.yi, wanted.vi, strict=True):
            assert (one is None) == math.isnan(yi)
            assert one is None or [one["yi"], one["vi"]] == pytest.approx([yi, vi], rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("measure", ["PETO", "AS", "SMDH"])
def test_measures_that_only_a_protocol_offers(engine, measure):
    arms = MEANS if measure == "SMDH" else EVENTS
    got = engine.evaluate("([m, t]) => t.map((one) => mscEngine.effect(m, one))", [measure, arms])
    names = (
        ("mean_e", "sd_e", "n_e", "mean_c", "sd_c", "n_c")
        if measure == "SMDH"
        else ("event_e", "n_e", "event_c", "n_c")
    )
    options = {} if measure == "SMDH" else {"scope": "none"}
    wanted = mm.effect_size(measure, **dict(zip(names, np.array(arms, dtype=float).T, strict=True)), **options)
    assert [one["yi"] for one in got] == pytest.approx(wanted.yi.tolist(), rel=1e-12, abs=1e-14)
    assert [one["vi"] for one in got] == pytest.approx(wanted.vi.tolist(), rel=1e-12)


def test_revmans_standardised_difference(engine):
    got = engine.evaluate("(t) => t.map((one) => mscEngine.effect('SMD', one, {conventions: 'revman'}))", MEANS)
    names = ("mean_e", "sd_e", "n_e", "mean_c", "sd_c", "n_c")
    wanted = mm.effect_size("SMD", **dict(zip(names, np.array(MEANS).T, strict=True)), vtype="RevMan")
    assert [one["vi"] for one in got] == pytest.approx(wanted.vi.tolist(), rel=1e-12)


def test_distributions_equal_scipy(engine):
    freedom, levels = [1, 2, 3, 5, 11, 59, 199, 2000], [0.501, 0.8, 0.95, 0.999, 0.999999]
    for df, level in itertools.product(freedom, levels):
        t, normal = engine.evaluate("([l, d]) => [mscEngine.quantile(l, d), mscEngine.quantile(l, null)]", [level, df])
        assert t == pytest.approx(-stdtrit(df, (1 - level) / 2), rel=1e-10), (df, level)  # scipy 1.16: 11 digits
        assert normal == pytest.approx(-ndtri((1 - level) / 2), rel=1e-11)
        tail = (1 - level) / 2
        above, below = engine.evaluate(
            "([p, d]) => [mscEngine.chiSquareAbove(p, d), mscEngine.chiSquareBelow(p, d)]", [tail, df]
        )
        assert above == pytest.approx(2 * gammainccinv(df / 2, tail), rel=1e-11)
        assert below == pytest.approx(2 * gammaincinv(df / 2, tail), rel=1e-11)
    for df, x in itertools.product(freedom, (0.01, 0.1, 1.0, 2.4, 12.0, 300.0)):
        p, tail = engine.evaluate("([x, d]) => [mscEngine.twoSided(x, d), mscEngine.chiSquareTail(x * x, d)]", [x, df])
        assert p == pytest.approx(2 * stdtr(df, -x), rel=1e-11, abs=1e-300), (df, x)
        assert tail == pytest.approx(chdtrc(df, x * x), rel=1e-11, abs=1e-300), (df, x)
