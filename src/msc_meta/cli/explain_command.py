"""msc-meta explain: what a field or a problem code means."""

from __future__ import annotations

import click


@click.command("explain")
@click.argument("term", metavar="CODE_OR_FIELD")
def command(term: str) -> None:
    """Say what a problem code (E301), or a field of a record or the protocol (outcomes.arms.events), means."""
    from msc_meta.protocol import Protocol
    from msc_meta.protocol_files import BUILT_IN
    from msc_meta.records.codes import explain_code, is_code
    from msc_meta.records.field_help import explain_field
    from msc_meta.records.study import Study

    if is_code(term):
        click.echo(explain_code(term))
        return
    protocol = BUILT_IN.read_text(encoding="utf-8")
    click.echo(explain_field(term, Study, Protocol, examples={Protocol: protocol}))
