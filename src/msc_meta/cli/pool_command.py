"""msc-meta pool: the numbers of one outcome in the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from msc_meta.cli.settings import (
    Settings,
    checked_outcome,
    format_option,
    outcome_argument,
    pass_settings,
    protocol_option,
    studies_argument,
)
from msc_meta.errors import NothingPooledError

MOST_COLUMNS = 140  # a wider plot says no more

if TYPE_CHECKING:
    from msc_meta.synthesis import OutcomeSynthesis


@click.command("pool")
@outcome_argument
@studies_argument
@protocol_option
@click.option("--sensitivity/--no-sensitivity", default=True, help="With or without the sensitivity analyses.")
@format_option("text", "json", "csv")
@pass_settings
def command(
    settings: Settings, outcome: str, studies: Path, protocol_path: Path | None, sensitivity: bool, form: str
) -> int:
    """Show the pooled result of OUTCOME (mortality, oxygenation, discharge_time or your own), study by study."""
    from msc_meta.synthesis import synthesize

    protocol = settings.protocol(protocol_path, studies)
    name = checked_outcome(protocol, outcome)
    evidence = settings.load(studies, protocol)
    answer = synthesize(evidence, protocol, outcomes=[name], sensitivity=sensitivity)[name]
    click.echo(_printed(answer, form), nl=False)
    return 0 if answer.result.k else NothingPooledError.exit_code


def _printed(answer: OutcomeSynthesis, form: str) -> str:
    if form == "csv":
        from msc_meta.report.tables import table_csv

        return table_csv(answer.rows)
    if form == "json":
        from msc_meta.report.results_json import outcome_values, to_json

        return to_json({answer.name: outcome_values(answer)})
    from msc_meta.report.terminal import outcome_text

    return outcome_text(answer, _plot(answer))


def _plot(answer: OutcomeSynthesis) -> str:
    """Return the forest plot of characters, as wide as the terminal and in characters that it has."""
    import sys
    from shutil import get_terminal_size

    from msc_meta.figures.forest_text import forest_text
    from msc_meta.figures.outcome_tables import pooled_table
    from msc_meta.figures.style import current_style

    if not answer.result.k:
        return ""
    style, table = current_style(), pooled_table(answer)
    width = min(get_terminal_size((100, 24)).columns, MOST_COLUMNS)
    text = forest_text(table, style, width, notes=False)
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return forest_text(table, style, width, ascii_only=True, notes=False)
    return text
