"""A user's table as study rows, and what can be said about a figure from the table alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isnan
from typing import TYPE_CHECKING

from msc_meta.effects.rows import StudyRow
from msc_meta.figures.forest_table import FigureInfo
from msc_meta.pooling.results import PooledResult

if TYPE_CHECKING:
    import pandas as pd


def rows_of(table: pd.DataFrame | Sequence[StudyRow], result: PooledResult) -> list[StudyRow]:
    """Return study rows of a frame or a sequence; weights that are missing are taken from the result.

    Raises
    ------
    ValueError
        If the table does not have as many included rows as the result has studies.
    """
    if hasattr(table, "to_dict"):
        rows = [
            StudyRow.from_flat({str(key): value for key, value in record.items()})
            for record in table.to_dict("records")
        ]
    else:
        rows = list(table)
    pooled = sum(row.included for row in rows)
    if pooled != result.k:
        raise ValueError(f"the table has {pooled} included rows, but the result pools {result.k} studies")
    weights = iter(result.weights)
    weighted = []
    for row in rows:
        weight = next(weights) if row.included else row.weight
        weighted.append(replace(row, weight=weight) if row.included and isnan(row.weight) else row)
    return weighted


def info_of(rows: Sequence[StudyRow]) -> FigureInfo:
    """Return arm names and unit where all pooled rows agree on them."""
    pooled = [row for row in rows if row.included]
    return FigureInfo(
        unit=_only([row.unit for row in pooled]) or "",
        experimental=_only([row.e.label for row in pooled]) or "Experimental",
        control=_only([row.c.label for row in pooled]) or "Control",
    )


def _only(values: Sequence[str]) -> str:
    return values[0] if values and len(set(values)) == 1 else ""
