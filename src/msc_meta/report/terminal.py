"""One outcome as text for the terminal: the studies, the pooled effect, and what was left out and why."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING

from msc_meta.effects.measures import MEASURES

if TYPE_CHECKING:
    from msc_meta.effects.rows import StudyRow
    from msc_meta.pooling.regression import Regression
    from msc_meta.pooling.results import PooledResult
    from msc_meta.protocol import OutcomeProtocol
    from msc_meta.synthesis import OutcomeSynthesis

LEFT_OUT_SHOWN = ("not estimable", "not usable", "not eligible", "no data")


def outcome_text(answer: OutcomeSynthesis, plot: str = "") -> str:
    """Return one outcome as text, about 100 columns wide; with a forest plot of characters in place of the studies."""
    unit = f", {answer.rules.unit}" if answer.rules.unit and answer.rules.measure == "MD" else ""
    parts = [
        f"{answer.rules.title}: {MEASURES[answer.rules.measure].title.lower()}{unit}",
        answer.finding,
        *([plot.rstrip()] if plot else _studies(answer)),
        str(answer.result),
        *_rare_events(answer),
        *_subgroups(answer),
        *_regressions(answer),
        *_small_study_effects(answer),
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
        f"{row.label:<{width}}  {_arms(row):<34}  {_effect(row, answer.rules):<26}  {row.weight:5.1f}%" for row in rows
    ]
    return ["\n".join(lines)]


def _arms(row: StudyRow) -> str:
    if not isnan(row.e.events):
        return f"{row.e.events:g}/{row.e.n:g} v {row.c.events:g}/{row.c.n:g}"
    if not isnan(row.e.mean):
        return f"{row.e.mean:.1f} ({row.e.sd:.1f}) v {row.c.mean:.1f} ({row.c.sd:.1f})"
    return f"{row.e.median:g} v {row.c.median:g}" if not isnan(row.e.median) else ""


def _effect(row: StudyRow, rules: OutcomeProtocol) -> str:
    show = MEASURES[rules.measure].display
    low, high = map(show, row.wald_interval(rules.model.level))
    return f"{show(row.yi):.2f} [{low:.2f}, {high:.2f}]"


def _rare_events(answer: OutcomeSynthesis) -> list[str]:
    return [] if answer.rare_events is None else [f"Methods for rare events\n{_indented(str(answer.rare_events))}"]


def _subgroups(answer: OutcomeSynthesis) -> list[str]:
    blocks = []
    for trait, found in answer.subgroups.items():
        width = max(map(len, found.results))
        lines = [f"  {name:<{width}}  {_short(result)}" for name, result in found.results.items()]
        kind = f"chi2({found.df})" if found.df2 is None else f"F({found.df}, {found.df2})"
        test = f"  differences: {kind} = {found.q_between:.3g}, p = {found.p_value:.3g}, {found.tau2} tau2"
        notes = [f"  {note}" for note in (*found.notes, *answer.left_out_of(trait))]
        blocks.append("\n".join([f"Subgroups by {trait}", *lines, test, *notes]))
    return blocks


def _regressions(answer: OutcomeSynthesis) -> list[str]:
    return [
        "\n".join([f"Regression on {trait}", _indented(str(found)), *_cautions(found, answer.left_out_of(trait))])
        for trait, found in answer.regressions.items()
    ]


def _cautions(found: Regression, left_out: tuple[str, ...]) -> list[str]:
    few = [f"{found.k} trials: with fewer than ten per moderator this is exploration"] if found.k < 10 else []
    tiny = ["R2 is a share of a tau2 near 0 and says little"] if found.r2 > 0 and found.tau2 < 1e-3 else []
    observed = ["an association among trials, not an effect of the moderator"]
    return [f"    {sentence}." for sentence in (*few, *tiny, *observed)] + [f"    {sentence}" for sentence in left_out]


def _small_study_effects(answer: OutcomeSynthesis) -> list[str]:
    found = answer.small_study_effects
    if len(answer.pooled) < 2:
        return []
    lines = [found.offer.verdict]
    if found.offer.enough:
        lines += [test.verdict for test in found.tests.values()]
        if found.filled is not None:
            lines += [f"{found.filled.verdict} Filled pool, no correction: {_short(found.filled.result)}."]
    return ["Small-study effects\n" + "\n".join(f"  {line}" for line in lines)]


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


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
