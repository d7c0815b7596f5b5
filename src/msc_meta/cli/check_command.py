"""msc-meta check: every problem of every record, in one run."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from pathlib import Path

import click

from msc_meta.cli.settings import Settings, format_option, pass_settings
from msc_meta.errors import Problem, counted


@click.command("check")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATHS]...")
@format_option("text", "json", "csv")
@pass_settings
def command(settings: Settings, paths: tuple[Path, ...], form: str) -> int:
    """List every problem of every record in PATHS (default: studies).

    Ends with code 0 if there is no error, and with 1 if there is one; warnings do not count.
    """
    checked = settings.check(paths or (Path("studies"),))
    problems = sorted(checked.problems, key=lambda problem: problem.sort_key)
    click.echo(_printed(problems, form), nl=False)
    errors = sum(problem.severity == "error" for problem in problems)
    warnings = len(problems) - errors
    tally = f"{counted(errors, 'error')}, {counted(warnings, 'warning')}"
    settings.say(f"{counted(len(checked.files), 'file')} checked: {tally}")
    return 1 if errors else 0


def _printed(problems: list[Problem], form: str) -> str:
    if form == "json":
        import json

        return json.dumps([asdict(problem) for problem in problems], indent=2, ensure_ascii=False) + "\n"
    if form == "csv":
        from msc_meta.report.cells import records_csv

        fields = ("path", "line", "column", "severity", "code", "field", "message", "help")
        return records_csv((asdict(problem) for problem in problems), fields)
    return "".join(f"{_coloured(problem)}\n" for problem in problems)


def _coloured(problem: Problem) -> str:
    text = str(problem)
    if not sys.stdout.isatty() or "NO_COLOR" in os.environ:
        return text
    word, colour = (problem.severity, "red" if problem.severity == "error" else "yellow")
    return text.replace(f": {word} ", f": {click.style(word, fg=colour, bold=True)} ", 1)
