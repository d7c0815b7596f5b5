"""The command line as processes of its own, and what to look for after them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

STUDIES = Path(__file__).parents[2] / "studies"
FEW = ("dilogo-2021", "lanzoni-2021", "meng-2020", "monsel-2022", "zheng-2014")
OTHERS = ("lanzoni-2021", "shi-2021", "wei-2021")


def command(*args: str | Path, python: Sequence[str] = ()) -> list[str]:
    return [sys.executable, *python, "-m", "msc_meta", *map(os.fspath, args)]


def msc_meta(*args: str | Path, python: Sequence[str] = (), **settings) -> subprocess.CompletedProcess[str]:
    """Run a command line to its end."""
    usual = {"capture_output": True, "text": True, "errors": "replace", "timeout": 120}
    done = subprocess.run(command(*args, python=python), check=False, **{**usual, **settings})
    assert "Traceback" not in (done.stderr or ""), done.stderr
    return done


def some_records(names: Sequence[str], folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name in names:
        shutil.copy(STUDIES / f"{name}.yaml", folder)
    return folder


def litter(out: Path) -> list[str]:
    """Return the drafts that are left beside a folder and in it."""
    return sorted(path.name for place in {out.parent, out} for path in place.glob(".msc-meta-*"))


def contents(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()}


def verified(out: Path, studies: Path) -> bool:
    """Whether an output is whole and what the records give, as the command line says."""
    said = msc_meta("verify", out, "--studies", studies)
    return said.returncode == 0 and "was not written by the run" not in said.stdout
