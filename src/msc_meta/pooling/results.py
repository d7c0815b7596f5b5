"""The answer of a meta-analysis: frozen, plain floats, printable; rounding happens only where text is made."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, NamedTuple

from msc_meta.effects.measures import MEASURES
from msc_meta.plain_values import plain_value

if TYPE_CHECKING:
    import pandas as pd


class Interval(NamedTuple):
    """Two bounds; nan where the interval is not defined.

    Examples
    --------
    >>> import msc_meta as mm
    >>> low, high = mm.pool([0.1, 0.5, -0.4], [0.04, 0.05, 0.03], ci_method="wald").ci
    >>> round(low, 2), round(high, 2)
    (-0.47, 0.56)
    """

    low: float
    high: float

    @property
    def width(self) -> float:
        """Distance of the bounds."""
        return self.high - self.low


NOWHERE = Interval(math.nan, math.nan)


@dataclass(frozen=True, slots=True)
class Displayed:
    """A result on the scale that people read: ratios back-transformed, everything else as it is."""

    estimate: float
    ci: Interval
    prediction: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class PooledResult:
    """A pooled effect on the analysis scale of ``measure`` (natural log for ratios); nan where undefined.

    Attributes
    ----------
    measure : str
        Name in ``MEASURES``; "GEN" where nothing is known about the estimates.
    k : int
        Studies pooled, not studies listed.
    estimate, se : float
        Pooled effect and its standard error, after the adjustment of ``ci_method``.
    ci : Interval
        Confidence interval at ``level``.
    p_value, statistic, df : float
        Two-sided test of no effect; ``df`` is None where the reference is the normal distribution.
    prediction : Interval
        Where the effect of a new study would lie; nan below three studies and for a common effect.
    tau2, tau2_ci : float, Interval
        Between-study variance in the squared unit of ``estimate``, with its Q-profile interval; nan for one study.
    i2, h2 : float
        Heterogeneity by ``i2_definition``: "tau2", ``100 tau2 / (tau2 + typical variance)`` (metafor), or "q".
    i2_ci, h2_ci : Interval
        What the bounds of ``tau2_ci`` are as I2 (percent) and H2, by the definition from tau2.
    i2_q, h2_q : float
        By Cochran's Q: ``max(0, 100 (Q - df) / Q)`` and ``Q / df``. I2 in percent.
    q, q_df, q_p : float, int, float
        Cochran's Q, its degrees of freedom and p-value.
    weights : tuple of float
        Percent, in the order of the input.
    method, ci_method, prediction_method : str
        tau2 estimator; interval as it was computed; distribution of the prediction interval.
    wald_ci : Interval
        Interval by the normal distribution; shown beside a Hartung-Knapp-Sidik-Jonkman interval that is narrower.
    notes : tuple of str
        Sentences that a reader of the number needs.
    """

    measure: str
    k: int
    method: str
    ci_method: str
    prediction_method: str
    i2_definition: str
    level: float
    estimate: float = math.nan
    se: float = math.nan
    ci: Interval = NOWHERE
    p_value: float = math.nan
    statistic: float = math.nan
    df: int | None = None
    prediction: Interval = NOWHERE
    tau2: float = math.nan
    tau2_ci: Interval = NOWHERE
    i2_ci: Interval = NOWHERE
    h2_ci: Interval = NOWHERE
    i2: float = math.nan
    h2: float = math.nan
    i2_q: float = math.nan
    h2_q: float = math.nan
    q: float = math.nan
    q_df: int = 0
    q_p: float = math.nan
    weights: tuple[float, ...] = ()
    wald_ci: Interval = NOWHERE
    notes: tuple[str, ...] = ()

    @property
    def tau(self) -> float:
        """Between-study standard deviation, in the unit of ``estimate``."""
        return math.sqrt(self.tau2)

    @property
    def narrower_than_wald(self) -> bool:
        """Whether ``ci`` is narrower than ``wald_ci``, which is then to be shown beside it."""
        return is_narrower(self.ci, self.wald_ci)

    def display(self) -> Displayed:
        """Return estimate and intervals on the scale that people read."""
        show = MEASURES[self.measure].display
        ci, prediction = (Interval(show(bounds.low), show(bounds.high)) for bounds in (self.ci, self.prediction))
        return Displayed(estimate=show(self.estimate), ci=ci, prediction=prediction)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values, undefined numbers as None."""
        return {field.name: plain_value(getattr(self, field.name)) for field in fields(self)}

    def to_frame(self) -> pd.DataFrame:
        """Return one row in full precision; intervals in two columns, without weights and notes."""
        import pandas as pd

        row: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, Interval):
                row |= {f"{field.name}_low": value.low, f"{field.name}_high": value.high}
            elif not isinstance(value, tuple):
                row[field.name] = value
        return pd.DataFrame([row])

    def __str__(self) -> str:
        lines = [f"  {name:<12}{text}" for name, text in self._facts()]
        return "\n".join([self._title(), *lines, *(f"  note: {note}" for note in self.notes)])

    def _repr_html_(self) -> str:
        """Return the same as a table, as a notebook shows it."""
        from html import escape

        rows = "".join(
            f'<tr><th style="text-align: left">{escape(name)}</th><td style="text-align: left">{escape(text)}</td></tr>'
            for name, text in self._facts()
        )
        notes = "".join(f"<p>{escape(note)}</p>" for note in self.notes)
        return f"<table><caption>{escape(self._title())}</caption>{rows}</table>{notes}"

    def _title(self) -> str:
        return f"{MEASURES[self.measure].title}, k = {self.k}, {self.method}, {self.ci_method}"

    def _facts(self) -> list[tuple[str, str]]:
        """Return what is known, name by name; nothing without studies."""
        if not self.k:
            return []
        shown, level = self.display(), f"{100 * self.level:g}%"
        return [
            ("estimate", f"{_short(shown.estimate)}  {level} CI {_range(shown.ci)}  p = {_short(self.p_value)}"),
            ("prediction", _range(shown.prediction)),
            ("tau2", f"{_short(self.tau2)}  {level} CI {_range(self.tau2_ci)}"),
            ("I2", f"{_short(self.i2)}% (from {self.i2_definition})  H2 {_short(self.h2)}"),
            ("Q", f"{_short(self.q)} on {self.q_df} df  p = {_short(self.q_p)}"),
        ]


def is_narrower(interval: Interval, other: Interval) -> bool:
    """Whether one interval is narrower than another by more than rounding; False where one is undefined."""
    return interval.width < other.width * (1 - 1e-12)


def _short(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.4g}"


def _range(bounds: Interval) -> str:
    return "-" if math.isnan(bounds.low) else f"{_short(bounds.low)} to {_short(bounds.high)}"
