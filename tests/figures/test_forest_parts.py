"""Every style, every part, every width: nothing overlaps, nothing is cut, and signs stand where the numbers say."""

from __future__ import annotations

import warnings
from dataclasses import replace
from itertools import combinations
from math import sqrt

import pytest

from msc_meta.figures.drawing import Circle, Drawing, Line, Path, Polygon
from msc_meta.figures.forest_data import forest_data
from msc_meta.figures.forest_figure import figure_of_table, figure_size_for
from msc_meta.figures.forest_rows import forest_rows
from msc_meta.figures.forest_table import GRAPH, Effect, ForestTable, Plotted
from msc_meta.figures.forest_width import width_in_points
from msc_meta.figures.style import Style, load_style, style_names
from tests.figures import examples, forest_parts

STYLES = {name: load_style(name) for name in style_names()}
COUNTS = (1, 3, 15, 60)


def drawn(table: ForestTable, style: Style, **more: object) -> Drawing:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a plot wider than was asked for says so; tested on its own
        return figure_of_table(table, style, **more)


def cases(style: str) -> dict[str, Drawing]:
    look = STYLES[style]
    plain = {
        "mortality": forest_rows(*examples.mortality(), look),
        "discharge": forest_rows(*examples.discharge(), look),
        "scripts": forest_rows(*examples.scripts(), look),
        **{f"{k}": forest_rows(*examples.many(k), look) for k in COUNTS},
        "15-MD": forest_rows(*examples.many(15, measure="MD"), look),
    }
    tables = plain | forest_parts.tables(style)
    whole = {name: drawn(table, look) for name, table in tables.items()}
    narrow = {f"{name}-column": drawn(table, look, width="column") for name, table in tables.items() if name != "60"}
    paged = {f"{name}-page-{i}": page for name, figure in whole.items() for i, page in enumerate(figure.pages, start=1)}
    return whole | narrow | paged


@pytest.fixture(scope="module", params=style_names())
def figures(request: pytest.FixtureRequest) -> dict[str, Drawing]:
    return cases(request.param)


def corners(item: object) -> list[tuple[float, float]]:
    if isinstance(item, Line):
        return [(item.x1, item.y1), (item.x2, item.y2)]
    if isinstance(item, Circle):
        return [(item.x - item.radius, item.y - item.radius), (item.x + item.radius, item.y + item.radius)]
    return list(item.points) if isinstance(item, Polygon | Path) else []


def test_no_text_is_cut_and_no_two_overlap(figures):
    for name, drawing in figures.items():
        boxes = sorted(((text.box(drawing.font_family), text.text) for text in drawing.texts), key=lambda b: b[0].top)
        assert boxes
        for box, text in boxes:
            assert min(box.left, box.top) >= 0, (name, text)
            assert box.right <= drawing.width, (name, text)
            assert box.bottom <= drawing.height, (name, text)
        for at, (box, text) in enumerate(boxes):
            for other, other_text in boxes[at + 1 :]:
                if other.top >= box.bottom:
                    break
                # Boxes reach from ascender to descender; a raised mark, a symbol in its light may share their corners.
                assert not box.overlaps(other, slack=1.4), (name, text, other_text)


def test_no_shape_is_cut(figures):
    for name, drawing in figures.items():
        for item in drawing.items:
            assert all(0 <= x <= drawing.width and 0 <= y <= drawing.height for x, y in corners(item)), (name, item.gid)


def test_intervals_keep_to_their_axis_and_clear_of_columns(figures):
    for name, drawing in figures.items():
        axes = [
            (item.x1, item.x2) for item in drawing.items if item.gid.startswith("axis/") and item.gid.endswith("/line")
        ]
        for item in drawing.items:
            if item.gid.endswith(("/ci", "/diamond", "/bar", "/arrow")) and not item.gid.startswith("left-out"):
                xs = [x for x, _ in corners(item)]
                assert any(a - 0.01 <= min(xs) and max(xs) <= b + 0.01 for a, b in axes), (name, item.gid)
        cells = [text for text in drawing.texts if text.gid.split("/")[0] in {"study", "subtotal", "pooled"}]
        for text in cells:
            box = text.box(drawing.font_family)
            assert all(box.right <= a or box.left >= b for a, b in axes), (name, text.text)


def test_columns_are_aligned(figures):
    for name, drawing in figures.items():
        ends: dict[str, set[float]] = {}
        for text in drawing.texts:
            kind, *_, part = text.gid.split("/")
            if kind in {"study", "pooled", "subtotal"} and part not in {"label", "mark", "reason"}:
                ends.setdefault(part, set()).add(round(text.x, 6))
        assert ends
        assert all(len(places) == 1 for places in ends.values()), (name, ends)


def test_no_text_but_marks_and_symbols_is_smaller_than_the_style_allows(figures):
    for name, drawing in figures.items():
        small = {text.text for text in drawing.texts if text.size < 6 and not text.gid.endswith("/mark")}
        assert all(len(text) == 1 for text in small), (name, small)  # a footnote's letter, a symbol in its light


@pytest.mark.parametrize("name", style_names())
@pytest.mark.parametrize("k", COUNTS)
def test_squares_grow_with_weights_as_the_style_says(name, k):
    style = STYLES[name]
    rows, _, _ = case = examples.many(k, measure="MD")
    drawing = drawn(forest_rows(*case, style), style)
    sides = [item.points[1][0] - item.points[0][0] for item in drawing.items if item.gid.endswith("/square")]
    weights = [row.weight for row in rows]
    if style.square_sizing == "area":
        expected = [max(style.square_min_side, style.square_side * sqrt(w / max(weights))) for w in weights]
    else:
        expected = [style.square_base + style.square_per_percent * w for w in weights]
    assert sides == pytest.approx(expected)


def test_diamonds_end_where_their_interval_does():
    style = STYLES["cochrane"]
    table = forest_parts.subgroups(style)
    drawing = drawn(table, style)
    at = {text.text: text.x for text in drawing.texts if text.gid == "axis/axis/label"}
    per_log = (at["5"] - at["1"]) / 1.6094379
    shown = {
        row.key.replace("/", "-"): row.plotted[GRAPH].effect for row in table.rows if row.kind in {"subtotal", "pooled"}
    }
    diamonds = [item for item in drawing.items if item.gid.endswith("/diamond")]
    assert len(diamonds) == 4
    for diamond in diamonds:
        effect = shown[diamond.gid.split("/")[1]]
        xs = [x for x, _ in diamond.points]
        assert min(xs) == pytest.approx(at["1"] + per_log * effect.low, abs=0.01)
        assert max(xs) == pytest.approx(at["1"] + per_log * effect.high, abs=0.01)
    fills = [diamond.fill for diamond in diamonds]
    assert fills == [style.paper] * 3 + [style.diamond_fill]


def test_each_graph_has_its_own_axis_diamond_and_lines():
    drawing = drawn(forest_parts.side_by_side(STYLES["cochrane"]), STYLES["cochrane"])
    for key in ("mortality", "discharge", "oxygenation"):
        assert sum(item.gid == f"axis/{key}/line" for item in drawing.items) == 1
        assert sum(item.gid == f"null/{key}/line" for item in drawing.items) == 1
        assert sum(item.gid == f"pooled/pooled/{key}/diamond" for item in drawing.items) == 1
    assert len({item.y1 for item in drawing.items if item.gid.startswith("axis/") and item.gid.endswith("/line")}) == 1


def test_the_band_lies_behind_all_and_between_its_bounds():
    style = STYLES["cochrane"]
    drawing = drawn(forest_parts.right_of_the_graph(style), style)
    assert drawing.items[0].gid == "unimportant/graph/band"
    at = {text.text: text.x for text in drawing.texts if text.gid == "axis/axis/label"}
    per_log = (at["5"] - at["1"]) / 1.6094379
    xs = [x for x, _ in drawing.items[0].points]
    assert (min(xs), max(xs)) == pytest.approx((at["1"] - 0.2 * per_log, at["1"] + 0.2 * per_log), abs=0.01)


@pytest.mark.parametrize("look", ["line", "bar", "none"])
def test_the_prediction_interval_is_a_line_a_bar_or_nothing(look):
    style = replace(STYLES["cochrane"], prediction=look)
    drawing = drawn(forest_rows(*examples.mortality(), style), style)
    parts = {item.gid.rsplit("/", 1)[1] for item in drawing.items if item.gid.startswith("prediction/")}
    assert parts == {"line": {"label", "effect", "ci", "cap"}, "bar": {"label", "effect", "bar"}, "none": set()}[look]


def test_traffic_lights_have_a_symbol_and_a_key():
    style = STYLES["cochrane"]
    drawing = drawn(forest_parts.with_lights(forest_rows(*examples.many(12), style)), style)
    lights = [item for item in drawing.items if isinstance(item, Circle) and item.gid.startswith("study/")]
    assert len(lights) == 12 * len(forest_parts.DOMAINS)
    for light in lights:
        symbol = next(text for text in drawing.texts if text.gid == light.gid.removesuffix("-light"))
        box = symbol.box(drawing.font_family)
        assert light.x == pytest.approx((box.left + box.right) / 2)
    words = {text.text for text in drawing.texts if text.gid.startswith("key/")}
    assert {"low", "some concerns", "high", "critical", "no information", "unclear"} < words


@pytest.mark.parametrize("name", style_names())
def test_judgements_are_told_apart_without_colour(name):
    symbols = STYLES[name].judgement_symbols
    groups = [{"low"}, {"some-concerns", "moderate"}, {"high", "serious"}, {"critical"}, {"no-information", "unclear"}]
    shown = [{symbols[judgement] for judgement in group} for group in groups]
    assert all(len(group) == 1 for group in shown)
    assert all(not a & b for a, b in combinations(shown, 2))


# Pages


def test_150_rows_continue_on_pages_and_no_row_is_lost_or_split():
    style = STYLES["cochrane"]
    whole = drawn(forest_rows(*examples.many(150), style), style)
    assert len(whole.pages) == 3
    assert {page.height for page in whole.pages} == {style.page_height}
    assert {page.width for page in whole.pages} == {whole.width}
    rows = [[text.gid for text in page.texts if text.gid.startswith("study/")] for page in whole.pages]
    assert sorted(gid for page in rows for gid in page) == sorted(
        text.gid for text in whole.texts if text.gid.startswith("study/")
    )
    owners = [{gid.split("/")[1] for gid in page} for page in rows]
    assert not owners[0] & owners[1]
    assert not owners[1] & owners[2]
    for place, page in enumerate(whole.pages):
        texts = [text.text for text in page.texts]
        assert texts.count("Weight") == 1
        assert ("(continued)" in texts) == (place > 0)
        assert any(text.gid == "axis/axis/label" for text in page.texts)
        last = place == 2
        assert any(item.gid == "pooled/pooled/diamond" for item in page.items) == last
        assert any(text.gid.startswith("favours") for text in page.texts) == last
        assert any(item.gid == "pooled-line/pooled/line" for item in page.items)


def test_a_plot_that_fits_its_page_has_no_pages():
    style = STYLES["cochrane"]
    assert drawn(forest_rows(*examples.many(15), style), style).pages == ()
    assert len(drawn(forest_rows(*examples.many(15), style), style, page_height=200).pages) > 1


def test_a_heading_is_never_the_last_row_of_a_page():
    style = STYLES["cochrane"]
    table = forest_parts.subgroups(style, 150, 5)
    for height in range(300, 420, 7):
        for page in drawn(table, style, page_height=height).pages:
            rows = [(text.y, text.gid) for text in page.texts if text.gid.endswith("/label") and "/" in text.gid]
            rows = [row for row in rows if row[1].split("/")[0] in {"heading", "study", "subtotal", "pooled"}]
            assert not rows or not max(rows)[1].startswith("heading/"), height


def test_a_page_that_begins_inside_a_group_says_its_heading_again():
    style = STYLES["cochrane"]
    first, *later = drawn(forest_parts.subgroups(style, 150, 5), style).pages
    assert not any("(continued)" in text.text for text in first.texts)
    for page in later:
        rows = sorted((text.y, text.text) for text in page.texts if text.gid.startswith(("heading/", "study/")))
        assert rows[0][1].startswith("Source ")
        assert rows[0][1].endswith("(continued)") or all(row[1] != rows[0][1] for row in rows[1:])
    assert any("Source 1" in text.text and "(continued)" in text.text for text in later[0].texts)


# Widths


def test_a_narrow_figure_leaves_out_what_its_style_says_and_says_so():
    style = STYLES["cochrane"]
    table = forest_rows(*examples.mortality(), style)
    drawing = drawn(table, style, width="column")
    assert drawing.width <= 85 / 25.4 * 72 + 0.01
    said = "Left out at this width: MSC: Events, Total; Control: Events, Total; Weight."
    assert said in drawing.caption
    assert said in drawing.description
    assert drawing.data == forest_data(table)  # which has them all the same
    kept = drawn(table, style, width="full")
    assert kept.width <= 175 / 25.4 * 72 + 0.01
    assert "Left out" not in kept.caption


def test_what_can_not_be_made_narrower_is_wider_with_a_warning():
    style = STYLES["cochrane"]
    with pytest.warns(UserWarning, match="needs 1.. mm and was to have 85 mm"):
        drawing = figure_of_table(forest_parts.side_by_side(style), style, width=85)
    assert drawing.width > 85 / 25.4 * 72


@pytest.mark.parametrize("width", ["wide", "12", 0, "85 cm", -3, float("nan")])
def test_a_width_that_is_none_is_refused_with_those_there_are(width):
    with pytest.raises(ValueError, match=r"give column \(85 mm\), full \(175 mm\), page \(180 mm\), or millimetres"):
        width_in_points(width, STYLES["cochrane"])


@pytest.mark.parametrize("k", [3, 15, 60])
def test_the_size_for_rows_holds_them(k):
    style = STYLES["cochrane"]
    drawing = drawn(forest_rows(*examples.many(k), style), style)
    across, down = figure_size_for(k)
    assert across * 72 == pytest.approx(drawing.width, abs=0.1)
    assert drawing.height <= down * 72 + 1
    assert down * 72 <= drawing.height + 2 * style.row_height


# Caption and numbers


def test_the_caption_says_what_was_compared_and_how():
    caption = drawn(forest_rows(*examples.mortality(), STYLES["cochrane"]), STYLES["cochrane"]).caption
    for said in (
        "Mortality at day 28. MSC against Control, risk ratio.",
        "12 studies with 604 participants; pooled risk ratio (95% CI) 0.76 [0.60, 0.95].",
        "95% prediction interval [0.60, 0.95], by t with k − 1 degrees of freedom.",
        "Random-effects model; Tau² by restricted maximum likelihood (REML)",
        "confidence interval by Hartung-Knapp-Sidik-Jonkman.",
        "Squares are effects, their area is proportional to the weight",
        "An arrow means",
        "CI, confidence interval; df, degrees of freedom; IV, inverse variance;",
    ):
        assert said in caption
    one = drawn(forest_rows(*examples.oxygenation(), STYLES["cochrane"]), STYLES["cochrane"]).caption
    assert "One study with 45 participants" in one
    assert "diamond" not in one
    assert (
        "No study can be pooled." in drawn(forest_rows(*examples.nothing(), STYLES["plain"]), STYLES["plain"]).caption
    )


def test_the_table_of_numbers_has_every_study_with_its_reason():
    rows, result, info = examples.mortality()
    header, *lines = drawn(forest_rows(rows, result, info, STYLES["cochrane"]), STYLES["cochrane"]).data
    arms = ("MSC: Events", "MSC: Total", "Control: Events", "Control: Total")
    assert header == ("Study", *arms, "Weight", "Risk ratio [95% CI]", "Notes")
    assert {len(line) for line in lines} == {len(header)}
    by_name = {line[0]: line for line in lines}
    assert {row.label for row in rows} <= set(by_name)
    assert by_name["Bowdish 2023"][1:7] == ("42", "112", "47", "110", "46.0%", "0.88 [0.64, 1.21]")
    assert by_name["Xu 2021"][-1] == "Not randomised."
    assert by_name["Single-arm 2010"][-1] == "no control arm"
    assert by_name["Fathi-Kazerooni 2022"][-1] == examples.SECONDARY


def test_a_point_without_weight_is_a_circle():
    style = STYLES["cochrane"]
    table = forest_rows(*examples.many(3), style)
    first = replace(table.rows[0], plotted={GRAPH: Plotted(Effect(0.1, -0.2, 0.4), "point")})
    drawing = drawn(replace(table, rows=(first, *table.rows[1:])), style)
    assert [item.gid for item in drawing.items if isinstance(item, Circle)] == ["study/study-0/point"]
