"""How the rules walk through a study and write its numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from msc_meta.hookspecs import FieldPath
from msc_meta.records.study import ArmData, Between, Outcome, Source, Study

CENTRES = ("mean", "median", "value")
POINTS = (*CENTRES, "q1", "q3", "min", "max")
"""Fields of an arm that are values of the outcome itself, in its unit."""


class Row(NamedTuple):
    """One arm's numbers in one report."""

    field: FieldPath
    outcome: Outcome
    arm: str
    data: ArmData


def rows(study: Study) -> Iterator[Row]:
    """Yield each arm's numbers in each report, with their place in the record."""
    for number, outcome in enumerate(study.outcomes):
        for arm, data in outcome.arms.items():
            yield Row(("outcomes", number, "arms", arm), outcome, arm, data)


def has_numbers(data: ArmData) -> bool:
    """Whether an arm reports anything besides its size."""
    return any(getattr(data, name) is not None for name in data.model_fields_set - {"n", "note", "statistic"})


def reports_numbers(outcome: Outcome) -> bool:
    """Whether a report holds a number of an arm or of a comparison."""
    return any(map(has_numbers, outcome.arms.values())) or compares(outcome.between)


def compares(between: Between | None) -> bool:
    """Whether a comparison holds a number and not only words."""
    return between is not None and not (between.p is between.estimate is between.hr is None)


def written(number: float) -> str:
    """Return a number as a person writes it.

    Examples
    --------
    >>> written(10.0), written(17.5), written(3e6)
    ('10', '17.5', '3e6')
    """
    if abs(number) >= 1e5:
        mantissa, _, power = f"{number:e}".partition("e")
        return f"{mantissa.rstrip('0').rstrip('.')}e{int(power)}"
    return f"{number:.10g}"


def sources(study: Study) -> Iterator[tuple[FieldPath, Source]]:
    """Yield every source of a study, with its place."""
    for number, outcome in enumerate(study.outcomes):
        yield ("outcomes", number, "source"), outcome.source
    for number, judgement in enumerate(study.risk_of_bias):
        yield ("risk_of_bias", number, "source"), judgement.source
    for number, source in enumerate(study.sources):
        yield ("sources", number), source
