"""Run the command line in this process, and a small folder of good records."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from msc_meta.cli import run


class Printed(NamedTuple):
    """What a command line ended with."""

    code: int
    out: str
    err: str


@pytest.fixture
def msc(capsys: pytest.CaptureFixture[str]) -> Callable[..., Printed]:
    """Run one command line."""

    def call(*args: object) -> Printed:
        capsys.readouterr()
        code = run([str(arg) for arg in args])
        captured = capsys.readouterr()
        assert "Traceback" not in captured.out + captured.err
        return Printed(code, captured.out, captured.err)

    return call


@pytest.fixture
def folder(tmp_path: Path, project: Path) -> Path:
    """Return a folder with four of the project's records."""
    studies = tmp_path / "studies"
    studies.mkdir()
    for name in ("martinez-munoz-2024", "monsel-2022", "zhu-2021", "bowdish-2023"):
        shutil.copy(project / "studies" / f"{name}.yaml", studies)
    return studies
