"""Complaints: the one shape of a problem in the data, and the few exceptions of the package."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, final

Severity = Literal["error", "warning"]


def counted(number: int, thing: str) -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> counted(1, "error"), counted(0, "warning")
    ('1 error', '0 warnings')
    """
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One complaint about one value of one file, in the reader's words.

    ``line`` and ``column`` count from 1; 0 means that the whole file is meant.
    ``code`` is stable and never reused: it is the name of a page in the documentation.

    Examples
    --------
    >>> place = {"path": "studies/doe-2020.yaml", "line": 31, "column": 13, "field": "outcomes[0].day"}
    >>> print(Problem(code="E205", severity="error", **place, message="soon is no day", help="write a number of days"))
    studies/doe-2020.yaml:31:13: error E205 outcomes[0].day: soon is no day
      help: write a number of days
    """

    code: str
    severity: Severity
    path: str
    line: int
    column: int
    field: str  # "outcomes[0].arms.msc.events"
    message: str  # what was found
    help: str = ""  # what to do

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.path, self.line, self.column) if part)
        subject = f" {self.field}" if self.field else ""
        tail = f"\n  help: {self.help}" if self.help else ""
        return f"{place}: {self.severity} {self.code}{subject}: {self.message}{tail}"

    @property
    def sort_key(self) -> tuple[str, int, int, str, str]:
        """Order of a listing: by file, then by place."""
        return (self.path, self.line, self.column, self.code, self.message)


class MscMetaError(Exception):
    """Base of every error that the package raises on purpose; ``exit_code`` is the command line's.

    Examples
    --------
    >>> import msc_meta as mm
    >>> try:
    ...     mm.synthesize(mm.load_studies("studies/"), outcomes=["survival"])
    ... except mm.MscMetaError as error:
    ...     print(error.exit_code, error)
    2 the protocol has no outcome 'survival'; it has mortality, oxygenation, discharge_time
    """

    exit_code = 1


@final
class DataError(MscMetaError):
    """The records or the protocol have errors; ``problems`` lists all of them, warnings included."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.sort_key))
        errors = [problem for problem in self.problems if problem.severity == "error"]
        listing = "\n".join(str(problem) for problem in errors)
        super().__init__(f"{counted(len(errors), 'error')}\n{listing}")


@final
class UsageError(MscMetaError):
    """The call is wrong, not the data: an unknown outcome, a folder that does not exist."""

    exit_code = 2


@final
class ArgumentError(MscMetaError, ValueError):
    """A numeric argument has a value that no analysis allows; names the argument and the value."""

    exit_code = 2


@final
class PluginError(MscMetaError):
    """A plugin can not be used; names its package and version."""

    exit_code = 2


@final
class NothingPooledError(MscMetaError):
    """No outcome has a study that can be pooled."""

    exit_code = 3


@final
class OutputError(MscMetaError):
    """The output folder can not be written; nothing in it was changed."""

    exit_code = 2
