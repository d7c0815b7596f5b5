"""Fields are explained from the models, with an example that is valid."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter

from msc_meta.errors import UsageError
from msc_meta.records import fields
from msc_meta.records.field_help import EXAMPLE, explain_field
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
