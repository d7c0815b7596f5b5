"""RevMan 5 files (.rm5): XML, whatever its encoding, with names escaped in ids (``STD-MRC_x002d_1``)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Final

from msc_meta.adapters.revman_review import (
    NUMBERS,
    Analysis,
    Judgement,
    Kind,
    Review,
    ReviewStudy,
    RevManError,
    Row,
    checked,
    number_in,
    plain,
)
from msc_meta.adapters.xml_text import Element, XmlError, read_xml

ROOT: Final = "COCHRANE_REVIEW"
KINDS: Final[Mapping[str, Kind]] = {
    "DICH": "dichotomous",
    "CONT": "continuous",
    "IV": "contrast",
    "IPD": "o-e",
    "OTHER": "other",
}
ATTRIBUTES: Final = {
    "events_e": "EVENTS_1", "n_e": "TOTAL_1", "events_c": "EVENTS_2", "n_c": "TOTAL_2",
    "mean_e": "MEAN_1", "sd_e": "SD_1", "mean_c": "MEAN_2", "sd_c": "SD_2",
    "se": "SE", "o_e": "O_E", "variance": "VAR",
}  # fmt: skip
PRINTED: Final = {
    "estimate": "EFFECT_SIZE", "low": "CI_START", "high": "CI_END", "weight": "WEIGHT",
    "chi2": "CHI2", "df": "DF", "p_chi2": "P_CHI2", "i2": "I2", "z": "Z", "p": "P_Z", "tau2": "TAU2",
}  # fmt: skip
REFERENCE: Final = {
    "AU": "authors", "TI": "title", "SO": "journal", "YR": "year", "VL": "volume", "NO": "issue", "PG": "pages",
}  # fmt: skip
CHARACTERISTICS: Final = ("METHODS", "PARTICIPANTS", "INTERVENTIONS", "OUTCOMES", "NOTES")
RISK: Final = {"YES": "Low risk", "NO": "High risk", "UNKNOWN": "Unclear risk"}
TEXTS: Final = ("MAIN_TEXT", "SOF_TABLES", "ADDITIONAL_TABLES", "FIGURES", "FEEDBACK", "APPENDICES")


def read_rm5(content: bytes) -> Review:
    """Return the review in the text of an .rm5 file.

    Raises
    ------
    RevManError
        If it is no RevMan 5 file, is broken or unfinished, or does not hold together.
    """
    try:
        root = read_xml(content)
    except XmlError as error:
        advice = "save or export the review again; RevMan 5 writes one XML text from <COCHRANE_REVIEW> to its end"
        raise RevManError("E170", error.place, f"no RevMan 5 file: {error}", advice) from None
    if root.tag != ROOT:
        message = f"no RevMan 5 file: its outermost element is {root.tag}, not {ROOT}"
        raise RevManError("E170", root.place, message, "name a file that RevMan 5 saved (.rm5)")
    title = next((plain(found.words()) for found in root.below("COVER_SHEET", "TITLE")), "")
    listed = list(root.below("STUDIES_AND_REFERENCES", "STUDIES", "INCLUDED_STUDIES", "STUDY"))
    names = {study.get("ID"): plain(study.get("NAME")) for study in listed}
    if len(names) < len(listed):
        ids = [study.get("ID") for study in listed]
        twice = next(study for place, study in enumerate(listed) if study.get("ID") in ids[:place])
        message = f"two studies have the id {twice.get('ID')}"
        raise RevManError("E170", twice.place, message, "export the review again")
    characteristics, judgements = _characteristics(root), _judgements(root)
    studies = tuple(_study(found, characteristics, judgements) for found in listed)
    analyses = tuple(
        _analysis(outcome, kind, comparison, names)
        for comparison in root.below("ANALYSES_AND_DATA", "COMPARISON")
        for outcome in comparison.children
        if (kind := KINDS.get(outcome.tag.removesuffix("_OUTCOME"))) and outcome.tag.endswith("_OUTCOME")
    )
    return checked(Review(title, studies, analyses, tuple(_left_out(root))))


def unescaped(name: str) -> str:
    """Return what an id says: ``_x002d_`` stands for a hyphen.

    Examples
    --------
    >>> unescaped("STD-MRC_x002d_1")
    'MRC-1'
    """
    return re.sub(r"_x([0-9a-fA-F]{4})_", lambda found: chr(int(found[1], 16)), name).removeprefix("STD-")


def _study(
    found: Element, characteristics: Mapping[str, dict[str, str]], judgements: Mapping[str, list[Judgement]]
) -> ReviewStudy:
    key = found.get("ID")
    ids = [(one.get("TYPE"), plain(one.get("VALUE"))) for one in found.below("IDENTIFIERS", "IDENTIFIER")]
    return ReviewStudy(
        name=plain(found.get("NAME")) or unescaped(key),
        year=plain(found.get("YEAR")),
        data_source=found.get("DATA_SOURCE"),
        characteristics=characteristics.get(key, {}),
        references=tuple(reference for one in found.below("REFERENCE") if (reference := _reference(one))),
        registrations=tuple(value for kind, value in ids if value and kind in ("CTG", "ISRCTN", "OTHER")),
        judgements=tuple(judgements.get(key, ())),
        place=found.place,
    )


def _reference(found: Element) -> dict[str, str]:
    fields = {
        REFERENCE[child.tag]: words
        for child in found.children
        if child.tag in REFERENCE and (words := plain(child.words()))
    }
    for one in found.below("IDENTIFIERS", "IDENTIFIER"):
        kind = {"DOI": "doi", "PUBMED": "pmid", "MEDLINE": "pmid"}.get(one.get("TYPE"))
        if kind and (value := plain(one.get("VALUE"))):
            fields.setdefault(kind, value)
    return fields


def _characteristics(root: Element) -> dict[str, dict[str, str]]:
    path = ("CHARACTERISTICS_OF_STUDIES", "CHARACTERISTICS_OF_INCLUDED_STUDIES", "INCLUDED_CHAR")
    return {
        found.get("STUDY_ID"): {
            part.capitalize(): words
            for part in CHARACTERISTICS
            if (child := found.child(f"CHAR_{part}")) is not None and (words := plain(child.words()))
        }
        for found in root.below(*path)
    }


def _judgements(root: Element) -> dict[str, list[Judgement]]:
    by_study: dict[str, list[Judgement]] = {}
    for item in root.below("QUALITY_ITEMS", "QUALITY_ITEM"):
        domain = plain((item.child("NAME") or item).words())
        groups = {group.get("ID"): plain(group.words()) for group in item.every("QUALITY_ITEM_DATA_ENTRY_GROUP")}
        for entry in item.below("QUALITY_ITEM_DATA", "QUALITY_ITEM_DATA_ENTRY"):
            about = groups.get(entry.get("GROUP_ID"), "")
            support = entry.child("DESCRIPTION")
            words = plain(support.words()) if support is not None else ""
            result = entry.get("RESULT")
            judgement = Judgement(f"{domain}: {about}" if about else domain, RISK.get(result, result), words)
            by_study.setdefault(entry.get("STUDY_ID"), []).append(judgement)
    return by_study


def _analysis(found: Element, kind: Kind, comparison: Element, names: Mapping[str, str]) -> Analysis:
    def words(tag: str) -> str:
        child = found.child(tag)
        return plain(child.words()) if child is not None else ""

    prefix = found.tag.removesuffix("_OUTCOME")
    footnotes = tuple(plain(note.words()) for note in found.every("FOOTNOTE") if note.words().strip())
    other = tuple(plain(row.words()) for row in found.every("OTHER_DATA") if row.words().strip())
    return Analysis(
        group=comparison.get("NO") or "1",
        number=found.get("NO"),
        name=words("NAME"),
        comparison=plain((comparison.child("NAME") or comparison).words()),
        kind=kind,
        measure=found.get("EFFECT_MEASURE"),
        method=found.get("METHOD"),
        random=found.get("RANDOM") == "YES",
        log_data=found.get("LOG_DATA") != "NO",
        swap_events=found.get("SWAP_EVENTS") == "YES",
        level_of_studies=(number_in(found.get("CI_STUDY"), found.place, "CI_STUDY") or 95) / 100,
        level=(number_in(found.get("CI_TOTAL"), found.place, "CI_TOTAL") or 95) / 100,
        unit=plain(found.get("UNITS")),
        label_e=words("GROUP_LABEL_1"),
        label_c=words("GROUP_LABEL_2"),
        favours=(words("GRAPH_LABEL_1"), words("GRAPH_LABEL_2")),
        totals=found.get("TOTALS") not in ("NO", "SUB"),
        printed=_printed(found),
        rows=tuple(_rows(found, prefix, kind, names)),
        other_text=(*footnotes, *other),
        place=found.place,
    )


def _rows(found: Element, prefix: str, kind: Kind, names: Mapping[str, str], subgroup: str = "") -> Iterator[Row]:
    for child in found.children:
        if child.tag == f"{prefix}_SUBGROUP":
            name = plain((child.child("NAME") or child).words()) or f"subgroup {child.get('NO')}"
            yield from _rows(child, prefix, kind, names, name)
        elif child.tag == f"{prefix}_DATA" and kind != "other":
            key = child.get("STUDY_ID")
            numbers = {name: child.get(ATTRIBUTES[name]) for name in NUMBERS[kind] if name in ATTRIBUTES}
            if kind == "contrast":
                numbers["estimate"] = child.get("ESTIMATE") or _entered_estimate(child)
            for name, value in numbers.items():
                number_in(value, child.place, ATTRIBUTES.get(name, "ESTIMATE"))
            note = child.child("FOOTNOTE")
            yield Row(
                study=names.get(key) or unescaped(key),
                numbers=numbers,
                subgroup=subgroup,
                footnote=plain(note.words()) if note is not None else "",
                printed=_printed(child),
                place=child.place,
            )


def _entered_estimate(row: Element) -> str:
    """Return an effect on the scale of its standard error, which is that of the interval: as it is, or its log."""
    effect, low, high, se = (
        number_in(row.get(name), row.place, name) for name in ("EFFECT_SIZE", "CI_START", "CI_END", "SE")
    )
    if effect is None or low is None or high is None or not se:
        return row.get("EFFECT_SIZE")
    if min(effect, low, high) > 0 and abs(math.log(high / low) / (2 * se) - 1.96) < abs((high - low) / (2 * se) - 1.96):
        return repr(math.log(effect))
    return row.get("EFFECT_SIZE")


def _printed(found: Element) -> dict[str, float]:
    values = {
        name: number_in(found.get(attribute), found.place, attribute)
        for name, attribute in PRINTED.items()
        if found.get(attribute)
    }
    return {name: value for name, value in values.items() if value is not None}


def _left_out(root: Element) -> Iterator[str]:
    for tag in TEXTS:
        child = root.child(tag)
        if child is not None and (words := plain(child.words())):
            yield f"{tag.replace('_', ' ').lower()}: {len(words.split()):,} words"
    for section in ("EXCLUDED", "AWAITING", "ONGOING"):
        path = ("STUDIES_AND_REFERENCES", "STUDIES", f"{section}_STUDIES", "STUDY")
        if names := [plain(study.get("NAME")) for study in root.below(*path)]:
            yield f"{section.lower()} studies: {', '.join(names)}"
    if doi := root.get("DOI"):
        yield f"the DOI of the review: {doi}"
