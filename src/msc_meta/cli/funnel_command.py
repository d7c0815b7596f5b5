"""msc-meta funnel: the funnel plot of one outcome."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from msc_meta.cli.figure_options import figure_options, write_figure
from msc_meta.cli.settings import F, Settings, checked_outcome, pass_settings
from msc_meta.errors import NothingPooledError


def funnel_options(command: F) -> F:
    """Add what a funnel plot may show beside studies and limits."""
    options = (
        click.option("--contours", is_flag=True, help="Funnel: shade where a study alone has p above 0.1, 0.05, 0.01."),
        click.option("--limits", type=float, multiple=True, metavar="LEVEL", help="Funnel: further limits, as 0.99."),
        click.option("--trim-and-fill", is_flag=True, help="Funnel: add the studies that trim and fill adds."),
        click.option("--y", type=click.Choice(("se", "1/se", "n")), help="Funnel: the upright axis.  [default: se]"),
        click.option(
            "--by",
            metavar="FIELD",
            help="Funnel: groups by symbol and colour, as --by source. Risk-of-bias bars: by weight, or trials.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def draw_plot(
    settings: Settings,
    kind: str,
    outcome: str,
    *,
    studies: Path,
    protocol_path: Path | None,
    output: Path | None,
    formats: str | None,
    dpi: int,
    with_text: bool,
    **choices: Any,
) -> int:
    """Pool one outcome, draw one of its plots, and say where the files are."""
    from msc_meta.figures.plots import plot_drawing
    from msc_meta.synthesis import synthesize

    protocol = settings.protocol(protocol_path, studies)
    name = checked_outcome(protocol, outcome)
    answer = synthesize(settings.load(studies, protocol), protocol, outcomes=[name], sensitivity=False)[name]
    given = {choice: value for choice, value in choices.items() if value not in (None, False, ())}
    write_figure(
        settings, plot_drawing(answer, kind, **given), f"{kind}_{name}", output, formats, dpi, with_text=with_text
    )
    return 0 if answer.result.k else NothingPooledError.exit_code


@click.command("funnel")
@figure_options
@funnel_options
@pass_settings
def command(settings: Settings, /, **options: Any) -> int:
    """Draw the funnel plot of OUTCOME (mortality, oxygenation, discharge_time or your own)."""
    return draw_plot(settings, "funnel", **options)
