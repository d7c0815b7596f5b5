"""The table as people type it and as spreadsheets mangle it."""

from __future__ import annotations

import csv
import datetime
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msc_meta.adapters.csv_table import CsvTable
from msc_meta.adapters.csv_text import decode, records_from_text
from msc_meta.adapters.table_rows import records_from_rows
from msc_meta.exporting.csv_table import csv_template, to_csv
from msc_meta.hookspecs import Position, RawRecord
from msc_meta.loading import check_studies
from msc_meta.records.schema import check_record
from msc_meta.records.table_cells import decimal_mark, read_cell, write_cell
from msc_meta.records.table_columns import columns, find_columns
from msc_meta.testing import check_adapter

TEMPLATE = list(csv.reader(io.StringIO(csv_template())))


def table(*rows: list[str], delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue()


def changed(**values: str) -> str:
    """Return the template with other values in its first row of data; a column that is not there is added."""
    header, first, *rest = [list(row) for row in TEMPLATE]
    for name, value in values.items():
        column = name.replace("__", ".")
        if column not in header:
            header.append(column)
            first.append("")
            rest = [[*row, ""] for row in rest]
        first[header.index(column)] = value
    return table(header, first, *rest)


@pytest.fixture
def check(tmp_path):
    def check(content: str | bytes):
        path = tmp_path / "trials.csv"
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        return check_studies(path)

    return check


@pytest.fixture
def example(check):
    (study,) = check(csv_template()).studies
    return study


def said(checked) -> list[tuple[str, str, int, int]]:
    return [(problem.code, problem.field, problem.line, problem.column) for problem in checked.errors]


# what people type


def test_the_template_is_a_record(check):
    checked = check(csv_template())
    assert checked.problems == ()
    (study,) = checked.studies
    assert study.design.allocation == "randomised"
    assert {arm.role for arm in study.arms.values()} == {"experimental", "control"}
    (report,) = study.outcomes
    assert {name: (data.events, data.n) for name, data in report.arms.items()} == {"msc": (4, 20), "control": (6, 20)}


def test_the_built_in_adapter_keeps_the_contract(tmp_path, project):
    path = tmp_path / "trials.csv"
    path.write_text(csv_template(), encoding="utf-8")
    check_adapter(CsvTable(), accepts=path, records=1, rejects=[tmp_path, project / "pyproject.toml"])


def test_a_study_value_may_stand_in_every_row(check, example):
    header, first, second = TEMPLATE
    level = {name: column.level for name in header for column in find_columns(name)}
    full = [
        old or (new if level[name] == "study" else "") for name, new, old in zip(header, first, second, strict=True)
    ]
    assert full != second
    assert check(table(header, first, full)).studies == (example,)


def test_the_order_of_columns_and_rows_does_not_matter(check, example):
    header, *rows = [list(reversed(row)) for row in TEMPLATE]
    assert check(table(header, *reversed(rows))).studies == (example,)


def test_rows_of_studies_may_be_mixed(check, example):
    other = [[cell.replace("example-2024", "other-2023") for cell in row] for row in TEMPLATE]
    mixed = [TEMPLATE[0], TEMPLATE[1], other[1], TEMPLATE[2], other[2]]
    checked = check(table(*mixed))
    assert {study.id for study in checked.studies} == {"example-2024", "other-2023"}
    assert example in checked.studies


def test_blank_lines_and_empty_columns_are_skipped_but_counted(check, example):
    header, first, second = TEMPLATE
    blank: list[str] = []
    good = table([*header, "", ""], blank, [*first, "", ""], ["", "", ""], second)
    assert check("\r\n" + good).studies == (example,)
    wrong = [cell.replace("20", "-20") if name == "n" else cell for name, cell in zip(header, first, strict=True)]
    (problem,) = [p for p in check("\r\n" + table(header, blank, wrong, second)).errors if p.field.endswith(".n")]
    assert (problem.line, problem.column) == (4, header.index("n") + 1)  # as the spreadsheet counts


def test_names_of_columns_may_have_capitals_and_blanks(check, example):
    text = table([f" {name.upper()} " for name in TEMPLATE[0]], *TEMPLATE[1:])
    assert check(text).studies == (example,)


def test_two_reports_of_one_outcome(check):
    header, first, second = TEMPLATE
    day = header.index("day")
    later = [[*row[:day], "90", *row[day + 1 :]] for row in (first, second)]
    (study,) = check(table(header, first, second, *later)).studies
    assert [report.day for report in study.outcomes] == [28, 90]
    assert [list(report.arms) for report in study.outcomes] == [["msc", "control"], ["msc", "control"]]


def test_numbers_of_reports_give_their_order(check):
    header, first, second = TEMPLATE
    day = header.index("day")
    rows = [[*row, number] for number in ("2", "1") for row in (first, second)]
    for row in rows[:2]:
        row[day] = "90"
    (study,) = check(table([*header, "report"], *rows)).studies
    assert [report.day for report in study.outcomes] == [28, 90]


@pytest.mark.parametrize("value", ["10.0", "10", "1e1"])
def test_a_count_as_programs_write_it(check, value):
    (study,) = check(changed(events=value)).studies
    assert study.outcomes[0].arms["msc"].events == 10


# what spreadsheets do


def test_a_byte_order_mark_is_no_part_of_the_first_name(check, example):
    assert check(csv_template().encode("utf-8-sig")).studies == (example,)


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_separators_are_seen(check, example, delimiter):
    assert check(table(*TEMPLATE, delimiter=delimiter)).studies == (example,)


def test_a_first_row_may_name_the_separator(check, example):
    text = "sep=;\r\n" + table(*TEMPLATE, delimiter=";")
    assert check(text).studies == (example,)
    assert said(check(text.replace(";20;4;", ";20;-4;")))[0][2] == 3


def test_a_european_spreadsheet_keeps_every_number(check):
    rows = [[*TEMPLATE[0], "percent", "mean"], [*TEMPLATE[1], "20,5", "1,234"], [*TEMPLATE[2], "30,25", ""]]
    data = check(table(*rows, delimiter=";"))
    assert {p.code for p in data.problems}.isdisjoint({"E165"})
    raw = next(CsvTable().read(Path(data.files[0])))
    assert raw.data is not None
    assert raw.data["outcomes"][0]["arms"]["msc"]["percent"] == 20.5
    assert raw.data["outcomes"][0]["arms"]["msc"]["mean"] == 1.234  # 20,5 shows that a comma is the decimal mark here


@pytest.mark.parametrize(
    ("cells", "delimiter"),
    [
        (("1,234", ""), ";"),  # nothing shows whether this is a thousand
        (("17,5", "17.5"), ";"),  # the table is of two minds
        (("1.234", ""), ";"),
        (("17,5", ""), ","),  # where commas separate cells, points write decimals
        (("1,234", ""), ","),
        (("1.234,5", ""), ";"),
    ],
)
def test_a_number_that_can_be_read_in_two_ways_is_refused(check, cells, delimiter):
    rows = [[*TEMPLATE[0], "mean"], [*TEMPLATE[1], cells[0]], [*TEMPLATE[2], cells[1]]]
    checked = check(table(*rows, delimiter=delimiter))
    assert checked.studies == ()
    place = (2, len(rows[0]))
    assert place in {(line, column) for _, _, line, column in said(checked)}


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (csv_template().replace("UC-MSC", "células").encode("latin-1"), "E101", "not UTF-8 (byte 0xe9)"),
        (csv_template().encode("utf-16"), "E101", "not UTF-8 (UTF-16)"),
        (b"study,arm\n\x00\x01\x02,x\n", "E101", "binary"),
        (b"", "E102", "the table is empty"),
        (b"\xef\xbb\xbf\r\n,,\r\n", "E102", "the table is empty"),
        (b"a-2020,Example,10\n", "E164", "names no column study"),
        (csv_template().replace("placebo", '"placebo').encode(), "E167", "can not be split into cells"),
        (csv_template().replace("placebo", '"place"bo').encode(), "E167", "can not be split into cells"),
        (csv_template().replace("placebo", "x" * 200_000).encode(), "E167", "field larger than field limit"),
    ],
)
def test_a_file_that_is_no_table(check, content, code, words):
    problems = [problem for problem in check(content).errors if problem.code == code]
    assert problems, said(check(content))
    assert words in problems[0].message
    assert problems[0].help


# what goes wrong in the cells


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (changed(event="1"), ("E160", "event", 1, 19)),
        (changed(url="x"), ("E161", "url", 1, 19)),
        (changed(source="x"), ("E161", "source", 1, 19)),
        (changed(**{"design.allocation": "unclear"}), ("E161", "design.allocation", 1, 19)),
        (csv_template().replace(",control,control,", ",,control,"), ("E166", "arm.role", 3, 8)),
        (csv_template().replace("control,control,placebo,20,,", "control,,,,,").replace("mortality,28,20,6", ",,20,6"),
         ("E166", "n", 3, 14)),
        (csv_template().replace("\nexample-2024,,", "\n,,"), ("E166", "", 3, 1)),
        (csv_template().replace("mortality,28,20,6", "mortality,,20,6"), ("E166", "outcome", 3, 12)),
        (csv_template().replace("\nexample-2024,,", "\nexample-2024,Other,"), ("E163", "label", 3, 2)),
        (csv_template() + csv_template().splitlines()[2].replace("20,6", "20,7") + "\n", ("E163", "events", 4, 15)),
        (csv_template().replace("Table 2", "Table 2, page 3"), ("E162", "", 2, 19)),
        (changed(report="1"), ("E166", "report", 3, 12)),
        (changed(report="first"), ("E166", "report", 2, 19)),
        (changed(**{"risk_of_bias.judgement": "low"}), ("E166", "risk_of_bias.judgement", 2, 19)),
    ],
)  # fmt: skip
def test_a_mistake_in_the_table_has_its_place(check, text, expected):
    checked = check(text)
    assert expected in said(checked)
    assert all(problem.help for problem in checked.errors if problem.code in {"E160", "E161", "E163", "E166"})


def test_an_unknown_column_comes_with_the_nearest(check):
    (problem, *_) = [problem for problem in check(changed(event="1")).errors if problem.code == "E160"]
    assert "events" in problem.help


def test_the_host_checks_the_values_and_names_row_and_column(check):
    places = {field: (line, column) for _, field, line, column in said(check(changed(events="four")))}
    assert places["outcomes[0].arms.msc.events"] == (2, 15)


def test_a_broken_study_does_not_hide_the_others(check, example):
    other = [[cell.replace("example-2024", "other-2023") for cell in row] for row in TEMPLATE[1:]]
    other[0][TEMPLATE[0].index("events")] = "21"
    checked = check(table(*TEMPLATE, *other))
    assert checked.studies == (example,)
    assert checked.errors


# formulas, dates and everything else a text may look like


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@A1", "=HYPERLINK(…)", "1:1", "1/2", "012", "1e5", "777-784", "TRUE"]
)
def test_a_text_that_a_spreadsheet_would_change_is_protected(text):
    cell = write_cell(text, "text")
    assert cell == f"'{text}"
    assert read_cell(cell, "text") == text


@pytest.mark.parametrize("text", ["placebo", "59", "38409332", "10.1038/s41409-024-02230-5", "'t Hooft", "NCT04615429"])
def test_other_texts_stay_as_they_are(text):
    assert write_cell(text, "text") == text
    assert read_cell(text, "text") == text


def test_negative_numbers_stay_numbers():
    assert write_cell(-2.5, "number") == "-2.5"
    assert read_cell("-2.5", "number") == -2.5


def test_no_cell_of_an_export_is_a_formula(example):
    nasty = example.model_copy(update={"label": "=cmd|' /C calc'!A0", "note": "@x"})
    rows = list(csv.reader(io.StringIO(to_csv([nasty]).decode("utf-8-sig"))))
    assert [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))] == []
    assert "'=cmd|' /C calc'!A0" in rows[1]


def test_an_export_is_what_spreadsheets_expect(example):
    content = to_csv([example])
    assert content.startswith(b"\xef\xbb\xbfstudy,label,")
    assert content.count(b"\r\n") == content.count(b"\n")
    assert to_csv([example], decimal=",").startswith(b"\xef\xbb\xbfstudy;label;")


def test_a_decimal_comma_is_written_so_that_it_can_be_read():
    assert write_cell(1.234, "number", ",") == "1,2340"  # 1,234 could be a thousand
    assert decimal_mark(["1,2340"]) == ","


def test_an_export_has_no_empty_columns(example):
    header, *rows = list(csv.reader(io.StringIO(to_csv([example]).decode("utf-8-sig"))))
    assert all(any(row[index] for row in rows) for index in range(len(header)))
    assert list(csv.reader(io.StringIO(to_csv([]).decode("utf-8-sig")))) == [["study"]]


# the columns


def test_every_column_is_found_by_its_name():
    for name, column in columns().items():
        assert find_columns(name) == (column,)
        assert column.help


def test_every_name_of_the_template_is_clear():
    assert all(len(find_columns(name)) == 1 for name in TEMPLATE[0])


# cells that have types


def test_rows_with_types_as_a_spreadsheet_file_has_them():
    header = [*TEMPLATE[0], "citation.pmid", "preferred", "mean"]
    first: list[object] = [*TEMPLATE[1], 38409332, True, 2.5]
    first[header.index("n")] = 20.0
    second: list[object] = [cell or None for cell in TEMPLATE[2]]
    (raw,) = records_from_rows([header, first, [None] * 5, second], "trials.xlsx")
    assert raw.problems == ()
    assert raw.data is not None
    report = raw.data["outcomes"][0]
    assert raw.data["citation"]["pmid"] == "38409332"
    assert report["preferred"] is True
    assert (report["arms"]["msc"]["n"], report["arms"]["msc"]["mean"]) == (20, 2.5)
    assert raw.positions["outcomes", 0, "arms", "control", "events"] == Position(4, header.index("events") + 1)


def test_a_date_for_an_id_is_refused():
    rows: list[list[object]] = [["study", "arm", "outcome", "n"], [datetime.date(2024, 1, 2), "msc", "mortality", 10]]
    (raw,) = records_from_rows(rows, "trials.xlsx")
    assert [problem.code for problem in raw.problems] == ["E168"]


def test_a_date_in_a_cell_is_refused():
    header = [*TEMPLATE[0], "design.phase"]
    first: list[object] = [*TEMPLATE[1], datetime.date(2024, 1, 2)]
    (raw,) = records_from_rows([header, first, TEMPLATE[2]], "trials.xlsx")
    (problem,) = raw.problems
    assert (problem.code, problem.line, problem.column) == ("E168", 2, len(header))
    assert "2024-01-02" in problem.message


# anything at all

CELLS = st.sampled_from(
    [
        "",
        "x",
        "msc",
        "1",
        "2",
        "1,5",
        "2.5",
        "mortality",
        "a; b",
        "-1",
        "true",
        "'=x",
        "nan",
        "1e999",
        "9" * 30,
        "study",
        "\n",
    ]
)
WIDE = [name for name, column in columns().items() if column.level != "study"]


@pytest.mark.parametrize("text", ["study", "study,arm,n\n", "study,arm,n\n\n,,\n"])
def test_a_table_with_names_alone_is_empty(text):
    assert [problem.code for raw in records_from_text(text, "trials.csv") for problem in raw.problems] == ["E102"]


@given(st.binary(max_size=300) | st.text("study,arm;\t\"\n\r'=1.0", max_size=200).map(str.encode))
def test_any_bytes_give_problems_and_no_exception(content):
    text = decode(content, Path("trials.csv"))
    records = list(records_from_text(text, "trials.csv")) if isinstance(text, str) else [text]
    assert records
    for raw in records:
        if isinstance(raw, RawRecord):
            check_record(raw)


@settings(max_examples=60)
@given(st.lists(st.sampled_from(WIDE), min_size=3, max_size=12, unique=True), st.data())
def test_any_cells_give_problems_and_no_exception(names, data):
    row = st.lists(CELLS, min_size=len(names), max_size=len(names))
    rows = [["a-2020", *cells] for cells in data.draw(st.lists(row, min_size=1, max_size=6))]
    (raw,) = records_from_rows(
        [["study", *names], *rows], "trials.csv", decimal=data.draw(st.sampled_from([".", ",", None]))
    )
    study, problems = check_record(raw)
    assert study is None  # it lacks all that a study needs
    assert all(problem.line for problem in problems)
