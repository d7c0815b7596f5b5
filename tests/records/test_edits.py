"""Edits by place: the value that was meant changes, and nothing else, whatever the layout."""

from __future__ import annotations

import random

import pytest

from msc_meta.records.edits import EditError, write_value
from msc_meta.records.strict_yaml import read_yaml

RECORD = """\
# on top
id: doe-2024
label: Doe 2024  # as in the figure
citation:
  authors: [Doe J, Roe R]
  # of the journal
  year: 2024
  pmid: "38409332"
population:
  condition: COVID-19
arms:
  msc: {role: experimental, label: "MSC"}
outcomes:
  - outcome: mortality  # the first
    day:
    arms:
      msc: {n: 10, events: 2}  # Table 2
      placebo:
        n: 11
        mean: 17.50
    source: {kind: primary, url: x, where: abstract}
    note: >-
      A long text over
      two lines.

# at the end
"""

CASES = [
    (("label",), "Doe, J: 2024", "label: Doe 2024  #", 'label: "Doe, J: 2024"  #'),
    (("citation", "pmid"), "12345", 'pmid: "38409332"', 'pmid: "12345"'),
    (("citation", "authors", 1), "Poe, E", "[Doe J, Roe R]", '[Doe J, "Poe, E"]'),
    (("citation", "authors"), ["Doe J"], "[Doe J, Roe R]", "[Doe J]"),
    (("citation", "journal"), "Thorax", "  # of the journal", "  journal: Thorax\n  # of the journal"),
    (("citation", "year"), None, "  # of the journal\n  year: 2024\n", "  # of the journal\n"),
    (("population", "severity"), "mild", "COVID-19\n", "COVID-19\n  severity: mild\n"),
    (("outcomes", 0, "day"), "28", "day:\n", "day: 28\n"),
    (("outcomes", 0, "arms", "msc", "events"), "3", "events: 2}", "events: 3}"),
    (("outcomes", 0, "arms", "msc", "events"), None, "{n: 10, events: 2}", "{n: 10}"),
    (("outcomes", 0, "arms", "msc", "n"), None, "{n: 10, events: 2}", "{events: 2}"),
    (("outcomes", 0, "arms", "msc", "sd"), "1.50", "events: 2}", "events: 2, sd: 1.50}"),
    (("outcomes", 0, "arms", "placebo", "mean"), "17.5", "mean: 17.50", "mean: 17.5"),
    (("outcomes", 0, "arms", "placebo", "sd"), "4", "mean: 17.50\n", "mean: 17.50\n        sd: 4\n"),
    (("outcomes", 0, "arms", "msc", "ci"), ["1.0", "2"], "events: 2}", "events: 2, ci: [1.0, 2]}"),
    (("outcomes", 0, "between", "p"), "0.04", "    source:", "    between: {p: 0.04}\n    source:"),
    (("outcomes", 0, "outcome"), None, "- outcome: mortality  # the first\n    day", "- day"),
    (("outcomes", 0, "note"), "Short.", ">-\n      A long text over\n      two lines.", "Short."),
    (("outcomes", 0, "arms", "msc", "n"), "ten", "n: 10", "n: ten"),
    (("note",), "the end", "two lines.\n", "two lines.\nnote: the end\n"),
    (("id",), "NO", "id: doe-2024", "id: NO"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value", "old", "new"), CASES)
def test_one_place_changes(field, value, old, new):
    assert RECORD.count(old) == 1
    assert write_value(RECORD, field, value) == RECORD.replace(old, new)


def test_long_text_is_folded_and_reads_the_same():
    text = "word " * 60 + "end: here # not a comment"
    edited = write_value(RECORD, ("outcomes", 0, "note"), text)
    assert read_yaml(edited, "").data["outcomes"][0]["note"] == text
    assert max(map(len, edited.splitlines())) <= 120
    assert edited.startswith(RECORD.partition("note: >-")[0])
    assert edited.endswith("\n\n# at the end\n")


@pytest.mark.parametrize(
    "text", ["a\nb", "yes", "1:1", "17", "- x", "'", '"', "a # b", "{", "null", "\u00a0x", "[a", "x:"]
)
@pytest.mark.parametrize(
    "field", [("label",), ("arms", "msc", "label"), ("outcomes", 0, "note"), ("outcomes", 0, "unit")]
)
def test_any_text_stays_that_text(field, text):
    data = read_yaml(write_value(RECORD, field, text), "").data
    for part in field:
        data = data[part]
    assert data == text


@pytest.mark.parametrize(
    "field", [("outcomes", 5, "day"), ("outcomes", "day"), ("id", "x"), ("citation", "authors", 9)]
)
def test_what_is_not_there_is_refused(field):
    with pytest.raises(EditError):
        write_value(RECORD, field, "1")


def test_a_record_that_can_not_be_read_is_refused():
    with pytest.raises(EditError, match="mend its text"):
        write_value("a: [1\n", ("a",), "1")


def _leaves(data, path=()):
    if isinstance(data, dict):
        return [leaf for key, value in data.items() for leaf in _leaves(value, (*path, key))]
    if isinstance(data, list):
        return [leaf for key, value in enumerate(data) for leaf in _leaves(value, (*path, key))]
    return [path]


def test_every_value_of_every_record_can_be_changed(project):
    chance = random.Random(6)
    files = sorted((project / "studies").glob("*.yaml"))
    changed = 0
    for file in files:
        text = file.read_text(encoding="utf-8")
        comments = [line for line in text.splitlines() if line.lstrip().startswith("#")]
        leaves = _leaves(read_yaml(text, "").data)
        for field in chance.sample(leaves, 12):
            number = chance.choice(["7", "0.250"])
            edited = write_value(text, field, number)
            assert [line for line in edited.splitlines() if line.lstrip().startswith("#")] == comments
            assert read_yaml(edited, "").data != read_yaml(text, "").data
            changed += 1
    assert changed == 12 * len(files)
