"""The summary of findings and what is missing, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Final

from msc_meta.certainty.missing_evidence import PLACES, SYMBOLS
from msc_meta.certainty.summary_of_findings import difference_per_1000, per_1000
from msc_meta.report.page_certainty import certainty_section
from msc_meta.trust.answer import aligned

if TYPE_CHECKING:
    from msc_meta.certainty.summary_of_findings import Finding
    from msc_meta.synthesis import Synthesis

WIDTH: Final = 100


def findings_text(rows: Sequence[Finding]) -> str:
    """Return the summary of findings, outcome by outcome, about 100 columns wide."""
    return "\n".join("\n".join(_finding(row)) for row in rows)


def missing_text(synthesis: Synthesis) -> str:
    """Return the matrix of eligible trials, and what the missing ones could do."""
    section = certainty_section(synthesis)
    table = section.missing
    rows = [tuple(column.header for column in table.columns)]
    rows += [tuple(cell.text for cell in row) for row in table.rows]
    legend = [f"  {SYMBOLS[place]}  {words}" for place, words in PLACES.items()]
    lines = [table.caption, "", *aligned(rows), "", *legend]
    for title, sentences in section.could_do:
        lines += ["", title, *map(_wrapped, sentences)]
    return "\n".join(lines) + "\n"


def _finding(row: Finding) -> Iterator[str]:
    yield f"{row.title}, {row.follow_up}" if row.follow_up else row.title
    trials = "1 trial" if row.trials == 1 else f"{row.trials} trials"
    yield f"  {trials}, {row.participants:,.0f} participants. {row.effect or 'No effect can be given.'}"
    if row.per_sd:
        estimate, low, high, sd = row.per_sd
        yield f"  In standard deviations of {sd:.3g}: {estimate:.2f} ({low:.2f} to {high:.2f})"
    if row.absolute:
        yield ""
        head = ("Baseline risk", "without", "with", "difference per 1,000", "number needed to treat")
        yield from aligned([head, *(
            (one.baseline.label, per_1000(one.baseline.risk), per_1000(one.risk), difference_per_1000(one),
             str(one.needed))
            for one in row.absolute
        )])  # fmt: skip
        yield ""
    yield f"  Certainty: {row.certainty}" + (f" ({row.rated_by})" if row.rated_by else "")
    yield from map(_wrapped, row.reasons)
    yield "  What the numbers suggest; people rate:"
    for one in row.suggestions:
        yield f"    {one.domain}: {one.verdict}"
        yield from (_wrapped(sentence, 6) for sentence in one.sentences)
    yield from map(_wrapped, row.notes)
    yield ""


def _wrapped(text: str, indent: int = 2) -> str:
    return fill(text, WIDTH, initial_indent=" " * indent, subsequent_indent=" " * indent)
