"""One outcome as text for the terminal: the studies, the pooled effect, and what was left out and why."""

from __future__ import annotations

from math import exp, isnan
from typing import TYPE_CHECKING

from msc_meta.effects.measures import MEASURES

if TYPE_CHECKING:
    from msc_meta.effects.rows import StudyRow
    from msc_meta.pooling.results import PooledResult
    from msc_meta.synthesis import OutcomeSynthesis

LEFT_OUT_SHOWN = ("not estimable", "not usable", "not eligible", "no data")


def outcome_text(answer: OutcomeSynthesis) -> str:
    """Return one outcome as text, about 100 columns wide."""
    unit = f", {answer.rules.unit}" if answer.rules.unit and answer.rules.measure == "MD" else ""
    parts = [
        f"{answer.rules.title}: {MEASURES[answer.rules.measure].title.lower()}{unit}",
        answer.finding,
        *_studies(answer),
        str(answer.result),
        *_sensitivity(answer),
        *_left_out(answer.rows),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _studies(answer: OutcomeSynthesis) -> list[str]:
    rows = answer.pooled
    if not rows:
        return []
    width = max(len(row.label) for row in rows)
    lines = [
        f"{row.label:<{width}}  {_arms(row):<34}  {_effect(row, answer.rules.measure):<26}  {row.weight:5.1f}%"
        for row in rows
    ]
    return ["\n".join(lines)]


def _arms(row: StudyRow) -> str:
    if not isnan(row.e.events):
        return f"{row.e.events:g}/{row.e.n:g} v {row.c.events:g}/{row.c.n:g}"
    if not isnan(row.e.mean):
        return f"{row.e.mean:.1f} ({row.e.sd:.1f}) v {row.c.mean:.1f} ({row.c.sd:.1f})"
    return f"{row.e.median:g} v {row.c.median:g}" if not isnan(row.e.median) else ""


def _effect(row: StudyRow, measure: str) -> str:
    half = 1.959963984540054 * row.vi**0.5
    show = exp if MEASURES[measure].log else float
    return f"{show(row.yi):.2f} [{show(row.yi - half):.2f}, {show(row.yi + half):.2f}]"


def _sensitivity(answer: OutcomeSynthesis) -> list[str]:
    if not answer.sensitivity:
        return []
    width = max(len(variant.title) for variant in answer.sensitivity.values())
    lines = [f"  {variant.title:<{width}}  {_short(variant.result)}" for variant in answer.sensitivity.values()]
    return ["Sensitivity analyses\n" + "\n".join(lines)]


def _short(result: PooledResult) -> str:
    if not result.k:
        return "no study"
    shown = result.display()
    return f"{result.measure} {shown.estimate:.2f} [{shown.ci.low:.2f}, {shown.ci.high:.2f}], k = {result.k}"


def _left_out(rows: tuple[StudyRow, ...]) -> list[str]:
    by_reason: dict[tuple[int, str], list[str]] = {}
    for row in rows:
        if not row.included:
            key = (LEFT_OUT_SHOWN.index(row.standing), row.reason)
            by_reason.setdefault(key, []).append(row.label)
    if not by_reason:
        return []
    lines = [f"  {reason}: {', '.join(labels)}" for (_, reason), labels in sorted(by_reason.items())]
    return ["Not in the pooled estimate\n" + "\n".join(lines)]
