"""The plots of how far an answer can be trusted, by name: the analysis that each is of, and where it is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from msc_meta.figures.outcome_tables import figure_info

if TYPE_CHECKING:
    from msc_meta.figures.drawing import Drawing
    from msc_meta.synthesis import OutcomeSynthesis
    from msc_meta.trust.answer import Answer

# plot -> module and function of its analysis; the plot itself lives in the module of its name
ANALYSES: Mapping[str, tuple[str, str]] = {
    "gosh": ("subsets", "subsets_of"),
    "multiverse": ("specifications", "specifications_of"),
    "bayes": ("beliefs", "beliefs_of"),
    "sequential": ("information", "information_of"),
    "power": ("trial_to_come", "next_trial_of"),
}
CHOICES: Mapping[str, tuple[str, ...]] = {
    "gosh": ("method", "subsets", "seed"),
    "multiverse": ("leave_one_out", "permutations", "seed"),
    "bayes": ("prior", "mu_prior", "minimal_important_difference", "sd"),
    "sequential": ("effect", "control_risk", "sd", "alpha", "power", "spending", "futility", "adjust", "ci_method"),
    "power": ("n", "sizes", "target", "effect", "control_risk", "sd", "control_mean", "minimal_important_difference",
              "allocation", "simulations", "seed"),
}  # fmt: skip
EXTENDED = "extended-funnel"  # needs the trials alone
COMMANDS = {**{kind: kind for kind in ANALYSES}, "power": "next-trial", EXTENDED: "next-trial"}
OURS = (*ANALYSES, EXTENDED)


def trust_drawing(outcome: OutcomeSynthesis, kind: str, *, style: Any = None, **choices: Any) -> Drawing:
    """Return one of these plots of an outcome, with its analysis made by the choices."""
    if kind == EXTENDED:
        return extended_funnel_of(outcome, style=style, **choices)
    module, function = ANALYSES[kind]
    answer = getattr(import_module(f"msc_meta.trust.{module}"), function)(outcome, **choices)
    return answer_drawing(outcome, answer, kind, style=style)


def answer_drawing(outcome: OutcomeSynthesis, answer: Answer, kind: str, *, style: Any = None) -> Drawing:
    """Return the plot of an answer that is there already."""
    if kind == EXTENDED:
        return extended_funnel_of(outcome, beyond=getattr(answer, "beyond", 0.0), style=style)
    draw = getattr(import_module(f"msc_meta.figures.{kind}_plot"), f"draw_{kind}")
    drawing: Drawing = draw(answer, figure_info(outcome), style=style)
    return drawing


def extended_funnel_of(
    outcome: OutcomeSynthesis, *, beyond: float | None = None, minimal_important_difference: float | None = None,
    style: Any = None,
) -> Drawing:  # fmt: skip
    """Return the extended funnel plot; ``beyond`` on the analysis scale, the important difference as it is shown."""
    from msc_meta.figures.extended_funnel_plot import draw_extended_funnel
    from msc_meta.trust.answer import subject_of

    bound = beyond or 0.0
    if minimal_important_difference is not None:
        bound = subject_of(outcome).important(minimal_important_difference)
    return draw_extended_funnel(outcome.rows, outcome.result, figure_info(outcome), beyond=bound, style=style)
