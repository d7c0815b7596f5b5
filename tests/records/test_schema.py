"""Checking one record: what becomes a study, what is said about the rest, and that any mapping gives an answer."""

from __future__ import annotations

import datetime
import re
import subprocess
import sys
from copy import deepcopy
from typing import TYPE_CHECKING, Any, get_args, get_origin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msc_meta.errors import Problem
from msc_meta.hookspecs import Position, RawRecord
from msc_meta.protocol import Protocol
from msc_meta.protocol_files import BUILT_IN
from msc_meta.records import fields
from msc_meta.records.cohorts import CohortEntry, check_cohort
from msc_meta.records.rules import identity
from msc_meta.records.schema import check_record, validate
from msc_meta.records.strict_yaml import read_yaml
from msc_meta.records.study import Study
from tests.records.example_files import record_of

if TYPE_CHECKING:
    from pydantic import BaseModel

SOUND = read_yaml(record_of("note: x"), "doe-2024.yaml").data


def check(text: str) -> tuple[Study | None, list[Problem]]:
    document = read_yaml(text, "doe-2024.yaml")
    return check_record(
        RawRecord(document.data, document.path, document.positions, document.keys, document.problems, "doe-2024")
    )


def test_sound_record_becomes_a_study():
    study, problems = check(record_of("label: Doe 2024"))
    assert problems == []
    assert study.arms["msc"].randomised == 10
    assert study.outcomes[0].arms["control"].events == 3


def test_warning_keeps_no_study_back():
    study, problems = check(record_of("n: 10\npercent: 45"))
    assert [(problem.code, problem.severity) for problem in problems] == [("W401", "warning")]
    assert study is not None


def test_a_clock_that_lost_its_battery_refuses_no_record(monkeypatch):
    class Stopped(datetime.date):
        @classmethod
        def today(cls):
            return cls(1970, 1, 1)

    monkeypatch.setattr(identity.datetime, "date", Stopped)
    study, problems = check(record_of("citation: {year: 2024}"))
    assert problems == []
    assert study.citation.year == 2024


def test_error_keeps_the_study_back():
    study, problems = check(record_of("n: 2\nevents: 10"))
    assert [(problem.code, problem.severity) for problem in problems] == [("E302", "error")]
    assert study is None


@pytest.mark.parametrize("empty", ["null", "~", ""])
def test_what_may_be_left_out_may_be_empty(empty):
    study, problems = check(record_of(f"companion_of: {empty}\nnote: {empty}\nrisk_of_bias: []"))
    assert problems == []
    assert study.companion_of is None


def test_typo_hides_no_arithmetic():
    text = record_of("n: 2\nevents: 10\nmedain: 4").replace("label: Doe", "lable: Doe")
    _, problems = check(text)
    assert [problem.code for problem in problems] == ["E202", "E201", "E201"]  # events are beside a typo: not judged
    _, problems = check(record_of("n: 2\nevents: 10").replace("allocation: randomised", "allocation: random"))
    assert {problem.code for problem in problems} == {"E205", "E302"}
    _, problems = check(record_of("n: 2\nevents: 10").replace("population:", "#"))
    assert {problem.code for problem in problems} == {"E202", "E302"}
    _, problems = check(record_of("n: 2\nevents: 10").replace("randomised: 10}", "randomised: ten}"))
    assert {problem.code for problem in problems} == {"E204", "E302"}


def test_places_are_right_after_a_broken_entry():
    entries = """outcomes:
  - {outcome: mortality, day: 28}
  - outcome: mortality
    arms: {msc: {n: 2, events: 10}, contrl: {n: 10, events: 3}}
    source: {kind: primary, url: "https://doi.org/10.1000/example", where: Table 2}
"""
    _, problems = check(record_of(entries))
    found = {(problem.code, problem.field) for problem in problems}
    assert found == {
        ("E202", "outcomes[0]"),
        ("E302", "outcomes[1].arms.msc.events"),
        ("E314", "outcomes[1].arms.contrl"),
    }


def test_nothing_is_said_twice_because_of_a_lost_arm():
    _, problems = check(record_of("arms:\n  msc: {role: x, label: MSC}\n  control: {role: control, label: care}"))
    assert [problem.code for problem in problems] == ["E205"]


def test_record_without_positions_is_checked_all_the_same():
    data = deepcopy(SOUND)
    data["outcomes"][0]["arms"]["msc"]["events"] = 12
    _, (problem,) = check_record(RawRecord(data, "table.csv"))
    assert str(problem).startswith("table.csv: error E302 outcomes[0].arms.msc.events: 12 events among 10 patients")


def test_place_of_a_value_without_one_is_its_parents():
    data = deepcopy(SOUND)
    data["outcomes"][0]["arms"]["msc"]["events"] = 12
    raw = RawRecord(data, "table.csv", {("outcomes", 0, "arms", "msc"): Position(5, 3)})
    _, (problem,) = check_record(raw)
    assert (problem.line, problem.column) == (5, 3)


def test_problems_of_the_file_come_first_and_alone():
    document = read_yaml(b"\xff", "x.yaml")
    study, problems = check_record(RawRecord(None, "x.yaml", problems=document.problems))
    assert study is None
    assert [problem.code for problem in problems] == ["E101"]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), True, 10.5, "10", [], {}])
def test_numbers_of_a_table_are_held_to_the_same(value):
    data = deepcopy(SOUND)
    data["outcomes"][0]["arms"]["msc"]["n"] = value
    _, problems = check_record(RawRecord(data, "table.csv"))
    assert [problem.code for problem in problems] == ["E204"]


def test_infinite_mean_is_no_number():
    data = deepcopy(SOUND)
    data["outcomes"][0] |= {
        "outcome": "discharge_time",
        "unit": "days",
        "arms": {"msc": {"n": 10, "mean": float("nan")}},
    }
    _, problems = check_record(RawRecord(data, "table.csv"))
    assert [problem.code for problem in problems] == ["E204"]


def test_protocol_is_read_by_the_same_machinery():
    text = BUILT_IN.read_text(encoding="utf-8")
    protocol, problems = validate(Protocol, read_yaml(text, "protocol.yaml"))
    assert (protocol.id, problems) == ("msc-ards", [])
    broken = text.replace("target: 28, earliest: 14", "target: 8, earliest: 14").replace(
        "method: REML", "method: REMl", 1
    )
    protocol, problems = validate(Protocol, read_yaml(broken, "protocol.yaml"))
    assert protocol is None
    assert [(problem.code, problem.field) for problem in problems] == [
        ("E214", "outcomes.mortality.window"),
        ("E205", "outcomes.mortality.model.method"),
    ]
    assert broken.splitlines()[problems[1].line - 1][problems[1].column - 1 :].startswith("REMl")


def test_every_record_of_the_project_is_sound(project):
    entries = []
    for path in sorted((project / "studies").glob("*.yaml")):
        document = read_yaml(path.read_bytes(), path.name)
        raw = RawRecord(document.data, path.name, document.positions, document.keys, document.problems, path.stem)
        study, problems = check_record(raw)
        assert [problem for problem in problems if problem.severity == "error"] == []
        entries.append(CohortEntry.of(study, raw))
    assert len(entries) >= 46
    assert [problem for problem in check_cohort(entries) if problem.severity == "error"] == []


def test_checking_loads_nothing_heavy(project):
    code = (
        "import sys; from msc_meta.records import schema, cohorts, strict_yaml;"
        "print(sorted({'numpy', 'scipy', 'pandas', 'matplotlib', 'pymare', 'statsmodels'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["17,5", "<0.05", "NR", "10", "012", "ä" * 50]),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=5) | st.integers(), st.integers(), max_size=2),
)


def anything_like(annotation: Any) -> st.SearchStrategy[Any]:
    """Return values that mostly fit a field, and sometimes do not."""
    kind = fields.plain(annotation)
    if fields.is_model(kind):
        fitting = mapping_like(kind)
    elif words := fields.allowed_values(kind):
        fitting = st.sampled_from(words)
    elif get_origin(kind) is dict:
        fitting = st.dictionaries(st.sampled_from(["msc", "control", "other", "MSC"]), anything_like(get_args(kind)[1]))
    elif get_origin(kind) is tuple:
        fitting = st.lists(anything_like(get_args(kind)[0]), max_size=2)
    else:
        numbers = st.integers(-2, 800)
        fitting = {int: numbers, float: numbers | st.floats(-1e3, 1e9), bool: st.booleans()}.get(
            kind, st.text(min_size=1)
        )
    return st.one_of(fitting, fitting, fitting, fitting, fitting, fitting, JUNK)


def mapping_like(model: type[BaseModel]) -> st.SearchStrategy[Any]:
    required = {name: anything_like(info.annotation) for name, info in model.model_fields.items() if info.is_required()}
    optional = {
        name: anything_like(info.annotation) for name, info in model.model_fields.items() if not info.is_required()
    }
    return st.fixed_dictionaries(required, optional=optional)


@given(mapping_like(Study), st.sampled_from(["doe-2024", None]))
def test_any_mapping_gives_a_study_or_problems(data, named):
    study, problems = check_record(RawRecord(data, "x.yaml", named=named))
    assert (study is None) == any(problem.severity == "error" for problem in problems)
    for problem in problems:
        assert problem.message
        assert not re.search(r"pydantic|Input should|valid (integer|string|tuple|dictionary)", str(problem))
    if study is not None:
        check_cohort([CohortEntry.of(study, RawRecord(data, "x.yaml"))])


@given(st.dictionaries(st.text(max_size=6) | st.integers() | st.none(), JUNK, max_size=4))
def test_any_plain_mapping_gives_problems(data):
    study, problems = check_record(RawRecord(data, "x.yaml"))
    assert study is None
    assert problems
