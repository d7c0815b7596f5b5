"""The Bayesian answer for an outcome: what to believe after its trials, and how far the prior decides it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import isnan
from typing import TYPE_CHECKING, Any, final

from msc_meta.pooling.bayesian import BayesResult, Posterior, bayes, prior_sensitivity
from msc_meta.trust.answer import Answer, aligned, percent, subject_of, too_few
from msc_meta.trust.assumptions import priors_of

if TYPE_CHECKING:
    import pandas as pd

    from msc_meta.pooling.tau_priors import TauPrior
    from msc_meta.synthesis import OutcomeSynthesis

# Bayes factors from which on a word is used (Jeffreys 1961, appendix B)
WORDS = ((100.0, "decisive"), (30.0, "very strong"), (10.0, "strong"), (3.0, "moderate"))
EVEN = 1.05
MOST = 1000.0  # times: more says nothing more


@final
@dataclass(frozen=True, kw_only=True)
class BayesAnswer(Answer):
    """Posterior under the declared prior and under others; ``fit`` is None where ``why_not`` says why.

    ``important`` is the minimal important difference on the analysis scale, None without one; ``labels`` name the
    studies in the order of ``fit.studies``.
    """

    fit: BayesResult | None = None
    yi: tuple[float, ...] = ()
    vi: tuple[float, ...] = ()
    labels: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    priors: tuple[TauPrior, ...] = ()
    important: float | None = None

    @property
    def heading(self) -> str:
        """What this is, in a line."""
        return "Bayesian random effects"

    @property
    def found(self) -> BayesResult:
        """The fit, where there is one."""
        assert self.fit is not None
        return self.fit

    @cached_property
    def sensitivity(self) -> pd.DataFrame:
        """The answer under each prior, the declared one first: see `prior_sensitivity`; with ``benefit``."""
        fit = self.found
        frame = prior_sensitivity(self.yi, self.vi, self.priors, fit.mu_prior, fit.level, self.subject.measure)
        below = frame.pop("below_0")
        return frame.assign(benefit=below if self.subject.better == "lower" else 1 - below)

    @property
    def verdict(self) -> tuple[str, ...]:
        """What is to be believed."""
        fit, subject = self.found, self.subject
        level = f"{100 * fit.level:g}%"
        benefit = fit.probability_of_benefit(subject.better)
        sentences = [
            (
                f"Mean effect {subject.measure} {subject.shown(fit.mu.median)}, {level} credible interval "
                f"{subject.interval(*fit.mu.shortest)}; in the next trial {subject.interval(*fit.prediction.shortest)}."
            ),
            f"Probability of benefit {percent(benefit)}.",
        ]
        if self.important is not None:
            matters = fit.probability_of_benefit(subject.better, self.important)
            shown = f"{subject.shown(self.important)}{subject.of_unit}"
            sentences[-1] = (
                f"Probability of benefit {percent(benefit)}; of a benefit beyond the minimal important difference of "
                f"{shown}, {percent(matters)}."
            )
        if not isnan(fit.bayes_factor_tau0):
            sentences.append(in_words(fit.bayes_factor_tau0, "one effect in all trials", "effects that differ"))
        if not isnan(fit.bayes_factor_mu0):
            sentences.append(in_words(fit.bayes_factor_mu0, "no mean effect", "one as the prior has it"))
        least, most = self.sensitivity["benefit"].min(), self.sensitivity["benefit"].max()
        if len(self.priors) > 1:
            spread = f"{percent(least)} to {percent(most)}"
            sentences.append(f"Under {len(self.priors)} priors of tau the probability of benefit is {spread}.")
        return tuple(sentences)

    def values(self) -> dict[str, Any]:
        """Return the posterior in numbers, and the answers under other priors."""
        fit = self.found
        names = dict(zip(self.keys, fit.studies, strict=True))
        found = fit.to_dict()
        del found["studies"]
        benefit = {"benefit": fit.probability_of_benefit(self.subject.better)}
        if self.important is not None:
            benefit["important_benefit"] = fit.probability_of_benefit(self.subject.better, self.important)
        return {
            **found,
            "probability": benefit,
            "minimal_important_difference": self.important,
            "studies": {key: posterior.to_dict() for key, posterior in names.items()},
            "prior_sensitivity": [{str(key): value for key, value in row.items()} for row in
                                  self.sensitivity.to_dict("records")],
        }  # fmt: skip

    def lines(self) -> Iterator[str]:
        """Yield the trials as seen and as believed, then the answers under other priors."""
        subject, fit = self.subject, self.found
        rows = [("", "reported", "believed", f"{100 * fit.level:g}% credible interval")]
        for label, y, study in zip(self.labels, self.yi, fit.studies, strict=True):
            rows.append((label, subject.shown(y), *self._of(study)))
        rows.append(("Mean effect", "", *self._of(fit.mu)))
        rows.append(("Next trial", "", *self._of(fit.prediction)))
        low, high = fit.tau.shortest
        rows.append(("tau (analysis scale)", "", f"{fit.tau.median:.3g}", f"{low:.3g} to {high:.3g}"))
        yield from aligned(rows)
        yield ""
        table = [("Prior of tau", "mean effect", "credible interval", "benefit")]
        for row in self.sensitivity.to_dict("records"):
            bounds = f"{subject.shown(row['mu_low'])} to {subject.shown(row['mu_high'])}"
            table.append((str(row["prior"]), subject.shown(row["mu"]), bounds, percent(row["benefit"])))
        yield from aligned(table)

    def frames(self) -> Iterator[pd.DataFrame]:
        """Yield a row per study, for the mean, the next study and tau, on the analysis scale."""
        import pandas as pd

        fit = self.found
        parts = [*zip(self.labels, self.yi, fit.studies, strict=True), ("mean effect", None, fit.mu),
                 ("next trial", None, fit.prediction), ("tau", None, fit.tau)]  # fmt: skip
        rows = [
            {"of": name, "reported": y, "mean": p.mean, "sd": p.sd, "median": p.median, "shortest_low": p.shortest.low,
             "shortest_high": p.shortest.high, "central_low": p.central.low, "central_high": p.central.high}
            for name, y, p in parts
        ]  # fmt: skip
        yield pd.DataFrame(rows)

    def _of(self, posterior: Posterior) -> tuple[str, str]:
        low, high = posterior.shortest
        return self.subject.shown(posterior.median), f"{self.subject.shown(low)} to {self.subject.shown(high)}"


def beliefs_of(
    outcome: OutcomeSynthesis,
    *,
    prior: str | None = None,
    mu_prior: tuple[float, float] | None = None,
    minimal_important_difference: float | None = None,
    sd: float | None = None,
) -> BayesAnswer:
    """Return the posterior of an outcome.

    Parameters
    ----------
    prior : str, optional
        Prior of tau, as `tau_prior` takes it; by default the one that the protocol declares.
    mu_prior : (float, float), optional
        As in `bayes`; by default the protocol's.
    minimal_important_difference : float, optional
        On the shown scale; by default the protocol's.
    sd : float, optional
        Unit of the priors of a mean difference; by default the median of the trials'.
    """
    subject, rules = subject_of(outcome), outcome.rules
    if why_not := too_few(subject, 1, "a posterior"):
        return BayesAnswer(subject=subject, why_not=why_not)
    rows = outcome.pooled
    priors = priors_of(rules, rows, prior, sd)
    mu = mu_prior or rules.prior.mu
    given = rules.minimal_important_difference if minimal_important_difference is None else minimal_important_difference
    important = None if given is None else subject.important(given)
    yi, vi = tuple(row.yi for row in rows), tuple(row.vi for row in rows)
    fit = bayes(yi, vi, priors.main, mu, subject.level, subject.measure)
    about_mu = "Every mean effect is taken as likely as any other." if mu is None else (
        f"Prior of the mean effect: normal({mu[0]:g}, {mu[1]:g}) on the analysis scale."
    )  # fmt: skip
    return BayesAnswer(
        subject=subject, fit=fit, yi=yi, vi=vi, labels=tuple(row.label for row in rows),
        keys=_keys([row.study for row in rows]), priors=(priors.main, *priors.others), important=important,
        assumed=(*priors.sentences, about_mu),
    )  # fmt: skip


def in_words(factor: float, null: str, other: str) -> str:
    """Say what a Bayes factor of a null hypothesis means.

    Examples
    --------
    >>> in_words(0.05, "no effect", "an effect")
    'The data are 20 times as likely with an effect as with no effect: strong evidence.'
    >>> in_words(1.2, "no effect", "an effect")
    'The data are 1.2 times as likely with no effect as with an effect: hardly evidence either way.'
    """
    times, first, second = (factor, null, other) if factor >= 1 else (1 / factor, other, null)
    if times < EVEN:
        return f"The data are about as likely with {null} as with {other}: no evidence either way."
    word = next((f"{word} evidence" for least, word in WORDS if times >= least), "hardly evidence either way")
    shown = f"{times:.3g}" if times < MOST else f"more than {MOST:,.0f}"
    return f"The data are {shown} times as likely with {first} as with {second}: {word}."


def _keys(ids: list[str]) -> tuple[str, ...]:
    """Return ids, each once: a trial may have several comparisons."""
    return tuple(one if ids.count(one) == 1 else f"{one}-{ids[:at].count(one) + 1}" for at, one in enumerate(ids))
