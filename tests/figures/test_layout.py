"""Nothing overlaps and nothing is cut, at any size; squares, arrows and lines stand where the numbers say."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from math import exp, log, sqrt

import pytest

from msc_meta.effects.rows import ArmNumbers
from msc_meta.figures.axis import axis_limits, make_axis
from msc_meta.figures.drawing import Drawing, Line, Polygon
from msc_meta.figures.forest import draw_forest
from msc_meta.figures.funnel import draw_funnel
from msc_meta.figures.style import load_style
from tests.figures import examples
from tests.figures.geometry import assert_texts_keep_apart

STYLE = load_style()
CASES = {
    "mortality": examples.mortality(),
    "discharge": examples.discharge(),
    "oxygenation": examples.oxygenation(),
    "none": examples.nothing(),
    "scripts": examples.scripts(),
    **{f"{k}-{measure}": examples.many(k, measure=measure) for k in (1, 2, 3, 15, 60, 150) for measure in ("RR", "MD")},
    "15-long": examples.many(15, long_labels=True),
    "15-long-MD": examples.many(15, measure="MD", long_labels=True),
}
DRAWINGS = {
    **{f"forest {name}": draw_forest(*case) for name, case in CASES.items()},
    **{f"funnel {name}": draw_funnel(*case, contours=True) for name, case in CASES.items()},
}


def shapes(drawing: Drawing, part: str, kind: type) -> list:
    return [item for item in drawing.items if isinstance(item, kind) and item.gid.endswith(part)]


@pytest.mark.parametrize("drawing", DRAWINGS.values(), ids=DRAWINGS)
def test_texts_are_on_the_page_and_do_not_overlap(drawing):
    assert_texts_keep_apart(drawing)


@pytest.mark.parametrize("drawing", DRAWINGS.values(), ids=DRAWINGS)
def test_shapes_are_on_the_page(drawing):
    for item in drawing.items:
        if isinstance(item, Line):
            points = ((item.x1, item.y1), (item.x2, item.y2))
        elif isinstance(item, Polygon):
            points = item.points
        else:
            continue
        assert all(0 <= x <= drawing.width and 0 <= y <= drawing.height for x, y in points), item.gid


@pytest.mark.parametrize("name", [name for name in DRAWINGS if name.startswith("forest")])
def test_the_graph_keeps_clear_of_the_columns(name):
    drawing = DRAWINGS[name]
    graph = [x for item in drawing.items if isinstance(item, Polygon) for x, _ in item.points]
    cells = [text for text in drawing.texts if text.gid.startswith("study/") and text.gid.endswith("/effect")]
    assert not graph or all(text.box(drawing.font_family).right < min(graph) for text in cells)


@pytest.mark.parametrize("name", ["mortality", "discharge", "oxygenation", "none", "15-RR", "15-MD", "60-MD"])
def test_ordinary_forests_fit_the_width_of_a_journals_page(name):
    assert DRAWINGS[f"forest {name}"].width <= 180 / 25.4 * 72


def test_a_median_wider_than_its_columns_has_its_quartiles_below():
    rows, result, info = examples.discharge()
    arm = ArmNumbers(n=9, median=12, q1=5.5, q3=27)
    texts = draw_forest([*rows[:2], replace(rows[2], e=arm, c=arm)], result, info).texts
    cells = [text for text in texts if text.gid == "left-out/martinez-munoz-2024/sd_e"]
    assert [text.text for text in cells] == ["median 12", "(5.5–27)"]
    assert cells[0].x == cells[1].x
    assert cells[0].y < cells[1].y


def test_marks_keep_clear_of_the_next_column():
    rows, result, info = examples.discharge()
    steps = "; ".join(("hours to days", "means of two arms combined", "SD from the standard error"))
    rows = [replace(row, e=replace(row.e, conversion=steps), c=replace(row.c, conversion=steps)) for row in rows]
    drawing = draw_forest(rows, result, info)
    boxes = {(text.gid, text.y): text.box(drawing.font_family) for text in drawing.texts}
    marks = [box for (gid, _), box in boxes.items() if gid == "study/shu-2020/mark"]
    cells = [box for (gid, _), box in boxes.items() if gid.startswith("study/shu-2020/") and not gid.endswith("mark")]
    assert marks
    for mark in marks:
        following = [cell.left for cell in cells if cell.left > mark.left]
        assert min(following) - mark.right >= 0.5 * STYLE.size, mark


def test_an_equation_stays_on_one_line():
    rows, result, info = examples.discharge()
    for words in range(14):
        reason = f"{'word ' * words}reported P = 0.59 and I² = 1% in [0.00, 12.5] days"
        drawing = draw_forest([*rows[:2], replace(rows[2], reason=reason)], result, info)
        shown = [text.text for text in drawing.texts if text.gid.endswith("/reason")]
        assert " ".join(shown) == reason
        for whole in ("P = 0.59", "I² = 1%", "[0.00, 12.5]"):
            assert any(whole in line for line in shown), shown


def test_both_directions_are_named_below_the_axis_on_one_line():
    labels = [text for text in DRAWINGS["forest discharge"].texts if text.gid.startswith("favours")]
    assert [text.text for text in labels] == ["← Favours MSC", "Favours Control →"]
    assert labels[0].y == labels[1].y


def test_every_visual_has_a_gid():
    parts = {item.gid.split("/")[0] for item in DRAWINGS["forest mortality"].items}
    assert parts == {
        "header", "null", "pooled-line", "study", "pooled", "prediction", "axis", "favours", "summary",
        "heading", "left-out", "collapsed", "footnote",
    }  # fmt: skip
    funnel = {item.gid.split("/")[0] for item in DRAWINGS["funnel mortality"].items}
    assert funnel == {"contours", "axis", "null", "pooled-line", "limits", "study", "legend", "note"}


def test_square_area_is_proportional_to_weight():
    rows, _, _ = case = examples.many(15, measure="MD")
    squares = shapes(draw_forest(*case), "/square", Polygon)
    weights = [row.weight for row in rows]
    assert len(squares) == len(weights)
    areas = [(square.points[1][0] - square.points[0][0]) ** 2 for square in squares]
    assert areas == pytest.approx([STYLE.square_side**2 * weight / max(weights) for weight in weights])


def test_squares_stand_at_the_estimates_of_their_axis():
    rows, _, _ = case = examples.mortality()
    drawing = draw_forest(*case)
    places = {text.text: text.x for text in drawing.texts if text.gid == "axis/axis/label"}
    ratio = (places["5"] - places["1"]) / log(5)
    squares = {item.gid.split("/")[1]: item for item in shapes(drawing, "/square", Polygon)}
    for row in rows:
        if row.included:
            middle = sum(x for x, _ in squares[row.study].points) / 4
            assert middle == pytest.approx(places["1"] + ratio * row.yi, abs=0.01)


def test_a_clipped_interval_ends_in_an_arrow_at_the_end_of_the_axis():
    drawing = draw_forest(*examples.many(15))
    axis = next(item for item in drawing.items if item.gid == "axis/axis/line")
    arrows = shapes(drawing, "/arrow", Polygon)
    assert arrows
    for arrow in arrows:
        assert arrow.points[0][0] in {axis.x1, axis.x2}
    for line in shapes(drawing, "/ci", Line):
        assert axis.x1 <= line.x1 < line.x2 <= axis.x2


@pytest.mark.parametrize("name", [name for name in DRAWINGS if name.startswith("forest")])
def test_all_estimates_are_inside_the_axis(name):
    axis = next((item for item in DRAWINGS[name].items if item.gid == "axis/axis/line"), None)
    for square in shapes(DRAWINGS[name], "/square", Polygon):
        assert all(axis.x1 <= x <= axis.x2 for x, _ in square.points), square.gid


@pytest.mark.parametrize("measure", ["RR", "MD"])
@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("k", [2, 3, 6])
def test_the_diamond_and_the_prediction_interval_are_whole_unless_absurd(k, seed, measure):
    rows, result, info = examples.many(k, measure=measure, seed=seed)
    drawing = draw_forest(rows, result, info)
    axis = next(item for item in drawing.items if item.gid == "axis/axis/line")
    estimates = [*(row.yi for row in rows), 0.0]
    for part, interval in (("pooled", result.ci), ("prediction", result.prediction)):
        cut = any(item.gid == f"{part}/{part}/arrow" for item in drawing.items)
        absurd = interval.high - interval.low > 10 * (max(estimates) - min(estimates))
        assert not cut or absurd
    diamond = shapes(drawing, "/diamond", Polygon)[0]
    assert all(axis.x1 <= x <= axis.x2 for x, _ in diamond.points)


def test_a_pooled_interval_wider_than_every_study_stretches_the_axis():
    rows = [
        examples.mean_difference("A 2020", 2020, (30, 10, 2), (30, 12, 2)),
        examples.mean_difference("B 2021", 2021, (30, 10, 2), (30, 13, 2)),
    ]
    rows, result = examples.weighted(rows, "MD")
    assert result.ci.low < min(row.yi - 2 * sqrt(row.vi) for row in rows) - 1
    drawing = draw_forest(rows, result, examples.FigureInfo())
    axis = next(item for item in drawing.items if item.gid == "axis/axis/line")
    tips = [x for x, _ in shapes(drawing, "/diamond", Polygon)[0].points]
    assert len(tips) == 4
    assert axis.x1 < min(tips) < max(tips) < axis.x2


def test_an_endless_pooled_interval_is_cut_and_gets_an_arrow():
    rows, result, info = examples.weighted_far_apart()
    drawing = draw_forest(rows, result, info)
    assert [item.gid for item in shapes(drawing, "pooled/arrow", Polygon)] == ["pooled/pooled/arrow"] * 2
    assert len(shapes(drawing, "/diamond", Polygon)[0].points) == 6


def test_ratio_axes_have_ticks_at_one_two_five():
    axis = make_axis(log(0.09), log(11), 300, log=True, style=STYLE)
    assert [label for _, label in axis.ticks] == ["0.1", "0.2", "0.5", "1", "2", "5", "10"]
    for at, label in axis.ticks:
        assert exp(at) == pytest.approx(float(label))


def test_narrow_axes_drop_ticks_evenly_and_keep_one():
    axis = make_axis(log(0.04), log(30), 120, log=True, style=STYLE)
    assert [label for _, label in axis.ticks] == ["0.05", "0.2", "1", "5", "20"]


def test_linear_axes_have_round_steps():
    axis = make_axis(-7.4, 3.2, 150, log=False, style=STYLE)
    assert [label for _, label in axis.ticks] == ["−6", "−4", "−2", "0", "2"]


@pytest.mark.parametrize("is_log", [True, False])
@pytest.mark.parametrize("value", [1e-9, -3.0, 0.0, 40.0])
def test_limits_hold_the_point_and_no_effect(value, is_log):
    low, high = axis_limits([value], [value - 1], [value + 1], (), log=is_log)
    assert low < value < high
    assert low < 0 < high
    assert make_axis(low, high, 150, log=is_log, style=STYLE).ticks


def test_one_wide_interval_does_not_squash_the_others():
    low, high = axis_limits([0.0] * 10, [-1.0] * 9 + [-100.0], [1.0] * 9 + [100.0], (), log=False)
    assert (low, high) == pytest.approx((-1, 1), abs=0.1)


def test_the_page_grows_with_its_rows():
    heights = [draw_forest(*examples.many(k)).height for k in (3, 15, 60, 150)]
    steps = [(b - a) / n for (a, b), n in zip(pairwise(heights), (12, 45, 90), strict=True)]
    assert steps == pytest.approx([STYLE.row_height] * 3, abs=0.5)
