"""The arms of a registry entry, and which group of its results is which arm.

A registry names the groups anew in every table of results; their order and their numbers tell nothing. So they are
matched by their titles, and a group that could be more than one arm, or none, is matched with none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from msc_meta.adapters.json_text import mapping, mappings, words
from msc_meta.adapters.registry_words import plain, same_words
from msc_meta.adapters.study_ids import study_id

CONTROL_TYPES = {"PLACEBO_COMPARATOR", "SHAM_COMPARATOR", "NO_INTERVENTION"}
_CONTROL = re.compile(r"\b(placebo|controls?|standard|usual|saline|sham|vehicle|no (treatment|intervention))\b")
_SURELY_CONTROL = re.compile(r"\b(placebo|controls?|sham|vehicle|no|without)\b")
_CELL_FREE = re.compile(r"exosom|vesicle|secretome|conditioned medium")
_CELLS = re.compile(r"\bcells?\b|\b\w*-?mscs?\b|stromal|stem")
_TISSUES = {
    "umbilical": "umbilical cord", "wharton": "umbilical cord", "bone marrow": "bone marrow", "bm-msc": "bone marrow",
    "adipose": "adipose tissue", "placenta": "placenta", "menstrual": "menstrual blood",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Groups:
    """Groups of one table of results: number of the group -> arm; and what was assumed or could not be told."""

    arms: Mapping[str, str]
    titles: Mapping[str, str]
    assumed: tuple[str, ...] = ()
    unmatched: tuple[str, ...] = ()


def arms_of(protocol: Mapping[str, Any]) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Return the arms of the protocol section, in the record format, and what was assumed about them."""
    module = mapping(protocol, "armsInterventionsModule")
    groups = [group for group in mappings(module.get("armGroups")) if words(group.get("label"))]
    types = [words(group.get("type")).upper() for group in groups]
    arms: dict[str, dict[str, Any]] = {}
    assumed = []
    for group, kind in zip(groups, types, strict=True):
        label = words(group["label"])
        role = _role(kind, types)
        if kind == "ACTIVE_COMPARATOR":
            assumed.append(f"arm {label} is an active comparator, and taken as {_ARTICLE[role]}")
        arm: dict[str, Any] = {"role": role, "label": label}
        if role == "experimental":
            arm |= _given(label, group)
        elif role == "control":
            arm["comparator"] = label
        if description := words(group.get("description")):
            arm["note"] = description
        arms[arm_id(label, arms)] = arm
    return arms, assumed


def match(arms: Mapping[str, Mapping[str, Any]], groups: Iterable[Mapping[str, Any]]) -> Groups:
    """Match the groups of a table of results to the arms by their titles: each arm has one group, or none."""
    titles = {words(group.get("id")): words(group.get("title")) for group in groups}
    found: dict[str, str] = {}
    assumed: list[str] = []

    def take(pairs: list[tuple[str, str]], how: str) -> None:
        """Keep the pairs in which neither side has another choice."""
        for group, arm in pairs:
            alone = sum(group == other for other, _ in pairs) == 1 == sum(arm == other for _, other in pairs)
            if alone:
                found[group] = arm
                if how:
                    assumed.append(f"group {titles[group]} is taken for the arm {arms[arm]['label']}, {how}")

    def open_pairs() -> list[tuple[str, str]]:
        return [(group, arm) for group in titles if group not in found for arm in arms if arm not in found.values()]

    spelt = {name: same_words(str(arm["label"])) for name, arm in arms.items()}
    take([(g, a) for g, a in open_pairs() if same_words(titles[g]) == spelt[a]], "")
    take([(g, a) for g, a in open_pairs() if _includes(same_words(titles[g]), spelt[a])], "by its words")
    take(
        [(g, a) for g, a in open_pairs() if arms[a]["role"] == "control" and is_control(titles[g])],
        "as the control",
    )
    if found and len(titles) == len(arms):
        take(open_pairs(), "as the one that is left")
    unmatched = tuple(title for group, title in titles.items() if group not in found)
    return Groups(found, titles, tuple(assumed), unmatched)


_ARTICLE = {"control": "the control", "experimental": "an experimental arm", "other": "neither arm"}


def _role(kind: str, types: list[str]) -> str:
    if kind == "EXPERIMENTAL":
        return "experimental"
    if kind in CONTROL_TYPES:
        return "control"
    only = kind == "ACTIVE_COMPARATOR" and types.count(kind) == 1 and "EXPERIMENTAL" in types
    return "control" if only and not CONTROL_TYPES & set(types) else "other"


def _given(label: str, group: Mapping[str, Any]) -> dict[str, str]:
    names = group.get("interventionNames")
    return given_by(" ".join([label, *map(words, names if isinstance(names, list) else [])]))


def given_by(names: str) -> dict[str, str]:
    """Return the product and the tissue that names of an arm and its interventions state.

    Examples
    --------
    >>> given_by("UC-MSC Biological: umbilical cord stromal cells")
    {'product': 'cells', 'source': 'umbilical cord'}
    """
    text = plain(names)
    given = {}
    if _CELL_FREE.search(text):
        given["product"] = "cell-free"
    elif _CELLS.search(text):
        given["product"] = "cells"
    tissues = {tissue for word, tissue in _TISSUES.items() if word in text}
    if len(tissues) == 1:
        given["source"] = tissues.pop()
    return given


def is_control(names: str) -> bool:
    """Say whether the names of an arm are those of a control: placebo, standard care, saline.

    Cells beside standard care, or in saline, are no control; the placebo of cells is one.

    Examples
    --------
    >>> is_control("usual care"), is_control("MSC plus standard care"), is_control("standard care without MSC")
    (True, False, True)
    """
    text = plain(names)
    cells = _CELLS.search(text) or _CELL_FREE.search(text)
    return (_SURELY_CONTROL if cells else _CONTROL).search(text) is not None


def arm_id(label: str, taken: Mapping[str, object]) -> str:
    """Return an id for an arm that no other arm of the trial has."""
    wanted = study_id(label)[:30].strip("-") or "arm"
    number = 2
    found = wanted
    while found in taken:
        found, number = f"{wanted}-{number}", number + 1
    return found


def _includes(one: frozenset[str], other: frozenset[str]) -> bool:
    return bool(one and other) and (one <= other or other <= one)
