"""msc-meta changelog: what changed in the evidence, as a dated entry that people read."""

from __future__ import annotations

from pathlib import Path

import click

from msc_meta.cli.settings import Settings, pass_settings
from msc_meta.cli.two_states import changes_between, states_options


@click.command("changelog")
@states_options
@click.option("--title", default="", help="Of the entry.  [default: made from the changes]")
@click.option("--date", metavar="YYYY-MM-DD", help="Of the entry.  [default: today]")
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    help="Evidence changelog to add the entry to, as EVIDENCE.md.  [default: print it]",
)
@pass_settings
def command(
    settings: Settings,
    paths: tuple[Path, ...],
    since: str | None,
    protocol_path: Path | None,
    old_protocol: Path | None,
    title: str,
    date: str | None,
    output: Path | None,
) -> int:
    """Say in Markdown what changed from OLD to NEW, for readers of the review: answers, trials, numbers, decisions.

    An entry that is in the file already is not added again, and entries that are there stay as they are.
    """
    import datetime

    from msc_meta.living.changelog_file import add_entry, day
    from msc_meta.living.changelog_words import entry, mark

    when = datetime.datetime.now(datetime.UTC).date().isoformat() if date is None else day(date)
    found = changes_between(settings, paths, since, protocol_path, old_protocol)
    if not found.any:
        settings.say("nothing changed, so there is no entry")
        return 0
    made = entry(found, when, title)
    if output is None:
        click.echo(made, nl=False)
    elif add_entry(output, made, mark(found)):
        settings.say(f"added an entry to {output}")
    else:
        settings.say(f"{output} has this entry already")
    return 0
