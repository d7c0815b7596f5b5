"""An entry of ClinicalTrials.gov (API v2) as a record: who was treated with what, before any result."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from msc_meta.adapters.json_text import mapping, mappings, words
from msc_meta.adapters.registry_arms import arms_of
from msc_meta.adapters.registry_countries import CODES
from msc_meta.adapters.registry_words import plain
from msc_meta.records.rules.drafts import DRAFTED_BY

ADDRESS = "https://clinicaltrials.gov/study/"
STATUS = {
    "COMPLETED": "completed", "TERMINATED": "stopped-early", "RECRUITING": "ongoing", "SUSPENDED": "ongoing",
    "ACTIVE_NOT_RECRUITING": "ongoing", "ENROLLING_BY_INVITATION": "ongoing", "NOT_YET_RECRUITING": "registered",
    "WITHDRAWN": "registered",
}  # fmt: skip
ALLOCATION = {"RANDOMIZED": "randomised", "NON_RANDOMIZED": "non-randomised", "NA": "non-randomised"}
MASKING = {
    "NONE": "open-label", "SINGLE": "single-blind", "DOUBLE": "double-blind", "TRIPLE": "triple-blind",
    "QUADRUPLE": "triple-blind",
}  # fmt: skip
PHASES = {"EARLY_PHASE1": "early 1", "PHASE1": "1", "PHASE2": "2", "PHASE3": "3", "PHASE4": "4"}
_COVID = re.compile(r"covid|sars[- ]?cov[- ]?2")
_NOT_ACUTE = re.compile(r"\b(post|long|non|without|not)\b")


def record_of(protocol: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the record of a protocol section, and what was assumed; what the entry does not say is left out."""
    identification = mapping(protocol, "identificationModule")
    number = words(identification.get("nctId"))
    acronym = words(identification.get("acronym"))
    arms, assumed = arms_of(protocol)
    record: dict[str, Any] = {"id": number.lower(), "label": acronym or number}
    if status := STATUS.get(words(mapping(protocol, "statusModule").get("overallStatus"))):
        record["status"] = status
    record |= {
        "citation": _citation(protocol, identification, acronym),
        "registrations": _registrations(identification, number),
        "design": _design(protocol),
        "population": _population(protocol),
        "arms": arms,
        "outcomes": [],
        "sources": [
            {
                "kind": "primary",
                "url": ADDRESS + number,
                "where": "registry entry",
                "extracted_by": f"{DRAFTED_BY} (clinicaltrials_gov)",
                "note": "registration, status, design, population, arms",
            }
        ],
        "note": _note(protocol),
    }
    return {key: value for key, value in record.items() if value not in ("", {}, [], None)} | {
        "arms": arms,
        "outcomes": record["outcomes"],
    }, assumed


def source_of(number: str, where: str) -> dict[str, str]:
    """Return the source of one outcome of an entry."""
    extracted_by = f"{DRAFTED_BY} (clinicaltrials_gov)"
    return {"kind": "primary", "url": ADDRESS + number, "where": where, "extracted_by": extracted_by}


def _citation(protocol: Mapping[str, Any], identification: Mapping[str, Any], acronym: str) -> dict[str, Any]:
    """Return the report of results where the entry names one paper of them, else the entry itself."""
    references = mappings(mapping(protocol, "referencesModule").get("references"))
    papers = [reference for reference in references if words(reference.get("type")) == "RESULT"]
    found: dict[str, Any] = {"collaboration": acronym}
    if len(papers) == 1:
        found |= {"pmid": words(papers[0].get("pmid")), "note": words(papers[0].get("citation"))}
    else:
        found["title"] = words(identification.get("officialTitle")) or words(identification.get("briefTitle"))
        count = len(papers) or "no"
        found["note"] = f"The title is the registry entry's, which names {count} papers with results."
    return {key: value for key, value in found.items() if value}


def _registrations(identification: Mapping[str, Any], number: str) -> list[str]:
    found = [number]
    for other in mappings(identification.get("secondaryIdInfos")):
        kind, text = words(other.get("type")), words(other.get("id"))
        if kind == "EUDRACT_NUMBER" and re.fullmatch(r"\d{4}-\d{6}-\d{2}", text, re.ASCII):
            found.append(f"EudraCT {text}")
        elif kind == "CTIS" and re.fullmatch(r"\d{4}-5\d{5}-\d{2}(-\d{2})?", text, re.ASCII):
            found.append(f"CTIS {text}")
        elif kind == "REGISTRY" and text:
            found.append(text)
    return found


def _design(protocol: Mapping[str, Any]) -> dict[str, Any]:
    module = mapping(protocol, "designModule")
    info = mapping(module, "designInfo")
    masking = words(mapping(info, "maskingInfo").get("masking")).upper()
    phases = module.get("phases")
    named = [PHASES[name] for name in map(words, phases if isinstance(phases, list) else []) if name in PHASES]
    places = mappings(mapping(protocol, "contactsLocationsModule").get("locations"))
    countries = sorted({words(place.get("country")) for place in places} - {""})
    unknown = [name for name in countries if name not in CODES]
    notes = [
        f"Interventional model: {model}." if (model := plain(words(info.get("interventionModel")))) else "",
        "Quadruple masking in the registry's words." if masking == "QUADRUPLE" else "",
        f"Countries without a code here: {', '.join(unknown)}." if unknown else "",
    ]
    found = {
        "allocation": ALLOCATION.get(words(info.get("allocation")).upper(), "unclear"),
        "masking": MASKING.get(masking),
        "phase": "/".join(named),
        "centres": len(places),
        "countries": sorted({CODES[name] for name in countries if name in CODES}),
        "note": " ".join(filter(None, notes)),
    }
    return {key: value for key, value in found.items() if value}


def _population(protocol: Mapping[str, Any]) -> dict[str, Any]:
    module = mapping(protocol, "conditionsModule")
    listed = module.get("conditions")
    conditions = [text for text in map(words, listed if isinstance(listed, list) else []) if text]
    if not conditions:
        return {}
    text = plain("; ".join(conditions))
    covid = any(_COVID.search(plain(name)) and not _NOT_ACUTE.search(plain(name)) for name in conditions)
    syndrome = "not-stated"
    if re.search(r"\bards\b|acute respiratory distress", text):
        syndrome = "ARDS"
    elif "pneumonia" in text:
        syndrome = "pneumonia"
    elif re.search(r"respiratory (failure|insufficiency)", text):
        syndrome = "respiratory-failure"
    return {
        "condition": "COVID-19" if covid else "; ".join(conditions),
        "syndrome": syndrome,
        "note": f"Conditions in the registry's words: {'; '.join(conditions)}.",
    }


def _note(protocol: Mapping[str, Any]) -> str:
    enrolment = mapping(protocol, "designModule", "enrollmentInfo")
    count, kind = words(enrolment.get("count")), words(enrolment.get("type"))
    why = words(mapping(protocol, "statusModule").get("whyStopped"))
    status = words(mapping(protocol, "statusModule").get("overallStatus"))
    known = {"ACTUAL": " patients, counted", "ESTIMATED": " patients, planned"}
    return " ".join(
        filter(None, [
            f"Enrolment {count}{known.get(kind, ', planned or counted')}." if count else "",
            f"Stopped: {why}" if why else "",
            "Withdrawn before the first patient." if status == "WITHDRAWN" else "",
        ])
    )  # fmt: skip
