"""A commented record for a new trial: what to fill in, and what each line means."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from msc_meta.errors import UsageError

TEMPLATE = Path(__file__).with_name("template.yaml")
ID_SHAPE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def new_record(study_id: str, outcomes: Collection[str] = ()) -> str:
    """Return the text of a new record; label and year are taken from an id like ``garcia-2025``.

    Parameters
    ----------
    study_id : str
        The id, first author and year.
    outcomes : collection of str, optional
        The outcomes to ask for; all three where none is named.

    Raises
    ------
    UsageError
        if the id is not made of lower-case letters, digits and single hyphens.

    Examples
    --------
    >>> "label: Garcia 2025" in new_record("garcia-2025")
    True
    """
    if not ID_SHAPE.fullmatch(study_id):
        fitting = re.sub(r"[^a-z0-9]+", "-", study_id.lower()).strip("-") or "garcia-2025"
        raise UsageError(
            f"{study_id!r} can not be an id: lower-case letters, digits and hyphens, like {fitting!r} "
            "(first author and year)"
        )
    *names, last = study_id.split("-")
    year = last if re.fullmatch(r"(19|20)\d\d", last) else ""
    label = " ".join(name.capitalize() for name in names) if year and names else study_id.replace("-", " ").capitalize()
    text = TEMPLATE.read_text(encoding="utf-8")
    for name, value in (("id", study_id), ("label", f"{label} {year}".strip()), ("year", year)):
        text = text.replace(f"{{{name}}}", value)
    return "\n".join(line.rstrip() for line in _asking(text.splitlines(), outcomes)) + "\n"


def _asking(lines: list[str], outcomes: Collection[str]) -> Iterator[str]:
    """Leave out the outcomes that are not wanted."""
    wanted = True
    for line in lines:
        if begun := re.match(r"  - outcome: (\w+)", line):
            wanted = not outcomes or begun[1] in outcomes
        elif not line.startswith("    "):
            wanted = True
        if wanted:
            yield line


def schema_line(folder: Path) -> str:
    """Return the comment by which editors find the JSON Schema, as other records of a folder have it, or nothing."""
    for neighbour in sorted(folder.glob("*.yaml")):
        with neighbour.open(encoding="utf-8", errors="replace") as file:
            first = file.readline(200)
        if first.startswith("# yaml-language-server:"):
            return first
    return ""
