"""What the commands that draw a figure share: where it is written, and in which style."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from msc_meta.cli.run_command import chosen_formats
from msc_meta.cli.settings import F, Settings, checked_outcome, outcome_argument, protocol_option, studies_argument
from msc_meta.figures import FORMATS

if TYPE_CHECKING:
    from msc_meta.figures.drawing import Drawing
    from msc_meta.protocol import Protocol


dpi_option = click.option(
    "--dpi", default=300, show_default=True, type=click.IntRange(50, 1200), help="Of PNG and TIFF."
)
with_text_option = click.option(
    "--with-text", is_flag=True, help="Beside it, caption and alternative text (.txt) and the numbers (.csv)."
)
style_option = click.option("--style", metavar="NAME", help="Name of a style, or a style file.  [default: cochrane]")
width_option = click.option("--width", metavar="MM", help="Millimetres, or column, full or page of the style.")


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
            help="File to write (its ending is the format; .txt and .csv too), or folder.  [default: this folder]",
        ),
        click.option("--format", "formats", help=f"Of {', '.join(FORMATS)}, for a folder.  [default: svg]"),
        dpi_option,
        with_text_option,
        style_option,
    )
    for option in reversed(options):
        command = option(command)
    return command


def checked_outcomes(protocol: Protocol, names: str) -> list[str]:
    """Return the outcomes of a list with commas between them, or say which one was meant."""
    return list(dict.fromkeys(checked_outcome(protocol, name.strip()) for name in names.split(",") if name.strip()))


def write_figure(
    settings: Settings,
    drawing: Drawing,
    stem: str,
    output: Path | None,
    formats: str | None,
    dpi: int,
    *,
    with_text: bool,
) -> None:
    """Write a figure where the options say, and say where the files are."""
    from msc_meta.figures.files import companions
    from msc_meta.figures.outcome import write_drawing

    paths = _paths(stem, output, formats)
    if with_text:
        beside = [paths[0].with_suffix(f".{kind}") for kind in companions(drawing)]
        paths = list(dict.fromkeys((*paths, *beside)))
    for path in paths:
        write_drawing(drawing, path, dpi)
        click.echo(path)
    warn_of_missing(settings, drawing, paths)


def warn_of_missing(settings: Settings, drawing: Drawing, paths: Iterable[Path]) -> None:
    """Say which characters the files of a figure could not show."""
    from msc_meta.figures.files import BOXED, missing_in

    if any(path.suffix.lstrip(".").lower() in BOXED for path in paths) and (missing := missing_in([drawing])):
        settings.say(f"warning: {missing}")


def _paths(stem: str, output: Path | None, formats: str | None) -> list[Path]:
    if output is not None and output.suffix and not output.is_dir():
        if formats is not None and formats != output.suffix.lstrip("."):
            raise click.UsageError(f"{output} is a file of its own format; --format {formats} is for a folder")
        return [output]
    folder = output or Path()
    return [folder / f"{stem}.{form}" for form in chosen_formats(formats or "svg")]
