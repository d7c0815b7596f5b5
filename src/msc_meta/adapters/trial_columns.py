"""The columns of a table with one row per trial, and where each goes in a record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from msc_meta.adapters.table_kinds import normal
from msc_meta.hookspecs import FieldPath
from msc_meta.records.table_columns import Kind, find_columns

EXPERIMENTAL, CONTROL = "experimental", "control"
"""Ids of the two arms, for such a table does not name them."""

NAMES = ("study id", "slab", "studlab", "study", "label", "author", "trial", "id")
"""Columns that may hold the trial's name; the first of them that there is does."""

_ARMS: dict[str, dict[str, str]] = {
    EXPERIMENTAL: {
        "ai": "events", "bi": "others", "tpos": "events", "tneg": "others", "n1i": "n", "m1i": "mean", "sd1i": "sd",
    },
    CONTROL: {
        "ci": "events", "di": "others", "cpos": "events", "cneg": "others", "n2i": "n", "m2i": "mean", "sd2i": "sd",
    },
}  # fmt: skip
_SUFFIXES = {EXPERIMENTAL: (".e", ".arm1"), CONTROL: (".c", ".arm2")}
_SHORT = {"event": "events", "events": "events", "totaln": "n", **{
    name: name for name in ("n", "mean", "sd", "se", "median", "q1", "q3", "min", "max")
}}  # fmt: skip
EFFECTS = {
    "yi": "yi", "te": "yi", "vi": "vi", "sei": "sei", "sete": "sei", "ci.lb": "low", "lower": "low",
    "ci.ub": "high", "upper": "high", "measure": "measure", "sm": "measure",
}  # fmt: skip
"""Columns of an effect as computed: on the logarithmic scale where it is a ratio, as in R."""

Role = Literal["name", "year", "data", "effect", "field", "left out"]
GIVEN_TO = {"product", "source", "dose", "infusions", "route"}
"""Fields of an arm that say what was given: in a row per trial, to the experimental arm."""


@dataclass(frozen=True, slots=True)
class TrialColumn:
    """One column of the file: what it is about, and the field that it fills."""

    name: str
    role: Role
    path: FieldPath = ()
    kind: Kind = "text"


def trial_columns(header: Sequence[str]) -> list[TrialColumn]:
    """Return what each column of a first row means; one whose meaning is not known is left out.

    Examples
    --------
    >>> [column.role for column in trial_columns(["slab", "ai", "n1i", "yi", "day", "alloc_code"])]
    ['name', 'data', 'data', 'effect', 'field', 'left out']
    """
    names = [normal(name) for name in header]
    called = next((name for name in NAMES if name in names), None)
    found = [
        TrialColumn(own, "name") if name == called else _column(own, name)
        for own, name in zip(header, names, strict=True)
    ]
    seen: set[FieldPath | Role] = set()
    for place, column in enumerate(found):  # of two columns for one field the first counts
        key = column.path or column.role
        if key in seen and column.role != "left out":
            found[place] = TrialColumn(column.name, "left out")
        seen.add(key)
    return found


def _column(own: str, name: str) -> TrialColumn:
    if name in {"year", "pubyear", "citation.year"}:
        return TrialColumn(own, "year", ("citation", "year"), "count")
    if name in EFFECTS:
        key = EFFECTS[name]
        return TrialColumn(own, "effect", (key,), "text" if key == "measure" else "number")
    for arm, suffixes in _SUFFIXES.items():
        stem = next((name.removesuffix(suffix) for suffix in suffixes if name.endswith(suffix)), "")
        if key := _ARMS[arm].get(name) or _SHORT.get(stem, ""):
            return TrialColumn(own, "data", (arm, key), "count" if key in {"n", "events", "others"} else "number")
    return _field(own)


def _field(own: str) -> TrialColumn:
    """Return the column of the CSV table of that name: it says something about the study, an arm or the report."""
    known = [column for column in find_columns(own.strip(' "')) if column.level in {"study", "arm", "report"}]
    if len(known) != 1 or not known[0].path or known[0].path == ("id",):
        return TrialColumn(own, "left out")
    (column,) = known
    if column.level == "report":
        return TrialColumn(own, "field", ("outcomes", *column.path), column.kind)
    if column.level == "arm":
        arm = CONTROL if column.path[0] == "comparator" else EXPERIMENTAL
        given = column.path[0] in GIVEN_TO or arm == CONTROL
        return TrialColumn(own, "field", ("arms", arm, *column.path), column.kind) if given else _left(own)
    return TrialColumn(own, "field", column.path, column.kind)


def _left(own: str) -> TrialColumn:
    return TrialColumn(own, "left out")
