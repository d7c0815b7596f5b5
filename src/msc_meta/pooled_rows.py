"""From the rows of one outcome to one answer, by the protocol's model: on effects and variances, or on counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from msc_meta.pooling.random_effects import pool
from msc_meta.protocol import COUNT_METHODS

if TYPE_CHECKING:
    from msc_meta.effects.rows import StudyRow
    from msc_meta.pooling.results import PooledResult
    from msc_meta.protocol import OutcomeProtocol


def pooled(rows: Sequence[StudyRow], rules: OutcomeProtocol) -> PooledResult:
    """Return the pooled effect of rows that are included.

    Methods on counts need them of every row; where one has an effect only as printed, the method on effects stands in
    and the answer says so.
    """
    model = rules.model
    options: dict[str, Any] = {
        "ci_method": model.ci_method,
        "level": model.level,
        "prediction": model.prediction,
        "measure": rules.measure,
    }
    yi, vi = [row.yi for row in rows], [row.vi for row in rows]
    if model.method not in COUNT_METHODS:
        return pool(yi, vi, method=model.method, **options)
    if len(rows) < 2 or not all(row.has_counts for row in rows):
        result = pool(yi, vi, method=model.on_effects, **options)
        note = f"Pooled on effects ({model.on_effects}) and not on counts ({model.method}): a trial gives no counts."
        return replace(result, notes=(*result.notes, note)) if len(rows) > 1 else result
    from msc_meta.pooling.mantel_haenszel import mantel_haenszel

    common = mantel_haenszel(rules.measure, **counts_of(rows), level=model.level, **_conventions(rules))
    if model.method == "MH":
        return common
    from msc_meta.pooling.mantel_haenszel_random import random_about

    return random_about(common, yi, vi, **options)


def counts_of(rows: Sequence[StudyRow]) -> dict[str, Any]:
    """Return events and patients of both arms, by the names that functions of counts take."""
    return {
        f"{name}_{suffix}": [getattr(getattr(row, suffix), field) for row in rows]
        for name, field in (("event", "events"), ("n", "n"))
        for suffix in ("e", "c")
    }


def _conventions(rules: OutcomeProtocol) -> dict[str, Any]:
    """Return how Mantel-Haenszel sums treat empty cells: not at all (metafor), or by the protocol's rule (RevMan)."""
    if rules.conventions == "metafor" or rules.zero_events is None:
        return {}
    zero = rules.zero_events
    return {"cc": zero.correction, "scope": zero.scope, "rd_variance": "greenland-robins"}
