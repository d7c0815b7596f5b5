"""From a file that somebody sends to checked records, and to drafts that say what is missing."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest
from tests.cli.conftest import msc

from msc_meta.importing.citing import add_citation
from msc_meta.loading import check_studies
from msc_meta.records.strict_yaml import read_yaml

__all__ = ["msc"]
ENTRY = Path(__file__).parent.parent / "adapters" / "registry" / "nct09999901.json"
STATED = [part for text in ("status=completed", "outcome=mortality", "day=28", "product=cells",
                            "url=https://doi.org/10.1000/example") for part in ("--set", text)]  # fmt: skip
RIS = "TY  - JOUR\nAU  - Doe, Jane\nTI  - {title}\nPY  - 2022\nJO  - J Cells\nDO  - 10.1000/example\nER  -\n"
TITLE = "Stromal cells in acute respiratory distress"


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "colleague.csv"
    rows = [f"Author{number},2020,{number % 7},20,{number % 5},{20 + number}" for number in range(30)]
    path.write_text("\n".join(["study,year,event.e,n.e,event.c,n.c", *rows]), encoding="utf-8")
    return path


def test_thirty_trials_of_a_colleague_are_thirty_checked_records(msc, table, tmp_path):
    done = msc("import", table, "-o", tmp_path / "studies", *STATED)
    assert (done.code, len(done.out.splitlines())) == (0, 30)
    checked = check_studies(tmp_path / "studies")
    assert (len(checked.studies), checked.errors) == (30, ())
    assert {problem.code for problem in checked.problems} == {"W414"}


def test_what_all_records_lack_is_asked_for_once(msc, table, tmp_path):
    done = msc("import", table, "-o", tmp_path / "studies")
    assert done.code == 1
    assert "--set outcome=… --set product=… --set source.url=… --set status=…" in done.err
    assert "(30 times)" in done.err
    assert not (tmp_path / "studies").exists()


def test_a_dry_run_writes_nothing(msc, table, tmp_path):
    done = msc("import", table, "-o", tmp_path / "studies", "--check", *STATED)
    assert (done.code, done.out) == (0, "")
    assert "30 could be written" in done.err
    assert not (tmp_path / "studies").exists()


def test_an_existing_file_is_replaced_only_by_force(msc, table, tmp_path):
    (tmp_path / "author3-2020.yaml").write_text("mine")
    assert msc("import", table, "-o", tmp_path, *STATED).code == 2
    assert [path.name for path in tmp_path.glob("*.yaml")] == ["author3-2020.yaml"]
    assert msc("import", table, "-o", tmp_path, "--force", *STATED).code == 0
    assert "mine" not in (tmp_path / "author3-2020.yaml").read_text(encoding="utf-8")


def test_the_report_as_json(msc, tmp_path):
    done = msc("import", ENTRY, "-o", tmp_path / "studies", "--format", "json")
    (study,) = json.loads(done.out)["studies"]
    assert study["id"] == "nct09999901"
    assert [problem["code"] for problem in study["problems"]].count("W171") == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["--source", "metafor"], "did you mean metafor_csv"), (["--set", "day"], "FIELD=VALUE"),
     (["--set", "dya=28"], "did you mean day"), (["--set", "label=x"], "no two records"),
     (["--set", "day=1,234"], "decimal point"), (["--set", "day=x"], "day is a number"),
     (["--into", "nowhere"], "no folder")],
)  # fmt: skip
def test_wrong_use_is_said(msc, table, arguments, said):
    done = msc("import", table, *arguments)
    assert done.code == 2
    assert said in done.err.replace("\n", " ")


@pytest.mark.parametrize("form", ["metafor", "meta"])
def test_what_is_exported_for_r_comes_back(msc, project, tmp_path, form):
    assert msc("export", form, project / "studies", "-o", tmp_path / "r.csv").code == 0
    said = [*STATED[:2], *STATED[6:]]
    assert msc("import", tmp_path / "r.csv", "-o", tmp_path / "back", *said).code == 0
    with (tmp_path / "r.csv").open(encoding="utf-8") as file:
        deaths = [row for row in csv.DictReader(file) if row["outcome"] == "mortality"]
    names = ("ai", "n1i", "ci", "n2i") if form == "metafor" else ("event.e", "n.e", "event.c", "n.c")
    studies = {study.label: study for study in check_studies(tmp_path / "back").studies}
    assert len(deaths) > 10
    for row in deaths:
        (report,) = studies[row["slab" if form == "metafor" else "studlab"]].reports("mortality")
        one, other = report.arms["experimental"], report.arms["control"]
        assert [str(number) for number in (one.events, one.n, other.events, other.n)] == [row[name] for name in names]


def test_a_format_can_be_forced(msc, table, tmp_path):
    done = msc("import", table, "-o", tmp_path / "x", "--source", "csv_table")
    assert done.code == 1
    assert "E160" in done.err


def test_a_draft_marks_every_value_and_names_what_is_missing(msc, tmp_path):
    done = msc("new", "doe-2022", "--from", ENTRY, "-o", tmp_path)
    assert done.code == 0
    text = (tmp_path / "doe-2022.yaml").read_text(encoding="utf-8")
    assert "events: 4}  # unchecked" in text
    assert "# missing: arms.uc-msc.dose:" in text
    assert "# missing: arms.uc-msc.infusions:" in text
    assert "adverse events, all-cause mortality: 12 months is taken for day 365" in text
    assert "Odds Ratio (OR) 0.56, as its direction is not stated" in text
    checked = check_studies(tmp_path)
    assert [problem.code for problem in checked.problems] == ["W414"]
    unmarked = [line for line in text.splitlines() if not line.startswith("#") and "# unchecked" not in line]
    free = ("id:", "url:", "where:", "extracted_by:", "- kind: primary", "kind: primary")
    assert [line for line in unmarked if not line.endswith(":") and not line.strip().startswith(free)] == []
    done_by_hand = text.replace("extracted_by:", "checked_by: AB\n      extracted_by:")
    assert "W414" not in done_by_hand


def test_one_of_several_studies_is_named(msc, table, tmp_path):
    done = msc("new", "doe-2022", "--from", table, "-o", tmp_path)
    assert (done.code, "has 30 studies; name one with --study" in done.err) == (2, True)
    assert msc("new", "doe-2022", "--from", table, "--study", "Author7 2020", "-o", tmp_path).code == 0
    text = (tmp_path / "doe-2022.yaml").read_text(encoding="utf-8")
    assert "label: Author7 2020" in text
    assert "# missing: status:" in text


def test_a_new_record_asks_only_for_what_applies(msc, tmp_path):
    assert msc("new", "doe-2022", "--outcome", "mortality", "-o", tmp_path).code == 0
    text = (tmp_path / "doe-2022.yaml").read_text(encoding="utf-8")
    assert ("- outcome: mortality" in text, "oxygenation" in text, "\nnote:" in text) == (True, False, True)


@pytest.fixture
def cited(tmp_path, project):
    """Return a folder with one record that knows its title, and a file with its reference and another."""
    folder = tmp_path / "studies"
    folder.mkdir()
    shutil.copy(project / "studies" / "zheng-2014.yaml", folder)
    record = folder / "zheng-2014.yaml"
    text = record.read_text(encoding="utf-8").replace(
        "  authors:", "  title: Stem cells for something else  # read\n  authors:"
    )
    record.write_text(text, encoding="utf-8")
    refs = tmp_path / "refs.ris"
    mine = (
        RIS.format(title="Stem cells for something else").replace("2022", "2014").replace("10.1000/example", "10.1/bad")
    )
    refs.write_text(mine.replace("ER  -", "IS  - 1\nSP  - 7\nC2  - PMC123\nER  -") + RIS.format(title=TITLE), "utf-8")
    return folder, refs


def test_references_fill_in_citations_and_never_double(msc, cited):
    folder, refs = cited
    before = (folder / "zheng-2014.yaml").read_text(encoding="utf-8")
    done = msc("import", refs, "--into", folder)
    after = (folder / "zheng-2014.yaml").read_text(encoding="utf-8")
    assert done.code == 0
    assert after.replace("  pmcid: PMC123\n", "") == before
    assert "journal is Respir Res there and J Cells here" in done.err
    assert "doe-2022: left out: it fits no record" in done.err
    for _ in range(2):
        assert msc("import", refs, "--into", folder, "--draft").code == 0
        assert sorted(path.name for path in folder.iterdir()) == ["doe-2022.yaml", "zheng-2014.yaml"]
    assert (folder / "zheng-2014.yaml").read_text(encoding="utf-8") == after


def test_references_alone_make_no_record(msc, cited, tmp_path):
    assert msc("import", cited[1], "-o", tmp_path / "new").code == 2
    assert msc("import", cited[1], "-o", tmp_path / "new", "--draft").code == 0
    text = (tmp_path / "new" / "doe-2022.yaml").read_text(encoding="utf-8")
    assert f"title: {TITLE}" in text
    assert "10.1234/abcd" in text  # the comments of the template are there


@pytest.mark.parametrize(
    "text",
    ["id: a\n", "id: a\ncitation:\n", "id: a\ncitation: {}\n", "id: a\ncitation: {year: 2020} # x\nnote: y\n",
     "id: a\ncitation:\n  authors: []  # x\n  doi:   # y\n  note: >-\n    z\n\ndesign: {}\n",
     "id: a\ncitation: {doi: }\n",
     "id: a\nlabel: A\nstatus: completed\ndesign:\n  allocation: unclear\n", "id: a\r\ncitation:\r\n  year: 2020\r\n"],
)  # fmt: skip
def test_a_citation_is_added_to_without_touching_the_rest(text):
    new = {"authors": ["Doe J", "Roe, B"], "title": 'A "B": c # d', "doi": "10.1000/x,y"}
    changed, _ = add_citation(text, new)
    data, before = read_yaml(changed, "x.yaml").data, read_yaml(text, "x.yaml").data
    assert {key: data["citation"][key] for key in new} == new
    kept = {key: value for key, value in (before.get("citation") or {}).items() if value not in (None, [])}
    assert kept.items() <= data["citation"].items()
    assert {key: data[key] for key in before if key != "citation"} == {
        key: before[key] for key in before if key != "citation"
    }
    assert all(comment in changed for comment in ("# x", "# y") if comment in text)


def test_warnings_about_numbers_are_shown_at_the_import(msc, tmp_path):
    """A standard error in a column of standard deviations: nobody should have to ask for it."""
    path = tmp_path / "table.csv"
    path.write_text("study,m1i,sd1i,n1i,m2i,sd2i,n2i\nDoe 2020,200,3,100,180,3,100\n")
    stated = ("outcome=oxygenation", "quantity=pf_ratio", "kind=final", "unit=mmHg", *STATED[1::2][2:], STATED[1])
    done = msc("import", path, "-o", tmp_path / "new", *(part for text in stated for part in ("--set", text)))
    assert (done.code, "W411" in done.err) == (0, True)


def test_the_measure_of_effects_is_a_column_and_can_not_be_stated(msc, tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("study,yi,sei\nDoe 2020,-0.5,0.1\n")
    done = msc("import", path, "-o", tmp_path / "new", "--set", "measure=RR", *STATED)
    assert (done.code, "add a column measure to the file" in done.err) == (2, True)


REVIEW = """<COCHRANE_REVIEW><STUDIES_AND_REFERENCES><STUDIES><INCLUDED_STUDIES><STUDY ID="STD-Doe" NAME="Doe 2020"/>
</INCLUDED_STUDIES></STUDIES></STUDIES_AND_REFERENCES><ANALYSES_AND_DATA><COMPARISON NO="1"><NAME>A</NAME>
<DICH_OUTCOME NO="1" EFFECT_MEASURE="RR" METHOD="MH" RANDOM="NO"><NAME>Death</NAME>
<DICH_DATA STUDY_ID="STD-Doe" EVENTS_1="4" TOTAL_1="30" EVENTS_2="9" TOTAL_2="31"/>
</DICH_OUTCOME></COMPARISON></ANALYSES_AND_DATA></COCHRANE_REVIEW>"""


def test_a_review_does_not_decide_about_the_records_of_another(msc, tmp_path, table):
    """Its protocol.yaml would be found beside them, and their outcomes would no longer be pooled."""
    review = tmp_path / "review.rm5"
    review.write_text(REVIEW)
    studies = tmp_path / "studies"
    assert msc("import", table, "-o", studies, *STATED).code == 0
    for force in ([], ["--force"]):
        done = msc("import", review, "-o", studies, *force)
        assert (done.code, "30 records that the review has not (author0-2020.yaml)" in done.err) == (2, True)
    assert not (studies / "protocol.yaml").exists()
    for force in ([], ["--force"]):  # a folder of its own, and the same review once more
        assert msc("import", review, "-o", tmp_path / "own", *force).code == 0


def test_a_draft_from_a_review_is_unchecked_and_says_where_its_outcomes_are_defined(msc, tmp_path):
    review = tmp_path / "review.rm5"
    review.write_text(REVIEW.replace('EVENTS_1="4"', 'EVENTS_1=""'))
    done = msc("new", "doe-2020", "--from", review, "-o", tmp_path / "drafts")
    text = (tmp_path / "drafts" / "doe-2020.yaml").read_text(encoding="utf-8")
    assert (done.code, "extracted_by: msc-meta (revman5)" in text) == (0, True)
    assert "its outcomes are the review's own" in done.err
    assert (
        "cells without a number were read as 0, as RevMan reads them: Doe 2020" in msc("import", review, "--check").err
    )


def test_a_group_that_signs_with_the_authors_is_no_difference():
    text = "id: doe-2024\ncitation: {authors: [Doe J], collaboration: ONE-BRIDGE}\n"
    assert add_citation(text, {"authors": ["Doe J", "ONE-BRIDGE"]}) == (text, "nothing new")
    assert "authors is" in add_citation(text, {"authors": ["Doe J", "Roe R"]})[1]
