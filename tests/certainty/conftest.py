"""The evidence of the repository, pooled once."""

from __future__ import annotations

from pathlib import Path

import pytest

import msc_meta as mm
from msc_meta.synthesis import OutcomeSynthesis, Synthesis

STUDIES = Path(__file__).parent.parent.parent / "studies"


@pytest.fixture(scope="session")
def synthesis() -> Synthesis:
    return mm.synthesize(mm.load_studies(STUDIES), sensitivity=False)


@pytest.fixture(scope="session")
def mortality(synthesis: Synthesis) -> OutcomeSynthesis:
    return synthesis["mortality"]
