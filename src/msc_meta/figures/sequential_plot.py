"""The plot of a trial sequential analysis: cumulative z over patients, between its boundaries."""

from __future__ import annotations

from math import isfinite, isnan
from typing import TYPE_CHECKING

from msc_meta.figures.axes import StyleChoice
from msc_meta.figures.drawing import Drawing
from msc_meta.figures.forest_table import FigureInfo
from msc_meta.figures.plot_words import figure_title, table
from msc_meta.figures.style import Style, load_style
from msc_meta.figures.text import clean, number
from msc_meta.figures.xy_layout import xy_drawing
from msc_meta.figures.xy_plot import Curve, Entry, Layer, Marker, Region, Scale, Wording, XYPlot, upright

if TYPE_CHECKING:
    from msc_meta.robustness.sequential import SequentialAnalysis
    from msc_meta.trust.information import InformationAnswer

HIGHEST = 8.0  # of z: boundaries of the first looks lie beyond
CONVENTIONAL = 1.959963984540054
SPENDING_BY = {"obrien-fleming": "O'Brien-Fleming", "pocock": "Pocock"}


def draw_sequential(answer: InformationAnswer, info: FigureInfo, *, style: StyleChoice = None) -> Drawing:
    """Return the plot of a trial sequential analysis [1]_ as a drawing; up is better for patients.

    References
    ----------
    .. [1] Wetterslev, Thorlund, Brok & Gluud (2008). Journal of Clinical Epidemiology 61, 64-75.
    """
    look, info = load_style(style), info.cleaned()
    plot = None if answer.why_not else _plot(answer.found, 1.0 if info.better == "higher" else -1.0, info, look)
    return xy_drawing(plot, _wording(answer, info, look), look)


def _plot(found: SequentialAnalysis, sign: float, info: FigureInfo, style: Style) -> XYPlot:
    end = 1.06 * max(found.required, float(found.n[-1]))
    at = (found.plan["timing"] * found.required).tolist()
    upper = [min(bound, 100.0) for bound in found.plan["upper"].tolist()]
    edges = list(zip(at, upper, strict=True))
    edges.insert(0, (max(at[0] - 1e-6, 0.0), 100.0))
    path = [(0.0, 0.0), *zip(found.n.tolist(), (sign * found.z).tolist(), strict=True)]
    tallest = max(3.5, *(abs(z) for _, z in path), *(z for _, z in edges if z < HIGHEST))
    high = min(HIGHEST, 1.15 * tallest)
    line = _boundary(style)
    layers: list[Layer] = []
    inner = [(x, z) for x, z in zip(at, found.plan["futility"].tolist(), strict=True) if isfinite(z)]
    if inner:
        wedge = (*inner, *((x, -z) for x, z in reversed(inner)))
        layers.append(Region("futility/futility/wedge", wedge, style.band))
        for part in (1, -1):
            layers.append(Curve("futility/futility/line", tuple((x, part * z) for x, z in inner), style.guide,
                                style.line_width, (4.0, 2.0)))  # fmt: skip
    layers += [
        Curve("null/null/line", ((0.0, 0.0), (end, 0.0)), style.guide, style.guide_width),
        *(Curve("conventional/conventional/line", ((0.0, z), (end, z)), style.guide, style.guide_width, (1.2, 2.0))
          for z in (-CONVENTIONAL, CONVENTIONAL)),
        Curve("required/required/line", upright(float(found.required), -high, high), style.ink, style.guide_width,
              (6.0, 2.0, 1.2, 2.0)),
        *(Curve("boundary/boundary/line", tuple((x, part * z) for x, z in edges), line.color, line.width)
          for part in (1, -1)),
        Curve("path/path/line", tuple(path), style.ink, style.line_width),
    ]  # fmt: skip
    named = len(found.study) <= style.labels_up_to
    for study, x, z, bound in zip(found.study, found.n.tolist(), (sign * found.z).tolist(), found.upper.tolist(),
                                  strict=True):  # fmt: skip
        tested = not isnan(bound)
        layers.append(Marker(
            key=study, x=x, y=z, radius=style.point_side / 2, fill=style.point_fill if tested else style.paper,
            stroke=style.paper if tested else style.ink, label=clean(study) if named else "",
            gid=f"look/{len(layers)}/point",
        ))  # fmt: skip
    return XYPlot(
        x=Scale(title="Patients so far", low=0.0, high=end),
        y=Scale(title=f"Cumulative z (up: favours {info.experimental})", low=-high, high=high),
        layers=tuple(layers),
    )


def _boundary(style: Style) -> Curve:
    return Curve("", (), style.accent, 1.5 * style.line_width)


def _wording(answer: InformationAnswer, info: FigureInfo, style: Style) -> Wording:
    title = figure_title("Trial sequential analysis", info)
    name = f"sequential-{info.name}"
    if answer.why_not:
        said = f"Trial sequential analysis. {answer.why_not}"
        return Wording(name=name, title=title, description=said, caption=said, data=(), notes=(answer.why_not,))
    found = answer.found
    untested = sum(map(isnan, found.upper.tolist()))
    notes = [*answer.verdict, answer.assumed[0], answer.assumed[1]]
    if untested:
        notes.append(
            "Hollow: looks that are not tested, because they add too little information or come after the end."
        )
    legend = [
        Entry(_boundary(style), f"boundary ({SPENDING_BY[found.settings['spending']]})"),
        Entry(Curve("", (), style.guide, style.guide_width, (1.2, 2.0)), f"z of ±{number(CONVENTIONAL, 2, style)}"),
        Entry(
            Curve("", (), style.ink, style.guide_width, (6.0, 2.0, 1.2, 2.0)),
            f"required information: {found.required:,} patients",
        ),
    ]
    if found.settings["futility"] != "none":
        legend.append(Entry(Region("", (), style.band), f"futility ({found.settings['futility']})"))
    about = f"{info.title}: " if info.title else ""
    rows: list[tuple[str | float, ...]] = [
        (
            study,
            *(float(getattr(found, field)[at]) for field in ("n", "fraction", "estimate", "z", "upper", "futility")),
        )
        for at, study in enumerate(found.study)
    ]
    said = f"{about}cumulative z of {len(found.study)} trials over their patients. {' '.join(notes)}"
    header = ("Trial", "Patients", "Part of the required", "Estimate", "z", "Boundary", "Futility")
    return Wording(
        name=name,
        title=title,
        description=f"Trial sequential analysis. {said}",
        caption=f"Trial sequential analysis. {said}",
        data=table(header, rows),
        legend=tuple(legend),
        notes=tuple(notes),
    )
