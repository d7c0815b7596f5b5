"""Figures inside a page: the drawing as SVG with ids of its own, its caption, its words and its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, final

from msc_meta.figures.evidence_map import draw_evidence_map
from msc_meta.figures.outcome import drawing_of
from msc_meta.figures.render_svg import svg_text
from msc_meta.figures.trust_plots import answer_drawing
from msc_meta.report.page_tables import Table, text_table

if TYPE_CHECKING:
    from msc_meta.figures.drawing import Drawing
    from msc_meta.synthesis import OutcomeSynthesis, Synthesis

SLIM = 420.0  # points; a figure up to this width is never shrunk


@final
@dataclass(frozen=True, slots=True)
class Figure:
    """A figure: ``svg`` is safe, all text in it is escaped; ``details`` are its rows in words."""

    id: str
    title: str
    svg: str
    wide: bool
    caption: str
    details: tuple[str, ...]
    table: Table | None


def outcome_figures(outcome: OutcomeSynthesis, drawn: Mapping[str, Drawing]) -> dict[str, Figure]:
    """Return the forest and the funnel plot of an outcome; without a pooled trial the forest plot says so alone.

    ``drawn`` has those that exist already, by the names of their files: ``forest_mortality``.
    """
    kinds = ("forest", "funnel") if outcome.pooled else ("forest",)
    return {kind: _figure(drawn.get(f"{kind}_{outcome.name}") or drawing_of(outcome, kind)) for kind in kinds}


def trust_figures(outcome: OutcomeSynthesis) -> tuple[Figure, ...]:
    """Return the plot of each analysis of trust that the protocol asks for and that has an answer."""
    kinds = {"next_trial": "power"}
    return tuple(
        _figure(answer_drawing(outcome, answer, kinds.get(name, name)))
        for name, answer in outcome.robustness.items()
        if not answer.why_not
    )


def evidence_map(synthesis: Synthesis) -> Figure:
    """Return the evidence map of all outcomes."""
    return _figure(draw_evidence_map(synthesis))


def selection(synthesis: Synthesis, drawn: Mapping[str, Drawing]) -> tuple[str, Figure]:
    """Return the selection of studies in words, and the flow diagram, which is drawn already where a run has it."""
    from msc_meta.figures.flow_diagram import draw_flow
    from msc_meta.report.flow_text import flow_paragraph

    flow = synthesis.flow
    return flow_paragraph(flow), _figure(drawn.get("flow") or draw_flow(flow))


def _figure(drawing: Drawing) -> Figure:
    # the numbers stand in a table below; inside the SVG they would be there twice
    svg = svg_text(replace(drawing, data=(), caption=""))
    identifier = f"figure-{drawing.name.replace('_', '-')}"
    table = text_table(f"{identifier}-data", f"Numbers of the figure: {drawing.title}", drawing.data)
    return Figure(
        id=identifier,
        title=drawing.title,
        svg=svg[svg.index("<svg") :],
        wide=drawing.width > SLIM,
        caption=drawing.caption or drawing.title,
        details=() if drawing.data else drawing.details,
        table=table if drawing.data else None,
    )
