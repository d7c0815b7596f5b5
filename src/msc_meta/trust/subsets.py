"""Every subset of the trials of an outcome: how far the estimate depends on which trials there happen to be."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING, Any, final

import numpy as np

from msc_meta.pooling.random_effects import pool
from msc_meta.robustness.gosh import Gosh, gosh
from msc_meta.robustness.subset_fits import METHODS
from msc_meta.trust.answer import Answer, aligned, percent, subject_of, too_few

if TYPE_CHECKING:
    import pandas as pd

    from msc_meta.blocks import Progress
    from msc_meta.synthesis import OutcomeSynthesis

CHUNK = 100_000  # subsets that are laid out as a table at a time
LEAST = 3  # studies; two make one subset, which is the pool
LISTED = 5  # studies that split the cloud most
SPLITS = 0.5  # of the variance of the estimates: from here on, one study tells two clouds apart
QUANTILES = (0.0, 0.025, 0.25, 0.5, 0.75, 0.975, 1.0)


@final
@dataclass(frozen=True, kw_only=True)
class SubsetsAnswer(Answer):
    """Pooled effects of subsets of the trials; ``cloud`` is None where ``why_not`` says why.

    ``whole`` is the effect of all trials, by the same method.
    """

    cloud: Gosh | None = None
    whole: float = nan

    @property
    def heading(self) -> str:
        """What this is, in a line."""
        return "the pooled effect of every subset of the trials (GOSH)"

    @property
    def found(self) -> Gosh:
        """The cloud, where there is one."""
        assert self.cloud is not None
        return self.cloud

    @property
    def verdict(self) -> tuple[str, ...]:
        """What the cloud says."""
        cloud, show = self.found, self.subject.shown
        several = cloud.counts > 1
        estimates = cloud.estimate[several]
        low, high = np.quantile(estimates, [0.025, 0.975])
        side = float((estimates < 0 if self.subject.better == "lower" else estimates > 0).mean())
        first = cloud.splits().iloc[0]
        medians = show(first["estimate_with"]), show(first["estimate_without"])
        sets = f"{int(several.sum()):,} subsets of two or more trials"
        return (
            (
                f"{sets}: {percent(side)} have a pooled effect on the better side; 95% of the effects lie from "
                f"{self.subject.interval(low, high)}."
            ),
            _split_sentence(str(first["study"]), float(first["share"]), *medians),
        )

    def values(self) -> dict[str, Any]:
        """Return quantiles and the studies that split the cloud, not the subsets."""
        cloud = self.found
        several = cloud.counts > 1
        numbers = {"estimate": cloud.estimate[several], "i2": cloud.i2[several], "tau2": cloud.tau2[several]}
        return {
            "subsets": cloud.counts.size,
            "of_two_or_more": int(several.sum()),
            "exact": cloud.exact,
            "seed": cloud.seed,
            "method": cloud.method,
            "quantiles": list(QUANTILES),
            **{name: np.quantile(values, QUANTILES).tolist() for name, values in numbers.items()},
            "below_0": float((cloud.estimate[several] < 0).mean()),
            "splits": [{str(key): value for key, value in row.items()} for row in cloud.splits().to_dict("records")],
        }

    def lines(self) -> Iterator[str]:
        """Yield the studies that split the cloud most."""
        show = self.subject.shown
        rows = [("Study", "part of the variance", "median with it", "without it")]
        for row in self.found.splits().head(LISTED).to_dict("records"):
            rows.append((str(row["study"]), percent(row["share"]), show(row["estimate_with"]),
                         show(row["estimate_without"])))  # fmt: skip
        yield from aligned(rows)

    def frames(self) -> Iterator[pd.DataFrame]:
        """Yield a row per subset; a column per trial says whether it is in."""
        import pandas as pd

        cloud = self.found
        for start in range(0, cloud.counts.size, CHUNK):
            part = slice(start, start + CHUNK)
            numbers = {"k": cloud.counts[part], "estimate": cloud.estimate[part], "tau2": cloud.tau2[part],
                       "i2": cloud.i2[part], "q": cloud.q[part]}  # fmt: skip
            members = {name: cloud.includes(at)[part].astype(np.uint8) for at, name in enumerate(cloud.study)}
            yield pd.DataFrame(numbers | members)


def subsets_of(
    outcome: OutcomeSynthesis,
    *,
    method: str | None = None,
    subsets: int | None = None,
    seed: int = 1,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> SubsetsAnswer:
    """Pool every subset of an outcome's trials; parameters as in `gosh`, the method that of the protocol."""
    subject = subject_of(outcome)
    if why_not := too_few(subject, LEAST, "a cloud of subsets"):
        return SubsetsAnswer(subject=subject, why_not=why_not)
    chosen = method or _method(outcome)
    rows = outcome.pooled
    cloud = gosh(
        [row.yi for row in rows], [row.vi for row in rows], chosen, subsets=subsets, seed=seed,
        study=_names([row.label for row in rows]), executor=executor, progress=progress,
    )  # fmt: skip
    drawn = "All subsets." if cloud.exact else f"{cloud.counts.size:,} subsets drawn at even odds, seed {cloud.seed}."
    whole = pool([row.yi for row in rows], [row.vi for row in rows], chosen, "wald").estimate
    return SubsetsAnswer(subject=subject, cloud=cloud, whole=whole, assumed=(f"Pooled by {cloud.method}.", drawn))


def _method(outcome: OutcomeSynthesis) -> str:
    """Return the protocol's estimator; REML for one that subsets are not pooled by."""
    method = outcome.rules.model.on_effects
    return method if method in METHODS else "REML"


def _names(labels: list[str]) -> tuple[str, ...]:
    """Return labels, each once: comparisons of one trial may share one."""
    return tuple(
        label if labels.count(label) == 1 else f"{label} ({labels[:at].count(label) + 1})"
        for at, label in enumerate(labels)
    )


def _split_sentence(study: str, share: float, with_it: str, without: str) -> str:
    medians = f"the median is {with_it} with it and {without} without it"
    if share >= SPLITS:
        return f"{study} splits the cloud in two: {percent(share)} of the variance; {medians}."
    return f"No trial splits the cloud: {study} moves it most, with {percent(share)} of the variance; {medians}."
