"""Draw the pictures of the gallery: the page's own commands and Python are run, and write the files that it shows.

A ```sh block is one command of `msc-meta`; the ```python blocks are one program, from the top of the page down.
"""

from __future__ import annotations

import io
import re
import shlex
import shutil
import tempfile
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import matplotlib as mpl

from msc_meta.cli import run

PROJECT = Path(__file__).parent.parent
PAGE = Path(__file__).parent / "gallery" / "index.md"
BLOCK = re.compile(r"^```(?P<kind>sh|python)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)


def draw(folder: Path, page: Path = PAGE) -> None:
    """Run the blocks of a page beside copies of the project's data, and move what they draw into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as workplace:
        for data in ("studies", "examples/data"):
            shutil.copytree(PROJECT / data, Path(workplace) / data)
        with chdir(workplace), mpl.rc_context({"svg.hashsalt": "msc_meta"}):
            run_blocks(page)
        for picture in Path(workplace).glob("*.svg"):
            shutil.move(picture, folder / picture.name)


def run_blocks(page: Path) -> None:
    """Run the blocks of a page in the current folder."""
    names: dict[str, Any] = {}
    for block in BLOCK.finditer(page.read_text(encoding="utf-8")):
        if block["kind"] == "python":
            exec(compile(block["text"], page.name, "exec"), names)
        else:
            run_command(block["text"])


def run_command(command: str) -> None:
    """Run a command line, in this process: forty new ones would take a minute."""
    program, *args = shlex.split(command)
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        code = run(args)
    if program != "msc-meta" or code:
        raise RuntimeError(f"{command.strip()} ended with {code}:\n{said.getvalue()}")


if __name__ == "__main__":
    draw(PAGE.parent / "generated")
