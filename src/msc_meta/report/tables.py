"""Tables as CSV, for spreadsheets: one row per study, full precision, safe to open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msc_meta.effects.rows import StudyRow
from msc_meta.report.cells import records_csv

if TYPE_CHECKING:
    from collections.abc import Iterable


def table_csv(rows: Iterable[StudyRow]) -> str:
    """Return the rows of one outcome as CSV; an empty cell where a number is not defined.

    Examples
    --------
    >>> text = table_csv([StudyRow(study="a-2020", label="=A", year=2020, standing="no data")])
    >>> text.splitlines()[1][:20]
    "a-2020,'=A,2020,Fals"
    """
    flat = [row.to_flat() for row in rows]
    return records_csv(flat, columns=StudyRow(study="", label="", year=None, standing="no data").to_flat())
