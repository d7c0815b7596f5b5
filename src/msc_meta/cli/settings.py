"""What every command shares: settings, common arguments, and where words go."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from msc_meta.errors import counted

if TYPE_CHECKING:
    from msc_meta.errors import Problem
    from msc_meta.evidence import Evidence
    from msc_meta.flow.counts import Flow
    from msc_meta.loading import Checked
    from msc_meta.protocol import Protocol

MANY = 300  # records: a third of a second
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Settings:
    """Options of ``msc-meta`` itself."""

    quiet: bool = False
    without: tuple[str, ...] = ()

    def say(self, text: str) -> None:
        """Tell the person at the terminal something that is not a result."""
        if not self.quiet:
            click.echo(text, err=True)

    def check(
        self, paths: Sequence[Path], own_outcomes: Collection[str] = (), screening: Path | None = None
    ) -> Checked:
        """Read and check records, with a progress bar where there are many and somebody watches."""
        from msc_meta.loading import check_studies

        many = sum(sum(1 for _ in path.iterdir()) if path.is_dir() else 1 for path in paths)
        hidden = self.quiet or many < MANY or not sys.stderr.isatty()
        with click.progressbar(length=many, label="Checking records", file=sys.stderr, hidden=hidden) as bar:
            checked = check_studies(
                paths,
                without=self.without,
                progress=lambda _path: bar.update(1),
                own_outcomes=own_outcomes,
                screening=screening,
            )
        for sentence in checked.warnings:
            self.say(f"warning: {sentence}")
        return checked

    def protocol(self, path: Path | None, studies: Path) -> Protocol:
        """Read the protocol that was named, else the one that lies with the records, else the built-in one."""
        from msc_meta.protocol_files import load_protocol, protocol_of

        if path is None and (path := protocol_of(studies)) is not None:
            self.say(f"protocol: {path}")
        return load_protocol(path)

    def load(self, studies: Path, protocol: Protocol | None = None, screening: Path | None = None) -> Evidence:
        """Read the records and the screening file; warnings are shown, errors stop."""
        own = protocol.own_outcomes if protocol is not None else ()
        evidence = self.check([studies], own, screening).evidence()
        self.warn(evidence.problems)
        return evidence

    def warn(self, problems: Sequence[Problem]) -> None:
        """Say how many warnings there are, without repeating what ``check`` lists."""
        if problems:
            self.say(f"{counted(len(problems), 'warning')} about the records; `msc-meta check` lists them")

    def warn_of_flow(self, flow: Flow) -> None:
        """Say where the typed numbers of search and selection and the records do not agree."""
        for problem in flow.problems:
            self.say(str(problem))


pass_settings = click.make_pass_decorator(Settings, ensure=True)


def studies_argument(command: F) -> F:
    """Add the argument STUDIES."""
    return click.argument(
        "studies", type=click.Path(path_type=Path), default=Path("studies"), metavar="[STUDIES]", required=False
    )(command)


def protocol_option(command: F) -> F:
    """Add the option --protocol."""
    return click.option(
        "--protocol",
        "protocol_path",
        type=click.Path(path_type=Path),
        help="Your own protocol; `msc-meta protocol` prints the built-in one to start from.",
    )(command)


def screening_option(command: F) -> F:
    """Add the option --screening."""
    return click.option(
        "--screening",
        "screening_path",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Numbers of search and screening.  [default: screening.yaml with the records, if it is there]",
    )(command)


def format_option(*formats: str) -> Callable[[F], F]:
    """Add the option --format, the first one being the default."""

    def decorate(command: F) -> F:
        return click.option(
            "--format", "form", type=click.Choice(formats), default=formats[0], show_default=True, help="How to print."
        )(command)

    return decorate


def outcome_argument(command: F) -> F:
    """Add the argument OUTCOME."""
    return click.argument("outcome", shell_complete=_complete_outcome)(command)


def _complete_outcome(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    return [name for name in ("mortality", "oxygenation", "discharge_time") if name.startswith(incomplete)]


def checked_outcome(protocol: Protocol, name: str) -> str:
    """Return the outcome of that name, or say which one was meant."""
    from difflib import get_close_matches

    if name in protocol.outcomes:
        return name
    near = get_close_matches(name, protocol.outcomes, n=1)
    hint = f"Did you mean {near[0]!r}?" if near else f"The protocol has: {', '.join(protocol.outcomes)}."
    raise click.UsageError(f"There is no outcome {name!r}. {hint}")
