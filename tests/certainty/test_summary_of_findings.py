"""The summary of findings: one source of numbers, ratings from people alone, and text that nothing can break."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from io import BytesIO
from zipfile import ZipFile

import pytest
from click.testing import CliRunner

from msc_meta.certainty.summary_of_findings import NOT_RATED, difference_per_1000, finding, summary_of_findings
from msc_meta.cli.commands import app
from msc_meta.records.study import RiskOfBias
from msc_meta.report.page_certainty import certainty_section, findings_table, missing_table, suggested_table
from msc_meta.report.page_tables import Cell, Column, Table
from msc_meta.report.table_formats import csv_text, html, markdown, word
from msc_meta.synthesis import synthesize
from tests.certainty.reviews import outcome_of

RATING = {"rating": "low", "reasons": ["few patients"], "by": "JD and RR", "date": "2026-05-01"}
NASTY = Table(
    id="t",
    caption="<script>",
    columns=(Column("A|B"), Column("n", True)),
    rows=((Cell("=cmd()"), Cell("1")), (Cell("<b>&"), Cell("a\nb"))),
    notes=("*x* <i>",),
)


def test_a_rating_comes_from_the_protocol_alone():
    counts = ((10, 100, 20, 100), (5, 50, 9, 50))
    assert (finding(outcome_of(counts)).certainty, finding(outcome_of(counts)).rated_by) == (NOT_RATED, "")
    rated = finding(outcome_of(counts, certainty=RATING))
    assert (rated.certainty, rated.rated_by, rated.reasons) == ("low", "JD and RR, 2026-05-01", ("few patients",))
    assert findings_table((rated,)).rows[0][-1].text == "low (JD and RR, 2026-05-01)"


def test_numbers_are_those_of_the_synthesis(synthesis):
    for row in summary_of_findings(synthesis):
        outcome = synthesis[row.name]
        assert row.participants == sum(one.e.n + one.c.n for one in outcome.pooled)
        assert row.trials == len({one.study for one in outcome.pooled})
        for one in row.absolute:
            shown = outcome.result.display()
            assert one.risk == pytest.approx(min(1, one.baseline.risk * shown.estimate))
    stay = next(row for row in summary_of_findings(synthesis) if row.name == "discharge_time")
    estimate, low, high, sd = stay.per_sd
    assert (estimate * sd, low * sd, high * sd) == pytest.approx(
        (synthesis["discharge_time"].result.estimate, *synthesis["discharge_time"].result.ci)
    )


def test_a_difference_in_words():
    one = finding(outcome_of(((100, 1000, 200, 1000), (90, 1000, 210, 1000)))).absolute[0]
    assert difference_per_1000(replace(one, difference=0.0)).startswith("no difference (")
    assert difference_per_1000(one).count("fewer") >= 2


def test_what_cannot_be_pooled_is_a_row_too():
    row = finding(outcome_of(()))
    assert (row.trials, row.effect, row.absolute) == (0, "", ())
    assert "no study can be pooled" in row.notes[0].lower()
    assert [cell.text for cell in findings_table((row,)).rows[0]][3] == "–"


def test_text_from_records_stays_text():
    page = html((NASTY,), "<title>")
    assert "<script>" not in page
    assert "<b>&amp;" not in page
    assert "&lt;b&gt;&amp;" in page
    assert markdown(NASTY).count("\n| ") == 4  # header, rule and two rows, whatever the cells hold
    assert "\\|" in markdown(NASTY)
    assert csv_text(NASTY).splitlines()[1].startswith("'=cmd()")


def test_a_word_file_holds_the_tables(synthesis):
    pytest.importorskip("docx")
    with ZipFile(BytesIO(word((findings_table(summary_of_findings(synthesis)),), "Review"))) as file:
        text = "".join(ET.fromstring(file.read("word/document.xml")).itertext())
    assert "Summary of findings" in text
    assert "All-cause mortality" in text


def test_the_matrix_has_every_eligible_trial(synthesis):
    table = missing_table(synthesis)
    assert len(table.rows) == len(certainty_section(synthesis).missing.rows) > 20
    signs = {cell.text for row in table.rows for cell in row[2:]}
    assert signs <= {"✓", "0", "~", "✗", "?", "○", "–", ""}


@pytest.mark.parametrize("form", ["text", "markdown", "html", "csv"])
def test_the_command_shows_the_real_evidence(form, project, monkeypatch):
    monkeypatch.chdir(project)
    done = CliRunner().invoke(app, ["-q", "sof", "--format", form], obj=None)
    assert done.exit_code == 0, done.output
    assert "not rated" in done.stdout
    assert "NNTB" in done.stdout


def test_the_commands_write_json_and_files(project, monkeypatch, tmp_path):
    monkeypatch.chdir(project)
    done = CliRunner().invoke(app, ["-q", "sof", "--format", "json"])
    assert json.loads(done.stdout)["mortality"]["certainty"]["rating"] == "not rated"
    missing = CliRunner().invoke(app, ["-q", "missing", "--format", "json"])
    assert json.loads(missing.stdout)["mortality"]["counts"]["pooled"] == 12
    refused = CliRunner().invoke(app, ["-q", "sof", "--format", "docx"], standalone_mode=False)
    assert "--output" in str(refused.exception)
    target = tmp_path / "findings.html"
    assert CliRunner().invoke(app, ["-q", "sof", "--format", "html", "-o", str(target)]).exit_code == 0
    assert target.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_answers_suggest_beside_what_was_judged(synthesis):
    assert not certainty_section(synthesis).suggested  # the evidence has no answers
    source = {"kind": "secondary", "url": "https://doi.org/10.1000/review", "where": "Table 3"}
    entries = [
        {"tool": "RoB 2", "domains": {"randomisation": "high"}, "answers": ["1.1 Y", "1.2 Y", "1.3 N", "2.1 Y"]},
        {"tool": "ROBINS-I", "answers": ["1.1 Y"]},
        {"tool": "Cochrane RoB 1", "answers": ["1.1 Y"]},
    ]
    judged = tuple(RiskOfBias.model_validate({**entry, "source": source}) for entry in entries)
    studies = [synthesis.studies[0].model_copy(update={"risk_of_bias": judged})]
    table = suggested_table(synthesize(studies, synthesis.protocol, sensitivity=False))
    assert [[cell.text for cell in row][3:] for row in table.rows] == [
        ["randomisation", "high", "low"],
        ["deviations", "–", "none yet; open: 2.3, 2.6"],
        ["confounding", "–", "none: people judge it"],
        ["–", "–", "none: Cochrane RoB 1 has no question 1.1; it has no signalling questions"],
    ]
