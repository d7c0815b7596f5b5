"""The small studies of tests/synthesis, for rows that effects are made of."""

from tests.synthesis.conftest import changed, protocol, study

__all__ = ["changed", "protocol", "study"]
