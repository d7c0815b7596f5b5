"""Clinical and arithmetic rules that a structure can not express: each a small function from a study to findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msc_meta.records.findings import Finding
from msc_meta.records.rules import arms, comparisons, drafts, identity, numbers, outcomes, reports, risk_of_bias
from msc_meta.records.study import Study

Rule = Callable[[Study], Iterator[Finding]]

RULES: tuple[Rule, ...] = (
    *identity.RULES,
    *arms.RULES,
    *reports.RULES,
    *outcomes.RULES,
    *numbers.RULES,
    *comparisons.RULES,
    *drafts.RULES,
    *risk_of_bias.RULES,
)


def check_study(study: Study) -> list[Finding]:
    """Return what the rules find in one study."""
    return [finding for rule in RULES for finding in rule(study)]
