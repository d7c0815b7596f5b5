"""Comparisons of two arms as the paper printed them."""

from __future__ import annotations

from collections.abc import Iterator

from msc_meta.hookspecs import FieldPath
from msc_meta.records.findings import Finding, did_you_mean
from msc_meta.records.rules.numbers import interval
from msc_meta.records.rules.reading import compares, written
from msc_meta.records.study import Between, Study

RATIOS = ("RR", "OR", "HR", "ROM")


def comparisons(study: Study) -> Iterator[tuple[FieldPath, Between]]:
    """Yield every reported comparison with its place."""
    for number, outcome in enumerate(study.outcomes):
        if outcome.between is not None:
            yield ("outcomes", number, "between"), outcome.between


def arms_of_a_comparison(study: Study) -> Iterator[Finding]:
    """Expect a comparison to name arms that the study has, and to be clear about which ones it compares."""
    for field, between in comparisons(study):
        reported = study.outcomes[int(field[1])].arms
        for role in ("experimental", "control"):
            name = getattr(between, role)
            if name is not None and name not in study.arms:
                yield Finding("E315", (*field, role), f"the study has no arm {name}",
                              did_you_mean(name, list(study.arms)))  # fmt: skip
            candidates = [known for known, arm in study.arms.items() if arm.role == role]
            seen = [known for known in candidates if known in reported]
            if name is None and len(candidates) > 1 and len(seen) != 1 and compares(between):
                yield Finding("E337", field, f"the comparison does not say which {role} arm it is about",
                              f"add {role}: {' or '.join(candidates)}", at_key=True)  # fmt: skip


def p_values(study: Study) -> Iterator[Finding]:
    """Expect a p-value from 0 to 1."""
    for field, between in comparisons(study):
        if between.p is not None and not 0 <= between.p <= 1:
            yield Finding("E311", (*field, "p"), f"a p-value of {written(between.p)}", "a number from 0 to 1 is needed")


def estimate_is_named(study: Study) -> Iterator[Finding]:
    """Expect an estimate to say what it is, and an interval or an error to have an estimate."""
    for field, between in comparisons(study):
        if between.estimate is not None and between.measure is None:
            yield Finding("W408", (*field, "estimate"), "an estimate without measure can not be used",
                          "add measure: RR, OR, RD, HR, MD, SMD, ROM or median difference")  # fmt: skip
        if between.estimate is None and between.hr is None:
            lonely = next((key for key in ("ci", "se") if getattr(between, key) is not None), None)
            if lonely:
                yield Finding("E336", (*field, lonely), f"{lonely} without an estimate",
                              "add the estimate it belongs to")  # fmt: skip


def interval_of_an_estimate(study: Study) -> Iterator[Finding]:
    """Expect an interval with its lower end first and its estimate inside, and a positive standard error."""
    for field, between in comparisons(study):
        name, estimate = ("hr", between.hr) if between.estimate is None else ("estimate", between.estimate)
        if between.ci is not None:
            yield from interval((*field, "ci"), between.ci, name, estimate)
        if between.se is not None and between.se <= 0:
            yield Finding("E307", (*field, "se"), f"se is {written(between.se)}",
                          "se must be above 0; leave it out where the source gives none")  # fmt: skip


def ratios_are_positive(study: Study) -> Iterator[Finding]:
    """Expect a ratio as printed, not its logarithm."""
    for field, between in comparisons(study):
        if between.measure in RATIOS and between.estimate is not None and between.estimate <= 0:
            yield Finding("E338", (*field, "estimate"), f"a ratio ({between.measure}) of {written(between.estimate)}",
                          "write the ratio itself, not its logarithm")  # fmt: skip


RULES = (arms_of_a_comparison, p_values, estimate_is_named, interval_of_an_estimate, ratios_are_positive)
