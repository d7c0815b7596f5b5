"""Do something again whenever a record is saved, until Ctrl-C."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from msc_meta.errors import MscMetaError
from msc_meta.saved_files import saves


def watch_records(paths: Sequence[Path], show: Callable[[], object]) -> None:
    """Call ``show`` now and after each change of a file in ``paths``; return when somebody presses Ctrl-C."""
    gc.enable()  # this process lives longer than a command
    try:
        for _ in saves(paths):
            _screen(show)
    except KeyboardInterrupt:
        click.echo(err=True)


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
