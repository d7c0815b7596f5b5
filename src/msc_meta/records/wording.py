"""Pydantic's complaints about the shape of a record, in the words of the person who wrote it.

Pydantic's error types and sentences end here; a type that is not listed says what the format wants instead.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from msc_meta.hookspecs import FieldPath
from msc_meta.records import fields
from msc_meta.records.findings import Finding, did_you_mean, nearest
from msc_meta.records.strict_yaml import scalar

if TYPE_CHECKING:
    from pydantic import BaseModel

_DECIMAL_COMMA: Final = re.compile(r"[-+]?\d+,\d+")
_NO_NUMBER: Final = {"na", "n/a", "nr", "ns", "nd", "-", "?", "not reported", "not stated", "unknown", "none", "nan"}
_LIMITS: Final = {
    "greater_than": ("gt", "above"),
    "greater_than_equal": ("ge", "of at least"),
    "less_than": ("lt", "below"),
    "less_than_equal": ("le", "of at most"),
}


def finding(model: type[BaseModel], error: Any) -> Finding:
    """Return one error of pydantic as a finding.

    Parameters
    ----------
    model : type
        The model that was validated.
    error : dict
        One of ``ValidationError.errors()``.
    """
    kind, value, field = error["type"], error["input"], error["loc"]
    if field[-1:] == ("[key]",) or kind == "invalid_key":
        return _bad_key(field[:-1] if kind != "invalid_key" else field, error)
    if kind == "missing":
        return _missing(model, field)
    if kind == "extra_forbidden":
        return _unknown_key(model, field)
    wanted = fields.type_at(model, field)
    if value is None or (kind == "string_too_short" and not value.strip()):
        required = _is_required(model, field)
        advice = f"write {fields.in_words(wanted)}" + ("" if required else ", or leave the line out")
        return Finding("E208", field, "is empty", advice)
    return _WORDS.get(kind, _wrong_shape)(field, wanted, error)


def _missing(model: type[BaseModel], field: FieldPath) -> Finding:
    parent, key = field[:-1], field[-1]
    if isinstance(key, int):
        return Finding("E213", parent, "two numbers are needed, found one", "write [low, high]")
    part, words = fields.type_at(model, parent), fields.allowed_values(fields.type_at(model, field))
    about = first_sentence(fields.descriptions(part).get(key, ""))
    choices = f" ({', '.join(words)})" if words and words[0] not in about else ""
    return Finding("E202", parent, f"{key} is missing", f"add {key}: {about}{choices}", at_key=True)


def _is_required(model: type[BaseModel], field: FieldPath) -> bool:
    part = fields.type_at(model, field[:-1])
    return fields.is_model(part) and field[-1] in part.model_fields and part.model_fields[field[-1]].is_required()


def _unknown_key(model: type[BaseModel], field: FieldPath) -> Finding:
    parent, key = field[:-1], field[-1]
    part = fields.type_at(model, parent)
    known = list(part.model_fields) if fields.is_model(part) else []
    homes = sorted({_home(member) for member in fields.members(model) if member.pattern[-1] == key})
    near = nearest(key, known)
    if near is None and homes:
        advice = f"{key} belongs {' or '.join(homes)}"
    else:
        advice = f"did you mean {near}?" if near else f"known are {', '.join(known)}"
    return Finding("E201", field, f"{key} is no key of the format here", advice, at_key=True)


def _home(member: fields.Member) -> str:
    above = [str(part) for part in member.pattern[:-1] if part not in ("[]", "KEY")]
    return f"under {'.'.join(above)}" if above else "at the left margin"


def _bad_key(field: FieldPath, error: Any) -> Finding:
    key = str(field[-1])
    if error["type"] == "literal_error":
        return Finding("E205", field, f"{key} is not known here", did_you_mean(key, _words_in(error)), at_key=True)
    if error["type"] == "string_pattern_mismatch":
        advice = f"use lower-case letters, digits, - and _, such as {_slug(key, 'msc')}"
        return Finding("E210", field, f"{key} can not be the id of an arm", advice, at_key=True)
    return Finding("E206", field, f"the key {key} is no text", "use a word as the key", at_key=True)


def _bad_pattern(field: FieldPath, wanted: Any, error: Any) -> Finding:
    if error["ctx"]["pattern"] == "^[A-Z]{2}$":
        return Finding("E211", field, f"{error['input']} is no two-letter country code",
                       "write it as in ISO 3166: ES, NO, IR")  # fmt: skip
    example = _slug(error["input"], "doe-2024")
    return Finding("E209", field, f"{error['input']} can not be an id",
                   f"use lower-case letters, digits and hyphens, such as {example}")  # fmt: skip


def _too_long(field: FieldPath, wanted: Any, error: Any) -> Finding:
    longest = error["ctx"]["max_length"]
    if isinstance(error["input"], str):
        return Finding("E209", field, f"{_shown(error['input'])} is too long", f"use at most {longest} characters")
    return Finding("E213", field, f"two numbers are needed, found {error['ctx'].get('actual_length', 'more')}",
                   "write [low, high], with decimal points")  # fmt: skip


def _unknown_word(field: FieldPath, wanted: Any, error: Any) -> Finding:
    value = error["input"]
    word = value if isinstance(value, str) else _shown(value)
    return Finding("E205", field, f"{word} is not known here", did_you_mean(word, _words_in(error)))


def _words_in(error: Any) -> list[str]:
    """Return the words that a value is restricted to, the review's own outcomes among them."""
    return re.findall(r"'([^']*)'", error["ctx"]["expected"])


def _no_text(field: FieldPath, wanted: Any, error: Any) -> Finding:
    value = error["input"]
    advice = f'put it in quotes: "{_shown(value)}"' if isinstance(value, int | float) else "write text"
    return Finding("E203", field, f"text is needed, found {_shown(value)}", advice)


def _no_truth(field: FieldPath, wanted: Any, error: Any) -> Finding:
    return Finding("E212", field, f"true or false is needed, found {_shown(error['input'])}", "write true or false")


def _no_number(field: FieldPath, wanted: Any, error: Any) -> Finding:
    value, needed = error["input"], fields.in_words(wanted)
    if isinstance(value, str) and _DECIMAL_COMMA.fullmatch(value.strip()):
        text = value.strip()
        return Finding("E120", field, f"a decimal comma: {text} is text", f"write {text.replace(',', '.')}")
    return Finding("E204", field, f"{needed} is needed, found {_shown(value)}", _number_advice(field, value))


def _number_advice(field: FieldPath, value: object) -> str:
    if isinstance(value, float):
        return "patients are counted; write a number without decimals"
    if not isinstance(value, str):
        return ""
    text = value.strip()
    if text.lower() in _NO_NUMBER:
        return "leave the line out where the source gives no number"
    if field[-1] == "p" and text[:1] in ("<", ">", "="):
        return f'write p: {text[1:].strip()} and p_relation: "{text[:1]}"'
    if isinstance(scalar(text), int | float):
        return f"write {text} without quotes"
    if text.isdigit() and text.startswith("0"):
        return f"write {text.lstrip('0')} without the zero in front"
    return "write digits with a decimal point, without unit, % or blanks"


def _out_of_range(field: FieldPath, wanted: Any, error: Any) -> Finding:
    name, words = _LIMITS[error["type"]]
    return Finding("E207", field, f"{_shown(error['input'])} is out of range",
                   f"a number {words} {error['ctx'][name]:g} is needed")  # fmt: skip


def _contradiction(field: FieldPath, wanted: Any, error: Any) -> Finding:
    return Finding("E214", field, str(error["ctx"]["error"]), "change one of the choices named")


def _wrong_shape(field: FieldPath, wanted: Any, error: Any) -> Finding:
    words = fields.in_words(wanted)
    shapes = {
        "a list": "write [first, second], or one item per line after a hyphen",
        "keys and values": "indent the keys below, or write {key: value}",
        "two numbers [low, high]": "write [low, high], with decimal points",
    }
    verb = "are" if words.endswith(("values", "]")) else "is"
    return Finding("E206", field, f"{words} {verb} needed, found {_shown(error['input'])}", shapes.get(words, ""))


_WORDS: Final[dict[str, Callable[[FieldPath, Any, Any], Finding]]] = {
    "string_pattern_mismatch": _bad_pattern,
    "string_too_long": _too_long,
    "too_long": _too_long,
    "literal_error": _unknown_word,
    "string_type": _no_text,
    "bool_type": _no_truth,
    "int_type": _no_number,
    "float_type": _no_number,
    "finite_number": _no_number,
    "value_error": _contradiction,
    **dict.fromkeys(_LIMITS, _out_of_range),
}


def first_sentence(text: str) -> str:
    """Return the beginning of a description, as advice quotes it."""
    return re.split(r"[;.](?:\s|$)", " ".join(text.split()), maxsplit=1)[0]


def _shown(value: object) -> str:
    if isinstance(value, str):
        return f'text "{value[:40]}{"…" if len(value) > 40 else ""}"'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value:.10g}" if abs(value) < 1e15 else "a huge number"
    if value is None:
        return "nothing"
    return "keys and values" if isinstance(value, Mapping) else "a list"


def _slug(text: str, example: str) -> str:
    letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:60].strip("-") or example
