"""What README and documentation tell the reader to do is done, page by page, and prints what the page shows.

In a ```console block each line after ``$`` is run by the shell, in a folder that holds the project's ``studies`` and
``examples``. What the page prints below a command has to be its output; ``...`` stands for anything. An HTML comment
before a block says more: ``<!-- not run: reason -->``, ``<!-- exits with 1 -->`` (the block's last command), or
``<!-- file: studies/x.yaml -->`` before a block in any language, which is then written to that file. The Python of
README and tutorials is run too.
"""

from __future__ import annotations

import doctest
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent
LESSONS = [PROJECT / "README.md", *sorted((PROJECT / "docs" / "tutorial").glob("*.md"))]
PAGES = [PROJECT / "README.md", *sorted((PROJECT / "docs").rglob("*.md"))]
BLOCK = re.compile(
    r"(?:<!-- *(?P<remark>[^\n]*?) *-->\n+)?^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE
)


@dataclass(frozen=True)
class Block:
    """A fenced block of a page, with what the comment before it says."""

    kind: str
    text: str
    remark: str

    @property
    def file(self) -> str:
        """The file that the reader writes the block to; empty for others."""
        return self.remark.removeprefix("file: ") if self.remark.startswith("file: ") else ""

    @property
    def commands(self) -> list[tuple[str, str, int]]:
        """What is to be run: each command with the output that is shown for it, and its exit code."""
        if self.kind != "console" or re.match(r"not run: \w", self.remark):
            return []
        before, *pieces = re.split(r"^\$ ", self.text, flags=re.MULTILINE)
        assert not before.strip(), f"a block starts with a command: {before!r}"
        pairs = [(command, shown) for command, _, shown in (piece.partition("\n") for piece in pieces)]
        status = re.fullmatch(r"exits with (\d+)", self.remark)
        assert status or not self.remark, f"not understood: {self.remark!r}"
        last = len(pairs) - 1
        return [(*pair, int(status[1]) if status and i == last else 0) for i, pair in enumerate(pairs)]


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page."""
    found = BLOCK.finditer(page.read_text(encoding="utf-8"))
    return [Block(kind=match["kind"], text=match["text"], remark=match["remark"] or "") for match in found]


RUNNABLE = [page for page in PAGES if any(block.commands for block in blocks(page))]


@pytest.fixture
def workplace(tmp_path):
    """Return a folder with the project's data, and an environment in which ``msc-meta`` is a command."""
    for name in ("studies", "examples"):
        if (PROJECT / name).is_dir():
            shutil.copytree(PROJECT / name, tmp_path / "project" / name)
    command = tmp_path / "bin" / "msc-meta"
    command.parent.mkdir()
    command.write_text(f"#!/bin/sh\nexec '{sys.executable}' -c 'from msc_meta.cli import main; main()' \"$@\"\n")
    command.chmod(0o755)
    path = os.pathsep.join([str(command.parent), str(Path(sys.executable).parent), os.environ["PATH"]])
    return tmp_path / "project", os.environ | {"PATH": path, "NO_COLOR": "1", "COLUMNS": "100"}


@pytest.mark.skipif(os.name == "nt", reason="the pages show a POSIX shell")
@pytest.mark.parametrize("page", RUNNABLE, ids=lambda page: page.relative_to(PROJECT).as_posix())
def test_commands_do_what_the_page_shows(page, workplace):
    folder, environment = workplace
    for block in blocks(page):
        if block.file:
            (folder / block.file).write_text(block.text, encoding="utf-8")
        for command, shown, status in block.commands:
            run = subprocess.run(
                ["sh", "-c", command],
                cwd=folder,
                env=environment,
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            assert run.returncode == status, f"{command}\n{run.stdout}"
            if shown.strip():
                options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
                same = doctest.OutputChecker().check_output(shown, run.stdout, options)
                assert same, f"{command}\nprinted\n{run.stdout}\nshown\n{shown}"


@pytest.mark.parametrize("page", LESSONS, ids=lambda page: page.relative_to(PROJECT).as_posix())
def test_python_of_a_page_runs(page, workplace):
    folder, environment = workplace
    code = "\n".join(block.text for block in blocks(page) if block.kind == "python")
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment, check=False, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr


def test_the_readme_has_commands_to_run():
    assert PROJECT / "README.md" in RUNNABLE
