"""Small reviews with known answers, and protocols with one field changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msc_meta.effects.measures import effect_size
from msc_meta.effects.rows import ArmNumbers, StudyRow
from msc_meta.pooled_rows import pooled
from msc_meta.protocol import Protocol
from msc_meta.protocol_files import load_protocol
from msc_meta.synthesis import OutcomeSynthesis


def protocol_with(name: str, **rules: Any) -> Protocol:
    """Return the built-in protocol with fields of one outcome changed."""
    data = load_protocol().model_dump(mode="json")
    data["outcomes"][name] |= rules
    return Protocol.model_validate(data)


def counted(number: int, counts: tuple[int, int, int, int], measure: str) -> StudyRow:
    """Return a pooled row of events and patients of both arms."""
    event_e, n_e, event_c, n_c = counts
    found = effect_size(measure, event_e=[event_e], n_e=[n_e], event_c=[event_c], n_c=[n_c])
    return StudyRow(
        study=f"trial-{number}", label=f"Trial {number}", year=2000 + number, standing="pooled",
        e=ArmNumbers(n=n_e, events=event_e), c=ArmNumbers(n=n_c, events=event_c),
        yi=float(found.yi[0]), vi=float(found.vi[0]),
    )  # fmt: skip


def outcome_of(counts: Sequence[tuple[int, int, int, int]], **rules: Any) -> OutcomeSynthesis:
    """Return an answer for mortality made of trials with these events and patients."""
    made = protocol_with("mortality", **rules).outcome("mortality")
    rows = tuple(counted(number, one, made.measure) for number, one in enumerate(counts, start=1))
    return OutcomeSynthesis(name="mortality", rules=made, rows=rows, result=pooled(rows, made))
