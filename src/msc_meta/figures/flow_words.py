"""What the flow diagram says beside its boxes: title, caption, alternative text, numbers as a table, notes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msc_meta.figures.text import clean
from msc_meta.figures.xy_plot import Wording

if TYPE_CHECKING:
    from msc_meta.flow.counts import Flow

TITLE: Final = "PRISMA 2020 flow diagram"


def flow_words(flow: Flow) -> Wording:
    """Return the words of a flow diagram."""
    included, excluded = flow.records.included, flow.records.excluded
    counted = (
        f"{len(included)} studies with {sum(flow.records.reports.values())} reports are included by the protocol; they "
        "are counted from the records."
    )
    unsaid = [key for key, n in flow.counts.items() if n is None]
    missing = f"{len(unsaid)} of its numbers are not stated." if unsaid else ""
    syntheses = "; ".join(f"{title}: {len(studies)}" for title, studies in flow.pooled.items())
    sentences = filter(None, (
        flow.searched, counted, f"Studies in each synthesis: {syntheses}." if syntheses else "", missing, *flow.notes,
    ))  # fmt: skip
    about = clean(" ".join(sentences))
    return Wording(
        name="prisma-flow",
        title=TITLE,
        description=f"Flow diagram of the selection of studies. {about}",
        caption=f"{TITLE}: from the records identified to the studies included. {about}"
        if flow.typed
        else f"Selection of studies, as far as the records tell. {about}",
        data=tuple(tuple(map(clean, row)) for row in flow.rows()),
        details=(
            *(clean(": ".join(filter(None, row[:2])) + f": {row[2]}, {row[3]}.") for row in flow.rows()[1:]),
            *(clean(f"Not included by the protocol: {one.label} ({one.reason}).") for one in excluded),
            *(clean(f"In no synthesis: {label}.") for label in (flow.unpooled.values() if flow.pooled else ())),
        ),
        notes=tuple(map(clean, flow.notes)),
    )
