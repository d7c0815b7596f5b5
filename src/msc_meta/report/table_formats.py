"""Tables of a report as Markdown, as a page of HTML, as CSV, and as a Word file."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Final

from msc_meta.figures.cells import rows_csv
from msc_meta.figures.text import clean

if TYPE_CHECKING:
    from msc_meta.report.page_tables import Table

STYLE: Final = (
    "body{font:15px/1.45 system-ui,sans-serif;margin:2rem;color:#1a1a1a;background:#fff}"
    "table{border-collapse:collapse;margin:1rem 0}caption{text-align:left;font-weight:600;padding-bottom:.4rem}"
    "th,td{border-top:1px solid #bbb;padding:.35rem .6rem;text-align:left;vertical-align:top}"
    "thead th{border-bottom:2px solid #333;border-top:2px solid #333}.n{text-align:right}"
    ".note{font-size:.85rem;margin:.2rem 0;max-width:70rem}"
)


def markdown(table: Table) -> str:
    r"""Return a table as Markdown: the caption as a heading, notes below.

    Examples
    --------
    >>> from msc_meta.report.page_tables import text_table
    >>> print(markdown(text_table("t", "Effects", [["Study", "RR"], ["A | B", "0.5"]])))
    ## Effects
    <BLANKLINE>
    | Study | RR |
    | --- | ---: |
    | A \| B | 0.5 |
    <BLANKLINE>
    """
    rows = [[cell.text for cell in row] for row in table.rows]
    lines = [
        f"## {_inline(table.caption)}",
        "",
        _row([column.header for column in table.columns]),
        "| " + " | ".join("---:" if column.numbers else "---" for column in table.columns) + " |",
        *map(_row, rows),
        "",
    ]
    lines += [line for note in table.notes for line in (_inline(note), "")]
    return "\n".join(lines)


def html(tables: Sequence[Table], title: str) -> str:
    """Return tables as one page without anything from elsewhere; all text is escaped."""
    body = "".join(map(_html_table, tables))
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(clean(title))}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head>\n'
        f"<body><h1>{escape(clean(title))}</h1>\n{body}</body></html>\n"
    )


def csv_text(table: Table) -> str:
    """Return a table as CSV, header first, whose words no spreadsheet takes for a formula; notes are left out."""
    header = [column.header for column in table.columns]
    return rows_csv([header, *([cell.text for cell in row] for row in table.rows)])


def word(tables: Sequence[Table], title: str) -> bytes:
    """Return tables as a Word file, numbered, each with its notes.

    Raises
    ------
    UsageError
        Without python-docx, which only this needs.
    """
    from msc_meta.report.manuscript import Manuscript, NumberedTable, word_bytes

    numbered = tuple(NumberedTable(number, _clean(table)) for number, table in enumerate(tables, start=1))
    return word_bytes(Manuscript(clean(title), (), (), numbered, ()))


def _clean(table: Table) -> Table:
    from dataclasses import replace

    rows = tuple(tuple(cell._replace(text=clean(cell.text)) for cell in row) for row in table.rows)
    return replace(table, caption=clean(table.caption), rows=rows, notes=tuple(map(clean, table.notes)))


def _html_table(table: Table) -> str:
    head = "".join(f'<th scope="col"{_side(column.numbers)}>{escape(column.header)}</th>' for column in table.columns)
    rows = []
    for row in table.rows:
        first, *rest = zip(row, table.columns, strict=True)
        cells = "".join(f"<td{_side(column.numbers)}>{escape(cell.text)}</td>" for cell, column in rest)
        rows.append(f'<tr><th scope="row">{escape(first[0].text)}</th>{cells}</tr>\n')
    notes = "".join(f'<p class="note">{escape(note)}</p>\n' for note in table.notes)
    return (
        f'<table id="{escape(table.id)}"><caption>{escape(table.caption)}</caption><thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{''.join(rows)}</tbody></table>\n{notes}"
    )


def _side(numbers: bool) -> str:
    return ' class="n"' if numbers else ""


def _row(texts: Sequence[str]) -> str:
    return "| " + " | ".join(map(_inline, texts)) + " |"


def _inline(text: str) -> str:
    """Return text that Markdown leaves as it is, on one line."""
    line = " ".join(clean(text).split())
    for sign in ("\\", "|", "*", "_", "`", "<", "[", "]"):
        line = line.replace(sign, f"\\{sign}")
    return line
