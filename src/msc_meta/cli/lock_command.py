"""msc-meta lock: the state of records, protocol and libraries in one small file."""

from __future__ import annotations

from pathlib import Path

import click

from msc_meta.cli.settings import Settings, pass_settings, protocol_option, screening_option, studies_argument


@click.command("lock")
@studies_argument
@protocol_option
@screening_option
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    default=Path("evidence.lock"),
    show_default=True,
    help="File to write.",
)
@click.option(
    "--check", "checking", is_flag=True, help="Write nothing; compare with the file, and end with 1 if it differs."
)
@pass_settings
def command(
    settings: Settings,
    studies: Path,
    protocol_path: Path | None,
    screening_path: Path | None,
    output: Path,
    *,
    checking: bool,
) -> int:
    """Write the hashes of the records in STUDIES, of the protocol, and the versions that results depend on.

    Put the file beside a publication, or into version control: `msc-meta lock --check` finds one changed digit later.
    """
    from msc_meta.living.published import manifest_in
    from msc_meta.living.verification import input_findings, manifest_findings, printed, version_findings
    from msc_meta.output import write_file
    from msc_meta.report.manifest import lock
    from msc_meta.report.results_json import to_json

    known = manifest_in(output) if checking or output.exists() else {}  # of another file nothing is overwritten
    protocol = settings.protocol(protocol_path, studies)
    evidence = settings.load(studies, protocol, screening_path)
    if not checking:
        write_file(output, to_json(lock(evidence, protocol)), force=True)
        settings.say(f"wrote {output}")
        return 0
    findings = [*manifest_findings(known), *input_findings(known, evidence, protocol), *version_findings(known)]
    click.echo(printed(findings), nl=False)
    different = any(one.verdict == "different" for one in findings)
    click.echo(
        "something changed" if different else f"{len(evidence)} records and the protocol are as they were locked"
    )
    return 1 if different else 0
