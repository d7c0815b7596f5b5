"""Files that change all at once: a folder's, by a draft that takes its place, and single ones.

An interrupted, killed, failed or out-of-space command leaves what was there as it was.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from msc_meta.errors import OutputError
from msc_meta.input import read_ordinary
from msc_meta.interrupts import held, noted
from msc_meta.staging import MOVING, abandoned, alone, exchange, release, stage

MANIFEST = "manifest.json"
MANY = 100  # files that are written together
MAX_BYTES = 16 * 1024 * 1024  # of a manifest
OURS = (
    "forest_",
    "funnel_",
    "table_",
    "analyses_",
    "flow.",
    "report.html",
)  # what a run may remove, if an earlier run made it


@contextlib.contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """Give a new empty folder to write into; on success its files take the places of those in ``folder``.

    Files that an earlier run listed in its manifest and that this one did not make again are removed; files
    of other origin stay. What a killed run left is cleared away.

    Raises
    ------
    OutputError
        if the folder can not be made or written; nothing in it was changed then.
    """
    draft: Path | None = None
    lock: int | None = None
    try:
        real = folder.resolve()  # of a link the target is replaced
        with held():  # or Ctrl-C could leave a draft that nobody knows of
            with alone(real):
                _clear(real)
            draft, lock = stage(real)
        with noted() as interrupts:
            yield draft
        if interrupts:  # swallowed by a library
            raise KeyboardInterrupt
        with held(), alone(real):
            _clear(real)
            _move(draft, real)
            shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        raise OutputError(_why(folder, error)) from error
    finally:
        if draft is not None:
            shutil.rmtree(draft, ignore_errors=True)
        release(lock)


def _why(folder: Path, error: OSError) -> str:
    reason = error.strerror or str(error)
    return f"{folder} can not be written: {reason}. What was there before is unchanged."


def _clear(folder: Path) -> None:
    """Finish what a run was killed in the middle of, and remove what dead ones left."""
    with abandoned(folder) as drafts:
        for draft in drafts:
            if draft.name.endswith(MOVING):
                _take_places(draft, folder)
            shutil.rmtree(draft, ignore_errors=True)


def _move(draft: Path, folder: Path) -> None:
    made = {path.name for path in draft.iterdir()}
    blocked = sorted(name for name in made if (folder / name).is_dir())
    if blocked:
        raise OSError(None, f"{', '.join(blocked)} is a folder")
    ours = _listed(folder)
    foreign = sorted(name for name in made - ours - {MANIFEST} if (folder / name).exists())
    if foreign:
        raise OSError(None, f"{', '.join(foreign)} is there already and no earlier run made it; choose another folder")
    kept = {path.name for path in folder.iterdir()} - made - _stale(ours, made)
    if exchange(draft, folder, kept):
        for path in draft.iterdir():  # the old files now
            if path.name not in made | ours:
                path.replace(folder / path.name)  # saved by its owner in this very moment
        return
    moving = draft.rename(draft.with_name(draft.name + MOVING))
    try:
        _take_places(moving, folder)
        moving.rmdir()
    except OSError as error:
        raise OutputError(
            f"{folder} can not be written: {error.strerror or error}. Some files are new and some are old; "
            "the next run puts the others in their places."
        ) from error


def _take_places(draft: Path, folder: Path) -> None:
    """Move files one by one, the manifest last: up to then it is the old one, and the mixture shows.

    Whoever was killed at it, and whenever: done again, it ends the same.
    """
    new = _listed(draft)
    for path in sorted(draft.iterdir(), key=lambda path: path.name == MANIFEST):
        if path.name == MANIFEST:
            for name in _stale(_listed(folder), new):
                (folder / name).unlink(missing_ok=True)
        path.replace(folder / path.name)


def _stale(ours: set[str], made: set[str]) -> set[str]:
    return {name for name in ours if name.startswith(OURS)} - made


def _listed(folder: Path) -> set[str]:
    """Return the files that an earlier run says it made; only plain names inside the folder are believed."""
    try:
        files = json.loads(read_ordinary(folder / MANIFEST, MAX_BYTES).decode("utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return set()
    return {name for name in files if isinstance(name, str) and Path(name).name == name}


def write_file(path: Path, content: str | bytes, *, force: bool = False) -> None:
    """Write one file all at once; see `write_files`."""
    write_files({path: content}, force=force)


def write_files(files: Mapping[Path, str | bytes], *, force: bool = False) -> None:
    """Write files, all of them or none; existing ones are replaced only with ``force``.

    Each is whole at any moment, the old one or the new one, even if the power goes; more than `MANY` new ones, which
    take nothing's place, are left to the system to put on the disk. Of a link the target is replaced; a file keeps its
    owner and its permissions. What is no file, a pipe or ``/dev/stdout``, is written to.

    Raises
    ------
    OutputError
        if a file exists or can not be written; existing files are unchanged then.
    """
    existing = dict.fromkeys(path for path in files if path.exists())
    if existing and not force:
        shown = ", ".join(map(str, [*existing][:3])) + (
            f" and {len(existing) - 3} more files" if len(existing) > 3 else ""
        )
        raise OutputError(f"{shown} {'exists' if len(existing) == 1 else 'exist'}; --force replaces")
    place = Path()
    drafts: dict[Path, tuple[Path, int | None]] = {}  # of each folder that is written to: a draft, and its lock
    waiting: dict[Path, Path] = {}
    try:
        for place in {path.parent: path for path in files}.values():
            place.parent.mkdir(parents=True, exist_ok=True)
        for place, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            if place in existing and not place.is_file() and not place.is_dir():
                place.write_bytes(data)
                continue
            real = place.resolve()
            if real.parent not in drafts:
                with held():
                    drafts[real.parent] = _draft_in(real.parent)
            draft = drafts[real.parent][0] / str(len(waiting))  # a name as long as names may be is not made longer
            draft.write_bytes(data)
            waiting[draft] = real
        replaced = {draft: place for draft, place in waiting.items() if place.exists()}
        for draft, place in replaced.items():
            _as(place, draft)
        _settle_all(waiting if len(waiting) <= MANY else replaced)
        with held():  # or Ctrl-C would leave some of the files
            for draft, place in waiting.items():
                draft.replace(place)
        for folder in drafts:
            with contextlib.suppress(OSError):  # the files are in their places
                _settle(folder)
    except OSError as error:
        raise OutputError(_why(place, error)) from error
    finally:
        for folder, lock in drafts.values():
            shutil.rmtree(folder, ignore_errors=True)
            release(lock)


def _draft_in(folder: Path) -> tuple[Path, int | None]:
    with abandoned(folder, inside=True) as left:
        for path in left:
            shutil.rmtree(path, ignore_errors=True)
    return stage(folder, inside=True)


def _as(known: Path, path: Path) -> None:
    """Give a file the owner and the permissions of another one."""
    before, now = known.stat(), path.stat()
    if (before.st_uid, before.st_gid) != (now.st_uid, now.st_gid):
        with contextlib.suppress(OSError):  # only root may give files away
            os.chown(path, before.st_uid, before.st_gid)
    shutil.copymode(known, path)


def _settle_all(paths: Collection[Path]) -> None:
    """Let files reach the disk, many of them at once: to ask for each of thousands takes longer than to make them."""
    if len(paths) > MANY and sys.platform == "linux":  # elsewhere sync may return before all is written
        os.sync()
        return
    for path in paths:
        _settle(path)


def _settle(path: Path) -> None:
    """Let a file reach the disk; or the names in a folder, where a system does that for folders."""
    if path.is_dir() and sys.platform == "win32":
        return
    descriptor = os.open(path, os.O_RDWR if path.is_file() else os.O_RDONLY)  # Windows settles what may be written
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
