"""Read one YAML file strictly: plain values, and the line and column of every value and every key.

PyYAML only splits the text into events. Which words are numbers is decided here (the core schema of YAML 1.2,
decimal only), so that ``NO``, ``12:30``, ``1e3`` and ``012`` never change their meaning, and no constructor of any
library ever runs. What can be misread, repeated or executed is refused with its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, NoReturn

import yaml

from msc_meta.errors import Problem
from msc_meta.hookspecs import FieldPath, Position
from msc_meta.records.findings import WHOLE_FILE, Mistake, problem
from msc_meta.records.yaml_mistakes import GLUED, QUOTE_IT, missing_blank, syntax_mistake
from msc_meta.records.yaml_text import BLANKS, decode

MAX_DEPTH: Final = 20
MAX_EVENTS: Final = 20_000

_PARSER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NUMBER: Final = re.compile(r"[-+]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_LONGEST_NUMBER: Final = 18  # a longer one would lose digits; it stays text, and is refused where a number is needed
_WORDS: Final[dict[str, bool | None]] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_HIDDEN: Final = re.compile(f"[{BLANKS}]")
UNDECIDED: Final = "UNDECIDED"
"""Stands in a consensus of two extractions wherever somebody still has to decide."""
_TYPOGRAPHIC: Final = "“”„‟«»‘‚"


@dataclass(frozen=True, slots=True)
class Document:
    """One file as it was read; ``data`` is None where the ``problems`` leave nothing that could be trusted."""

    data: dict[str, Any] | None
    path: str = ""
    positions: dict[FieldPath, Position] = field(default_factory=dict)
    keys: dict[FieldPath, Position] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


def read_yaml(source: str | bytes, path: str) -> Document:
    r"""Return the values of one YAML file with their positions, and what is wrong with it; never raise.

    Parameters
    ----------
    source : str or bytes
        The file's content; bytes must be UTF-8, with or without a byte-order mark.
    path : str
        The file's name, as complaints show it.

    Examples
    --------
    >>> document = read_yaml("country: NO\nn: 10\n", "example.yaml")
    >>> document.data
    {'country': 'NO', 'n': 10}
    >>> document.positions["n",]
    Position(line=2, column=4)
    >>> print(read_yaml("n: 10\nn: 12\n", "example.yaml").problems[0])
    example.yaml:2:1: error E110 n: the key n stands here a second time; the first is in line 1
      help: keep one of the two
    """
    text = decode(source)
    if isinstance(text, Mistake):
        return Document(None, path, problems=(problem(text, path),))
    reader = _Reader(text, path)
    try:
        data = reader.document()
    except _Refused as refused:
        return Document(None, path, problems=(*reader.problems, problem(refused.mistake, path)))
    except yaml.YAMLError as error:  # what was found before it is likely its consequence
        return Document(None, path, problems=(problem(syntax_mistake(error, text), path),))
    if reader.undecided:  # anything else that might be said depends on the decision
        data = None
    return Document(data, path, reader.positions, reader.keys, tuple(reader.problems))


def scalar(word: str) -> str | int | float | bool | None:
    """Return what a word without quotes means: nothing, true or false, a decimal number, or else itself.

    Examples
    --------
    >>> [scalar(word) for word in ("NO", "12:30", "1e3", "012", "17.5", "~")]
    ['NO', '12:30', 1000.0, '012', 17.5, None]
    """
    if word in _WORDS:
        return _WORDS[word]
    if len(word) > _LONGEST_NUMBER or not _NUMBER.fullmatch(word):
        return word
    if word.lstrip("+-").isdigit():
        return int(word)
    number = float(word)
    return number if abs(number) < float("inf") else word


class _Refused(Exception):  # noqa: N818 (it carries a complaint; nothing went wrong here)
    """Nothing after this place is read."""

    def __init__(self, mistake: Mistake) -> None:
        self.mistake = mistake


class _Reader:
    """One pass over the events of one text. A ``path`` of None means: read on, but keep no positions."""

    def __init__(self, text: str, path: str) -> None:
        self.text = text
        self.path = path
        self.events: Callable[[], Any] = _PARSER(text).get_event  # what yaml.parse does, without asking twice
        self.count = 0
        self.positions: dict[FieldPath, Position] = {}
        self.keys: dict[FieldPath, Position] = {}
        self.problems: list[Problem] = []
        self.undecided = False

    def document(self) -> Any:
        self.next()  # the stream begins
        if isinstance(self.next(), yaml.StreamEndEvent):
            self.refuse("E102", WHOLE_FILE, "the file is empty", "msc-meta new ID writes a record to fill in")
        first = self.next()
        if not isinstance(first, yaml.MappingStartEvent):
            self.refuse_top_level(first)
        data = self.value(first, (), 0)
        self.next()  # the document ends
        after = self.next()
        if isinstance(after, yaml.DocumentStartEvent):
            self.refuse("E108", _place(after), "a second document begins here", "write one study per file, without ---")
        return data

    def next(self) -> Any:
        event = self.events()
        self.count += 1
        if self.count > MAX_EVENTS:
            self.refuse("E105", _place(event), f"the file has more than {MAX_EVENTS:,} values, keys and brackets",
                        "write one study per file")  # fmt: skip
        return event

    def value(self, event: Any, path: FieldPath | None, depth: int) -> Any:
        if path is not None:
            self.positions[path] = _place(event)
        write_out = f"write the value out; if it is text, {QUOTE_IT}"
        if isinstance(event, yaml.AliasEvent):
            self.refuse("E106", _place(event), f"*{event.anchor} repeats a value from elsewhere", write_out)
        if event.anchor is not None:
            self.refuse("E106", _place(event), f"&{event.anchor} gives a value a name to repeat it by", write_out)
        if event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            self.refuse("E107", _place(event), f"{tag} asks for a type other than text, numbers and lists", write_out)
        if isinstance(event, yaml.ScalarEvent):
            return self.word(event, path) if event.implicit[0] else event.value
        if depth == MAX_DEPTH:
            self.refuse("E104", _place(event), f"values are nested more than {MAX_DEPTH} deep", "close a bracket?")
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(path, depth + 1)
        return self.mapping(path, depth + 1)

    def sequence(self, path: FieldPath | None, depth: int) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := self.next(), yaml.SequenceEndEvent):
            items.append(self.value(event, None if path is None else (*path, len(items)), depth))
        return items

    def mapping(self, path: FieldPath | None, depth: int) -> dict[str, Any]:
        items: dict[str, Any] = {}
        before: str | None = None
        while not isinstance(event := self.next(), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                self.refuse("E121", _place(event), "a key must be a plain word", "write key: value")
            key, place = str(event.value), _place(event)
            at = None if path is None else (*path, key)
            twice = key in items
            value = self.value(self.next(), None if twice else at, depth)
            if twice:
                first = f"; the first is in line {self.keys[at].line}" if at in self.keys else ""
                self.note(Mistake("E110", place, f"the key {key} stands here a second time{first}",
                                  "keep one of the two"), at)  # fmt: skip
            elif key == UNDECIDED:
                self.undecide(place, path, f"whether this belongs here is not decided: {value}",
                              "delete this key and its value to keep the rest, else delete all of it")  # fmt: skip
            elif slip := _slip_in_key(event, value, before, items):
                self.note(slip.mistake, None if path is None else (*path, slip.key))
                items[slip.key] = slip.value
            else:
                items[key] = value
                before = key
                if at is not None:
                    self.keys[at] = place
        return items

    def word(self, event: Any, path: FieldPath | None) -> Any:
        text = event.value
        if text == UNDECIDED:
            self.undecide(_place(event), path, "two extractors disagree, and nobody has decided",
                          "write the value that the source has; the comment above shows what the two read")  # fmt: skip
        if text[:1] in _TYPOGRAPHIC and text:
            self.note(Mistake("E117", _place(event), f"typographic quotes ({text[0]}) would become part of the text",
                              'use straight quotes (" or \'), also around a text that begins with a typographic one'),
                      path)  # fmt: skip
        return scalar(text)

    def undecide(self, place: Position, path: FieldPath | None, message: str, advice: str) -> None:
        self.undecided = True
        self.note(Mistake("E125", place, message, advice), path)

    def note(self, mistake: Mistake, path: FieldPath | None) -> None:
        self.problems.append(problem(mistake, self.path, path or ()))

    def refuse(self, code: str, place: Position, message: str, advice: str) -> NoReturn:
        raise _Refused(Mistake(code, place, message, advice))

    def refuse_top_level(self, event: Any) -> NoReturn:
        place = _place(event)
        line = self.text.split("\n")[place.line - 1]
        if isinstance(event, yaml.ScalarEvent) and (glued := GLUED.match(line)):
            raise _Refused(missing_blank(Position(place.line, glued.end())))
        if isinstance(event, yaml.ScalarEvent) and not event.value:
            self.refuse("E102", WHOLE_FILE, "the file is empty", "msc-meta new ID writes a record to fill in")
        kind = "a list" if isinstance(event, yaml.SequenceStartEvent) else "plain text"
        self.refuse("E109", place, f"the file holds {kind} where keys and values are needed",
                    "msc-meta new ID writes a record to fill in")  # fmt: skip


class _Slip(NamedTuple):
    """A key nobody meant, and what was meant instead, so that the checks can go on without consequences of it."""

    mistake: Mistake
    key: str
    value: Any


def _slip_in_key(event: Any, value: Any, before: str | None, items: dict[str, Any]) -> _Slip | None:
    """Find the slips that YAML accepts silently."""
    key, place = event.value, _place(event)
    if hidden := _HIDDEN.search(key):
        mistake = Mistake("E112", place, f"the key holds a blank that is no space (U+{ord(hidden[0]):04X})",
                          "type the key again")  # fmt: skip
        return _Slip(mistake, _HIDDEN.sub("", key).strip(), value)
    if not event.implicit[0]:
        return None
    if ":" in key:
        meant, _, rest = key.partition(":")
        mistake = missing_blank(Position(place.line, place.column + len(meant)))
        return _Slip(mistake, meant, scalar(rest) if value is None else value)
    whole = items.get(before) if before is not None else None
    if value is None and before is not None and key.isdigit() and type(whole) is int:
        mistake = Mistake("E120", place, f"a decimal comma: {whole},{key} means {whole} and a key {key} here",
                          f"write {whole}.{key}")  # fmt: skip
        return _Slip(mistake, before, float(f"{whole}.{key}"))
    return None


def _place(event: Any) -> Position:
    mark = event.start_mark
    return Position(mark.line + 1, mark.column + 1)
