"""``msc-meta check --fix``: write the one right answer into a record, and leave everything else byte for byte.

Every edit replaces one word of the text, by position, and is kept only if the record then reads the same but for the
value that was meant. Comments, blank lines, quotes and the order of everything else stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final, NamedTuple

from msc_meta.errors import Problem
from msc_meta.hookspecs import FieldPath, Position, RawRecord
from msc_meta.records import corrections, fields
from msc_meta.records.corrections import Place, correction, decimal_comma, same_word
from msc_meta.records.findings import field_name
from msc_meta.records.key_order import in_order
from msc_meta.records.schema import check_record
from msc_meta.records.source_text import Source, Token
from msc_meta.records.strict_yaml import Document, read_yaml
from msc_meta.records.study import Study
from msc_meta.records.yaml_text import BLANKS

FIXABLE: Final = frozenset({*corrections.OF_VALUES, "E112", "E114", "E201"})
"""Codes of problems that may have one right answer; their pages say when."""
_ROUNDS: Final = 8  # a text may need quotes, then a prefix, and its key another spelling
_HIDDEN: Final = re.compile(f"[{BLANKS}]")
_NO_WIDTH: Final = "\u200b\u2060"


class Change(NamedTuple):
    """One thing that was written differently."""

    line: int  # in the file before all changes
    code: str  # of the problem that is gone; empty for the layout
    field: str
    before: str
    after: str

    def __str__(self) -> str:
        what = " ".join(part for part in (self.code, self.field) if part)
        return f"{what}: {self.before} -> {self.after}" if self.before else f"{what}: {self.after}"


class Fixed(NamedTuple):
    """A file's content after the fixes, and what they were."""

    content: bytes
    changes: tuple[Change, ...]


class _Edit(NamedTuple):
    source: Source
    change: Change
    fields: tuple[FieldPath, ...]  # whose values may differ afterwards


def fix(content: bytes, path: str, *, schema_line: str = "", own_outcomes: Collection[str] = ()) -> Fixed:
    r"""Return the content of a YAML record with everything fixed that has one right answer.

    Parameters
    ----------
    content : bytes
        The file.
    path : str
        Its name.
    schema_line : str, optional
        The comment by which editors find the JSON Schema, to be put on top where there is none.
    own_outcomes : collection of str, optional
        Outcomes that the review defines beside those of the format.

    Examples
    --------
    >>> fixed = fix(b"citation:\n  doi: https://doi.org/10.1000/x  # as printed\nid: doe-2024\n", "doe-2024.yaml")
    >>> print(fixed.content.decode(), end="")
    id: doe-2024
    citation:
      doi: https://doi.org/10.1000/x  # as printed
    """
    try:
        source = Source.of(content)
    except UnicodeDecodeError:
        return Fixed(content, ())
    changes: list[Change] = []
    for _ in range(_ROUNDS):
        edits = 0
        for edit in _edits(source, path, own_outcomes):
            source, edits = edit.source, edits + 1
            changes.append(edit.change)
        if not edits:
            break
    source, moved = _laid_out(source, path, schema_line)
    changes += moved
    return Fixed(source.content, tuple(sorted(changes, key=lambda change: change.line)))


def _edits(source: Source, path: str, own_outcomes: Collection[str]) -> Iterator[_Edit]:
    """Yield the edits of one reading, from the end of the file to its beginning, so that places stay right."""
    document = read_yaml(source.text, path)
    raw = RawRecord(document.data, path, document.positions, document.keys, document.problems)
    _, problems = check_record(raw, own_outcomes)
    tokens = source.tokens()
    done: set[int] = set()
    for problem in sorted(problems, key=lambda found: (found.line, found.column), reverse=True):
        if problem.code not in FIXABLE or problem.line in done or not problem.line:
            continue
        edit = _edit(problem, source, document, tokens)
        if edit is not None and _means_the_same(document, read_yaml(edit.source.text, path), edit.fields):
            done.add(problem.line)  # a second one in this line waits for the next reading
            source = edit.source
            document = read_yaml(source.text, path)
            yield edit


def _edit(problem: Problem, source: Source, document: Document, tokens: Mapping[Position, Token]) -> _Edit | None:
    place = Position(problem.line, problem.column)
    if problem.code == "E112":
        return _plain_blank(source, place, tokens.get(place))
    if problem.code == "E114":
        return _blank_after_colon(source, place)
    if problem.code == "E201":
        return _known_key(source, document, tokens.get(place))
    if problem.code == "E120" and place not in document.positions.values():
        return _comma_in_brackets(source, place, problem.field)
    return _value(problem, source, document, tokens.get(place))


def _value(problem: Problem, source: Source, document: Document, token: Token | None) -> _Edit | None:
    """Replace a value by its correction."""
    found = [field for field, place in document.positions.items() if token is not None and place == token.place]
    field = max(found, key=len, default=())
    value = _at(document.data, field)
    if token is None or not field or isinstance(value, dict | list):
        return None
    written = source.line_at(token.place).text[token.place.column - 1 : token.after - 1]
    around = _at(document.data, field[:-1])
    wanted = fields.type_at(Study, field)
    correct = correction(
        problem.code, Place(field, value, written, wanted, around if isinstance(around, dict) else {}, token.inside)
    )
    if correct is None:
        return None
    replacement, below, touched = correct.written, "", [field]
    if correct.added is not None:
        key, added = correct.added
        touched.append((*field[:-1], key))
        if token.inside:
            replacement += f", {key}: {added}"
        else:
            below = f"{' ' * (document.keys[field].column - 1)}{key}: {added}"
    shown = f"{correct.written}, {': '.join(correct.added)}" if correct.added else correct.written
    change = Change(source.line_at(token.place).number, problem.code, field_name(field), written, shown)
    return _Edit(source.replaced(token.place, token.after, replacement, below), change, tuple(touched))


def _plain_blank(source: Source, place: Position, key: Token | None) -> _Edit | None:
    """Turn a blank that is no space into one, in the indentation or after a colon; take it out of a key."""
    line = source.line_at(place)
    before, letter = line.text[: place.column - 1], line.text[place.column - 1]
    change = Change(line.number, "E112", "", f"U+{ord(letter):04X}", "a space")
    if _HIDDEN.match(letter) and (not before.strip(" ") or before.endswith(":")):
        plain = "" if letter in _NO_WIDTH else " "
        return _Edit(source.replaced(place, place.column + 1, plain), change, ())
    if key is None:
        return None
    written = line.text[key.place.column - 1 : key.after - 1]
    clean = _HIDDEN.sub("", written)
    return _Edit(
        source.replaced(key.place, key.after, clean), change._replace(before=repr(written)[1:-1], after=clean), ()
    )


def _blank_after_colon(source: Source, place: Position) -> _Edit | None:
    """Write ``day: 28`` for ``day:28``; only after a word that is a key, since ``https://x`` and 10:30 are none."""
    text = source.line_at(place).text
    found = re.search(r"([a-z_0-9]+):$", text[: place.column])
    if found is None or found[1] not in _keys():
        return None
    value = re.match(r"[^\s,}\]]*", text[place.column :])
    assert value is not None, "it may be empty"
    change = Change(source.line_at(place).number, "E114", found[1], found[0] + value[0], f"{found[0]} {value[0]}")
    return _Edit(source.replaced(place, place.column + 1, ": "), change, ())


def _known_key(source: Source, document: Document, token: Token | None) -> _Edit | None:
    """Write a key as the format has it, where only capitals, blanks or an American z keep it from being known."""
    field = next((field for field, place in document.keys.items() if token is not None and place == token.place), ())
    part = fields.type_at(Study, field[:-1])
    if token is None or not field or not fields.is_model(part):
        return None
    known = same_word(str(field[-1]), tuple(part.model_fields))
    around = _at(document.data, field[:-1])
    if known is None or known in around:
        return None
    line = source.line_at(token.place)
    written = line.text[token.place.column - 1 : token.after - 1]
    change = Change(line.number, "E201", field_name((*field[:-1], known)), written, known)
    return _Edit(source.replaced(token.place, token.after, known), change, (field, (*field[:-1], known)))


def _comma_in_brackets(source: Source, place: Position, field: str) -> _Edit | None:
    """Write 17.5 for 17,5 between braces, where YAML takes the 5 for a key of its own."""
    if field.rpartition(".")[2] in (
        "n",
        "events",
        "survivors",
        "randomised",
        "analysed",
    ):  # nobody counts half a patient
        return None
    line = source.line_at(place)
    found = re.search(r"[-+]?\d+,$", line.text[: place.column - 1])
    rest = re.match(r"\d+", line.text[place.column - 1 :])
    if found is None or rest is None or (point := decimal_comma(found[0] + rest[0])) is None:
        return None
    change = Change(line.number, "E120", field, found[0] + rest[0], point)
    return _Edit(source.replaced(Position(place.line, place.column - 1), place.column, "."), change, ())


def _laid_out(source: Source, path: str, schema_line: str) -> tuple[Source, list[Change]]:
    """Put the keys into the order of the format, and the comment that editors need on top."""
    changes = []
    ordered = in_order(source, path)
    for first, keys in ordered.moved:
        changes.append(Change(first, "", "order of keys", "", ", ".join(keys)))
    source = ordered.source
    if schema_line and source.lines and "yaml-language-server:" not in source.text:
        source = source.headed(schema_line.rstrip("\r\n"))
        changes.append(Change(1, "", "first line", "", "added, so that editors find the format"))
    return source, changes


def _means_the_same(before: Document, after: Document, touched: Collection[FieldPath]) -> bool:
    """Whether two readings differ in nothing but some values; one that could not be read at all has no meaning."""
    if after.data is None or len(after.problems) > len(before.problems):
        return before.data is None and after.problems != before.problems
    return before.data is None or _without(before.data, touched) == _without(after.data, touched)


def _without(data: Any, touched: Collection[FieldPath], here: FieldPath = ()) -> Any:
    """Return data as nested lists of pairs, which tell 1 from true and keep the order, without some values."""
    if isinstance(data, dict):
        return [
            (key, _without(value, touched, (*here, key))) for key, value in data.items() if (*here, key) not in touched
        ]
    if isinstance(data, list):
        return [
            _without(value, touched, (*here, at)) if (*here, at) not in touched else None
            for at, value in enumerate(data)
        ]
    return type(data), data


def _at(data: Any, field: FieldPath) -> Any:
    for part in field:
        data = data[part]
    return data


def _keys() -> frozenset[str]:
    return frozenset(str(member.pattern[-1]) for member in fields.members(Study))
