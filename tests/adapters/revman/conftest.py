"""The command line in this process, as in tests/cli."""

from tests.cli.conftest import msc

__all__ = ["msc"]
