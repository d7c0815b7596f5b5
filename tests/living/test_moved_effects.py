"""The plot of moved effects: it shows what results say, on the page, at the right places, in the same bytes."""

from __future__ import annotations

from math import log
from pathlib import Path

import pytest

from msc_meta.figures.drawing import Circle, Line, Polygon, Text
from msc_meta.figures.effect_changes import EffectMove, PooledSide
from msc_meta.figures.effect_changes_plot import draw_effect_changes
from msc_meta.figures.files import file_bytes
from msc_meta.figures.forest_table import Effect
from tests.figures.geometry import assert_texts_keep_apart


def ratio(k, *effect, prediction=None, measure="RR"):
    spread = None if prediction is None else Effect(log(effect[0]), *map(log, prediction))
    return PooledSide(measure=measure, k=k, level=0.95, effect=Effect(*map(log, effect)), prediction=spread)


def difference(k, *effect, prediction=None, measure="MD"):
    spread = None if prediction is None else Effect(effect[0], *prediction)
    return PooledSide(measure=measure, k=k, level=0.95, effect=Effect(*effect), prediction=spread)


def move(name, before, now, **more):
    return EffectMove(**{"name": name, "title": name.title(), "unit": "days", "better": "lower", "before": before,
                         "now": now} | more)  # fmt: skip


MORTALITY = move(
    "mortality", ratio(12, 0.78, 0.60, 1.02, prediction=(0.55, 1.1)), ratio(13, 0.74, 0.58, 0.95), unit="",
    entered=("Doe 2026",), left=("Zheng 2014",), changed=("Monsel 2022",),
)  # fmt: skip
FIRST_POOL = move("oxygenation", difference(1, 10.5, -46.6, 67.6), difference(4, 25, -3, 53), better="higher")
NEW_ANSWER = move("days", PooledSide(measure="MD", k=0, level=0.95), difference(2, 1, -9, 11, prediction=(-30, 33)))
GONE = move("stay", difference(3, -2.2, -5.5, 1.1), None)
OTHER_MEASURE = move("events", ratio(9, 1.02, 0.8, 1.3), difference(9, 0.01, -0.05, 0.07, measure="RD"))
NEVER = move("life", PooledSide(measure="SMD", k=0, level=0.95), PooledSide(measure="SMD", k=0, level=0.95))
SAME = move("icu", difference(2, -3.8, -7, -0.7), difference(2, -3.8, -7, -0.7))
LONG = move(
    "long", ratio(2, 0.3, 0.001, 90), ratio(3, 0.5, 0.12, 2.1, prediction=(0.0001, 900)), entered=["Name " * 40],
    title="An outcome with a very long title indeed, measured at the end of the follow-up or at discharge " * 2,
)  # fmt: skip
ALL = (MORTALITY, FIRST_POOL, NEW_ANSWER, GONE, OTHER_MEASURE, NEVER, SAME, LONG)


def said(drawing):
    return [item.text for item in drawing.items if isinstance(item, Text)]


@pytest.mark.parametrize("width", [None, 85, 175])
@pytest.mark.parametrize("moves", [(), (MORTALITY,), ALL[:3], ALL])
def test_nothing_overlaps_and_nothing_is_cut(moves, width):
    drawing = draw_effect_changes(moves, width=width)
    assert_texts_keep_apart(drawing)
    if width:
        assert drawing.width == pytest.approx(width * 72 / 25.4, abs=1)


def test_both_answers_are_said_with_what_made_them_move():
    texts = said(draw_effect_changes((MORTALITY,)))
    for text in ("Mortality", "Before", "12", "0.78 [0.60, 1.02]", "[0.55, 1.10]", "Now", "13", "0.74 [0.58, 0.95]",
                 "Entered: Doe 2026.", "Left: Zheng 2014.", "Another effect: Monsel 2022.", "Risk ratio"):  # fmt: skip
        assert text in texts


def test_signs_stand_where_the_numbers_say():
    drawing = draw_effect_changes((MORTALITY,))
    ticks = {float(item.text): item.x for item in drawing.items if isinstance(item, Text) and item.gid.endswith("label")
             and item.gid.startswith("axis/") and item.text in {"0.8", "1"}}  # fmt: skip
    per_log = (ticks[1.0] - ticks[0.8]) / -log(0.8)
    for name, (estimate, low, high) in {"before": (0.78, 0.60, 1.02), "now": (0.74, 0.58, 0.95)}.items():
        diamond = next(item for item in drawing.items if isinstance(item, Polygon) and f"mortality-{name}" in item.gid)
        places = [ticks[1.0] + per_log * log(value) for value in (low, estimate, high, estimate)]
        assert [x for x, _ in diamond.points] == pytest.approx(places, abs=0.01)
    null = next(item for item in drawing.items if isinstance(item, Line) and item.gid.startswith("null/"))
    assert null.x1 == pytest.approx(ticks[1.0])
    assert not any(isinstance(item, Circle) for item in drawing.items)


@pytest.mark.parametrize(
    ("one", "sentences"),
    [
        (FIRST_POOL, ["Before: one comparison, whose own effect is shown; nothing is pooled."]),
        (NEW_ANSWER, ["Before: no study can be pooled."]),
        (GONE, ["Now: not analysed."]),
        (NEVER, ["Before: no study can be pooled.", "Now: no study can be pooled."]),
        (OTHER_MEASURE, ["Two measures, which no axis shows together."]),
        (SAME, ["Unchanged."]),
    ],
)
def test_what_can_not_be_drawn_is_said(one, sentences):
    texts = said(draw_effect_changes((one,)))
    assert [text for text in texts if text in sentences] == sentences


def test_two_measures_have_two_axes():
    texts = said(draw_effect_changes((OTHER_MEASURE,)))
    assert {"Events, before", "Events, now", "Risk ratio", "Risk difference"} <= {*texts}


def test_the_better_direction_is_that_of_the_outcome():
    lower, higher = (said(draw_effect_changes((one,))) for one in (MORTALITY, FIRST_POOL))
    assert "← better" in lower
    assert "← worse" in higher


def test_every_format_has_the_same_bytes_twice():
    for kind in ("svg", "pdf", "png", "csv", "txt"):
        first, second = (file_bytes(draw_effect_changes(ALL), kind, dpi=60) for _ in range(2))
        assert first == second
        assert first
    table = file_bytes(draw_effect_changes(ALL), "csv").decode()
    assert "Mortality,Before,RR,12,0.78,0.6,1.02,0.55,1.1" in table.splitlines()
    assert "Stay,Now,,,,,,," in table.splitlines()


def test_a_tall_plot_has_pages_and_loses_no_outcome():
    drawing = draw_effect_changes(ALL * 2, page_height=500)
    assert len(drawing.pages) > 2
    assert all(page.height == 500 for page in drawing.pages)
    paged = sorted(text for page in drawing.pages for text in said(page) if text.startswith(("Before", "Now")))
    assert paged == sorted(text for text in said(drawing) if text.startswith(("Before", "Now")))
    for page in drawing.pages:
        assert_texts_keep_apart(page)


def test_a_record_can_not_write_into_the_svg():
    evil = move("x", ratio(2, 1, 0.5, 2), ratio(2, 1, 0.5, 2), title="<script>\x00", entered=("</svg>&\n",))
    svg = file_bytes(draw_effect_changes((evil,), old="a&<", new="b"), "svg").decode()
    assert "<script" not in svg
    assert svg.count("</svg>") == 1


def test_the_command_draws_beside_what_it_says(tmp_path, capsys):
    from msc_meta.cli import run

    paths = [tmp_path / f"moved.{kind}" for kind in ("svg", "csv")]
    code = run(["diff", "studies", "studies", *(text for path in paths for text in ("-o", str(path)))])
    assert code == 0
    assert "unchanged" in capsys.readouterr().out
    assert "Unchanged." in paths[0].read_text(encoding="utf-8")
    assert "All-cause mortality,Before,RR,12" in paths[1].read_text(encoding="utf-8")
    assert run(["--quiet", "diff", "studies", "studies", "-o", str(tmp_path / "x.doc")]) == 2
    assert not Path(tmp_path / "x.doc").exists()
