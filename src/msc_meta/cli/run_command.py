"""msc-meta run: the whole job."""

from __future__ import annotations

from pathlib import Path

import click

from msc_meta.cli.settings import Settings, pass_settings, protocol_option, screening_option, studies_argument
from msc_meta.errors import NothingPooledError
from msc_meta.figures import FORMATS, USUAL_FORMATS


@click.command("run")
@studies_argument
@click.option(
    "--output", "-o", type=click.Path(path_type=Path), default=Path("out"), show_default=True, help="Folder to write."
)
@protocol_option
@screening_option
@click.option(
    "--format",
    "formats",
    default=",".join(USUAL_FORMATS),
    show_default=True,
    help=f"Figure formats of {', '.join(FORMATS)}.",
)
@click.option("--report/--no-report", default=True, help="Whether to write report.html.", show_default=True)
@pass_settings
def command(
    settings: Settings,
    studies: Path,
    output: Path,
    protocol_path: Path | None,
    screening_path: Path | None,
    formats: str,
    *,
    report: bool,
) -> int:
    """Check the records in STUDIES, pool every outcome, and write figures, tables, results.json and report.html.

    If any record has an error nothing is written and the old output stays as it was.
    """
    from msc_meta.report.outputs import write_outputs
    from msc_meta.synthesis import synthesize

    chosen = chosen_formats(formats)
    if output.resolve() == studies.resolve():
        raise click.UsageError(f"{output} holds the records; choose another folder for the output")
    protocol = settings.protocol(protocol_path, studies)
    evidence = settings.load(studies, protocol, screening_path)
    synthesis = synthesize(evidence, protocol)
    if synthesis.screening is not None:
        settings.warn_of_flow(synthesis.flow)
    missing = write_outputs(output, synthesis, evidence, formats=chosen, report=report)
    for outcome in synthesis.values():
        click.echo(outcome.headline)
    if missing:
        settings.say(f"warning: {missing}")
    settings.say(f"wrote {output}")
    return 0 if any(outcome.result.k for outcome in synthesis.values()) else NothingPooledError.exit_code


def chosen_formats(text: str) -> tuple[str, ...]:
    """Return the formats of a comma-separated list."""
    chosen = tuple(dict.fromkeys(part.strip().lower() for part in text.split(",") if part.strip()))
    unknown = [name for name in chosen if name not in FORMATS]
    if unknown or not chosen:
        raise click.UsageError(
            f"Unknown figure format: {', '.join(unknown) or text!r}. There are: {', '.join(FORMATS)}."
        )
    return chosen
