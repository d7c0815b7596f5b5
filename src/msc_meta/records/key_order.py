"""The keys of a record in the order of the format: whole lines move, with the comments that belong to them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from msc_meta.hookspecs import FieldPath
from msc_meta.records import fields
from msc_meta.records.source_text import Line, Source
from msc_meta.records.strict_yaml import Document, read_yaml
from msc_meta.records.study import Study


class Ordered(NamedTuple):
    """A text whose keys are in order, and for each place where they were not its line and the keys now."""

    source: Source
    moved: tuple[tuple[int, tuple[str, ...]], ...] = ()


def in_order(source: Source, path: str) -> Ordered:
    """Return a source with the keys of every part in the order of the format.

    A key moves with its lines and with the comment lines right above it; what stands above the first key stays on top.
    Nothing moves where the text has problems, an unknown key, or several keys on one line.
    """
    before = read_yaml(source.text, path)
    if before.data is None or before.problems:
        return Ordered(source)
    moved = []
    for part in sorted(_disordered(before), key=len, reverse=True):  # the inner ones first: their lines move along
        now = read_yaml(source.text, path)
        keys = _in_format_order(now, part)
        blocks = _blocks(source, now, part)
        if blocks is None:
            continue
        candidate = _rearranged(source, blocks, keys)
        after = read_yaml(candidate.text, path)
        if after.data == now.data and not after.problems and _disordered_at(after, part) is None:
            first = source.lines[min(block.start for block in blocks.values())].number
            source = candidate
            moved.append((first, tuple(keys)))
    return Ordered(source, tuple(moved))


class _Block(NamedTuple):
    """The lines of one key, counted from 0."""

    start: int
    end: int
    key_line: int


def _disordered(document: Document) -> Iterator[FieldPath]:
    for path in {field[:-1] for field in document.keys}:
        if _disordered_at(document, path) is not None:
            yield path


def _disordered_at(document: Document, path: FieldPath) -> list[str] | None:
    keys, wanted = _keys(document, path), _in_format_order(document, path)
    return keys if wanted and keys != wanted else None


def _keys(document: Document, path: FieldPath) -> list[str]:
    found: Any = document.data
    for part in path:
        found = found[part]
    return list(found) if isinstance(found, dict) else []


def _in_format_order(document: Document, path: FieldPath) -> list[str]:
    part = fields.type_at(Study, path)
    keys = _keys(document, path)
    if not fields.is_model(part) or not set(keys) <= set(part.model_fields):
        return []
    return [name for name in part.model_fields if name in keys]


def _blocks(source: Source, document: Document, path: FieldPath) -> dict[str, _Block] | None:
    """Return the lines of each key; None where keys share a line, or where a comment has no clear owner."""
    keys = _keys(document, path)
    places = [document.keys[*path, key] for key in keys]
    if len({place.line for place in places}) < len(keys) or len({place.column for place in places}) > 1:
        return None
    indent = places[0].column - 1
    starts = [place.line - 1 for place in places]
    for at, line in enumerate(starts[1:], 1):
        while starts[at] - 1 > starts[at - 1] and _is_comment(source.lines[starts[at] - 1], indent):
            starts[at] -= 1
        if source.lines[line].text[:indent].strip():
            return None  # inside brackets that opened earlier on the line
    end = _end(source, places[-1].line, indent)
    stops = [*starts[1:], end]
    return {
        key: _Block(start, stop, place.line - 1)
        for key, start, stop, place in zip(keys, starts, stops, places, strict=True)
    }


def _is_comment(line: Line, indent: int) -> bool:
    text = line.text
    return text.lstrip(" ").startswith("#") and len(text) - len(text.lstrip(" ")) == indent


def _end(source: Source, start: int, indent: int) -> int:
    """Return the line after the last one that belongs to the last key: deeper, without the blank lines behind it."""
    at = end = start
    while at < len(source.lines):
        text = source.lines[at].text.rstrip("\r\n")
        depth = len(text) - len(text.lstrip(" "))
        if text.strip() and depth <= indent and not (text.lstrip(" ").startswith("- ") and depth == indent):
            break
        at += 1
        if text.strip():
            end = at
    return end


def _rearranged(source: Source, blocks: dict[str, _Block], keys: list[str]) -> Source:
    first = min(blocks.values())
    last = max(blocks.values())
    lead = source.lines[first.key_line].text
    dash = lead[: len(lead) - len(lead.lstrip(" -"))] if lead.lstrip(" ").startswith("- ") else ""
    moved: list[Line] = []
    for key in keys:
        block = blocks[key]
        lines = list(source.lines[block.start : block.end])
        if dash and block == first:
            lines[0] = lines[0]._replace(text=" " * len(dash) + lines[0].text[len(dash) :])
        moved += lines
    if dash:
        moved[0] = moved[0]._replace(text=dash + moved[0].text[len(dash) :])
    moved = _with_ends(moved, open_end=not source.lines[last.end - 1].end, end=source.lines[0].end or "\n")
    return Source((*source.lines[: first.start], *moved, *source.lines[last.end :]), source.marked)


def _with_ends(lines: list[Line], *, open_end: bool, end: str) -> list[Line]:
    """Give every line its end; the last has none where the file had none."""
    closed = [line if line.end else line._replace(text=line.text + end) for line in lines]
    if open_end:
        closed[-1] = closed[-1]._replace(text=closed[-1].text.rstrip("\r\n"))
    return closed
