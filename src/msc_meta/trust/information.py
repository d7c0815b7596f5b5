"""Whether an outcome's trials hold enough information: trial sequential analysis with what the evidence gives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isnan, nan
from typing import TYPE_CHECKING, Any, Literal, final

from msc_meta.effects.measures import MEASURES
from msc_meta.robustness.required_information import BINARY
from msc_meta.robustness.sequential import SequentialAnalysis, sequential_analysis
from msc_meta.trust.answer import Answer, aligned, percent, subject_of, too_few, unfit
from msc_meta.trust.assumptions import by_year, effect_to_detect, risk_of_control, standard_deviation

if TYPE_CHECKING:
    import pandas as pd

    from msc_meta.synthesis import OutcomeSynthesis

FITTING = (*BINARY, "MD")
FARTHEST = 10.0  # a boundary that no z reaches is not told in numbers
WIDEST = 5.0  # times as wide as without looks: beyond, an interval tells nothing
CONCLUSIONS = {
    "benefit": "The boundary for benefit is crossed at {at}: with the errors that were asked for, it is established.",
    "harm": "The boundary for harm is crossed at {at}: with the errors that were asked for, harm is established.",
    "futility": "The boundary for futility is crossed at {at}: an effect as large as the one looked for is unlikely.",
    "enough information without a difference": "The required information is reached without a difference as large as "
    "the one looked for.",
    "more trials are needed": "No boundary is crossed and the required information is not reached: more trials are "
    "needed.",
}


@final
@dataclass(frozen=True, kw_only=True)
class InformationAnswer(Answer):
    """A trial sequential analysis; ``analysis`` is None where ``why_not`` says why."""

    analysis: SequentialAnalysis | None = None

    @property
    def heading(self) -> str:
        """What this is, in a line."""
        return "is there enough information? (trial sequential analysis)"

    @property
    def found(self) -> SequentialAnalysis:
        """The analysis, where there is one."""
        assert self.analysis is not None
        return self.analysis

    @property
    def verdict(self) -> tuple[str, ...]:
        """What the boundaries say."""
        found = self.found
        patients, share = int(found.n[-1]), float(found.fraction[-1])
        sentences = [
            CONCLUSIONS[found.conclusion].format(at=found.at),
            f"{patients:,} of {found.required:,} required patients: {percent(share)}.",
            self._intervals(),
        ]  # fmt: skip
        if found.information.trials is not None and found.information.trials > 1:
            n = found.information
            sentences.append(
                f"If true effects differ as much as it seems, at least {n.trials} trials are needed in all, however "
                f"large; of {n.per_trial[0][1]:,} patients each, {n.trials} suffice."
            )
        return tuple(sentence for sentence in sentences if sentence)

    def _intervals(self) -> str:
        found, subject = self.found, self.subject
        level = f"{100 * (1 - float(found.settings['alpha'])):g}%"
        adjusted = "so little information that no interval can be given"
        if found.adjusted.width < WIDEST * found.naive.width:
            adjusted = f"adjusted for the looks {subject.interval(*found.adjusted)}"
        return (
            f"{subject.measure} {subject.shown(float(found.estimate[-1]))}, {level} interval "
            f"{subject.interval(*found.naive)}; {adjusted}."
        )

    def values(self) -> dict[str, Any]:
        """Return the analysis with every look."""
        found = self.found.to_dict()
        del found["measure"]
        return found

    def lines(self) -> Iterator[str]:
        """Yield a line per look."""
        found = self.found
        head = ("Trial", "patients", "of required", self.subject.measure, "z", "boundary", "futility")
        rows: list[tuple[str, ...]] = [head]
        for at, study in enumerate(found.study):
            upper, inner = float(found.upper[at]), float(found.futility[at])
            rows.append((
                study, f"{found.n[at]:,.0f}", percent(float(found.fraction[at])),
                self.subject.shown(float(found.estimate[at])), f"{found.z[at]:.2f}",
                "not tested" if isnan(upper) else f"±{upper:.2f}" if upper < FARTHEST else f"beyond ±{FARTHEST:g}",
                "" if isnan(inner) else f"±{inner:.2f}",
            ))  # fmt: skip
        if found.settings["futility"] == "none":
            rows = [row[:-1] for row in rows]
        yield from aligned(rows)

    def frames(self) -> Iterator[pd.DataFrame]:
        """Yield a row per look."""
        yield self.found.to_frame()


def information_of(
    outcome: OutcomeSynthesis,
    *,
    effect: float | None = None,
    control_risk: float | None = None,
    sd: float | None = None,
    alpha: float = 0.05,
    power: float = 0.8,
    spending: Literal["obrien-fleming", "pocock"] = "obrien-fleming",
    futility: Literal["none", "non-binding", "binding"] = "none",
    adjust: Literal["d2", "i2", "none"] = "d2",
    ci_method: str | None = None,
) -> InformationAnswer:
    """Analyse an outcome's trials in the order of their years.

    Parameters
    ----------
    effect : float, optional
        Effect to be found, on the shown scale; by default the protocol's minimal important difference, or else a ratio
        of 0.8, a fifth of the control risk, half a standard deviation.
    control_risk, sd : float, optional
        By default those of the trials' control arms.
    alpha, power, spending, futility, adjust
        As in `sequential_analysis`.
    ci_method : str, optional
        Whose test each look is; by default the protocol's, so that the interval is that of the main result.
    """
    subject, rules = subject_of(outcome), outcome.rules
    why_not = too_few(subject, 1, "a sequential analysis") or unfit(subject, FITTING, "A sequential analysis")
    rows = by_year(outcome.pooled)
    unsized = [row.label for row in rows if isnan(row.e.n + row.c.n)]
    if unsized and not why_not:
        why_not = f"The number of patients is not known of {', '.join(unsized)}, so information can not be counted."
    if why_not:
        return InformationAnswer(subject=subject, why_not=why_not)
    risk = spread = nan
    if MEASURES[subject.measure].arms == "events":
        risk, sentence = risk_of_control(rows, control_risk)
    else:
        spread, sentence = standard_deviation(rows, rules.unit, sd)
    wanted = effect_to_detect(subject, rules, risk, spread, effect)
    grown = {"d2": "diversity (D2)", "i2": "I2 of Q", "none": "nothing"}[adjust]
    method, ours = rules.model.on_effects, rules.model.ci_method
    chosen = ci_method or ours
    analysis = sequential_analysis(
        [row.yi for row in rows], [row.vi for row in rows], [row.e.n + row.c.n for row in rows],
        measure=subject.measure, effect=wanted.value,
        better=subject.better, control_risk=risk, sd=spread, alpha=alpha, beta=1 - power,
        spending=spending, futility=futility, adjust=adjust, method=method, ci_method=chosen,
        study=tuple(row.label for row in rows),
    )  # fmt: skip
    stops = "none" if futility == "none" else futility
    assumed = (
        wanted.sentence,
        sentence,
        f"Two-sided error {alpha:g}, power {power:g}; boundaries of type {spending}, futility {stops}.",
        f"Required information grown by {grown}; trials in the order of their years; pooled by {method}, {chosen}"
        + ("." if chosen == ours else f", where the protocol has {ours}: the interval is not that of the main result."),
    )
    return InformationAnswer(subject=subject, analysis=analysis, assumed=assumed)
