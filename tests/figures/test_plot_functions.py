"""Plots in Python: an Axes in and the same out, a new Figure without, and any plot of an outcome by its name."""

from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib.figure import Figure

import msc_meta as mm
from msc_meta.effects.rows import to_frame
from msc_meta.errors import ArgumentError, UsageError
from msc_meta.figures.plots import PLOTS
from tests.figures import examples
from tests.figures.bcg import bcg, latitudes

ROWS, RESULT, INFO = bcg()
TABLE = to_frame(ROWS).assign(latitude=list(latitudes().values()), allocation=["random", "other"] * 6 + [None])
FUNCTIONS = {
    "baujat": mm.baujat_plot,
    "radial": mm.radial_plot,
    "labbe": mm.labbe_plot,
    "drapery": mm.drapery_plot,
    "influence": mm.influence_plot,
    "timeline": mm.timeline_plot,
}


@pytest.fixture(scope="module")
def mortality():
    return mm.synthesize(mm.load_studies(Path(__file__).parents[2] / "studies"), sensitivity=False)["mortality"]


@pytest.mark.parametrize("draw", FUNCTIONS.values(), ids=FUNCTIONS)
def test_an_axes_is_drawn_into_and_returned(draw):
    ax = Figure(figsize=(6, 5)).subplots()
    assert draw(TABLE, RESULT, ax=ax, style="bmj", info=INFO) is ax
    assert ax.texts
    figure = draw(ROWS, RESULT)
    assert isinstance(figure, Figure)
    assert {artist.get_gid() for artist in figure.axes[0].get_children() if artist.get_gid()}


def test_columns_of_the_table_group_a_funnel_and_move_a_bubble_plot():
    (ax,) = mm.funnel(TABLE, RESULT, by="allocation").axes
    legend = [text.get_text() for text in ax.texts if text.get_gid() == "legend/legend/label"]
    assert legend == ["Allocation:", "other (6)", "random (6)", "not stated (1)"]
    (ax,) = mm.bubble_plot(TABLE, RESULT, moderator="latitude").axes
    assert "13 studies" in " ".join(text.get_text() for text in ax.texts)


def test_columns_that_do_not_fit_are_refused_by_name():
    with pytest.raises(ArgumentError, match="by is 'dose'; the table's columns are: study, label"):
        mm.funnel(TABLE, RESULT, by="dose")
    with pytest.raises(ArgumentError, match="rows have no columns"):
        mm.funnel(ROWS, RESULT, by="source")
    with pytest.raises(ArgumentError, match="allocation of trial-1 is 'random'; a number is needed"):
        mm.bubble_plot(TABLE, RESULT, moderator="allocation")


def test_a_result_of_counts_is_not_pooled_again_without_single_studies():
    rows = [row for row in examples.mortality()[0] if row.included]
    counts = {"event_e": [row.e.events for row in rows], "n_e": [row.e.n for row in rows],
              "event_c": [row.c.events for row in rows], "n_c": [row.c.n for row in rows]}  # fmt: skip
    result = mm.mantel_haenszel("RR", **counts)
    for draw in (mm.baujat_plot, mm.influence_plot, mm.timeline_plot):
        with pytest.raises(ArgumentError, match="which method MH can not do"):
            draw(rows, result)
    with pytest.raises(ArgumentError, match="which method MH can not pool"):
        mm.funnel(rows, result, trim_and_fill=True)


@pytest.mark.parametrize("kind", [kind for kind in PLOTS if kind not in ("bubble", "evidence-map")])
def test_an_outcome_draws_any_plot_and_writes_it(mortality, tmp_path, kind):
    path = tmp_path / "plot.svg"
    figure = mortality.plot(kind, path, style="jama")
    assert isinstance(figure, Figure)
    assert "All-cause mortality" in path.read_text(encoding="utf-8")


def test_moderators_are_traits_or_fields_in_numbers(mortality):
    texts = [text.get_text() for text in mortality.plot("bubble", moderator="cells_per_kg").axes[0].texts]
    assert "Cells per kg, 10⁶" in texts
    with pytest.raises(ArgumentError, match="source is no number in any record"):
        mortality.plot("bubble", moderator="source")


def test_wrong_names_are_refused_with_the_right_ones(mortality):
    with pytest.raises(UsageError, match="Did you mean 'timeline'"):
        mortality.plot("timelines")
    with pytest.raises(UsageError, match="is of all outcomes"):
        mortality.plot("evidence-map")
    with pytest.raises(UsageError, match="funnel does not take colour; it takes contours, limits"):
        mortality.funnel(colour="red")
