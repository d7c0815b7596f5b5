"""One value of a record written, added or taken away by its place in the text; comments and everything else stay.

An edit is kept only if the record then reads the same but for that value. Where it does not, or where the layout
leaves more than one place for it, `EditError` says so, and a person edits the text.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple, final, get_args, get_origin

import yaml

from msc_meta.errors import MscMetaError
from msc_meta.hookspecs import FieldPath
from msc_meta.records import fields
from msc_meta.records.findings import field_name
from msc_meta.records.strict_yaml import read_yaml, scalar
from msc_meta.records.study import Study
from msc_meta.records.text_nodes import Step, TextNodes, in_brackets, is_nothing
from msc_meta.records.write_yaml import WIDTH, values_to_yaml, word

Value = str | Sequence[str] | None


@final
class EditError(MscMetaError):
    """The value can not be changed by its place; the text of the record can."""


def write_value(text: str, field: FieldPath, value: Value) -> str:
    r"""Return the text of a record with one value changed.

    Parameters
    ----------
    text : str
        The record; lines end with a line feed.
    field : tuple of str and int
        Where the value stands. Keys that lead to it and are missing are added, items of lists are not.
    value : str, sequence of str, or None
        What was typed; a sequence for a list of plain values. A number stays as it was typed, ``17.50`` with both
        decimals. None takes the key away, and what holds nothing but it.

    Raises
    ------
    EditError
        If the text can not be read, or the edit would change anything else.

    Examples
    --------
    >>> text = "arms:\n  msc: {randomised: 10, infusions: 2}  # Table 2\n"
    >>> print(write_value(text, ("arms", "msc", "randomised"), "12"), end="")
    arms:
      msc: {randomised: 12, infusions: 2}  # Table 2
    >>> print(write_value(text, ("arms", "msc", "infusions"), None), end="")
    arms:
      msc: {randomised: 10}  # Table 2
    """
    before = read_yaml(text, "")
    if before.data is None or before.problems:
        raise EditError("the record can not be read as it is; mend its text first")
    wanted = _wanted(before.data, field, value)
    for change in _candidates(TextNodes(text), field, value):
        edited = text[: change.start] + change.text + text[change.end :]
        after = read_yaml(edited, "")
        if after.data is not None and not after.problems and _alike(after.data, wanted):
            return edited
    raise EditError(f"{field_name(field)} can not be changed by its place; edit the text instead")


class _Change(NamedTuple):
    start: int
    end: int
    text: str


def _candidates(text: TextNodes, field: FieldPath, value: Value) -> Iterable[_Change]:
    steps = text.way(field)
    if len(steps) == len(field):
        return _removals(text, steps) if value is None else _replacements(text, steps, field, value)
    if value is None:
        return [_Change(0, 0, "")]
    return _additions(text, steps, field, value)


def _replacements(
    text: TextNodes, steps: list[Step], field: FieldPath, value: str | Sequence[str]
) -> Iterable[_Change]:
    """Yield ways to write a value where another stands: as the old one was written, in the format's style, plainly."""
    step = steps[-1]
    inside = in_brackets(steps)
    if is_nothing(step.node):
        start = end = text.colon(step.key) if step.key is not None else text.start(step.node)
        lead = " "
    else:
        start, end, lead = text.start(step.node), text.end(step.node), ""
    old = text.text[start:end]
    if isinstance(value, str) and old[:1] in ("'", '"') and not any(mark in value for mark in "'\"\\\n"):
        yield _Change(start, end, f"{old[0]}{value}{old[0]}")
    if step.key is not None and not inside:
        lines = _entry(step.key.value, field, value, int(step.key.start_mark.column))
        head = len(word(step.key.value)) + 1
        yield _Change(text.colon(step.key), end, lines[head:])
    yield _Change(start, end, lead + _written(field, value, inside=inside))


def _removals(text: TextNodes, steps: list[Step]) -> Iterable[_Change]:
    while len(steps) > 1 and len(steps[-1].holder.value) == 1 and steps[-2].key is not None:
        steps = steps[:-1]  # what would be left is an empty part
    holder, at, key, node = steps[-1]
    if key is None or len(holder.value) == 1:
        return
    start = text.start(key)
    end = text.colon(key) if is_nothing(node) else text.end(node)
    if holder.flow_style:
        if at + 1 < len(holder.value):
            yield _Change(start, text.start(holder.value[at + 1][0]), "")
        else:
            before_key, before = holder.value[at - 1]
            yield _Change(text.colon(before_key) if is_nothing(before) else text.end(before), end, "")
    elif not text.text[text.line_start(start) : start].strip():
        yield _Change(text.line_start(start), text.line_end(end), "")
    elif at + 1 < len(holder.value):  # the first key after the hyphen of an item
        following = text.start(holder.value[at + 1][0])
        if "#" not in text.text[text.line_end(end) : following]:
            yield _Change(start, following, "")


def _additions(text: TextNodes, steps: list[Step], field: FieldPath, value: str | Sequence[str]) -> Iterable[_Change]:
    """Yield the way to add a key, with the parts that hold it where they are missing, in the order of the format."""
    missing = field[len(steps) :]
    holder = steps[-1].node if steps else text.root
    if any(isinstance(part, int) for part in missing):
        return
    if not isinstance(holder, yaml.MappingNode):  # a key without a value, which gets one
        if is_nothing(holder) or scalar(str(holder.value)) is None:
            start = text.colon(steps[-1].key) if steps[-1].key is not None else text.start(holder)
            yield _Change(
                start, text.end(holder) if not is_nothing(holder) else start, f" {_nested(field, missing, value)}"
            )
        return
    key = str(missing[0])
    before = _place_among(field[: len(steps)], [str(name.value) for name, _ in holder.value], key)
    inside = bool(holder.flow_style) or in_brackets(steps)
    if not holder.value:
        at = text.start(holder) + 1
        yield _Change(at, at, f"{word(key, inside=True)}: {_nested(field, missing, value)}")
        return
    first = holder.value[0][0]
    indent = " " * int(first.start_mark.column)
    if inside:
        entry = f"{word(key, inside=True)}: {_nested(field, missing, value)}"
        if before < 0:
            yield _Change(text.start(first), text.start(first), f"{entry}, ")
            return
        at = text.end(holder.value[before][1])
        wide = text.line_end(at) - text.line_start(at) + len(entry) > WIDTH
        yield _Change(at, at, f",\n{indent}{entry}" if wide else f", {entry}")
        return
    if len(missing) == 1:
        entry = _entry(key, field, value, len(indent))
    else:
        entry = f"{word(key)}: {_nested(field, missing, value)}"
    if before < 0:
        yield _Change(text.start(first), text.start(first), f"{entry}\n{indent}")
        return
    at_key, at_value = holder.value[before]
    end = text.line_end(text.colon(at_key) if is_nothing(at_value) else text.end(at_value))
    open_end = "" if text.text[:end].endswith("\n") else "\n"
    yield _Change(end, end, f"{open_end}{indent}{entry}\n"[: -1 if open_end else None])


def _nested(field: FieldPath, missing: FieldPath, value: str | Sequence[str]) -> str:
    """Return what the first missing key holds: the other ones in braces, one in the other, with the value."""
    text = _written(field, value, inside=True)
    for part in reversed(missing[1:]):
        text = f"{{{word(str(part), inside=True)}: {text}}}"
    return text


def _place_among(field: FieldPath, present: list[str], key: str) -> int:
    """Return after which of the present keys a new one belongs; -1 for before all."""
    part = fields.type_at(Study, field)
    if not fields.is_model(part):
        return len(present) - 1
    order = list(part.model_fields)
    earlier = order[: order.index(key)] if key in order else order
    return max((at for at, name in enumerate(present) if name in earlier), default=-1)


def _entry(key: str, field: FieldPath, value: str | Sequence[str], column: int) -> str:
    """Return a key with its value on lines of their own, long text folded; the first line without indentation."""
    line = f"{word(key)}: {_written(field, value, inside=False)}"
    indent = " " * column
    if isinstance(value, str):
        if len(indent + line) <= WIDTH or not isinstance(_meant(field, value), str):
            return line
        return f"\n{indent}".join(values_to_yaml({key: value}).splitlines())
    if len(indent + line) <= WIDTH:
        return line
    items = "".join(f"\n{indent}  - {_item(field, item, inside=False)}" for item in value)
    return f"{word(key)}:{items}"


def _written(field: FieldPath, value: str | Sequence[str], *, inside: bool) -> str:
    if isinstance(value, str):
        return _item(field, value, inside=inside)
    return f"[{', '.join(_item((*field, 0), item, inside=True) for item in value)}]"


def _item(field: FieldPath, text: str, *, inside: bool) -> str:
    return word(text, inside=inside) if isinstance(_meant(field, text), str) else text


def _meant(field: FieldPath, text: str) -> Any:
    """Return what a text means where it was typed: a number where the format has one and it is one, else the text."""
    kind = fields.type_at(Study, field)
    found = scalar(text)
    if kind in (int, float):
        return found if isinstance(found, int | float) and not isinstance(found, bool) else text
    if kind is bool:
        return found if isinstance(found, bool) else text
    return text


def _wanted(data: dict[str, Any], field: FieldPath, value: Value) -> Any:
    """Return what the record should mean after the edit."""
    wanted = copy.deepcopy(data)
    if value is None:
        _without(wanted, field)
        return wanted
    here: Any = wanted
    for part, following in pairwise(field):
        if isinstance(here, dict) and here.get(part) is None:
            here[part] = {}
        try:
            here = here[part]
        except (KeyError, IndexError, TypeError) as error:
            raise EditError(f"the record has no {field_name(field)}") from error
        if isinstance(here, list) != isinstance(following, int) or not isinstance(here, dict | list):
            raise EditError(f"the record has no {field_name(field)}")
    last: Any = field[-1]
    if isinstance(here, list) and last not in range(len(here)):
        raise EditError(f"the record has no {field_name(field)}")
    here[last] = _meant(field, value) if isinstance(value, str) else [_meant((*field, 0), item) for item in value]
    return wanted


def _without(data: Any, field: FieldPath) -> None:
    holders = [data]
    part: Any
    for part in field[:-1]:
        inner = holders[-1]
        if not (isinstance(inner, dict) and part in inner) and not (
            isinstance(inner, list) and part in range(len(inner))
        ):
            return
        holders.append(inner[part])
    for holder, part in zip(reversed(holders), reversed(field), strict=True):
        if not isinstance(holder, dict):
            return
        holder.pop(part, None)
        if holder:
            return


def _alike(one: Any, other: Any) -> bool:
    """Whether two readings mean the same; 1, 1.0 and true are three things, and the order of keys is none."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_alike(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_alike, one, other))
    return bool(one == other)


def is_list(field: FieldPath) -> bool:
    """Whether a field of a record holds a list of plain values.

    Examples
    --------
    >>> is_list(("registrations",)), is_list(("outcomes",)), is_list(("label",))
    (True, False, False)
    """
    kind = fields.type_at(Study, field)
    return get_origin(kind) is tuple and fields.part_of(kind) is None and bool(get_args(kind))
