"""Bayesian random effects by numerical integration: no simulation, so the same numbers each time.

Given tau everything is normal; what is left is one integral over tau, which a sum of two thousand terms gives to nine
digits.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from msc_meta.effects.arguments import Array, level_of, number, positive
from msc_meta.effects.measures import MEASURES
from msc_meta.errors import ArgumentError
from msc_meta.plain_values import plain_value
from msc_meta.pooling.posteriors import Distribution, Mixture, TauPosterior, central, shortest
from msc_meta.pooling.random_effects import checked
from msc_meta.pooling.results import Interval
from msc_meta.pooling.tau_priors import TauPrior
from msc_meta.pooling.tau_priors import tau_prior as prior_from

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import ArrayLike

IMPROPER_NEEDS: Final = 3  # studies, for the uniform prior of tau to leave a posterior


@dataclass(frozen=True, slots=True)
class Posterior:
    """A posterior distribution in numbers, on the analysis scale; ``distribution`` answers any other question.

    A mean or a standard deviation that the distribution does not have, because its tails are too heavy, is nan.
    """

    mean: float
    sd: float
    median: float
    central: Interval
    shortest: Interval
    distribution: Distribution = field(repr=False, compare=False)

    def below(self, x: float) -> float:
        """Return the probability of a value below x."""
        return self.distribution.cdf(x)

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as plain JSON values."""
        numbers = {"mean": self.mean, "sd": self.sd, "median": self.median}
        plain = {name: plain_value(value) for name, value in numbers.items()}
        return {**plain, "central": list(self.central), "shortest": list(self.shortest)}


@dataclass(frozen=True, kw_only=True)
class BayesResult:
    """Posterior of a random-effects model; analysis scale (natural log for ratios).

    Attributes
    ----------
    mu, tau : Posterior
        Mean of the effects, and their standard deviation.
    prediction : Posterior
        Effect in the next study.
    studies : tuple of Posterior
        Effect in each study, shrunk towards the mean, in the order of the input; computed when first asked for.
    log_marginal_likelihood : float
        But for a constant where a prior is improper.
    bayes_factor_tau0 : float
        p(data | tau = 0) / p(data): above 1, the data speak for equal effects. nan where the prior of tau is improper.
    bayes_factor_mu0 : float
        p(data | mu = 0) / p(data): above 1, the data speak for no mean effect. nan where the prior of mu is improper.
    level : float
        Level of the credible intervals.
    """

    measure: str
    k: int
    mu: Posterior
    tau: Posterior
    prediction: Posterior
    log_marginal_likelihood: float
    bayes_factor_tau0: float
    bayes_factor_mu0: float
    tau_prior: TauPrior
    mu_prior: tuple[float, float] | None
    level: float
    shrunken: Callable[[int], Posterior] = field(repr=False, compare=False)

    @cached_property
    def studies(self) -> tuple[Posterior, ...]:
        """Posterior of the effect in each study."""
        return tuple(map(self.shrunken, range(self.k)))

    def probability_of_benefit(self, better: Literal["lower", "higher"], beyond: float = 0.0) -> float:
        """Return the posterior probability that the mean effect is better than ``beyond``, on the analysis scale.

        With a minimal important difference that is a benefit which matters: ``math.log(0.8)`` for a risk ratio, say.
        """
        below = self.mu.below(number("beyond", beyond))
        return below if better == "lower" else 1 - below

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values, undefined numbers as None."""
        factors = {"bayes_factor_tau0": self.bayes_factor_tau0, "bayes_factor_mu0": self.bayes_factor_mu0}
        return {
            "measure": self.measure,
            "k": self.k,
            "level": self.level,
            "tau_prior": str(self.tau_prior),
            "mu_prior": None if self.mu_prior is None else list(self.mu_prior),
            "mu": self.mu.to_dict(),
            "tau": self.tau.to_dict(),
            "prediction": self.prediction.to_dict(),
            "studies": [study.to_dict() for study in self.studies],
            "log_marginal_likelihood": self.log_marginal_likelihood,
        } | {name: plain_value(value) for name, value in factors.items()}

    def __str__(self) -> str:
        show = MEASURES[self.measure].display
        lines = [f"{MEASURES[self.measure].title}, k = {self.k}, Bayesian; tau: {self.tau_prior}"]
        for name, posterior in (("mean effect", self.mu), ("next study", self.prediction)):
            low, high = map(show, posterior.shortest)
            lines.append(
                f"  {name:<12} {show(posterior.median):.4g}  {100 * self.level:g}% CrI {low:.4g} to {high:.4g}"
            )
        low, high = self.tau.shortest
        lines.append(f"  {'tau':<12} {self.tau.median:.4g}  {100 * self.level:g}% CrI {low:.4g} to {high:.4g}")
        return "\n".join(lines)


def bayes(
    yi: ArrayLike,
    vi: ArrayLike,
    tau_prior: str | TauPrior = "half-normal(0.5)",
    mu_prior: tuple[float, float] | None = None,
    level: float = 0.95,
    measure: str = "GEN",
) -> BayesResult:
    """Fit the normal-normal random-effects model [1]_ ``yi ~ N(theta_i, vi), theta_i ~ N(mu, tau**2)``.

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Estimates on the analysis scale (natural log for ratios) and sampling variances, above 0.
    tau_prior : str or TauPrior
        Prior of tau, in the unit of ``yi``: see `tau_prior`, `turner` and `rhodes`.
    mu_prior : (float, float), optional
        Mean and standard deviation of a normal prior of mu; without it, mu is uniform (improper).
    level : float
        Level of the credible intervals.
    measure : str
        Name in ``MEASURES``, for display.

    Returns
    -------
    BayesResult

    Raises
    ------
    ArgumentError
        What `pool` refuses; no study; fewer than three studies with a uniform prior of tau without an end, which would
        leave no posterior.

    References
    ----------
    .. [1] Rover (2020). Journal of Statistical Software 93(6), 1-51.

    Examples
    --------
    >>> fit = bayes([0.10, 0.50, -0.40], [0.04, 0.05, 0.03], tau_prior="half-normal(0.5)")
    >>> round(fit.mu.median, 3), round(fit.tau.median, 3)
    (0.042, 0.414)
    """
    y, v = checked(yi, vi)
    prior, level = prior_from(tau_prior), level_of(level)
    if y.size == 0:
        raise ArgumentError("there is no study; a posterior needs one or more")
    if not prior.proper and y.size < IMPROPER_NEEDS:
        raise ArgumentError(f"{y.size} studies leave no posterior under a uniform prior of tau; give it an upper end")
    model = _Model(y, v, prior, None if mu_prior is None else (number("mu", mu_prior[0]), positive("sd", mu_prior[1])))
    tau = TauPosterior(model.log_joint, float(np.median(np.sqrt(v))))
    means, variances = model.conditional(tau.nodes)
    tail = prior.tail + y.size - (mu_prior is None)  # power by which the posterior of tau falls
    moments = tail > 2, tail > 3
    at_zero = model.log_likelihood(np.zeros(1))[0] - tau.log_integral if prior.proper else math.nan
    return BayesResult(
        measure=measure,
        k=y.size,
        mu=_posterior(Mixture(tau.weights, means, np.sqrt(variances)), level, mu_prior is not None or tail > 3),
        tau=_of_tau(tau, level, moments),
        prediction=_posterior(Mixture(tau.weights, means, np.sqrt(variances + tau.nodes**2)), level, tail > 3),
        log_marginal_likelihood=tau.log_integral,
        bayes_factor_tau0=math.exp(at_zero),
        bayes_factor_mu0=math.nan if mu_prior is None else math.exp(model.log_without_effect(tau) - tau.log_integral),
        tau_prior=prior,
        mu_prior=model.mu_prior,
        level=level,
        shrunken=lambda i: _posterior(model.study(i, tau, means, variances), level),
    )


def prior_sensitivity(
    yi: ArrayLike, vi: ArrayLike, priors: Sequence[str | TauPrior], mu_prior: tuple[float, float] | None = None,
    level: float = 0.95, measure: str = "GEN",
) -> pd.DataFrame:  # fmt: skip
    """Return the answer under several priors of tau, a row each; parameters and errors as in `bayes`.

    Returns
    -------
    pandas.DataFrame
        ``prior``; medians and shortest intervals of mu, of the next study's effect and of tau: ``mu``, ``mu_low``,
        ``mu_high``, ``prediction``, ``prediction_low``, ``prediction_high``, ``tau``, ``tau_low``, ``tau_high``;
        ``below_0``: probability of a mean effect below 0; ``bayes_factor_tau0``.

    Examples
    --------
    >>> found = prior_sensitivity([0.10, 0.50, -0.40], [0.04, 0.05, 0.03], ["half-normal(0.5)", "half-normal(1)"])
    >>> found["mu"].round(3).tolist()
    [0.042, 0.047]
    """
    import pandas as pd

    rows = []
    for prior in priors:
        fit = bayes(yi, vi, prior, mu_prior, level, measure)
        row: dict[str, str | float] = {"prior": str(fit.tau_prior)}
        for name, posterior in (("mu", fit.mu), ("prediction", fit.prediction), ("tau", fit.tau)):
            low, high = posterior.shortest
            row |= {name: posterior.median, f"{name}_low": low, f"{name}_high": high}
        rows.append(row | {"below_0": fit.mu.below(0.0), "bayes_factor_tau0": fit.bayes_factor_tau0})
    return pd.DataFrame(rows)


@dataclass(frozen=True, slots=True, eq=False)
class _Model:
    """Likelihood and conditional posteriors at given values of tau, shape (m,)."""

    y: Array
    v: Array
    prior: TauPrior
    mu_prior: tuple[float, float] | None

    def log_joint(self, tau: Array) -> Array:
        """Return the log-likelihood plus the log-density of the prior."""
        return self.log_likelihood(tau) + self.prior.log_density(tau)

    def conditional(self, tau: Array) -> tuple[Array, Array]:
        """Return mean and variance of mu given tau."""
        weights = self._weights(tau)
        mean, sd = self.mu_prior or (0.0, math.inf)
        precision = weights.sum(axis=0) + sd**-2
        return (self.y @ weights + mean * sd**-2) / precision, 1 / precision

    def log_likelihood(self, tau: Array) -> Array:
        """Return the log-likelihood of tau, with mu integrated out."""
        weights = self._weights(tau)
        means, variances = self.conditional(tau)
        squares = (weights * (self.y[:, None] - means) ** 2).sum(axis=0)
        height: Array = (np.log(weights).sum(axis=0) - squares - self.y.size * math.log(2 * math.pi)) / 2
        if self.mu_prior is None:
            return height + np.log(2 * math.pi * variances) / 2
        mean, sd = self.mu_prior
        return height + np.log(variances / sd**2) / 2 - ((means - mean) / sd) ** 2 / 2

    def log_without_effect(self, tau: TauPosterior) -> float:
        """Return the logarithm of the marginal likelihood of the data if mu is 0."""
        ratio = self._log_at_mu(tau.nodes, 0.0) - self.log_likelihood(tau.nodes)
        held = tau.weights > 0
        top = float(ratio[held].max())
        return tau.log_integral + top + math.log(float(tau.weights[held] @ np.exp(ratio[held] - top)))

    def study(self, i: int, tau: TauPosterior, means: Array, variances: Array) -> Mixture:
        """Return the posterior of the effect in one study."""
        kept = tau.nodes**2 / (tau.nodes**2 + self.v[i])  # of the study's own distance from the mean
        spread = kept * self.v[i] + (1 - kept) ** 2 * variances
        return Mixture(tau.weights, kept * self.y[i] + (1 - kept) * means, np.sqrt(spread))

    def _weights(self, tau: Array) -> Array:
        weights: Array = 1 / (self.v[:, None] + tau**2)
        return weights

    def _log_at_mu(self, tau: Array, mu: float) -> Array:
        weights = self._weights(tau)
        squares = (weights * (self.y[:, None] - mu) ** 2).sum(axis=0)
        height: Array = (np.log(weights).sum(axis=0) - squares - self.y.size * math.log(2 * math.pi)) / 2
        return height


def _posterior(mixture: Mixture, level: float, has_sd: bool = True) -> Posterior:
    held = mixture.weights > 1e-18  # of a sum of 1: what can not be seen need not be summed
    mixture = Mixture(mixture.weights[held], mixture.means[held], mixture.sds[held])
    sd = mixture.sd if has_sd else math.nan
    return Posterior(
        mixture.mean, sd, mixture.quantile(0.5), central(mixture, level), shortest(mixture, level), mixture
    )


def _of_tau(tau: TauPosterior, level: float, moments: tuple[bool, bool]) -> Posterior:
    mean, sd = (value if has else math.nan for value, has in zip((tau.mean, tau.sd), moments, strict=True))
    return Posterior(mean, sd, tau.quantile(0.5), central(tau, level), shortest(tau, level, floor=0.0), tau)
