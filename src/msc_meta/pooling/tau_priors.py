"""Prior distributions of the between-study standard deviation tau, chosen by hand or by the type of the outcome.

The empirical priors come from many Cochrane reviews: of log odds ratios for binary outcomes [1]_, of standardised mean
differences for continuous ones [2]_. Only the rows that outcomes of this field need are kept here.

References
----------
.. [1] Turner, Jackson, Wei, Thompson & Higgins (2015). Statistics in Medicine 34, 984-998, Table IV.
.. [2] Rhodes, Turner & Higgins (2015). Journal of Clinical Epidemiology 68, 52-60, Tables 3 and A.3.1.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final, Literal, final

import numpy as np

from msc_meta.effects.arguments import Array, one_of, positive
from msc_meta.errors import ArgumentError

Family = Literal["half-normal", "half-Cauchy", "uniform", "log-normal", "log-t"]
FAMILIES: Final[dict[str, int]] = {"half-normal": 1, "half-Cauchy": 1, "uniform": 1, "log-normal": 2, "log-t": 3}
WRITTEN: Final = re.compile(r"\s*([A-Za-z-]+)\s*(?:\(([^)]*)\))?\s*")

# Location and scale of log tau2, by type of outcome; pharmacological against placebo or control.
TURNER: Final = {
    "all-cause mortality": (-3.95, 1.34),
    "resource use": (-2.34, 1.53),
    "adverse events": (-1.87, 1.52),
}
# The same of log t with 5 degrees of freedom, for respiratory diseases and for all but those and cancer.
RHODES: Final = {
    "hospital stay": {"respiratory": (-4.46, 2.74), "other": (-2.55, 2.73)},
    "biological marker": {"respiratory": (-5.31, 2.83), "other": (-3.41, 2.83)},
}


@final
@dataclass(frozen=True, slots=True)
class TauPrior:
    """A prior density of tau, in the unit of the effects.

    Attributes
    ----------
    family : str
        "half-normal" or "half-Cauchy" with a scale; "uniform" with an upper end, infinity for the improper one;
        "log-normal" with mean and standard deviation of log tau; "log-t" with location, scale and degrees of freedom of
        log tau.
    parameters : tuple of float
        In that order.
    origin : str
        Where an empirical prior comes from; empty for one that was chosen.
    """

    family: Family
    parameters: tuple[float, ...]
    origin: str = ""

    @property
    def proper(self) -> bool:
        """Whether the density has a finite integral."""
        return all(map(math.isfinite, self.parameters))

    @property
    def tail(self) -> float:
        """Power of 1/tau by which the density falls for large tau; infinite if it falls faster than any."""
        powers = {"half-Cauchy": 2.0, "log-t": math.nextafter(1.0, 2.0)}
        return 0.0 if not self.proper else powers.get(self.family, math.inf)

    def log_density(self, tau: Array) -> Array:
        """Return the logarithm of the density at tau > 0; that of the improper prior is 0."""
        a = self.parameters
        if self.family == "half-normal":
            return math.log(2 / a[0]) - math.log(2 * math.pi) / 2 - (tau / a[0]) ** 2 / 2
        if self.family == "half-Cauchy":
            return math.log(2 / (math.pi * a[0])) - np.log1p((tau / a[0]) ** 2)
        if self.family == "uniform":
            height = -math.log(a[0]) if self.proper else 0.0
            return np.where(tau <= a[0], height, -np.inf)
        log_tau = np.log(np.maximum(tau, 1e-300))  # 0 has no logarithm, and no density that matters
        z = (log_tau - a[0]) / a[1]
        if self.family == "log-normal":
            return -(z**2) / 2 - math.log(a[1]) - math.log(2 * math.pi) / 2 - log_tau
        df = a[2]
        height = math.lgamma((df + 1) / 2) - math.lgamma(df / 2) - math.log(df * math.pi) / 2 - math.log(a[1])
        return height - (df + 1) / 2 * np.log1p(z**2 / df) - log_tau

    def __str__(self) -> str:
        numbers = ", ".join(f"{value:.4g}" for value in self.parameters)
        written = self.family if not self.proper else f"{self.family}({numbers})"
        return f"{written}, {self.origin}" if self.origin else written


def tau_prior(written: str | TauPrior) -> TauPrior:
    """Return a prior from its written form.

    Parameters
    ----------
    written : str
        ``half-normal(0.5)``, ``half-Cauchy(0.5)``, ``uniform(4)``, ``uniform`` (improper), ``log-normal(-1.975, 0.67)``
        or ``log-t(-2.23, 1.37, 5)``, the latter two on log tau.

    Raises
    ------
    ArgumentError
        An unknown family, or numbers that it does not take.

    Examples
    --------
    >>> tau_prior("half-normal(0.5)").parameters
    (0.5,)
    """
    if isinstance(written, TauPrior):
        return written
    match = WRITTEN.fullmatch(written)
    if match is None:
        raise ArgumentError(f"tau_prior is {written!r}; it is written as half-normal(0.5)")
    by_lower = {name.lower(): name for name in FAMILIES}
    family = by_lower.get(match[1].lower()) or one_of("the family of tau_prior", match[1], FAMILIES)
    try:
        numbers = tuple(float(part) for part in match[2].split(",")) if match[2] else ()
    except ValueError:
        raise ArgumentError(f"tau_prior is {written!r}; its parameters are numbers, as in half-normal(0.5)") from None
    if family == "uniform" and not numbers:
        numbers = (math.inf,)
    if len(numbers) != FAMILIES[family]:
        wanted = FAMILIES[family]
        raise ArgumentError(f"tau_prior is {written!r}; {family} takes {wanted} number{'s'[: wanted > 1]}")
    for scale in numbers[1:] if family.startswith("log") else numbers:
        if not math.isinf(scale):
            positive(f"a scale of tau_prior {written!r}", scale)
    return TauPrior(family, numbers)  # type: ignore[arg-type]


def turner(outcome: str = "all-cause mortality") -> TauPrior:
    """Return the empirical prior of tau for a binary outcome (Turner 2015): made for log odds ratios.

    For log risk ratios, which are closer to zero where events are common, it allows for more heterogeneity rather than
    for less.

    Examples
    --------
    >>> print(turner())
    log-normal(-1.975, 0.67), Turner 2015, all-cause mortality
    """
    location, scale = TURNER[one_of("outcome", outcome, TURNER)]
    return TauPrior("log-normal", (location / 2, scale / 2), f"Turner 2015, {outcome}")


def rhodes(outcome: str, sd: float = 1.0, area: str = "respiratory") -> TauPrior:
    """Return the empirical prior of tau for a continuous outcome (Rhodes 2015): made for standardised mean differences.

    Parameters
    ----------
    outcome : {"hospital stay", "biological marker"}
        Type of the outcome.
    sd : float
        Standard deviation by which mean differences are turned into standardised ones: tau is as many times larger.
    area : {"respiratory", "other"}
        Medical area.

    Examples
    --------
    >>> print(rhodes("hospital stay"))
    log-t(-2.23, 1.37, 5), Rhodes 2015, hospital stay, respiratory
    """
    location, scale = RHODES[one_of("outcome", outcome, RHODES)][one_of("area", area, ("respiratory", "other"))]
    shift = math.log(positive("sd", sd))
    times = "" if sd == 1 else f", times a standard deviation of {sd:.3g}"
    return TauPrior("log-t", (location / 2 + shift, scale / 2, 5.0), f"Rhodes 2015, {outcome}, {area}{times}")
