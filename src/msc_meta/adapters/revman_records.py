"""The studies of a RevMan review as records: what is printed in the review, with the analysis it stands in."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from msc_meta.adapters.revman_measures import is_ratio, measure_named
from msc_meta.adapters.revman_outcomes import ReviewOutcome
from msc_meta.adapters.revman_review import Judgement, Review, ReviewStudy, Row
from msc_meta.adapters.study_ids import LONGEST, study_id
from msc_meta.hookspecs import FieldPath, Position, RawRecord

ARMS: Final = {"experimental": "e", "control": "c"}
JUDGEMENTS: Final = {"low": "low", "high": "high", "unclear": "unclear", "some": "some concerns"}
NOT_STATED: Final = {
    "design": {"allocation": "unclear"},
    "population": {"condition": "not stated", "syndrome": "not-stated"},
}


def records_of(review: Review, outcomes: Sequence[ReviewOutcome], path: str, file: str) -> Iterator[RawRecord]:
    """Yield one record a study, in the order of their ids."""
    own = frozenset(outcome.name for outcome in outcomes)
    rows: dict[str, list[tuple[ReviewOutcome, Row]]] = defaultdict(list)
    for outcome in outcomes:
        for row in outcome.rows:
            rows[row.study].append((outcome, row))
    shared = _shared_numbers(review)
    made = []
    for name, study in _ids(review).items():
        data, positions = _record(name, study, rows[study.name], shared, f"file:{quote(file)}")
        made.append(RawRecord(data, path, positions, own_outcomes=own))
    yield from made


def _ids(review: Review) -> dict[str, ReviewStudy]:
    """Return the studies by the ids of their records: the names as ids, numbered where two names give the same."""
    found: dict[str, ReviewStudy] = {}
    for study in sorted(review.studies, key=lambda study: study.name):
        name, number = study_id(study.name) or "study", 2
        while name in found:
            name = f"{(study_id(study.name) or 'study')[: LONGEST - 5].rstrip('-')}-{number}"
            number += 1
        found[name] = study
    return dict(sorted(found.items()))


def _shared_numbers(review: Review) -> set[str]:
    """Return the DOIs and registry numbers that several studies of the review cite, and that identify none of them."""
    cited = [{*study.registrations, *_cited(study)} for study in review.studies]
    counts = Counter(number for numbers in cited for number in numbers)
    return {number for number, times in counts.items() if times > 1}


def _cited(study: ReviewStudy) -> list[str]:
    return [reference[key] for reference in study.references[:1] for key in ("doi", "pmid") if key in reference]


def _record(
    name: str, study: ReviewStudy, rows: list[tuple[ReviewOutcome, Row]], shared: set[str], url: str
) -> tuple[dict[str, Any], dict[FieldPath, Position]]:
    citation, remarks = _citation(study, shared)
    words = study.characteristics
    labels = {side: _label(rows, side) for side in ARMS}
    reports = [_report(outcome, row, labels, url) for outcome, row in rows]
    registered = [one for one in study.registrations if one not in shared and _is_registration(one)]
    remarks += [f"identifier: {one}" for one in study.registrations if one not in registered]
    if study.data_source and study.data_source != "PUB":
        remarks.append(f"data source in the review: {study.data_source}")
    remarks += [
        f"{part}: {text}" for part, text in words.items() if part not in ("Methods", "Participants", "Interventions")
    ]
    record: dict[str, Any] = {
        "id": name,
        "label": study.name,
        "status": "completed",
        "citation": citation,
        "registrations": registered,
        "design": _noted({"allocation": "unclear"}, words.get("Methods")),
        "population": _noted(dict(NOT_STATED["population"]), words.get("Participants")),
        "arms": {
            "experimental": _noted(
                {"role": "experimental", "label": labels["experimental"], "product": "other"},
                words.get("Interventions"),
            ),
            "control": {"role": "control", "label": labels["control"]},
        },
        "outcomes": reports,
        "risk_of_bias": _risk_of_bias(study.judgements, url),
        "note": "; ".join(remarks) or None,
    }
    return {key: value for key, value in record.items() if value}, _positions(record, study, rows)


def _positions(
    record: Mapping[str, Any], study: ReviewStudy, rows: list[tuple[ReviewOutcome, Row]]
) -> dict[FieldPath, Position]:
    """Return where a record's parts stand: those of a study with the study, those of a report with its row."""
    places: dict[FieldPath, Position] = {(key,): study.place for key in record}
    for number, (_, row) in enumerate(rows):
        report: FieldPath = ("outcomes", number)
        places[report] = places[*report, "between"] = row.place
        places |= {(*report, "arms", arm): row.place for arm in ARMS}
    return places


def _label(rows: list[tuple[ReviewOutcome, Row]], arm: str) -> str:
    """Return the name of an arm if the study's analyses agree on one."""
    labels = {getattr(outcome.analysis, f"label_{ARMS[arm]}") for outcome, _ in rows} - {""}
    return labels.pop() if len(labels) == 1 else arm


def _report(outcome: ReviewOutcome, row: Row, labels: Mapping[str, str], url: str) -> dict[str, Any]:
    analysis, notes = outcome.analysis, []
    if outcome.subgroup:
        notes.append(f"subgroup: {outcome.subgroup}")
    elif row.subgroup:
        notes.append(f"in the subgroup {row.subgroup}")
    named = {arm: getattr(analysis, f"label_{ARMS[arm]}") for arm in ARMS}
    notes += [f"{arm}: {label}" for arm, label in named.items() if label not in ("", labels[arm])]
    numbers = {name: float(text) for name, text in row.numbers.items() if text.strip()}
    data = _numbers(analysis.kind, numbers, outcome, notes)
    if row.footnote:
        notes.append(row.footnote)
    unit = {"unit": analysis.unit} if analysis.unit and analysis.kind == "continuous" and data else {}
    source = {"kind": "secondary", "url": url, "where": outcome.where}
    return {"outcome": outcome.name, **unit, **data, "source": source} | ({"note": "; ".join(notes)} if notes else {})


def _numbers(kind: str, numbers: dict[str, float], outcome: ReviewOutcome, notes: list[str]) -> dict[str, Any]:
    """Return what a row says, or note what it says where the record can not hold it."""
    sizes = [numbers.get(f"n_{side}", 0.0) for side in ARMS.values()]
    whole = all(value == int(value) for name, value in numbers.items() if name[:2] in ("n_", "ev"))
    if kind in ("dichotomous", "continuous") and (0 in sizes or not whole):
        why = "patients are no whole number" if not whole else "an arm without patients"
        given = ", ".join(f"{name} {value:g}" for name, value in numbers.items())
        notes.append(f"not usable as entered ({why}): {given or 'no numbers'}")
        return {}
    if kind == "dichotomous":
        return {"arms": {arm: _counts(numbers, side, outcome, notes) for arm, side in ARMS.items()}}
    if kind == "continuous":
        return {"arms": {arm: _values(numbers, side, notes) for arm, side in ARMS.items()}}
    arms = {arm: {"n": int(n)} for (arm, n) in zip(ARMS, sizes, strict=True) if n and n == int(n)}
    between = _between(kind, numbers, outcome, notes)
    if kind == "o-e" and between and between["measure"] == "HR":  # a hazard ratio is never made from counts
        for arm, side in ARMS.items():
            if arm in arms and f"events_{side}" in numbers:
                arms[arm]["events"] = int(numbers[f"events_{side}"])
    elif kind == "o-e" and "events_e" in numbers:
        notes.append(", ".join(f"{arm}: {numbers.get(f'events_{side}', 0):g} events" for arm, side in ARMS.items()))
    found: dict[str, Any] = {"arms": arms} if arms else {}
    return found | ({"between": between} if between else {})


def _counts(numbers: Mapping[str, float], side: str, outcome: ReviewOutcome, notes: list[str]) -> dict[str, int]:
    n, events = int(numbers[f"n_{side}"]), int(numbers.get(f"events_{side}", 0))
    if outcome.analysis.swap_events:
        notes.append(f"counted are those without the event, as in the review: {n} less {events}")
        events = n - events
    return {"n": n, "events": events}


def _values(numbers: Mapping[str, float], side: str, notes: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {"n": int(numbers[f"n_{side}"]), "mean": written(numbers.get(f"mean_{side}", 0.0))}
    if sd := numbers.get(f"sd_{side}", 0.0):
        found["sd"] = written(sd)
    else:
        notes.append("an SD of 0, which RevMan takes for none")
    return found


def _between(
    kind: str, numbers: Mapping[str, float], outcome: ReviewOutcome, notes: list[str]
) -> dict[str, Any] | None:
    """Return a comparison as it is printed: a ratio as a ratio, whatever scale it was entered on."""
    declared = outcome.analysis.measure
    if kind == "o-e":
        variance, name = numbers.get("variance", 0.0), "HR" if measure_named(declared) in ("HR", "") else "OR"
        if not variance > 0:
            notes.append(f"no effect: O-E {numbers.get('o_e', 0):g}, variance {variance:g}")
            return None
        notes.append(f"O-E {numbers.get('o_e', 0):g}, variance {variance:g}")
        return _ratio(name, numbers.get("o_e", 0.0) / variance, 1 / math.sqrt(variance), notes)
    se = numbers.get("se", 0.0)
    if not se > 0:
        notes.append(f"no effect: estimate {numbers.get('estimate', 0):g} with a standard error of {se:g}")
        return None
    estimate, name = numbers.get("estimate", 0.0), {"PETO": "OR"}.get(measure_named(declared), measure_named(declared))
    if not name:
        notes.append(f"{declared or 'effect'}{', as its logarithm' if is_ratio(declared) else ''}")
        return {"measure": "GEN", "estimate": written(estimate), "se": written(se)}
    if is_ratio(declared):
        return _ratio(name, estimate, se, notes)
    return {"measure": name, "estimate": written(estimate), "se": written(se)}


def _ratio(name: str, log_ratio: float, se: float, notes: list[str]) -> dict[str, Any]:
    if abs(log_ratio) > 500:
        notes.append(f"log ratio {log_ratio:g} is beyond what a number can hold")
    return {"measure": name, "estimate": written(math.exp(max(-500.0, min(500.0, log_ratio)))), "se": written(se)}


def written(value: float) -> float:
    """Return a number with as many digits as a record keeps: 15, or what fits into 18 characters.

    Examples
    --------
    >>> written(-1.2345678901234567e-05), written(0.1)
    (-1.23456789012e-05, 0.1)
    """
    return next(
        float(f"{value:.{digits}g}") for digits in range(15, 0, -1) if len(repr(float(f"{value:.{digits}g}"))) <= 18
    )


def _risk_of_bias(judgements: Sequence[Judgement], url: str) -> list[dict[str, Any]]:
    """Return the judgements that were made; a domain that was left open is none."""
    domains: dict[str, str] = {}
    support: list[str] = []
    for one in judgements:
        verdict = JUDGEMENTS.get((one.judgement.lower().split() or [""])[0], "")
        if verdict and not (verdict == "unclear" and not one.support):
            domains[one.domain] = verdict
        if one.support:
            support.append(f"{one.domain}: {one.support}")
    if not domains and not support:
        return []
    overall = next((domain for domain in domains if domain.lower().startswith("overall")), None)
    two = "some concerns" in domains.values() or any("deviations from intended" in domain.lower() for domain in domains)
    found: dict[str, Any] = {"tool": "RoB 2" if two else "Cochrane RoB 1", "domains": domains}
    if overall:
        found["overall"] = domains.pop(overall)
    if support:
        found["support"] = "; ".join(support)
    return [{**found, "source": {"kind": "secondary", "url": url, "where": "risk of bias"}}]


def _citation(study: ReviewStudy, shared: set[str]) -> tuple[dict[str, Any], list[str]]:
    """Return the citation of a study, and what about its references the record can not hold in a field."""
    first = study.references[0] if study.references else {}
    citation: dict[str, Any] = {}
    notes: list[str] = []
    if first.get("authors"):
        names = re.split(r"\s*[,;]\s*|\s+and\s+", first["authors"])
        citation["authors"] = [name for name in names if name]
    citation |= {key: first[key] for key in ("title", "journal", "pages") if first.get(key)}
    if volume := first.get("volume"):
        citation["volume"] = f"{volume}({first['issue']})" if first.get("issue") else volume
    year = study.year or first.get("year", "")
    if found := re.fullmatch(r"\s*(\d{4})\s*", year):
        citation["year"] = int(found[1])
    elif year:
        notes.append(f"year in the review: {year}")
    if first.get("year") and first["year"] != year:
        notes.append(f"year of the reference: {first['year']}")
    for key, shape in (("doi", r"10\.\d{4,9}/\S+"), ("pmid", r"[1-9]\d{0,8}")):
        value = re.sub(r"^(https?://)?(dx\.)?doi(\.org/|:)\s*", "", first.get(key, ""), flags=re.IGNORECASE)
        if value and value not in shared and first[key] not in shared and re.fullmatch(shape, value, re.ASCII):
            citation[key] = value
        elif value:
            notes.append(f"{key} in the review: {value}")
    for other in study.references[1:]:
        notes.append(f"further reference: {', '.join(f'{value}' for value in other.values())}")
    if notes:
        citation["note"] = "; ".join(notes)
    return citation, []


def _is_registration(text: str) -> bool:
    return bool(re.fullmatch(r"NCT\d{8}|ISRCTN\d{8}", text, re.ASCII))


def _noted(values: dict[str, Any], note: str | None) -> dict[str, Any]:
    return values | ({"note": note} if note else {})
