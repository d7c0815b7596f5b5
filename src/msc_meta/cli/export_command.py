"""msc-meta export: the records as one table."""

from __future__ import annotations

from pathlib import Path

import click

from msc_meta.cli.settings import Settings, pass_settings, studies_argument


@click.command("export")
@studies_argument
@click.option("--output", "-o", type=click.Path(path_type=Path), required=True, help="The .csv file to write.")
@click.option("--template", is_flag=True, help="Write a small table to start from instead of the records.")
@click.option(
    "--decimal-comma", is_flag=True, help="Write 17,5 and semicolons, as spreadsheets in much of Europe expect."
)
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
@pass_settings
def command(settings: Settings, studies: Path, output: Path, template: bool, decimal_comma: bool, force: bool) -> None:
    """Write the records in STUDIES as one CSV table; msc-meta reads that table as it reads the folder."""
    from msc_meta.exporting.csv_table import csv_template, to_csv
    from msc_meta.output import write_file

    if output.suffix.lower() != ".csv":
        raise click.UsageError(f"{output} does not end in .csv, and a CSV table is what is written")
    if template:
        content: str | bytes = csv_template()
    else:
        content = to_csv(settings.load(studies), decimal="," if decimal_comma else ".")
    write_file(output, content, force=force)
    settings.say(f"wrote {output}")
