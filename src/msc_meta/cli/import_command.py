"""msc-meta import: records of any readable format as one YAML file per study."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from msc_meta.cli.settings import Settings, format_option, pass_settings

if TYPE_CHECKING:
    from msc_meta.importing.incoming import Import


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
@click.option("--check", "dry", is_flag=True, help="Only say what would come in; write nothing.")
@click.option("--draft", is_flag=True, help="Write records that lack something too, with comments where it belongs.")
@click.option("--set", "stated", multiple=True, metavar="FIELD=VALUE", help="What all records have in common.")
@click.option("--source", "adapter", default="", metavar="NAME", help="Read as this format (msc-meta plugins).")
@format_option("text", "json")
@pass_settings
def command(
    settings: Settings,
    source: Path,
    *,
    output: Path,
    force: bool,
    dry: bool,
    draft: bool,
    stated: tuple[str, ...],
    adapter: str,
    form: str,
) -> None:
    """Write the records in SOURCE, a registry entry or a CSV table say, as one YAML file per study.

    Nothing is written if any record has an error (unless --draft is given), or if a file exists and --force is not
    given. What the source says and a record can not hold is listed.
    """
    from msc_meta.importing.incoming import read_import
    from msc_meta.importing.stated import read_stated
    from msc_meta.output import write_files

    found = read_import(source, source=adapter, stated=read_stated(stated), without=settings.without)
    for sentence in found.warnings:
        settings.say(f"warning: {sentence}")
    stopped = found.broken or not found.records or bool(found.errors and not draft)
    files = {} if stopped else _files(found, output, draft=draft)
    if not dry:
        write_files(files, force=force)
    _print(settings, found, files, form, dry=dry)
    if stopped:
        settings.say("nothing was written" + ("" if draft else "; --draft writes what lacks something, with comments"))
        raise SystemExit(1)


def _files(found: Import, folder: Path, *, draft: bool) -> dict[Path, str | bytes]:
    from msc_meta.adapters.study_ids import study_id  # an id that was not checked could lead to another folder
    from msc_meta.importing.drafts import draft_text
    from msc_meta.records.write_yaml import record_to_yaml

    return {
        folder / f"{study_id(record.id) or 'draft'}.yaml": draft_text(record, found.adapter)
        if draft or record.study is None
        else record_to_yaml(record.study)
        for record in found.records
    }


def _print(settings: Settings, found: Import, files: Mapping[Path, object], form: str, *, dry: bool) -> None:
    import json

    from msc_meta.importing.report import as_mapping, folded_errors, folded_warnings, lines_of, missing_in_all, summary

    if form == "json":
        names = {path.stem: str(path) for path in files}
        click.echo(json.dumps(as_mapping(found, names), indent=2, ensure_ascii=False))
    else:
        if files and not dry:
            click.echo("\n".join(map(str, files)))
        for text in folded_errors(found):
            click.echo(text, err=True)
        for text in (*folded_warnings(found), *(line for record in found.records for line in lines_of(record))):
            settings.say(text)
        if hint := missing_in_all(found):
            settings.say(hint)
    settings.say(summary(found, len(files), "could be written" if dry else "written"))
