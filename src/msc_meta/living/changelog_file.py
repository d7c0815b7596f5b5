"""An evidence changelog as a file: entries come in, newest first, and none that is there changes by a byte."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

from msc_meta.errors import UsageError
from msc_meta.output import write_file

TITLE = "# Evidence changelog"
HEAD = f"{TITLE}\n\nWhat changed in the evidence, newest first. `msc-meta changelog` adds the entries.\n"
ENTRY = re.compile(r"^## (\d{4}-\d{2}-\d{2})\b", re.MULTILINE)


def day(text: str) -> str:
    """Return a date as it was given, ``2026-11-22``.

    Raises
    ------
    UsageError
        If it is no date.
    """
    try:
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        raise UsageError(f"--date is {text!r}; give year-month-day, as 2026-11-22") from None


def add_entry(path: Path, entry: str, mark: str) -> bool:
    """Write an entry above those of the same day and older ones; False where the first of these is the same.

    What changed, changed back, and changed again has three entries.
    The file is replaced at once, so that an interruption leaves the old one.

    Raises
    ------
    UsageError
        If the file is another one than an evidence changelog.
    OutputError
        If it can not be written.
    """
    before = _read(path)
    at, after = _place(before, entry)
    if mark in before[at:after]:
        return False
    ends = "\r\n" if "\r\n" in before else "\n"
    above, below = before[:at], before[at:]
    gap = "" if above.endswith(2 * ends) else ends if above.endswith(ends) else 2 * ends
    added = entry.replace("\n", ends)
    write_file(path, f"{above}{gap}{added}{ends if below else ''}{below}", force=True)
    return True


def _read(path: Path) -> str:
    if not path.exists():
        return HEAD
    try:
        found = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} can not be read: {error}") from None
    if not found.strip():
        return HEAD
    if not found.removeprefix("\ufeff").startswith(TITLE):
        raise UsageError(f"{path} is no evidence changelog, which begins with {TITLE!r}; name another file")
    return found


def _place(before: str, entry: str) -> tuple[int, int]:
    """Return where an entry belongs, above the first one that is not newer, and where that one ends."""
    found = ENTRY.match(entry)
    assert found is not None
    older = [other.start() for other in ENTRY.finditer(before) if other[1] <= found[1]]
    at, after, *_ = [*older, len(before), len(before)]
    return at, after
