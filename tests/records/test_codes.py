"""Every problem code has its page, and every page is right: its bad example has the problem, its good one has none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import msc_meta.records
from msc_meta.errors import UsageError
from msc_meta.records.codes import PAGES, PAGES_OF_TABLES, codes, explain_code, is_code
from msc_meta.records.strict_yaml import read_yaml
from tests.records.example_files import files_of, problems_of

SOURCES = sorted(Path(msc_meta.records.__file__).parent.rglob("*.py"))
OF_FILES = set(read_yaml(PAGES_OF_TABLES.read_bytes(), PAGES_OF_TABLES.name).data)  # E150 is of a protocol too
EMITTED = {code for path in SOURCES for code in re.findall(r'"([EW]\d{3})"', path.read_text(encoding="utf-8"))}
# those of tables are tested in tests/adapters/test_codes.py, those of screening files in tests/screening
IN_USE = [
    code for code, page in codes().items() if not page.retired and page.shown_as == "yaml" and page.about == "record"
]
# what can not be shown in a page: bytes, sizes, and a protocol
SHOWN_IN_WORDS = {"E101", "E103", "E105", "E124", "E214"}
SHOWN = [code for code in IN_USE if code not in SHOWN_IN_WORDS]


def emitted_code(problem: str) -> str:
    return re.search(r"(?:error|warning) ([EW]\d{3})", problem)[1]


def test_every_code_that_is_used_has_a_page_and_no_other():
    assert sorted(EMITTED - OF_FILES) == sorted(IN_USE)
    assert not read_yaml(PAGES.read_bytes(), PAGES.name).problems


def test_titles_differ():
    titles = [page.title for page in codes().values()]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("code", SHOWN)
def test_bad_example_has_this_problem_alone(code):
    bad = codes()[code].bad
    whole_file = code in ("E102", "E109")
    files = {"doe-2024.yaml": bad.encode()} if whole_file else files_of(bad)
    assert {emitted_code(problem) for problem in problems_of(files)} == {code}


@pytest.mark.parametrize("code", [code for code in IN_USE if code != "E214"])
def test_good_example_has_no_problem(code):
    assert problems_of(files_of(codes()[code].good)) == []


def test_page_has_its_sections():
    page = explain_code("e302")
    assert page.startswith("# E302: more events than patients\n\nError. ")
    for heading in ("## Bad", "## Good", "## What to do"):
        assert f"\n{heading}\n" in page
    assert "n: 2\nevents: 10" in page


@pytest.mark.parametrize(("term", "meant"), [("E3020", "E302"), ("W01", "W40"), ("E999", "three digits")])
def test_unknown_code_names_the_nearest(term, meant):
    assert is_code(term)
    with pytest.raises(UsageError, match=meant):
        explain_code(term)
