"""The real evidence and what follows from it, computed once for all pages and manuscripts."""

import pytest

import msc_meta as mm


@pytest.fixture(scope="package")
def evidence(project):
    return mm.load_studies(project / "studies")


@pytest.fixture(scope="package")
def synthesis(evidence):
    return mm.synthesize(evidence)
