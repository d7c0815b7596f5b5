"""Every command on good records: what it prints, what it writes, and that the same input gives the same bytes."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys

import pytest

from msc_meta.cli.commands import COMMANDS
from msc_meta.loading import load_studies

OUTCOMES = ("mortality", "oxygenation", "discharge_time")


def test_run_writes_everything_and_says_the_answers(msc, folder, tmp_path):
    out = tmp_path / "out"
    printed = msc("run", folder, "-o", out)
    assert printed.code == 0
    assert "All-cause mortality: RR" in printed.out
    assert "one trial alone, not a pool" in printed.out
    assert f"wrote {out}" in printed.err
    figures = {
        f"{kind}_{name}.{form}"
        for kind in ("forest", "funnel")
        for name in OUTCOMES
        for form in ("svg", "pdf", "png", "txt", "csv")
    }
    tables = {f"{kind}_{name}.csv" for kind in ("table", "analyses") for name in OUTCOMES}
    assert {path.name for path in out.iterdir()} == figures | tables | {"results.json", "report.html", "manifest.json"}


def test_results_json_has_the_documented_keys_and_the_tables_numbers(msc, folder, tmp_path):
    msc("run", folder, "-o", tmp_path / "out", "--format", "svg")
    results = json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))
    assert set(results) == {"msc_meta", "protocol", "evidence", "outcomes"}
    assert results["evidence"]["studies"] == 4
    mortality = results["outcomes"]["mortality"]
    keys = {
        "measure",
        "scale",
        "k",
        "estimate",
        "se",
        "ci",
        "p_value",
        "prediction",
        "tau2",
        "tau2_ci",
        "i2",
        "h2",
        "q",
        "q_df",
        "q_p",
    }
    assert keys | {"method", "ci_method", "display", "studies", "excluded"} <= set(mortality)
    assert (mortality["measure"], mortality["scale"], mortality["k"]) == ("RR", "log", len(mortality["studies"]))
    assert {study["id"] for study in mortality["studies"]} | {study["id"] for study in mortality["excluded"]} == {
        path.stem for path in folder.iterdir()
    }
    assert all(study["reason"] for study in mortality["excluded"])
    assert results["outcomes"]["oxygenation"]["prediction"] == [None, None], "undefined is null, not NaN"


def test_the_same_input_gives_the_same_bytes_in_two_processes(folder, tmp_path):
    outs = [tmp_path / name for name in ("one", "two")]
    for out in outs:
        command = [sys.executable, "-c", "from msc_meta.cli import main; main()", "run", str(folder), "-o", str(out)]
        subprocess.run(command, check=True, capture_output=True)
    one, two = ({path.name: path.read_bytes() for path in out.iterdir()} for out in outs)
    assert one == two


def test_a_second_run_replaces_the_first(msc, folder, tmp_path):
    out = tmp_path / "out"
    msc("run", folder, "-o", out)
    msc("run", folder, "-o", out, "--format", "svg")
    assert not list(out.glob("*.png"))
    assert list(out.glob("*.svg"))


def test_a_new_trial_is_in_the_next_run(msc, folder, tmp_path):
    assert msc("new", "garcia-2026", "-o", folder).out.strip() == str(folder / "garcia-2026.yaml")
    path = folder / "garcia-2026.yaml"
    empty = msc("check", folder)
    assert empty.code == 1
    for field in ("design.allocation", "population.condition", "population.syndrome", "source"):
        assert field in empty.out
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema="), "as the other records of the folder"
    text = text[: text.index("  - outcome: oxygenation")] + "note: only deaths were reported\n"
    for old, new in {
        "allocation:  ": "allocation: randomised  ",
        "condition:  ": "condition: COVID-19  ",
        "syndrome:  ": "syndrome: ARDS  ",
        "day:  ": "day: 28  ",
        "msc: {n: , events: }": "msc: {n: 30, events: 6}",
        "control: {n: , events: }": "control: {n: 30, events: 9}",
        "url: , where: }": 'url: "https://example.org/garcia", where: Table 2}',
    }.items():
        assert old in text, old
        text = text.replace(old, new, 1)
    path.write_text(text.replace("mortality\n", "mortalty\n"), encoding="utf-8")
    typo = msc("check", folder)
    line = text[: text.index("mortality\n")].count("\n") + 1
    assert typo.code == 1
    assert re.search(rf"garcia-2026\.yaml:{line}:14: error E205 .*mortalty", typo.out)
    assert "did you mean mortality?" in typo.out
    path.write_text(text, encoding="utf-8")
    assert msc("check", folder).code == 0
    msc("run", folder, "-o", tmp_path / "out")
    results = json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))
    assert "garcia-2026" in [study["id"] for study in results["outcomes"]["mortality"]["studies"]]
    assert "Garcia 2026" in (tmp_path / "out" / "forest_mortality.svg").read_text(encoding="utf-8")


def test_new_never_overwrites_a_record(msc, folder):
    before = (folder / "zhu-2021.yaml").read_bytes()
    printed = msc("new", "zhu-2021", "-o", folder)
    assert printed.code == 2
    assert "exists" in printed.err
    assert (folder / "zhu-2021.yaml").read_bytes() == before


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_pool_prints_text_json_and_csv(msc, folder, outcome):
    text = msc("pool", outcome, folder, "--sensitivity")
    assert text.code == 0
    assert "Not in the pooled estimate" in text.out
    assert "Sensitivity analyses" in text.out
    values = json.loads(msc("pool", outcome, folder, "--format", "json").out)[outcome]
    assert values["k"] == len(values["studies"])
    rows = msc("pool", outcome, folder, "--format", "csv").out.splitlines()
    assert rows[0].startswith("study,label,year,included,standing,reason")
    assert len(rows) == 5


@pytest.mark.parametrize("kind", ["forest", "funnel"])
def test_one_figure_goes_where_it_is_asked_for(msc, folder, tmp_path, kind):
    printed = msc(kind, "mortality", folder, "-o", tmp_path, "--format", "svg,png")
    assert printed.out.split() == [str(tmp_path / f"{kind}_mortality.{form}") for form in ("svg", "png")]
    named = msc(kind, "mortality", folder, "-o", tmp_path / "figure.pdf")
    assert named.code == 0
    assert (tmp_path / "figure.pdf").read_bytes().startswith(b"%PDF")
    assert msc(kind, "mortality", folder, "-o", tmp_path / "figure.docx").code == 2


def test_protocol_prints_what_protocol_reads(msc, folder, tmp_path):
    path = tmp_path / "protocol.yaml"
    path.write_text(msc("protocol").out.replace("measure: RR", "measure: OR", 1), encoding="utf-8")
    values = json.loads(msc("pool", "mortality", folder, "--protocol", path, "--format", "json").out)
    assert values["mortality"]["measure"] == "OR"


def test_schema_is_the_committed_one(msc, project):
    committed = project / "src" / "msc_meta" / "records" / "study.schema.json"
    assert msc("schema").out == committed.read_text(encoding="utf-8")


def test_explain_knows_codes_and_fields(msc):
    assert "events" in msc("explain", "E302").out
    assert "mortality" in msc("explain", "outcomes.outcome").out


def test_plugins_lists_the_built_in_readers(msc):
    printed = msc("plugins").out
    assert "yaml_folder" in printed
    assert "csv_table" in printed
    assert "[register_exporters]: writes csv, writes r" in printed
    names = {plugin["name"] for plugin in json.loads(msc("plugins", "--format", "json").out)}
    assert names


def test_export_writes_a_table_that_gives_the_same_results(msc, folder, tmp_path):
    table = tmp_path / "studies.csv"
    assert msc("export", "csv", folder, "-o", table).code == 0
    from_yaml, from_csv = (msc("pool", "mortality", path, "--format", "json").out for path in (folder, table))
    assert from_csv == from_yaml
    assert msc("export", "csv", folder, "-o", table).code == 2, "an existing file is kept"


@pytest.mark.parametrize("options", [(), ("--decimal-comma",)])
def test_export_and_import_lose_nothing(msc, folder, tmp_path, options):
    table, again = tmp_path / "studies.csv", tmp_path / "again"
    assert msc("export", "csv", folder, "-o", table, *options).code == 0
    printed = msc("import", table, "-o", again)
    assert printed.out.split() == [str(again / path.name) for path in sorted(folder.iterdir())]
    assert list(load_studies(again)) == list(load_studies(folder))
    before = (again / "zhu-2021.yaml").read_bytes()
    assert msc("import", table, "-o", again).code == 2, "existing files are kept"
    assert (again / "zhu-2021.yaml").read_bytes() == before
    assert not list(again.glob(".*"))


def test_the_template_of_a_table_is_a_table_that_can_be_read(msc, tmp_path):
    assert msc("export", "csv", "--template", "-o", tmp_path / "t.csv").code == 0
    assert msc("pool", "mortality", tmp_path / "t.csv").code in (0, 3)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_one_line(msc, shell):
    assert "_MSC_META_COMPLETE" in msc("completion", shell).out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_helps(msc, name):
    printed = msc(name, "--help")
    assert printed.code == 0
    assert printed.out.startswith(f"Usage: msc-meta {name}")


def test_quiet_prints_results_only(msc, folder, tmp_path):
    printed = msc("-q", "run", folder, "-o", tmp_path / "out", "--format", "svg")
    assert printed.err == ""
    assert len(printed.out.splitlines()) == 3


def read_to_the_end(terminal: int) -> str:
    shown = b""
    with contextlib.suppress(OSError):  # Linux: an error where nobody writes any more; macOS: nothing to read
        while part := os.read(terminal, 4096):
            shown += part
    return shown.decode()


@pytest.mark.skipif(os.name == "nt", reason="a terminal of POSIX")
def test_many_records_show_progress_to_somebody_who_watches(folder):
    import pty

    text = (folder / "zhu-2021.yaml").read_text(encoding="utf-8")
    for i in range(300):
        (folder / f"x-{i}.yaml").write_text(text.replace("id: zhu-2021", f"id: x-{i}"), encoding="utf-8")
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", "from msc_meta.cli import main; main()", "check", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=theirs) as process:
        os.close(theirs)
        shown = read_to_the_end(ours)  # while it runs: a terminal holds 4 kB, and a slow machine shows more steps
    os.close(ours)
    assert process.returncode == 1, "the same registration in every file"
    assert "Checking records" in shown
    assert "%" in shown


def test_the_package_runs_as_a_module():
    printed = subprocess.run([sys.executable, "-m", "msc_meta", "--help"], check=True, capture_output=True, text=True)
    assert printed.stdout.startswith("Usage: msc-meta")


def test_study_intervals_have_the_protocols_level(msc, folder, tmp_path):
    path = tmp_path / "protocol.yaml"
    path.write_text(msc("protocol").out.replace("level: 0.95", "level: 0.9"), encoding="utf-8")
    wide, narrow = (msc("pool", "mortality", folder, *more).out for more in ((), ("--protocol", path)))
    assert "0.88 [0.64, 1.21]" in wide  # Bowdish 2023
    assert "0.88 [0.67, 1.15]" in narrow


def test_help_loads_nothing_heavy():
    code = (
        "import sys\nfrom msc_meta.cli import run\nrun(['--help'])\n"
        "assert not {'numpy', 'pandas', 'matplotlib', 'pydantic', 'yaml'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
