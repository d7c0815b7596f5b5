"""The record format as a tree: what stands below a field, what it may hold, and what its description says."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel

from msc_meta.hookspecs import FieldPath

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo


class Member(NamedTuple):
    """One field of one part of the format."""

    pattern: FieldPath  # ("outcomes", "[]", "arms", "ARM", "n"): [] is any item, ARM any key
    part: type[BaseModel]
    info: FieldInfo


@cache
def descriptions(part: type[BaseModel]) -> dict[str, str]:
    """Return what the fields of a part mean: the text that stands below each in the source.

    Read when somebody asks, because reading it for every part would cost each start more than checking ten records.
    """
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(part))).body
    assert isinstance(definition, ast.ClassDef)
    texts = {}
    for field, text in pairwise(definition.body):
        is_text = (
            isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant) and isinstance(text.value.value, str)
        )
        if is_text and isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            texts[field.target.id] = inspect.cleandoc(ast.literal_eval(text.value))  # type: ignore[attr-defined]
    return texts


def described_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON Schema of a format, with what its fields mean."""
    schema = model.model_json_schema()
    for member in members(model):
        holder = schema if member.part is model else schema["$defs"][member.part.__name__]
        name = str(member.pattern[-1])
        holder["properties"][name]["description"] = descriptions(member.part)[name]
    return schema


def plain(annotation: Any) -> Any:
    """Return a type without its constraints and without ``| None``.

    Examples
    --------
    >>> plain(Annotated[int, "at least 1"] | None)
    <class 'int'>
    """
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        elif get_origin(annotation) in (Union, UnionType):
            annotation = next(kind for kind in get_args(annotation) if kind is not type(None))
        else:
            return annotation


def below(annotation: Any, part: object) -> Any:
    """Return the type of what stands below ``part`` of a field; None where the format has nothing there."""
    kind = plain(annotation)
    if is_model(kind):
        info = kind.model_fields.get(part)
        return info.annotation if info else None
    arguments = get_args(kind)
    if get_origin(kind) is dict:
        return arguments[1]
    if get_origin(kind) is tuple and isinstance(part, int):
        return arguments[0]
    return None


def type_at(model: type[BaseModel], field: FieldPath) -> Any:
    """Return the type of a field given by its path, without constraints; None where the format has nothing there."""
    found: Any = model
    for part in field:
        found = below(found, part)
    return plain(found)


def is_model(kind: Any) -> bool:
    """Whether a type is a part of the format with fields of its own."""
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def allowed_values(kind: Any) -> tuple[str, ...]:
    """Return the words that a field is restricted to; none where it is not."""
    return tuple(map(str, get_args(kind))) if get_origin(kind) is Literal else ()


def members(model: type[BaseModel], pattern: FieldPath = ()) -> Iterator[Member]:
    """Yield every field below ``model``, each before what stands below it."""
    for name, info in model.model_fields.items():
        here = (*pattern, name)
        yield Member(here, model, info)
        kind = plain(info.annotation)
        step = {dict: ("KEY",), tuple: ("[]",)}.get(get_origin(kind), ())
        if (inner := part_of(kind)) is not None:
            yield from members(inner, (*here, *step))


def part_of(kind: Any) -> type[BaseModel] | None:
    """Return the part of the format that a field holds, alone, in a list or by key; None for plain values."""
    inner = plain(get_args(kind)[1 if get_origin(kind) is dict else 0]) if get_origin(kind) in (dict, tuple) else kind
    return inner if is_model(inner) else None


def in_words(kind: Any) -> str:
    """Say what a field of this type needs.

    Examples
    --------
    >>> in_words(int), in_words(Literal["mild", "severe"]), in_words(tuple[str, ...])
    ('a whole number', 'one of mild, severe', 'a list')
    """
    if words := allowed_values(kind):
        return words[0] if len(words) == 1 else f"one of {', '.join(words)}"
    if is_model(kind) or get_origin(kind) is dict:
        return "keys and values"
    if get_origin(kind) is tuple:
        return "a list" if Ellipsis in get_args(kind) else "two numbers [low, high]"
    return {int: "a whole number", float: "a number", bool: "true or false"}.get(kind, "text")
