"""What forest, funnel and pool can be asked for, and what they say of a wish that makes no plot."""

from __future__ import annotations

import pytest


@pytest.fixture
def studies(project):
    return project / "studies"


def drawn(msc, studies, tmp_path, *options, outcome="mortality"):
    done = msc("forest", outcome, studies, "-o", tmp_path / "plot.svg", *options)
    assert done.code == 0, done.err
    return (tmp_path / "plot.svg").read_text(encoding="utf-8")


def test_columns_subgroups_and_title_are_in_the_figure(msc, studies, tmp_path):
    svg = drawn(msc, studies, tmp_path, "--columns", "year,dose", "--subgroup", "source", "--title", "Deaths & more")
    for text in ("Year", "2×10⁶ cells/kg", "Umbilical cord", "One study: no subtotal.", "Deaths &amp; more"):
        assert text in svg


def test_a_minus_is_a_value_and_no_option(msc, studies, tmp_path):
    assert ">Weight<" in drawn(msc, studies, tmp_path)
    assert ">Weight<" not in drawn(msc, studies, tmp_path, "--columns", "-weight")
    svg = drawn(msc, studies, tmp_path, "--sort", "-weight", "--no-left-out")
    assert svg.index("Bowdish 2023") < svg.index("Bellingan 2022")
    assert "studies that are not pooled" in svg


def test_several_outcomes_have_one_file(msc, studies, tmp_path):
    done = msc("forest", "mortality,discharge_time", studies, "-o", tmp_path)
    assert done.out.strip().endswith("forest_mortality-discharge_time.svg")
    svg = (tmp_path / "forest_mortality-discharge_time.svg").read_text(encoding="utf-8")
    assert "All-cause mortality" in svg
    assert "Length of hospital stay" in svg


@pytest.mark.parametrize("command", [("forest",), ("funnel",), ("plot", "labbe")])
def test_caption_and_numbers_are_written_beside_where_asked(msc, studies, tmp_path, command):
    plain = msc(*command, "mortality", studies, "-o", tmp_path / "plot.svg")
    assert (plain.code, plain.out) == (0, f"{tmp_path / 'plot.svg'}\n")
    done = msc(*command, "mortality", studies, "-o", tmp_path / "plot.svg", "--with-text")
    assert done.out.split() == [str(tmp_path / f"plot.{kind}") for kind in ("svg", "txt", "csv")]
    assert "All-cause mortality" in (tmp_path / "plot.txt").read_text(encoding="utf-8")
    numbers = (tmp_path / "plot.csv").read_bytes()
    assert b"Bowdish 2023" in numbers
    assert msc(*command, "mortality", studies, "-o", tmp_path / "alone.csv").code == 0
    assert (tmp_path / "alone.csv").read_bytes() == numbers


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--columns", "severty"), "did you mean severity"),
        (("--mid", "2"), "two numbers with a comma"),
        (("--mid", "1.2,1.4"), "no difference (1)"),
        (("--width", "3"), "width is '3'"),
        (("--style", "jamma"), "did you mean 'jama'"),
        (("--subgroup", "source", "--leave-one-out"), "choose one"),
    ],
)
def test_a_wish_that_makes_no_plot_is_explained(msc, studies, tmp_path, options, says):
    done = msc("forest", "mortality", studies, "-o", tmp_path / "plot.svg", *options)
    assert done.code == 2
    assert says in done.err
    assert not (tmp_path / "plot.svg").exists()


def test_columns_are_listed_without_an_outcome(msc):
    listed = msc("forest", "--list-columns").out
    assert "population.severity" in listed
    assert "rob.overall" in listed


def test_a_funnel_tells_groups_apart_by_any_field(msc, studies, tmp_path):
    done = msc("funnel", "mortality", studies, "-o", tmp_path / "funnel.svg", "--by", "masking")
    assert done.code == 0, done.err
    assert "double-blind" in (tmp_path / "funnel.svg").read_text(encoding="utf-8")


def test_pool_shows_the_plot_and_other_formats_stay(msc, studies):
    text = msc("pool", "mortality", studies, "--no-sensitivity").out
    assert "Favours MSC" in text
    assert "0.88 [0.64, 1.21]" in text
    assert "Favours" not in msc("pool", "mortality", studies, "--format", "csv").out
    assert msc("pool", "mortality", studies, "--format", "json").out.startswith("{")
