"""Figures as files: SVG, PDF and PNG from one drawing, each with its alternative text beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from msc_meta.figures.drawing import Drawing

FORMATS = ("svg", "pdf", "png")


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
