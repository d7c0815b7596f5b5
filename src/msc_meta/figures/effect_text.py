"""Effects as a forest plot prints them: back-transformed, with the same decimals in every row of a plot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan
from typing import final

from msc_meta.effects.measures import MEASURES
from msc_meta.effects.rows import StudyRow
from msc_meta.figures.forest_table import Effect
from msc_meta.figures.style import Style
from msc_meta.figures.text import displayed, interval, number, ratio, same_between
from msc_meta.pooling.results import PooledResult


@final
@dataclass(frozen=True, slots=True)
class EffectText:
    """Writes effects of one measure."""

    decimals: int
    log: bool
    style: Style

    @classmethod
    def of(cls, rows: Sequence[StudyRow], measure: str, style: Style) -> EffectText:
        """Return a writer with fewer decimals where differences are large, as 43.1 mmHg; ratios keep two."""
        log = MEASURES[measure].log
        shown = [row for row in rows if row.included] or rows
        largest = max((abs(row.yi) for row in shown if row.has_effect), default=0.0)
        return cls(style.decimals if log or largest < 10 else style.decimals_large, log, style)

    def effect(self, effect: Effect) -> str:
        """Return the estimate with its interval, ``0.72 [0.49, 1.06]``; empty without an estimate."""
        if isnan(effect.estimate):
            return ""
        return f"{self.number(effect.estimate)} {self.interval(effect.low, effect.high)}"

    def interval(self, low: float, high: float) -> str:
        """Return two bounds of the analysis scale in the style's brackets."""
        return interval(self.number(low), self.number(high), same_between(self.style, log=self.log))

    def number(self, value: float) -> str:
        """Return one value of the analysis scale as it is shown."""
        shown = displayed(value, log=self.log)
        return ratio(shown, self.decimals, self.style) if self.log else number(shown, self.decimals, self.style)


def effect_of(result: PooledResult) -> Effect:
    """Return a pooled effect with its interval."""
    return Effect(result.estimate, result.ci.low, result.ci.high)
