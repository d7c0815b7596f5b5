"""The columns of a flat table of records: made from the record format, so that a table can say all that a record can.

A row says something about one arm, one report of an outcome, or one arm's numbers in one report; it may say several of
these at once. What a row is about stands in its key columns: ``study``, ``arm``, ``report`` (with ``outcome``),
``risk_of_bias`` and ``sources``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, get_args, get_origin

from msc_meta.records.fields import descriptions, plain
from msc_meta.records.study import Arm, ArmData, Outcome, Part, RiskOfBias, Source, Study

Level = Literal["study", "arm", "report", "data", "judgement", "source"]
Kind = Literal["text", "list", "number", "count", "truth"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name in the header, and the field it fills."""

    name: str
    level: Level
    path: tuple[str | int, ...]
    """The field within its part: ``("dose", "value")`` of an arm; empty for a column that only tells rows apart."""
    kind: Kind
    help: str


PARTS: dict[Level, tuple[type[Part], str]] = {
    "study": (Study, ""),
    "arm": (Arm, "arm."),
    "report": (Outcome, ""),
    "data": (ArmData, ""),
    "judgement": (RiskOfBias, "risk_of_bias."),
    "source": (Source, "sources."),
}
"""Level -> the part of the record it fills, and how its columns begin."""

KEYS: dict[Level, Column] = {
    "arm": Column("arm", "arm", (), "text", "Id of the arm that the row is about."),
    "report": Column("report", "report", (), "count", "Number of the report within the study: 1, 2, 3."),
    "judgement": Column("risk_of_bias", "judgement", (), "count", "Number of the judgement within the study."),
    "source": Column("sources", "source", (), "count", "Number of the source within the study."),
}
DOMAIN = Column("risk_of_bias.domain", "judgement", (), "text", "Domain of risk of bias that the row is about.")
JUDGEMENT = Column("risk_of_bias.judgement", "judgement", (), "text", "Judgement of that domain.")

# a name that two levels would share: the first part of the name says whose it is
OWN_NAMES: dict[tuple[Level, str], str] = {
    ("study", "id"): "study",
    ("study", "note"): "study.note",
    ("report", "note"): "outcome.note",
    ("data", "note"): "data.note",
}


@cache
def columns() -> dict[str, Column]:
    """Return every column by its name, in the order in which they are written.

    Examples
    --------
    >>> table = columns()
    >>> table["arm.dose.value"].path, table["events"].level, table["ci.low"].path
    (('dose', 'value'), 'data', ('ci', 0))
    """
    found: list[Column] = []
    for level, (part, prefix) in PARTS.items():
        if level in KEYS:
            found.append(KEYS[level])
        for path, kind, text in _leaves(part):
            name = ".".join(piece if isinstance(piece, str) else ("low", "high")[piece] for piece in path)
            found.append(Column(OWN_NAMES.get((level, name), prefix + name), level, path, kind, text))
        if level == "judgement":
            found += [DOMAIN, JUDGEMENT]
    return {column.name: column for column in found}


def find_columns(name: str) -> tuple[Column, ...]:
    """Return the columns that a header may mean: the one of its name, or all whose name begins or ends so.

    Only where that is one column is the header clear: ``allocation``, ``dose.value``.

    Examples
    --------
    >>> [column.name for column in find_columns("Allocation")]
    ['design.allocation']
    >>> [column.name for column in find_columns("url")]
    ['source.url', 'risk_of_bias.source.url', 'sources.url']
    """
    wanted = name.strip().lower()
    table = columns()
    if wanted in table:
        return (table[wanted],)
    return tuple(
        column
        for column in table.values()
        if wanted and (column.name.startswith(f"{wanted}.") or column.name.endswith(f".{wanted}"))
    )


def _leaves(part: type[Part]) -> Iterator[tuple[tuple[str | int, ...], Kind, str]]:
    """Yield every single value of a part; what repeats (arms, reports, judgements, sources) is a level of its own."""
    for name, field in part.model_fields.items():
        text = " ".join(descriptions(part)[name].split())
        kind = plain(field.annotation)
        if _is_part(kind):
            for path, inner_kind, inner_text in _leaves(kind):
                yield (name, *path), inner_kind, inner_text
        elif get_origin(kind) is tuple:
            item, end = get_args(kind)
            if end is not Ellipsis:
                yield (name, 0), "number", text
                yield (name, 1), "number", text
            elif not _is_part(plain(item)):
                yield (name,), "list", text
        elif get_origin(kind) is not dict:
            kinds: dict[Any, Kind] = {int: "count", float: "number", bool: "truth"}
            yield (name,), kinds.get(kind, "text"), text


def _is_part(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Part)
