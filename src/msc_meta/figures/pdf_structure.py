"""What a PDF says besides its pages: figures tagged with their alternative text, and attached files.

ReportLab has no interface for either, so the objects are put together as the PDF standard names them (ISO 32000-1,
14.7 and 14.8 on structure, 7.11.4 on embedded files).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from reportlab.pdfbase.pdfdoc import (
    PDFArray,
    PDFDictionary,
    PDFName,
    PDFStream,
    PDFStreamFilterZCompress,
    PDFString,
)

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas


def tag_figures(canvas: Canvas, descriptions: Sequence[str]) -> None:
    """Make each page one figure with an alternative text; its content is marked as ``/Figure`` with MCID 0."""
    document = canvas._doc
    root, whole = PDFDictionary(), PDFDictionary()
    root_at, whole_at = document.Reference(root), document.Reference(whole)
    figures = []
    for number, (page, description) in enumerate(zip(document.Pages.pages, descriptions, strict=True)):
        page.__NoDefault__ = [*page.__NoDefault__, "StructParents", "Tabs"]
        page.StructParents, page.Tabs = number, PDFName("S")
        box = PDFArray([0, 0, page.pagewidth, page.pageheight])
        figure = {
            "S": PDFName("Figure"),
            "P": whole_at,
            "Pg": document.Reference(page),
            "K": 0,
            "Alt": PDFString(description),
            "A": PDFDictionary({"O": PDFName("Layout"), "BBox": box, "Placement": PDFName("Block")}),
        }
        figures.append(document.Reference(_typed("StructElem", figure)))
    whole.dict = _typed("StructElem", {"S": PDFName("Document"), "P": root_at, "K": PDFArray(figures)}).dict
    parents = [part for number, figure in enumerate(figures) for part in (number, PDFArray([figure]))]
    tree = {
        "K": PDFArray([whole_at]),
        "ParentTree": PDFDictionary({"Nums": PDFArray(parents)}),
        "ParentTreeNextKey": len(figures),
    }
    root.dict = _typed("StructTreeRoot", tree).dict
    document.Catalog.StructTreeRoot = root
    document.Catalog.MarkInfo = PDFDictionary({"Marked": "true"})


def attach(canvas: Canvas, name: str, content: bytes) -> None:
    """Attach a CSV file; readers list it beside the page."""
    document = canvas._doc
    stream = PDFStream(
        _typed("EmbeddedFile", {"Subtype": PDFName("text#2Fcsv"), "Params": PDFDictionary({"Size": len(content)})}),
        content,
        filters=[PDFStreamFilterZCompress()],
    )
    place = PDFDictionary({"F": document.Reference(stream)})
    entry = _typed(
        "Filespec",
        {
            "F": PDFString(name),
            "UF": PDFString(name),
            "EF": place,
            "Desc": PDFString("The numbers of the figure"),
            "AFRelationship": PDFName("Data"),
        },
    )
    listing = PDFDictionary({"Names": PDFArray([PDFString(name), document.Reference(entry)])})
    document.Catalog.Names = PDFDictionary({"EmbeddedFiles": listing})


def _typed(kind: str, entries: dict[str, object]) -> PDFDictionary:
    return PDFDictionary({"Type": PDFName(kind), **entries})
