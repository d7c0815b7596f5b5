"""The evidence map: every study by every outcome, and what became of what it reported."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isnan
from typing import TYPE_CHECKING, NamedTuple, final

from msc_meta.effects.choice import REPORTED_IN_WORDS
from msc_meta.effects.rows import ArmNumbers, StudyRow
from msc_meta.figures.axes import StyleChoice, shown
from msc_meta.figures.drawing import Drawing, Item, Line, Text
from msc_meta.figures.metrics import CAP_HEIGHT, text_width, wrap
from msc_meta.figures.plot_words import name_of
from msc_meta.figures.style import Style, load_style
from msc_meta.figures.text import clean
from msc_meta.figures.xy_frame import marker_item
from msc_meta.figures.xy_layout import page
from msc_meta.figures.xy_plot import Entry, Marker, Shape, Wording
from msc_meta.synthesis import Synthesis

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMN = 84.0  # points


class Look(NamedTuple):
    """A state's symbol; ``fill`` names a colour of the style, and each differs in shape from those of its grey."""

    words: str
    shape: Shape
    fill: str
    size: float = 1.0


STATES = {
    "pooled": Look("pooled as reported", "circle", "ink"),
    "converted": Look("pooled after a conversion", "diamond", "point_fill"),
    "no-spread": Look("no dispersion reported", "triangle", "accent"),
    "unusable": Look("reported, not usable otherwise", "square", "paper"),
    "not-estimable": Look("no effect can be estimated", "wedge", "paper"),
    "no-numbers": Look("measured, numbers not reported", "cross", "paper"),
    "not-seen": Look("no report of this outcome seen", "circle", "paper", 0.6),
    "not-eligible": Look("not eligible", "circle", "guide", 0.3),
}


@final
@dataclass(frozen=True, slots=True)
class MapCell:
    """A study's state in one outcome, and the reason in words."""

    state: str
    reason: str


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceGrid:
    """Studies by outcomes.

    Attributes
    ----------
    outcomes : tuple of str
        Titles, in the protocol's order.
    studies : tuple of (key, label)
        Those with most in the pools first, then by year and name; those that are never eligible last.
    cells : mapping of (study key, outcome) to MapCell
    """

    outcomes: tuple[str, ...]
    studies: tuple[tuple[str, str], ...]
    cells: Mapping[tuple[str, str], MapCell]

    def counts(self, outcome: str | None = None) -> Counter[str]:
        """Return how many studies, or cells of all outcomes, are in each state."""
        return Counter(cell.state for (_, name), cell in self.cells.items() if outcome in (None, name))


def state_of(row: StudyRow) -> str:
    """Return what became of a study's report of an outcome: a key of ``STATES``.

    Examples
    --------
    >>> arm = ArmNumbers(n=10, median=17.5)
    >>> state_of(StudyRow(study="a", label="A", year=2024, standing="not usable", e=arm, c=arm))
    'no-spread'
    """
    if row.standing == "pooled":
        return "converted" if row.conversion or row.e.conversion or row.c.conversion else "pooled"
    if row.standing == "not usable":
        return "no-spread" if _lacks_spread(row.e) and _lacks_spread(row.c) else "unusable"
    if row.standing == "no data":
        return "no-numbers" if row.reason == REPORTED_IN_WORDS["measured-without-data"] else "not-seen"
    return "not-estimable" if row.standing == "not estimable" else "not-eligible"


def _lacks_spread(arm: ArmNumbers) -> bool:
    """Whether an arm has a location without a standard deviation, quartiles or a range."""
    located = not all(map(isnan, (arm.mean, arm.median, arm.value)))
    return located and all(map(isnan, (arm.sd, arm.q1, arm.q3, arm.min, arm.max, arm.events, arm.percent)))


def evidence_grid(outcomes: Mapping[str, Sequence[StudyRow]]) -> EvidenceGrid:
    """Return the state of every study in every outcome; of several comparisons of a study, that of the first counts.

    Parameters
    ----------
    outcomes : mapping of str to sequence of StudyRow
        Rows by the outcome's title.
    """
    cells: dict[tuple[str, str], MapCell] = {}
    first: dict[str, StudyRow] = {}
    for title, rows in outcomes.items():
        for row in rows:
            first.setdefault(row.study, row)
            cells.setdefault((row.study, title), MapCell(state_of(row), clean(row.reason)))

    def rank(row: StudyRow) -> tuple[float, ...]:
        states = [cells[row.study, title].state for title in outcomes if (row.study, title) in cells]
        reported = sum(state not in ("not-seen", "not-eligible") for state in states)
        pooled = sum(state in ("pooled", "converted") for state in states)
        out = all(state == "not-eligible" for state in states)
        return out, -pooled, -reported, row.year if row.year is not None else 9999

    ordered = sorted(first.values(), key=lambda row: (*rank(row), name_of(row)))
    return EvidenceGrid(
        outcomes=tuple(map(clean, outcomes)),
        studies=tuple((row.study, name_of(row)) for row in ordered),
        cells={(study, clean(title)): cell for (study, title), cell in cells.items()},
    )


def draw_evidence_map(synthesis: Synthesis, *, style: StyleChoice = None) -> Drawing:
    """Return the evidence map of all outcomes as a drawing; see `evidence_map`."""
    return grid_drawing(evidence_grid({one.rules.title: one.rows for one in synthesis.values()}), load_style(style))


def grid_drawing(grid: EvidenceGrid, style: Style) -> Drawing:
    """Lay the grid out: a row per study, a column per outcome, counts and legend below.

    One that is taller than a page has ``pages``, with header and legend on each and the counts on the last.
    """
    whole = _laid_out(grid, grid.studies, "Study", style, room="Study")
    if whole.height <= style.page_height:
        return whole
    others = whole.height - len(grid.studies) * style.row_height
    fit = max(1, int((style.page_height - others) // style.row_height))
    starts = range(0, len(grid.studies), fit)
    again = f"Study ({style.texts['continued']})"
    pages = []
    for place, start in enumerate(starts, 1):
        part, header = grid.studies[start : start + fit], "Study" if place == 1 else again
        page = _laid_out(grid, part, header, style, room=again, counted=place == len(starts))
        title = f"{whole.title}, page {place} of {len(starts)}"
        height = max(style.page_height, page.height)
        pages.append(replace(page, name=f"{whole.name}-{place}", title=title, height=height))
    return replace(whole, pages=tuple(pages))


def _laid_out(
    grid: EvidenceGrid,
    studies: Sequence[tuple[str, str]],
    header: str,
    style: Style,
    *,
    room: str,
    counted: bool = True,
) -> Drawing:
    """Lay some of the studies out; columns stand alike whichever these are, with room for the longest header."""
    family, size = style.font_family, style.size
    names = [text_width(label, size, family) for _, label in grid.studies]
    left = style.margin + max([*names, text_width(room, size, family, bold=True)]) + 2 * style.column_gap
    width = max(left + COLUMN * len(grid.outcomes) + style.margin, style.funnel_width)
    headers = [wrap(title, COLUMN - style.column_gap, size, family, bold=True) for title in grid.outcomes]
    pitch = style.line_height * size
    rule = style.margin + max(map(len, headers), default=1) * pitch + 0.3 * size
    items: list[Item] = [
        Text("header/study/text", style.margin, rule - 0.5 * size, header, size, style.ink, bold=True),
        Line("header/header/rule", style.margin, rule, width - style.margin, rule, style.ink, style.rule_width),
    ]
    for at, lines in enumerate(headers):
        middle = left + (at + 0.5) * COLUMN
        items += [
            Text(f"header/{at}/text", middle, rule - 0.5 * size - (len(lines) - 1 - i) * pitch, line, size, style.ink,
                 "middle", bold=True)
            for i, line in enumerate(lines)
        ]  # fmt: skip
    top = rule + 0.2 * size
    items += _cells(grid, studies, left, top, style)
    bottom = top + style.row_height * len(studies)
    items.append(
        Line("total/total/rule", style.margin, bottom, width - style.margin, bottom, style.ink, style.rule_width)
    )
    if counted:
        items += _totals(grid, left, bottom, style)
        bottom += style.row_height
    return page(items, width, bottom + style.block_gap, _wording(grid, style), style)


def _cells(
    grid: EvidenceGrid, studies: Sequence[tuple[str, str]], left: float, top: float, style: Style
) -> Iterator[Item]:
    for line, (key, label) in enumerate(studies):
        y = top + (line + 0.5) * style.row_height
        states = [cell.state for title in grid.outcomes if (cell := grid.cells.get((key, title))) is not None]
        color = style.muted if set(states) == {"not-eligible"} else style.ink
        yield Text(f"study/{key}/label", style.margin, y + CAP_HEIGHT * style.size / 2, label, style.size, color)
        for at, title in enumerate(grid.outcomes):
            if (cell := grid.cells.get((key, title))) is not None:
                sample = _sample(cell.state, f"study/{key}/{cell.state}", style)
                yield marker_item(sample, left + (at + 0.5) * COLUMN, y)


def _totals(grid: EvidenceGrid, left: float, top: float, style: Style) -> Iterator[Item]:
    y = top + style.row_height / 2 + CAP_HEIGHT * style.size / 2
    yield Text("total/total/label", style.margin, y, "Pooled", style.size, style.ink, bold=True)
    for at, title in enumerate(grid.outcomes):
        count = _pooled(grid, title)
        yield Text(
            f"total/{at}/count", left + (at + 0.5) * COLUMN, y, str(count), style.size, style.ink, "middle", True
        )


def _pooled(grid: EvidenceGrid, title: str) -> int:
    counts = grid.counts(title)
    return counts["pooled"] + counts["converted"]


def _sample(state: str, gid: str, style: Style) -> Marker:
    look = STATES[state]
    fill = {"ink": style.ink, "point_fill": style.point_fill, "accent": style.accent, "guide": style.guide}
    return Marker(key="", x=0, y=0, radius=0.4 * style.size * look.size, fill=fill.get(look.fill, style.paper),
                  stroke=style.ink, shape=look.shape, width=0.6, gid=gid)  # fmt: skip


def _wording(grid: EvidenceGrid, style: Style) -> Wording:
    counts = grid.counts()
    legend = tuple(
        Entry(_sample(state, "", style), f"{look.words} ({counts[state]})")
        for state, look in STATES.items()
        if counts[state]
    )
    pooled = "; ".join(f"{title}: {_pooled(grid, title)} pooled" for title in grid.outcomes)
    states = "; ".join(f"{look.words}: {counts[state]}" for state, look in STATES.items() if counts[state])
    studies = len(grid.studies)
    about = f"{studies} studies by {len(grid.outcomes)} outcomes. {pooled}."
    header = ("Study", *(column for title in grid.outcomes for column in (title, f"{title}: reason")))
    rows = [(label, *(part for title in grid.outcomes for part in _words(grid, key, title)))
            for key, label in grid.studies]  # fmt: skip
    return Wording(
        name="evidence-map",
        title="Evidence map",
        description=f"Evidence map. {about} In cells: {states}.",
        caption=(
            f"Evidence map. {about} A symbol says what became of a study's report of an outcome; numbers in brackets "
            "count the cells."
        ),
        data=(header, *rows),
        details=tuple(
            f"{label}: "
            + "; ".join(f"{title}, {' - '.join(filter(None, _words(grid, key, title)))}" for title in grid.outcomes)
            + "."
            for key, label in grid.studies
        ),
        legend=legend,
    )


def _words(grid: EvidenceGrid, key: str, title: str) -> tuple[str, str]:
    """Return a cell in words: its state, and the reason where that says more."""
    cell = grid.cells.get((key, title))
    if cell is None:
        return "", ""
    words = STATES[cell.state].words
    return words, "" if cell.reason == words else cell.reason


def evidence_map(synthesis: Synthesis, ax: Axes | None = None, style: StyleChoice = None) -> Axes | Figure:
    """Draw what became of every study's report of every outcome: pooled, converted, not usable, not seen.

    Parameters
    ----------
    synthesis : Synthesis
        What `synthesize` returns.
    ax, style
        As in `forest`.

    Returns
    -------
    Axes or Figure
        The Axes that was given, or else a new Figure; it is neither shown nor saved.

    Examples
    --------
    >>> import msc_meta as mm
    >>> figure = evidence_map(mm.synthesize(mm.load_studies("studies/")))
    >>> [text.get_text() for text in figure.axes[0].texts if text.get_gid() == "total/0/count"]
    ['12']
    """
    return shown(draw_evidence_map(synthesis, style=style), ax)
