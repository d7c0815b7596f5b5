"""msc-meta check: every problem of every record, in one run."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from msc_meta.cli.settings import Settings, format_option, pass_settings
from msc_meta.errors import Problem, counted

if TYPE_CHECKING:
    from msc_meta.loading import Checked


@click.command("check")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATHS]...")
@click.option("--fix", is_flag=True, help="First write what has exactly one right answer into the files.")
@click.option("--diff", is_flag=True, help="Show what --fix would write, and write nothing.")
@click.option("--watch", is_flag=True, help="Check again whenever a file is saved, until Ctrl-C.")
@format_option("text", "json", "csv")
@pass_settings
def command(settings: Settings, paths: tuple[Path, ...], fix: bool, diff: bool, watch: bool, form: str) -> int:
    """List every problem of every record in PATHS (default: studies).

    Ends with code 0 if there is no error, and with 1 if there is one; warnings do not count. With --diff it ends with
    1 if there is anything to fix.
    """
    if fix + diff + watch > 1:
        raise click.UsageError("choose one of --fix, --diff and --watch")
    where = paths or (Path("studies"),)
    if watch:
        from msc_meta.cli.watching import watch_records

        watch_records(where, lambda: shown(settings, settings.check(where), form))
        return 0
    checked = settings.check(where)
    if fix or diff:
        from msc_meta.cli.fixing import fix_files, show_diff

        if diff:
            return show_diff(settings, checked)
        if fix_files(settings, checked):
            checked = settings.check(where)
    return 1 if shown(settings, checked, form) else 0


def shown(settings: Settings, checked: Checked, form: str) -> int:
    """Print the problems and the tally, and return the number of errors."""
    problems = sorted((*checked.problems, *_of_the_flow(checked)), key=lambda problem: problem.sort_key)
    click.echo(_printed(problems, form), nl=False)
    errors = sum(problem.severity == "error" for problem in problems)
    warnings = len(problems) - errors
    tally = f"{counted(errors, 'error')}, {counted(warnings, 'warning')}"
    files = len(checked.files) + (checked.screening is not None)
    settings.say(f"{counted(files, 'file')} checked: {tally}")
    return errors


def _of_the_flow(checked: Checked) -> tuple[Problem, ...]:
    """Compare a screening file with the records, where both can be read."""
    if checked.screening is None or checked.errors:
        return ()
    from msc_meta.errors import MscMetaError
    from msc_meta.flow.counts import flow_counts
    from msc_meta.protocol_files import load_protocol, protocol_of

    folders = dict.fromkeys(Path(path).parent for path in checked.files)
    try:
        protocol = load_protocol(next(filter(None, map(protocol_of, folders)), None))
    except MscMetaError:  # the commands that use the protocol say what is wrong with it
        return ()
    return flow_counts(checked.studies, protocol.eligibility, checked.screening).problems


def _printed(problems: list[Problem], form: str) -> str:
    if form == "json":
        import json

        return json.dumps([asdict(problem) for problem in problems], indent=2, ensure_ascii=False) + "\n"
    if form == "csv":
        from msc_meta.figures.cells import records_csv

        fields = ("path", "line", "column", "severity", "code", "field", "message", "help")
        return records_csv((asdict(problem) for problem in problems), fields)
    return "".join(f"{_coloured(problem)}\n" for problem in problems)


def _coloured(problem: Problem) -> str:
    text = str(problem)
    if not sys.stdout.isatty() or "NO_COLOR" in os.environ:
        return text
    word, colour = (problem.severity, "red" if problem.severity == "error" else "yellow")
    return text.replace(f": {word} ", f": {click.style(word, fg=colour, bold=True)} ", 1)
