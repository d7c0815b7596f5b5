"""The next trial: what a trial of a given size would make of today's evidence.

A trial is simulated arm by arm, its effect is computed as that of any other trial, and the evidence is pooled again
with it. What is asked is not whether the new trial alone is large enough, but whether all trials together would settle
the question [1]_.

References
----------
.. [1] Sutton, Cooper, Jones, Lambert, Thompson & Abrams (2007). Statistics in Medicine 26, 2479-2500; extended funnel
   plot: Langan, Higgins, Gregory & Sutton (2012). Journal of Clinical Epidemiology 65, 511-519.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from msc_meta.blocks import Block, Progress, blocks, run_blocks
from msc_meta.effects.arguments import Array, level_of, number, one_of
from msc_meta.errors import ArgumentError
from msc_meta.pooling.batch import pool_batch
from msc_meta.pooling.random_effects import checked, pool
from msc_meta.robustness.simulated_trial import Trial, checked_trial, drawn_effects

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

    from msc_meta.pooling.bayesian import BayesResult
    from msc_meta.pooling.posteriors import Mixture

BLOCK: Final = 4000  # trials at a time, each with a seed of its block
LARGEST: Final = 2**20  # patients of a trial that is looked for
SIMULATED: Final = ("RR", "OR", "RD", "MD", "SMD", "ROM")


@dataclass(frozen=True, slots=True, kw_only=True)
class NextTrial:
    """What a trial would make of the evidence.

    Attributes
    ----------
    probability : float
        That the interval of the updated pool lies wholly on the better side of ``beyond``.
    against : float
        That it lies wholly on the worse side of no effect.
    alone : float
        That the new trial's own Wald interval lies wholly on the better side of ``beyond``.
    mc_error : float
        Standard error of ``probability``, from the number of simulations.
    not_estimable : float
        Share of simulated trials without an effect, as those without any event: they leave the evidence as it is.
    estimate : tuple of float
        2.5th, 50th and 97.5th percentile of the updated estimate, analysis scale.
    today : bool
        Whether the evidence of today already excludes ``beyond`` on the better side.
    """

    trial: Trial
    probability: float
    against: float
    alone: float
    mc_error: float
    not_estimable: float
    estimate: tuple[float, float, float]
    today: bool
    simulations: int
    seed: int

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values."""
        names = ("probability", "against", "alone", "mc_error", "not_estimable", "today", "simulations", "seed")
        arms = {"n": self.trial.n, "n_e": self.trial.n_e, "n_c": self.trial.n_c}
        return arms | {name: getattr(self, name) for name in names} | {"estimate": list(self.estimate)}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evidence:
    """Today's trials, how they are pooled, and what is asked of the pool.

    Attributes
    ----------
    yi, vi : numpy.ndarray, shape (k,)
        Estimates and sampling variances, analysis scale.
    better : {"lower", "higher"}
        Which direction is good for patients.
    beyond : float
        What the updated interval is to exclude, analysis scale: 0 for no effect, or a minimal important difference.
    effect : float, "predictive" or posterior
        True effect of the new trial: fixed; drawn from the predictive distribution of the pool (t with k - 1 degrees of
        freedom, as in Higgins, Thompson & Spiegelhalter 2009); or drawn from the Bayesian one.
    """

    yi: Array
    vi: Array
    measure: str
    better: Literal["lower", "higher"] = "lower"
    beyond: float = 0.0
    effect: float | Literal["predictive"] | Mixture = "predictive"
    method: str = "REML"
    ci_method: str = "hksj"
    level: float = 0.95

    @property
    def sign(self) -> float:
        """1 where higher is better, else -1."""
        return 1.0 if self.better == "higher" else -1.0

    def draw(self, random: np.random.Generator, size: int) -> Array:
        """Return true effects of trials to come, shape (size,)."""
        if isinstance(self.effect, float | int):
            return np.full(size, float(self.effect))
        if self.effect == "predictive":
            today = pool(self.yi, self.vi, self.method, "wald", self.level)
            spread = math.sqrt(today.se**2 + (today.tau2 if today.k > 1 else 0.0))
            steps = random.standard_t(today.k - 1, size) if today.k > 1 else random.standard_normal(size)
            return today.estimate + spread * steps
        mixture: Any = self.effect
        part = random.choice(mixture.weights.size, size=size, p=mixture.weights / mixture.weights.sum())
        drawn: Array = random.normal(mixture.means[part], mixture.sds[part])
        return drawn

    def excludes(self, low: Array, high: Array, bound: float, sign: float) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Return which intervals lie wholly on one side of a bound."""
        return (low > bound) if sign > 0 else (high < bound)


def next_trial(
    yi: ArrayLike,
    vi: ArrayLike,
    trial: Trial,
    *,
    measure: str,
    better: Literal["lower", "higher"] = "lower",
    beyond: float = 0.0,
    effect: float | Literal["predictive"] | BayesResult = "predictive",
    method: str = "REML",
    ci_method: str = "hksj",
    level: float = 0.95,
    simulations: int = 10_000,
    seed: int = 1,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> NextTrial:
    """Simulate one more trial, many times, and pool the evidence with each.

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Today's estimates on the analysis scale (natural log for ratios) and sampling variances.
    trial : Trial
        Size of the arms, and what is assumed of the control arm.
    measure : {"RR", "OR", "RD", "MD", "SMD", "ROM"}
        Effect measure; tables with a zero cell get 0.5 in each cell (for RD this makes the variance only), those
        without any event have no ratio.
    better, beyond, effect
        As in `Evidence`; a `BayesResult` stands for its predictive distribution.
    method, ci_method, level
        As in `pool`, for the updated evidence.
    simulations, seed : int
        How many trials are drawn, and from where; blocks of trials have a seed each, so that the same trials are drawn
        for every size.
    executor, progress
        As in `run_blocks`.

    Returns
    -------
    NextTrial

    Raises
    ------
    ArgumentError
        No study, an arm of fewer than two patients, a risk that is not between 0 and 1, a measure that is not listed.

    Examples
    --------
    >>> trial = Trial(n_e=200, n_c=200, control_risk=0.4)
    >>> found = next_trial([-0.4, -0.1, -0.3], [0.1, 0.05, 0.2], trial, measure="RR", effect=-0.3, simulations=2000)
    >>> found.simulations, 0 <= found.probability <= 1
    (2000, True)
    """
    evidence = _evidence(
        yi, vi, measure, better=better, beyond=beyond, effect=effect, method=method, ci_method=ci_method, level=level
    )
    return _simulated(evidence, checked_trial(trial, measure), simulations, seed, executor, progress)


def power_curve(
    yi: ArrayLike, vi: ArrayLike, trial: Trial, sizes: Sequence[int], *, measure: str, simulations: int = 10_000,
    seed: int = 1, executor: Executor | None = None, progress: Progress | None = None, **asked: Any,
) -> pd.DataFrame:  # fmt: skip
    """Return the answer of `next_trial` for several sizes, a row each, from the same random numbers.

    Parameters
    ----------
    sizes : sequence of int
        Patients of both arms together, 4 or more.
    asked
        ``better``, ``beyond``, ``effect``, ``method``, ``ci_method`` and ``level`` of `next_trial`.

    Returns
    -------
    pandas.DataFrame
        ``n``, ``n_e``, ``n_c``, ``probability``, ``mc_error``, ``against``, ``alone``, ``not_estimable``.

    Examples
    --------
    >>> trial = Trial(n_e=200, n_c=200, control_risk=0.4)
    >>> curve = power_curve([-0.4, -0.1, -0.3], [0.1, 0.05, 0.2], trial, [100, 400], measure="RR", simulations=500)
    >>> list(curve["n_e"])
    [50, 200]
    """
    import pandas as pd

    evidence = _evidence(yi, vi, measure, **asked)
    rows = [
        _simulated(evidence, checked_trial(trial.of_size(n), measure), simulations, seed, executor, progress).to_dict()
        for n in sizes
    ]
    columns = ["n", "n_e", "n_c", "probability", "mc_error", "against", "alone", "not_estimable"]
    return pd.DataFrame(rows, columns=columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallestTrial:
    """The smallest trial that reaches a probability; ``found`` is None where no trial does.

    ``limit`` is the probability that a trial without sampling error, and of any size, would reach: where trials differ
    in their true effects, more patients in one trial can not buy more.
    """

    found: NextTrial | None
    limit: float
    target: float


def smallest_trial(
    yi: ArrayLike, vi: ArrayLike, trial: Trial, *, measure: str, target: float = 0.8, simulations: int = 10_000,
    seed: int = 1, executor: Executor | None = None, progress: Progress | None = None, **asked: Any,
) -> SmallestTrial:  # fmt: skip
    """Return the smallest size at which the updated evidence settles the question with a probability of ``target``.

    Sizes are doubled from 8 patients until one reaches the target, then halved in to one percent; where Monte Carlo
    error is larger than the differences between sizes, so is the uncertainty of the size. Parameters as in
    `power_curve`.

    Returns
    -------
    SmallestTrial

    Examples
    --------
    >>> trial = Trial(n_e=200, n_c=200, control_risk=0.4)
    >>> evidence = [-0.4, -0.1, -0.3], [0.1, 0.05, 0.2]
    >>> answer = smallest_trial(*evidence, trial, measure="RR", effect=-0.3, target=0.5, simulations=500)
    >>> answer.found is not None and answer.found.probability >= 0.5, round(answer.limit, 1)
    (True, 1.0)
    """
    if not 0 < target < 1:
        raise ArgumentError(f"target is {target!r}; a probability between 0 and 1 is needed")
    evidence = _evidence(yi, vi, measure, **asked)

    def at(n: int) -> NextTrial:
        return _simulated(evidence, checked_trial(trial.of_size(n), measure), simulations, seed, executor, progress)

    limit = at(LARGEST).probability
    if limit < target:
        return SmallestTrial(found=None, limit=limit, target=target)
    high = 8
    while (found := at(high)).probability < target:
        high *= 2
    low = high // 2
    while high - low > max(2, high // 100):
        middle = (low + high) // 2
        tried = at(middle)
        low, high, found = (low, middle, tried) if tried.probability >= target else (middle, high, found)
    return SmallestTrial(found=found, limit=limit, target=target)


def extended_funnel(
    yi: ArrayLike, vi: ArrayLike, effects: ArrayLike, errors: ArrayLike, method: str = "REML", ci_method: str = "hksj",
    level: float = 0.95, beyond: float = 0.0,
) -> Array:  # fmt: skip
    """Return what one more study would make of the pool, for every effect and standard error that it might have.

    Parameters
    ----------
    effects, errors : array_like, shape (m,) and (n,)
        Effects (analysis scale) and standard errors of the new study.

    Returns
    -------
    numpy.ndarray, shape (n, m)
        1 where the updated interval lies wholly above ``beyond``, -1 where it lies wholly below, else 0.

    Examples
    --------
    >>> extended_funnel([-0.4, -0.1, -0.3], [0.1, 0.05, 0.2], effects=[-0.5, 0.0], errors=[0.05, 0.5])
    array([[-1.,  0.],
           [ 0.,  0.]])
    """
    y, v = checked(yi, vi)
    x, s = np.meshgrid(np.asarray(effects, dtype=np.float64), np.asarray(errors, dtype=np.float64))
    updated = _with_one_more(y, v, x.ravel(), s.ravel() ** 2)
    batch = pool_batch(*updated, method, ci_method, level)
    side: Array = (batch.ci_low > beyond).astype(float) - (batch.ci_high < beyond)
    return side.reshape(x.shape)


def _evidence(
    yi: ArrayLike, vi: ArrayLike, measure: str, *, better: Literal["lower", "higher"] = "lower", beyond: float = 0.0,
    effect: float | Literal["predictive"] | BayesResult = "predictive", method: str = "REML", ci_method: str = "hksj",
    level: float = 0.95,
) -> Evidence:  # fmt: skip
    y, v = checked(yi, vi)
    if y.size == 0:
        raise ArgumentError("there is no study; evidence to be updated needs one or more")
    one_of("measure", measure, SIMULATED)
    one_of("better", better, ("lower", "higher"))
    true: Any = effect
    if isinstance(effect, str):
        one_of("effect", effect, ("predictive",))
    else:
        true = number("effect", effect) if isinstance(effect, float | int) else effect.prediction.distribution
    return Evidence(
        yi=y, vi=v, measure=measure, better=better, beyond=number("beyond", beyond), effect=true, method=method,
        ci_method=ci_method, level=level_of(level),
    )  # fmt: skip


def _simulated(
    evidence: Evidence, trial: Trial, simulations: int, seed: int, executor: Executor | None, progress: Progress | None
) -> NextTrial:
    if simulations < 1:
        raise ArgumentError(f"simulations is {simulations}; at least one is needed")
    work = partial(_simulate_block, evidence=evidence, trial=trial)
    found = np.concatenate(list(run_blocks(work, blocks(simulations, BLOCK, seed), executor, progress)), axis=1)
    estimate, low, high, own_low, own_high = found
    excluded = evidence.excludes(low, high, evidence.beyond, evidence.sign)
    today = pool(evidence.yi, evidence.vi, evidence.method, evidence.ci_method, evidence.level).ci
    probability = float(excluded.mean())
    q = np.quantile(estimate, [0.025, 0.5, 0.975]).tolist()
    return NextTrial(
        trial=trial,
        probability=probability,
        against=float(evidence.excludes(low, high, 0.0, -evidence.sign).mean()),
        alone=float(evidence.excludes(own_low, own_high, evidence.beyond, evidence.sign).mean()),
        mc_error=math.sqrt(probability * (1 - probability) / simulations),
        not_estimable=float(np.isnan(own_low).mean()),
        estimate=(q[0], q[1], q[2]),
        today=bool(evidence.excludes(np.array(today.low), np.array(today.high), evidence.beyond, evidence.sign)),
        simulations=simulations,
        seed=seed,
    )


def _simulate_block(block: Block, evidence: Evidence, trial: Trial) -> Array:
    """Return updated estimates and intervals, and the new trials' own intervals, shape (5, trials)."""
    from scipy.special import ndtri

    random = block.generator()
    y, v = drawn_effects(evidence.draw(random, block.size), evidence.measure, trial, random)
    batch = pool_batch(
        *_with_one_more(evidence.yi, evidence.vi, y, v), evidence.method, evidence.ci_method, evidence.level
    )
    half = -float(ndtri((1 - evidence.level) / 2)) * np.sqrt(v)
    return np.stack([batch.estimate, batch.ci_low, batch.ci_high, y - half, y + half])


def _with_one_more(yi: Array, vi: Array, y: Array, v: Array) -> tuple[Array, Array]:
    """Return the evidence once for each new study, which stands last; one without an effect is left out."""
    gone = np.isnan(y) | np.isnan(v)
    tables = []
    for values, new in ((yi, y), (vi, v)):
        table = np.empty((new.size, values.size + 1))
        table[:, :-1], table[:, -1] = values, np.where(gone, np.nan, new)
        tables.append(table)
    return tables[0], tables[1]
