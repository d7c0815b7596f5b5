"""Numbers of search and selection are part of a review: what changes in them is said too."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from msc_meta.cli import run

REVIEW = Path("examples/invented-review").resolve()


@pytest.fixture
def states(tmp_path):
    """Two folders of the same records; the newer one found four records more."""
    for name in ("old", "new"):
        shutil.copytree(REVIEW, tmp_path / name / "studies")
    file = tmp_path / "new" / "studies" / "screening.yaml"
    text = file.read_text(encoding="utf-8")
    assert "records: 210" in text
    changed = text.replace("records: 210", "records: 214").replace("duplicates: 190", "duplicates: 194")
    assert "duplicates: 194" in changed
    file.write_text(changed, encoding="utf-8")
    return tmp_path / "old" / "studies", tmp_path / "new" / "studies"


def said(capsys, *arguments):
    capsys.readouterr()
    code = run(["-q", *map(str, arguments)])
    return code, capsys.readouterr().out


def test_a_changed_number_of_a_search_is_said(states, capsys):
    old, new = states
    code, text = said(capsys, "diff", old, new)
    assert code == 1
    assert "removed.duplicates: 190 -> 194" in text
    assert ".records: 210 -> 214" in text
    assert json.loads(said(capsys, "diff", old, new, "--format", "json")[1])["screening"][0]["new"] == 214
    entry = said(capsys, "changelog", old, new, "--date", "2026-11-23")[1]
    assert "2026-11-23: search and selection changed" in entry
    assert "removed, duplicates: 190 → 194" in entry
    assert said(capsys, "diff", old, old)[0] == 0


def test_a_file_that_came_or_went_is_said(states, capsys):
    old, new = states
    (old / "screening.yaml").unlink()
    assert "screening file: nothing -> there" in said(capsys, "diff", old, new)[1]
    code, text = said(capsys, "diff", new, old)
    assert code == 1
    assert "screening file: there -> nothing" in text
    (new / "screening.yaml").unlink()
    code, text = said(capsys, "diff", old, new)
    assert code == 0
    assert "search" not in text


def test_published_results_are_compared_by_what_they_show(states, tmp_path, capsys):
    old, new = states
    out = tmp_path / "out"
    assert run(["-q", "run", str(old), "-o", str(out), "--format", "svg", "--no-report"]) == 0
    assert said(capsys, "diff", out, old)[0] == 0
    code, text = said(capsys, "diff", out, new)
    assert code == 1
    assert "removed.duplicates: 190 -> 194" in text
    day = old / "screening.yaml"
    day.write_text(day.read_text(encoding="utf-8").replace("searched: 2026-05-01", "searched: 2026-05-02"))
    code, text = said(capsys, "diff", out, old)
    assert code == 1, "a day that no box of the diagram shows"
    assert "sha256 of the screening file" in text


def test_the_file_above_the_records_is_that_of_the_revision(states, capsys):
    old, new = states
    root = old.parent
    shutil.move(old / "screening.yaml", root / "screening.yaml")
    git = ["git", "-C", str(root), "-c", "user.name=A", "-c", "user.email=a@example.org"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "first"]):
        subprocess.run([*git, *command], check=True)
    assert said(capsys, "diff", "--since", "HEAD", old)[0] == 0
    shutil.copy(new / "screening.yaml", root / "screening.yaml")
    assert "removed.duplicates: 190 -> 194" in said(capsys, "diff", "--since", "HEAD", old)[1]
