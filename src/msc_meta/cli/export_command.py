"""msc-meta export: the records as one table."""

from __future__ import annotations

from pathlib import Path

import click

from msc_meta.cli.settings import Settings, pass_settings, studies_argument


@click.command("export")
@studies_argument
@click.option("--output", "-o", type=click.Path(path_type=Path), required=True, help="The .csv file to write.")
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
@pass_settings
def command(settings: Settings, studies: Path, output: Path, force: bool) -> None:
    """Write the records in STUDIES as one CSV table; msc-meta reads that table as it reads the folder."""
    from msc_meta.exporting.csv_table import to_csv
    from msc_meta.output import write_file

    write_file(output, to_csv(settings.load(studies)), force=force)
    settings.say(f"wrote {output}")
