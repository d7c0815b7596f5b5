"""What changed between two states of a review: records, decisions, and how each pooled effect moved."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msc_meta.errors import UsageError
from msc_meta.living.record_changes import FieldChange, RecordChange, mapping_changes, record_changes

if TYPE_CHECKING:
    from msc_meta.evidence import Evidence
    from msc_meta.protocol import Protocol

SAME = 1e-9  # relative: a number that moved by less was only summed in another order


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One state of a review: its results, and its records and decisions where they are at hand."""

    name: str
    results: Mapping[str, Any]
    evidence: Evidence | None = None
    protocol: Protocol | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectChange:
    """How the answer for one outcome moved; each side is its part of results.json, None where it is not there.

    Attributes
    ----------
    entered, left : tuple of str
        Labels of the trials that are pooled now and were not, and the other way round.
    moved : tuple of str
        Labels of the trials that are pooled in both and have another effect or variance.
    """

    outcome: str
    old: Mapping[str, Any] | None
    new: Mapping[str, Any] | None
    entered: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()

    @property
    def differs(self) -> bool:
        """Whether anything a reader sees of the pooled answer is another one."""
        if self.old is None or self.new is None:
            return True
        if self.entered or self.left or self.moved:
            return True
        return not all(same(self.old.get(name), self.new.get(name)) for name in COMPARED)


COMPARED = (
    "measure", "k", "estimate", "se", "ci", "p_value", "prediction", "tau2", "i2", "q", "method", "ci_method",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """All that changed; ``records`` is None where one side has results only."""

    old: str
    new: str
    records: tuple[RecordChange, ...] | None
    decisions: tuple[FieldChange, ...] | None
    effects: tuple[EffectChange, ...]

    @property
    def any(self) -> bool:
        """Whether anything changed."""
        return bool(self.records or self.decisions or any(effect.differs for effect in self.effects))


def changes(old: State, new: State) -> Changes:
    """Compare two states of a review."""
    records = None if old.evidence is None or new.evidence is None else record_changes(old.evidence, new.evidence)
    decisions = None
    if old.protocol is not None and new.protocol is not None:
        before, after = (state.model_dump(mode="json") for state in (old.protocol, new.protocol))
        decisions = tuple(mapping_changes(before, after))
    names = dict.fromkeys((*new.results["outcomes"], *old.results["outcomes"]))
    effects = tuple(
        _effect(name, old.results["outcomes"].get(name), new.results["outcomes"].get(name)) for name in names
    )
    return Changes(old=old.name, new=new.name, records=records, decisions=decisions, effects=effects)


def results_in(folder: Path) -> Mapping[str, Any] | None:
    """Return what a run wrote into a folder; None where it is no output of a run.

    Raises
    ------
    UsageError
        If there is a results.json that can not be read.
    """
    path = folder / "results.json"
    if not path.is_file():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(found["outcomes"], dict):
            raise TypeError("outcomes")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path} is no results.json of a run: {error}") from None
    return dict(found)


def results_of(evidence: Evidence, protocol: Protocol) -> Mapping[str, Any]:
    """Return what a run would write into results.json now, as it would be read again."""
    from msc_meta import __version__
    from msc_meta.report.results_json import results, to_json
    from msc_meta.synthesis import synthesize

    return dict(json.loads(to_json(results(synthesize(evidence, protocol), evidence, __version__))))


def same(a: Any, b: Any) -> bool:
    """Whether two values of results.json say the same, numbers to nine digits."""
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(same(a[name], b[name]) for name in a)
    if _is_number(a) and _is_number(b):
        return math.isclose(a, b, rel_tol=SAME, abs_tol=1e-12)
    return isinstance(a, bool) == isinstance(b, bool) and bool(a == b)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _effect(name: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> EffectChange:
    before, after = (_pooled(side) for side in (old, new))
    moved = [
        study
        for study in after
        if study in before and not all(same(before[study][n], after[study][n]) for n in ("yi", "vi"))
    ]
    return EffectChange(
        outcome=name,
        old=old,
        new=new,
        entered=tuple(_label(after[study]) for study in after if study not in before),
        left=tuple(_label(before[study]) for study in before if study not in after),
        moved=tuple(_label(after[study]) for study in moved),
    )


def _pooled(side: Mapping[str, Any] | None) -> dict[str, Mapping[str, Any]]:
    """Return the pooled rows of an outcome by study; a study with several comparisons has several."""
    found: dict[str, Mapping[str, Any]] = {}
    for row in (side or {}).get("studies", ()):
        found[f"{row['id']}/{row.get('label', '')}"] = row
    return found


def _label(row: Mapping[str, Any]) -> str:
    return str(row.get("label") or row["id"])
