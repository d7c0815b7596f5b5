"""msc-meta import: records of any readable format as one YAML file per study."""

from __future__ import annotations

from pathlib import Path

import click

from msc_meta.cli.settings import Settings, pass_settings


@click.command("import")
@click.argument("source", type=click.Path(path_type=Path))
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    default=Path("studies"),
    show_default=True,
    help="Folder to write.",
)
@click.option("--force", is_flag=True, help="Replace files that exist.")
@pass_settings
def command(settings: Settings, source: Path, output: Path, force: bool) -> None:
    """Write the records in SOURCE, a CSV table say, as one YAML file per study.

    Nothing is written if any record has an error, or if a file exists and --force is not given.
    """
    from msc_meta.output import write_files
    from msc_meta.records.write_yaml import record_to_yaml

    evidence = settings.load(source)
    files = {output / f"{study.id}.yaml": record_to_yaml(study) for study in evidence}
    write_files(files, force=force)
    for path in files:
        click.echo(path)
