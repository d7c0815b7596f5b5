"""Generalised linear mixed models of two-by-two tables: the log odds ratio from the counts, without corrections."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from msc_meta.effects.arguments import Array, level_of, one_of
from msc_meta.pooling.counts import Counts, counts_of, left_out
from msc_meta.pooling.maximum import LogLikelihood, Maximum, maximum, without_spread
from msc_meta.pooling.one_stage import OneStageResult, wald
from msc_meta.pooling.table_likelihoods import (
    conditional_approximate,
    conditional_exact,
    unconditional_fixed,
    unconditional_random,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

METHODS: Final = ("ML", "EE")
NODES: Final = 7  # metafor's default
NODES_EXACT: Final = 21
MANY_TERMS: Final = 1000
FURTHEST: Final = 30.0  # a log odds ratio or a standard deviation beyond it is on its way to infinity


@dataclass(frozen=True, slots=True)
class Model:
    """A likelihood of tables and the places of its parameters; ``sigma`` is None where study effects are not random."""

    likelihood: Callable[[Counts], LogLikelihood]
    theta: int = 0
    tau: int = 1
    sigma: int | None = None


MODELS: Final[dict[str, Model]] = {
    "UM.FS": Model(lambda tables: unconditional_fixed(tables, NODES)),
    "UM.RS": Model(unconditional_random, theta=1, tau=2, sigma=3),
    "CM.AL": Model(lambda tables: conditional_approximate(tables, NODES)),
    "CM.EL": Model(lambda tables: conditional_exact(tables, NODES_EXACT)),
}


def glmm(
    event_e: ArrayLike,
    n_e: ArrayLike,
    event_c: ArrayLike,
    n_c: ArrayLike,
    model: str = "UM.FS",
    method: str = "ML",
    level: float = 0.95,
) -> OneStageResult:
    """Pool log odds ratios by a model of the counts with normal heterogeneity [1]_ [2]_.

    Parameters
    ----------
    event_e, n_e, event_c, n_c : array_like, shape (k,)
        Patients with the event, and patients, of each arm; whole numbers.
    model : {"UM.FS", "UM.RS", "CM.AL", "CM.EL"}
        Unconditional with fixed study effects; unconditional with random study effects; conditional on the events of
        each study with the approximate (binomial) likelihood, for rare events only; conditional with the exact
        (noncentral hypergeometric) likelihood.
    method : {"ML", "EE"}
        Maximum likelihood with heterogeneity, or with a common effect (tau2 = 0).
    level : float
        Level of the interval.

    Returns
    -------
    OneStageResult
        Natural log. nan with a note where the likelihood has no maximum: all tables favour one arm without exception
        (an empty arm throughout), or nothing keeps tau2 from growing. One study is fitted with a common effect.

    Raises
    ------
    ArgumentError
        Events outside 0 to n, n not above 0, a fraction of a patient, an unknown name.

    Notes
    -----
    Arms are coded -1/2 and 1/2 and study effects are independent of the treatment's, as in metafor's ``rma.glmm``.
    Studies without events in both arms, or with events only, are not used: in the conditional and the fixed-effects
    models they say nothing, and UM.RS follows metafor in leaving them out. The integral over a study's effect is
    adaptive Gauss-Hermite with 7 nodes (CM.EL 21), for UM.RS Laplace's approximation. ``log_likelihood`` is that of the
    model; metafor reports for "ML" with more than one node the likelihood at the studies' conditional modes, which
    is larger and not comparable with that of other models.

    References
    ----------
    .. [1] Stijnen, Hamza & Ozdemir (2010). Statistics in Medicine 29, 3046-3067.
    .. [2] Jackson, Law, Stijnen, Viechtbauer & White (2018). Statistics in Medicine 37, 1059-1085.

    Examples
    --------
    >>> result = glmm([1, 3, 0, 7], [20, 40, 30, 60], [5, 4, 3, 9], [20, 40, 30, 60], model="CM.EL")
    >>> round(result.estimate, 3), round(result.tau2, 3), result.k
    (-0.722, 0.0, 4)
    """
    chosen = MODELS[one_of("model", model, MODELS)]
    one_of("method", method, METHODS)
    given, complete = counts_of(event_e, n_e, event_c, n_c, whole=True)
    tables, level = given.where(given.informative), level_of(level)
    notes = left_out(given, complete, given.informative)
    common = method == "EE" or tables.k == 1
    if method == "ML" and tables.k == 1:
        notes += ("One study: a common effect; heterogeneity can not be estimated.",)
    frame = OneStageResult(model=model, method=method, measure="OR", k=tables.k, level=level, notes=notes)
    obstacle = _obstacle(model, tables, common)
    if obstacle:
        return _not_estimable(frame, obstacle)
    log_likelihood = chosen.likelihood(tables)
    found = None
    if not common:
        starts = _starts_of_large_tables(tables) if model == "CM.EL" and _is_large(tables) else None
        found = maximum(log_likelihood, _starts(chosen, tables, common) if starts is None else starts)
    if found is None or without_spread(log_likelihood, found, chosen.tau):
        found = _with_common_effect(chosen, log_likelihood, tables)
    frame = replace(frame, **_spreads(chosen, log_likelihood, found))
    if method == "ML" and tables.k == 1:
        frame = replace(frame, tau2=math.nan)
    return _with_effect(frame, chosen, found)


def _with_effect(frame: OneStageResult, model: Model, found: Maximum) -> OneStageResult:
    """Return the frame with the effect, unless the search ended on its way to infinity or on a flat top."""
    if np.abs(found.point).max() > FURTHEST:
        return _not_estimable(frame, "the likelihood grows without end")
    # a standard deviation of 0 is at its bound: the others do not depend on it there
    spreads = {model.tau: frame.tau2, model.sigma: frame.sigma2}
    free = [i for i in range(found.point.size) if spreads.get(i, 1.0) > 0]
    variance = float(found.covariance(free)[free.index(model.theta), free.index(model.theta)])
    if not variance > 0:
        return _not_estimable(frame, "the likelihood is flat at its maximum")
    effect = wald(float(found.point[model.theta]), math.sqrt(variance), frame.level)
    return replace(frame, log_likelihood=found.value, **effect)


def _with_common_effect(model: Model, log_likelihood: LogLikelihood, tables: Counts) -> Maximum:
    """Return the maximum at tau = 0, with all parameters in their places."""
    places = [i for i in range(4 if model.sigma else 2) if i != model.tau]

    def without_tau(parameters: Array) -> Array:
        return log_likelihood(np.insert(parameters, model.tau, 0.0, axis=1))

    found = maximum(without_tau, _starts(model, tables, common=True)[:, places])
    hessian = np.zeros((len(places) + 1, len(places) + 1))
    hessian[np.ix_(places, places)] = found.hessian
    return Maximum(np.insert(found.point, model.tau, 0.0), found.value, hessian)


def _starts(model: Model, tables: Counts, common: bool) -> Array:
    """Return where the search sets out: the odds ratio of all tables together, with little, more and much spread."""
    e, c = (math.log((events.sum() + 0.5) / (others.sum() + 0.5)) for events, others in
            ((tables.a, tables.b), (tables.c, tables.d)))  # fmt: skip
    taus = (0.0,) if common else (0.2, 0.8, 2.0)
    if model.sigma is None:
        return np.array([[e - c, tau] for tau in taus])
    return np.array([[c, e - c, tau, sigma] for tau in taus for sigma in (0.3, 1.0)])


def _is_large(tables: Counts) -> bool:
    """Whether an exact likelihood has so many terms that one start has to do."""
    return float(np.minimum(tables.n1, tables.events).sum()) > MANY_TERMS


def _starts_of_large_tables(tables: Counts) -> Array:
    """Return the maximum of UM.FS, which large tables share but for the last digits, away from tau = 0."""
    near = maximum(MODELS["UM.FS"].likelihood(tables), _starts(MODELS["UM.FS"], tables, common=False)).point
    return np.array([[near[0], max(abs(float(near[1])), 0.1)]])


def _spreads(model: Model, log_likelihood: LogLikelihood, found: Maximum) -> dict[str, Any]:
    """Return tau2, and sigma2 where study effects are random; exactly 0 where that is as likely."""
    spreads = {"tau2": float(found.point[model.tau] ** 2)}
    if model.sigma is not None:
        none = without_spread(log_likelihood, found, model.sigma)
        spreads["sigma2"] = 0.0 if none else float(found.point[model.sigma] ** 2)
    return spreads


def _not_estimable(frame: OneStageResult, why: str) -> OneStageResult:
    blank: dict[str, Any] = {"tau2": math.nan, "sigma2": math.nan, "log_likelihood": math.nan}
    return replace(frame, notes=(*frame.notes, f"Not estimable: {why}."), **blank)


def _obstacle(model: str, tables: Counts, common: bool) -> str:
    """Say why the likelihood has no maximum, "" where it has one.

    A table at the end of its range, given the margins, is the more likely the further its effect lies out. Tables
    strictly inside hold the mean and the spread of effects; without any, opposite ends drive tau2 to infinity.
    """
    if tables.k == 0:
        return "no study has both patients with the event and patients without"
    if model == "UM.RS":
        empty = any(tables.all_zero(cell) for cell in ("a", "b", "c", "d"))
        return "an arm has no events, or events only, in all studies" if empty else ""
    lowest, highest = tables.a == 0, tables.c == 0
    if model != "CM.AL":
        lowest, highest = lowest | (tables.d == 0), highest | (tables.b == 0)
    if lowest.all() or highest.all():
        return "every study has the smallest odds ratio that its margins allow, or every one the largest"
    if not common and (lowest | highest).all():
        return "every study has an arm without events or with events only, so that nothing bounds tau2"
    return ""
