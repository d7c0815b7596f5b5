"""A user's table as study rows, and what can be said about a figure from the table alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import fsum, isclose, isnan
from typing import TYPE_CHECKING

from msc_meta.effects.rows import StudyRow
from msc_meta.errors import ArgumentError
from msc_meta.figures.forest_table import FigureInfo
from msc_meta.pooling.results import PooledResult
from msc_meta.study_fields import title_of

if TYPE_CHECKING:
    import pandas as pd


def rows_of(table: pd.DataFrame | Sequence[StudyRow], result: PooledResult) -> list[StudyRow]:
    """Return study rows of a frame or a sequence, with their weights in the result.

    Raises
    ------
    ValueError
        If the result is not of these rows.
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
    return _weighted(rows, result)


def _weighted(rows: list[StudyRow], result: PooledResult) -> list[StudyRow]:
    """Give the pooled rows their weights, from their own variances: a table may have been sorted since it was pooled.

    A method whose weights do not follow from the variances (Mantel-Haenszel, Peto) is taken by order.
    """
    tau2 = 0.0 if isnan(result.tau2) else result.tau2
    pooled = [row for row in rows if row.included]
    inverse = [1 / (row.vi + tau2) for row in pooled]
    if result.method in ("MH", "Peto"):
        weights = list(result.weights)
    else:
        total = fsum(inverse)
        weights = [100 * weight / total for weight in inverse]
        estimate = fsum(weight * row.yi for weight, row in zip(weights, pooled, strict=True)) / 100
        if pooled and not isclose(estimate, result.estimate, rel_tol=1e-6, abs_tol=1e-6 * max(result.se, 1e-300)):
            raise ValueError(
                f"the included rows pool to {estimate:g} and the result is {result.estimate:g}; "
                "is the result of another table?"
            )
    remaining = iter(weights)
    return [replace(row, weight=next(remaining)) if row.included else row for row in rows]


def by_column(
    table: pd.DataFrame | Sequence[StudyRow], by: Mapping[str, str] | str | None
) -> tuple[Mapping[str, str] | None, str]:
    """Return what tells groups of studies apart, and what a legend calls it: as its column, or nothing.

    Raises
    ------
    ArgumentError
        for a column that the table does not have.
    """
    if not isinstance(by, str):
        return by, ""
    if isinstance(table, Sequence):
        raise ArgumentError(f"by is {by!r}; rows have no columns: give a DataFrame, or a mapping from study to group")
    if by not in table.columns:
        raise ArgumentError(f"by is {by!r}; the table's columns are: {', '.join(map(str, table.columns))}")
    values = zip(table["study"], table[by], table[by].isna(), strict=True)
    return {str(study): "" if missing else str(value) for study, value, missing in values}, title_of((by,))


def number_column(table: pd.DataFrame | Sequence[StudyRow], name: str) -> dict[str, float]:
    """Return a column of numbers by the study's id, without those that are missing.

    Raises
    ------
    ArgumentError
        for a column that the table does not have, and for a value that is no number.
    """
    texts, _ = by_column(table, name)
    found = {}
    for study, text in (texts or {}).items():
        try:
            if text:
                found[study] = float(text)
        except ValueError:
            raise ArgumentError(f"{name} of {study} is {text!r}; a number is needed") from None
    return found


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
