"""What a run leaves behind: figures, tables, results.json, report.html and manifest.json, written all or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msc_meta.figures import USUAL_FORMATS

if TYPE_CHECKING:
    from msc_meta.evidence import Evidence
    from msc_meta.synthesis import Synthesis

REPORT: Final = "report.html"


def write_outputs(
    folder: Path,
    synthesis: Synthesis,
    evidence: Evidence,
    *,
    formats: Sequence[str] = USUAL_FORMATS,
    report: bool = True,
) -> str:
    """Write figures, tables, results.json, report.html and manifest.json into ``folder``, all or nothing.

    Parameters
    ----------
    folder : Path
        Where to; what an earlier run made there is replaced.
    synthesis, evidence
        The answer, and what it was made from.
    formats : sequence of str
        Formats of the figures.
    report : bool
        Whether report.html is written.

    Returns
    -------
    str
        A sentence on characters that the figures could not show, see `missing_in`; empty without any.

    Raises
    ------
    OutputError
        if the folder can not be written; what it held is unchanged then.
    """
    from msc_meta import __version__
    from msc_meta.figures.files import BOXED, missing_in, write_figures
    from msc_meta.figures.outcome import figure_jobs
    from msc_meta.output import MANIFEST, replacing
    from msc_meta.report.beside import beside
    from msc_meta.report.manifest import manifest
    from msc_meta.report.results_json import results, to_json
    from msc_meta.report.tables import analyses_csv, table_csv

    with replacing(folder) as draft:
        jobs = figure_jobs(synthesis, draft)
        problems = evidence.problems
        if synthesis.screening is not None:
            from msc_meta.figures.flow_diagram import draw_flow

            jobs.append((draft / "flow", draw_flow(synthesis.flow)))
            problems += synthesis.flow.problems
        with beside(lambda: write_figures(jobs, formats)):
            for name, outcome in synthesis.items():
                (draft / f"table_{name}.csv").write_text(table_csv(outcome.rows), encoding="utf-8")
                (draft / f"analyses_{name}.csv").write_text(analyses_csv(outcome), encoding="utf-8")
            (draft / "results.json").write_text(to_json(results(synthesis, evidence, __version__)), encoding="utf-8")
            if report:
                from msc_meta.report.page import report_html

                drawn = {path.name: drawing for path, drawing in jobs}
                page = report_html(synthesis, problems=problems, drawn=drawn)
                (draft / REPORT).write_text(page, encoding="utf-8", newline="\n")
        listing = manifest(draft, evidence, synthesis.protocol)
        (draft / MANIFEST).write_text(to_json(listing), encoding="utf-8")
    return missing_in(drawing for _, drawing in jobs) if set(formats) & BOXED else ""
