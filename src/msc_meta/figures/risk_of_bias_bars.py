"""Risk of bias as bars: the share of the pooled weight by judgement, domain by domain, the unjudged among them."""

from __future__ import annotations

from typing import Final

from msc_meta.figures.drawing import Drawing, Item, Line, Polygon, Text
from msc_meta.figures.metrics import CAP_HEIGHT, text_width
from msc_meta.figures.risk_of_bias_cells import OVERALL
from msc_meta.figures.risk_of_bias_trials import AssessedTrials, judgement_words
from msc_meta.figures.style import Style
from msc_meta.figures.xy_layout import page
from msc_meta.figures.xy_plot import Entry, Marker, Wording

LENGTH: Final = 240.0  # points of the whole weight
THICK: Final = 0.72  # of a row
LEAST: Final = 0.06  # of the weight; a share below it has no percentage in it
ORDER: Final = ("low", "some-concerns", "moderate", "unclear", "no-information", "high", "serious", "critical", "")
TICKS: Final = (0, 25, 50, 75, 100)


def draw_bars(found: AssessedTrials, style: Style) -> Drawing:
    """Return the bars as a drawing: a bar per domain, worst judgements to the right, those not assessed last."""
    family, size = style.font_family, style.size
    names = {key: found.words(key) for key in found.domains}
    left = style.margin + max(text_width(name, size, family) for name in names.values()) + style.column_gap
    width = left + LENGTH + 2.2 * size + style.margin
    pitch = 1.25 * style.row_height
    items: list[Item] = []
    y = style.margin
    for key, name in names.items():
        if key == OVERALL:
            y += 0.4 * pitch
        bold = key == OVERALL
        base = y + pitch / 2 + CAP_HEIGHT * size / 2
        items.append(Text(f"domain/{key}/label", style.margin, base, name, size, style.ink, bold=bold))
        items += _bar(found.shares(key), key, left, y + pitch * (1 - THICK) / 2, pitch * THICK, style)
        y += pitch
    y += 0.3 * size
    items += _axis(left, y, style)
    bottom = y + 2.2 * style.size_small + style.block_gap
    return page(items, width, bottom, _wording(found, style), style)


def _bar(shares: dict[str, float], key: str, left: float, top: float, height: float, style: Style) -> list[Item]:
    items: list[Item] = []
    x, small = left, style.size_small
    for judgement in ORDER:
        share = shares.get(judgement, 0.0)
        if not share:
            continue
        end = x + share * LENGTH
        fill = style.judgement_fills[judgement] if judgement else style.paper
        corners = ((x, top), (end, top), (end, top + height), (x, top + height))
        items.append(Polygon(f"domain/{key}/{judgement or 'none'}", corners, fill, style.muted, style.guide_width))
        if share >= LEAST:
            symbol = style.judgement_symbols[judgement] + " " if judgement else ""
            ink = style.judgement_inks[judgement] if judgement else style.muted
            base = top + height / 2 + CAP_HEIGHT * small / 2
            text = f"{symbol}{100 * share:.0f}%"
            if text_width(text, small, style.font_family) > end - x - 2:
                text = symbol.strip()
            items.append(
                Text(f"domain/{key}/{judgement or 'none'}/share", (x + end) / 2, base, text, small, ink, "middle")
            )
        x = end
    return items


def _axis(left: float, y: float, style: Style) -> list[Item]:
    small = style.size_small
    items: list[Item] = [Line("axis/share/line", left, y, left + LENGTH, y, style.ink, style.rule_width)]
    for tick in TICKS:
        x = left + LENGTH * tick / 100
        items.append(Line(f"axis/share/tick{tick}", x, y, x, y + 3.0, style.ink, style.rule_width))
        base = y + 4.5 + CAP_HEIGHT * small
        items.append(Text(f"axis/share/{tick}", x, base, f"{tick}%", small, style.ink, "middle"))
    return items


def _wording(found: AssessedTrials, style: Style) -> Wording:
    used = {judgement for key in found.domains for judgement in found.shares(key)}
    order = [name for name in ORDER if name in used]
    signs = {**style.judgement_symbols, "": ""}
    legend = tuple(
        Entry(_sample(name, style), f"{signs[name]} {judgement_words(name, style)}".strip()) for name in order
    )
    header = ("Domain", *(judgement_words(name, style) for name in order))
    rows = [
        (found.words(key), *(f"{100 * found.shares(key).get(name, 0.0):.1f}%" for name in order))
        for key in found.domains
    ]
    of = "weight" if found.by == "weight" else "number"
    title = f"Risk of bias by {found.tool}, by {of}" + (f": {found.title}" if found.title else "")
    about = (
        f"Shares of the {of} of the {len(found.trials)} pooled trials by judgement; {len(found.unjudged)} of them "
        "have none by this tool in their records."
    )
    details = tuple(
        f"{name}: {', '.join(f'{one} {share}' for one, share in zip(header[1:], shares, strict=True))}."
        for name, *shares in rows
    )
    return Wording(
        name=f"risk-of-bias-bars-{found.name}", title=title, description=f"{title}. Bars. {about}",
        caption=f"{title}. {about}", data=(header, *rows), details=details, legend=legend, notes=(about,),
    )  # fmt: skip


def _sample(judgement: str, style: Style) -> Marker:
    fill = style.judgement_fills[judgement] if judgement else style.paper
    return Marker(key="", x=0, y=0, radius=0.4 * style.size, fill=fill, stroke=style.muted, shape="square", width=0.6,
                  gid="")  # fmt: skip
