"""What every test may count on: where the project is, no network, and the same hypothesis examples each time."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from hypothesis import settings

PROJECT = Path(__file__).parent.parent

# The same examples in every run, and no deadlines: the server is shared, and a slow second is no finding.
settings.register_profile("msc_meta", deadline=None, derandomize=True)
# Other and more examples, every night: HYPOTHESIS_PROFILE=nightly.
settings.register_profile("nightly", deadline=None, max_examples=1000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "msc_meta"))


@pytest.fixture(scope="session")
def project() -> Path:
    """Return the folder that holds pyproject.toml."""
    return PROJECT


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.socket.connect

    def loopback_only(self: socket.socket, address: object) -> None:
        if self.family != socket.AF_UNIX and isinstance(address, tuple) and address[0] not in {"127.0.0.1", "::1"}:
            pytest.fail(f"the network is out of bounds, and {address} was asked for")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", loopback_only)
