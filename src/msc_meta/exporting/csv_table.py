"""Records as one CSV table, without loss: the adapter of the same name reads it back to equal studies."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from msc_meta.hookspecs import Exported
from msc_meta.records.table_cells import DecimalMark, write_cell
from msc_meta.records.table_columns import DOMAIN, JUDGEMENT, KEYS, Column, Level, columns

if TYPE_CHECKING:
    from msc_meta.records.study import Part, Study
    from msc_meta.synthesis import Synthesis

Row = dict[str, Any]


def to_csv(studies: Iterable[Study], *, decimal: DecimalMark = ".") -> bytes:
    """Return records as a CSV table that a spreadsheet opens, and that `load_studies` reads as it reads the folder.

    Parameters
    ----------
    studies : iterable of Study
        For example an `Evidence`.
    decimal : {".", ","}
        How numbers are written. A comma is what spreadsheets in most European languages expect; cells are then
        separated by semicolons.

    Returns
    -------
    bytes
        UTF-8 with a byte-order mark, without which some spreadsheets take it for another encoding.

    Notes
    -----
    A study has rows for its arms, then for each report of an outcome and arm, each judgement of risk of bias and
    each source. Its own values stand in its first row only. Columns that would be empty are left out. A text that a
    spreadsheet would run as a formula or take for a date begins with an apostrophe, which is not part of the text.
    """
    rows = [row for study in studies for row in study_rows(study)]
    used = {name for row in rows for name in row} | {"study"}
    header = [column for column in columns().values() if column.name in used]
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=";" if decimal == "," else ",")  # lines end in CRLF, as RFC 4180 has it
    writer.writerow([column.name for column in header])
    for row in rows:
        writer.writerow([_cell(row.get(column.name), column, decimal) for column in header])
    return buffer.getvalue().encode("utf-8-sig")


def table(synthesis: Synthesis) -> Exported:
    """Return the records of a synthesis as the exporter ``csv``."""
    return Exported({"trials.csv": to_csv(synthesis.studies)})


def csv_template() -> str:
    """Return a small table to start from: an invented trial with the columns that most trials need.

    Examples
    --------
    >>> print(csv_template().splitlines()[0])
    study,label,status,allocation,condition,syndrome,arm,role,arm.label,randomised,product,outcome,day,n,events,source.kind,source.url,source.where
    """
    return _TEMPLATE


def study_rows(study: Study) -> Iterator[Row]:
    """Yield the rows of one study as column name -> value, without the empty ones."""
    rows = [*_arm_rows(study), *_report_rows(study), *_judgement_rows(study), *_source_rows(study)] or [{}]
    first = {**_values("study", study), **rows[0]}
    yield first
    for row in rows[1:]:
        yield {"study": study.id, **row}


def _arm_rows(study: Study) -> Iterator[Row]:
    for arm_id, arm in study.arms.items():
        yield {KEYS["arm"].name: arm_id, **_values("arm", arm)}


def _report_rows(study: Study) -> Iterator[Row]:
    for number, report in enumerate(study.outcomes, start=1):
        key = {KEYS["report"].name: number}
        said = {**key, **_values("report", report)}
        if report.between is not None and not any(name.startswith("between.") for name in said):
            said["between.level"] = report.between.level  # so that an empty comparison stays one
        arms = [{KEYS["arm"].name: arm_id, **_values("data", data)} for arm_id, data in report.arms.items()] or [{}]
        yield {**said, **arms[0]}
        for arm in arms[1:]:
            yield {**key, "outcome": report.outcome, **arm}


def _judgement_rows(study: Study) -> Iterator[Row]:
    for number, judgement in enumerate(study.risk_of_bias, start=1):
        key = {KEYS["judgement"].name: number}
        said = {**key, **_values("judgement", judgement)}
        domains = [{DOMAIN.name: name, JUDGEMENT.name: value} for name, value in judgement.domains.items()] or [{}]
        yield {**said, **domains[0]}
        for domain in domains[1:]:
            yield {**key, **domain}


def _source_rows(study: Study) -> Iterator[Row]:
    for number, source in enumerate(study.sources, start=1):
        yield {KEYS["source"].name: number, **_values("source", source)}


def _values(level: Level, part: Part) -> Row:
    """Return the values of a part that were said: neither missing nor the default."""
    found = ((column, _at(part, column.path)) for column in columns().values() if column.level == level and column.path)
    return {column.name: value for column, (value, default) in found if value is not None and value != default}


def _at(part: Any, path: tuple[str | int, ...]) -> tuple[Any, Any]:
    """Return the value of a field and its default; both None where the part that would hold it is missing."""
    value, default = part, None
    for key in path:
        if value is None:
            return None, None
        if isinstance(key, int):
            value, default = value[key], None
        else:
            default = type(value).model_fields[key].default
            value = getattr(value, key)
    return value, default


def _cell(value: Any, column: Column, decimal: DecimalMark) -> str:
    return "" if value is None else write_cell(value, column.kind, decimal)


_TEMPLATE = """\
study,label,status,allocation,condition,syndrome,arm,role,arm.label,randomised,product,outcome,day,n,events,source.kind,source.url,source.where
example-2024,Example 2024,completed,randomised,COVID-19,ARDS,msc,experimental,UC-MSC,20,cells,mortality,28,20,4,primary,https://doi.org/10.1000/example,Table 2
example-2024,,,,,,control,control,placebo,20,,mortality,28,20,6,,,
"""  # noqa: E501  (a line is a row)
