"""What changed in the numbers of search and selection: field by field, or box by box where only results are at hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msc_meta.living.record_changes import FieldChange, mapping_changes

if TYPE_CHECKING:
    from msc_meta.living.run_changes import State

FILE = "screening file"
COUNTED = ("included.", "new.", "syntheses")  # boxes that the records fill, whose changes are said with the records


def screening_changes(old: State, new: State) -> tuple[FieldChange, ...] | None:
    """Return what changed in the screening file; None where neither state has one."""
    there = [state.screening_hash is not None or "flow" in state.results for state in (old, new)]
    if not any(there):
        return None
    found: tuple[FieldChange, ...] = ()
    if not all(there):
        found = (FieldChange(FILE, "there" if there[0] else None, "there" if there[1] else None),)
    if old.evidence is not None and new.evidence is not None:
        before, after = (_typed(state) for state in (old, new))
    else:
        before, after = (_shown(state) for state in (old, new))
    found += tuple(mapping_changes(before, after))
    was, now = old.screening_hash, new.screening_hash
    if found or was is None or now is None or was == now:
        return found
    return (FieldChange(f"sha256 of the {FILE}", was[:12], now[:12]),)


def _typed(state: State) -> Mapping[str, Any]:
    screening = None if state.evidence is None else state.evidence.screening
    return {} if screening is None else screening.numbers.model_dump(mode="json", exclude_defaults=True)


def _shown(state: State) -> Mapping[str, Any]:
    """Return the typed numbers of the diagram by their keys."""
    flow = state.results.get("flow")
    counts = flow.get("counts") if isinstance(flow, Mapping) else None
    return {key: n for key, n in (counts if isinstance(counts, Mapping) else {}).items() if not key.startswith(COUNTED)}
