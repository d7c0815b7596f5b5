"""A folder made beside the one it will replace, and the swap of the two: whole before, whole after, whoever is killed.

Every draft is locked by the process that makes it. The system lets go of a lock when its process ends, however it
ends; so an unlocked draft is what a dead run left, and the next run clears it away.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

PREFIX = ".msc-meta-"
MOVING = ".moving"  # a draft whose files are taking their places one by one: it will be finished, not thrown away
PATIENCE = 30.0  # seconds; the folder is locked for milliseconds, unless somebody else's lock is on it
ABANDONED = 24 * 3600.0  # seconds, where no lock tells the living from the dead
AT_FDCWD, RENAME_EXCHANGE = -100, 2  # of Linux


def stage(folder: Path, *, inside: bool = False) -> tuple[Path, int | None]:
    """Return a new empty folder on the file system of ``folder``, and its lock for `release`.

    It lies beside ``folder``, so that the two can change places; or in it if that is asked for, or can not be else: the
    folder is a mount point, say, or the one above may not be written.
    """
    while True:
        draft = Path(tempfile.mkdtemp(prefix=PREFIX, dir=folder))
        if not inside:
            with contextlib.suppress(OSError):
                draft = draft.rename(folder.parent / f"{_beside(folder)}{draft.name.removeprefix(PREFIX)}")
        try:
            lock = _lock(draft)
        except (BlockingIOError, FileNotFoundError):
            continue  # somebody clears away what is not locked, and was quicker
        except OSError:
            draft.rmdir()
            raise
        if draft.exists():
            return draft, lock
        release(lock)


def release(lock: int | None) -> None:
    """Let go of the lock of a draft."""
    if lock is not None:
        os.close(lock)


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Make the folder if need be, and let no other run touch it or its drafts while the block runs.

    Raises
    ------
    OSError
        if somebody else has had it locked for half a minute.
    """
    end = time.monotonic() + PATIENCE
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        lock = _lock(folder, till=end)
        try:
            if lock is None or os.path.samestat(os.fstat(lock), folder.stat()):
                yield
                return
        finally:
            release(lock)  # else the folder changed places with another while we waited: that one is to be locked


def _lock(path: Path, *, till: float = 0.0) -> int | None:
    """Return a descriptor that locks a folder; None where the system or the file system has no such locks."""
    if sys.platform == "win32":
        return None
    import fcntl

    descriptor = os.open(path, os.O_RDONLY)
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > till:
                    raise
                time.sleep(0.005)
            else:
                return descriptor
    except BaseException as error:
        os.close(descriptor)
        if isinstance(error, OSError) and not isinstance(error, BlockingIOError):  # NFS without locks, say
            return None
        raise


@contextlib.contextmanager
def abandoned(folder: Path, *, inside: bool = False) -> Iterator[list[Path]]:
    """Give the drafts for ``folder`` that dead runs left, beside it and in it, locked while the block runs."""
    found: list[tuple[Path, int | None]] = []
    try:
        for place, prefix in ((folder, PREFIX), *(() if inside else ((folder.parent, _beside(folder)),))):
            ours = re.compile(re.escape(prefix) + r"[a-z0-9_]{8}" + ("" if inside else rf"({re.escape(MOVING)})?"))
            with contextlib.suppress(OSError), os.scandir(place) as entries:
                for path in [Path(entry.path) for entry in entries if ours.fullmatch(entry.name)]:
                    with contextlib.suppress(OSError):  # it is locked, or not ours to look at
                        lock = _lock(path)
                        if lock is not None or time.time() - path.stat().st_mtime > ABANDONED:
                            found.append((path, lock))
        yield [path for path, _ in found]
    finally:
        for _, lock in found:
            release(lock)


def _beside(folder: Path) -> str:
    return f"{PREFIX}{folder.name}-"


def exchange(draft: Path, folder: Path, keep: set[str]) -> bool:
    """Let two folders change places in one step, the files to ``keep`` being in both; return whether it was possible.

    It is where the system is Linux, the draft lies beside the folder, the files to keep are plain, and nobody stands
    in the folder: a shell would find itself in the old one, which goes.
    """
    if draft.parent == folder or sys.platform != "linux" or _stands_in(folder):
        return False
    before = folder.stat()
    linked: list[Path] = []
    try:
        for name in keep:
            os.link(folder / name, draft / name, follow_symlinks=False)  # a folder can not be linked
            linked.append(draft / name)
        shutil.copystat(folder, draft)
        after = draft.stat()
        if (after.st_uid, after.st_gid) == (before.st_uid, before.st_gid) and _renameat2(draft, folder):
            return True
    except OSError:
        pass
    for path in linked:
        path.unlink()
    return False


def _renameat2(one: Path, other: Path) -> bool:
    import ctypes

    call = getattr(ctypes.CDLL(None), "renameat2", None)
    names = (AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other))
    return call is not None and call(*names, RENAME_EXCHANGE) == 0


def _stands_in(folder: Path) -> bool:
    """Whether a process that may be looked at has its working directory in a folder."""
    with contextlib.suppress(OSError):  # where there is no /proc
        for process in Path("/proc").iterdir():
            with contextlib.suppress(OSError):  # it ended, or is somebody else's
                if process.name.isdecimal() and (process / "cwd").readlink().is_relative_to(folder):
                    return True
    return False
