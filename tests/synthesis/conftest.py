"""Small studies, made in the record format, so that a test shows the numbers it is about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from msc_meta.protocol import Protocol
from msc_meta.protocol_files import load_protocol
from msc_meta.records.study import Study

SOURCE = {"kind": "primary", "url": "https://example.org/a", "where": "abstract"}


def deaths(e: dict[str, Any], c: dict[str, Any], day: float | None = 28, **more: Any) -> dict[str, Any]:
    """One report of mortality."""
    return {"outcome": "mortality", "day": day, "arms": {"msc": e, "control": c}, "source": SOURCE, **more}


def stay(e: dict[str, Any], c: dict[str, Any], unit: str = "days", **more: Any) -> dict[str, Any]:
    """One report of hospital stay."""
    return {"outcome": "discharge_time", "unit": unit, "arms": {"msc": e, "control": c}, "source": SOURCE, **more}


def oxygen(e: dict[str, Any], c: dict[str, Any], unit: str = "mmHg", **more: Any) -> dict[str, Any]:
    """One report of PaO2/FiO2."""
    report = {"outcome": "oxygenation", "quantity": "pf_ratio", "kind": "final", "day": 7, "unit": unit}
    return {**report, "arms": {"msc": e, "control": c}, "source": SOURCE, **more}


@pytest.fixture
def study() -> Callable[..., Study]:
    """Make an eligible study with the given reports; keyword arguments replace whole parts."""

    def make(study_id: str = "a-2020", *reports: dict[str, Any], **parts: Any) -> Study:
        record = {
            "id": study_id,
            "label": study_id.replace("-", " ").capitalize(),
            "status": "completed",
            "citation": {"year": 2020},
            "design": {"allocation": "randomised"},
            "population": {"condition": "COVID-19", "syndrome": "ARDS"},
            "arms": {
                "msc": {"role": "experimental", "label": "MSC", "product": "cells"},
                "control": {"role": "control", "label": "placebo"},
            },
            "outcomes": list(reports),
        }
        return Study.model_validate(record | parts)

    return make


@pytest.fixture
def protocol() -> Protocol:
    """The built-in protocol."""
    return load_protocol()


@pytest.fixture
def changed(protocol: Protocol) -> Callable[..., Protocol]:
    """Change fields of one outcome of the built-in protocol, or of its eligibility."""

    def change(outcome: str, *, eligibility: dict[str, Any] | None = None, **fields: Any) -> Protocol:
        data = protocol.model_dump(mode="json")
        data["outcomes"][outcome] |= fields | {"sensitivity": []}
        data["eligibility"] |= eligibility or {}
        return Protocol.model_validate(data)

    return change
