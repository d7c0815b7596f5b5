"""Fields of a table that a user brought: its columns are what figures show, sort by and group by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan, nan
from typing import TYPE_CHECKING, Any

from msc_meta.effects.rows import StudyRow
from msc_meta.figures.row_order import Lookup
from msc_meta.study_fields import FieldValue, FieldValues, title_of, unknown_column

if TYPE_CHECKING:
    import pandas as pd


def frame_fields(table: pd.DataFrame) -> Lookup:
    """Return the columns of a frame as fields of its studies."""
    records = [{str(key): value for key, value in record.items()} for record in table.to_dict("records")]
    return _lookup(records)


def row_fields(rows: Sequence[StudyRow]) -> Lookup:
    """Return what rows know of their studies as fields."""
    return _lookup([row.to_flat() for row in rows])


def _lookup(records: Sequence[Mapping[str, Any]]) -> Lookup:
    def field(name: str) -> FieldValues:
        columns = list(records[0]) if records else []
        if name not in columns:
            raise unknown_column(name, columns)
        found = {str(record["study"]): _value(record[name]) for record in records}
        values = {study: value for study, value in found.items() if value is not None}
        numeric = all(not value.text for value in values.values())
        return FieldValues(name=name, title=title_of((name,)), numeric=numeric, values=values)

    return field


def _value(value: Any) -> FieldValue | None:
    """Return one cell; None for a missing one, as pandas or Python has them."""
    if isinstance(value, bool):
        return FieldValue("yes" if value else "no", nan, (float(value),))
    try:
        number = float(value)
    except (TypeError, ValueError):  # text, None, pandas.NA
        text = value.strip() if isinstance(value, str) else ""
        return FieldValue(text, nan, (text.casefold(),)) if text else None
    if isinstance(value, str):
        return FieldValue(value.strip(), nan, (value.strip().casefold(),))
    return None if isnan(number) else FieldValue("", number, (number,))
