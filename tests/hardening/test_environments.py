"""Disks without room, folders that may not be written, other locales, zones and interpreters' options."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from msc_meta.errors import OutputError
from msc_meta.output import write_file
from tests.hardening.processes import FEW, OTHERS, command, contents, litter, msc_meta, some_records, verified

pytestmark = pytest.mark.skipif(os.name == "nt", reason="mounts, signals and limits of POSIX")
MANY = "HARDENING_KILLS" in os.environ  # make hardening


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    return some_records(FEW, tmp_path_factory.mktemp("records") / "few")


@pytest.fixture(scope="module")
def expected(few):
    """Return the files of a run in the environment of the tests."""
    out = few.parent / "expected"
    assert msc_meta("run", few, "-o", out).returncode == 0
    return contents(out)


def can_mount() -> bool:
    if shutil.which("unshare") is None:
        return False
    tried = subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"], check=False, capture_output=True)
    return tried.returncode == 0


mounts = pytest.mark.skipif(not can_mount(), reason="needs unshare(1), and the right to mount")


def in_mount(options: str, place: Path, script: str) -> subprocess.CompletedProcess[str]:
    """Run a script of the shell with a small file system at ``place``, in a name space that ends with it."""
    place.mkdir(exist_ok=True)
    whole = f'set -e; mount -t tmpfs -o {options} none "$PLACE"; {script}'
    settings = {"capture_output": True, "text": True, "timeout": 120}
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", whole], check=False, env={**os.environ, "PLACE": str(place)}, **settings
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


SIZES = ("900k", "1200k", "1500k", "2000k", "2500k") if MANY else ("1200k",)


@mounts
@pytest.mark.parametrize("options", [*(f"size={size}" for size in SIZES), "size=50m,nr_inodes=40"])
def test_a_disk_that_fills_up_leaves_the_old_output(few, tmp_path, options):
    others = some_records(OTHERS, tmp_path / "others")
    old = tmp_path / "old"
    assert msc_meta("run", others, "-o", old, "--format", "svg", "--no-report").returncode == 0
    run = " ".join(f"'{part}'" for part in command("run", few, "-o", tmp_path / "disk" / "out"))
    script = f"""mkdir "$PLACE/out"; cp '{old}'/* "$PLACE/out"; {run} && exit 9
diff -r '{old}' "$PLACE/out"; test -z "$(find "$PLACE" -name '.msc-meta-*')"; echo unchanged"""
    done = in_mount(options, tmp_path / "disk", script.replace("&& exit 9\n", "&& exit 9 || true\n"))
    assert done.stdout.endswith("unchanged\n"), done
    assert "can not be written: No space left on device. What was there before is unchanged." in done.stderr


@mounts
def test_a_folder_that_may_not_be_written(few, tmp_path):
    run = " ".join(f"'{part}'" for part in command("run", few, "-o", tmp_path / "disk" / "out"))
    done = in_mount("size=5m", tmp_path / "disk", f'mount -o remount,ro "$PLACE"; {run}')
    assert done.returncode == 2
    assert "can not be written: Read-only file system" in done.stderr


@mounts
def test_a_mount_point_is_filled_file_by_file(few, expected, tmp_path):
    run = " ".join(f"'{part}'" for part in command("run", few, "-o", tmp_path / "disk"))
    script = f"""{run}; {run}; ls -A "$PLACE" >&2; cp -r "$PLACE" '{tmp_path / "copy"}'"""
    done = in_mount("size=50m", tmp_path / "disk", script)
    assert ".msc-meta-" not in done.stderr
    assert contents(tmp_path / "copy") == expected


def test_four_processes_write_one_folder(few, expected, tmp_path):
    others = some_records(OTHERS, tmp_path / "others")
    out = tmp_path / "out"
    runs = [
        subprocess.Popen(command("run", studies, "-o", out), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for studies in (few, others, few, others)
    ]
    for run in runs:
        _, said = run.communicate(timeout=120)
        assert run.returncode == 0, said
        assert "Traceback" not in said
    assert contents(out) == expected or verified(out, others)
    assert litter(out) == []


ENVIRONMENTS = {
    "C": ({"LC_ALL": "C", "LANG": "", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "TZ": "Pacific/Kiritimati"}, ()),
    "ascii": (
        {"PYTHONIOENCODING": "ascii", "TZ": "No/Such", "PYTHONHASHSEED": "1", "SOURCE_DATE_EPOCH": "0"},
        ("-X", "dev", "-bb"),
    ),
    "tr_TR.UTF-8": ({"LC_ALL": "tr_TR.UTF-8", "TZ": "America/St_Johns", "SOURCE_DATE_EPOCH": "soon"}, ()),
    "ja_JP.EUC-JP": ({"LC_ALL": "ja_JP.EUC-JP", "PYTHONUTF8": "0", "PYTHONHASHSEED": "0"}, ("-W", "error")),
    "de_DE.ISO-8859-1": ({"LC_ALL": "de_DE.ISO-8859-1", "PYTHONUTF8": "0"}, ("-OO",)),
    "fa_IR": ({"LC_ALL": "fa_IR", "HOME": "/proc", "TMPDIR": "/no/such", "XDG_CACHE_HOME": "/proc"}, ()),
}
USUAL = ("C", "ascii", "de_DE.ISO-8859-1")


@pytest.fixture(scope="module")
def locales(tmp_path_factory):
    """Return a folder with the locales, made here; the ones that could not be made are those of C."""
    place = tmp_path_factory.mktemp("locales")
    for name in ENVIRONMENTS:
        if "_" in name and shutil.which("localedef"):
            source, _, charset = name.partition(".")
            made = ["localedef", "-i", source, "-f", charset or "UTF-8", str(place / name)]
            subprocess.run(made, check=False, capture_output=True, timeout=60)
    return place


@pytest.mark.parametrize("name", ENVIRONMENTS if MANY else USUAL)
def test_the_environment_changes_no_byte(few, expected, locales, tmp_path, name):
    settings, python = ENVIRONMENTS[name]
    if "_" in name and not (locales / name).exists():
        pytest.skip(f"the locale {name} can not be made here")
    out = tmp_path / "out"
    done = msc_meta("run", few, "-o", out, python=python, env={**os.environ, "LOCPATH": str(locales), **settings})
    assert done.returncode == 0, done.stderr
    assert contents(out) == expected


def test_a_full_standard_output_is_the_systems_refusal(few):
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full")
    with Path("/dev/full").open("w") as full:
        done = msc_meta("schema", capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 2
    assert done.stderr == "msc-meta: the system refused: No space left on device\n"


@pytest.mark.skipif(sys.platform != "linux", reason="the folder one stands in can not be removed elsewhere")
def test_a_working_directory_that_is_gone(few, tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    done = msc_meta("run", few, cwd=gone, preexec_fn=gone.rmdir)
    assert done.returncode == 2
    assert "the folder you are in is not there any more" in done.stderr


def test_few_open_files_are_enough(few, expected, tmp_path):
    resource = pytest.importorskip("resource")
    out = tmp_path / "out"
    done = msc_meta("run", few, "-o", out, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16)))
    assert done.returncode == 0, done.stderr
    assert contents(out) == expected


def test_a_file_that_may_not_grow_is_not_begun(few, tmp_path):
    resource = pytest.importorskip("resource")
    out = tmp_path / "out"
    done = msc_meta("run", few, "-o", out, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000)))
    assert done.returncode == 2
    assert "can not be written: File too large" in done.stderr
    assert contents(out) == {}
    assert litter(out) == []


@pytest.mark.parametrize("name", ["new\nline", "Ümläut", os.fsdecode(b"by\xff\xfete"), "x" * 250])
def test_an_output_of_any_name(few, tmp_path, name):
    out = tmp_path / name
    assert msc_meta("run", few, "-o", out, "--format", "svg", "--no-report").returncode == 0
    assert verified(out, few)
    assert litter(out) == []


def test_a_link_is_followed_and_a_device_is_written_to(tmp_path):
    record = tmp_path / "a.yaml"
    record.write_text("old")
    link = tmp_path / "link.yaml"
    link.symlink_to(record)
    write_file(link, "new", force=True)
    assert link.is_symlink()
    assert record.read_text() == "new"
    longest = tmp_path / ("x" * 255)
    write_file(longest, "new")
    if Path("/dev/full").exists():
        with pytest.raises(OutputError, match="No space left"):
            write_file(Path("/dev/full"), "new", force=True)
        assert not Path("/dev/full").is_file()
