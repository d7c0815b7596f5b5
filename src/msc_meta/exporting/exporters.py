"""The built-in exporters, through the hook that everybody's come through; a format is loaded when it is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from msc_meta.hookspecs import Exported, Exporter, hookimpl

if TYPE_CHECKING:
    from msc_meta.synthesis import Synthesis


@dataclass(slots=True)  # not frozen: an `Exporter` has attributes that can be set
class BuiltIn:
    """A format that a function of this package writes: ``module`` and ``function`` say which."""

    name: str
    description: str
    suffix: str
    module: str
    function: str

    def export(self, synthesis: Synthesis) -> Exported:
        """Return the files of one synthesis."""
        made: Exported = getattr(import_module(f"msc_meta.exporting.{self.module}"), self.function)(synthesis)
        return made


FORMATS = (
    BuiltIn("csv", "the records as one CSV table, without loss; msc-meta reads it back", ".csv", "csv_table", "table"),
    BuiltIn("r", "an R script that does the synthesis again in metafor and compares", ".R", "r_script", "script"),
    BuiltIn(
        "metafor", "a CSV row per pooled trial: ai bi ci di, m1i sd1i, yi vi", ".csv", "trial_tables", "metafor_table"
    ),
    BuiltIn(
        "meta", "a CSV row per pooled trial: event.e n.e, mean.e sd.e, TE seTE", ".csv", "trial_tables", "meta_table"
    ),
    BuiltIn("revman", "four CSV tables as in a RevMan Web data package", "", "revman", "revman_tables"),
    BuiltIn(
        "gradepro", "a CSV row per outcome with the numbers of a GRADE profile", ".csv", "gradepro", "gradepro_table"
    ),
    BuiltIn("ris", "citations of the pooled trials, for reference managers", ".ris", "citations", "ris"),
    BuiltIn("docx", "tables, figures, methods and results for the manuscript, as Word", ".docx", "manuscript", "word"),
    BuiltIn("tex", "the same as LaTeX, with the figures as PDF", "", "manuscript", "latex"),
    BuiltIn("csl_json", "citations of the pooled trials, for pandoc and Zotero", ".json", "citations", "csl_json"),
)


@hookimpl
def register_exporters(register: Callable[[Exporter], None]) -> None:
    """Offer the built-in formats."""
    for made in FORMATS:
        register(made)
