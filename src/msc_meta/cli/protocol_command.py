"""msc-meta protocol: the built-in protocol, to copy and edit."""

from __future__ import annotations

import click


@click.command("protocol")
def command() -> None:
    """Print the built-in protocol: eligibility, outcomes, windows, measures, models, sensitivity analyses.

    Keep it with `msc-meta protocol > protocol.yaml`, change it, and use it with `--protocol protocol.yaml`.
    """
    from msc_meta.protocol_files import BUILT_IN

    click.echo(BUILT_IN.read_text(encoding="utf-8"), nl=False)
