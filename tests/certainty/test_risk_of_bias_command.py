"""msc-meta rob, and ROB-ME in the protocol: judgements and suggestions side by side, never one for the other.

The trials are invented.
"""

from __future__ import annotations

import csv
import io
import json

import pytest
from click.testing import CliRunner

import msc_meta as mm
from msc_meta.certainty.missing_evidence import missing_evidence
from msc_meta.certainty.suggestions import missing_results
from msc_meta.cli import run
from msc_meta.cli.commands import app
from msc_meta.errors import DataError, UsageError
from msc_meta.figures.drawing import Circle
from msc_meta.figures.plots import plot_drawing
from msc_meta.figures.risk_of_bias_trials import assessed_trials
from msc_meta.protocol_files import load_protocol
from msc_meta.report.page_certainty import what_missing_could_do
from msc_meta.synthesis import synthesize
from tests.certainty.reviews import protocol_with

TRIAL = """id: {id}
label: {label}
status: completed
design: {{allocation: randomised}}
population: {{condition: COVID-19, syndrome: ARDS, severity: severe}}
arms:
  msc: {{role: experimental, label: MSC, randomised: 50, product: cells}}
  control: {{role: control, label: standard care, randomised: 50}}
outcomes:
  - outcome: mortality
    day: 28
    arms: {{msc: {{n: 50, events: {events}}}, control: {{n: 50, events: 20}}}}
    source: {{kind: primary, url: "https://doi.org/10.1000/{id}", where: Table 2}}
risk_of_bias:
"""
SOURCE = '    source: {kind: secondary, url: "https://doi.org/10.1000/review", where: Table 3}\n'
LOW = "[1.1 Y, 1.2 Y, 1.3 N, 2.1 N, 2.2 N, 2.6 Y, 3.1 Y, 4.1 N, 4.2 N, 4.3 N, 5.1 Y, 5.2 N, 5.3 N]"
ENTRIES = {
    "ash-2021": f"  - tool: RoB 2\n    outcome: mortality\n    answers: {LOW}\n{SOURCE}",
    "birch-2022": "  - tool: RoB 2\n    outcome: mortality\n    domains: {randomisation: low, selection: high}\n"
    f"    answers: [1.1 Y, 1.2 NI, 1.3 N, 2.1 Y, 2.2 Y, 5.1 Y, 5.2 N, 5.3 N]\n    overall: high\n{SOURCE}",
    "cedar-2023": f"  - tool: ROBINS-I\n    answers: [1.1 Y]\n    overall: low\n{SOURCE}",
}  # fmt: skip


@pytest.fixture
def folder(tmp_path, monkeypatch):
    studies = tmp_path / "studies"
    studies.mkdir()
    for number, (name, entry) in enumerate(ENTRIES.items()):
        text = TRIAL.format(id=name, label=name.split("-")[0].title(), events=10 + number)
        (studies / f"{name}.yaml").write_text(text + entry, encoding="utf-8")
    (studies / "dogwood-2024.yaml").write_text(
        TRIAL.format(id="dogwood-2024", label="Dogwood", events=14).replace("risk_of_bias:\n", ""), encoding="utf-8"
    )
    monkeypatch.chdir(tmp_path)
    return studies


def printed(*args: str) -> str:
    done = CliRunner().invoke(app, ["-q", "rob", *args])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_what_is_judged_suggested_open_and_at_odds(folder):
    text = printed("mortality")
    assert "! randomisation process                       low   suggested: some concerns; judged better than" in text
    assert "^ selection of the reported result            high  suggested: low; judged worse than suggested" in text
    assert "next: 2.3 Did treatment deviate because of the trial?" in text
    assert "  missing outcome data                        –     next: 3.1 Are there data of all" in text
    assert "  overall                                     –  suggested: low\n" in text  # Ash: nobody judged
    assert "1.2 Was follow-up split" not in text  # asked of some studies only
    assert "judged by people; next: 2.1 Were patients selected by what was seen after treatment began?\n" in text
    assert "Nobody judged: Dogwood." in text
    assert "2 of 4 trials judged. A suggestion is no judgement" in text
    assert "! 1 judgement better than suggested" in text
    assert "Nobody has judged the risk of bias due to missing evidence (ROB-ME)" in text


def test_without_an_outcome_every_record_with_an_entry_is_there(folder):
    assert "Dogwood" not in printed()
    assert printed() == printed("studies")
    assert printed("studies", "mortality") == printed("mortality")


def test_tables_for_other_programs(folder):
    rows = list(csv.DictReader(io.StringIO(printed("mortality", "--format", "csv"))))
    found = {(row["study"], row["domain"]): row for row in rows}
    assert found["birch-2022", "randomisation"]["judged_against_suggested"] == "better"
    assert (found["ash-2021", "overall"]["judged"], found["ash-2021", "overall"]["suggested"]) == ("", "low")
    assert found["dogwood-2024", ""]["note"] == "not judged"
    plain = json.loads(printed("mortality", "--format", "json"))
    assert {one["study"] for one in plain["trials"]} == {*ENTRIES, "dogwood-2024"}
    assert plain["synthesis"]["judged"] is None


@pytest.mark.parametrize("tool", ["RoB 2", "rob 2 adhering", "rob1", "robins-i", "rob-me"])
def test_a_tool_is_printed_with_its_questions_and_sources(tool):
    text = printed("--tool", tool)
    assert "\nSeen\n" in text
    assert "\nNot here\n" in text
    assert len(max(text.splitlines(), key=len)) <= 100 or "github.com" in text
    plain = json.loads(printed("--tool", tool, "--format", "json"))
    rows = list(csv.DictReader(io.StringIO(printed("--tool", tool, "--format", "csv"))))
    questions = [one["id"] for domain in plain["domains"] for one in domain["questions"]]
    assert [row["question"] for row in rows if row["question"]] == questions
    assert all(one in text for one in questions)
    assert ("Judged by people" in text) == (not all(domain["suggests"] for domain in plain["domains"]))


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--tool", "AMSTAR"], "there is no tool 'AMSTAR'"),
        (["studies", "--tool", "rob2"], "takes no STUDIES"),
        (["mortalty"], "Did you mean 'mortality'?"),
        (["a", "b", "c"], "enough"),
    ],
)
def test_wrong_use_is_said(args, words, folder, capsys):
    assert run(["rob", *args]) == 2
    assert words in capsys.readouterr().err


def test_the_check_warns_of_a_judgement_better_than_its_answers(folder):
    problems = [problem for problem in mm.load_studies(folder).problems if problem.code == "W416"]
    assert [(problem.field, problem.message) for problem in problems] == [
        ("risk_of_bias[0].domains.randomisation", "judged low, and the answers suggest some concerns")
    ]


def pooled_of(folder, **rules):
    protocol = protocol_with("mortality", **rules)
    return synthesize(mm.load_studies(folder), protocol, outcomes=["mortality"])["mortality"]


def test_a_suggestion_is_in_no_plot_and_in_no_analysis(folder):
    outcome = pooled_of(folder, risk_of_bias=["low"])
    assert [row.study for row in outcome.pooled] == ["cedar-2023"]  # Ash's answers suggest low, and nobody judged
    every = pooled_of(folder)
    lights = {item.gid for item in plot_drawing(every, "risk-of-bias", tool="RoB 2").items if isinstance(item, Circle)}
    assert {gid.split("/")[1] for gid in lights if gid.startswith("trial/")} == {"birch-2022"}
    assert "ash-2021" not in {trial.key for trial in assessed_trials(every, "RoB 2").trials if trial.judgements}


LOW_ONLY = {"id": "low-risk", "title": "Low risk of bias only", "outcome": {"risk_of_bias": ["low"]}}


@pytest.mark.parametrize("tool", ["RoB 2", "RoB 2 adhering", "ROBINS-I", "Cochrane RoB 1"])
def test_low_risk_only_by_every_tool(tool, folder):
    for name, judged in (("ash-2021", "low"), ("birch-2022", "low"), ("cedar-2023", "high")):
        worst = "critical" if tool == "ROBINS-I" and judged == "high" else judged
        path = folder / f"{name}.yaml"
        head = path.read_text(encoding="utf-8").partition("  - tool")[0]
        path.write_text(f"{head}  - tool: {tool}\n    overall: {worst}\n{SOURCE}", encoding="utf-8")
    outcome = pooled_of(folder, sensitivity=[LOW_ONLY])
    assert outcome.result.k == 4
    low = [row.study for row in outcome.sensitivity["low-risk"].rows if row.included]
    assert low == ["ash-2021", "birch-2022"]


def test_low_risk_only_where_no_trial_is(folder):
    (folder / "cedar-2023.yaml").unlink()
    outcome = pooled_of(folder, sensitivity=[LOW_ONLY])
    variant = outcome.sensitivity["low-risk"]
    assert (outcome.result.k, variant.result.k) == (3, 0)
    assert {row.reason for row in variant.rows} == {
        "overall risk of bias not judged in the record", "overall risk of bias: high (RoB 2)",
    }  # fmt: skip


def test_shares_of_the_number_of_trials(folder):
    outcome = pooled_of(folder)
    assert assessed_trials(outcome, "RoB 2", by="trials").shares("overall") == {"": 0.75, "high": 0.25}
    assert assessed_trials(outcome, "RoB 2").shares("overall")["high"] != 0.25
    assert "by number" in plot_drawing(outcome, "risk-of-bias-bars", tool="RoB 2", by="trials").caption
    with pytest.raises(UsageError, match="by weight or trials"):
        assessed_trials(outcome, by="patients")


ANSWERS = ["4.1 N", "4.3 Y", "4.4 NI", "4.5 N", "4.7 N", "4.8 N"]
WHO = {"by": "JD and RR", "date": "2026-05-01"}


@pytest.mark.parametrize(
    ("stated", "words", "verdict"),
    [
        (
            {"judgement": "high", "support": ["two trials are silent"]},
            "ROB-ME: high, as judged by JD and RR, 2026-05-01. two trials are silent.",
            "may be a reason to rate down",
        ),
        (
            {"judgement": "low", "answers": ANSWERS},
            "2026-05-01. The answers suggest some concerns; a suggestion is no judgement.",
            None,
        ),
        ({"answers": ANSWERS}, "ROB-ME: not judged (answers by JD and RR, 2026-05-01). The answers suggest some", None),
        ({"answers": ANSWERS[:4]}, "Next to answer: 4.7 Does the pattern", None),
    ],
)
def test_rob_me_stands_in_the_protocol_and_is_shown(stated, words, verdict, folder):
    outcome = pooled_of(folder, missing_evidence={**stated, **WHO})
    found = missing_evidence(outcome)
    assert words in found.risk.sentence
    assert found.risk.sentence in what_missing_could_do(outcome, found)
    said = missing_results(outcome, found)
    assert found.risk.sentence in said.sentences
    assert verdict is None or said.verdict == verdict
    assert found.to_dict()["rob_me"]["judged"] == stated.get("judgement")


def test_nobody_having_judged_is_said_and_changes_no_suggestion(folder):
    outcome = pooled_of(folder)
    found = missing_evidence(outcome)
    assert what_missing_could_do(outcome, found)[-1].startswith("Nobody has judged")
    assert found.to_dict()["rob_me"] is None
    assert not any("ROB-ME" in one for one in missing_results(outcome, found).sentences)


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        ("{by: JD, date: x}", "neither a judgement nor answers"),
        ("{judgement: low, answers: [4.6 NI], by: JD, date: x}", "NI is no answer to question 4.6 of ROB-ME"),
        ("{judgement: moderate, by: JD, date: x}", "low"),
    ],
)
def test_what_a_protocol_can_not_say_of_missing_evidence(stated, message, tmp_path, capsys):
    assert run(["protocol"]) == 0
    text = capsys.readouterr().out
    head, mark, rest = text.partition("  mortality:\n")
    path = tmp_path / "protocol.yaml"
    path.write_text(f"{head}{mark}    missing_evidence: {stated}\n{rest}", encoding="utf-8")
    with pytest.raises(DataError, match=message):
        load_protocol(path)
