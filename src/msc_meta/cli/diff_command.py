"""msc-meta diff: what changed between two states of a review."""

from __future__ import annotations

from pathlib import Path

import click

from msc_meta.cli.settings import Settings, format_option, pass_settings
from msc_meta.cli.two_states import changes_between, states_options


@click.command("diff")
@states_options
@format_option("text", "json", "markdown")
@pass_settings
def command(
    settings: Settings,
    paths: tuple[Path, ...],
    since: str | None,
    protocol_path: Path | None,
    old_protocol: Path | None,
    form: str,
) -> int:
    """Say what changed from OLD to NEW: records, decisions, and how each pooled effect moved.

    Each is a folder of records, which is pooled now, or what `msc-meta run` wrote, whose results are taken as they are.
    Ends with code 1 if anything changed.
    """
    from msc_meta.living import change_words
    from msc_meta.report.results_json import to_json

    found = changes_between(settings, paths, since, protocol_path, old_protocol)
    if form == "json":
        click.echo(to_json(change_words.to_dict(found)), nl=False)
    else:
        click.echo((change_words.markdown if form == "markdown" else change_words.text)(found), nl=False)
    return 1 if found.any else 0
