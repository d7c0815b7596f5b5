"""The numbers of a GRADE evidence profile, one row per outcome; the judgements stay empty for people to make."""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING, Any

from msc_meta.exporting.cells import csv_bytes
from msc_meta.hookspecs import Exported
from msc_meta.protocol import EVENT_MEASURES

if TYPE_CHECKING:
    from msc_meta.synthesis import OutcomeSynthesis, Synthesis

HEADER = (
    "Outcome", "Studies", "Study design", "Risk of bias", "Inconsistency", "Indirectness", "Imprecision",
    "Other considerations", "Experimental events", "Experimental total", "Control events", "Control total", "Measure",
    "Relative effect", "Relative CI low", "Relative CI high", "Control risk per 1000", "Difference per 1000",
    "Difference per 1000 CI low", "Difference per 1000 CI high", "Mean difference", "Mean difference CI low",
    "Mean difference CI high", "Unit", "I2 (%)", "tau2", "Certainty", "Importance",
)  # fmt: skip


def gradepro_table(synthesis: Synthesis) -> Exported:
    """Return a row per outcome: participants, relative and absolute effects, heterogeneity.

    The control risk is that of all pooled control arms together; the difference is what the relative effect makes of
    it, per 1000 patients.
    """
    rows = [[_values(outcome).get(name) for name in HEADER] for outcome in synthesis.values()]
    left_out = (
        "risk of bias, inconsistency, indirectness, imprecision, certainty, importance: judgements, left empty",
        "single studies, subgroups and sensitivity analyses: a profile has a row per outcome",
        "prediction intervals: GRADEpro has no field for them",
    )
    return Exported({"gradepro.csv": csv_bytes(HEADER, rows)}, left_out)


def _values(outcome: OutcomeSynthesis) -> dict[str, Any]:
    rules, result, rows = outcome.rules, outcome.result, outcome.pooled
    shown = result.display()
    effects = (shown.estimate, *shown.ci)
    events = rules.measure in EVENT_MEASURES
    values: dict[str, Any] = {
        "Outcome": rules.title, "Studies": len({row.study for row in rows}), "Study design": "randomised trials",
        "Measure": rules.measure, "Unit": rules.unit or None, "I2 (%)": result.i2, "tau2": result.tau2,
    }  # fmt: skip
    if rows:
        values |= {"Experimental total": sum(row.e.n for row in rows), "Control total": sum(row.c.n for row in rows)}
    if rows and events:
        values |= {
            "Experimental events": sum(row.e.events for row in rows),
            "Control events": sum(row.c.events for row in rows),
        }
        risk = values["Control events"] / values["Control total"]
        values["Control risk per 1000"] = 1000 * risk
        names = ("Difference per 1000", "Difference per 1000 CI low", "Difference per 1000 CI high")
        values |= dict(zip(names, (1000 * _difference(rules.measure, risk, effect) for effect in effects), strict=True))
    names = ("Relative effect", "Relative CI low", "Relative CI high")
    if rules.measure in ("MD", "SMD", "SMDH"):
        names = ("Mean difference", "Mean difference CI low", "Mean difference CI high")
    if rules.measure not in ("RD", "AS"):
        values |= dict(zip(names, effects, strict=True))
    return values


def _difference(measure: str, risk: float, effect: float) -> float:
    """Return what an effect changes of a control risk; nan where the measure does not say."""
    if measure == "RD":
        return effect
    if measure == "RR":
        return min(1.0, risk * effect) - risk
    if measure in ("OR", "PETO"):
        return risk * effect / (1 - risk + risk * effect) - risk
    return nan
