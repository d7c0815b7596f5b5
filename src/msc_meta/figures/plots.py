"""The plots of an outcome by name: what each says, which choices it takes, and how it is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from msc_meta.errors import ArgumentError, UsageError
from msc_meta.figures.drawing import Drawing
from msc_meta.figures.outcome import drawing_of, write_drawing
from msc_meta.figures.outcome_tables import figure_info
from msc_meta.figures.risk_of_bias_trials import BARS, KINDS, LIGHTS, risk_of_bias_drawing
from msc_meta.figures.trust_plots import CHOICES, EXTENDED, OURS, trust_drawing
from msc_meta.study_fields import StudyFields

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from msc_meta.synthesis import OutcomeSynthesis

OF_ALL = "evidence-map"  # the one plot that is of all outcomes


@final
@dataclass(frozen=True, slots=True)
class PlotKind:
    """What a plot says in a line, its choices beside ``style`` (None: left to the plot), and where it is drawn."""

    says: str
    choices: tuple[str, ...] | None = ()
    draw: str = ""


PLOTS: Mapping[str, PlotKind] = {
    "forest": PlotKind("every study's effect, and the pooled one", None),
    "funnel": PlotKind(
        "effects against their standard errors: are small studies different?",
        ("contours", "limits", "trim_and_fill", "y", "by"),
    ),
    "baujat": PlotKind("which studies make the heterogeneity, and which move the pooled effect", (), "draw_baujat"),
    "radial": PlotKind("effects as slopes, precise studies far right: who fits?", (), "draw_radial"),
    "labbe": PlotKind("risk of the experimental arm against that of the control arm", ("scale",), "draw_labbe"),
    "bubble": PlotKind("effects over a continuous moderator, with the meta-regression", ("moderator",), "draw_bubble"),
    "drapery": PlotKind("p-value functions: all intervals at once", (), "draw_drapery"),
    "influence": PlotKind("eight diagnostics of what each study does to the pool", (), "draw_influence"),
    "timeline": PlotKind("the cumulative estimate over the years, with the participants", (), "draw_timeline"),
    "gosh": PlotKind("the pooled effect of every subset of the studies", CHOICES["gosh"]),
    "multiverse": PlotKind("the pooled effect under every combination of choices", CHOICES["multiverse"]),
    "bayes": PlotKind("each study as reported and as believed, and the priors", CHOICES["bayes"]),
    "sequential": PlotKind("cumulative z between its boundaries: is there enough?", CHOICES["sequential"]),
    "power": PlotKind("how often a new trial would settle the question, by its size", CHOICES["power"]),
    EXTENDED: PlotKind("where one more study would change the answer", ("minimal_important_difference",)),
    LIGHTS: PlotKind("risk of bias of the pooled studies as traffic lights, domain by domain", ("tool",)),
    BARS: PlotKind("risk of bias by the weight of the studies, those not assessed among them", ("tool", "by")),
    OF_ALL: PlotKind("every study by every outcome: what became of its report", ()),
}


def plot_drawing(outcome: OutcomeSynthesis, kind: str, **choices: Any) -> Drawing:
    """Return a plot of an outcome as a drawing.

    Parameters
    ----------
    kind : str
        A name in ``PLOTS``, but not that of all outcomes.
    **choices
        ``style``, and those of the kind. ``by`` and ``moderator`` name a field of the records, as
        ``arms.msc.source``, or a trait.

    Raises
    ------
    UsageError
        for an unknown kind, choice or field.
    """
    plot = known_plot(kind)
    if kind == OF_ALL:
        raise UsageError(f"{OF_ALL} is of all outcomes, not of one")
    choices = {name: value for name, value in choices.items() if value is not None and value is not False}
    if plot.choices is not None and (wrong := sorted(set(choices) - {"style", *plot.choices})):
        takes = f"it takes {', '.join(plot.choices)}" if plot.choices else "it takes none but style"
        raise UsageError(f"{kind} does not take {', '.join(wrong)}; {takes}")
    if kind in OURS:
        return trust_drawing(outcome, kind, **choices)
    if kind in KINDS:
        return risk_of_bias_drawing(outcome, kind, **choices)
    if not plot.draw:
        return drawing_of(outcome, kind, **_grouped(outcome, choices))
    draw = getattr(import_module(f"msc_meta.figures.{kind}_plot"), plot.draw)
    drawing: Drawing = draw(outcome.rows, outcome.result, figure_info(outcome), **_moderated(outcome, kind, choices))
    return drawing


def plot_figure(outcome: OutcomeSynthesis, kind: str, path: str | Path | None = None, **choices: Any) -> Figure:
    """Return a plot of an outcome as a matplotlib Figure; write it too where a path is given."""
    from msc_meta.figures.render_matplotlib import figure_of

    drawing = plot_drawing(outcome, kind, **choices)
    if path is not None:
        write_drawing(drawing, Path(path))
    return figure_of(drawing)


def known_plot(kind: str) -> PlotKind:
    """Return the kind of plot of that name."""
    if kind not in PLOTS:
        near = get_close_matches(kind, PLOTS, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(PLOTS)}."
        raise UsageError(f"There is no plot {kind!r}. {hint}")
    return PLOTS[kind]


def _grouped(outcome: OutcomeSynthesis, choices: dict[str, Any]) -> dict[str, Any]:
    """Return the choices of a funnel with the values of the field that ``by`` names."""
    if not isinstance(choices.get("by"), str):
        return choices
    values, title = _texts(outcome, choices["by"])
    return {**choices, "by": values, "by_title": title}


def _moderated(outcome: OutcomeSynthesis, kind: str, choices: dict[str, Any]) -> dict[str, Any]:
    """Return the choices of a bubble plot with the numbers of the field that ``moderator`` names."""
    if kind != "bubble":
        return choices
    if "moderator" not in choices:
        traits = sorted({name for stated in outcome.traits.values() for name, value in stated.items()
                         if isinstance(value, float)})  # fmt: skip
        raise UsageError(f"a bubble plot needs a moderator, of these say: {', '.join(traits)}")
    name = choices["moderator"]
    if any(name in stated for stated in outcome.traits.values()):
        found = {study: value for study, stated in outcome.traits.items()
                 if isinstance(value := stated.get(name), int | float)}  # fmt: skip
        title = name.replace("_", " ")
    else:
        field = _fields(outcome)(name)
        found = {study: value.number for study, value in field.values.items() if value.number == value.number}
        title = field.title
    if not found:
        raise ArgumentError(f"{name} is no number in any record; a bubble plot needs a moderator in numbers")
    return {**choices, "values": found, "moderator": title[:1].upper() + title[1:]}


def _texts(outcome: OutcomeSynthesis, name: str) -> tuple[dict[str, str], str]:
    """Return a field of every study as text, and its title."""
    field = _fields(outcome)(name)
    return {study: value.text or f"{value.number:g}" for study, value in field.values.items()}, field.title


def _fields(outcome: OutcomeSynthesis) -> StudyFields:
    return StudyFields(outcome.studies, outcome.rows, outcome.name, outcome.eligibility)
