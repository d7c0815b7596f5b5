"""The commands forest and funnel: one figure of one outcome."""

from __future__ import annotations

from pathlib import Path

import click

from msc_meta.cli.run_command import chosen_formats
from msc_meta.cli.settings import (
    F,
    Settings,
    checked_outcome,
    outcome_argument,
    pass_settings,
    protocol_option,
    studies_argument,
)
from msc_meta.errors import NothingPooledError
from msc_meta.figures import FORMATS


def figure_options(command: F) -> F:
    """Add the arguments and options of a figure command."""
    options = (
        outcome_argument,
        studies_argument,
        protocol_option,
        click.option(
            "--output",
            "-o",
            type=click.Path(path_type=Path),
            help="File to write (its ending is the format), or folder.  [default: this folder]",
        ),
        click.option("--format", "formats", help=f"Of {', '.join(FORMATS)}, for a folder.  [default: svg]"),
        click.option("--dpi", default=300, show_default=True, type=click.IntRange(50, 1200), help="Of PNG and TIFF."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def figure_command(kind: str) -> click.Command:
    """Return the command that draws one kind of figure."""

    @click.command(kind, help=f"Draw the {kind} plot of OUTCOME (mortality, oxygenation or discharge_time).")
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
        return draw(kind, settings, outcome, studies, protocol_path, output, formats, dpi)

    return command


def draw(
    kind: str,
    settings: Settings,
    outcome: str,
    studies: Path,
    protocol_path: Path | None,
    output: Path | None,
    formats: str | None,
    dpi: int,
) -> int:
    """Pool one outcome, draw it, and say where the files are."""
    from msc_meta.figures.files import BOXED, missing_in
    from msc_meta.figures.outcome import drawing_of, write_drawing
    from msc_meta.synthesis import synthesize

    protocol = settings.protocol(protocol_path, studies)
    name = checked_outcome(protocol, outcome)
    answer = synthesize(settings.load(studies, protocol), protocol, outcomes=[name], sensitivity=False)[name]
    drawing = drawing_of(answer, kind)
    paths = _paths(f"{kind}_{name}", output, formats)
    for path in paths:
        write_drawing(drawing, path, dpi)
        click.echo(path)
    if any(path.suffix.lstrip(".").lower() in BOXED for path in paths) and (missing := missing_in([drawing])):
        settings.say(f"warning: {missing}")
    return 0 if answer.result.k else NothingPooledError.exit_code


def _paths(stem: str, output: Path | None, formats: str | None) -> list[Path]:
    if output is not None and output.suffix and not output.is_dir():
        if formats is not None and formats != output.suffix.lstrip("."):
            raise click.UsageError(f"{output} is a file of its own format; --format {formats} is for a folder")
        return [output]
    folder = output or Path()
    return [folder / f"{stem}.{form}" for form in chosen_formats(formats or "svg")]
