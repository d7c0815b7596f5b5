"""What README and documentation tell the reader to do is done, page by page, and prints what the page shows.

A page is one story: its blocks are taken from the top down, in one folder that holds the project's ``studies`` and
``examples``.

- ```console: each line after ``$`` is run by the shell, and has to print what stands below it; ``...`` stands for
  anything.
- ```python: run as a program, with the names of the blocks above; with ``>>>`` compared with what it prints.
- ```yaml, ```json, ```toml: read; a whole record is checked too. ```text shows a file or an output, and no commands.

An HTML comment before a block says more:

- ``<!-- file: studies/x.yaml -->`` writes the block to that file, whatever its language;
- ``<!-- exits with 1 -->`` is the exit code of the last command;
- ``<!-- below mortality in protocol.yaml -->`` adds lines to that outcome of the protocol, which is then read;
- ``<!-- tested by tests/x.py -->`` names the test that reads the block from its page;
- ``<!-- in a folder of its own -->`` does it without a trace for the blocks below;
- ``<!-- needs R with metafor -->`` leaves the block out where there is none; ``make verify-r`` does not;
- ``<!-- not run: reason -->``.
"""

from __future__ import annotations

import contextlib
import doctest
import functools
import inspect
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

import msc_meta as mm
from msc_meta.cli.commands import COMMANDS

PROJECT = Path(__file__).parent.parent
PAGES = [
    *(PROJECT / name for name in ("README.md", "CONTRIBUTING.md", "studies/README.md")),
    *sorted((PROJECT / "examples").rglob("*.md")),
    *sorted(page for page in (PROJECT / "docs").rglob("*.md") if not {"generated", "_build"} & set(page.parts)),
]
BLOCK = re.compile(
    r"(?:<!-- *(?P<remark>[^\n]*?) *-->\n+)?^(?P<fence>```+)(?P<kind>\S*)[^\n]*\n(?P<text>.*?)^(?P=fence)$",
    re.DOTALL | re.MULTILINE,
)
WRITTEN, EXIT, BELOW = r"file: (\S+)", r"exits with (\d+)", r"below (\w+) in protocol.yaml"
APART = r"in (a folder of its own)"
WITH_R = r"needs (R with metafor)"
TESTED, NOT_RUN = r"tested by (tests/[\w/]+\.py)", r"not run: (\w.*)"
SPHINX = ("{toctree}", "{image}", "{figure}", "{include}", "{note}", "{literalinclude}")
COMMAND = re.compile(r"^\s*(?:\$ |msc-meta |make |pip |python |git )", re.MULTILINE)
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@dataclass(frozen=True)
class Block:
    """A fenced block of a page, with what the comment before it says."""

    kind: str
    text: str
    remark: str

    def says(self, pattern: str) -> str:
        """Return what the comment says, if it is of that kind; else nothing."""
        found = re.fullmatch(pattern, self.remark)
        return found[1] if found else ""

    @property
    def commands(self) -> list[tuple[str, str, int]]:
        """What is to be run: each command with the output that is shown for it, and its exit code."""
        if self.kind != "console" or self.says(NOT_RUN):
            return []
        before, *pieces = re.split(r"^\$ ", self.text, flags=re.MULTILINE)
        assert not before.strip(), f"a block starts with a command: {before!r}"
        pairs = [(command, shown) for command, _, shown in (piece.partition("\n") for piece in pieces)]
        last = len(pairs) - 1
        return [(*pair, int(self.says(EXIT) or 0) if i == last else 0) for i, pair in enumerate(pairs)]


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page."""
    found = BLOCK.finditer(page.read_text(encoding="utf-8"))
    return [Block(kind=match["kind"], text=match["text"], remark=match["remark"] or "") for match in found]


@functools.cache
def metafor_is_there() -> bool:
    if not shutil.which("Rscript"):
        return False
    return subprocess.run(["Rscript", "-e", "library(metafor)"], check=False, capture_output=True).returncode == 0


def name_of(page: Path) -> str:
    return page.relative_to(PROJECT).as_posix()


def same(shown: str, printed: str) -> bool:
    return doctest.OutputChecker().check_output(shown, printed, OPTIONS)


class Reader:
    """Who does what a page says, in a folder of their own."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder, self.environment = folder, environment
        self.names: dict[str, object] = {"__name__": "__main__"}

    def do(self, block: Block) -> None:
        """Do what one block says."""
        if path := block.says(WRITTEN):
            (self.folder / path).write_text(block.text, encoding="utf-8")
        elif outcome := block.says(BELOW):
            self.add_to_protocol(outcome, block.text)
        elif block.says(NOT_RUN) or block.says(TESTED) or (block.says(WITH_R) and not metafor_is_there()):
            return
        elif block.kind == "console":
            folder = self.folder
            if block.says(APART):
                self.folder = shutil.copytree(folder, folder.parent / "apart")
            for command, shown, status in block.commands:
                self.run(command, shown, status)
            self.folder = folder
        elif block.kind == "python":
            self.execute(block.text)
        else:
            READ[block.kind](block.text)

    def run(self, command: str, shown: str, status: int) -> None:
        """Run a command, and compare what it prints."""
        run = subprocess.run(
            ["sh", "-c", command],
            cwd=self.folder,
            env=self.environment,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert run.returncode == status, f"{command}\n{run.stdout}"
        assert not shown.strip() or same(shown, run.stdout), f"{command}\nprinted\n{run.stdout}\nshown\n{shown}"

    def execute(self, text: str) -> None:
        """Run Python in this process, with the names of the blocks above."""
        with contextlib.chdir(self.folder), contextlib.redirect_stdout(io.StringIO()):
            if ">>> " not in text:
                exec(compile(text, "page", "exec"), self.names)
                return
            test = doctest.DocTestParser().get_doctest(text, self.names, "page", None, 0)
            complaints = io.StringIO()
            runner = doctest.DocTestRunner(optionflags=OPTIONS)
            runner.run(test, out=complaints.write, clear_globs=False)
            self.names.update(test.globs)
        assert not complaints.getvalue(), complaints.getvalue()

    def add_to_protocol(self, outcome: str, lines: str) -> None:
        """Add lines to an outcome of the reader's protocol, as the page says, and read it."""
        path = self.folder / "protocol.yaml"
        if not path.exists():
            self.run("msc-meta protocol > protocol.yaml", "", 0)
        text = path.read_text(encoding="utf-8")
        for key in re.findall(r"^ {4}(\w+):", lines, re.MULTILINE):  # what is there already gives way
            text = re.sub(
                rf"(^  {outcome}:\n(?:.*\n)*?) {{4}}{key}:.*\n(?: {{5,}}.*\n)*", r"\1", text, count=1, flags=re.M
            )
        path.write_text(text.replace(f"\n  {outcome}:\n", f"\n  {outcome}:\n{lines}", 1), encoding="utf-8")
        mm.load_protocol(path)


def read_yaml(text: str) -> None:
    """Read YAML; a whole record has to be written to a file, and checked by a command."""
    content = yaml.safe_load(text)
    assert not (isinstance(content, dict) and {"id", "arms"} <= content.keys()), "a record is written to a file"


def read_text(text: str) -> None:
    """See that nothing in a ```text block is a command, which would have to be run."""
    assert not COMMAND.search(text), f"a command is in a ```console block: {text!r}"


READ = {"yaml": read_yaml, "json": json.loads, "toml": tomllib.loads, "text": read_text}
KNOWN = {"console", "python", *READ}


@pytest.fixture
def reader(tmp_path, monkeypatch):
    """Return a reader with the project's data, for whom ``msc-meta`` is a command."""
    for name in ("studies", "examples"):
        if (PROJECT / name).is_dir():
            shutil.copytree(PROJECT / name, tmp_path / "project" / name)
    command = tmp_path / "bin" / "msc-meta"
    command.parent.mkdir()
    command.write_text(f"#!/bin/sh\nexec '{sys.executable}' -c 'from msc_meta.cli import main; main()' \"$@\"\n")
    command.chmod(0o755)
    path = os.pathsep.join([str(command.parent), str(Path(sys.executable).parent), os.environ["PATH"]])
    monkeypatch.syspath_prepend(tmp_path / "project")
    return Reader(tmp_path / "project", os.environ | {"PATH": path, "NO_COLOR": "1", "COLUMNS": "100"})


def elsewhere(page: Path) -> str:
    """Return the test that reads every block of a page; nothing for most pages."""
    found = re.search(rf"^<!-- every block is {TESTED} -->$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else ""


TOLD = [page for page in PAGES if blocks(page) and not elsewhere(page)]


@pytest.mark.skipif(os.name == "nt", reason="the pages show a POSIX shell")
@pytest.mark.parametrize("page", TOLD, ids=name_of)
def test_what_the_page_says_is_so(page, reader):
    for block in blocks(page):
        if block.kind not in SPHINX:
            reader.do(block)


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page)], ids=name_of)
def test_every_block_is_run_read_or_has_a_reason(page):
    reason = "|".join([WRITTEN, EXIT, BELOW, APART, WITH_R, TESTED, NOT_RUN])
    for block in blocks(page):
        assert not block.remark or re.fullmatch(reason, block.remark), f"not understood: {block.remark!r}"
        assert block.kind in {*KNOWN, *SPHINX} or block.remark or elsewhere(page), f"nobody runs {block.text!r}"
        if test := block.says(TESTED) or elsewhere(page):
            assert page.name in (PROJECT / test).read_text(encoding="utf-8"), f"{test} does not read {page.name}"


def test_no_block_is_overlooked():
    """Fences that the pattern does not take, indented ones say, would be neither run nor missed."""
    for page in PAGES:
        fences = re.findall(r"^[ \t>]*(?:```|~~~)", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert len(fences) == 2 * len(blocks(page)), page


def test_few_blocks_are_not_run():
    not_run = [
        f"{name_of(page)}: {reason}" for page in PAGES for block in blocks(page) if (reason := block.says(NOT_RUN))
    ]
    assert len(not_run) <= 16, "\n".join(not_run)


def test_every_command_is_shown_where_it_is_run():
    """But the one that ends with Ctrl-C, whose page shows it and which tests/serve starts."""
    lessons = [page for page in PAGES if {"how-to", "tutorial", "methods"} & set(page.parts)]
    shown = "\n".join(command for page in lessons for block in blocks(page) for command, _, _ in block.commands)
    assert {name for name in COMMANDS if not re.search(rf"msc-meta (?:-\S+ )*{name}\b", shown)} <= {"serve"}


def test_every_target_of_make_that_a_page_names_is_there():
    targets = set(re.findall(r"^([a-z][a-z-]*):", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {
        (name_of(page), target)
        for page in PAGES
        for target in re.findall(r"(?:`|\$ )make ([a-z][a-z-]*)", page.read_text(encoding="utf-8"))
    }
    assert len(named) > 10
    assert {(page, target) for page, target in named if target not in targets} == set()


def test_what_a_page_outside_the_site_names_is_there():
    """Sphinx follows the links between the pages of the site; these are read where they lie."""
    for page in [page for page in PAGES if "docs" not in page.parts]:
        text = page.read_text(encoding="utf-8")
        links = {link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link}
        paths = set(re.findall(r"`((?:docs(?!/_build)|examples|benchmarks)/[\w./-]*)`", text))
        assert {link for link in links if not (page.parent / link).exists()} == set(), page
        assert {path for path in paths if not (PROJECT / path).exists()} == set(), page


def test_every_public_name_has_its_words_and_an_example():
    """A class may have it in a function that returns it; the reference names that function."""
    without = [name for name in mm.__all__ if not example_of(name) and not any(map(example_of, makers_of(name)))]
    assert without == []


def example_of(name):
    thing = getattr(mm, name)
    if not isinstance(thing, type) and not inspect.isfunction(thing):
        return True  # data, and the marker of pluggy
    texts = (
        [inspect.getdoc(kind) or "" for kind in inspect.getmro(thing)] if isinstance(thing, type) else [thing.__doc__]
    )
    return any(">>> " in text for text in texts)


def makers_of(name):
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(PROJECT / "docs")
        from generate import makers

        return makers().get(name, ())


def test_the_readme_has_commands_to_run():
    assert any(block.commands for block in blocks(PROJECT / "README.md"))
