"""The four study tables of a RevMan Web data package, as Covidence and RevMan name their columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from msc_meta.exporting.cells import csv_bytes
from msc_meta.hookspecs import Exported

if TYPE_CHECKING:
    from msc_meta.effects.rows import StudyRow
    from msc_meta.protocol import Model
    from msc_meta.records.study import RiskOfBias, Study
    from msc_meta.synthesis import OutcomeSynthesis, Synthesis

INFORMATION = (
    "Study", "Year", "Data source", "Char: Methods", "Char: Participants", "Char: Interventions", "Char: Outcomes",
    "Char: Notes",
)  # fmt: skip
DATA_ROWS = (
    "Analysis group", "Analysis number", "Analysis name", "Subgroup", "Applicability", "Study", "Study year",
    "GIV Mean", "GIV SE", "Experimental mean", "Experimental SD", "Experimental cases", "Experimental N",
    "Control mean", "Control SD", "Control cases", "Control N", "O-E", "Variance", "Weight", "Mean", "CI start",
    "CI end", "Footnotes",
)  # fmt: skip
SETTINGS = (
    "Analysis group", "Analysis number", "Analysis name", "Analysis group name", "Data source",
    "Data source eligibility", "Data type", "Log-scale data", "Outcome", "Intervention grouping",
    "Experimental intervention", "Control intervention", "Subgroup by", "Filter criteria", "Experimental group label",
    "Control group label", "Statistical method", "Effect measure", "Unit of effect measure", "Analysis model",
    "Subgroup estimates", "Overall estimates", "Test for subgroup differences", "Swap event and non-event", "Study CI",
    "Estimate CI", "Experimental cases", "Experimental N", "Control cases", "Control N", "Mean", "CI start", "CI end",
    "Heterogeneity Tau²", "Heterogeneity Chi²", "Heterogeneity df", "Heterogeneity P", "Heterogeneity I²", "Effect Z",
    "Effect P", "Subgroup Chi²", "Subgroup df", "Subgroup P", "Subgroup I²", "ID",
)  # fmt: skip
MEASURES = {
    "RR": "Risk Ratio", "OR": "Odds Ratio", "RD": "Risk Difference", "PETO": "Peto Odds Ratio", "HR": "Hazard Ratio",
    "MD": "Mean Difference", "SMD": "Std. Mean Difference", "ROM": "Ratio of Means",
}  # fmt: skip
_DICHOTOMOUS, _CONTINUOUS = ("RR", "OR", "RD", "PETO"), ("MD", "SMD")


def revman_tables(synthesis: Synthesis) -> Exported:
    """Return study information, risk of bias, the rows of the analyses, and their settings and results.

    An unused cell holds 0.0 in the rows of the analyses, as RevMan writes it: the data type of an analysis says which
    cells are data.
    """
    studies = synthesis.studies
    files = {
        "study-information.csv": csv_bytes(INFORMATION, (_information(study) for study in studies)),
        "risk-of-bias.csv": _risk_of_bias(studies),
        "data-rows.csv": csv_bytes(DATA_ROWS, _all_rows(synthesis)),
        "overall-estimates-and-settings.csv": csv_bytes(SETTINGS, _all_settings(synthesis)),
    }
    return Exported(files, tuple(_left_out(synthesis)))


def data_type(measure: str) -> str:
    """Return RevMan's data type of a measure; whatever it does not know is an estimate with its standard error."""
    if measure in _DICHOTOMOUS:
        return "Dichotomous"
    return "Continuous" if measure in _CONTINUOUS else "Contrast level"


def _information(study: Study) -> list[Any]:
    arms = "; ".join(
        f"{arm.label} ({arm.role}{f', n = {arm.randomised}' if arm.randomised else ''})" for arm in study.arms.values()
    )
    people = f"{study.population.condition}, {study.population.syndrome}, {study.population.severity}"
    methods = f"{study.design.allocation}, masking {study.design.masking}, ratio {study.design.ratio or 'not stated'}"
    outcomes = "; ".join(dict.fromkeys(report.outcome for report in study.outcomes))
    notes = "; ".join(text for text in (", ".join(study.registrations), study.note) if text)
    return [
        study.label,
        study.year,
        "PUB" if study.citation.journal else "UNPUB",
        methods,
        people,
        arms,
        outcomes,
        notes,
    ]


def _risk_of_bias(studies: tuple[Study, ...]) -> bytes:
    judged = {study.id: _of_the_trial(study) for study in studies}
    domains = list(dict.fromkeys(name for one in judged.values() if one for name in one.domains))
    header = ["Study"]
    for name in domains:
        header += [f"Domain (judgement): {name}", f"Domain (support): {name}"]
    rows = []
    for study in studies:
        one = judged[study.id]
        pairs = [
            (one.domains.get(name), one.support if name in one.domains else None) if one else (None, None)
            for name in domains
        ]
        rows.append([study.label, *(value for pair in pairs for value in pair)])
    return csv_bytes(header, rows)


def _of_the_trial(study: Study) -> RiskOfBias | None:
    """Return the first published judgement: RevMan has one of each study."""
    return study.risk_of_bias[0] if study.risk_of_bias else None


def _all_rows(synthesis: Synthesis) -> Iterator[list[Any]]:
    for number, outcome in enumerate(synthesis.values(), start=1):
        yield from (_data_row(row, outcome, number) for row in outcome.pooled)


def _data_row(row: StudyRow, outcome: OutcomeSynthesis, number: int) -> list[Any]:
    from msc_meta.effects.measures import MEASURES as SCALES
    from msc_meta.pooling.random_effects import interval

    rules = outcome.rules
    kind, show = data_type(rules.measure), SCALES[rules.measure].display
    events, means, effects = kind == "Dichotomous", kind == "Continuous", kind == "Contrast level"
    ci = interval(row.yi, row.vi**0.5, rules.model.level, None)
    arms: list[Any] = []
    for arm in (row.e, row.c):
        arms += [_or_0(arm.mean, means), _or_0(arm.sd, means), _or_0(arm.events, events), _or_0(arm.n, not effects)]
    footnotes = " ".join((*([f"Converted: {row.conversion}."] if row.conversion else []), *row.marks))
    return [
        1, number, rules.title, "", "SUBGROUP_AND_OVERALL", row.label, row.year,
        _or_0(row.yi, effects), _or_0(row.vi**0.5, effects), *arms, "0.0", "0.0",
        row.weight, show(row.yi), show(ci.low), show(ci.high), footnotes,
    ]  # fmt: skip


def _or_0(value: float, used: bool) -> Any:
    return value if used else "0.0"


def _all_settings(synthesis: Synthesis) -> Iterator[list[Any]]:
    for number, outcome in enumerate(synthesis.values(), start=1):
        values = _settings(outcome, number, synthesis)
        yield [values.get(name) for name in SETTINGS]


def _settings(outcome: OutcomeSynthesis, number: int, synthesis: Synthesis) -> dict[str, Any]:
    from msc_meta.effects.measures import MEASURES as SCALES

    rules, result = outcome.rules, outcome.result
    shown, kind = result.display(), data_type(rules.measure)
    method = "Peto" if rules.measure == "PETO" else "MH" if rules.model.method in ("MH", "DL-MH") else "IV"
    level = f"{100 * rules.model.level:g}%"
    sums = {
        f"{side} {what}": sum(getattr(arm, name) for arm in arms)
        for side, arms in (
            ("Experimental", [row.e for row in outcome.pooled]),
            ("Control", [row.c for row in outcome.pooled]),
        )
        for what, name in (("cases", "events"), ("N", "n"))
        if arms and (what == "N" or kind == "Dichotomous")
    }
    return {
        "Analysis group": 1, "Analysis number": number, "Analysis name": rules.title,
        "Analysis group name": synthesis.protocol.title, "Data source": "Custom input", "Data type": kind,
        "Log-scale data": SCALES[rules.measure].log, "Outcome": rules.title, "Statistical method": method,
        "Effect measure": MEASURES.get(rules.measure, rules.measure), "Unit of effect measure": rules.unit or None,
        "Analysis model": "Fixed effect" if rules.model.method in ("FE", "MH") else "Random effects",
        "Subgroup estimates": False, "Overall estimates": True, "Test for subgroup differences": False,
        "Swap event and non-event": False, "Study CI": level, "Estimate CI": level, **sums,
        "Mean": shown.estimate, "CI start": shown.ci.low, "CI end": shown.ci.high, "Heterogeneity Tau²": result.tau2,
        "Heterogeneity Chi²": result.q, "Heterogeneity df": result.q_df, "Heterogeneity P": result.q_p,
        "Heterogeneity I²": result.i2_q, "Effect Z": abs(result.statistic), "Effect P": result.p_value,
    }  # fmt: skip


def _unsaid(model: Model) -> str:
    """Return what of a model the settings do not say; read without it, they mean DL and a Wald interval."""
    tau2 = "" if model.method in ("FE", "MH", "DL", "DL-MH") else f"tau2 by {model.method}"
    ci = "" if model.ci_method == "wald" else f"the interval {model.ci_method}"
    return " and ".join(filter(None, (tau2, ci)))


def _left_out(synthesis: Synthesis) -> list[str]:
    found = ["doses, routes and sources of each number: RevMan keeps them in documents"]
    for name, outcome in synthesis.items():
        others = [row.label for row in outcome.rows if not row.included]
        if others:
            found.append(f"{name}: {len(others)} comparisons that are not pooled ({', '.join(dict.fromkeys(others))})")
        if any(row.e.median == row.e.median for row in outcome.pooled):
            found.append(f"{name}: medians, quartiles and ranges; their means and SDs stand in the rows")
        if data_type(outcome.rules.measure) == "Contrast level" and outcome.pooled:
            found.append(f"{name}: arms; RevMan has no {outcome.rules.measure} and takes estimate and standard error")
        if unsaid := _unsaid(outcome.rules.model):
            found.append(f"{name}: {unsaid}; these tables name no such method, so choose it in RevMan")
        if outcome.sensitivity:
            found.append(f"{name}: {len(outcome.sensitivity)} sensitivity analyses, subgroups and regressions")
    several = [study.label for study in synthesis.studies if len(study.risk_of_bias) > 1]
    if several:
        found.append(f"risk of bias: all judgements but the first of {', '.join(several)}")
    found += [
        f"overall risk of bias of {study.label}"
        for study in synthesis.studies
        if any(one.overall for one in study.risk_of_bias)
    ]
    return found
