"""Two extractions of one trial: what is matched with what, what differs, and the consensus."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.inter_rater import cohens_kappa, to_table

from msc_meta.errors import UsageError
from msc_meta.hookspecs import RawRecord
from msc_meta.records.agreement import cohen_kappa
from msc_meta.records.compare import Taken, compare_records
from msc_meta.records.consensus import consensus_text
from msc_meta.records.schema import check_record
from msc_meta.records.strict_yaml import read_yaml

STUDIES = Path(__file__).parents[2] / "studies"
RECORD = """\
id: doe-2024
label: Doe 2024
status: completed
design: {allocation: randomised}
population: {condition: COVID-19, syndrome: ARDS}
arms:
  msc: {role: experimental, label: MSC, randomised: 10, product: cells}
  control: {role: control, label: standard care, randomised: 10}
outcomes:
  - outcome: mortality
    day: 28
    arms: {msc: {n: 10, events: 2}, control: {n: 10, events: 3}}
    source: {kind: primary, url: "https://doi.org/10.1000/example", where: Table 2}
  - outcome: discharge_time
    unit: days
    arms: {msc: {n: 10, mean: 20, sd: 5}, control: {n: 10, mean: 22, sd: 5}}
    source: {kind: primary, url: "https://doi.org/10.1000/example", where: Table 3}
"""


def raw(text, path):
    document = read_yaml(text, path)
    return RawRecord(document.data, path, document.positions, document.keys, document.problems)


def compared(a, b, **options):
    comparison, problems = compare_records(raw(a, "a.yaml"), raw(b, "b.yaml"), **options)
    assert problems == []
    return comparison


def differing(comparison):
    return [(item.name, item.a.value, item.b.value) for item in comparison.disagreements]


def test_same_record_agrees_in_everything():
    comparison = compared(RECORD, RECORD)
    assert comparison.disagreements == ()
    assert comparison.consensus == read_yaml(RECORD, "x").data


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("events: 2", "events: 3", [("outcomes[0].arms.msc.events", 2, 3)]),
        ("events: 2", "events: 2.0", None),  # structure: a count has no decimals
        ("mean: 20,", "mean: 20.0,", []),
        ("mean: 20,", "mean: 20, q1: 15,", [("outcomes[1].arms.msc.q1", None, 15)]),
        ("day: 28", "day: 30", [("outcomes[0].day", 28, 30)]),
        ("label: Doe 2024", "label: DOE  2024", [("label", "Doe 2024", "DOE  2024")]),
        ("syndrome: ARDS", "syndrome: ARDS, severity: not-stated", []),  # the same as to leave it out
        ("syndrome: ARDS", "syndrome: ARDS, severity: severe", [("population.severity", None, "severe")]),
    ],
)
def test_one_difference_is_found(old, new, found):
    comparison, problems = compare_records(raw(RECORD, "a.yaml"), raw(RECORD.replace(old, new, 1), "b.yaml"))
    if found is None:
        assert [problem.code for problem in problems] == ["E204"]
        assert comparison is None
    else:
        assert differing(comparison) == found


def test_order_and_names_of_arms_do_not_count():
    head, first, second = re.split(r"(?=^  - outcome)", RECORD, flags=re.MULTILINE)
    other = (head + second + first).replace("msc:", "cells:").replace("control:", "usual_care:")
    comparison = compared(RECORD, other)
    assert differing(comparison) == []
    assert comparison.notes[:2] == (
        "arm cells of b.yaml is taken for msc",
        "arm usual_care of b.yaml is taken for control",
    )


def test_lines_and_sources_are_those_of_each_record():
    (item,) = compared(RECORD, "# mine\n" + RECORD.replace("events: 3", "events: 4")).disagreements
    assert (item.a.line, item.b.line, item.a.source) == (12, 13, "Table 2, https://doi.org/10.1000/example")
    assert str(item.b) == "4 (b.yaml:13: Table 2)"


def test_texts_may_agree_loosely():
    other = RECORD.replace("standard care", "Standard  Care")
    assert len(compared(RECORD, other).disagreements) == 1
    assert compared(RECORD, other, loosely=True).disagreements == ()


def test_what_one_has_alone_is_one_disagreement():
    extra = (
        '  - {outcome: oxygenation, reported: not-seen, source: {kind: primary, url: "https://x.org/a", where: p}}\n'
    )
    for a, b in ((RECORD, RECORD + extra), (RECORD + extra, RECORD)):
        (item,) = compared(a, b).disagreements
        assert (item.name, item.kind) == ("outcomes[2]", "part")


def test_consensus_fails_the_check_until_it_is_decided():
    other = RECORD.replace("events: 2", "events: 3").replace("day: 28", "day: 30").replace("sd: 5}, con", "sd: 6}, con")
    comparison = compared(RECORD, other, names=("AB", "CD"))
    text = consensus_text(comparison)
    assert (
        "    # DECIDE outcomes[0].day: 28 (a.yaml:11: Table 2) or 30 (b.yaml:11: Table 2)\n    day: UNDECIDED\n" in text
    )
    study, problems = check_record(raw(text, "doe-2024.yaml"))
    assert study is None
    assert {problem.code for problem in problems} == {"E125"}
    assert [problem.field for problem in problems] == [item.name for item in comparison.undecided]
    decided = (
        text.replace("day: UNDECIDED", "day: 28").replace("events: UNDECIDED", "events: 2").replace("UNDECIDED", "5")
    )
    study, problems = check_record(raw(decided, "doe-2024.yaml"))
    assert problems == []
    assert (study.outcomes[0].source.extracted_by, study.outcomes[0].source.checked_by) == ("AB", "CD")


def test_a_report_of_one_alone_is_kept_by_deleting_one_line():
    extra = RECORD.replace("label: MSC", "label: MSC, note: x") + (
        '  - {outcome: oxygenation, reported: not-seen, source: {kind: primary, url: "https://x.org/a", where: p}}\n'
    )
    text = consensus_text(compared(RECORD, extra, taken=Taken((("b", "arms.note"),))))
    assert "E125" in {problem.code for problem in check_record(raw(text, "x.yaml"))[1]}
    kept = "".join(line for line in text.splitlines(keepends=True) if not line.strip().startswith("UNDECIDED:"))
    study, problems = check_record(raw(kept, "x.yaml"))
    assert problems == []
    assert (len(study.outcomes), study.arms["msc"].note) == (3, "x")


@pytest.mark.parametrize("name", ["outcomes[0].arms.msc.events", "outcomes.arms.events", "events", "doe-2024:events"])
def test_a_decision_names_a_field_in_any_way(name):
    other = RECORD.replace("events: 2", "events: 3")
    for side, events in (("a", 2), ("b", 3)):
        comparison = compared(RECORD, other, taken=Taken(((side, name),)))
        assert comparison.undecided == ()
        assert comparison.consensus["outcomes"][0]["arms"]["msc"]["events"] == events


def test_a_decision_about_nothing_is_refused():
    comparison = compared(RECORD, RECORD.replace("events: 2", "events: 3"))
    with pytest.raises(UsageError, match="did you mean events"):
        Taken((("a", "event"),)).check([comparison])
    with pytest.raises(UsageError):
        Taken((("a", "roe-2023:events"),)).check([comparison])


@pytest.mark.parametrize("path", sorted(STUDIES.glob("*.yaml")), ids=lambda path: path.stem)
def test_consensus_with_itself_is_the_record(path):
    text = path.read_text(encoding="utf-8")
    comparison = compared(text, text)
    assert comparison.disagreements == ()
    assert read_yaml(consensus_text(comparison), path.name).data == read_yaml(text, path.name).data


# Agresti (2002), Categorical Data Analysis, 2nd ed., section 10.5: carcinoma of the cervix, kappa 0.493, SE 0.057; and
# the SexualFun data of R's vcd, whose Kappa() prints 0.1293 with ASE 0.0686
CARCINOMA = [[22, 2, 2, 0], [5, 7, 14, 0], [0, 2, 36, 0], [0, 1, 17, 10]]
SEXUAL_FUN = [[7, 7, 2, 3], [2, 8, 3, 7], [1, 5, 4, 9], [2, 8, 9, 14]]


@pytest.mark.parametrize(
    ("table", "kappa", "se", "digits"), [(CARCINOMA, 0.493, 0.057, 3), (SEXUAL_FUN, 0.1293, 0.0686, 4)]
)
def test_kappa_is_that_of_published_examples(table, kappa, se, digits):
    pairs = [(i, j) for i, row in enumerate(table) for j, count in enumerate(row) for _ in range(count)]
    found = cohen_kappa(*zip(*pairs, strict=True))
    assert (round(found.kappa, digits), round(found.se, digits)) == (kappa, se)
    assert found.ci == pytest.approx((found.kappa - 1.959964 * found.se, found.kappa + 1.959964 * found.se))


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abcd")), min_size=2, max_size=60))
def test_kappa_is_that_of_statsmodels(pairs):
    a, b = zip(*pairs, strict=True)
    found = cohen_kappa(a, b)
    if found.expected < 1:
        numbers = [[ord(x) - 97 for x in pair] for pair in pairs]
        with np.errstate(all="ignore"):  # it has no answer where nobody varies
            theirs = cohens_kappa(to_table(numbers, bins=[-0.5, 0.5, 1.5, 2.5, 3.5])[0])
        assert found.kappa == pytest.approx(theirs.kappa, abs=1e-12)
        assert found.se == pytest.approx(max(theirs.var_kappa, 0) ** 0.5, abs=1e-7)
        assert found.kappa <= found.observed
    else:
        assert found.kappa != found.kappa  # nan: chance alone would agree always


def test_kappa_needs_pairs():
    with pytest.raises(ValueError, match="found 0 and 0"):
        cohen_kappa([], [])


FILES = {path.stem: path.read_text(encoding="utf-8") for path in sorted(STUDIES.glob("*.yaml"))}


@settings(max_examples=60)
@given(st.sampled_from(sorted(FILES)), st.sampled_from(sorted(FILES)), st.booleans())
def test_any_two_records_give_a_consensus_that_marks_every_difference(one, other, loosely):
    comparison = compared(FILES[one], FILES[other], loosely=loosely)
    problems = read_yaml(consensus_text(comparison), "consensus.yaml").problems
    assert [problem.code for problem in problems] == ["E125"] * len(comparison.undecided)
    assert sorted(problem.field for problem in problems) == sorted(item.name for item in comparison.undecided)
    for side, text in (("a", FILES[one]), ("b", FILES[other])):  # deciding everything for one gives that one
        names = {str(part) for item in comparison.disagreements for part in item.field if isinstance(part, str)}
        taken = compared(FILES[one], FILES[other], loosely=loosely, taken=Taken(tuple((side, name) for name in names)))
        again = compared(text, "".join(consensus_text(taken)), loosely=loosely) if taken.consensus.get("arms") else None
        assert again is None or taken.undecided == again.disagreements == ()
