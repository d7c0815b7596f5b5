"""Plots that are no forest plots: the numbers are those of pooling and robustness, and of metafor's own plots."""

from __future__ import annotations

import json
from dataclasses import replace
from math import log, nan
from pathlib import Path

import numpy as np
import pytest

from msc_meta.effects.rows import ArmNumbers, StudyRow
from msc_meta.errors import ArgumentError
from msc_meta.figures.baujat_plot import baujat_points, draw_baujat
from msc_meta.figures.bubble_plot import bubble_points, draw_bubble
from msc_meta.figures.drapery_plot import drapes, draw_drapery
from msc_meta.figures.drawing import Box, Circle, Drawing, Line, Polygon
from msc_meta.figures.drawing import Path as OpenPath
from msc_meta.figures.evidence_map import STATES, evidence_grid, grid_drawing, state_of
from msc_meta.figures.files import file_bytes
from msc_meta.figures.funnel import draw_funnel, filled_studies
from msc_meta.figures.influence_plot import draw_influence, influence_points
from msc_meta.figures.labbe_plot import draw_labbe, experimental_risk, labbe_points
from msc_meta.figures.radial_plot import draw_radial, radial_points
from msc_meta.figures.style import load_style, style_names
from msc_meta.figures.timeline_plot import draw_timeline, timeline_of
from msc_meta.pooling.random_effects import pool
from msc_meta.pooling.regression import meta_regression
from msc_meta.robustness.influence import influence
from tests.figures import examples
from tests.figures.bcg import bcg, latitudes
from tests.figures.geometry import assert_texts_keep_apart

STYLE = load_style("cochrane")
# R reference: make_plots.R beside it, with metafor 3.8-1
METAFOR = json.loads((Path(__file__).parent.parent / "reference" / "plots.json").read_text(encoding="utf-8"))
BCG = bcg()
COUNTED = {
    "bcg": BCG,
    "mortality": examples.mortality(),
    "scripts": examples.scripts(),
    **{str(k): examples.many(k) for k in (1, 2, 3, 15, 60)},
}
CASES = {
    **COUNTED,
    "discharge": examples.discharge(),
    "oxygenation": examples.oxygenation(),
    "none": examples.nothing(),
    "60-MD": examples.many(60, measure="MD"),
}


def by_year(case: examples.Case) -> dict[str, float]:
    return {row.study: float(row.year) for row in case[0] if row.year is not None}


def by_parity(case: examples.Case) -> dict[str, str]:
    return {row.study: ("odd", "even", "", "a long name of a group")[at % 4] for at, row in enumerate(case[0])}


def grid(case: examples.Case) -> Drawing:
    rows = case[0]
    return grid_drawing(evidence_grid({"All-cause mortality": rows, "Length of hospital stay": rows[::-1]}), STYLE)


PLOTS = {
    "baujat": draw_baujat,
    "radial": draw_radial,
    "drapery": draw_drapery,
    "influence": draw_influence,
    "timeline": draw_timeline,
}
DRAWINGS: dict[str, Drawing] = {
    **{f"{kind} {name}": draw(*case) for kind, draw in PLOTS.items() for name, case in CASES.items()},
    **{f"labbe {name}": draw_labbe(*case) for name, case in COUNTED.items()},
    **{
        f"bubble {name}": draw_bubble(*case, values=by_year(case), moderator="Year")
        for name, case in CASES.items()
    },
    **{
        f"funnel {name}": draw_funnel(
            *case, contours=True, limits=(0.99,), trim_and_fill=True, by=by_parity(case), by_title="Group"
        )
        for name, case in CASES.items()
    },
    **{f"precision {name}": draw_funnel(*case, contours=True, y="1/se") for name, case in CASES.items()},
    **{f"size {name}": draw_funnel(*case, y="n") for name, case in COUNTED.items()},
    "labbe 15-long": draw_labbe(*examples.many(15, long_labels=True)),
    **{f"map {name}": grid(case) for name, case in COUNTED.items()},
    **{
        f"{kind} in {name}": draw(*examples.mortality(), style=name)
        for kind, draw in (*PLOTS.items(), ("labbe", draw_labbe))
        for name in style_names()
    },
}  # fmt: skip


def corners(item: object) -> list[tuple[float, float]]:
    if isinstance(item, Line):
        return [(item.x1, item.y1), (item.x2, item.y2)]
    if isinstance(item, Circle):
        return [(item.x - item.radius, item.y - item.radius), (item.x + item.radius, item.y + item.radius)]
    return list(item.points) if isinstance(item, Polygon | OpenPath) else []


@pytest.mark.parametrize("drawing", DRAWINGS.values(), ids=DRAWINGS)
def test_nothing_overlaps_and_nothing_is_cut(drawing):
    assert_texts_keep_apart(drawing)
    for item in drawing.items:
        assert all(0 <= x <= drawing.width and 0 <= y <= drawing.height for x, y in corners(item)), item.gid


@pytest.mark.parametrize("drawing", DRAWINGS.values(), ids=DRAWINGS)
def test_every_plot_is_said_in_words_and_numbers(drawing):
    assert drawing.title
    assert drawing.description.endswith(".")
    assert drawing.caption.endswith(".")
    assert all(item.gid.count("/") == 2 for item in drawing.items), "gid is what/which/part"
    header, *rows = drawing.data or ((),)
    assert all(len(row) == len(header) for row in rows)


@pytest.mark.parametrize("kind", ["baujat", "radial", "labbe", "bubble", "timeline", "influence", "map"])
def test_the_same_plot_gives_the_same_bytes_in_every_format(kind):
    drawing = DRAWINGS[f"{kind} mortality"]
    for form in ("svg", "pdf", "png"):
        assert file_bytes(drawing, form) == file_bytes(drawing, form)


@pytest.mark.parametrize("case", [examples.nothing(), examples.oxygenation()], ids=["none", "one"])
def test_too_few_studies_are_a_sentence(case):
    for draw in (draw_baujat, draw_radial, draw_influence):
        (text, *_) = draw(*case).texts
        assert "there is no" in text.text or "needs" in text.text


@pytest.mark.parametrize("kind", ["funnel", "bubble", "timeline", "radial"])
def test_units_keep_their_capitals(kind):
    rows, _, info = examples.many(5, measure="MD")
    case = (*examples.weighted(rows, "MD"), replace(info, unit="mmHg"))
    values = {row.study: float(at) for at, row in enumerate(rows)}
    drawing = (
        draw_bubble(*case, values=values, moderator="FiO2")
        if kind == "bubble"
        else {"funnel": draw_funnel, "timeline": draw_timeline, "radial": draw_radial}[kind](*case)
    )
    words = " ".join([drawing.caption, drawing.description, *(text.text for text in drawing.texts)])
    assert "mmHg" in words
    assert "mmhg" not in words


def test_baujat_is_metafors():
    points = baujat_points(BCG[0], BCG[1])
    assert [point.x for point in points] == pytest.approx(METAFOR["baujat"]["x"], rel=2e-4)  # tau2 to its tolerance
    assert [point.y for point in points] == pytest.approx(METAFOR["baujat"]["y"], rel=2e-3)


def test_radial_is_metafors():
    points = radial_points(BCG[0], BCG[1], STYLE).points
    assert [point.x for point in points] == pytest.approx(METAFOR["radial"]["x"], rel=1e-4)
    assert [point.y for point in points] == pytest.approx(METAFOR["radial"]["y"], rel=1e-4)


def test_a_study_of_a_radial_plot_is_read_at_the_right():
    drawing = draw_radial(*BCG)
    ticks = {text.text: text.y for text in drawing.texts if text.gid == "axis/right/label"}
    line = next(item for item in drawing.items if item.gid == "pooled-line/pooled/line")
    per_log = (ticks["0.2"] - ticks["0.5"]) / log(2.5)
    label_drop = ticks["0.5"] - (line.y2 + per_log * (BCG[1].estimate - log(0.5)))
    assert label_drop == pytest.approx(0.73 * STYLE.size_small / 2, abs=0.02)  # half a capital below its tick


def test_labbe_has_the_risks_as_reported():
    found = {point.key: point for point in labbe_points(BCG[0], STYLE)}
    points = [found[row.study] for row in BCG[0]]
    assert [point.x / 100 for point in points] == pytest.approx(METAFOR["labbe"]["x"], rel=1e-9)
    assert [point.y / 100 for point in points] == pytest.approx(METAFOR["labbe"]["y"], rel=1e-9)
    areas = [item.radius**2 for item in draw_labbe(*BCG).items if isinstance(item, Circle)]
    assert areas == pytest.approx([STYLE.bubble_radius**2 * p.weight / max(q.weight for q in points)
                                   for p in found.values()])  # fmt: skip


@pytest.mark.parametrize("measure", ["RR", "OR", "PETO", "RD", "AS"])
def test_the_curve_of_labbe_is_where_trials_of_that_effect_lie(measure):
    from msc_meta.effects.measures import MEASURES, effect_size

    name = "OR" if measure == "PETO" else measure  # Peto's estimate is near an odds ratio, and read as one
    effect = effect_size(name, event_e=30, n_e=100, event_c=50, n_c=100).yi.item()
    assert experimental_risk(0.5, effect, measure) == pytest.approx(0.3)
    assert MEASURES[measure].arms == "events"


def test_labbe_is_of_risks_only():
    with pytest.raises(ArgumentError, match="the measure is MD"):
        draw_labbe(*examples.discharge())


def test_bubbles_lie_on_the_meta_regression_of_the_result():
    rows, result, _ = BCG
    points = bubble_points(rows, result, latitudes(), "latitude", STYLE)
    fit = meta_regression([r.yi for r in rows], [r.vi for r in rows], list(latitudes().values()), names=["latitude"])
    assert points.fit.coefficients == fit.coefficients
    line = points.fit.predict([15, 30, 45])
    for mine, theirs in (("estimate", "pred"), ("ci_low", "ci_low"), ("ci_high", "ci_high"),
                         ("pi_low", "pi_low"), ("pi_high", "pi_high")):  # fmt: skip
        assert getattr(line, mine) == pytest.approx(METAFOR["bubble"][theirs], abs=2e-4), mine


def test_who_does_not_state_the_moderator_is_named():
    rows, result, info = examples.mortality()
    values = {row.study: float(at) for at, row in enumerate(rows) if row.study != "adas-2021"}
    drawing = draw_bubble(rows, result, info, values=values, moderator="Dose")
    assert "Not stated, not in the plot: Adas 2021." in [text.text for text in drawing.texts]
    assert not [item for item in drawing.items if item.gid.startswith("study/adas-2021")]


def test_large_numbers_of_a_moderator_are_read_in_powers_of_ten():
    rows, result, info = examples.mortality()
    values = {row.study: at * 1e6 for at, row in enumerate(rows)}
    small = {row.study: float(at) for at, row in enumerate(rows)}
    drawn = draw_bubble(rows, result, info, values=values, moderator="Cells")
    plain = draw_bubble(rows, result, info, values=small, moderator="Cells")
    assert "Cells, 10⁶" in [text.text for text in drawn.texts]
    slope = next(text.text for text in plain.texts if "per unit" in text.text)
    assert slope.replace("per unit", "per 10⁶") in [text.text for text in drawn.texts]


@pytest.mark.parametrize("prediction", ["t(k-1)", "t(k-2)", "normal"])
def test_p_functions_cross_the_level_at_the_intervals_of_the_result(prediction):
    rows = BCG[0]
    for ci_method in ("hksj", "wald"):
        result = pool([r.yi for r in rows], [r.vi for r in rows], measure="RR", ci_method=ci_method,
                      prediction=prediction)  # fmt: skip
        found = drapes(rows, result, STYLE)
        assert found.pooled(list(result.ci)) == pytest.approx([0.05, 0.05])
        assert found.prediction(list(result.prediction)) == pytest.approx([0.05, 0.05])
        assert found.pooled([0.0, result.estimate]) == pytest.approx([result.p_value, 1.0])


def test_the_panel_shows_what_influence_says():
    rows, result, _ = examples.mortality()
    pooled = [row for row in rows if row.included]
    table = influence([row.yi for row in pooled], [row.vi for row in pooled])
    points = influence_points(rows, result)
    for one in points.diagnostics:
        assert one.values == pytest.approx(table[one.name].to_numpy()), one.name
    assert list(points.influential) == table["influential"].tolist()
    drawing = draw_influence(*examples.mortality())
    marked = {item.gid.split("/")[1] for item in drawing.items
              if isinstance(item, Polygon) and item.gid.startswith("study/")}  # fmt: skip
    assert marked == {row.study for row, far in zip(pooled, points.influential, strict=True) if far} == {"bowdish-2023"}
    places = {tuple(item.gid.split("/")[1:]) for item in drawing.items if item.gid.startswith("study/")}
    assert places == {(row.study, one.name) for row in pooled for one in points.diagnostics}


def test_the_timeline_ends_at_the_pooled_effect_and_is_metafors():
    rows, result, _ = BCG
    steps = timeline_of(rows, result).steps
    assert steps[-1].result.estimate == pytest.approx(result.estimate)
    assert steps[-1].result.ci == pytest.approx(result.ci)
    assert steps[-1].participants == sum(row.e.n + row.c.n for row in rows)
    years = [step.year for step in steps]
    assert years == sorted({row.year for row in rows})
    last_of_year = [at for at, row in enumerate(sorted(rows, key=lambda row: row.year)) if at + 1 in
                    {step.result.k for step in steps}]  # fmt: skip
    expected = np.array(METAFOR["cumulative"]["estimate"])[last_of_year]
    assert [step.result.estimate for step in steps] == pytest.approx(expected, abs=2e-4)


def test_studies_without_a_year_or_patients_are_named_in_the_timeline():
    rows, result, info = examples.mortality()
    rows = [replace(rows[0], year=None), replace(rows[1], e=ArmNumbers()), *rows[2:]]
    said = draw_timeline(rows, result, info).description
    assert f"Without a year, not in the timeline: {rows[0].label}." in said
    assert f"Participants not known: {rows[1].label}." in said


def test_trim_and_fill_adds_open_circles_and_says_what_it_is():
    rows, result, info = BCG
    filled = filled_studies(rows, result)
    assert filled.k0 == METAFOR["filled"]["k0"]
    assert filled.result.estimate == pytest.approx(METAFOR["filled"]["estimate"], abs=2e-4)
    drawing = draw_funnel(rows, result, info, trim_and_fill=True)
    circles = [item for item in drawing.items if item.gid.startswith("filled/")]
    assert [circle.fill for circle in circles] == [STYLE.paper] * filled.k0
    assert "a sensitivity analysis, not a corrected result" in drawing.description
    assert drawing.data[-1][0] == "filled 1"


def test_groups_differ_in_shape_and_not_in_colour_alone():
    rows, result, info = examples.mortality()
    case = (rows, result, info)
    drawing = draw_funnel(*case, by=by_parity(case), by_title="Group")
    shown = {}
    for item in drawing.items:
        if item.gid.startswith("study/") and item.gid.endswith("/point"):
            shape = "circle" if isinstance(item, Circle) else len(item.points), item.points[0][1] if isinstance(
                item, Polygon) else 0  # fmt: skip
            shown.setdefault(by_parity(case)[item.gid.split("/")[1]], set()).add((shape[0], item.fill))
    assert all(len(looks) == 1 for looks in shown.values())
    assert len({fill for looks in shown.values() for _, fill in looks}) == len(shown) == 4
    with pytest.raises(ArgumentError, match="Group has 12 values"):
        draw_funnel(*case, by={row.study: row.study for row in rows}, by_title="Group")


def test_further_limits_are_told_apart_in_words_and_dashes():
    case = examples.mortality()
    drawing = draw_funnel(*case, limits=(0.99, 0.8))
    assert "dashed: pseudo 95% limits, dotted: 99%, dash-dotted: 80%" in drawing.description
    lines = [item for item in drawing.items if item.gid == "limits/limits/line"]
    assert len({line.dash for line in lines}) == 3
    assert [line.x2 - lines[0].x1 for line in lines[2:4]] == pytest.approx(
        [(line.x2 - lines[0].x1) * 2.5758293 / 1.959964 for line in lines[:2]]
    )
    with pytest.raises(ArgumentError, match="limits has 3 levels; 2 can be told apart"):
        draw_funnel(*case, limits=(0.99, 0.8, 0.5))


def test_the_words_are_of_the_axis_that_is_drawn():
    case = examples.mortality()
    assert "down: patients, from 17 to 222. " in draw_funnel(*case, y="n").description
    errors = [row.vi**0.5 for row in case[0] if row.included]
    precise = f"standard error of the log risk ratio), from {1 / max(errors):.3g} to {1 / min(errors):.3g}. "
    assert precise in draw_funnel(*case, y="1/se").description


def test_a_funnel_of_patients_needs_them():
    rows, result, info = examples.mortality()
    silent = [replace(rows[0], e=ArmNumbers(), c=ArmNumbers()), *rows[1:]]
    with pytest.raises(ArgumentError, match="not known of Adas 2021"):
        draw_funnel(silent, result, info, y="n")
    with pytest.raises(ArgumentError, match="y is 'size'; it may be se, 1/se, n"):
        draw_funnel(rows, result, info, y="size")


@pytest.mark.parametrize("name", [name for name in DRAWINGS if name.split()[0] in {"funnel", "precision", "size"}])
def test_every_study_of_a_funnel_lies_between_the_axes(name):
    drawing = DRAWINGS[name]
    axes = [item for item in drawing.items if item.gid == "axis/axis/line"]
    points = [item for item in drawing.items if item.gid.startswith(("study/", "filled/")) and
              item.gid.endswith("/point")]  # fmt: skip
    assert bool(axes) == bool(points)
    for point in points:
        x, y = np.mean(corners(point), axis=0)
        assert axes[0].x1 < x < axes[0].x2, point.gid
        assert axes[1].y1 < y <= axes[1].y2, point.gid


@pytest.mark.parametrize(
    ("row", "state"),
    [
        ({"standing": "pooled"}, "pooled"),
        ({"standing": "pooled", "conversion": "from median"}, "converted"),
        ({"standing": "not usable", "e": ArmNumbers(median=3), "c": ArmNumbers(median=4)}, "no-spread"),
        ({"standing": "not usable", "e": ArmNumbers(mean=3, sd=1), "c": ArmNumbers(mean=4, sd=1)}, "unusable"),
        ({"standing": "not usable", "e": ArmNumbers(percent=3), "c": ArmNumbers(percent=4)}, "unusable"),
        ({"standing": "not estimable"}, "not-estimable"),
        ({"standing": "no data", "reason": "measured, numbers not reported"}, "no-numbers"),
        ({"standing": "no data", "reason": "registered, no result seen"}, "not-seen"),
        ({"standing": "not eligible"}, "not-eligible"),
    ],
)
def test_every_standing_has_its_symbol(row, state):
    assert state_of(StudyRow(study="a", label="A", year=2020, yi=nan, vi=nan, **row)) == state
    assert state in STATES


def test_symbols_of_the_map_differ_without_colour():
    looks = [(look.shape, look.fill == "paper", look.size) for look in STATES.values()]
    assert len(set(looks)) == len(looks)


def test_the_map_counts_what_it_shows():
    rows = examples.mortality()[0]
    found = evidence_grid({"A": rows, "B": rows[:3]})
    assert sum(found.counts().values()) == len(rows) + 3
    drawing = grid_drawing(found, STYLE)
    markers = [item for item in drawing.items if item.gid.startswith("study/") and not item.gid.endswith("/label")]
    assert len(markers) == len(rows) + 3
    legend = {text.text for text in drawing.texts if text.gid == "legend/legend/label"}
    assert f"pooled as reported ({found.counts()['pooled']})" in legend


def test_a_map_taller_than_a_page_goes_on_with_every_study_once():
    rows = [StudyRow(study=f"s{i}", label=f"Doe {i}", standing="pooled", year=2000) for i in range(110)]
    drawing = grid_drawing(evidence_grid({"Mortality": rows}), STYLE)
    labels = [text.text for page in drawing.pages for text in page.texts if text.gid.endswith("/label")]
    names = [label for label in labels if label.startswith("Doe")]
    assert sorted(names) == sorted(row.label for row in rows)
    assert [page.height for page in drawing.pages] == [STYLE.page_height] * len(drawing.pages)
    assert [label for label in labels if label == "Pooled"] == ["Pooled"]
    for page in drawing.pages:
        frame = Box(0, 0, page.width, page.height)
        assert all(text.box(page.font_family).inside(frame) for text in page.texts)
        assert any(text.text.startswith("pooled as reported") for text in page.texts)


def test_square_root_axes_of_labbe_spread_rare_risks():
    rows, result, info = COUNTED["mortality"]
    rare = [replace(row, e=replace(row.e, n=row.e.n * 40), c=replace(row.c, n=row.c.n * 40)) for row in rows]
    rare[0] = replace(rare[0], e=replace(rare[0].e, n=30))
    far = {}
    for scale in ("linear", "root"):
        drawing = draw_labbe(rare, result, info, scale=scale)
        points = [item for item in drawing.items if isinstance(item, Circle) and item.gid.startswith("study/")]
        low = sorted(drawing.height - point.y for point in points)
        far[scale] = low[-3] - low[0]  # of all trials but the one with a common event
        zero = [text.y for text in drawing.texts if text.gid == "axis/axis/label" and text.text == "0"]
        assert len(zero) == 2
    assert far["root"] > 2 * far["linear"]
    with pytest.raises(ArgumentError, match="scale is 'log'"):
        draw_labbe(rows, result, info, scale="log")
