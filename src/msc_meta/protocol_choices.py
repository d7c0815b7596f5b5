"""The multiverse of a protocol: every combination of the choices that it names, pooled.

The choices are the protocol's own. Each of its sensitivity analyses that changes one kind of decision (measure, window,
reports, arms, conversion, zero events, eligibility) is an option of that decision; estimator, interval, risk of bias
and leaving one trial out are added here. What the protocol decided is the first option of each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from msc_meta.effects.eligibility import overall_risk_of_bias
from msc_meta.effects.measures import MEASURES
from msc_meta.effects.table import Known, study_rows
from msc_meta.errors import ArgumentError
from msc_meta.protocol import EVENT_MEASURES, Sensitivity
from msc_meta.robustness.specification_curve import SpecificationCurve, Specifications, permutation_test

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from msc_meta.blocks import Progress
    from msc_meta.effects.arguments import Array
    from msc_meta.effects.rows import StudyRow
    from msc_meta.protocol import OutcomeProtocol, Protocol
    from msc_meta.records.study import Study

MOST: Final = 1_000_000  # specifications
LEAST: Final = 2  # trials, one of which can not be left out
# A sensitivity analysis is an option of the first of these decisions that it touches.
DECISIONS: Final = {
    "eligibility": ("eligibility",),
    "measure": ("measure",),
    "window": ("window",),
    "reports": ("sources", "sponsor_statements", "conflicts", "kinds"),
    "arms": ("multi_arm",),
    "conversion": ("medians", "median_method", "missing_sd"),
    "zero events": ("zero_events",),
}
ESTIMATORS: Final = ("REML", "DL", "PM", "FE")
INTERVALS: Final = ("hksj", "hksj-adhoc", "wald")
OF_THE_PROTOCOL: Final = "as in the protocol"


@dataclass(frozen=True, slots=True)
class Option:
    """One way to decide: what it is called, and the fields of the protocol that it changes."""

    name: str
    eligibility: Mapping[str, Any] = field(default_factory=dict)
    outcome: Mapping[str, Any] = field(default_factory=dict)
    without: frozenset[str] = frozenset()  # studies that it leaves out


def choices_of(protocol: Protocol, outcome: str, studies: Sequence[Study]) -> dict[str, tuple[Option, ...]]:
    """Return the decisions that make other effects, each with its options, the protocol's first.

    A sensitivity analysis that changes the measure to one of another scale is left out: a risk difference has no place
    on a curve of risk ratios.
    """
    rules = protocol.outcome(outcome)
    found: dict[str, list[Option]] = {}
    for variant in rules.sensitivity:
        decision = _decision(variant)
        if decision is None or not _same_scale(variant, rules):
            continue
        made = {name: value for name, value in variant.outcome.items() if name != "model"}
        found.setdefault(decision, []).append(Option(variant.id, variant.eligibility, made))
    if rules.measure in EVENT_MEASURES and rules.zero_events is not None:
        scopes = [scope for scope in ("only-zero", "treatment-arm") if scope != rules.zero_events.scope]
        found.setdefault("zero events", []).extend(
            Option(f"correction {scope}", outcome={"zero_events": {"scope": scope}}) for scope in scopes
        )
    pooled = {row.study for row in study_rows(studies, protocol, outcome) if row.included}
    found["risk of bias"] = _by_risk_of_bias([study for study in studies if study.id in pooled], studies, outcome)
    first = {"measure": rules.measure}
    return {
        decision: (Option(first.get(decision, OF_THE_PROTOCOL)), *options)
        for decision, options in found.items()
        if options
    }


def multiverse(
    studies: Sequence[Study],
    protocol: Protocol,
    outcome: str,
    *,
    leave_one_out: bool = True,
    choices: Mapping[str, Sequence[Option]] | None = None,
    permutations: int = 0,
    seed: int = 1,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> SpecificationCurve:
    """Pool one outcome under every combination of the protocol's choices.

    Parameters
    ----------
    studies : sequence of Study
        The evidence.
    protocol : Protocol
        The decisions of the review, with its sensitivity analyses.
    outcome : str
        Name of the outcome.
    leave_one_out : bool
        Whether leaving out each trial of the protocol's analysis is a choice too.
    choices : mapping of str to sequence of Option, optional
        The decisions that make other effects, the protocol's option first; `choices_of` the protocol without them.
    permutations : int
        Of the inferential test, which does not leave single trials out; 0 for no test.
    seed : int
        Of the permutations.
    executor, progress
        As in `run_blocks`, for the test.

    Returns
    -------
    SpecificationCurve

    Raises
    ------
    ArgumentError
        If there are more than a million specifications.
    UsageError
        For an outcome that the protocol does not have.

    Examples
    --------
    >>> import msc_meta as mm
    >>> curve = multiverse(mm.load_studies("studies/"), mm.load_protocol(), "discharge_time", leave_one_out=False)
    >>> curve.dimensions
    ('eligibility', 'conversion', 'risk of bias', 'estimator', 'interval')
    """
    rules = protocol.outcome(outcome)
    given = choices if choices is not None else choices_of(protocol, outcome, studies)
    decisions = {name: tuple(given[name]) for name in (*DECISIONS, *given) if name in given}
    models = _models(rules)
    tables = _Tables.of(studies, protocol, outcome, list(product(*decisions.values())))
    pooled = dict.fromkeys(row.study for row in tables.rows[0] if row.included)
    omitted = [-1, *map(tables.studies.index, pooled)] if leave_one_out and len(pooled) > LEAST else [-1]
    count = prod(map(len, decisions.values())) * len(models) * len(omitted)
    if count > MOST:
        raise ArgumentError(f"the choices make {count} specifications; more than {MOST} are not a curve any more")
    sizes = len(tables.rows), len(models), len(omitted)
    table, model, gone = (grid.ravel() for grid in np.meshgrid(*map(np.arange, sizes), indexing="ij"))
    specifications = Specifications(
        yi=tables.yi,
        vi=tables.vi,
        owner=tables.owner,
        table=table,
        left_out=np.array(omitted)[gone],
        models=tuple(models[at] for at in model),
        level=rules.model.level,
    )
    test = None
    if permutations:
        test = permutation_test(
            specifications, permutations=permutations, seed=seed, executor=executor, progress=progress
        )
    labels = {study.id: study.label for study in studies}
    left_out = ("none", *(labels[tables.studies[at]] for at in omitted[1:]))
    chosen, dimensions, options = _laid_out(decisions, models, left_out, (table, model, gone))
    fits: dict[str, Any] = dict(specifications.fit())
    fits["k"] = fits["k"].astype(np.intp)
    return SpecificationCurve(
        dimensions=dimensions, options=options, chosen=chosen, main=0, level=rules.model.level, test=test, **fits
    )


def _decision(variant: Sensitivity) -> str | None:
    """Return the decision that a sensitivity analysis is about; None for one about the model, or about several."""
    touched = {"eligibility"} if variant.eligibility else set()
    for decision, fields in DECISIONS.items():
        if any(name in fields for name in variant.outcome):
            touched.add(decision)
    return touched.pop() if len(touched) == 1 else None


def _same_scale(variant: Sensitivity, rules: OutcomeProtocol) -> bool:
    measure = variant.outcome.get("measure", rules.measure)
    theirs, ours = MEASURES[measure], MEASURES[rules.measure]
    if measure == rules.measure:
        return True
    return theirs.log and ours.log and theirs.arms == ours.arms == "events"


def _by_risk_of_bias(pooled: Sequence[Study], studies: Sequence[Study], outcome: str) -> list[Option]:
    """Return the options to leave trials out by their overall risk of bias.

    There are none unless half of the pooled trials were assessed: else it would be the assessors who choose.
    """
    entries = {study.id: overall_risk_of_bias(study, outcome) for study in studies}
    overall = {study: entry.overall for study, entry in entries.items() if entry is not None}
    if 2 * sum(study.id in overall for study in pooled) < len(pooled):
        return []
    high = frozenset(study for study, judgement in overall.items() if judgement == "high")
    low = frozenset(study for study, judgement in overall.items() if judgement == "low")
    found = [Option("not high", without=high)] if high else []
    return [*found, Option("low only", without=frozenset(study.id for study in studies) - low)] if low else found


def _models(rules: OutcomeProtocol) -> list[tuple[str, str]]:
    """Return estimators with their intervals, the protocol's first; a common effect has Wald's interval alone."""
    ours = (rules.model.method, rules.model.ci_method)
    every = [(method, ci) for method in ESTIMATORS for ci in (INTERVALS if method != "FE" else ("wald",))]
    return [ours, *(model for model in every if model != ours)]


@dataclass(frozen=True, slots=True)
class _Tables:
    """Effects of every combination of decisions: rows of shape (tables, rows), nan where a table lacks a row."""

    rows: list[tuple[StudyRow, ...]]
    studies: tuple[str, ...]
    owner: NDArray[np.intp]
    yi: Array
    vi: Array

    @classmethod
    def of(
        cls, studies: Sequence[Study], protocol: Protocol, outcome: str, combinations: Sequence[tuple[Option, ...]]
    ) -> _Tables:
        known, rows = Known(), []
        for combination in combinations:
            without = frozenset().union(*(option.without for option in combination))
            made = study_rows(studies, _varied(protocol, outcome, combination), outcome, known)
            rows.append(tuple(row for row in made if row.study not in without))
        keys: dict[tuple[str, str], int] = {}
        for made in rows:
            for row in made:
                if row.included:
                    keys.setdefault((row.study, row.label), len(keys))
        yi, vi = np.full((2, len(rows), len(keys)), np.nan)
        for at, made in enumerate(rows):
            for row in made:
                if row.included:
                    place = keys[row.study, row.label]
                    yi[at, place], vi[at, place] = row.yi, row.vi
        names = tuple(dict.fromkeys(study for study, _ in keys))
        owner = np.array([names.index(study) for study, _ in keys], dtype=np.intp)
        return cls(rows, names, owner, yi, vi)


def _varied(protocol: Protocol, outcome: str, combination: Sequence[Option]) -> Protocol:
    eligibility: dict[str, Any] = {}
    rules: dict[str, Any] = {}
    for option in combination:
        eligibility |= option.eligibility
        rules |= option.outcome
    if not eligibility and not rules:
        return protocol
    return protocol.varied(
        outcome, Sensitivity(id="of-the-multiverse", title="-", eligibility=eligibility, outcome=rules)
    )


def _laid_out(
    decisions: Mapping[str, tuple[Option, ...]],
    models: Sequence[tuple[str, str]],
    left_out: tuple[str, ...],
    places: tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]],
) -> tuple[NDArray[np.intp], tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return which option of which dimension each specification takes, and what these are called."""
    table, model, gone = places
    of_tables = np.array(list(product(*(range(len(options)) for options in decisions.values()))), dtype=np.intp)
    methods = tuple(dict.fromkeys(method for method, _ in models))
    intervals = tuple(dict.fromkeys(ci for _, ci in models))
    columns = [*of_tables.reshape(len(of_tables), -1)[table].T]
    columns.append(np.array([methods.index(method) for method, _ in models])[model])
    columns.append(np.array([intervals.index(ci) for _, ci in models])[model])
    named = {name: tuple(option.name for option in made) for name, made in decisions.items()}
    named |= {"estimator": methods, "interval": intervals}
    if len(left_out) > 1:
        columns.append(gone)
        named["left out"] = left_out
    return np.stack(columns, axis=1), tuple(named), tuple(named.values())
