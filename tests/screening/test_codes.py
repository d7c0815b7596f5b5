"""Every code of a screening file has its page, its bad example has the problem, its good one has none."""

from __future__ import annotations

import re

import pytest

from msc_meta.flow.counts import flow_counts
from msc_meta.loading import load_studies
from msc_meta.protocol_files import load_protocol
from msc_meta.records.codes import PAGES_OF_SCREENING, codes
from msc_meta.records.strict_yaml import read_yaml
from msc_meta.screening.screening_file import check_screening

OURS = [code for code, page in codes().items() if page.about == "screening"]


@pytest.fixture(scope="module")
def review(project):
    return tuple(load_studies(project / "examples/invented-review"))


def found_in(text, review) -> set[str]:
    screening, problems = check_screening(text, "screening.yaml")
    flow = flow_counts(review, load_protocol().eligibility, screening)
    return {one.code for one in (*problems, *flow.problems)}


def test_every_code_that_is_used_has_a_page_and_no_other(project):
    sources = [*(project / "src/msc_meta/screening").glob("*.py"), project / "src/msc_meta/flow/agreement.py"]
    used = {code for path in sources for code in re.findall(r'"([EW]\d{3})"', path.read_text(encoding="utf-8"))}
    assert used == set(OURS)
    assert not read_yaml(PAGES_OF_SCREENING.read_bytes(), PAGES_OF_SCREENING.name).problems


@pytest.mark.parametrize("code", OURS)
def test_bad_example_has_this_problem_alone(code, review):
    assert found_in(codes()[code].bad, review) == {code}


@pytest.mark.parametrize("code", OURS)
def test_good_example_has_no_problem(code, review):
    assert found_in(codes()[code].good, review) <= {"W611"} - {code}
