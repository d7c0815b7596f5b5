"""A study as the text of a record, in the format's own style; `msc_meta.records.strict_yaml` reads the same back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from msc_meta.records.strict_yaml import scalar

if TYPE_CHECKING:
    from msc_meta.records.study import Study

WIDTH = 110
"""Longest line, as far as words allow."""

# words that no reader of YAML takes for anything but text: no mark of the language, no colon, no edge blank
_PLAIN = re.compile(r"[^\W\d_][\w .,;/()%+'’…–-]*|\d[\w ./()%+–-]*[^\W\d_][\w ./()%+–-]*")
_FOLDABLE = re.compile(r"[^\x00-\x20\x7f-\x9f\ufeff\u2028\u2029]+( [^\x00-\x20\x7f-\x9f\ufeff\u2028\u2029]+)+")


def record_to_yaml(study: Study) -> str:
    """Return a record as YAML: what was said, in the order of the format, the small parts on one line.

    Examples
    --------
    >>> import msc_meta as mm
    >>> seed = mm.load_studies("studies/")["martinez-munoz-2024"]
    >>> record_to_yaml(seed).splitlines()[:2]
    ['id: martinez-munoz-2024', 'label: Martínez-Muñoz 2024']
    """
    return values_to_yaml(study.model_dump(mode="json", exclude_defaults=True))


def values_to_yaml(values: Mapping[str, Any]) -> str:
    """Return plain keys and values as YAML, in their order.

    Examples
    --------
    >>> print(values_to_yaml({"n": 10, "arms": {"msc": {"n": 5, "note": "a, b"}}}), end="")
    n: 10
    arms:
      msc: {n: 5, note: "a, b"}
    """
    return "".join(f"{line}\n" for line in _mapping(values))


def _mapping(values: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    for key, value in values.items():
        yield from _entry(f"{indent}{word(key)}:", value, indent)


def _entry(head: str, value: Any, indent: str) -> Iterator[str]:
    """Yield the lines of a key with its value: on one line where it fits, else below."""
    line = f"{head} {_flow(value)}"
    nested = isinstance(value, dict) and any(isinstance(inner, (dict, list)) for inner in value.values())
    if len(line) <= WIDTH and not nested and not (isinstance(value, list) and any(isinstance(v, dict) for v in value)):
        yield line
    elif isinstance(value, dict):
        yield head
        yield from _mapping(value, f"{indent}  ")
    elif isinstance(value, list):
        yield head
        for item in value:
            yield from _item(item, f"{indent}  ")
    elif isinstance(value, str) and _FOLDABLE.fullmatch(value):
        yield f"{head} >-"
        yield from _folded(value, f"{indent}  ")
    else:
        yield line


def _item(item: Any, indent: str) -> Iterator[str]:
    if not isinstance(item, dict) or not item:
        yield f"{indent}- {_flow(item)}"
        return
    lines = _mapping(item, f"{indent}  ")
    yield f"{indent}- {next(lines).lstrip()}"
    yield from lines


def _folded(text: str, indent: str) -> Iterator[str]:
    """Break at single blanks: that is where a folded text is put together again."""
    line = ""
    for word in text.split(" "):
        if line and len(indent) + len(line) + 1 + len(word) > WIDTH:
            yield indent + line
            line = word
        else:
            line = f"{line} {word}" if line else word
    yield indent + line


def on_one_line(value: Any) -> str:
    """Return a value as YAML on one line.

    Examples
    --------
    >>> on_one_line({"n": 10, "ci": [1.5, 2], "note": "a, b"})
    '{n: 10, ci: [1.5, 2], note: "a, b"}'
    """
    return _flow(value)


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(f'{word(key, inside=True)}: {_flow_inside(inner)}' for key, inner in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(_flow_inside(item) for item in value)}]"
    return word(value) if isinstance(value, str) else _plain(value)


def _flow_inside(value: Any) -> str:
    return word(value, inside=True) if isinstance(value, str) else _flow(value)


def _plain(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return repr(value)


@lru_cache(maxsize=4096)  # keys and most words come again and again
def word(text: str, *, inside: bool = False) -> str:
    """Return a text as it is where it can not be taken for anything else, in double quotes otherwise.

    Examples
    --------
    >>> [word(text) for text in ("placebo", "59", "1:1", "NO", "10.1038/s41409-024-02230-5", "yes: no", "a, b")]
    ['placebo', '"59"', '"1:1"', 'NO', '10.1038/s41409-024-02230-5', '"yes: no"', 'a, b']
    """
    plain = _PLAIN.fullmatch(text) is not None and text == text.strip() and scalar(text) == text
    if plain and not (inside and "," in text):
        return text
    return f'"{"".join(_escaped(letter) for letter in text)}"'


def _escaped(letter: str) -> str:
    if letter in '"\\':
        return f"\\{letter}"
    if letter.isprintable():
        return letter
    code = ord(letter)
    return {"\n": "\\n", "\t": "\\t"}.get(letter) or (f"\\U{code:08X}" if code > 0xFFFF else f"\\u{code:04X}")
