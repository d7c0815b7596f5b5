"""msc-meta diff: what changed between two states of a review."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from msc_meta.cli.figure_options import dpi_option, style_option, warn_of_missing, width_option
from msc_meta.cli.settings import Settings, format_option, pass_settings
from msc_meta.cli.two_states import changes_between, states_options

if TYPE_CHECKING:
    from msc_meta.living.run_changes import Changes


@click.command("diff")
@states_options
@format_option("text", "json", "markdown")
@click.option(
    "--output",
    "-o",
    "outputs",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Draw how the pooled effects moved, into this file; its ending is the format (.txt and .csv too).",
)
@style_option
@width_option
@dpi_option
@pass_settings
def command(
    settings: Settings, /, *, paths: tuple[Path, ...], since: str | None, protocol_path: Path | None,
    old_protocol: Path | None, form: str, outputs: tuple[Path, ...], style: str | None, width: str | None, dpi: int,
) -> int:  # fmt: skip
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
    _draw(settings, found, outputs, style, width, dpi)
    return 1 if found.any else 0


def _draw(
    settings: Settings, found: Changes, outputs: tuple[Path, ...], style: str | None, width: str | None, dpi: int
) -> None:
    """Write the plot of the moved effects in every format that was asked for."""
    if not outputs:
        return
    from msc_meta.figures.effect_changes_plot import draw_effect_changes
    from msc_meta.figures.outcome import write_drawing
    from msc_meta.living.moved_effects import moved_effects

    drawing = draw_effect_changes(moved_effects(found), old=found.old, new=found.new, style=style, width=width)
    for path in outputs:
        write_drawing(drawing, path, dpi)
        settings.say(f"wrote {path}")
    warn_of_missing(settings, drawing, outputs)
