"""results.json: every number of the synthesis, for programs; undefined numbers are null."""

from __future__ import annotations

import json
from math import isfinite
from typing import TYPE_CHECKING, Any

from msc_meta.plain_values import plain_value

if TYPE_CHECKING:
    from msc_meta.effects.rows import StudyRow
    from msc_meta.evidence import Evidence
    from msc_meta.pooling.results import PooledResult
    from msc_meta.secondary_analyses import SmallStudyEffects
    from msc_meta.synthesis import OutcomeSynthesis, Synthesis


def results(synthesis: Synthesis, evidence: Evidence, version: str) -> dict[str, Any]:
    """Return the contents of results.json as plain values.

    Estimates are on the analysis scale (natural log for ratios) with the shown scale under ``display``;
    weights and I2 in percent; a study that is not pooled is listed under ``excluded`` with its reason. ``flow`` is
    there where the numbers of search and screening are.
    """
    protocol = synthesis.protocol
    searched = {"flow": synthesis.flow.to_dict()} if synthesis.screening is not None else {}
    return searched | {
        "msc_meta": version,
        "protocol": {"id": protocol.id, "sha256": protocol.sha256},
        "evidence": {"sha256": evidence.sha256, "studies": len(evidence)},
        "outcomes": {name: outcome_values(outcome) for name, outcome in synthesis.items()},
    }


def to_json(value: Any) -> str:
    """Return ``value`` as JSON text: sorted keys, undefined numbers as null, the same text for the same value."""
    text = json.dumps(plain_value(value), indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return text + "\n"


def pooled(result: PooledResult) -> dict[str, Any]:
    """Return a pooled result as plain values, in the key names of results.json."""
    shown = result.display()
    return {
        "measure": result.measure,
        "k": result.k,
        "estimate": result.estimate,
        "se": result.se,
        "ci": list(result.ci),
        "p_value": result.p_value,
        "statistic": result.statistic,
        "df": result.df,
        "prediction": list(result.prediction),
        "prediction_method": result.prediction_method,
        "tau2": result.tau2,
        "tau2_ci": list(result.tau2_ci),
        "i2_ci": list(result.i2_ci),
        "h2_ci": list(result.h2_ci),
        "i2": result.i2,
        "h2": result.h2,
        "i2_definition": result.i2_definition,
        "i2_q": result.i2_q,
        "h2_q": result.h2_q,
        "q": result.q,
        "q_df": result.q_df,
        "q_p": result.q_p,
        "method": result.method,
        "ci_method": result.ci_method,
        "level": result.level,
        "wald_ci": list(result.wald_ci),
        "notes": list(result.notes),
        "display": {"estimate": shown.estimate, "ci": list(shown.ci), "prediction": list(shown.prediction)},
    }


def outcome_values(outcome: OutcomeSynthesis) -> dict[str, Any]:
    """Return one outcome as plain values, in the key names of results.json."""
    from msc_meta.effects.measures import MEASURES

    rules = outcome.rules
    return {
        "title": rules.title,
        "better": rules.better,
        "unit": rules.unit,
        "scale": "log" if MEASURES[rules.measure].log else "linear",
        "finding": outcome.finding,
        "choices": rules.model_dump(mode="json", exclude={"sensitivity", "title"}),
        **pooled(outcome.result),
        "studies": [_study(row) for row in outcome.pooled],
        "excluded": [_excluded(row) for row in outcome.rows if not row.included],
        "rare_events": None if outcome.rare_events is None else outcome.rare_events.to_dict(),
        "subgroups": {trait: answer.to_dict() for trait, answer in outcome.subgroups.items()},
        "regressions": {trait: answer.to_dict() for trait, answer in outcome.regressions.items()},
        "leave_one_out": {label: _brief(result) for label, result in outcome.leave_one_out.items()},
        "small_study_effects": _small_study_effects(outcome.small_study_effects),
        "robustness": {name: answer.to_dict() for name, answer in outcome.robustness.items()},
        "sensitivity": {
            name: {"title": variant.title, **pooled(variant.result), "studies": _pooled_ids(variant.rows)}
            for name, variant in outcome.sensitivity.items()
        },
    }


def _brief(result: PooledResult) -> dict[str, Any]:
    names = ("k", "estimate", "se", "p_value", "tau2", "i2", "q", "q_df", "q_p")
    return {name: getattr(result, name) for name in names} | {"ci": list(result.ci)}


def _small_study_effects(found: SmallStudyEffects) -> dict[str, Any]:
    return {
        "verdict": found.offer.verdict,
        "tests": {name: test.to_dict() for name, test in found.tests.items()},
        "trim_and_fill": None if found.filled is None else found.filled.to_dict(),
    }


def _pooled_ids(rows: tuple[StudyRow, ...]) -> list[str]:
    return list(dict.fromkeys(row.study for row in rows if row.included))


def _study(row: StudyRow) -> dict[str, Any]:
    return {
        "id": row.study,
        "label": row.label,
        "yi": row.yi,
        "vi": row.vi,
        "weight": row.weight,
        "conversion": row.conversion or None,
        "day": row.day,
        "marks": list(row.marks),
        "source": row.source,
        "experimental": _arm(row, "e"),
        "control": _arm(row, "c"),
    }


def _arm(row: StudyRow, suffix: str) -> dict[str, Any]:
    arm = getattr(row, suffix)
    names = ("label", "n", "events", "mean", "sd", "median", "q1", "q3", "min", "max", "value", "percent")
    values = {name: getattr(arm, name) for name in names}
    return {name: value for name, value in values.items() if isinstance(value, str) or isfinite(value)}


def _excluded(row: StudyRow) -> dict[str, Any]:
    excluded: dict[str, Any] = {"id": row.study, "label": row.label, "standing": row.standing, "reason": row.reason}
    if row.has_effect:
        excluded |= {"yi": row.yi, "vi": row.vi}
    return excluded
