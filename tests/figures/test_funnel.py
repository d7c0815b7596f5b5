"""Funnel plots: every point inside, limits without tau2, the sentence that fits the number of studies."""

from __future__ import annotations

from dataclasses import replace
from math import hypot, sqrt

import pytest

from msc_meta.figures.drawing import Box, Circle, Line, Text
from msc_meta.figures.funnel import draw_funnel
from msc_meta.figures.funnel_points import funnel_points
from msc_meta.figures.metrics import CAP_HEIGHT
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


def test_the_alternative_text_fits_the_number_of_studies():
    one, two, twelve = (draw_funnel(*case).description for case in
                        (examples.oxygenation(), examples.discharge(), examples.mortality()))  # fmt: skip
    assert one.startswith(
        "Funnel plot. PaO2/FiO2, day 7: one study, Monsel 2022; mean difference, mmHg: 13.00; standard error: 26.8. "
    )
    assert "pooled" not in one
    assert two.startswith(
        "Funnel plot. Time to hospital discharge: 2 studies; across: mean difference, days; down: standard error, "
        "from 0.979 to 1.39. One lies below the pooled estimate of −3.33 and one lies above it. "
    )
    assert "12 studies; across: risk ratio; down: standard error of the log risk ratio, from " in twelve
    assert "8 lie below the pooled estimate of 0.76 and 4 lie above it. " in twelve


def test_studies_that_agree_exactly_lie_on_the_pooled_estimate():
    rows, _, info = examples.many(3)
    rows, result = examples.weighted([replace(row, yi=0.0, vi=1.0) for row in rows], "RR")
    assert (
        "None lies below the pooled estimate of 1.00 and none lies above it; 3 lie on it."
        in draw_funnel(rows, result, info).description
    )


@pytest.mark.parametrize("k", [2, 5, 15])
@pytest.mark.parametrize("near", [0.0, 0.1])
def test_studies_at_one_place_are_all_named(k, near):
    rows, _, info = examples.many(k, measure="MD")
    moved = [replace(row, yi=rows[i % 3].yi + near * (i // 3), vi=rows[i % 3].vi) for i, row in enumerate(rows)]
    rows, result = examples.weighted(moved, "MD")
    drawing = draw_funnel(rows, result, info)
    names = [text for text in drawing.texts if text.gid.startswith("study/")]
    assert sorted(text.text for text in names) == sorted(row.label for row in rows)
    boxes = [text.box(drawing.font_family) for text in names]
    assert not any(a.overlaps(b, slack=1.2) for i, a in enumerate(boxes) for b in boxes[:i])


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
    discs = [item for item in drawing.items if isinstance(item, Circle) and item.gid.endswith("/point")]
    assert len(discs) == k
    centres = [(disc.x, disc.y) for disc in discs]
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


LABELLED = {
    "mortality": examples.mortality(),
    "discharge": examples.discharge(),
    **{
        f"15-{measure}-{seed}": examples.many(15, measure=measure, seed=seed)
        for measure in ("RR", "MD")
        for seed in (1, 5)
    },
}


@pytest.mark.parametrize("case", LABELLED.values(), ids=LABELLED)
def test_every_study_is_named_up_to_fifteen(case):
    rows, _, _ = case
    named = {text.text for text in draw_funnel(*case).texts if text.gid.startswith("study/")}
    assert named == {row.label for row in rows if row.included}


def test_more_than_fifteen_studies_are_not_named():
    assert not [text for text in draw_funnel(*examples.many(16)).texts if text.gid.startswith("study/")]


@pytest.mark.parametrize("case", LABELLED.values(), ids=LABELLED)
def test_no_line_and_no_point_shows_through_a_name(case):
    items = draw_funnel(*case, contours=True).items
    papers = {item.gid.split("/")[1]: item for item in items if item.gid.endswith("/paper")}
    lines = [item for item in items if isinstance(item, Line) and not item.gid.startswith(("axis", "study"))]
    discs = {
        item.gid.split("/")[1]: item for item in items if item.gid.startswith("study") and isinstance(item, Circle)
    }
    for item in items:
        if isinstance(item, Text) and item.gid.startswith("study/"):
            key = item.gid.split("/")[1]
            box = item.box(STYLE.font_family)
            letters = Box(box.left, item.y - CAP_HEIGHT * item.size, box.right, item.y)
            assert key in papers or not any(passes(letters, line) for line in lines), item.text
            for other, disc in discs.items():
                near = letters.grown(disc.radius + (2 if other != key else 0))
                assert not Box(disc.x, disc.y, disc.x, disc.y).inside(near), (item.text, other)
    for key, paper in papers.items():
        text = next(item for item in items if item.gid == f"study/{key}/label")
        assert items.index(paper) < items.index(text)
        assert max(items.index(line) for line in lines) < items.index(paper)


@pytest.mark.parametrize("case", LABELLED.values(), ids=LABELLED)
def test_a_leader_line_goes_from_its_point_to_its_name(case):
    drawing = draw_funnel(*case)
    texts = {text.gid: text.box(drawing.font_family) for text in drawing.texts}
    points = {item.gid: item for item in drawing.items if item.gid.endswith("/point")}
    for line in (item for item in drawing.items if item.gid.endswith("/leader")):
        disc, name = points[line.gid.replace("leader", "point")], texts[line.gid.replace("leader", "label")]
        assert hypot(disc.x - line.x1, disc.y - line.y1) == pytest.approx(disc.radius)
        assert Box(line.x2, line.y2, line.x2, line.y2).inside(name.grown(4))


def passes(box, line):
    """Whether a line shows in a box, by looking at a thousand of its points."""
    steps = [i / 1000 for i in range(1001)]
    places = [(line.x1 + t * (line.x2 - line.x1), line.y1 + t * (line.y2 - line.y1)) for t in steps]
    return any(box.left < x < box.right and box.top < y < box.bottom for x, y in places)


def test_contours_are_shaded_on_request():
    rows, result, info = examples.mortality()
    assert [p for p, _ in funnel_points(rows, result, info, STYLE, contours=True).contours] == [0.1, 0.05, 0.01]
    plain, shaded = draw_funnel(rows, result, info), draw_funnel(rows, result, info, contours=True)
    assert not [item for item in plain.items if item.gid.startswith("contours")]
    regions = [item for item in shaded.items if item.gid.startswith("contours")]
    assert [region.fill for region in regions] == [STYLE.contours[2], STYLE.contours[1], STYLE.contours[0], STYLE.paper]
