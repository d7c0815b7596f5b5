"""The main job: records and protocol in, a folder of figures, tables and results out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from msc_meta.evidence import Evidence
    from msc_meta.synthesis import Synthesis


def write_outputs(
    folder: Path, synthesis: Synthesis, evidence: Evidence, *, formats: Sequence[str] = ("svg", "pdf", "png")
) -> None:
    """Write figures, tables, results.json and manifest.json of a synthesis into ``folder``, all or nothing.

    Raises
    ------
    OutputError
        if the folder can not be written; what it held is unchanged then.
    """
    from msc_meta import __version__
    from msc_meta.figures.outcome import write_figures_of
    from msc_meta.output import MANIFEST, replacing
    from msc_meta.report.manifest import manifest
    from msc_meta.report.results_json import results, to_json
    from msc_meta.report.tables import table_csv

    with replacing(folder) as draft:
        write_figures_of(synthesis, draft, formats)
        for name, outcome in synthesis.items():
            (draft / f"table_{name}.csv").write_text(table_csv(outcome.rows), encoding="utf-8")
        (draft / "results.json").write_text(to_json(results(synthesis, evidence, __version__)), encoding="utf-8")
        listing = manifest(draft, evidence, synthesis.protocol, __version__)
        (draft / MANIFEST).write_text(to_json(listing), encoding="utf-8")


def run(
    studies: Path,
    folder: Path,
    *,
    protocol_path: Path | None = None,
    formats: Sequence[str] = ("svg", "pdf", "png"),
    without: Collection[str] = (),
    tell: Callable[[str], None] = lambda _text: None,
) -> Synthesis:
    """Check and pool the records in ``studies`` and write everything into ``folder``.

    Raises
    ------
    DataError
        with every problem of every record, if there is an error; then nothing is written.
    """
    from msc_meta.loading import check_studies
    from msc_meta.protocol import load_protocol
    from msc_meta.synthesis import synthesize

    protocol = load_protocol(protocol_path)
    checked = check_studies(studies, without=without)
    for sentence in checked.warnings:
        tell(f"warning: {sentence}")
    evidence = checked.evidence()
    if evidence.problems:
        tell(f"{len(evidence.problems)} warnings about the records; `msc-meta check` lists them")
    synthesis = synthesize(evidence, protocol)
    write_outputs(folder, synthesis, evidence, formats=formats)
    return synthesis
