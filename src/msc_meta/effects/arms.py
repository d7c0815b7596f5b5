"""From one report to the two arms an effect is made of; each step that changes a number leaves its trail."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from msc_meta.effects.rows import SD_STEP, STEP_SEPARATOR, ArmNumbers
from msc_meta.errors import ArgumentError
from msc_meta.protocol import EVENT_MEASURES, MEAN_MEASURES, MEDIAN_MEASURES, PRINTED_MEASURES
from msc_meta.records.counts import counts_printed_as
from msc_meta.units import factor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from msc_meta.effects.medians import MeanSd
    from msc_meta.effects.quantiles import Reported
    from msc_meta.protocol import OutcomeProtocol
    from msc_meta.records.study import Arm, ArmData, Outcome


Numbers = dict[str, float]
"""Fields of `ArmNumbers` that are known."""

PRINTED = frozenset(("n", "events", "percent", "mean", "sd", "median", "q1", "q3", "min", "max", "value"))
LESS_SURVIVORS = "events are patients less survivors"
UNITLESS = ("n", "events", "percent")


class NotUsableError(Exception):
    """A report can not be turned into what the measure needs; the text says why, in a reader's words."""


@dataclass(frozen=True, slots=True)
class Contrast:
    """An experimental and a control arm, ready for an effect measure."""

    e: ArmNumbers
    c: ArmNumbers
    trail: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()


def contrasts(
    report: Outcome, experimental: Mapping[str, Arm], control: Mapping[str, Arm], rules: OutcomeProtocol
) -> list[Contrast]:
    """Return the contrasts of one report: one, or one per experimental arm where the control is split.

    Raises
    ------
    NotUsableError
        if the reported numbers do not suffice for the protocol's measure.
    """
    arms_e = [_use(name, arm, report, rules) for name, arm in experimental.items() if name in report.arms]
    arms_c = [_use(name, arm, report, rules) for name, arm in control.items() if name in report.arms]
    if not arms_e or not arms_c:
        raise NotUsableError("no numbers for both arms")
    if len(experimental) > 1 and rules.measure in MEDIAN_MEASURES and rules.multi_arm == "split-control":
        raise NotUsableError("a control arm's median can not be split between several arms")
    marks = [f"No numbers for the arm “{arm.label}”." for name, arm in experimental.items() if name not in report.arms]
    marks += _doubts(report, {**experimental, **control}, rules)
    shared = _combined(arms_c, rules, marks)
    if len(arms_e) > 1 and rules.multi_arm == "split-control":
        part = _split(shared, len(arms_e))
        mark = f"The control arm is split evenly between {len(arms_e)} experimental arms."
        return [Contrast(e=arm, c=part, trail=_steps([arm, part]), marks=(*marks, mark)) for arm in arms_e]
    if len(arms_e) > 1 and rules.multi_arm == "first":
        marks.append(f"Of {len(arms_e)} experimental arms only the first is used: {arms_e[0].label}.")
        arms_e = arms_e[:1]
    joined = _combined(arms_e, rules, marks)
    return [Contrast(e=joined, c=shared, trail=_steps([joined, shared]), marks=tuple(marks))]


def as_reported(
    report: Outcome, experimental: Mapping[str, Arm], control: Mapping[str, Arm], unit: str
) -> tuple[ArmNumbers, ArmNumbers]:
    """Return the first experimental and control arm that a report has numbers for, as they were reported."""

    def first(arms: Mapping[str, Arm]) -> ArmNumbers:
        for name, arm in arms.items():
            if (data := report.arms.get(name)) is not None:
                numbers, conversion = _scaled(_printed(data), _unit_factor(report, unit)), ""
                if data.percent is None and data.survival_percent is not None:
                    conversion = "100% less the percentage alive"
                if data.events is None and data.survivors is not None and data.n is not None:
                    numbers["events"], conversion = float(data.n - data.survivors), LESS_SURVIVORS
                return ArmNumbers(label=arm.label, conversion=conversion, **numbers)
        return ArmNumbers()

    return first(experimental), first(control)


def _use(name: str, arm: Arm, report: Outcome, rules: OutcomeProtocol) -> ArmNumbers:
    trail: list[str] = []
    numbers = _converted(report.arms[name], report, rules, trail)
    return ArmNumbers(label=arm.label, conversion=STEP_SEPARATOR.join(trail), **numbers)


def _steps(arms: list[ArmNumbers]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(step for arm in arms for step in arm.steps))


def _converted(data: ArmData, report: Outcome, rules: OutcomeProtocol, trail: list[str]) -> Numbers:
    numbers = _printed(data)
    if rules.measure in PRINTED_MEASURES:
        raise NotUsableError("no hazard ratio with an interval or standard error was printed")
    if rules.measure == "GEN":
        raise NotUsableError("no effect with an interval or standard error was printed")
    if rules.measure in EVENT_MEASURES:
        return numbers | {"events": float(_events(data, trail))}
    times = _unit_factor(report, rules.unit)
    if times != 1:
        trail.append(f"{report.unit} to {rules.unit}")
    if rules.measure not in MEDIAN_MEASURES:
        numbers |= _mean_and_sd(data, rules, trail)
    elif data.median is None:
        raise NotUsableError("no medians reported")
    return _scaled(numbers, times)


def _printed(data: ArmData) -> Numbers:
    """Return an arm's numbers as reported; a percentage alive as the percentage with the event."""
    given = PRINTED & data.model_fields_set
    numbers = {name: float(value) for name in given if (value := getattr(data, name)) is not None}
    if data.percent is None and data.survival_percent is not None:
        numbers["percent"] = round(100 - data.survival_percent, 6)
    return numbers


def _events(data: ArmData, trail: list[str]) -> int:
    if data.n is None:
        raise NotUsableError("number of patients not stated")
    if data.events is not None:
        return data.events
    if data.percent is not None:
        return _count(data.percent, data.n, trail)
    survivors = data.survivors
    if survivors is None and data.survival_percent is not None:
        survivors = _count(data.survival_percent, data.n, trail)
    if survivors is None:
        raise NotUsableError("no count of events in both arms")
    trail.append(LESS_SURVIVORS)
    return data.n - survivors


def _count(percent: float, n: int, trail: list[str]) -> int:
    counts = counts_printed_as(percent, n)
    if len(counts) != 1:
        what = "is no whole count" if not counts else f"is {counts[0]} to {counts[-1]} patients, no single count"
        raise NotUsableError(f"{percent:g}% of {n} patients {what}")
    (count,) = counts
    trail.append("count from a percentage")
    return count


def _mean_and_sd(data: ArmData, rules: OutcomeProtocol, trail: list[str]) -> Numbers:
    if data.value is not None:
        raise NotUsableError("not stated whether means or medians, and no measure of spread")
    if data.n is None:
        raise NotUsableError("number of patients not stated")
    if data.n == 1:
        raise NotUsableError("an arm of one patient has no standard deviation")
    if data.mean is not None:
        mean, (sd, step) = data.mean, _sd_of(data, data.n)
    elif data.median is not None:
        mean, sd, step = _from_median(data.n, data.median, data, rules)
    else:
        raise NotUsableError("no mean or median reported")
    if not sd > 0:
        raise NotUsableError("no spread: all values of an arm are the same")
    trail += [step] if step else []
    return {"mean": mean, "sd": sd}


def _doubts(report: Outcome, arms: Mapping[str, Arm], rules: OutcomeProtocol) -> list[str]:
    """Return a mark that names the arms whose quantiles speak against the normal values a conversion assumes."""
    if rules.measure not in MEAN_MEASURES:
        return []
    skewed = [arm.label for name, arm in arms.items() if name in report.arms and _skewed(report.arms[name], rules)]
    if not skewed:
        return []
    return [f"Values skewed by the test of Shi 2023; mean and SD from medians are in doubt: {', '.join(skewed)}."]


def _skewed(data: ArmData, rules: OutcomeProtocol) -> bool:
    from msc_meta.effects.medians import CONVERSIONS
    from msc_meta.effects.skewness import skewness_test

    if data.mean is not None or data.median is None or data.n is None or not CONVERSIONS[rules.median_method].normal:
        return False
    (q1, q3), (low, high) = _pairs(data, rules)
    if data.n < 5 or (q1 is None and low is None):  # the test is made for 5 patients or more
        return False
    return skewness_test(n=data.n, median=data.median, q1=q1, q3=q3, min=low, max=high).skewed


def _pairs(data: ArmData, rules: OutcomeProtocol) -> tuple[Reported, Reported]:
    """Return quartiles and range, as far as reported; only the range for a formula that knows no quartiles."""
    from msc_meta.effects.medians import CONVERSIONS

    quartiles = (data.q1, data.q3) if data.q1 is not None and data.q3 is not None else (None, None)
    extremes = (data.min, data.max) if data.min is not None and data.max is not None else (None, None)
    if extremes != (None, None) and CONVERSIONS[rules.median_method].scenarios == ("S1",):
        quartiles = (None, None)
    return quartiles, extremes


def _from_median(n: int, median: float, data: ArmData, rules: OutcomeProtocol) -> tuple[float, float, str]:
    quartiles, extremes = _pairs(data, rules)
    shown = " and ".join(word for word, pair in (("quartiles", quartiles), ("range", extremes)) if pair != (None, None))
    if not shown:
        raise NotUsableError("medians without quartiles, range or standard deviation")
    if rules.medians == "exclude":
        raise NotUsableError("only medians reported, and the protocol does not convert them")
    try:
        converted = _mean_sd(rules.median_method, n, median, *quartiles, *extremes)
    except ArgumentError as error:  # equal quartiles
        raise NotUsableError(str(error)) from error
    return converted.mean, converted.sd, f"from median and {shown}: {converted.method}"


@lru_cache(maxsize=100_000)  # every sensitivity analysis converts the same numbers
def _mean_sd(
    method: str, n: int, median: float, q1: float | None, q3: float | None, low: float | None, high: float | None
) -> MeanSd:
    from msc_meta.effects.medians import mean_sd

    return mean_sd(n=n, median=median, q1=q1, q3=q3, min=low, max=high, method=method)


def _sd_of(data: ArmData, n: int) -> tuple[float, str]:
    from msc_meta.effects.spreads import sd_from_ci, sd_from_se

    if data.sd is not None:
        return data.sd, ""
    if data.se is not None:
        return sd_from_se(se=data.se, n=n), f"{SD_STEP}the standard error"
    if data.ci is not None:
        return sd_from_ci(low=data.ci[0], high=data.ci[1], n=n), f"{SD_STEP}the confidence interval"
    raise NotUsableError("means without standard deviation, standard error or interval")


def _unit_factor(report: Outcome, unit: str) -> float:
    return factor(report.unit, unit) if report.unit and unit else 1.0


def _scaled(numbers: Numbers, times: float) -> Numbers:
    if times == 1:
        return numbers
    return {name: value if name in UNITLESS else value * times for name, value in numbers.items()}


def _combined(arms: list[ArmNumbers], rules: OutcomeProtocol, marks: list[str]) -> ArmNumbers:
    if len(arms) == 1:
        return arms[0]
    if rules.measure in MEDIAN_MEASURES:
        raise NotUsableError("medians of several arms can not be combined")
    from msc_meta.effects.combined_arms import combine_arms, combine_events

    label = " + ".join(arm.label for arm in arms)
    marks.append(f"Arms combined: {' and '.join(f'“{arm.label}”' for arm in arms)}.")
    n, conversion = [arm.n for arm in arms], STEP_SEPARATOR.join(_steps(arms))
    if rules.measure in EVENT_MEASURES:
        events = combine_events(event=[arm.events for arm in arms], n=n)
        return ArmNumbers(label=label, n=events.n, events=events.event, conversion=conversion)
    means = combine_arms(n=n, mean=[arm.mean for arm in arms], sd=[arm.sd for arm in arms])
    return ArmNumbers(label=label, n=means.n, mean=means.mean, sd=means.sd, conversion=conversion)


def _split(arm: ArmNumbers, parts: int) -> ArmNumbers:
    return replace(arm, n=arm.n / parts, events=arm.events / parts)
