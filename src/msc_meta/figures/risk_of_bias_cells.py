"""Risk of bias beside a forest plot: a traffic light per domain, and what the domains are called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from msc_meta.figures.forest_table import Cell, Column, Judgement
from msc_meta.figures.text import clean

OVERALL: Final = "overall"
GROUP: Final = "rob"
NOT_ASSESSED: Final = "–"
JUDGEMENTS: Final[Mapping[str, Judgement]] = {
    "low": "low",
    "some concerns": "some-concerns",
    "moderate": "moderate",
    "high": "high",
    "serious": "serious",
    "critical": "critical",
    "unclear": "unclear",
    "no information": "no-information",
}
_OF_ROB_2: Final[Mapping[str, str]] = {
    "randomisation": "randomisation process",
    "deviations": "deviations from the intended interventions",
    "missing_data": "missing outcome data",
    "measurement": "measurement of the outcome",
    "selection": "selection of the reported result",
}
DOMAINS: Final[Mapping[str, Mapping[str, str]]] = {
    "RoB 2": _OF_ROB_2,
    "RoB 2 adhering": _OF_ROB_2,
    "Cochrane RoB 1": {
        "randomisation": "random sequence generation",
        "allocation_concealment": "allocation concealment",
        "blinding_participants_personnel": "blinding of participants and personnel",
        "blinding_outcome_assessment": "blinding of outcome assessment",
        "incomplete_outcome_data": "incomplete outcome data",
        "selective_reporting": "selective reporting",
        "other_bias": "other bias",
    },
    "ROBINS-I": {
        "confounding": "confounding",
        "selection": "selection of participants",
        "classification": "classification of interventions",
        "deviations": "deviations from the intended interventions",
        "missing_data": "missing data",
        "measurement": "measurement of outcomes",
        "reported_result": "selection of the reported result",
    },
}

Judged = Mapping[str, Mapping[str, str]]


def shown_domains(tool: str, judged: Judged, studies: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Return the domains that any of the studies was judged in: key -> number and name, the overall judgement last.

    The numbers are those of the tool, so that D3 stays D3 where nobody published D2.

    Examples
    --------
    >>> shown_domains("RoB 2", {"a": {"measurement": "low", "overall": "high"}}, ["a"])
    {'measurement': ('D4', 'measurement of the outcome'), 'overall': ('All', 'overall')}
    """
    found = dict.fromkeys(key for study in studies for key in judged.get(study, {}))
    known = DOMAINS.get(tool, {})
    order = [*known, *(key for key in found if key not in known and key != OVERALL)]
    numbered = {key: (f"D{place}", known.get(key, key.replace("_", " "))) for place, key in enumerate(order, start=1)}
    shown = {key: value for key, value in numbered.items() if key in found}
    return shown | ({OVERALL: ("All", "overall")} if OVERALL in found else {})


def judgement_columns(domains: Mapping[str, tuple[str, str]]) -> tuple[Column, ...]:
    """Return a column per domain, under one header."""
    return tuple(
        Column(f"{GROUP}.{key}", number, "center", "Risk of bias", GROUP, "judgement")
        for key, (number, _) in domains.items()
    )


def judgement_cells(domains: Mapping[str, tuple[str, str]], judgements: Mapping[str, str]) -> dict[str, Cell]:
    """Return a study's traffic lights; a dash where nothing was published."""
    return {f"{GROUP}.{key}": judgement_cell(judgements.get(key, "")) for key in domains}


def judgement_cell(judgement: str) -> Cell:
    """Return one traffic light, or a dash for none.

    Examples
    --------
    >>> judgement_cell("some concerns").judgement, judgement_cell("").text
    ('some-concerns', '–')
    """
    if not judgement:
        return Cell(NOT_ASSESSED)
    return Cell(judgement, judgement=JUDGEMENTS.get(judgement, "unclear"))


def legend(tool: str, domains: Mapping[str, tuple[str, str]], silent: Sequence[str]) -> str:
    """Return what the columns are called, and which of the pooled studies have no judgement by this tool."""
    names = "; ".join(f"{number} {name}" for number, name in domains.values())
    missing = f" No judgement by this tool seen: {', '.join(map(clean, silent))}." if silent else ""
    return f"Risk of bias by {tool}, as others published it: {names}; {NOT_ASSESSED} not assessed.{missing}"
