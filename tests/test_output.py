"""The output folder changes all at once or not at all."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from msc_meta.errors import OutputError
from msc_meta.output import replacing, write_file, write_files


def write_run(folder, **files):
    with replacing(folder) as draft:
        for name, text in files.items():
            (draft / name).write_text(text)
        (draft / "manifest.json").write_text(json.dumps({"files": dict.fromkeys(files, "")}))


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_files_take_their_places_and_those_of_an_earlier_run_go(tmp_path):
    out = tmp_path / "out"
    write_run(out, forest_a="1", forest_b="1")
    (out / "notes.txt").write_text("mine")
    write_run(out, forest_a="2")
    assert names(out) == ["forest_a", "manifest.json", "notes.txt"]
    assert (out / "forest_a").read_text() == "2"


def test_a_manifest_can_not_make_a_run_remove_other_files(tmp_path):
    (tmp_path / "precious.txt").write_text("mine")
    out = tmp_path / "out"
    out.mkdir()
    (out / "notes.txt").write_text("mine")
    files = {"../precious.txt": "", "notes.txt": "", "forest_/../../precious.txt": ""}
    (out / "manifest.json").write_text(json.dumps({"files": files}))
    write_run(out, forest_a="1")
    assert (tmp_path / "precious.txt").exists()
    assert (out / "notes.txt").exists()


@pytest.mark.parametrize("error", [RuntimeError("bug"), KeyboardInterrupt()])
def test_a_failure_leaves_everything_as_it_was(tmp_path, error):
    out = tmp_path / "out"
    write_run(out, forest_a="1")
    before = names(out)
    with pytest.raises(type(error)), replacing(out) as draft:
        (draft / "forest_a").write_text("2")
        raise error
    assert names(out) == before
    assert (out / "forest_a").read_text() == "1"


def test_a_folder_in_the_way_is_named_and_nothing_moves(tmp_path):
    out = tmp_path / "out"
    (out / "forest_b").mkdir(parents=True)
    with pytest.raises(OutputError, match="forest_b is a folder"):
        write_run(out, forest_a="1", forest_b="1")
    assert names(out) == ["forest_b"]


def test_one_file_is_not_replaced_unless_asked(tmp_path):
    path = tmp_path / "deep" / "a.yaml"
    write_file(path, "1")
    with pytest.raises(OutputError, match="--force"):
        write_file(path, "2")
    write_file(path, "2", force=True)
    assert path.read_text() == "2"
    assert names(path.parent) == ["a.yaml"]


def test_a_file_of_somebody_elses_is_never_replaced_by_a_run(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "forest_a").write_text("mine")
    with pytest.raises(OutputError, match="forest_a is there already and no earlier run made it"):
        write_run(out, forest_a="1", forest_b="1")
    assert names(out) == ["forest_a"]
    assert (out / "forest_a").read_text() == "mine"


def test_a_path_below_a_file_is_an_answer_and_not_a_fault(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError, match="can not be written"):
        write_file(tmp_path / "file" / "a.yaml", "1")
    assert names(tmp_path) == ["file"]


def test_an_interrupt_while_files_take_their_places_leaves_all_of_them(tmp_path, monkeypatch):
    replace = Path.replace

    def interrupted(self, target):
        os.kill(os.getpid(), signal.SIGINT)
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_files({tmp_path / name: name for name in ("a.yaml", "b.yaml", "c.yaml")})
    assert names(tmp_path) == ["a.yaml", "b.yaml", "c.yaml"]
