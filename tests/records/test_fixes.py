"""What has one right answer is written into a record; everything else stays byte for byte, and means the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msc_meta.records.codes import codes
from msc_meta.records.fixes import FIXABLE, fix
from msc_meta.records.strict_yaml import read_yaml
from tests.records.example_files import problems_of, record_of

STUDIES = sorted((Path(__file__).parents[2] / "studies").glob("*.yaml"))
INVALID = sorted((Path(__file__).parent / "invalid").rglob("*.yaml"))

# what stands in a record, and ways in which people write it instead
SLIPS = {
    r"unit: mmHg\b": ["unit: mm Hg", "unit: MMHG", "unit: 'mmhg'", "unit: torr"],
    r"unit: days\b": ["unit: Days", "unit: day", "unit: d"],
    r"doi: (10\.\S+)": [r"doi: https://doi.org/\1", r"doi: DOI:\1", r"doi: http://dx.doi.org/\1"],
    r'pmid: "(\d+)"': [r"pmid: \1", r'pmid: "PMID: \1"', r"pmid: https://pubmed.ncbi.nlm.nih.gov/\1/"],
    r"\[NCT(\d{8})": [r"[nct\1", r"[NCT \1", r"[NCT-\1"],
    r"allocation: randomised": ["allocation: Randomized", "allocation: RANDOMISED"],
    r"masking: double-blind": ["masking: double blind", "masking: Double_Blind"],
    r"condition: COVID-19": ["condition: covid 19", "condition: Covid19"],
    r"n: (\d+)\b": [r'n: "\1"', r"n: \1.0", r"N: \1", r"n: 0\1"],
    r"events: (\d+)\b": [r"Events: \1", r"events: '\1'"],
    r"randomised: (\d+)": [r"randomized: \1", r"randomised:\1"],
    r"countries: \[([A-Z]{2})\]": [lambda found: f"countries: [{found[1].lower()}]"],
    r"preferred: true": ["preferred: yes", "preferred: Yes"],
    r"(median|mean|sd): (\d+)\.(\d)\b": [r"\1: \2,\3"],
    r"survival_percent: (\d+)": [r"survival_percent: \1%", r'survival_percent: "\1 %"'],
}
QUOTED_BACK = re.compile(r"'|\"")


def broken(text: str, draw) -> str:
    """Put some slips into a record."""
    for pattern in draw(st.lists(st.sampled_from(sorted(SLIPS)), min_size=1, max_size=6, unique=True)):
        places = [found for found in re.finditer(pattern, text) if not _in_comment_or_quotes(text, found.start())]
        if places:
            found = draw(st.sampled_from(places))
            slip = draw(st.sampled_from(SLIPS[pattern]))
            text = text[: found.start()] + _written(slip, found) + text[found.end() :]
    return text


def _in_comment_or_quotes(text: str, at: int) -> bool:
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return (
        "#" in line or line.count('"') % 2 == 1 or "note:" in line or not re.search(r"^ *[-\w]+:|[{,:-] *$|^ *$", line)
    )


def _written(slip, found: re.Match[str]) -> str:
    return slip(found) if callable(slip) else found.expand(slip)


@settings(max_examples=40)
@given(st.data(), st.sampled_from(STUDIES))
def test_slips_are_taken_back_and_the_record_is_as_before(data, path):
    sound = path.read_text(encoding="utf-8")
    slipped = broken(sound, data.draw)
    fixed = fix(slipped.encode(), path.name)
    before, after = read_yaml(sound, path.name), read_yaml(fixed.content, path.name)
    assert after.data == before.data
    # the same bytes too, but for quotes that somebody put in and that do no harm
    assert QUOTED_BACK.sub("", fixed.content.decode()) == QUOTED_BACK.sub("", sound)
    assert fix(fixed.content, path.name).changes == ()


@settings(max_examples=40)
@given(st.data(), st.sampled_from(STUDIES))
def test_keys_move_with_their_lines_and_comments(data, path):
    text = path.read_text(encoding="utf-8")
    head, *blocks = re.split(r"^(?=\w)", text, flags=re.MULTILINE)
    blocks = [f"# about {block.partition(':')[0]}\n{block}" for block in blocks]
    shuffled = data.draw(st.permutations(blocks))
    fixed = fix((head + "\n" + "".join(shuffled)).encode(), path.name)
    first = shuffled[0].partition("\n")[0]  # what stands above the first key stays on top
    rest = [block if not block.startswith(first + "\n") else block.partition("\n")[2] for block in blocks]
    assert fixed.content.decode() == head + "\n" + first + "\n" + "".join(rest)


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_a_sound_record_stays_as_it_is(path):
    assert fix(path.read_bytes(), path.name) == (path.read_bytes(), ())


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_fixing_twice_is_fixing_once_and_adds_no_problem(path):
    fixed = fix(path.read_bytes(), path.name)
    assert fix(fixed.content, path.name).content == fixed.content
    before, after = (problems_of({path.name: content}, named=False) for content in (path.read_bytes(), fixed.content))
    if read_yaml(path.read_bytes(), path.name).data is not None:  # else the first mistake hid the others
        assert len(after) <= len(before)


FIXES_ITS_EXAMPLE = FIXABLE - {"E201", "E205", "E211", "E319", "E331", "W413"}  # their examples need a person


@pytest.mark.parametrize("code", sorted(FIXES_ITS_EXAMPLE))
def test_the_bad_example_of_a_page_is_mended(code):
    assert codes()[code].fix
    fixed = fix(record_of(codes()[code].bad).encode(), "doe-2024.yaml")
    assert code in {change.code for change in fixed.changes}
    assert problems_of({"doe-2024.yaml": fixed.content}) == []


def test_pages_say_what_is_fixed_and_of_nothing_else():
    assert {code for code, page in codes().items() if page.fix} == FIXABLE


@pytest.mark.parametrize(
    "piece",
    [
        "unit: cm",  # no other name of a unit
        "unit: kPas",
        "doi: 10.1000",
        "n: 10\nmedian: 1,234",  # one or a thousand
        "n: 1,5\nmedian: 4",  # half a patient
        "n: 10\nmean: 45%",
        "n: about 10\nevents: 2",
        "n: 10.5\nevents: 2",
        "design: {allocation: random}",
        "design: {allocation: randomised, countries: [uk]}",
        "registrations: [NCT0461542]",
        "population: {condition: COVID-19 pneumonia, syndrome: ARDS}",
        "arms: {msc: {n: 10, events: 2, Events: 3}, control: {n: 10, events: 3}}",
        "between: {p: <0.05, p_relation: '='}",
    ],
)
def test_what_a_person_has_to_decide_stays(piece):
    content = record_of(piece).encode()
    assert problems_of({"doe-2024.yaml": content})
    assert not [change for change in fix(content, "doe-2024.yaml").changes if change.code]


@pytest.mark.parametrize(
    ("bad", "good"),
    [
        ("between:\n  p: <0.05  # as printed", 'between:\n  p: 0.05  # as printed\n  p_relation: "<"'),
        ("between: {p: '< 0.05', test: t-test}", 'between: {p: 0.05, p_relation: "<", test: t-test}'),
        ("n:10\nmedian: 17,5 # days", "n: 10\nmedian: 17.5 # days"),
        ("n: 10\npercent: 20 %", "n: 10\npercent: 20"),
        ('registrations: ["eudract: 2020-002193-27"]', 'registrations: ["EudraCT 2020-002193-27"]'),
        ("registrations: [irct 20200621047859n4, ab]", "registrations: [IRCT20200621047859N4, ab]"),
    ],
)  # fmt: skip
def test_only_the_word_changes(bad, good):
    whole = record_of(good.replace("n:10", "n: 10")).encode()
    fixed = fix(record_of(bad).encode(), "doe-2024.yaml")
    assert sorted(fixed.content.splitlines()) == sorted(whole.splitlines())


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("last", ["", "\n"])
def test_line_ends_and_byte_order_mark_stay(end, mark, last):
    text = record_of('note: x  # é\ncitation: {doi: "doi:10.1000/é"}').rstrip("\n").replace("é", "e")
    wanted = fix(text.encode(), "doe-2024.yaml").content.decode()
    assert wanted != text
    given_text = mark + text.replace("\n", end) + last.replace("\n", end)
    fixed = fix(given_text.encode(), "doe-2024.yaml").content.decode()
    assert fixed == mark + wanted.replace("\n", end) + last.replace("\n", end)


def test_line_numbers_are_those_of_the_file_before():
    text = record_of("between:\n  p: <0.05\n  test: t-test\nday: '28'")
    lines = text.splitlines()
    changes = [change for change in fix(text.encode(), "x.yaml").changes if change.code]
    assert [(lines[change.line - 1].strip(), change.after) for change in changes] == [
        ("p: <0.05", '0.05, p_relation: "<"'),
        ("day: '28'", "28"),
    ]


def test_schema_comment_is_put_on_top_once():
    line = "# yaml-language-server: $schema=study.schema.json\n"
    fixed = fix(record_of("note: x").encode(), "doe-2024.yaml", schema_line=line)
    assert fixed.content.decode().startswith(line + "id: doe-2024\n")
    assert fix(fixed.content, "doe-2024.yaml", schema_line=line).changes == ()


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_are_met(content):
    fixed = fix(content, "x.yaml")
    assert fix(fixed.content, "x.yaml").content == fixed.content
