"""An invented review, and the two files that RevMan would keep it in; no line of them comes from a real one."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

ATTRIBUTES = {
    "events_e": "EVENTS_1", "n_e": "TOTAL_1", "events_c": "EVENTS_2", "n_c": "TOTAL_2",
    "mean_e": "MEAN_1", "sd_e": "SD_1", "mean_c": "MEAN_2", "sd_c": "SD_2",
    "estimate": "ESTIMATE", "se": "SE", "o_e": "O_E", "variance": "VAR",
}  # fmt: skip
COLUMNS = {
    "estimate": "GIV Mean", "se": "GIV SE", "mean_e": "Experimental mean", "sd_e": "Experimental SD",
    "events_e": "Experimental cases", "n_e": "Experimental N", "mean_c": "Control mean", "sd_c": "Control SD",
    "events_c": "Control cases", "n_c": "Control N", "o_e": "O-E", "variance": "Variance",
}  # fmt: skip
TAGS = {"Dichotomous": "DICH", "Continuous": "CONT", "Contrast level": "IV", "O-E and variance": "IPD"}
NAMES = {
    "OR": "Odds Ratio", "RR": "Risk Ratio", "RD": "Risk Difference", "PETO_OR": "Peto Odds Ratio",
    "MD": "Mean Difference", "SMD": "Std. Mean Difference", "HR": "Hazard Ratio", "Rate ratio": "Rate ratio",
}  # fmt: skip
SETTINGS = (
    "Analysis group", "Analysis number", "Analysis name", "Analysis group name", "Data source", "Data type",
    "Log-scale data", "Experimental group label", "Control group label", "Statistical method", "Effect measure",
    "Unit of effect measure", "Analysis model", "Overall estimates", "Swap event and non-event", "Study CI",
    "Estimate CI", "Mean", "CI start", "CI end",
)  # fmt: skip
ROWS = (
    "Analysis group", "Analysis number", "Analysis name", "Subgroup", "Applicability", "Study", "Study year",
    *COLUMNS.values(), "Weight", "Mean", "CI start", "CI end", "Footnotes",
)  # fmt: skip
JUDGED = {"Low risk": "YES", "High risk": "NO", "Unclear risk": "UNKNOWN"}


@dataclass(frozen=True)
class Line:
    study: str
    numbers: Mapping[str, float]
    subgroup: str = ""
    footnote: str = ""


@dataclass(frozen=True)
class Comparison:
    name: str
    kind: str
    measure: str
    lines: tuple[Line, ...]
    method: str = "IV"
    random: bool = False
    swap: bool = False
    level: int = 95
    labels: tuple[str, str] = ("Cells", "Placebo")
    printed: tuple[float, float, float] | None = None


@dataclass(frozen=True)
class Trial:
    name: str
    year: int = 2020
    title: str = ""
    authors: str = ""
    methods: str = ""
    judgement: str = ""
    support: str = ""


@dataclass(frozen=True)
class Invented:
    trials: tuple[Trial, ...]
    analyses: tuple[Comparison, ...]
    title: str = "An invented review"
    domain: str = "Allocation concealment (selection bias)"
    extra: Mapping[str, str] = field(default_factory=dict)


def escaped_id(name: str) -> str:
    """Write an id as RevMan 5 does."""
    return "STD-" + "".join(
        letter if letter.isascii() and letter.isalnum() else f"_x{ord(letter):04x}_" for letter in name
    )


def rm5(review: Invented, encoding: str = "UTF-8") -> bytes:
    """Return the .rm5 file."""
    lines = [
        f'<?xml version="1.0" encoding="{encoding}" standalone="no"?>',
        '<COCHRANE_REVIEW ID="1" TYPE="INTERVENTION">',
    ]
    lines += ["<COVER_SHEET>", f"<TITLE>{escape(review.title)}</TITLE>", "</COVER_SHEET>"]
    lines.append("<STUDIES_AND_REFERENCES><STUDIES><INCLUDED_STUDIES>")
    for trial in review.trials:
        reference = ""
        if trial.title:
            reference = (
                f'<REFERENCE PRIMARY="YES" TYPE="JOURNAL_ARTICLE"><AU>{escape(trial.authors)}</AU>'
                f"<TI>{escape(trial.title)}</TI><YR>{trial.year}</YR><IDENTIFIERS/></REFERENCE>"
            )
        ids = f"ID={quoteattr(escaped_id(trial.name))} NAME={quoteattr(trial.name)}"
        lines.append(f'<STUDY DATA_SOURCE="PUB" {ids} YEAR="{trial.year}">{reference}<IDENTIFIERS/></STUDY>')
    lines.append("</INCLUDED_STUDIES></STUDIES></STUDIES_AND_REFERENCES>")
    lines.append("<CHARACTERISTICS_OF_STUDIES><CHARACTERISTICS_OF_INCLUDED_STUDIES>")
    lines += [
        f"<INCLUDED_CHAR STUDY_ID={quoteattr(escaped_id(trial.name))}><CHAR_METHODS><P>{escape(trial.methods)}</P>"
        "</CHAR_METHODS></INCLUDED_CHAR>"
        for trial in review.trials
    ]
    lines.append("</CHARACTERISTICS_OF_INCLUDED_STUDIES></CHARACTERISTICS_OF_STUDIES>")
    lines.append(f"<QUALITY_ITEMS><QUALITY_ITEM><NAME>{escape(review.domain)}</NAME><QUALITY_ITEM_DATA>")
    for trial in review.trials:
        result = JUDGED.get(trial.judgement, "UNKNOWN")
        about = f"RESULT={quoteattr(result)} STUDY_ID={quoteattr(escaped_id(trial.name))}"
        support = f"<P>{escape(trial.support)}</P>" if trial.support else ""
        lines.append(f"<QUALITY_ITEM_DATA_ENTRY {about}><DESCRIPTION>{support}</DESCRIPTION></QUALITY_ITEM_DATA_ENTRY>")
    lines.append("</QUALITY_ITEM_DATA></QUALITY_ITEM></QUALITY_ITEMS>")
    lines.append('<ANALYSES_AND_DATA><COMPARISON ID="CMP-001" NO="1"><NAME>Cells</NAME>')
    for number, analysis in enumerate(review.analyses, start=1):
        lines += _rm5_analysis(number, analysis)
    lines.append("</COMPARISON></ANALYSES_AND_DATA></COCHRANE_REVIEW>")
    return "\n".join(lines).encode(encoding, "xmlcharrefreplace")


def _rm5_analysis(number: int, analysis: Comparison) -> list[str]:
    tag = TAGS[analysis.kind]
    words = {"CI_STUDY": analysis.level, "CI_TOTAL": analysis.level, "EFFECT_MEASURE": analysis.measure, "NO": number,
             "METHOD": analysis.method, "RANDOM": "YES" if analysis.random else "NO",
             "SWAP_EVENTS": "YES" if analysis.swap else "NO", "TOTALS": "YES"}  # fmt: skip
    if analysis.printed:
        words |= dict(zip(("EFFECT_SIZE", "CI_START", "CI_END"), analysis.printed, strict=True))
    lines = [f"<{tag}_OUTCOME {_attributes(words)}>", f"<NAME>{escape(analysis.name)}</NAME>"]
    lines += [f"<GROUP_LABEL_{i}>{escape(label)}</GROUP_LABEL_{i}>" for i, label in enumerate(analysis.labels, start=1)]
    for subgroup in dict.fromkeys(line.subgroup for line in analysis.lines):
        if subgroup:
            lines.append(f"<{tag}_SUBGROUP><NAME>{escape(subgroup)}</NAME>")
        for line in analysis.lines:
            if line.subgroup == subgroup:
                given = {ATTRIBUTES[name]: value for name, value in line.numbers.items()}
                note = f"<FOOTNOTE>{escape(line.footnote)}</FOOTNOTE>" if line.footnote else ""
                words = {**given, "STUDY_ID": escaped_id(line.study), "ESTIMABLE": "YES"}
                lines.append(f"<{tag}_DATA {_attributes(words)}>{note}</{tag}_DATA>")
        if subgroup:
            lines.append(f"</{tag}_SUBGROUP>")
    return [*lines, f"</{tag}_OUTCOME>"]


def _attributes(words: Mapping[str, object]) -> str:
    return " ".join(f"{name}={quoteattr(str(value))}" for name, value in words.items())


def tables(review: Invented) -> dict[str, str]:
    """Return the tables of the data package by the ends of their names."""
    settings, rows = [], []
    for number, analysis in enumerate(review.analyses, start=1):
        about = {"Analysis group": 1, "Analysis number": number, "Analysis name": analysis.name}
        shown = dict(zip(("Mean", "CI start", "CI end"), analysis.printed or (0, 0, 0), strict=True))
        settings.append(about | shown | {
            "Analysis group name": "Cells", "Data type": analysis.kind, "Log-scale data": "true",
            "Experimental group label": analysis.labels[0], "Control group label": analysis.labels[1],
            "Statistical method": analysis.method, "Effect measure": NAMES[analysis.measure],
            "Analysis model": "Random effects" if analysis.random else "Fixed effect", "Overall estimates": "true",
            "Swap event and non-event": str(analysis.swap).lower(), "Study CI": f"{analysis.level}%",
            "Estimate CI": f"{analysis.level}%",
        })  # fmt: skip
        for line in sorted(analysis.lines, key=lambda line: (line.subgroup, line.study)):
            unused = dict.fromkeys(COLUMNS.values(), "0.0")
            given = {COLUMNS[name]: value for name, value in line.numbers.items()}
            rows.append(about | unused | given | {"Subgroup": line.subgroup, "Study": line.study,
                        "Applicability": "SUBGROUP_AND_OVERALL", "Footnotes": line.footnote})  # fmt: skip
    judgement, support = (f"Domain ({part}): {review.domain}" for part in ("judgement", "support"))
    information = [{"Study": one.name, "Year": one.year, "Data source": "PUB", "Char: Methods": one.methods}
                   for one in sorted(review.trials, key=lambda one: one.name)]  # fmt: skip
    judged = [{"Study": one.name, judgement: one.judgement or "Not applicable", support: one.support}
              for one in review.trials]  # fmt: skip
    return {
        "overall-estimates-and-settings.csv": _csv(SETTINGS, settings),
        "data-rows.csv": _csv(ROWS, rows),
        "study-information.csv": _csv(("Study", "Year", "Data source", "Char: Methods", "Char: Notes"), information),
        "risk-of-bias.csv": _csv(("Study", judgement, support), judged),
        "included.ris": "".join(_ris(trial) for trial in review.trials),
    }


def _ris(trial: Trial) -> str:
    lines = ["TY  - JOUR", f"NS  - {trial.name}"]
    if trial.title:
        lines += [f"AU  - {author}" for author in trial.authors.split(", ")] + [
            f"TI  - {trial.title}",
            f"PY  - {trial.year}",
        ]
    return "\n".join([*lines, "ER  - ", "", ""])


def _csv(columns: tuple[str, ...], rows: list[dict[str, object]]) -> str:
    text = io.StringIO()
    table = csv.DictWriter(text, columns, restval="", lineterminator="\r\n")
    table.writeheader()
    table.writerows(rows)
    return text.getvalue()


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return a zip file, with zip files in it stored as they are."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in files.items():
            stored = zipfile.ZIP_STORED if name.endswith(".zip") else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(name), data, stored)
    return content.getvalue()


def package(review: Invented, texts: Mapping[str, str] | None = None, svg: Mapping[str, bytes] | None = None) -> bytes:
    """Return the data package: a zip file that holds another one, and drawings."""
    inner = {}
    for ending, text in (texts or tables(review)).items():
        part = "analysis-data" if ending.startswith(("data", "overall")) else "study-data"
        inner[f"77-{part}/77-{ending}"] = ("\ufeff" + text).encode()
    outer = {"Invented/77-files/77-data.zip": zipped(inner)}
    return zipped(outer | {f"Invented/77-files/77-{name}": data for name, data in (svg or {}).items()})
