"""Effects of rows that have a contrast, computed all at once; a row without an effect says why."""

from __future__ import annotations

from dataclasses import replace
from math import isnan
from typing import TYPE_CHECKING, Any

from msc_meta.protocol import EVENT_MEASURES, MEAN_MEASURES, MEDIAN_MEASURES

if TYPE_CHECKING:
    from msc_meta.effects.rows import StudyRow
    from msc_meta.protocol import OutcomeProtocol

CORRECTED = ("RR", "OR", "RD")


def with_effects(rows: list[StudyRow], rules: OutcomeProtocol) -> list[StudyRow]:
    """Compute the effects of all rows that have a contrast at once."""
    import numpy as np

    from msc_meta.effects.measures import effect_size

    rows = [_refused(row, rules) for row in rows]
    ready = [i for i, row in enumerate(rows) if row.standing == "pooled" and not row.has_effect]
    if not ready:
        return rows
    names = numbers_of(rules.measure)
    arms = {
        f"{'event' if name == 'events' else name}_{suffix}": np.array(
            [getattr(getattr(rows[i], suffix), name) for i in ready]
        )
        for suffix in ("e", "c")
        for name in names
    }
    if rules.measure in MEDIAN_MEASURES:
        arms["p_value"] = np.array([rows[i].p_value for i in ready])
    effects = effect_size(rules.measure, **arms, **_zero_options(rules), **_conventions(rules))
    yi = effects.yi
    if rules.measure == "RD":  # a difference needs no correction; only a variance that would be 0 does
        yi = arms["event_e"] / arms["n_e"] - arms["event_c"] / arms["n_c"]
    for i, effect, variance in zip(ready, yi.tolist(), effects.vi.tolist(), strict=True):
        rows[i] = _corrected(_with_effect(rows[i], effect, variance, rules), rules)
    return rows


def _corrected(row: StudyRow, rules: OutcomeProtocol) -> StudyRow:
    """Say where a table with an empty cell was corrected."""
    zero = rules.zero_events
    if zero is None or not zero.correction or not row.included or rules.measure not in CORRECTED:
        return row
    empty = any(arm.events in (0, arm.n) for arm in (row.e, row.c))
    if not empty and zero.scope != "all":
        return row
    where = "for its variance" if rules.measure == "RD" else "because one is empty" if empty else "as in every study"
    how = "about" if zero.scope == "treatment-arm" else ""
    amount = f"{how} {zero.correction:g}".strip().capitalize()
    return replace(row, marks=(*row.marks, f"{amount} is added to each cell, {where}."))


def _refused(row: StudyRow, rules: OutcomeProtocol) -> StudyRow:
    """Set aside a row whose numbers the measure does not exist for: a ratio of values that are not above 0."""
    if row.standing != "pooled" or row.has_effect or rules.measure not in ("ROM", "LRM"):
        return row
    what = "mean" if rules.measure == "ROM" else "median"
    if all(getattr(arm, what) > 0 for arm in (row.e, row.c)):
        return row
    return replace(row, standing="not usable", reason=f"a ratio needs {what}s above 0")


def numbers_of(measure: str) -> tuple[str, ...]:
    """Return the fields of an arm that a measure is made of."""
    if measure in MEDIAN_MEASURES:
        return ("median",)
    return ("events", "n") if measure in EVENT_MEASURES else ("mean", "sd", "n")


def _zero_options(rules: OutcomeProtocol) -> dict[str, Any]:
    zero = rules.zero_events
    if zero is None or rules.measure not in EVENT_MEASURES:
        return {}
    if rules.measure in ("PETO", "AS"):  # neither needs a correction; only a ratio can not do without events
        return {"scope": "none"}
    drop = rules.measure != "RD" and zero.double_zero == "not-estimable"  # a difference of 0 is an estimate
    return {"cc": zero.correction, "scope": zero.scope, "drop00": drop}


def _conventions(rules: OutcomeProtocol) -> dict[str, Any]:
    return {"vtype": "RevMan"} if rules.measure == "SMD" and rules.conventions == "revman" else {}


def _with_effect(row: StudyRow, yi: float, vi: float, rules: OutcomeProtocol) -> StudyRow:
    if not isnan(yi) and vi > 0:
        return replace(row, yi=yi, vi=vi)
    if rules.measure in EVENT_MEASURES:
        return replace(row, standing="not estimable", reason=f"not estimable: {_why_not_estimable(row)}")
    if rules.measure not in MEAN_MEASURES:
        return replace(row, standing="not usable", reason="medians without an exact p-value between 0 and 1")
    return replace(row, standing="not usable", reason=f"no {rules.measure} can be computed from these numbers")


def _why_not_estimable(row: StudyRow) -> str:
    if row.e.events == row.c.events == 0:
        return "no events in either arm"
    if row.e.events == row.e.n and row.c.events == row.c.n:
        return "every patient has the event in both arms"
    return "an arm without events, or with events only, and no correction"
