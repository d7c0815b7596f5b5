"""The manuscript as a Word file: tables and captions as Word knows them, the same bytes for the same synthesis."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from docx import Document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor

from msc_meta.figures.files import file_bytes
from msc_meta.report.manuscript import Heading, Manuscript, NumberedFigure, NumberedTable
from msc_meta.report.manuscript_tables import column_widths

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from docx.text.paragraph import Paragraph as WordParagraph

    from msc_meta.report.page_tables import Table

PAGE: Final = (Mm(210), Mm(297))  # A4
MARGIN: Final = Mm(17.5)  # leaves 175 mm, the full width of a figure
DPI: Final = 300
WRITTEN: Final = datetime(2000, 1, 1)  # in place of the time of writing, so that the same input gives the same bytes
EARLIEST: Final = (1980, 1, 1, 0, 0, 0)  # that a ZIP file can name
TABLE_STYLE: Final = f"""
<w:style {nsdecls("w")} w:type="table" w:customStyle="1" w:styleId="ThreeLines">
  <w:name w:val="Three Lines"/><w:basedOn w:val="TableNormal"/><w:uiPriority w:val="99"/><w:qFormat/>
  <w:tblPr><w:tblBorders>
    <w:top w:val="single" w:sz="8" w:space="0" w:color="auto"/>
    <w:bottom w:val="single" w:sz="8" w:space="0" w:color="auto"/>
  </w:tblBorders><w:tblCellMar><w:left w:w="57" w:type="dxa"/><w:right w:w="57" w:type="dxa"/></w:tblCellMar></w:tblPr>
  <w:tblStylePr w:type="firstRow"><w:rPr><w:b/></w:rPr><w:tcPr><w:tcBorders>
    <w:bottom w:val="single" w:sz="4" w:space="0" w:color="auto"/>
  </w:tcBorders><w:vAlign w:val="bottom"/></w:tcPr></w:tblStylePr>
</w:style>"""


def docx_bytes(made: Manuscript) -> bytes:
    """Return the manuscript as a .docx file.

    Text is portrait; tables with many columns stand on pages on their side. Header rows are repeated on each page,
    captions are numbered by SEQ fields, pictures have 300 dpi and their alternative text. All looks come from styles.
    """
    document = Document()
    _properties(document, made.title)
    _styles(document)
    _page(document.sections[0], wide=False)
    document.add_paragraph(made.title, style="Title")
    for part in made.text:
        if isinstance(part, Heading):
            document.add_heading(part.text, part.level)
        else:
            document.add_paragraph(part.text, style="Body Text")
    if made.references:
        document.add_heading("References", 1)
    for number, reference in enumerate(made.references, start=1):
        document.add_paragraph(f"{number}.\t{reference}", style="Reference")
    _tables(document, made.tables)
    _figures(document, made.figures)
    return _packed(document)


def _properties(document: WordDocument, title: str) -> None:
    core = document.core_properties
    core.title, core.author, core.last_modified_by, core.comments = title[:255], "", "", ""
    core.created = core.modified = WRITTEN
    core.revision, core.language = 1, "en-GB"


def _styles(document: WordDocument) -> None:
    """Set fonts and sizes once, in the styles."""
    styles = document.styles
    for name, size, before, after in (
        ("Normal", 11, 0, 0), ("Body Text", 11, 0, 8), ("Title", 18, 0, 12), ("Heading 1", 14, 14, 4),
        ("Heading 2", 11, 8, 2), ("Caption", 9, 12, 4),
    ):  # fmt: skip
        _look(styles[name], size, before, after)
    for name, size, parent in (("Table Text", 8, "Normal"), ("Table Note", 8, "Normal"), ("Reference", 9, "Normal")):
        style = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = styles[parent]
        _look(style, size, 1, 3 if name == "Reference" else 1)
    numbers = styles.add_style("Table Number", WD_STYLE_TYPE.PARAGRAPH)
    numbers.base_style = styles["Table Text"]
    numbers.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    figure = styles.add_style("Figure", WD_STYLE_TYPE.PARAGRAPH)
    figure.base_style = styles["Normal"]
    figure.paragraph_format.keep_with_next = True
    styles["Caption"].paragraph_format.keep_with_next = True
    styles["Caption"].font.bold = False  # its label alone is
    hanging = styles["Reference"].paragraph_format
    hanging.left_indent, hanging.first_line_indent = Mm(8), Mm(-8)
    hanging.tab_stops.add_tab_stop(Mm(8))
    styles["Table Note"].paragraph_format.space_before = Pt(3)
    styles.element.append(parse_xml(TABLE_STYLE))


def _look(style: Any, size: float, before: float, after: float) -> None:
    style.font.name, style.font.size, style.font.color.rgb = "Arial", Pt(size), RGBColor(0, 0, 0)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):  # a theme would win over the font
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    fonts.set(qn("w:cs"), "Arial")
    style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)
    border = style.element.find(f".//{qn('w:pBdr')}")
    if border is not None:  # the rule below a title
        border.getparent().remove(border)


def _page(section: Any, *, wide: bool) -> None:
    section.orientation = WD_ORIENT.LANDSCAPE if wide else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = reversed(PAGE) if wide else PAGE
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = MARGIN


def _tables(document: WordDocument, tables: Sequence[NumberedTable]) -> None:
    before: bool | None = None
    for one in tables:
        if one.wide != before:
            _page(document.add_section(WD_SECTION.NEW_PAGE), wide=one.wide)
            before = one.wide
        _caption(document, "Table", one.number, one.table.caption)
        _table(document, one.table, PAGE[one.wide] - 2 * MARGIN)
        for note in one.table.notes:
            document.add_paragraph(note, style="Table Note")


def _figures(document: WordDocument, figures: Sequence[NumberedFigure]) -> None:
    if not figures:
        return
    _page(document.add_section(WD_SECTION.NEW_PAGE), wide=False)
    room = PAGE[0] - 2 * MARGIN
    for one in figures:
        for drawing in one.pages:
            run = document.add_paragraph(style="Figure").add_run()
            picture = io.BytesIO(file_bytes(drawing, "png", dpi=DPI))
            shape = run.add_picture(picture, width=min(Pt(drawing.width), room))
            words = shape._inline.docPr  # python-docx has no other way to the alternative text
            words.set("title", drawing.title)
            words.set("descr", drawing.description)
        _caption(document, "Figure", one.number, one.caption, below=True)


def _caption(document: WordDocument, name: str, number: int, text: str, *, below: bool = False) -> None:
    """Add ``Table 1. …`` with a field for the number, so that Word counts on and can list tables."""
    paragraph = document.add_paragraph(style="Caption")
    if below:
        paragraph.paragraph_format.keep_with_next = False
    paragraph.add_run(f"{name} ", style="Strong")
    _field(paragraph, f"SEQ {name} \\* ARABIC", str(number))
    paragraph.add_run(". ", style="Strong")
    paragraph.add_run(text)


def _field(paragraph: WordParagraph, code: str, shown: str) -> None:
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), code)
    run = OxmlElement("w:r")
    strong = OxmlElement("w:rStyle")
    strong.set(qn("w:val"), "Strong")
    run.get_or_add_rPr().append(strong)
    text = OxmlElement("w:t")
    text.text = shown
    run.append(text)
    field.append(run)
    paragraph._p.append(field)


def _table(document: WordDocument, table: Table, room: int) -> None:
    made = document.add_table(rows=1 + len(table.rows), cols=len(table.columns))
    made.style = document.styles["Three Lines"]
    made.autofit = False
    header, *rows = made.rows
    for row in made.rows:
        _row_property(row, "w:cantSplit")
    _row_property(header, "w:tblHeader")
    widths = column_widths(table, room)
    for grid, width in zip(made.columns, widths, strict=True):
        grid.width = width
    lines = [[column.header for column in table.columns], *([cell.text for cell in row] for row in table.rows)]
    for row, texts in zip((header, *rows), lines, strict=True):
        for cell, text, column, width in zip(row.cells, texts, table.columns, widths, strict=True):
            cell.width = width
            paragraph = cell.paragraphs[0]
            paragraph.style = document.styles["Table Number" if column.numbers else "Table Text"]
            paragraph.add_run(text)


def _row_property(row: Any, name: str) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement(name))


def _packed(document: WordDocument) -> bytes:
    """Return the document's bytes with fixed times in the archive."""
    written, fixed = io.BytesIO(), io.BytesIO()
    document.save(written)
    with zipfile.ZipFile(written) as old, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, EARLIEST)
            entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
            new.writestr(entry, old.read(name))
    return fixed.getvalue()
