"""The figures of one outcome: what a synthesis knows, handed to the forest and the funnel plot."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msc_meta.figures.drawing import Drawing
from msc_meta.figures.forest import draw_forest, forest
from msc_meta.figures.forest_table import FigureInfo
from msc_meta.figures.funnel import draw_funnel, funnel

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from msc_meta.synthesis import OutcomeSynthesis, Synthesis

KINDS = ("forest", "funnel")


def figure_info(outcome: OutcomeSynthesis) -> FigureInfo:
    """Return what a figure of the outcome is about, in the reader's words."""
    rules = outcome.rules
    return FigureInfo(
        name=outcome.name,
        title=rules.title,
        unit=rules.unit if rules.measure == "MD" else "",
        better=rules.better,
        experimental="MSC",
        control="Control",
        notes=(outcome.finding,),
    )


def drawing_of(outcome: OutcomeSynthesis, kind: str) -> Drawing:
    """Return the ``forest`` or ``funnel`` plot of an outcome as a drawing."""
    draw = {"forest": draw_forest, "funnel": draw_funnel}[kind]
    return draw(outcome.rows, outcome.result, figure_info(outcome))


def figure_of(outcome: OutcomeSynthesis, kind: str, path: str | Path | None = None) -> Figure:
    """Return the plot as a matplotlib Figure, and write it too where a path is given (.svg, .pdf or .png)."""
    if path is not None:
        write_drawing(drawing_of(outcome, kind), Path(path))
    info = figure_info(outcome)
    if kind == "forest":
        return forest(outcome.rows, outcome.result, info=info)
    return funnel(outcome.rows, outcome.result, info=info)


def write_drawing(drawing: Drawing, path: Path, dpi: int | None = None, *, force: bool = True) -> None:
    """Write one drawing in the format that the file's ending names.

    Raises
    ------
    UsageError
        for an ending that is no figure format.
    OutputError
        if the file can not be written.
    """
    from msc_meta.errors import UsageError
    from msc_meta.figures import FORMATS
    from msc_meta.figures.files import file_bytes
    from msc_meta.output import write_file

    kind = path.suffix.lstrip(".").lower()
    if kind not in FORMATS:
        raise UsageError(f"{path.name} does not end in a figure format: .{', .'.join(FORMATS)}")
    write_file(path, file_bytes(drawing, kind, **({} if dpi is None else {"dpi": dpi})), force=force)


def figure_jobs(synthesis: Synthesis, folder: Path) -> list[tuple[Path, Drawing]]:
    """Return ``forest_OUTCOME`` and ``funnel_OUTCOME`` of every outcome, as `write_figures` takes them."""
    return [
        (folder / f"{kind}_{name}", drawing_of(outcome, kind)) for name, outcome in synthesis.items() for kind in KINDS
    ]
