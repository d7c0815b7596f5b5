"""kill -9 at any moment: the reader finds the whole old output or the whole new one, and the next run clears up."""

from __future__ import annotations

import json
import os
import random
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from msc_meta import staging
from msc_meta.output import MANIFEST, replacing, write_files
from msc_meta.report.beside import beside
from tests.hardening.processes import FEW, OTHERS, command, contents, litter, msc_meta, some_records, verified

KILLS = int(os.environ.get("HARDENING_KILLS", "10"))  # make hardening asks for more
SWAPS = sys.platform == "linux"  # elsewhere the files of a folder take their places one by one

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """Return two folders of records, and what a run makes of each."""
    place = tmp_path_factory.mktemp("outputs")
    old, new = (some_records(names, place / name) for names, name in ((OTHERS, "others"), (FEW, "few")))
    made = []
    for studies in (old, new):
        out = place / f"out-{studies.name}"
        assert msc_meta("run", studies, "-o", out).returncode == 0
        assert verified(out, studies)
        made.append((studies, contents(out)))
    return made


def refill(out: Path, files: dict[str, bytes]) -> None:
    out.mkdir(exist_ok=True)
    for path in out.iterdir():
        path.unlink()
    for name, content in files.items():
        (out / name).write_bytes(content)


def alive(group: int) -> bool:
    """Whether a process of a group lives; one that is dead and that init has not yet waited for does not."""
    for process in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, its_group = process.read_text(errors="replace").rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if its_group == str(group) and state not in "ZX":
            return True
    return False


@pytest.mark.skipif(not SWAPS, reason="two folders change places in one step on Linux")
def test_a_run_killed_at_random_moments(outputs, tmp_path):
    (others, old), (few, new) = outputs
    out = tmp_path / "out"
    refill(out, old)
    started = time.monotonic()
    msc_meta("run", few, "-o", tmp_path / "timed")
    takes = time.monotonic() - started
    chance = random.Random(8)
    ended = {"old": 0, "new": 0}
    for at in range(KILLS):
        refill(out, old)
        run = subprocess.Popen(
            command("run", few, "-o", out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        if at % 3:  # two of three while files are written and moved
            while run.poll() is None and not litter(out):
                time.sleep(0.0005)
            began = time.monotonic()
            time.sleep(chance.uniform(0, 0.6 * takes) if at % 3 == 1 else 0)
            while at % 3 == 2 and time.monotonic() - began < takes and MANIFEST not in drafted(out):
                time.sleep(0.0005)  # to the very end: the manifest is the last file that is made
            time.sleep(chance.uniform(0, 0.01) if at % 3 == 2 else 0)
        else:
            time.sleep(chance.uniform(0, takes))
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
        end = time.monotonic() + 5
        while alive(run.pid) and time.monotonic() < end:
            time.sleep(0.01)
        assert not alive(run.pid), "a process outlived the run"
        found = contents(out)
        assert found in (old, new), f"kill {at}: a mixture of two runs"
        which = "new" if found == new else "old"
        ended[which] += 1
    print(f"{KILLS} kills: {ended['old']} left the old output, {ended['new']} the new one")
    assert verified(out, few if found == new else others)
    assert msc_meta("run", few, "-o", out).returncode == 0
    assert contents(out) == new
    assert litter(out) == []


@pytest.mark.skipif(not SWAPS, reason="Linux ends a child with its parent")
def test_the_process_that_draws_ends_with_the_one_that_was_killed(tmp_path):
    reads, writes = os.pipe()
    parent = os.fork()
    if parent == 0:
        os.close(reads)
        with beside(lambda: time.sleep(60)):  # it holds the pipe open as long as it lives
            os.kill(os.getpid(), signal.SIGKILL)
    os.close(writes)
    os.waitpid(parent, 0)
    assert select.select([reads], [], [], 10)[0], "the child goes on"
    os.close(reads)


def drafted(out: Path) -> set[str]:
    """Return the names of the files in the drafts beside a folder."""
    names = set()
    for draft in out.parent.glob(".msc-meta-*"):
        try:
            names |= {path.name for path in draft.iterdir()}
        except OSError:
            continue
    return names


STEPS = ("open", "os.", "shutil.", "tempfile.", "ctypes.")


def killed_at(step: int, work) -> bool:
    """Do some work in a process that is killed before its n-th dealing with the system; return whether it was."""
    child = os.fork()
    if child == 0:
        count = 0

        def watch(event: str, _args: object) -> None:
            nonlocal count
            if event.startswith(STEPS):
                count += 1
                if count == step:
                    os.kill(os.getpid(), signal.SIGKILL)

        try:
            sys.addaudithook(watch)
            work()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def write(out: Path, files: dict[str, str]) -> None:
    with replacing(out) as draft:
        for name, text in files.items():
            (draft / name).write_text(text)
        (draft / MANIFEST).write_text(json.dumps({"files": files}))


def read(out: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in out.iterdir() if path.is_file() and path.name != "notes.txt"}


def whole(files: dict[str, str]) -> dict[str, str]:
    return files | {MANIFEST: json.dumps({"files": files})}


OLD = {"forest_a": "old", "forest_b": "old", "table_a": "old"}
NEW = {"forest_a": "new", "forest_c": "new", "funnel_c": "new", "table_a": "new"}


@pytest.mark.parametrize("way", ["swapped", "with files of the user's", "one by one"])
def test_a_kill_before_any_step_of_the_writing(tmp_path, monkeypatch, way):
    if way == "one by one" or not SWAPS:
        monkeypatch.setattr("msc_meta.output.exchange", lambda *_: False)
    ended = set()
    for step in range(1, 1000):
        out = tmp_path / f"{step}" / "out"
        write(out, OLD)
        if way == "with files of the user's":
            (out / "notes.txt").write_text("mine")
        killed = killed_at(step, lambda out=out: write(out, NEW))
        found = read(out)
        ended.add("old" if found == whole(OLD) else "new" if found == whole(NEW) else "mixed")
        if found not in (whole(OLD), whole(NEW)):
            assert way == "one by one" or not SWAPS
            assert found[MANIFEST] == whole(OLD)[MANIFEST], "the manifest moves last, and shows the mixture"
        again = {"forest_a": "again"}
        write(out, again)
        assert read(out) == whole(again)
        assert litter(out) == []
        assert (way == "with files of the user's") == (out / "notes.txt").exists()
        if not killed:
            break
    assert not killed
    assert step > 20, "hardly any step was seen"
    assert ended == {"old", "new", "mixed"} if way == "one by one" else {"old", "new"}


def test_a_kill_before_any_step_of_writing_single_files(tmp_path):
    for step in range(1, 1000):
        place = tmp_path / f"{step}"
        place.mkdir()
        record = place / "a.yaml"
        record.write_text("old")
        record.chmod(0o640)
        files = {record: "new", place / "b.yaml": "new"}
        killed = killed_at(step, lambda files=files: write_files(files, force=True))
        assert record.read_text() in {"old", "new"}
        assert record.stat().st_mode & 0o777 == 0o640
        write_files(dict.fromkeys(files, "again"), force=True)
        assert {path.name: path.read_text() for path in place.iterdir()} == {"a.yaml": "again", "b.yaml": "again"}
        if not killed:
            break
    assert not killed
    assert step > 10, "hardly any step was seen"


def test_what_a_living_run_makes_is_left_alone(tmp_path):
    out = tmp_path / "out"
    with replacing(out) as living:
        (living / "forest_a").write_text("slow")
        write(out, NEW)
        assert (living / "forest_a").exists()
        (living / MANIFEST).write_text(json.dumps({"files": {"forest_a": ""}}))
    assert read(out) == {"forest_a": "slow", MANIFEST: '{"files": {"forest_a": ""}}'}
    assert litter(out) == []


@pytest.mark.skipif(not SWAPS, reason="two folders change places in one step on Linux")
def test_a_shell_that_stands_in_the_folder_stays_there(tmp_path):
    out = tmp_path / "out"
    write(out, OLD)
    with subprocess.Popen([sys.executable, "-c", "input()"], cwd=out, stdin=subprocess.PIPE) as shell:
        assert staging._stands_in(out)
        write(out, NEW)
        assert (Path("/proc") / str(shell.pid) / "cwd").readlink() == out
        shell.communicate(b"\n")
    assert not staging._stands_in(out)
