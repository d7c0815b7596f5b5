"""Evidence and protocol in, one answer per outcome out; everything else only shows what is computed here."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import isnan
from typing import TYPE_CHECKING, Any, final

from msc_meta.effects.rows import StudyRow, to_frame
from msc_meta.effects.table import Known, study_rows
from msc_meta.errors import UsageError
from msc_meta.evidence import Evidence
from msc_meta.pooled_rows import pooled
from msc_meta.protocol import Protocol
from msc_meta.protocol_files import load_protocol
from msc_meta.secondary_analyses import (
    rare_events_of,
    regression_on,
    small_study_effects_of,
    stated_trait,
    subgroups_by,
    traits_of,
    without_each,
)

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from matplotlib.figure import Figure

    from msc_meta.flow.counts import Flow
    from msc_meta.pooling.bayesian import BayesResult
    from msc_meta.pooling.rare_events import RareEvents
    from msc_meta.pooling.regression import Regression
    from msc_meta.pooling.results import PooledResult
    from msc_meta.pooling.subgroups import Subgroups
    from msc_meta.protocol import Eligibility, OutcomeProtocol
    from msc_meta.records.study import Study
    from msc_meta.robustness.gosh import Gosh
    from msc_meta.robustness.next_trial import NextTrial
    from msc_meta.robustness.sequential import SequentialAnalysis
    from msc_meta.robustness.specification_curve import SpecificationCurve
    from msc_meta.screening.screening_file import Screening
    from msc_meta.secondary_analyses import SmallStudyEffects
    from msc_meta.trust.answer import Answer


@final
@dataclass(frozen=True, kw_only=True)
class SensitivityResult:
    """One named sensitivity analysis: what was changed, and what came out.

    ``rows`` are as in `OutcomeSynthesis` but without weights, which are ``result.weights`` in the order of the pooled
    rows.
    """

    id: str
    title: str
    rows: tuple[StudyRow, ...] = field(repr=False)
    result: PooledResult


@final
@dataclass(frozen=True, kw_only=True)
class OutcomeSynthesis:
    """The answer for one outcome.

    Attributes
    ----------
    name : str
        ``mortality``, ``oxygenation`` or ``discharge_time``.
    rules : OutcomeProtocol
        The choices that were made.
    rows : tuple of StudyRow
        One per study of the evidence (one per arm where a control arm is split), pooled or not.
    result : PooledResult
        The pooled effect; with one study that study's own effect, with none all ``nan``.
    sensitivity : mapping of str to SensitivityResult
        The protocol's named sensitivity analyses, in its order.
    traits : mapping of str to mapping
        What is known of each study that subgroups and moderators are made of.
    studies : mapping of str to Study
        The evidence, by id.
    eligibility : Eligibility or None
        Which studies were admitted, and which of their arms.
    protocol : Protocol or None
        The whole protocol, whose choices the specification curve varies.
    """

    name: str
    rules: OutcomeProtocol
    rows: tuple[StudyRow, ...] = field(repr=False)
    result: PooledResult
    sensitivity: Mapping[str, SensitivityResult] = field(default_factory=dict, repr=False)
    traits: Mapping[str, Mapping[str, str | float | None]] = field(default_factory=dict, repr=False)
    studies: Mapping[str, Study] = field(default_factory=dict, repr=False)
    eligibility: Eligibility | None = field(default=None, repr=False)
    protocol: Protocol | None = field(default=None, repr=False)

    @property
    def table(self) -> pd.DataFrame:
        """One row per study: arm data, ``yi``, ``vi``, ``weight``, ``included``, ``reason``, ``conversion`` and more.

        Effects are on the analysis scale (natural log for ratios), weights in percent.
        """
        return to_frame(self.rows)

    @property
    def pooled(self) -> tuple[StudyRow, ...]:
        """Rows that the estimate is made of."""
        return tuple(row for row in self.rows if row.included)

    @cached_property
    def rare_events(self) -> RareEvents | None:
        """The methods for rare events side by side, where the protocol asks for them."""
        return rare_events_of(self.rows, self.rules) if self.rules.rare_events else None

    @cached_property
    def subgroups(self) -> dict[str, Subgroups]:
        """Pooled effects by the protocol's traits; a trait with one value only is left out."""
        found = {trait: subgroups_by(trait, self.pooled, self.traits, self.rules) for trait in self.rules.subgroups}
        return {trait: answer for trait, answer in found.items() if answer is not None}

    @cached_property
    def regressions(self) -> dict[str, Regression]:
        """Meta-regressions on the protocol's moderators, of the studies that state them."""
        found = {trait: regression_on(trait, self.pooled, self.traits, self.rules) for trait in self.rules.moderators}
        return {trait: answer for trait, answer in found.items() if answer is not None}

    def left_out_of(self, trait: str) -> tuple[str, ...]:
        """Say which pooled trials do not state a trait, and so are in no comparison by it; empty for none."""
        silent = [row.label for row in self.pooled if stated_trait(trait, self.traits[row.study]) is None]
        return (f"Not stated, not compared: {', '.join(silent)}.",) if silent else ()

    @cached_property
    def leave_one_out(self) -> dict[str, PooledResult]:
        """The pooled effect without each study in turn, by label; empty for a single study."""
        return without_each(self.pooled, self.rules) if len(self.pooled) > 1 else {}

    @cached_property
    def small_study_effects(self) -> SmallStudyEffects:
        """Tests for small-study effects that fit the measure, and what may be said of them."""
        return small_study_effects_of(self.pooled, self.rules)

    @cached_property
    def robustness(self) -> dict[str, Answer]:
        """The analyses of how far the answer can be trusted that the protocol asks for, by name."""
        from msc_meta.trust.asked_for import asked_for

        return asked_for(self)

    def gosh(self, **choices: Any) -> Gosh:
        """Pool every subset of the trials; choices are those of `gosh`.

        Raises
        ------
        ArgumentError
            With fewer than three trials.

        Examples
        --------
        >>> import msc_meta as mm
        >>> mm.synthesize(mm.load_studies("studies/"))["mortality"].gosh(method="DL").counts.size
        4095
        """
        from msc_meta.trust.answer import answered
        from msc_meta.trust.subsets import subsets_of

        return answered(subsets_of(self, **choices)).found

    def multiverse(self, **choices: Any) -> SpecificationCurve:
        """Pool under every combination of the protocol's choices; choices are those of `multiverse`.

        Raises
        ------
        ArgumentError
            Without any trial.
        """
        from msc_meta.trust.answer import answered
        from msc_meta.trust.specifications import specifications_of

        return answered(specifications_of(self, **choices)).found

    def bayes(self, **choices: Any) -> BayesResult:
        """Return the posterior under the protocol's prior.

        Parameters
        ----------
        **choices
            ``prior`` of tau as text, ``mu_prior`` as (mean, standard deviation), ``sd`` as the unit of the priors of a
            mean difference.

        Raises
        ------
        ArgumentError
            Without any trial, and for what `bayes` refuses.

        Examples
        --------
        >>> import msc_meta as mm
        >>> fit = mm.synthesize(mm.load_studies("studies/"))["mortality"].bayes(prior="half-normal(0.5)")
        >>> 0.9 < fit.probability_of_benefit("lower") < 1
        True
        """
        from msc_meta.trust.answer import answered
        from msc_meta.trust.beliefs import beliefs_of

        return answered(beliefs_of(self, **choices)).found

    def sequential(self, effect: float | None = None, **choices: Any) -> SequentialAnalysis:
        """Analyse the trials in the order of their years, with boundaries for repeated looks.

        Parameters
        ----------
        effect : float, optional
            Effect to be found, on the shown scale; see `docs/methods/sequential.md` for the default.
        **choices
            ``control_risk``, ``sd``, ``alpha``, ``power``, ``spending``, ``futility``, ``adjust`` and ``ci_method``.

        Raises
        ------
        ArgumentError
            Without any trial, and for a measure without a required information size.
        """
        from msc_meta.trust.answer import answered
        from msc_meta.trust.information import information_of

        return answered(information_of(self, effect=effect, **choices)).found

    def next_trial(self, n: int, **choices: Any) -> NextTrial:
        """Simulate one more trial of n patients, pooled with today's.

        Parameters
        ----------
        n : int
            Patients of both arms together.
        **choices
            ``effect`` (on the shown scale, "predictive" or "posterior"), ``control_risk``, ``sd``, ``control_mean``,
            ``minimal_important_difference``, ``allocation``, ``simulations``, ``seed``.

        Raises
        ------
        ArgumentError
            Without any trial, and for a measure that can not be simulated.

        Examples
        --------
        >>> import msc_meta as mm
        >>> found = mm.synthesize(mm.load_studies("studies/"))["mortality"].next_trial(400, simulations=1000)
        >>> found.trial.n, 0 < found.probability < 1
        (400, True)
        """
        from msc_meta.trust.answer import answered
        from msc_meta.trust.trial_to_come import next_trial_of

        return answered(next_trial_of(self, n=n, **{"sizes": (), "target": None, **choices})).found

    @property
    def finding(self) -> str:
        """What the answer rests on, in plain words."""
        return _finding(self)

    @property
    def headline(self) -> str:
        """The answer in one line: measure, estimate, interval, number of trials."""
        result = self.result
        trials = len({row.study for row in self.pooled})
        if not trials:
            return self.finding
        shown = result.display()
        unit = f" {self.rules.unit}" if self.rules.measure == "MD" and self.rules.unit else ""
        interval = f"{100 * result.level:g}% CI {shown.ci.low:.2f} to {shown.ci.high:.2f}{unit}"
        alone = (
            "one trial alone, not a pool" if len(self.pooled) == 1 else f"{len(self.pooled)} comparisons of one trial"
        )
        basis = alone if trials == 1 else f"{trials} trials"
        return f"{self.rules.title}: {self.rules.measure} {shown.estimate:.2f}, {interval} ({basis})"

    def forest(self, path: str | Path | None = None, **choices: Any) -> Figure:
        """Draw the forest plot; save it too where a path is given (its ending is the format).

        Parameters
        ----------
        path : str or Path, optional
            File to write.
        **choices
            ``style``, ``columns``, ``sort``, ``reverse``, ``subgroup``, ``cumulative``, ``leave_one_out``,
            ``prediction``, ``minimal_important``, ``title``, ``width``, ``left_out``: see `ForestChoices`.

        Raises
        ------
        UsageError
            For an unknown choice, field or style.

        Examples
        --------
        >>> import msc_meta as mm
        >>> mortality = mm.synthesize(mm.load_studies("studies/"))["mortality"]
        >>> figure = mortality.forest(columns="year,dose", subgroup="source", prediction="none")
        """
        from msc_meta.figures.outcome import figure_of

        return figure_of(self, "forest", path, **choices)

    def funnel(self, path: str | Path | None = None, **choices: Any) -> Figure:
        """Draw the funnel plot; `plot` says what path and choices may be."""
        return self.plot("funnel", path, **choices)

    def plot(self, kind: str, path: str | Path | None = None, **choices: Any) -> Figure:
        """Draw any plot by its name; save it too where a path is given (its ending is the format).

        Parameters
        ----------
        kind : str
            forest, funnel, baujat, radial, labbe, bubble, drapery, influence or timeline.
        path : str or Path, optional
            File to write.
        **choices
            ``style``; of a funnel ``contours``, ``limits``, ``trim_and_fill``, ``y`` and ``by`` (a field of the
            records); of a bubble plot ``moderator`` (a trait or a field); of a forest plot those of `forest`.

        Raises
        ------
        UsageError
            For an unknown plot, choice or field.

        Examples
        --------
        >>> import msc_meta as mm
        >>> mortality = mm.synthesize(mm.load_studies("studies/"))["mortality"]
        >>> figure = mortality.plot("funnel", contours=True, by="source")
        """
        from msc_meta.figures.plots import plot_figure

        return plot_figure(self, kind, path, **choices)

    def __str__(self) -> str:
        return f"{self.rules.title}\n{self.finding}\n{self.result}"

    def _repr_html_(self) -> str:
        """Return the finding, the answer and the forest plot, as a notebook shows them."""
        from msc_meta.figures.notebook import outcome_html

        return outcome_html(self)


@final
@dataclass(frozen=True)
class Synthesis(Mapping[str, OutcomeSynthesis]):
    """A mapping from outcome to its answer, in the protocol's order."""

    outcomes: Mapping[str, OutcomeSynthesis]
    protocol: Protocol = field(repr=False)
    studies: tuple[Study, ...] = field(repr=False)
    sources: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    """Study id -> the file it came from, where one is known."""
    screening: Screening | None = field(default=None, repr=False, compare=False)
    """The numbers of search and screening, where a file beside the records has them."""

    @cached_property
    def flow(self) -> Flow:
        """The flow of the review by PRISMA 2020, as `flow_of` returns it."""
        from msc_meta.flow.counts import flow_of

        return flow_of(self)

    def __getitem__(self, name: str) -> OutcomeSynthesis:
        """Return the answer for one outcome; KeyError with the known ones for another."""
        if name not in self.outcomes:
            raise KeyError(f"no outcome {name!r}; there are {', '.join(self.outcomes)}")
        return self.outcomes[name]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names of the outcomes."""
        return iter(self.outcomes)

    def __len__(self) -> int:
        """Return the number of outcomes."""
        return len(self.outcomes)

    def forest(self, *outcomes: str, path: str | Path | None = None, **choices: Any) -> Figure:
        """Draw one forest plot of several outcomes side by side, a row per study; save it where a path is given.

        Parameters
        ----------
        *outcomes : str
            Names, from left to right; all of them where none is given.
        path : str or Path, optional
            File to write; its ending is the format.
        **choices
            ``style``, ``columns``, ``sort``, ``title`` and more: see `ForestChoices`.

        Raises
        ------
        UsageError
            For an unknown choice, and for one that is of a single outcome's studies: subgroups, refits.
        """
        from msc_meta.figures.outcome import shared_figure

        return shared_figure([self[name] for name in outcomes or self], path, **choices)

    def __str__(self) -> str:
        return "\n\n".join(str(outcome) for outcome in self.outcomes.values())

    def _repr_html_(self) -> str:
        """Return the answers as a table, as a notebook shows them."""
        from msc_meta.figures.notebook import synthesis_html

        return synthesis_html(tuple(self.values()))


def synthesize(
    evidence: Sequence[Study],
    protocol: Protocol | None = None,
    *,
    outcomes: Sequence[str] | None = None,
    sensitivity: bool = True,
) -> Synthesis:
    """Pool every outcome of the protocol.

    Parameters
    ----------
    evidence : sequence of Study
        What `load_studies` returns.
    protocol : Protocol, optional
        What `load_protocol` returns; the built-in one if left out.
    outcomes : sequence of str, optional
        Only these outcomes.
    sensitivity : bool
        Whether the protocol's sensitivity analyses are done too.

    Returns
    -------
    Synthesis
        A mapping from the outcome's name to its answer.

    Raises
    ------
    UsageError
        for an outcome that the protocol does not have, and for two studies of one id.

    Examples
    --------
    >>> import msc_meta as mm
    >>> synthesis = mm.synthesize(mm.load_studies("studies/"))
    >>> synthesis["oxygenation"].result.k
    1
    """
    protocol = protocol or load_protocol()
    if repeated := sorted(name for name, times in Counter(study.id for study in evidence).items() if times > 1):
        raise UsageError(f"studies come twice: {', '.join(repeated)}; each would be counted twice")
    names = tuple(protocol.outcomes) if outcomes is None else tuple(outcomes)
    known = Known()
    with _collector_paused():
        done = {name: _outcome(evidence, protocol, name, known, sensitivity=sensitivity) for name in names}
    sources, screening = (evidence.sources, evidence.screening) if isinstance(evidence, Evidence) else ({}, None)
    return Synthesis(done, protocol, tuple(evidence), sources, screening)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Spare the garbage collector hundreds of thousands of rows that can be in no cycle: a fifth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _outcome(
    evidence: Sequence[Study], protocol: Protocol, name: str, known: Known, *, sensitivity: bool
) -> OutcomeSynthesis:
    rules = protocol.outcome(name)
    rows, result = _pooled(evidence, protocol, name, known)
    variants = {}
    for variant in rules.sensitivity if sensitivity else ():
        varied_rows, varied = _pooled(evidence, protocol.varied(name, variant), name, known)
        variants[variant.id] = SensitivityResult(id=variant.id, title=variant.title, rows=varied_rows, result=varied)
    return OutcomeSynthesis(
        name=name,
        rules=rules,
        rows=_weighted(rows, result.weights),
        result=result,
        sensitivity=variants,
        traits={study.id: traits_of(study, protocol.eligibility) for study in evidence},
        studies={study.id: study for study in evidence},
        eligibility=protocol.eligibility,
        protocol=protocol,
    )


def _pooled(
    evidence: Sequence[Study], protocol: Protocol, name: str, known: Known
) -> tuple[tuple[StudyRow, ...], PooledResult]:
    rules = protocol.outcome(name)
    rows = study_rows(evidence, protocol, name, known)
    return rows, pooled([row for row in rows if row.included], rules)


def _weighted(rows: tuple[StudyRow, ...], weights: Sequence[float]) -> tuple[StudyRow, ...]:
    """Give the pooled rows their weights, which come in the rows' order."""
    remaining = iter(weights)
    return tuple(replace(row, weight=next(remaining)) if row.included else row for row in rows)


def _finding(outcome: OutcomeSynthesis) -> str:
    pooled, title = outcome.pooled, outcome.rules.title
    trials = len({row.study for row in pooled})
    if not trials:
        reasons = Counter(row.reason for row in outcome.rows)
        why = "; ".join(f"{reason} ({count})" for reason, count in reasons.most_common())
        return f"{title}: no study can be pooled, because: {why or 'there are no studies'}."
    if trials == 1 and len(pooled) > 1:
        return f"{title}: one trial alone has usable data; its {len(pooled)} comparisons are pooled with each other."
    if trials == 1:
        return (
            f"{title}: one trial alone has usable data ({pooled[0].label}). What is shown is that trial's own effect, "
            "not a pooled one."
        )
    counted = [row for row in pooled if not (isnan(row.e.n) or isnan(row.c.n))]
    patients = f" with {sum(row.e.n + row.c.n for row in counted):g} patients" if counted else ""
    if patients and len(counted) < len(pooled):
        patients = f", {len(counted)} of them{patients},"
    left_out = len({row.study for row in outcome.rows} - {row.study for row in pooled})
    are = "is" if left_out == 1 else "are"
    rest = f"; {left_out} {are} not, each with its reason" if left_out else ""
    undated = sum(isnan(row.day) for row in pooled) if outcome.rules.window is not None else 0
    dates = f" ({undated} of them without a stated day)" if undated else ""
    return f"{title}{_follow_up(outcome.rules)}: {trials} trials{dates}{patients} are pooled{rest}."


def _follow_up(rules: OutcomeProtocol) -> str:
    if rules.window is None:
        return ""
    window = rules.window
    return f" at day {window.target:g} (day {window.earliest:g} to {window.latest:g})"
