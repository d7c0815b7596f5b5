"""RevMan Web data packages (.zip): tables, references and drawings, in a zip file that may lie in another one."""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from msc_meta.adapters.csv_text import too_much
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
from msc_meta.adapters.revman_svg import DECIMALS, Drawn, labels_in
from msc_meta.adapters.safe_zip import ZipError, members
from msc_meta.hookspecs import Position
from msc_meta.records.findings import WHOLE_FILE

NEEDED: Final = ("overall-estimates-and-settings.csv", "data-rows.csv", "study-information.csv")
KNOWN: Final = (*NEEDED, "subgroup-estimates.csv", "risk-of-bias.csv", "included.ris")
KINDS: Final[Mapping[str, Kind]] = {
    "dichotomous": "dichotomous",
    "continuous": "continuous",
    "contrast level": "contrast",
    "generic inverse variance": "contrast",
    "o-e and variance": "o-e",
}
COLUMNS: Final = {
    "events_e": "Experimental cases", "n_e": "Experimental N", "events_c": "Control cases", "n_c": "Control N",
    "mean_e": "Experimental mean", "sd_e": "Experimental SD", "mean_c": "Control mean", "sd_c": "Control SD",
    "estimate": "GIV Mean", "se": "GIV SE", "o_e": "O-E", "variance": "Variance",
}  # fmt: skip
PRINTED: Final = {
    "estimate": "Mean", "low": "CI start", "high": "CI end", "weight": "Weight", "chi2": "Heterogeneity Chi²",
    "df": "Heterogeneity df", "p_chi2": "Heterogeneity P", "i2": "Heterogeneity I²", "z": "Effect Z", "p": "Effect P",
    "tau2": "Heterogeneity Tau²",
}  # fmt: skip
REFERENCE: Final = {
    "TI": "title", "T1": "title", "JO": "journal", "T2": "journal", "JF": "journal", "PY": "year", "Y1": "year",
    "VL": "volume", "IS": "issue", "SP": "first", "EP": "last", "DO": "doi", "AN": "pmid",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a table with the name of its file."""

    cells: Mapping[str, str]
    place: Position

    def get(self, *names: str) -> str:
        """Return the cell under the first of these names that the table has, as plain text."""
        return next((plain(self.cells[name]) for name in names if name in self.cells), "")


def read_package(content: bytes) -> Review:
    """Return the review in a data package.

    Raises
    ------
    RevManError
        If it is no such package, is broken, lacks a table, or does not hold together.
    """
    try:
        files = members(content)
    except ZipError as error:
        advice = "download the data package from RevMan Web again"
        raise RevManError("E170", WHOLE_FILE, f"no RevMan data package: {error}", advice) from None
    found = {name: _only(files, name) for name in KNOWN}
    settings, rows, information = (_table(found[name], name) for name in NEEDED)
    by_analysis: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in rows:
        by_analysis[line.get("Analysis group"), line.get("Analysis number")].append(line)
    numbered = [(line.get("Analysis group"), line.get("Analysis number")) for line in settings]
    for key, lines in by_analysis.items():
        if key not in numbered:
            message = f"data-rows.csv has rows of analysis {'.'.join(key)}, which the settings do not have"
            raise RevManError("E170", lines[0].place, message, "download the data package again")
    drawings = _drawings(files)
    analyses = tuple(
        _analysis(line, by_analysis[key], drawings.get(key)) for line, key in zip(settings, numbered, strict=True)
    )
    studies = _studies(information, found)
    return checked(Review("", studies, analyses, tuple(_left_out(files, information, settings))))


def _only(files: Mapping[str, bytes], ending: str) -> bytes | None:
    """Return the one file of a package with that ending; the same tables may lie there packed and unpacked."""
    found = {name: content for name, content in files.items() if re.search(rf"(^|[/-]){re.escape(ending)}$", name)}
    if len(set(found.values())) > 1:
        message = f"it holds several tables {ending}: {', '.join(sorted(found))}"
        raise RevManError("E170", WHOLE_FILE, message, "import the package of one review at a time")
    if not found and ending in NEEDED:
        message = f"no RevMan data package: it holds no table …-{ending}"
        raise RevManError("E170", WHOLE_FILE, message, "name the .zip that RevMan Web offers as “data package”")
    return next(iter(found.values()), None)


def _table(content: bytes | None, name: str) -> list[Line]:
    """Return the rows of a CSV file by the names in its first row."""
    if content is None:
        return []
    text = _text(content, name)
    if much := too_much(text):
        raise RevManError("E103", WHOLE_FILE, f"{name} has {much}", "import the package of one review at a time")
    table = csv.reader(io.StringIO(text, newline=""), strict=True)
    lines: list[Line] = []
    try:
        header = [cell.strip() for cell in next(table, [])]
        for number, cells in enumerate(table, start=2):
            if len(cells) == len(header):
                lines.append(Line(dict(zip(header, cells, strict=True)), Position(number, 1)))
            elif cells:
                message = f"row {number} of {name} has {len(cells)} cells, and the first row {len(header)}"
                raise RevManError("E170", Position(number, 1), message, "download the data package again")
    except csv.Error as error:
        place = Position(len(lines) + 2, 1)
        raise RevManError("E170", place, f"{name} can not be read: {error}", "download the package again") from None
    wanted = "Study" if name == "study-information.csv" else "Analysis number" if name in NEEDED else "Study"
    if wanted not in header and name != "subgroup-estimates.csv":
        raise RevManError("E170", Position(1, 1), f"{name} has no column {wanted}", "download the package again")
    return lines


def _text(content: bytes, name: str) -> str:
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        place = Position(content.count(b"\n", 0, error.start) + 1, 0)
        message = f"{name} is not UTF-8 (byte 0x{content[error.start]:02x})"
        raise RevManError("E170", place, message, "do not edit the tables of a package in a spreadsheet") from None
    if "\0" in text:
        raise RevManError("E170", WHOLE_FILE, f"{name} is no text", "download the data package again")
    return text


def _analysis(line: Line, rows: list[Line], drawing: bytes | None) -> Analysis:
    kind = KINDS.get(line.get("Data type").lower(), "other")
    drawn = labels_in(drawing) if drawing is not None else None
    e, c = line.get("Experimental group label"), line.get("Control group label")
    model = line.get("Analysis model").lower()
    level = line.get("Estimate CI", "CI/PI level") or "95%"
    return Analysis(
        group=line.get("Analysis group"),
        number=line.get("Analysis number"),
        name=line.get("Analysis name"),
        comparison=line.get("Analysis group name"),
        kind=kind,
        measure=line.get("Effect measure"),
        method=line.get("Statistical method"),
        random=model.startswith("random"),
        log_data=line.get("Log-scale data") != "false",
        swap_events=line.get("Swap event and non-event") == "true",
        level_of_studies=_level(line.get("Study CI", "CI/PI level") or "95%", line.place),
        level=_level(level, line.place),
        estimator=line.get("Heterogeneity estimator"),
        ci_method=line.get("CI method"),
        unit=line.get("Unit of effect measure"),
        label_e=e or (drawn.experimental if drawn else ""),
        label_c=c or (drawn.control if drawn else ""),
        favours=(line.get("Graph label (left)"), line.get("Graph label (right)")),
        totals=line.get("Overall estimates") != "false",
        drawn_measure=drawn.measure if drawn else "",
        printed=_pooled(line, drawn),
        rows=tuple(_row(row, kind) for row in rows),
        place=line.place,
    )


def _row(line: Line, kind: Kind) -> Row:
    numbers = {name: line.get(COLUMNS[name]) for name in NUMBERS[kind]}
    for name, value in numbers.items():
        number_in(value, line.place, COLUMNS[name])
    return Row(
        study=line.get("Study"),
        numbers=numbers,
        subgroup=line.get("Subgroup"),
        footnote=line.get("Footnotes"),
        in_total="OVERALL" in (line.get("Applicability") or "OVERALL"),
        printed=_printed(line),
        place=line.place,
    )


def _level(text: str, place: Position) -> float:
    percent = number_in(text.removesuffix("%"), place, "the confidence level") or 95
    return percent / 100 if percent > 1 else percent


def _printed(line: Line) -> dict[str, float]:
    values = {name: number_in(line.get(column), line.place, column) for name, column in PRINTED.items()}
    return {name: value for name, value in values.items() if value is not None}


def _pooled(line: Line, drawn: Drawn | None) -> dict[str, float]:
    """Return the result as the tables have it; where they hold only zeros, as the drawing has it."""
    printed = _printed(line)
    if drawn is None or not drawn.total or any(printed.get(name) for name in ("estimate", "low", "high", "z")):
        return printed
    return dict(zip(("estimate", "low", "high"), drawn.total, strict=True)) | {"decimals": DECIMALS}


def _studies(information: list[Line], found: Mapping[str, bytes | None]) -> tuple[ReviewStudy, ...]:
    references = _references(found["included.ris"])
    judged = {line.get("Study"): _judgements(line) for line in _table(found["risk-of-bias.csv"], "risk-of-bias.csv")}
    return tuple(
        ReviewStudy(
            name=(name := line.get("Study")),
            year=line.get("Year"),
            data_source=line.get("Data source"),
            characteristics={
                column.removeprefix("Char: "): plain(words)
                for column, words in line.cells.items()
                if column.startswith("Char: ") and words.strip()
            },
            references=tuple(references.get(name, ())),
            registrations=tuple(
                one for reference in references.get(name, ()) for one in reference.get("registration", "").split()
            ),
            judgements=tuple(judged.get(name, ())),
            place=line.place,
        )
        for line in information
    )


def _judgements(line: Line) -> Iterator[Judgement]:
    start = "Domain (judgement): "
    for column, words in line.cells.items():
        if column.startswith(start) and words.strip():
            domain = column.removeprefix(start)
            yield Judgement(plain(domain), plain(words), line.get(f"Domain (support): {domain}"))


def _references(content: bytes | None) -> dict[str, list[dict[str, str]]]:
    """Return the references by study: RIS, with the study's name under NS."""
    by_study: dict[str, list[dict[str, str]]] = defaultdict(list)
    if content is None:
        return by_study
    fields: dict[str, str] = {}
    for line in _text(content, "included.ris").splitlines():
        found = re.match(r"([A-Z][A-Z0-9])  - ?(.*)", line)
        if found is None:
            continue
        tag, value = found[1], plain(found[2])
        if tag == "ER":
            study = fields.pop("study", "")
            pages = "-".join(fields.pop(end) for end in ("first", "last") if end in fields)
            by_study[study].append(fields | ({"pages": pages} if pages else {}))
            fields = {}
        elif tag == "NS":
            fields["study"] = value
        elif tag in ("AU", "A1") and value:
            name = value.replace(",", "")
            fields["authors"] = f"{fields['authors']}, {name}" if "authors" in fields else name
        elif tag in REFERENCE and value:
            fields.setdefault(REFERENCE[tag], value)
    if fields:
        message = "the last reference in included.ris is unfinished: there is no line ER"
        raise RevManError("E170", WHOLE_FILE, message, "download the data package again")
    return {study: [one for one in found if one] for study, found in by_study.items()}


def _drawings(files: Mapping[str, bytes]) -> dict[tuple[str, str], bytes]:
    found = {}
    for name, content in files.items():
        if match := re.search(r"CMP-0*(\d+)\.0*(\d+)\.svg$", name):
            found[match[1], match[2]] = content
    return found


def _left_out(files: Mapping[str, bytes], information: list[Line], settings: list[Line]) -> Iterator[str]:
    for name in files:
        known = name.endswith((".zip", ".svg")) or any(name.endswith(ending) for ending in KNOWN)
        if not known:
            yield f"file {name.rpartition('/')[2]}"
    for column in ("Outcome", "Intervention grouping", "Filter criteria", "Subgroup by"):
        if values := list(dict.fromkeys(line.get(column) for line in settings if line.get(column))):
            yield f"{column.lower()}: {'; '.join(values)}"
    expected = {"Study", "Year", "Data source"}
    columns = information[0].cells if information else {}
    for column in columns:
        if column not in expected and not column.startswith("Char: ") and any(line.get(column) for line in information):
            yield f"study information: {column}"
