"""Risk of bias as traffic lights: every pooled trial by every domain of a tool."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msc_meta.figures.drawing import Drawing, Item, Line, Text
from msc_meta.figures.forest_cells import light
from msc_meta.figures.forest_columns import LIGHT
from msc_meta.figures.forest_sheet import Sheet
from msc_meta.figures.metrics import CAP_HEIGHT, text_width
from msc_meta.figures.risk_of_bias_cells import NOT_ASSESSED, OVERALL
from msc_meta.figures.risk_of_bias_trials import AssessedTrials, judgement_words
from msc_meta.figures.style import Style
from msc_meta.figures.xy_layout import page
from msc_meta.figures.xy_plot import Wording

COLUMN: Final = 26.0  # points
OVERALL_GAP: Final = 8.0


def draw_lights(found: AssessedTrials, style: Style) -> Drawing:
    """Return the traffic lights as a drawing: a row per pooled trial, judged or not."""
    family, size = style.font_family, style.size
    labels = [text_width(trial.label, size, family) for trial in found.trials]
    left = style.margin + max([*labels, text_width("Trial", size, family, bold=True)]) + 2 * style.column_gap
    places = {}
    x = left
    for key in found.domains:
        x += OVERALL_GAP if key == OVERALL else 0.0
        places[key] = x + COLUMN / 2
        x += COLUMN
    width = max(x + style.margin, 0.8 * style.funnel_width)
    rule = style.margin + 1.5 * size
    sheet = Sheet(style)
    sheet.items += _header(found, places, rule, width, style)
    y = rule + 0.2 * size
    for trial in found.trials:
        middle = y + style.row_height / 2
        sheet.text(f"trial/{trial.key}/label", style.margin, middle, trial.label)
        for key, place in places.items():
            judgement = trial.judgements.get(key, "")
            if judgement:
                light(sheet, f"trial/{trial.key}/{key}", judgement, place, middle, style)
            else:
                sheet.text(f"trial/{trial.key}/{key}", place, middle, NOT_ASSESSED, color=style.muted, anchor="middle")
        y += style.row_height
    sheet.items.append(Line("rule/end/line", style.margin, y, width - style.margin, y, style.ink, style.rule_width))
    y += style.block_gap
    y = _key(sheet, found, y, width - style.margin, style)
    return page(sheet.items, width, y, _wording(found, style), style)


def _header(found: AssessedTrials, places: dict[str, float], rule: float, width: float, style: Style) -> Iterator[Item]:
    base = rule - 0.5 * style.size
    yield Text("header/trial/text", style.margin, base, "Trial", style.size, style.ink, bold=True)
    for key, place in places.items():
        yield Text(f"header/{key}/text", place, base, found.domains[key][0], style.size, style.ink, "middle", bold=True)
    yield Line("header/header/rule", style.margin, rule, width - style.margin, rule, style.ink, style.rule_width)


def _key(sheet: Sheet, found: AssessedTrials, top: float, right: float, style: Style) -> float:
    """Add what the lights mean, and return where that ends."""
    small, radius = style.size_small, LIGHT * style.size / 2
    used = {judgement for trial in found.trials for judgement in trial.judgements.values()}
    pitch, x, y = 2 * radius + 3.0, style.margin, top + radius
    for name in (name for name in style.judgement_fills if name in used):
        word = judgement_words(name, style)
        taken = 2 * radius + 3.0 + text_width(word, small, style.font_family)
        if x > style.margin and x + taken > right:
            x, y = style.margin, y + pitch
        light(sheet, f"key/{name}/symbol", name, x + radius, y, style)
        sheet.text(f"key/{name}/text", x + 2 * radius + 3.0, y, word, size=small)
        x += taken + 1.4 * small
    return y + radius + 0.6 * small + CAP_HEIGHT


def _wording(found: AssessedTrials, style: Style) -> Wording:
    names = "; ".join(found.words(key) for key in found.domains if key != OVERALL)
    judged = len(found.trials) - len(found.unjudged)
    about = (
        f"{judged} of {len(found.trials)} pooled trials were judged by {found.tool}, as their records say; a "
        "dash: not assessed."
    )
    header = ("Trial", *(found.words(key) for key in found.domains))
    rows = [
        (trial.label, *(judgement_words(trial.judgements.get(key, ""), style) for key in found.domains))
        for trial in found.trials
    ]
    title = f"Risk of bias by {found.tool}" + (f": {found.title}" if found.title else "")
    details = tuple(
        f"{label}: {'; '.join(f'{name}, {one}' for name, one in zip(header[1:], judgements, strict=True))}."
        for label, *judgements in rows
    )
    return Wording(
        name=f"risk-of-bias-{found.name}", title=title, description=f"{title}. Traffic lights. {about}",
        caption=f"{title}. {about}" + (f" {names}." if names else ""), data=(header, *rows), details=details,
        notes=tuple(part for part in (f"{names}." if names else "", about) if part),
    )  # fmt: skip
