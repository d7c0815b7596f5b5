"""Bad input ends with one clear message, the right exit code, and the old output untouched."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

GOOD = """\
id: a-2020
label: A 2020
status: completed
design: {allocation: randomised}
population: {condition: COVID-19, syndrome: ARDS}
arms:
  msc: {role: experimental, label: MSC, randomised: 20, product: cells}
  control: {role: control, label: placebo, randomised: 20}
outcomes:
  - outcome: mortality
    day: 28
    arms: {msc: {n: 20, events: 4}, control: {n: 20, events: 8}}
    source: {kind: primary, url: "https://example.org/a", where: abstract}
"""
BOMB = "a: &a [x, x]\n" + "".join(f"{chr(98 + i)}: &{chr(98 + i)} [*{chr(97 + i)}, *{chr(97 + i)}]\n" for i in range(9))

BAD = {
    "empty file": (b"", "empty"),
    "binary file": (bytes(range(256)) * 10, "binary"),
    "file over 1 MiB": (GOOD.encode() + b"# " + b"x" * 2 * 2**20, "1,048,576"),
    "alias bomb": (BOMB.encode(), "E106"),
    "duplicate key": (GOOD.replace("label: A 2020", "label: A 2020\nlabel: B").encode(), "second time"),
    "tab": (GOOD.replace("    day", "\tday").encode(), "tab"),
    "Latin-1": (GOOD.replace("A 2020", "Münch 2020").encode("latin-1"), "UTF-8"),
    "NO as a country stays text": (
        GOOD.replace("randomised}", "randomised, countries: [NO], centres: NO}", 1).encode(),
        "NO",
    ),
    "12:30 stays text": (GOOD.replace("day: 28", "day: 12:30").encode(), "12:30"),
    "decimal comma": (GOOD.replace("day: 28", "day: 28,5").encode(), "decimal"),
    "events as text": (GOOD.replace("events: 4", 'events: "4"').encode(), "events"),
    "events beyond patients": (GOOD.replace("events: 4", "events: 24").encode(), "24"),
    "more patients than randomised": (GOOD.replace("n: 20, events: 4", "n: 21, events: 4").encode(), "21"),
    "unknown outcome": (GOOD.replace("outcome: mortality", "outcome: mortalty").encode(), "mortality"),
    "unknown key": (GOOD.replace("    day", "    dya").encode(), "day"),
    "no source": (GOOD[: GOOD.index("    source")].encode(), "source"),
    "two documents": ((GOOD + "---\n" + GOOD).encode(), "document"),
    "a list": (b"- a\n- b\n", "list"),
    "other id than file name": (GOOD.replace("id: a-2020", "id: b-2020").encode(), "a-2020"),
}


@pytest.fixture
def bad(tmp_path):
    studies = tmp_path / "studies"
    studies.mkdir()

    def write(content: bytes) -> Path:
        (studies / "a-2020.yaml").write_bytes(content)
        return studies

    return write


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}


def test_the_good_record_is_good(msc, bad):
    printed = msc("check", bad(GOOD.encode()))
    assert (printed.code, printed.out) == (0, "")


@pytest.mark.parametrize(("content", "says"), BAD.values(), ids=BAD)
def test_bad_files_are_named_with_file_and_reason_and_change_no_output(msc, bad, tmp_path, content, says):
    out = tmp_path / "out"
    out.mkdir()
    (out / "results.json").write_text("old")
    studies = bad(content)
    checked = msc("check", studies)
    assert checked.code == 1
    assert "a-2020.yaml" in checked.out
    assert says.lower() in checked.out.lower()
    ran = msc("run", studies, "-o", out)
    assert ran.code == 1
    assert says.lower() in ran.err.lower()
    assert contents(out) == {"results.json": b"old"}


def test_a_byte_order_mark_and_1e3_are_fine(msc, bad):
    dose = GOOD.replace("product: cells", "product: cells, dose: {value: 1e6, unit: cells/kg}")
    assert msc("check", bad(b"\xef\xbb\xbf" + dose.encode())).code == 0


def test_all_problems_of_all_files_come_in_one_run(msc, bad):
    studies = bad(GOOD.replace("events: 4", "events: 24").replace("randomised}", "randmised}").encode())
    (studies / "b-2020.yaml").write_text(
        GOOD.replace("a-2020", "b-2020").replace("n: 20, events: 8", "n: 20, events: 28")
    )
    printed = msc("check", studies)
    assert [word in printed.out for word in ("24", "randmised", "28")] == [True, True, True]


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (("check", "nowhere"), 2, "nowhere"),
        (("run", "nowhere"), 2, "nowhere"),
        (("pool", "mortalty"), 2, "mortality"),
        (("chek",), 2, "check"),
        (("run", "--colour"), 2, "--colour"),
        (("pool", "mortality", "--format", "xml"), 2, "xml"),
        (("explain", "E999999"), 2, "E999999"),
        (("new", "Garcia 2025"), 2, "garcia-2025"),
        (("pool", "mortality", "--protocol", "none.yaml"), 2, "none.yaml"),
        (("run", "studies", "-o", "studies"), 2, "holds the records"),
        (("export", "csv", "-o", "studies.xlsx"), 2, ".csv"),
        (("export", "ris", "--template", "-o", "a.ris"), 2, "for the format csv"),
        (("export", "riss", "-o", "a.ris"), 2, "Did you mean 'ris'?"),
        (("export", "revman"), 2, "-o is missing"),
    ],
)
def test_wrong_use_says_what_is_right(msc, tmp_path, monkeypatch, args, code, says):
    monkeypatch.chdir(tmp_path)
    printed = msc(*args)
    assert printed.code == code
    assert says in printed.err


def test_a_file_has_one_format(msc, folder):
    printed = msc("forest", "mortality", folder, "-o", folder / "a.png", "--format", "pdf")
    assert printed.code == 2
    assert "--format pdf is for a folder" in printed.err
    assert not (folder / "a.png").exists()


def test_a_folder_without_records_says_what_was_looked_for(msc, tmp_path):
    (tmp_path / "notes.txt").write_text("x")
    printed = msc("check", tmp_path)
    assert printed.code == 2
    assert "yaml" in printed.err


def test_an_output_folder_that_is_a_file_is_refused(msc, folder, tmp_path):
    (tmp_path / "out").write_text("mine")
    printed = msc("run", folder, "-o", tmp_path / "out", "--format", "svg")
    assert printed.code == 2
    assert "can not be written" in printed.err
    assert (tmp_path / "out").read_text() == "mine"


def test_nothing_to_pool_is_an_answer_with_its_own_code(msc, bad):
    studies = bad(GOOD.replace("allocation: randomised", "allocation: unclear").encode())
    printed = msc("pool", "mortality", studies)
    assert printed.code == 3
    assert "no study can be pooled, because: random allocation unclear (1)" in printed.out


def start(*args: object, **options: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", "from msc_meta.cli import main; main()", *map(str, args)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


@pytest.mark.skipif(os.name == "nt", reason="signals and limits of POSIX")
def test_a_full_disk_leaves_the_old_output(folder, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "results.json").write_text("old")

    def no_room() -> None:  # writing past this size fails, as on a full disk
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))

    process = start("run", folder, "-o", out, preexec_fn=no_room)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2, err
    assert "can not be written" in err
    assert "Traceback" not in err
    assert contents(out) == {"results.json": b"old"}


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_ctrl_c_leaves_the_old_output(folder, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "results.json").write_text("old")
    (out / "manifest.json").write_text('{"files": {"results.json": ""}}')
    before = contents(out)
    process = start("run", folder, "-o", out)
    deadline = time.monotonic() + 60
    while not any(path.name.startswith(".msc-meta-") for place in (tmp_path, out) for path in place.iterdir()):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.002)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert err.strip().endswith("msc-meta: stopped; no output was changed")
    assert contents(out) == before
