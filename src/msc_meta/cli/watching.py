"""Do something again whenever a record is saved, until Ctrl-C."""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import click

from msc_meta.errors import MscMetaError

PAUSE = 0.1  # seconds between two looks: a few hundred files are looked at in a millisecond
SETTLED = 0.05  # an editor may write a file in two steps, or take the old one away before the new one is there


def watch_records(paths: Sequence[Path], show: Callable[[], object]) -> None:
    """Call ``show`` now and after each change of a file in ``paths``; return when somebody presses Ctrl-C."""
    gc.enable()  # this process lives longer than a command
    try:
        seen: Seen | None = None
        while True:
            now = _seen(paths)
            if now != seen:
                while seen is not None and (later := _after(SETTLED, paths)) != now:
                    now = later
                seen = now
                _screen(show)
            time.sleep(PAUSE)
    except KeyboardInterrupt:
        click.echo(err=True)


Seen = dict[str, tuple[int, int]]


def _after(seconds: float, paths: Sequence[Path]) -> Seen:
    time.sleep(seconds)
    return _seen(paths)


def _screen(show: Callable[[], object]) -> None:
    """Show one screen; what is wrong with a path is shown too, since the next save may mend it."""
    if sys.stdout.isatty():
        click.clear()
    try:
        show()
    except MscMetaError as error:
        click.echo(f"msc-meta: {error}", err=True)
    clock = time.strftime("%H:%M:%S")
    click.echo(f"-- {clock}: waiting for a file to be saved; Ctrl-C ends", err=True)
    sys.stdout.flush()


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
