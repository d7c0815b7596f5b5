"""Tables as CSV, for spreadsheets: one row per study, full precision, safe to open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from msc_meta.effects.rows import StudyRow
from msc_meta.figures.cells import records_csv

if TYPE_CHECKING:
    from collections.abc import Iterable

    from msc_meta.pooling.results import PooledResult
    from msc_meta.synthesis import OutcomeSynthesis


def table_csv(rows: Iterable[StudyRow]) -> str:
    """Return the rows of one outcome as CSV; an empty cell where a number is not defined.

    Examples
    --------
    >>> text = table_csv([StudyRow(study="a-2020", label="=A", year=2020, standing="no data")])
    >>> text.splitlines()[1][:20]
    "a-2020,'=A,2020,Fals"
    """
    flat = [row.to_flat() for row in rows]
    return records_csv(flat, columns=StudyRow(study="", label="", year=None, standing="no data").to_flat())


ANALYSES = (
    "analysis", "name", "measure", "k", "estimate", "ci_low", "ci_high", "p_value", "tau2", "i2", "method", "ci_method",
    "shown_estimate", "shown_ci_low", "shown_ci_high",
)  # fmt: skip


def analyses_csv(outcome: OutcomeSynthesis) -> str:
    """Return every analysis of one outcome as CSV, a row each: main, sensitivity, subgroups, without each study.

    Estimates are on the analysis scale, and under ``shown_`` on the one that people read.
    """
    return records_csv(_analyses(outcome), ANALYSES)


def _analyses(outcome: OutcomeSynthesis) -> Iterator[dict[str, Any]]:
    yield _analysis("main", outcome.rules.title, outcome.result)
    for variant in outcome.sensitivity.values():
        yield _analysis("sensitivity", variant.title, variant.result)
    for trait, found in outcome.subgroups.items():
        for group, result in found.results.items():
            yield _analysis(f"subgroup: {trait}", group, result)
    for label, result in outcome.leave_one_out.items():
        yield _analysis("without one study", label, result)
    for row in outcome.rare_events or ():
        yield {
            "analysis": "rare events", "name": row.name, "measure": row.measure, "k": row.k, "estimate": row.estimate,
            "ci_low": row.ci.low, "ci_high": row.ci.high, "p_value": row.p_value, "tau2": row.tau2,
        }  # fmt: skip


def _analysis(kind: str, name: str, result: PooledResult) -> dict[str, Any]:
    shown = result.display()
    names = ("measure", "k", "estimate", "p_value", "tau2", "i2", "method", "ci_method")
    return {
        "analysis": kind,
        "name": name,
        **{field: getattr(result, field) for field in names},
        "ci_low": result.ci.low,
        "ci_high": result.ci.high,
        "shown_estimate": shown.estimate,
        "shown_ci_low": shown.ci.low,
        "shown_ci_high": shown.ci.high,
    }
