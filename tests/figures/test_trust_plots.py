"""The plots of how far an answer can be trusted: the numbers of the analyses, laid out without collisions."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

import msc_meta as mm
from msc_meta.figures.bayes_plot import _mean_plot
from msc_meta.figures.drawing import Drawing, Polygon
from msc_meta.figures.extended_funnel_plot import draw_extended_funnel
from msc_meta.figures.files import file_bytes
from msc_meta.figures.multiverse_plot import columns_of
from msc_meta.figures.outcome_tables import figure_info
from msc_meta.figures.plots import plot_drawing
from msc_meta.figures.render_svg import svg_text
from msc_meta.figures.style import load_style
from msc_meta.figures.trust_plots import OURS
from msc_meta.robustness.next_trial import extended_funnel
from msc_meta.trust.beliefs import beliefs_of
from tests.conftest import PROJECT
from tests.figures import examples
from tests.figures.geometry import assert_texts_keep_apart
from tests.figures.test_plots import corners

SYNTHESIS = mm.synthesize(mm.load_studies(PROJECT / "studies"), sensitivity=False)
LIGHT = {"power": {"simulations": 200, "sizes": (50, 200, 800)}}


def invented(k: int, measure: str = "RR"):
    """Return an outcome of k invented studies."""
    rows, result, _ = examples.many(k, measure=measure)
    return replace(SYNTHESIS["mortality" if measure == "RR" else "discharge_time"], rows=rows, result=result)


OUTCOMES = {
    "mortality": SYNTHESIS["mortality"],
    "discharge": SYNTHESIS["discharge_time"],
    "oxygenation": SYNTHESIS["oxygenation"],
    "none": replace(SYNTHESIS["oxygenation"], rows=(), result=mm.pool([], [])),
    "3": invented(3),
    "15-MD": invented(15, "MD"),
}
MANY = invented(22)
CASES = {
    **{f"{kind} {name}": (kind, outcome, LIGHT.get(kind, {})) for kind in OURS for name, outcome in OUTCOMES.items()},
    "gosh 22": ("gosh", MANY, {"method": "DL", "subsets": 20_000}),
    "bayes 22": ("bayes", MANY, {"mu_prior": (0.0, 1.0), "minimal_important_difference": 0.8}),
    "sequential 22": ("sequential", MANY, {"futility": "binding", "spending": "pocock"}),
    **{f"{kind} plain": (kind, OUTCOMES["15-MD"], {**LIGHT.get(kind, {}), "style": "plain"}) for kind in OURS},
}
DRAWINGS: dict[str, Drawing] = {
    name: plot_drawing(outcome, kind, **choices) for name, (kind, outcome, choices) in CASES.items()
}


@pytest.mark.parametrize("drawing", DRAWINGS.values(), ids=DRAWINGS)
def test_nothing_overlaps_and_nothing_is_cut(drawing):
    assert_texts_keep_apart(drawing)
    for item in drawing.items:
        assert all(-0.01 <= x <= drawing.width and -0.01 <= y <= drawing.height for x, y in corners(item)), item.gid


@pytest.mark.parametrize("drawing", DRAWINGS.values(), ids=DRAWINGS)
def test_every_plot_is_said_in_words_and_numbers(drawing):
    assert drawing.title
    assert drawing.description.endswith(".")
    assert drawing.caption.endswith(".")
    assert all(item.gid.count("/") == 2 for item in drawing.items), "gid is what/which/part"
    header, *rows = drawing.data or ((),)
    assert all(len(row) == len(header) for row in rows)


@pytest.mark.parametrize("kind", ["gosh", "bayes", "sequential", "power"])
def test_the_same_plot_gives_the_same_bytes(kind):
    again = plot_drawing(OUTCOMES["mortality"], kind, **LIGHT.get(kind, {}))
    assert file_bytes(again, "svg") == file_bytes(DRAWINGS[f"{kind} mortality"], "svg")


@pytest.mark.parametrize(("name", "sentence"), [
    ("gosh oxygenation", "needs 3 studies or more, and one is pooled"),
    ("gosh discharge", "needs 3 studies or more, and 2 are pooled"),
    ("bayes none", "No study can be pooled"),
    ("sequential none", "No study can be pooled"),
    ("power none", "No study can be pooled"),
    ("extended-funnel none", "No study can be pooled"),
])  # fmt: skip
def test_too_few_studies_are_a_sentence(name, sentence):
    assert any(sentence in text.text for text in DRAWINGS[name].texts)


def test_shades_of_a_column_are_shares_of_its_specifications():
    curve = mm.multiverse(SYNTHESIS.studies, SYNTHESIS.protocol, "mortality", leave_one_out=False)
    columns = columns_of(curve)
    assert (np.diff(columns.estimate) >= 0).all()
    for shares in columns.shares.values():
        assert shares.sum(axis=0) == pytest.approx(1.0)
    at = curve.dimensions.index("measure")
    sizes = [part.size for part in np.array_split(curve.order, columns.estimate.size)]
    assert columns.shares["measure"][0] @ sizes == pytest.approx((curve.chosen[curve.order, at] == 0).sum())


def test_the_area_of_an_extended_funnel_is_where_the_pool_changes():
    rows, result, info = examples.many(3)
    drawing = draw_extended_funnel(rows, result, info)
    areas = [item for item in drawing.items if isinstance(item, Polygon) and item.gid.startswith("settled/")]
    pooled = [row for row in rows if row.included]
    yi, vi = [row.yi for row in pooled], [row.vi for row in pooled]
    deepest, half = 1.08 * max(vi) ** 0.5, (max(abs(y - result.estimate) for y in yi) * 1.2)
    sides = extended_funnel(yi, vi, np.linspace(-half, half, 40) + result.estimate, [deepest / 10, deepest / 2])
    assert bool(areas) == bool(sides.any())


def test_choices_reach_the_analysis_and_unknown_ones_are_named():
    drawn = plot_drawing(OUTCOMES["mortality"], "sequential", effect=0.7)
    assert any("RR 0.7, as given" in text.text for text in drawn.texts)
    with pytest.raises(mm.UsageError, match="gosh does not take effect; it takes method, subsets, seed"):
        plot_drawing(OUTCOMES["mortality"], "gosh", effect=0.7)


def test_long_tails_of_a_belief_do_not_hide_its_middle():
    answer = beliefs_of(OUTCOMES["oxygenation"])
    plot = _mean_plot(answer, figure_info(OUTCOMES["oxygenation"]), load_style(None))
    shown = plot.x.high - plot.x.low
    assert shown < 3 * answer.found.mu.central.width  # a log-t prior reaches thousands of mmHg


@pytest.mark.parametrize("drawing", DRAWINGS.values(), ids=DRAWINGS)
def test_no_two_parts_of_a_plot_share_an_id(drawing):
    ids = re.findall(r' id="([^"]+)"', svg_text(drawing))
    assert len(ids) == len(set(ids))
