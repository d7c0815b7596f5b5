"""The answer of an outcome in words: estimate, interval, prediction, heterogeneity and certainty, nothing else.

No sentence calls a result significant, or says that there is no effect: an interval is read from end to end.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import expm1, isnan
from typing import TYPE_CHECKING, Final, final

from msc_meta.effects.measures import MEASURES
from msc_meta.figures.effect_text import EffectText
from msc_meta.figures.outcome_tables import figure_info
from msc_meta.figures.pooled_text import WEIGHTING
from msc_meta.figures.style import Style, load_style
from msc_meta.figures.text import bare_p, level_text, percent, prose, three_digits

if TYPE_CHECKING:
    from msc_meta.pooling.results import Interval, PooledResult
    from msc_meta.synthesis import OutcomeSynthesis

CERTAINTY: Final = "not assessed"
NOT_ASSESSED: Final = "Certainty of the evidence (GRADE) was not assessed."
_RATIO_OF: Final = {
    "RR": "risk", "OR": "odds", "PETO": "odds", "HR": "hazard", "ROM": "mean", "LRM": "median",
}  # fmt: skip


@final
@dataclass(frozen=True, slots=True)
class Words:
    """Writes the numbers of one outcome as its figures do."""

    outcome: OutcomeSynthesis
    style: Style
    write: EffectText

    @classmethod
    def of(cls, outcome: OutcomeSynthesis) -> Words:
        """Return a writer with the decimals of the outcome's forest plot."""
        style = load_style()
        return cls(outcome, style, EffectText.of(outcome.rows, outcome.rules.measure, style))

    @property
    def unit(self) -> str:
        """The unit of a mean difference with a blank before it; empty for others."""
        unit = figure_info(self.outcome).unit
        return f" {unit}" if unit else ""

    def estimate(self, value: float) -> str:
        """Return one value on the scale that people read; a dash where it is not defined."""
        return "–" if isnan(value) else self.write.number(value)

    def brief(self) -> str:
        """Return measure, estimate and interval: ``MD −3.83 days (−6.98 to −0.69)``; a dash without any."""
        result = self.outcome.result
        if isnan(result.estimate):
            return "–"
        return f"{result.measure} {self.estimate(result.estimate)}{self.unit} ({self.bounds(result.ci)})"

    def bounds(self, interval: Interval) -> str:
        """Return ``0.60 to 1.02``; a dash where the interval is not defined."""
        if isnan(interval.low):
            return "–"
        return f"{self.write.number(interval.low)} to {self.write.number(interval.high)}"

    def answer(self, result: PooledResult) -> str:
        """Return ``0.78 (0.60 to 1.02)``."""
        if isnan(result.estimate):
            return "–"
        return f"{self.estimate(result.estimate)} ({self.bounds(result.ci)})"

    def headline(self) -> tuple[str, ...]:
        """Return the answer in sentences, but for its certainty."""
        outcome, result = self.outcome, self.outcome.result
        if not outcome.pooled:
            return (prose(outcome.finding, self.style),)
        sentences = (self._estimate(), self._reading(), self._prediction(), self._heterogeneity())
        return tuple(filter(None, (*sentences, *(prose(note, self.style) for note in result.notes))))

    @property
    def rating(self) -> str:
        """The certainty of the evidence in one or two words, as people rated it in the protocol."""
        rated = self.outcome.rules.certainty
        return rated.rating if rated else CERTAINTY

    def certainty(self) -> str:
        """Return how certain people found the evidence, and why; that nobody said so where nobody did."""
        rated = self.outcome.rules.certainty
        if rated is None:
            return NOT_ASSESSED
        reasons = (prose(reason, self.style) for reason in rated.reasons)
        return " ".join((f"The certainty of the evidence was rated {rated.rating}.", *reasons))

    def basis(self) -> str:
        """Return what the answer rests on: trials, and patients where all are counted."""
        trials = len({row.study for row in self.outcome.pooled})
        patients = sum(row.e.n + row.c.n for row in self.outcome.pooled)
        counted = "" if isnan(patients) else f", {patients:g} patients"
        return f"{trials} {'trial' if trials == 1 else 'trials'}{counted}"

    def p(self, value: float) -> str:
        """Return a p-value without its letter; a dash where it is not defined."""
        return bare_p(value, self.style) or "–"

    def tau2(self, result: PooledResult) -> str:
        """Return the between-study variance; empty where there is none, as in a common-effect model."""
        return "" if result.method in WEIGHTING else self.variance(result.tau2)

    def variance(self, tau2: float) -> str:
        """Return a between-study variance; a small one that is not zero is not printed as zero."""
        smallest = 10.0**-self.style.decimals_tau2
        if 0 < tau2 < smallest / 2:
            return f"< {three_digits(smallest, self.style.decimals_tau2, self.style)}"
        return three_digits(tau2, self.style.decimals_tau2, self.style)

    def i2(self, result: PooledResult) -> str:
        """Return I2 as a percentage; empty where it is not defined."""
        return percent(result.i2, self.style.decimals_i2, self.style)

    def _estimate(self) -> str:
        outcome, result = self.outcome, self.outcome.result
        name = MEASURES[result.measure].title
        level = level_text(result.level, self.style)
        shown = f"{self.estimate(result.estimate)}{self.unit} ({level} CI {self.bounds(result.ci)})"
        trials = len({row.study for row in outcome.pooled})
        if trials == 1 and len(outcome.pooled) == 1:
            return f"{name} {shown} in one trial, {outcome.pooled[0].label}: its own effect, not a pooled one."
        if trials == 1:
            return f"{name} {shown} from {len(outcome.pooled)} comparisons of one trial, {outcome.pooled[0].label}."
        model = "common effect" if result.method in WEIGHTING else "random effects"
        return f"{name} {shown}, pooled from {self.basis()} ({model})."

    def _reading(self) -> str:
        """Read the interval from end to end, in terms of what is good for patients."""
        low, high = self.outcome.result.ci
        if isnan(low):
            return ""
        info = figure_info(self.outcome)
        ends = f"from {self._difference(low)} to {self._difference(high)}"
        if low <= 0 <= high:
            return f"The interval reaches {ends}, so it holds benefit, harm and no difference."
        good = (high < 0) == (self.outcome.rules.better == "lower")
        side = info.experimental if good else info.control
        return f"The interval reaches {ends}; all of it favours {side}."

    def _difference(self, value: float) -> str:
        """Return an effect as a difference in words: ``40% lower risk``, ``7.0 days less``."""
        measure = self.outcome.rules.measure
        if not value:
            return "no difference"
        if measure in _RATIO_OF:
            change = 100 * expm1(min(value, 700.0))
            times = f"{self.write.number(value)} times the" if change >= 200 else f"{abs(change):.0f}%"
            return f"{times}{'' if change >= 200 else ' lower' if change < 0 else ' higher'} {_RATIO_OF[measure]}"
        if measure == "RD":
            return f"{abs(1000 * value):.0f} {'fewer' if value < 0 else 'more'} per 1000 patients"
        size = self.write.number(abs(value))
        unit = {"SMD": " SD", "SMDH": " SD"}.get(measure, self.unit)
        return f"{size}{unit} {'lower' if value < 0 else 'higher'}"

    def _prediction(self) -> str:
        result = self.outcome.result
        if isnan(result.prediction.low):
            few = len(self.outcome.pooled) < 3
            return "A prediction interval needs three trials or more." if few else ""
        level = level_text(result.level, self.style)
        low, high = map(self.write.number, result.prediction)
        between = f"between {low} and {high}{self.unit}"
        return f"The true effect in a new setting like these is expected {between} ({level} prediction interval)."

    def _heterogeneity(self) -> str:
        result = self.outcome.result
        if len(self.outcome.pooled) < 2 or isnan(result.i2):
            return ""
        range_of_i2 = ""
        if not isnan(result.i2_ci.low):
            low, high = (percent(bound, self.style.decimals_i2, self.style) for bound in result.i2_ci)
            range_of_i2 = f" ({level_text(result.level, self.style)} CI {low} to {high})"
        tau2 = f"tau² {self.tau2(result)}, " if self.tau2(result) else ""
        return f"Heterogeneity: {tau2}I² {self.i2(result)}{range_of_i2}."
