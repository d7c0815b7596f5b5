"""The synthesis as a manuscript's tables, figures, methods and results, for Word and for LaTeX."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msc_meta.exporting.citations import csl_json
from msc_meta.hookspecs import Exported
from msc_meta.report.manuscript import manuscript, word_bytes

if TYPE_CHECKING:
    from msc_meta.synthesis import Synthesis

LEFT_OUT: Final = (
    "title page, abstract, introduction, search, selection and discussion: these are for the authors",
    "effects and variances in full precision: results.json and msc-meta export metafor have them",
    "where in a source each number was read: report.html links every number to its line",
)


def word(synthesis: Synthesis) -> Exported:
    """Return the manuscript as a Word file.

    Raises
    ------
    UsageError
        Without python-docx, which only this needs.
    """
    return Exported({"manuscript.docx": word_bytes(manuscript(synthesis))}, LEFT_OUT)


def latex(synthesis: Synthesis) -> Exported:
    """Return the manuscript as LaTeX, its figures as PDF files, and the citations of the trials as CSL-JSON."""
    from msc_meta.report.manuscript_latex import latex_files

    return Exported({**latex_files(manuscript(synthesis)), **csl_json(synthesis).files}, LEFT_OUT)
