"""The changes of a review in words: text for a terminal, Markdown for a pull request or an evidence changelog."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msc_meta.effects.measures import MEASURES
from msc_meta.errors import counted
from msc_meta.living.record_changes import RecordChange
from msc_meta.living.run_changes import Changes, EffectChange

NOTHING = "nothing"


def text(changes: Changes) -> str:
    """Return the changes as plain text, one block a part."""
    return "\n".join(_blocks(changes, heading="{}".format, item="  {}".format)) + "\n"


def markdown(changes: Changes) -> str:
    """Return the changes as Markdown; what a record says can not become markup."""
    return "\n".join(_blocks(changes, heading="\n### {}\n".format, item="- {}".format, clean=_escaped)).strip() + "\n"


def to_dict(changes: Changes) -> dict[str, Any]:
    """Return the changes as plain JSON values."""
    names = ("k", "measure", "estimate", "ci", "prediction", "tau2", "i2", "p_value", "display")
    return {
        "old": changes.old,
        "new": changes.new,
        "records": None if changes.records is None else [_record(change) for change in changes.records],
        "decisions": None if changes.decisions is None else [
            {"field": change.field, "old": change.old, "new": change.new} for change in changes.decisions
        ],
        "effects": {
            effect.outcome: {
                "differs": effect.differs,
                "old": effect.old and {name: effect.old.get(name) for name in names},
                "new": effect.new and {name: effect.new.get(name) for name in names},
                "entered": list(effect.entered),
                "left": list(effect.left),
                "moved": list(effect.moved),
            }
            for effect in changes.effects
        },
    }  # fmt: skip


def answer(side: Mapping[str, Any] | None) -> str:
    """Return the pooled answer of one side in a line: ``RR 0.78 (0.60 to 1.02), 12 comparisons, I2 1%``."""
    if side is None:
        return "not analysed"
    if not side.get("k"):
        return "no study can be pooled"
    shown, digits = side["display"], _digits(side)
    low, high = (f"{bound:.{digits}f}" for bound in shown["ci"])
    unit = f" {side['unit']}" if side.get("unit") and not MEASURES[side["measure"]].log else ""
    parts = [f"{side['measure']} {shown['estimate']:.{digits}f}{unit} ({low} to {high})"]
    parts.append(counted(side["k"], "comparison"))
    if side.get("i2") is not None:
        parts.append(f"I2 {side['i2']:.0f}%")
    return ", ".join(parts)


def _digits(side: Mapping[str, Any]) -> int:
    largest = max((abs(value) for value in (side["display"]["estimate"], *side["display"]["ci"])), default=0.0)
    return 2 if MEASURES[side["measure"]].log or largest < 10 else 1


def _blocks(changes: Changes, heading: Any, item: Any, clean: Any = str) -> Iterator[str]:
    yield heading("Pooled effects")
    for effect in changes.effects:
        for line in _effect(effect):
            yield item(clean(line))
    yield heading("Records")
    if changes.records is None:
        yield item("not compared: one side has results only")
    else:
        yield from (item(clean(line)) for change in changes.records for line in _record_lines(change))
        if not changes.records:
            yield item(NOTHING)
    yield heading("Decisions of the protocol")
    if changes.decisions is None:
        yield item("not compared: one side has results only")
    else:
        yield from (item(clean(f"{c.field}: {_shown(c.old)} -> {_shown(c.new)}")) for c in changes.decisions)
        if not changes.decisions:
            yield item(NOTHING)


def _effect(effect: EffectChange) -> Iterator[str]:
    title = (effect.new or effect.old or {}).get("title") or effect.outcome
    if not effect.differs:
        yield f"{title}: unchanged, {answer(effect.new)}"
        return
    yield f"{title}: {answer(effect.old)} -> {answer(effect.new)}"
    for word, labels in (("entered", effect.entered), ("left", effect.left), ("have another effect", effect.moved)):
        if labels:
            yield f"{title}: {word}: {', '.join(labels)}"


def _record_lines(change: RecordChange) -> Iterator[str]:
    name = f"{change.label} ({change.study})"
    if change.kind != "changed":
        yield f"{name}: {change.kind}"
    for one in change.fields:
        yield f"{name}: {one.field}: {_shown(one.old)} -> {_shown(one.new)}"


def _record(change: RecordChange) -> dict[str, Any]:
    fields = [{"field": one.field, "old": one.old, "new": one.new} for one in change.fields]
    return {"study": change.study, "label": change.label, "kind": change.kind, "fields": fields}


def _shown(value: Any) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, list):
        return ", ".join(map(str, value)) or NOTHING
    return f"{value:g}" if isinstance(value, float) else str(value)


def _escaped(line: str) -> str:
    for character in "\\`*_{}[]<>#|~@!":
        line = line.replace(character, f"&#{ord(character)};")
    return line
