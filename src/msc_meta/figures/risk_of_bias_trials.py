"""The pooled trials with their risk of bias by one tool: what both plots of it are drawn from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any, Final, final

from msc_meta.errors import ArgumentError, UsageError
from msc_meta.figures.outcome_tables import figure_info
from msc_meta.figures.plot_words import name_of
from msc_meta.figures.risk_of_bias_cells import JUDGEMENTS, OVERALL, shown_domains
from msc_meta.figures.style import Style
from msc_meta.figures.text import clean
from msc_meta.study_fields import StudyFields

if TYPE_CHECKING:
    from msc_meta.figures.drawing import Drawing
    from msc_meta.figures.forest_table import Judgement
    from msc_meta.synthesis import OutcomeSynthesis

LIGHTS: Final = "risk-of-bias"
BARS: Final = "risk-of-bias-bars"
KINDS: Final = (LIGHTS, BARS)
SHARES: Final = ("weight", "trials")


@final
@dataclass(frozen=True, slots=True)
class AssessedTrial:
    """A pooled trial: its weight in percent, and its judgements by domain, none where nobody judged it."""

    key: str
    label: str
    weight: float
    judgements: Mapping[str, Judgement]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class AssessedTrials:
    """The pooled trials of an outcome, in the order of the evidence, and the domains of a tool.

    Attributes
    ----------
    domains : mapping of str to (str, str)
        Domains that any trial was judged in: key -> number and name, the overall judgement last.
    by : {"weight", "trials"}
        What shares are of.
    """

    name: str
    title: str
    tool: str
    by: str
    domains: Mapping[str, tuple[str, str]]
    trials: tuple[AssessedTrial, ...]

    @property
    def unjudged(self) -> tuple[str, ...]:
        """Labels of trials without any judgement by this tool."""
        return tuple(trial.label for trial in self.trials if not trial.judgements)

    def shares(self, domain: str) -> dict[str, float]:
        """Return the share of the weight, or of the trials, by judgement of a domain, ``""`` for none; the sum is 1.

        Trials of equal weight where the pool has none.
        """
        total = sum(trial.weight for trial in self.trials) or 1.0
        found: dict[str, float] = {}
        for trial in self.trials:
            judgement = trial.judgements.get(domain, "")
            found[judgement] = found.get(judgement, 0.0) + trial.weight / total
        return found

    def words(self, domain: str) -> str:
        """Return a domain's number and name."""
        number, name = self.domains[domain]
        return "Overall" if domain == OVERALL else f"{number} {name}"


def assessed_trials(outcome: OutcomeSynthesis, tool: str | None = None, *, by: str = "weight") -> AssessedTrials:
    """Return the pooled trials with their judgements by a tool; by the one that most of them were judged by without it.

    ``by`` weight, each counts with its weight in the pool; by trials, each counts once.

    Raises
    ------
    UsageError
        For a tool by which no record has a judgement, and for another ``by``.
    ArgumentError
        Where no record has any.
    """
    if by not in SHARES:
        raise UsageError(f"shares are by {' or '.join(SHARES)}, not by {by!r}")
    fields = StudyFields(outcome.studies, outcome.rows, outcome.name, outcome.eligibility)
    known = fields.tools()
    if not known:
        raise ArgumentError("no record has a judgement of risk of bias; a plot of it needs one")
    if tool is not None and tool not in known:
        raise UsageError(f"no record has a judgement by {tool!r}; there are {', '.join(known)}")
    chosen = tool or known[0]
    judged = fields.judgements(chosen)
    trials: dict[str, AssessedTrial] = {}
    for row in outcome.pooled:
        weight = row.weight if by == "weight" and isfinite(row.weight) else 1.0
        if by == "weight" and row.study in trials:
            weight += trials[row.study].weight
        marks: dict[str, Judgement] = {key: JUDGEMENTS.get(one, "unclear") for key, one in
                                       judged.get(row.study, {}).items()}  # fmt: skip
        trials[row.study] = AssessedTrial(row.study, name_of(row), weight, marks)
    return AssessedTrials(
        name=outcome.name, title=clean(figure_info(outcome).title), tool=chosen, by=by,
        domains=shown_domains(chosen, judged, trials), trials=tuple(trials.values()),
    )  # fmt: skip


def judgement_words(judgement: str, style: Style) -> str:
    """Return a judgement in the words of a style."""
    return style.texts[judgement] if judgement else "not assessed"


def risk_of_bias_drawing(
    outcome: OutcomeSynthesis, kind: str, *, tool: str | None = None, by: str = "weight", style: Any = None
) -> Drawing:
    """Return one of the plots of an outcome's risk of bias."""
    from msc_meta.figures.risk_of_bias_bars import draw_bars
    from msc_meta.figures.risk_of_bias_lights import draw_lights
    from msc_meta.figures.style import load_style

    found, look = assessed_trials(outcome, tool, by=by), load_style(style)
    return draw_lights(found, look) if kind == LIGHTS else draw_bars(found, look)
