"""The gallery of the documentation: what its page shows is run, and draws every picture that the page has."""

from __future__ import annotations

import re
import sys
from math import exp

import pandas as pd
import pytest

import msc_meta as mm
from msc_meta.figures.plots import PLOTS
from msc_meta.figures.style import style_names
from tests.conftest import PROJECT

PAGE = (PROJECT / "docs" / "gallery" / "index.md").read_text(encoding="utf-8")
PICTURE = re.compile(r"!\[[^]]+\]\(generated/([\w-]+\.svg)\)")
COMMANDS = {"power": "next-trial"}  # where it is not the name of the plot


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Return the folder that the gallery's script has filled, as it does when the documentation is built."""
    folder = tmp_path_factory.mktemp("gallery")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(PROJECT / "docs")
        import gallery_pictures

        gallery_pictures.draw(folder)
    sys.modules.pop("gallery_pictures")
    return folder


def test_the_page_draws_what_it_shows_and_nothing_else(pictures):
    shown = PICTURE.findall(PAGE)
    assert len(shown) == len(set(shown))
    assert sorted(shown) == sorted(path.name for path in pictures.iterdir())


def test_no_picture_is_empty_or_twice_the_same(pictures):
    texts = [path.read_text(encoding="utf-8") for path in sorted(pictures.iterdir())]
    assert all("<svg" in text and len(text) > 5_000 for text in texts)
    assert len(set(texts)) == len(texts)


def test_the_aspirin_trials_pool_to_what_revman_prints():
    trials = pd.read_csv(PROJECT / "examples" / "data" / "aspirin.csv")
    result = mm.mantel_haenszel("OR", **trials[["event_e", "n_e", "event_c", "n_c"]])
    # RevMan's export of Fleiss (1993): 0.90 [0.84 , 0.96], Chi2 = 9.95, and 72.9% of the weight on ISIS-2
    assert [round(exp(value), 2) for value in (result.estimate, result.ci.low, result.ci.high)] == [0.90, 0.84, 0.96]
    assert (round(result.q, 2), round(result.weights[-1], 1)) == (9.95, 72.9)
    assert f"{exp(result.estimate):.2f} [{exp(result.ci.low):.2f}, {exp(result.ci.high):.2f}]" in PAGE


@pytest.mark.parametrize("kind", sorted(set(PLOTS) - {"forest"}))
def test_every_plot_has_its_place(kind):
    calls = (f"msc-meta plot {kind} ", f"msc-meta {kind} ", f"msc-meta {COMMANDS.get(kind)} ",
             f"mm.{kind}(", f"mm.{kind}_plot(")  # fmt: skip
    assert any(call in PAGE for call in calls)


@pytest.mark.parametrize("style", style_names())
def test_every_style_has_its_place(style):
    assert f"\n### {style}\n" in PAGE
    assert style == "cochrane" or f'style="{style}"' in PAGE or f"--style {style} " in PAGE
