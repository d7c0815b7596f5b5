"""msc-meta verify: whether published results still follow from their inputs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from msc_meta.cli.settings import Settings, format_option, pass_settings, protocol_option

if TYPE_CHECKING:
    from msc_meta.living.verification import Finding


@click.command("verify")
@click.argument("out", type=click.Path(path_type=Path))
@click.option(
    "--studies",
    type=click.Path(path_type=Path),
    help="Records that the results were made from.  [default: studies, if it is there]",
)
@protocol_option
@format_option("text", "json")
@pass_settings
def command(settings: Settings, out: Path, studies: Path | None, protocol_path: Path | None, form: str) -> int:
    """Check what `msc-meta run` wrote into OUT: each file against its hash, the results against their inputs.

    With the records at hand everything is pooled again, and one changed digit is found. Ends with code 1 if anything
    differs; other versions of libraries are said, and do not count as long as the numbers are the same.
    """
    from msc_meta.living.verification import file_findings, manifest_in, printed, version_findings
    from msc_meta.report.results_json import to_json

    manifest = manifest_in(out)
    findings = [*file_findings(out, manifest), *version_findings(manifest)]
    source = studies or (Path("studies") if Path("studies").is_dir() else None)
    if source is not None:
        findings += _again(settings, out, source, protocol_path, manifest)
    different = [finding for finding in findings if finding.verdict == "different"]
    if form == "json":
        rows = [{"verdict": one.verdict, "subject": one.subject, "says": one.says} for one in findings]
        click.echo(to_json({"same": not different, "findings": rows}), nl=False)
        return 1 if different else 0
    click.echo(printed(findings), nl=False)
    same = len(findings) - len(different)
    click.echo(
        f"{same} things hold, {len(different)} differ" if different else f"{same} things were looked at: all hold"
    )
    if source is None:
        settings.say("the results were not computed again: name the records with --studies")
    return 1 if different else 0


def _again(
    settings: Settings, out: Path, studies: Path, protocol_path: Path | None, manifest: Mapping[str, Any]
) -> list[Finding]:
    from msc_meta.living.run_changes import results_in, results_of
    from msc_meta.living.verification import input_findings, number_findings

    protocol = settings.protocol(protocol_path, studies)
    evidence = settings.load(studies, protocol)
    findings = [*input_findings(manifest, evidence, protocol)]
    if (published := results_in(out)) is not None:
        findings += number_findings(published, results_of(evidence, protocol))
    return findings
