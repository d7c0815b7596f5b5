"""What changed, as an entry of an evidence changelog: Markdown for people who read a review, not its code."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from msc_meta.effects.measures import MEASURES
from msc_meta.errors import counted
from msc_meta.living.change_words import effect_text, escaped, title_of, to_dict, value_text
from msc_meta.living.record_changes import FieldChange, RecordChange
from msc_meta.living.run_changes import Changes, EffectChange

NAMED = 3  # trials that a title names


def entry(changes: Changes, date: str, title: str = "") -> str:
    """Return an entry: answers first, then trials, numbers and decisions, each with what it was and what it is.

    Parameters
    ----------
    changes : Changes
        Something changed.
    date : str
        As ``2026-11-22``.
    title : str
        What the entry is called; made from the changes where it is empty.

    Returns
    -------
    str
        Markdown that ends with a comment, by which the same changes are known again.
    """
    parts = [f"## {date}: {escaped(title or title_for(changes))}"]
    for heading, lines in _sections(changes):
        if found := [f"- {line}" for line in lines]:
            parts.append(f"### {heading}\n\n" + "\n".join(found))
    return "\n\n".join([*parts, mark(changes)]) + "\n"


def mark(changes: Changes) -> str:
    """Return the comment by which an entry is known: the same for the same changes, whatever the states are called."""
    content = {name: value for name, value in to_dict(changes).items() if name not in {"old", "new"}}
    text = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return f"<!-- msc-meta changelog {hashlib.sha256(text.encode()).hexdigest()[:16]} -->"


def title_for(changes: Changes) -> str:
    """Return a title: ``Doe 2026 added; 2 records changed``."""
    parts = []
    for kind in ("added", "removed", "renamed", "changed"):
        labels = [change.label for change in changes.records or () if change.kind == kind]
        if labels:
            said = ", ".join(labels) if len(labels) <= NAMED else counted(len(labels), "record")
            parts.append(f"{said} {kind}")
    if changes.decisions:
        parts.append(f"{counted(len(changes.decisions), 'decision')} changed")
    if changes.screening:
        parts.append("search and selection changed")
    return "; ".join(parts) or "Other results from the same records"


def _sections(changes: Changes) -> Iterator[tuple[str, Iterator[str]]]:
    records = changes.records or ()
    yield "What it does to the answers", (_effect(effect) for effect in changes.effects)
    yield "Trials", (_trial(one) for one in records if one.kind != "changed")
    yield (
        "Numbers and statements that changed",
        (line for one in records if one.kind == "changed" for line in _statements(one)),
    )
    yield "Decisions of the protocol that changed", (_change(one) for one in changes.decisions or ())
    yield "Search and selection", (_change(one) for one in changes.screening or ())
    unknown = [word for word, part in (("records", changes.records), ("decisions", changes.decisions)) if part is None]
    yield "Not compared", (f"The {word}: only results are at hand of one state." for word in unknown)


def _effect(effect: EffectChange) -> str:
    title = f"**{escaped(title_of(effect))}**"
    if not effect.differs:
        return f"{title}: unchanged, {_answer(effect.new)}."
    sentences = [f"{title}: was {_answer(effect.old)}; is now {_answer(effect.new)}."]
    sentences += _null(effect)
    for word, labels in (
        ("Newly pooled", effect.entered),
        ("No longer pooled", effect.left),
        ("With another effect", effect.moved),
    ):
        if labels:
            sentences.append(f"{word}: {escaped(', '.join(labels))}.")
    return " ".join(sentences)


def _answer(side: Mapping[str, Any] | None) -> str:
    """Return an answer in words: ``a risk ratio of 0.78 (95% CI 0.60 to 1.02) from 12 comparisons``."""
    if side is None:
        return "not analysed"
    if not side["k"]:
        return "without a study that can be pooled"
    name = MEASURES[side["measure"]].title.lower()
    found = effect_text(side)
    if found is None:
        return f"a {name} that can not be estimated, from {counted(side['k'], 'comparison')}"
    estimate, low, high = found
    level = 95 if side.get("level") is None else 100 * side["level"]
    unit = f" {escaped(side['unit'])}" if side.get("unit") and side["measure"] == "MD" else ""
    source = "one trial, nothing being pooled" if side["k"] == 1 else counted(side["k"], "comparison")
    article = "an" if name[0] in "aeio" else "a"
    return f"{article} {name} of {estimate}{unit} ({level:g}% CI {low} to {high}) from {source}"


def _null(effect: EffectChange) -> list[str]:
    """Say whether no effect lies in the confidence interval, and whether it did."""
    inside = [_holds_null(side) for side in (effect.old, effect.new)]
    if inside[1] is None:
        return []
    now = "includes" if inside[1] else "does not include"
    as_before = {None: "", inside[1]: ", as before"}.get(inside[0], ", which is new")
    return [f"The confidence interval {now} no effect{as_before}."]


def _holds_null(side: Mapping[str, Any] | None) -> bool | None:
    low, high = ((side or {}).get("ci")) or (None, None)
    return None if side is None or not side["k"] or low is None or high is None else low <= 0 <= high


def _trial(change: RecordChange) -> str:
    was = f", was {change.fields[0].old}" if change.kind == "renamed" else ""
    return (
        escaped(f"{change.kind.capitalize()}: {change.name}{was}" + (f"; {change.about}" if change.about else "")) + "."
    )


def _statements(change: RecordChange) -> Iterator[str]:
    if not change.fields:
        yield escaped(f"{change.label}: says something else than it did; only its hash is known.")
    for one in change.fields:
        yield f"{escaped(change.label)}: {_change(one)}"


def _change(change: FieldChange) -> str:
    source = f" (source: {change.source})" if change.source else ""
    return escaped(f"{field_words(change.field)}: {value_text(change.old)} → {value_text(change.new)}{source}")


def field_words(field: str) -> str:
    """Return the name of a field as people read it.

    Examples
    --------
    >>> field_words("outcomes[mortality, day 28, primary, Table 2].arms.msc.events")
    'mortality, day 28, primary, Table 2; arms, msc, events'
    >>> field_words("design.masking")
    'design, masking'
    """
    report = re.fullmatch(r"(?:outcomes|risk_of_bias)\[(.*)\]\.(.*)", field)
    about, rest = (f"{report[1]}; ", report[2]) if report else ("", field)
    return about + rest.replace(".", ", ").replace("_", " ")
