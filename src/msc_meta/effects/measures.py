"""Effect measures: what two arms reported, as one estimate and its sampling variance per study.

Arrays in, arrays out. A new measure is one function and one line of ``MEASURES``: the function's positional
arguments are what the arms reported, its keyword-only arguments are the measure's options. A study whose effect
can not be estimated (or whose numbers are missing) is ``nan``; a value that is impossible is an error.
Defaults are those of R's metafor 5 (``escalc``).
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from msc_meta.effects.arguments import one_of
from msc_meta.effects.between_arms import generic, log_hazard_ratio, log_ratio_of_medians
from msc_meta.effects.estimates import EffectSize
from msc_meta.effects.events import (
    arcsine_difference,
    log_odds_ratio,
    log_peto_odds_ratio,
    log_risk_ratio,
    risk_difference,
)
from msc_meta.effects.means import (
    log_ratio_of_means,
    mean_difference,
    standardized_mean_difference,
    standardized_mean_difference_unequal,
)
from msc_meta.errors import ArgumentError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["MEASURES", "EffectSize", "Measure", "effect_size"]


@dataclass(frozen=True, slots=True)
class Measure:
    """An effect measure, as tables, figures, the command line and the documentation see it.

    ``log`` says that the analysis scale is the natural log of the shown one.
    """

    name: str
    title: str
    function: Callable[..., EffectSize]
    arms: Literal["events", "means", "generic"]
    log: bool

    @property
    def null(self) -> float:
        """The shown value that means "no difference"."""
        return 1.0 if self.log else 0.0

    @property
    def arguments(self) -> tuple[str, ...]:
        """Names of the numbers the measure takes."""
        return tuple(p.name for p in self._parameters if p.kind is not p.KEYWORD_ONLY)

    @property
    def needed(self) -> tuple[str, ...]:
        """Names of those it can not do without."""
        return tuple(p.name for p in self._parameters if p.kind is not p.KEYWORD_ONLY and p.default is p.empty)

    @property
    def options(self) -> tuple[str, ...]:
        """Names of the choices the measure offers."""
        return tuple(p.name for p in self._parameters if p.kind is p.KEYWORD_ONLY)

    @property
    def _parameters(self) -> list[inspect.Parameter]:
        return list(inspect.signature(self.function).parameters.values())

    def display(self, value: float) -> float:
        """Return a value of the analysis scale on the shown scale (infinite where a float can not hold it)."""
        if not self.log:
            return value
        try:
            return math.exp(value)
        except OverflowError:
            return math.inf


def effect_size(measure: str, **arms: ArrayLike) -> EffectSize:
    """Return effect sizes and sampling variances of one measure.

    Parameters
    ----------
    measure : str
        A name in ``MEASURES``: "RR", "OR", "RD", "PETO", "AS" (events), "MD", "SMD", "SMDH", "ROM" (means), "HR",
        "LRM", "GEN" (reported between the arms).
    **arms : array_like, shape (k,)
        The measure's arguments and options by name, e.g. ``event_e, n_e, event_c, n_c`` or
        ``mean_e, sd_e, n_e, mean_c, sd_c, n_c``; ``_e`` is the experimental arm, ``_c`` the control. For "HR" and
        "GEN": ``estimate`` with ``se``, ``ci_low`` and ``ci_high``, or ``p_value``.

    Returns
    -------
    EffectSize
        ``yi`` and ``vi``, shape (k,); natural log for ratios; nan where a study's effect can not be estimated.

    Raises
    ------
    ArgumentError
        An unknown measure or argument, a missing argument, or an impossible value (more events than patients).

    Examples
    --------
    >>> effect = effect_size("RR", event_e=[5, 3], n_e=[20, 10], event_c=[10, 6], n_c=[20, 10])
    >>> effect.yi.round(4).tolist()
    [-0.6931, -0.6931]
    """
    chosen = MEASURES[one_of("measure", measure, MEASURES)]
    for name in arms:
        one_of(f"argument of {measure}", name, (*chosen.arguments, *chosen.options))
    missing = [name for name in chosen.needed if name not in arms]
    if missing:
        raise ArgumentError(f"{measure} needs {', '.join(chosen.needed)}; missing: {', '.join(missing)}")
    return chosen.function(**arms)


MEASURES: dict[str, Measure] = {
    measure.name: measure
    for measure in (
        Measure("RR", "Risk ratio", log_risk_ratio, arms="events", log=True),
        Measure("OR", "Odds ratio", log_odds_ratio, arms="events", log=True),
        Measure("RD", "Risk difference", risk_difference, arms="events", log=False),
        Measure("PETO", "Peto odds ratio", log_peto_odds_ratio, arms="events", log=True),
        Measure("AS", "Arcsine difference", arcsine_difference, arms="events", log=False),
        Measure("MD", "Mean difference", mean_difference, arms="means", log=False),
        Measure("SMD", "Standardised mean difference", standardized_mean_difference, arms="means", log=False),
        Measure("SMDH", "Standardised mean difference", standardized_mean_difference_unequal, arms="means", log=False),
        Measure("ROM", "Ratio of means", log_ratio_of_means, arms="means", log=True),
        Measure("HR", "Hazard ratio", log_hazard_ratio, arms="generic", log=True),
        Measure("LRM", "Ratio of medians", log_ratio_of_medians, arms="generic", log=True),
        Measure("GEN", "Estimate", generic, arms="generic", log=False),
    )
}
