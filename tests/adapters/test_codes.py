"""Every problem code of files and tables has its page, and the tables of the pages are right."""

from __future__ import annotations

import re

import pytest

from msc_meta.adapters.csv_text import records_from_text
from msc_meta.records.codes import PAGES_OF_TABLES, codes
from msc_meta.records.strict_yaml import read_yaml

OURS = {code: page for code, page in codes().items() if page.shown_as != "yaml"}
TABLES = [code for code, page in OURS.items() if page.shown_as == "csv"]


def found_in(text: str) -> set[str]:
    return {problem.code for raw in records_from_text(text, "trials.csv") for problem in raw.problems}


def test_every_code_that_is_used_has_a_page_and_no_other(project):
    sources = [*(project / "src/msc_meta/adapters").glob("*.py"), project / "src/msc_meta/loading.py"]
    used = {code for path in sources for code in re.findall(r'"([EW]\d{3})"', path.read_text(encoding="utf-8"))}
    assert used - set(codes()) == set()
    assert set(OURS) - used == set()
    assert not read_yaml(PAGES_OF_TABLES.read_bytes(), PAGES_OF_TABLES.name).problems


@pytest.mark.parametrize("code", TABLES)
def test_the_bad_table_has_this_problem_alone(code):
    assert found_in(codes()[code].bad) == {code}


@pytest.mark.parametrize("code", TABLES)
def test_the_good_table_has_no_problem(code):
    assert found_in(codes()[code].good) == set()


def test_the_page_shows_a_table():
    assert "```csv\nstudy,arm,outcome,day,n,deaths\n" in codes()["E160"].page()
