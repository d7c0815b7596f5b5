"""msc-meta export: records and results in the formats of other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from msc_meta.cli.settings import Settings, pass_settings, protocol_option, studies_argument

if TYPE_CHECKING:
    from msc_meta.hookspecs import Exported, Exporter

NOT_EXPORTED = "NOT_EXPORTED.txt"


@click.command("export")
@click.argument("form", metavar="FORMAT", required=False)
@studies_argument
@click.option("--output", "-o", type=click.Path(path_type=Path), help="The file to write, or folder for several.")
@click.option("--list", "listed", is_flag=True, help="List the formats and leave.")
@protocol_option
@click.option("--template", is_flag=True, help="csv: write a small table to start from instead of the records.")
@click.option(
    "--decimal-comma", is_flag=True, help="csv: write 17,5 and semicolons, as spreadsheets in much of Europe expect."
)
@click.option("--force", is_flag=True, help="Replace files that exist.")
@pass_settings
def command(
    settings: Settings,
    form: str | None,
    studies: Path,
    *,
    output: Path | None,
    listed: bool,
    protocol_path: Path | None,
    template: bool,
    decimal_comma: bool,
    force: bool,
) -> None:
    """Write the records in STUDIES, or what follows from them, in another program's FORMAT.

    What the format can not hold is listed, at the terminal and in a file beside the output.
    """
    exporters = _exporters(settings)
    if listed:
        for one in exporters.values():
            click.echo(f"{one.name:<10} {one.description} ({one.suffix or 'a folder'})")
        return
    exporter = _chosen(form, exporters)
    if output is None:
        raise click.UsageError(f"-o is missing: the {exporter.suffix or 'folder'} to write")
    if exporter.suffix and output.suffix.lower() != exporter.suffix.lower():
        raise click.UsageError(f"{output} does not end in {exporter.suffix}, and that is what {form} writes")
    if (template or decimal_comma) and exporter.name != "csv":
        raise click.UsageError("--template and --decimal-comma are for the format csv")
    if exporter.name == "csv":
        exported = _csv_table(settings, studies, template=template, decimal_comma=decimal_comma)
    else:
        exported = _exported(settings, exporter, studies, protocol_path)
    _write(settings, exporter, exported, output, force=force)


def _exporters(settings: Settings) -> dict[str, Exporter]:
    from msc_meta.plugins import exporters_of, plugin_manager

    manager = plugin_manager(without=settings.without)
    for sentence in manager.warnings:
        settings.say(f"warning: {sentence}")
    return exporters_of(manager)


def _chosen(form: str | None, exporters: dict[str, Exporter]) -> Exporter:
    from difflib import get_close_matches

    if form in exporters:
        return exporters[form]
    near = get_close_matches(form or "", exporters, n=1)
    hint = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(exporters)}."
    raise click.UsageError(f"There is no format {form!r}. {hint}" if form else f"Name a format. {hint}")


def _csv_table(settings: Settings, studies: Path, *, template: bool, decimal_comma: bool) -> Exported:
    """Write the records as they are: nothing has to be pooled for that."""
    from msc_meta.exporting.csv_table import csv_template, to_csv
    from msc_meta.hookspecs import Exported

    if template:
        return Exported({"trials.csv": csv_template()})
    evidence = settings.load(studies, settings.protocol(None, studies))
    return Exported({"trials.csv": to_csv(evidence, decimal="," if decimal_comma else ".")})


def _exported(settings: Settings, exporter: Exporter, studies: Path, protocol_path: Path | None) -> Exported:
    from msc_meta.errors import PluginError
    from msc_meta.synthesis import synthesize

    protocol = settings.protocol(protocol_path, studies)
    synthesis = synthesize(settings.load(studies, protocol), protocol)
    try:
        return exporter.export(synthesis)
    except Exception as error:
        if exporter.__class__.__module__.startswith("msc_meta."):
            raise
        raise PluginError(f"exporter {exporter.name} failed: {type(error).__name__}: {error}") from error


def _write(settings: Settings, exporter: Exporter, exported: Exported, output: Path, *, force: bool) -> None:
    from msc_meta.output import write_files

    if exporter.suffix:
        (content,) = exported.files.values()
        files: dict[Path, str | bytes] = {output: content}
        beside = output.with_name(f"{output.name}.{NOT_EXPORTED}")
    else:
        files = {output / name: content for name, content in exported.files.items()}
        beside = output / NOT_EXPORTED
    if exported.left_out:
        lines = [f"What {exporter.name} can not hold:", *(f"- {sentence}" for sentence in exported.left_out)]
        files[beside] = "\n".join(lines) + "\n"
        settings.say("\n".join(lines))
    write_files(files, force=force)
    for path in files:
        settings.say(f"wrote {path}")
