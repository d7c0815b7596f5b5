"""msc-meta plot: every plot of the list is drawn, and wrong uses say what to do."""

from __future__ import annotations

import pytest

from msc_meta.figures.plots import PLOTS

DRAWN = [kind for kind in PLOTS if kind not in ("bubble", "evidence-map", "power")]


def test_the_list_names_every_plot_and_its_options(msc):
    printed = msc("plot", "--list")
    assert printed.code == 0
    assert [line.split()[0] for line in printed.out.splitlines() if not line.startswith(" ")] == list(PLOTS)
    assert "--contours, --limits, --trim-and-fill, --y, --by" in printed.out


@pytest.mark.parametrize("kind", DRAWN)
def test_every_plot_is_drawn_with_its_words(msc, project, tmp_path, kind):
    printed = msc("-q", "plot", kind, "mortality", project / "studies", "-o", tmp_path / "plot.svg")
    assert (printed.code, printed.err) == (0, "")
    svg = (tmp_path / "plot.svg").read_text(encoding="utf-8")
    assert "All-cause mortality" in svg
    assert "<desc" in svg


def test_the_map_is_of_all_outcomes(msc, project, tmp_path):
    printed = msc("-q", "plot", "evidence-map", "all", project / "studies", "-o", tmp_path, "--format", "svg")
    assert (printed.code, printed.out) == (0, f"{tmp_path / 'evidence_map.svg'}\n")
    assert "46 studies by 3 outcomes" in (tmp_path / "evidence_map.svg").read_text(encoding="utf-8")


def test_fields_of_the_records_group_a_funnel_and_move_a_bubble_plot(msc, project, tmp_path):
    funnel, bubble = tmp_path / "funnel.svg", tmp_path / "bubble.svg"
    options = ("--by", "source", "--contours", "--trim-and-fill", "--limits", "0.99", "--style", "bmj")
    assert msc("-q", "funnel", "mortality", project / "studies", "-o", funnel, *options).code == 0
    assert "bone marrow (" in funnel.read_text(encoding="utf-8")
    assert msc("-q", "plot", "bubble", "mortality", project / "studies", "-o", bubble, "--moderator", "year").code == 0
    assert "12 studies" in bubble.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (("bauja", "mortality"), "There is no plot 'bauja'. Did you mean 'baujat'?"),
        (("radial", "mortality", "--contours"), "radial does not take contours; it takes none but style"),
        (("bubble", "mortality"), "a bubble plot needs a moderator, of these say: cells_per_kg, infusions, year"),
        (("funnel", "mortality", "--by", "label"), "Label has 12 values"),
        (("funnel", "mortality", "--by", "sorce"), "source"),
        (("labbe", "oxygenation"), "L'Abbe's plot is of risks; the measure is MD"),
        (("evidence-map", "mortality"), "is of all outcomes"),
        (("funnel", "mortality", "--limits", "99"), "limits has 99; a level lies between 0 and 1"),
    ],
)
def test_wrong_uses_say_what_to_do(msc, project, tmp_path, args, sentence):
    kind, outcome, *options = args
    printed = msc("-q", "plot", kind, outcome, project / "studies", "-o", tmp_path / "plot.svg", *options)
    assert printed.code != 0
    assert sentence in printed.err
    assert not (tmp_path / "plot.svg").exists()
