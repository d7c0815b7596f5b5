"""msc-meta funnel: the funnel plot of one outcome."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from msc_meta.cli.figure_options import figure_options, write_figure
from msc_meta.cli.settings import Settings, checked_outcome, pass_settings
from msc_meta.errors import NothingPooledError


@click.command("funnel")
@figure_options
@click.option("--contours", is_flag=True, help="Shade where a study alone would have p above 0.1, 0.05, 0.01.")
@click.option("--trim-and-fill", is_flag=True, help="Add the studies that trim and fill adds.")
@click.option("--by", metavar="FIELD", help="Tell groups apart by symbol and colour, as --by source.")
@pass_settings
def command(
    settings: Settings,
    /,
    outcome: str,
    studies: Path,
    protocol_path: Path | None,
    output: Path | None,
    formats: str | None,
    dpi: int,
    **choices: Any,
) -> int:
    """Draw the funnel plot of OUTCOME (mortality, oxygenation, discharge_time or your own)."""
    from msc_meta.figures.outcome import drawing_of
    from msc_meta.synthesis import synthesize

    protocol = settings.protocol(protocol_path, studies)
    name = checked_outcome(protocol, outcome)
    answer = synthesize(settings.load(studies, protocol), protocol, outcomes=[name], sensitivity=False)[name]
    drawing = drawing_of(answer, "funnel", **choices)
    write_figure(settings, drawing, f"funnel_{name}", output, formats, dpi)
    return 0 if answer.result.k else NothingPooledError.exit_code
