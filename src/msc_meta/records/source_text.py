"""A record as lines that know where they stood, to be edited by position; what is not edited stays byte for byte."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import yaml

from msc_meta.hookspecs import Position
from msc_meta.records.strict_yaml import MAX_DEPTH, MAX_EVENTS

_PARSER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MARK: Final = "\ufeff"


class Line(NamedTuple):
    """One line with its end, and its number in the file; 0 for one that was added."""

    number: int
    text: str

    @property
    def end(self) -> str:
        """The line's end, as this file writes it."""
        return self.text[len(self.text.rstrip("\r\n")) :]


class Token(NamedTuple):
    """One word or quoted text, on one line."""

    place: Position
    after: int  # the column after it
    inside: bool  # of brackets
    plain: bool  # without quotes


@dataclass(frozen=True, slots=True)
class Source:
    """The text of one file."""

    lines: tuple[Line, ...]
    marked: bool  # it begins with a byte-order mark

    @classmethod
    def of(cls, content: bytes) -> Source:
        """Split a file into lines; UnicodeDecodeError where it is not UTF-8."""
        text = content.decode("utf-8")
        parts = re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z", text.removeprefix(_MARK))
        return cls(tuple(Line(number, part) for number, part in enumerate(parts, 1)), text.startswith(_MARK))

    @property
    def text(self) -> str:
        """The text, as it is read."""
        return "".join(line.text for line in self.lines)

    @property
    def content(self) -> bytes:
        """The text, as it is written."""
        return ((_MARK if self.marked else "") + self.text).encode()

    def line_at(self, place: Position) -> Line:
        """Return the line of a place in the text as it is now."""
        return self.lines[place.line - 1]

    def replaced(self, place: Position, after: int, written: str, below: str = "") -> Source:
        """Return the source with the characters from a place up to a column replaced, and a line added below."""
        here = place.line - 1
        line = self.lines[here]
        changed = line._replace(text=line.text[: place.column - 1] + written + line.text[after - 1 :])
        return Source((*self.lines[:here], *self._with_below(changed, below), *self.lines[here + 1 :]), self.marked)

    def headed(self, text: str) -> Source:
        """Return the source with a line in front."""
        end = self.lines[0].end or "\n" if self.lines else "\n"
        return Source((Line(0, text + end), *self.lines), self.marked)

    def _with_below(self, line: Line, below: str) -> tuple[Line, ...]:
        if not below:
            return (line,)
        end = line.end or "\n"
        return line._replace(text=line.text.rstrip("\r\n") + end), Line(0, below + (end if line.end else ""))

    def tokens(self) -> dict[Position, Token]:
        """Return every word and quoted text that stands on one line, by its place; none where YAML can not be read."""
        found: dict[Position, Token] = {}
        depth = nested = 0
        try:
            events: Iterable[Any] = yaml.parse(self.text.replace("\r\n", "\n").replace("\r", "\n"), Loader=_PARSER)
            for number, event in enumerate(events):
                if nested > MAX_DEPTH or number > MAX_EVENTS:  # such a file is refused, and takes PyYAML for ever
                    return {}
                if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
                    nested += 1
                    depth += bool(event.flow_style or depth)
                elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
                    nested -= 1
                    depth = max(0, depth - 1)
                elif isinstance(event, yaml.ScalarEvent) and event.style not in ("|", ">"):
                    start, end = _ends(event)
                    if start.line == end.line and end.column > start.column:
                        place = Position(start.line + 1, start.column + 1)
                        found[place] = Token(place, end.column + 1, depth > 0, event.style in (None, ""))
        except yaml.YAMLError:
            return {}
        return found


def _ends(event: Any) -> tuple[Any, Any]:
    return event.start_mark, event.end_mark
