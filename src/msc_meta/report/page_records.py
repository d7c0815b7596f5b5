"""The records as a page shows them: their text with line numbers, and the line that every value stands on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, final

from msc_meta.hookspecs import FieldPath, Position
from msc_meta.records.strict_yaml import Document, read_yaml
from msc_meta.records.write_yaml import record_to_yaml
from msc_meta.records.yaml_text import decode

if TYPE_CHECKING:
    from msc_meta.errors import Problem
    from msc_meta.records.study import Source, Study

RESOLVER = "https://doi.org/"
_ADDRESS = re.compile(r"https?://[^\s\"'<>{}|\\^`\[\]]+(?<![.,;:!?)])")
_DOI = re.compile(r"10\.\d{4,9}/\S+")
_AFTER_KEY = r"(?:(?<=doi:)|(?<=doi: ))10\.\d{4,9}/[^\s,}\"'<>]+(?<![.;])"
_SLUG = re.compile(r"[^A-Za-z0-9_-]+")


class Piece(NamedTuple):
    """A part of a line; ``address`` where it is a link."""

    text: str
    address: str = ""


@final
@dataclass(frozen=True, slots=True)
class RecordText:
    """One record: ``lines`` of its text, ``name`` of its file, and whether that text ``is_file`` or was written here.

    ``places`` has the position of every value and key.
    """

    study: Study
    name: str
    lines: tuple[str, ...]
    is_file: bool
    places: Mapping[FieldPath, Position]

    @property
    def anchor(self) -> str:
        """The record's place in the page."""
        return anchor(self.study.id)

    def line(self, *path: str | int) -> int:
        """Return the line of a value; where the record does not state it, of what would hold it; 0 for the record."""
        for end in range(len(path), 0, -1):
            if (place := self.places.get(path[:end])) is not None:
                return place.line
        return 0

    def href(self, *path: str | int) -> str:
        """Return the link to the line of a value."""
        line = self.line(*path)
        return f"#{self.anchor}-{line}" if line else f"#{self.anchor}"

    def numbered(self) -> Iterator[tuple[int, tuple[Piece, ...]]]:
        """Yield each line with its number, its addresses as links."""
        return enumerate(map(linked, self.lines), start=1)

    @property
    def sources(self) -> dict[str, list[Source]]:
        """Every source that the record names, by its address, in the record's order."""
        study, found = self.study, {}  # type: ignore[var-annotated]
        judged = (one.source for one in study.risk_of_bias)
        for source in (*(report.source for report in study.outcomes), *judged, *study.sources):
            same = found.setdefault(source.url, [])
            if source not in same:
                same.append(source)
        return found


def record_texts(studies: Iterable[Study], files: Mapping[str, str]) -> dict[str, RecordText]:
    """Return the text of every record by the study's id.

    Parameters
    ----------
    studies : iterable of Study
        The evidence.
    files : mapping of str to str
        Study id -> the file it came from. A study of another format than YAML, or whose file can not be read any
        more, is written out as a record.
    """
    return {study.id: _from_file(study, files.get(study.id, "")) or _written(study, files) for study in studies}


def anchor(study_id: str) -> str:
    """Return the id of a record's place in the page."""
    return f"record-{_SLUG.sub('-', study_id)}"


def problem_href(problem: Problem, records: Mapping[str, RecordText], files: Mapping[str, str]) -> str:
    """Return the link to the line that a problem is about; empty where its record is not in the page."""
    study = next((study for study, path in files.items() if path == problem.path), "")
    record = records.get(study)
    if record is None:
        return ""
    known = record.is_file and 0 < problem.line <= len(record.lines)
    return f"#{record.anchor}-{problem.line}" if known else f"#{record.anchor}"


def address_of(url: str) -> str:
    """Return what a source's address may link to: http, https or a bare DOI; empty for anything else.

    Examples
    --------
    >>> address_of("10.1038/s41409-024-02230-5"), address_of("javascript:alert(1)")
    ('https://doi.org/10.1038/s41409-024-02230-5', '')
    """
    if _DOI.fullmatch(url):
        return f"{RESOLVER}{url}"
    return url if _ADDRESS.fullmatch(url) else ""


def linked(line: str) -> tuple[Piece, ...]:
    """Split a line into its addresses and what stands between them; a DOI after its key is one.

    Examples
    --------
    >>> linked('url: "https://example.org/a"')[1]
    Piece(text='https://example.org/a', address='https://example.org/a')
    >>> linked("  doi: 10.1000/1")[1].address
    'https://doi.org/10.1000/1'
    """
    if "://" not in line and "doi" not in line:
        return (Piece(line),)
    pieces, after = [], 0
    for found in re.finditer(rf"{_ADDRESS.pattern}|{_AFTER_KEY}", line):
        text = found[0]
        pieces += [Piece(line[after : found.start()]), Piece(text, address_of(text))]
        after = found.end()
    return (*pieces, Piece(line[after:]))


def _from_file(study: Study, path: str) -> RecordText | None:
    if not path.lower().endswith((".yaml", ".yml")):
        return None
    try:
        content = Path(path).read_bytes()
    except OSError:
        return None
    document, text = read_yaml(content, path), decode(content)
    if not isinstance(text, str) or document.data is None or document.data.get("id") != study.id:
        return None
    return _record(study, Path(path).name, text, document, is_file=True)


def _written(study: Study, files: Mapping[str, str]) -> RecordText:
    text = record_to_yaml(study)
    origin = Path(files[study.id]).name if study.id in files else f"{study.id}.yaml"
    return _record(study, origin, text, read_yaml(text, origin), is_file=False)


def _record(study: Study, name: str, text: str, document: Document, *, is_file: bool) -> RecordText:
    lines = re.split(r"\r\n|\r|\n", text.removesuffix("\n"))
    return RecordText(study, name, tuple(lines), is_file, {**document.positions, **document.keys})
