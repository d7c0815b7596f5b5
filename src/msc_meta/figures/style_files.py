"""Style files: read, put on top of the style they extend, and checked field by field, all problems at once."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import UnionType
from typing import Any, Literal, get_args, get_origin

from msc_meta.errors import ArgumentError, counted
from msc_meta.input import read_ordinary

COLOR = re.compile(r"#[0-9a-fA-F]{6}")
MAX_BYTES = 1024 * 1024
MAX_NUMBER = 1e6
EXTENDS = "extends"
COMMENT = "comment"  # a file may say where its rules come from


def style_names() -> tuple[str, ...]:
    """Return the names of the styles that come with the package."""
    folder = files("msc_meta.figures") / "styles"
    return tuple(sorted(entry.name.removesuffix(".json") for entry in folder.iterdir() if entry.name.endswith(".json")))


def read_style(name: str | Path, kinds: Mapping[str, Any], colors: frozenset[str]) -> dict[str, Any]:
    """Return the values of a style by field.

    Parameters
    ----------
    name : str or Path
        A style of the package, or a file: anything that ends in ``.json``.
    kinds : mapping
        The type of each field.
    colors : frozenset of str
        Fields that hold colours.

    Raises
    ------
    ArgumentError
        If there is no such style, or with every problem of its file.
    """
    own, where = _read(name)
    found = _Problems()
    base = own.pop(EXTENDS, None if str(name) == "cochrane" else "cochrane")
    own.pop(COMMENT, None)
    if base is not None and base not in style_names():
        found.add(EXTENDS, f"is {base!r}", f"the styles of the package are {', '.join(style_names())}")
        base = "cochrane"
    whole = {} if base is None else dict(read_style(base, kinds, colors))
    for field, value in own.items():
        if field not in kinds:
            near = get_close_matches(field, kinds, n=1)
            found.add(field, "is not a field of a style", f"did you mean {near[0]!r}?" if near else "")
        elif isinstance(value, dict) and isinstance(whole.get(field), dict):
            for key in value:
                if whole[field] and key not in whole[field]:
                    near = get_close_matches(key, whole[field], n=1)
                    found.add(f"{field}.{key}", "is not known", f"did you mean {near[0]!r}?" if near else "")
            whole[field] = whole[field] | value
        else:
            whole[field] = value
    for field, kind in kinds.items():
        if field not in whole:
            found.add(field, "is missing")
        elif field in own or base is None:
            found.check(field, whole[field], kind, is_color=field in colors)
    found.raise_any(where)
    return {field: _frozen(value, kinds[field]) for field, value in whole.items() if field in kinds}


def _read(name: str | Path) -> tuple[dict[str, Any], str]:
    if not str(name).lower().endswith(".json"):
        known = style_names()
        if name not in known:
            near = get_close_matches(str(name), known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise ArgumentError(
                f"style is {str(name)!r}; there are: {', '.join(known)}, or a file that ends in .json{hint}"
            )
        return dict(_packaged(str(name))), f"style {name}"
    try:
        data = json.loads(read_ordinary(Path(name), MAX_BYTES).decode("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ArgumentError(f"the style {name} can not be read: {reason}") from None
    except json.JSONDecodeError as error:
        raise ArgumentError(f"{name}:{error.lineno}:{error.colno}: the style is no JSON: {error.msg}") from None
    except (ValueError, RecursionError) as error:  # a number of some thousand digits, or brackets without end
        raise ArgumentError(f"the style {name} can not be read: {error}") from None
    if not isinstance(data, dict):
        raise ArgumentError(f'the style {name} is no JSON object: it begins with {{ and has lines like "size": 7.5')
    return {"name": Path(name).stem} | data, str(name)


@cache
def _packaged(name: str) -> dict[str, Any]:
    text = (files("msc_meta.figures") / "styles" / f"{name}.json").read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(text)
    return data


class _Problems:
    """Collects what is wrong with a style, so that one run says all of it."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def add(self, field: str, message: str, hint: str = "") -> None:
        """Add one problem, with what to do about it."""
        self.found.append(f"  {field} {message}{f'; {hint}' if hint else ''}")

    def check(self, field: str, value: Any, kind: Any, *, is_color: bool) -> None:
        """Add what is wrong with a value."""
        wanted = _wanted(value, kind)
        if wanted:
            self.add(field, f"is {json.dumps(value, ensure_ascii=False)}, and must be {wanted}")
            return
        if is_color:
            parts = list(value.values()) if isinstance(value, dict) else [value] if isinstance(value, str) else value
            for part in parts:
                if not COLOR.fullmatch(part):
                    self.add(field, f"is {part!r}, and must be a colour like #4f86c6")

    def raise_any(self, where: str) -> None:
        """Raise all problems together, if there are any."""
        if self.found:
            raise ArgumentError("\n".join([f"{where}: {counted(len(self.found), 'problem')}", *self.found]))


def _wanted(value: Any, kind: Any) -> str:
    """Return what a value should have been; empty where it is right."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Literal:
        return "" if value in parts else f"one of {', '.join(parts)}"
    if origin is UnionType:
        return next(("" for part in parts if not _wanted(value, part)), _wanted(value, parts[0]))
    if origin is tuple:
        if not isinstance(value, list | tuple):
            return f"a list of {_PLURAL[parts[0]]}"
        wrong = any(_wanted(item, parts[0]) for item in value)
        if len(parts) > 1 and parts[1] is not Ellipsis and len(value) != len(parts):
            return f"a list of {len(parts)} {_PLURAL[parts[0]]}"
        return f"a list of {_PLURAL[parts[0]]}" if wrong else ""
    if origin is dict:
        fine = isinstance(value, dict) and not any(_wanted(item, parts[1]) for item in value.values())
        return "" if fine else f"an object with {_PLURAL[parts[1]]} as values"
    if kind is bool:
        return "" if isinstance(value, bool) else "true or false"
    if kind in (float, int):
        is_number = isinstance(value, int if kind is int else int | float) and not isinstance(value, bool)
        return "" if is_number and 0 <= value <= MAX_NUMBER else f"a {'whole ' if kind is int else ''}number, 0 or more"
    return "" if isinstance(value, str) else "a text"


_PLURAL: dict[Any, str] = {str: "texts", float: "numbers"}


def _frozen(value: Any, kind: Any) -> Any:
    return tuple(value) if get_origin(kind) is tuple else value
