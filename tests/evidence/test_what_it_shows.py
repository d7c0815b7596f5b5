"""What the real evidence must show: the answers that a reader relies on, and the gaps that must be visible."""

from __future__ import annotations

import json
from math import exp
from pathlib import Path

import pytest

from msc_meta.effects.table import study_rows
from msc_meta.loading import load_studies
from msc_meta.protocol_files import load_protocol
from msc_meta.synthesis import synthesize


@pytest.fixture(scope="module")
def synthesis(project):
    return synthesize(load_studies(project / "studies"))


@pytest.mark.parametrize("outcome", ["mortality", "discharge_time"])
def test_the_main_results_are_those_of_metafor(synthesis, outcome):
    pinned = json.loads(Path(__file__).with_name("metafor.json").read_text())[outcome]
    result = synthesis[outcome].result
    ours = {name: getattr(result, name) for name in ("k", "estimate", "se", "p_value", "tau2", "i2", "q", "q_p")}
    ours |= {"ci_low": result.ci.low, "ci_high": result.ci.high}
    # metafor stops its iterations at a change of 1e-13; tau2 near 0 carries that into the seventh digit of I2
    assert ours == pytest.approx(pinned, rel=1e-7, abs=1e-9)


def row(synthesis, outcome, study):
    (found,) = [row for row in synthesis[outcome].rows if row.study == study]
    return found


def test_mortality_rests_on_a_dozen_randomised_trials(synthesis):
    mortality = synthesis["mortality"]
    assert sorted(row.study for row in mortality.pooled) == [
        "bellingan-2022", "bowdish-2023", "dilogo-2021", "ichikado-2023", "lanzoni-2021", "matthay-2019",
        "monsel-2022", "rebelatto-2022", "shu-2020", "zarrabi-2023", "zheng-2014", "zhu-2021",
    ]  # fmt: skip
    counts = {row.study: (row.e.events, row.e.n, row.c.events, row.c.n) for row in mortality.pooled}
    assert counts["bowdish-2023"] == (42, 112, 47, 110)
    assert counts["dilogo-2021"] == (10, 20, 16, 20), "deaths are patients less survivors"
    assert counts["zarrabi-2023"] == (3, 19, 8, 24), "two experimental arms, the control counted once"


@pytest.mark.parametrize(("study", "used"), [("lanzoni-2021", (2, 7)), ("bellingan-2022", (5, 4))])
def test_conflicts_are_visible_and_the_other_report_is_a_sensitivity_analysis(synthesis, study, used):
    found = row(synthesis, "mortality", study)
    assert (found.e.events, found.c.events) == used
    assert any(mark.startswith("Reports disagree;") for mark in found.marks)
    assert found.other_reports >= 2
    other = next(row for row in synthesis["mortality"].sensitivity["other-reports"].rows if row.study == study)
    assert other.included
    assert (other.e.events, other.c.events) == {"lanzoni-2021": (1, 7), "bellingan-2022": (2, 4)}[study]


def test_a_trial_without_deaths_is_shown_as_not_estimable(synthesis):
    found = row(synthesis, "mortality", "shi-2021")
    assert (found.standing, found.e.events, found.e.n, found.c.events, found.c.n) == ("not estimable", 0, 65, 0, 35)


def test_smaller_denominators_are_said(synthesis):
    marks = " ".join(row(synthesis, "mortality", "ichikado-2023").marks)
    assert "Not all randomised patients are counted: 19 of 20" in marks
    assert "7 of 10" in marks


def test_a_companion_report_is_never_pooled(synthesis):
    for outcome in synthesis:
        assert row(synthesis, outcome, "shi-2022").reason.startswith("same patients as Shi 2021")


def test_stay_rests_on_converted_medians_and_says_so(synthesis):
    stay = synthesis["discharge_time"]
    assert sorted(row.study for row in stay.pooled) == ["shu-2020", "zhu-2021"]
    assert all("from median and quartiles" in row.conversion for row in stay.pooled)


def test_the_seeds_medians_are_shown_and_pooled_in_a_named_sensitivity_analysis(synthesis):
    seed = row(synthesis, "discharge_time", "martinez-munoz-2024")
    assert (seed.standing, seed.e.median, seed.c.median, seed.p_value) == ("not usable", 17.5, 28, 0.042)
    assert "reported P = 0.042" in seed.reason
    variant = synthesis["discharge_time"].sensitivity["ratio-of-medians"]
    pooled = {row.study: row for row in variant.rows if row.included}
    assert sorted(pooled) == ["martinez-munoz-2024", "shu-2020", "zhu-2021"]
    assert exp(pooled["martinez-munoz-2024"].yi) == pytest.approx(17.5 / 28)


def test_oxygenation_rests_on_one_trial_and_says_so(synthesis):
    oxygenation = synthesis["oxygenation"]
    assert [row.study for row in oxygenation.pooled] == ["monsel-2022"]
    assert "one trial alone has usable data (Monsel 2022)" in oxygenation.finding
    seed = row(synthesis, "oxygenation", "martinez-munoz-2024")
    assert (seed.standing, seed.e.value, seed.c.value) == ("not usable", 83.3, 57.6)
    assert "no measure of spread" in seed.reason
    assert row(synthesis, "oxygenation", "gorman-2023").quantity == "oxygenation_index"


def test_a_sensitivity_analysis_is_the_same_done_alone(synthesis, project):
    """Analyses share what they have in common; that must never show."""
    evidence, protocol = load_studies(project / "studies"), load_protocol()
    for name, outcome in synthesis.items():
        for variant in outcome.rules.sensitivity:
            alone = study_rows(evidence, protocol.varied(name, variant), name)
            shared = outcome.sensitivity[variant.id].rows
            assert [repr(row) for row in shared] == [repr(row) for row in alone], variant.id


def test_nothing_is_lost(synthesis, project):
    ids = {path.stem for path in (project / "studies").glob("*.yaml")}
    for outcome in synthesis.values():
        assert {row.study for row in outcome.rows} == ids
        assert all(row.included or row.reason for row in outcome.rows)
