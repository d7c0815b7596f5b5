"""Funnel plots: every point inside, limits without tau2, the sentence that fits the number of studies."""

from __future__ import annotations

from math import sqrt

import pytest

from msc_meta.figures.drawing import Line, Polygon
from msc_meta.figures.funnel import draw_funnel
from msc_meta.figures.funnel_points import funnel_points
from msc_meta.figures.style import load_style
from tests.figures import examples

STYLE = load_style()


def test_points_are_the_pooled_studies():
    rows, result, info = examples.mortality()
    points = funnel_points(rows, result, info, STYLE)
    assert [(p.key, p.estimate, p.se) for p in points.points] == [
        (row.study, row.yi, sqrt(row.vi)) for row in rows if row.included
    ]
    assert points.critical == pytest.approx(1.959964)


@pytest.mark.parametrize(
    ("case", "sentence"),
    [
        (examples.nothing(), "No study can be pooled, so there is no funnel plot."),
        (examples.oxygenation(), "With one study asymmetry can not be judged; tests need ten."),
        (examples.discharge(), "With 2 studies asymmetry can not be judged; tests need ten."),
    ],
    ids=["0", "1", "2"],
)
def test_few_studies_are_said_to_be_few(case, sentence):
    drawing = draw_funnel(*case)
    assert sentence in " ".join(text.text for text in drawing.texts)
    assert sentence in drawing.description


def test_ten_studies_may_be_judged():
    rows, result, info = examples.many(10)
    assert not any("can not be judged" in text for text in funnel_points(rows, result, info, STYLE).sentences)


@pytest.mark.parametrize("k", [1, 3, 15, 60])
@pytest.mark.parametrize("measure", ["RR", "MD"])
def test_every_point_lies_in_the_frame_where_its_numbers_say(k, measure):
    rows, _, _ = case = examples.many(k, measure=measure)
    drawing = draw_funnel(*case)
    across, down = (item for item in drawing.items if item.gid == "axis/axis/line")
    apex, _, _ = limits(drawing)
    discs = [item for item in drawing.items if isinstance(item, Polygon) and item.gid.endswith("/point")]
    assert len(discs) == k
    centres = [(sum(x for x, _ in d.points) / 24, sum(y for _, y in d.points) / 24) for d in discs]
    assert all(across.x1 < x < across.x2 and down.y1 < y <= down.y2 for x, y in centres)
    # Places are linear in effect and standard error: three points on the page determine the scale.
    scale = (down.y2 - down.y1) / limits_reach(drawing) * 1.959964
    for row, (x, y) in zip(rows, centres, strict=True):
        per_unit = scale_across(drawing, case)
        assert x - apex == pytest.approx(per_unit * (row.yi - case[1].estimate), abs=0.01)
        assert (y - down.y1) / scale == pytest.approx(per_unit * sqrt(row.vi), abs=0.05)


def limits(drawing):
    lines = [item for item in drawing.items if isinstance(item, Line) and item.gid == "limits/limits/line"]
    return lines[0].x1, lines[0].x2, lines[1].x2


def limits_reach(drawing):
    apex, left, right = limits(drawing)
    assert right - apex == pytest.approx(apex - left)
    return right - apex


def scale_across(drawing, case):
    null = next(item for item in drawing.items if item.gid == "null/null/line").x1
    return (limits(drawing)[0] - null) / case[1].estimate


def test_names_stand_beside_points_up_to_fifteen_studies():
    few, many = draw_funnel(*examples.many(15)), draw_funnel(*examples.many(16))
    assert sum(text.gid.endswith("/label") and text.gid.startswith("study/") for text in few.texts) > 10
    assert not [text for text in many.texts if text.gid.startswith("study/")]


def test_contours_are_shaded_on_request():
    rows, result, info = examples.mortality()
    assert [p for p, _ in funnel_points(rows, result, info, STYLE, contours=True).contours] == [0.1, 0.05, 0.01]
    plain, shaded = draw_funnel(rows, result, info), draw_funnel(rows, result, info, contours=True)
    assert not [item for item in plain.items if item.gid.startswith("contours")]
    regions = [item for item in shaded.items if item.gid.startswith("contours")]
    assert [region.fill for region in regions] == [STYLE.contours[2], STYLE.contours[1], STYLE.contours[0], STYLE.paper]
