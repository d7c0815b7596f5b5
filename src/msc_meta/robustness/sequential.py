"""Trial sequential analysis: whether there is enough information, and whether a boundary has been crossed.

A cumulative meta-analysis looks at the data again with each trial. How many patients a single sufficient trial would
need, grown by the heterogeneity between trials, is the required information; how far it is reached sets how strict each
look has to be [1]_.

References
----------
.. [1] Wetterslev, Thorlund, Brok & Gluud (2008). Journal of Clinical Epidemiology 61, 64-75.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from msc_meta.effects.arguments import Array, numbers, one_of
from msc_meta.errors import ArgumentError
from msc_meta.plain_values import plain_value
from msc_meta.pooling.random_effects import checked, pool
from msc_meta.pooling.results import Interval
from msc_meta.robustness.group_sequential import Boundaries, Futility, boundaries
from msc_meta.robustness.required_information import RequiredInformation, diversity, required_information

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

Spending = Literal["obrien-fleming", "pocock"]
ROUNDS: Final = 30
SETTLED: Final = 1e-4  # relative change of the information below which rounds end
Conclusion = Literal["benefit", "harm", "futility", "enough information without a difference", "more trials are needed"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SequentialAnalysis:
    """A cumulative meta-analysis with boundaries; arrays of shape (looks,), analysis scale.

    Attributes
    ----------
    study : tuple of str
        The trial that each look adds.
    n, fraction : numpy.ndarray
        Patients so far, and these as a part of the required information.
    estimate, se, z : numpy.ndarray
        Pool of the trials so far; ``z`` has the p-value of the pool's own test.
    upper, lower, futility : numpy.ndarray
        Boundaries of z. nan where a look adds less than ``least`` of the required information and is passed over, and
        after the look at which all of it was reached.
    plan : dict
        ``timing``, ``upper``, ``lower``, ``futility`` of the tested looks and of the one at full information.
    required : int
        Patients that are required, grown as ``adjust`` says and, with futility, by the inflation of its boundaries.
    information : RequiredInformation
        Before any inflation.
    conclusion : str
        Of the last look that was tested, or of an earlier one that crossed a boundary.
    naive : Interval
        Of all trials, as `pool` gives it at level ``1 - alpha``.
    adjusted : Interval
        Of all trials, at the width of the boundary of the last tested look; infinite where that boundary is.
    """

    study: tuple[str, ...]
    n: Array
    fraction: Array
    estimate: Array
    se: Array
    z: Array
    upper: Array
    lower: Array
    futility: Array
    plan: dict[str, Array]
    required: int
    information: RequiredInformation
    diversity: float
    conclusion: Conclusion
    at: str
    adjusted: Interval
    naive: Interval
    measure: str
    settings: dict[str, Any]

    def to_frame(self) -> pd.DataFrame:
        """Return one row per look."""
        import pandas as pd

        names = ("study", "n", "fraction", "estimate", "se", "z", "lower", "upper", "futility")
        return pd.DataFrame({name: getattr(self, name) for name in names})

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values, undefined and infinite numbers as None."""
        return {
            "measure": self.measure,
            "settings": self.settings,
            "required": self.required,
            "information": self.information.to_dict(),
            "diversity": self.diversity,
            "conclusion": self.conclusion,
            "at": self.at,
            "adjusted": plain_value(self.adjusted),
            "naive": plain_value(self.naive),
            "looks": plain_value(self.to_frame().to_dict("records")),
        }


def sequential_analysis(
    yi: ArrayLike,
    vi: ArrayLike,
    n: ArrayLike,
    *,
    measure: str,
    effect: float,
    better: Literal["lower", "higher"] = "lower",
    control_risk: float = math.nan,
    sd: float = math.nan,
    alpha: float = 0.05,
    beta: float = 0.2,
    spending: Spending = "obrien-fleming",
    futility: Futility = "none",
    adjust: Literal["d2", "i2", "none"] = "d2",
    method: str = "REML",
    ci_method: str = "wald",
    least: float = 0.01,
    study: Sequence[str] = (),
) -> SequentialAnalysis:
    """Look at the evidence again with each trial, with two-sided boundaries for repeated looks.

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Estimates on the analysis scale and sampling variances, in the order in which the trials became known.
    n : array_like, shape (k,)
        Patients of each trial, both arms together.
    measure, effect, control_risk, sd, alpha, beta
        As in `required_information`; ``effect`` on the scale that is shown.
    better : {"lower", "higher"}
        Which direction is good for patients.
    spending, futility
        As in `boundaries`.
    adjust : {"d2", "i2", "none"}
        What the required information is grown by; from all trials together.
    method, ci_method
        As in `pool`; a Hartung-Knapp test's p-value is turned into a z statistic.
    least : float
        A look that adds a smaller part of the required information is passed over.
    study : sequence of str, optional
        Names of the trials.

    Returns
    -------
    SequentialAnalysis

    Raises
    ------
    ArgumentError
        What `pool` and `required_information` refuse; no trial; as many sizes as trials are needed.

    Examples
    --------
    >>> done = sequential_analysis(
    ...     [-0.3, -0.1, -0.2], [0.05, 0.04, 0.03], [200, 250, 300], measure="RR", effect=0.8, control_risk=0.35
    ... )
    >>> done.required, done.conclusion
    (1383, 'more trials are needed')
    """
    y, v = checked(yi, vi)
    sizes = np.atleast_1d(numbers("n", n))
    if y.size == 0 or sizes.size != y.size or not (sizes > 0).all():
        raise ArgumentError(f"there are {y.size} trials and {sizes.size} sizes; one size above 0 is needed for each")
    names = tuple(study) or tuple(str(at) for at in range(1, y.size + 1))
    whole = pool(y, v, method, ci_method)
    d2, i2 = diversity(y, v, method), whole.i2_q / 100 if y.size > 1 else 0.0
    information = required_information(
        measure, effect, control_risk=control_risk, sd=sd, alpha=alpha, beta=beta, d2=_below_one(d2),
        i2=_below_one(i2), tau2=whole.tau2 if y.size > 1 else None,
    )  # fmt: skip
    by_choice = {"d2": information.by_diversity, "i2": information.by_i2, "none": information.fixed}
    required = by_choice[one_of("adjust", adjust, by_choice)]
    assert required is not None
    total = np.cumsum(sizes)
    most, looks, made = _planned(total, required, least, alpha, spending, futility, beta)
    fits = [pool(y[: at + 1], v[: at + 1], method, ci_method, 1 - alpha) for at in range(y.size)]
    estimate, se, z = (np.array(values) for values in zip(*((f.estimate, f.se, _z(f)) for f in fits), strict=True))
    upper, lower, inner = (np.full(y.size, np.nan) for _ in range(3))
    for array, bound in ((upper, made.upper), (lower, made.lower), (inner, made.futility)):
        array[looks] = bound[: len(looks)]
    conclusion, where = _conclusion(z, upper, inner, looks, better, reached=bool(total[looks[-1]] >= most))
    half = _quantile(fits[-1], float(upper[looks[-1]])) * fits[-1].se
    return SequentialAnalysis(
        study=names, n=total, fraction=total / most, estimate=estimate, se=se, z=z, upper=upper, lower=lower,
        futility=inner, plan={name: getattr(made, name) for name in ("timing", "upper", "lower", "futility")},
        required=math.ceil(most - 1e-6), information=information, diversity=d2, conclusion=conclusion,
        at=names[where], adjusted=Interval(fits[-1].estimate - half, fits[-1].estimate + half),
        naive=fits[-1].ci, measure=measure,
        settings={
            "effect": effect, "control_risk": plain_value(control_risk), "sd": plain_value(sd), "alpha": alpha,
            "beta": beta, "spending": spending, "futility": futility, "adjust": adjust, "method": method,
            "ci_method": ci_method, "least": least,
        },
    )  # fmt: skip


def _below_one(share: float) -> float:
    return min(share, 1 - 1e-9)


def _tested(fraction: Array, least: float) -> list[int]:
    """Return the looks that add enough information to be tested, up to the one that reaches all of it."""
    looks: list[int] = []
    before = 0.0
    for at, now in enumerate(fraction.tolist()):
        if now - before >= least or now >= 1 or not looks:
            looks.append(at)
            before = now
        if now >= 1:
            break
    return looks


def _planned(
    total: Array, required: int, least: float, alpha: float, spending: Spending, futility: Futility, beta: float
) -> tuple[float, list[int], Boundaries]:
    """Return the most information that the plan may need, the looks that are tested, and their boundaries.

    Futility boundaries ask for more information, which makes each look a smaller part of it, which moves them again:
    this settles within a few rounds.
    """
    most = float(required)
    for _ in range(ROUNDS):
        looks = _tested(total / most, least)
        timing = np.minimum(total[looks] / most, 1.0)
        planned = timing if timing[-1] == 1 else np.append(timing, 1.0)
        made = boundaries(planned.tolist(), alpha, spending=spending, futility=futility, beta=beta)
        if abs(required * made.inflation - most) <= SETTLED * most:
            break
        most = required * made.inflation
    return most, looks, made


def _z(fit: Any) -> float:
    from scipy.special import ndtri

    if fit.df is None or math.isnan(fit.statistic):
        return float(fit.statistic)
    return math.copysign(-float(ndtri(fit.p_value / 2)), fit.statistic)


def _quantile(fit: Any, bound: float) -> float:
    """Return the statistic of the pool's own test with the p-value that a boundary of z has."""
    from scipy.special import ndtr, stdtrit

    return bound if fit.df is None else -float(stdtrit(fit.df, ndtr(-bound)))


def _conclusion(
    z: Array, upper: Array, inner: Array, looks: Sequence[int], better: str, *, reached: bool
) -> tuple[Conclusion, int]:
    """Return what the first look that crosses a boundary says, or else the last one."""
    good = 1.0 if better == "higher" else -1.0
    for at in looks:
        if abs(z[at]) >= upper[at]:
            return ("benefit" if z[at] * good > 0 else "harm"), at
        if abs(z[at]) < inner[at]:
            return "futility", at
    return ("enough information without a difference" if reached else "more trials are needed"), looks[-1]
