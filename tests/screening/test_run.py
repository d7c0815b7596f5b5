"""A run with a screening file: the figure, its numbers, the report, the manuscript, and what verify finds."""

from __future__ import annotations

import json
import shutil

import pytest

import msc_meta as mm
from msc_meta.cli import run
from msc_meta.report.manuscript import Heading, manuscript
from msc_meta.report.prisma import AUTHORS, checklist


@pytest.fixture(scope="module")
def review(project, tmp_path_factory):
    folder = tmp_path_factory.mktemp("review")
    shutil.copytree(project / "examples/invented-review", folder / "studies")
    assert run(["-q", "run", str(folder / "studies"), "-o", str(folder / "out"), "--format", "svg"]) == 0
    return folder


def test_a_run_draws_the_flow_and_reports_it(review):
    out = review / "out"
    assert {"flow.svg", "flow.csv", "flow.txt"} <= {path.name for path in out.iterdir()}
    flow = json.loads((out / "results.json").read_text())["flow"]
    assert flow["counts"]["screened.records"] == 396
    assert f"(n = {flow['counts']['reports.assessed']})" in (out / "flow.svg").read_text()
    page = (out / "report.html").read_text()
    assert '<section id="selection"' in page
    assert "396 records were screened and 378 excluded." in page


def test_verify_finds_one_changed_digit_and_a_file_that_is_gone(review, capsys):
    command = ["verify", str(review / "out"), "--studies", str(review / "studies")]
    assert run(command) == 0
    file = review / "studies" / "screening.yaml"
    before = file.read_text()
    file.write_text(before.replace("searched: 2026-05-01, records: 210", "searched: 2026-05-02, records: 210"))
    assert run(command) == 1
    assert "different screening: says something else than it did" in capsys.readouterr().out
    file.unlink()
    assert run(command) == 1
    assert "was there in the run, and is not now" in capsys.readouterr().out
    file.write_text(before)
    assert run(command) == 0


def test_without_a_file_nothing_of_it_is_written(review, project, tmp_path):
    for path in (project / "examples/invented-review").glob("*-*.yaml"):
        shutil.copy(path, tmp_path)
    assert run(["-q", "run", str(tmp_path), "-o", str(tmp_path / "out"), "--format", "svg"]) == 0
    assert not list((tmp_path / "out").glob("flow*"))
    assert "flow" not in json.loads((tmp_path / "out" / "results.json").read_text())
    assert 'id="selection"' not in (tmp_path / "out" / "report.html").read_text()
    assert "screening" not in json.loads((tmp_path / "out" / "manifest.json").read_text())


def test_manuscript_and_checklist_have_the_selection(project):
    with_file = mm.synthesize(mm.load_studies(project / "examples/invented-review"))
    made = manuscript(with_file)
    assert made.figures[0].drawing.name == "prisma-flow"
    assert Heading("Selection of studies", 2) in made.text
    where = {item.item: item.where for item in checklist(with_file)}
    assert where["6"] == "Caption of the flow diagram (some days are not stated)"
    assert where["16a"] == "Results: Selection of studies; flow diagram"
    without = {item.item: item.where for item in checklist(mm.synthesize(mm.load_studies(project / "studies")))}
    assert without["6"] == without["16a"] == AUTHORS


def test_check_reads_the_file_with_the_records(review, capsys):
    assert run(["check", str(review / "studies")]) == 0
    assert "4 files checked: 0 errors" in capsys.readouterr().err
    file = review / "studies" / "screening.yaml"
    before = file.read_text()
    file.write_text(before.replace("assessed: 17", "assessed: 18"))
    assert run(["check", str(review / "studies")]) == 1
    assert "screening.yaml:13:13: error E603 reports.assessed: 18 reports assessed" in capsys.readouterr().out
    file.write_text(before)
