"""Whole records made from the pieces that the pages of the problem codes show."""

from __future__ import annotations

import re
import textwrap
from pathlib import PurePath

from msc_meta.hookspecs import RawRecord
from msc_meta.records.cohorts import CohortEntry, check_cohort
from msc_meta.records.schema import check_record
from msc_meta.records.strict_yaml import read_yaml
from msc_meta.records.study import ArmData, Outcome, Study

RECORD = {
    "id": "id: doe-2024",
    "label": "label: Doe 2024",
    "status": "status: completed",
    "design": "design: {allocation: randomised}",
    "population": "population: {condition: COVID-19, syndrome: ARDS}",
    "arms": """arms:
  msc: {role: experimental, label: MSC, randomised: 10, product: cells}
  control: {role: control, label: standard care, randomised: 10}""",
}
DEATHS = {
    "outcome": "outcome: mortality",
    "arms": "arms: {msc: {n: 10, events: 2}, control: {n: 10, events: 3}}",
    "source": 'source: {kind: primary, url: "https://doi.org/10.1000/example", where: Table 2}',
}
STAY = {
    "outcome": "outcome: discharge_time",
    "unit": "unit: days",
    "arms": "arms: {msc: {n: 10, mean: 20, sd: 5}, control: {n: 10, mean: 22, sd: 5}}",
    "source": DEATHS["source"],
}
MEASURED = {"mean", "sd", "se", "ci", "median", "q1", "q3", "min", "max", "value"}


def files_of(piece: str) -> dict[str, bytes]:
    """Return the files, by name, that a piece of a page stands for."""
    parts = re.split(r"^# (\S+\.yaml)\n", piece, flags=re.MULTILINE)
    named = dict(zip(parts[1::2], parts[2::2], strict=True)) or {"doe-2024.yaml": piece}
    return {name: record_of(text, deaths=3 + number).encode() for number, (name, text) in enumerate(named.items())}


def record_of(piece: str, deaths: int = 3) -> str:
    """Return a record that is sound but for one piece: of the record, of its outcome, or of an arm's numbers."""
    keys = set(re.findall(r"^\[?([\w-]+)[^\S\n]?\]?:", piece, flags=re.MULTILINE))
    outcome, arm, study = (set(part.model_fields) for part in (Outcome, ArmData, Study))
    sound = {**DEATHS, "arms": DEATHS["arms"].replace("events: 3", f"events: {deaths}")}
    if keys & (arm - outcome):
        entry = STAY if keys & MEASURED else sound
        numbers = f"arms:\n  msc:\n{textwrap.indent(piece, '    ')}"
        return _text(RECORD) + _entry({**entry, "arms": numbers})
    if keys & (outcome - study):
        kept = {key: text for key, text in sound.items() if key not in keys}
        return _text(RECORD) + _entry({**kept, "piece": piece})
    kept = {key: text for key, text in RECORD.items() if key not in keys}
    entry = "" if "outcomes" in keys or re.search(r"^  (low|high):", piece, re.MULTILINE) else _entry(sound)
    return _text(kept) + entry + piece.rstrip("\n") + "\n"


def problems_of(files: dict[str, bytes], *, named: bool = True) -> list[str]:
    """Return what the checks say about some files, read together; ``named``: file names count."""
    problems, entries = [], []
    for name, content in sorted(files.items()):
        document = read_yaml(content, name)
        stem = PurePath(name).stem if named else None
        raw = RawRecord(document.data, name, document.positions, document.keys, document.problems, stem)
        study, found = check_record(raw)
        problems += found
        if study is not None:
            entries.append(CohortEntry.of(study, raw))
    problems += check_cohort(entries)
    return [str(problem) for problem in sorted(problems, key=lambda problem: problem.sort_key)]


def _text(lines: dict[str, str]) -> str:
    return "".join(f"{text}\n" for text in lines.values())


def _entry(lines: dict[str, str]) -> str:
    body = textwrap.indent(_text(lines).rstrip("\n"), "    ")
    return f"outcomes:\n  - {body.removeprefix('    ')}\n"
