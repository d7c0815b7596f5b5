"""msc-meta flow: the PRISMA 2020 flow diagram, or its numbers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from msc_meta.cli.figure_options import dpi_option, style_option, width_option, with_text_option, write_figure
from msc_meta.cli.settings import Settings, pass_settings, protocol_option, screening_option, studies_argument
from msc_meta.figures import FORMATS

if TYPE_CHECKING:
    from msc_meta.flow.counts import Flow

PRINTED = ("text", "json", "csv")


def _template(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    if not wanted or ctx.resilient_parsing:
        return
    from msc_meta.screening.screening_file import TEMPLATE

    click.echo(TEMPLATE.read_text(encoding="utf-8"), nl=False)
    ctx.exit()


@click.command("flow")
@studies_argument
@protocol_option
@screening_option
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    help="Figure to write (its ending is the format; .txt and .csv too), or folder.  [default: print the numbers]",
)
@click.option(
    "--format",
    "form",
    metavar="FORMAT",
    help=f"Without -o {', '.join(PRINTED)}; for a folder of {', '.join(FORMATS)}.  [default: text, svg]",
)
@dpi_option
@with_text_option
@style_option
@width_option
@click.option(
    "--template",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_template,
    help="Print a commented screening file to fill in.",
)
@pass_settings
def command(
    settings: Settings,
    /,
    studies: Path,
    *,
    protocol_path: Path | None,
    screening_path: Path | None,
    output: Path | None,
    form: str | None,
    dpi: int,
    style: str | None,
    width: str | None,
    with_text: bool,
) -> int:
    """Draw the PRISMA 2020 flow diagram of the review in STUDIES, or print its numbers.

    Search and screening come from screening.yaml in the folder of the records, or in the one above; included studies
    and their reports are counted from the records. What is not stated is shown as not stated.
    """
    from msc_meta.synthesis import synthesize

    if output is None and form is not None and form not in PRINTED:
        raise click.UsageError(f"--format {form} is of a figure, which needs -o; without it: {', '.join(PRINTED)}")
    protocol = settings.protocol(protocol_path, studies)
    evidence = settings.load(studies, protocol, screening_path)
    flow = synthesize(evidence, protocol, sensitivity=False).flow
    settings.warn_of_flow(flow)
    if output is None:
        click.echo(_printed(flow, form or "text"), nl=False)
        return 0
    from msc_meta.figures.flow_diagram import draw_flow

    write_figure(settings, draw_flow(flow, style=style, width=width), "flow", output, form, dpi, with_text=with_text)
    return 0


def _printed(flow: Flow, form: str) -> str:
    if form == "json":
        from msc_meta.report.results_json import to_json

        return to_json(flow.to_dict())
    if form == "csv":
        from msc_meta.figures.cells import rows_csv

        return rows_csv(flow.rows())
    from msc_meta.report.flow_text import flow_text

    return flow_text(flow)
