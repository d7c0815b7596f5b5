"""Servers for the tests that speak HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serve.server import Live, copied, serving


@pytest.fixture
def live(project: Path, tmp_path: Path) -> Iterator[Live]:
    with serving(copied(project, tmp_path), watched=True) as server:
        yield server


@pytest.fixture(scope="module")
def steady(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """Return a server for all tests of a module: for those that change no record."""
    with serving(copied(project, tmp_path_factory.mktemp("steady")), watched=False) as server:
        yield server
