"""Figures as files: SVG, PDF and PNG from one drawing, each with its alternative text beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from msc_meta.figures import FORMATS
from msc_meta.figures.drawing import Drawing

BOXED = {"pdf", "png"}  # formats in which a character that our font lacks is a box


def file_bytes(drawing: Drawing, kind: str, *, dpi: int = 300) -> bytes:
    """Return a drawing as a file; the same drawing gives the same bytes.

    Parameters
    ----------
    kind : {"svg", "pdf", "png", "txt"}
        SVG with text as text, PDF with embedded TrueType fonts, PNG, or title and alternative text.
    dpi : int
        Dots per inch of a PNG.

    Raises
    ------
    ValueError
        If the format is none of these.
    """
    if kind == "svg":
        from msc_meta.figures.render_svg import svg_text

        return svg_text(drawing).encode("utf-8")
    if kind == "pdf":
        from msc_meta.figures.render_pdf import pdf_bytes, settable

        if settable(drawing):
            return pdf_bytes(drawing)
        from msc_meta.figures.render_matplotlib import shaped_pdf_bytes

        return shaped_pdf_bytes(drawing)
    if kind == "png":
        from msc_meta.figures.render_png import png_bytes

        return png_bytes(drawing, dpi)
    if kind == "txt":
        paragraphs = (drawing.title, drawing.description, "\n".join(drawing.details))
        return ("\n\n".join(filter(None, paragraphs)) + "\n").encode()
    raise ValueError(f"format is {kind!r}; there are: {', '.join((*FORMATS, 'txt'))}")


def missing_in(drawings: Iterable[Drawing]) -> str:
    """Return a sentence that names the characters our font lacks and the labels they are in; empty without any.

    Another font of the machine is not asked for them: the same records would give other files elsewhere.

    Examples
    --------
    >>> from msc_meta.effects.rows import StudyRow
    >>> from msc_meta.figures.forest import draw_forest
    >>> from msc_meta.figures.forest_table import FigureInfo
    >>> from msc_meta.pooling.random_effects import pool
    >>> row = StudyRow(study="zhang-2026", label="張 2026", year=2026, standing="pooled", yi=0.1, vi=0.2)
    >>> missing_in([draw_forest([row], pool([0.1], [0.2], measure="RR"), FigureInfo())])
    "these characters are drawn as boxes in PNG and PDF, in SVG the reader's fonts show them: 張 (張 2026)"
    """
    found: dict[str, str] = {}
    for drawing in drawings:
        for text in drawing.texts:
            if missing := text.missing(drawing.font_family):
                characters = "".join(character for character in dict.fromkeys(text.text) if character in missing)
                found[characters] = min(found.get(characters, text.text), text.text, key=len)  # a name, not a list
    if not found:
        return ""
    named = "; ".join(f"{characters} ({text})" for characters, text in found.items())
    return f"these characters are drawn as boxes in PNG and PDF, in SVG the reader's fonts show them: {named}"


def write_figures(jobs: Iterable[tuple[Path, Drawing]], formats: Sequence[str] = FORMATS) -> tuple[Path, ...]:
    """Write each drawing in each format, and its alternative text as ``.txt``.

    Parameters
    ----------
    jobs : iterable of (Path, Drawing)
        The path without its ending; its folder exists.
    formats : sequence of str
        Of "svg", "pdf", "png".

    Returns
    -------
    tuple of Path
        The files, in the order of jobs and formats.
    """
    paths = []
    for stem, drawing in jobs:
        for kind in (*formats, "txt"):
            path = stem.with_name(f"{stem.name}.{kind}")
            path.write_bytes(file_bytes(drawing, kind))
            paths.append(path)
    return tuple(paths)
