"""msc-meta new: a commented record to fill in."""

from __future__ import annotations

from pathlib import Path

import click

from msc_meta.cli.settings import Settings, pass_settings


@click.command("new")
@click.argument("study_id", metavar="ID")
@click.option(
    "--folder",
    "-o",
    type=click.Path(path_type=Path),
    default=Path("studies"),
    show_default=True,
    help="Where to write it.",
)
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
@pass_settings
def command(settings: Settings, study_id: str, folder: Path, force: bool) -> None:
    """Write a commented record for the trial ID (first author and year: garcia-2025), ready to fill in.

    What is still empty is listed by `msc-meta check` with line and column.
    """
    from msc_meta.output import write_file
    from msc_meta.records.template import new_record

    path = folder / f"{study_id}.yaml"
    write_file(path, _schema_line(folder) + new_record(study_id), force=force)
    click.echo(path)
    settings.say(f"fill in {path}, then: msc-meta check {path}")


def _schema_line(folder: Path) -> str:
    """Return the line by which editors find the JSON Schema, as the other records of the folder have it."""
    for neighbour in sorted(folder.glob("*.yaml")):
        with neighbour.open(encoding="utf-8", errors="replace") as file:
            first = file.readline(200)
        if first.startswith("# yaml-language-server:"):
            return first
    return ""
