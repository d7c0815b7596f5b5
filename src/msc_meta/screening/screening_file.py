"""The screening file: how it is read, and every problem of it in one run."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Final, final

from msc_meta.errors import DataError, Problem
from msc_meta.input import read_named
from msc_meta.plain_values import canonical, sha256_of
from msc_meta.records.strict_yaml import Document, read_yaml
from msc_meta.records.structure import parse, place_of, placed
from msc_meta.records.yaml_text import MAX_BYTES
from msc_meta.screening.arithmetic import check_numbers
from msc_meta.screening.numbers import ScreeningNumbers
from msc_meta.screening.place import NAME

TEMPLATE: Final = Path(__file__).with_name("template.yaml")


@final
@dataclass(frozen=True)
class Screening:
    """A screening file without errors.

    Attributes
    ----------
    numbers : ScreeningNumbers
        What it says.
    path : str
        The file.
    problems : tuple of Problem
        Warnings about it.
    document : Document
        The file as it was read, with the place of every value.

    Examples
    --------
    >>> import msc_meta as mm
    >>> screening = mm.load_screening("examples/invented-review/screening.yaml")
    >>> screening.numbers.reports.assessed, screening.problems
    (17, ())
    """

    numbers: ScreeningNumbers
    path: str
    problems: tuple[Problem, ...] = ()
    document: Document = field(default=Document(None), repr=False, compare=False)

    @cached_property
    def sha256(self) -> str:
        """Fingerprint of what it says, whatever the order of its keys and its comments."""
        return sha256_of(canonical(self.numbers.model_dump(mode="json", exclude_defaults=True)))


def load_screening(path: str | Path) -> Screening:
    """Read and check a screening file.

    Parameters
    ----------
    path : str or Path
        A YAML file; ``msc-meta flow --template`` prints one to fill in.

    Returns
    -------
    Screening
        Its numbers, and the warnings about them in ``problems``.

    Raises
    ------
    DataError
        With every problem of the file, its line and column.
    UsageError
        If there is no such file.

    Examples
    --------
    >>> import msc_meta as mm
    >>> mm.load_screening("examples/invented-review/screening.yaml").numbers.screened.records
    396
    """
    missing = f"there is no file {path}; `msc-meta flow --template > {NAME}` writes one to fill in"
    content = read_named(Path(path), MAX_BYTES, called=str(path), missing=missing)
    screening, problems = check_screening(content, str(path))
    if screening is None:
        raise DataError(problems)
    return screening


def check_screening(source: str | bytes, path: str) -> tuple[Screening | None, tuple[Problem, ...]]:
    """Return what a screening file says, None if it has an error, and every problem of it; never raise.

    Examples
    --------
    >>> _, problems = check_screening("screened: {records: 10, excluded: 12}", "screening.yaml")
    >>> print(problems[0])
    screening.yaml:1:35: error E605 screened.excluded: 12 records excluded of 10 records screened
      help: look at this number and at screened.records (line 1)
    """
    document = read_yaml(source, path)
    numbers, findings = parse(ScreeningNumbers, document.data)
    if numbers is not None:
        findings = list(check_numbers(numbers, lambda at: place_of(document, at).line))
    problems = [_ours(one) for one in (*document.problems, *placed(document, findings))]
    problems.sort(key=lambda one: one.sort_key)
    if numbers is None or any(one.severity == "error" for one in problems):
        return None, tuple(problems)
    return Screening(numbers, path, tuple(problems), document), tuple(problems)


def _ours(found: Problem) -> Problem:
    """Give the advice for a file that is no record."""
    if "msc-meta new" in found.help:
        return replace(found, help=f"`msc-meta flow --template > {NAME}` writes one to fill in")
    return found
