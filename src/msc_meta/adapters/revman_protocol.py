"""What a RevMan review decided, as a protocol: measure, method and model of each analysis, and what is pooled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from msc_meta.adapters.revman_measures import measure_named
from msc_meta.adapters.revman_outcomes import ReviewOutcome, outcomes_of
from msc_meta.adapters.revman_review import Analysis, Review, Row
from msc_meta.adapters.study_ids import study_id
from msc_meta.hookspecs import Decisions

NUMBERS: Final = {"dichotomous": "events", "continuous": "values", "contrast": "effects", "o-e": "effects"}
DEFAULT_MEASURE: Final = {"dichotomous": "OR", "continuous": "MD", "contrast": "GEN", "o-e": "HR"}
ESTIMATORS: Final = (("restricted", "REML"), ("reml", "REML"), ("paule", "PM"), ("maximum", "ML"))
EVERYBODY: Final = {
    "allocation": ["randomised", "unclear", "non-randomised"],
    "products": ["cells", "cell-free", "other"],
    "populations": [{}],
    "populations_in_words": "the review's",
}
"""The review has decided already whom it includes."""


def decisions_of(review: Review, stem: str) -> Decisions:
    """Return the protocol of a review, what it printed, and what neither records nor protocol hold."""
    outcomes, left_out = outcomes_of(review)
    title = review.title or stem
    protocol = {
        "id": study_id(stem) or "review",
        "title": title,
        "eligibility": EVERYBODY,
        "outcomes": {outcome.name: _rules(outcome) for outcome in outcomes},
    }
    left_out = [*review.left_out, *left_out, *_remarks(review, outcomes)]
    printed = {outcome.name: outcome.analysis.printed for outcome in outcomes if outcome.is_total}
    return Decisions(protocol, tuple(dict.fromkeys(left_out)), {name: one for name, one in printed.items() if one})


def _rules(outcome: ReviewOutcome) -> dict[str, Any]:
    analysis = outcome.analysis
    measure = pooled_measure(analysis)
    rules: dict[str, Any] = {
        "title": outcome.title,
        "numbers": NUMBERS[analysis.kind],
        "better": "lower",
        "measure": measure,
    }
    if analysis.unit and analysis.kind == "continuous" and measure == "MD":
        rules["unit"] = analysis.unit
    if measure in ("OR", "RR", "RD", "PETO"):
        rules["zero_events"] = {"correction": 0.5, "scope": "only-zero", "double_zero": "not-estimable"}
    rules["conventions"] = "revman"
    rules["model"] = {
        "method": _method(analysis, measure),
        "ci_method": "hksj"
        if "hartung" in analysis.ci_method.lower() or "hksj" in analysis.ci_method.lower()
        else "wald",
        "prediction": "t(k-2)",
        "level": analysis.level,
    }
    if (declared := _declared(analysis)) != measure:
        title = f"{declared}, as the review declares, instead of {measure}"
        rules["sensitivity"] = [{"id": "as-declared", "title": title, "outcome": {"measure": declared}}]
    return rules


def pooled_measure(analysis: Analysis) -> str:
    """Return the measure that the review's own result is of.

    That is the declared one, but for a standardised mean difference of which the file holds no result: RevMan drew a
    mean difference for it, and where there is a drawing it says so.
    """
    declared = _declared(analysis)
    if declared != "SMD" or analysis.kind != "continuous":
        return declared
    if drawn := measure_named(analysis.drawn_measure):
        return drawn if drawn in ("MD", "SMD") else declared
    return declared if _has_result(analysis) else "MD"


def _has_result(analysis: Analysis) -> bool:
    printed = analysis.printed
    return any(printed.get(name) for name in ("estimate", "low", "high", "z"))


def _declared(analysis: Analysis) -> str:
    measure = measure_named(analysis.measure) or DEFAULT_MEASURE[analysis.kind]
    if analysis.kind == "dichotomous":
        return "PETO" if analysis.method.upper() == "PETO" else measure
    if analysis.kind == "o-e":
        return "HR" if measure == "HR" else "OR"
    return "OR" if measure == "PETO" else measure


def _method(analysis: Analysis, measure: str) -> str:
    mantel_haenszel = analysis.kind == "dichotomous" and analysis.method.upper().replace("-", "") == "MH"
    if not analysis.random or measure == "PETO":
        return "MH" if mantel_haenszel and measure != "PETO" else "FE"
    named = analysis.estimator.lower()
    estimator = next((name for word, name in ESTIMATORS if word in named), "DL")
    return "DL-MH" if mantel_haenszel and estimator == "DL" else estimator


def _has_blanks(analysis: Analysis, row: Row) -> bool:
    """Say whether events or means of a row with patients are blank; a blank SD is noted in the record."""
    name = {"dichotomous": "events", "continuous": "mean"}.get(analysis.kind)
    sizes = [row.numbers.get(f"n_{side}", "").strip() for side in "ec"]
    blank = name is not None and any(not row.numbers.get(f"{name}_{side}", "").strip() for side in "ec")
    return blank and all(size and float(size) > 0 for size in sizes)


def _remarks(review: Review, outcomes: Sequence[ReviewOutcome]) -> Iterator[str]:
    """Say what of the review's settings and texts has no place, and what was settled for it."""
    yield "RevMan does not say: the product (other), allocation (unclear), condition (not stated) and better direction"
    done: set[str] = set()
    for outcome in outcomes:
        analysis, here = outcome.analysis, f"analysis {outcome.analysis.numbered}"
        if analysis.numbered in done:
            continue
        done.add(analysis.numbered)
        if (declared := _declared(analysis)) != (measure := pooled_measure(analysis)):
            drawn = (
                f"its drawing shows {analysis.drawn_measure}" if analysis.drawn_measure else "it holds no result of it"
            )
            yield f"{here} declares {declared}, and {drawn}: {measure} is pooled, {declared} is a sensitivity analysis"
        if analysis.measure and not measure_named(analysis.measure):
            yield f"{here}: {analysis.measure!r} is no measure known here; its effects are pooled as they are (GEN)"
        if analysis.level_of_studies != analysis.level:
            yield f"{here}: intervals of studies have the level {analysis.level_of_studies:g}; a protocol has one level"
        if analysis.favours != ("", ""):
            yield f"{here}: the words under the axis, {' | '.join(analysis.favours)}"
        if not analysis.totals:
            yield f"{here}: the review shows no overall estimate"
        for text in analysis.other_text:
            yield f"{here}: {text}"
        if blank := [row.study for row in analysis.rows if _has_blanks(analysis, row)]:
            yield f"{here}: cells without a number were read as 0, as RevMan reads them: {', '.join(blank)}"
        if away := [row.study for row in analysis.rows if not row.in_total]:
            yield f"{here}: in the subgroups and not in the total: {', '.join(away)}"
    for name in sorted({study.name for study in review.studies} - {row.study for one in outcomes for row in one.rows}):
        yield f"{name} is in no analysis; its record has no outcome"
