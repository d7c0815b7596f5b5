"""What ``msc-meta check --fix`` and ``--diff`` do with files."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click

from msc_meta.cli.settings import Settings
from msc_meta.errors import OutputError, counted
from msc_meta.loading import Checked
from msc_meta.output import write_files
from msc_meta.records.fixes import Change, fix
from msc_meta.records.own_outcomes import own_outcomes_of
from msc_meta.records.template import schema_line
from msc_meta.records.yaml_text import MAX_BYTES

SUFFIXES = (".yaml", ".yml")


class _File(NamedTuple):
    path: Path
    before: bytes
    after: bytes
    changes: tuple[Change, ...]


def fix_files(settings: Settings, checked: Checked) -> int:
    """Write what has one right answer into the YAML files that were checked, all or none; return how many changed."""
    files = list(_fixed(checked))
    changed = [file.path for file in files if file.path.read_bytes() != file.before]
    if changed:
        raise OutputError(f"{', '.join(map(str, changed))} was saved by somebody else just now; nothing was fixed")
    write_files({file.path.resolve(): file.after for file in files}, force=True)
    for file in files:
        for change in file.changes:
            settings.say(f"{file.path}:{change.line}: fixed {change}")
    fixes = sum(len(file.changes) for file in files)
    settings.say(f"{counted(fixes, 'fix').replace('fixs', 'fixes')} in {counted(len(files), 'file')}")
    return len(files)


def show_diff(settings: Settings, checked: Checked) -> int:
    """Print what fixing would change; return 1 if anything, else 0."""
    files = list(_fixed(checked))
    for file in files:
        name = str(file.path)
        before, after = (_lines(content) for content in (file.before, file.after))
        for line in difflib.unified_diff(before, after, name, name, "as it is", "fixed", lineterm=""):
            click.echo(line)
    settings.say(f"{counted(len(files), 'file')} would change; --fix writes" if files else "nothing to fix")
    return 1 if files else 0


def _fixed(checked: Checked) -> Iterator[_File]:
    """Yield the files that fixing changes."""
    for name in checked.files:
        path = Path(name)
        if path.suffix.lower() not in SUFFIXES or not path.is_file():
            continue
        before = path.read_bytes()
        if len(before) > MAX_BYTES:
            continue
        own, _ = own_outcomes_of(path.parent)
        fixed = fix(before, name, schema_line=schema_line(path.parent), own_outcomes=own)
        if fixed.content != before:
            yield _File(path, before, fixed.content, fixed.changes)


def _lines(content: bytes) -> list[str]:
    return content.decode("utf-8").splitlines()
