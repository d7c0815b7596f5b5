"""Tables of a page as data: what each cell says and where it links to; the template only writes them down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, final


class Column(NamedTuple):
    """A column: its header, whether it holds ``numbers``, what a short header means, and whether it holds ``prose``."""

    header: str
    numbers: bool = False
    meaning: str = ""
    prose: bool = False


class Cell(NamedTuple):
    """A cell: its text, the place it links to, and for a judgement of risk of bias the traffic ``light``."""

    text: str
    href: str = ""
    light: str = ""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table; the first cell of a row is its header, ``notes`` stand below."""

    id: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.rows)


def text_table(identifier: str, caption: str, data: Sequence[Sequence[str]]) -> Table:
    """Return a figure's numbers, header first, as a table."""
    header, *rows = data or [()]
    numeric = [any(row[at] for row in rows) and all(_number(row[at]) for row in rows) for at in range(len(header))]
    columns = tuple(Column(name, numbers) for name, numbers in zip(header, numeric, strict=True))
    return Table(id=identifier, caption=caption, columns=columns, rows=tuple(tuple(map(Cell, row)) for row in rows))


def _number(text: str) -> bool:
    return not text or text.lstrip("−-<~ ")[:1].isdigit() or text in ("–", "∞")
