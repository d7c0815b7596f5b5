"""What a forest plot can show: columns, order, subgroups, refits, outcomes; its numbers are those of pooling."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd
import pytest
from scipy.stats import norm

import msc_meta as mm
from msc_meta.errors import MscMetaError, UsageError
from msc_meta.figures.effect_text import EffectText, effect_of
from msc_meta.figures.forest_choices import ForestChoices, chosen_table, forest_choices
from msc_meta.figures.forest_rows import forest_rows
from msc_meta.figures.forest_table import FigureInfo, Graph
from msc_meta.figures.outcome_tables import arm_names, figure_info, forest_table_of, shared_table
from msc_meta.figures.risk_of_bias_cells import NOT_ASSESSED
from msc_meta.figures.row_order import in_order
from msc_meta.figures.style import load_style
from msc_meta.figures.table_fields import frame_fields, row_fields
from msc_meta.study_fields import StudyFields
from tests.figures import examples

LOOK = load_style("cochrane")


@pytest.fixture(scope="module")
def synthesis(project):
    return mm.synthesize(mm.load_studies(project / "studies"), sensitivity=False)


@pytest.fixture(scope="module")
def mortality(synthesis):
    return synthesis["mortality"]


def table(outcome, **choices):
    return forest_table_of(outcome, forest_choices(**choices), LOOK)


def studies(shown):
    return [row for row in shown.rows if row.kind == "study"]


def only(shown, kind):
    (row,) = [row for row in shown.rows if row.kind == kind]
    return row


def arrays(outcome):
    return [row.yi for row in outcome.pooled], [row.vi for row in outcome.pooled]


# order


@pytest.mark.parametrize("by", ["effect", "-effect", "weight", "year", "label", "dose", "rob", "severity", "-day"])
def test_an_order_moves_studies_and_changes_no_number(mortality, by):
    usual, sorted_ = table(mortality), table(mortality, sort=by)
    assert only(sorted_, "pooled").cells == only(usual, "pooled").cells
    assert sorted_.summary == usual.summary
    effects = {row.key: row.cells["effect"] for row in studies(usual)}
    assert {row.key: row.cells["effect"] for row in studies(sorted_)} == effects
    assert [row.key for row in studies(sorted_)] != [row.key for row in studies(usual)] or by == "label"


def test_an_order_is_ascending_stable_and_turned_round_by_a_minus(mortality):
    fields = row_fields(mortality.rows)
    by_year, _ = in_order(mortality.pooled, "year", fields)
    assert [row.year for row in by_year] == sorted(row.year for row in mortality.pooled)
    for year in {row.year for row in by_year}:
        alike = [row.study for row in mortality.pooled if row.year == year]
        assert [row.study for row in by_year if row.year == year] == alike
    assert [row.yi for row in in_order(mortality.pooled, "-effect", fields)[0]] == sorted(
        (row.yi for row in mortality.pooled), reverse=True
    )


@pytest.mark.parametrize("by", ["day", "-day"])
def test_what_is_not_stated_comes_last_and_is_named(mortality, by):
    shown = table(mortality, sort=by)
    silent = [row for row in mortality.pooled if math.isnan(row.day)]
    assert silent
    assert {row.key for row in studies(shown)[-len(silent) :]} == {row.study for row in silent}
    (note,) = [note for note in shown.notes if "not stated, and so last" in note]
    assert all(row.label in note for row in silent)


# columns


def test_a_field_is_added_or_the_whole_list_is_given(mortality):
    added = table(mortality, columns="year,dose")
    assert [column.key for column in added.columns][:3] == ["study", "field.year", "field.dose"]
    assert "weight" in {column.key for column in added.columns}
    whole = table(mortality, columns="study,effect,severity")
    assert [column.key for column in whole.columns] == ["study", "effect", "field.severity", "graph"]
    assert "weight" not in {column.key for column in table(mortality, columns="-weight").columns}


def test_a_field_shows_what_the_record_says(mortality):
    shown = {row.key: row for row in studies(table(mortality, columns="year,arms.msc.source,centres,severity"))}
    for key, row in shown.items():
        study = mortality.studies[key]
        assert row.cells["field.year"].text == str(study.year)
        assert row.cells["field.centres"].text == str(study.design.centres or "–")
        stated = study.population.severity
        assert row.cells["field.severity"].text == ("–" if stated == "not-stated" else stated)
        if "msc" in study.arms:
            assert row.cells["field.arms.msc.source"].text == study.arms["msc"].source


def test_numbers_of_the_analysis_as_columns(mortality):
    shown = table(mortality, columns="patients,se,z,p")
    for row, source in zip(studies(shown), mortality.pooled, strict=True):
        assert row.cells["own.patients"].text == f"{source.e.n + source.c.n:.0f}"
        z = source.yi / math.sqrt(source.vi)
        assert float(row.cells["own.z"].text.replace("−", "-")) == pytest.approx(z, abs=0.005)
        assert float(row.cells["own.p"].text) == pytest.approx(2 * norm.sf(abs(z)), abs=0.005)
    patients = sum(row.e.n + row.c.n for row in mortality.pooled)
    assert only(shown, "pooled").cells["own.patients"].text == f"{patients:.0f}"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("severty", "did you mean severity"),
        ("ci", "outcomes.arms.ci or outcomes.between.ci"),
        ("qqq", "--list-columns"),
    ],
)
def test_a_name_that_is_no_field_is_refused(mortality, name, says):
    with pytest.raises(UsageError, match=says):
        table(mortality, columns=name)


def test_a_column_of_a_table_is_a_field():
    rows, result, info = examples.mortality()
    data = pd.DataFrame([row.to_flat() | {"funding": "public"} for row in rows])
    shown = chosen_table(rows, result, info, LOOK, ForestChoices(columns=("funding",)), frame_fields(data))
    assert {row.cells["field.funding"].text for row in studies(shown)} == {"public"}
    with pytest.raises(UsageError, match="did you mean funding"):
        chosen_table(rows, result, info, LOOK, ForestChoices(columns=("fundin",)), frame_fields(data))


# risk of bias


def test_risk_of_bias_is_what_was_published(mortality):
    shown = table(mortality, columns="rob")
    fields = StudyFields(mortality.studies, mortality.rows, "mortality", mortality.eligibility)
    tool = fields.tools()[0]
    columns = [column for column in shown.columns if column.key.startswith("rob.")]
    assert [column.header for column in columns] == [f"D{place}" for place in range(1, 8)]
    assert {column.kind for column in columns} == {"judgement"}
    for row in studies(shown):
        published = {one.tool: one.domains for one in mortality.studies[row.key].risk_of_bias}.get(tool, {})
        for column in columns:
            said = published.get(column.key.removeprefix("rob."), NOT_ASSESSED)
            assert row.cells[column.key].text == said
            assert bool(row.cells[column.key].judgement) == (said != NOT_ASSESSED)
    (note,) = [note for note in shown.notes if note.startswith("Risk of bias")]
    assert "D7 other bias" in note


# subgroups


@pytest.mark.parametrize("trait", ["source", "severity", "masking"])
def test_subgroups_are_those_of_the_analysis(mortality, trait):
    shown, found = table(mortality, subgroup=trait), mortality.subgroups[trait]
    write = EffectText.of(mortality.rows, "RR", LOOK)
    headings = {row.label.lower() for row in shown.rows if row.kind == "heading"}
    assert headings - {"not stated"} == {name.lower() for name in found.results}
    subtotals = {row.key.removeprefix("subtotal/"): row for row in shown.rows if row.kind == "subtotal"}
    assert subtotals.keys() == {name for name, result in found.results.items() if result.k > 1}
    for name, row in subtotals.items():
        assert row.plotted["graph"].effect.estimate == pytest.approx(found[name].estimate, abs=1e-9)
        assert row.plotted["graph"].effect.low == pytest.approx(found[name].ci.low, abs=1e-9)
        assert row.cells["effect"].text == write.effect(effect_of(found[name]))
    (test,) = [line for line in shown.summary if "subgroup differences" in line]
    assert f"F = {found.q_between:.2f}, df = {found.df} and {found.df2}" in test
    assert only(shown, "pooled") == only(table(mortality), "pooled")


def test_every_study_has_its_group_and_weights_add_up(mortality):
    shown = table(mortality, subgroup="severity")
    assert sorted(row.key for row in studies(shown)) == sorted(row.study for row in mortality.pooled)
    weights = {row.study: row.weight for row in mortality.pooled}
    group, added = [], 0.0
    for row in shown.rows:
        if row.kind == "heading":
            group = []
        elif row.kind == "study":
            group.append(weights[row.key])
        elif row.kind == "subtotal":
            assert row.plotted["graph"].weight == pytest.approx(sum(group))
        if row.kind == "text" and "One study" in row.label:
            assert len(group) == 1
        added += weights.get(row.key, 0.0) if row.kind == "study" else 0.0
    assert added == pytest.approx(100)
    assert [row.label for row in shown.rows if row.kind == "heading"][-1] == "Not stated"


# refits


def test_cumulative_rows_are_those_of_cumulative_and_end_at_the_total(mortality):
    shown = table(mortality, cumulative=True)
    yi, vi = arrays(mortality)
    steps = mm.cumulative(yi, vi, measure="RR", order=[row.year for row in mortality.pooled])
    effects = [row.plotted["graph"].effect for row in studies(shown)]
    assert [effect.estimate for effect in effects] == pytest.approx(list(steps["estimate"]))
    assert [effect.high for effect in effects] == pytest.approx(list(steps["ci_high"]))
    assert [row.cells["k"].text for row in studies(shown)] == [str(k) for k in steps["k"]]
    last, total = studies(shown)[-1], only(shown, "pooled")
    assert effects[-1].estimate == pytest.approx(mortality.result.estimate)
    for name in ("k", "effect", "p", "i2", "tau2"):
        assert last.cells[name] == total.cells[name]


def test_leave_one_out_rows_are_those_of_leave_one_out(mortality):
    shown = table(mortality, leave_one_out=True)
    steps = mm.leave_one_out(*arrays(mortality), measure="RR")
    effects = [row.plotted["graph"].effect for row in studies(shown)]
    assert [effect.estimate for effect in effects] == pytest.approx(list(steps["estimate"]))
    assert [row.key for row in studies(shown)] == [row.study for row in mortality.pooled]


# several outcomes


def test_outcomes_side_by_side_keep_their_answers(synthesis):
    outcomes = list(synthesis.values())
    shown = shared_table(outcomes, ForestChoices(columns=("year",)), LOOK)
    total = only(shown, "pooled")
    for outcome in outcomes:
        key = f"{outcome.name}.graph"
        plotted = {row.key for row in studies(shown) if key in row.plotted}
        assert plotted == {row.study for row in outcome.pooled}
        if outcome.result.k > 1:
            assert total.plotted[key].effect == effect_of(outcome.result)
    everyone = {row.study for outcome in outcomes for row in outcome.pooled}
    assert {row.key for row in studies(shown)} == everyone
    assert [column.key for column in shown.columns if isinstance(column, Graph)] == [
        f"{o.name}.graph" for o in outcomes
    ]
    with pytest.raises(UsageError, match="draw each on its own"):
        shared_table(outcomes, ForestChoices(subgroup="source"), LOOK)


# choices


def test_a_band_is_given_as_printed(mortality):
    (graph,) = table(mortality, minimal_important=(0.8, 1.25)).graphs
    assert graph.minimal_important == pytest.approx((math.log(0.8), math.log(1.25)))
    for wrong in ((1.25, 0.8), (0, 1.25), (1.1, 1.2)):
        with pytest.raises(UsageError, match="minimal important difference"):
            table(mortality, minimal_important=wrong)


def test_the_prediction_interval_is_a_line_a_bar_or_nothing(mortality):
    assert only(table(mortality, prediction="bar"), "prediction").plotted["graph"].shape == "prediction-bar"
    assert not [row for row in table(mortality, prediction="none").rows if row.kind == "prediction"]


def test_studies_that_are_not_shown_are_counted(mortality):
    shown = table(mortality, left_out=False)
    assert not [row for row in shown.rows if row.kind == "left-out"]
    number = len({row.study for row in mortality.rows if not row.included})
    assert f"Not shown: {number} studies that are not pooled." in shown.notes


@pytest.mark.parametrize(
    ("choices", "says"),
    [
        ({"subgroup": "source", "cumulative": True}, "choose one"),
        ({"colums": "year"}, "did you mean columns"),
        ({"prediction": "dots"}, "line, bar, none"),
        ({"width": 3}, "millimetres"),
    ],
)
def test_choices_that_make_no_plot_are_refused(mortality, choices, says):
    with pytest.raises(MscMetaError, match=says):
        mortality.forest(**choices)


def test_one_study_has_nothing_to_group_or_refit(synthesis):
    oxygenation = synthesis["oxygenation"]
    for choices in ({"subgroup": "source"}, {"cumulative": True}, {"leave_one_out": True}):
        assert table(oxygenation, **choices).rows == table(oxygenation).rows


def test_a_notebook_shows_the_answer_and_escapes_what_a_record_says(mortality):
    rows = [replace(row, label="<script>alert(1)</script>") for row in mortality.rows[:40]]
    html = replace(mortality, rows=tuple(rows) + mortality.rows[40:])._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "<svg" in html
    assert "<td" in mortality.result._repr_html_()
    assert f"{mortality.result.display().estimate:.4g}" in html


def test_an_empty_evidence_draws_what_there_is_to_say(mortality):
    none = forest_rows((), mm.pool([], [], measure="RR"), FigureInfo(), LOOK)
    fields = row_fields(())
    shown = chosen_table((), mm.pool([], [], measure="RR"), figure_info(mortality), LOOK, ForestChoices(), fields)
    assert [row.kind for row in shown.rows] == [row.kind for row in none.rows]


# Names of the arms


def test_arms_are_called_as_most_studies_call_them_where_products_are_no_msc(mortality):
    assert arm_names(mortality) == ("MSC", "Control")
    admits = mortality.eligibility.model_copy(update={"products": ("cells", "other")})
    names = ["Aspirin"] * 7 + ["Aspirin 300 mg"] * 5
    rows = [
        replace(row, e=replace(row.e, label=name), c=replace(row.c, label=f"Control {name}"))
        for name, row in zip(names, mortality.pooled, strict=True)
    ]
    review = replace(mortality, eligibility=admits, rows=tuple(rows))
    assert arm_names(review) == ("Aspirin", "Control Aspirin")
    graph = table(review).graphs[0]
    assert graph.favours == ("Favours Aspirin", "Favours Control Aspirin")
    even = replace(review, rows=tuple(replace(row, e=replace(row.e, label=str(i))) for i, row in enumerate(rows)))
    assert arm_names(even) == ("Experimental", "Control Aspirin")


def test_outcomes_side_by_side_have_one_word_between_bounds(synthesis):
    look = load_style("jama")
    pair = [synthesis[name] for name in ("mortality", "discharge_time")]
    shown = shared_table(pair, ForestChoices(), look)
    effects = [cell.text for row in shown.rows for key, cell in row.cells.items() if key.endswith(".effect")]
    assert any("−" not in effect for effect in effects)
    assert all(" to " in effect for effect in effects)
    alone = shared_table(pair[:1], ForestChoices(), look)
    assert not any(" to " in cell.text for row in alone.rows for cell in row.cells.values())
