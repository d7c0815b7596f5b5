"""Answers of the tests for small-study effects, and which of them fits a measure."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any, Final

from msc_meta.effects.arguments import one_of
from msc_meta.effects.measures import MEASURES
from msc_meta.plain_values import plain_value
from msc_meta.pooling.results import NOWHERE, Interval

ENOUGH: Final = 10  # studies; Sterne et al. (2011), recommendation 2
SIGNIFICANT: Final = 0.10  # Egger et al. (1997): these tests have little power

_BY_RATIO: Final = "the log {} and its standard error are correlated by construction, which misleads Egger's test"
# measure -> tests that fit it, and why; Sterne et al. (2011), Pustejovsky & Rodgers (2019)
_FITTING: Final[dict[str, tuple[tuple[str, ...], str]]] = {
    "OR": (("harbord", "peters"), _BY_RATIO.format("odds ratio")),
    "RR": (("peters", "harbord"), _BY_RATIO.format("risk ratio")),
    "PETO": (("harbord",), "Peto's log odds ratio is the score that Harbord's test is about"),
    "RD": ((), "for a risk difference no test is known to hold its level; use the odds ratio"),
    "AS": (("egger",), "the variance of the arcsine difference depends on the numbers of patients only"),
    "SMD": (
        ("egger with predictor 'sqrtninv'",),
        "a standardised mean difference depends on its standard error, which misleads Egger's test: use sample size",
    ),
    "MD": (("egger",), "a mean difference and its standard error are independent"),
}
_FITTING["SMDH"] = _FITTING["SMD"]
_OTHERS: Final = (("egger",), "estimate and standard error are taken as independent")


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Which tests for small-study effects fit ``measure``, whether ``k`` studies suffice, and ``verdict`` in words."""

    measure: str
    k: int
    tests: tuple[str, ...]
    enough: bool
    verdict: str


def small_study_effects(measure: str, k: int) -> Offer:
    """Return which test for small-study effects is offered for k studies of a measure [1]_, [2]_.

    Parameters
    ----------
    measure : str
        A name in ``MEASURES``.
    k : int
        Number of studies.

    Returns
    -------
    Offer
        ``tests`` (names of functions of the package) in order of preference, ``enough`` (k of 10 or more), and
        ``verdict``, the sentence to print in place of, or before, a number.

    Raises
    ------
    ArgumentError
        An unknown measure.

    References
    ----------
    .. [1] Sterne et al. (2011). BMJ 343, d4002.
    .. [2] Pustejovsky & Rodgers (2019). Research Synthesis Methods 10, 57-71.

    Examples
    --------
    >>> small_study_effects("OR", 14).tests
    ('harbord', 'peters')
    >>> small_study_effects("MD", 6).enough
    False
    """
    tests, why = _FITTING.get(one_of("measure", measure, MEASURES), _OTHERS)
    enough = k >= ENOUGH
    named = " or ".join(test[0].upper() + test[1:] for test in tests)
    sentence = f"Fitting: {named}; {why}." if tests else f"No test: {why}."
    return Offer(
        measure=measure, k=k, tests=tests, enough=enough, verdict=sentence if enough else f"{too_few(k)} {sentence}"
    )


def too_few(k: int) -> str:
    """Return why no verdict is given on k studies.

    Examples
    --------
    >>> too_few(1).partition(":")[0]
    '1 study'
    """
    studies = "1 study" if k == 1 else f"{k} studies"
    return (
        f"{studies}: under {ENOUGH}, a test for small-study effects can not tell chance from asymmetry, "
        "and no verdict is given; the number is there on request."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AsymmetryTest:
    """A test for small-study effects; nan where undefined.

    Attributes
    ----------
    test, model, predictor : str
        Egger, Peters or Harbord; "classical" (spread multiplies the variances, t distribution) or "mixed-effects"
        (tau2 adds to them); what effects are regressed on.
    k : int
        Studies in the regression.
    intercept, intercept_se : float
        The coefficient under test, 0 without small-study effects: Egger's intercept, which is the slope of effects on
        their standard errors; in the other tests the slope on their predictor.
    statistic, df, p_value : float, int or None, float
        Two-sided test; ``df`` is None where the reference is the normal distribution.
    limit_estimate, limit_ci : float, Interval
        Effect where the predictor is 0, that of an infinitely large study; analysis scale.
    tau2 : float
        Residual between-study variance; nan for the classical model.
    notes : tuple of str
        Sentences that a reader of the number needs.
    """

    test: str
    model: str
    predictor: str
    k: int
    level: float
    intercept: float = math.nan
    intercept_se: float = math.nan
    statistic: float = math.nan
    df: int | None = None
    p_value: float = math.nan
    limit_estimate: float = math.nan
    limit_ci: Interval = NOWHERE
    tau2: float = math.nan
    notes: tuple[str, ...] = ()

    @property
    def t(self) -> float:
        """The statistic where its reference is a t distribution, else nan."""
        return math.nan if self.df is None else self.statistic

    @property
    def z(self) -> float:
        """The statistic where its reference is the normal distribution, else nan."""
        return self.statistic if self.df is None else math.nan

    @property
    def verdict(self) -> str:
        """What the test says, in a sentence; under ten studies, why it says nothing."""
        return verdict(f"{self.test}'s test ({self.model})", self.k, self.p_value)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values, undefined numbers as None."""
        return plain(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class RankTest:
    """Begg and Mazumdar's test: Kendall's ``tau`` of effects and variances, ``p_value`` two-sided.

    ``s`` is concordant minus discordant pairs, ``z`` its ratio to its standard error; ``exact`` says that ``p_value``
    counts permutations and is not from ``z``.
    """

    k: int
    tau: float = math.nan
    s: float = math.nan
    z: float = math.nan
    p_value: float = math.nan
    exact: bool = False

    @property
    def verdict(self) -> str:
        """What the test says, in a sentence; under ten studies, why it says nothing."""
        return verdict("Begg's test", self.k, self.p_value)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values, undefined numbers as None."""
        return plain(self)


def verdict(test: str, k: int, p_value: float) -> str:
    """Return a test's answer in a sentence.

    Examples
    --------
    >>> verdict("Begg's test", 12, 0.04)
    "Begg's test finds effects that change with the size of the studies (k = 12, p = 0.04)."
    """
    if k < ENOUGH:
        return too_few(k)
    if math.isnan(p_value):
        return f"{test} is not defined for these {k} studies."
    answer = f"(k = {k}, p = {p_value:.2g})"
    if p_value < SIGNIFICANT:
        return f"{test} finds effects that change with the size of the studies {answer}."
    return f"{test} finds no small-study effects {answer}; it has little power, and they are not ruled out."


def plain(result: Any) -> dict[str, Any]:
    """Return a result's fields and its verdict as plain JSON values.

    Examples
    --------
    >>> plain(RankTest(k=1))["p_value"] is None
    True
    """
    values = {field.name: getattr(result, field.name) for field in fields(result)} | {"verdict": result.verdict}
    return {name: plain_value(value) for name, value in values.items()}
