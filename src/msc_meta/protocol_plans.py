"""What a protocol asks beyond the pooled effect: analyses of its robustness, and what people rated of its certainty."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, Strict, StringConstraints, model_validator

from msc_meta.records.study import Part, Several, Text


class Prior(Part):
    """What is taken to be known of an outcome before its trials are seen; for Bayesian analyses alone."""

    type: Literal["", "all-cause mortality", "resource use", "adverse events", "hospital stay", "biological marker"] = (
        ""
    )
    """What the outcome is, for the empirical prior of tau: the first three are events (Turner 2015), the others are
    measured (Rhodes 2015)."""
    area: Literal["respiratory", "other"] = "respiratory"
    """Medical area of the empirical prior of a measured outcome."""
    tau: Annotated[str, StringConstraints(pattern=r"^[A-Za-z-]+ *(\([^()]*\))?$")] | None = None
    """Prior of tau in place of the empirical one, on the analysis scale: half-normal(0.5), half-Cauchy(0.5),
    uniform(4), log-normal(-1.975, 0.67)."""
    mu: Annotated[tuple[float, Annotated[float, Field(gt=0)]], Strict(False)] | None = None
    """Mean and standard deviation of a normal prior of the mean effect, on the analysis scale; uniform without it."""


class SequentialPlan(Part):
    """A trial sequential analysis: what effect is looked for, and with which errors."""

    effect: float | None = None
    """Effect that a sufficient trial would find, on the shown scale: 0.8 for a risk ratio."""
    control_risk: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Risk in the control arm; that of the pooled trials without it."""
    sd: Annotated[float, Field(gt=0)] | None = None
    """Standard deviation; that of the pooled trials' control arms without it."""
    alpha: Annotated[float, Field(gt=0, lt=1)] = 0.05
    """Two-sided error."""
    power: Annotated[float, Field(gt=0, lt=1)] = 0.8
    """Probability to find the effect."""
    spending: Literal["obrien-fleming", "pocock"] = "obrien-fleming"
    """How the error is spent over the looks."""
    futility: Literal["none", "non-binding", "binding"] = "none"
    """Boundaries for giving up."""
    adjust: Literal["d2", "i2", "none"] = "d2"
    """Heterogeneity that the required information is grown by: diversity, inconsistency, or none."""


class NextTrialPlan(Part):
    """A trial that might be run: what it would make of the evidence."""

    n: Annotated[int, Field(ge=4)] = 400
    """Patients of both arms together."""
    target: Annotated[float, Field(gt=0, lt=1)] = 0.8
    """Probability for which the smallest trial is looked for."""
    effect: float | None = None
    """True effect in the trial, on the shown scale; drawn from what today's trials predict without it."""
    control_risk: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Risk in the control arm; that of the pooled trials without it."""
    sd: Annotated[float, Field(gt=0)] | None = None
    """Standard deviation; that of the pooled trials' control arms without it."""
    simulations: Annotated[int, Field(ge=100, le=1_000_000)] = 4000
    """Simulated trials of each size."""
    seed: Annotated[int, Field(ge=0)] = 1
    """Of the simulation."""


class Robustness(Part):
    """Which analyses of how far the answer can be trusted a run adds to its results; they take seconds."""

    gosh: bool = False
    """The pooled effect of every subset of the trials."""
    multiverse: bool = False
    """The pooled effect under every combination of the protocol's choices."""
    bayes: bool = False
    """The posterior, with the prior that is declared, and under other priors."""
    sequential: SequentialPlan | None = None
    """Whether there is enough information."""
    next_trial: NextTrialPlan | None = None
    """What one more trial would make of the evidence."""


class AssumedRisk(Part):
    """A risk that patients are taken to have without the treatment."""

    label: Text
    """Whose risk it is, in words: ICU patients in 2020."""
    risk: Annotated[float, Field(gt=0, lt=1)]
    """Share of patients with the event."""


class Certainty(Part):
    """The certainty of the evidence for an outcome, as people rated it."""

    rating: Literal["high", "moderate", "low", "very low"]
    """GRADE's four levels."""
    reasons: Several[Text] = ()
    """Why it was rated down or up, a sentence each."""
    by: Text
    """Who rated."""
    date: Text
    """When, in quotes: "2026-05-01"."""


class MissingEvidenceJudgement(Part):
    """Risk of bias due to missing evidence in an outcome's synthesis, as people judged it with ROB-ME."""

    judgement: Literal["low", "some concerns", "high"] | None = None
    """The judgement; null while there are answers only."""
    answers: Several[Annotated[str, StringConstraints(pattern=r"^[34]\.[1-8] (Y|PY|PN|N|NI|NA)$")]] = ()
    """Answers to ROB-ME's questions, each with its number: [4.1 N, 4.3 Y, 4.4 PN]. They suggest a judgement, which is
    shown beside the one that was made."""
    support: Several[Text] = ()
    """Why, a sentence each."""
    by: Text
    """Who judged."""
    date: Text
    """When, in quotes: "2026-05-01"."""

    @model_validator(mode="after")
    def _known(self) -> MissingEvidenceJudgement:
        if self.answers:
            from msc_meta.bias_tools.suggestions import wrong_answers
            from msc_meta.bias_tools.tools import tools

            if wrong := next(wrong_answers(tools()["ROB-ME"], self.answers), None):
                raise ValueError(f"answers: {wrong.message}")
        elif self.judgement is None:
            raise ValueError("neither a judgement nor answers; `msc-meta rob --tool ROB-ME` prints the questions")
        return self
