"""``msc-meta check`` with --fix, --diff and --watch, on files."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from queue import Empty, Queue

import pytest


def spoil(folder):
    """Give one record three slips that have one right answer, and one that has not."""
    path = folder / "martinez-munoz-2024.yaml"
    sound = path.read_text(encoding="utf-8")
    spoilt = (
        sound.replace("unit: mmHg", "unit: mm Hg  # as printed")
        .replace("doi: 10.", "doi: https://doi.org/10.")
        .replace("[NCT", "[nct ")
        .replace("test: not stated", "tset: not stated")
    )
    path.write_text(spoilt, encoding="utf-8")
    path.chmod(0o640)
    return path, spoilt


def test_diff_shows_and_writes_nothing(msc, folder):
    path, spoilt = spoil(folder)
    printed = msc("check", "--diff", folder)
    assert printed.code == 1
    assert "\n-    unit: mm Hg  # as printed\n+    unit: mmHg  # as printed\n" in printed.out
    assert "1 file would change" in printed.err
    assert path.read_text(encoding="utf-8") == spoilt


def test_fix_writes_says_what_and_lists_the_rest(msc, folder):
    path, spoilt = spoil(folder)
    printed = msc("check", "--fix", folder)
    assert printed.code == 1
    assert "error E201" in printed.out
    assert f"{path}:11: fixed E328 citation.doi: https://doi.org/10." in printed.err
    assert "3 fixes in 1 file\n" in printed.err
    assert path.stat().st_mode & 0o777 == 0o640
    fixed = path.read_text(encoding="utf-8")
    changed = [(a, b) for a, b in zip(spoilt.splitlines(), fixed.splitlines(), strict=True) if a != b]
    assert [b.strip() for _, b in changed] == [
        "doi: 10.1038/s41409-024-02230-5",
        "registrations: [NCT04615429, EudraCT 2020-002193-27]",
        "unit: mmHg  # as printed",
    ]
    again = msc("check", "--fix", "--format", "json", folder)
    assert "0 fixes in 0 files" in again.err
    assert msc("check", "--diff", folder).code == 0


def test_fix_leaves_tables_and_gives_the_first_line_of_the_neighbours(msc, folder, tmp_path):
    path = folder / "zhu-2021.yaml"
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server")
    path.write_text(text.partition("\n")[2], encoding="utf-8")
    assert msc("check", "--fix", folder).code == 0
    assert path.read_text(encoding="utf-8") == text
    table = tmp_path / "trials.csv"
    before = b"id,label,unit\r\ndoe-2024,Doe 2024,mm Hg\r\n"
    table.write_bytes(before)
    assert "0 fixes" in msc("check", "--fix", table).err
    assert table.read_bytes() == before


def test_one_of_the_three_at_a_time(msc, folder):
    assert msc("check", "--fix", "--watch", folder).code == 2


@pytest.fixture
def watched(folder):
    """Start a watching process, and a queue of the lines it prints."""
    command = [sys.executable, "-c", "from msc_meta.cli import main; main()", "check", "--watch", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    lines: Queue[str] = Queue()
    threading.Thread(target=lambda: [lines.put(line) for line in process.stdout], daemon=True).start()
    yield process, lines
    process.kill()
    process.wait()
    process.stdout.close()


def screen(lines):
    """Return the lines of the next screen."""
    found = []
    while not found or not found[-1].startswith("-- "):
        try:
            found.append(lines.get(timeout=20))
        except Empty:
            raise AssertionError(f"nothing came after {found}") from None
    return "".join(found)


@pytest.mark.skipif(os.name == "nt", reason="sends a POSIX signal")
def test_watch_checks_again_after_a_save_and_ends_with_ctrl_c(watched, folder):
    process, lines = watched
    path = folder / "zhu-2021.yaml"
    text = path.read_text(encoding="utf-8")
    assert "4 files checked: 0 errors" in screen(lines)
    path.write_text(text.replace("status: completed", "status: done"), encoding="utf-8")
    start = time.perf_counter()
    assert "error E205 status: done is not known here" in screen(lines)
    assert time.perf_counter() - start < 15  # a fiftieth of it where the machine has nothing else to do
    draft = path.with_name("zhu-2021.yaml~new")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)  # as editors save
    seen = screen(lines)
    while "0 errors" not in seen:
        seen = screen(lines)
    path.unlink()
    assert "3 files checked" in screen(lines)
    time.sleep(0.3)
    assert lines.empty()  # one screen per change
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=10) == 0
    assert "Traceback" not in "".join(lines.queue)
