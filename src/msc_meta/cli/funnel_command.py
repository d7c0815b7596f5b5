"""msc-meta funnel: the funnel plot of one outcome."""

from __future__ import annotations

from pathlib import Path

import click

from msc_meta.cli.figure_options import draw, figure_options
from msc_meta.cli.settings import Settings, pass_settings


@click.command("funnel")
@figure_options
@pass_settings
def command(
    settings: Settings,
    outcome: str,
    studies: Path,
    protocol_path: Path | None,
    output: Path | None,
    formats: str | None,
    dpi: int,
) -> int:
    """Draw the funnel plot of OUTCOME (mortality, oxygenation or discharge_time)."""
    return draw("funnel", settings, outcome, studies, protocol_path, output, formats, dpi)
