"""msc-meta rob: judgements of risk of bias, beside what the answers to the tools' questions suggest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from msc_meta.cli.settings import Settings, checked_outcome, format_option, pass_settings, protocol_option

if TYPE_CHECKING:
    from msc_meta.certainty.risk_of_bias import Assessment, MissingEvidenceRisk
    from msc_meta.protocol import Protocol


@click.command("rob")
@click.argument("places", nargs=-1, metavar="[STUDIES] [OUTCOME]")
@click.option("--tool", metavar="NAME", help='Print the domains and questions of a tool, as --tool "RoB 2" or rob-me.')
@protocol_option
@format_option("text", "json", "csv")
@pass_settings
def command(
    settings: Settings, places: tuple[str, ...], tool: str | None, protocol_path: Path | None, form: str
) -> int:
    """List judgements of risk of bias, trial by trial and domain by domain, beside what their answers suggest.

    With an OUTCOME, of its pooled trials, those that nobody judged among them; without, of every record.
    """
    if tool is not None:
        if places:
            raise click.UsageError("--tool prints a tool, and takes no STUDIES or OUTCOME")
        click.echo(_tool(tool, form), nl=False)
        return 0
    studies, name = _read(places)
    protocol = settings.protocol(protocol_path, studies)
    found, risk = _assessed(settings, studies, protocol, checked_outcome(protocol, name) if name else None)
    click.echo(_printed(found, risk, form), nl=False)
    return 0


def _read(places: tuple[str, ...]) -> tuple[Path, str | None]:
    """Tell the folder from the outcome; one word alone is the outcome unless it lies there as a file or folder."""
    if len(places) > 2:
        raise click.UsageError(f"a folder and an outcome are enough: {' '.join(places)}")
    if len(places) == 2:
        return Path(places[0]), places[1]
    alone = places[0] if places else "studies"
    return (Path(alone), None) if not places or Path(alone).exists() or "/" in alone else (Path("studies"), alone)


def _assessed(
    settings: Settings, studies: Path, protocol: Protocol, outcome: str | None
) -> tuple[tuple[Assessment, ...], MissingEvidenceRisk | None]:
    from msc_meta.certainty.risk_of_bias import assessments, missing_evidence_risk

    evidence = settings.load(studies, protocol)
    if outcome is None:
        return assessments(study for study in evidence if study.risk_of_bias), None
    from msc_meta.synthesis import synthesize

    answer = synthesize(evidence, protocol, outcomes=[outcome], sensitivity=False)[outcome]
    pooled = dict.fromkeys(row.study for row in answer.pooled)
    kept = [answer.studies[study] for study in pooled if study in answer.studies]
    return assessments(kept, outcome), missing_evidence_risk(answer.rules)


def _printed(found: tuple[Assessment, ...], risk: MissingEvidenceRisk | None, form: str) -> str:
    if form == "json":
        from msc_meta.report.results_json import to_json

        plain = {"trials": [one.to_dict() for one in found], "synthesis": risk.to_dict() if risk else None}
        return to_json(plain)
    if form == "csv":
        from msc_meta.report.risk_of_bias_text import assessments_table
        from msc_meta.report.table_formats import csv_text

        return csv_text(assessments_table(found))
    from msc_meta.report.risk_of_bias_text import assessments_text

    return assessments_text(found, risk)


def _tool(name: str, form: str) -> str:
    from msc_meta.bias_tools.tools import tool_named

    tool = tool_named(name)
    if form == "json":
        from msc_meta.report.results_json import to_json
        from msc_meta.report.risk_of_bias_text import tool_as_dict

        return to_json(tool_as_dict(tool))
    if form == "csv":
        from msc_meta.report.risk_of_bias_text import questions_table
        from msc_meta.report.table_formats import csv_text

        return csv_text(questions_table(tool))
    from msc_meta.report.risk_of_bias_text import tool_text

    return tool_text(tool)
