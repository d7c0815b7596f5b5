"""What is far too large, too deep or no file is refused in a sentence, in little time and little memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.fuzzing.extremes import FILES, SLOW, jobs

NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
NAMES = [name for name in jobs() if NIGHTLY or name not in SLOW]


@pytest.fixture(scope="module")
def answers(project):
    """Return what the readers said, in one process with 2 GiB of memory."""
    command = [sys.executable, "-m", "tests.fuzzing.extremes", *([] if NIGHTLY else ["--quick"])]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, done.stderr[-2000:]
    return {line["name"]: line for line in lines}


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited by RLIMIT_AS, which Linux keeps")
@pytest.mark.xdist_group("limits")
@pytest.mark.parametrize("name", NAMES)
def test_it_is_refused_in_a_sentence(answers, name):
    answer = answers[name]
    assert not answer["broken"]
    assert answer["said"]
    if name in FILES:
        assert FILES[name][2] in answer["said"]
    if name == "a file that grows":
        assert "E103" in answer["said"]


def test_each_limit_is_in_the_documentation(project):
    from msc_meta.adapters import citations, csv_text, json_text, revman, safe_zip, xml_text, yaml_folder
    from msc_meta.adapters.bibtex import MAX_VALUE
    from msc_meta.records import strict_yaml, yaml_text

    text = (project / "docs/reference/limits.md").read_text(encoding="utf-8")
    mebibytes = [yaml_text.MAX_BYTES, csv_text.MAX_BYTES, json_text.MAX_BYTES, revman.MAX_BYTES, safe_zip.MAX_TOTAL]
    numbers = [
        strict_yaml.MAX_DEPTH, strict_yaml.MAX_EVENTS, yaml_folder.MAX_FILES, csv_text.MAX_ROWS, csv_text.MAX_COLUMNS,
        csv_text.MAX_CELLS, json_text.MAX_PARTS, xml_text.MAX_DEPTH, xml_text.MAX_ELEMENTS, safe_zip.MAX_MEMBERS,
        safe_zip.MAX_DEPTH, citations.MAX_REFERENCES, MAX_VALUE,
    ]  # fmt: skip
    wanted = [f"{size // 1024**2} MiB" for size in mebibytes] + [f"{number:,}" for number in numbers]
    assert [one for one in wanted if f" {one} " not in text] == []
