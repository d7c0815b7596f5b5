"""What an imported review brings beside its records: its protocol, and one list of what went where and what did not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isnan
from typing import TYPE_CHECKING, Final

from msc_meta.hookspecs import Decisions

if TYPE_CHECKING:
    from msc_meta.records.study import Study
    from msc_meta.synthesis import OutcomeSynthesis

REPORT: Final = "import-report.md"
TOLERANCE: Final = 2e-4
"""Relative; RevMan Web writes six digits."""


def protocol_text(decisions: Decisions, file: str) -> str:
    """Return a review's protocol as the text of its file."""
    from msc_meta.records.write_yaml import values_to_yaml

    head = f"# The decisions of the review in {file}, as it states them; msc-meta finds this file beside the records.\n"
    return head + values_to_yaml(decisions.protocol)


def report_text(decisions: Decisions, agreement: Sequence[str], file: str, records: int) -> str:
    """Return the list of what was imported, whether it gives what the review printed, and what has no place."""
    left_out = [f"- {line}" for line in decisions.left_out] or ["- nothing"]
    pooled = [f"- {line}" for line in agreement] or ["- the review has no analysis with numbers"]
    kept = (
        f"{records} studies; every value is as the review prints it (a secondary source) and was not compared with the "
        "studies' own reports."
    )
    parts = [
        f"# Import of {file}",
        kept,
        "## Pooled again",
        "\n".join(pooled),
        "## What the records and the protocol do not hold",
        "\n".join(left_out),
    ]
    return "\n\n".join(parts) + "\n"


def agreement_of(studies: Sequence[Study], decisions: Decisions) -> tuple[str, ...]:
    """Pool every outcome as the protocol says, and say for each whether that is what the review printed."""
    from msc_meta.protocol import Protocol
    from msc_meta.records.own_outcomes import own_outcomes
    from msc_meta.synthesis import synthesize

    own = own_outcomes(decisions.protocol)
    protocol = Protocol.model_validate(decisions.protocol, context={"outcomes": own})
    synthesis = synthesize(studies, protocol, sensitivity=False)
    return tuple(_agreement(outcome, decisions.printed.get(name, {})) for name, outcome in synthesis.items())


def _agreement(outcome: OutcomeSynthesis, printed: Mapping[str, float]) -> str:
    if not outcome.result.k:
        return f"{outcome.rules.title}: no study can be pooled"
    differences = list(_differences(outcome, printed))
    if differences:
        return f"{outcome.headline}. The review has other numbers: {'; '.join(differences)}"
    stored = any(printed.get(name) for name in ("estimate", "low", "high"))
    said = "as the review prints it" if stored else "the review's file holds no result to compare with"
    return f"{outcome.headline}; {said}"


def _differences(outcome: OutcomeSynthesis, printed: Mapping[str, float]) -> Iterator[str]:
    result, shown = outcome.result, outcome.result.display()
    stored = any(printed.get(name) for name in ("estimate", "low", "high"))
    ours = {
        "estimate": shown.estimate, "low": shown.ci.low, "high": shown.ci.high,
        "chi2": result.q, "df": float(result.k - 1), "i2": result.i2, "z": abs(result.statistic),
    }  # fmt: skip
    if outcome.rules.measure == "GEN":  # pooled as entered, and printed as a ratio perhaps
        ours = {name: value for name, value in ours.items() if name not in ("estimate", "low", "high")}
    for name, value in ours.items():
        theirs = printed.get(name)
        if theirs is None or isnan(value) or not (stored or name == "df"):
            continue
        rounded = 0.5000001 * 10 ** -printed["decimals"] if "decimals" in printed else 0.0
        if abs(theirs - value) > max(rounded, TOLERANCE * max(1e-2, abs(theirs), abs(value))):
            yield f"{name} {theirs:.6g}, here {value:.6g}"
