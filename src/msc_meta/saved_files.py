"""Notice that a file was saved, by whatever program: look at sizes and times, a few times a second."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

PAUSE = 0.1  # seconds between two looks: a few hundred files are looked at in a millisecond
SETTLED = 0.05  # an editor may write a file in two steps, or take the old one away before the new one is there

Seen = dict[str, tuple[int, int]]


def saves(paths: Sequence[Path]) -> Iterator[None]:
    """Yield now and after each change of a file in ``paths``, without end."""
    seen: Seen | None = None
    while True:
        now = _seen(paths)
        if now != seen:
            while seen is not None and (later := _after(SETTLED, paths)) != now:
                now = later
            seen = now
            yield
        time.sleep(PAUSE)


def _after(seconds: float, paths: Sequence[Path]) -> Seen:
    time.sleep(seconds)
    return _seen(paths)


def _seen(paths: Sequence[Path]) -> Seen:
    """Return size and time of every file, by name."""
    return {name: (stat.st_mtime_ns, stat.st_size) for path in paths for name, stat in _files(path)}


def _files(path: Path) -> Iterator[tuple[str, os.stat_result]]:
    try:
        if not path.is_dir():
            yield str(path), path.stat()
            return
        with os.scandir(path) as entries:
            for entry in entries:
                if not entry.name.startswith(".") and entry.is_file():
                    yield entry.path, entry.stat()
    except OSError:  # it went away between two looks
        return
