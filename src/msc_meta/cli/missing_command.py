"""msc-meta missing: which eligible trials give nothing to an outcome, and what they could do."""

from __future__ import annotations

from pathlib import Path

import click

from msc_meta.cli.settings import Settings, format_option, pass_settings, protocol_option, studies_argument


@click.command("missing")
@studies_argument
@protocol_option
@format_option("text", "json", "csv")
@pass_settings
def command(settings: Settings, studies: Path, protocol_path: Path | None, form: str) -> int:
    """Show where the results of eligible trials are missing, and what the missing ones could do to each answer."""
    from msc_meta.synthesis import synthesize

    protocol = settings.protocol(protocol_path, studies)
    synthesis = synthesize(settings.load(studies, protocol), protocol, sensitivity=False)
    if form == "json":
        from msc_meta.certainty.missing_evidence import missing_evidence
        from msc_meta.report.results_json import to_json

        made = to_json({name: missing_evidence(outcome).to_dict() for name, outcome in synthesis.items()})
    elif form == "csv":
        from msc_meta.report.page_certainty import missing_table
        from msc_meta.report.table_formats import csv_text

        made = csv_text(missing_table(synthesis))
    else:
        from msc_meta.report.certainty_text import missing_text

        made = missing_text(synthesis)
    click.echo(made, nl=False)
    return 0
