"""How many patients would settle a question: required information size, and the diversity that it grows by [1]_.

References
----------
.. [1] Wetterslev, Thorlund, Brok & Gluud (2008). Journal of Clinical Epidemiology 61, 64-75; diversity: the same
   (2009). BMC Medical Research Methodology 9, 86; number of trials: Kulinskaya & Wood (2014). Statistics in
   Medicine 33, 1-12.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from msc_meta.effects.arguments import number, one_of, positive
from msc_meta.errors import ArgumentError
from msc_meta.pooling.random_effects import checked, pool

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

BINARY: Final = ("RR", "OR", "RD")


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiredInformation:
    """Patients, both arms together, that would settle the question; rounded up at each step, as RTSA does.

    Attributes
    ----------
    fixed : int
        If all trials had one true effect.
    by_diversity, by_i2 : int or None
        Grown by ``1 / (1 - D2)`` and ``1 / (1 - I2)``; None where these were not given.
    trials : int or None
        Least number of trials, if true effects differ by tau2: more patients can not replace them.
    per_trial : tuple of (int, int)
        Number of trials, and patients that each of them needs, for that number and the three after it.
    """

    fixed: int
    by_diversity: int | None
    by_i2: int | None
    trials: int | None
    per_trial: tuple[tuple[int, int], ...]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values."""
        names = ("fixed", "by_diversity", "by_i2", "trials")
        return {name: getattr(self, name) for name in names} | {"per_trial": [list(pair) for pair in self.per_trial]}


def required_information(
    measure: str,
    effect: float,
    *,
    control_risk: float = math.nan,
    sd: float = math.nan,
    alpha: float = 0.05,
    beta: float = 0.2,
    sides: Literal[1, 2] = 2,
    d2: float | None = None,
    i2: float | None = None,
    tau2: float | None = None,
) -> RequiredInformation:
    """Return the required information size for equal arms.

    Parameters
    ----------
    measure : {"RR", "OR", "RD", "MD"}
        Effect measure.
    effect : float
        Effect to be detected, on the scale that is shown: 0.8 for a risk ratio, -0.1 for a risk difference, days.
    control_risk : float
        Probability of an event in the control arm, for RR, OR and RD.
    sd : float
        Standard deviation in both arms, for MD.
    alpha, beta, sides
        Error of the test, one minus the power, and sides of the test.
    d2, i2 : float, optional
        Diversity and inconsistency, fractions below 1.
    tau2 : float, optional
        Between-study variance on the analysis scale.

    Notes
    -----
    For a ratio of risks or odds both arms have the mean risk's variance, for a risk difference each arm its own. RTSA
    0.2.2 counts the latter twice: its number for a risk difference is twice as large.

    Raises
    ------
    ArgumentError
        No effect to detect, a risk that is not between 0 and 1, a heterogeneity of 1 or more.

    Examples
    --------
    >>> required_information("RR", 0.8, control_risk=0.35).fixed
    1383
    """
    from scipy.special import ndtri

    one_of("measure", measure, (*BINARY, "MD"))
    z2 = float(ndtri(alpha / sides) + ndtri(beta)) ** 2
    if measure == "MD":
        difference = shift = number("effect", effect)
        variance = per_patient = 4 * positive("sd", sd) ** 2
    else:
        risks = _risks(measure, effect, control_risk)
        difference = risks[0] - risks[1]
        mean = sum(risks) / 2
        separate = 2 * sum(risk * (1 - risk) for risk in risks)
        variance = separate if measure == "RD" else 4 * mean * (1 - mean)
        shift = difference if measure == "RD" else math.log(effect)
        per_patient = 2 * sum(_of_log(measure, risk) for risk in risks)
    if difference == 0:
        raise ArgumentError(f"effect is {effect:g}; an effect other than none is needed")
    fixed = math.ceil(variance * z2 / difference**2)
    trials, per_trial = (None, ()) if tau2 is None else _trials(tau2, shift**2 / z2, per_patient)
    return RequiredInformation(
        fixed=fixed, by_diversity=_grown(fixed, "d2", d2), by_i2=_grown(fixed, "i2", i2), trials=trials,
        per_trial=per_trial,
    )  # fmt: skip


def diversity(yi: ArrayLike, vi: ArrayLike, method: str = "DL") -> float:
    """Return D2, the share of the variance of the random-effects estimate that heterogeneity makes (Wetterslev 2009).

    Examples
    --------
    >>> round(diversity([0.10, 0.50, -0.40], [0.04, 0.05, 0.03]), 3)
    0.816
    """
    y, v = checked(yi, vi)
    if y.size < 2:
        return 0.0
    random, common = (pool(y, v, name, "wald").se ** 2 for name in (method, "FE"))
    return max(0.0, 1 - common / random)


def _risks(measure: str, effect: float, control_risk: float) -> tuple[float, float]:
    """Return the risks of the experimental and the control arm."""
    if not 0 < control_risk < 1:
        raise ArgumentError(f"control_risk is {control_risk:g}; a probability between 0 and 1 is needed")
    if measure == "RD":
        risk = control_risk + number("effect", effect)
    elif measure == "RR":
        risk = control_risk * positive("effect", effect)
    else:
        odds = positive("effect", effect) * control_risk / (1 - control_risk)
        risk = odds / (1 + odds)
    if not 0 < risk < 1:
        raise ArgumentError(f"effect {effect:g} makes a risk of {risk:g} of a control_risk of {control_risk:g}")
    return risk, control_risk


def _of_log(measure: str, risk: float) -> float:
    """Return what one patient of an arm adds to the variance of an effect, on the analysis scale."""
    return {"RR": (1 - risk) / risk, "OR": 1 / (risk * (1 - risk)), "RD": risk * (1 - risk)}[measure]


def _grown(fixed: int, name: str, share: float | None) -> int | None:
    if share is None:
        return None
    if not 0 <= share < 1:
        raise ArgumentError(f"{name} is {share:g}; a share of 0 or more and below 1 is needed")
    return math.ceil(fixed / (1 - share) - 1e-9)


def _trials(tau2: float, wanted: float, per_patient: float) -> tuple[int, tuple[tuple[int, int], ...]]:
    """Return the least number of trials, and sizes for it and the next three: ``(tau2 + v / n) / k = wanted``."""
    least = math.floor(tau2 / wanted) + 1
    sizes = [(k, 2 * math.ceil(per_patient / (k * wanted - tau2) / 2 - 1e-9)) for k in range(least, least + 4)]
    return least, tuple(sizes)
