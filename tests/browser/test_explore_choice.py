"""What the explored page pools in a state is what Python pools with the protocol changed alike, report by report."""

from __future__ import annotations

import json
import math
import random

import pytest

import msc_meta as mm
from msc_meta.effects.table import study_rows
from msc_meta.protocol import Protocol, Sensitivity
from msc_meta.records.study import Study
from msc_meta.report.explore import explore_data, script_text
from msc_meta.report.explore.candidates import kinds_under

ANALYSE = """
([data, name, states]) => states.map((changes) => {
  const outcome = data.outcomes.find((one) => one.name === name);
  const state = {...mscAnalysis.protocolState(outcome), ...changes};
  const {rows, result} = mscAnalysis.analyse(outcome, state);
  const shown = rows.filter((row) => row.effect).map((row) => [row.label, row.pooled, row.effect.yi, row.effect.vi, row.day]);
  return JSON.stringify({shown, result});
})
"""  # noqa: E501


@pytest.fixture
def script(open_page):
    """Return a page that holds engine and analysis, and nothing to show."""
    page = open_page("about:blank")
    page.add_script_tag(content=script_text().partition("const mscWords")[0])
    return page


def python_rows(studies, protocol: Protocol, name: str, state: dict):
    """Return label -> (pooled, yi, vi, day) and the pooled result, with the protocol changed as the state says."""
    rules = protocol.outcome(name)
    changes = {"measure": state["measure"], "kinds": list(kinds_under(state["measure"], rules))}
    if state.get("medians") == "exclude":
        changes["medians"] = "exclude"
    elif state.get("medians"):
        changes |= {"medians": "convert", "median_method": state["medians"]}
    if rules.window is not None:
        target, earliest, latest = state["days"]
        unstated = "include" if state["undated"] else "exclude"
        changes["window"] = {"target": target, "earliest": earliest, "latest": latest, "unstated": unstated}
    varied = protocol.varied(name, Sensitivity(id="explored", title="-", outcome=changes))
    by_id = {study.id: study for study in studies}
    every = study_rows(studies, varied, name)
    rows = [row for row in every if row.has_effect]
    found = {}
    for row in rows:
        converted = any(is_converted(other) for other in every if other.study == row.study)
        pooled = ticked(row, converted, by_id[row.study], protocol, name, state)
        found[row.label] = (pooled, row.yi, row.vi, None if math.isnan(row.day) else row.day)
    inside = [found[row.label] for row in rows if found[row.label][0]]
    result = mm.pool(
        [yi for _, yi, _, _ in inside], [vi for _, _, vi, _ in inside],
        state["method"], state["ci"], state["level"], state["prediction"],
    )  # fmt: skip
    return found, result


def is_converted(row) -> bool:
    return bool(row.conversion) and not row.conversion.startswith("effect and interval")


def ticked(row, converted: bool, study: Study, protocol: Protocol, name: str, state: dict) -> bool:
    """Decide from the record itself, not from what the page was given, whether a state pools a study."""
    if study.companion_of is not None:
        return False
    if study.id in state["without"] or study.id in state["with"]:
        return study.id in state["with"]
    rules, design = protocol.eligibility, study.design.allocation
    barriers = set()
    if design not in rules.allocation:
        barriers.add("non-randomised" if design == "non-randomised" else "unclear-allocation")
    if not any(arm.product in rules.products for arm in study.arms_of("experimental").values()):
        barriers.add("product")
    if not any(rule.holds(study.population) for rule in rules.populations):
        barriers.add("population")
    high = any(one.overall == "high" and one.outcome in (None, name) for one in study.risk_of_bias)
    if protocol.outcome(name).risk_of_bias and not high and not barriers:
        barriers.add("judgement")
    traits = {row.source_kind} | ({"high-risk"} if high else set())
    if converted:
        traits.add("converted")
    return barriers <= set(state["admit"]) and not traits & set(state["leave"])


def random_state(outcome: dict, draw: random.Random) -> dict:
    ids = [trial["id"] for trial in outcome["trials"] if "companion" not in trial["barred"]]
    own = outcome["protocol"]
    state = {
        "measure": draw.choice([one["name"] for one in outcome["measures"]]),
        "method": draw.choice(["REML", "DL", "PM", "ML", "EB", "HE", "HS", "SJ", "FE"]),
        "ci": draw.choice(["hksj", "hksj-adhoc", "wald"]),
        "prediction": draw.choice(["t(k-1)", "t(k-2)", "normal"]),
        "level": draw.choice([0.9, 0.95]),
        "medians": draw.choice(outcome["medians"]) if outcome["medians"] else None,
        "days": own["days"],
        "undated": own["undated"],
        "admit": draw.sample(
            ["non-randomised", "unclear-allocation", "product", "population", "judgement"], draw.choice([0, 0, 1, 5])
        ),
        "leave": draw.sample(["secondary", "sponsor", "converted", "high-risk"], draw.choice([0, 0, 1, 2])),
        "with": draw.sample(ids, min(len(ids), draw.choice([0, 1, 3]))),
        "without": [],
    }
    if own["days"] is not None and draw.random() < 0.8:
        target = draw.choice([5, 7, 14, 28, 30, 45.5])
        state["days"] = [target, max(0, target - draw.choice([0, 2, 14, 40])), target + draw.choice([0, 2, 14, 60])]
        state["undated"] = draw.random() < 0.5
    rest = [one for one in ids if one not in state["with"]]
    state["without"] = draw.sample(rest, min(len(rest), draw.choice([0, 1, 3])))
    return state


def compare(script, studies, protocol: Protocol, name: str, count: int, seed: int) -> int:
    """Compare random states, and return how many reports beside the protocol's own choice were seen."""
    data = json.loads(json.dumps(explore_data(mm.synthesize(studies, protocol, outcomes=[name], sensitivity=False))))
    outcome, draw = data["outcomes"][0], random.Random(seed)
    states = [random_state(outcome, draw) for _ in range(count)]
    seen = set()
    for state, text in zip(states, script.evaluate(ANALYSE, [data, name, states]), strict=True):
        got = json.loads(text)
        found, result = python_rows(studies, protocol, name, state)
        mine = {label: (pooled, day) for label, pooled, _, _, day in got["shown"]}
        assert mine == {label: (pooled, day) for label, (pooled, _, _, day) in found.items()}, state
        for label, _, yi, vi, _ in got["shown"]:
            assert [yi, vi] == pytest.approx([found[label][1], found[label][2]], rel=1e-9, abs=1e-12), (label, state)
            seen.add((label, state["measure"], round(yi, 9)))
        assert got["result"]["k"] == result.k
        for field in ("estimate", "se", "tau2", "p_value", "i2"):
            theirs, ours = getattr(result, field), got["result"][field]
            assert ours is None if math.isnan(theirs) else ours == pytest.approx(theirs, rel=1e-9, abs=1e-9), (
                field,
                state,
            )
        for field in ("ci", "prediction", "tau2_ci"):
            for theirs, ours in zip(getattr(result, field), got["result"][field], strict=True):
                assert ours is None if math.isnan(theirs) else ours == pytest.approx(theirs, rel=1e-9, abs=1e-9)
    return len(seen)


@pytest.mark.parametrize("name", ["mortality", "oxygenation", "discharge_time"])
def test_real_evidence_in_random_states(script, project, name):
    studies = mm.load_studies(project / "studies")
    assert compare(script, studies, mm.load_protocol(), name, 30, 3) > 2


def invented(draw: random.Random, at: int) -> Study:
    """Return a trial with reports of several days, kinds, sources and forms, some of which contradict each other."""
    arms = {"a": {"role": "experimental", "label": "A", "product": draw.choice(["cells", "cells", "cell-free"])}}
    if draw.random() < 0.3:
        arms["b"] = {"role": "experimental", "label": "B", "product": "cells"}
    arms["c"] = {"role": "control", "label": "C"}
    outcomes = []
    for name in ("mortality", "oxygenation", "discharge_time"):
        for day in draw.sample([None, None, 3, 5, 7, 9, 14, 28, 30, 60], draw.randint(1, 5)):
            several = draw.choice([1, 1, 2, 3])
            preferred = draw.randrange(several) if several > 1 and draw.random() < 0.8 else None
            outcomes += [report(draw, name, day, arms, preferred == i) for i in range(several)]
    severity = draw.choice(["severe", "severe", "mild"])
    judged = [
        {"tool": "RoB 2", "overall": "high", "source": {"kind": "secondary", "url": "https://e.org", "where": "t"}}
    ]
    return Study.model_validate(
        {
            "id": f"trial-{at}",
            "label": f"Trial {at}",
            "status": "completed",
            "design": {"allocation": draw.choice(["randomised"] * 4 + ["unclear", "non-randomised"])},
            "population": {"condition": "COVID-19", "syndrome": "pneumonia", "severity": severity},
            "companion_of": "trial-0" if at == 11 else None,
            "arms": arms,
            "outcomes": outcomes,
            "risk_of_bias": judged if draw.random() < 0.4 else [],
        }
    )


def report(draw: random.Random, name: str, day: float | None, arms: dict, preferred: bool) -> dict:
    made = {
        "outcome": name,
        "day": None if name == "discharge_time" else day,
        "preferred": preferred,
        "source": {
            "kind": draw.choice(["primary", "primary", "secondary", "sponsor"]),
            "url": "https://e.org",
            "where": "t",
        },
    }
    if preferred:
        made["reason"] = "it is"
    if draw.random() < 0.15 and len(arms) == 2:
        measure = {"mortality": "RR", "oxygenation": "MD", "discharge_time": "MD"}[name]
        estimate = round(draw.uniform(0.3, 2.5), 2)
        made["between"] = {"measure": measure, "estimate": estimate, "ci": [estimate * 0.6, estimate * 1.8]}
    if "between" not in made or draw.random() < 0.3:
        made["arms"] = {arm: arm_data(draw, name) for arm in arms if draw.random() < 0.95}
    if name == "oxygenation":
        made |= {
            "quantity": "pf_ratio",
            "kind": draw.choice(["change", "final"]),
            "unit": draw.choice(["mmHg", "mmHg", "kPa"]),
        }
    if name == "discharge_time":
        made["unit"] = draw.choice(["days", "weeks"])
        if draw.random() < 0.3 and "arms" in made:
            made["between"] = {"p": 0.03}
    return made


def arm_data(draw: random.Random, name: str) -> dict:
    n = draw.randint(4, 60)
    if name == "mortality":
        form = draw.choice(["events", "events", "percent", "survivors", "no n"])
        events = draw.choice([0, draw.randint(0, n), n])
        return {
            "events": {"n": n, "events": events},
            "percent": {"n": n, "percent": round(100 * events / n, 1)},
            "survivors": {"n": n, "survivors": n - events},
            "no n": {"events": events},
        }[form]
    middle, spread = round(draw.uniform(10, 40), 1), round(draw.uniform(2, 9), 1)
    quartiles = {"n": n, "median": middle, "q1": round(middle - spread, 1), "q3": round(middle + 1.4 * spread, 1)}
    return draw.choice(
        [
            {"n": n, "mean": middle, "sd": spread},
            {"n": n, "mean": middle, "se": spread},
            {"n": n, "mean": middle},
            {"n": n, "median": middle},
            quartiles,
            quartiles | {"min": round(middle - 2 * spread, 1), "max": round(middle + 3 * spread, 1)},
            {"n": n, "median": middle, "min": round(middle - 2 * spread, 1), "max": round(middle + 3 * spread, 1)},
        ]
    )


VARIANTS = {
    "as built in": {},
    "the other report": {"conflicts": "other"},
    "split control": {"multi_arm": "split-control", "sponsor_statements": "include"},
    "first arm": {"multi_arm": "first", "sponsor_statements": "exclude", "medians": "exclude"},
    "no window": {"window": None},
    "judged high": {"risk_of_bias": ["high"]},
}


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("name", ["mortality", "oxygenation", "discharge_time"])
def test_invented_reports_in_random_states(script, name, variant):
    changes = dict(VARIANTS[variant])
    if name == "mortality":
        changes.pop("medians", None)
        if variant == "split control":
            changes["zero_events"] = {"correction": 0.5, "scope": "treatment-arm", "double_zero": "correct"}
    data = mm.load_protocol().model_dump(mode="json")
    data["outcomes"][name] |= changes
    protocol = Protocol.model_validate(data)
    draw = random.Random(len(variant))
    studies = [invented(draw, at) for at in range(14)]
    assert compare(script, studies, protocol, name, 25, 5) > 20
