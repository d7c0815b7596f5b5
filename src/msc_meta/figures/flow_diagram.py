"""The PRISMA 2020 flow diagram: boxes as tall as their text, arrows from edge to edge, phases along the left side.

The columns follow the templates of Page et al. (BMJ 2021;372:n71): databases and registers alone, with other methods
beside them, and for updates with the previous version of the review.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from msc_meta.figures.drawing import Box, Drawing, Item, Line, Path, Polygon, Text
from msc_meta.figures.flow_words import flow_words
from msc_meta.figures.forest_width import POINTS_PER_MM, scaled
from msc_meta.figures.metrics import CAP_HEIGHT, SLACK, text_width, wrap
from msc_meta.figures.style import Style, load_style
from msc_meta.figures.text import clean
from msc_meta.figures.xy_layout import page
from msc_meta.flow.boxes import Column, FlowBox, FlowLine
from msc_meta.flow.counts import Flow, flow_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from msc_meta.figures.axes import StyleChoice
    from msc_meta.screening.screening_file import Screening
    from msc_meta.synthesis import Synthesis

COLUMNS: Final[tuple[Column, ...]] = ("previous", "main", "main-side", "other", "other-side")
PADDING: Final = 0.7  # all lengths below are in type sizes
GAP: Final = 1.9  # between boxes, for the arrows
HEAD: Final = 0.55  # length of an arrow's head
PHASE: Final = 2.1  # width of the bar of a phase
INDENT: Final = 0.9
HANGING: Final = 0.9
WIDEST: Final = 34.0  # of a column; a diagram of few words does not fill a page
STEP: Final = 0.02
UNSTATED: Final = "= not stated)"
TOGETHER: Final = "= not_stated)"  # of nearly the same width, and never broken


@dataclass(frozen=True, slots=True)
class Placed:
    """A box at its place, with its lines as they are broken: indent and text."""

    box: FlowBox
    at: Box
    lines: tuple[tuple[float, str, bool], ...]


class Grid(NamedTuple):
    """Where the columns stand: left edges, and the width that all of them have."""

    lefts: dict[Column, float]
    width: float


def flow_diagram(
    synthesis: Synthesis,
    screening: Screening | None = None,
    ax: Axes | None = None,
    style: StyleChoice = None,
    *,
    width: float | str | None = None,
) -> Axes | Figure:
    """Draw the PRISMA 2020 flow diagram, from the records identified to the studies in each synthesis [1]_.

    Parameters
    ----------
    synthesis : Synthesis
        What `synthesize` returns; included studies and reports are counted from its records.
    screening : Screening, optional
        What `load_screening` returns; the file that was found beside the records if left out. Without either the
        diagram begins with the records, and says so.
    ax, style
        As in `forest`.
    width : float or str, optional
        Of the figure, in millimetres or by the style's name for it: ``column``, ``full``.

    Returns
    -------
    Axes or Figure
        The Axes that was given, or else a new Figure; it is neither shown nor saved.

    References
    ----------
    .. [1] Page, McKenzie, Bossuyt et al. (2021). BMJ 372, n71.

    Examples
    --------
    >>> import msc_meta as mm
    >>> synthesis = mm.synthesize(mm.load_studies("examples/invented-review"), sensitivity=False)
    >>> figure = mm.flow_diagram(synthesis)
    >>> any(text.get_text().endswith("(n = 396)") for text in figure.axes[0].texts)
    True
    """
    from msc_meta.figures.axes import shown

    return shown(draw_flow(flow_of(synthesis, screening), style=style, width=width), ax)


def draw_flow(flow: Flow, *, style: StyleChoice = None, width: float | str | None = None) -> Drawing:
    """Return the diagram of a flow as a drawing; type is as large as its width allows, and never below ``size_min``."""
    from msc_meta.figures.forest_width import width_in_points

    look = load_style(style)
    look = look if width is None else replace(look, page_width=width_in_points(width, look))
    columns = [column for column in COLUMNS if any(box.column == column for box in flow.boxes)]
    smallest = min(1.0, look.size_min / look.size)
    steps = [1.0 - STEP * at for at in range(int((1.0 - smallest) / STEP) + 1)]
    fitting = (step for step in steps if _least_width(flow, columns, scaled(look, step)) <= look.page_width)
    style_now = scaled(look, next(fitting, smallest))
    least = _least_width(flow, columns, style_now)
    if least > look.page_width + 0.01:
        needed, wanted = least / POINTS_PER_MM, look.page_width / POINTS_PER_MM
        warnings.warn(f"the flow diagram needs {needed:.0f} mm and was to have {wanted:.0f} mm; it is wider",
                      stacklevel=2)  # fmt: skip
    return _laid_out(flow, columns, max(least, look.page_width), style_now)


def _frame(columns: Sequence[Column], style: Style) -> float:
    """Return what a width has beside its columns: margins, the bar of the phases, and the gaps."""
    return 2 * style.margin + (PHASE + GAP * len(columns)) * style.size


def _least_width(flow: Flow, columns: Sequence[Column], style: Style) -> float:
    """Return the width at which the longest word of a box still fits on a line."""
    needs = [10.5 * style.size]
    for box in flow.boxes:
        for at, line in enumerate(box.lines):
            indent = (INDENT * line.indent + (HANGING if line.indent else 0.0)) * style.size
            words = [text_width(word, style.size, style.font_family, bold=_is_title(box, at)) for word in _words(line)]
            needs.append(max(words) / SLACK + indent + (2 * PADDING + 0.1) * style.size)
    column = max(needs)
    return column * len(columns) + _frame(columns, style)


def _laid_out(flow: Flow, columns: Sequence[Column], width: float, style: Style) -> Drawing:
    each = min((width - _frame(columns, style)) / len(columns), WIDEST * style.size)
    left = style.margin + (PHASE + GAP) * style.size
    grid = Grid({column: left + at * (each + GAP * style.size) for at, column in enumerate(columns)}, each)
    items, top = _headers(flow, grid, style)
    placed = _placed(flow, grid, top, style)
    right = max(grid.lefts.values()) + each
    items += _phases(placed, style)
    items += [item for one in placed for item in _box(one, style)]
    items += list(_arrows({one.box.key: one for one in placed}, style))
    bottom = max(one.at.bottom for one in placed) + 2 * style.block_gap
    return page(items, right + style.margin, bottom, flow_words(flow), style)


def _headers(flow: Flow, grid: Grid, style: Style) -> tuple[list[Item], float]:
    """Return the titles above the columns, where there is more than the records to tell, and where the boxes begin."""
    if not flow.typed:
        return [], style.margin
    update = "previous" in grid.lefts
    titles: dict[Column, str] = {
        "previous": "Previous studies",
        "main": f"Identification of {'new ' if update else ''}studies via databases and registers",
        "other": f"Identification of {'new ' if update else ''}studies via other methods",
    }
    size, family = style.size, style.font_family
    spans = {name: 1 if name == "previous" else 2 for name in titles}
    items: list[Item] = []
    broken = {}
    for column, title in titles.items():
        if column in grid.lefts:
            span = spans[column] * grid.width + (spans[column] - 1) * GAP * size
            broken[column] = (span, wrap(title, span - 2 * PADDING * size, size, family, bold=True))
    height = max(len(lines) for _, lines in broken.values()) * style.line_height * size + 2 * 0.45 * size
    for column, (span, lines) in broken.items():
        box = Box(grid.lefts[column], style.margin, grid.lefts[column] + span, style.margin + height)
        items.append(_shape(f"header/{column}/bar", box, style.unimportant, style.guide, style.guide_width))
        items += _middle(f"header/{column}/text", box, lines, style)
    return items, style.margin + height + 0.9 * size


def _middle(gid: str, box: Box, lines: Sequence[str], style: Style) -> Iterator[Item]:
    pitch = style.line_height * style.size
    base = (box.top + box.bottom) / 2 - (len(lines) - 1) * pitch / 2 + CAP_HEIGHT * style.size / 2
    for at, line in enumerate(lines):
        yield Text(gid, (box.left + box.right) / 2, base + at * pitch, line, style.size, style.ink, "middle", True)


def _placed(flow: Flow, grid: Grid, top: float, style: Style) -> list[Placed]:
    """Put each row of boxes below the one before; a row is as tall as its tallest box."""
    size = style.size
    broken = {box.key: _broken(box, grid.width, style) for box in flow.boxes}
    heights = {
        key: (len(lines) - 1) * style.line_height * size + size + 2 * PADDING * size for key, lines in broken.items()
    }
    placed = []
    for row in sorted({box.row for box in flow.boxes}):
        boxes = [box for box in flow.boxes if box.row == row]
        for box in boxes:
            left = grid.lefts[box.column]
            at = Box(left, top, left + grid.width, top + heights[box.key])
            placed.append(Placed(box, at, tuple(broken[box.key])))
        top += max(heights[box.key] for box in boxes) + GAP * size
    return placed


def _broken(box: FlowBox, width: float, style: Style) -> list[tuple[float, str, bool]]:
    """Break the lines of a box; what goes on stands further in."""
    size, lines = style.size, []
    for at, line in enumerate(box.lines):
        indent = INDENT * size * line.indent
        hanging = HANGING * size if line.indent else 0.0
        room = width - 2 * PADDING * size - indent - hanging
        bold = _is_title(box, at)
        kept = " ".join(_words(line))
        for place, text in enumerate(wrap(kept, room, size, style.font_family, bold=bold)):
            lines.append((indent + (hanging if place else 0.0), text.replace(TOGETHER, UNSTATED), bold))
    return lines


def _words(line: FlowLine) -> list[str]:
    """Return the words of a line, among which "not stated" is one."""
    return clean(line.text).replace(UNSTATED, TOGETHER).split()


def _is_title(box: FlowBox, at: int) -> bool:
    return at == 0 and box.lines[at].heading


def _box(one: Placed, style: Style) -> Iterator[Item]:
    size, key = style.size, one.box.key
    yield _shape(f"box/{key}/frame", one.at, style.paper, style.ink, style.rule_width)
    base = one.at.top + PADDING * size + (1 + CAP_HEIGHT) * size / 2
    for at, (indent, text, bold) in enumerate(one.lines):
        y = base + at * style.line_height * size
        yield Text(f"box/{key}/text", one.at.left + PADDING * size + indent, y, text, size, style.ink, bold=bold)


def _shape(gid: str, box: Box, fill: str, stroke: str, width: float) -> Polygon:
    corners = ((box.left, box.top), (box.right, box.top), (box.right, box.bottom), (box.left, box.bottom))
    return Polygon(gid, corners, fill, stroke, width)


def _phases(placed: Sequence[Placed], style: Style) -> list[Item]:
    """Return a bar per phase along its boxes, its name reading upwards."""
    size, family = style.size, style.font_family
    items: list[Item] = []
    spans: dict[str, tuple[float, float]] = {}
    for one in placed:
        top, bottom = spans.get(one.box.phase, (one.at.top, one.at.bottom))
        spans[one.box.phase] = (min(top, one.at.top), max(bottom, one.at.bottom))
    for phase, (top, bottom) in spans.items():
        bar = Box(style.margin, top, style.margin + PHASE * size, bottom)
        items.append(_shape(f"phase/{phase}/bar", bar, style.unimportant, style.guide, style.guide_width))
        room = (bottom - top - 0.4 * size) / text_width(phase, size, family, bold=True)
        letter = min(size, max(style.size_min * 0.8, size * room))
        x = (bar.left + bar.right) / 2 + CAP_HEIGHT * letter / 2
        items.append(Text(f"phase/{phase}/text", x, (top + bottom) / 2, phase, letter, style.ink, "middle", True,
                          turned=True))  # fmt: skip
    return items


def _arrows(boxes: dict[str, Placed], style: Style) -> Iterator[Item]:
    """Yield arrows down each column, to the side boxes, and from the other columns to what is included."""
    for column in ("main", "other"):
        own = [one for one in boxes.values() if one.box.column == column]
        sides = {one.box.row: one for one in boxes.values() if one.box.column == f"{column}-side"}
        for one in own:
            if (side := sides.get(one.box.row)) is not None:
                y = (one.at.top + min(one.at.bottom, side.at.bottom)) / 2
                yield from _arrow(((one.at.right, y), (side.at.left, y)), f"{one.box.key}-{side.box.key}", style)
        for above, below in pairwise(own):
            x = (above.at.left + above.at.right) / 2
            yield from _arrow(((x, above.at.bottom), (x, below.at.top)), f"{above.box.key}-{below.box.key}", style)
    target = boxes.get("new") or boxes.get("included")
    last = max((one for one in boxes.values() if one.box.column == "other"), key=lambda one: one.at.top, default=None)
    if last is not None and target is not None:
        x, y = (last.at.left + last.at.right) / 2, (target.at.top + target.at.bottom) / 2
        yield from _arrow(((x, last.at.bottom), (x, y), (target.at.right, y)), "other-included", style)
    if (previous := boxes.get("previous")) is not None:
        total = boxes["included"]
        x, y = (previous.at.left + previous.at.right) / 2, (total.at.top + total.at.bottom) / 2
        yield from _arrow(((x, previous.at.bottom), (x, y), (total.at.left, y)), "previous-included", style)


def _arrow(points: Sequence[tuple[float, float]], key: str, style: Style) -> Iterator[Item]:
    """Yield a line and its head, whose tip touches the edge that it points at."""
    head, (x1, y1), (x, y) = HEAD * style.size, points[-2], points[-1]
    dx, dy = (x > x1) - (x < x1), (y > y1) - (y < y1)
    neck = (x - head * dx, y - head * dy)
    gid = f"arrow/{key}/line"
    if len(points) == 2:
        yield Line(gid, *points[0], *neck, style.ink, style.rule_width)
    else:
        yield Path(gid, (*points[:-1], neck), style.ink, style.rule_width)
    half = 0.4 * head
    corners = ((x, y), (neck[0] - half * dy, neck[1] - half * dx), (neck[0] + half * dy, neck[1] + half * dx))
    yield Polygon(f"arrow/{key}/head", corners, fill=style.ink)
