"""report.html, read back: every number leads to its line, every link somewhere, and nothing is loaded or overstated."""

from __future__ import annotations

import json
import re
import shutil
from base64 import b64encode
from hashlib import sha256
from itertools import pairwise

import pytest

import msc_meta as mm
from msc_meta.evidence import Evidence
from msc_meta.protocol import Protocol
from msc_meta.report.page import report_html
from tests.adapters.revman.invented import rm5
from tests.adapters.revman.reviews import REVIEW
from tests.cli.conftest import msc
from tests.report.pages import read

__all__ = ["msc"]


@pytest.fixture(scope="module")
def html(synthesis, evidence):
    return report_html(synthesis, problems=evidence.problems)


@pytest.fixture(scope="module")
def page(html):
    return read(html)


def rows_of(page, table):
    return [row for row in page.by_id(table).all("tr") if row.all("td")]


def line_at(page, href):
    return page.by_id(href.removeprefix("#")).text


def test_every_link_leads_somewhere_and_every_id_is_used_once(page):
    ids = [element.attributes["id"] for element in page.walk() if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    links = {link.attributes["href"] for link in page.all("a")}
    assert {link for link in links if link.startswith("#")} <= {f"#{name}" for name in ids}
    assert all(link.startswith(("#", "https://", "http://")) for link in links)


def test_every_count_of_deaths_links_to_the_line_that_says_it(page, synthesis):
    rows = {row.all("th")[0].text: row for row in rows_of(page, "mortality-studies")}
    pooled = synthesis["mortality"].pooled
    assert [row.label for row in pooled] == [*rows]
    for row in pooled:
        for arm, cell in zip((row.e, row.c), rows[row.label].all("td")[:2], strict=True):
            assert cell.text == f"{arm.events:g} / {arm.n:g}"
            line = line_at(page, cell.all("a")[0].attributes["href"])
            report = synthesis["mortality"].studies[row.study].outcomes[row.report]
            said = {data.events for data in report.arms.values()} | {data.percent for data in report.arms.values()}
            said |= {data.survivors for data in report.arms.values()}
            numbers = {float(number) for number in re.findall(r"\d+(?:\.\d+)?", line)}
            if "Arms combined" not in " ".join(row.marks):
                assert numbers & {float(value) for value in said if value is not None}, (row.label, line)


def test_lines_are_those_of_the_files(page, project):
    text = (project / "studies" / "zhu-2021.yaml").read_text(encoding="utf-8").splitlines()
    for number in (1, 20, len(text)):
        assert page.by_id(f"record-zhu-2021-{number}").text == text[number - 1]


def test_a_cell_of_the_characteristics_links_to_its_line(page):
    row = next(row for row in rows_of(page, "characteristics") if row.all("th")[0].text == "Zhu 2021")
    said = {cell.text: line_at(page, cell.all("a")[0].attributes["href"]) for cell in row.all("td") if cell.all("a")}
    assert said["single-blind"].strip() == "masking: single-blind"
    assert "dose:" in said["1\u00a0×\u00a010⁶ cells/kg"]


def test_a_warning_links_to_its_line(page, evidence):
    problem = evidence.problems[0]
    item = page.by_id("warnings").all("li")[0]
    assert problem.message in item.text
    assert item.all("a")[0].attributes["href"].endswith(f"-{problem.line}")


def test_a_record_links_to_its_source(page):
    record = page.by_id("record-zhu-2021")
    addresses = {link.attributes["href"] for link in record.all("a")}
    assert "https://doi.org/10.1038/s41422-021-00573-y" in addresses
    assert "https://preview-www.nature.com/articles/s41422-021-00573-y/tables/4" in addresses


def test_every_table_has_a_caption_and_every_header_its_scope(page):
    tables = page.all("table")
    assert len(tables) > 20
    assert all(table.all("caption") for table in tables)
    assert all(header.attributes.get("scope") in ("row", "col") for table in tables for header in table.all("th"))


def test_headings_are_in_order(page):
    levels = [int(element.tag[1]) for element in page.walk() if re.fullmatch("h[1-6]", element.tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_figures_have_words_and_a_table(page):
    figures = [figure for figure in page.all("figure") if figure.all("svg")]
    assert len(figures) >= 7
    for figure in figures:
        svg = figure.all("svg")[0]
        title, description = svg.attributes["aria-labelledby"].split()
        assert page.by_id(title).text
        assert len(page.by_id(description).text) > 40
        assert svg.attributes["role"] == "img"
        assert figure.all("table")


def test_the_headline_reads_the_interval_from_end_to_end(page):
    answer = " ".join(page.by_id("mortality").all("p")[1].text.split())
    assert page.by_id("mortality").all("p")[0].text.startswith("Risk ratio 0.78 (95% CI 0.60 to 1.02)")
    assert "from 40% lower risk to 2% higher risk, so it holds benefit, harm and no difference" in answer
    assert "between 0.59 and 1.03 (95% prediction interval)" in answer
    assert "Certainty of the evidence (GRADE) was not assessed." in answer
    stay = " ".join(page.by_id("discharge-time").text.split())
    assert "from 6.98 days lower to 0.69 days lower; all of it favours MSC" in stay


def test_the_certainty_that_people_rated_stands_in_the_headline_and_in_the_summary(evidence):
    data = json.loads(mm.load_protocol().model_dump_json())
    rated = {
        "rating": "very low",
        "reasons": ["Few events.", "<b>Wide</b> interval."],
        "by": "A. Rater",
        "date": "2026-01-02",
    }
    rules = data["outcomes"]["mortality"] | {"certainty": rated, "sensitivity": []}
    protocol = Protocol.model_validate({**data, "outcomes": {"mortality": rules}})
    page = read(report_html(mm.synthesize(evidence, protocol)))
    answer = " ".join(page.by_id("mortality").all("p")[1].text.split())
    assert answer.endswith("The certainty of the evidence was rated very low. Few events. <b>Wide</b> interval.")
    assert "not assessed" not in answer
    assert page.by_id("summary").all("td")[-1].text == "very low"


def test_nothing_is_called_significant(page):
    records = page.by_id("records").text
    assert "significan" not in page.text.replace(records, "").lower()


def test_nothing_is_loaded_and_only_what_is_hashed_runs(page):
    policy = next(meta for meta in page.all("meta") if "content-security-policy" in meta.attributes.values() or
                  meta.attributes.get("http-equiv") == "Content-Security-Policy").attributes["content"]  # fmt: skip
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    for element in (*page.all("script"), *page.all("style")):
        assert "src" not in element.attributes
        if element.attributes.get("type") != "application/json":
            assert b64encode(sha256(element.text.encode()).digest()).decode() in policy
    assert not {element.tag for element in page.walk()} & {"link", "iframe", "img", "object", "embed", "base", "form"}
    handlers = [name for element in page.walk() for name in element.attributes if name.startswith("on")]
    assert handlers == []
    assert not [element for element in page.walk() if "style" in element.attributes]


def test_the_same_synthesis_gives_the_same_bytes(synthesis, evidence, html):
    assert report_html(synthesis, problems=evidence.problems) == html


@pytest.mark.parametrize("ids", [(), ("monsel-2022",), ("martinez-munoz-2024",)], ids=["none", "one", "unusable"])
def test_few_trials_are_a_page_too(evidence, ids):
    few = Evidence([evidence[name] for name in ids], sources=evidence.sources)
    page = read(report_html(mm.synthesize(few)))
    if not ids:
        assert "no study can be pooled, because: there are no studies" in page.by_id("mortality").text
    if ids == ("monsel-2022",):
        assert "in one trial, Monsel 2022: its own effect, not a pooled one" in page.by_id("mortality").text
    assert "nan" not in re.findall(r"\bnan\b", page.by_id("findings").text)


def test_records_without_a_file_are_written_out(evidence):
    some = Evidence([evidence["zhu-2021"]])
    page = read(report_html(mm.synthesize(some)))
    record = page.by_id("record-zhu-2021")
    assert "id: zhu-2021" in record.text
    assert "Written out" in record.text
    row = rows_of(page, "mortality-studies")[0]
    assert "events: 2" in line_at(page, row.all("td")[1].all("a")[0].attributes["href"])


def test_sixty_trials_are_under_three_megabytes(evidence):
    studies = [
        study.model_copy(update={"id": f"{study.id}-{copy}", "label": f"{study.label} {copy}", "companion_of": None})
        for copy in (1, 2)
        for study in evidence
    ][:60]
    page = report_html(mm.synthesize(Evidence(studies)))
    assert len(page.encode()) < 3_000_000


def test_an_imported_review_is_a_report(msc, tmp_path):
    (tmp_path / "review.rm5").write_bytes(rm5(REVIEW))
    assert msc("import", tmp_path / "review.rm5", "-o", tmp_path / "records").code == 0
    assert msc("run", tmp_path / "records", "-o", tmp_path / "out").code == 0
    page = read((tmp_path / "out" / "report.html").read_text(encoding="utf-8"))
    assert len([figure for figure in page.all("figure") if figure.all("svg")]) > 3
    first = next(section for section in page.all("section") if "Odds ratio" in section.text)
    answer = first.all("p")[0].text + first.all("p")[1].text
    assert "4 trials, 315 patients (common effect)" in answer
    assert "tau²" not in answer  # a common-effect model has none


def test_run_lists_the_report_and_takes_back_an_old_one(msc, project, tmp_path):
    studies, out = tmp_path / "studies", tmp_path / "out"
    studies.mkdir()
    shutil.copy(project / "studies" / "zhu-2021.yaml", studies)
    assert msc("run", studies, "-o", out, "--format", "svg").code == 0
    listed = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["files"]
    assert listed["report.html"] == sha256((out / "report.html").read_bytes()).hexdigest()
    evidence = mm.load_studies(studies)
    page = report_html(mm.synthesize(evidence), problems=evidence.problems)
    assert (out / "report.html").read_text(encoding="utf-8") == page
    assert msc("run", studies, "-o", out, "--format", "svg", "--no-report").code == 0
    assert not (out / "report.html").exists()
    assert "report.html" not in json.loads((out / "manifest.json").read_text(encoding="utf-8"))["files"]


def test_analyses_that_the_protocol_asks_for_are_drawn_where_they_have_an_answer(evidence):
    asked = {"gosh": True, "multiverse": True, "sequential": {"effect": 0.8}, "next_trial": {"simulations": 100}}
    text = mm.load_protocol().model_dump(mode="json")
    text["outcomes"]["mortality"]["robustness"] = asked
    text["outcomes"]["oxygenation"]["robustness"] = {"gosh": True}  # one trial makes no cloud
    answered = mm.synthesize(evidence, Protocol.model_validate(text), sensitivity=False)
    page = read(report_html(answered))
    ids = [element.attributes["id"] for element in page.walk() if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    drawn = {f"figure-{kind}-mortality" for kind in ("gosh", "multiverse", "sequential", "power")}
    assert drawn <= set(ids)
    assert "figure-gosh-oxygenation" not in ids
    assert "figure-gosh-discharge-time" not in ids
