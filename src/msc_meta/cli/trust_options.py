"""What the commands on trust share: the outcome, its answer as text, JSON or CSV, its figures, and the progress."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from msc_meta.cli.figure_options import style_option
from msc_meta.cli.settings import (
    F,
    Settings,
    checked_outcome,
    format_option,
    outcome_argument,
    protocol_option,
    studies_argument,
)
from msc_meta.errors import NothingPooledError

if TYPE_CHECKING:
    from concurrent.futures import Executor

    import pandas as pd

    from msc_meta.synthesis import OutcomeSynthesis
    from msc_meta.trust.answer import Answer


def trust_options(command: F) -> F:
    """Add the arguments and options of a command on trust."""
    options = (
        outcome_argument,
        studies_argument,
        protocol_option,
        format_option("text", "json", "csv"),
        click.option(
            "--output",
            "-o",
            type=click.Path(path_type=Path),
            help="Figure to write too (its ending is the format), or folder.",
        ),
        style_option,
    )
    for option in reversed(options):
        command = option(command)
    return command


def seed_option(command: F) -> F:
    """Add --seed."""
    return click.option(
        "--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Of random numbers; it is recorded."
    )(command)


def outcome_of(settings: Settings, name: str, studies: Path, protocol_path: Path | None) -> OutcomeSynthesis:
    """Pool one outcome, without the sensitivity analyses."""
    from msc_meta.synthesis import synthesize

    protocol = settings.protocol(protocol_path, studies)
    name = checked_outcome(protocol, name)
    return synthesize(settings.load(studies, protocol), protocol, outcomes=[name], sensitivity=False)[name]


def show(
    settings: Settings, outcome: OutcomeSynthesis, answer: Answer, form: str, *, output: Path | None, style: str | None,
    kinds: tuple[str, ...],
) -> int:  # fmt: skip
    """Print an answer and draw its figures where a place for them is given; return the exit code."""
    if output is not None:
        from msc_meta.figures.outcome import write_drawing
        from msc_meta.figures.trust_plots import answer_drawing

        for path, kind in _places(answer, output, kinds):
            write_drawing(answer_drawing(outcome, answer, kind, style=style), path)
            settings.say(f"wrote {path}")
    for piece in _printed(answer, form):
        click.echo(piece, nl=False)
    return 0 if answer.subject.k else NothingPooledError.exit_code


def _places(answer: Answer, output: Path, kinds: tuple[str, ...]) -> Iterator[tuple[Path, str]]:
    """Yield where each figure goes: the first one to a file, all of them into a folder."""
    if output.suffix and not output.is_dir():
        yield output, kinds[0]
        return
    for kind in kinds:
        yield output / f"{kind}_{answer.subject.name}.svg", kind


def _printed(answer: Answer, form: str) -> Iterator[str]:
    if form == "json":
        from msc_meta.report.results_json import to_json

        yield to_json({answer.subject.name: answer.to_dict()})
    elif form == "csv" and not answer.why_not:
        for at, frame in enumerate(answer.frames()):
            yield _csv(frame, header=at == 0)
    elif form == "csv":
        click.echo(answer.why_not, err=True)
    else:
        yield f"{answer}\n"


def _csv(frame: pd.DataFrame, *, header: bool) -> str:
    """Return a table as CSV whose words no spreadsheet takes for a formula."""
    from msc_meta.figures.cells import cell

    safe = frame.rename(columns=cell)
    for name, kind in safe.dtypes.items():
        if getattr(kind, "kind", "O") not in "biuf":
            safe[name] = safe[name].map(cell)
    return safe.to_csv(index=False, header=header, lineterminator="\n")


@contextmanager
def progress_of(settings: Settings, label: str, length: int) -> Iterator[Callable[[int], None]]:
    """Hold a progress bar on standard error, where somebody watches it."""
    hidden = settings.quiet or not sys.stderr.isatty()
    with click.progressbar(length=length, label=label, file=sys.stderr, hidden=hidden) as bar:
        yield bar.update


def run(make: Callable[..., Answer], executor: Executor | None, **options: Any) -> Answer:
    """Return an answer; an executor whose processes end is said in a sentence."""
    from concurrent.futures import BrokenExecutor

    try:
        return make(executor=executor, **options)
    except BrokenExecutor:
        raise click.ClickException("a process of --workers ended before its work was done; try fewer") from None


def numbers(_ctx: click.Context, param: click.Parameter, text: str | None) -> tuple[int, ...] | None:
    """Return the whole numbers of a list with commas between them."""
    if text is None:
        return None
    try:
        return tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError:
        raise click.BadParameter(f"{text!r} is no list of whole numbers, as 100,200,400", param=param) from None


SHARE = click.FloatRange(0, 1, min_open=True, max_open=True)
ABOVE_0 = click.FloatRange(0, min_open=True)
