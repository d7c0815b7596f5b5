"""What changed between two states of a review: records, decisions, and how each pooled effect moved."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from msc_meta.living.record_changes import FieldChange, RecordChange, hash_changes, mapping_changes, record_changes
from msc_meta.living.screening_changes import screening_changes

if TYPE_CHECKING:
    from msc_meta.evidence import Evidence
    from msc_meta.protocol import Protocol
    from msc_meta.synthesis import Synthesis

SAME = 1e-9  # relative: a number that moved by less was only summed in another order


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One state of a review: its results, and its records and decisions where they are at hand.

    ``hashes`` are those of the records, by the id of their study, and ``locked_screening`` is that of the screening
    file, where a manifest tells them.
    """

    name: str
    results: Mapping[str, Any]
    evidence: Evidence | None = None
    protocol: Protocol | None = None
    hashes: Mapping[str, str] | None = None
    locked_screening: str | None = None

    @property
    def record_hashes(self) -> Mapping[str, str] | None:
        """Hash of each record; None where only results are at hand."""
        return self.hashes if self.evidence is None else self.evidence.record_hashes

    @property
    def screening_hash(self) -> str | None:
        """Hash of the screening file; None where there is none, or only results are at hand."""
        if self.evidence is None:
            return self.locked_screening
        return None if self.evidence.screening is None else self.evidence.screening.sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectChange:
    """How the answer for one outcome moved; each side is its part of results.json, None where it is not there.

    Attributes
    ----------
    entered, left : tuple of str
        Labels of the trials that are pooled now and were not, and the other way round.
    moved : tuple of str
        Labels of the trials that are pooled in both and have another effect or variance, of the same measure.
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
    """All that changed; ``records`` or ``decisions`` is None where one side does not hold them.

    ``screening`` is None where neither side has numbers of search and selection.

    Attributes
    ----------
    old, new : str
        What the two states are called.
    by_hash : bool
        Whether the records of one side are known by their hashes only, so that it is not said what changed in one.
    """

    old: str
    new: str
    records: tuple[RecordChange, ...] | None
    decisions: tuple[FieldChange, ...] | None
    effects: tuple[EffectChange, ...]
    by_hash: bool = False
    screening: tuple[FieldChange, ...] | None = None

    @property
    def any(self) -> bool:
        """Whether anything changed."""
        return bool(self.records or self.decisions or self.screening or any(effect.differs for effect in self.effects))


def changes(old: State, new: State) -> Changes:
    """Compare two states of a review."""
    records = _records(old, new)
    before, after = old.results["outcomes"], new.results["outcomes"]
    renamed = {one.fields[0].old: one.study for one in records or () if one.kind == "renamed"}
    return Changes(
        old=old.name,
        new=new.name,
        records=records,
        decisions=_decisions(old, new),
        effects=tuple(
            _effect(name, before.get(name), after.get(name), renamed) for name in dict.fromkeys((*after, *before))
        ),
        by_hash=records is not None and (old.evidence is None or new.evidence is None),
        screening=screening_changes(old, new),
    )


def _records(old: State, new: State) -> tuple[RecordChange, ...] | None:
    if old.evidence is not None and new.evidence is not None:
        return record_changes(old.evidence, new.evidence)
    if old.record_hashes is None or new.record_hashes is None:
        return None
    return hash_changes(old.record_hashes, new.record_hashes)


def _decisions(old: State, new: State) -> tuple[FieldChange, ...] | None:
    """Return the decisions that differ: those of the protocols, or else those that results.json holds."""
    if old.protocol is not None and new.protocol is not None:
        before, after = (state.model_dump(mode="json") for state in (old.protocol, new.protocol))
        return tuple(mapping_changes(before, after))
    both = old.results["outcomes"].keys() & new.results["outcomes"].keys()
    before, after = (
        {name: state.results["outcomes"][name].get("choices") or {} for name in sorted(both)} for state in (old, new)
    )
    if not any(before.values()) or not any(after.values()):
        return None
    found = tuple(mapping_changes({"outcomes": before}, {"outcomes": after}))
    hashes = [str((state.results.get("protocol") or {}).get("sha256", ""))[:12] for state in (old, new)]
    other = FieldChange("sha256 of the protocol", *hashes)
    return found or ((other,) if all(hashes) and hashes[0] != hashes[1] else ())


def results_of(synthesis: Synthesis, evidence: Evidence) -> Mapping[str, Any]:
    """Return what a run would write into results.json now, as it would be read again."""
    from msc_meta import __version__
    from msc_meta.report.results_json import results, to_json

    return dict(json.loads(to_json(results(synthesis, evidence, __version__))))


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


def _effect(
    name: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None, renamed: Mapping[str, str]
) -> EffectChange:
    rows = [_rows(old, renamed), _rows(new, {})]
    several = {study for side in rows for study, count in Counter(study for study, _ in side).items() if count > 1}
    before, after = (_by_key(side, several) for side in rows)
    comparable = old is not None and new is not None and old["measure"] == new["measure"]
    moved = [
        key for key in after if key in before and not all(same(before[key].get(n), after[key].get(n)) for n in EFFECT)
    ] if comparable else []  # fmt: skip
    return EffectChange(
        outcome=name,
        old=old,
        new=new,
        entered=tuple(_label(after[key]) for key in after if key not in before),
        left=tuple(_label(before[key]) for key in before if key not in after),
        moved=tuple(_label(after[key]) for key in moved),
    )


EFFECT = ("yi", "vi")
Row = Mapping[str, Any]


def _rows(side: Mapping[str, Any] | None, renamed: Mapping[str, str]) -> list[tuple[str, Row]]:
    """Return the pooled rows of an outcome with the id of their study, by its present name."""
    return [(renamed.get(row["id"], row["id"]), row) for row in (side or {}).get("studies", ())]


def _by_key(rows: Sequence[tuple[str, Row]], several: set[str]) -> dict[tuple[str, ...], Row]:
    """Return rows by study; by study and label where one is compared more than once."""
    found: dict[tuple[str, ...], Row] = {}
    for study, row in rows:
        key = (study, str(row.get("label", ""))) if study in several else (study,)
        while key in found:
            key = (*key, "again")
        found[key] = row
    return found


def _label(row: Row) -> str:
    return str(row.get("label") or row["id"])
