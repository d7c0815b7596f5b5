"""Who the study is: numbers of registries and libraries, addresses, year and label."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from typing import Final

from msc_meta.records.findings import Finding
from msc_meta.records.rules.reading import sources
from msc_meta.records.study import Study

FIRST_YEAR: Final = 1990
"""Mesenchymal stromal cells were first given to patients in the 1990s."""
THIS_CODE: Final = 2026
"""No clock that runs can say an earlier year than that of this code; one that does has lost its battery."""
FIRST_TRIAL: Final = 1747
"""James Lind treated twelve sailors with scurvy in six arms; reviews of other treatments may reach back so far."""

DOI: Final = re.compile(r"10\.\d{4,9}/\S+", re.ASCII)
_DOI_PREFIX: Final = re.compile(r"(?:https?://)?(?:dx\.)?doi(?:\.org/|:)\s*", re.IGNORECASE)
_URL: Final = re.compile(r"https?://[^\s/?#]+\.[^\s/?#]+\S*|file:\S+", re.IGNORECASE)

REGISTRIES: Final = {
    "NCT": (r"NCT\d{8}", "NCT and 8 digits: NCT04615429"),
    "ISRCTN": (r"ISRCTN\d{8}", "ISRCTN and 8 digits: ISRCTN52319075"),
    "EudraCT": (r"EudraCT \d{4}-\d{6}-\d{2}", "EudraCT 2020-002193-27"),
    "CTIS": (r"CTIS \d{4}-5\d{5}-\d{2}-\d{2}", "CTIS 2022-500417-31-01"),
    "ChiCTR": (r"ChiCTR(\d{10}|-[A-Z]{3,4}-\d{8})", "ChiCTR and 10 digits: ChiCTR2000031494"),
    "IRCT": (r"IRCT\d{11,14}N\d{1,3}", "IRCT20200621047859N4"),
    "CTRI": (r"CTRI/\d{4}/\d{2,3}/\d{6}", "CTRI/2020/10/028250"),
    "DRKS": (r"DRKS\d{8}", "DRKS and 8 digits: DRKS00021606"),
    "ACTRN": (r"ACTRN\d{14}", "ACTRN and 14 digits: ACTRN12620000612910"),
    "jRCT": (r"jRCT[a-z]{0,2}\d{9,10}", "jRCT2080225237"),
}
"""Registry -> the shape of its numbers, and that shape in words. Other registries are accepted as text."""
_BEGIN: Final = re.compile(rf"\s*({'|'.join(REGISTRIES)})(?=[\s\d:/_-]|N?\d)", re.IGNORECASE)
_SHAPES: Final = {name.lower(): (name, re.compile(shape), words) for name, (shape, words) in REGISTRIES.items()}


def citation_numbers(study: Study) -> Iterator[Finding]:
    """Expect DOI, PMID and PMCID in their shape."""
    citation = study.citation
    if citation.doi is not None and not DOI.fullmatch(citation.doi):
        bare = _DOI_PREFIX.sub("", citation.doi, count=1)
        example = "a DOI begins with 10. and holds a slash: 10.1038/s41409-024-02230-5"
        yield Finding("E328", ("citation", "doi"), f"{citation.doi} is not the shape of a DOI",
                      f"write {bare}" if DOI.fullmatch(bare) else example)  # fmt: skip
    if citation.pmid is not None and not re.fullmatch(r"[1-9]\d{0,8}", citation.pmid, re.ASCII):
        yield Finding("E329", ("citation", "pmid"), f"{citation.pmid} is not the shape of a PubMed number",
                      _digits_advice(citation.pmid, '"38409332"'))  # fmt: skip
    if citation.pmcid is not None and not re.fullmatch(r"PMC\d+", citation.pmcid, re.ASCII):
        yield Finding("E330", ("citation", "pmcid"), f"{citation.pmcid} is not the shape of a PubMed Central number",
                      "write PMC and the digits: PMC8860258")  # fmt: skip


def registration_shapes(study: Study) -> Iterator[Finding]:
    """Expect a number that begins like a known registry's in that registry's shape."""
    for place, number in enumerate(study.registrations):
        begin = _BEGIN.match(number)
        if begin is None:
            continue
        name, shape, words = _SHAPES[begin[1].lower()]
        if not shape.fullmatch(number):
            yield Finding("E331", ("registrations", place), f"{number} is not the shape of a number of {name}",
                          f"write {words}")  # fmt: skip


def year_of_publication(study: Study) -> Iterator[Finding]:
    """Expect a year from the first such therapy, where one is studied, to next year."""
    products = {arm.product for arm in study.arms_of("experimental").values()}
    first = FIRST_YEAR if products & {"cells", "cell-free"} else FIRST_TRIAL
    year, last = study.citation.year, max(datetime.date.today().year, THIS_CODE) + 1
    if year is not None and not first <= year <= last:
        yield Finding("E332", ("citation", "year"), f"{year} is not a year in which such a trial was published",
                      f"a year from {first} to next year is needed")  # fmt: skip


def companion_of_another(study: Study) -> Iterator[Finding]:
    """Expect another study where a companion is named."""
    if study.companion_of == study.id:
        yield Finding("E333", ("companion_of",), f"{study.id} is named as its own companion",
                      "name the study whose patients these are, or leave the line out")  # fmt: skip


def label_fits_a_figure(study: Study) -> Iterator[Finding]:
    """Expect a label that fits into one line of a figure."""
    if len(study.label) > 40 or "\n" in study.label:
        yield Finding("W406", ("label",), "the label is too long for a line of a figure",
                      "write first author and year: Doe 2024")  # fmt: skip


def condition_in_its_usual_spelling(study: Study) -> Iterator[Finding]:
    """Expect the one spelling that protocols ask for; another one would leave the study out."""
    condition = study.population.condition
    if (
        condition != "COVID-19"
        and re.search(r"covid|sars[- ]?cov", condition, re.IGNORECASE)
        and not re.match(r"(not|non)\b", condition, re.IGNORECASE)
    ):
        yield Finding("W413", ("population", "condition"), f"{condition} is not how protocols spell COVID-19",
                      "write condition: COVID-19, and the rest under syndrome, severity or note")  # fmt: skip


def source_addresses(study: Study) -> Iterator[Finding]:
    """Expect a web address, a DOI or the name of a file for every source."""
    for field, source in sources(study):
        if not (_URL.fullmatch(source.url) or DOI.fullmatch(_DOI_PREFIX.sub("", source.url, count=1))):
            yield Finding("E327", (*field, "url"), f"{source.url} is neither a web address nor a DOI",
                          "write it with https://, or as a DOI that begins with 10.")  # fmt: skip


def _digits_advice(text: str, example: str) -> str:
    digits = "".join(re.findall(r"\d", text))
    return f'write the digits alone: "{digits}"' if digits else f"write the digits alone: {example}"


RULES = (
    citation_numbers,
    registration_shapes,
    year_of_publication,
    companion_of_another,
    label_fits_a_figure,
    condition_in_its_usual_spelling,
    source_addresses,
)
