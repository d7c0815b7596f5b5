"""The power curve of the next trial: how often it would settle the question, by its size."""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING

from msc_meta.figures.axes import StyleChoice
from msc_meta.figures.drawing import Drawing
from msc_meta.figures.forest_table import FigureInfo
from msc_meta.figures.plot_words import figure_title, table
from msc_meta.figures.style import Style, load_style
from msc_meta.figures.text import percent
from msc_meta.figures.xy_layout import xy_drawing
from msc_meta.figures.xy_plot import Curve, Entry, Layer, Marker, Region, Scale, Wording, XYPlot, across, reach

if TYPE_CHECKING:
    from collections.abc import Sequence

    from msc_meta.trust.trial_to_come import NextTrialAnswer

BAND = 1.959963984540054  # Monte Carlo standard errors on either side


def draw_power(answer: NextTrialAnswer, info: FigureInfo, *, style: StyleChoice = None) -> Drawing:
    """Return the power curve of the next trial [1]_ as a drawing.

    References
    ----------
    .. [1] Sutton, Cooper, Jones, Lambert, Thompson & Abrams (2007). Statistics in Medicine 26, 2479-2500.
    """
    look, info = load_style(style), info.cleaned()
    drawn = not answer.why_not and answer.curve is not None and len(answer.curve) > 1
    return xy_drawing(_plot(answer, look) if drawn else None, _wording(answer, info, look, drawn=drawn), look)


def _plot(answer: NextTrialAnswer, style: Style) -> XYPlot:
    curve = answer.curve
    assert curve is not None
    curve = curve.sort_values("n")
    sizes = [log(n) for n in curve["n"]]
    middle, error, alone = (curve[name].tolist() for name in ("probability", "mc_error", "alone"))
    low, high = reach(sizes, pad=0.05)
    upper = [(x, min(1.0, p + BAND * e)) for x, p, e in zip(sizes, middle, error, strict=True)]
    lower = [(x, max(0.0, p - BAND * e)) for x, p, e in zip(sizes, middle, error, strict=True)]
    layers: list[Layer] = [Region("band/monte-carlo/area", (*upper, *reversed(lower)), style.band)]
    smallest = answer.smallest
    if smallest is not None:
        layers.append(Curve("target/target/line", across(smallest.target, low, high), style.guide, style.guide_width,
                            (1.2, 2.0)))  # fmt: skip
        layers.append(Curve("limit/limit/line", across(smallest.limit, low, high), *_limit(style)))
    layers += [
        Curve("alone/alone/line", tuple(zip(sizes, alone, strict=True)), *_alone(style)),
        Curve("power/power/line", tuple(zip(sizes, middle, strict=True)), style.ink, 1.5 * style.line_width),
        *(Marker(key=str(n), x=x, y=p, radius=0.4 * style.point_side, fill=style.ink, stroke=style.paper,
                 gid=f"size/{n}/point") for n, x, p in zip(curve["n"], sizes, middle, strict=True)),
    ]  # fmt: skip
    if smallest is not None and smallest.found is not None and low <= log(smallest.found.trial.n) <= high:
        layers.append(_smallest(log(smallest.found.trial.n), smallest.found.probability, style))
    return XYPlot(
        x=Scale(title="Patients of the next trial", low=low, high=high,
                ticks=_thinned([(log(n), f"{n:,}") for n in curve["n"]], low, high, style)),
        y=Scale(title="Probability", low=0.0, high=1.02,
                ticks=tuple((at / 5, percent(20.0 * at, 0, style)) for at in range(6))),
        layers=tuple(layers),
    )  # fmt: skip


def _thinned(
    ticks: Sequence[tuple[float, str]], low: float, high: float, style: Style
) -> tuple[tuple[float, str], ...]:
    """Return the ticks that have room beside the ones before them."""
    kept: list[tuple[float, str]] = []
    for at, text in ticks:
        room = (len(text) + 1.5) * 0.62 * style.size_small * (high - low) / style.funnel_width
        if not kept or at - kept[-1][0] >= room:
            kept.append((at, text))
    return tuple(kept)


def _alone(style: Style) -> tuple[str, float, tuple[float, ...]]:
    return style.muted, style.line_width, (4.0, 2.5)


def _limit(style: Style) -> tuple[str, float, tuple[float, ...]]:
    return style.muted, style.guide_width, (6.0, 2.0, 1.2, 2.0)


def _smallest(x: float, y: float, style: Style) -> Marker:
    return Marker(key="smallest", x=x, y=y, radius=0.62 * style.point_side, fill=style.accent, stroke=style.ink,
                  shape="diamond", gid="size/smallest/point")  # fmt: skip


def _wording(answer: NextTrialAnswer, info: FigureInfo, style: Style, *, drawn: bool) -> Wording:
    name, title = f"power-{info.name}", figure_title("Power of the next trial", info)
    if not drawn:
        why = answer.why_not or "A curve needs two sizes or more."
        return Wording(name=name, title=title, description=f"Power curve. {why}", caption=f"Power curve. {why}",
                       data=(), notes=(why,))  # fmt: skip
    curve, smallest = answer.curve, answer.smallest
    assert curve is not None
    legend = [
        Entry(Curve("", (), style.ink, 1.5 * style.line_width), f"all trials together exclude {answer.question}"),
        Entry(Region("", (), style.band), "± 1.96 Monte Carlo errors"),
        Entry(Curve("", (), *_alone(style)), "the new trial alone does"),
    ]
    if smallest is not None:
        legend += [
            Entry(Curve("", (), style.guide, style.guide_width, (1.2, 2.0)), f"target {100 * smallest.target:g}%"),
            Entry(Curve("", (), *_limit(style)), f"limit of a trial of any size: {100 * smallest.limit:.0f}%"),
        ]
        if smallest.found is not None:
            legend.append(Entry(_smallest(0.0, 0.0, style), f"about {smallest.found.trial.n:,} patients"))
    about = f"{info.title}: " if info.title else ""
    today = answer.verdict[:1] if answer.found.today else ()
    notes = (*today, answer.verdict[-1], *answer.assumed)
    columns = ["n", "probability", "mc_error", "against", "alone", "not_estimable"]
    rows = [tuple(float(value) for value in row) for row in curve[columns].itertuples(index=False)]
    said = f"{about}probability that the updated interval excludes {answer.question}. {' '.join(notes)}"
    header = ("Patients", "Probability", "Monte Carlo error", "Against", "Alone", "Not estimable")
    return Wording(
        name=name, title=title, description=f"Power curve of the next trial. {said}",
        caption=f"Power of the next trial. {said}", data=table(header, rows), legend=tuple(legend), notes=notes,
    )  # fmt: skip
