"""The answer of a model that is fitted to the counts themselves, in one stage: frozen, plain floats, printable."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any

from msc_meta.effects.measures import MEASURES
from msc_meta.plain_values import plain_value
from msc_meta.pooling.results import NOWHERE, Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class OneStageResult:
    """A pooled effect from a likelihood of counts, on the analysis scale; nan where it is not estimable.

    Attributes
    ----------
    model, method : str
        The likelihood; "ML" with normal heterogeneity, "EE" for a common effect.
    measure : str
        "OR", "RR" or "RD"; ratios on the natural-log scale.
    k : int
        Studies that the model uses.
    level : float
        Level of ``ci``.
    estimate, se, ci, statistic, p_value : float, Interval
        Maximum-likelihood estimate, standard error from the observed information, Wald's interval and test.
    tau2 : float
        Between-study variance of the log odds ratio; 0 for a common effect, nan for one study.
    sigma2 : float
        Between-study variance of the log odds of the event where study effects are random; else nan.
    rho : float
        Correlation of two patients of one arm (beta-binomial); else nan.
    log_likelihood : float
        With all constants, so that models of the same counts can be compared.
    notes : tuple of str
        Sentences that a reader of the number needs: studies not used, why nothing is estimable.
    """

    model: str
    method: str
    measure: str
    k: int
    level: float
    estimate: float = math.nan
    se: float = math.nan
    ci: Interval = NOWHERE
    statistic: float = math.nan
    p_value: float = math.nan
    tau2: float = math.nan
    sigma2: float = math.nan
    rho: float = math.nan
    log_likelihood: float = math.nan
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values, undefined numbers as None."""
        return {field.name: plain_value(getattr(self, field.name)) for field in fields(self)}

    def __str__(self) -> str:
        show = MEASURES[self.measure].display
        lines = [f"{MEASURES[self.measure].title}, k = {self.k}, {self.model}, {self.method}"]
        if not math.isnan(self.estimate):
            low, high = (f"{show(bound):.4g}" for bound in self.ci)
            ci = f"{100 * self.level:g}% CI {low} to {high}"
            lines.append(f"  estimate    {show(self.estimate):.4g}  {ci}  p = {self.p_value:.4g}")
            lines += [f"  {name:<10}  {value:.4g}" for name, value in self._spread if not math.isnan(value)]
        return "\n".join(lines + [f"  note: {note}" for note in self.notes])

    @property
    def _spread(self) -> tuple[tuple[str, float], ...]:
        return ("tau2", self.tau2), ("sigma2", self.sigma2), ("rho", self.rho), ("log-lik.", self.log_likelihood)


def wald(estimate: float, se: float, level: float) -> dict[str, Any]:
    """Return estimate, standard error, interval and test as fields of a result."""
    from scipy.special import ndtr, ndtri

    reach = -float(ndtri((1 - level) / 2)) * se
    return {
        "estimate": estimate,
        "se": se,
        "ci": Interval(estimate - reach, estimate + reach),
        "statistic": estimate / se,
        "p_value": 2 * float(ndtr(-abs(estimate / se))),
    }
