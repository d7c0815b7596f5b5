"""Rows of studies as tables: out and back, and the interval of one study."""

from __future__ import annotations

from dataclasses import fields
from math import nan

import pytest

from msc_meta.effects.rows import ArmNumbers, StudyRow, to_frame


def full_row() -> StudyRow:
    """Return a row in which no two fields have the same value."""
    values = {"label": "MSC", "conversion": "count from a percentage"}
    numbers = [field.name for field in fields(ArmNumbers) if field.name not in values]
    e = ArmNumbers(**values, **{name: 10.0 + at for at, name in enumerate(numbers)})
    c = ArmNumbers(label="placebo", conversion="none", **{name: 50.0 + at for at, name in enumerate(numbers)})
    return StudyRow(
        study="a-2020", label="A 2020", year=2020, standing="pooled", reason="why", e=e, c=c, yi=-0.5, vi=0.04,
        weight=12.5, day=28.0, timepoint="discharge", quantity="pf_ratio", kind="final", unit="mmHg", p_value=0.03,
        conversion="kPa to mmHg", marks=("one mark", "another"), source_kind="primary", source="Table 2",
        other_reports=3,
    )  # fmt: skip


def test_every_field_comes_back_from_a_flat_row():
    row = full_row()
    again = StudyRow.from_flat(row.to_flat())
    for field in fields(StudyRow):
        if field.compare:
            assert getattr(again, field.name) == getattr(row, field.name), field.name
    assert row.to_flat()["sei"] == pytest.approx(0.2)
    assert row.to_flat()["included"] is True


def test_a_flat_row_needs_only_what_is_known():
    row = StudyRow.from_flat({"study": "b-2021", "yi": 0.1, "vi": 0.2, "year": None})
    assert (row.label, row.year, row.standing, row.other_reports, row.marks) == ("b-2021", None, "pooled", 0, ())
    assert StudyRow.from_flat({"study": "b", "yi": 0.1, "vi": 0.2, "included": "False"}).standing == "not usable"
    assert StudyRow.from_flat({"study": "b", "vi": 0.2}).standing == "not usable"
    assert not StudyRow.from_flat({"study": "b", "yi": 0.1}).has_effect
    assert StudyRow.from_flat({"study": "b", "n_e": None, "n_c": "many"}).has_numbers is False


def test_what_a_row_knows():
    row = full_row()
    assert row.included
    assert row.has_effect
    assert row.has_counts
    assert row.has_numbers
    bare = StudyRow(study="b", label="B", year=None, standing="no data")
    assert [bare.included, bare.has_effect, bare.has_counts, bare.has_numbers] == [False] * 4
    assert StudyRow(study="b", label="B", year=None, standing="no data", c=ArmNumbers(q3=1.0)).has_numbers
    half = StudyRow(study="b", label="B", year=None, standing="no data", e=ArmNumbers(events=1.0, n=2.0))
    assert not half.has_counts
    assert bare.to_flat()["sei"] != bare.to_flat()["sei"]  # nan


def test_the_interval_of_a_study_is_walds():
    assert full_row().wald_interval(0.95) == pytest.approx(
        (-0.5 - 0.2 * 1.959963984540054, -0.5 + 0.2 * 1.959963984540054)
    )
    assert full_row().wald_interval(0.9) == pytest.approx(
        (-0.5 - 0.2 * 1.6448536269514722, -0.5 + 0.2 * 1.6448536269514722)
    )


def test_a_frame_has_the_same_columns_with_and_without_rows():
    frame, empty = to_frame([full_row()]), to_frame([])
    assert list(frame.columns) == list(empty.columns)
    assert (len(frame), len(empty)) == (1, 0)
    assert frame["year"].dtype == empty["year"].dtype == "Int64"
    assert frame["event_e"].iloc[0] == full_row().e.events
    assert frame["marks"].iloc[0].count("one mark") == 1
    assert to_frame([StudyRow(study="b", label="B", year=None, standing="no data", day=nan)])["year"].isna().all()
