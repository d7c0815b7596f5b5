"""What a trial reported: the record format, as typed frozen objects.

This module is the one definition of the format. The checks (`msc_meta.records.schema`), the JSON Schema that
editors use (``msc-meta schema``), ``msc-meta explain FIELD`` and the reference page of the documentation
are all made from it, so a field is described here and nowhere else.

The objects hold numbers as they were reported. Nothing is converted, pooled or guessed here.
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    Strict,
    StringConstraints,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import PydanticKnownError

T = TypeVar("T")
# a list is how YAML, JSON and people write a sequence; everything else stays strict
Several = Annotated[tuple[T, ...], Strict(False)]

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Count = Annotated[int, Field(ge=0)]
Bounds = Annotated[tuple[float, float], Strict(False)]

Status = Literal["completed", "stopped-early", "ongoing", "registered"]
Allocation = Literal["randomised", "unclear", "non-randomised"]
Masking = Literal["open-label", "single-blind", "double-blind", "triple-blind", "not-stated"]
Syndrome = Literal["ARDS", "pneumonia", "respiratory-failure", "other", "not-stated"]
Severity = Literal[
    "mild", "mild-to-moderate", "mild-to-severe", "moderate", "moderate-to-severe",
    "severe", "severe-to-critical", "critical", "mixed", "not-stated",
]  # fmt: skip
Role = Literal["experimental", "control", "other"]
Product = Literal["cells", "cell-free", "other"]
DoseUnit = Literal["cells/kg", "cells", "mL"]
BuiltInOutcome = Literal["mortality", "oxygenation", "discharge_time"]
Kind = Literal["change", "final"]
Reported = Literal["measured-without-data", "not-measured", "not-seen"]
SourceKind = Literal["primary", "secondary", "sponsor"]
BetweenMeasure = Literal["RR", "OR", "RD", "HR", "MD", "SMD", "ROM", "GEN", "median difference"]
Judgement = Literal["low", "some concerns", "moderate", "high", "serious", "critical", "unclear", "no information"]

QUANTITIES: dict[str, dict[str, tuple[str, ...]]] = {
    "mortality": {},
    "oxygenation": {
        "pf_ratio": ("mmHg", "kPa"),
        "oxygenation_index": ("cmH2O/mmHg", "cmH2O/kPa"),
        "spo2_fio2": ("ratio",),
    },
    "discharge_time": {"hospital_stay": ("days", "hours", "weeks"), "icu_stay": ("days", "hours", "weeks")},
}
"""Outcome -> the quantities it may be reported as -> the units of each. Two quantities are never pooled together."""


def _built_in_or_own(value: object, built_in: ValidatorFunctionWrapHandler, info: ValidationInfo) -> object:
    """Accept an outcome of the format, or one that the protocol of the review defines and the check was told of."""
    own = (info.context or {}).get("outcomes", ())
    if not own:
        return built_in(value)
    if isinstance(value, str) and (value in own or value in QUANTITIES):
        return value
    known = ", ".join(f"'{name}'" for name in (*QUANTITIES, *sorted(own)))
    raise PydanticKnownError("literal_error", {"expected": known})


OutcomeName = Annotated[
    BuiltInOutcome, WrapValidator(_built_in_or_own), PlainSerializer(lambda name: name, return_type=str)
]
"""An outcome of the format, or one of the review's own: see `msc_meta.records.own_outcomes`."""


class Part(BaseModel):
    """Base of every part of a record: immutable, strict about types, and unknown keys are refused.

    The text below a field is its description; `msc_meta.records.fields.descriptions` reads it when somebody asks.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False, defer_build=True)


class Source(Part):
    """Where a number was read."""

    kind: SourceKind
    """primary: the trial's own paper, abstract or registry record; secondary: a review's table or a news text;
    sponsor: a statement by the company or university behind the trial."""
    url: Text
    """Address or DOI of the page that was read, as https://… ; a bare DOI is accepted."""
    where: Text
    """The place on that page: abstract, Table 2, page 7."""
    extracted_by: Text | None = None
    """Who read the number."""
    checked_by: Text | None = None
    """Who read it a second time, independently."""
    note: Text | None = None
    """Anything a reader of the source should know."""

    @cached_property
    def place(self) -> str:
        """Where to look, in one line."""
        return f"{self.url} ({self.where})"


class Citation(Part):
    """The report, as far as it was seen."""

    authors: Several[Text] = ()
    """Authors as printed, for example Martinez-Munoz ME."""
    collaboration: Text | None = None
    """Name of the group or acronym of the trial."""
    title: Text | None = None
    """Title of the report."""
    journal: Text | None = None
    """Journal, or the place of publication."""
    year: int | None = None
    """Year of publication."""
    volume: Text | None = None
    """Volume and issue, in quotes."""
    pages: Text | None = None
    """Pages or article number, in quotes."""
    doi: Text | None = None
    """DOI, beginning with 10."""
    pmid: Text | None = None
    """PubMed number, in quotes."""
    pmcid: Text | None = None
    """PubMed Central number, for example PMC8860258."""
    note: Text | None = None
    """What is missing or doubtful about the citation."""


class Design(Part):
    """How patients came into their arms."""

    allocation: Allocation
    """randomised only where a source says so; unclear where sources disagree or are silent."""
    ratio: Text | None = None
    """Allocation ratio, in quotes: "1:1"."""
    masking: Masking = "not-stated"
    """Who did not know the allocation."""
    phase: Text | None = None
    """Phase as stated: 1, 1/2, 2a."""
    centres: Annotated[int, Field(ge=1)] | None = None
    """Number of centres."""
    countries: Several[Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]] = ()
    """Two-letter country codes (ISO 3166), for example ES or NO."""
    note: Text | None = None
    """The design in the source's words, where they matter."""


class Population(Part):
    """Who was treated."""

    condition: Text
    """What the patients had, in the protocol's words where it has one: COVID-19; else influenza, sepsis, mixed."""
    syndrome: Syndrome
    """ARDS only where the source uses ARDS criteria or the word."""
    severity: Severity = "not-stated"
    """As the source says; mixed where a trial spans mild to critical."""
    note: Text | None = None
    """Inclusion thresholds, in the source's words."""


class Dose(Part):
    """Cells per infusion (or volume, for a cell-free product)."""

    value: Annotated[float, Field(gt=0)]
    """Amount per infusion."""
    unit: DoseUnit
    """cells/kg, cells (per infusion, whatever the weight) or mL."""
    note: Text | None = None
    """Days of infusion, or how infusions differ."""


class Arm(Part):
    """One arm of the trial."""

    role: Role
    """experimental, control, or other (shown, never pooled)."""
    label: Text
    """What the figure calls the arm."""
    randomised: Count | None = None
    """Patients randomised to the arm."""
    analysed: Count | None = None
    """Patients analysed, where that differs or is all that is stated."""
    product: Product | None = None
    """cells, cell-free (secretome, vesicles) or other; needed for an experimental arm."""
    source: Text | None = None
    """Tissue: bone marrow, umbilical cord, adipose tissue, placenta, menstrual blood."""
    dose: Dose | None = None
    """Dose of one infusion."""
    infusions: Annotated[int, Field(ge=1)] | None = None
    """Number of infusions planned."""
    route: Text | None = None
    """intravenous, intramuscular, nebulised."""
    comparator: Text | None = None
    """What a control arm received."""
    note: Text | None = None
    """Anything else about the arm."""


class ArmData(Part):
    """One arm's numbers for one outcome, as reported."""

    n: Annotated[int, Field(ge=1)] | None = None
    """Patients whom the numbers refer to."""
    events: Count | None = None
    """Patients with the event (deaths)."""
    percent: float | None = None
    """Percentage with the event, where no count is printed."""
    survivors: Count | None = None
    """Patients alive, where the source counts survivors."""
    survival_percent: float | None = None
    """Percentage alive, where no count is printed."""
    mean: float | None = None
    """Arithmetic mean."""
    sd: float | None = None
    """Standard deviation of single patients."""
    se: float | None = None
    """Standard error of the mean."""
    ci: Bounds | None = None
    """95% confidence interval of the mean: [low, high]."""
    median: float | None = None
    """Median."""
    q1: float | None = None
    """First quartile."""
    q3: float | None = None
    """Third quartile."""
    min: float | None = None
    """Smallest value."""
    max: float | None = None
    """Largest value."""
    value: float | None = None
    """A number whose kind the source leaves open; then statistic: unclear."""
    statistic: Literal["unclear"] | None = None
    """unclear: the source does not say whether value is a mean or a median."""
    note: Text | None = None
    """Anything a reader of the number should know."""


class Between(Part):
    """A comparison of two arms, as reported: experimental against control."""

    experimental: Text | None = None
    """Id of the experimental arm; needed only where there are several."""
    control: Text | None = None
    """Id of the control arm; needed only where there are several."""
    measure: BetweenMeasure | None = None
    """What estimate is; GEN for an effect of another kind, on the scale that it is analysed on (a rate ratio as its
    logarithm)."""
    estimate: float | None = None
    """The estimate, on the scale printed (a ratio as a ratio)."""
    hr: Annotated[float, Field(gt=0)] | None = None
    """Hazard ratio; short for measure: HR with an estimate."""
    ci: Bounds | None = None
    """Confidence interval: [low, high], 95% unless level says otherwise."""
    se: float | None = None
    """Standard error of the estimate (of its logarithm for a ratio)."""
    level: Annotated[float, Field(gt=0, lt=1)] = 0.95
    """Level of ci."""
    p: float | None = None
    """P-value, two-sided."""
    p_relation: Literal["=", "<", ">"] = "="
    """How the p-value was printed: p < 0.001 is p: 0.001 with p_relation: "<"."""
    test: Text | None = None
    """Which test gave the p-value, or: not stated."""
    adjusted: Text | None = None
    """What the estimate was adjusted for."""
    note: Text | None = None
    """The finding in the source's words, where no number is printed."""


class Outcome(Part):
    """One report of one outcome at one time, with its source. Two reports that disagree are two entries."""

    outcome: OutcomeName
    """mortality, oxygenation or discharge_time; or an outcome of your own, which your protocol defines."""
    quantity: Literal["pf_ratio", "oxygenation_index", "spo2_fio2", "hospital_stay", "icu_stay"] | None = None
    """What was measured; needed for oxygenation, hospital_stay if left out for discharge_time."""
    kind: Kind | None = None
    """change from baseline, or final value; needed for oxygenation."""
    day: Annotated[float, Field(gt=0)] | None = None
    """Day of follow-up that the value refers to; null where the source does not say."""
    timepoint: Text | None = None
    """The time as the source words it: end of follow-up, latest reported."""
    unit: Text | None = None
    """Unit of the values: mmHg or kPa, days, hours or weeks."""
    subgroup: Text | None = None
    """Set where the numbers cover only a part of the patients; such a report is never pooled."""
    arms: dict[str, ArmData] = Field(default_factory=dict)
    """Arm id -> its numbers."""
    between: Between | None = None
    """A comparison as reported."""
    reported: Reported | None = None
    """For an outcome without numbers: measured-without-data, not-measured or not-seen."""
    preferred: bool = False
    """true on the one of several conflicting reports that the analysis uses; needs a reason."""
    reason: Text | None = None
    """Why this report is preferred."""
    source: Source
    """Where it was read."""
    note: Text | None = None
    """Anything a reader should know."""

    @cached_property
    def has_numbers(self) -> bool:
        """Whether any number is reported, of an arm or between arms."""
        names = ("events", "percent", "survivors", "survival_percent", "mean", "median", "value")
        if any(getattr(data, name) is not None for data in self.arms.values() for name in names):
            return True
        return self.between is not None and (self.between.estimate is not None or self.between.hr is not None)

    @property
    def measured(self) -> str:
        """The quantity, with the outcome's own default filled in."""
        return self.quantity or {"discharge_time": "hospital_stay"}.get(self.outcome, "")


class RiskOfBias(Part):
    """One judgement of risk of bias, as published by somebody."""

    tool: Literal["RoB 2", "RoB 2 adhering", "Cochrane RoB 1", "ROBINS-I"]
    """Name of the tool; RoB 2 is of the effect of assignment, RoB 2 adhering of that of adhering to treatment."""
    outcome: OutcomeName | None = None
    """The outcome judged; null for the whole trial."""
    domains: dict[str, Judgement] = Field(default_factory=dict)
    """Domain -> low, some concerns, high or unclear; by ROBINS-I moderate, serious, critical or no information."""
    answers: Several[Annotated[str, StringConstraints(pattern=r"^[1-9]\.[0-9]{1,2} (Y|PY|PN|N|NI|NA)$")]] = ()
    """Answers to signalling questions, each with its number: [1.1 Y, 1.2 PY, 1.3 NI]. They suggest judgements, which
    are shown beside those that were made."""
    overall: Judgement | None = None
    """Overall judgement, where one was published."""
    support: Text | None = None
    """The reason given."""
    source: Source
    """Who judged, and where it was read."""


class Study(Part):
    """One trial: who was treated with what, and what was reported, with a source for every outcome.

    Examples
    --------
    >>> import msc_meta as mm
    >>> study = mm.load_studies("studies/")["martinez-munoz-2024"]
    >>> study.arms["msc"].randomised
    10
    """

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
    """Short name, the same as the file's: first author and year, lower case, hyphens."""
    label: Text
    """What figures and tables call the study."""
    status: Status
    """completed, stopped-early, ongoing or registered."""
    citation: Citation = Citation()
    """The report, as far as it was seen."""
    registrations: Several[Text] = ()
    """Registry numbers: NCT04615429, EudraCT 2020-002193-27, ISRCTN…"""
    companion_of: Text | None = None
    """Id of the study whose patients these are; then it is shown, never pooled."""
    design: Design
    """How patients came into their arms."""
    population: Population
    """Who was treated."""
    arms: dict[Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+([-_][a-z0-9]+)*$")], Arm]
    """Arm id of your own choice -> the arm."""
    outcomes: Several[Outcome] = ()
    """Every report of every outcome, each with its source."""
    risk_of_bias: Several[RiskOfBias] = ()
    """Published judgements."""
    sources: Several[Source] = ()
    """Where the study's design, arms and doses were read."""
    note: Text | None = None
    """What was not seen, and what a reader should know."""

    @property
    def year(self) -> int | None:
        """Year of publication."""
        return self.citation.year

    def arms_of(self, role: Role) -> dict[str, Arm]:
        """Arms of one role, in the record's order."""
        return {name: arm for name, arm in self.arms.items() if arm.role == role}

    def reports(self, outcome: str) -> tuple[Outcome, ...]:
        """Every report of one outcome, in the record's order."""
        return tuple(entry for entry in self.outcomes if entry.outcome == outcome)
