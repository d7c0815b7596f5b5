"""The order of studies in a figure: by a number of theirs, or by any field; ties keep the order they had."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isnan

from msc_meta.effects.rows import StudyRow
from msc_meta.figures.text import clean
from msc_meta.study_fields import FieldValues

Lookup = Callable[[str], FieldValues]
Rank = tuple[float | str, ...]

OWN: dict[str, Callable[[StudyRow], float]] = {
    "effect": lambda row: row.yi,
    "weight": lambda row: row.weight,
    "se": lambda row: row.vi**0.5 if row.has_effect else row.vi,
    "patients": lambda row: row.e.n + row.c.n,
}
SHORT = {"rob": "risk_of_bias.overall"}
IN_WORDS = {"risk_of_bias.overall": "overall risk of bias", "year": "year of publication"}


def in_order(
    rows: Sequence[StudyRow], by: str, fields: Lookup, *, descending: bool = False
) -> tuple[list[StudyRow], str]:
    """Return the rows in the order of a key, and a sentence if studies lack it.

    Parameters
    ----------
    rows : sequence of StudyRow
        Pooled or not.
    by : str
        ``effect``, ``weight``, ``se``, ``patients``, ``year``, ``label``, ``rob`` or a field of the record; a minus in
        front turns the order round.
    fields : callable
        Returns a field of every study by its name.
    descending : bool
        Whether the largest comes first; what is not stated comes last either way.

    Returns
    -------
    rows : list of StudyRow
        The same rows; those that are alike in the key keep their order.
    sentence : str
        Which pooled studies do not state the key and stand last for it; empty if all state it.

    Raises
    ------
    UsageError
        For a key that is neither a number of the figure nor a field.
    """
    name = SHORT.get(by.lstrip("+-"), by.lstrip("+-"))
    rank = _ranks(name, rows, fields)
    known = [row for row in rows if rank(row) is not None]
    known.sort(key=lambda row: rank(row) or (), reverse=descending != by.startswith("-"))
    silent = [row for row in rows if rank(row) is None]
    names = list(dict.fromkeys(clean(row.label or row.study) for row in silent if row.included))
    subject = IN_WORDS.get(name) or name.replace("_", " ").rpartition(".")[2]
    sentence = f"In the order of {subject}; not stated, and so last: {', '.join(names)}." if names else ""
    return known + silent, sentence


def _ranks(name: str, rows: Sequence[StudyRow], fields: Lookup) -> Callable[[StudyRow], Rank | None]:
    if name in OWN:
        value = OWN[name]
        return lambda row: None if isnan(value(row)) else (value(row),)
    if name == "label":
        return lambda row: ((row.label or row.study).casefold(),)
    if name == "year" and any(row.year is not None for row in rows):
        return lambda row: None if row.year is None else (float(row.year),)
    values = fields(name).values
    return lambda row: values[row.study].rank if row.study in values else None
