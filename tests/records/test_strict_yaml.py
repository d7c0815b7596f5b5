"""The strict reader: what words mean, where values stand, what is refused, and that nothing makes it fail."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from msc_meta.hookspecs import Position
from msc_meta.records import strict_yaml
from msc_meta.records.strict_yaml import MAX_DEPTH, MAX_EVENTS, read_yaml, scalar
from msc_meta.records.yaml_text import MAX_BYTES


def codes_of(source: str | bytes) -> list[str]:
    return [problem.code for problem in read_yaml(source, "x.yaml").problems]


@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        ("NO", "NO"),
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("y", "y"),
        ("12:30", "12:30"),
        ("2020-01-02", "2020-01-02"),
        ("012", "012"),
        ("-012.5", "-012.5"),
        ("0x1F", "0x1F"),
        ("0o17", "0o17"),
        ("1_000", "1_000"),
        (".nan", ".nan"),
        ("-.inf", "-.inf"),
        ("1e999", "1e999"),
        ("17,5", "17,5"),
        ("1.2.3", "1.2.3"),
        ("٣", "٣"),
        ("9" * 30, "9" * 30),
        ("null", None),
        ("~", None),
        ("", None),
        ("true", True),
        ("False", False),
        ("0", 0),
        ("-7", -7),
        ("+5", 5),
        ("1e3", 1000.0),
        ("3E-2", 0.03),
        (".5", 0.5),
        ("17.50", 17.5),
        ("1e6", 1e6),
    ],
)
def test_words_mean_what_yaml_1_2_says_and_never_more(word, meaning):
    found = scalar(word)
    assert found == meaning
    assert type(found) is type(meaning)


def test_quoted_and_block_words_are_text():
    document = read_yaml("a: '10'\nb: \"true\"\nc: |\n  10\nd: >\n  null\ne: ''\n", "x.yaml")
    assert document.data == {"a": "10", "b": "true", "c": "10\n", "d": "null\n", "e": ""}


TEXT = """\
id: müller-2024  # ü is one column
arms:
  msc: {n: 10, events: 2}
outcomes:
  - outcome: mortality
    ci: [1.5,
         2]
"""


def test_positions_point_at_values_and_keys():
    document = read_yaml(TEXT, "x.yaml")
    lines = TEXT.splitlines()

    def at(position: Position) -> str:
        return lines[position.line - 1][position.column - 1 :]

    assert document.problems == ()
    starts = {
        ("id",): "müller-2024",
        ("arms",): "msc: {",
        ("arms", "msc"): "{n: 10",
        ("arms", "msc", "events"): "2}",
        ("outcomes",): "- outcome",
        ("outcomes", 0): "outcome: mortality",
        ("outcomes", 0, "ci"): "[1.5",
        ("outcomes", 0, "ci", 1): "2]",
    }
    for field, start in starts.items():
        assert at(document.positions[field]).startswith(start), field
    for field, place in document.keys.items():
        assert at(place).startswith(f"{field[-1]}:"), field
    assert set(document.keys) == {field for field in document.positions if field and isinstance(field[-1], str)}


def test_byte_order_mark_shifts_nothing():
    plain, marked = read_yaml(TEXT.encode(), "x.yaml"), read_yaml(TEXT.encode("utf-8-sig"), "x.yaml")
    assert marked == plain
    assert read_yaml("\ufeff" + TEXT, "x.yaml") == plain


def test_windows_line_ends_change_nothing():
    assert read_yaml(TEXT.replace("\n", "\r\n").encode(), "x.yaml") == read_yaml(TEXT.encode(), "x.yaml")


@pytest.mark.parametrize("source", ["note: x" + "x" * MAX_BYTES, b"\xff" * (2 * MAX_BYTES)])
def test_a_large_file_is_not_even_decoded(source):
    (problem,) = read_yaml(source, "x.yaml").problems
    assert (problem.code, problem.line) == ("E103", 0)


def test_limits_are_where_they_are_said_to_be():
    def nested(depth: int) -> str:
        return "a: " + "[" * (depth - 1) + "]" * (depth - 1)

    assert codes_of(nested(MAX_DEPTH)) == []
    assert codes_of(nested(MAX_DEPTH + 1)) == ["E104"]
    around = 9  # stream, document, mapping and list, begin and end, and the key; the end of the stream is not read
    assert codes_of("a: [" + "1, " * (MAX_EVENTS - around) + "]") == []
    assert codes_of("a: [" + "1, " * (MAX_EVENTS - around + 10) + "]") == ["E105"]


def test_the_second_of_two_equal_keys_is_not_used_and_neither_are_its_positions():
    document = read_yaml("a: {b: 1}\na: {b: 2, c: 3}\n", "x.yaml")
    assert document.data == {"a": {"b": 1}}
    assert document.positions["a", "b"] == Position(1, 8)
    assert ("a", "c") not in document.positions
    (problem,) = document.problems
    assert (problem.line, problem.column) == (2, 1)
    assert "first is in line 1" in problem.message


def test_a_slip_in_brackets_is_read_as_it_was_meant():
    document = read_yaml("arms: {msc: {n:10, median: 17,5, q1: 9}}\n", "x.yaml")
    assert document.data == {"arms": {"msc": {"n": 10, "median": 17.5, "q1": 9}}}
    assert [problem.code for problem in document.problems] == ["E114", "E120"]


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("a: 1\n b: 2\n", "E122", (2, 3)),
        ("a:\n    b: 1\n  c: 2\n", "E122", (3, 3)),
        ("a: - b\n", "E122", (1, 4)),
        ("a: 1\nlabel\nb: 2\n", "E123", (2, 1)),
        ("a: {b: 1\nc: 2\n", "E115", (1, 4)),
        ("a: [1, 2\n", "E115", (1, 4)),
        ("a: 'x' y\n", "E116", (1, 8)),
        ('a: "x\n\nb: y\n', "E116", (1, 4)),
        ("a: @x\n", "E118", (1, 4)),
        ("a: [%x]\n", "E118", (1, 5)),
        ("b:\n  - a: >x\n", "E118", (2, 8)),
        ("url:https://x.org\n", "E114", (1, 4)),
        ("a: b: c\n", "E113", (1, 5)),
        ("a: 1\n...\nb\n", "E119", (3, 1)),
        ("note: *p < 0.05\n", "E106", (1, 7)),
        ("note: a\u2028b\n", "E124", (1, 8)),
    ],
)
@pytest.mark.parametrize("parser", ["CSafeLoader", "SafeLoader"])
def test_typos_are_told_apart_and_placed(monkeypatch, parser, text, code, place):
    monkeypatch.setattr(strict_yaml, "_PARSER", getattr(yaml, parser))
    (problem,) = read_yaml(text, "x.yaml").problems
    assert (problem.code, (problem.line, problem.column)) == (code, place)
    assert problem.help


def test_the_pure_parser_reads_the_same(monkeypatch):
    fast = read_yaml(TEXT, "x.yaml")
    monkeypatch.setattr(strict_yaml, "_PARSER", yaml.SafeLoader)
    assert read_yaml(TEXT, "x.yaml") == fast


@given(st.binary(max_size=400))
@example(b"\xef\xbb\xbf")
@example(b"\xff\xfe\x00")
@example(b"a: \x00")
@example(b"&a *a")
@example(b"? ?")
@example(b"a: !<x> y")
@example(b"%YAML 9.9\n---\na: 1")
def test_any_bytes_give_data_or_problems(source):
    document = read_yaml(source, "x.yaml")
    assert isinstance(document.data, dict) or document.problems


@given(st.text(alphabet="abn:,-[]{}'\"#&*!|>%@` \n\t?1.5\u00a0\u2019\u201c\r", max_size=60))
@example("\ud800")
def test_any_text_gives_data_or_problems(source):
    document = read_yaml(source, "x.yaml")
    assert isinstance(document.data, dict) or document.problems
    for problem in document.problems:
        assert problem.line <= source.count("\n") + source.count("\r") + 2
        assert problem.help
