"""The next trial of an outcome: what it would make of today's evidence, by its size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

from msc_meta.effects.measures import MEASURES
from msc_meta.errors import ArgumentError
from msc_meta.robustness.next_trial import (
    LARGEST,
    SIMULATED,
    NextTrial,
    SmallestTrial,
    next_trial,
    power_curve,
    smallest_trial,
)
from msc_meta.robustness.simulated_trial import Trial
from msc_meta.trust.answer import Answer, aligned, percent, subject_of, too_few, unfit
from msc_meta.trust.assumptions import mean_of_control, risk_of_control, standard_deviation
from msc_meta.trust.beliefs import beliefs_of

if TYPE_CHECKING:
    import pandas as pd

    from msc_meta.blocks import Progress
    from msc_meta.synthesis import OutcomeSynthesis

SIZES = (50, 100, 200, 400, 800, 1600, 3200)
N = 400
SIMULATIONS = 4000


@final
@dataclass(frozen=True, kw_only=True)
class NextTrialAnswer(Answer):
    """What a trial would make of the evidence; ``trial`` is None where ``why_not`` says why.

    Attributes
    ----------
    curve : pandas.DataFrame
        The same for several sizes, see `power_curve`; empty if none were asked for.
    smallest : SmallestTrial or None
        The smallest size that reaches the target, where it was looked for.
    beyond : float
        What the updated interval is to exclude, analysis scale.
    """

    trial: NextTrial | None = None
    curve: pd.DataFrame | None = None
    smallest: SmallestTrial | None = None
    beyond: float = 0.0

    @property
    def heading(self) -> str:
        """What this is, in a line."""
        return "what would the next trial make of the evidence?"

    @property
    def found(self) -> NextTrial:
        """The answer for the size that was asked for."""
        assert self.trial is not None
        return self.trial

    @property
    def question(self) -> str:
        """What the updated interval is to exclude, in words."""
        if self.beyond == 0.0:
            return "no effect"
        return f"any effect up to {self.subject.shown(self.beyond)}{self.subject.of_unit}"

    @property
    def verdict(self) -> tuple[str, ...]:
        """What a trial would bring."""
        found, subject = self.found, self.subject
        low, _, high = found.estimate
        sentences = [
            (
                f"With one more trial of {found.trial.n:,} patients, the updated interval excludes {self.question} on "
                f"the better side with probability {percent(found.probability)} (Monte Carlo error "
                f"{100 * found.mc_error:.1f} points); it lies wholly on the worse side with {percent(found.against)}."
            ),
            (
                f"That trial alone would show it with probability {percent(found.alone)}. The updated effect would "
                f"lie from {subject.interval(low, high)} in 95% of simulations."
            ),
        ]
        if found.today:
            sentences.insert(0, f"Today's interval excludes {self.question} already.")
        if found.not_estimable > 0:
            sentences.append(f"{percent(found.not_estimable)} of simulated trials have no effect to pool.")
        if self.smallest is not None:
            sentences.append(_smallest_sentence(self.smallest))
        return tuple(sentences)

    def values(self) -> dict[str, Any]:
        """Return the probabilities by size."""
        smallest = self.smallest
        return {
            **self.found.to_dict(),
            "beyond": self.beyond,
            "curve": [] if self.curve is None else [{str(key): value for key, value in row.items()} for row in
                                                    self.curve.to_dict("records")],
            "smallest": None if smallest is None else {
                "n": None if smallest.found is None else smallest.found.trial.n,
                "target": smallest.target, "limit": smallest.limit,
            },
        }  # fmt: skip

    def lines(self) -> Iterator[str]:
        """Yield a line per size."""
        if self.curve is None or not len(self.curve):
            return
        rows = [("Patients", "settles it", "± Monte Carlo error", "against", "alone")]
        for row in self.curve.to_dict("records"):
            rows.append((f"{row['n']:,}", percent(row["probability"]), f"{100 * row['mc_error']:.1f} points",
                         percent(row["against"]), percent(row["alone"])))  # fmt: skip
        yield from aligned(rows)

    def frames(self) -> Iterator[pd.DataFrame]:
        """Yield a row per size, or the one that was asked for."""
        import pandas as pd

        if self.curve is not None and len(self.curve):
            yield self.curve
            return
        found = self.found.to_dict()
        del found["estimate"]
        yield pd.DataFrame([found])


def next_trial_of(
    outcome: OutcomeSynthesis,
    *,
    n: int = N,
    sizes: Sequence[int] = SIZES,
    target: float | None = 0.8,
    effect: float | str | None = None,
    control_risk: float | None = None,
    sd: float | None = None,
    control_mean: float | None = None,
    minimal_important_difference: float | None = None,
    allocation: tuple[int, int] = (1, 1),
    simulations: int = SIMULATIONS,
    seed: int = 1,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> NextTrialAnswer:
    """Simulate one more trial of an outcome, pooled with today's by the protocol's model.

    Parameters
    ----------
    n : int
        Patients of both arms together.
    sizes : sequence of int
        For which the same is asked; may be empty.
    target : float, optional
        Probability for which the smallest size is looked for; None not to look.
    effect : float or str, optional
        True effect in the new trial on the shown scale; "predictive" (the default) draws it from what the pool
        predicts, "posterior" from what the Bayesian analysis does.
    control_risk, sd, control_mean : float, optional
        By default those of the trials' control arms.
    minimal_important_difference : float, optional
        On the shown scale: the interval is to exclude it rather than no effect.
    allocation : (int, int)
        Patients of the experimental arm to those of the control arm.
    simulations, seed, executor, progress
        As in `next_trial`; ``simulations`` of each size.
    """
    subject, model = subject_of(outcome), outcome.rules.model
    why_not = too_few(subject, 1, "an updated pool") or unfit(subject, SIMULATED, "A simulated trial")
    if why_not:
        return NextTrialAnswer(subject=subject, why_not=why_not)
    rows = outcome.pooled
    shape, assumed = _trial(outcome, n, allocation, control_risk, sd, control_mean)
    beyond = 0.0
    if minimal_important_difference is not None:
        beyond = subject.important(minimal_important_difference)
    true, sentence = _effect(outcome, effect)
    method, ci_method = model.on_effects, model.ci_method
    asked: dict[str, Any] = {
        "better": subject.better, "beyond": beyond, "effect": true, "method": method, "ci_method": ci_method,
        "level": model.level,
    }  # fmt: skip
    run: dict[str, Any] = {"simulations": simulations, "seed": seed, "executor": executor, "progress": progress}
    yi, vi = [row.yi for row in rows], [row.vi for row in rows]
    measure = subject.measure
    trial = next_trial(yi, vi, shape, measure=measure, **asked, **run)
    curve = power_curve(yi, vi, shape, sizes, measure=measure, **asked, **run) if sizes else None
    smallest = None
    if target is not None:
        smallest = smallest_trial(yi, vi, shape, measure=measure, target=target, **asked, **run)
    return NextTrialAnswer(
        subject=subject, trial=trial, curve=curve, smallest=smallest, beyond=beyond,
        assumed=(sentence, *assumed, f"Pooled with today's trials by {method}, {ci_method}.",
                 f"{simulations:,} simulated trials of each size, seed {seed}."),
    )  # fmt: skip


def _trial(
    outcome: OutcomeSynthesis, n: int, allocation: tuple[int, int], risk: float | None, sd: float | None,
    mean: float | None,
) -> tuple[Trial, tuple[str, ...]]:  # fmt: skip
    if min(allocation) < 1:
        raise ArgumentError(f"allocation is {allocation[0]}:{allocation[1]}; two whole numbers above 0 are needed")
    if not 4 <= n <= LARGEST:
        raise ArgumentError(f"n is {n}; 4 to {LARGEST:,} patients can be simulated")
    rows, measure = outcome.pooled, outcome.rules.measure
    arms = Trial(n_e=allocation[0], n_c=allocation[1]).of_size(n)
    shared = f"{arms.n_e} patients of {n} in the experimental arm."
    if MEASURES[measure].arms == "events":
        known = risk_of_control(rows, risk)
        return Trial(n_e=arms.n_e, n_c=arms.n_c, control_risk=known.value), (known.sentence, shared)
    spread = standard_deviation(rows, outcome.rules.unit, sd)
    sentences = [spread.sentence, shared]
    middle = 0.0
    if measure == "ROM":
        middle, sentence = mean_of_control(rows, mean)
        sentences.insert(0, sentence)
    return Trial(n_e=arms.n_e, n_c=arms.n_c, sd=spread.value, control_mean=middle), tuple(sentences)


def _effect(outcome: OutcomeSynthesis, effect: float | str | None) -> tuple[Any, str]:
    """Return the true effect as the kernel takes it, and the sentence on it."""
    subject = subject_of(outcome)
    if effect is None or effect == "predictive":
        alone = " (of one trial, without heterogeneity)" if subject.k == 1 else ""
        return "predictive", f"True effect in the new trial: drawn from what the pool predicts{alone}."
    if effect == "posterior":
        fit = beliefs_of(outcome).found
        return fit, f"True effect in the new trial: drawn from the Bayesian prediction; tau: {fit.tau_prior}."
    if isinstance(effect, str):
        raise ArgumentError(f"effect is {effect!r}; a number, predictive or posterior is needed")
    return subject.analysed("effect", effect), (
        f"True effect in the new trial: {subject.measure} {effect:g}{subject.of_unit}, as given."
    )


def _smallest_sentence(smallest: SmallestTrial) -> str:
    target = percent(smallest.target)
    if smallest.found is None:
        return (
            f"No single trial, however large, reaches {target}: the limit is {percent(smallest.limit)}, because "
            "patients of one trial can not stand in for other trials."
        )
    return f"The smallest trial that reaches {target} has about {smallest.found.trial.n:,} patients."
