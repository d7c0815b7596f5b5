"""The plot of a living review: how each pooled effect moved from one state to another, outcome below outcome."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from msc_meta.figures.axes import StyleChoice
from msc_meta.figures.drawing import Drawing, Item
from msc_meta.figures.effect_changes import HEADER, EffectMove, Section, columns, data_rows, sections
from msc_meta.figures.forest_cells import RowWriter
from msc_meta.figures.forest_columns import Places
from msc_meta.figures.forest_graph import Panel
from msc_meta.figures.forest_header import header
from msc_meta.figures.forest_sheet import Block, Sheet, moved
from msc_meta.figures.forest_table import GRAPH, FigureInfo, ForestTable
from msc_meta.figures.forest_width import fitted, width_in_points
from msc_meta.figures.metrics import wrap
from msc_meta.figures.plot_words import table
from msc_meta.figures.style import Style, load_style
from msc_meta.figures.text import clean

TITLE = "How the pooled effects moved"
KEY = "Open diamond: before; filled: now; line with end caps: prediction interval; k: comparisons."
UNMOVED = "No outcome was analysed, before or now."


def draw_effect_changes(
    moves: Sequence[EffectMove], *, old: str = "", new: str = "", style: StyleChoice = None,
    width: str | float | None = None, page_height: float | None = None,
) -> Drawing:  # fmt: skip
    """Return the pooled effect of each outcome in two states of a review, each on its own scale.

    Parameters
    ----------
    moves : sequence of EffectMove
        The outcomes, in the order to be drawn.
    old, new : str
        What the two states are called, for the caption.
    style : str, Path or Style, optional
        As in `forest`.
    width : str or float, optional
        A name of the style (``column``, ``full``, ``page``) or millimetres.
    page_height : float, optional
        In points; a taller plot has ``pages``. The style's where not given.

    Returns
    -------
    Drawing
        With caption, description and the numbers as a table.
    """
    look = replace(load_style(style), favours_place="below", measure_place="below")
    if width is not None:
        points = width_in_points(width, look)
        look = replace(look, page_width=points, graph_max_width=max(points, look.graph_max_width))
    parts = [part for move in moves for part in sections(move, look)]
    shared = ForestTable(
        info=FigureInfo(name="effect-changes", title=TITLE),
        columns=columns(moves, look),
        rows=tuple(row for part in parts for row in part.table.rows if row.kind == "study"),
    )
    if width is not None:
        shared, look, _ = fitted(shared, look)
    places = Places.of(shared, look, narrow=width is not None)
    blocks = [_block(part, shared, places, look) for part in parts]
    head, top = header(shared, places, {}, look)
    described = _description(moves, old, new)
    items, bottom = _stacked(blocks, head, top, places, look)
    drawing = Drawing(
        name="effect-changes", width=places.width, height=round(bottom + look.margin, 2), items=tuple(items),
        font_family=look.font_family, svg_font_families=look.svg_font_families, paper=look.paper, title=TITLE,
        description=described, details=tuple(_details(moves, look)), caption=f"{described} {KEY}",
        data=table(HEADER, data_rows(moves)),
    )  # fmt: skip
    room = look.page_height if page_height is None else page_height
    if drawing.height <= room:
        return drawing
    return replace(drawing, pages=tuple(_pages(drawing, blocks, head, top, places, look, room)))


def _block(part: Section, shared: ForestTable, places: Places, style: Style) -> Block:
    """Return a section from its top down: title, rows, axis, sentences."""
    own = {column.key for column in shared.columns} | {GRAPH}
    shown = replace(part.table, columns=tuple(column for column in part.table.columns if column.key in own))
    sheet, right = Sheet(style), places.width - style.margin
    key = part.table.info.name
    pitch = style.size * style.line_height
    for line in wrap(part.title, right - style.margin, style.size, style.font_family, bold=True):
        sheet.text(f"heading/{key}/label", style.margin, sheet.y + pitch / 2, line, bold=True)
        sheet.y += pitch
    sheet.y += style.block_gap * 0.2
    panel = None
    if shown.graphs:
        left = places.left[GRAPH]
        panel = Panel.of(shown, shown.graphs[0], left, places.right[GRAPH] - left, style)
    if panel is not None:
        _draw_rows(sheet, shown, panel, places)
    for sentence in part.sentences:
        sheet.paragraph(f"sentence/{key}/text", sentence, left=style.margin, right=right, color=style.muted)
    sheet.y += style.block_gap
    return sheet.block("main")


def _draw_rows(sheet: Sheet, shown: ForestTable, panel: Panel, places: Places) -> None:
    """Add the rows, the prediction interval of each behind its diamond, and the axis."""
    style, key, top = sheet.style, shown.info.name, sheet.y
    writer = RowWriter(shown, places, {GRAPH: panel}, style)
    for row in shown.rows:
        if row.kind == "prediction":
            middle = sheet.y + style.row_height / 2
            for plotted in row.plotted.values():
                sheet.items += panel.draw(f"prediction/{row.key}", plotted, middle, style.prediction_color)
            continue
        block = writer.block(row)
        sheet.items += [moved(item, sheet.y) for item in block.items]
        sheet.y += block.height
    sheet.y += style.block_gap * 0.4
    null = replace(panel.null_line(top, sheet.y), gid=f"null/{key}/line")
    axis, end = panel.axis_items(sheet.y)
    sheet.items = [null, *sheet.items, *(replace(item, gid=_of(item.gid, key)) for item in axis)]
    sheet.y = end + style.block_gap * 0.5


def _of(gid: str, key: str) -> str:
    """Return the id of a part of an axis, with the outcome it belongs to."""
    kind, _, part = gid.split("/", 2)
    return f"{kind}/{key}/{part}"


def _stacked(
    blocks: Sequence[Block], head: Sequence[Item], top: float, places: Places, style: Style
) -> tuple[list[Item], float]:
    items, y = [*head], top
    for block in blocks:
        items += [moved(item, y) for item in block.items]
        y += block.height
    sheet = Sheet(style)
    said = KEY if blocks else UNMOVED
    sheet.paragraph("key/key/text", said, left=style.margin, right=places.width - style.margin, color=style.ink)
    return [*items, *(moved(item, y) for item in sheet.items)], y + sheet.y


def _pages(
    drawing: Drawing, blocks: Sequence[Block], head: Sequence[Item], top: float, places: Places, style: Style,
    height: float,
) -> Iterator[Drawing]:  # fmt: skip
    """Yield the plot on pages of one height; no section is divided."""
    foot = 3 * style.size_small * style.line_height + style.margin
    pages: list[list[Block]] = [[]]
    filled = top
    for block in blocks:
        if pages[-1] and filled + block.height + foot > height:
            pages.append([])
            filled = top
        pages[-1].append(block)
        filled += block.height
    for number, page in enumerate(pages, start=1):
        items, bottom = _stacked(page, head, top, places, style)
        yield replace(
            drawing, name=f"{drawing.name}-{number}", title=f"{drawing.title}, page {number} of {len(pages)}",
            items=tuple(items), height=round(max(height, bottom + style.margin), 2),
        )  # fmt: skip


def _description(moves: Sequence[EffectMove], old: str, new: str) -> str:
    states = f" Before: {clean(old)}; now: {clean(new)}." if old and new else ""
    outcomes = "one outcome" if len(moves) == 1 else f"{len(moves)} outcomes"
    return f"{TITLE}: {outcomes} in two states of a review, each on its own scale.{states}"


def _details(moves: Sequence[EffectMove], style: Style) -> Iterator[str]:
    """Yield each outcome in a line: its effect before and now, and the trials that made it move."""
    for move in moves:
        said = [
            f"{row.label}: {row.cells['effect'].text}, k = {row.cells['k'].text}"
            for part in sections(move, style)
            for row in part.table.rows
            if row.kind == "study"
        ]
        sentences = [sentence for part in sections(move, style) for sentence in part.sentences]
        yield " ".join([f"{clean(move.title or move.name)}.", *(f"{one}." for one in said), *sentences])
