"""The consensus of two extractions as a record: what agrees, and a comment wherever somebody has to decide."""

from __future__ import annotations

from msc_meta.hookspecs import FieldPath, Position
from msc_meta.records.compare import Comparison, Item
from msc_meta.records.strict_yaml import UNDECIDED, read_yaml
from msc_meta.records.write_yaml import values_to_yaml


def consensus_text(comparison: Comparison, *, schema_line: str = "") -> str:
    """Return the record as YAML; ``msc-meta check`` refuses it (E125) until every UNDECIDED is replaced.

    Parameters
    ----------
    comparison : Comparison
        Of the two extractions.
    schema_line : str, optional
        The comment by which editors find the JSON Schema.
    """
    lines = values_to_yaml(comparison.consensus).splitlines()
    places = _places("\n".join(lines) + "\n")
    for item in reversed(comparison.undecided):
        place = places[item.field]
        indent = len(lines[place.line - 1]) - len(lines[place.line - 1].lstrip(" "))
        lines.insert(place.line - 1, " " * indent + _question(item))
    agreed = sum(item.agrees for item in comparison.items)
    of_what = f"{agreed} of {len(comparison.items)} fields agree"
    head = [f"# Consensus of {' and '.join(comparison.paths)}: {of_what}."]
    if comparison.undecided:
        head.append(f"# Decide: write the right value in place of each {UNDECIDED}; msc-meta check lists them.")
    return "".join(f"{line}\n" for line in ([schema_line.rstrip()] if schema_line else []) + head + lines)


def _question(item: Item) -> str:
    if item.kind == "part":
        only = item.a if item.a.value is not None else item.b
        return f"# DECIDE whether {item.name} belongs here: only in {only.path}:{only.line}"
    return f"# DECIDE {item.name}: {item.a} or {item.b}"


def _places(text: str) -> dict[FieldPath, Position]:
    """Return where each field's comment goes: above its line, found by reading what was written."""
    document = read_yaml(text, "consensus")
    return {**document.positions, **document.keys}
