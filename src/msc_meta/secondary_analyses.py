"""What a protocol asks for beside the pooled effect: subgroups, moderators, rare events, and how far to trust it.

Every function takes the rows that are pooled and returns the answer of the module that knows the method; nothing is
computed here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

from msc_meta.effects.eligibility import eligible_arms
from msc_meta.pooled_rows import counts_of, pooled
from msc_meta.protocol import COUNT_METHODS, EVENT_MEASURES

if TYPE_CHECKING:
    from msc_meta.effects.rows import StudyRow
    from msc_meta.pooling.rare_events import RareEvents
    from msc_meta.pooling.regression import Regression
    from msc_meta.pooling.results import PooledResult
    from msc_meta.pooling.subgroups import Subgroups
    from msc_meta.protocol import Eligibility, OutcomeProtocol
    from msc_meta.records.study import Study
    from msc_meta.robustness.asymmetry import AsymmetryTest, Offer, RankTest
    from msc_meta.robustness.trim_and_fill import TrimAndFill

NOT_STATED = ("not-stated", "not stated", None)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class SmallStudyEffects:
    """Which tests for small-study effects fit the measure, what they give, and what may be said of it.

    ``tests`` and ``filled`` are there for any number of studies that has them; below ten, ``offer.verdict`` says why
    nothing is to be concluded.
    """

    offer: Offer
    tests: Mapping[str, AsymmetryTest | RankTest]
    filled: TrimAndFill | None


def traits_of(study: Study, rules: Eligibility) -> dict[str, str | float | None]:
    """Return what subgroups and moderators are made of: one value per trait, of the first eligible arm."""
    arms = list((eligible_arms(study, rules) or study.arms_of("experimental")).values())
    arm = arms[0] if arms else None
    dose = arm.dose if arm is not None else None
    return {
        "source": arm.source if arm is not None else None,
        "severity": study.population.severity,
        "condition": study.population.condition,
        "syndrome": study.population.syndrome,
        "masking": study.design.masking,
        "year": float(study.year) if study.year is not None else None,
        "infusions": float(arm.infusions) if arm is not None and arm.infusions is not None else None,
        "cells_per_kg": dose.value if dose is not None and dose.unit == "cells/kg" else None,
    }


def stated_trait(trait: str, traits: Mapping[str, Any]) -> str | float | None:
    """Return a trait's value; None where the source does not state it."""
    value: str | float | None = traits.get(trait)
    return None if value in NOT_STATED else value


def subgroups_by(
    trait: str, rows: Sequence[StudyRow], traits: Mapping[str, Mapping[str, Any]], rules: OutcomeProtocol
) -> Subgroups | None:
    """Pool by the values of one trait, with one tau2, the trials that state it; None where there is only one value."""
    from msc_meta.pooling.subgroups import subgroups

    stated = [(row, str(value)) for row in rows if (value := stated_trait(trait, traits[row.study])) is not None]
    if len({group for _, group in stated}) < 2:
        return None
    model = rules.model
    return subgroups(
        [row.yi for row, _ in stated],
        [row.vi for row, _ in stated],
        [group for _, group in stated],
        method=model.on_effects,
        ci_method=model.ci_method,
        tau2="common",
        level=model.level,
        measure=rules.measure,
        prediction=model.prediction,
    )


def regression_on(
    trait: str, rows: Sequence[StudyRow], traits: Mapping[str, Mapping[str, Any]], rules: OutcomeProtocol
) -> Regression | None:
    """Regress on one trait the studies that state it; None with fewer than three of them, or one value only."""
    from msc_meta.pooling.regression import meta_regression

    stated = [(row, value) for row in rows if (value := stated_trait(trait, traits[row.study])) is not None]
    if len(stated) < 3 or len({value for _, value in stated}) < 2 or rules.model.on_effects == "FE":
        return None
    return meta_regression(
        [row.yi for row, _ in stated],
        [row.vi for row, _ in stated],
        [[value] for _, value in stated],
        names=[trait],
        method=rules.model.on_effects,
        ci_method=rules.model.ci_method,
        level=rules.model.level,
    )


def rare_events_of(rows: Sequence[StudyRow], rules: OutcomeProtocol) -> RareEvents | None:
    """Return the methods for rare events side by side, on every trial whose counts are known; None without counts.

    Trials without any event are handed over too: each method's own rule says what becomes of them.
    """
    from msc_meta.pooling.rare_events import rare_events

    counted = [row for row in rows if row.standing in ("pooled", "not estimable") and row.has_counts]
    if rules.measure not in EVENT_MEASURES or not counted:
        return None
    return rare_events(**counts_of(counted), level=rules.model.level)


def without_each(rows: Sequence[StudyRow], rules: OutcomeProtocol) -> dict[str, PooledResult]:
    """Return the pooled effect without each study in turn, by the study's label."""
    from msc_meta.robustness.leave_one_out import refits_without_each

    model = rules.model
    if model.method in COUNT_METHODS:
        others = [[row for row in rows if row is not left] for left in rows]
        return {left.label: pooled(rest, rules) for left, rest in zip(rows, others, strict=True)}
    refits = refits_without_each(
        [row.yi for row in rows], [row.vi for row in rows], model.method, model.ci_method, model.level, rules.measure
    )
    return dict(zip([row.label for row in rows], refits, strict=True))


def small_study_effects_of(rows: Sequence[StudyRow], rules: OutcomeProtocol) -> SmallStudyEffects:
    """Return the tests that fit the measure, with trim-and-fill, and the sentence that goes with them."""
    from msc_meta.robustness.asymmetry import small_study_effects

    offer = small_study_effects(rules.measure, len(rows))
    if len(rows) < 3:
        return SmallStudyEffects(offer=offer, tests={}, filled=None)
    from msc_meta.robustness.trim_and_fill import trim_and_fill

    yi, vi = [row.yi for row in rows], [row.vi for row in rows]
    model = rules.model
    tests = {name: _TESTS[name](rows, model.level) for name in offer.tests if name in _TESTS and _suffices(name, rows)}
    filled = trim_and_fill(
        yi, vi, method=model.on_effects, ci_method=model.ci_method, level=model.level, measure=rules.measure
    )
    return SmallStudyEffects(offer=offer, tests=tests, filled=filled)


def _suffices(test: str, rows: Sequence[StudyRow]) -> bool:
    return test not in ("peters", "harbord") or all(row.has_counts for row in rows)


def _egger(rows: Sequence[StudyRow], level: float) -> AsymmetryTest:
    from msc_meta.robustness.small_study import egger

    return egger([row.yi for row in rows], [row.vi for row in rows], level=level)


def _egger_by_size(rows: Sequence[StudyRow], level: float) -> AsymmetryTest:
    from msc_meta.robustness.small_study import egger

    sizes = [row.e.n * row.c.n / (row.e.n + row.c.n) for row in rows]
    return egger([row.yi for row in rows], [row.vi for row in rows], ni=sizes, predictor="sqrtninv", level=level)


def _begg(rows: Sequence[StudyRow], _level: float) -> RankTest:
    from msc_meta.robustness.small_study import begg

    return begg([row.yi for row in rows], [row.vi for row in rows])


def _by_counts(name: str) -> Callable[[Sequence[StudyRow], float], AsymmetryTest]:
    def test(rows: Sequence[StudyRow], level: float) -> AsymmetryTest:
        from msc_meta.robustness import small_study

        function: Callable[..., AsymmetryTest] = getattr(small_study, name)
        return function(**counts_of(rows), level=level)

    return test


_TESTS: dict[str, Callable[[Sequence[StudyRow], float], AsymmetryTest | RankTest]] = {
    "egger": _egger,
    "egger with predictor 'sqrtninv'": _egger_by_size,
    "begg": _begg,
    "peters": _by_counts("peters"),
    "harbord": _by_counts("harbord"),
}
