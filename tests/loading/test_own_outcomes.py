"""An outcome of the review's own is known where a protocol defines it, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

import msc_meta as mm

RECORD = """\
id: doe-2024
label: Doe 2024
status: completed
design: {allocation: randomised}
population: {condition: COVID-19, syndrome: ARDS}
arms:
  msc: {role: experimental, label: MSC, product: cells}
  control: {role: control, label: placebo}
outcomes:
  - outcome: ventilator_days
    unit: points
    arms: {msc: {n: 20, mean: 8, sd: 4}, control: {n: 22, mean: 11, sd: 5}}
    source: {kind: primary, url: "https://doi.org/10.1000/doe", where: Table 2}
"""
RULES = """\
  ventilator_days:
    title: Days on the ventilator
    numbers: values
    better: lower
    measure: MD
    unit: points
    model: {method: REML, ci_method: hksj, prediction: t(k-1), level: 0.95}
"""
PROTOCOL = """\
id: own
title: A review of its own
eligibility: {allocation: [randomised], products: [cells], populations: [{}], populations_in_words: everybody}
outcomes:
"""


def folder(tmp_path: Path, record: str = RECORD, rules: str | None = RULES) -> Path:
    (tmp_path / "doe-2024.yaml").write_text(record, encoding="utf-8")
    if rules is not None:
        (tmp_path / "protocol.yaml").write_text(PROTOCOL + rules, encoding="utf-8")
    return tmp_path


def problems(path: Path) -> list[str]:
    with pytest.raises(mm.DataError) as error:
        mm.load_studies(path)
    return [f"{problem.code} {problem.help}" for problem in error.value.problems if problem.severity == "error"]


def test_the_protocol_beside_the_records_defines_it(tmp_path):
    path = folder(tmp_path)
    answer = mm.synthesize(mm.load_studies(path), mm.load_protocol(path / "protocol.yaml"))["ventilator_days"]
    assert answer.result.estimate == -3
    assert mm.load_studies(path / "doe-2024.yaml")[0].outcomes[0].outcome == "ventilator_days"


def test_without_a_protocol_it_is_unknown(tmp_path):
    (found,) = problems(folder(tmp_path, rules=None))
    assert found.startswith("E205 ")
    own = mm.load_studies(tmp_path, own_outcomes=["ventilator_days"])
    assert own[0].outcomes[0].outcome == "ventilator_days"


@pytest.mark.parametrize(("word", "meant"), [("mortalty", "mortality"), ("ventilator_day", "ventilator_days")])
def test_a_slip_is_still_one(word, meant, tmp_path):
    path = folder(tmp_path, RECORD.replace("outcome: ventilator_days", f"outcome: {word}"))
    (found,) = problems(path)
    assert found.startswith(f"E205 did you mean {meant}?")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("    numbers: values\n", "", "E205"),
        ("ventilator_days:", "mortality:", "outcomes of your own"),
        ("measure: MD", "measure: RR", "zero_events"),
        ("numbers: values", "numbers: events", "measure 'MD' does not fit"),
        ("ventilator_days:", "Ventilator days:", "E205"),
        ("method: REML", "method: MH", "pools RR, OR or RD"),
    ],
)
def test_a_protocol_says_what_its_own_outcomes_are(old, new, said, tmp_path):
    path = folder(tmp_path, rules=RULES.replace(old, new))
    with pytest.raises(mm.DataError) as error:
        mm.load_protocol(path / "protocol.yaml")
    assert said in " ".join(str(problem) for problem in error.value.problems)


def test_a_unit_that_can_not_be_converted_is_a_reason(tmp_path):
    path = folder(tmp_path, rules=RULES.replace("unit: points", "unit: days"))
    answer = mm.synthesize(mm.load_studies(path), mm.load_protocol(path / "protocol.yaml"))["ventilator_days"]
    assert [row.reason for row in answer.rows] == ["reported in points, not in days"]


def test_a_broken_protocol_beside_records_is_said(tmp_path):
    path = folder(tmp_path, rules="  x: [")
    with pytest.raises(mm.DataError, match=r"protocol\.yaml"):
        mm.load_studies(path)
