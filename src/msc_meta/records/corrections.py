"""What has exactly one right answer: for some problem codes, the text that belongs where the wrong one stands.

A correction sees one value and returns what to write instead, or None where a person has to decide. It never converts
a number, and never chooses between two readings: ``1,234`` may be one or a thousand, and stays.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from msc_meta.hookspecs import FieldPath
from msc_meta.records import fields
from msc_meta.records.rules.identity import DOI, REGISTRIES
from msc_meta.records.strict_yaml import scalar
from msc_meta.records.study import QUANTITIES
from msc_meta.records.write_yaml import word

_UNITS: Final = {
    "mmhg": "mmHg", "torr": "mmHg", "kpa": "kPa", "cmh2o/mmhg": "cmH2O/mmHg", "cmh2o/kpa": "cmH2O/kPa",
    "day": "days", "days": "days", "d": "days", "hour": "hours", "hours": "hours", "hr": "hours", "hrs": "hours",
    "h": "hours", "week": "weeks", "weeks": "weeks", "wk": "weeks", "wks": "weeks", "ratio": "ratio",
}  # fmt: skip
_ALSO_CALLED: Final = {
    "pao2/fio2": "pf_ratio", "p/f": "pf_ratio", "pf": "pf_ratio", "p/fratio": "pf_ratio", "pao2/fio2ratio": "pf_ratio",
    "spo2/fio2": "spo2_fio2", "s/f": "spo2_fio2", "death": "mortality", "deaths": "mortality",
}  # fmt: skip
_CLOSED_BY: Final = {"“": "”“", "„": "“”", "«": "»", "‘": "’", "‚": "‘’", "”": "”"}
_DOI_ADDRESS: Final = re.compile(r"(?:https?://)?(?:dx\.|www\.)?doi(?:\.org/|:)\s*", re.IGNORECASE)
_THOUSANDS: Final = re.compile(r"[-+]?[1-9]\d{0,2}(,\d{3})+")


class Place(NamedTuple):
    """One value of a record, as it is meant and as it is written."""

    field: FieldPath
    value: Any
    written: str  # with its quotes
    wanted: Any  # the type that the format has here
    around: Mapping[str, Any]  # the keys and values that it stands among
    inside: bool  # of brackets, where a comma ends a value


class Correction(NamedTuple):
    """What to write instead of a value, and a key with its value to add after it."""

    written: str
    added: tuple[str, str] | None = None


def correction(code: str, place: Place) -> Correction | None:
    """Return the one right answer to a problem with a value; None where there is none, or more than one."""
    correct = _CORRECTIONS.get(code)
    found = correct(place) if correct is not None else None
    if isinstance(found, str):
        found = Correction(found)
    return found if found is not None and found.written != place.written else None


def quoted(place: Place, text: str) -> str:
    """Return a text as the place's own quotes have it, where there are any and the text allows it."""
    mark = place.written[:1]
    if mark in ("'", '"') and not re.search(r"['\"\\\n]", text):
        return f"{mark}{text}{mark}"
    return word(text, inside=place.inside)


def decimal_comma(text: str) -> str | None:
    """Return a number with a point instead of its comma; None where the comma may part thousands.

    Examples
    --------
    >>> decimal_comma("17,5"), decimal_comma("0,125"), decimal_comma("1,234")
    ('17.5', '0.125', None)
    """
    if not re.fullmatch(r"[-+]?\d+,\d+", text) or _THOUSANDS.fullmatch(text):
        return None
    point = text.replace(",", ".")
    return point if isinstance(scalar(point), float) else None


def same_word(text: str, known: tuple[str, ...]) -> str | None:
    """Return the known word that a text is but for capitals, blanks, hyphens and the American z.

    Examples
    --------
    >>> same_word("Double blind", ("open-label", "double-blind")), same_word("blind", ("open-label", "double-blind"))
    ('double-blind', None)
    """
    found = [name for name in known if _bare(name) == _bare(text)]
    also = _ALSO_CALLED.get(text.casefold().replace(" ", ""))
    return found[0] if len(found) == 1 else also if also in known else None


def _bare(text: str) -> str:
    return re.sub(r"[\s_-]+", "", text.casefold()).replace("randomiz", "randomis")


def _unit(place: Place) -> str | None:
    quantities = QUANTITIES.get(str(place.around.get("outcome")), {})
    default = "hospital_stay" if place.around.get("outcome") == "discharge_time" else ""
    allowed = quantities.get(str(place.around.get("quantity") or default), ())
    unit = _UNITS.get(re.sub(r"\s", "", str(place.value)).casefold().rstrip("."))
    return quoted(place, unit) if unit in allowed else None


def _known_word(place: Place) -> str | None:
    known = same_word(str(place.value), fields.allowed_values(place.wanted)) if isinstance(place.value, str) else None
    return quoted(place, known) if known is not None else None


def _text(place: Place) -> str | None:
    number = isinstance(place.value, int | float) and not isinstance(place.value, bool)
    return f'"{place.written}"' if number else None


def _number(place: Place) -> str | Correction | None:
    if isinstance(place.value, float) and place.value.is_integer() and abs(place.value) < 1e9:
        return str(int(place.value))
    if not isinstance(place.value, str):
        return None
    text = place.value.strip()
    share = place.field[-1] in ("percent", "survival_percent")
    if share and text.endswith("%"):
        text = text[:-1].strip()
    if place.field[-1] == "p" and text[:1] in ("<", ">", "="):
        return _p_value(place, text[0], text[1:].strip())
    if text.isascii() and text.isdigit():
        text = text.lstrip("0") or "0"
    number = scalar(text)
    fits = isinstance(number, int) if place.wanted is int else isinstance(number, int | float)
    return text if fits and not isinstance(number, bool) else None


def _p_value(place: Place, relation: str, text: str) -> str | Correction | None:
    if not isinstance(scalar(text), int | float) or isinstance(scalar(text), bool) or "p_relation" in place.around:
        return None
    return text if relation == "=" else Correction(text, ("p_relation", f'"{relation}"'))


def _comma(place: Place) -> str | None:
    return decimal_comma(place.value.strip()) if isinstance(place.value, str) and place.wanted is float else None


def _country(place: Place) -> str | None:
    code = str(place.value).strip().upper()
    return quoted(place, code) if re.fullmatch(r"[A-Z]{2}", code) and code != "UK" else None


def _truth(place: Place) -> str | None:
    words = {"yes": "true", "y": "true", "true": "true", "on": "true",
             "no": "false", "n": "false", "false": "false", "off": "false"}  # fmt: skip
    return words.get(place.value.strip().casefold()) if isinstance(place.value, str) else None


def _straight_quotes(place: Place) -> str | None:
    text = place.value
    closed = len(text) > 2 and text[-1] in _CLOSED_BY.get(text[0], "")
    inner = text[1:-1]
    plain = closed and not re.search(r"[\"\\“”„‟«»\n]", inner) and inner == inner.strip()
    return f'"{inner}"' if plain and place.written == text else None


def _doi(place: Place) -> str | None:
    bare = _DOI_ADDRESS.sub("", place.value, count=1).strip()
    return quoted(place, bare) if DOI.fullmatch(bare) and "?" not in bare and "#" not in bare else None


def _pmid(place: Place) -> str | None:
    shapes = r"(?:PMID[:\s#]*|(?:https?://)?pubmed\.ncbi\.nlm\.nih\.gov/)?([1-9]\d{0,8})/?"
    found = re.fullmatch(shapes, place.value.strip(), re.IGNORECASE | re.ASCII)
    return quoted(place, found[1]) if found else None


def _pmcid(place: Place) -> str | None:
    found = re.fullmatch(r"(?:PMCID[:\s]*)?(?:PMC[\s:]*)?(\d{4,9})", place.value.strip(), re.IGNORECASE | re.ASCII)
    return quoted(place, f"PMC{found[1]}") if found else None


def _registration(place: Place) -> str | None:
    text = place.value.strip()
    found = set()
    for name, (shape, _words) in REGISTRIES.items():
        if not text.casefold().startswith(name.casefold()):
            continue
        rest = re.sub(r"\s", "", text[len(name) :]).lstrip(":#_").upper()
        tries = {f"{name}{gap}{end}" for gap in ("", " ", "/") for end in (rest, rest.lstrip("-/"))}
        found |= {number for number in tries if re.fullmatch(shape, number, re.ASCII)}
    return quoted(place, found.pop()) if len(found) == 1 else None


def _covid(place: Place) -> str | None:
    same = re.fullmatch(r"covid[\s_-]*(20)?19( disease)?", place.value.strip(), re.IGNORECASE)
    return quoted(place, "COVID-19") if same else None


def _ratio(place: Place) -> str | None:
    bare = re.sub(r"(?<=\d)\s*(?:to|:)\s*(?=\d)", ":", place.value.strip())
    return f'"{bare}"' if re.fullmatch(r"\d{1,2}(:\d{1,2})+", bare, re.ASCII) else None


_CORRECTIONS: Final[dict[str, Callable[[Place], str | Correction | None]]] = {
    "E117": _straight_quotes,
    "E120": _comma,
    "E203": _text,
    "E204": _number,
    "E205": _known_word,
    "E211": _country,
    "E212": _truth,
    "E319": _unit,
    "E328": _doi,
    "E329": _pmid,
    "E330": _pmcid,
    "E331": _registration,
    "E334": _ratio,
    "W413": _covid,
}
OF_VALUES: Final = frozenset(_CORRECTIONS)
"""Codes of problems with a value that may have one right answer."""
