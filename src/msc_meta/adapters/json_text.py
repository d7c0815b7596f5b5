"""A JSON file as plain values and places in its text; whatever is wrong with it is a complaint, not an exception."""

from __future__ import annotations

import json
import re
from bisect import bisect
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

from msc_meta.adapters.files import read_bytes
from msc_meta.errors import Problem
from msc_meta.hookspecs import Position
from msc_meta.records.findings import WHOLE_FILE, Mistake, problem

MAX_BYTES = 128 * 1024 * 1024
"""Largest file that is read: a download of some thousand registry entries with results."""
MAX_PARTS = 4_000_000
"""Lists and mappings in a file; each costs memory, an empty one too."""
MAX_SEARCHED = 20_000_000_000
"""Characters that are looked through for places; after that values have the place of the file."""
_HEAD = 1024 * 1024


class JsonText:
    """The content of a JSON file, and the lines that its texts stand in."""

    def __init__(self, text: str, path: Path) -> None:
        self.text = text
        self.path = path
        self.value = _loads(text)
        self._searched = 0

    @cached_property
    def _breaks(self) -> list[int]:
        return [found.start() for found in re.finditer("\n", self.text)]

    def find(self, content: str, start: int = 0) -> int:
        """Return where a text stands as a JSON value, from ``start`` on; -1 where it can not be found."""
        if not content or self._searched > MAX_SEARCHED:
            return -1
        found = self.text.find(json.dumps(content, ensure_ascii=False), start)
        self._searched += (found if found >= 0 else len(self.text)) - start
        return found

    def position(self, offset: int) -> Position:
        """Return line and column of an offset; the whole file for a negative one."""
        if offset < 0:
            return WHOLE_FILE
        line = bisect(self._breaks, offset - 1)
        return Position(line + 1, offset - (self._breaks[line - 1] + 1 if line else 0) + 1)


def read_json(path: Path) -> JsonText | Problem:
    """Return what a JSON file holds, or the complaint that it is not JSON."""
    content = read_bytes(path, MAX_BYTES)
    if isinstance(content, Problem):
        return content
    advice = "download or save it again, whole"
    try:
        text = content.decode(json.detect_encoding(content)).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        place = Position(content.count(b"\n", 0, error.start) + 1, 0)
        return problem(Mistake("E101", place, "the file is not UTF-8", "save it again with encoding UTF-8"), str(path))
    if (parts := text.count("[") + text.count("{")) > MAX_PARTS:
        found = f"the file has {parts:,} lists and mappings; at most {MAX_PARTS:,} are read"
        return problem(Mistake("E103", WHOLE_FILE, found, "save fewer entries at a time"), str(path))
    try:
        return JsonText(text, path)
    except json.JSONDecodeError as error:
        place, found = Position(error.lineno, error.colno), f"this is not JSON: {error.msg}"
    except RecursionError:
        place, found = WHOLE_FILE, "brackets are nested too deep"
    except ValueError as error:
        place, found = WHOLE_FILE, f"this is not JSON: {error}"
    return problem(Mistake("E170", place, found, advice), str(path))


def mentions(path: Path, words: tuple[str, ...]) -> bool:
    """Say whether the beginning of a JSON file has one of the words; a file that can not be opened has none."""
    if path.suffix.lower() != ".json" or not path.is_file():
        return False
    with path.open("rb") as file:
        head = file.read(_HEAD)
    text = head.replace(b"\0", b"")  # as UTF-16 letters are separated by zeros
    return any(word.encode() in text for word in words)


def mapping(value: Any, *keys: str) -> dict[str, Any]:
    """Return the mapping that keys lead to; an empty one where there is none, whatever is there instead.

    Examples
    --------
    >>> mapping({"a": {"b": {"c": 1}}}, "a", "b"), mapping({"a": [1]}, "a", "b")
    ({'c': 1}, {})
    """
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def mappings(value: Any) -> list[dict[str, Any]]:
    """Return the mappings in a list; none where it is no list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def words(value: Any) -> str:
    """Return a text on one line with single blanks; a number as it is written; empty for anything else."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return repr(value)
    return " ".join(value.split()) if isinstance(value, str) else ""


def _loads(text: str) -> Any:
    return json.loads(text, parse_constant=_refuse)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number of JSON")
