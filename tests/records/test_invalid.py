"""Bad files, each beside the exact text of its problems; a new rule is tested by adding two files.

``<CODE>-<what>.yaml`` has its problems in ``<CODE>-<what>.errors.txt``. A folder holds files that are read together,
and their problems in ``errors.txt``.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from msc_meta.records.codes import codes
from tests.records.example_files import problems_of

FOLDER = Path(__file__).parent / "invalid"
CASES = sorted(path for path in FOLDER.iterdir() if path.is_dir() or path.suffix == ".yaml")


def files_at(case: Path) -> dict[str, bytes]:
    if case.is_dir():
        return {path.relative_to(case).as_posix(): path.read_bytes() for path in sorted(case.rglob("*.yaml"))}
    return {case.name: case.read_bytes()}


def expected_at(case: Path) -> str:
    path = case / "errors.txt" if case.is_dir() else case.with_suffix(".errors.txt")
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_problems_are_exactly_these(case):
    assert "".join(f"{problem}\n" for problem in problems_of(files_at(case), named=case.is_dir())) == expected_at(case)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_case_shows_the_problem_it_is_named_after(case):
    code = case.name.partition("-")[0]
    assert code == "mixed" or re.search(rf"\b(error|warning) {code}\b", expected_at(case))


def test_every_code_has_a_case():
    shown = {case.name.partition("-")[0] for case in CASES}
    # a file of a megabyte and a protocol are tested in test_strict_yaml.py and test_structure.py
    pages = [page for page in codes().values() if not page.retired and page.about == "record"]
    records = {page.code for page in pages if page.shown_as == "yaml"}
    assert records - shown == {"E103", "E105", "E214"}


def test_no_text_is_left_without_its_file():
    for text in FOLDER.rglob("*.errors.txt"):
        assert text.with_name(text.name.replace(".errors.txt", ".yaml")).exists(), text.name
