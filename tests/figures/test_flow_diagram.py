"""The flow diagram: everything on the page, nothing upon another, arrows from edge to edge."""

from __future__ import annotations

import warnings
from dataclasses import replace
from itertools import pairwise

import pytest

import msc_meta as mm
from msc_meta.figures import FORMATS
from msc_meta.figures.drawing import Box, Line, Path, Polygon
from msc_meta.figures.files import file_bytes
from msc_meta.figures.flow_diagram import draw_flow
from msc_meta.flow.counts import flow_of
from msc_meta.screening.screening_file import check_screening
from tests.figures.geometry import assert_texts_keep_apart

MANY = "reports:\n  reasons:\n" + "".join(
    f"    - {{reason: invented reason number {n} of a length that needs more than one line, reports: {n}}}\n"
    for n in range(1, 26)
)
UPDATE = "previous: {studies: [doe-2024], reports: 2, version: version of 2025}\n"
OTHER = "other_methods: {sources: [{name: Websites, records: 4}], reports: {sought: 3}}\n"
CASES = {
    "records alone": None,
    "nothing stated": "note: Invented.\n",
    "many reasons": MANY,
    "update": UPDATE + MANY,
    "update and other methods": UPDATE + OTHER,
}


@pytest.fixture(scope="module")
def synthesis(project):
    return mm.synthesize(mm.load_studies(project / "examples/invented-review"), sensitivity=False)


def flow_case(synthesis, case):
    if case == "complete":
        return flow_of(synthesis)
    if CASES[case] is None:
        return flow_of(replace(synthesis, screening=None))
    return flow_of(synthesis, check_screening(CASES[case], "screening.yaml")[0])


def frames(drawing) -> dict[str, Box]:
    found = {}
    for item in drawing.items:
        if isinstance(item, Polygon) and item.gid.startswith("box/"):
            xs, ys = zip(*item.points, strict=True)
            found[item.gid.split("/")[1]] = Box(min(xs), min(ys), max(xs), max(ys))
    return found


@pytest.mark.parametrize("style", ["cochrane", "jama", "plain"])
@pytest.mark.parametrize("width", ["column", "full"])
@pytest.mark.parametrize("case", ["complete", *CASES])
def test_texts_keep_apart_and_stay_in_their_boxes(synthesis, case, width, style):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # four columns are wider than one of a journal, and say so
        drawing = draw_flow(flow_case(synthesis, case), width=width, style=style)
    assert_texts_keep_apart(drawing)
    boxes = frames(drawing)
    for text in drawing.texts:
        if text.gid.startswith("box/"):
            assert text.box(drawing.font_family).inside(boxes[text.gid.split("/")[1]]), text.text
    page = Box(0, 0, drawing.width, drawing.height)
    assert all(box.inside(page) for box in boxes.values())


@pytest.mark.parametrize("case", ["complete", *CASES])
def test_arrows_begin_and_end_at_edges(synthesis, case):
    drawing = draw_flow(flow_case(synthesis, case), width=300)
    boxes = list(frames(drawing).values())

    def on_an_edge(x: float, y: float) -> bool:
        upright = any(box.top <= y <= box.bottom and min(abs(x - box.left), abs(x - box.right)) < 1e-6 for box in boxes)
        level = any(box.left <= x <= box.right and min(abs(y - box.top), abs(y - box.bottom)) < 1e-6 for box in boxes)
        return upright or level

    lines = [item for item in drawing.items if item.gid.startswith("arrow/") and item.gid.endswith("/line")]
    heads = [item for item in drawing.items if item.gid.endswith("/head")]
    assert len(lines) == len(heads) > 1
    for item in lines:
        assert isinstance(item, Line | Path)
        start = (item.x1, item.y1) if isinstance(item, Line) else item.points[0]
        assert on_an_edge(*start), item.gid
    assert all(on_an_edge(*head.points[0]) for head in heads)
    for item in lines:  # and cross no box on their way
        points = ((item.x1, item.y1), (item.x2, item.y2)) if isinstance(item, Line) else item.points
        for (x1, y1), (x2, y2) in pairwise(points):
            way = Box(min(x1, x2), min(y1, y2), max(x1, x2) + 0.01, max(y1, y2) + 0.01)
            assert not any(way.overlaps(box.grown(-0.1)) for box in boxes), item.gid


def test_too_narrow_says_so(synthesis):
    with pytest.warns(UserWarning, match=r"the flow diagram needs \d+ mm and was to have 85 mm"):
        draw_flow(flow_of(synthesis), width="column")


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_gives_the_same_bytes_twice(synthesis, kind):
    drawing = draw_flow(flow_of(synthesis))
    assert file_bytes(drawing, kind, dpi=100) == file_bytes(drawing, kind, dpi=100)


def test_phases_read_upwards(synthesis):
    drawing = draw_flow(flow_of(synthesis))
    phases = [text for text in drawing.texts if text.gid.startswith("phase/")]
    assert [text.text for text in phases] == ["Identification", "Screening", "Included"]
    assert all(text.turned for text in phases)
    assert b'transform="rotate(-90 ' in file_bytes(drawing, "svg")


def test_words_say_what_is_missing(synthesis):
    flow = flow_case(synthesis, "nothing stated")
    drawing = draw_flow(flow)
    assert "11 of its numbers are not stated." in drawing.caption
    assert drawing.data[0] == ("Phase", "Box", "What", "n")
    assert "Records screened (n = not stated)" in " ".join(text.text for text in drawing.texts)
