"""Fields are explained from the models, with an example that is valid."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter

from msc_meta.errors import UsageError
from msc_meta.protocol import Protocol
from msc_meta.protocol_files import BUILT_IN
from msc_meta.records import fields
from msc_meta.records.field_help import EXAMPLE, USES, explain_field
from msc_meta.records.strict_yaml import read_yaml
from msc_meta.records.study import Study

MEMBERS = {".".join(str(part) for part in member.pattern): member for member in fields.members(Study)}


def test_example_record_has_the_structure_of_the_format():
    document = read_yaml(EXAMPLE, "example.yaml")
    assert document.problems == ()
    Study.model_validate(document.data)


@pytest.mark.parametrize("name", MEMBERS)
def test_every_field_is_explained_with_a_valid_example(name):
    member = MEMBERS[name]
    page = explain_field(name.replace(".[]", "").replace("KEY.", "msc."))
    heading = name.replace(".[]", "[]").replace("KEY", "ARM")
    assert f"# {heading}\n" in page
    assert " ".join(fields.descriptions(member.part)[str(member.pattern[-1])].split()) in page
    assert "\nUsed for: " in page
    assert "```yaml" in page or "\nKeys: " in page
    for block in page.split("```yaml\n")[1:]:
        example = read_yaml(block.partition("```")[0], "example.yaml")
        assert example.problems == ()
        info = member.info
        TypeAdapter(info.annotation).validate_python(example.data[member.pattern[-1]])


@pytest.mark.parametrize(
    ("term", "headings"),
    [
        ("events", ["outcomes[].arms.ARM.events"]),
        ("outcomes[0].arms.msc.events", ["outcomes[].arms.ARM.events"]),
        ("outcomes.arms.events", ["outcomes[].arms.ARM.events"]),
        ("arms.msc.dose.unit", ["arms.ARM.dose.unit"]),
        ("between.ci", ["outcomes[].between.ci"]),
        ("ci", ["outcomes[].arms.ARM.ci", "outcomes[].between.ci"]),
    ],
)
def test_fields_are_found_by_name_or_path(term, headings):
    lines = explain_field(term).splitlines()
    assert [line.removeprefix("# ") for line in lines if line.startswith("# ")] == headings


@pytest.mark.parametrize(("term", "meant"), [("evnts", "events"), ("arms.randomized", "randomised"), ("", "no field")])
def test_unknown_field_names_the_nearest(term, meant):
    with pytest.raises(UsageError, match=meant):
        explain_field(term)


@pytest.mark.parametrize("member", [*fields.members(Protocol)], ids=lambda member: ".".join(map(str, member.pattern)))
def test_every_field_of_the_protocol_is_explained(member):
    name = ".".join(str(part) for part in member.pattern if part != "[]")
    page = explain_field(name, Protocol, examples={Protocol: BUILT_IN.read_text(encoding="utf-8")})
    assert "\nUsed for: " in page
    assert (
        "```yaml" in page or "\nKeys: " in page or name == "outcomes.KEY.numbers"
    )  # of an outcome that the built-in protocol has not
    for block in page.split("```yaml\n")[1:]:
        example = read_yaml(block.partition("```")[0], "example.yaml")
        assert example.problems == ()
        assert list(example.data) == [member.pattern[-1]]


def test_uses_are_of_fields_that_exist():
    for form, model in (("record", Study), ("protocol", Protocol)):
        paths = {".".join(p for p in map(str, m.pattern) if p not in ("[]", "KEY")) for m in fields.members(model)}
        ends = {path.split(".", at)[-1] for path in paths for at in range(6)}
        assert set(read_yaml(USES.read_bytes(), USES.name).data[form]) <= ends


def test_a_field_says_type_limits_default_use_and_example():
    assert (
        explain_field("outcomes.between.level")
        == """\
# outcomes[].between.level

Level of ci.

A number, above 0 and below 1; 0.95 if left out.

Used for: turns ci into a standard error.

```yaml
level: 0.95
```
"""
    )
