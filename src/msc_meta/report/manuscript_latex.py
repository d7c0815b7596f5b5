r"""The manuscript as LaTeX: every text from records is text, whatever it holds; figures as PDF files beside it.

A value that is put into the template is escaped unless the template's author made it (`Tex`), so that nothing has to
be remembered. Characters that pdfLaTeX has no name for are declared with their code point in their place; XeLaTeX and
LuaLaTeX print them where the font has them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msc_meta.figures.text import clean
from msc_meta.report.manuscript import Heading, Manuscript, NumberedTable

if TYPE_CHECKING:
    from jinja2 import Environment

    from msc_meta.report.page_tables import Table

TEMPLATES: Final = Path(__file__).parent / "templates"
TEMPLATE: Final = "manuscript.tex"
SPECIAL: Final = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': r"\textquotedbl{}", "'": "{'}", "`": r"\textasciigrave{}", "-": "{-}",
    "[": "{[}", "]": "{]}",
}  # fmt: skip
"""What is more than a letter to TeX; hyphens and brackets too: ``--`` would be a dash, ``[`` an option."""
NAMED: Final = {
    "−": r"\ensuremath{-}", "×": r"\ensuremath{\times}", "±": r"\ensuremath{\pm}", "≥": r"\ensuremath{\geq}",
    "≤": r"\ensuremath{\leq}", "∞": r"\ensuremath{\infty}", "τ": r"\ensuremath{\tau}", "²": r"\ensuremath{^2}",
    "³": r"\ensuremath{^3}", "⁶": r"\ensuremath{^6}", "⁻": r"\ensuremath{^-}", "χ": r"\ensuremath{\chi}",
    "–": r"\textendash{}", "—": r"\textemdash{}", "‘": r"\textquoteleft{}", "’": r"\textquoteright{}",
    "“": r"\textquotedblleft{}", "”": r"\textquotedblright{}", "…": r"\textellipsis{}", "†": r"\textdagger{}",
    "‡": r"\textdaggerdbl{}", "°": r"\textdegree{}", "µ": r"\textmu{}", "μ": r"\ensuremath{\mu}", "\u00a0": "~",
    "¿": r"\textquestiondown{}", "¡": r"\textexclamdown{}",
}  # fmt: skip
_LETTERS: Final = range(0xC0, 0x180)  # Latin-1 Supplement and Latin Extended-A, which T1 has, less two signs below
_NOT_LETTERS: Final = "\u0149\u017f\u0126\u0127\u0138\u013f\u0140\u0166\u0167"


class Tex(str):
    """Text that is LaTeX already."""

    __slots__ = ()


def escaped(text: object) -> Tex:
    r"""Return text as LaTeX that prints it, on one line; what is LaTeX already stays as it is.

    Examples
    --------
    >>> print(escaped(r"100% \input{/etc/passwd}"))
    100\% \textbackslash{}input\{/etc/passwd\}
    """
    if isinstance(text, Tex):
        return text
    composed = unicodedata.normalize("NFC", clean(str(text)))
    return Tex("".join(SPECIAL.get(character) or NAMED.get(character, character) for character in composed))


def unnamed(text: str) -> tuple[str, ...]:
    """Return the characters of LaTeX text that pdfLaTeX does not know, in order.

    Examples
    --------
    >>> unnamed("Martínez-Muñoz 张")
    ('张',)
    """
    return tuple(
        sorted(
            {c for c in text if ord(c) > 0x7E and (ord(c) not in _LETTERS or c in _NOT_LETTERS)},
        )
    )


def latex_files(made: Manuscript) -> dict[str, str | bytes]:
    """Return ``manuscript.tex`` and the PDF file of every figure, by name."""
    from msc_meta.figures.files import file_bytes

    files: dict[str, str | bytes] = {TEMPLATE: latex_text(made)}
    files |= {figure_name(one.drawing.name): file_bytes(one.drawing, "pdf") for one in made.figures}
    return files


def latex_text(made: Manuscript) -> str:
    """Return the manuscript as LaTeX, for pdfLaTeX, XeLaTeX or LuaLaTeX."""
    values = {
        "made": made,
        "heading": lambda part: isinstance(part, Heading),
        "spans": _spans,
        "shares": shares,
        "file": lambda one: Tex(figure_name(one.drawing.name)),
    }
    template = _environment().get_template(TEMPLATE)
    body = template.render(**values, declared=())
    declared = [(Tex(f"{ord(c):04X}"), c) for c in unnamed(body)]
    return template.render(**values, declared=declared) if declared else body


def figure_name(name: str) -> str:
    """Return a figure's file name, of letters that TeX and every file system take.

    Examples
    --------
    >>> figure_name("forest_pf ratio%")
    'forest-pf-ratio-.pdf'
    """
    return "".join(c if c.isascii() and c.isalnum() else "-" for c in name) + ".pdf"


def shares(table: Table) -> tuple[Tex, ...]:
    """Return the width of each column as a share of the line, the space between columns taken off."""
    from msc_meta.report.manuscript_tables import column_widths

    widths = column_widths(table, 1000)
    return tuple(Tex(f"{width / 1000:.3f}") for width in widths)


def _spans(tables: Sequence[NumberedTable]) -> list[tuple[bool, list[NumberedTable]]]:
    """Return the tables in runs of those that stand upright and those that lie on their side."""
    runs: list[tuple[bool, list[NumberedTable]]] = []
    for one in tables:
        if not runs or runs[-1][0] != one.wide:
            runs.append((one.wide, []))
        runs[-1][1].append(one)
    return runs


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    # S701: autoescape is HTML's; finalize escapes every value for LaTeX
    return Environment(  # noqa: S701
        loader=FileSystemLoader(TEMPLATES), finalize=escaped, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, keep_trailing_newline=True, auto_reload=False, block_start_string="<%",
        block_end_string="%>", variable_start_string="<<", variable_end_string=">>", comment_start_string="<#",
        comment_end_string="#>",
    )  # fmt: skip
