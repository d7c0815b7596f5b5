"""Plots of risk of bias: every pooled trial is there, shares add up, and nothing is coloured that nobody judged."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib.resources import files

import pytest

from msc_meta.errors import ArgumentError, UsageError
from msc_meta.figures.drawing import Circle, Polygon, Text
from msc_meta.figures.plots import plot_drawing
from msc_meta.figures.risk_of_bias_trials import assessed_trials
from msc_meta.figures.style import load_style
from tests.certainty.reviews import outcome_of


def test_every_pooled_trial_has_a_row(mortality):
    drawing = plot_drawing(mortality, "risk-of-bias", tool="Cochrane RoB 1")
    labels = [item.text for item in drawing.items if isinstance(item, Text) and item.gid.endswith("/label")]
    assert labels == [row.label for row in mortality.pooled]
    lights = {item.gid for item in drawing.items if isinstance(item, Circle) and item.gid.startswith("trial/")}
    judged = {
        f"trial/{row.study}/{domain}-light"
        for row in mortality.pooled
        for entry in mortality.studies[row.study].risk_of_bias
        if entry.tool == "Cochrane RoB 1"
        for domain in entry.domains
    }
    assert lights == judged
    assert len(drawing.data) == 1 + len(labels)


def test_shares_are_of_the_weight_and_add_up(mortality):
    found = assessed_trials(mortality, "Cochrane RoB 1")
    weights = {row.study: row.weight for row in mortality.pooled}
    for domain in found.domains:
        shares = found.shares(domain)
        assert sum(shares.values()) == pytest.approx(1)
        low = [trial.key for trial in found.trials if trial.judgements.get(domain) == "low"]
        assert 100 * shares.get("low", 0) == pytest.approx(sum(weights[study] for study in low))


@pytest.mark.parametrize("style", ["cochrane", "jama", "plain"])
def test_bars_fill_the_whole_length_and_stay_on_the_page(mortality, style):
    drawing = plot_drawing(mortality, "risk-of-bias-bars", tool="Cochrane RoB 1", style=style)
    bars: dict[str, float] = {}
    for item in drawing.items:
        if isinstance(item, Polygon) and item.gid.startswith("domain/"):
            xs = [x for x, _ in item.points]
            bars[item.gid.split("/")[1]] = bars.get(item.gid.split("/")[1], 0) + max(xs) - min(xs)
            assert max(xs) <= drawing.width
    assert len(bars) == 7
    assert list(bars.values()) == pytest.approx([240] * 7)


def test_overall_judgements_alone_make_a_whole_caption(mortality):
    entries = {
        name: study.model_copy(
            update={"risk_of_bias": tuple(one.model_copy(update={"domains": {}}) for one in study.risk_of_bias)}
        )
        for name, study in mortality.studies.items()
    }
    drawing = plot_drawing(replace(mortality, studies=entries), "risk-of-bias", tool="RoB 2")
    assert drawing.caption.endswith("a dash: not assessed.")


def test_what_is_not_there_is_said(mortality):
    with pytest.raises(UsageError, match="no record has a judgement by 'ROBINS-I'"):
        plot_drawing(mortality, "risk-of-bias", tool="ROBINS-I")
    with pytest.raises(ArgumentError, match="no record has a judgement of risk of bias"):
        plot_drawing(outcome_of(((1, 10, 2, 10),)), "risk-of-bias-bars")


def test_the_report_and_the_figures_use_one_symbol_for_one_judgement():
    css = files("msc_meta.report").joinpath("templates/report.css").read_text(encoding="utf-8")
    found = {"unclear": "?", "no-information": "?"}
    for selectors, symbol in re.findall(r"^(\.light\.[^{]+) \{ content: \"(.)\"; \}", css, flags=re.MULTILINE):
        found |= dict.fromkeys(re.findall(r"\.light\.([a-z-]+)::before", selectors), symbol)
    assert found == dict(load_style("cochrane").judgement_symbols)
