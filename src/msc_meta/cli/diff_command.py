"""msc-meta diff: what changed between two states of a review."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from msc_meta.cli.settings import Settings, format_option, pass_settings, protocol_option

if TYPE_CHECKING:
    from msc_meta.living.run_changes import State


@click.command("diff")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@protocol_option
@click.option("--old-protocol", type=click.Path(path_type=Path), help="Protocol of OLD, where it is another one.")
@format_option("text", "json", "markdown")
@pass_settings
def command(
    settings: Settings, old: Path, new: Path, protocol_path: Path | None, old_protocol: Path | None, form: str
) -> int:
    """Say what changed from OLD to NEW: records, decisions, and how each pooled effect moved.

    Each is a folder of records, which is pooled now, or what `msc-meta run` wrote, whose results are taken as they are.
    Ends with code 1 if anything changed.
    """
    from msc_meta.living import change_words
    from msc_meta.living.run_changes import changes
    from msc_meta.report.results_json import to_json

    found = changes(_state(settings, old, old_protocol or protocol_path), _state(settings, new, protocol_path))
    if form == "json":
        click.echo(to_json(change_words.to_dict(found)), nl=False)
    else:
        click.echo((change_words.markdown if form == "markdown" else change_words.text)(found), nl=False)
    return 1 if found.any else 0


def _state(settings: Settings, path: Path, protocol_path: Path | None) -> State:
    from msc_meta.living.run_changes import State, results_in, results_of

    if path.is_dir() and (published := results_in(path)) is not None:
        return State(name=str(path), results=published)
    protocol = settings.protocol(protocol_path, path)
    evidence = settings.load(path, protocol)
    return State(name=str(path), results=results_of(evidence, protocol), evidence=evidence, protocol=protocol)
