"""msc-meta import: records of any readable format as one YAML file per study."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from msc_meta.cli.settings import Settings, format_option, pass_settings

if TYPE_CHECKING:
    from msc_meta.hookspecs import Decisions
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
@click.option("--into", type=click.Path(path_type=Path), help="Fill in the citations of the records in this folder.")
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
    into: Path | None,
    form: str,
) -> None:
    """Write the records in SOURCE, a registry entry or a CSV table say, as one YAML file per study.

    Nothing is written if any record has an error (unless --draft is given), or if a file exists and --force is not
    given. What the source says and a record can not hold is listed. References (RIS, BibTeX, CSL-JSON) fill in the
    citations of records that exist: msc-meta import refs.ris --into studies.
    """
    from msc_meta.importing.incoming import read_import
    from msc_meta.importing.stated import read_stated
    from msc_meta.output import write_files

    found = read_import(source, source=adapter, stated=read_stated(stated), without=settings.without)
    for sentence in found.warnings:
        settings.say(f"warning: {sentence}")
    if into is not None or found.adapter == "citations":
        _cite(settings, found, into or (output if draft else None), dry=dry, draft=draft)
        return
    stopped = found.broken or not found.records or bool(found.errors and not draft)
    files = {} if stopped else _files(found, output, draft=draft)
    if files and found.decisions is not None:
        if not dry:
            _alone(output, files)
        files |= _review_files(settings, found, found.decisions, source.name, output)
    if not dry:
        write_files(files, force=force)
    _print(settings, found, files, form, dry=dry)
    if stopped:
        settings.say("nothing was written" + ("" if draft else "; --draft writes what lacks something, with comments"))
        click.get_current_context().exit(1)


def _cite(settings: Settings, found: Import, folder: Path | None, *, dry: bool, draft: bool) -> None:
    """Fill in citations of records, and with --draft begin a record for each reference that fits none."""
    from msc_meta.importing.citing import merge_citations
    from msc_meta.importing.drafts import cited_template
    from msc_meta.importing.report import folded_errors, folded_warnings
    from msc_meta.output import write_files

    if folder is None:
        raise click.UsageError(
            "References alone make no record: --into FOLDER fills in citations, --draft begins records."
        )
    if not folder.is_dir() and not draft:
        raise click.UsageError(f"There is no folder {folder}.")
    if found.adapter != "citations":
        raise click.UsageError(f"--into takes references, and {found.adapter} is none; leave --into out.")
    for text in (*folded_errors(found.problems), *folded_warnings(found)):
        click.echo(text, err=True)
    if found.broken:
        settings.say("nothing was written")
        click.get_current_context().exit(1)
    merge = merge_citations(found.records, folder)
    for line in merge.lines:
        settings.say(line)
    for one in merge.unmatched:
        settings.say(f"{one.id}: {'begun as a new record' if draft else 'left out: it fits no record'}")
    begun = {folder / f"{one.id}.yaml": cited_template(one) for one in merge.unmatched} if draft else {}
    if not dry:
        write_files(begun)  # a file that exists is refused before anything changes
        write_files(merge.files, force=True)
        for path in (*merge.files, *begun):
            click.echo(path)
    if merge.unmatched and not draft:
        settings.say("--draft begins a record for each reference that fits none")


def _files(found: Import, folder: Path, *, draft: bool) -> dict[Path, str | bytes]:
    from msc_meta.adapters.study_ids import study_id  # an id that was not checked could lead to another folder
    from msc_meta.importing.drafts import draft_text
    from msc_meta.records.write_yaml import record_to_yaml

    files: dict[Path, str | bytes] = {}
    for record in found.records:
        path = folder / f"{study_id(record.id) or 'draft'}.yaml"
        if draft or record.study is None:
            files[path] = draft_text(record, found.adapter)
        else:
            files[path] = record_to_yaml(record.study)
    return files


def _alone(folder: Path, files: Mapping[Path, object]) -> None:
    """Refuse a folder with records of other studies: the review's protocol.yaml would decide about them, too."""
    from msc_meta.adapters.yaml_folder import SUFFIXES
    from msc_meta.errors import counted
    from msc_meta.records.own_outcomes import PROTOCOL

    others = [path for path in sorted(folder.glob("*")) if path.suffix in SUFFIXES and path.name != PROTOCOL]
    if foreign := [path for path in others if path not in files]:
        raise click.UsageError(
            f"{folder} holds {counted(len(foreign), 'record')} that the review has not ({foreign[0].name}), and its"
            f" {PROTOCOL} would decide about them; choose a folder of its own with -o."
        )


def _review_files(
    settings: Settings, found: Import, decisions: Decisions, name: str, folder: Path
) -> dict[Path, str | bytes]:
    """Return the protocol of a review and the one list of what was pooled again and what is left out; show the list."""
    from msc_meta.records.own_outcomes import PROTOCOL
    from msc_meta.report.imported_review import REPORT, agreement_of, protocol_text, report_text

    studies = [record.study for record in found.records if record.study is not None]
    report = report_text(decisions, agreement_of(studies, decisions), name, len(found.records))
    settings.say(report)
    return {folder / PROTOCOL: protocol_text(decisions, name), folder / REPORT: report}


def _print(settings: Settings, found: Import, files: Mapping[Path, object], form: str, *, dry: bool) -> None:
    import json

    from msc_meta.importing.report import as_mapping, folded_errors, folded_warnings, lines_of, missing_in_all, summary

    if form == "json":
        names = {path.stem: str(path) for path in files}
        click.echo(json.dumps(as_mapping(found, names), indent=2, ensure_ascii=False))
    else:
        if files and not dry:
            click.echo("\n".join(map(str, files)))
        for text in folded_errors(found.errors):
            click.echo(text, err=True)
        for text in (*folded_warnings(found), *(line for record in found.records for line in lines_of(record))):
            settings.say(text)
        if hint := missing_in_all(found):
            settings.say(hint)
    records = len(files) - 2 * bool(files and found.decisions)  # the protocol and the report are none
    settings.say(summary(found, records, "could be written" if dry else "written"))
