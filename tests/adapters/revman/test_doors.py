"""One review through both doors, RevMan 5 and RevMan Web, gives one set of records and one protocol."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from tests.adapters.revman.invented import Invented, package, rm5
from tests.adapters.revman.reviews import NAMES, REVIEW, reviews

from msc_meta.adapters.revman import RevMan5, RevManWeb
from msc_meta.hookspecs import Decisions
from msc_meta.loading import check_studies
from msc_meta.testing import check_adapter


def through(review: Invented, folder: Path) -> tuple[list[Any], list[Any], Decisions, Decisions]:
    """Return the records and the decisions of both doors."""
    old, new = folder / "review.rm5", folder / "review.zip"
    old.write_bytes(rm5(review))
    new.write_bytes(package(review))
    one, two = RevMan5(), RevManWeb()
    decided = one.decisions(old), two.decisions(new)
    assert decided[0] is not None
    assert decided[1] is not None
    return list(one.read(old)), list(two.read(new)), *decided


def without_file(value: Any) -> Any:
    """Return a record without the name of the file, which is all that may differ."""
    if isinstance(value, dict):
        return {key: without_file(inner) for key, inner in value.items() if key != "url"}
    return [without_file(inner) for inner in value] if isinstance(value, list) else value


@settings(max_examples=60, deadline=None)
@given(review=reviews())
def test_both_doors_give_the_same(review, tmp_path_factory):
    old, new, decided, decided_too = through(review, tmp_path_factory.mktemp("doors"))
    assert [raw.problems for raw in (*old, *new) if raw.problems] == []
    assert [without_file(raw.data) for raw in old] == [without_file(raw.data) for raw in new]
    assert decided.protocol["outcomes"] == decided_too.protocol["outcomes"]


@settings(max_examples=25, deadline=None)
@given(review=reviews())
def test_every_row_of_a_review_is_in_its_study_s_record(review, tmp_path_factory):
    path = tmp_path_factory.mktemp("rows") / "review.rm5"
    path.write_bytes(rm5(review))
    checked = check_studies(path)
    assert not checked.errors
    assert sorted(study.label for study in checked.studies) == sorted(trial.name for trial in review.trials)
    for number, analysis in enumerate(review.analyses, start=1):
        for line in analysis.lines:
            study = next(study for study in checked.studies if study.label == line.study)
            found = [one for one in study.outcomes if one.source.where.split(",")[0] == f"analysis 1.{number}"]
            numbers = line.numbers
            if analysis.kind == "Continuous" and numbers["n_e"] and numbers["n_c"]:
                means = [(one.arms["experimental"].mean, one.arms["control"].sd) for one in found]
                assert (numbers["mean_e"], numbers["sd_c"]) in means
            elif analysis.kind == "Contrast level":
                assert numbers["se"] in [one.between.se for one in found if one.between]
            else:
                assert found


def test_the_kit_finds_nothing(tmp_path):
    for adapter, name, content in ((RevMan5(), "a.rm5", rm5(REVIEW)), (RevManWeb(), "a.zip", package(REVIEW))):
        path = tmp_path / name
        path.write_bytes(content)
        other = tmp_path / "a.csv"
        other.write_text("x")
        read = check_adapter(adapter, accepts=path, records=5, rejects=other, whole=True)
        assert {raw.data["label"] for raw in read} == set(NAMES)


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16", "ISO-8859-1", "windows-1252", "US-ASCII", "ISO-8859-15"])
def test_every_encoding_gives_the_same(encoding, tmp_path):
    path, other = tmp_path / "a.rm5", tmp_path / "b.rm5"
    path.write_bytes(rm5(REVIEW))
    other.write_bytes(rm5(REVIEW, encoding))
    check_adapter(RevMan5(), accepts=path, same=[other])


def test_what_a_record_holds(tmp_path):
    old, _, decided, _ = through(REVIEW, tmp_path)
    record = next(raw.data for raw in old if raw.data["label"] == "Doe 2020")
    assert record["citation"] == {"authors": ["Doe J", "Roe R"], "title": "Cells in <ARDS> & sepsis", "year": 2020}
    assert record["design"] == {"allocation": "unclear", "note": "Parallel groups"}
    assert record["arms"]["experimental"]["label"] == "Cells"
    (judged,) = record["risk_of_bias"]
    assert judged["domains"] == {"Allocation concealment (selection bias)": "low"}
    assert "sealed envelopes" in judged["support"]
    reports = {one["source"]["where"]: one for one in record["outcomes"]}
    assert reports["analysis 1.1"]["arms"]["control"] == {"n": 42, "events": 8}
    assert reports["analysis 1.1"]["source"]["kind"] == "secondary"
    assert reports["analysis 1.3"]["between"] == {
        "measure": "HR",
        "estimate": pytest.approx(0.7788007830714049),
        "se": 0.2,
    }
    assert reports["analysis 1.4"]["between"]["estimate"] == pytest.approx(2.718281828459045 ** (-2.5 / 2.6))
    assert reports["analysis 1.4"]["arms"]["experimental"] == {"n": 40, "events": 3}
    assert reports["analysis 1.5"]["between"] == {"measure": "GEN", "estimate": -0.4, "se": 0.3}
    assert "analysis 1.6, subgroup bone marrow" in reports
    curve = next(one for raw in old for one in raw.data.get("outcomes", ()) if "from the curve" in one.get("note", ""))
    assert curve["source"]["where"] == "analysis 1.3"
    assert any("Rate ratio" in line for line in decided.left_out)
    assert any("Šťastný 2018 is in no analysis" in line for line in decided.left_out)
