"""What a person did when YAML does not parse: the usual slips, told from the parser's message and the line itself."""

from __future__ import annotations

import re
from typing import Any, Final

from msc_meta.hookspecs import Position
from msc_meta.records.findings import Mistake
from msc_meta.records.yaml_text import BLANKS

_KEY: Final = r"[ ]*(?:- +)*[\w-]+:"
GLUED: Final = re.compile(_KEY + r"(?=\S)")  # n:10
_HIDDEN_AFTER_COLON: Final = re.compile(_KEY + f"(?=[{BLANKS}])")
_SECOND_COLON: Final = re.compile(_KEY + r"[ ]+[^\s'\"{\[].*?:(?=\s|$)")  # title: MSC: a trial
_RESERVED: Final = re.compile(r"(?:^[ ]*-|[:,\[{])[ ]*(?P<mark>[%@`*&!|>])")
_AFTER_QUOTE: Final = re.compile(
    r"(?:^[ ]*-|[:,\[{])[ ]+(?P<quote>['\"])(?:(?!(?P=quote)).)*(?P=quote)\s*(?P<rest>[^\s,\]}:#'\"])"
)

QUOTE_IT: Final = "put the whole value in double quotes"


def syntax_mistake(error: Any, text: str) -> Mistake:
    """Return a parser's error in the words of the person who typed it.

    Parameters
    ----------
    error : yaml.YAMLError
        As PyYAML raised it, by the C or the pure parser.
    text : str
        What was parsed.
    """
    lines = [*text.split("\n"), ""]
    context, what = error.context or "", error.problem or ""
    mark = error.problem_mark or error.context_mark
    begin = error.context_mark or mark
    here, there = Position(mark.line + 1, mark.column + 1), Position(begin.line + 1, begin.column + 1)
    line = lines[mark.line]

    if slip := _slip_before_colon(lines, mark.line):
        return slip
    if "quoted scalar" in context:
        if "escape" in what:
            return Mistake("E116", here, r"a backslash in double quotes has a meaning of its own",
                           r"write single quotes around the value, or \\ for one backslash")  # fmt: skip
        return Mistake("E116", there, "the quote that opens here is not closed", "close it on the same line")
    if (quote := _AFTER_QUOTE.search(line)) and "quoted" not in what:
        place = Position(here.line, quote.start("rest") + 1)
        return Mistake("E116", place, "the text goes on after its closing quote",
                       "put double quotes around a text with an apostrophe in it")  # fmt: skip
    for number in (mark.line, begin.line):
        if reserved := _RESERVED.search(lines[number]):
            return reserved_mark(reserved["mark"], Position(number + 1, reserved.start("mark") + 1))
    if "flow" in context:
        opener = lines[begin.line][begin.column : begin.column + 1]
        return Mistake("E115", there, f"the {opener} that opens here is not closed, or a comma is missing"
                       f" before line {here.line}, column {here.column}",
                       "close every bracket, and separate values by commas")  # fmt: skip
    if "mapping values" in what:
        return _colon_out_of_place(lines, here)
    if "expected ':'" in what:
        return Mistake("E123", there, "this line has no colon", "write key: value")
    if "block" in context or "sequence entries" in what:
        return Mistake("E122", here, "the line does not stand in line with the one it belongs to",
                       "give all keys of one level the same number of spaces")  # fmt: skip
    said = f"{context}: {what}" if context else what
    return Mistake("E119", here, f"this is not valid YAML ({said})", "compare with a record from msc-meta new ID")


def reserved_mark(mark: str, place: Position) -> Mistake:
    """Return the complaint about a value that begins with a character that means something in YAML."""
    return Mistake(
        "E118", place, f"a value may not begin with {mark}, which has a meaning of its own in YAML", QUOTE_IT
    )


def missing_blank(place: Position) -> Mistake:
    """Return the complaint about ``key:value``."""
    return Mistake("E114", place, "a space is missing after the colon", "write key: value")


def _slip_before_colon(lines: list[str], number: int) -> Mistake | None:
    """Look at this line and the one before it: without a space after the colon, the parser stumbles a line later."""
    before = next((at for at in range(number - 1, -1, -1) if lines[at].strip()), number)
    for at in sorted({before, number}):
        if hidden := _HIDDEN_AFTER_COLON.match(lines[at]):
            return Mistake("E112", Position(at + 1, hidden.end() + 1), "the blank after the colon is no plain space",
                           "type the blank again")  # fmt: skip
        if glued := GLUED.match(lines[at]):
            return missing_blank(Position(at + 1, glued.end()))
    return None


def _colon_out_of_place(lines: list[str], here: Position) -> Mistake:
    line = lines[here.line - 1]
    if (second := _SECOND_COLON.match(line)) and second.end() <= here.column:
        return Mistake("E113", here, "a second colon followed by a blank, in a value without quotes", QUOTE_IT)
    before = next((text for text in reversed(lines[: here.line - 1]) if text.strip()), "")
    if ":" not in before:
        return Mistake("E123", Position(here.line - 1, 1), "this line has no colon", "write key: value")
    return Mistake("E122", here, "the line is indented as if it belonged to the value above",
                   "give all keys of one level the same number of spaces")  # fmt: skip
