"""msc-meta schema: the record format as JSON Schema."""

from __future__ import annotations

from pathlib import Path

import click

from msc_meta.cli.settings import protocol_option


@click.command("schema")
@protocol_option
@click.option("--screening", is_flag=True, help="Print the schema of a screening file instead.")
def command(protocol_path: Path | None, *, screening: bool) -> None:
    """Print the JSON Schema of a record; editors use it to complete keys and to show help.

    With --protocol the outcomes that your protocol defines are among those that the editor offers.
    """
    if screening:
        from msc_meta.screening.json_schema import screening_schema_text

        click.echo(screening_schema_text(), nl=False)
        return
    from msc_meta.protocol_files import load_protocol
    from msc_meta.records.json_schema import schema_text

    own = load_protocol(protocol_path).own_outcomes if protocol_path is not None else ()
    click.echo(schema_text(own), nl=False)
