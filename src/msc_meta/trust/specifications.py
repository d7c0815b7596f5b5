"""Every combination of the choices that an outcome's protocol names: how far the answer depends on the analyst."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

from msc_meta.protocol_choices import multiverse
from msc_meta.trust.answer import Answer, aligned, percent, subject_of, too_few

if TYPE_CHECKING:
    import pandas as pd

    from msc_meta.blocks import Progress
    from msc_meta.robustness.specification_curve import PermutationTest, SpecificationCurve
    from msc_meta.synthesis import OutcomeSynthesis


@final
@dataclass(frozen=True, kw_only=True)
class SpecificationsAnswer(Answer):
    """Pooled effects under every specification; ``curve`` is None where ``why_not`` says why."""

    curve: SpecificationCurve | None = None

    @property
    def heading(self) -> str:
        """What this is, in a line."""
        return "the pooled effect under every combination of choices (specification curve)"

    @property
    def found(self) -> SpecificationCurve:
        """The curve, where there is one."""
        assert self.curve is not None
        return self.curve

    @property
    def verdict(self) -> tuple[str, ...]:
        """What the curve says."""
        found, show = self.found.summary(), self.subject.shown
        lower = self.subject.better == "lower"
        better, worse = ("below", "above") if lower else ("above", "below")
        first = (
            f"{found['pooled']:,} of {found['specifications']:,} specifications can be pooled: median "
            f"{show(found['median'])}, lowest {show(found['lowest'])}, highest {show(found['highest'])}"
            f"{self.subject.of_unit}."
        )
        second = (
            f"{percent(found[better])} lie on the better side of no effect, and {percent(found[f'excludes_{better}'])} "
            f"have an interval that excludes no effect there; {percent(found[f'excludes_{worse}'])} exclude it on the "
            "worse side."
        )
        rank = found["main_rank"]
        main = () if rank is None else (f"{percent(rank)} of the estimates are not above the protocol's own.",)
        test = () if self.found.test is None else (_test_sentence(self.found.test),)
        return (first, second, *main, *test)

    def values(self) -> dict[str, Any]:
        """Return the summary and what each choice moves, not the specifications."""
        curve = self.found
        test = curve.test
        return {
            **curve.summary(),
            "dimensions": {name: list(options) for name, options in zip(curve.dimensions, curve.options, strict=True)},
            "influence": [{str(key): value for key, value in row.items()} for row in
                          curve.influence().to_dict("records")],
            "test": None if test is None else {
                name: getattr(test, name) for name in ("median_p", "share_p", "permutations", "exact", "seed")
            },
        }  # fmt: skip

    def lines(self) -> Iterator[str]:
        """Yield what each choice moves, those that move most first."""
        show = self.subject.shown
        frame = self.found.influence().sort_values("share", ascending=False, kind="stable")
        rows = [("Choice", "part of the variance", "medians of its options, from", "to")]
        for choice, group in frame.groupby("choice", sort=False):
            medians = group["median"].dropna()
            low, high = (show(medians.min()), show(medians.max())) if len(medians) else ("", "")
            rows.append((str(choice), percent(float(group["share"].iloc[0])), low, high))
        yield from aligned(rows)

    def frames(self) -> Iterator[pd.DataFrame]:
        """Yield a row per specification."""
        yield self.found.to_frame()


def specifications_of(
    outcome: OutcomeSynthesis,
    *,
    leave_one_out: bool = True,
    permutations: int = 0,
    seed: int = 1,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> SpecificationsAnswer:
    """Pool an outcome under every combination of its protocol's choices; parameters as in `multiverse`."""
    subject = subject_of(outcome)
    if why_not := too_few(subject, 1, "a specification curve"):
        return SpecificationsAnswer(subject=subject, why_not=why_not)
    if outcome.protocol is None:
        return SpecificationsAnswer(subject=subject, why_not="The protocol is not known, so its choices are not.")
    curve = multiverse(
        tuple(outcome.studies.values()), outcome.protocol, outcome.name, leave_one_out=leave_one_out,
        permutations=permutations, seed=seed, executor=executor, progress=progress,
    )  # fmt: skip
    choices = "; ".join(
        f"{name} ({len(options)})" for name, options in zip(curve.dimensions, curve.options, strict=True)
    )
    assumed: tuple[str, ...] = (f"Choices, with the number of their options: {choices}.",)
    if "measure" in curve.dimensions:
        assumed += ("Ratios of risks and of odds stand on one scale; an odds ratio lies farther from 1.",)
    return SpecificationsAnswer(subject=subject, curve=curve, assumed=assumed)


def _test_sentence(test: PermutationTest) -> str:
    how = f"all {test.permutations:,} patterns of signs" if test.exact else (
        f"{test.permutations:,} patterns of signs, seed {test.seed}"
    )  # fmt: skip
    return (
        f"If no trial had an effect, a median as far from none would be seen with probability {test.median_p:.3g}, as "
        f"large a share of intervals on one side with {test.share_p:.3g} ({how})."
    )
