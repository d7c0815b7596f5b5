"""Which studies the protocol pools at all, and in words why it leaves the others out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from msc_meta.protocol import Eligibility
    from msc_meta.records.study import Arm, RiskOfBias, Study

ALLOCATION_IN_WORDS = {
    "unclear": "random allocation unclear",
    "non-randomised": "not randomised",
    "randomised": "randomised",
}
PRODUCT_IN_WORDS = {
    "cell-free": "cell-free product",
    "cells": "cell product",
    "other": "not an MSC product",
    None: "product not stated",
}


def why_not_eligible(study: Study, rules: Eligibility, labels: Mapping[str, str]) -> str:
    """Return the reasons why a study is not eligible, joined by semicolons; empty for an eligible one.

    ``labels`` gives the label of every study by its id, to name the one a companion report belongs to.
    """
    reasons = []
    if study.companion_of is not None:
        reasons.append(f"same patients as {labels.get(study.companion_of, study.companion_of)}")
    if study.design.allocation not in rules.allocation:
        reasons.append(ALLOCATION_IN_WORDS[study.design.allocation])
    if not eligible_arms(study, rules):
        products = dict.fromkeys(arm.product for arm in study.arms_of("experimental").values())
        reasons.append(", ".join(PRODUCT_IN_WORDS[product] for product in products) or "no experimental arm")
    if not any(rule.holds(study.population) for rule in rules.populations):
        unknown = study.population.syndrome == "not-stated" and study.population.severity == "not-stated"
        reasons.append(
            f"{'not stated whether population is' if unknown else 'population is not'} {rules.populations_in_words}"
        )
    return "; ".join(reasons)


def overall_risk_of_bias(study: Study, outcome: str) -> RiskOfBias | None:
    """Return the entry with a study's overall judgement for an outcome, or else the one for the whole trial.

    Examples
    --------
    >>> import msc_meta as mm
    >>> overall_risk_of_bias(mm.load_studies("studies/")["shu-2020"], "mortality").overall
    'some concerns'
    """
    fitting = [entry for entry in study.risk_of_bias if entry.overall is not None and entry.outcome in (outcome, None)]
    return min(fitting, key=lambda entry: entry.outcome is None, default=None)


def why_not_by_risk_of_bias(study: Study, outcome: str, wanted: Sequence[str]) -> str:
    """Return why a study's overall risk of bias keeps it out of an outcome's pool; empty where it does not."""
    entry = overall_risk_of_bias(study, outcome)
    if entry is None:
        return "overall risk of bias not judged in the record"
    return "" if entry.overall in wanted else f"overall risk of bias: {entry.overall} ({entry.tool})"


def eligible_arms(study: Study, rules: Eligibility) -> dict[str, Arm]:
    """Experimental arms whose product the protocol pools, in the record's order."""
    return {name: arm for name, arm in study.arms_of("experimental").items() if arm.product in rules.products}
