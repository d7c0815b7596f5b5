"""Tables of risk of bias: published judgements as traffic lights that grey print and screen readers tell apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from msc_meta.figures.risk_of_bias_cells import JUDGEMENTS, NOT_ASSESSED, OVERALL, shown_domains
from msc_meta.report.page_studies import Records
from msc_meta.report.page_tables import Cell, Column, Table

if TYPE_CHECKING:
    from msc_meta.records.study import Study

LEGEND: Final = "+ low, − some concerns or moderate, × high or serious, ! critical, ? unclear or no information."


def risk_of_bias(studies: Sequence[Study], records: Records) -> tuple[Table, ...]:
    """Return the published judgements, a table per tool, every light linked to its line."""
    tools = dict.fromkeys(one.tool for study in studies for one in study.risk_of_bias)
    return tuple(_judgements(tool, studies, records) for tool in tools)


def _judgements(tool: str, studies: Sequence[Study], records: Records) -> Table:
    found = [(study, at, one) for study in studies for at, one in enumerate(study.risk_of_bias) if one.tool == tool]
    judged = {
        str(place): {**one.domains, **({OVERALL: one.overall} if one.overall else {})}
        for place, (_, _, one) in enumerate(found)
    }
    domains = shown_domains(tool, judged, judged)
    reasons = any(one.support for _, _, one in found)
    rows = []
    for place, (study, at, one) in enumerate(found):
        record = records[study.id]
        lights = []
        for key in domains:
            judgement = judged[str(place)].get(key, "")
            path = ("overall",) if key == OVERALL else ("domains", key)
            href = record.href("risk_of_bias", at, *path)
            lights.append(Cell(judgement, href, JUDGEMENTS.get(judgement, "unclear")) if judgement else Cell("–"))
        support = [Cell(one.support or "–", record.href("risk_of_bias", at, "support") if one.support else "")]
        source = Cell(f"{one.source.kind}: {one.source.where}", record.href("risk_of_bias", at, "source"))
        rows.append((Cell(study.label, record.href("risk_of_bias", at)), Cell(one.outcome or "whole trial"),
                     *lights, *(support if reasons else ()), source))  # fmt: skip
    names = "; ".join(f"{short} {name}" for short, name in domains.values())
    return Table(
        id=f"risk-of-bias-{tool.lower().replace(' ', '-')}",
        caption=f"Risk of bias by {tool}, as others published it",
        columns=(
            Column("Study"),
            Column("Outcome"),
            *(Column(short, False, name) for short, name in domains.values()),
            *((Column("Reason given", prose=True),) if reasons else ()),
            Column("Source"),
        ),
        rows=tuple(rows),
        notes=(f"{names}. {NOT_ASSESSED} not judged. {LEGEND}",),
    )
