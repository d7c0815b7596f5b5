"""Beta-binomial regression of events on the arm: a common effect, with risks that vary over the arms of studies."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from msc_meta.effects.arguments import Array, level_of, one_of
from msc_meta.pooling.counts import Counts, counts_of, left_out
from msc_meta.pooling.maximum import LogLikelihood, maximum, without_spread
from msc_meta.pooling.one_stage import OneStageResult, wald

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

LINKS: Final = {"OR": "logit", "RR": "log", "RD": "identity"}
SPREAD: Final = 2  # place of the overdispersion among the parameters


def beta_binomial(
    event_e: ArrayLike,
    n_e: ArrayLike,
    event_c: ArrayLike,
    n_c: ArrayLike,
    measure: str = "OR",
    level: float = 0.95,
) -> OneStageResult:
    """Pool two-by-two tables by beta-binomial regression on the arm [1]_, by maximum likelihood.

    Parameters
    ----------
    event_e, n_e, event_c, n_c : array_like, shape (k,)
        Patients with the event, and patients, of each arm; whole numbers.
    measure : {"OR", "RR", "RD"}
        Effect, by the link logit, log or identity.
    level : float
        Level of the interval.

    Returns
    -------
    OneStageResult
        Natural log for ratios; ``rho`` is the correlation within an arm, 0 where the counts are no more variable than
        binomial ones; ``tau2`` is nan. nan with a note where an arm has no event, or events only, in all studies.

    Raises
    ------
    ArgumentError
        Events outside 0 to n, n not above 0, a fraction of a patient, an unknown measure.

    Notes
    -----
    Events of every arm are beta-binomial with the mean risk of treatment or control and one ``rho``. Double-zero
    studies take part. Arms of one study count as independent, so that the randomised comparison within studies is not
    kept: a marginal effect. With one mean per arm the three links are the same model; estimate and
    standard error of each are those of the two risks, transformed. The likelihood is a product over patients,
    ``(risk + j g) / (1 + j g)`` with ``g = rho / (1 - rho)``, which stays exact at rho = 0.

    References
    ----------
    .. [1] Kuss (2015). Statistics in Medicine 34, 1097-1116.

    Examples
    --------
    >>> result = beta_binomial([1, 3, 0, 7], [20, 40, 30, 60], [5, 4, 3, 9], [20, 40, 30, 60])
    >>> round(result.estimate, 3), round(result.rho, 3), result.k
    (-0.721, 0.0, 4)
    """
    one_of("measure", measure, LINKS)
    tables, complete = counts_of(event_e, n_e, event_c, n_c, whole=True)
    everything = np.ones(tables.k, dtype=bool)
    notes = left_out(tables, complete, everything)
    frame = OneStageResult(
        model="beta-binomial", method="ML", measure=measure, k=tables.k, level=level_of(level), notes=notes
    )
    if not tables.k or any(tables.all_zero(cell) for cell in ("a", "b", "c", "d")):
        why = "an arm has no events, or events only, in all studies" if tables.k else "no study"
        return replace(frame, notes=(*notes, f"Not estimable: {why}."))
    log_likelihood = _log_likelihood(tables)
    start = [math.log(x.sum() / y.sum()) for x, y in ((tables.a, tables.b), (tables.c, tables.d))]
    found = maximum(log_likelihood, np.array([[*start, spread] for spread in (0.1, 0.4)]))
    if without_spread(log_likelihood, found, SPREAD):
        binomial = maximum(lambda p: log_likelihood(np.insert(p, SPREAD, 0.0, axis=1)), np.array([start]))
        logits, covariance, growth, value = binomial.point, binomial.covariance([0, 1]), 0.0, binomial.value
    else:
        logits, covariance = found.point[:SPREAD], found.covariance([0, 1, SPREAD])[:SPREAD, :SPREAD]
        growth, value = float(found.point[SPREAD]) ** 2, found.value
    estimate, gradient = _effect(measure, logits)
    variance = float(gradient @ covariance @ gradient)
    if not variance > 0:
        return replace(frame, notes=(*notes, "Not estimable: the likelihood is flat at its maximum."))
    fit = wald(estimate, math.sqrt(variance), frame.level)
    return replace(frame, rho=growth / (1 + growth), log_likelihood=value, **fit)


def _effect(measure: str, logits: Array) -> tuple[float, Array]:
    """Return the effect of two log odds, treatment and control, and its derivatives by them."""
    risks = 1 / (1 + np.exp(-logits))
    signs = np.array([1.0, -1.0])
    value, slope = {
        "OR": (logits, np.ones(2)),
        "RR": (np.log(risks), 1 - risks),
        "RD": (risks, risks * (1 - risks)),
    }[measure]
    return float(signs @ value), signs * slope


def _log_likelihood(t: Counts) -> LogLikelihood:
    """Return the log-likelihood of (log odds of treatment, log odds of control, sqrt(g))."""
    from scipy.special import gammaln

    constant = sum(
        float((gammaln(n + 1) - gammaln(y + 1) - gammaln(n - y + 1)).sum()) for y, n in ((t.a, t.n1), (t.c, t.n2))
    )
    above = [_counts_above(cell) for cell in (t.a, t.b, t.c, t.d, np.concatenate((t.n1, t.n2)))]

    def log_likelihood(parameters: Array) -> Array:
        growth = parameters[:, SPREAD : SPREAD + 1] ** 2
        e, c = (1 / (1 + np.exp(-parameters[:, i : i + 1])) for i in (0, 1))
        value = np.full(parameters.shape[0], constant)
        for first, (j, arms), sign in zip((e, 1 - e, c, 1 - c, np.ones_like(e)), above, (1, 1, 1, 1, -1), strict=True):
            value = value + sign * (np.log(first + j * growth) @ arms)
        return value

    return log_likelihood


def _counts_above(cells: Array) -> tuple[Array, Array]:
    """Return points j and weights for a sum over j = 0, 1, ... of f(j), each as often as cells are above j.

    Every j up to 128, then blocks of at most a sixteenth of j with three points: the Gauss rule of a sum over
    consecutive numbers, exact for polynomials of degree 5 (and for blocks of three or less). For f = log(risk + j g)
    what is left is below 4e-12 per patient, and a trial of 90,000 costs 300 points.
    """
    top = cells.max()
    steps = np.floor(128 * (17 / 16) ** np.arange(max(0.0, 16.5 * np.log(max(top, 1) / 128) + 2)))
    edges = np.unique(np.concatenate((np.arange(min(top, 128)), steps, cells, [0.0])))
    edges = edges[edges <= top]
    first, size = edges[:-1], np.diff(edges)
    above = (cells[:, None] > first).sum(axis=0) * size
    middle, reach = first + (size - 1) / 2, np.sqrt(np.maximum(3 * size**2 - 7, 1) / 20)
    outer = (size**2 - 1) / 24 / reach**2
    points = np.concatenate((middle - reach * (size > 1), middle, middle + reach * (size > 1)))
    return points, np.concatenate((outer * above, (1 - 2 * outer) * above, outer * above))
