"""The record format as a JSON Schema, shaped for editors: completion and hover texts while a record is typed.

It is made from the models, with those rules that such a schema can say; ``msc-meta check`` has the last word.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

from msc_meta.records import fields
from msc_meta.records.field_help import example
from msc_meta.records.schema_rules import add_rules
from msc_meta.records.study import Study

COMMITTED: Final = Path(__file__).with_name("study.schema.json")
"""The same schema as a file, for the first line of every record; a test fails when it is out of date."""


DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def study_schema(own_outcomes: Collection[str] = ()) -> dict[str, Any]:
    """Return the JSON Schema of a record.

    Parameters
    ----------
    own_outcomes : collection of str, optional
        Outcomes that the review defines beside those of the format.

    Examples
    --------
    >>> study_schema()["properties"]["status"]["enum"]
    ['completed', 'stopped-early', 'ongoing', 'registered']
    """
    schema = fields.described_schema(Study)
    parts = schema.pop("$defs")
    _add_examples(schema, parts)
    whole = shaped({**schema, "$defs": parts})
    add_rules(whole["$defs"], whole)
    for part in ("Outcome", "RiskOfBias"):
        whole["$defs"][part]["properties"]["outcome"]["enum"] += sorted(own_outcomes)
    return {
        "$schema": DIALECT,
        **whole,
        "title": "Study record of msc_meta",
        "description": "What one trial reported, with a source for every outcome.",
    }


def schema_text(own_outcomes: Collection[str] = ()) -> str:
    """Return the schema as the text of its file."""
    return json.dumps(study_schema(own_outcomes), indent=1, ensure_ascii=False) + "\n"


def _add_examples(schema: dict[str, Any], parts: dict[str, Any]) -> None:
    for member in fields.members(Study):
        if fields.part_of(fields.plain(member.info.annotation)) is None:
            holder = schema if member.part is Study else parts[member.part.__name__]
            holder["properties"][member.pattern[-1]]["examples"] = [example(member.pattern)]


def shaped(node: Any) -> Any:
    """Drop what editors would offer and nobody wants: generated titles, and null as a choice of its own."""
    if isinstance(node, list):
        return [shaped(item) for item in node]
    if not isinstance(node, dict):
        return node
    named = {"properties", "$defs"}  # below these, the keys are names of fields and not words of JSON Schema
    kept = {
        key: {name: shaped(item) for name, item in value.items()} if key in named else shaped(value)
        for key, value in node.items()
        if key != "title" and not (key == "default" and not isinstance(value, str | bool | float))
    }
    if "patternProperties" in kept:
        kept["additionalProperties"] = False
    if kept.get("type") == "string" and "minLength" in kept:
        kept["pattern"] = r"\S"  # blanks alone are no text
    options = kept.pop("anyOf", None)
    if options is not None:
        (only,) = (option for option in options if option != {"type": "null"})
        if "type" in only and "enum" not in only:  # a list of types is completed as its first
            only = {**only, "type": [only["type"], "null"]}
        kept = {**only, **kept}
    return kept
