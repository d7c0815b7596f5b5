"""Records as they were at a revision of git: read from its objects, so that nothing is checked out or run."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from msc_meta.errors import UsageError

REGULAR = {"100644", "100755"}  # modes of files; links and submodules are left out
PATIENCE = 120  # seconds


class Entry(NamedTuple):
    """A file at a revision."""

    path: PurePosixPath
    object: str


def commit_of(place: Path, revision: str) -> str:
    """Return the full hash of the commit that a revision names in the repository of a path.

    Raises
    ------
    UsageError
        If git is not installed, the path is in no repository, or there is no such revision.
    """
    found = _git(_folder(place), "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if found is None:
        _top(place)
        raise UsageError(f"git knows no revision {revision!r}; a shallow clone has only the newest ones")
    return found.decode().strip()


def write_at(commit: str, path: Path, target: Path) -> bool:
    """Write a file or a folder as it was at a commit to ``target``; False where it was not there.

    Raises
    ------
    UsageError
        If the path is in no repository of git.
    """
    top = _top(path)
    try:
        inside = path.resolve().relative_to(top).as_posix()
    except ValueError:
        raise UsageError(f"{path} is a link out of its repository; name the place itself") from None
    entries = _entries(top, commit, inside)
    if not entries:
        return False
    contents = _contents(top, [entry.object for entry in entries])
    for entry, content in zip(entries, contents, strict=True):
        below = entry.path.relative_to(inside) if inside != "." else entry.path
        place = target / below
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    return True


def _entries(top: Path, commit: str, inside: str) -> list[Entry]:
    listing = _git(top, "ls-tree", "-r", "-z", "--full-tree", commit, "--", f":(literal){inside}") or b""
    found = []
    for line in listing.decode("utf-8", errors="replace").split("\0"):
        about, _, name = line.partition("\t")
        if not name:
            continue
        mode, _, digest = about.split(" ")
        path = PurePosixPath(name)
        if mode in REGULAR and not path.is_absolute() and ".." not in path.parts:
            found.append(Entry(path, digest))
    return found


def _contents(top: Path, objects: list[str]) -> list[bytes]:
    """Return the bytes of some objects, as they were committed."""
    answer = _git(top, "cat-file", "--batch", given="".join(f"{name}\n" for name in objects).encode())
    if answer is None:
        raise UsageError(f"git could not read the old files of {top}")
    found, at = [], 0
    for name in objects:
        end = answer.index(b"\n", at)
        head = answer[at:end].decode().split(" ")
        if len(head) != 3:
            raise UsageError(f"git has no content for the object {name}; fetch the whole history")
        size = int(head[2])
        found.append(answer[end + 1 : end + 1 + size])
        at = end + 1 + size + 1
    return found


def _top(place: Path) -> Path:
    found = _git(_folder(place), "rev-parse", "--show-toplevel")
    if found is None:
        raise UsageError(f"{place} is in no repository of git")
    return Path(os.fsdecode(found).rstrip("\n")).resolve()


def _folder(place: Path) -> Path:
    """Return the nearest folder that is there: a record or a folder of them may be gone by now."""
    return next(folder for folder in (place.resolve(), *place.resolve().parents) if folder.is_dir())


def _git(folder: Path, *arguments: str, given: bytes = b"") -> bytes | None:
    """Return what git says; None where it fails."""
    program = shutil.which("git")
    if program is None:
        raise UsageError("git is not installed, or not on the PATH")
    command = [program, "-C", str(folder), "--no-pager", *arguments]
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(  # noqa: S603  # git itself, with arguments that are no options
            command, input=given, capture_output=True, timeout=PATIENCE, check=False, env=environment
        )
    except (OSError, subprocess.TimeoutExpired, ValueError) as error:
        raise UsageError(f"git could not be run: {type(error).__name__}") from None
    return done.stdout if done.returncode == 0 else None
