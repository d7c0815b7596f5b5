"""msc-meta plot: any figure by its name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from msc_meta.cli.figure_options import write_figure
from msc_meta.cli.settings import Settings, checked_outcome, pass_settings, protocol_option
from msc_meta.errors import NothingPooledError
from msc_meta.figures import FORMATS


def _list_plots(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    if not wanted or ctx.resilient_parsing:
        return
    from msc_meta.figures.plots import PLOTS

    for name, plot in PLOTS.items():
        options = "".join(f" [--{choice.replace('_', '-')}]" for choice in plot.choices or ())
        click.echo(f"{name:13} {plot.says}{options}")
    ctx.exit()


@click.command("plot")
@click.argument("kind")
@click.argument("outcome", required=False)
@click.argument(
    "studies", type=click.Path(path_type=Path), default=Path("studies"), required=False, metavar="[STUDIES]"
)
@protocol_option
@click.option(
    "--list",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_list_plots,
    help="List the plots and what each says.",
)
@click.option("--contours", is_flag=True, help="Funnel: shade where a study alone would have p above 0.1, 0.05, 0.01.")
@click.option("--limits", type=float, multiple=True, metavar="LEVEL", help="Funnel: further limits, as 0.99.")
@click.option("--trim-and-fill", is_flag=True, help="Funnel: add the studies that trim and fill adds.")
@click.option("--y", type=click.Choice(("se", "1/se", "n")), help="Funnel: the upright axis.  [default: se]")
@click.option("--by", metavar="FIELD", help="Funnel: tell groups apart by symbol, as --by source.")
@click.option("--moderator", metavar="FIELD", help="Bubble: the continuous moderator, as --moderator cells_per_kg.")
@click.option("--style", help="Name of a style, or a file of one.")
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    help="File to write (its ending is the format), or folder.  [default: this folder]",
)
@click.option("--format", "formats", help=f"Of {', '.join(FORMATS)}, for a folder.  [default: svg]")
@click.option("--dpi", default=300, show_default=True, type=click.IntRange(50, 1200), help="Of PNG and TIFF.")
@pass_settings
def command(
    settings: Settings,
    /,
    kind: str,
    outcome: str | None,
    studies: Path,
    protocol_path: Path | None,
    output: Path | None,
    formats: str | None,
    dpi: int,
    **choices: Any,
) -> int:
    """Draw the plot KIND of OUTCOME; `msc-meta plot --list` says which there are.

    The evidence-map is of all outcomes: `msc-meta plot evidence-map [STUDIES]`.
    """
    from msc_meta.figures.evidence_map import draw_evidence_map
    from msc_meta.figures.plots import OF_ALL, known_plot, plot_drawing
    from msc_meta.synthesis import synthesize

    known_plot(kind)
    if kind == OF_ALL:
        folder = studies if outcome is None else Path(outcome)
        protocol = settings.protocol(protocol_path, folder)
        synthesis = synthesize(settings.load(folder, protocol), protocol, sensitivity=False)
        drawing = draw_evidence_map(synthesis, style=choices["style"])
        write_figure(settings, drawing, "evidence_map", output, formats, dpi)
        return 0
    if outcome is None:
        raise click.UsageError(f"{kind} is of one outcome: `msc-meta plot {kind} mortality`")
    protocol = settings.protocol(protocol_path, studies)
    name = checked_outcome(protocol, outcome)
    answer = synthesize(settings.load(studies, protocol), protocol, outcomes=[name], sensitivity=False)[name]
    given = {choice: value for choice, value in choices.items() if value not in (None, False, ())}
    write_figure(settings, plot_drawing(answer, kind, **given), f"{kind}_{name}", output, formats, dpi)
    return 0 if answer.result.k else NothingPooledError.exit_code
