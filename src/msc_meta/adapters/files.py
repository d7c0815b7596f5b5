"""Opening a file that somebody named: whatever is wrong with it is a problem with a place, not an exception."""

from __future__ import annotations

import stat
from pathlib import Path

from msc_meta.errors import Problem
from msc_meta.records.findings import WHOLE_FILE, Mistake, problem


def read_bytes(path: Path, limit: int) -> bytes | Problem:
    """Return a file's content, or the complaint that it can not be read or has more than ``limit`` bytes.

    Only ordinary files are opened: a pipe would wait for a writer, and a device has no end.

    Examples
    --------
    >>> print(read_bytes(Path("missing.yaml"), 1000))
    missing.yaml: error E150: the file can not be read: No such file or directory
      help: look at its name, its permissions, and whether it is a link that leads nowhere
    """
    try:
        status = path.stat()
        if stat.S_ISREG(status.st_mode) and status.st_size <= limit:
            return path.read_bytes()
    except OSError as error:
        found = f"the file can not be read: {error.strerror or type(error).__name__}"
        advice = "look at its name, its permissions, and whether it is a link that leads nowhere"
        return problem(Mistake("E150", WHOLE_FILE, found, advice), str(path))
    if stat.S_ISREG(status.st_mode):
        found = f"the file has {status.st_size:,} bytes; at most {limit:,} are read"
        return problem(Mistake("E103", WHOLE_FILE, found, "keep the numbers here and documents elsewhere"), str(path))
    kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a pipe or a device"
    return problem(Mistake("E150", WHOLE_FILE, f"this is {kind}, not a file", "rename or remove it"), str(path))
