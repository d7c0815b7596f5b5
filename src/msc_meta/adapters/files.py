"""Opening a file that somebody named: whatever is wrong with it is a problem with a place, not an exception."""

from __future__ import annotations

from pathlib import Path

from msc_meta.errors import Problem
from msc_meta.input import NotOrdinaryError, TooLargeError, read_ordinary
from msc_meta.records.findings import WHOLE_FILE, Mistake, problem


def read_bytes(path: Path, limit: int) -> bytes | Problem:
    """Return a file's content, or the complaint that it can not be read or has more than ``limit`` bytes.

    Only ordinary files are opened; see `msc_meta.input.read_ordinary`.

    Examples
    --------
    >>> print(read_bytes(Path("missing.yaml"), 1000))
    missing.yaml: error E150: the file can not be read: No such file or directory
      help: look at its name, its permissions, and whether it is a link that leads nowhere
    """
    try:
        return read_ordinary(path, limit)
    except TooLargeError as error:
        code, found, advice = "E103", str(error.strerror), "keep the numbers here and documents elsewhere"
    except NotOrdinaryError as error:
        code, found, advice = "E150", str(error.strerror), "rename or remove it"
    except OSError as error:
        code, found = "E150", f"the file can not be read: {error.strerror or type(error).__name__}"
        advice = "look at its name, its permissions, and whether it is a link that leads nowhere"
    return problem(Mistake(code, WHOLE_FILE, found, advice), str(path))
