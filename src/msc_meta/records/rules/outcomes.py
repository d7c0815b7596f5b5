"""What was measured: quantity, unit and kind of an outcome, and values that only another unit explains."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product
from typing import Final

from msc_meta.records.findings import Finding, did_you_mean
from msc_meta.records.rules.reading import CENTRES, POINTS, Row, has_numbers, rows, written
from msc_meta.records.study import QUANTITIES, Outcome, Study
from msc_meta.units import MMHG_PER_KPA, factor

COUNTED: Final = ("events", "percent", "survivors", "survival_percent")
MEASURED: Final = ("mean", "sd", "se", "ci", "median", "q1", "q3", "min", "max", "value")
PF_RANGE: Final = (20.0, 700.0)
"""PaO2/FiO2 in mmHg that a living patient can have (100 mmHg on pure oxygen is 100; healthy on air about 500)."""
PF_TYPICAL_FROM: Final = 60.0
"""Mean or median PaO2/FiO2 of a group, in mmHg: trials in ARDS report about 90 to 300, and 12 to 40 in kPa."""
LONGEST_STAY: Final = 365.0
SHORTEST_TYPICAL_STAY: Final = 1.0
NARROWEST_SPREAD: Final = 0.05
"""Standard deviation over mean: trials report 0.2 and more, of a PaO2/FiO2 or a stay."""
LARGEST_SMD: Final = 3.0


def quantity_of_the_outcome(study: Study) -> Iterator[Finding]:
    """Expect a quantity that the outcome can be reported as."""
    for number, outcome in enumerate(study.outcomes):
        known = QUANTITIES.get(outcome.outcome, {})
        if outcome.quantity is not None and outcome.quantity not in known:
            advice = did_you_mean(outcome.quantity, list(known)) if known else "leave quantity out"
            yield Finding("E318", ("outcomes", number, "quantity"),
                          f"{outcome.quantity} is no quantity of {outcome.outcome}", advice)  # fmt: skip


def unit_of_the_quantity(study: Study) -> Iterator[Finding]:
    """Expect a unit that the quantity is measured in; no unit is ever guessed."""
    for number, outcome in enumerate(study.outcomes):
        units = _units(outcome)
        if outcome.unit is None or units is None or outcome.unit in units:
            continue
        subject = outcome.measured or outcome.outcome
        advice = did_you_mean(outcome.unit, units) if units else "leave unit out"
        yield Finding("E319", ("outcomes", number, "unit"), f"{outcome.unit} is no unit of {subject}", advice)


def measured_values_are_described(study: Study) -> Iterator[Finding]:
    """Expect numbers of oxygenation to say which quantity, kind and unit, and numbers of a stay which unit."""
    needed = {"oxygenation": ("quantity", "kind", "unit"), "discharge_time": ("unit",), "mortality": ()}
    for number, outcome in enumerate(study.outcomes):
        if not any(has_numbers(data) for data in outcome.arms.values()):
            continue
        missing = [key for key in needed.get(outcome.outcome, ()) if getattr(outcome, key) is None]
        if missing:
            choices = {"quantity": "pf_ratio, oxygenation_index or spo2_fio2", "kind": "change or final",
                       "unit": ", ".join(_units(outcome) or ("mmHg", "kPa"))}  # fmt: skip
            yield Finding("E320", ("outcomes", number), f"{outcome.outcome} without {' and '.join(missing)}",
                          "; ".join(f"{key}: {choices[key]}" for key in missing), at_key=True)  # fmt: skip


def numbers_fit_the_outcome(study: Study) -> Iterator[Finding]:
    """Expect counts of deaths, and measurements of oxygenation and stays."""
    for row in rows(study):
        if row.outcome.outcome not in QUANTITIES:  # the protocol says of its own outcomes what they are made of
            continue
        wrong, right = (MEASURED, COUNTED) if row.outcome.outcome == "mortality" else (COUNTED, MEASURED)
        for key in wrong:
            if getattr(row.data, key) is not None:
                yield Finding("E321", (*row.field, key), f"{key} is no number of {row.outcome.outcome}",
                              f"use {', '.join(right[:4])} and the like")  # fmt: skip
                break


def value_of_unclear_kind(study: Study) -> Iterator[Finding]:
    """Expect a value that may be a mean or a median to say so."""
    for row in rows(study):
        if row.data.value is not None and row.data.statistic is None:
            yield Finding("E324", (*row.field, "value"), "value without statistic",
                          "write mean or median where the source says so, else add statistic: unclear")  # fmt: skip
        if row.data.statistic is not None and row.data.value is None:
            yield Finding("E324", (*row.field, "statistic"), "statistic without value",
                          "statistic: unclear describes a value; a mean or a median needs none")  # fmt: skip


def pf_ratio_in_its_unit(study: Study) -> Iterator[Finding]:
    """Expect a PaO2/FiO2 where patients' values lie; elsewhere kPa and mmHg were mixed up."""
    for row in rows(study):
        outcome = row.outcome
        if outcome.quantity != "pf_ratio" or outcome.unit not in ("mmHg", "kPa"):
            continue
        low, high = (-PF_RANGE[1], PF_RANGE[1]) if outcome.kind == "change" else PF_RANGE
        scale = factor(outcome.unit, "mmHg")
        for key, value in _points(row):
            if low <= value * scale <= high:
                continue
            other = "kPa" if outcome.unit == "mmHg" else "mmHg"
            likely = low <= value * factor(other, "mmHg") <= high
            in_mmhg = f" ({written(round(value * MMHG_PER_KPA))} mmHg)" if outcome.unit == "kPa" else ""
            yield Finding("E312", (*row.field, key),
                          f"a PaO2/FiO2 of {written(value)} {outcome.unit}{in_mmhg} is outside"
                          f" {written(low)} to {written(high)} mmHg",
                          f"was it measured in {other}?" if likely else "check the number")  # fmt: skip
            break


def typical_pf_ratio(study: Study) -> Iterator[Finding]:
    """Expect a group's PaO2/FiO2 in mmHg where groups lie; kPa taken for mmHg is seven times too low."""
    for row in rows(study):
        outcome = row.outcome
        if outcome.quantity != "pf_ratio" or outcome.kind != "final" or outcome.unit != "mmHg":
            continue
        for key in CENTRES:
            value = getattr(row.data, key)
            if value is not None and PF_RANGE[0] <= value < PF_TYPICAL_FROM:
                yield Finding("W409", (*row.field, key),
                              f"a group with a PaO2/FiO2 of {written(value)} mmHg",
                              "was it measured in kPa? then write unit: kPa")  # fmt: skip


def typical_stay(study: Study) -> Iterator[Finding]:
    """Expect a group's stay to be of a day or more; hours or weeks taken for each other make it shorter."""
    for row in rows(study):
        unit = row.outcome.unit
        if row.outcome.outcome != "discharge_time" or unit not in ("days", "hours", "weeks"):
            continue
        for key in CENTRES:
            value = getattr(row.data, key)
            if value is not None and 0 <= value * factor(unit, "days") < SHORTEST_TYPICAL_STAY:
                yield Finding("W410", (*row.field, key), f"a group's stay of {written(value)} {unit}",
                              f"check the unit: {written(value)} days or weeks?")  # fmt: skip


def spread_of_patients(study: Study) -> Iterator[Finding]:
    """Expect patients to differ by more than a twentieth of their mean; means of groups differ by less."""
    for row in rows(study):
        mean, sd = row.data.mean, row.data.sd
        if mean is None or sd is None or row.outcome.kind == "change" or not 0 < sd < NARROWEST_SPREAD * abs(mean):
            continue
        yield Finding("W411", (*row.field, "sd"),
                      f"a standard deviation of {written(sd)} beside a mean of {written(mean)}",
                      "was a standard error entered as sd? then write it as se")  # fmt: skip


def length_of_a_stay(study: Study) -> Iterator[Finding]:
    """Expect a stay from zero days to a year."""
    for row in rows(study):
        if row.outcome.outcome != "discharge_time" or row.outcome.unit not in ("days", "hours", "weeks"):
            continue
        days = factor(row.outcome.unit, "days")
        for key, value in _points(row):
            if value < 0:
                yield Finding("E313", (*row.field, key), f"a stay of {written(value)} {row.outcome.unit}",
                              "a stay can not be negative")  # fmt: skip
                break
            if value * days > LONGEST_STAY:
                yield Finding("W403", (*row.field, key),
                              f"a stay of {written(value)} {row.outcome.unit} is longer than a year",
                              "were hours entered as days?" if days == 1 else "check the unit")  # fmt: skip
                break


def difference_of_means(study: Study) -> Iterator[Finding]:
    """Expect arms to differ by at most three standard deviations; a standard error taken for one makes it more."""
    for number, outcome in enumerate(study.outcomes):
        for one, two in product(study.arms_of("experimental"), study.arms_of("control")):
            smd = _smd(outcome, one, two)
            if smd is not None and abs(smd) > LARGEST_SMD:
                yield Finding("W405", ("outcomes", number, "arms", one, "sd"),
                              f"{one} and {two} differ by {abs(smd):.1f} standard deviations",
                              "was a standard error entered as sd? then write it as se")  # fmt: skip


def _smd(outcome: Outcome, one: str, two: str) -> float | None:
    a, b = outcome.arms.get(one), outcome.arms.get(two)
    if a is None or b is None or a.mean is None or b.mean is None or a.sd is None or b.sd is None:
        return None
    if a.sd <= 0 or b.sd <= 0:
        return None
    return (a.mean - b.mean) / math.sqrt((a.sd**2 + b.sd**2) / 2)


def _points(row: Row) -> Iterator[tuple[str, float]]:
    for key in POINTS:
        value = getattr(row.data, key)
        if value is not None:
            yield key, value


def _units(outcome: Outcome) -> tuple[str, ...] | None:
    """Units that the outcome can have; None while its quantity is not known, and for an outcome of the review's own."""
    quantities = QUANTITIES.get(outcome.outcome)
    if quantities is None:
        return None
    return quantities.get(outcome.measured) if quantities else ()


RULES = (
    quantity_of_the_outcome,
    unit_of_the_quantity,
    measured_values_are_described,
    numbers_fit_the_outcome,
    value_of_unclear_kind,
    pf_ratio_in_its_unit,
    typical_pf_ratio,
    length_of_a_stay,
    typical_stay,
    spread_of_patients,
    difference_of_means,
)
