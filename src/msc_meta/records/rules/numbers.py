"""Arithmetic within one arm of one report: counts, percentages, spread and order."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from msc_meta.records.counts import counts_printed_as
from msc_meta.records.findings import Finding
from msc_meta.records.rules.reading import rows, written
from msc_meta.records.study import ArmData, Study

_ORDER = ("min", "q1", "median", "q3", "max")
_SHARES = {"percent": "events", "survival_percent": "survivors"}


def counts_within_n(study: Study) -> Iterator[Finding]:
    """Expect no more events, or survivors, than patients, and that together they are all patients."""
    for row in rows(study):
        n, events, survivors = row.data.n, row.data.events, row.data.survivors
        if n is None:
            continue
        too_many = [key for key in ("events", "survivors") if (getattr(row.data, key) or 0) > n]
        for key in too_many:
            yield Finding("E302", (*row.field, key), f"{getattr(row.data, key)} {key} among {n} patients",
                          f"{key} can not exceed n; were the two swapped?")  # fmt: skip
        if events is not None and survivors is not None and not too_many and events + survivors != n:
            yield Finding("E306", (*row.field, "survivors"),
                          f"{events} events and {survivors} survivors make {events + survivors}, not n = {n}",
                          "give n as the patients with known outcome")  # fmt: skip


def counts_have_n(study: Study) -> Iterator[Finding]:
    """Expect a count or a percentage to say of how many patients; a subgroup, which is never pooled, need not."""
    for row in rows(study):
        if row.data.n is not None or row.outcome.subgroup is not None:
            continue
        counts = [key for key in ("events", "survivors") if _given(row.data, key)]
        shares = [key for key in _SHARES if _given(row.data, key)]
        if counts:
            yield Finding("E303", (*row.field, counts[0]), f"{counts[0]} without n", "add n: the patients it refers to")
        elif shares:
            yield Finding("W407", (*row.field, shares[0]), f"{shares[0]} without n can not be turned into a count",
                          "add n where the source says of how many patients")  # fmt: skip


def percentages(study: Study) -> Iterator[Finding]:
    """Expect a percentage from 0 to 100 that stands for whole patients and agrees with the count beside it."""
    for row in rows(study):
        for key, counted in _SHARES.items():
            percent, count, n = getattr(row.data, key), getattr(row.data, counted), row.data.n
            if percent is None:
                continue
            if not 0 <= percent <= 100:
                yield Finding("E305", (*row.field, key), f"{written(percent)} is no percentage",
                              "a number from 0 to 100 is needed")  # fmt: skip
            elif n is None:
                continue
            elif count is not None:
                if count not in counts_printed_as(percent, n):
                    yield Finding("W402", (*row.field, key),
                                  f"{written(percent)}% is not {count} of {n} ({100 * count / n:.1f}%)",
                                  "check which of the two the source means, and of how many patients")  # fmt: skip
            elif not counts_printed_as(percent, n):
                yield Finding("W401", (*row.field, key),
                              f"{written(percent)}% of {n} is {percent * n / 100:.2f} patients, no whole number",
                              f"a fraction? then write {written(100 * percent)}" if 0 < percent < 1
                              else "check n; the percentage may refer to other patients")  # fmt: skip


def spread(study: Study) -> Iterator[Finding]:
    """Expect standard deviations and errors to be positive, and to belong to a mean."""
    for row in rows(study):
        for key in ("sd", "se"):
            value = getattr(row.data, key)
            if value is not None and value <= 0:
                yield Finding("E307", (*row.field, key), f"{key} is {written(value)}",
                              f"{key} must be above 0; leave it out where the source gives none")  # fmt: skip
        lonely = [key for key in ("sd", "se", "ci") if _given(row.data, key)]
        if lonely and row.data.mean is None:
            yield Finding("E335", (*row.field, lonely[0]), f"{lonely[0]} without mean", "add the mean it belongs to")


def order_of_values(study: Study) -> Iterator[Finding]:
    """Expect smallest value, quartiles, median and largest value in this order, and the mean inside."""
    for row in rows(study):
        given = [(key, value) for key in _ORDER if (value := getattr(row.data, key)) is not None]
        swapped = next((pair for pair in pairwise(given) if pair[0][1] > pair[1][1]), None)
        if swapped is not None:
            (lower, low), (upper, high) = swapped
            yield Finding("E308", (*row.field, upper), f"{upper} {written(high)} is below {lower} {written(low)}",
                          "the order is min, q1, median, q3, max; were two swapped?")  # fmt: skip
        elif not _within(row.data.mean, row.data.min, row.data.max):
            yield Finding("E308", (*row.field, "mean"), "the mean is outside min and max", "check the three numbers")


def interval_of_the_mean(study: Study) -> Iterator[Finding]:
    """Expect a confidence interval with its lower end first and its mean inside."""
    for row in rows(study):
        if row.data.ci is not None:
            yield from interval((*row.field, "ci"), row.data.ci, "mean", row.data.mean)


def interval(
    field: tuple[str | int, ...], ci: tuple[float, float], name: str, estimate: float | None
) -> Iterator[Finding]:
    """Check one confidence interval and the estimate in it."""
    low, high = ci
    shown = f"[{written(low)}, {written(high)}]"
    if low > high:
        yield Finding("E310", field, f"the interval {shown} has its higher end first",
                      f"write [{written(high)}, {written(low)}]")  # fmt: skip
    elif estimate is not None and not low <= estimate <= high:
        yield Finding("E309", field, f"{name} {written(estimate)} is outside its interval {shown}",
                      "check the three numbers; is the interval that of another estimate?")  # fmt: skip


def _within(value: float | None, low: float | None, high: float | None) -> bool:
    """Whether a value lies between two others; what is not given is nobody's fault."""
    return value is None or not ((low is not None and value < low) or (high is not None and value > high))


def _given(data: ArmData, key: str) -> bool:
    return getattr(data, key) is not None


RULES = (counts_within_n, counts_have_n, percentages, spread, order_of_values, interval_of_the_mean)
