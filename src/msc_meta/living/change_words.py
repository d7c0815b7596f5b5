"""The changes of a review in words: text for a terminal, Markdown for a pull request or an evidence changelog."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from msc_meta.effects.measures import MEASURES
from msc_meta.errors import counted
from msc_meta.living.record_changes import FieldChange, RecordChange
from msc_meta.living.run_changes import COMPARED, Changes, EffectChange, same

NOTHING = "nothing"
LONGEST = 300  # characters of a value that is shown
MARKUP = re.compile(r"[\\`*{}\[\]<>|~&]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
JOINER = "&#8288;"  # shows nothing; behind @ and # it keeps a forge from reading a mention or the number of an issue
Write = Callable[[str], str]


def text(changes: Changes) -> str:
    """Return the changes as plain text, one block a part."""
    return "\n".join(_blocks(changes, heading="{}".format, item="  {}".format, clean=one_line)) + "\n"


def markdown(changes: Changes) -> str:
    """Return the changes as Markdown; what a record says can not become markup."""
    return "\n".join(_blocks(changes, heading="\n### {}\n".format, item="- {}".format, clean=escaped)).strip() + "\n"


def to_dict(changes: Changes) -> dict[str, Any]:
    """Return the changes as plain JSON values."""
    names = ("k", "measure", "estimate", "ci", "prediction", "tau2", "i2", "p_value", "display")
    return {
        "old": changes.old,
        "new": changes.new,
        "records": None if changes.records is None else [_record(change) for change in changes.records],
        "decisions": None if changes.decisions is None else [_field(change) for change in changes.decisions],
        **({} if changes.screening is None else {"screening": [_field(one) for one in changes.screening]}),
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
    }


def answer(side: Mapping[str, Any] | None) -> str:
    """Return the pooled answer of one side in a line: ``RR 0.78 (0.60 to 1.02), 12 comparisons, I2 1%``."""
    if side is None:
        return "not analysed"
    if not side["k"]:
        return "no study can be pooled"
    parts = [f"{side['measure']} not estimable"]
    if (found := effect_text(side)) is not None:
        estimate, low, high = found
        parts = [f"{side['measure']} {estimate}{unit_of(side)} ({low} to {high})"]
    parts.append(counted(side["k"], "comparison"))
    if side.get("i2") is not None:
        parts.append(f"I2 {side['i2']:.0f}%")
    return ", ".join(parts)


def effect_text(side: Mapping[str, Any]) -> tuple[str, str, str] | None:
    """Return an estimate with the bounds of its interval as they are shown; None where one is not defined."""
    shown = side["display"]
    values = (shown.get("estimate"), *(shown.get("ci") or (None, None)))
    if None in values:
        return None
    digits = 2 if MEASURES[side["measure"]].log or max(map(abs, values)) < 10 else 1
    estimate, low, high = (f"{value:.{digits}f}" for value in values)
    return estimate, low, high


def unit_of(side: Mapping[str, Any]) -> str:
    """Return the unit behind an effect, with a blank before it; nothing for a ratio."""
    return f" {side['unit']}" if side.get("unit") and side["measure"] == "MD" else ""


def title_of(effect: EffectChange) -> str:
    """Return the title of an outcome, the newer one."""
    return str((effect.new or effect.old or {}).get("title") or effect.outcome)


def effect_lines(effect: EffectChange) -> Iterator[str]:
    """Yield how the answer for an outcome moved, and which trials made it move."""
    title = title_of(effect)
    if not effect.differs:
        yield f"{title}: unchanged, {answer(effect.new)}"
        return
    before, after = answer(effect.old), answer(effect.new)
    if before == after and effect.old is not None and effect.new is not None:
        names = [name for name in COMPARED if not same(effect.old.get(name), effect.new.get(name))]
        finer = f"beyond these digits in {', '.join(names)}" if names else "in the trials' own effects only"
        yield f"{title}: {after}, as before; differs {finer}"
    else:
        yield f"{title}: {before} -> {after}"
    for word, labels in (("entered", effect.entered), ("left", effect.left), ("have another effect", effect.moved)):
        if labels:
            yield f"{title}: {word}: {', '.join(labels)}"


def value_text(value: Any) -> str:
    """Return a value of a record or a protocol in full: every digit of a number, a list with commas."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(value_text, value)) or NOTHING
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    shown = str(value)
    return shown if len(shown) <= LONGEST else shown[:LONGEST] + "..."


def one_line(said: str) -> str:
    """Return a text on one line and without control characters, which a record may hold."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in said).split())


def escaped(said: str) -> str:
    """Return a text as Markdown that shows it as it is: no markup, no mention, no link, no line break."""
    line = MARKUP.sub(lambda found: f"&#{ord(found[0])};", one_line(said))
    line = re.sub(r"(?<!&)([@#])", rf"\1{JOINER}", line)
    return line.replace("://", "&#58;//").replace("www.", "www&#46;")


def _blocks(changes: Changes, heading: Write, item: Write, clean: Write) -> Iterator[str]:
    yield heading("Pooled effects")
    for effect in changes.effects:
        yield from (item(clean(line)) for line in effect_lines(effect))
    yield heading("Records")
    yield from (item(clean(line)) for line in _records(changes))
    yield heading("Decisions of the protocol")
    yield from (item(clean(line)) for line in _decisions(changes))
    if changes.screening is not None:
        yield heading("Numbers of search and selection")
        yield from (item(clean(line)) for line in _field_lines(changes.screening))


def _records(changes: Changes) -> Iterator[str]:
    if changes.records is None:
        yield "not compared: one side has results only"
        return
    yield from (line for change in changes.records for line in _record_lines(change, by_hash=changes.by_hash))
    if not changes.records:
        yield f"{NOTHING}, by their hashes" if changes.by_hash else NOTHING


def _decisions(changes: Changes) -> Iterator[str]:
    if changes.decisions is None:
        yield "not compared: one side has results only"
        return
    yield from _field_lines(changes.decisions)


def _field_lines(fields: Sequence[FieldChange]) -> Iterator[str]:
    yield from map(_moved, fields)
    if not fields:
        yield NOTHING


def _moved(one: FieldChange) -> str:
    return f"{one.field}: {value_text(one.old)} -> {value_text(one.new)}"


def _record_lines(change: RecordChange, *, by_hash: bool) -> Iterator[str]:
    name = change.name
    if change.kind == "renamed":
        yield f"{name}: renamed, was {change.fields[0].old}"
        return
    if change.kind != "changed" or by_hash:
        yield f"{name}: {change.kind}" + (f"; {change.about}" if change.about else "")
    for one in change.fields:
        yield f"{name}: {_moved(one)}"


def _record(change: RecordChange) -> dict[str, Any]:
    fields = [_field(one) for one in change.fields]
    return {"study": change.study, "label": change.label, "kind": change.kind, "fields": fields}


def _field(change: FieldChange) -> dict[str, Any]:
    return {"field": change.field, "old": change.old, "new": change.new}
