"""A living review: changes are found, and so is one changed digit."""

from __future__ import annotations

import io
import json
import shutil
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

import pytest

import msc_meta as mm
from msc_meta.cli import run
from msc_meta.living.record_changes import flat, record_changes
from msc_meta.living.run_changes import same

STUDIES = Path("studies").resolve()


class Answer(NamedTuple):
    exit_code: int
    output: str


def invoke(*arguments):
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(io.StringIO()):
        code = run(["--quiet", *map(str, arguments)])
    return Answer(code, out.getvalue())


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    out = tmp_path_factory.mktemp("published") / "out"
    assert invoke("run", STUDIES, "-o", out, "--format", "svg", "--no-report").exit_code == 0
    return out


@pytest.fixture
def changed(tmp_path):
    """Records of which one has a death more, one is gone, and one is new."""
    folder = tmp_path / "records"
    shutil.copytree(STUDIES, folder)
    record = folder / "monsel-2022.yaml"
    text = record.read_text(encoding="utf-8")
    assert "events: 5" in text
    record.write_text(text.replace("events: 5", "events: 6", 1), encoding="utf-8")
    (folder / "zheng-2014.yaml").unlink()
    copy = (folder / "matthay-2019.yaml").read_text(encoding="utf-8")
    new = copy.replace("id: matthay-2019", "id: doe-2026").replace("label: Matthay 2019", "label: Doe 2026")
    lines = [line for line in new.splitlines() if not line.startswith(("registrations", "companion_of"))]
    (folder / "doe-2026.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def test_no_change_is_said(published):
    answer = invoke("diff", published, STUDIES)
    assert answer.exit_code == 0, answer.output
    assert "All-cause mortality: unchanged, RR 0.78 (0.60 to 1.02), 12 comparisons" in answer.output
    assert "nothing, by their hashes" in answer.output
    assert "not compared" not in answer.output


def test_results_without_a_manifest_say_what_they_can_not_tell(published, changed, tmp_path):
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy(published / "results.json", alone)
    assert "not compared: one side has results only" in invoke("diff", alone, STUDIES).output
    by_hash = invoke("diff", published, changed).output
    for line in ("doe-2026: added", "zheng-2014: removed", "monsel-2022: changed"):
        assert f"  {line}\n" in by_hash or f"({line.split(':')[0]}): {line.split()[1]}\n" in by_hash


def test_what_changed_is_said_field_by_field_and_effect_by_effect(changed):
    answer = invoke("diff", STUDIES, changed)
    assert answer.exit_code == 1
    assert "Zheng 2014 (zheng-2014): removed" in answer.output
    assert "Doe 2026 (doe-2026): added" in answer.output
    assert ".events: 5 -> 6" in answer.output
    new = mm.synthesize(mm.load_studies(changed))["mortality"].result
    assert f"-> RR {new.display().estimate:.2f}" in answer.output
    assert "entered: Doe 2026" in answer.output
    assert "left: Zheng 2014" in answer.output
    assert "have another effect: Monsel 2022" in answer.output
    data = json.loads(invoke("diff", STUDIES, changed, "--format", "json").output)
    assert data["effects"]["mortality"]["new"]["estimate"] == pytest.approx(new.estimate)
    assert not data["effects"]["oxygenation"]["differs"]


def test_a_decision_that_changed_is_said(tmp_path):
    other = tmp_path / "protocol.yaml"
    text = invoke("protocol").output.replace("measure: RR ", "measure: OR ", 1)
    other.write_text(text, encoding="utf-8")
    answer = invoke("diff", STUDIES, STUDIES, "--protocol", other, "--old-protocol", tmp_path / "none.yaml")
    assert answer.exit_code == 2
    first = tmp_path / "first.yaml"
    first.write_text(invoke("protocol").output, encoding="utf-8")
    answer = invoke("diff", STUDIES, STUDIES, "--protocol", other, "--old-protocol", first)
    assert "outcomes.mortality.measure: RR -> OR" in answer.output
    assert "have another effect" not in answer.output, "of another measure every effect is another"


def test_markdown_holds_no_markup_of_a_record(changed):
    record = changed / "doe-2026.yaml"
    text = record.read_text(encoding="utf-8")
    record.write_text(text.replace("label: Doe 2026", 'label: "<img src=x> [a](b) @all"'), encoding="utf-8")
    answer = invoke("diff", STUDIES, changed, "--format", "markdown").output
    assert "### Pooled effects" in answer
    assert "<img" not in answer
    assert "[a](b)" not in answer
    assert "@all" not in answer


def test_another_order_of_reports_is_no_change_of_a_field():
    studies = mm.load_studies(STUDIES)
    study = next(one for one in studies if len(one.outcomes) > 2)
    turned = study.model_copy(update={"outcomes": study.outcomes[::-1]})
    assert record_changes([study], [study]) == ()
    (change,) = record_changes([study], [turned])
    assert [field.field for field in change.fields] == ["order of the entries"]
    assert flat({"a": [{"id": "x", "n": 1}, {"id": "x", "n": 2}]})["a[x #2].n"] == 2


def test_published_results_hold(published):
    answer = invoke("verify", published, "--studies", STUDIES)
    assert answer.exit_code == 0, answer.output
    assert "all hold" in answer.output


@pytest.mark.parametrize("name", ["results.json", "table_mortality.csv", "forest_mortality.svg"])
def test_one_changed_digit_is_found(published, tmp_path, name):
    out = tmp_path / "out"
    shutil.copytree(published, out)
    path = out / name
    text = path.read_text(encoding="utf-8")
    at = next(place for place, letter in enumerate(text) if letter == "7" and place > len(text) // 2)
    path.write_text(text[:at] + "8" + text[at + 1 :], encoding="utf-8")
    answer = invoke("verify", out, "--studies", STUDIES)
    assert answer.exit_code == 1
    assert f"{name}: is not what the run wrote" in answer.output


def test_a_changed_record_is_named_and_so_are_the_numbers(published, changed):
    answer = invoke("verify", published, "--studies", changed)
    assert answer.exit_code == 1
    for line in ("monsel-2022: says something else", "zheng-2014: was a record", "doe-2026: is a record that"):
        assert line in answer.output
    assert "... and " in answer.output
    everything = invoke("verify", published, "--studies", changed, "--format", "json").output
    assert "mortality.estimate" in {one["subject"] for one in json.loads(everything)["findings"]}


def test_missing_and_foreign_files_are_told_apart(published, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(published, out)
    (out / "forest_mortality.svg").unlink()
    (out / "note.txt").write_text("mine", encoding="utf-8")
    answer = invoke("verify", out, "--format", "json")
    found = {(one["verdict"], one["subject"]) for one in json.loads(answer.output)["findings"]}
    assert ("different", "forest_mortality.svg") in found
    assert ("note", "note.txt") in found
    assert answer.exit_code == 1


def test_a_lock_finds_one_changed_digit(tmp_path, changed):
    lock = tmp_path / "evidence.lock"
    assert invoke("lock", STUDIES, "-o", lock).exit_code == 0
    assert invoke("lock", STUDIES, "-o", lock, "--check").exit_code == 0
    answer = invoke("lock", changed, "-o", lock, "--check")
    assert answer.exit_code == 1
    assert "monsel-2022: says something else than it did" in answer.output


def test_what_is_no_output_is_said(tmp_path):
    answer = invoke("verify", tmp_path)
    assert answer.exit_code == 2
    (tmp_path / "manifest.json").write_text('{"evidence": 3}', encoding="utf-8")
    assert invoke("verify", tmp_path).exit_code == 2
    (tmp_path / "results.json").write_text("[]", encoding="utf-8")
    assert invoke("diff", tmp_path, tmp_path).exit_code == 2


def test_numbers_are_compared_to_nine_digits():
    assert same([1.0, {"a": 2}], [1.0 + 1e-12, {"a": 2.0}])
    assert not same(1.0, 1.000001)
    assert not same(1, True)
    assert same(None, None)
