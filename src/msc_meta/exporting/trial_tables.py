"""One row per trial and outcome, in the column names of R's metafor and meta; `metafor_csv` reads them back."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import TYPE_CHECKING, Any

from msc_meta.exporting.cells import csv_bytes
from msc_meta.hookspecs import Exported

if TYPE_CHECKING:
    from msc_meta.effects.rows import StudyRow
    from msc_meta.synthesis import OutcomeSynthesis, Synthesis

Row = dict[str, Any]
_QUANTILES = ("median", "q1", "q3", "min", "max")
_IN_META = {"PETO": "OR", "AS": "ASD"}  # names of measures where meta has another


def metafor_table(synthesis: Synthesis) -> Exported:
    """Return the pooled trials as metafor takes them: ``rma(yi, vi, data = read.csv("metafor.csv"))``."""
    return _table(synthesis, "metafor.csv", _metafor)


def meta_table(synthesis: Synthesis) -> Exported:
    """Return the pooled trials as meta's metabin, metacont and metagen take them."""
    return _table(synthesis, "meta.csv", _meta)


def _table(synthesis: Synthesis, name: str, columns: Callable[[StudyRow, OutcomeSynthesis], Row]) -> Exported:
    rows = [
        columns(row, outcome)
        for outcome in synthesis.values()
        for row in outcome.rows
        if row.standing in ("pooled", "not estimable")
    ]
    header = list(dict.fromkeys(key for row in rows for key in row)) or ["outcome"]
    content = csv_bytes(header, ([row.get(key) for key in header] for row in rows), mark=False)
    return Exported({name: content}, tuple(_left_out(synthesis)))


def _shared(row: StudyRow, outcome: OutcomeSynthesis) -> Row:
    return {
        "year": row.year,
        "outcome": outcome.name,
        "day": row.day,
        "quantity": row.quantity or None,
        "kind": row.kind or None,
        "unit": row.unit or None,
    }


def _metafor(row: StudyRow, outcome: OutcomeSynthesis) -> Row:
    e, c = row.e, row.c
    return {
        "slab": row.label, **_shared(row, outcome), "measure": outcome.rules.measure,
        "ai": e.events, "bi": e.n - e.events, "ci": c.events, "di": c.n - c.events, "n1i": e.n, "n2i": c.n,
        "m1i": e.mean, "sd1i": e.sd, "m2i": c.mean, "sd2i": c.sd, "yi": row.yi, "vi": row.vi,
    }  # fmt: skip


def _meta(row: StudyRow, outcome: OutcomeSynthesis) -> Row:
    measure = outcome.rules.measure
    arms: Row = {}
    for suffix, arm in (("e", row.e), ("c", row.c)):
        arms |= {f"event.{suffix}": arm.events, f"n.{suffix}": arm.n, f"mean.{suffix}": arm.mean}
        arms |= {f"sd.{suffix}": arm.sd} | {f"{name}.{suffix}": getattr(arm, name) for name in _QUANTILES}
    effect = {"TE": row.yi, "seTE": sqrt(row.vi) if row.has_effect else None}
    return {"studlab": row.label, **_shared(row, outcome), "sm": _IN_META.get(measure, measure), **arms, **effect}


def _left_out(synthesis: Synthesis) -> list[str]:
    """Say what one row of two arms can not hold."""
    found = ["sources, doses, risk of bias and citations: a row holds the numbers of two arms"]
    for name, outcome in synthesis.items():
        others = [row for row in outcome.rows if row.standing not in ("pooled", "not estimable")]
        if others:
            found.append(f"{name}: {len(others)} comparisons that are not pooled ({_named(others)})")
        converted = [row for row in outcome.pooled if row.conversion]
        if converted:
            found.append(f"{name}: how reported numbers became the ones used ({_named(converted)})")
        marked = [row for row in outcome.pooled if row.marks]
        if marked:
            found.append(f"{name}: footnotes of {_named(marked)}")
    return found


def _named(rows: list[StudyRow]) -> str:
    return ", ".join(dict.fromkeys(row.label for row in rows))
