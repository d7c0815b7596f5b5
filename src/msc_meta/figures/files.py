"""Figures as files: five formats from one drawing, with caption, alternative text and numbers beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from msc_meta.figures import FORMATS, USUAL_FORMATS
from msc_meta.figures.cells import rows_csv
from msc_meta.figures.drawing import Drawing
from msc_meta.figures.fonts import family_for

WRITTEN = (*FORMATS, "txt", "csv")
BOXED = {*FORMATS} - {"svg"}  # formats in which a character that our font lacks needs another font of this machine


def file_bytes(drawing: Drawing, kind: str, *, dpi: int = 300) -> bytes:
    """Return a drawing as a file; the same drawing gives the same bytes.

    Parameters
    ----------
    kind : {"svg", "pdf", "png", "tiff", "eps", "txt", "csv"}
        SVG with text as text, PDF with embedded TrueType fonts, PNG, TIFF with LZW compression, EPS with letters as
        outlines; or title, caption and alternative text; or the numbers of the figure.
    dpi : int
        Dots per inch of a PNG or a TIFF.

    Raises
    ------
    ValueError
        If the format is none of these.
    """
    if kind == "svg":
        from msc_meta.figures.render_svg import svg_text

        return svg_text(drawing).encode("utf-8")
    if kind == "pdf":
        from msc_meta.figures.render_pdf import pdf_bytes

        return pdf_bytes(drawing, table=_table(drawing))
    if kind == "png":
        from msc_meta.figures.render_png import png_bytes

        return png_bytes(drawing, dpi)
    if kind == "tiff":
        from msc_meta.figures.render_tiff import tiff_bytes

        return tiff_bytes(drawing, dpi)
    if kind == "eps":
        from msc_meta.figures.render_eps import eps_bytes

        return eps_bytes(drawing)
    if kind == "txt":
        paragraphs = (drawing.title, drawing.caption, drawing.description, "\n".join(drawing.details))
        return ("\n\n".join(filter(None, paragraphs)) + "\n").encode()
    if kind == "csv":
        return _table(drawing)
    raise ValueError(f"format is {kind!r}; there are: {', '.join(WRITTEN)}")


def companions(drawing: Drawing) -> tuple[str, ...]:
    """Return what is written beside a drawing in any format: its text, and its numbers where it has some."""
    return ("txt", "csv") if drawing.data else ("txt",)


def _table(drawing: Drawing) -> bytes:
    return rows_csv(drawing.data).encode() if drawing.data else b""


def missing_in(drawings: Iterable[Drawing]) -> str:
    """Return a sentence that names the characters our font lacks, their labels and their font; empty without any.

    A font of the machine makes the files depend on the machine, which has to be said.
    """
    found: dict[tuple[str, str], str] = {}  # the shortest text per font and characters: a name, not a list
    for drawing in drawings:
        for text in drawing.texts:
            missing = text.missing(drawing.font_family)
            by_font: dict[str, str] = {}
            for character in dict.fromkeys(text.text):
                if character in missing:
                    font = family_for(character, drawing.font_family, bold=text.bold, italic=text.italic) or ""
                    by_font[font] = by_font.get(font, "") + character
            for key in by_font.items():
                found[key] = min(found.get(key, text.text), text.text, key=len)
    return "; ".join(_font_sentence(font, found) for font in sorted({font for font, _ in found}, reverse=True))


def _font_sentence(font: str, found: dict[tuple[str, str], str]) -> str:
    named = "; ".join(f"{characters} ({text})" for (name, characters), text in found.items() if name == font)
    if font:
        return f"these characters are drawn in {font} of this machine, another may give other files: {named}"
    return f"these characters are boxes in all formats but SVG, because no font of this machine has them: {named}"


def write_figures(jobs: Iterable[tuple[Path, Drawing]], formats: Sequence[str] = USUAL_FORMATS) -> tuple[Path, ...]:
    """Write each drawing in each format, with caption and alternative text as ``.txt`` and numbers as ``.csv``.

    Parameters
    ----------
    jobs : iterable of (Path, Drawing)
        The path without its ending; its folder exists.
    formats : sequence of str
        Of "svg", "pdf", "png", "tiff", "eps".

    Returns
    -------
    tuple of Path
        The files, in the order of jobs and formats.
    """
    paths = []
    for stem, drawing in jobs:
        for kind in (*formats, *companions(drawing)):
            path = stem.with_name(f"{stem.name}.{kind}")
            path.write_bytes(file_bytes(drawing, kind))
            paths.append(path)
    return tuple(paths)
