"""The kit for authors of plugins: it passes what is right and says what is wrong."""

from __future__ import annotations

import json

import pytest

from msc_meta.adapters.yaml_folder import YamlFolder
from msc_meta.hookspecs import Position, RawRecord
from msc_meta.records.findings import WHOLE_FILE, Mistake, problem
from msc_meta.records.strict_yaml import read_yaml
from msc_meta.testing import check_adapter

RECORD = {
    "id": "doe-2024",
    "label": "Doe 2024",
    "status": "completed",
    "design": {"allocation": "randomised"},
    "population": {"condition": "COVID-19", "syndrome": "ARDS"},
    "arms": {
        "msc": {"role": "experimental", "label": "MSC", "randomised": 10, "product": "cells"},
        "control": {"role": "control", "label": "placebo", "randomised": 10},
    },
}


class Json:
    """A sound adapter; the tests break one thing each."""

    name = "json"
    description = "one study (*.json)"

    def accepts(self, path):
        return path.suffix == ".json"

    def read(self, path):
        try:
            text = path.read_text(encoding="utf-8")
            json.loads(text)
        except (OSError, ValueError) as error:
            mistake = Mistake("E150", WHOLE_FILE, f"this is no JSON: {error}", "write it again")
            yield RawRecord(None, str(path), problems=(problem(mistake, str(path)),))
        else:
            document = read_yaml(text, str(path))  # JSON is YAML, and this reader knows the places
            yield RawRecord(document.data, str(path), document.positions)


@pytest.fixture
def good(tmp_path):
    path = tmp_path / "doe-2024.json"
    path.write_text(json.dumps(RECORD, indent=2))
    return path


@pytest.fixture
def other(tmp_path):
    path = tmp_path / "letter.txt"
    path.write_text("Dear colleague")
    return path


def test_a_sound_adapter_passes(good, other):
    (record,) = check_adapter(Json(), accepts=good, records=1, rejects=[other, good.parent])
    assert record.data == RECORD


def test_the_built_in_folder_passes(project, tmp_path, other):
    empty = tmp_path / "empty"
    empty.mkdir()
    count = len(list((project / "studies").glob("*.yaml")))
    check_adapter(YamlFolder(), accepts=project / "studies", records=count, rejects=[empty, other])
    check_adapter(YamlFolder(), accepts=project / "studies/martinez-munoz-2024.yaml", records=1, rejects=other)


def fails(adapter, good, **rest):
    with pytest.raises(AssertionError) as caught:
        check_adapter(adapter, accepts=good, **rest)
    return str(caught.value)


def test_what_is_no_adapter(good):
    class Shouting(Json):
        name = "JSON"

    class Silent(Json):
        description = ""

    class Wordy(Json):
        description = "one\nstudy"

    class Taken(Json):
        name = "yaml_folder"

    assert "lower case" in fails(Shouting(), good)
    assert "needs a description" in fails(Silent(), good)
    assert "one line" in fails(Wordy(), good)
    assert "wants an adapter, not its class" in fails(Json, good)
    assert "yaml_folder is there already, from plugin yaml_folder" in fails(Taken(), good)


def test_what_is_accepted(good, other, tmp_path):
    class All(Json):
        def accepts(self, path):
            return True

    class Nothing(Json):
        def accepts(self, path):
            return None

    assert "letter.txt) should be False" in fails(All(), good, rejects=other)
    assert "doe-2024.json) should be True" in fails(Nothing(), good)
    assert "gone.json, which does not exist" in fails(Json(), tmp_path / "gone.json")


def variant(change):
    """Return an adapter whose records are changed."""

    class Variant(Json):
        def read(self, path):
            yield from change(self, list(super().read(path)))

    return Variant()


def test_what_is_read(good):
    assert "at least one record" in fails(variant(lambda self, raws: []), good)
    assert "should yield 2 records, and yields 1" in fails(Json(), good, records=2)
    assert "RawRecord objects, and this is {'id'" in fails(variant(lambda self, raws: [RECORD]), good)
    assert "come twice: doe-2024" in fails(variant(lambda self, raws: raws * 2), good)
    assert "there is none for ('id',)" in fails(
        variant(lambda self, raws: [RawRecord(raw.data, raw.path, {}, problems=raw.problems) for raw in raws]), good
    )
    assert "is no FieldPath, Position" in fails(
        variant(lambda self, raws: [RawRecord(raw.data, raw.path, {("id",): (1, 2)}) for raw in raws]), good
    )
    assert "should name a file that exists" in fails(
        variant(lambda self, raws: [RawRecord(raw.data, "nowhere.json", raw.positions) for raw in raws]), good
    )


def test_records_with_errors(good):
    good.write_text(good.read_text().replace('randomised"', 'tossed"'))
    assert "should have no errors:\n" in fails(Json(), good)


def test_a_reader_with_a_memory(good):
    class Remembers(Json):
        def __init__(self):
            self.seen = 0

        def read(self, path):
            self.seen += 1
            yield from super().read(path)

    def moved(self, raws):
        Moving.line += 1
        return [RawRecord(raw.data, raw.path, {**raw.positions, ("id",): Position(Moving.line, 1)}) for raw in raws]

    class Moving:
        line = 0

    assert "leave nothing behind" in fails(Remembers(), good)
    assert "same records in the same order every time" in fails(variant(moved), good)


def test_bad_files(good):
    class Raises(Json):
        def read(self, path):
            json.loads(path.read_text(encoding="utf-8"))
            yield from super().read(path)

    class Swallows(Json):
        def read(self, path):
            return (raw for raw in super().read(path) if raw.data is not None)

    assert "read() of a file with b'' should yield a problem, and raises JSONDecodeError" in fails(Raises(), good)
    assert "should yield a record with a problem, and yields []" in fails(Swallows(), good)


def test_a_reader_that_prints(good):
    class Prints(Json):
        def read(self, path):
            print(f"reading {path.name}")
            yield from super().read(path)

    assert "print nothing, and this one printed: reading doe-2024.json" in fails(Prints(), good)
