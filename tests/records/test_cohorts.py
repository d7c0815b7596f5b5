"""Checks over all records: what is one trial twice, and what is only chance."""

from __future__ import annotations

from copy import deepcopy

from msc_meta.hookspecs import RawRecord
from msc_meta.records.cohorts import CohortEntry, check_cohort
from msc_meta.records.schema import check_record
from msc_meta.records.strict_yaml import read_yaml
from tests.records.example_files import record_of

SOUND = read_yaml(record_of("note: x"), "doe-2024.yaml").data


def entry(name: str, deaths: tuple[int, int] = (2, 3), n: int = 10, **changes: object) -> CohortEntry:
    data = {**deepcopy(SOUND), "id": name, **changes}
    for arm, events in zip(("msc", "control"), deaths, strict=True):
        data["arms"][arm]["randomised"] = n
        data["outcomes"][0]["arms"][arm] = {"n": n, "events": events}
    raw = RawRecord(data, f"{name}.yaml")
    study, problems = check_record(raw)
    assert study is not None, problems
    return CohortEntry.of(study, raw)


def codes(*entries: CohortEntry) -> list[str]:
    return [problem.code for problem in check_cohort(entries)]


def test_different_trials_are_fine():
    assert codes(entry("a"), entry("b", deaths=(1, 3)), entry("c", deaths=(3, 2))) == []


def test_the_later_file_is_complained_about_whatever_the_order():
    one, two = entry("a"), entry("b", deaths=(1, 3))
    same = {"registrations": ["NCT04615429"]}
    one, two = entry("a", **same), entry("b", deaths=(1, 3), **same)
    for entries in ((one, two), (two, one)):
        (problem,) = check_cohort(entries)
        assert (problem.code, problem.path, problem.field) == ("E504", "b.yaml", "registrations[0]")


def test_case_of_a_doi_does_not_matter():
    upper, lower = {"citation": {"doi": "10.1000/ABC"}}, {"citation": {"doi": "10.1000/abc"}}
    assert codes(entry("a", **upper), entry("b", deaths=(1, 3), **lower)) == ["E502"]


def test_companions_share_everything_with_their_trial_and_with_each_other():
    same = {"registrations": ["NCT04615429"], "citation": {"pmid": "38409332"}}
    companion = {**same, "companion_of": "a"}
    assert codes(entry("a", **same), entry("b", **companion), entry("c", **companion)) == []


def test_companion_of_another_trial_is_no_excuse():
    same = {"registrations": ["NCT04615429"]}
    found = codes(entry("a", **same), entry("b", deaths=(1, 3)), entry("c", deaths=(4, 3), companion_of="b", **same))
    assert found == ["E504"]


def test_record_that_could_not_be_read_is_not_said_to_be_missing():
    lonely = entry("b", companion_of="a")
    assert codes(lonely) == ["E505"]
    assert check_cohort([lonely], broken={"a"}) == []


def test_small_or_eventless_trials_agree_by_chance():
    assert codes(entry("a", deaths=(1, 2), n=9), entry("b", deaths=(1, 2), n=9)) == []
    assert codes(entry("a", deaths=(0, 0), n=40), entry("b", deaths=(0, 0), n=40)) == []
    assert codes(entry("a", deaths=(1, 2)), entry("b", deaths=(1, 2))) == ["W507"]


def test_three_alike_are_two_warnings():
    assert codes(entry("a"), entry("b"), entry("c")) == ["W507", "W507"]
