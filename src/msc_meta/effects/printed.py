"""An effect as a trial printed it: whether it is of the arms that the analysis compares, and in its unit and scale."""

from __future__ import annotations

import math
from collections.abc import Mapping
from math import nan
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

from msc_meta.effects.rows import STEP_SEPARATOR
from msc_meta.units import factor

if TYPE_CHECKING:
    from msc_meta.protocol import OutcomeProtocol
    from msc_meta.records.study import Arm, Between, Outcome, Study

Arms = Mapping[str, "Arm"]


def printed_effect(
    report: Outcome, study: Study, arms: Arms, control: Arms, rules: OutcomeProtocol
) -> dict[str, Any] | None:
    """Take the effect as the trial printed it, where the arms' numbers do not suffice; None where it does not fit."""
    from msc_meta.effects.measures import MEASURES

    between = report.between
    measure, estimate = printed_by(between)
    if between is None or measure != rules.measure or not compares(report, study, arms, control):
        return None
    log, times = MEASURES[rules.measure].log, 1.0
    numbers = [number for number in (estimate, *(between.ci or ())) if number is not None]
    if estimate is None or (between.ci is None and between.se is None) or (log and min(numbers) <= 0):
        return None
    if rules.measure == "MD" and report.unit and rules.unit:
        times = factor(report.unit, rules.unit)
    change = math.log if log else float
    if between.ci is not None:
        quantile = NormalDist().inv_cdf(0.5 + between.level / 2)
        se = (change(between.ci[1]) - change(between.ci[0])) / (2 * quantile)
    else:
        se = between.se or nan
    if not se > 0:
        return None
    steps = [
        "effect and interval as the trial printed them",
        *([f"{report.unit} to {rules.unit}"] if times != 1 else []),
    ]
    adjusted = (f"The printed effect is adjusted for {between.adjusted}.",) if between.adjusted else ()
    return {
        "yi": times * change(estimate),
        "vi": (times * se) ** 2,
        "conversion": STEP_SEPARATOR.join(steps),
        "marks": adjusted,
    }


def printed_by(between: Between | None) -> tuple[str | None, float | None]:
    """Return the measure and estimate of a printed comparison; ``hr`` is short for a hazard ratio."""
    if between is None:
        return None, None
    return ("HR", between.hr) if between.hr is not None else (between.measure, between.estimate)


def compares(report: Outcome, study: Study, arms: Arms, control: Arms) -> bool:
    """Whether a printed comparison is of exactly the arms that the analysis compares."""
    between = report.between
    if between is None:
        return False
    named = (between.experimental, between.control)
    sides = (study.arms_of("experimental"), study.arms_of("control"))
    found = [name or (next(iter(side)) if len(side) == 1 else None) for name, side in zip(named, sides, strict=True)]
    return [list(arms), list(control)] == [[found[0]], [found[1]]]
