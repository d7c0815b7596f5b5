"""The analyses of trust that a protocol asks for, in short: what a run adds to its results."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from msc_meta.errors import ArgumentError

if TYPE_CHECKING:
    from msc_meta.synthesis import OutcomeSynthesis
    from msc_meta.trust.answer import Answer


def asked_for(outcome: OutcomeSynthesis) -> dict[str, Answer]:
    """Return the answers by name, in the order of the protocol's fields.

    What the evidence can not give (a control risk without counts, say) is an answer that says so: a run goes on.
    """
    wanted = outcome.rules.robustness
    makers: dict[str, Callable[[OutcomeSynthesis], Answer]] = {}
    if wanted.gosh:
        makers["gosh"] = _subsets
    if wanted.multiverse:
        makers["multiverse"] = _specifications
    if wanted.bayes:
        makers["bayes"] = _beliefs
    if wanted.sequential is not None:
        makers["sequential"] = _information
    if wanted.next_trial is not None:
        makers["next_trial"] = _next_trial
    return {name: _said(make, outcome) for name, make in makers.items()}


def _said(make: Callable[[OutcomeSynthesis], Answer], outcome: OutcomeSynthesis) -> Answer:
    from msc_meta.trust.answer import Refused, subject_of

    try:
        return make(outcome)
    except ArgumentError as error:
        return Refused(subject=subject_of(outcome), why_not=f"There is no answer: {error}.")


def _subsets(outcome: OutcomeSynthesis) -> Answer:
    from msc_meta.trust.subsets import subsets_of

    return subsets_of(outcome)


def _specifications(outcome: OutcomeSynthesis) -> Answer:
    from msc_meta.trust.specifications import specifications_of

    return specifications_of(outcome)


def _beliefs(outcome: OutcomeSynthesis) -> Answer:
    from msc_meta.trust.beliefs import beliefs_of

    return beliefs_of(outcome)


def _information(outcome: OutcomeSynthesis) -> Answer:
    from msc_meta.trust.information import information_of

    plan = outcome.rules.robustness.sequential
    return information_of(outcome, **({} if plan is None else plan.model_dump()))


def _next_trial(outcome: OutcomeSynthesis) -> Answer:
    from msc_meta.trust.trial_to_come import next_trial_of

    plan = outcome.rules.robustness.next_trial
    return next_trial_of(outcome, **({} if plan is None else plan.model_dump()))
