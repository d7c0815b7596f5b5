"""A new record asks for what was named, and is a record as soon as it is filled in."""

from __future__ import annotations

import re
from itertools import combinations

import pytest

from msc_meta.errors import UsageError
from msc_meta.hookspecs import RawRecord
from msc_meta.records.fixes import fix
from msc_meta.records.schema import check_record
from msc_meta.records.strict_yaml import read_yaml
from msc_meta.records.study import QUANTITIES
from msc_meta.records.template import new_record

ANSWERS = {
    "allocation": "randomised", "condition": "COVID-19", "syndrome": "ARDS", "url": '"https://doi.org/10.1000/x"',
    "where": "Table 2", "kind": "final", "n": "20", "events": "4", "median": "160", "q1": "100", "q3": "230",
}  # fmt: skip


def filled(text: str) -> str:
    """Give every question its answer, as a person would: behind the colon, before the comment."""
    for key, answer in ANSWERS.items():
        text = re.sub(rf"\b{key}: (?=[,}}])|\b{key}:(?=\s*(?:#.*)?$)", f"{key}: {answer}", text, flags=re.MULTILINE)
    return text


@pytest.mark.parametrize("arms", [2, 3, 4])
@pytest.mark.parametrize("outcomes", [(), *combinations(QUANTITIES, 1), *combinations(QUANTITIES, 2)])
def test_a_new_record_filled_in_is_sound(outcomes, arms):
    text = filled(new_record("garcia-2026", outcomes, arms))
    document = read_yaml(text, "garcia-2026.yaml")
    study, problems = check_record(RawRecord(document.data, "x", document.positions, document.keys, document.problems))
    assert [problem for problem in problems if problem.severity == "error"] == []
    assert len(study.arms) == arms
    assert {entry.outcome for entry in study.outcomes} == set(outcomes or QUANTITIES)
    assert all(len(entry.arms) == arms for entry in study.outcomes)
    assert len({arm.label for arm in study.arms.values()}) == arms
    assert fix(text.encode(), "x").content == text.encode()  # in the order of the format from the start


def test_a_trial_has_two_arms():
    with pytest.raises(UsageError, match="two arms or more, not 1"):
        new_record("garcia-2026", arms=1)
