"""msc-meta plot: any figure by its name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from msc_meta.cli.figure_options import figure_options, write_figure
from msc_meta.cli.funnel_command import draw_plot, funnel_options
from msc_meta.cli.settings import Settings, pass_settings


def _list_plots(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    if not wanted or ctx.resilient_parsing:
        return
    from msc_meta.figures.plots import PLOTS
    from msc_meta.figures.trust_plots import COMMANDS

    for name, plot in PLOTS.items():
        click.echo(f"{name:<19}{plot.says}")
        if name in COMMANDS:
            click.echo(f"{'':<19}msc-meta {COMMANDS[name]} has its options")
        elif plot.choices:
            click.echo(f"{'':<19}{', '.join('--' + choice.replace('_', '-') for choice in plot.choices)}")
    ctx.exit()


@click.command("plot")
@click.argument("kind")
@figure_options
@funnel_options
@click.option("--moderator", metavar="FIELD", help="Bubble: the continuous moderator, as --moderator cells_per_kg.")
@click.option("--tool", metavar="NAME", help='Risk of bias: the tool, as --tool "RoB 2".')
@click.option("--scale", type=click.Choice(("linear", "root")), help="L'Abbé: square roots give rare risks more room.")
@click.option(
    "--list",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_list_plots,
    help="List the plots, what each says, and which options it takes.",
)
@pass_settings
def command(settings: Settings, /, kind: str, outcome: str, **options: Any) -> int:
    """Draw the plot KIND of OUTCOME; `msc-meta plot --list` says which there are.

    The evidence-map is of all outcomes: `msc-meta plot evidence-map all`.
    """
    from msc_meta.figures.plots import OF_ALL, known_plot

    known_plot(kind)
    if kind == OF_ALL:
        return _map(settings, outcome, **options)
    return draw_plot(settings, kind, outcome, **options)


def _map(
    settings: Settings,
    outcome: str,
    *,
    studies: Path,
    protocol_path: Path | None,
    output: Path | None,
    formats: str | None,
    dpi: int,
    with_text: bool,
    style: str | None,
    **others: Any,
) -> int:
    """Draw the evidence map of all outcomes."""
    from msc_meta.figures.evidence_map import draw_evidence_map
    from msc_meta.synthesis import synthesize

    if outcome != "all":
        raise click.UsageError("the evidence-map is of all outcomes: `msc-meta plot evidence-map all`")
    if wrong := [f"--{name.replace('_', '-')}" for name, value in others.items() if value not in (None, False, ())]:
        raise click.UsageError(f"evidence-map does not take {', '.join(wrong)}")
    protocol = settings.protocol(protocol_path, studies)
    synthesis = synthesize(settings.load(studies, protocol), protocol, sensitivity=False)
    drawing = draw_evidence_map(synthesis, style=style)
    write_figure(settings, drawing, "evidence_map", output, formats, dpi, with_text=with_text)
    return 0
