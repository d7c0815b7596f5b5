"""msc-meta new: a commented record to fill in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from msc_meta.cli.settings import Settings, pass_settings

if TYPE_CHECKING:
    from msc_meta.importing.incoming import Import, Incoming

OUTCOMES = ("mortality", "oxygenation", "discharge_time")


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
@click.option("--outcome", "outcomes", multiple=True, type=click.Choice(OUTCOMES), help="Ask for this outcome only.")
@click.option(
    "--arms", type=click.IntRange(2, 9), default=2, show_default=True, help="How many arms, control included."
)
@click.option(
    "--from", "origin", type=click.Path(path_type=Path), metavar="FILE", help="Draft it from this file, unchecked."
)
@click.option("--study", metavar="NAME", default="", help="Which study of FILE, where it has several.")
@click.option("--set", "stated", multiple=True, metavar="FIELD=VALUE", help="What FILE does not say.")
@click.option("--source", "adapter", default="", metavar="NAME", help="Read FILE as this format (msc-meta plugins).")
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
@pass_settings
def command(
    settings: Settings,
    study_id: str,
    *,
    folder: Path,
    outcomes: tuple[str, ...],
    arms: int,
    origin: Path | None,
    study: str,
    stated: tuple[str, ...],
    adapter: str,
    force: bool,
) -> None:
    """Write a commented record for the trial ID (first author and year: garcia-2025), ready to fill in.

    With --from it is drafted from a registry entry, a review, a table or a reference: every drafted value is marked
    unchecked, and what the file does not say is left out. `msc-meta check` lists what is still empty or unchecked.
    """
    from msc_meta.output import write_file
    from msc_meta.records.template import new_record, schema_line

    text = new_record(study_id, outcomes, arms)  # an id that can not be one is refused first
    if origin is not None:
        text = _drafted(settings, study_id, origin, study, stated, adapter, outcomes)
    path = folder / f"{study_id}.yaml"
    write_file(path, schema_line(folder) + text, force=force)
    click.echo(path)
    settings.say(f"fill in {path}, then: msc-meta check {path}")


def _drafted(
    settings: Settings,
    study_id: str,
    origin: Path,
    study: str,
    stated: tuple[str, ...],
    adapter: str,
    outcomes: tuple[str, ...],
) -> str:
    from msc_meta.errors import DataError
    from msc_meta.importing.drafts import cited_template, draft_text
    from msc_meta.importing.incoming import read_import
    from msc_meta.importing.report import lines_of
    from msc_meta.importing.stated import read_stated

    found = read_import(origin, source=adapter, stated=read_stated(stated), without=settings.without)
    if found.broken and not found.records:
        raise DataError(found.problems)
    record = _chosen(found, study, origin)
    for line in lines_of(record):
        settings.say(line)
    if found.decisions is not None:
        settings.say(f"its outcomes are the review's own; msc-meta import {origin} -o FOLDER writes the protocol, too")
    if found.adapter == "citations":
        return cited_template(record, study_id, outcomes)
    return draft_text(record, found.adapter, study_id)


def _chosen(found: Import, study: str, origin: Path) -> Incoming:
    """Return the one study of a file, or the one that was named: by id, label or registry number."""
    from msc_meta.adapters.study_ids import study_id as spelt
    from msc_meta.records.findings import nearest

    wanted = spelt(study)
    matching = [record for record in found.records if not study or wanted in _names(record)]
    if len(matching) == 1:
        return matching[0]
    ids = [record.id for record in found.records]
    shown = ", ".join(ids[:5]) + (" …" if len(ids) > 5 else "")
    if not study:
        raise click.UsageError(f"{origin} has {len(ids)} studies; name one with --study: {shown}")
    near = nearest(wanted, ids)
    hint = f"Did you mean {near}?" if near else f"There is: {shown}."
    raise click.UsageError(f"{origin} has {'no' if not matching else 'more than one'} study {study!r}. {hint}")


def _names(record: Incoming) -> set[str]:
    from msc_meta.adapters.study_ids import study_id as spelt

    data = record.raw.data or {}
    numbers = data.get("registrations")
    names = [data.get("id"), data.get("label"), *(numbers if isinstance(numbers, (list, tuple)) else ())]
    return {spelt(str(name)) for name in names if name}
