"""Nothing that was promised to other people's scripts, records and plugins goes without a word."""

from __future__ import annotations

import json

import pytest

from tests.public_surface import SNAPSHOT, lost, surface

POLICY = (
    "was promised and is gone, or has another default. Let the old one work on and warn for a minor version "
    '("Deprecation" in docs/reference/api-stability.md); only then write the list again: python -m tests.public_surface'
)


@pytest.fixture(scope="module")
def promised():
    return json.loads(SNAPSHOT.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def now():
    return surface()


def test_nothing_that_was_promised_is_gone(promised, now):
    gone = lost(promised, now)
    assert not gone, f"{', '.join(gone)} {POLICY}"


def test_every_part_holds_what_people_use(promised):
    expected = {
        "python": ["msc_meta.pool", "msc_meta.pool(ci_method='hksj')", "msc_meta.PooledResult.tau2_ci"],
        "plugins": ["msc_meta.hookspecs.register_adapters(register)", "reads yaml_folder", "writes revman"],
        "commands": ["msc-meta run --output", "msc-meta pool --format json", "msc-meta verify out"],
        "exit codes": ["0", "1", "2", "3", "70"],
        "record": ["Arm.role: experimental", "Study.registrations"],
        "protocol": ["id: msc-ards", "Model.ci_method: hksj-adhoc"],
        "problem codes": ["E302", "W172"],
        "columns of the CSV table": ["arm.dose.value"],
        "results.json": ["outcomes.estimate", "outcomes.studies.yi", "outcomes.excluded.reason"],
        "table_OUTCOME.csv": ["yi", "reason"],
        "plots": ["forest"],
        "styles": ["jama", "field columns"],
    }
    assert promised.keys() == expected.keys()
    assert {name for part, names in expected.items() for name in names if name not in promised[part]} == set()


def test_a_lost_name_and_another_default_are_seen(now):
    before = now | {"python": [*now["python"], "msc_meta.pool(ci_method='wald')"], "plots": ["forest", "pie-chart"]}
    assert lost(before, now) == ["python: msc_meta.pool(ci_method='wald')", "plots: pie-chart"]
    assert lost(now, before) == [f"plots: {name}" for name in now["plots"] if name != "forest"]


def test_more_names_are_no_loss(now):
    assert lost(now, {part: [*names, "new"] for part, names in now.items()}) == []
