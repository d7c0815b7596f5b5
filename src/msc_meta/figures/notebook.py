"""Answers as HTML for notebooks: a short table, and for an outcome its forest plot inside the page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import isnan
from typing import TYPE_CHECKING

from msc_meta.effects.measures import MEASURES
from msc_meta.figures.effect_text import EffectText, effect_of
from msc_meta.figures.refit_rows import bare_p
from msc_meta.figures.style import Style, current_style
from msc_meta.figures.text import level_text, percent, three_digits

if TYPE_CHECKING:
    from msc_meta.pooling.results import PooledResult
    from msc_meta.synthesis import OutcomeSynthesis


def outcome_html(outcome: OutcomeSynthesis) -> str:
    """Return the finding, the answer and the forest plot of an outcome."""
    from msc_meta.figures.outcome import drawing_of
    from msc_meta.figures.render_svg import svg_text

    plot = svg_text(drawing_of(outcome, "forest"))
    plot = plot[plot.index("<svg") :]  # no XML declaration inside a page
    title = f"<h3>{escape(outcome.rules.title)}</h3><p>{escape(outcome.finding)}</p>"
    return f"{title}{outcome.result._repr_html_()}<div>{plot}</div>"


def synthesis_html(outcomes: Sequence[OutcomeSynthesis]) -> str:
    """Return the answers of all outcomes as one table."""
    style = current_style()
    head = ("Outcome", "Measure", "k", "Effect", "P", "I²", "Prediction interval")
    body = []
    for outcome in outcomes:
        result = outcome.result
        facts = dict(_facts(result, style))
        cells = [outcome.rules.title, MEASURES[result.measure].title, facts["k"]]
        cells += [facts.get(name, "") for name in ("Effect", "P", "I²", "Prediction interval")]
        body.append("".join(f"<td>{escape(cell)}</td>" for cell in cells))
    lines = "".join(f"<tr>{cells}</tr>" for cells in body)
    return f"<table><tr>{''.join(f'<th>{name}</th>' for name in head)}</tr>{lines}</table>"


def _facts(result: PooledResult, style: Style) -> list[tuple[str, str]]:
    """Return what is known of an answer, name by name; nothing that is not defined."""
    log = MEASURES[result.measure].log
    large = not log and abs(result.estimate) >= 10
    write = EffectText(style.decimals_large if large else style.decimals, log, style)
    facts = [("k", str(result.k))]
    if isnan(result.estimate):
        return facts
    facts.append(("Effect", f"{write.effect(effect_of(result))} ({level_text(result.level, style)} CI)"))
    facts.append(("P", bare_p(result.p_value, style)))
    if not isnan(result.prediction.low):
        facts.append(("Prediction interval", write.interval(*result.prediction)))
    if not isnan(result.tau2):
        facts.append(("Tau²", three_digits(result.tau2, 3, style)))
    if not isnan(result.i2):
        facts.append(("I²", percent(result.i2, style.decimals_i2, style)))
    return facts
