"""The synthesis as the parts of a manuscript: headings, paragraphs, tables, figures, references; no file format yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal, final

from msc_meta.errors import UsageError
from msc_meta.figures.drawing import Drawing
from msc_meta.figures.flow_diagram import draw_flow
from msc_meta.figures.outcome import drawing_of
from msc_meta.figures.text import clean, count
from msc_meta.report.flow_text import flow_paragraph
from msc_meta.report.methods_text import methods
from msc_meta.report.outcome_words import capital, listed
from msc_meta.report.page_analyses import rare_events, sensitivity, subgroup_tables
from msc_meta.report.page_records import record_texts
from msc_meta.report.page_risk_of_bias import risk_of_bias
from msc_meta.report.page_studies import characteristics, excluded, outcome_studies
from msc_meta.report.page_tables import Cell, Column, Table
from msc_meta.report.page_words import Words
from msc_meta.report.prisma import checklist
from msc_meta.report.references import reference_of
from msc_meta.report.results_text import included_studies, results_paragraphs

if TYPE_CHECKING:
    from msc_meta.report.page_studies import Records
    from msc_meta.synthesis import OutcomeSynthesis, Synthesis

FIGURE_WIDTH: Final = "full"  # of the style: a page's width between margins
WIDE_FROM: Final = 8  # columns


@final
@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; level 1 is that of a section."""

    text: str
    level: Literal[1, 2]


@final
@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of running text."""

    text: str


@final
@dataclass(frozen=True, slots=True)
class NumberedTable:
    """A table with its number; all texts are on one line and without control characters."""

    number: int
    table: Table

    @property
    def wide(self) -> bool:
        """Whether it needs a page on its side."""
        return len(self.table.columns) >= WIDE_FROM


@final
@dataclass(frozen=True, slots=True)
class NumberedFigure:
    """A figure with its number; the drawing has name, title, caption and alternative text."""

    number: int
    drawing: Drawing

    @property
    def pages(self) -> tuple[Drawing, ...]:
        """The drawing, or what it is on several pages."""
        return self.drawing.pages or (self.drawing,)

    @property
    def caption(self) -> str:
        """What is printed below it."""
        return clean(self.drawing.caption or self.drawing.title)


@final
@dataclass(frozen=True, slots=True)
class Manuscript:
    """A manuscript; ``references`` are numbered from 1, as the text and the first table cite them."""

    title: str
    text: tuple[Heading | Paragraph, ...]
    references: tuple[str, ...]
    tables: tuple[NumberedTable, ...]
    figures: tuple[NumberedFigure, ...]


def manuscript(synthesis: Synthesis) -> Manuscript:
    """Return what Word and LaTeX files are made of.

    Examples
    --------
    >>> import msc_meta as mm
    >>> made = manuscript(mm.synthesize(mm.load_studies("studies/")))
    >>> [figure.drawing.name for figure in made.figures][:2]
    ['forest-mortality', 'funnel-mortality']
    """
    section = methods(synthesis)
    trials = included_studies(synthesis)
    first = len(section.references) + 1
    cited = {study.id: place for place, study in enumerate(trials, start=first)}
    tables = tuple(
        NumberedTable(number, _printed(one)) for number, one in enumerate(_tables(synthesis, cited), start=1)
    )
    flow = synthesis.flow if synthesis.screening is not None else None
    selection = [] if flow is None else [draw_flow(flow, width=FIGURE_WIDTH)]
    drawings = (*selection, *(drawing for outcome in synthesis.values() for drawing in _drawings(outcome)))
    figures = tuple(NumberedFigure(number, drawing) for number, drawing in enumerate(drawings, start=1))
    text: list[Heading | Paragraph] = [Heading("Methods", 1)]
    for paragraph in section.paragraphs:
        text += [Heading(paragraph.topic, 2), Paragraph(clean(paragraph.text))]
    first_said, *said = results_paragraphs(synthesis)
    text.append(Heading("Results", 1))
    if flow is not None:
        text += [
            Heading("Selection of studies", 2),
            Paragraph(f"{clean(flow_paragraph(flow))} Figure 1 shows the flow."),
        ]
        text.append(Heading("Syntheses", 2))
    text += [Paragraph(clean(first_said)), Paragraph(_where(tables, figures))]
    for outcome, answer in zip(synthesis.values(), said, strict=True):
        title = outcome.rules.title
        text += [Heading(clean(title), 2), Paragraph(clean(answer.removeprefix(f"{title}.")))]
    references = (*section.references, *map(reference_of, trials))
    return Manuscript(clean(synthesis.protocol.title), tuple(text), tuple(map(clean, references)), tables, figures)


def _where(tables: tuple[NumberedTable, ...], figures: tuple[NumberedFigure, ...]) -> str:
    """Return where to find what the text does not say."""
    at = {one.table.id: one.number for one in tables}
    said = [f"{what} in Table {at[name]}" for name, what in _NAMED.items() if name in at]
    others = [number for name, number in at.items() if name not in _NAMED]
    if others:
        said.append(f"all else in {_numbers('Table', others)}")
    if plots := [one.number for one in figures if one.drawing.name != "prisma-flow"]:
        said.append(f"forest and funnel plots in {_numbers('Figure', plots)}")
    return f"{capital('; '.join(said))}."


_NAMED: Final = {
    "characteristics": "the pooled trials are described",
    "summary": "the results of all syntheses are",
    "excluded-studies": "trials that are not pooled are, with the reasons,",
    "prisma": "the checklist of PRISMA 2020 is",
}


def _numbers(name: str, numbers: list[int]) -> str:
    """Return ``Table 3`` or ``Tables 3 to 14``.

    Examples
    --------
    >>> _numbers("Table", [3, 4, 5, 9]), _numbers("Figure", [1])
    ('Tables 3 to 5 and 9', 'Figure 1')
    """
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    said = [f"{run[0]} to {run[-1]}" if len(run) > 2 else listed(map(str, run)) for run in runs]
    return f"{name}{'s' if len(numbers) > 1 else ''} {listed(said)}"


def _tables(synthesis: Synthesis, cited: dict[str, int]) -> Iterator[Table]:
    records = record_texts(synthesis.studies, {})
    found = [_characteristics(synthesis, records, cited), summary(synthesis)]
    found += [_in_words(table) for table in risk_of_bias(included_studies(synthesis), records)]
    for outcome in synthesis.values():
        words = Words.of(outcome)
        studies = replace(outcome_studies(words, records), notes=())
        found += [studies, sensitivity(words), *subgroup_tables(words), rare_events(words)]
    found += [excluded(synthesis, records), _checklist(synthesis)]
    yield from (table for table in found if table)


def _characteristics(synthesis: Synthesis, records: Records, cited: dict[str, int]) -> Table:
    trials = included_studies(synthesis)
    table = characteristics(trials, records)
    rows = [(row[0], Cell(f"[{cited[study.id]}]"), *row[1:]) for study, row in zip(trials, table.rows, strict=True)]
    return replace(
        table,
        caption="Characteristics of the pooled trials",
        columns=(table.columns[0], Column("Reference"), *table.columns[1:]),
        rows=tuple(rows),
        notes=("Patients: randomised, else analysed, cells v control. – or ?: not stated in the sources seen.",),
    )


def _in_words(table: Table) -> Table:
    """Return judgements without the legend of traffic lights, which are words here."""
    return replace(table, notes=tuple(note.partition(" + low,")[0] for note in table.notes))


def summary(synthesis: Synthesis) -> Table:
    """Return a row per outcome: participants, the pooled effect with its intervals, heterogeneity, certainty."""
    levels = {outcome.result.level for outcome in synthesis.values()}
    level = f"{100 * levels.pop():g}% " if len(levels) == 1 else ""
    columns = (
        Column("Outcome"), Column("Measure"), Column("Trials", True), Column("Participants", True),
        Column(f"Estimate ({level}CI)", True), Column(f"{level}prediction interval".capitalize(), True),
        Column("Tau²", True), Column("I²", True),
        Column("P of Q", True), Column("Certainty"),
    )  # fmt: skip
    return Table(
        id="summary",
        caption="Results of the syntheses",
        columns=columns,
        rows=tuple(_summary(Words.of(outcome)) for outcome in synthesis.values()),
        notes=("CI, confidence interval; Q, Cochran's Q. One trial alone is not a pooled effect.",),
    )


def _summary(words: Words) -> tuple[Cell, ...]:
    outcome, result = words.outcome, words.outcome.result
    people = sum(row.e.n + row.c.n for row in outcome.pooled)
    texts = (
        outcome.rules.title,
        f"{outcome.rules.measure}{',' if words.unit else ''}{words.unit}",
        str(len({row.study for row in outcome.pooled})),
        count(people, words.style) or "–",
        words.answer(result),
        words.bounds(result.prediction),
        words.tau2(result) or "–",
        words.i2(result) or "–",
        words.p(result.q_p),
        words.rating,
    )
    return tuple(map(Cell, texts))


def _checklist(synthesis: Synthesis) -> Table:
    return Table(
        id="prisma",
        caption="Checklist of PRISMA 2020, in short words",
        columns=(Column("Item"), Column("Topic"), Column("What to report", prose=True), Column("Where", prose=True)),
        rows=tuple((Cell(one.item), Cell(one.topic), Cell(one.text), Cell(one.where)) for one in checklist(synthesis)),
    )


def _drawings(outcome: OutcomeSynthesis) -> Iterator[Drawing]:
    """Yield the forest plot of an outcome with a trial, and its funnel plot where there are enough to look at one."""
    if outcome.pooled:
        yield drawing_of(outcome, "forest", left_out=False, width=FIGURE_WIDTH)
    if outcome.small_study_effects.offer.enough:
        yield drawing_of(outcome, "funnel")


def _printed(table: Table) -> Table:
    """Return a table without columns that say nothing, its texts on one line and without links."""
    said = [any(row[at].text not in ("", "–") for row in table.rows) for at in range(len(table.columns))]
    return replace(
        table,
        caption=clean(table.caption),
        columns=tuple(column for column, keep in zip(table.columns, said, strict=True) if keep),
        rows=tuple(
            tuple(Cell(clean(cell.text)) for cell, keep in zip(row, said, strict=True) if keep) for row in table.rows
        ),
        notes=tuple(map(clean, table.notes)),
    )


def word_bytes(made: Manuscript) -> bytes:
    """Return a manuscript as a Word file.

    Raises
    ------
    UsageError
        Without python-docx, which only this needs.
    """
    try:
        from msc_meta.report.manuscript_word import docx_bytes
    except ModuleNotFoundError as error:
        if error.name != "docx":
            raise
        raise UsageError("Word files need python-docx: pip install python-docx") from error
    return docx_bytes(made)
