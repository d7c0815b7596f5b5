"""A record that somebody is changing: its new text against the file, with what the checks say of it."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, final

from msc_meta.errors import Problem
from msc_meta.hookspecs import RawRecord
from msc_meta.records.schema import check_record
from msc_meta.records.source_text import Source
from msc_meta.records.strict_yaml import Document, read_yaml

CONTEXT = 3  # lines around a change


class DiffLine(NamedTuple):
    """One line of a comparison; a number is None where the line is not in that text, and both are for a gap."""

    old: int | None
    new: int | None
    text: str


@final
@dataclass(frozen=True, slots=True)
class Draft:
    """A new ``text``, with line feeds, for the record in the file ``path``, which holds ``base``."""

    path: Path
    base: bytes
    text: str
    own_outcomes: frozenset[str] = frozenset()

    @property
    def content(self) -> bytes:
        """The text as it will be written: with the file's byte-order mark and, line by line, its line ends."""
        return restored(self.text, self.base)

    def document(self) -> Document:
        """Return what the text says."""
        return read_yaml(self.text, str(self.path))

    def problems(self) -> list[Problem]:
        """Return what is wrong with the record as the text has it."""
        return check(self.content, self.path, self.own_outcomes)

    def new_errors(self) -> list[Problem]:
        """Return the errors that keep the text from being saved: any, unless the file had as many before."""
        errors = [problem for problem in self.problems() if problem.severity == "error"]
        before = check(self.base, self.path, self.own_outcomes) if errors else []
        return errors if len(errors) > sum(problem.severity == "error" for problem in before) else []

    def diff(self) -> list[DiffLine]:
        """Return the changed lines with some around them; none where nothing changed."""
        return list(_diff(plain_text(self.base).split("\n"), self.text.split("\n")))


def fingerprint(content: bytes) -> str:
    """Return the SHA-256 of a file, by which a later look tells whether somebody saved it meanwhile."""
    return hashlib.sha256(content).hexdigest()


def plain_text(content: bytes) -> str:
    r"""Return the text of a file as editors show it: without byte-order mark, lines ending with a line feed.

    Examples
    --------
    >>> plain_text(b"\xef\xbb\xbfid: x\r\n")
    'id: x\n'
    """
    return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")


def restored(text: str, base: bytes) -> bytes:
    r"""Return a text as a file written like ``base``: with its byte-order mark, and its ends of lines that stay.

    Examples
    --------
    >>> restored("id: y\n", b"\xef\xbb\xbfid: x\r\n")
    b'\xef\xbb\xbfid: y\r\n'
    """
    source = Source.of(base)
    lines = text.split("\n")
    ends = {line.end for line in source.lines if line.end}
    usual = source.lines[0].end or "\n" if source.lines else "\n"
    chosen = [usual] * len(lines)
    if len(ends) > 1:
        old = [line.text.rstrip("\r\n") for line in source.lines]
        for block in difflib.SequenceMatcher(None, old, lines, autojunk=False).get_matching_blocks():
            for step in range(block.size):
                chosen[block.b + step] = source.lines[block.a + step].end or usual
    joined = "".join(f"{line}{end}" for line, end in zip(lines[:-1], chosen, strict=False)) + lines[-1]
    return (("\ufeff" if source.marked else "") + joined).encode()


def check(content: bytes, path: Path, own_outcomes: Collection[str]) -> list[Problem]:
    """Return what is wrong with one record."""
    document = read_yaml(content, str(path))
    raw = RawRecord(
        document.data,
        str(path),
        document.positions,
        document.keys,
        document.problems,
        path.stem,
        frozenset(own_outcomes),
    )
    return check_record(raw)[1]


def _diff(old: list[str], new: list[str]) -> Iterator[DiffLine]:
    groups = difflib.SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(CONTEXT)
    for number, group in enumerate(groups):
        if number:
            yield DiffLine(None, None, "")
        for kind, old_start, old_end, new_start, new_end in group:
            if kind == "equal":
                for step in range(old_end - old_start):
                    yield DiffLine(old_start + step + 1, new_start + step + 1, old[old_start + step])
                continue
            yield from (DiffLine(at + 1, None, old[at]) for at in range(old_start, old_end))
            yield from (DiffLine(None, at + 1, new[at]) for at in range(new_start, new_end))
