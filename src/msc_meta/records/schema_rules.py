"""Rules of a record that JSON Schema can say too, so that an editor underlines what ``msc-meta check`` would refuse.

Each refuses nothing that the check accepts. Editors show ``errorMessage`` in place of their own words; other readers of
JSON Schema pass over it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from msc_meta.records.rules.comparisons import RATIOS
from msc_meta.records.rules.identity import DOI, FIRST_TRIAL, REGISTRIES
from msc_meta.records.rules.outcomes import COUNTED, MEASURED
from msc_meta.records.study import QUANTITIES

Schema = dict[str, Any]
_HTTP: Final = "[hH][tT][tT][pP][sS]?://"
_URL: Final = rf"^({_HTTP}[^\s/?#]+\.[^\s/?#]+\S*|[fF][iI][lL][eE]:\S+|([dD][oO][iI]:\s*)?{DOI.pattern})$"

# part -> field -> what its value has to be, beyond its type
_VALUES: Final[dict[str, dict[str, Schema]]] = {
    "Citation": {
        "doi": {"pattern": f"^{DOI.pattern}$", "errorMessage": "a DOI begins with 10.: 10.1038/s41409-024-02230-5"},
        "pmid": {"pattern": "^[1-9][0-9]{0,8}$", "errorMessage": 'digits in quotes: "38409332"'},
        "pmcid": {"pattern": "^PMC[0-9]+$", "errorMessage": "PMC and digits: PMC8860258"},
        "year": {"minimum": FIRST_TRIAL},
    },
    "Design": {"ratio": {"pattern": "^[0-9]{1,2}(:[0-9]{1,2})+$", "errorMessage": 'in quotes: "1:1" or "2:1:1"'}},
    "Source": {"url": {"pattern": _URL, "errorMessage": "an address with https://, or a DOI that begins with 10."}},
    "ArmData": {
        "percent": {"minimum": 0, "maximum": 100},
        "survival_percent": {"minimum": 0, "maximum": 100},
        "sd": {"exclusiveMinimum": 0},
        "se": {"exclusiveMinimum": 0},
    },
    "Between": {"p": {"minimum": 0, "maximum": 1}, "se": {"exclusiveMinimum": 0}},
}
_EMPTY: Final[Schema] = {"not": {"type": ["string", "number", "boolean", "array", "object"]}}
"""Holds for null alone; said the other way round, because editors would offer null as something to type."""
_GIVEN: Final[Schema] = {"not": {"type": "null"}}


def add_rules(parts: dict[str, Schema], study: Schema) -> None:
    """Add the rules to the schemas of the parts, and of the record itself."""
    for part, limits in _VALUES.items():
        for name, limit in limits.items():
            parts[part]["properties"][name] |= limit
    study["properties"]["registrations"]["items"]["allOf"] = [*_registrations()]
    parts["Arm"]["allOf"] = [
        _if(
            _is("role", "experimental"),
            _given("product"),
            "an experimental arm needs product: cells, cell-free or other",
        )
    ]
    parts["ArmData"]["allOf"] = [*_numbers_of_an_arm()]
    parts["Between"]["allOf"] = [*_comparison()]
    parts["Outcome"]["allOf"] = [*_quantities_and_units(), *_numbers_of_an_outcome()]


def _registrations() -> Iterator[Schema]:
    for name, (shape, words) in REGISTRIES.items():
        begin = "".join(f"[{letter.lower()}{letter.upper()}]" for letter in name)
        yield {
            "if": {"pattern": rf"^\s*{begin}([\s\d:/_-]|[nN]\d)"},
            "then": {"pattern": f"^({shape})$", "errorMessage": f"write {words}"},
        }


def _numbers_of_an_arm() -> Iterator[Schema]:
    """Say which numbers of an arm need another."""
    for name in ("sd", "se", "ci"):
        yield _if(_given(name), _given("mean"), f"{name} without mean")
    yield _if(_given("value"), _given("statistic"), "value needs statistic: unclear; else write mean or median")
    yield _if(_given("statistic"), _given("value"), "statistic: unclear describes a value")


def _comparison() -> Iterator[Schema]:
    for name in ("ci", "se"):
        yield _if(_given(name), {"not": _all_empty("estimate", "hr")}, f"{name} without an estimate")
    ratio = {"properties": {"measure": {"enum": list(RATIOS)}}, "required": ["measure"]}
    yield {"if": ratio, "then": {"properties": {"estimate": {"exclusiveMinimum": 0}}}}


def _quantities_and_units() -> Iterator[Schema]:
    for outcome, quantities in QUANTITIES.items():
        allowed = {"enum": list(quantities)} if quantities else _EMPTY
        yield {"if": _is("outcome", outcome), "then": {"properties": {"quantity": _or_empty(allowed)}}}
        for quantity, units in quantities.items():
            yield {"if": _is("quantity", quantity), "then": {"properties": {"unit": _or_empty({"enum": list(units)})}}}
    yield {"if": _is("outcome", "mortality"), "then": {"properties": {"unit": _EMPTY}}}
    stay = list(QUANTITIES["discharge_time"]["hospital_stay"])
    yield {"if": _is("outcome", "discharge_time"), "then": {"properties": {"unit": _or_empty({"enum": stay})}}}


def _numbers_of_an_outcome() -> Iterator[Schema]:
    """Say which forms the numbers of the arms may take, and what they need beside them."""
    for outcome in QUANTITIES:
        wrong = MEASURED if outcome == "mortality" else COUNTED
        yield {"if": _is("outcome", outcome), "then": _each_arm({"properties": dict.fromkeys(wrong, _EMPTY)})}
    for outcome, needed in (("oxygenation", ("quantity", "kind", "unit")), ("discharge_time", ("unit",))):
        for key in needed:
            both = {**_is("outcome", outcome), "allOf": [_SOME_NUMBER]}
            yield _if(both, _given(key), f"numbers of {outcome} need {key}")
    whole_trial = {"properties": {"subgroup": _EMPTY}}
    for count in ("events", "survivors"):
        yield {"if": whole_trial, "then": _each_arm(_if(_given(count), _given("n"), f"{count} without n"))}
    yield _if(
        _given("reported"), _each_arm(_all_empty(*COUNTED, *MEASURED)), "leave reported out where there are numbers"
    )
    marked = {"properties": {"preferred": {"const": True}}, "required": ["preferred"]}
    yield _if(marked, _given("reason"), "preferred needs a reason")


def _each_arm(rule: Schema) -> Schema:
    return {"properties": {"arms": {"additionalProperties": rule}}}


def _if(condition: Schema, rule: Schema, message: str) -> Schema:
    return {"if": condition, "then": {**rule, "errorMessage": message}}


def _is(key: str, value: str) -> Schema:
    return {"properties": {key: {"const": value}}, "required": [key]}


def _given(key: str) -> Schema:
    """Hold where a key is there with a value."""
    return {"properties": {key: _GIVEN}, "required": [key]}


def _all_empty(*keys: str) -> Schema:
    return {"properties": dict.fromkeys(keys, _EMPTY)}


def _or_empty(schema: Schema) -> Schema:
    """Let a key stay without a value, as in a record that is being filled in."""
    return {"if": _GIVEN, "then": schema} if schema is not _EMPTY else schema


_SOME_NUMBER: Final[Schema] = {
    "properties": {"arms": {"not": {"additionalProperties": _all_empty(*COUNTED, *MEASURED)}}},
    "required": ["arms"],
}
"""Holds where an arm has a number: where not every arm is without any."""
