"""Reading a file that somebody named: an ordinary one, and no more of it than may be."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from msc_meta.errors import UsageError


class NotOrdinaryError(OSError):
    """There is something else under the name: a folder, a pipe, a device."""


class TooLargeError(OSError):
    """The file has more bytes than are read."""


def read_ordinary(path: Path, limit: int) -> bytes:
    """Return the content of an ordinary file with at most ``limit`` bytes.

    A pipe would wait for a writer, and a device has no end. What grows while it is read, or becomes a pipe after it was
    looked at, is met too.

    Raises
    ------
    NotOrdinaryError, TooLargeError
        With a reason for people as ``strerror``.
    OSError
        If the file can not be opened or read.

    Examples
    --------
    >>> read_ordinary(Path("src"), 1000)
    Traceback (most recent call last):
    msc_meta.input.NotOrdinaryError: [Errno None] this is a folder, not a file
    """
    status = path.stat()  # before it is opened, for to open a device may do something
    _require_ordinary(status, limit)
    at_once = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with open(os.open(path, os.O_RDONLY | at_once), "rb") as file:  # noqa: PTH123 (Path.open takes no such flags)
        _require_ordinary(os.fstat(file.fileno()), limit)
        content = file.read(limit + 1)
    if len(content) > limit:
        raise TooLargeError(None, _too_large(len(content), limit))
    return content


def read_named(path: Path, limit: int, *, called: str, missing: str) -> bytes:
    """Return the content of a file that somebody named.

    Raises
    ------
    UsageError
        ``missing`` if there is none; or that what it is ``called`` can not be read, and why.
    """
    if not path.is_file():
        raise UsageError(missing)
    try:
        return read_ordinary(path, limit)
    except OSError as error:
        raise UsageError(f"{called} can not be read: {error.strerror}") from None


def _require_ordinary(status: os.stat_result, limit: int) -> None:
    if not stat.S_ISREG(status.st_mode):
        kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a pipe or a device"
        raise NotOrdinaryError(None, f"this is {kind}, not a file")
    if status.st_size > limit:
        raise TooLargeError(None, _too_large(status.st_size, limit))


def _too_large(size: int, limit: int) -> str:
    return f"the file has {size:,} bytes; at most {limit:,} are read"
