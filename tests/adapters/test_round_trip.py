"""Nothing is lost between YAML and CSV, there and back: invented records of every shape, and every record we have."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msc_meta.adapters.csv_text import decode, records_from_text
from msc_meta.exporting.csv_table import to_csv
from msc_meta.loading import check_studies, load_studies
from msc_meta.records.fields import plain
from msc_meta.records.strict_yaml import read_yaml
from msc_meta.records.study import Arm, ArmData, Outcome, Part, RiskOfBias, Source, Study
from msc_meta.records.write_yaml import record_to_yaml

NASTY = (
    "=1+1", "+34 600", "-", "@SUM(A1)", "'quoted'", "'=x", "''1:1", "1:1", "1/2", "012", "1e5", "59", "1,234", "17,5",
    "NO", "true", "TRUE", "null", "~", "a; b", "a\\;b", "\\", ";", "a, b", 'so called "severe"', "two\nlines",
    "# no comment", "a: b", "a #b", "- dash", "[x]", "{x}", "&x", "*x", "!x", "|", ">", "%x", "`x", "yes", "<0.001",
    "µ ± 3", "“typographic”", "a\tb", "e\u0301", "‘t Hooft", "'t Hooft", "10.1038/s41409-024-02230-5", "?", ":",
    "x" * 300, "many words " * 30 + "end", "a  b" * 60,
)  # fmt: skip
TEXT = st.one_of(
    st.sampled_from(NASTY).map(str.strip),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1).map(str.strip).filter(bool),
)
WORDS = st.from_regex(r"[a-z]{1,8}(-[a-z0-9]{1,3})?", fullmatch=True)
OWN: dict[str, st.SearchStrategy[Any]] = {
    "id": WORDS,
    "level": st.sampled_from([0.8, 0.9, 0.95, 0.99]),
    "countries": st.lists(st.sampled_from(["ES", "NO", "CN"]), max_size=3),
    "domains": st.dictionaries(
        st.from_regex(r"[A-Za-z](?:[\w ,:/-]{0,20}\w)?", fullmatch=True),
        st.sampled_from(["low", "high", "unclear"]),
        max_size=3,
    ),
}
ANY_SIGN = {"mean", "estimate", "min", "ci"}
FEW = settings(max_examples=40)  # each draws some hundred values


def of(name: str, annotation: Any) -> st.SearchStrategy[Any]:
    """Return what a field may hold, as plain values."""
    kind = plain(annotation)
    if name in OWN:
        return OWN[name]
    if isinstance(kind, type) and issubclass(kind, Part):
        return part(kind)
    if get_origin(kind) is Literal:
        return st.sampled_from(get_args(kind))
    if get_origin(kind) is tuple:
        item, end = get_args(kind)
        size = (0, 3) if end is Ellipsis else (2, 2)
        return st.lists(of(name, item), min_size=size[0], max_size=size[1])
    # no paper prints more digits, and the YAML reader refuses what a float could not hold
    number = st.floats(-1e9 if name in ANY_SIGN else 1e-9, 1e9).map(lambda value: float(f"{value:.9g}"))
    return {int: st.integers(1, 10**6), float: number, bool: st.booleans(), str: TEXT}[kind]


def part(model: type[Part], **own: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    fields = {name: info for name, info in model.model_fields.items() if name not in own}
    required = {name: of(name, info.annotation) for name, info in fields.items() if info.is_required()}
    optional = {name: of(name, info.annotation) for name, info in fields.items() if not info.is_required()}
    return st.fixed_dictionaries(required | own, optional=optional)


ANSWERS = st.lists(st.sampled_from(["1.1 Y", "2.3 NI", "5.2 PN"]), max_size=3)


@st.composite
def studies(draw: st.DrawFn) -> Study:
    arms = draw(st.dictionaries(WORDS, part(Arm), max_size=3))
    reported = st.dictionaries(st.sampled_from(sorted(arms)), part(ArmData), max_size=3) if arms else st.just({})
    several = {
        "outcomes": st.lists(part(Outcome, arms=reported), max_size=4),
        "risk_of_bias": st.lists(part(RiskOfBias, answers=ANSWERS), max_size=2),
        "sources": st.lists(part(Source), max_size=3),
    }
    return Study.model_validate(draw(part(Study, arms=st.just(arms), **several)))


def through_csv(originals: list[Study], decimal: Any) -> list[Study]:
    text = decode(to_csv(originals, decimal=decimal), Path("table.csv"))
    assert isinstance(text, str)
    records = list(records_from_text(text, "table.csv"))
    assert [problem for raw in records for problem in raw.problems] == []
    return [Study.model_validate(raw.data) for raw in records]


@FEW
@given(studies(), st.sampled_from([".", ","]))
def test_a_table_loses_nothing(study, decimal):
    assert through_csv([study], decimal) == [study]


@FEW
@given(st.lists(studies(), min_size=1, max_size=3, unique_by=lambda study: study.id))
def test_a_table_keeps_studies_apart(several):
    assert through_csv(several, ".") == several


@FEW
@given(studies())
def test_a_written_record_reads_the_same(study):
    document = read_yaml(record_to_yaml(study), "record.yaml")
    assert document.problems == ()
    assert Study.model_validate(document.data) == study


@pytest.mark.parametrize("decimal", [".", ","])
def test_the_real_records_survive_yaml_to_csv_to_yaml(project, tmp_path, decimal):
    original = load_studies(project / "studies")
    table = tmp_path / "table.csv"
    table.write_bytes(to_csv(original, decimal=decimal))
    from_table = load_studies(table)
    assert from_table == original
    assert from_table.sha256 == original.sha256

    folder = tmp_path / "studies"
    folder.mkdir()
    for study in from_table:
        (folder / f"{study.id}.yaml").write_text(record_to_yaml(study), encoding="utf-8", newline="\n")
    assert load_studies(folder) == original


def test_the_table_gives_the_same_warnings(project, tmp_path):
    table = tmp_path / "table.csv"
    folder = check_studies(project / "studies")
    table.write_bytes(to_csv(folder.evidence()))

    def said(problems):
        return sorted((problem.code, problem.field, problem.message) for problem in problems if problem.code < "W5")

    assert said(check_studies(table).problems) == said(folder.problems)
    assert said(folder.problems), "the records have no warnings any more: choose another comparison"
