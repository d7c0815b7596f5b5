"""msc-meta schema: the record format as JSON Schema."""

from __future__ import annotations

import click


@click.command("schema")
def command() -> None:
    """Print the JSON Schema of a record; editors use it to complete keys and to show help."""
    from msc_meta.records.json_schema import schema_text

    click.echo(schema_text(), nl=False)
