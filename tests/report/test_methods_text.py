"""The methods and results sections: what they say follows from what was done, and changes with it."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import cache

import pytest

from msc_meta import load_protocol, load_studies, synthesize
from msc_meta.protocol import Protocol
from msc_meta.records.study import Citation
from msc_meta.report.methods_text import method_references, methods, methods_paragraphs
from msc_meta.report.prisma import AUTHORS, checklist
from msc_meta.report.references import reference_of
from msc_meta.report.results_json import outcome_values
from msc_meta.report.results_text import results_paragraphs


def changed(outcome: str, **settings) -> Protocol:
    """Return the built-in protocol with one outcome alone, some of its settings changed, no sensitivity analyses."""
    data = json.loads(load_protocol().model_dump_json())
    rules = data["outcomes"][outcome] | {"sensitivity": []}
    for name, value in settings.items():
        rules[name] = {**rules[name], **value} if isinstance(value, dict) and rules[name] else value
    return Protocol.model_validate({**data, "outcomes": {outcome: rules}})


def text_of(evidence, protocol: Protocol) -> str:
    return " ".join(methods_paragraphs(synthesize(evidence, protocol)))


@cache
def usual_text(outcome: str) -> str:
    return text_of(load_studies("studies/"), changed(outcome))


SETTINGS = [
    ("mortality", {"model": {"method": "PM"}}, "restricted maximum likelihood", "Paule and Mandel"),
    ("mortality", {"model": {"method": "DL"}}, "restricted maximum likelihood", "DerSimonian and Laird"),
    ("mortality", {"model": {"method": "FE", "ci_method": "wald"}}, "random-effects model", "common-effect model"),
    ("mortality", {"model": {"method": "MH", "ci_method": "wald"}}, "inverse-variance weights", "Mantel and Haenszel"),
    ("mortality", {"model": {"ci_method": "wald"}}, "Hartung-Knapp", "Wald intervals by the normal distribution"),
    ("mortality", {"model": {"ci_method": "hksj-adhoc"}}, "", "never below Wald's"),
    ("mortality", {"model": {"prediction": "t(k-2)"}}, "trial, is by t with k − 1", "trial, is by t with k − 2"),
    ("mortality", {"model": {"level": 0.9}}, "95%", "90% confidence intervals"),
    ("mortality", {"measure": "OR"}, "was the risk ratio", "was the odds ratio"),
    ("mortality", {"window": {"target": 30}}, "at day 28", "at day 30"),
    ("mortality", {"window": {"unstated": "exclude"}}, "where there was no other", "without a stated day was not used"),
    ("mortality", {"sources": ["primary"]}, "secondary sources", ""),
    ("mortality", {"sponsor_statements": "include"}, "a sponsor's statement was used only", ""),
    ("mortality", {"conflicts": "other"}, "the report that the record prefers", "other than the preferred one"),
    ("mortality", {"multi_arm": "first"}, "combined into one", "only the first was used (one trial)"),
    ("mortality", {"multi_arm": "split-control"}, "combined into one", "split evenly between them (one trial)"),
    ("mortality", {"zero_events": {"correction": 0.25}}, "0.5 was added", "0.25 was added to each cell"),
    ("mortality", {"zero_events": {"scope": "all"}}, "with an empty cell", "of all tables"),
    ("mortality", {"rare_events": False}, "methods for rare events", ""),
    ("mortality", {"subgroups": []}, "subgroups", ""),
    ("mortality", {"subgroups": ["condition"]}, "source of the cells", "compared by condition"),
    ("mortality", {"moderators": []}, "meta-regression", ""),
    ("mortality", {"better": "higher"}, "(lower is better)", "(higher is better)"),
    ("discharge_time", {"medians": "exclude"}, "estimated from median", "no trial could be pooled"),
    ("discharge_time", {"median_method": "lnorm"}, "Luo 2018", "Shi 2020"),
    ("discharge_time", {"measure": "ROM"}, "difference of means", "ratio of means"),
    ("discharge_time", {"quantity": "icu_stay"}, "Intensive-care stay was never", "Hospital stay was never"),
    ("oxygenation", {"kinds": ["change"]}, "could be pooled together", "Only changes from baseline"),
]  # outcome, settings, words that are no longer said, words that are said instead; either may be empty


@pytest.mark.parametrize(("outcome", "settings", "before", "after"), SETTINGS, ids=str)
def test_a_changed_setting_changes_its_sentence(evidence, outcome, settings, before, after):
    usual, other = usual_text(outcome).lower(), text_of(evidence, changed(outcome, **settings)).lower()
    assert before or after
    assert before.lower() in usual
    assert not before or before.lower() not in other
    assert after.lower() in other
    assert not after or after.lower() not in usual


def test_what_people_rated_and_what_the_protocol_asks_for_is_said(evidence):
    rated = {"rating": "low", "reasons": ["Few events."], "by": "A. Rater", "date": "2026-01-02"}
    protocol = changed("mortality", certainty=rated, robustness={"gosh": True, "sequential": {"effect": 0.8}})
    made = synthesize(evidence, protocol)
    said = " ".join(methods_paragraphs(made))
    assert "rated in GRADE's four levels by A. Rater (2026-01-02)" in said
    assert "all subsets of the trials" in said
    assert "trial sequential analysis" in said
    assert "one further trial" not in said
    assert results_paragraphs(made)[1].endswith("was rated low. Few events.")
    assert "not assessed" not in results_paragraphs(made)[1]
    assert {one.item: one.where for one in checklist(made)}["22"] == "Results; table of results"
    assert "further analyses" not in usual_text("mortality")


def test_few_trials_are_not_tested_and_the_text_says_so(synthesis):
    (said,) = [one.text for one in methods(synthesis).paragraphs if one.topic == "Small-study effects"]
    assert "For length of hospital stay, small-study effects were not tested (k = 2): fewer than 10 trials" in said
    assert "For all-cause mortality, small-study effects were tested" in said
    assert synthesis["mortality"].result.k >= 10


def test_ten_trials_are_needed_to_be_tested(evidence, synthesis):
    pooled = [row.study for row in synthesis["mortality"].pooled]
    nine = text_of([study for study in evidence if study.id in pooled[:9]], changed("mortality"))
    ten = text_of([study for study in evidence if study.id in pooled[:10]], changed("mortality"))
    assert "were not tested (k = 9)" in nine
    assert "Peters' test" not in nine
    assert "trim and fill" not in nine
    assert "tested, as recommended" in ten


def test_what_was_planned_and_not_possible_is_not_said_to_be_done(synthesis):
    text = " ".join(methods_paragraphs(synthesis))
    assert "length of hospital stay, subgroups by source of the cells were planned and could not be compared" in text
    assert synthesis["discharge_time"].subgroups == {}


def test_sensitivity_analyses_are_named_only_where_they_were_done(evidence, synthesis):
    without = " ".join(methods_paragraphs(synthesize(evidence, sensitivity=False)))
    assert "sensitivity" not in without
    said = " ".join(methods_paragraphs(synthesis))
    assert all(one.title in said for outcome in synthesis.values() for one in outcome.sensitivity.values())


def test_conversions_are_counted(synthesis):
    (said,) = [one.text for one in methods(synthesis).paragraphs if one.topic == "Preparation of data"]
    steps = Counter(step for row in synthesis["mortality"].pooled for step in row.conversion.split("; "))
    assert steps["count from a percentage"] == 2
    assert "counted back from printed percentages (two trials for all-cause mortality)" in said
    assert sum("is added to each cell" in " ".join(row.marks) for row in synthesis["mortality"].pooled) == 2
    assert "tables with an empty cell (two trials)" in said


def test_nothing_is_said_of_conversions_where_there_are_none(evidence):
    alone = [study for study in evidence if study.id == "bowdish-2023"]
    assert "without any conversion" in text_of(alone, changed("mortality"))


def test_references_are_numbered_as_they_are_first_cited(synthesis):
    cited = re.findall(r"\[(\d+(?:, \d+)*)\]", " ".join(methods_paragraphs(synthesis)))
    numbers = list(dict.fromkeys(int(number) for group in cited for number in group.split(", ")))
    assert numbers == list(range(1, len(method_references(synthesis)) + 1))
    assert "@" not in " ".join(methods_paragraphs(synthesis))


def test_a_label_that_looks_like_a_citation_stays_text(evidence):
    protocol = load_protocol().model_copy(update={"id": "x"})
    rules = protocol.eligibility.model_copy(update={"populations_in_words": "people [@nobody] [@handbook"})
    text = text_of(evidence, protocol.model_copy(update={"eligibility": rules}))
    assert "people [@nobody] [@handbook" in text


@pytest.mark.parametrize("name", ["mortality", "oxygenation", "discharge_time"])
def test_results_print_the_numbers_of_the_json(synthesis, name):
    place = list(synthesis).index(name)
    said = results_paragraphs(synthesis)[1 + place].replace("−", "-")
    values = outcome_values(synthesis[name])
    found = re.search(r"(-?[\d.]+)\S*(?: \w+)? \(95% CI (-?[\d.]+) to (-?[\d.]+)\)", said)
    assert found
    expected = (values["display"]["estimate"], *values["display"]["ci"])
    for text, number in zip(found.groups(), expected, strict=True):
        decimals = len(text.partition(".")[2])
        assert float(text) == pytest.approx(number, abs=0.5000001 * 10**-decimals)
    assert "significant" not in said
    assert said.endswith("was not assessed.")


def test_an_empty_evidence_is_described():
    nothing = synthesize([])
    assert "no trial could be pooled" in " ".join(methods_paragraphs(nothing)).lower()
    assert results_paragraphs(nothing)[0].startswith("Of 0 trials")


def test_the_checklist_has_every_item(synthesis):
    items = checklist(synthesis)
    assert list(dict.fromkeys(int(re.match(r"\d+", one.item)[0]) for one in items)) == list(range(1, 28))
    assert len({one.item for one in items}) == len(items) == 42
    by_number = {one.item: one for one in items}
    outside = ("1", "2", "3", "4", "6", "7", "8", "9", "15", "16a", "22", "23a", "25", "26")
    assert {by_number[number].where for number in outside} == {AUTHORS}


def test_the_checklist_follows_what_was_done(evidence, synthesis):
    by_number = {one.item: one.where for one in checklist(synthesis)}
    assert by_number["13f"] == "Methods: Robustness"
    assert by_number["20c"].endswith("for all-cause mortality")
    without = {one.item: one.where for one in checklist(synthesize(evidence, sensitivity=False))}
    assert without["13f"] == without["20d"] == AUTHORS
    silent = [study.model_copy(update={"risk_of_bias": ()}) for study in evidence]
    assert {one.item: one.where for one in checklist(synthesize(silent))}["18"] == AUTHORS


def test_a_reference_has_what_the_record_says_and_no_more(evidence):
    study = evidence["martinez-munoz-2024"]
    many = Citation(authors=tuple(f"A{n} B" for n in range(8)), title="Why?", journal="J", year=2020, volume="3(1)",
                    pages="1-9", pmid="7")  # fmt: skip
    said = reference_of(study.model_copy(update={"citation": many, "registrations": ()}))
    assert said == "A0 B, A1 B, A2 B, A3 B, A4 B, A5 B, et al. Why? J. 2020;3(1):1-9. PMID 7."
    bare = study.model_copy(update={"citation": Citation(), "registrations": ("NCT1",)})
    assert reference_of(bare) == f"{study.label}. Registered as NCT1."
