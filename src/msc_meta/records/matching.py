"""What belongs together in two extractions of one trial: arms, and the entries of lists, whatever their order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from msc_meta.records.study import Outcome, RiskOfBias, Source


def same_arms(a: Mapping[str, Any], b: Mapping[str, Any]) -> dict[str, str]:
    """Return for each arm of the second record its name in the first: by id, label or role."""
    names: dict[str, str] = {}
    for alike in (lambda name, _: name, lambda name, _: _bare(name), lambda _, arm: (arm["role"], _bare(arm["label"]))):
        ours, theirs = (
            {alike(name, arm): name for name, arm in record["arms"].items() if name not in known}
            for record, known in ((a, names.values()), (b, names))
        )
        names |= {theirs[key]: ours[key] for key in ours if key in theirs}
    for role in ("experimental", "control", "other"):
        alone, other = (
            [name for name, arm in record["arms"].items() if arm["role"] == role and name not in known]
            for record, known in ((a, names.values()), (b, names))
        )
        if len(alone) == len(other) == 1:
            names[other[0]] = alone[0]
    return names


def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold())


def pairs(model: Any, a: Sequence[Any], b: Sequence[Any]) -> Iterator[tuple[int | None, int | None]]:
    """Match two lists, the strictest likeness first; yield them in the order of the first, then what only b has."""
    found: dict[int, int] = {}
    for alike in _LIKENESSES.get(model, _LIKENESSES[Source]):
        for one, item in enumerate(a):
            free = [at for at in range(len(b)) if at not in found.values() and alike(b[at]) == alike(item)]
            rivals = [at for at in range(len(a)) if at not in found and alike(a[at]) == alike(item)]
            if one not in found and free and (alike is not _subject or len(free) == len(rivals) == 1):
                found[one] = free[0]
    for one in range(len(a)):
        yield one, found.get(one)
    for other in range(len(b)):
        if other not in found.values():
            yield None, other


def _measured(outcome: Mapping[str, Any]) -> Any:
    return outcome.get("quantity") or ("hospital_stay" if outcome["outcome"] == "discharge_time" else None)


def _report(outcome: Mapping[str, Any]) -> tuple[Any, ...]:
    return outcome["outcome"], _measured(outcome), outcome.get("kind"), outcome.get("day"), outcome.get("subgroup")


def _subject(outcome: Mapping[str, Any]) -> tuple[Any, ...]:
    return outcome["outcome"], outcome.get("subgroup") is None


_LIKENESSES: Mapping[Any, tuple[Callable[[Mapping[str, Any]], Any], ...]] = {
    Outcome: (
        lambda outcome: (*_report(outcome), outcome["source"]["url"], outcome["source"]["where"]),
        lambda outcome: (*_report(outcome), outcome["source"]["url"]),
        _report,
        _subject,  # a day or a kind that they read differently, where nothing else could be meant
    ),
    RiskOfBias: (
        lambda judged: (judged["tool"], judged.get("outcome"), judged["source"]["url"]),
        lambda judged: (judged["tool"], judged.get("outcome")),
    ),
    Source: (lambda source: (source.get("url"), source.get("where")), lambda source: source.get("url")),
}
