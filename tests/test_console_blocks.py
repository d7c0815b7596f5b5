"""The commands in README and in the documentation are run, page by page, and print what the page shows.

In a ```console block each line after ``$`` is run by the shell, in a folder that holds the project's ``studies`` and
``examples``. What the page prints below a command has to be its output; ``...`` stands for anything. An HTML comment in
the line before a block says otherwise: ``<!-- not run: reason -->``, ``<!-- exits with 1 -->``.
"""

from __future__ import annotations

import doctest
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent
PAGES = [PROJECT / "README.md", *sorted((PROJECT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"(?:<!-- *(?P<remark>[^\n]*?) *-->\n+)?```console\n(?P<text>.*?)```", re.DOTALL)


def commands(text: str) -> list[tuple[str, str]]:
    """Return the commands of a block, each with the output that is shown for it."""
    pieces = re.split(r"^\$ ", text, flags=re.MULTILINE)
    assert not pieces[0].strip(), f"a block starts with a command: {pieces[0]!r}"
    return [(command, output) for command, _, output in (piece.partition("\n") for piece in pieces[1:])]


def blocks(page: Path) -> list[tuple[int, list[tuple[str, str]]]]:
    """Return what is to be run: per block the exit code and the commands."""
    found = []
    for block in BLOCK.finditer(page.read_text(encoding="utf-8")):
        remark = block["remark"] or "exits with 0"
        if not re.match(r"not run: \w", remark):
            status = re.fullmatch(r"exits with (\d+)", remark)
            found.append((int(status[1]) if status else 0, commands(block["text"])))
    return found


RUNNABLE = [page for page in PAGES if blocks(page)]


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
    same = doctest.OutputChecker().check_output
    for status, pairs in blocks(page):
        for command, shown in pairs:
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
                assert same(shown, run.stdout, options), f"{command}\nprinted\n{run.stdout}\nshown\n{shown}"


def test_the_readme_has_commands_to_run():
    assert PROJECT / "README.md" in RUNNABLE
