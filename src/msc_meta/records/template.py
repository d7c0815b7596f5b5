"""A commented record for a new trial: what to fill in, and what each line means."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from msc_meta.errors import UsageError

TEMPLATE = Path(__file__).with_name("template.yaml")
FEWEST_ARMS = 2
ID_SHAPE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def new_record(study_id: str, outcomes: Collection[str] = (), arms: int = 2) -> str:
    """Return the text of a new record; label and year are taken from an id like ``garcia-2025``.

    Parameters
    ----------
    study_id : str
        The id, first author and year.
    outcomes : collection of str, optional
        The outcomes to ask for; all three where none is named.
    arms : int
        How many arms the trial has: one control, and the others experimental.

    Raises
    ------
    UsageError
        if the id is not made of lower-case letters, digits and single hyphens, or there are fewer than two arms.

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
    if arms < FEWEST_ARMS:
        raise UsageError(f"a trial has two arms or more, not {arms}")
    *names, last = study_id.split("-")
    year = last if re.fullmatch(r"(19|20)\d\d", last) else ""
    label = " ".join(name.capitalize() for name in names) if year and names else study_id.replace("-", " ").capitalize()
    text = TEMPLATE.read_text(encoding="utf-8")
    for name, value in (("id", study_id), ("label", f"{label} {year}".strip()), ("year", year)):
        text = text.replace(f"{{{name}}}", value)
    return (
        "\n".join(line.rstrip() for line in _with_arms([*_asking(text.splitlines(), outcomes)], arms - FEWEST_ARMS))
        + "\n"
    )


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


def _with_arms(lines: list[str], more: int) -> Iterator[str]:
    """Repeat what stands for the experimental arm, ``msc``, for ``msc_2`` and so on."""
    at = 0
    while at < len(lines):
        block = [lines[at]]
        if re.match(r" +msc:", lines[at]):
            depth = len(lines[at]) - len(lines[at].lstrip())
            while len(lines[at + len(block)]) - len(lines[at + len(block)].lstrip()) > depth:
                block.append(lines[at + len(block)])
        yield from block
        if re.match(r" +msc:", lines[at]):
            for number in range(2, more + 2):
                for line in block:
                    again = re.sub(r"^( +)msc:", rf"\1msc_{number}:", line)
                    yield re.sub(r"^( +label: )MSC  ", rf"\g<1>MSC {number}", again)
        at += len(block)


def schema_line(folder: Path) -> str:
    """Return the comment by which editors find the JSON Schema, as other records of a folder have it, or nothing."""
    for neighbour in sorted(folder.glob("*.yaml")):
        with neighbour.open(encoding="utf-8", errors="replace") as file:
            first = file.readline(200)
        if first.startswith("# yaml-language-server:"):
            return first
    return ""
