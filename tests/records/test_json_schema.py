"""The JSON Schema says what the models say, in a form that editors complete from."""

from __future__ import annotations

from typing import Any

from msc_meta.records.json_schema import COMMITTED, schema_text, study_schema
from msc_meta.records.study import QUANTITIES, Study


def test_committed_schema_is_up_to_date():
    assert COMMITTED.read_text(encoding="utf-8") == schema_text(), "write it with: msc-meta schema"


def nodes(node: Any) -> Any:
    yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
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


def test_units_follow_the_quantity():
    rules = study_schema()["$defs"]["Outcome"]["allOf"]
    units = {
        rule["if"]["properties"]["quantity"]["const"]: rule["then"]["properties"]["unit"]["enum"]
        for rule in rules
        if "quantity" in rule["if"]["properties"]
    }
    assert units["pf_ratio"] == ["mmHg", "kPa"]
    assert set(units) == {quantity for quantities in QUANTITIES.values() for quantity in quantities}
