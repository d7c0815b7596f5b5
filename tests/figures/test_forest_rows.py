"""What a forest plot says, tested on plain rows: no figure is drawn here."""

from __future__ import annotations

from dataclasses import replace
from math import exp, nan

import pytest

from msc_meta.effects.rows import ArmNumbers, StudyRow, to_frame
from msc_meta.figures.footnotes import Footnotes
from msc_meta.figures.forest_rows import forest_rows
from msc_meta.figures.forest_table import ForestRow, ForestTable
from msc_meta.figures.style import load_style
from msc_meta.figures.tables import info_of, rows_of
from msc_meta.figures.text import p_value
from msc_meta.pooling.random_effects import pool
from msc_meta.pooling.results import Interval
from tests.figures import examples

STYLE = load_style()


def table_of(case: examples.Case) -> ForestTable:
    return forest_rows(*case, STYLE)


def row(table: ForestTable, key: str) -> ForestRow:
    return next(row for row in table.rows if row.key == key)


def text(table: ForestTable, key: str, column: str) -> str:
    return row(table, key).cells[column].text


def squares(table: ForestTable) -> list[float]:
    return [plotted.weight for row in table.rows for plotted in row.plotted.values() if row.kind == "study"]


def test_a_study_shows_its_arms_its_weight_and_its_effect():
    table = table_of(examples.mortality())
    cells = {key: cell.text for key, cell in row(table, "bowdish-2023").cells.items()}
    assert cells == {
        "study": "Bowdish 2023", "events_e": "42", "n_e": "112", "events_c": "47", "n_c": "110",
        "weight": "46.0%", "effect": "0.88 [0.64, 1.21]",
    }  # fmt: skip


def test_totals_count_pooled_studies_only():
    rows, _, _ = case = examples.mortality()
    table = table_of(case)
    pooled = [study for study in rows if study.included]
    assert len(pooled) < len(rows)
    assert text(table, "pooled", "n_e") == str(round(sum(study.e.n for study in pooled)))
    assert text(table, "pooled", "events_c") == str(round(sum(study.c.events for study in pooled)))
    assert text(table, "pooled", "weight") == "100.0%"


def test_the_pooled_effect_is_the_result_on_the_shown_scale():
    rows, result, info = examples.mortality()
    table = forest_rows(rows, result, info, STYLE)
    shown = f"{exp(result.estimate):.2f} [{exp(result.ci.low):.2f}, {exp(result.ci.high):.2f}]"
    assert text(table, "pooled", "effect") == shown
    assert (
        text(table, "prediction", "effect") == f"[{exp(result.prediction.low):.2f}, {exp(result.prediction.high):.2f}]"
    )


@pytest.mark.parametrize(
    "case", [examples.mortality(), examples.discharge(), examples.oxygenation(), examples.nothing()]
)
def test_no_study_of_the_evidence_is_missing(case):
    table = table_of(case)
    keys = [row.key for row in table.rows]
    named = " ".join(table.collapsed)
    for study in case[0]:
        assert keys.count(study.study) + (study.label in named) == 1, study.label


def test_what_is_not_pooled_has_its_reason_and_no_weight():
    table = table_of(examples.mortality())
    left_out = [row for row in table.rows if row.kind == "left-out"]
    assert len(left_out) == 11
    assert all(row.reason and "weight" not in row.cells for row in left_out)
    assert text(table, "shi-2021", "effect") == "not estimable"
    assert text(table, "percent-0", "events_e") == "40%"
    assert row(table, "xu-2021").plotted
    assert table.collapsed[1].startswith("Not eligible (no control arm): Single-arm 2010, ")


def test_medians_and_plain_values_are_shown_as_reported():
    discharge, oxygenation = table_of(examples.discharge()), table_of(examples.oxygenation())
    median = row(discharge, "martinez-munoz-2024").cells["sd_e"]
    assert (median.text, median.span) == ("median 17.5", 2)
    for suffix, shown in (("e", "83.3 (unclear)"), ("c", "57.6 (unclear)")):  # neither mean nor median, so both columns
        cells = row(oxygenation, "martinez-munoz-2024").cells
        assert (cells[f"sd_{suffix}"].text, cells[f"sd_{suffix}"].span) == (shown, 2)
        assert f"mean_{suffix}" not in cells


def test_quartiles_and_a_foreign_unit_are_shown_too():
    rows, result, info = examples.discharge()
    arm = ArmNumbers(n=9, median=2, q1=1.5, q3=3)
    rows[2] = replace(rows[2], e=arm, c=arm, unit="weeks", reason="no SD")
    table = forest_rows(rows, result, info, STYLE)
    assert text(table, "martinez-munoz-2024", "sd_e") == "median 2 (1.5–3)"
    assert row(table, "martinez-munoz-2024").reason == "in weeks: no SD"


def test_the_outcomes_own_unit_is_not_repeated():
    assert row(table_of(examples.discharge()), "martinez-munoz-2024").reason.startswith("medians without")


def test_a_percentage_without_its_patients_stands_among_the_events():
    rows, result, info = examples.mortality()
    rows[-1] = replace(rows[-1], standing="not usable", e=ArmNumbers(n=11, percent=36), c=ArmNumbers(percent=54.5))
    cells = row(forest_rows(rows, result, info, STYLE), rows[-1].study).cells
    assert [cells[name].text for name in ("events_e", "n_e", "events_c")] == ["36%", "11", "54.5%"]


def test_converted_values_are_marked_and_explained():
    table = table_of(examples.discharge())
    cells = row(table, "zhu-2021").cells
    assert (cells["mean_e"].mark, cells["study"].mark) == ("†", "†,a")
    assert [note.mark for note in table.footnotes] == ["†", "a"]
    assert table.footnotes[0].text == examples.CONVERTED


def test_different_conversions_have_different_marks_at_the_cells_they_concern():
    rows, result, info = examples.discharge()
    hours, error = "hours to days", "SD from the standard error"
    rows[0] = replace(
        rows[0],
        e=replace(rows[0].e, conversion=hours),
        c=replace(rows[0].c, conversion=f"{hours}; {error}"),
        conversion=f"{hours}; {error}",
    )
    table = forest_rows(rows, result, info, STYLE)
    assert [(note.mark, note.text) for note in table.footnotes][:3] == [
        ("†", "Hours to days."), ("‡", f"{error}."), ("§", examples.CONVERTED),
    ]  # fmt: skip
    cells = row(table, "shu-2020").cells
    assert {key: cell.mark for key, cell in cells.items() if cell.mark} == {
        "study": "†,‡", "mean_e": "†", "sd_e": "†", "mean_c": "†", "sd_c": "†,‡",
    }  # fmt: skip
    assert row(table, "zhu-2021").cells["mean_c"].mark == "§"


def test_marks_never_run_out():
    notes = Footnotes(replace(STYLE, daggers="†‡"))
    assert [notes.daggers([f"step {i}"]) for i in range(5)] == ["†", "‡", "††", "‡‡", "†††"]
    letters = [notes.letters([f"sentence {i}"]) for i in range(54)]
    assert letters[:3] + letters[25:28] + letters[52:] == ["a", "b", "c", "z", "aa", "ab", "ba", "bb"]
    assert notes.letters(["sentence 30", "sentence 1", "sentence 2", "sentence 2"]) == "b,c,ae"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("hours to days", "Hours to days."),
        ("kPa to mmHg", "kPa to mmHg."),
        ("mg per kg", "mg per kg."),
        ("p-value to SE", "p-value to SE."),
        ("h to days", "h to days."),
        ("change of -5.86 by day 7-14.", "Change of −5.86 by day 7-14."),
        ("μg to mg", "μg to mg."),
    ],
)
def test_a_footnote_begins_with_a_capital_unless_that_changes_a_unit(written, shown):
    notes = Footnotes(STYLE)
    notes.daggers([written])
    assert notes.listed()[0].text == shown


def test_negative_numbers_in_sentences_have_the_figures_minus_sign():
    rows, result, info = examples.discharge()
    result = replace(result, notes=("Wald's (-5.86 to -1.2), COVID-19.",))
    rows[2] = replace(rows[2], reason="change of -3 only")
    table = forest_rows(rows, result, replace(info, notes=("From -1.",)), STYLE)
    assert table.notes == ("From −1.", "Wald's (−5.86 to −1.2), COVID-19.")
    assert row(table, "martinez-munoz-2024").reason == "change of −3 only"


def test_large_numbers_have_three_digits():
    rows, result, info = examples.discharge()
    result = replace(result, tau2=1534.6, tau2_ci=Interval(0.0, 141412.2))
    assert "Tau² = 1530 [0.00, 141000];" in forest_rows(rows, result, info, STYLE).summary[0]


def test_the_same_sentence_keeps_its_letter():
    table = table_of(examples.mortality())
    assert row(table, "fathi-kazerooni-2022").cells["study"].mark == "a"
    assert row(table, "lanzoni-2021").cells["study"].mark == "a,b"
    assert [note.mark for note in table.footnotes] == ["a", "b", "c"]


@pytest.mark.parametrize(("better", "left"), [("lower", "Favours MSC"), ("higher", "Favours Control")])
def test_favours_follows_from_which_direction_is_good(better, left):
    rows, result, info = examples.mortality()
    table = forest_rows(rows, result, replace(info, better=better), STYLE)
    assert table.graphs[0].favours[0] == left


def test_one_study_is_an_answer_without_a_diamond():
    table = table_of(examples.oxygenation())
    assert {row.kind for row in table.rows} == {"study", "sentence", "left-out"}
    assert "One study" in row(table, "answer").reason
    assert (table.summary, table.graphs[0].pooled) == ((), None)


def test_no_study_says_so():
    table = table_of(examples.nothing())
    assert {row.kind for row in table.rows} == {"sentence", "left-out"}
    assert row(table, "answer").reason == "No study can be pooled."


def test_two_studies_have_no_prediction_interval():
    assert "prediction" not in {row.kind for row in table_of(examples.discharge()).rows}


def test_heterogeneity_test_and_method_are_said():
    rows, result, info = examples.mortality()
    heterogeneity, test, method = forest_rows(rows, result, info, STYLE).summary
    assert f"Chi² = {result.q:.2f}, df = {result.q_df} ({p_value(result.q_p, STYLE)})" in heterogeneity
    assert f"I² = {result.i2:.0f}%" in heterogeneity
    assert f"t = −{abs(result.statistic):.2f}, df = 11" in test
    assert "REML" in method
    assert "Hartung-Knapp" in method


def test_equal_labels_stay_two_rows():
    rows, result, info = examples.many(3)
    rows = [replace(study, label="Smith 2020") for study in rows]
    assert [row.key for row in forest_rows(rows, result, info, STYLE).rows][:3] == ["study-0", "study-1", "study-2"]


def test_medians_have_columns_of_their_own():
    arm = ArmNumbers(n=10, median=17.5)
    study = StudyRow(study="a", label="A", year=None, standing="pooled", yi=-0.47, vi=0.05, e=arm, c=arm, weight=100)
    _, result = examples.weighted([study], "LRM")
    keys = [column.key for column in forest_rows([study], result, examples.FigureInfo(), STYLE).columns]
    assert keys == ["study", "median_e", "n_e", "median_c", "n_c", "weight", "effect", "graph"]


def test_a_frame_and_rows_say_the_same():
    rows, result, info = examples.discharge()
    from_frame = rows_of(to_frame(rows), result)
    # repr, because nan is not equal to itself
    assert repr(forest_rows(from_frame, result, info, STYLE)) == repr(forest_rows(rows, result, info, STYLE))


def test_missing_weights_come_from_the_result():
    rows, result, info = examples.mortality()
    blank = [replace(study, weight=nan) for study in rows]
    shown = forest_rows(rows_of(blank, result), result, info, STYLE)
    given = forest_rows(rows, result, info, STYLE)
    assert [row.cells for row in shown.rows] == [row.cells for row in given.rows]
    assert squares(shown) == pytest.approx(squares(given), rel=1e-14)  # the same sum in another order


def test_a_table_of_another_analysis_is_refused():
    rows, result, _ = examples.mortality()
    with pytest.raises(ValueError, match="11 included rows, but the result pools 12 studies"):
        rows_of(rows[1:], result)


def test_arm_names_come_from_the_table_where_they_agree():
    rows, _, _ = examples.many(2)
    rows = [
        replace(study, e=replace(study.e, label="UC-MSC"), c=replace(study.c, label=f"care {study.study}"))
        for study in rows
    ]
    info = info_of(rows)
    assert (info.experimental, info.control) == ("UC-MSC", "Control")


def test_a_sorted_table_keeps_each_studys_weight():
    rows = [
        StudyRow(study=name, label=name, year=2020, standing="pooled", yi=yi, vi=vi)
        for name, yi, vi in (("a", -0.5, 0.02), ("b", 0.1, 0.3), ("c", -0.2, 0.1))
    ]
    result = pool([row.yi for row in rows], [row.vi for row in rows], measure="RR")
    weights = {row.study: row.weight for row in rows_of(rows, result)}
    turned = {row.study: row.weight for row in rows_of(rows[::-1], result)}
    assert turned == pytest.approx(weights)
    assert list(weights.values()) == pytest.approx(result.weights)


def test_the_result_of_another_table_is_refused():
    rows = [
        StudyRow(study=name, label=name, year=2020, standing="pooled", yi=yi, vi=0.1)
        for name, yi in (("a", 1), ("b", 2))
    ]
    with pytest.raises(ValueError, match="is the result of another table"):
        rows_of(rows, pool([3, 4], [0.1, 0.1]))
