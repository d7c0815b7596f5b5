"""How far the answer can be trusted, where the protocol asks for it: each analysis, what it says, what it assumes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msc_meta.figures.text import prose
from msc_meta.report.page_tables import Cell, Column, Table

if TYPE_CHECKING:
    from msc_meta.report.page_words import Words

NAMES = {
    "gosh": "Every subset of the trials (GOSH)",
    "multiverse": "Every combination of choices",
    "bayes": "Bayesian random effects",
    "sequential": "Trial sequential analysis",
    "next_trial": "The next trial",
}


def trust(words: Words) -> Table:
    """Return a row per analysis; none where the protocol asks for none."""
    rows = []
    for name, answer in words.outcome.robustness.items():
        says = answer.why_not or " ".join(answer.verdict)
        texts = (prose(text, words.style) for text in (says, " ".join(answer.assumed)))
        rows.append((Cell(NAMES[name]), *map(Cell, texts)))
    return Table(
        id=f"{words.outcome.name}-trust",
        caption=f"{words.outcome.rules.title}: how far to trust it",
        columns=(Column("Analysis"), Column("What it says", prose=True), Column("What it assumes", prose=True)),
        rows=tuple(rows),
    )
