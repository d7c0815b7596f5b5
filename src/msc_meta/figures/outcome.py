"""The figures of one outcome, or of several: what a synthesis knows, handed to the forest and the funnel plot."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msc_meta.figures.drawing import Drawing
from msc_meta.figures.forest import table_drawing
from msc_meta.figures.forest_choices import forest_choices
from msc_meta.figures.funnel import draw_funnel
from msc_meta.figures.outcome_tables import figure_info, forest_table_of, shared_table
from msc_meta.figures.style import load_style
from msc_meta.figures.subgroup_rows import NOT_STATED, field_text
from msc_meta.study_fields import StudyFields

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from msc_meta.synthesis import OutcomeSynthesis, Synthesis

__all__ = [
    "KINDS",
    "drawing_of",
    "figure_info",
    "figure_jobs",
    "figure_of",
    "shared_drawing",
    "shared_figure",
    "write_drawing",
]

KINDS = ("forest", "funnel")


def drawing_of(outcome: OutcomeSynthesis, kind: str, **choices: Any) -> Drawing:
    """Return the ``forest`` or ``funnel`` plot of an outcome; choices are those of `ForestChoices` or `draw_funnel`."""
    if kind == "funnel":
        return draw_funnel(outcome.rows, outcome.result, figure_info(outcome), **_grouped(outcome, choices))
    chosen = forest_choices(**choices)
    look = chosen.look()
    return table_drawing(forest_table_of(outcome, chosen, look), look, narrow=chosen.width is not None)


def _grouped(outcome: OutcomeSynthesis, choices: dict[str, Any]) -> dict[str, Any]:
    """Return the choices of a funnel plot, the name of a field turned into the group of each study."""
    by = choices.get("by")
    if not isinstance(by, str):
        return choices
    field = StudyFields(outcome.studies, outcome.rows, outcome.name, outcome.eligibility)(by)
    style = load_style(choices.get("style"))
    pooled_ids = [row.study for row in outcome.rows if row.included]
    groups = {study: field_text(field, study, style) or NOT_STATED for study in pooled_ids}
    return {**choices, "by": groups, "by_title": field.title}


def shared_drawing(outcomes: Sequence[OutcomeSynthesis], **choices: Any) -> Drawing:
    """Return the forest plot of several outcomes side by side.

    Raises
    ------
    UsageError
        For a choice that is of a single outcome's studies.
    """
    chosen = forest_choices(**choices)
    if len(outcomes) == 1:
        return drawing_of(outcomes[0], "forest", **choices)
    look = chosen.look()
    return table_drawing(shared_table(outcomes, chosen, look), look, narrow=chosen.width is not None)


def figure_of(outcome: OutcomeSynthesis, kind: str, path: str | Path | None = None, **choices: Any) -> Figure:
    """Return the plot as a matplotlib Figure; write it too where a path is given, in the format of its ending."""
    return _figure(drawing_of(outcome, kind, **choices), path)


def shared_figure(outcomes: Sequence[OutcomeSynthesis], path: str | Path | None = None, **choices: Any) -> Figure:
    """Return the plot of several outcomes as a matplotlib Figure; write it too where a path is given."""
    return _figure(shared_drawing(outcomes, **choices), path)


def _figure(drawing: Drawing, path: str | Path | None) -> Figure:
    from msc_meta.figures.render_matplotlib import figure_of

    if path is not None:
        write_drawing(drawing, Path(path))
    return figure_of(drawing)


def write_drawing(drawing: Drawing, path: Path, dpi: int | None = None, *, force: bool = True) -> None:
    """Write one drawing in the format that the file's ending names: a figure's, or ``.txt`` or ``.csv``.

    Raises
    ------
    UsageError
        for an ending that is no figure format.
    OutputError
        if the file can not be written.
    """
    from msc_meta.errors import UsageError
    from msc_meta.figures.files import WRITTEN, file_bytes
    from msc_meta.output import write_file

    kind = path.suffix.lstrip(".").lower()
    if kind not in WRITTEN:
        raise UsageError(f"{path.name} does not end in a figure format: .{', .'.join(WRITTEN)}")
    write_file(path, file_bytes(drawing, kind, **({} if dpi is None else {"dpi": dpi})), force=force)


def figure_jobs(synthesis: Synthesis, folder: Path) -> list[tuple[Path, Drawing]]:
    """Return ``forest_OUTCOME`` and ``funnel_OUTCOME`` of every outcome, as `write_figures` takes them."""
    return [
        (folder / f"{kind}_{name}", drawing_of(outcome, kind)) for name, outcome in synthesis.items() for kind in KINDS
    ]
