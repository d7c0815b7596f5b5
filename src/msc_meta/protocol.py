"""What the review decided: which trials are pooled, which report of an outcome, by which measure and model.

The built-in protocol (``protocols/msc_ards.yaml``) is written in the format that users copy and edit
(``msc-meta protocol > protocol.yaml``) and is read as strictly as the records. This module, with
`msc_meta.protocol_plans`, is the one definition of that format. No rule of eligibility or choice lives anywhere else as
a number or a name.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from msc_meta.errors import UsageError
from msc_meta.protocol_plans import AssumedRisk, Certainty, MissingEvidenceJudgement, Prior, Robustness
from msc_meta.records.study import (
    QUANTITIES,
    Allocation,
    Judgement,
    OutcomeName,
    Part,
    Product,
    Several,
    Severity,
    SourceKind,
    Syndrome,
    Text,
)

EVENT_MEASURES = ("RR", "OR", "RD", "PETO", "AS")
MEAN_MEASURES = ("MD", "SMD", "SMDH", "ROM")
MEDIAN_MEASURES = ("LRM",)
PRINTED_MEASURES = ("HR",)  # taken as the trial printed it; arms alone do not give it
RATIOS = ("RR", "OR", "PETO", "HR", "ROM", "LRM")
COUNT_METHODS = {"MH": "FE", "DL-MH": "DL"}
"""Methods that need the counts of all arms -> the method on effects that stands in where there are none."""
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]


class PopulationRule(Part):
    """One way to be in the population: every list that is given must hold the study's value."""

    condition: Several[Text] = ()
    """Conditions, as the records spell them."""
    syndrome: Several[Syndrome] = ()
    """Syndromes."""
    severity: Several[Severity] = ()
    """Severities."""

    def holds(self, population: Any) -> bool:
        """Whether a study's population fits this rule."""
        wanted = {name: getattr(self, name) for name in ("condition", "syndrome", "severity")}
        return all(
            getattr(population, name).casefold() in {word.casefold() for word in allowed}
            for name, allowed in wanted.items()
            if allowed
        )


class Eligibility(Part):
    """Which studies may be pooled at all."""

    allocation: Several[Allocation]
    """Ways of allocation that are pooled."""
    products: Several[Product]
    """Products of an experimental arm that are pooled."""
    populations: Several[PopulationRule]
    """A study fits if any one of these rules holds."""
    populations_in_words: Text
    """The same in words, for the reasons shown to readers."""


class Window(Part):
    """Which time of follow-up is used: of the days inside the window, the one nearest to the target."""

    target: float
    """Day that is wanted."""
    earliest: float
    """First day that may be used instead."""
    latest: float
    """Last day that may be used instead."""
    unstated: Literal["include", "exclude"]
    """What happens to a report without a stated day: include marks it in every table and figure."""

    @model_validator(mode="after")
    def _in_order(self) -> Window:
        if not self.earliest <= self.target <= self.latest:
            raise ValueError(
                f"earliest {self.earliest:g}, target {self.target:g} and latest {self.latest:g} are not in this order"
            )
        return self


class ZeroEvents(Part):
    """What happens where an arm has no event, or where all its patients have one."""

    correction: Annotated[float, Field(ge=0)]
    """Added to every cell of such a table, for ratios; for a risk difference it makes the variance only."""
    scope: Literal["only-zero", "all", "treatment-arm"]
    """Tables that get the correction: those with an empty cell (treatment-arm: by the size of the arms), or all."""
    double_zero: Literal["not-estimable", "correct"]
    """A ratio of a trial without events in either arm: shown as not estimable, or corrected and pooled."""


class Model(Part):
    """How effects are pooled. It is never chosen from I2."""

    method: Literal["FE", "DL", "REML", "ML", "PM", "MH", "DL-MH"]
    """Estimator of tau2, or FE for the common-effect model; with counts of both arms also MH, the common effect of
    Mantel and Haenszel, and DL-MH, DerSimonian and Laird's tau2 with Q about that effect (RevMan's M-H, Random)."""
    ci_method: Literal["hksj", "hksj-adhoc", "wald"]
    """Confidence interval of the pooled effect."""
    prediction: Literal["t(k-1)", "t(k-2)", "normal"]
    """Quantile of the prediction interval."""
    level: Annotated[float, Field(gt=0.5, lt=1)]
    """Level of all intervals."""

    @property
    def on_effects(self) -> str:
        """The method as it is used where only effects and variances are at hand, in regressions and subgroups say."""
        return COUNT_METHODS.get(self.method, self.method)


class Sensitivity(Part):
    """A named analysis with some choices changed; everything else stays as in the main analysis."""

    id: Slug
    """Short name."""
    title: Text
    """What is changed, in words."""
    eligibility: dict[str, Any] = Field(default_factory=dict)
    """Changed fields of eligibility."""
    outcome: dict[str, Any] = Field(default_factory=dict)
    """Changed fields of the outcome."""


class OutcomeProtocol(Part):
    """How one outcome is analysed."""

    title: Text
    """Name in figures and tables."""
    numbers: Literal["events", "values", "effects"] | None = None
    """Defines an outcome of the review's own: what records report of it, events or values of the arms, or effects
    between them as printed. Not for mortality, oxygenation and discharge_time."""
    better: Literal["lower", "higher"]
    """Which direction is good for patients."""
    measure: Literal["RR", "OR", "RD", "PETO", "AS", "HR", "GEN", "MD", "SMD", "SMDH", "ROM", "LRM"]
    """Effect measure."""
    quantity: Literal["", "pf_ratio", "oxygenation_index", "spo2_fio2", "hospital_stay", "icu_stay"] = ""
    """Quantity that is pooled; others are shown, never pooled with it."""
    unit: str = ""
    """Unit that values are converted to."""
    kinds: Several[Literal["change", "final"]] = ()
    """Kinds of values that may be pooled together; empty where the outcome has none."""
    window: Window | None = None
    """Time window; none where the outcome has no follow-up day."""
    sources: Several[SourceKind] = ("primary", "secondary", "sponsor")
    """Kinds of sources that are used."""
    sponsor_statements: Literal["include", "corroborated", "exclude"] = "corroborated"
    """corroborated: used only where the record also holds a report of the outcome from another kind of source."""
    conflicts: Literal["preferred", "other"] = "preferred"
    """Which of several reports that contradict each other, of one day or without a stated one: the preferred, or the
    first other one that can be used."""
    multi_arm: Literal["combine", "split-control", "first"] = "combine"
    """Several experimental arms against one control; a control patient is never counted twice."""
    risk_of_bias: Several[Judgement] = ()
    """Overall judgements whose trials are pooled; without any, all trials are, judged or not."""
    medians: Literal["convert", "exclude"] = "convert"
    """Medians with quartiles or range: convert to mean and SD by median_method, or leave out."""
    median_method: Literal["luo-wan", "wan", "luo-shi", "hozo", "bland", "lnorm", "qe", "bc", "mln"] = "luo-wan"
    """Formula for medians; a median that the chosen one is not defined for is left out and shown."""
    missing_sd: Literal["exclude"] = "exclude"
    """A mean without any measure of spread is left out and shown."""
    zero_events: ZeroEvents | None = None
    """Rule for arms without events."""
    conventions: Literal["metafor", "revman"] = "metafor"
    """Whose formulas are used where programs differ: for the standardised mean difference, and for empty cells and the
    variance of a risk difference in Mantel-Haenszel sums."""
    model: Model
    """How effects are pooled."""
    rare_events: bool = False
    """Whether the methods for rare events are shown side by side."""
    subgroups: Several[Literal["source", "severity", "condition", "syndrome", "masking"]] = ()
    """Traits whose values are pooled apart, with one tau2 for all, and compared."""
    moderators: Several[Literal["year", "infusions", "cells_per_kg"]] = ()
    """Numbers that effects are regressed on, one at a time."""
    minimal_important_difference: float | None = None
    """Smallest effect that matters to patients, on the shown scale: 0.9 for a risk ratio, -1 for days."""
    baseline_risks: Several[AssumedRisk] = ()
    """Risks without the treatment that absolute effects are given for; those of the pooled trials without any."""
    certainty: Certainty | None = None
    """Certainty of the evidence; it is rated by people, never by the program."""
    missing_evidence: MissingEvidenceJudgement | None = None
    """Risk of bias due to missing evidence by ROB-ME; it is judged by people, never by the program."""
    prior: Prior = Prior()
    """What Bayesian analyses take to be known before."""
    robustness: Robustness = Robustness()
    """Analyses of how far the answer can be trusted."""
    sensitivity: Several[Sensitivity] = ()
    """Named sensitivity analyses."""

    @model_validator(mode="after")
    def _important(self) -> OutcomeProtocol:
        difference = self.minimal_important_difference
        if difference is None:
            return self
        ratio = self.measure in RATIOS
        benefit = difference - 1 if ratio else difference
        if (ratio and difference <= 0) or (benefit >= 0 if self.better == "lower" else benefit <= 0):
            raise ValueError(
                f"minimal_important_difference {difference:g} is no benefit: {self.better} is better, and no effect is "
                f"{int(ratio)}"
            )
        return self

    @model_validator(mode="after")
    def _fits(self) -> OutcomeProtocol:
        if self.measure in ("SMD", "SMDH") and len(self.kinds) > 1:
            raise ValueError(
                f"change and final values may be mixed under MD, never under {self.measure}: name one kind"
            )
        if self.measure == "ROM" and "change" in self.kinds:
            raise ValueError("a ratio of changes has no meaning: name kinds: [final]")
        names = [variant.id for variant in self.sensitivity]
        if repeated := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two sensitivity analyses have the id {', '.join(repeated)}")
        if self.model.method in COUNT_METHODS and self.measure not in ("RR", "OR", "RD"):
            raise ValueError(f"method {self.model.method} pools RR, OR or RD, and the measure is {self.measure}")
        if self.measure in EVENT_MEASURES and self.zero_events is None:
            raise ValueError(f"{self.measure} needs a rule for zero_events")
        if self.baseline_risks and self.measure not in (*EVENT_MEASURES, *PRINTED_MEASURES):
            raise ValueError(f"baseline_risks are of events, and the measure is {self.measure}")
        return self


class Protocol(Part):
    """The decisions of a review."""

    id: Slug
    """Short name."""
    title: Text
    """Title of the review."""
    eligibility: Eligibility
    """Which studies may be pooled."""
    outcomes: dict[OutcomeName, OutcomeProtocol]
    """How each outcome is analysed."""

    @model_validator(mode="after")
    def _outcomes_fit(self) -> Protocol:
        for name, outcome in self.outcomes.items():
            own = name not in QUANTITIES
            if own != (outcome.numbers is not None):
                raise ValueError(f"numbers is for outcomes of your own; {name} has its own rules")
            _one_of("measure", outcome.measure, _fitting_measures(name, outcome.numbers), name)
            if own:
                _one_of("quantity", outcome.quantity, ("",), name)
                continue
            quantities = tuple(QUANTITIES[name]) or ("",)
            _one_of("quantity", outcome.quantity, quantities, name)
            _one_of("unit", outcome.unit, QUANTITIES[name].get(outcome.quantity, ("",)), outcome.quantity or name)
        return self

    @property
    def sha256(self) -> str:
        """Hash of the decisions, whatever the layout of the file they came from."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def outcome(self, name: str) -> OutcomeProtocol:
        """Return the rules of one outcome; UsageError with the known names for another."""
        for known, rules in self.outcomes.items():
            if known == name:
                return rules
        raise UsageError(f"the protocol has no outcome {name!r}; it has {', '.join(self.outcomes)}")

    def varied(self, outcome: str, sensitivity: Sensitivity) -> Protocol:
        """Return this protocol with one sensitivity analysis's changes made, for one outcome."""
        data = self.model_dump(mode="json")
        rules = data["outcomes"][outcome]
        rules["sensitivity"] = []
        rules["minimal_important_difference"] = None  # of the main measure's scale
        merged = {
            **data,
            "eligibility": _merge(data["eligibility"], sensitivity.eligibility),
            "outcomes": {outcome: _merge(rules, sensitivity.outcome)},
        }
        return Protocol.model_validate(merged, context={"outcomes": self.own_outcomes})

    @property
    def own_outcomes(self) -> frozenset[str]:
        """Names of the outcomes that this protocol defines, beside those of the record format."""
        return frozenset(name for name in self.outcomes if name not in QUANTITIES)


def _fitting_measures(name: str, numbers: str | None) -> tuple[str, ...]:
    if numbers == "effects":
        return ("RR", "OR", "RD", "MD", "SMD", "ROM", "GEN", *PRINTED_MEASURES)
    if name == "mortality" or numbers == "events":
        return (*EVENT_MEASURES, *PRINTED_MEASURES)
    return (*MEAN_MEASURES, *MEDIAN_MEASURES)


def _one_of(field: str, value: str, fitting: tuple[str, ...], subject: str) -> None:
    if value not in fitting:
        raise ValueError(f"{field} {value!r} does not fit {subject}; there are {', '.join(fitting) or 'none'}")


def _merge(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``old`` with the values of ``new``; mappings are merged, everything else is replaced."""
    merged = dict(old)
    for key, value in new.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = _merge(merged[key], value) if both else value
    return merged
