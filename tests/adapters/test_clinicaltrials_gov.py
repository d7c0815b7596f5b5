"""Registry entries, invented in the shape of ClinicalTrials.gov's API; every trap changes one thing."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msc_meta.adapters.clinicaltrials_gov import ClinicalTrialsGov
from msc_meta.adapters.registry_words import day_in_title, day_of, meaning
from msc_meta.records.schema import check_record
from msc_meta.testing import check_adapter

FOLDER = Path(__file__).parent / "registry"
FILE = FOLDER / "nct09999901.json"
ENTRY = json.loads(FILE.read_text(encoding="utf-8"))
MEASURES = ("resultsSection", "outcomeMeasuresModule", "outcomeMeasures")


def changed(*path_and_value):
    """Return the entry with one value changed."""
    *path, last, value = path_and_value
    entry = copy.deepcopy(ENTRY)
    part = entry
    for key in path:
        part = part[key]
    part[last] = value
    return entry


@pytest.fixture
def read(tmp_path):
    def read(content):
        path = tmp_path / "entry.json"
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return list(ClinicalTrialsGov().read(path))

    return read


@pytest.fixture
def one(read):
    def one(*path_and_value):
        (raw,) = read(changed(*path_and_value))
        return raw.data, [problem.message for problem in raw.problems]

    return one


def report(data, outcome, number=0):
    return [entry for entry in data["outcomes"] if entry["outcome"] == outcome][number]


def test_the_adapter_keeps_its_side_of_the_contract(project):
    (raw,) = check_adapter(ClinicalTrialsGov(), accepts=FILE, records=1, rejects=[project / "studies", project])
    assert raw.data["id"] == "nct09999901"
    check_adapter(ClinicalTrialsGov(), accepts=FOLDER, records=1)


def test_an_entry_says_who_was_treated_with_what(read):
    (raw,) = read(ENTRY)
    study, problems = check_record(raw)
    assert [problem.code for problem in problems if problem.severity == "error"] == []
    assert (study.status, study.design.allocation, study.design.countries) == (
        "stopped-early", "randomised", ("ES", "NO"),
    )  # fmt: skip
    assert study.registrations == ("NCT09999901", "EudraCT 2020-009999-11")
    assert (study.population.condition, study.population.syndrome) == ("COVID-19", "ARDS")
    assert {name: arm.randomised for name, arm in study.arms.items()} == {"uc-msc": 22, "placebo": 21}
    assert study.citation.pmid == "39999999"


def test_numbers_follow_the_group_and_not_its_place(read):
    (raw,) = read(ENTRY)  # the groups of the first measure stand in another order than the arms, the values in a third
    deaths = report(raw.data, "mortality")["arms"]
    assert deaths == {"uc-msc": {"n": 22, "events": 4}, "placebo": {"n": 21, "events": 6}}


def test_a_denominator_of_one_time_point_counts_before_that_of_the_measure(read):
    (raw,) = read(ENTRY)
    first, second = (report(raw.data, "oxygenation", number)["arms"] for number in (0, 1))
    assert (first["uc-msc"]["n"], first["placebo"]["n"]) == (20, 18)
    assert second["placebo"] == {"n": 21, "note": "NA: Too few patients"}


@pytest.mark.parametrize(
    ("dispersion", "measured", "expected"),
    [
        ("Standard Error", {"spread": "9"}, {"mean": 210.5, "se": 9}),
        ("STANDARD_DEVIATION", {"spread": "9"}, {"mean": 210.5, "sd": 9}),
        ("95% Confidence Interval", {"lowerLimit": "1", "upperLimit": "2"}, {"mean": 210.5, "ci": [1, 2]}),
        ("Inter-Quartile Range", {"lowerLimit": "1", "upperLimit": "2"}, {"mean": 210.5, "q1": 1, "q3": 2}),
        ("Full Range", {"lowerLimit": "1", "upperLimit": "2"}, {"mean": 210.5, "min": 1, "max": 2}),
        ("90% Confidence Interval", {"lowerLimit": "1", "upperLimit": "2"}, {"mean": 210.5}),
        ("Geometric Coefficient of Variation", {"spread": "9"}, {"mean": 210.5}),
        ("Inter-Quartile Range", {"spread": "9"}, {"mean": 210.5}),
    ],
)
def test_a_spread_is_what_the_registry_calls_it(one, dispersion, measured, expected):
    measure = {**ENTRY["resultsSection"]["outcomeMeasuresModule"]["outcomeMeasures"][1], "dispersionType": dispersion}
    measure["classes"] = [{"categories": [{"measurements": [{"groupId": "OG000", "value": "210.5", **measured}]}]}]
    data, messages = one(*MEASURES, 1, measure)
    assert report(data, "oxygenation")["arms"] == {"uc-msc": {"n": 22, **expected}}
    assert len(expected) > 1 or any(dispersion[:5].lower() in text.lower() for text in messages)


@pytest.mark.parametrize("kind", ["LEAST_SQUARES_MEAN", "Geometric Mean", "LOG_MEAN"])
def test_an_adjusted_mean_is_left_out_and_said(one, kind):
    data, messages = one(*MEASURES, 1, "paramType", kind)
    assert not [entry for entry in data["outcomes"] if entry["outcome"] == "oxygenation"]
    assert any("not a mean or a median" in text for text in messages)


def test_a_confidence_interval_of_a_median_is_none_of_a_mean(one):
    data, messages = one(*MEASURES, 2, "dispersionType", "95% Confidence Interval")
    assert report(data, "discharge_time")["arms"]["uc-msc"] == {"n": 22, "median": 18}
    assert any("95% confidence interval of a median has no place" in text for text in messages)


@pytest.mark.parametrize(
    ("kind", "unit", "title", "expected"),
    [
        ("NUMBER", "percentage of participants", "Mortality", {"percent": 18.2}),
        ("Number", "participants", "Survival", {"survivors": 18.2}),
        ("NUMBER", "percent of participants", "Overall survival", {"survival_percent": 18.2}),
        ("NUMBER", "proportion of participants", "Mortality", None),
        ("MEAN", "days", "Mortality", None),
        ("COUNT_OF_PARTICIPANTS", "percentage of participants", "Mortality", None),
    ],
)
def test_counts_percentages_and_proportions_are_told_apart(one, kind, unit, title, expected):
    measure = {**ENTRY["resultsSection"]["outcomeMeasuresModule"]["outcomeMeasures"][0]}
    measure |= {"title": title, "paramType": kind, "unitOfMeasure": unit, "analyses": []}
    measure["classes"] = [{"categories": [{"measurements": [{"groupId": "OG001", "value": "18.2"}]}]}]
    data, messages = one(*MEASURES, 0, measure)
    first = [entry for entry in data["outcomes"] if "outcome measure 1" in entry["source"]["where"]]
    assert [entry["arms"] for entry in first] == ([] if expected is None else [{"uc-msc": {"n": 22, **expected}}])
    assert expected or any("no count or percentage" in text for text in messages)


def test_of_several_categories_only_the_deaths_count(one):
    categories = [{"title": name, "measurements": [{"groupId": "OG001", "value": value}]}
                  for name, value in (("Alive", "18"), ("Dead", "4"))]  # fmt: skip
    data, _ = one(*MEASURES, 0, "classes", [{"categories": categories}])
    assert report(data, "mortality")["arms"] == {"uc-msc": {"n": 22, "events": 4}}
    data, messages = one(*MEASURES, 0, "classes", [{"categories": [{**one, "title": "Grade"} for one in categories]}])
    assert report(data, "mortality")["arms"] == {}  # the p-value is left
    assert any("which of its categories" in text for text in messages)


def test_groups_that_are_no_arm_are_said_and_not_guessed(one):
    groups = [{"id": "OG000", "title": "Cohort 1"}, {"id": "OG001", "title": "Cohort 2"}]
    data, messages = one(*MEASURES, 0, "groups", groups)
    assert not any("outcome measure 1" in entry["source"]["where"] for entry in data["outcomes"])
    assert [text for text in messages if "is not clearly one of the arms" in text] == [
        f"NCT09999901: outcome measure 1, All-cause Mortality: group Cohort {n} is not clearly one of the arms"
        for n in (1, 2)
    ]


def test_a_group_matched_by_its_words_is_said(one):
    groups = [{"id": "OG000", "title": "Saline Control"}, {"id": "OG001", "title": "UC-MSC 1e6/kg"}]
    data, messages = one(*MEASURES, 0, "groups", groups)
    assert report(data, "mortality")["arms"]["placebo"] == {"n": 21, "events": 6}
    assert sum("is taken for the arm" in text for text in messages) == 2


@pytest.mark.parametrize(
    ("time", "day"),
    [("28 days", 28), ("Day 28", 28), ("within 28 days", 28), ("4 weeks", 28), ("up to 28 days", None),
     ("12 months", 365), ("From enrolment up to 1 year", 365), ("3 months", 90), ("28 days and 12 months", None),
     ("2 weeks to 6 months", None), ("6 and 12 months", None), ("Day 28, Day 60", None), ("0 days", None),
     ("through study completion", None)],
)  # fmt: skip
def test_a_day_is_taken_only_where_the_words_can_mean_no_other(one, time, day):
    data, _ = one(*MEASURES, 0, "timeFrame", time)
    first = report(data, "mortality")
    assert (first.get("day"), first["timepoint"]) == (day, time)


def test_months_are_taken_for_a_day_and_said_so_because_no_day_may_be_any(one):
    """A protocol may admit deaths at no stated time; those of a year would count among those of 28 days."""
    _, messages = one(*MEASURES, 0, "timeFrame", "12 months")
    assert sum("measure 1" in text and "12 months is taken for day 365" in text for text in messages) == 1


def test_two_days_for_one_number_are_none(one):
    entry = changed(*MEASURES, 0, "title", "60-day mortality")
    assert day_in_title("60-day mortality") == 60
    data, messages = one(*MEASURES, entry["resultsSection"]["outcomeMeasuresModule"]["outcomeMeasures"])
    assert "day" not in report(data, "mortality")
    assert any("name two days" in text for text in messages)


def test_deaths_that_an_outcome_measure_has_already_come_once(one):
    module = copy.deepcopy(ENTRY["resultsSection"]["adverseEventsModule"])
    module["timeFrame"] = "28 days"
    for group, deaths in zip(module["eventGroups"], (6, 4), strict=True):
        group["deathsNumAffected"] = deaths
    data, messages = one("resultsSection", "adverseEventsModule", module)
    assert len([entry for entry in data["outcomes"] if entry["outcome"] == "mortality"]) == 1
    assert any("the same numbers as an outcome measure" in text for text in messages)


def test_a_planned_enrolment_is_nobody_randomised(read):
    entry = {"protocolSection": copy.deepcopy(ENTRY["protocolSection"])}
    entry["protocolSection"]["designModule"]["enrollmentInfo"] = {"count": 40, "type": "ESTIMATED"}
    (raw,) = read(entry)
    assert "planned" in raw.data["note"]
    assert all("randomised" not in arm for arm in raw.data["arms"].values())


def test_a_list_of_entries_is_read_and_a_broken_one_named(read):
    records = read({"studies": [ENTRY, {"protocolSection": []}], "totalCount": 2})
    assert [raw.data is None for raw in records] == [False, True]
    assert records[1].problems[0].message == "entry 2 has no protocolSection with an nctId"


def test_what_windows_makes_of_a_download_is_read(read):
    (raw,) = read(json.dumps(ENTRY, indent=1).encode("utf-16"))
    assert raw.data["label"] == "EXAMPLE"


@pytest.mark.parametrize(
    ("content", "code"),
    [(FILE.read_bytes()[:900], "E170"), (b"[" * 100_000, "E170"), (b'{"a": NaN}', "E170"), (b"\xff\xfe\x00", "E101"),
     (b'{"n": ' + b"9" * 5000 + b"}", "E170"), (b"", "E170"), (b'{"FullStudiesResponse": {}}', "E170")],
)  # fmt: skip
def test_a_broken_file_is_a_complaint(read, content, code):
    assert [problem.code for raw in read(content) for problem in raw.problems] == [code]


@pytest.mark.parametrize(
    ("title", "outcome", "quantity"),
    [("PaO₂/FiO₂", "oxygenation", "pf_ratio"), ("SpO2:FiO2", "oxygenation", "spo2_fio2"),
     ("Oxygenation index", None, ""), ("ICU length of stay", "discharge_time", "icu_stay"),
     ("Hospital-free days", None, ""), ("Death or intubation", None, ""), ("Time to death", None, ""),
     ("Infection-related mortality", None, ""), ("Death due to COVID-19", None, ""),
     ("Disease-specific survival", None, ""),
     ("All-cause mortality, respiratory deaths included", "mortality", ""),
     ("Mortality in COVID-19 associated ARDS", "mortality", "")],
)  # fmt: skip
def test_a_title_names_an_outcome_or_none(title, outcome, quantity):
    found = meaning(title)
    assert (found.outcome, found.quantity) == (outcome, quantity)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner))


def places(value, path=()):
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from places(inner, (*path, key))


@settings(max_examples=80, deadline=None)
@given(st.sampled_from([path for path in places(ENTRY) if path]), JSON)
def test_anything_in_place_of_anything_gives_no_exception(tmp_path_factory, path, value):
    file = tmp_path_factory.mktemp("json") / "entry.json"
    file.write_text(json.dumps(changed(*path, value)), encoding="utf-8")
    for raw in ClinicalTrialsGov().read(file):
        check_record(raw)


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_give_records_or_complaints(tmp_path_factory, content):
    file = tmp_path_factory.mktemp("json") / "entry.json"
    file.write_bytes(content)
    found = list(ClinicalTrialsGov().read(file))
    assert found
    assert all(raw.data is not None or raw.problems for raw in found)


def test_times_in_other_words():
    assert day_of("at 7 days post-infusion") == 7
    assert day_of("Baseline to Day 7") == 7
    assert day_of("Baseline, Day 7") is None
