"""The R script: safe whatever the labels, complete, and run in R where R is installed."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache
from math import isnan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msc_meta import load_protocol, load_studies, synthesize
from msc_meta.exporting.r_script import numbers_of, r_script
from msc_meta.exporting.r_text import literal, text
from msc_meta.protocol import Protocol
from msc_meta.records.study import Study

EVIL = 'x"); file.create("pwned"); ("\\" \'`\n$(touch pwned) \u202e é 🫁 \x01'


@cache
def has_metafor() -> bool:
    if shutil.which("Rscript") is None:
        return False
    return subprocess.run(["Rscript", "-e", "library(metafor)"], check=False, capture_output=True).returncode == 0


needs_r = pytest.mark.skipif(not has_metafor(), reason="R with metafor is not installed")


def run_r(script: str, folder) -> subprocess.CompletedProcess[str]:
    path = folder / "verify.R"
    path.write_text(script, encoding="ascii")
    return subprocess.run(["Rscript", path.name, "--all"], cwd=folder, check=False, capture_output=True, text=True)


@given(st.text())
def test_a_text_is_one_literal_of_printable_ascii(value):
    made = text(value)
    assert made.isascii()
    assert made.isprintable()
    # quotes inside are escaped: what is left between the outer ones has no bare quote and no dangling backslash
    assert re.fullmatch(r'"(?:[^"\\]|\\["\\ntr]|\\u[0-9A-F]{4}|\\U[0-9A-F]{8})*"', made)


def test_values_keep_every_digit():
    assert literal([0.1 + 0.2, 1e-300, float("nan"), -2.0]) == "c(0.30000000000000004, 1e-300, NA, -2)"


def renamed(study: Study, label: str) -> Study:
    return study.model_copy(update={"label": label})


def test_no_label_is_code():
    studies = [renamed(study, EVIL + study.id) for study in load_studies("studies/")]
    script = r_script(synthesize(studies))
    assert script.isascii()
    strings = r'"(?:[^"\\]|\\.)*"'
    without_strings = re.sub(strings, '""', script)
    assert "pwned" in script
    assert "pwned" not in without_strings


def test_numbers_are_found_with_their_places():
    value = {"a/b": [1, None], "level": 0.95, "conversion": None, "exact": True, "choices": {"x": {"y": 3}}}
    found = {path: (not isnan(number), said) for path, number, said in numbers_of(value, "")}
    assert found == {
        "/a~1b/0": (True, False), "/a~1b/1": (False, False), "/level": (True, True), "/choices/x/y": (True, True),
    }  # fmt: skip


@needs_r
def test_r_finds_the_same_for_the_records_here(tmp_path):
    done = run_r(r_script(synthesize(load_studies("studies/"))), tmp_path)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert "0 differ, 0 not checked. VERDICT: the same results." in done.stdout


@needs_r
def test_r_takes_evil_labels_as_text(tmp_path):
    studies = [renamed(study, EVIL + study.id) for study in load_studies("studies/")]
    done = run_r(r_script(synthesize(studies, outcomes=["discharge_time"])), tmp_path)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"verify.R"}


@needs_r
def test_r_sees_a_wrong_number(tmp_path):
    script = r_script(synthesize(load_studies("studies/"), outcomes=["oxygenation"], sensitivity=False))
    data, marker, values = script.rpartition("expected <- data.frame(")
    wrong = values.replace("10.520812499999998", "10.5209", 1)
    assert wrong != values
    done = run_r(data + marker + wrong, tmp_path)
    assert done.returncode == 1
    assert "1 differ" in done.stdout
    assert "NOT the same results" in done.stdout


def protocol_with(**mortality) -> Protocol:
    data = load_protocol().model_dump(mode="json")
    data["outcomes"] = {"mortality": data["outcomes"]["mortality"] | {"sensitivity": []} | mortality}
    return Protocol.model_validate(data)


MODEL = {"method": "REML", "ci_method": "hksj", "prediction": "t(k-1)", "level": 0.95}
ZERO = {"correction": 0.5, "scope": "only-zero", "double_zero": "not-estimable"}
PROTOCOLS = {
    "nothing to pool": {"window": {"target": 1, "earliest": 1, "latest": 1, "unstated": "exclude"}},
    "Peto, split control, ML": {"measure": "PETO", "multi_arm": "split-control", "model": MODEL | {"method": "ML"}},
    "RD, treatment arm, DL": {
        "measure": "RD", "model": MODEL | {"method": "DL"}, "zero_events": ZERO | {"scope": "treatment-arm"},
    },
    "Mantel-Haenszel": {"model": MODEL | {"method": "MH", "ci_method": "wald"}},
}  # fmt: skip


@needs_r
@pytest.mark.parametrize("name", PROTOCOLS)
def test_r_follows_other_protocols(name, tmp_path):
    synthesis = synthesize(load_studies("studies/"), protocol_with(rare_events=False, **PROTOCOLS[name]))
    done = run_r(r_script(synthesis), tmp_path)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr


@needs_r
def test_r_reads_every_text_as_it_was(tmp_path):
    @settings(max_examples=1)
    @given(
        st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), min_size=60, max_size=80)
    )
    def check(values):
        lines = [f"x <- c({', '.join(map(text, values))})", "for (one in x) cat(utf8ToInt(one), '\\n')"]
        (tmp_path / "t.R").write_text("\n".join(lines))
        out = subprocess.run(["Rscript", tmp_path / "t.R"], check=True, capture_output=True, text=True).stdout
        assert [line.split() for line in out.splitlines()] == [[str(ord(c)) for c in value] for value in values]

    check()
