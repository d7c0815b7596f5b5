"""A trial that might be run, and its arms drawn at random: what such a trial could report."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from msc_meta.effects.arguments import Array, positive
from msc_meta.effects.measures import MEASURES
from msc_meta.errors import ArgumentError


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A trial that might be run.

    Attributes
    ----------
    n_e, n_c : int
        Patients of the experimental and the control arm; 2 or more each.
    control_risk : float
        Probability of an event in the control arm, for RR, OR and RD.
    control_mean, sd : float
        Mean of the control arm (for ROM) and standard deviation in both, for MD, SMD and ROM.

    Examples
    --------
    >>> Trial(n_e=200, n_c=200, control_risk=0.4).n_e
    200
    """

    n_e: int
    n_c: int
    control_risk: float = math.nan
    control_mean: float = 0.0
    sd: float = math.nan

    @property
    def n(self) -> int:
        """Patients of both arms."""
        return self.n_e + self.n_c

    def of_size(self, n: int) -> Trial:
        """Return the same trial with n patients, shared between the arms as here."""
        n_e = min(max(2, round(n * self.n_e / self.n)), n - 2)
        return replace(self, n_e=n_e, n_c=n - n_e)


def checked_trial(trial: Trial, measure: str) -> Trial:
    """Return a trial that can be drawn for a measure; else complain about what it lacks."""
    if min(trial.n_e, trial.n_c) < 2:
        raise ArgumentError(f"the arms have {trial.n_e} and {trial.n_c} patients; two or more each are needed")
    if MEASURES[measure].arms == "events":
        if not 0 < trial.control_risk < 1:
            raise ArgumentError(f"control_risk is {trial.control_risk:g}; a probability between 0 and 1 is needed")
    else:
        positive("sd", trial.sd)
        if measure == "ROM":
            positive("control_mean", trial.control_mean)
    return trial


def drawn_effects(true: Array, measure: str, trial: Trial, random: np.random.Generator) -> tuple[Array, Array]:
    """Draw the arms of trials with these true effects; return their estimates and variances, nan without an effect."""
    if MEASURES[measure].arms == "events":
        risk = _risk(true, measure, trial.control_risk)
        events_e = random.binomial(trial.n_e, risk).astype(float)
        events_c = random.binomial(trial.n_c, trial.control_risk, true.size).astype(float)
        n_e, n_c = (np.full(true.size, float(n)) for n in (trial.n_e, trial.n_c))
        found = MEASURES[measure].function(event_e=events_e, n_e=n_e, event_c=events_c, n_c=n_c)
        empty = ((events_e + events_c == 0) | ((events_e == n_e) & (events_c == n_c))) & MEASURES[measure].log
        if measure == "RD":  # it exists without a correction, which then makes the variance only, as in the table
            return events_e / n_e - events_c / n_c, found.vi
        return np.where(empty, np.nan, found.yi), np.where(empty | (found.vi <= 0), np.nan, found.vi)
    mean = _mean(true, measure, trial)
    arms = {}
    for suffix, n, middle in (("e", trial.n_e, mean), ("c", trial.n_c, np.full(true.size, trial.control_mean))):
        arms[f"mean_{suffix}"] = random.normal(middle, trial.sd / math.sqrt(n))
        arms[f"sd_{suffix}"] = trial.sd * np.sqrt(random.chisquare(n - 1, true.size) / (n - 1))
        arms[f"n_{suffix}"] = np.full(true.size, float(n))
    positive_means = (arms["mean_e"] > 0) & (arms["mean_c"] > 0)
    if measure == "ROM":
        arms |= {name: np.where(positive_means, arms[name], 1.0) for name in ("mean_e", "mean_c")}
    found = MEASURES[measure].function(**arms)
    lost = ~positive_means if measure == "ROM" else np.zeros(true.size, dtype=bool)
    return np.where(lost, np.nan, found.yi), np.where(lost, np.nan, found.vi)


def _risk(true: Array, measure: str, control: float) -> Array:
    """Return the experimental arm's probability of an event; one driven out of 0 to 1 ends there."""
    if measure == "RR":
        risk = control * np.exp(np.minimum(true, 700.0))
    elif measure == "OR":
        odds = control / (1 - control) * np.exp(np.clip(true, -700.0, 700.0))
        risk = odds / (1 + odds)
    else:
        risk = control + true
    clipped: Array = np.clip(risk, 0.0, 1.0)
    return clipped


def _mean(true: Array, measure: str, trial: Trial) -> Array:
    if measure == "ROM":
        return trial.control_mean * np.exp(np.minimum(true, 700.0))
    return trial.control_mean + true * (trial.sd if measure == "SMD" else 1.0)
