"""Log-likelihoods of two-by-two tables under a normal distribution of log odds ratios over studies.

Each function takes the tables and returns a log-likelihood of many parameter vectors at once (`maximum`). The integral
over a study's own effect is adaptive Gauss-Hermite: its nodes sit about the mode of the integrand, at its curvature.
The effect is written mean + tau z with z standard normal, so that nothing happens at tau = 0.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from msc_meta.effects.arguments import Array
from msc_meta.pooling.counts import Counts
from msc_meta.pooling.maximum import LogLikelihood

# value, slope and curvature of a study's log-likelihood at effects of shape (m, k) or (m, k, nodes)
Study = Callable[[Array], tuple[Array, Array, Array]]


def unconditional_fixed(t: Counts, nodes: int) -> LogLikelihood:
    """Logistic regression with a fixed effect per study, over (theta, tau); the study effects are at their maximum.

    Arms are at ``alpha_i +- (theta + tau z) / 2``. Given theta and tau each alpha_i has a likelihood of its own, which
    is why k + 2 parameters are no harder than two.
    """
    constant = float((_log_choose(t.n1, t.a) + _log_choose(t.n2, t.c)).sum())
    start = np.log((t.events + 0.5) / (t.n - t.events + 0.5))
    a, n1, c, n2 = (cell[:, None] for cell in (t.a, t.n1, t.c, t.n2))  # a last axis for nodes
    x, weights = _hermite(nodes)

    def log_likelihood(parameters: Array) -> Array:
        theta, tau = parameters[:, :1, None], parameters[:, 1:2, None]
        alpha = np.broadcast_to(start, (parameters.shape[0], start.size))[..., None]
        z = np.zeros_like(alpha)
        value = alpha[..., 0]
        for turn in range(40):
            z, spread = _mode((a, n1, c, n2), alpha, theta, tau, z, passes=12 if turn == 0 else 2)
            at = z + spread * x
            half = (theta + tau * at) / 2
            high, low = alpha + half, alpha - half
            p1, p2 = _expit(high), _expit(low)
            inner = a * high - n1 * _softplus(high) + c * low - n2 * _softplus(low) - at**2 / 2 + x**2 / 2
            top = inner.max(axis=-1, keepdims=True)
            share = weights * np.exp(inner - top)
            total = share.sum(axis=-1, keepdims=True)
            value = (top + np.log(total) + np.log(spread))[..., 0]
            share /= total
            pull = a + c - n1 * p1 - n2 * p2
            slope = (share * pull).sum(axis=-1, keepdims=True)
            bend = (share * (n1 * p1 * (1 - p1) + n2 * p2 * (1 - p2))).sum(axis=-1, keepdims=True)
            bend = bend - (share * (pull - slope) ** 2).sum(axis=-1, keepdims=True)
            step = np.clip(slope / np.maximum(bend, 1e-6 * (n1 + n2)), -2, 2)
            alpha = alpha + step
            if float(np.abs(step).max()) < 1e-9:
                break
        result: Array = value.sum(axis=-1) + constant
        return result

    return log_likelihood


def _mode(
    arms: tuple[Array, Array, Array, Array], alpha: Array, theta: Array, tau: Array, z: Array, *, passes: int
) -> tuple[Array, Array]:
    """Return where a study's integrand over z is highest, and the spread that its curvature there implies."""
    a, n1, c, n2 = arms
    for _ in range(passes):
        half = (theta + tau * z) / 2
        p1, p2 = _expit(alpha + half), _expit(alpha - half)
        slope = tau / 2 * (a - n1 * p1 - c + n2 * p2) - z
        bend = 1 + tau**2 / 4 * (n1 * p1 * (1 - p1) + n2 * p2 * (1 - p2))
        z = z + np.clip(slope / bend, -2, 2)
    half = (theta + tau * z) / 2
    p1, p2 = _expit(alpha + half), _expit(alpha - half)
    return z, 1 / np.sqrt(1 + tau**2 / 4 * (n1 * p1 * (1 - p1) + n2 * p2 * (1 - p2)))


def unconditional_random(t: Counts) -> LogLikelihood:
    """Logistic regression with normal study effects, over (mean, theta, tau, sigma), by Laplace's approximation.

    Arms are at ``mean + sigma z1 + theta + tau z2 / 2`` and ``mean + sigma z1 - tau z2 / 2``, z1 and z2 independent.
    """
    constant = float((_log_choose(t.n1, t.a) + _log_choose(t.n2, t.c)).sum())

    def log_likelihood(parameters: Array) -> Array:
        mean, theta, tau, sigma = (parameters[:, i : i + 1] for i in range(4))
        half = tau / 2
        z1 = z2 = np.zeros((parameters.shape[0], t.k))
        for _ in range(60):
            high, low = mean + theta + sigma * z1 + half * z2, mean + sigma * z1 - half * z2
            p1, p2 = _expit(high), _expit(low)
            r1, r2, v1, v2 = t.a - t.n1 * p1, t.c - t.n2 * p2, t.n1 * p1 * (1 - p1), t.n2 * p2 * (1 - p2)
            g1, g2 = sigma * (r1 + r2) - z1, half * (r1 - r2) - z2
            h11, h22, h12 = 1 + sigma**2 * (v1 + v2), 1 + half**2 * (v1 + v2), sigma * half * (v1 - v2)
            determinant = h11 * h22 - h12**2
            s1, s2 = (h22 * g1 - h12 * g2) / determinant, (h11 * g2 - h12 * g1) / determinant
            longest = np.maximum(np.abs(s1), np.abs(s2))
            shrink = 1 / np.maximum(1, longest / 1.5)
            z1, z2 = z1 + shrink * s1, z2 + shrink * s2
            if float(longest.max()) < 1e-9:
                break
        value = t.a * high - t.n1 * _softplus(high) + t.c * low - t.n2 * _softplus(low)
        value = value - (z1**2 + z2**2) / 2 - np.log(determinant) / 2
        result: Array = value.sum(axis=-1) + constant
        return result

    return log_likelihood


def conditional_approximate(t: Counts, nodes: int) -> LogLikelihood:
    """Events of the experimental arm as binomial given all events of the study, over (theta, tau)."""
    offset, events = np.log(t.n1 / t.n2), t.events
    constant = _log_choose(events, t.a)

    def study(effect: Array) -> tuple[Array, Array, Array]:
        extra = (slice(None),) + (None,) * (effect.ndim - 2)
        eta = effect + offset[extra]
        p, a, s = _expit(eta), t.a[extra], events[extra]
        return a * eta - s * _softplus(eta) + constant[extra], a - s * p, s * p * (1 - p)

    return _over_effects(study, t.k, nodes)


def conditional_exact(t: Counts, nodes: int) -> LogLikelihood:
    """Events of the experimental arm as noncentral hypergeometric given all margins, over (theta, tau)."""
    low, high = np.maximum(0, t.events - t.n2), np.minimum(t.n1, t.events)
    ranges = [np.arange(first, last + 1) for first, last in zip(low, high, strict=True)]
    sizes = np.array([part.size for part in ranges])
    first = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    support = np.concatenate(ranges)
    owner = np.repeat(np.arange(t.k), sizes)
    log_weight = _log_choose(t.n1[owner], support) + _log_choose(t.n2[owner], t.events[owner] - support)
    own = first + (t.a - low).astype(np.int64)
    distance = support - t.a[owner]  # from the table that was seen: then only its weight is left in the numerator
    log_weight = log_weight - log_weight[own][owner]

    def study(effect: Array) -> tuple[Array, Array, Array]:
        across = np.moveaxis(effect, 1, -1)  # studies last, where their supports lie side by side
        terms = across[..., owner] * distance + log_weight
        top = np.maximum.reduceat(terms, first, axis=-1)
        terms = np.exp(terms - top[..., owner])
        total = np.add.reduceat(terms, first, axis=-1)
        mean = np.add.reduceat(terms * distance, first, axis=-1) / total
        square = np.add.reduceat(terms * distance**2, first, axis=-1) / total
        value = -top - np.log(total)
        return np.moveaxis(value, -1, 1), np.moveaxis(-mean, -1, 1), np.moveaxis(square - mean**2, -1, 1)

    return _over_effects(study, t.k, nodes)


def _over_effects(study: Study, k: int, nodes: int) -> LogLikelihood:
    """Return the log-likelihood of (theta, tau) whose studies have effects theta + tau z."""
    x, weights = _hermite(nodes)

    def log_likelihood(parameters: Array) -> Array:
        theta, tau = parameters[:, :1], parameters[:, 1:2]
        z = np.zeros((parameters.shape[0], k))
        for _ in range(60):
            _, slope, bend = study(theta + tau * z)
            step = np.clip((tau * slope - z) / (1 + tau**2 * bend), -1.5, 1.5)
            z = z + step
            if float(np.abs(step).max()) < 1e-9:
                break
        spread = 1 / np.sqrt(1 + tau**2 * study(theta + tau * z)[2])
        at = z[..., None] + spread[..., None] * x
        inner = study(theta[..., None] + tau[..., None] * at)[0] - at**2 / 2 + x**2 / 2
        top = inner.max(axis=-1, keepdims=True)
        integral = top[..., 0] + np.log((weights * np.exp(inner - top)).sum(axis=-1)) + np.log(spread)
        result: Array = integral.sum(axis=-1)
        return result

    return log_likelihood


@cache
def _hermite(nodes: int) -> tuple[Array, Array]:
    """Return nodes and weights of the mean over a standard normal variable."""
    x, weights = np.polynomial.hermite_e.hermegauss(nodes)
    return x, weights / weights.sum()


def _expit(x: Array) -> Array:
    from scipy.special import expit

    p: Array = expit(x)
    return p


def _softplus(x: Array) -> Array:
    value: Array = np.logaddexp(0.0, x)
    return value


def _log_choose(n: Array, k: Array) -> Array:
    from scipy.special import gammaln

    value: Array = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    return value
