"""What an analysis has to assume, read from the evidence where it was not given; each with a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum, isnan, nan, sqrt
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from msc_meta.effects.measures import MEASURES
from msc_meta.errors import ArgumentError
from msc_meta.pooling.tau_priors import RHODES, TURNER, TauPrior, rhodes, tau_prior, turner

if TYPE_CHECKING:
    from msc_meta.effects.rows import ArmNumbers, StudyRow
    from msc_meta.protocol import OutcomeProtocol
    from msc_meta.trust.answer import Subject

RELATIVE_EFFECT = 0.8  # of the control risk: the reduction that many trials are planned for
PART_OF_SD = 0.5  # a difference of half a standard deviation, a usual guess of what matters (Norman 2003)


class Assumed(NamedTuple):
    """A number and the sentence that says where it comes from."""

    value: float
    sentence: str


def risk_of_control(rows: Sequence[StudyRow], given: float | None = None) -> Assumed:
    """Return the risk in a control arm: of all control patients of the trials, or as it was given.

    Raises
    ------
    ArgumentError
        If no trial gives counts, or none or all of its control patients had the event.
    """
    if given is not None:
        return Assumed(given, f"Control risk {given:g}, as given.")
    counted = [row.c for row in rows if row.has_counts]
    events, patients = sum(arm.events for arm in counted), sum(arm.n for arm in counted)
    if not 0 < events < patients:
        raise ArgumentError(
            f"control_risk is not given, and can not be read from {events:g} events among {patients:g} control patients"
        )
    risk = events / patients
    return Assumed(risk, f"Control risk {risk:.3g}: {events:g} of {patients:g} control patients of the pooled trials.")


def standard_deviation(rows: Sequence[StudyRow], unit: str, given: float | None = None) -> Assumed:
    """Return the standard deviation in a control arm: pooled over the trials, or as it was given.

    Raises
    ------
    ArgumentError
        If no trial gives one.
    """
    of_unit = f" {unit}" if unit else ""
    if given is not None:
        return Assumed(given, f"Standard deviation {given:g}{of_unit}, as given.")
    arms = [row.c for row in rows if _has_spread(row.c)]
    freedom = sum(arm.n - 1 for arm in arms)
    if not freedom:
        raise ArgumentError("sd is not given, and no pooled trial gives one of its control arm")
    sd = sqrt(fsum((arm.n - 1) * arm.sd**2 for arm in arms) / freedom)
    return Assumed(sd, f"Standard deviation {sd:.3g}{of_unit}: pooled over {_arms(len(arms))}.")


def mean_of_control(rows: Sequence[StudyRow], given: float | None = None) -> Assumed:
    """Return the mean of a control arm, by patients, or as it was given; ArgumentError if no trial gives one."""
    if given is not None:
        return Assumed(given, f"Control mean {given:g}, as given.")
    arms = [row.c for row in rows if not isnan(row.c.mean) and row.c.n > 0]
    if not arms:
        raise ArgumentError("control_mean is not given, and no pooled trial gives one")
    mean = fsum(arm.n * arm.mean for arm in arms) / sum(arm.n for arm in arms)
    return Assumed(mean, f"Control mean {mean:.3g}: of {_arms(len(arms))}.")


def typical_sd(rows: Sequence[StudyRow]) -> float:
    """Return the median over the trials of the standard deviation within arms; nan if no trial gives both arms'."""
    found = [
        sqrt(sum((arm.n - 1) * arm.sd**2 for arm in (row.e, row.c)) / (row.e.n + row.c.n - 2))
        for row in rows
        if _has_spread(row.e) and _has_spread(row.c)
    ]
    return median(found) if found else nan


def by_year(rows: Sequence[StudyRow]) -> list[StudyRow]:
    """Return trials in the order in which they became known: by year, then by id; without a year last."""
    return sorted(rows, key=lambda row: (row.year is None, row.year or 0, row.study))


def effect_to_detect(
    subject: Subject, rules: OutcomeProtocol, risk: float, sd: float, given: float | None = None
) -> Assumed:
    """Return the effect, on the shown scale, that would matter: given, important by the protocol, or a usual guess."""
    if given is not None:
        return Assumed(given, f"Effect to be found: {subject.measure} {given:g}{subject.of_unit}, as given.")
    important = rules.minimal_important_difference
    if important is not None:
        sentence = f"Effect to be found: {subject.measure} {important:g}{subject.of_unit}, the protocol's "
        return Assumed(important, sentence + "minimal important difference.")
    sign = -1 if subject.better == "lower" else 1
    if subject.log:
        ratio = RELATIVE_EFFECT if sign < 0 else 1 / RELATIVE_EFFECT
        why = f"{subject.measure} {ratio:g}, by default."
        return Assumed(ratio, f"Effect to be found: {why}")
    if MEASURES[subject.measure].arms == "events":
        difference = sign * (1 - RELATIVE_EFFECT) * risk
        why = f"{difference:.3g}, a fifth of the control risk"
    else:
        difference = sign * PART_OF_SD * sd
        why = f"{difference:.3g}{subject.of_unit}, half a standard deviation"
    return Assumed(difference, f"Effect to be found: {subject.measure} {why}, by default.")


class Priors(NamedTuple):
    """The prior of tau, others to compare it with, and sentences on them."""

    main: TauPrior
    others: tuple[TauPrior, ...]
    sentences: tuple[str, ...]


def priors_of(
    rules: OutcomeProtocol, rows: Sequence[StudyRow], written: str | None = None, sd: float | None = None
) -> Priors:
    """Return the prior that was written, or that the protocol declares, with half-normal and half-Cauchy ones beside.

    Raises
    ------
    ArgumentError
        What `tau_prior` refuses; a declared type that is of events where the outcome is measured, or the reverse; a
        mean difference without any standard deviation.
    """
    scale, sentences = 1.0, []
    if rules.measure == "MD":
        scale = typical_sd(rows) if sd is None else sd
        if isnan(scale):
            raise ArgumentError("sd is not given, and no pooled trial gives one: a prior of tau is in its unit")
        origin = "as given" if sd is not None else "the median over the trials of the one within arms"
        sentences.append(f"Priors are in units of a standard deviation of {scale:.3g} {rules.unit}: {origin}.")
    wide = 0.2 if rules.measure in ("RD", "AS") else 1.0  # a share can not differ by much more
    usual = [TauPrior("half-normal", (0.5 * wide * scale,)), TauPrior("half-normal", (wide * scale,)),
             TauPrior("half-Cauchy", (0.5 * wide * scale,))]  # fmt: skip
    declared = rules.prior
    chosen = written if written is not None else declared.tau
    if chosen is not None:
        main = tau_prior(chosen)
        sentences.append(f"Prior of tau: {main}, as {'given' if written is not None else 'the protocol says'}.")
        empirical: list[TauPrior] = _empirical(rules, scale)
    else:
        main, *empirical = _empirical(rules, scale) or usual
        where = f"declared as {declared.type}" if main.origin else "by default; no empirical prior fits the outcome"
        sentences.append(f"Prior of tau: {main} ({where}).")
    others = [prior for prior in (*empirical, *usual) if prior != main]
    return Priors(main, tuple(dict.fromkeys(others)), tuple(sentences))


def _empirical(rules: OutcomeProtocol, scale: float) -> list[TauPrior]:
    """Return the priors that fit the declared type: that of its area, then that of the others."""
    kind, measure = rules.prior.type, rules.measure
    if not kind:
        return []
    counted = kind in TURNER
    if counted != (MEASURES[measure].arms == "events" or measure == "HR"):
        if measure in ("LRM", "GEN"):
            return []
        raise ArgumentError(f"prior.type is {kind!r}, which does not fit the measure {measure}")
    if counted:
        return [turner(kind)] if MEASURES[measure].log else []
    if measure == "ROM":
        return []
    areas = sorted(("respiratory", "other"), key=lambda area: area != rules.prior.area)
    return [rhodes(kind, scale, area) for area in areas] if kind in RHODES else []


def _has_spread(arm: ArmNumbers) -> bool:
    return arm.sd > 0 and arm.n > 1


def _arms(count: int) -> str:
    return "the control arm of one trial" if count == 1 else f"the control arms of {count} trials"
