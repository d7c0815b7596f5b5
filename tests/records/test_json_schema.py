"""The JSON Schema says what the models say, in a form that editors complete from."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from msc_meta.hookspecs import RawRecord
from msc_meta.records import fields
from msc_meta.records.codes import codes
from msc_meta.records.field_help import EXAMPLE
from msc_meta.records.json_schema import COMMITTED, schema_text, study_schema
from msc_meta.records.schema import check_record, validate
from msc_meta.records.strict_yaml import read_yaml
from msc_meta.records.study import QUANTITIES, Study
from tests.records.example_files import files_of, record_of


def test_committed_schema_is_up_to_date():
    assert COMMITTED.read_text(encoding="utf-8") == schema_text(), "write it with: msc-meta schema"


def nodes(node: Any) -> Any:
    yield node
    if isinstance(node, dict):  # nothing is completed from what a value must not be
        node = [child for key, child in node.items() if key != "not"]
    for child in node if isinstance(node, list) else ():
        yield from nodes(child)


def test_no_choice_is_null_and_none_is_hidden_in_a_union():
    for node in nodes(study_schema()):
        if isinstance(node, dict):
            assert "anyOf" not in node
            assert node != {"type": "null"}
            assert None not in node.get("enum", []) if isinstance(node.get("enum"), list) else True


def test_every_field_is_described_with_an_example_and_unknown_ones_are_refused():
    schema = study_schema()
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    for part in (schema, *schema["$defs"].values()):
        assert part["additionalProperties"] is False
        for name, field in part["properties"].items():
            assert field.get("description") or "$ref" in field, name
            assert field.get("examples") or any(key in str(field) for key in ("$ref", "properties")), name


def test_fields_are_those_of_the_models():
    schema = study_schema()
    assert list(schema["properties"]) == list(Study.model_fields)
    assert schema["properties"]["arms"]["additionalProperties"] is False
    assert schema["$defs"]["Outcome"]["properties"]["outcome"]["enum"] == list(QUANTITIES)


VALIDATOR = Draft202012Validator(study_schema())
SOUND = read_yaml(record_of("label: Doe 2024"), "doe-2024.yaml").data
EXAMPLE_RECORD = read_yaml(EXAMPLE, "example.yaml").data


def test_schema_is_valid_itself():
    Draft202012Validator.check_schema(study_schema())


@pytest.mark.parametrize(
    "path", sorted((Path(__file__).parents[2] / "studies").glob("*.yaml")), ids=lambda path: path.stem
)
def test_every_record_of_the_project_is_valid(path):
    document = read_yaml(path.read_bytes(), path.name)
    assert [error.message for error in VALIDATOR.iter_errors(document.data)] == []


STRUCTURAL = [code for code, page in codes().items() if code[:2] == "E2" and page.shown_as == "yaml" and code != "E214"]
ALSO_IN_THE_SCHEMA = [
    "E303", "E305", "E307", "E311", "E317", "E318", "E319", "E320", "E321", "E323", "E324", "E326", "E327", "E328",
    "E329", "E330", "E331", "E334", "E335", "E336", "E338",
]  # fmt: skip


@pytest.mark.parametrize("code", [*STRUCTURAL, *ALSO_IN_THE_SCHEMA])
def test_bad_example_of_a_page_is_invalid_and_the_good_one_valid(code):
    page = codes()[code]
    for piece, valid in ((page.bad, False), (page.good, True)):
        for content in files_of(piece).values():
            assert VALIDATOR.is_valid(read_yaml(content, "doe-2024.yaml").data) is valid


def test_rules_say_what_to_do():
    for part in ("Arm", "ArmData"):
        rules = study_schema()["$defs"][part]["allOf"]
        assert all(rule["then"]["errorMessage"] for rule in rules)


JUNK = st.sampled_from(
    [None, True, -3, 0, 7, 1.5, 250.0, "", " ", "x", "10", "mmHg", "ES", [], [1, 2], [2.5, "x"], {}, {"n": 3}]
)


@st.composite
def mutated(draw):
    """Return a sound record with one to three places changed, taken away or added."""
    data = deepcopy(draw(st.sampled_from([SOUND, EXAMPLE_RECORD])))
    for _ in range(draw(st.integers(1, 3))):
        places = list(_places(data))
        holder, key = draw(st.sampled_from(places))
        match draw(st.sampled_from(["change", "take", "add", "word"])):
            case "take":
                del holder[key]
            case "add" if isinstance(holder, dict):
                names = [name for part in PARTS for name in part.model_fields]
                holder[draw(st.sampled_from(sorted({*names, "nonsense"})))] = draw(JUNK)
            case "word":
                holder[key] = draw(st.sampled_from(WORDS))
            case _:
                holder[key] = draw(JUNK)
    return data


PARTS = {member.part for member in fields.members(Study)}
WORDS = sorted(
    {word for member in fields.members(Study) for word in fields.allowed_values(fields.plain(member.info.annotation))}
)


def _places(node):
    for key, value in list(node.items()) if isinstance(node, dict) else list(enumerate(node)):
        yield node, key
        if isinstance(value, (dict, list)):
            yield from _places(value)


@settings(max_examples=200)
@given(mutated())
def test_schema_and_models_agree_about_structure(data):
    valid = VALIDATOR.is_valid(data)
    study, _ = validate(Study, RawRecord(data, "x.yaml"))
    _, problems = check_record(RawRecord(data, "x.yaml"))
    if study is None:
        assert not valid  # what the models refuse, the schema refuses
    if not valid:
        assert [problem for problem in problems if problem.severity == "error"]  # and nothing that the check accepts


def test_outcomes_of_the_review_are_known():
    data = deepcopy(SOUND)
    data["outcomes"][0] |= {"outcome": "ventilator_days", "unit": "points"}
    assert not VALIDATOR.is_valid(data)
    assert Draft202012Validator(study_schema(["ventilator_days"])).is_valid(data)
