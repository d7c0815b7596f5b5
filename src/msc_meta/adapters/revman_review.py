"""A RevMan review as both of its file formats hold it: studies, analyses and rows of numbers, nothing interpreted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from msc_meta.errors import Problem
from msc_meta.hookspecs import Position
from msc_meta.records.findings import WHOLE_FILE, Mistake, problem

Kind = Literal["dichotomous", "continuous", "contrast", "o-e", "other"]

COUNTS: Final = ("events_e", "n_e", "events_c", "n_c")
NUMBERS: Final[Mapping[Kind, tuple[str, ...]]] = {
    "dichotomous": COUNTS,
    "continuous": ("mean_e", "sd_e", "n_e", "mean_c", "sd_c", "n_c"),
    "contrast": ("estimate", "se", "n_e", "n_c"),
    "o-e": ("o_e", "variance", *COUNTS),
    "other": (),
}
"""Kind of an analysis -> the numbers of its rows; all others are no data, whatever their cells hold."""


class RevManError(Exception):
    """A file that is not, or not wholly, what RevMan writes; nothing of it is used."""

    def __init__(self, code: str, place: Position, message: str, advice: str) -> None:
        super().__init__(message)
        self.mistake = Mistake(code, place, message, advice)

    def problem(self, path: str) -> Problem:
        """Return the complaint about a file."""
        return problem(self.mistake, path)


@dataclass(frozen=True, slots=True)
class Row:
    """One study's line in an analysis: numbers as text, by the names in ``NUMBERS``, and the effect as printed."""

    study: str
    numbers: Mapping[str, str]
    subgroup: str = ""
    footnote: str = ""
    in_total: bool = True
    printed: Mapping[str, float] = field(default_factory=dict)
    place: Position = WHOLE_FILE


@dataclass(frozen=True, slots=True)
class Analysis:
    """One analysis of the review, with its settings as they are written there."""

    group: str
    number: str
    name: str
    comparison: str
    kind: Kind
    measure: str = ""
    method: str = ""
    random: bool = False
    log_data: bool = True
    swap_events: bool = False
    level_of_studies: float = 0.95
    level: float = 0.95
    estimator: str = ""
    ci_method: str = ""
    unit: str = ""
    label_e: str = ""
    label_c: str = ""
    favours: tuple[str, str] = ("", "")
    totals: bool = True
    drawn_measure: str = ""
    printed: Mapping[str, float] = field(default_factory=dict)
    rows: tuple[Row, ...] = ()
    other_text: tuple[str, ...] = ()
    place: Position = WHOLE_FILE

    @property
    def numbered(self) -> str:
        """The number as RevMan prints it: 1.2."""
        return f"{self.group}.{self.number}"

    @property
    def subgroups(self) -> tuple[str, ...]:
        """Names of the subgroups, in the order of the review; empty without any."""
        return tuple(dict.fromkeys(row.subgroup for row in self.rows if row.subgroup))


@dataclass(frozen=True, slots=True)
class Judgement:
    """A judgement of risk of bias: in the review's words, for one domain of one study."""

    domain: str
    judgement: str
    support: str = ""


@dataclass(frozen=True, slots=True)
class ReviewStudy:
    """An included study: its name and year, its references, what is said about it."""

    name: str
    year: str = ""
    data_source: str = ""
    characteristics: Mapping[str, str] = field(default_factory=dict)
    references: tuple[Mapping[str, str], ...] = ()
    registrations: tuple[str, ...] = ()
    judgements: tuple[Judgement, ...] = ()
    place: Position = WHOLE_FILE


@dataclass(frozen=True, slots=True)
class Review:
    """All that is read of a review; ``left_out`` says what the file holds and nothing here does."""

    title: str
    studies: tuple[ReviewStudy, ...]
    analyses: tuple[Analysis, ...]
    left_out: tuple[str, ...] = ()


def plain(text: str | None) -> str:
    r"""Return text on one line; what a Windows program wrote as ISO 8859-1 becomes what it meant.

    Examples
    --------
    >>> plain("  Favours\n\x93cells\x94 ")
    'Favours “cells”'
    """
    words = " ".join((text or "").split())
    return re.sub("[\x80-\x9f]", lambda found: found[0].encode("latin-1").decode("cp1252", "replace"), words)


def number_in(text: str, place: Position, name: str) -> float | None:
    """Return the number that a cell or an attribute holds; None for an empty one."""
    if not text.strip():
        return None
    try:
        value = float(text)
        if value - value == 0:
            return value
    except ValueError:
        pass
    message = f"{name} is {text[:40]!r}, which is no number"
    raise RevManError("E170", place, message, "export the review again, or correct the number in RevMan")


def checked(review: Review) -> Review:
    """Return the review if it holds together: every row of a study that is listed, and no study twice."""
    names = [study.name for study in review.studies]
    if (
        repeated := next((study for study in review.studies if names.count(study.name) > 1), None)
        if (len(set(names)) < len(names))
        else None
    ):
        message = f"two included studies are named {repeated.name}"
        raise RevManError("E170", repeated.place, message, "give each study a name of its own in RevMan")
    known = set(names)
    for analysis in review.analyses:
        for row in analysis.rows:
            if row.study not in known:
                message = f"analysis {analysis.numbered} has a row of {row.study}, which is no included study"
                raise RevManError("E170", row.place, message, "export the whole review again")
    if not names:
        raise RevManError("E170", WHOLE_FILE, "the review has no included study", "nothing can be imported from it")
    return review
