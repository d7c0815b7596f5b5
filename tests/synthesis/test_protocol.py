"""The protocol: read strictly, and every sensitivity analysis tried when it is read."""

from __future__ import annotations

import pytest

from msc_meta.errors import DataError, UsageError
from msc_meta.protocol_files import BUILT_IN, load_protocol


@pytest.fixture
def written(tmp_path):
    """Write the built-in protocol with some text replaced, and return its path."""

    def write(old: str, new: str):
        text = BUILT_IN.read_text(encoding="utf-8")
        assert old in text
        path = tmp_path / "protocol.yaml"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return path

    return write


def test_the_built_in_protocol_has_the_choices_of_the_specification():
    protocol = load_protocol()
    assert list(protocol.outcomes) == ["mortality", "oxygenation", "discharge_time"]
    assert [outcome.measure for outcome in protocol.outcomes.values()] == ["RR", "MD", "MD"]
    for outcome in protocol.outcomes.values():
        model = outcome.model
        assert (model.method, model.ci_method, model.prediction) == ("REML", "hksj", "t(k-1)")
    window = protocol.outcome("mortality").window
    assert (window.target, window.earliest, window.latest) == (28, 14, 90)


def test_a_copy_of_the_built_in_protocol_is_the_same_protocol(written):
    assert load_protocol(written("# Copy it", "# Copied it")) == load_protocol()


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("measure: RR ", "measure: RX ", True, "RR"),
        ("better: lower", "beter: lower", True, "better"),
        ("level: 0.95", "level: 95", True, "95"),
        ("earliest: 14", "earliest: 40", True, "order"),
        ("measure: RR ", "measure: MD ", True, "mortality"),
        ("kinds: [change, final]", "kinds: [change, finale]", True, "final"),
        ("unit: mmHg", "unit: furlong", True, "mmHg, kPa"),
        ("quantity: pf_ratio", "quantity: hospital_stay", True, "pf_ratio"),
        ("id: odds-ratio", "id: wald", True, "two sensitivity analyses have the id wald"),
        ("outcome: {measure: OR}", "outcome: {mesure: OR}", False, "odds-ratio"),
        ("outcome: {measure: OR}", "outcome: {measure: 7}", False, "odds-ratio"),
    ],
)
def test_a_mistake_is_named_with_its_place(written, old, new, line, says):
    with pytest.raises(DataError) as caught:
        load_protocol(written(old, new))
    problems = caught.value.problems
    assert any(says in str(problem) for problem in problems)
    if line:
        assert all(problem.line > 0 for problem in problems)


def test_a_missing_protocol_and_a_missing_outcome_say_what_to_do(tmp_path):
    with pytest.raises(UsageError, match="msc-meta protocol"):
        load_protocol(tmp_path / "none.yaml")
    with pytest.raises(UsageError, match="mortality, oxygenation, discharge_time"):
        load_protocol().outcome("survival")


def test_a_varied_protocol_changes_only_what_the_analysis_names():
    protocol = load_protocol()
    rules = protocol.outcome("mortality")
    wald = next(variant for variant in rules.sensitivity if variant.id == "wald")
    varied = protocol.varied("mortality", wald).outcome("mortality")
    assert varied.model.ci_method == "wald"
    same = {"model", "sensitivity"}
    assert varied.model_dump(exclude=same) == rules.model_dump(exclude=same)
    assert varied.model.method == rules.model.method


def test_the_hash_follows_the_decisions_and_not_the_layout(written):
    assert load_protocol(written("# Copy it", "# Copied it")).sha256 == load_protocol().sha256
    assert load_protocol(written("target: 28", "target: 30")).sha256 != load_protocol().sha256
