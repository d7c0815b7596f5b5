"""msc-meta verify: whether published results still follow from their inputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from msc_meta.cli.settings import Settings, format_option, pass_settings, protocol_option, screening_option
from msc_meta.errors import UsageError

if TYPE_CHECKING:
    from msc_meta.evidence import Evidence
    from msc_meta.living.verification import Finding
    from msc_meta.protocol import Protocol


@click.command("verify")
@click.argument("out", type=click.Path(path_type=Path))
@click.option(
    "--studies",
    type=click.Path(path_type=Path),
    help="Records that the results were made from.  [default: studies, if it is there]",
)
@protocol_option
@screening_option
@click.option("--redraw", is_flag=True, help="Make every file again from the records, and compare byte for byte.")
@format_option("text", "json")
@pass_settings
def command(
    settings: Settings,
    out: Path,
    studies: Path | None,
    protocol_path: Path | None,
    screening_path: Path | None,
    form: str,
    *,
    redraw: bool,
) -> int:
    """Check what `msc-meta run` wrote into OUT: each file against its hash, the results against their inputs.

    With the records at hand everything is pooled again, and one changed digit is found. Ends with code 1 if anything
    differs; other versions of libraries are said, and do not count as long as the numbers are the same.
    """
    from msc_meta.living.published import manifest_in
    from msc_meta.living.verification import file_findings, manifest_findings, printed, verdict_of, version_findings
    from msc_meta.report.results_json import to_json

    source = studies or (Path("studies") if Path("studies").is_dir() else None)
    if redraw and source is None:
        raise click.UsageError("--redraw makes the files again from the records: name them with --studies")
    if not out.is_dir():
        raise click.UsageError(f"{out} is no folder that msc-meta run wrote")
    manifest = manifest_in(out)
    findings = [*manifest_findings(manifest), *file_findings(out, manifest), *version_findings(manifest)]
    if source is not None:
        protocol = settings.protocol(protocol_path, source)
        evidence = settings.load(source, protocol, screening_path)
        findings += _again(out, evidence, protocol, manifest, redraw=redraw)
    different = [finding for finding in findings if finding.verdict == "different"]
    if form == "json":
        rows = [{"verdict": one.verdict, "subject": one.subject, "says": one.says} for one in findings]
        click.echo(to_json({"same": not different, "findings": rows}), nl=False)
        return 1 if different else 0
    click.echo(printed(findings), nl=False)
    click.echo(verdict_of(findings))
    if source is None:
        settings.say("the results were not computed again: name the records with --studies")
    return 1 if different else 0


def _again(
    out: Path, evidence: Evidence, protocol: Protocol, manifest: Mapping[str, Any], *, redraw: bool
) -> Iterator[Finding]:
    from msc_meta.living.published import RESULTS, results_in
    from msc_meta.living.run_changes import results_of
    from msc_meta.living.verification import Finding, input_findings, number_findings
    from msc_meta.synthesis import synthesize

    yield from input_findings(manifest, evidence, protocol)
    synthesis = synthesize(evidence, protocol)
    try:
        published = results_in(out)
    except UsageError as error:
        yield Finding("different", RESULTS, f"can not be compared: {error}")
    else:
        if published is None:
            yield Finding("different", RESULTS, "is not there, so no number can be compared")
        else:
            yield from number_findings(published, results_of(synthesis, evidence))
    if redraw:
        from msc_meta.living.redrawing import redrawn_findings

        yield from redrawn_findings(out, manifest, synthesis, evidence)
