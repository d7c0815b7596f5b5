"""The flow of a review in words: for the terminal, and as a paragraph of a report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msc_meta.errors import counted

if TYPE_CHECKING:
    from msc_meta.flow.counts import Flow

INDENT: Final = "  "
SAID: Final = {
    "screened.records": "{} records were screened and {} excluded.",
    "reports.assessed": "{} reports were assessed in full and {} excluded.",
    "other.reports.assessed": "Of those found by other methods, {} reports were assessed and {} excluded.",
}
"""What is said of a number and of those excluded from it, by its key."""


def flow_text(flow: Flow) -> str:
    """Return the boxes of the diagram as lines of a terminal, and below them the studies that stand behind them."""
    lines: list[str] = []
    phase = ""
    for box in flow.boxes:
        if box.phase != phase:
            lines += ([""] if lines else []) + [box.phase]
            phase = box.phase
        other = " [other methods]" if box.column.startswith("other") else ""
        for at, line in enumerate(box.lines):
            mark = other if at == 0 else ""
            lines.append(f"{INDENT * (1 + line.indent)}{line.text}{mark}")
    if flow.records.excluded and flow.typed:
        lines += ["", f"Studies with a record that the protocol does not include (n = {len(flow.records.excluded)})"]
    elif flow.records.excluded:
        lines += ["", "Excluded by the protocol"]
    lines += [f"{INDENT}{one.label}: {one.reason}" for one in flow.records.excluded]
    if flow.pooled and flow.unpooled:
        lines += ["", f"Included and in no synthesis (n = {len(flow.unpooled)})"]
        lines += [f"{INDENT}{label}" for label in flow.unpooled.values()]
    if flow.notes:
        lines += ["", *flow.notes]
    return "\n".join(lines) + "\n"


def flow_paragraph(flow: Flow) -> str:
    """Return the selection of studies as a paragraph: what is stated, in the order of the diagram.

    Examples
    --------
    >>> import msc_meta as mm
    >>> from msc_meta.flow.counts import flow_of
    >>> synthesis = mm.synthesize(mm.load_studies("examples/invented-review"), sensitivity=False)
    >>> flow_paragraph(flow_of(synthesis)).split(". ")[0]
    'Databases and registers gave 606 records'
    """
    counts = flow.counts
    said = []
    sources = [counts.get("databases"), counts.get("registers")]
    if None not in sources:
        said.append(f"Databases and registers gave {sum(one or 0 for one in sources)} records.")
    for key, words in SAID.items():
        whole, out = counts.get(key), counts.get(f"{key.rpartition('.')[0]}.excluded")
        if whole is not None and out is not None:
            said.append(words.format(whole, out))
    included, reports = len(flow.records.included), sum(flow.records.reports.values())
    studies = f"{included} {'study' if included == 1 else 'studies'} with {counted(reports, 'report')}"
    are = "is" if included == 1 else "are"
    said.append(f"{studies} {are} included; {included - len(flow.unpooled)} of {included} are in a synthesis.")
    unsaid = sum(n is None for n in counts.values())
    if unsaid:
        said.append(f"{unsaid} {'number is' if unsaid == 1 else 'numbers are'} not stated.")
    return " ".join((*said, *flow.notes))
