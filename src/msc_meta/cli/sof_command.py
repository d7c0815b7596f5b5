"""msc-meta sof: the summary of findings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from msc_meta.cli.settings import Settings, format_option, pass_settings, protocol_option, studies_argument
from msc_meta.errors import NothingPooledError, UsageError

if TYPE_CHECKING:
    from msc_meta.certainty.summary_of_findings import Finding
    from msc_meta.synthesis import Synthesis

FORMATS = ("text", "markdown", "html", "csv", "json", "docx")


@click.command("sof")
@studies_argument
@protocol_option
@format_option(*FORMATS)
@click.option("--output", "-o", type=click.Path(path_type=Path, dir_okay=False), help="File to write; docx needs one.")
@pass_settings
def command(settings: Settings, studies: Path, protocol_path: Path | None, form: str, output: Path | None) -> int:
    """Show the summary of findings: effects per 1,000 patients, numbers needed to treat, and certainty."""
    from msc_meta.certainty.summary_of_findings import summary_of_findings
    from msc_meta.output import write_file
    from msc_meta.synthesis import synthesize

    if form == "docx" and output is None:
        raise UsageError("a Word file is not for the terminal: say where it goes with --output findings.docx")
    protocol = settings.protocol(protocol_path, studies)
    synthesis = synthesize(settings.load(studies, protocol), protocol, sensitivity=False)
    rows = summary_of_findings(synthesis)
    made = _made(synthesis, rows, form)
    if output is not None:
        write_file(output, made, force=True)
        settings.say(f"wrote {output}")
    else:
        click.echo(made, nl=False)
    return 0 if any(row.trials for row in rows) else NothingPooledError.exit_code


def _made(synthesis: Synthesis, rows: tuple[Finding, ...], form: str) -> str | bytes:
    if form == "text":
        from msc_meta.report.certainty_text import findings_text

        return findings_text(rows)
    if form == "json":
        from msc_meta.report.results_json import to_json

        return to_json({row.name: row.to_dict() for row in rows})
    from msc_meta.report import table_formats
    from msc_meta.report.page_certainty import findings_table, suggested_table, suggestions_table

    if form == "csv":
        return table_formats.csv_text(findings_table(rows))
    every = (findings_table(rows), suggestions_table(rows), suggested_table(synthesis))
    tables, title = tuple(filter(None, every)), synthesis.protocol.title
    if form == "html":
        return table_formats.html(tables, title)
    if form == "docx":
        return table_formats.word(tables, title)
    return "\n".join(map(table_formats.markdown, tables))
