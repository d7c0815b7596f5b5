"""Where everything of a forest plot stands, in points; the size of the page follows from the content.

Columns are as wide as their widest cell by measured text, graphs share the rest of the page, long texts wrap.
Nothing overlaps because nothing has to fit a given frame.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from msc_meta.figures.drawing import Drawing, Line
from msc_meta.figures.forest_cells import RowWriter, light
from msc_meta.figures.forest_columns import LIGHT, Places
from msc_meta.figures.forest_graph import Panel
from msc_meta.figures.forest_header import header
from msc_meta.figures.forest_pages import Stack
from msc_meta.figures.forest_sheet import Block, Sheet
from msc_meta.figures.forest_table import LABEL, Cell, ForestRow, ForestTable
from msc_meta.figures.metrics import text_width
from msc_meta.figures.style import Style

BESIDE = 0.33  # of the page must be free beside the axis for the lines of the summary; else they stand below it


def forest_drawing(
    table: ForestTable,
    style: Style,
    description: str = "",
    details: tuple[str, ...] = (),
    *,
    caption: str = "",
    data: tuple[tuple[str, ...], ...] = (),
    page_height: float | None = None,
    narrow: bool = False,
) -> Drawing:
    """Lay a forest plot out.

    Parameters
    ----------
    table : ForestTable
        What to show, see `forest_rows`.
    description, details, caption, data
        As in `Drawing`.
    page_height : float, optional
        In points; a taller plot has ``pages``, with the header on each and the totals on the last one that has studies.
        The style's where not given.
    narrow : bool
        Whether graphs may be smaller than is usual, because the figure is to have a given width.
    """
    places = Places.of(table, style, narrow=narrow)
    panels = {
        graph.key: panel
        for graph in table.graphs
        if (panel := Panel.of(table, graph, places.left[graph.key], _width(places, graph.key), style)) is not None
    }
    stack = Stack(partial(header, table, places, panels, style), panels, style)
    blocks = list(_blocks(table, places, panels, style))
    items, bottom = stack.page(blocks)
    title = table.title or table.info.title
    drawing = Drawing(
        name=f"forest-{table.info.name}",
        width=places.width,
        height=round(bottom + style.margin, 2),
        items=tuple(items),
        font_family=style.font_family,
        svg_font_families=style.svg_font_families,
        paper=style.paper,
        title=f"Forest plot: {title}" if title else "Forest plot",
        description=description,
        details=details,
        caption=caption,
        data=data,
    )
    height = style.page_height if page_height is None else page_height
    return replace(drawing, pages=_pages(drawing, stack, blocks, height, style)) if drawing.height > height else drawing


def _pages(drawing: Drawing, stack: Stack, blocks: Sequence[Block], height: float, style: Style) -> tuple[Drawing, ...]:
    """Return the same plot on several pages of one height."""
    continued = f"({style.texts['continued']})"
    by_page = stack.pages(blocks, height, continued)
    pages = []
    for place, page in enumerate(by_page):
        more = any(block.section == "main" for later in by_page[place + 1 :] for block in later)
        items, bottom = stack.page(page, continued=continued if place else "", more=more)
        number = f"page {place + 1} of {len(by_page)}"
        pages.append(
            replace(
                drawing,
                name=f"{drawing.name}-{place + 1}",
                title=f"{drawing.title}, {number}",
                items=tuple(items),
                height=round(max(height, bottom + style.margin), 2),
            )
        )
    return tuple(pages)


def _width(places: Places, key: str) -> float:
    return places.right[key] - places.left[key]


def _blocks(table: ForestTable, places: Places, panels: dict[str, Panel], style: Style) -> Iterator[Block]:
    """Yield the plot from the top down: studies and answers, axis and summary, what is left out, notes."""
    writer = RowWriter(table, places, panels, style)
    main = [row for row in table.rows if row.kind not in {"left-out", "sentence"}]
    pooled_yet = False
    heading: Block | None = None
    for row in main:
        block = writer.block(row, first_pooled=row.kind == "pooled" and not pooled_yet)
        pooled_yet = pooled_yet or row.kind == "pooled"
        if row.kind == "heading":
            again = Cell(f"{row.label} ({style.texts['continued']})")
            heading = writer.block(replace(row, cells=row.cells | {LABEL: again}))
        yield replace(block, keep=block.keep or pooled_yet, again=heading if row.indent else None)
    plotted = {key for row in main for key in row.plotted}
    shown = {key: panel for key, panel in panels.items() if key in plotted}
    yield _foot(table, places, shown, style)
    yield from _left_out(table, writer, places, style)
    yield from _notes(table, places, style)


def _foot(table: ForestTable, places: Places, panels: dict[str, Panel], style: Style) -> Block:
    """Return the axes, and beside or below them the sentence in place of a pool, heterogeneity, test and method."""
    sheet = Sheet(style)
    sheet.y = style.block_gap * 0.6
    bottom = sheet.y
    for panel in panels.values():
        axis, end = panel.axis_items(sheet.y)
        sheet.items += axis
        bottom = max(bottom, end)
    right = places.width - style.margin
    if panels:
        free = min(panel.left for panel in panels.values()) - style.column_gap
        if free - style.margin >= BESIDE * places.width:
            right = free
        else:
            sheet.y = bottom
    sheet.y += style.block_gap * 0.4
    sentences = [row.reason for row in table.rows if row.kind == "sentence"]
    for sentence in sentences:
        sheet.paragraph("answer/answer/text", sentence, left=style.margin, right=right, color=style.ink)
    for line in table.summary:
        sheet.paragraph("summary/summary/text", line, left=style.margin, right=right, color=style.ink)
    sheet.y = max(sheet.y, bottom) + style.block_gap
    return sheet.block("foot")


def _left_out(table: ForestTable, writer: RowWriter, places: Places, style: Style) -> Iterator[Block]:
    """Yield, in grey, the studies that are not in the pooled estimate, each with its reason."""
    rows: list[ForestRow] = [row for row in table.rows if row.kind == "left-out"]
    if not rows and not table.collapsed:
        return
    right = places.width - style.margin
    sheet = Sheet(style)
    sheet.items.append(Line("heading/left-out/rule", style.margin, 0.0, right, 0.0, style.guide, style.guide_width))
    sheet.y = style.block_gap * 0.6
    sheet.text("heading/left-out/label", style.margin, sheet.y + style.row_height / 2, style.texts["left_out"],
               color=style.muted, bold=True)  # fmt: skip
    sheet.y += style.row_height
    yield sheet.block("left-out", keep=True)
    for row in rows:
        yield writer.block(row)
    for place, text in enumerate(table.collapsed):
        sheet = Sheet(style)
        sheet.y = 0.0 if place else style.block_gap * 0.4
        sheet.paragraph("collapsed/collapsed/text", text, left=style.margin, right=right, color=style.muted)
        yield sheet.block("notes")
    yield Block(items=(), height=style.block_gap * 0.6, section="notes")


def _notes(table: ForestTable, places: Places, style: Style) -> Iterator[Block]:
    """Yield the key to the traffic lights, notes and footnotes below everything."""
    left, right = style.margin, places.width - style.margin
    if table.notes or table.footnotes:
        yield Block(items=(), height=style.block_gap * 0.4, section="notes", keep=True)
    judged = {cell.judgement for row in table.rows for cell in row.cells.values()} - {""}
    if judged:
        yield _key_to_lights([name for name in style.judgement_fills if name in judged], right, style)
    for note in table.notes:
        sheet = Sheet(style)
        sheet.paragraph("note/note/text", note, left=left, right=right, color=style.ink)
        yield sheet.block("notes")
    for mark, text in table.footnotes:
        sheet = Sheet(style)
        sheet.paragraph("footnote/footnote/text", text, left=left, right=right, color=style.ink, mark=mark)
        yield sheet.block("notes")


def _key_to_lights(judgements: Sequence[str], right: float, style: Style) -> Block:
    """Return what the traffic lights mean, in as many lines as are needed."""
    sheet = Sheet(style)
    small, radius = style.size_small, LIGHT * style.size / 2
    pitch = 2 * radius + 2.0
    x, y = style.margin, pitch / 2
    words = f"{style.texts['judgements']}:"
    sheet.text("key/judgements/text", x, y, words, size=small)
    x += text_width(words, small, style.font_family) + small
    for name in judgements:
        word = style.texts[name]
        width = 2 * radius + 2.5 + text_width(word, small, style.font_family)
        if x + width > right:
            x, y = style.margin, y + pitch
        light(sheet, f"key/{name}/symbol", name, x + radius, y, style)
        sheet.text(f"key/{name}/text", x + 2 * radius + 2.5, y, word, size=small)
        x += width + 1.2 * small
    sheet.y = y + pitch / 2 + 1.0
    return sheet.block("notes")
