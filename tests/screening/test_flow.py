"""The flow of a review: included studies are counted from the records, and compared with what was typed."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

import msc_meta as mm
from msc_meta.errors import DataError, UsageError
from msc_meta.flow.counts import NOT_GIVEN, flow_counts, flow_of
from msc_meta.screening.place import screening_of
from msc_meta.screening.screening_file import check_screening
from tests.certainty.reviews import protocol_with


@pytest.fixture(scope="module")
def folder(project):
    return project / "examples/invented-review"


@pytest.fixture(scope="module")
def synthesis(folder):
    return mm.synthesize(mm.load_studies(folder), sensitivity=False)


def flow_with(synthesis, text):
    screening, problems = check_screening(text, "screening.yaml")
    assert screening is not None, problems
    return flow_of(synthesis, screening)


def test_the_file_is_found_with_the_records_and_adds_up(synthesis):
    assert synthesis.screening.path.endswith("screening.yaml")
    flow = flow_of(synthesis)
    assert flow.problems == ()
    assert flow.counts["databases"] == 546
    assert flow.counts["reports.excluded"] == 15
    assert flow.counts["other.reports.excluded"] == 3  # the sum of its reasons
    assert (flow.counts["included.studies"], flow.counts["included.reports"]) == (2, 3)
    assert [one.study for one in flow.records.excluded] == ["doe-2022"]
    assert flow.pooled["All-cause mortality"] == ("doe-2024", "roe-2023")


def test_one_report_more_or_less_is_told_with_its_line(synthesis):
    text = "reports: {excluded: 3,\n  assessed: 7}\n"
    (problem,) = flow_with(synthesis, text).problems
    assert (problem.code, problem.line, problem.field) == ("W611", 2, "reports.assessed")
    assert problem.message == (
        "7 - 3 = 4 reports were assessed and not excluded; reports of included studies in the records: 2"
    )
    assert flow_with(synthesis, text.replace("7", "5")).problems == ()


def test_a_companion_is_a_report_and_no_study(synthesis):
    companion = synthesis.studies[1].model_copy(update={"id": "doe-2025", "companion_of": "doe-2024"})
    flow = flow_counts((*synthesis.studies, companion), synthesis.protocol.eligibility)
    assert (flow.counts["included.studies"], flow.counts["included.reports"]) == (2, 3)
    assert len(flow.records.excluded) == 1


def test_entries_of_registers_count_where_they_were_assessed(synthesis):
    registered = synthesis.studies[1].model_copy(update={"registrations": ("NCT00000001", "NCT00000002")})
    screening, _ = check_screening("register_entries: true", "screening.yaml")
    flow = flow_counts((registered,), synthesis.protocol.eligibility, screening)
    assert flow.counts["included.reports"] == 3
    assert flow_counts((registered,), synthesis.protocol.eligibility).counts["included.reports"] == 1


def test_an_update_counts_what_is_new(synthesis):
    text = (
        "previous: {studies: [doe-2024], reports: 1, version: version of 2025}\nreports: {assessed: 4, excluded: 3}\n"
    )
    flow = flow_with(synthesis, text)
    counts = flow.counts
    assert flow.problems == ()
    assert (counts["previous.studies"], counts["previous.reports"]) == (1, 1)
    assert (counts["new.studies"], counts["new.reports"], counts["included.studies"]) == (1, 1, 2)
    more = flow_with(synthesis, text + "further_reports: [{study: doe-2024, citation: invented}]\n")
    assert more.counts["new.further_reports"] == 1
    assert [one.code for one in more.problems] == ["W611"]


def test_without_a_file_the_records_alone_are_told(synthesis):
    flow = flow_of(replace(synthesis, screening=None))
    assert not flow.typed
    assert flow.notes == (NOT_GIVEN,)
    assert flow.counts["records"] == 3
    assert flow.counts["excluded"] == 1
    assert None not in flow.counts.values()


def test_what_is_not_stated_stays_unknown(synthesis):
    flow = flow_with(synthesis, "databases: [{name: PubMed, records: 10}, {name: Embase}]\n")
    assert flow.counts["databases"] is None
    assert flow.counts["databases.0"] == 10
    assert flow.counts["registers"] is None
    assert ("Identification", "Records identified from:", "Registers", "not stated") in flow.rows()


def test_where_the_file_is_looked_for(tmp_path):
    studies = tmp_path / "studies"
    studies.mkdir()
    assert screening_of(studies) is None
    (tmp_path / "screening.yaml").write_text("screened: {records: 1}")
    assert screening_of(studies) == tmp_path / "screening.yaml"
    assert screening_of(studies / "doe-2024.yaml") is None
    (studies / "screening.yaml").write_text("screened: {records: 1}")
    with pytest.raises(UsageError, match="two screening files"):
        screening_of(studies)


def test_a_bad_file_stops_as_a_bad_record_does(tmp_path, folder):
    for path in folder.glob("*.yaml"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    file = tmp_path / "screening.yaml"
    file.write_text(file.read_text().replace("screened: {records: 396", "screened: {records: 397"))
    with pytest.raises(DataError, match=r"screening.yaml:9:21: error E601 screened.records: 397 records screened"):
        mm.load_studies(tmp_path)


def test_json_has_the_numbers_of_the_figure(synthesis):
    from msc_meta.figures.files import file_bytes
    from msc_meta.figures.flow_diagram import draw_flow

    flow = flow_of(synthesis)
    svg = file_bytes(draw_flow(flow), "svg").decode()
    letters = " ".join(re.findall(r"<text class=\"text\"[^>]*>([^<]*)</text>", svg))
    drawn = sorted(map(int, re.findall(r"\(n = (\d+)\)", letters)))
    assert drawn == sorted(n for n in json.loads(json.dumps(flow.to_dict()))["counts"].values())


def test_a_previous_version_that_does_not_fit_is_said_in_the_figure(project):
    numbers = "previous: {studies: [doe-2022, doe-2022, roe-2023, gone-2020]}\n"
    screening, _ = check_screening(numbers, "screening.yaml")
    flow = flow_of(mm.synthesize(mm.load_studies(project / "examples/invented-review"), sensitivity=False), screening)
    assert flow.counts["previous.studies"] == 3, "a study that is named twice is one"
    assert "No record has the id gone-2020." in flow.notes
    assert any("doe-2022 is listed as included, and the protocol does not include it" in note for note in flow.notes)


def test_two_outcomes_of_one_title_are_two_syntheses(project):
    protocol = protocol_with("oxygenation", title="All-cause mortality")
    flow = flow_of(mm.synthesize(mm.load_studies(project / "examples/invented-review"), protocol, sensitivity=False))
    assert flow.counts["syntheses"] == 2
    assert [*flow.pooled][:2] == ["All-cause mortality (mortality)", "All-cause mortality (oxygenation)"]
