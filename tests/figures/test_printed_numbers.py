"""Every number that a forest plot of the evidence prints is the one in results.json, in the style's format."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from math import exp, nan
from pathlib import Path
from statistics import NormalDist
from typing import Any
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

import pytest

import msc_meta as mm
from msc_meta.cli import run
from msc_meta.figures.files import file_bytes
from msc_meta.figures.outcome import drawing_of
from msc_meta.figures.style import Style, load_style, style_names
from msc_meta.figures.text import count, interval, number, p_value, percent, ratio, three_digits

SVG = "{http://www.w3.org/2000/svg}"
NUMBERED = {"study", "left-out", "pooled", "prediction", "subtotal"}
WORDS = {"label", "mark", "reason"}  # which hold no number of the analysis
OUTCOMES = ("mortality", "oxygenation", "discharge_time")
Printed = dict[tuple[str, str], str]


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("numbers") / "out"
    assert run(["run", "studies", "-o", str(folder), "--format", "svg"]) == 0
    return folder


@pytest.fixture(scope="module")
def results(output: Path) -> dict[str, Any]:
    return json.loads((output / "results.json").read_text(encoding="utf-8"))["outcomes"]


@pytest.fixture(scope="module")
def synthesis() -> mm.Synthesis:
    return mm.synthesize(mm.load_studies("studies"), sensitivity=False)


def printed(svg: str, outcome: str) -> tuple[Printed, list[str]]:
    """Return the numbers of the rows by row and column, and the lines of the summary."""
    cells: Printed = {}
    summary: list[str] = []
    for group in ET.fromstring(svg).iter(f"{SVG}g"):
        name = group.get("id", "").removeprefix(f"forest-{outcome}-")
        for element in group.iter(f"{SVG}text"):
            part, text = element.get("class", ""), element.text or ""
            if group.get("class") == "summary":
                summary.append(text)
            elif (group.get("class") in NUMBERED or name == "text-total-events") and part not in WORDS:
                cells[name, part] = f"{cells[name, part]} {text}" if (name, part) in cells else text
    return cells, summary


def expected(answer: dict[str, Any], style: Style) -> tuple[Printed, list[str]]:
    """Return the same from the numbers of results.json."""
    log = answer["measure"] in {"RR", "OR", "ROM", "LRM", "HR"}
    largest = max((abs(study["yi"]) for study in answer["studies"]), default=0)
    decimals = style.decimals if log or largest < 10 else style.decimals_large
    z = NormalDist().inv_cdf((1 + answer["level"]) / 2)

    def shown(value: float) -> str:
        return ratio(exp(value), decimals, style) if log else number(value, decimals, style)

    def between(low: float, high: float) -> str:
        return interval(shown(low), shown(high), hyphenless(style, log=log))

    def effect(estimate: float, low: float, high: float) -> str:
        return f"{shown(estimate)} {between(low, high)}"

    cells: Printed = {}
    for kind, studies in (("study", answer["studies"]), ("left-out", answer["excluded"])):
        for study in studies:
            row = f"{kind}-{study['id']}"
            if study.get("vi") is not None:
                half = z * study["vi"] ** 0.5
                cells[row, "effect"] = effect(study["yi"], study["yi"] - half, study["yi"] + half)
            if kind == "study":
                cells[row, "weight"] = percent(study["weight"], style.decimals_weight, style)
                for arm, suffix in (("experimental", "e"), ("control", "c")):
                    cells |= {
                        (row, f"{key}_{suffix}"): text for key, text in arm_cells(study[arm], answer, style).items()
                    }
    if answer["k"] > 1:
        cells["pooled-pooled", "effect"] = effect(answer["estimate"], *answer["ci"])
        cells["pooled-pooled", "weight"] = "100.0%"
        for arm, suffix in (("experimental", "e"), ("control", "c")):
            for key, column in (("n", "n"), ("events", "events")):
                if (f"study-{answer['studies'][0]['id']}", f"{column}_{suffix}") in cells:
                    row = "text-total-events" if key == "events" and style.events_in_row else "pooled-pooled"
                    cells[row, f"{column}_{suffix}"] = count(sum(s[arm][key] for s in answer["studies"]), style)
        if answer["prediction"][0] is not None:
            cells["prediction-prediction", "effect"] = between(*answer["prediction"])
    return cells, [summary_text(answer, style)] if answer["k"] > 1 else []


def arm_cells(arm: dict[str, Any], answer: dict[str, Any], style: Style) -> dict[str, str]:
    """Return what is printed for one arm of a pooled study."""
    if answer["measure"] == "RR":
        return {"events": count(arm["events"], style), "n": count(arm["n"], style)}
    written = {}
    for key in ("mean", "sd"):
        value = arm.get(key, nan)
        written[key] = number(value, style.decimals if abs(value) < 1 else style.decimals_large, style)
    return written | {"n": count(arm["n"], style)}


def hyphenless(style: Style, *, log: bool) -> Style:
    """Return the style without hyphens between bounds where one of them may have a minus sign."""
    return style if log or style.ci_between != "-" else replace(style, ci_between=" to ")


def heterogeneity(answer: dict[str, Any], style: Style) -> str:
    """Return the line of heterogeneity, the style's statistics in its order."""
    style = hyphenless(style, log=answer["measure"] in {"RR", "OR", "ROM", "LRM", "HR"})
    smallest = 10.0**-style.decimals_tau2
    small = 0 < answer["tau2"] < smallest / 2
    tau2 = f"< {number(smallest, 2, style)}" if small else f"= {three_digits(answer['tau2'], 2, style)}"
    bounds = [three_digits(bound, 2, style) for bound in answer["tau2_ci"] if bound is not None]
    words = {
        "tau2": f"Tau² {tau2}",
        "tau2_ci": f"Tau² {tau2} {interval(*bounds, style)}" if bounds else f"Tau² {tau2}",
        "q": f"Chi² = {number(answer['q'], 2, style)}, df = {answer['q_df']} ({p_value(answer['q_p'], style)})",
        "i2": f"I² = {percent(answer['i2'], style.decimals_i2, style)}",
    }
    return f"{style.texts['heterogeneity']}: {'; '.join(words[name] for name in style.heterogeneity)}"


def summary_text(answer: dict[str, Any], style: Style) -> str:
    """Return the first two lines of the summary."""
    test = f"t = {number(answer['statistic'], 2, style)}, df = {answer['df']} ({p_value(answer['p_value'], style)})"
    return f"{heterogeneity(answer, style)} Test for overall effect: {test}"


def differences(svg: str, answer: dict[str, Any], outcome: str, name: str = "cochrane") -> list[str]:
    """Return the places where the plot prints something else than the results hold."""
    style = load_style(name)
    (cells, summary), (wanted, wanted_summary) = printed(svg, outcome), expected(answer, style)
    drawn = {row for row, _ in cells}
    found = []
    for key, text in wanted.items():
        if (key in cells or key[0] in drawn) and cells.get(key) != text:
            found.append(f"{key}: {cells.get(key)} is {text}")
    known = {key for key in cells if key not in wanted and re.search(r"\d", cells[key]) and key[0].startswith("study")}
    found += [f"{key}: {cells[key]} is in no result" for key in sorted(known)]
    found += [f"summary: {line}" for line in wanted_summary if line not in " ".join(summary)]
    return found


def rows(cells: Printed) -> set[str]:
    return {row for row, _ in cells}


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_the_plot_prints_the_results(output, results, outcome):
    svg = (output / f"forest_{outcome}.svg").read_text(encoding="utf-8")
    cells, _ = printed(svg, outcome)
    studies = {row for row in rows(cells) if row.startswith("study-")}
    assert studies == {f"study-{study['id']}" for study in results[outcome]["studies"]}
    assert differences(svg, results[outcome], outcome) == []


@pytest.mark.parametrize("style", style_names())
@pytest.mark.parametrize("outcome", OUTCOMES)
def test_every_style_prints_the_results(synthesis, results, outcome, style):
    svg = file_bytes(drawing_of(synthesis[outcome], "forest", style=style), "svg").decode()
    cells, _ = printed(svg, outcome)
    assert {row for row in rows(cells) if row.startswith("study-")}
    assert differences(svg, results[outcome], outcome, style) == []


@pytest.mark.parametrize("style", style_names())
@pytest.mark.parametrize("trait", ["source", "masking"])
def test_subtotals_and_their_test_are_the_results(synthesis, results, trait, style):
    answer, look = results["mortality"], load_style(style)
    svg = file_bytes(drawing_of(synthesis["mortality"], "forest", subgroup=trait, style=style), "svg").decode()
    assert differences(svg, answer, "mortality", style) == []
    cells, summary = printed(svg, "mortality")
    groups = answer["subgroups"][trait]
    shown = {name.removeprefix("subtotal-subtotal-") for name in rows(cells) if name.startswith("subtotal-")}
    several = {name.replace(" ", "-") for name, fit in groups["results"].items() if fit["k"] > 1}
    assert shown == several
    weights = {study["id"]: study for study in answer["studies"]}
    values = synthesis["mortality"].traits
    for name, fit in groups["results"].items():
        if fit["k"] == 1:
            continue
        row = f"subtotal-subtotal-{name.replace(' ', '-')}"
        low, middle, high = (
            ratio(exp(at), look.decimals, look) for at in (fit["ci"][0], fit["estimate"], fit["ci"][1])
        )
        assert cells[row, "effect"] == f"{middle} {interval(low, high, look)}"
        members = [study for key, study in weights.items() if str(values[key].get(trait)) == name]
        assert len(members) == fit["k"]
        assert cells[row, "weight"] == percent(sum(study["weight"] for study in members), look.decimals_weight, look)
        for suffix, arm in (("e", "experimental"), ("c", "control")):
            for part in ("events", "n"):
                assert cells[row, f"{part}_{suffix}"] == count(sum(study[arm][part] for study in members), look)
        assert f">{escape(heterogeneity(fit, look))}<" in svg
    statistic = f"F = {number(groups['q_between'], 2, look)}, df = {groups['df']} and {groups['df2']}"
    test = f"Test for subgroup differences: {statistic} ({p_value(groups['p_value'], look)})"
    assert test in " ".join(summary)


@pytest.mark.parametrize("outcome", ["mortality", "discharge_time"])
def test_a_changed_digit_is_found(output, results, outcome):
    answer = results[outcome]
    svg = (output / f"forest_{outcome}.svg").read_text(encoding="utf-8")
    body = svg.index("<rect")  # the drawing, not its description
    places = [
        match.start(1) + place
        for match in re.finditer(r'class="(?:events_e|n_c|mean_e|sd_c|weight|effect)"[^>]*>([^<]*\d[^<]*)<', svg)
        if match.start() > body
        for place, letter in enumerate(match[1])
        if letter.isdigit()
    ]
    summary = [
        match.start(1)
        for match in re.finditer(r"<text[^>]*>Heterogeneity: Tau² (?:=|&lt;) (\d)", svg)
        if match.start() > body
    ]
    assert len(places) > 40
    assert summary
    left_out = svg.index(f"forest-{outcome}-heading-left-out")
    places = [place for place in places if place < left_out]
    for place in [*places[:: max(1, len(places) // 25)], *summary]:
        changed = svg[:place] + str((int(svg[place]) + 1) % 10) + svg[place + 1 :]
        assert differences(changed, answer, outcome), svg[place - 20 : place + 5]
