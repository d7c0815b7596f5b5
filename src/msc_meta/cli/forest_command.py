"""msc-meta forest: the forest plot of one outcome, or of several side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from msc_meta.cli.figure_options import checked_outcomes, figure_options, width_option, write_figure
from msc_meta.cli.settings import Settings, pass_settings
from msc_meta.errors import NothingPooledError


def _list_columns(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    if not wanted or ctx.resilient_parsing:
        return
    from msc_meta.figures.field_columns import OWN
    from msc_meta.study_fields import field_names

    for name, meaning in OWN.items():
        click.echo(f"{name:<24}{meaning}")
    click.echo("\nFields of the record; a short name means the one nearest to the top (`msc-meta explain FIELD`):")
    click.echo("\n".join(field_names()))
    ctx.exit()


def _bounds(_ctx: click.Context, _param: click.Parameter, text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    try:
        low, high = map(float, text.split(","))
    except ValueError:
        raise click.BadParameter(f"{text!r} is not two numbers with a comma between them, such as 0.8,1.25") from None
    return low, high


@click.command("forest")
@figure_options
@click.option(
    "--columns", metavar="LIST", help="Fields to add, as year,dose,rob; a list that begins with study is all."
)
@click.option(
    "--list-columns", is_flag=True, is_eager=True, expose_value=False, callback=_list_columns, help="Say what there is."
)
@click.option("--sort", metavar="FIELD", help="effect, weight, year, label, rob or a field; -effect: largest first.")
@click.option("--reverse", is_flag=True, help="Turn the order round.")
@click.option("--subgroup", metavar="FIELD", help="Group the studies by a field, with subtotals and a test.")
@click.option("--cumulative", is_flag=True, help="Each row with one study more: by year, or in the order of --sort.")
@click.option("--leave-one-out", is_flag=True, help="Each row without one study.")
@click.option("--prediction", type=click.Choice(("line", "bar", "none")), help="How the prediction interval is drawn.")
@click.option(
    "--mid", "minimal_important", callback=_bounds, metavar="LOW,HIGH",
    help="Shade what is too small to matter, on the printed scale.",
)  # fmt: skip
@click.option("--title", help="In place of the outcome's.")
@width_option
@click.option(
    "--left-out/--no-left-out", default=True, help="Rows of studies that are not pooled, or only their number."
)
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
    with_text: bool,
    **choices: Any,
) -> int:
    """Draw the forest plot of OUTCOME (mortality, oxygenation, discharge_time or your own).

    Several with commas between them stand side by side, a row per study: mortality,discharge_time.
    """
    from msc_meta.figures.outcome import shared_drawing
    from msc_meta.synthesis import synthesize

    protocol = settings.protocol(protocol_path, studies)
    names = checked_outcomes(protocol, outcome)
    synthesis = synthesize(settings.load(studies, protocol), protocol, outcomes=names, sensitivity=False)
    drawing = shared_drawing([synthesis[name] for name in names], **choices)
    write_figure(settings, drawing, f"forest_{'-'.join(names)}", output, formats, dpi, with_text=with_text)
    return 0 if any(answer.result.k for answer in synthesis.values()) else NothingPooledError.exit_code
