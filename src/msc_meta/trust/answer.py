"""What every analysis of trust says alike: of which outcome, with which assumptions, or why there is no answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite, log
from typing import TYPE_CHECKING, Any, Literal, TypeVar, final

from msc_meta.effects.measures import MEASURES
from msc_meta.errors import ArgumentError

if TYPE_CHECKING:
    import pandas as pd

    from msc_meta.synthesis import OutcomeSynthesis


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The outcome that an analysis is about, and how its effects are shown."""

    name: str
    title: str
    measure: str
    unit: str
    better: Literal["lower", "higher"]
    k: int
    level: float

    @property
    def log(self) -> bool:
        """Whether effects are analysed as natural logs and shown as ratios."""
        return MEASURES[self.measure].log

    def shown(self, value: float) -> str:
        """Return an effect of the analysis scale as people read it."""
        number = MEASURES[self.measure].display(value)
        return f"{number:.2f}" if self.log or abs(number) < 10 else f"{number:.1f}"

    def interval(self, low: float, high: float) -> str:
        """Return ``0.64 to 1.02``, and ``days`` behind it where the effect has a unit."""
        return f"{self.shown(low)} to {self.shown(high)}{self.of_unit}"

    @property
    def of_unit(self) -> str:
        """The unit with a blank before it, for mean differences."""
        return f" {self.unit}" if self.measure == "MD" and self.unit else ""

    def analysed(self, name: str, value: float) -> float:
        """Return an effect that was given on the shown scale on the analysis scale.

        Raises
        ------
        ArgumentError
            For a ratio that is not above 0.
        """
        if not self.log:
            return value
        if not value > 0:
            raise ArgumentError(f"{name} is {value:g}; a {MEASURES[self.measure].title.lower()} is above 0")
        return log(value)

    def important(self, difference: float) -> float:
        """Return a minimal important difference, given on the shown scale, on the analysis scale.

        Raises
        ------
        ArgumentError
            For one that is no benefit: 1.2 for a risk ratio where lower is better, or 1 day for -1.
        """
        found = self.analysed("minimal_important_difference", difference)
        if not (found < 0 if self.better == "lower" else found > 0):
            raise ArgumentError(
                f"minimal_important_difference is {difference:g}, which is no benefit: {self.better} is better, and no "
                f"effect is {int(self.log)}"
            )
        return found


def subject_of(outcome: OutcomeSynthesis) -> Subject:
    """Return what the analyses of an outcome are about."""
    rules = outcome.rules
    return Subject(
        name=outcome.name, title=rules.title, measure=rules.measure, unit=rules.unit, better=rules.better,
        k=len(outcome.pooled), level=rules.model.level,
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Base of the answers.

    Attributes
    ----------
    subject : Subject
        The outcome.
    assumed : tuple of str
        What was read from the evidence, decided by the protocol or taken by default, a sentence each.
    why_not : str
        Why there is no answer; empty where there is one.
    """

    subject: Subject
    assumed: tuple[str, ...] = ()
    why_not: str = ""

    @property
    def heading(self) -> str:
        """What this is, in a line."""
        raise NotImplementedError

    @property
    def verdict(self) -> tuple[str, ...]:
        """What it means, a sentence each; never asked for without an answer."""
        raise NotImplementedError

    def values(self) -> dict[str, Any]:
        """Return the numbers as plain values, in short; never asked for without an answer."""
        raise NotImplementedError

    def lines(self) -> Iterator[str]:
        """Yield the lines of the table that a terminal shows."""
        raise NotImplementedError

    def frames(self) -> Iterator[pd.DataFrame]:
        """Yield the whole table, in pieces; never asked for without an answer."""
        raise NotImplementedError

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values; estimates on the analysis scale."""
        head = {"measure": self.subject.measure, "k": self.subject.k, "assumed": list(self.assumed)}
        if self.why_not:
            return {**head, "why_not": self.why_not}
        return {**head, "why_not": None, "verdict": list(self.verdict), **self.values()}

    def __str__(self) -> str:
        title = f"{self.subject.title}: {self.heading}"
        if self.why_not:
            return f"{title}\n\n{self.why_not}"
        parts = ["\n".join(self.verdict), "\n".join(self.lines())]
        if self.assumed:
            parts.append("Assumed\n" + "\n".join(f"  {sentence}" for sentence in self.assumed))
        return "\n\n".join([title, *(part for part in parts if part)])


@final
@dataclass(frozen=True, kw_only=True)
class Refused(Answer):
    """No answer, because a number that it needs is missing or makes no sense."""

    @property
    def heading(self) -> str:
        """What this is, in a line."""
        return "not possible"


A = TypeVar("A", bound=Answer)


def answered(answer: A) -> A:
    """Return an answer that there is; ArgumentError with the reason where there is none."""
    if answer.why_not:
        raise ArgumentError(answer.why_not)
    return answer


def too_few(subject: Subject, least: int, what: str) -> str:
    """Return the sentence that stands in place of an answer with too few studies; empty for enough."""
    if subject.k >= least:
        return ""
    if subject.k == 0:
        return f"No study can be pooled, so there is nothing to make {what} of."
    pooled = "one is pooled" if subject.k == 1 else f"{subject.k} are pooled"
    return f"{what[:1].upper()}{what[1:]} needs {least} studies or more, and {pooled}."


def unfit(subject: Subject, fitting: tuple[str, ...], what: str) -> str:
    """Return the sentence for a measure that an analysis does not have; empty for one that it has."""
    if subject.measure in fitting:
        return ""
    title = MEASURES[subject.measure].title.lower()
    return f"{what} for a {title} ({subject.measure}) is not possible: there is one for {', '.join(fitting)}."


def percent(share: float) -> str:
    """Return a share as percent, never rounded to all or nothing unless it is.

    Examples
    --------
    >>> percent(0.5), percent(0.9999), percent(1.0), percent(0.0001)
    ('50%', '> 99%', '100%', '< 1%')
    """
    if not isfinite(share):
        return "unknown"
    if 0 < share < 0.01:
        return "< 1%"
    return "> 99%" if 0.99 < share < 1 else f"{100 * share:.0f}%"


def aligned(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Yield rows as lines with their columns below each other: words to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) if at == 0 else cell.rjust(width) for at, (cell, width) in
                 enumerate(zip(row, widths, strict=True)))  # fmt: skip
        yield "  " + "  ".join(cells).rstrip()
