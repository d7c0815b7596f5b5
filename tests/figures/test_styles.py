"""Styles: what each prints, files of one's own, and what is said about wrong ones."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from threading import Thread

import pytest

import msc_meta as mm
from msc_meta.figures.forest import draw_forest
from msc_meta.figures.forest_table import FigureInfo
from msc_meta.figures.pooled_text import summary_lines
from msc_meta.figures.style import Style, current_style, load_style, style, style_names
from msc_meta.figures.text import bare_p, interval, p_value
from tests.figures import examples

EFFECTS = {
    "cochrane": "0.88 [0.64, 1.21]",
    "revman5": "0.88 [0.64 , 1.21]",
    "jama": "0.88 (0.64-1.21)",
    "bmj": "0.88 (0.64 to 1.21)",
    "lancet": "0.88 [0.64, 1.21]",
    "plain": "0.88 [0.64, 1.21]",
}
LABELS = {"revman5": "Study or Subgroup", "jama": "Source"}


def said(name: str) -> set[str]:
    return {text.text for text in draw_forest(*examples.mortality(), style=name).texts}


@pytest.mark.parametrize("name", style_names())
def test_effects_and_header_are_in_the_styles_words(name):
    texts = said(name)
    assert EFFECTS[name] in texts
    assert LABELS.get(name, "Study") in texts


def test_revman_counts_events_in_a_row_and_has_no_method_line():
    texts = draw_forest(*examples.mortality(), style="revman5").texts
    events = {text.gid.rsplit("/", 1)[1]: text.text for text in texts if text.gid.startswith("text/total-events/")}
    assert events == {"label": "Total events:", "events_e": "87", "events_c": "113"}
    assert not any(text.gid == "pooled/pooled/events_e" for text in texts)
    assert [text.text for text in texts if text.gid == "axis/axis/label"] == ["0.01", "0.1", "1", "10", "100"]
    assert not any("Random effects" in text.text for text in texts)
    assert {text.size for text in texts if not text.gid.endswith("/mark") and len(text.text) > 1} == {8}


def test_jama_has_the_directions_above_and_the_measure_below():
    texts = draw_forest(*examples.mortality(), style="jama").texts
    axis = next(text.y for text in texts if text.gid == "axis/axis/label")
    favours = [text for text in texts if text.gid.startswith("favours/")]
    first = min(text.y for text in texts if text.gid.startswith("study/"))
    assert favours
    assert all(text.y < first and text.bold for text in favours)
    measure = [text for text in texts if text.gid == "axis/axis/measure"]
    assert [text.text for text in measure] == ["Risk ratio", "IV, random, 95% CI"]
    assert all(text.y > axis for text in measure)


def test_statistics_of_heterogeneity_are_in_the_styles_order():
    _, result, _ = examples.mortality()
    lines = {name: summary_lines(result, load_style(name)) for name in style_names()}
    assert lines["jama"][0].startswith("Heterogeneity: I² = 0%; Chi² = 9.57, df = 11 (P = .57)")
    assert "Tau" not in lines["jama"][0]
    assert lines["bmj"][0] == "Test for heterogeneity: Tau² = 0.00; Chi² = 9.57, df = 11 (P = 0.57); I² = 0%"
    assert lines["revman5"][2:] == ("Test for subgroup differences: Not applicable",)
    wald = replace(result, df=None)
    assert summary_lines(wald, load_style("revman5"))[1].startswith("Test for overall effect: Z = ")
    assert summary_lines(wald, load_style("cochrane"))[1].startswith("Test for overall effect: z = ")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("cochrane", ("P = 0.31", "P = 0.048", "P = 0.01", "P = 0.004", "P < 0.001")),
        ("jama", ("P = .31", "P = .05", "P = .01", "P = .004", "P < .001")),
        ("bmj", ("P = 0.31", "P = 0.05", "P = 0.01", "P < 0.01", "P < 0.01")),
    ],
)
def test_p_values_follow_the_style(name, shown):
    look = load_style(name)
    values = (0.31, 0.0481, 0.0123, 0.0041, 0.00002)
    assert tuple(p_value(p, look) for p in values) == shown
    assert [bare_p(p, look) for p in values] == [text.removeprefix("P ").removeprefix("= ") for text in shown]


def test_the_style_says_where_the_test_for_subgroups_stands():
    _, result, _ = examples.mortality()
    found = "Test for subgroup differences: Chi² = 0.94, df = 2 (P = 0.62)"
    assert [line.split(":")[0] for line in summary_lines(result, load_style("cochrane"), subgroups=found)] == [
        "Heterogeneity", "Test for overall effect", "Test for subgroup differences", "Random effects",
    ]  # fmt: skip
    assert summary_lines(result, load_style("revman5"), subgroups=found)[2] == found
    assert found not in summary_lines(result, replace(load_style(), summary=("test",)), subgroups=found)


def test_revman_names_the_model_above_the_effects_and_the_graph():
    drawing = draw_forest(*examples.mortality(), style="revman5")
    headers = [text.text for text in drawing.texts if text.gid.startswith("header/")]
    assert headers.count("IV, Random, 95% CI") == 2


def test_an_option_brings_the_prediction_interval_back_into_a_style_without_it():
    assert "95% prediction interval" not in said("revman5")
    texts = {text.text for text in draw_forest(*examples.mortality(), style="revman5", prediction="line").texts}
    assert "95% prediction interval" in texts


def test_differences_have_one_word_between_the_bounds_of_all_intervals():
    rows = [examples.mean_difference(f"Doe {year}", year, (20.0, low, 2.0), (20.0, 5.0, 2.0))
            for year, low in ((2020, 9.0), (2021, 4.0), (2022, 6.0))]  # fmt: skip
    rows, result = examples.weighted(rows, "MD")
    texts = draw_forest(rows, result, FigureInfo(), style="jama", prediction="line").texts
    effects = [text.text for text in texts if text.gid.endswith("/effect") and "(" in text.text]
    assert len(effects) == 5
    assert all(" to " in effect for effect in effects)
    assert any("−" not in effect for effect in effects)


def test_a_hyphen_never_stands_beside_a_minus():
    assert interval("−5.0", "1.2", load_style("jama")) == "(−5.0 to 1.2)"


# Files


def written(folder, **fields: object) -> str:
    path = folder / "mine.json"
    path.write_text(json.dumps(fields), encoding="utf-8")
    return str(path)


def test_a_file_needs_only_what_differs(tmp_path):
    order = ["study", "extra", "arms", "graph", "weight", "effect", "judgements"]
    path = written(tmp_path, extends="bmj", size=9, texts={"study": "Trial"}, columns=order)
    look = load_style(path)
    assert (look.name, look.size, look.ci_between, look.texts["weight"]) == ("mine", 9, " to ", "Weight")
    drawing = draw_forest(*examples.mortality(), style=path)
    places = {text.text: text.x for text in drawing.texts if text.gid == "header/header/column"}
    axis = next(item for item in drawing.items if item.gid == "axis/axis/line")
    assert "Trial" in places
    assert places["Weight"] > axis.x2


def test_all_problems_of_a_file_are_said_at_once(tmp_path):
    path = written(tmp_path, extends="bjm", sise=7, ink="black", decimals=1.5, leading_zero=1, columns="study",
                   prediction="dots", texts={"studdy": "Trial"}, margin=-2, contours=["#ffffff"],
                   palette=["#12345"])  # fmt: skip
    with pytest.raises(mm.MscMetaError) as caught:
        load_style(path)
    message = str(caught.value)
    assert message.splitlines()[0] == f"{path}: 11 problems"
    for line in (
        "extends is 'bjm'; the styles of the package are bmj, cochrane, jama, lancet, plain, revman5",
        "sise is not a field of a style; did you mean 'size'?",
        "ink is 'black', and must be a colour like #4f86c6",
        "decimals is 1.5, and must be a whole number, 0 or more",
        "leading_zero is 1, and must be true or false",
        'columns is "study", and must be a list of texts',
        'prediction is "dots", and must be one of line, bar, none',
        "texts.studdy is not known; did you mean 'study'?",
        "margin is -2, and must be a number, 0 or more",
        'contours is ["#ffffff"], and must be a list of 3 texts',
        "palette is '#12345', and must be a colour like #4f86c6",
    ):
        assert f"  {line}" in message


@pytest.mark.parametrize(("text", "said"), [
    ("{", "mine.json:1:2: the style is no JSON"),
    ("[1]", "is no JSON object"),
    (None, "can not be read: No such file"),
])  # fmt: skip
def test_a_file_that_is_none_is_refused(tmp_path, text, said):
    path = tmp_path / "mine.json"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=said):
        load_style(path)


def test_an_unknown_style_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match=r"style is 'jamma'; there are: bmj, cochrane.*did you mean 'jama'"):
        mm.load_style("jamma")


# Context


def test_a_style_holds_in_its_block_and_thread_only():
    seen = []
    with mm.style("jama"):
        thread = Thread(target=lambda: seen.append(current_style().name))
        thread.start()
        thread.join()
        texts = {text.text for text in draw_forest(*examples.mortality()).texts}
        named = {text.text for text in draw_forest(*examples.mortality(), style="bmj").texts}
        with style("plain"):
            assert current_style().name == "plain"
        assert current_style().name == "jama"
    assert "Source" in texts
    assert EFFECTS["bmj"] in named
    assert seen == ["cochrane"]
    assert current_style().name == "cochrane"
    with pytest.raises(ZeroDivisionError), mm.style("bmj"):
        1 / 0  # noqa: B018
    assert current_style().name == "cochrane"


def test_the_page_on_styles_names_every_field_and_style(project):
    page = (project / "docs" / "reference" / "styles.md").read_text(encoding="utf-8")
    missing = [name for name in (*(field.name for field in fields(Style)), *style_names()) if f"`{name}`" not in page]
    assert missing == []
