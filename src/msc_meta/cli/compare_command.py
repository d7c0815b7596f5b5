"""msc-meta compare: two extractions of the same trials, field by field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from msc_meta.cli.settings import Settings, format_option, pass_settings
from msc_meta.errors import DataError, UsageError, counted

if TYPE_CHECKING:
    from msc_meta.errors import Problem
    from msc_meta.hookspecs import RawRecord
    from msc_meta.records.compare import Comparison, Item


@click.command("compare")
@click.argument("a", type=click.Path(path_type=Path))
@click.argument("b", type=click.Path(path_type=Path))
@click.option(
    "--output", "-o", type=click.Path(path_type=Path), help="Write the consensus: a file, or for folders a folder."
)
@click.option(
    "--take",
    type=(click.Choice(["a", "b"]), str),
    multiple=True,
    metavar="a|b FIELD",
    help="For this field one of the two is right (outcomes[0].arms.msc.n, or events, or doe-2024:note). Repeatable.",
)
@click.option("--names", type=(str, str), metavar="A B", help="Who extracted A and B, where extracted_by does not say.")
@click.option("--ignore-case", is_flag=True, help="Texts that differ only in capitals and blanks agree.")
@click.option("--force", is_flag=True, help="Replace the consensus if it exists.")
@format_option("text", "json", "csv")
@pass_settings
def command(
    settings: Settings,
    *,
    a: Path,
    b: Path,
    output: Path | None,
    take: tuple[tuple[Literal["a", "b"], str], ...],
    names: tuple[str, str] | None,
    ignore_case: bool,
    force: bool,
    form: str,
) -> int:
    """List where two extractors of the same trials disagree: the records A and B, or two folders of them.

    Ends with code 1 if anything is left to decide.
    """
    from msc_meta.records.compare import Taken, compare_records
    from msc_meta.records.own_outcomes import own_outcomes_of

    taken = Taken(take)
    comparisons: list[Comparison] = []
    problems: list[Problem] = []
    for one, other in _pairs(settings, a, b):
        own = own_outcomes_of(Path(one.path).parent)[0] | own_outcomes_of(Path(other.path).parent)[0]
        comparison, found = compare_records(
            one, other, loosely=ignore_case, taken=taken, names=names or ("", ""), own_outcomes=own
        )
        problems += found
        comparisons += [comparison] if comparison else []
    if problems:
        raise DataError(problems)
    taken.check(comparisons)
    click.echo(_printed(comparisons, form), nl=False)
    for note in dict.fromkeys(note for comparison in comparisons for note in comparison.notes):
        settings.say(note)
    if output is not None:
        _write(settings, comparisons, output, folder=a.is_dir(), force=force)
    return 1 if any(comparison.undecided for comparison in comparisons) else 0


def _pairs(settings: Settings, a: Path, b: Path) -> Iterator[tuple[RawRecord, RawRecord]]:
    """Yield the records that belong together: the two files, or the files of one name in two folders."""
    from msc_meta.adapters.yaml_folder import YamlFolder, read_record

    for path in (a, b):
        if not path.exists():
            raise UsageError(f"{path} does not exist")
    if a.is_dir() != b.is_dir():
        raise UsageError("compare two records, or two folders of records")
    if not a.is_dir():
        yield read_record(a), read_record(b)
        return
    ours, theirs = ({Path(raw.path).stem: raw for raw in YamlFolder().read(folder)} for folder in (a, b))
    for stem in sorted(ours.keys() ^ theirs.keys()):
        settings.say(f"{stem} is only in {a if stem in ours else b}")
    if not ours.keys() & theirs.keys():
        raise UsageError(f"no record of {a} has the name of one in {b}")
    for stem in sorted(ours.keys() & theirs.keys()):
        yield ours[stem], theirs[stem]


def _write(settings: Settings, comparisons: list[Comparison], output: Path, *, folder: bool, force: bool) -> None:
    from msc_meta.output import write_files
    from msc_meta.records.consensus import consensus_text
    from msc_meta.records.template import schema_line

    into = output if folder else output.parent
    line = schema_line(into)
    texts = {
        (into / f"{found.study}.yaml" if folder else output): consensus_text(found, schema_line=line)
        for found in comparisons
    }
    write_files(texts, force=force)
    left = sum(len(found.undecided) for found in comparisons)
    settings.say(f"wrote {output}" + (f"; {counted(left, 'field')} to decide: msc-meta check {output}" if left else ""))


def _printed(comparisons: list[Comparison], form: str) -> str:
    differing = [item for found in comparisons for item in found.disagreements]
    if form == "csv":
        from msc_meta.figures.cells import records_csv

        return records_csv(map(_record, differing), list(_record_fields()))
    if form == "json":
        import json

        answer = {"disagreements": [*map(_record, differing)], "agreement": _agreement(comparisons)}
        return json.dumps(answer, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return "\n".join([*map(_in_words, differing), *_statistics(comparisons)]) + "\n"


def _record_fields() -> tuple[str, ...]:
    return ("study", "field", "kind", "a", "b", "difference", "taken", "path_a", "line_a", "source_a", "path_b",
            "line_b", "source_b")  # fmt: skip


def _record(item: Item) -> dict[str, Any]:
    both = item.kind == "number" and isinstance(item.a.value, int | float) and isinstance(item.b.value, int | float)
    return {
        "study": item.study,
        "field": item.name,
        "kind": item.kind,
        "a": item.a.value,
        "b": item.b.value,
        "difference": float(f"{item.b.value - item.a.value:.12g}") if both else None,
        "taken": item.taken or None,
        **{f"{key}_a": getattr(item.a, key) for key in ("path", "line", "source")},
        **{f"{key}_b": getattr(item.b, key) for key in ("path", "line", "source")},
    }


def _in_words(item: Item) -> str:
    from msc_meta.records.compare import shown

    taken = f"   (taken: {item.taken})" if item.taken else ""
    sides = [f"  {name}  {shown(side.value)}\n     {_where(side)}\n" for name, side in (("a", item.a), ("b", item.b))]
    return f"{item.study} {item.name}{taken}\n{''.join(sides)}"


def _where(side: Any) -> str:
    return ": ".join(part for part in (f"{side.path}:{side.line}", side.source) if part)


def _statistics(comparisons: list[Comparison]) -> list[str]:
    found = _agreement(comparisons)
    head = f"{counted(len(comparisons), 'trial')}, {counted(found['fields'], 'field')}"
    lines = [f"{head}: {found['agreeing']} agree ({found['percent']:.1f}%)"]
    for kind, numbers in found["by_kind"].items():
        lines.append(f"  {kind:9} {numbers['agreeing']} of {numbers['fields']} ({numbers['percent']:.1f}%)")
    if found["kappa"]:
        lines += ["Cohen's kappa (95% CI) of fields with categories"]
    for name, kappa in found["kappa"].items():
        value = "not defined: one category only" if kappa["kappa"] is None else (
            f"{kappa['kappa']:.2f} ({kappa['ci'][0]:.2f} to {kappa['ci'][1]:.2f})"
        )  # fmt: skip
        lines.append(f"  {name:28} n = {kappa['n']:<4} agree {100 * kappa['observed']:.0f}%   kappa {value}")
    return lines


def _agreement(comparisons: list[Comparison]) -> dict[str, Any]:
    """Return how many fields agree, by kind, and kappa for each field with categories."""
    from msc_meta.records.agreement import cohen_kappa

    items = [item for found in comparisons for item in found.items]
    total, agreeing = Counter(item.kind for item in items), Counter(item.kind for item in items if item.agrees)
    judged: dict[str, list[tuple[object, object]]] = {}
    for item in items:
        if item.kind == "category":
            judged.setdefault(item.pattern, []).append((item.a.value, item.b.value))
    kappas = {name: cohen_kappa(*zip(*pairs, strict=True)) for name, pairs in judged.items() if len(pairs) > 1}
    return {
        "fields": len(items),
        "agreeing": sum(agreeing.values()),
        "percent": _percent(sum(agreeing.values()), len(items)),
        "by_kind": {
            kind: {"fields": total[kind], "agreeing": agreeing[kind], "percent": _percent(agreeing[kind], total[kind])}
            for kind in ("number", "category", "text", "part")
            if total[kind]
        },
        "kappa": {
            name: {
                "n": found.n,
                "observed": found.observed,
                "kappa": found.kappa if found.expected < 1 else None,
                "se": found.se if found.expected < 1 else None,
                "ci": list(found.ci) if found.expected < 1 else None,
            }
            for name, found in kappas.items()
        },
    }


def _percent(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 100.0
