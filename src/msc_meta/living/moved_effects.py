"""How pooled effects moved, handed to their plot: two parts of results.json as the two sides of a row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msc_meta.figures.effect_changes import EffectMove, PooledSide
from msc_meta.figures.forest_table import Effect
from msc_meta.living.change_words import title_of

if TYPE_CHECKING:
    from msc_meta.living.run_changes import Changes, EffectChange


def moved_effects(changes: Changes) -> tuple[EffectMove, ...]:
    """Return every outcome of two states, as the plot of moved effects takes them."""
    return tuple(_move(effect) for effect in changes.effects)


def _move(effect: EffectChange) -> EffectMove:
    newest = effect.new or effect.old or {}
    return EffectMove(
        name=effect.outcome,
        title=title_of(effect),
        unit=newest.get("unit") or "",
        better="higher" if newest.get("better") == "higher" else "lower",
        before=_side(effect.old),
        now=_side(effect.new),
        entered=effect.entered,
        left=effect.left,
        changed=effect.moved,
    )


def _side(side: Mapping[str, Any] | None) -> PooledSide | None:
    if side is None:
        return None
    estimate = side.get("estimate")
    effect, prediction = (_effect(estimate, side.get(name)) for name in ("ci", "prediction"))
    level = side.get("level")
    return PooledSide(
        measure=side["measure"],
        k=side["k"],
        level=0.95 if level is None else level,
        effect=effect if side["k"] else None,
        prediction=prediction if side["k"] > 1 else None,
    )


def _effect(estimate: float | None, bounds: list[float | None] | None) -> Effect | None:
    low, high = bounds or (None, None)
    return None if estimate is None or low is None or high is None else Effect(estimate, low, high)
